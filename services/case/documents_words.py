"""What the documents of a case are worded with: the facts they are made of, their blocks, days and articles. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services.case.documents import Made
from services.case.model import Case
from standards import limits, workdays
from yiwang.catalog.v1 import service_pb2 as catalog

LICENCE = "01"
GONE = "（申请人的个人信息已依其要求删除，此处内容不再保存。）"
REMEDIES = (
    "如对本{what}不服，可以自收到本文书之日起六十日内，依照《中华人民共和国行政复议法》第二十条的规定向有管辖权的行政复议机关申请行政复议；"
    "也可以自收到本文书之日起六个月内，依照《中华人民共和国行政诉讼法》第四十六条的规定向有管辖权的人民法院提起行政诉讼。"
)
PROVISIONAL = "上述日期部分处于尚未公布节假日安排的年份，公布后将相应调整并另行告知。"


class Table(NamedTuple):
    """Files under a head: number, name, bytes, digest."""

    head: tuple[str, str, str, str]
    rows: Sequence[tuple[str, str, str, str]]


class Quote(NamedTuple):
    """What a person wrote, set apart under a label."""

    label: str
    text: str


class Rows(NamedTuple):
    """Labels with their values."""

    rows: list[tuple[str, str]]


# Text is a paragraph.
Block = str | Table | Quote | Rows


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document is made of. `case` is as it stood after the entry; `opened` gives a sealed text, empty when the person is erased."""

    made: Made
    case: Case
    item: catalog.ItemDefinition
    form: Mapping[str, str] | None
    opened: Callable[[str], str]
    # Documents of the case that were made before this one.
    earlier: Sequence[Made]

    @property
    def event(self) -> Any:
        """The event of the entry."""
        return self.made.event


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document in words. `by_applicant`: he signs it, not the authority; `by_hand`: with a line for his hand."""

    title: str
    number: str
    authority: str
    addressee: str
    body: list[Block]
    signed_by: str
    day: str
    by_applicant: bool
    by_hand: bool
    # What named the person is gone.
    erased: bool


def is_licence(item: catalog.ItemDefinition) -> bool:
    """Whether the item is an administrative licence; one whose kind is not told is taken for one."""
    return item.type_code in ("", LICENCE)


def day(at: datetime | None) -> str:
    """A day in China: 2026年9月28日; empty for none."""
    here = at.astimezone(workdays.SHANGHAI) if at else None
    return f"{here.year}年{here.month}月{here.day}日" if here else ""


def until(at: datetime | None) -> str:
    """By the end of a day; empty for none."""
    return f"{day(at)}（含当日）前" if at else ""


def minute(at: datetime | None) -> str:
    """An instant in China: 2026年9月28日9时05分; empty for none."""
    here = at.astimezone(workdays.SHANGHAI) if at else None
    return f"{day(at)}{here.hour}时{here.minute:02}分" if here else ""


def by(facts: Facts, articles: str) -> str:
    """By which articles; items that are no licence are handled likewise, not under the law."""
    return f"{'根据' if is_licence(facts.item) else '参照'}《中华人民共和国行政许可法》{articles}的规定"


def said(facts: Facts, label: str, sealed: str) -> list[Block]:
    """What an officer or the applicant wrote; that it is gone when it is; nothing when nothing was written."""
    if not sealed:
        return []
    return [Quote(label, GONE if facts.form is None else facts.opened(sealed))]


def limit(stated: Sequence[int]) -> str:
    """A limit of the state in words; empty when none is stated."""
    amount, unit = stated
    if unit == catalog.TIME_UNIT_HALF_DAY and amount:
        return limits.half_days(amount)
    words = {
        catalog.TIME_UNIT_WORKING_DAY: f"{amount}个工作日",
        catalog.TIME_UNIT_NATURAL_DAY: f"{amount}日",
        catalog.TIME_UNIT_HOUR: f"{amount}小时",
        catalog.TIME_UNIT_MONTH: f"{amount}个月",
        catalog.TIME_UNIT_AT_ONCE: "当场办结",
    }
    return words.get(unit, "")  # type: ignore[call-overload, no-any-return]


def rows(*rows: tuple[str, str]) -> list[Block]:
    """Those with a value."""
    told = [row for row in rows if row[1]]
    return [Rows(told)] if told else []


def remedies(what: str) -> str:
    """How to object to it, and until when."""
    return REMEDIES.format(what=what)
