"""The one way a line comes into a person's access record (个人信息保护法 art. 44, 45)."""

from collections.abc import Sequence
from datetime import datetime

from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.parts import Parts
from services.identity import model_privacy, store_officers, store_privacy
from services.identity.model_privacy import ACTED, CONTACTED, DELEGATION, FOUND, HANDLER, SUPERVISED, UNMASKED, VERIFIED
from standards.identifiers import name_mask
from yiwang.identity.v1 import events_pb2 as events

__all__ = [
    "ACTED",
    "CONTACTED",
    "DELEGATION",
    "FOUND",
    "HANDLER",
    "SUPERVISED",
    "UNMASKED",
    "VERIFIED",
    "note",
    "officer_name",
]


def note(
    parts: Parts,
    cause: Cause,
    person_id: str,
    by: str,
    what: str,
    by_name: str,
    fields: Sequence[str] = (),
    purpose: str = "",
    case_number: str = "",
    happened_at: datetime | None = None,
    service: str = "identity",
) -> bool:
    """Writes one line; the same cause writes it once. False, and nothing written, when the person is erased.

    `by` is a principal, `by_name` his department or organisation with post or masked name as they are now, `what` one of
    `model_privacy.WHAT`, `fields` those seen, in Chinese, `purpose` what the person reads, `happened_at` when that was not now.
    """
    if what not in model_privacy.WHAT:
        raise ValueError(f"{what} is no kind of access")
    noted = events.AccessNoted(
        person_id=person_id,
        by=by,
        what=what,
        case_number=case_number,
        happened_at=(happened_at or now()).isoformat(),
        service=service,
    )
    content = {"by_name": by_name, "fields": list(fields), "purpose": purpose}
    try:
        id = store_privacy.access_id(cause.key, person_id)
        noted.access_id, noted.sealed = id, parts.keyring.seal(person_id, content)
        store_privacy.accesses(parts.database).create(cause, lambda _: noted, id)
    except Refused as refused:
        if refused.reason != "PERSON_ERASED":
            raise
        return False
    return True


def officer_name(parts: Parts, officer_id: str) -> str:
    """How an officer stands in a person's record: department, post where he has one, and masked name, as they are now."""
    officer = store_officers.officer_of(parts.database, officer_id)
    if officer is None:
        return ""
    name = name_mask(parts.keyring.open_text(officer_id, officer.sealed))
    return " ".join(part for part in (officer.department_name, officer.post, name) if part)
