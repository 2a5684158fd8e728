"""What a provider is given of a notice: address, title, text, link; for a letter its PDF."""

import base64
from typing import Any

from pymongo.database import Database

from services.message import letters, model_templates, store
from services.message.contacts import Contact
from services.message.model import Notice, message_id
from services.message.model_texts import EMAIL, LETTER, PUSH, link
from services.message.settled import Fresh
from services.message.texts_kept import Texts
from standards.instants import text

UNSIGNED = "一网通办"


class Carrying:
    """Makes messages of notices."""

    def __init__(self, database: Database[dict[str, Any]], public_url: str) -> None:
        self._database, self._public_url = database, public_url
        self._fresh = Fresh()
        self.texts = Texts(database)

    def message(self, notice: Notice, number: int, channel: int, contact: Contact) -> dict[str, Any]:
        """One message, as a provider takes it. Its text names nobody; a letter's PDF names who it is sent to."""
        said = self.texts.of(notice)
        name, hotline = self._fresh.get(notice.county, lambda: store.county_of(self._database, notice.county))
        title, body = model_templates.carried(said, channel, f"{name}政务服务" if name else UNSIGNED)
        told: dict[str, Any] = {"id": message_id(notice.id, number), "to": contact.address, "text": body}
        if notice.expires_at:
            told["expires_at"] = text(notice.expires_at)
        if channel in (EMAIL, PUSH):
            told |= {"title": title, "link": self._public_url + link(notice.subject, notice.subject_id, desk=False)}
        if channel == LETTER:
            sheet = letters.Letter(notice, said, contact, name or UNSIGNED, hotline, self.address(notice))
            told = {"id": told["id"], "to": contact.address, "name": contact.name}
            told["pdf"] = base64.b64encode(letters.pdf(sheet)).decode()
        return told

    def address(self, notice: Notice) -> str:
        """Where it is read on the site; what the QR code of a letter says."""
        return f"{self._public_url}/messages/{notice.id}"
