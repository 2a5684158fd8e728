"""A case of a department's own system, as far as its rows tell. Pure: the state is a function of all rows known, whatever order they
came in, so a late row changes what was told before. Rows are `Row`s of the store, without what is sealed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from chassis.acts import MACHINE, OFFICER, Actor, Evolve, Moment
from services.case.model_seeing import DESK_ROLES, SUPERVISE
from standards.codes import region_covers
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import exchange_pb2 as pb

# What a row is in the store: seq, at, kind (the name in ReportRow's oneof) and facts, by name and not by anybody's code.
Row = Mapping[str, Any]
# Where cases stand in lists whose application has not come: behind all others.
UNKNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST_MISSING: Final = 50


@dataclass(frozen=True, slots=True)
class ReportedCase:
    """The present state. Nothing of the applicant: his part is in the sealed rows."""

    id: str
    department: str
    number: str
    status: int
    item_code: str
    item_name: str
    region: str
    project_code: str
    # The instant of application, or UNKNOWN: the order of lists.
    listed_at: datetime
    last_seq: int
    missing_seqs: list[int]
    applied_at: datetime | None = None
    accepted_at: datetime | None = None
    promised_due: datetime | None = None
    closed_at: datetime | None = None
    result: str = ""


def fold(id: str, department: str, number: str, rows: Iterable[Row]) -> events.ReportedCaseFolded:
    """What the rows of a case tell together. Of two acceptances, or two closes, the one with the higher seq counts; instants are told as
    they were reported, also where a close lies before its application: clocks of systems differ."""
    known = sorted(rows, key=lambda row: int(row["seq"]))
    by_kind = {row["kind"]: row for row in known}
    applied, accepted, closed = (by_kind.get(kind) for kind in ("applied", "accepted", "closed"))
    facts = applied["facts"] if applied else {}
    return events.ReportedCaseFolded(
        case_id=id,
        department=department,
        number=number,
        status=_status(known),  # type: ignore[arg-type]
        item_code=facts.get("item_code", ""),
        item_name=facts.get("item_name", ""),
        region=facts.get("region", ""),
        project_code=facts.get("project_code", ""),
        applied_at=_at(applied),
        accepted_at=_at(accepted),
        promised_due=_text(accepted["facts"].get("promised_due")) if accepted else "",
        closed_at=_at(closed),
        result=closed["facts"].get("result", "") if closed else "",
        last_seq=known[-1]["seq"],
        missing_seqs=missing(row["seq"] for row in known),
    )


def missing(seqs: Iterable[int]) -> list[int]:
    """The seqs below the highest that are not there, in order."""
    known = set(seqs)
    return [seq for seq in range(1, max(known, default=0)) if seq not in known]


def _status(known: list[Row]) -> int:
    if known[0]["seq"] != 1:
        return pb.REPORTED_STATUS_INCOMPLETE
    accepted, asked, closed = False, False, False
    running: set[str] = set()
    for row in known:
        kind, facts = row["kind"], row["facts"]
        accepted |= kind == "accepted"
        closed |= kind == "closed"
        if kind == "correction":
            asked = not facts["answered"]
        elif kind == "special":
            (running.discard if facts["ended"] else running.add)(facts.get("special", ""))
    if closed:
        return pb.REPORTED_STATUS_CLOSED
    if running:
        return pb.REPORTED_STATUS_SUSPENDED
    if asked:
        return pb.REPORTED_STATUS_CORRECTION
    return pb.REPORTED_STATUS_ACCEPTED if accepted else pb.REPORTED_STATUS_APPLIED


def folded(_case: ReportedCase | None, event: events.ReportedCaseFolded, _moment: Moment) -> ReportedCase:
    """The event carries the whole state."""
    applied_at = _instant(event.applied_at)
    return ReportedCase(
        id=event.case_id,
        department=event.department,
        number=event.number,
        status=event.status,
        item_code=event.item_code,
        item_name=event.item_name,
        region=event.region,
        project_code=event.project_code,
        listed_at=applied_at or UNKNOWN,
        last_seq=event.last_seq,
        missing_seqs=list(event.missing_seqs),
        applied_at=applied_at,
        accepted_at=_instant(event.accepted_at),
        promised_due=_instant(event.promised_due),
        closed_at=_instant(event.closed_at),
        result=event.result,
    )


EVOLVE: Evolve = {events.ReportedCaseFolded: folded}


def same(case: ReportedCase, event: events.ReportedCaseFolded) -> bool:
    """Whether the event tells what is known already."""
    return folded(case, event, Moment(UNKNOWN, "")) == case


def sees(actor: Actor, department: str, region: str) -> bool:
    """Whether the actor may read a reported case of this department and region: the department's own systems and desks, and who
    supervises the region, as soon as the application tells which it is."""
    at_desk = actor.realm == MACHINE or (actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES))
    if at_desk and actor.department and actor.department == department:
        return True
    return actor.realm == OFFICER and SUPERVISE in actor.roles and region_covers(actor.region, region)


def difference(here: ReportedCase | None, there: int | None, number: str) -> pb.Difference | None:
    """How a case differs from what the department has of it: `there` is its newest seq, None = it did not name it."""
    if here is None:
        return pb.Difference(number=number, kind=pb.DIFFERENCE_KIND_MISSING_HERE, seq_there=there or 0)
    if there is None:
        return pb.Difference(number=number, kind=pb.DIFFERENCE_KIND_MISSING_THERE, seq_here=here.last_seq)
    gaps = [*here.missing_seqs, *range(here.last_seq + 1, min(there, here.last_seq + MOST_MISSING) + 1)]
    kind = _kind(bool(gaps), here.last_seq, there)
    if kind is None:
        return None
    return pb.Difference(
        number=number,
        kind=kind,  # type: ignore[arg-type]
        seq_here=here.last_seq,
        seq_there=there,
        missing_seqs=gaps[:MOST_MISSING],
    )


def version_difference(here: int | None, there: int | None, number: str) -> pb.Difference | None:
    """The same for a case handled here, whose journal has no gaps."""
    if here is None:
        return pb.Difference(number=number, kind=pb.DIFFERENCE_KIND_MISSING_HERE, seq_there=there or 0)
    if there is None:
        return pb.Difference(number=number, kind=pb.DIFFERENCE_KIND_MISSING_THERE, seq_here=here)
    kind = _kind(there > here, here, there)
    if kind is None:
        return None
    return pb.Difference(number=number, kind=kind, seq_here=here, seq_there=there)  # type: ignore[arg-type]


def _kind(lacks: bool, here: int, there: int) -> int | None:
    if lacks:
        return pb.DIFFERENCE_KIND_BEHIND_HERE
    return pb.DIFFERENCE_KIND_BEHIND_THERE if here > there else None


def _at(row: Row | None) -> str:
    return _text(row["at"]) if row else ""


def _text(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
