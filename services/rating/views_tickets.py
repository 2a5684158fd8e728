"""A ticket as its reader may see it: the asker all that is his; officers what names somebody only while they have to answer (个人信息保护法
art. 6), and a department nothing of who wants to stay unknown; the 12345 platform how far it is."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from chassis.acts import ANONYMOUS, Actor
from chassis.records import Record
from chassis.sealed import Keyring
from services.rating import model_tickets as tickets
from services.rating import model_tickets_moves as moves
from services.rating.model import neutral_name
from services.rating.model_tickets import Ticket
from standards import personal_data
from standards.identifiers import name_mask, phone_mask
from standards.instants import text
from standards.workdays import SHANGHAI
from yiwang.rating.v1 import tickets_pb2 as pb

WHO: Final[Mapping[str, str]] = {
    tickets.ASKER: "诉求人",
    tickets.DEPARTMENT: "责任部门",
    tickets.SUPERVISOR: "监察",
    tickets.SYSTEM: "系统",
    tickets.PLATFORM: "12345 热线",
}
WHAT: Final[Mapping[str, str]] = {
    "TicketOpened": "提交",
    "TicketAssigned": "转办",
    "TicketAnswered": "答复",
    "TicketExtensionAsked": "申请延期",
    "TicketExtensionDecided": "延期审批",
    "TicketConfirmed": "确认答复",
    "TicketWithdrawn": "撤回",
    "TicketClosed": "办结",
    "TicketOverdue": "超期",
    "HotlineTold/SATISFIED": "来电人满意",
    "HotlineTold/NOT_SATISFIED": "来电人不满意",
    "HotlineTold/SENT_BACK": "热线退回",
    "HotlineTold/CLOSED": "热线办结",
}
# What officers say to each other.
_INTERNAL: Final = frozenset(("TicketAssigned", "TicketExtensionAsked"))


def query_code(keyring: Keyring, id: str) -> str:
    """What a ticket is followed by, together with its number; only its asker is told."""
    return keyring.code(f"ticket_query/{id}")


def number(keyring: Keyring, id: str, county: str, day: str) -> str:
    """The public number of a ticket: county, day and eight characters nobody can guess from another's."""
    return f"{county}{day[2:].replace('-', '')}{keyring.code(f'ticket/{id}')}"


def full(record: Record[Ticket], actor: Actor, keyring: Keyring, now: datetime) -> pb.Ticket:
    """The whole ticket, for its reader."""
    ticket, view = record.state, brief(record, actor, keyring, now)
    told, shown = _told(ticket, keyring), _shown(actor, ticket)
    view.text = shown(told.get("text", ""))
    for position, file in enumerate(ticket.files, 1):
        own = _asking(actor, ticket)
        opened = keyring.open_text(ticket.sealer_id, file.sealed_filename) if own else ""
        name = opened or neutral_name(position, file.media_type)
        view.files.add(file_id=file.file_id, filename=name, media_type=file.media_type, size=file.size)
    internal = not _asking(actor, ticket)
    for line in ticket.lines:
        said = _came(told) if line.what == "TicketOpened" else shown(keyring.open_text(ticket.sealer_id, line.sealed))
        theirs = internal or line.what not in _INTERNAL
        view.lines.add(at=text(line.at), by=WHO[line.by], title=WHAT[line.what], text=said if theirs else "")
    if internal:
        view.hotline_number = ticket.hotline_number
        view.calls.extend(ticket.calls)
    if tickets.knows_asker(actor, ticket):
        view.asker_name, view.contact = _asker(told, _needs(actor, ticket))
    return view


def brief(record: Record[Ticket], actor: Actor, keyring: Keyring, now: datetime) -> pb.Ticket:
    """The ticket as it stands in a list."""
    ticket = record.state
    view = pb.Ticket(
        id=record.id,
        version=record.version,
        number=ticket.number,
        kind=ticket.kind,  # type: ignore[arg-type]
        status=ticket.status,  # type: ignore[arg-type]
        title=_shown(actor, ticket)(_told(ticket, keyring).get("title", "")),
        confidential=ticket.confidential,
        region=ticket.region,
        department=ticket.department,
        department_name=ticket.department_name,
        window_id=ticket.window_id,
        opened_at=text(ticket.opened_at),
        due=text(ticket.answer_due),
        overdue_days=tickets.overdue_days(ticket, now),
        extension_asked_at=text(ticket.extension_asked_at),
        extension_days=ticket.extension_days,
        extension=ticket.extension,
        answered_at=text(ticket.answered_at),
        satisfied=ticket.satisfied,
        confirmed_at=text(ticket.confirmed_at),
        moves=moves.open_moves(ticket, actor, now),
    )
    if _asking(actor, ticket):
        view.query_code = query_code(keyring, record.id)
    if actor.realm and tickets.knows_asker(actor, ticket):
        view.case_id, view.case_number, view.item_name = ticket.case_id, ticket.case_number, ticket.item_name
    return view


def progress(ticket: Ticket) -> pb.TicketProgress:
    """How far a ticket is, for who knows its number and query code."""
    return pb.TicketProgress(
        number=ticket.number,
        kind=ticket.kind,  # type: ignore[arg-type]
        status=ticket.status,  # type: ignore[arg-type]
        opened_at=text(ticket.opened_at),
        due=text(ticket.answer_due),
        answered_at=text(ticket.answered_at),
    )


def of_hotline(ticket: Ticket) -> pb.HotlineTicket:
    """What the platform may know of its ticket."""
    return pb.HotlineTicket(
        hotline_number=ticket.hotline_number,
        number=ticket.number,
        status=ticket.status,  # type: ignore[arg-type]
        due=text(ticket.answer_due),
        answered_at=text(ticket.answered_at),
    )


def _asking(actor: Actor, ticket: Ticket) -> bool:
    # Who opened one without a session sees it in the answer to that, and never again.
    return actor == ANONYMOUS or tickets.asks(actor, ticket)


def _needs(actor: Actor, ticket: Ticket) -> bool:
    """Whether the reader may see what names somebody: the asker, and whoever has to answer and may know him, so that he can ask back."""
    return _asking(actor, ticket) or (ticket.status in tickets.UNANSWERED and tickets.knows_asker(actor, ticket))


def _shown(actor: Actor, ticket: Ticket) -> Callable[[str], str]:
    """What is said, as the reader may see it."""
    return str if _needs(actor, ticket) else personal_data.masked


def _told(ticket: Ticket, keyring: Keyring) -> dict[str, Any]:
    return keyring.open(ticket.sealer_id, ticket.sealed) or {}


def _asker(told: Mapping[str, str], open: bool) -> tuple[str, str]:
    name, contact = told.get("name", ""), told.get("contact", "")
    return (name, contact) if open else (name_mask(name) if name else "", phone_mask(contact) if contact else "")


def _came(told: Mapping[str, str]) -> str:
    """How it came: when the hotline was called, and which department it was meant for."""
    called, meant = told.get("called_at"), told.get("meant_for")
    at = datetime.fromisoformat(called).astimezone(SHANGHAI) if called else None
    parts = [f"来电时间：{at:%Y-%m-%d %H:%M}" if at else "", f"涉及部门：{meant}" if meant else ""]
    return "；".join(part for part in parts if part)
