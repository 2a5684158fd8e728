"""How days, times, amounts and principals stand in what is told. Pure."""

from collections.abc import Mapping
from typing import Final

from standards.identifiers import uscc_valid
from standards.instants import stated
from standards.workdays import SHANGHAI
from yiwang.catalog.v1 import service_pb2 as catalog

# As in case's timeline.
PROCEDURES: Final[Mapping[int, str]] = {
    catalog.PROCEDURE_KIND_HEARING: "听证",
    catalog.PROCEDURE_KIND_TENDER: "招标",
    catalog.PROCEDURE_KIND_AUCTION: "拍卖",
    catalog.PROCEDURE_KIND_INSPECTION: "检验",
    catalog.PROCEDURE_KIND_TESTING: "检测",
    catalog.PROCEDURE_KIND_QUARANTINE: "检疫",
    catalog.PROCEDURE_KIND_APPRAISAL: "鉴定",
    catalog.PROCEDURE_KIND_EXPERT_REVIEW: "专家评审",
    catalog.PROCEDURE_KIND_PUBLICITY: "公示",
    catalog.PROCEDURE_KIND_SITE_INSPECTION: "现场勘验",
}
CLOCKS: Final[Mapping[str, str]] = {
    "YELLOW": "承诺时限即将届满",
    "PROMISED": "已超过承诺时限",
    "STATUTORY": "已超过法定时限",
    "PROCEDURE": "特别程序已超过告知的期限",
    "OPINION": "部门意见逾期未反馈",
    "DELIVERY": "已超过送达期限",
    "DEFERRED": "容缺材料逾期未补",
    "PROMISE": "承诺逾期未核查",
    "MEND": "承诺整改期限已满",
    "HAND_OVER": "窗口逾期未移交",
    "TAKE_OVER": "部门逾期未接收移交",
}


def day(text: str) -> str:
    """The day in China of an instant or a day of an event; empty for none."""
    if len(text) == len("2026-01-01"):
        year, month, date = text.split("-")
        return f"{int(year)}年{int(month)}月{int(date)}日"
    found = stated(text)
    if found is None:
        return ""
    local = found.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"


def minute(text: str) -> str:
    """The minute in China of an instant of an event; empty for none."""
    found = stated(text)
    return f"{day(text)} {found.astimezone(SHANGHAI):%H:%M}" if found else ""


def yuan(fen: int) -> str:
    """An amount of fen, as people read it."""
    return f"{fen // 100:,}.{fen % 100:02}元"


def procedure(kind: int) -> str:
    """A special procedure."""
    return PROCEDURES.get(kind, "其他程序")


def person(id: str) -> str:
    """A person or an organisation as a recipient; empty for nobody."""
    return f"person:{id}" if id else ""


def desk_of(id: str, role: str) -> str:
    """A department's desk as a recipient where the id is a department's code, else the person or organisation."""
    return f"desk:{id}:{role}" if uscc_valid(id) else person(id)
