"""Where somebody wants to be reached beside the phone of his file: e-mail, postal address, mini-program. Pure; the content is sealed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chassis.acts import Evolve, Moment
from chassis.errors import ABORTED, Refused, Violation, invalid
from services.identity.model_organizations import HIDDEN
from yiwang.identity.v1 import contacts_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

# No mail server takes more on trust; what is mistyped beyond this shows when nothing arrives (RFC 5321).
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
ADDRESS_LEAST: Final = 8
# Of the content: its key, and how it is called in an access record.
FIELDS: Final[Mapping[int, tuple[str, str]]] = {
    pb.CONTACT_CHANNEL_SMS: ("phone", "手机号码"),
    pb.CONTACT_CHANNEL_EMAIL: ("email", "电子邮箱"),
    pb.CONTACT_CHANNEL_PUSH: ("push_id", "小程序标识"),
    pb.CONTACT_CHANNEL_LETTER: ("address", "姓名和通信地址"),
}


@dataclass(frozen=True, slots=True)
class Contact:
    """What a principal stated; sealed under his own key."""

    principal: str
    sealed: str
    # Entries of its journal so far: what a writer saw.
    version: int = 0


def stated(request: pb.SaveContactRequest) -> dict[str, str]:
    """The content as it is kept. INVALID_ARGUMENT for every field at fault."""
    told = {name: getattr(request, name).strip() for name in ("email", "address", "push_id")}
    found = []
    if told["email"] and not _EMAIL.fullmatch(told["email"]):
        found.append(Violation("email", "MALFORMED", "电子邮箱不正确，请核对"))
    if told["address"] and len(told["address"]) < ADDRESS_LEAST:
        found.append(Violation("address", "TOO_SHORT", "通信地址请写完整：省、市、县、街道和门牌"))
    if any(unicodedata.category(character) in HIDDEN for character in told["address"]):
        found.append(Violation("address", "NAME_UNCLEAR", "含有隐藏字符，请重新填写"))
    if found:
        raise invalid(*found)
    return told


def save(before: Contact | None, seen: int, id: str, principal: str, sealed: str) -> events.ContactSaved:
    """All of it anew; `seen` is the version its writer saw. ABORTED VERSION_MOVED when there is another one."""
    if (before.version if before else 0) != seen:
        raise Refused(ABORTED, "VERSION_MOVED", "内容已被修改，请刷新后再试")
    return events.ContactSaved(contact_id=id, principal=principal, sealed=sealed)


def _saved(before: Contact | None, event: events.ContactSaved, _moment: Moment) -> Contact:
    return Contact(event.principal, event.sealed, before.version + 1 if before else 1)


EVOLVE: Evolve = {events.ContactSaved: _saved}
