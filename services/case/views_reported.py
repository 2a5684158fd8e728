"""A reported case as its reader may see it. Its sealed rows are opened here and nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chassis.sealed import Keyring
from services.case.masking import masked_text
from services.case.model_reported import ReportedCase, Row
from services.case.reporting import owner
from standards import exchange_codes
from standards.identifiers import name_mask
from standards.workdays import SHANGHAI
from yiwang.case.v1 import exchange_pb2 as pb

Texts = Mapping[str, Any]


def brief(case: ReportedCase) -> pb.ReportedCase:
    """A line of a list: nothing that is sealed, no rows."""
    return pb.ReportedCase(
        department=case.department,
        number=case.number,
        status=case.status,  # type: ignore[arg-type]
        item_code=case.item_code,
        item_name=case.item_name,
        region=case.region,
        applied_at=_text(case.applied_at),
        accepted_at=_text(case.accepted_at),
        promised_due=_text(case.promised_due),
        closed_at=_text(case.closed_at),
        result=case.result,
        last_seq=case.last_seq,
        missing_seqs=case.missing_seqs,
        project_code=case.project_code,
    )


def whole(case: ReportedCase, rows: Sequence[Row], keyring: Keyring) -> pb.ReportedCase:
    """With its rows in words and who applied, masked; without these where the person was erased."""
    shown = brief(case)
    for row in rows:
        texts: Texts = keyring.open(owner(case.id), row["sealed"]) or {}
        shown.lines.append(_line(row, _words(row, texts)))
        if row["kind"] == "applied":
            shown.applicant_masked = name_mask(texts.get("applicant_name", ""))
        elif row["kind"] == "closed":
            shown.result_number = masked_text(texts.get("result_number", ""))
    return shown


def progress(case: ReportedCase, rows: Sequence[Row]) -> pb.ReportedProgress:
    """What the public query tells: how far it is, and nothing anybody wrote."""
    return pb.ReportedProgress(
        number=case.number,
        item_name=case.item_name,
        status=case.status,  # type: ignore[arg-type]
        applied_at=_text(case.applied_at),
        promised_due=_text(case.promised_due),
        closed_at=_text(case.closed_at),
        lines=[_line(row, "") for row in sorted(rows, key=lambda row: int(row["seq"]))],
    )


def _line(row: Row, text: str) -> pb.ReportedLine:
    return pb.ReportedLine(seq=row["seq"], at=_text(row["at"]), title=_TITLES[row["kind"]](row["facts"]), text=text)


_TITLES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "applied": lambda _: "提交申请",
    "accepted": lambda _: "予以受理",
    "step": lambda facts: "办理环节" if facts["state"] != "WAITING" else "办理环节（待办）",
    "correction": lambda facts: "已补正材料" if facts["answered"] else "一次性告知补正",
    "special": lambda facts: "特别程序结束" if facts["ended"] else "特别程序开始",
    "closed": lambda facts: f"办结（{exchange_codes.word_of(exchange_codes.RESULT, facts['result'])}）",
}
# What of a row's texts is read, in this order, and the words of its facts before them. Who applied, and how he is reached, is not.
_READ: Final[Mapping[str, tuple[str, ...]]] = {
    "applied": (),
    "accepted": ("document_number", "officer_post"),
    "step": ("name", "opinion", "officer_post"),
    "correction": ("notice",),
    "special": ("reason", "outcome"),
    "closed": ("result_name", "description"),
}
_CODED: Final = {"applied": exchange_codes.SOURCE, "step": exchange_codes.ACTION, "special": exchange_codes.SPECIAL}


def _words(row: Row, texts: Texts) -> str:
    kind, facts = row["kind"], row["facts"]
    table = _CODED.get(kind, "")
    words = [exchange_codes.word_of(table, facts.get(table, ""))] if table else []
    words += [texts.get(field, "") for field in _READ[kind]]
    materials = texts.get("materials", [])
    words.append("、".join(one[0] if kind == "applied" else one for one in materials))
    due = facts.get("promised_due") or facts.get("until")
    words.append(f"至{due.astimezone(SHANGHAI):%Y-%m-%d}" if due else "")
    return masked_text("；".join(word for word in words if word))


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""
