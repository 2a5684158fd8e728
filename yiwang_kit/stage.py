"""What the stand-in has: rows that landed, cases it handles, what became of pushes. No faults are decided here (lessons.py)."""

import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from google.protobuf.json_format import MessageToJson

from standards.identifiers import case_number
from standards.instants import stated
from yiwang.case.v1 import events_pb2
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.settings import Settings

CHINA: Final = timezone(timedelta(hours=8))
TOLD_CASES: Final = 5
# The timeline of the watch: (case, seq) is an event, None a heartbeat. The third event of the first stream is told twice.
FIRST: Final = (None, (0, 1), (1, 1), (0, 2), (0, 1), (2, 1))
SECOND: Final = ((1, 2), (2, 2), None, None)
THIRD: Final = ((3, 1), (3, 2), (4, 1), (4, 2))
TYPES: Final = {1: "CaseSubmitted", 2: "CaseAccepted"}


@dataclass(slots=True)
class Told:
    """A case the stand-in handles, as the watch tells it."""

    id: str
    number: str
    accepted_at: datetime | None = None
    seq: int = 0
    heard_at: float = 0.0
    status: str = "SUBMITTED"
    request_id: str = ""


@dataclass(slots=True)
class Stage:
    """Everything the stand-in has. Hold `lock` while using it."""

    settings: Settings
    lock: threading.Lock = field(default_factory=threading.Lock)
    landed: dict[tuple[str, int], str] = field(default_factory=dict)
    held_back: dict[tuple[str, int], str] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    cases: list[Told] = field(default_factory=list)
    pushed: dict[str, str] = field(default_factory=dict)
    lessons_of: dict[str, str] = field(default_factory=dict)
    # How much of the timeline was played, and from where on tokens are good.
    played: int = 0
    good_from: int = 0
    epoch: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    events: dict[tuple[int, int], pb.CaseEvent] = field(default_factory=dict)
    timeline: list[tuple[int, int] | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        day = datetime.now(CHINA).date()
        self.cases = [
            Told(str(uuid.uuid4()), case_number(self.settings.region, day, uuid.uuid4().bytes))
            for _ in range(TOLD_CASES)
        ]

    # -- the watch -----------------------------------------------------------------------------------------------------

    def extend(self, more: tuple[tuple[int, int] | None, ...]) -> None:
        """Something more happens."""
        self.timeline += more

    def place_of(self, token: str) -> int | None:
        """Where in the timeline a token stands; None when it is not good (any more). Empty = from now on, "earliest" = from the first."""
        if token in ("", "earliest"):
            return self.good_from if token else self.played
        epoch, _, place = token.rpartition("-")
        if (
            epoch != f"kit1-{self.epoch}"
            or not re.fullmatch("[0-9]{1,9}", place)
            or not self.good_from <= int(place) <= self.played
        ):
            return None
        return int(place)

    def message(self, place: int) -> pb.WatchCasesResponse:
        """What stands at a place of the timeline, with the token to go on after it."""
        self.played = max(self.played, place + 1)
        answer = pb.WatchCasesResponse(token=f"kit1-{self.epoch}-{place + 1}")
        event = self.timeline[place]
        if event is not None:
            answer.event.CopyFrom(self._event(*event))
        return answer

    def heard(self, event: pb.CaseEvent) -> None:
        """An event goes out."""
        told = next(one for one in self.cases if one.id == event.case_id)
        told.seq, told.heard_at = max(told.seq, event.seq), time.monotonic()

    def told_here(self) -> list[tuple[str, int, float]]:
        """The cases that were told: number, newest version, and seconds since the last event went out."""
        return [(one.number, one.seq, round(time.monotonic() - one.heard_at, 3)) for one in self.cases if one.seq]

    def _event(self, case: int, seq: int) -> pb.CaseEvent:
        if (case, seq) in self.events:
            return self.events[case, seq]
        told, at = self.cases[case], datetime.now(UTC)
        data: Any = events_pb2.CaseAccepted(case_id=told.id, officer_id=str(uuid.uuid4()))
        if seq == 1:
            data = events_pb2.CaseSubmitted(case_id=told.id, number=told.number, item_name="一致性测试事项")
            data.region, data.department = self.settings.region, self.settings.department
        elif told.status == "SUBMITTED":
            told.status, told.accepted_at = "IN_REVIEW", at
        self.events[case, seq] = pb.CaseEvent(
            type=TYPES[seq],
            case_id=told.id,
            seq=seq,
            at=at.isoformat().replace("+00:00", "Z"),
            data_json=MessageToJson(data, indent=None, ensure_ascii=False),
        )
        return self.events[case, seq]

    def case(self, id: str) -> Told | None:
        """A case that was told of."""
        return next((told for told in self.cases if told.id == id and told.seq), None)

    # -- rows ----------------------------------------------------------------------------------------------------------

    def land(self, row: pb.ReportRow, content: str) -> str:
        """What becomes of a row that is in order: landed, known, or changed (ROW_CHANGED)."""
        key = (row.number, row.seq)
        before = self.landed.get(key)
        if before is not None:
            return "known" if before == content else "changed"
        self.landed[key] = content
        at = stated(row.at)
        if row.HasField("applied") and at:
            self.days[row.number] = at.astimezone(CHINA).date().isoformat()
        return "landed"

    def seqs_of_day(self, day: str) -> dict[str, set[int]]:
        """The reported cases of a day (in China) with the rows that are here."""
        found: dict[str, set[int]] = {number: set() for number, on in self.days.items() if on == day}
        for number, seq in self.landed:
            if number in found:
                found[number].add(seq)
        return {number: seqs for number, seqs in found.items() if seqs}

    def forget(self, day: str) -> list[tuple[str, int]]:
        """Loses one case of a day and the last row of another, as a backup that was put back would: what is gone."""
        cases = sorted(self.seqs_of_day(day).items())
        gone = [(cases[0][0], seq) for seq in sorted(cases[0][1])] if cases else []
        longer = next(((number, max(seqs)) for number, seqs in cases[1:] if len(seqs) > 1), None)
        gone += [longer] if longer else []
        for key in gone:
            del self.landed[key]
        return gone
