"""The texts a release brings become everybody's editions, once, whichever process starts first."""

from google.protobuf.message import Message

from chassis.acts import Cause
from chassis.parts import Parts
from chassis.records import Records
from services.message import model_templates, store
from services.message.model_templates import TEMPLATES, Wordings
from services.message.model_texts import Template

BY = "system:message"


def ship(parts: Parts) -> int:
    """Publishes what is not everybody's newest edition already; how many."""
    all = store.wordings(parts.database)
    return sum(_ship(all, one) for one in TEMPLATES.values())


def _ship(all: Records[Wordings], one: Template) -> bool:
    id = store.wordings_id("", one.code)
    known = store.found(all, id)
    events = model_templates.ship(known, id, one)
    if events is None:
        return False
    # By what is there: two processes of one release write the same, and a release that goes back writes again.
    cause = Cause(key=f"shipped/{known.version if known else 0}", by=BY)
    if known is None:
        all.create(cause, lambda _: list[Message](events), id)
        return True

    def again(state: Wordings) -> list[Message] | None:
        found = model_templates.ship(state, id, one)
        return [*found] if found else None

    all.change(id, cause, again)
    return True
