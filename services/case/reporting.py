"""ReportCases: rows of departments' own systems are checked and land; `folding` makes cases of them.

Rows land by the batch, each for itself. What names a person, and every text somebody wrote, is sealed under a key of the case: the
rows after the first do not say who applied, and come before it at times.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import pymongo
from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import now
from chassis.errors import Violation, invalid
from chassis.rpc import Call
from chassis.sealed import Keyring
from services.case.store_reported import Rows, bucket_of, case_id
from standards import exchange_codes, exchange_rows
from standards.exchange_rows import REASONS, ROW_CHANGED, Fault, faults
from standards.instants import stated
from yiwang.case.v1 import exchange_pb2 as pb

Document = dict[str, Any]
# Rows written at once, however many the sender puts into a message.
BATCH: Final = 1000
BATCH_SECONDS: Final = 20
MOST_FAULTS: Final = 1000
# With so many rows waiting to be folded the server reads slowly, and with so many not at all.
SLOW_FROM, STOP_AT = 50_000, 100_000
SLOW_SECONDS: Final = 2.0


class _Row(NamedTuple):
    """A row that can be taken: its position in the stream, and the profile of its codes."""

    position: int
    row: pb.ReportRow
    profile: str
    case: str

    @property
    def key(self) -> str:
        return f"{self.row.department}/{self.row.number}/{self.row.seq}"


class Reporting:
    """The landing of rows."""

    def __init__(self, database: Database[Document], keyring: Keyring) -> None:
        self._rows = Rows(database)
        self._keyring = keyring

    def take(self, requests: Iterator[pb.ReportCasesRequest], call: Call) -> pb.ReportCasesResponse:
        """Takes a stream to its end, or until too much waits to be folded. INVALID_ARGUMENT PROFILE_UNKNOWN: rows before it may have
        landed, and are known when they come again."""
        answer, batch = pb.ReportCasesResponse(), list[_Row]()
        looked = -BATCH
        while True:
            if answer.read - looked >= BATCH:
                looked = answer.read
                answer.stopped = not self._room()
                if answer.stopped:
                    break
            request = next(requests, None)
            if request is None:
                break
            batch += self._checked(request, call, answer)
            while len(batch) >= BATCH:
                self._land(batch[:BATCH], call, answer)
                del batch[:BATCH]
        if batch:
            self._land(batch, call, answer)
        return answer

    def _room(self) -> bool:
        """Whether more rows may come; waits first while the fold is behind."""
        backlog = self._rows.backlog()
        if SLOW_FROM <= backlog < STOP_AT:
            time.sleep(SLOW_SECONDS)
        return backlog < STOP_AT

    def _checked(self, request: pb.ReportCasesRequest, call: Call, answer: pb.ReportCasesResponse) -> list[_Row]:
        """The rows of a message that have no fault; the others are told of."""
        profile = request.profile or exchange_codes.DEFAULT
        if profile not in exchange_codes.PROFILES:
            raise invalid(Violation("profile", "PROFILE_UNKNOWN", "没有此代码表"))
        actor, good, instant = call.actor, [], now()
        for row in request.rows:
            found = faults(row, profile, actor.department, actor.region, instant)
            if found:
                _refuse(answer, answer.read, row, found[0])
            else:
                good.append(_Row(answer.read, row, profile, case_id(row.department, row.number)))
            answer.read += 1
        return good

    def _land(self, batch: list[_Row], call: Call, answer: pb.ReportCasesResponse) -> None:
        """Writes rows; of those that are there already it is told whether they are the same."""
        with pymongo.timeout(BATCH_SECONDS):
            contents = [_content(one) for one in batch]
            self._keyring.ready({owner(one.case) for one, (_, texts) in zip(batch, contents, strict=True) if texts})
            documents = [self._document(one, *content, call) for one, content in zip(batch, contents, strict=True)]
            repeated = self._rows.land(documents)
            answer.landed += len(batch) - len(repeated)
            known: dict[str, dict[str, str]] = {}
            for position in repeated:
                one, document = batch[position], documents[position]
                if one.case not in known:
                    known[one.case] = self._rows.digests(one.case)
                if known[one.case].get(one.key) == document["digest"]:
                    answer.known += 1
                else:
                    _refuse(answer, one.position, one.row, Fault("record", ROW_CHANGED, REASONS[ROW_CHANGED]))

    def _document(self, one: _Row, facts: Document, texts: Document, call: Call) -> Document:
        row = one.row
        if row.HasField("applied"):
            facts["tail"] = tail(self._keyring, one.case, row.applied.certificate_number[-6:])
        return {
            "_id": one.key,
            "case": one.case,
            "department": row.department,
            "number": row.number,
            "seq": row.seq,
            "at": stated(row.at),
            "kind": row.WhichOneof("record"),
            "facts": facts,
            "sealed": self._keyring.seal(owner(one.case), texts) if texts else "",
            "digest": self._keyring.request_digest(one.profile.encode() + row.SerializeToString(deterministic=True)),
            "landed_at": now(),
            "by": call.actor.by,
            "unfolded": bucket_of(one.case),
        }


def owner(case: str) -> str:
    """Whose key the texts of a reported case are sealed under: destroying it forgets the applicant in all of its rows."""
    return f"reported:{case}"


def tail(keyring: Keyring, case: str, last_six: str) -> str:
    """A blind index of the last six characters of the applicant's document number, of another value in every case."""
    return keyring.blind("reported-tail", f"{case}/{last_six.upper()}")


def _refuse(answer: pb.ReportCasesResponse, position: int, row: pb.ReportRow, fault: Fault) -> None:
    answer.refused += 1
    if len(answer.faults) == MOST_FAULTS:
        answer.faults_left_off += 1
        return
    number = row.number[: exchange_rows.NUMBER]
    answer.faults.add(position=position, number=number, seq=row.seq, **fault._asdict())


# -- what of a row stands in clear, by name, and what is sealed --------------------------------------------------------


def _content(one: _Row) -> tuple[Document, Document]:
    """(facts, texts) of a row: facts name codes by our names, texts are what people wrote."""
    kind = str(one.row.WhichOneof("record"))
    part = getattr(one.row, kind)
    facts: Document = {
        table: exchange_codes.name_of(table, one.profile, code) or "" for table, code in _codes(kind, part)
    }
    facts |= _FACTS[kind](part)
    texts = {field: getattr(part, field) for field in _TEXTS[kind] if getattr(part, field)}
    if named := _LISTS[kind](part) if kind in _LISTS else []:
        texts["materials"] = named
    return facts, texts


_CODED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "applied": (
        ("case_kind", exchange_codes.CASE_KIND),
        ("source", exchange_codes.SOURCE),
        ("certificate", exchange_codes.CERTIFICATE),
    ),
    "step": (("action", exchange_codes.ACTION), ("state", exchange_codes.STATE)),
    "special": (("kind", exchange_codes.SPECIAL),),
    "closed": (("result", exchange_codes.RESULT),),
}


def _codes(kind: str, part: Message) -> Iterator[tuple[str, str]]:
    for field, table in _CODED.get(kind, ()):
        yield table, getattr(part, f"{field}_code")


def _closing(part: pb.ReportedClose) -> Document:
    facts: Document = {"valid_until": part.valid_until, "express": part.express, "charged": part.charged}
    if not part.result_code:
        # Where a profile has no table of results, a document that was made tells that it was granted (GB/T 39046 table 8).
        facts[exchange_codes.RESULT] = "GRANTED" if part.result_name or part.result_number else "OTHER"
    return facts


_FACTS: Final[Mapping[str, Callable[[Any], Document]]] = {
    "applied": lambda part: {
        "item_code": part.item_code,
        "item_name": part.item_name,
        "region": part.region,
        "project_code": part.project_code,
    },
    "accepted": lambda part: {"promised_due": stated(part.promised_due)},
    "step": lambda part: {
        "started_at": stated(part.started_at),
        "ended_at": stated(part.ended_at or part.started_at),
    },
    "correction": lambda part: {"answered": part.answered},
    "special": lambda part: {"ended": part.ended, "until": stated(part.until)},
    "closed": _closing,
}
_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "applied": ("applicant_name", "certificate_number", "contact_name", "contact_phone", "address"),
    "accepted": ("document_number", "officer_post"),
    "step": ("name", "opinion", "officer_post"),
    "correction": ("notice",),
    "special": ("reason", "outcome"),
    "closed": ("result_name", "result_number", "description"),
}
_LISTS: Final[Mapping[str, Callable[[Any], list[Any]]]] = {
    "applied": lambda part: [[one.name, one.taken, one.form_code, one.count] for one in part.materials],
    "correction": lambda part: list(part.materials),
}
