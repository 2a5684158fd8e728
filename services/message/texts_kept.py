"""What a notice says: its edition's text with its fields. Editions never change, so what was read once is kept."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records
from services.message import model_templates, store
from services.message.model import Notice
from services.message.model_templates import Text, Wordings

Key = tuple[str, str, int]


class Texts:
    """The texts of one store."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._wordings: Records[Wordings] = store.wordings(database)
        self._known: dict[Key, Text] = {}

    def of(self, notice: Notice) -> Text:
        """The text of a notice, filled in."""
        key = (notice.template_region, notice.template, notice.edition)
        if key not in self._known:
            wordings = self._wordings.get(store.wordings_id(notice.template_region, notice.template)).state
            self._known[key] = model_templates.text_of(wordings, notice.edition)
        return model_templates.rendered(self._known[key], notice.fields)

    def digest(self, notice: Notice) -> str:
        """SHA-256 of it."""
        return model_templates.digest(self.of(notice))
