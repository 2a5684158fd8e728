"""Ratings of other systems become ratings here: each row by itself, known by system and reference, never counted twice.

What a row did stands in the rating it made: the origin on its event, the keyed digest of its content as the entry's request, and the
request that brought it in the cause. So a request that comes again, after an answer that was lost or a process that was killed, finds
what it did and answers the same, and goes on where it ended; another request with the same row is told that it is known.
"""

from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from chassis import fields
from chassis.acts import Actor, Cause, now
from chassis.errors import FAILED_PRECONDITION, NOT_FOUND, UNAVAILABLE, Refused, Violation, not_found, require
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.rating import inviting, model, model_giving, model_imports, store_imports
from services.rating.giving import Entered, Giving
from services.rating.importing_csv import Row
from services.rating.model import Rating
from standards.codes import region_covers
from standards.instants import stated
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import records_pb2 as pb
from yiwang.rating.v1 import service_pb2 as service

LANDED: Final = "LANDED"
KNOWN: Final = "KNOWN"
REFUSED: Final = "REFUSED"
# Keys of raters nobody knows are made for so many rows in one write.
BATCH: Final = 500
# A call has ten seconds: what is not done by then is told to be sent again, in time to be heard.
SECONDS: Final = 8.0
_CHANGED = Violation("reference", "ROW_CHANGED", "该评价编号已导入过，内容不同")


class Outcome(NamedTuple):
    """What became of a row; the fault of a refused one."""

    outcome: str
    fault: Violation | None = None


class _Source(NamedTuple):
    """Where rows come from: the system, and the call that brings them."""

    system: str
    call: Call

    @property
    def region(self) -> str:
        return self.call.actor.region


class Importing:
    """Takes rows into ratings."""

    def __init__(self, parts: Parts) -> None:
        self.giving = Giving(parts)
        self.ratings = self.giving.ratings
        self.imports = store_imports.imports(parts.database)
        self.keyring = parts.keyring

    def take(self, rows: Sequence[Row], system: str, call: Call) -> pb.ImportRatingsResponse:
        """What became of the rows, the refused ones by their number. UNAVAILABLE IMPORT_GOES_ON when the time of a call is over: those
        before have landed, and the same request goes on behind them."""
        source, answer, until = _Source(system, call), pb.ImportRatingsResponse(), monotonic() + SECONDS
        for first in range(0, len(rows), BATCH):
            batch = rows[first : first + BATCH]
            faults = [_fault(row, source.region, now()) for row in batch]
            self._ready([row for row, fault in zip(batch, faults, strict=True) if fault is None], source)
            for number, (row, fault) in enumerate(zip(batch, faults, strict=True), first + 1):
                if monotonic() > until:
                    raise _goes_on(number - 1)
                outcome = Outcome(REFUSED, fault) if fault else self._row(row, source)
                _count(answer, number, row.told.reference, outcome)
        return answer

    def take_file(self, rows: Sequence[Row], sha256: str, call: Call) -> pb.ImportRatingsResponse:
        """What became of a file's rows. FAILED_PRECONDITION FILE_IMPORTED for a file that another request brought to its end.

        The file is noted last: one that was not finished is not refused, whoever sends it again and under whichever request. Sent
        twice at the same time its rows are those of the first to come, and known to the second.
        """
        actor = call.actor
        id = store_imports.file_id(actor.region, sha256)
        known = self.imports.find({"_id": id})
        require(
            known is None or known.journal[0]["cause"] == call.cause.key,
            "FILE_IMPORTED",
            "该文件已导入过，本次未计入任何评价",
        )
        answer = self.take(rows, model_imports.FILE_SYSTEM, call)
        if not answer.landed and not answer.known:
            return answer  # nothing of it was imported
        taken = events.FileImported(
            import_id=id, region=actor.region, sha256=sha256, officer_id=actor.id, rows=len(rows)
        )
        try:
            self.imports.create(call.cause, lambda _: taken, id)
        except Refused as refused:
            # Another request with the same file came to its end meanwhile: what became of the rows is told all the same.
            if refused.reason != "REQUEST_ID_REUSED":
                raise
        return answer

    def has_case(self, number: str, region: str) -> bool:
        """Whether a case of this suite, in this region, has this public number and was asked about."""
        found = store_imports.of_case_number(self.ratings, number) if number else []
        return any(region_covers(region, record.state.region) for record in found)

    def _ready(self, rows: Sequence[Row], source: _Source) -> None:
        """The keys that seal texts nobody known wrote: those of the ratings themselves."""
        new = [row.told for row in rows if not row.told.case_number and not row.second]
        worded = [one.reference for one in new if one.comment.strip() or one.contact.strip()]
        if worded:
            self.keyring.ready({self._id(one, source) for one in worded})

    def _row(self, row: Row, source: _Source) -> Outcome:
        if known := self._known(row, source):
            return known
        try:
            if row.second:
                self._rate_again(row, source)
            elif row.told.case_number:
                self._rate_case(row, source)
            else:
                self._begin(row, source)
        except Refused as refused:
            if refused.code not in (FAILED_PRECONDITION, NOT_FOUND) and refused.reason != "REQUEST_ID_REUSED":
                raise
            # Perhaps by the same row, a moment ago.
            return self._known(row, source) or Outcome(REFUSED, _told(refused, row))
        return Outcome(LANDED)

    def _known(self, row: Row, source: _Source) -> Outcome | None:
        """What the row did before: known, or landed where this very request did it; None where it is new."""
        record = self._first(row, source) if row.second else self._made(row.told.reference, source)
        entry = _entry(record, events.RatingAddedTo if row.second else events.RatingGiven) if record else None
        # A second rating says nothing of its origin: one that came otherwise has another cause.
        if entry is None or (row.second and not entry["cause"].endswith(f"/{row.told.reference}")):
            return None
        cause = self._cause(row.told, source)
        if entry["request"] != cause.request:
            return Outcome(REFUSED, _CHANGED)
        return Outcome(LANDED if entry["cause"] == cause.key else KNOWN)

    def _made(self, reference: str, source: _Source) -> Record[Rating] | None:
        """The rating a row made."""
        return store_imports.of_reference(self.ratings, source.region, source.system, reference)

    def _first(self, row: Row, source: _Source) -> Record[Rating] | None:
        """The rating a second one goes with: of the case, or what the record before it made."""
        if row.told.case_number:
            return self._of_case(row, source)
        return self._made(model_imports.first_reference(row.told.reference), source)

    def _of_case(self, row: Row, source: _Source) -> Record[Rating] | None:
        """The rating of a case's node, the latest unless its number is told. Another region's case is none."""
        node = row.told.node or service.SERVICE_NODE_CLOSE
        found = [
            one.state
            for one in store_imports.of_case_number(self.ratings, row.told.case_number)
            if one.state.node == node and _may_rate(source, one.state)
        ]
        found = [one for one in found if row.occasion in (0, one.occasion)]
        return self.ratings.get(max(found, key=lambda one: one.occasion).id) if found else None

    def _rate_case(self, row: Row, source: _Source) -> None:
        record, told = self._of_case(row, source), row.told
        if record is None:
            raise not_found()
        origin = (source.system, told.reference)
        self.giving.give(record.id, _entered(told), self._cause(told, source), None, Actor(), origin)

    def _rate_again(self, row: Row, source: _Source) -> None:
        record, told = self._first(row, source), row.told
        if record is None:
            raise not_found()

        def decide(rating: Rating) -> list[Message]:
            comment = told.comment.strip()
            sealed = self.keyring.seal(rating.rater_id, comment) if comment else ""
            rules = self.giving.rules_of(rating.region)
            return model_giving.rate_again(rating, told.grade, sealed, "", rules, now())

        self.ratings.change(record.id, self._cause(told, source), decide)

    def _begin(self, row: Row, source: _Source) -> None:
        told, entered = row.told, _entered(row.told)
        assert entered.given_at is not None  # the row was found good
        served = events.ServiceServed(
            node=told.node or service.SERVICE_NODE_WINDOW,
            occasion=row.occasion or 1,
            item_code=told.item_code,
            subject=told.item_name or told.department_name,
            department=told.department,
            department_name=told.department_name,
            region=told.region,
            day=inviting.day_of(entered.given_at),
        )
        id = self._id(told.reference, source)
        origin = (source.system, told.reference)
        self.giving.begin(served, entered, self._cause(told, source), id=id, origin=origin)

    def _id(self, reference: str, source: _Source) -> str:
        return store_imports.row_id(self.keyring, source.region, source.system, reference)

    def _cause(self, row: pb.ImportedRating, source: _Source) -> Cause:
        cause = source.call.cause
        return Cause(f"{cause.key}/{row.reference}", cause.by, self._digest(row), cause.trace)

    def _digest(self, row: pb.ImportedRating) -> str:
        return self.keyring.request_digest(row.SerializeToString(deterministic=True))


def _may_rate(source: _Source, rating: Rating) -> bool:
    """Whether a rating of a case comes from its region, and not from an officer who would be rated by it."""
    return region_covers(source.region, rating.region) and not model.concerned(source.call.actor, rating)


def _fault(row: Row, region: str, at: datetime) -> Violation | None:
    """The first thing that is wrong with a row, looked at by itself."""
    if row.fault:
        return row.fault
    try:
        fields.check(row.told)
    except Refused as refused:
        return refused.violations[0]
    return next(model_imports.row_faults(row.told, region, at), None)


def _entered(row: pb.ImportedRating) -> Entered:
    return Entered(
        grade=row.grade,
        channel=row.channel,
        tags=row.tags,
        comment=row.comment,
        anonymous=row.anonymous,
        contact=row.contact,
        given_at=stated(row.rated_at),
    )


def _entry(record: Record[Rating], event: type[Message]) -> dict[str, Any] | None:
    """The entry of the journal by which it was given, or given again; None while it was not."""
    return next((entry for entry in record.journal if entry["type"] == event.DESCRIPTOR.name), None)


def _goes_on(done: int) -> Refused:
    return Refused(UNAVAILABLE, "IMPORT_GOES_ON", f"已处理{done}行，请再次提交同一内容，将从中断处继续")


def _told(refused: Refused, row: Row) -> Violation:
    field = "case_number" if row.told.case_number else "reference"
    # The node of a person who was erased is none.
    if refused.reason in ("NOT_FOUND", "PERSON_ERASED"):
        return Violation(field, "NOT_FOUND", "没有找到该评价，或不在您的管辖范围内")
    return Violation(field, refused.reason, refused.message)


def _count(answer: pb.ImportRatingsResponse, number: int, reference: str, outcome: Outcome) -> None:
    if outcome.outcome == LANDED:
        answer.landed += 1
    elif outcome.outcome == KNOWN:
        answer.known += 1
    else:
        answer.refused += 1
        fault = outcome.fault or _CHANGED
        answer.rows.add(
            number=number,
            reference=reference[:64],
            outcome=REFUSED,
            field=fault.field,
            reason=fault.reason,
            message=fault.message,
        )
