"""The documents (文书) of a case: which there are, their numbers and codes, and whether they still hold. Pure.

Each is made from one entry of the journal and from nothing that came later, so that it says for ever what it said when it was made. What
each says is in `documents_texts`, how it looks in `documents_pdf`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from google.protobuf.message import Message

from services.case import timeline
from standards.identifiers import CROCKFORD, case_number_valid, mod37_36_check, mod37_36_valid
from yiwang.case.v1 import documents_pb2 as pb

Entry = Mapping[str, Any]
# The event of an entry.
Read = Callable[[Entry], Message]
Titled = Callable[[Any, bool], str]

CODE_LENGTH, CODE_GROUP = 20, 5
_NUMBER = re.compile(r"([0-9A-Z]{19})-([A-Z])([1-9][0-9]{0,2})")
_DROPPED = re.compile(r"[\s\-\u2010-\u2015\u2212]")


class Kind(NamedTuple):
    """A kind of document: the event it is made from, whether such an event makes one, and its title (by the event, and whether the item
    is an administrative licence)."""

    kind: int
    letter: str
    event: str
    title: Titled
    when: Callable[[Any], bool] = lambda event: True


def _always(title: str) -> Titled:
    return lambda event, licence: title


def _decision(event: Any, licence: bool) -> str:
    what = "行政许可" if licence else "办理"
    return f"{'准予' if event.granted else '不予'}{what}决定书"


def _not_accepted(event: Any, licence: bool) -> str:
    # Nothing to be licensed is told, not decided (art. 32(1)(1)).
    return "不受理告知书" if event.not_needed else "不予受理通知书"


_RECEIPT, _DECISION = pb.DOCUMENT_KIND_RECEIPT, pb.DOCUMENT_KIND_DECISION
KINDS = (
    Kind(_RECEIPT, "R", "CaseSubmitted", _always("收件凭证"), lambda event: not event.pre_review),
    Kind(_RECEIPT, "R", "CaseHandedIn", _always("收件凭证")),
    Kind(_RECEIPT, "R", "CaseCorrected", _always("补正材料收件凭证")),
    Kind(_RECEIPT, "R", "DeferredSupplied", _always("容缺材料收件凭证")),
    Kind(
        pb.DOCUMENT_KIND_COMMITMENT,
        "M",
        "CaseSubmitted",
        _always("告知承诺书"),
        lambda event: bool(event.promise.text_digest),
    ),
    Kind(pb.DOCUMENT_KIND_CORRECTION, "C", "CorrectionRequested", _always("补正告知书")),
    Kind(pb.DOCUMENT_KIND_ACCEPTANCE, "A", "CaseAccepted", _always("受理通知书")),
    Kind(pb.DOCUMENT_KIND_NOT_ACCEPTED, "N", "CaseRefused", _always("不予受理通知书")),
    Kind(pb.DOCUMENT_KIND_NOT_ACCEPTED, "N", "CaseNotAccepted", _not_accepted),
    Kind(pb.DOCUMENT_KIND_PROCEDURE, "P", "SpecialProcedureStarted", _always("特别程序告知书")),
    Kind(pb.DOCUMENT_KIND_EXTENSION, "E", "LimitExtended", _always("延期通知书")),
    Kind(_DECISION, "D", "CaseDecided", _decision),
    Kind(_DECISION, "D", "ResultPushed", _decision),
    Kind(pb.DOCUMENT_KIND_REVOCATION, "V", "DecisionRevoked", _always("撤销决定书")),
    Kind(pb.DOCUMENT_KIND_DELIVERY, "S", "ResultDelivered", _always("送达回证")),
)
_EVENTS = frozenset(one.event for one in KINDS)

# What comes later and makes a document hold no more, or moves its dates.
_MOVED = dict.fromkeys(("LimitExtended", "SpecialProcedureEnded", "DeadlinesRecalculated"), pb.DOCUMENT_STATE_REPLACED)
_ENDS: Mapping[int, Mapping[str, int]] = {
    pb.DOCUMENT_KIND_ACCEPTANCE: _MOVED,
    pb.DOCUMENT_KIND_EXTENSION: _MOVED,
    _DECISION: {"DecisionRevoked": pb.DOCUMENT_STATE_REVOKED, "ResultCancelled": pb.DOCUMENT_STATE_CANCELLED},
}


@dataclass(frozen=True, slots=True)
class Made:
    """A document of a case, with the event of its entry and what ended it (the entry, None while it holds)."""

    kind: Kind
    seq: int
    number: str
    title: str
    made_at: datetime
    event: Any
    state: int
    ended_by: Entry | None

    @property
    def ended_title(self) -> str:
        """What ended it, in Chinese; empty while it holds."""
        return timeline.title(self.ended_by) if self.ended_by else ""


def documents(number: str, journal: Sequence[Entry], read: Read, licence: bool) -> list[Made]:
    """The documents of the case with this number, oldest first. `licence`: its item is an administrative licence."""
    found = []
    for entry in journal:
        if entry["type"] not in _EVENTS:
            continue
        event = read(entry)
        for kind in KINDS:
            if kind.event == entry["type"] and kind.when(event):
                found.append(_made(kind, number, entry, event, journal, licence))
    return found


def _made(kind: Kind, number: str, entry: Entry, event: Any, journal: Sequence[Entry], licence: bool) -> Made:
    ends = _ENDS.get(kind.kind, {})
    later = [one for one in journal if one["seq"] > entry["seq"] and one["type"] in ends]
    ended_by = next((one for one in reversed(later) if ends is not _MOVED or _dues(one) != _dues(entry)), None)
    return Made(
        kind=kind,
        seq=entry["seq"],
        number=f"{number}-{kind.letter}{entry['seq']}",
        title=kind.title(event, licence),
        made_at=entry["at"],
        event=event,
        state=ends[ended_by["type"]] if ended_by else pb.DOCUMENT_STATE_VALID,
        ended_by=ended_by,
    )


def _dues(entry: Entry) -> tuple[str, str]:
    """The ends of both clocks an entry tells."""
    told = entry["data"].get("dues", entry["data"])
    return told.get("promisedDue", ""), told.get("statutoryDue", "")


def code_of(digest: str) -> str:
    """The code of a document from a keyed digest of its number (hexadecimal): 95 bits in Crockford's base 32, and a check character."""
    bits = int(digest[:24], 16) >> 1
    letters = "".join(CROCKFORD[bits >> 5 * place & 31] for place in reversed(range(CODE_LENGTH - 1)))
    return letters + mod37_36_check(letters)


def grouped(code: str) -> str:
    """A code as it is printed."""
    return "-".join(code[start : start + CODE_GROUP] for start in range(0, len(code), CODE_GROUP))


def read_code(typed: str) -> str:
    """A code as people type it, in its normal form; empty when it cannot be one."""
    plain = _DROPPED.sub("", typed).upper()
    # The check character may be any letter.
    plain = plain[:-1].translate(str.maketrans("OIL", "011")) + plain[-1:]
    return plain if len(plain) == CODE_LENGTH and mod37_36_valid(plain) else ""


def read_number(typed: str) -> str:
    """A document's number as people type it, in its normal form; empty when it cannot be one."""
    found = _NUMBER.fullmatch("".join(typed.split()).upper())
    return found[0] if found and case_number_valid(found[1]) else ""


def case_of(number: str) -> str:
    """The number of the case of a document's number."""
    return number.partition("-")[0]


def masked_number(number: str) -> str:
    """A document's number with the day and most of the random part of the case's as stars."""
    case, _, tail = number.partition("-")
    return f"{case[:6]}{'*' * 9}{case[15:]}-{tail}"


def address(base: str, number: str, code: str) -> str:
    """What the QR code says: where the document is verified."""
    return f"{base}/verify/{number}-{code}"
