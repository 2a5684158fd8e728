"""What may be published, by kind: the fields each has as a table, and what is wrong with a content before it is taken. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Final, NamedTuple

from chassis.acts import Actor
from chassis.errors import Violation, invalid
from services.policy.model_news import MOST_DAYS, News
from services.policy.model_portal import plain_text
from standards.codes import region_covers, region_valid
from standards.workdays import SHANGHAI, local_day
from yiwang.policy.v1 import news_pb2 as pb

Faults = Iterator[Violation]
TEXT, FEN, NUMBER, LIST, DAY, OFFICE_PHONE = "TEXT", "FEN", "NUMBER", "LIST", "DAY", "OFFICE_PHONE"
# A landline with its area code, a service number, or a short number of the government (12345). A mobile is somebody's.
_PHONE: Final = re.compile(
    r"0[1-9][0-9]{1,2}[- ]?[2-9][0-9]{6,7}(?:-[0-9]{1,5})?|400[- ]?[0-9]{3}[- ]?[0-9]{4}|12[0-9]{3}"
)
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,14}")


class Field(NamedTuple):
    """A field of a kind."""

    title: str
    type: str = TEXT
    required: bool = False
    unit: str = ""


_LOCATION: Final = Field("地点", required=True)
_PHONE_OF_OFFICE: Final = Field("联系电话（办公）", OFFICE_PHONE, required=True)
KINDS: Final[Mapping[int, str]] = {
    pb.NEWS_KIND_INVESTMENT_PROJECT: "招商项目",
    pb.NEWS_KIND_PARK: "产业园区",
    pb.NEWS_KIND_TALENT: "人才资讯",
    pb.NEWS_KIND_NOTICE: "通知公告",
}
FIELDS: Final[Mapping[int, Mapping[str, Field]]] = {
    pb.NEWS_KIND_INVESTMENT_PROJECT: {
        "industry": Field("所属行业", required=True),
        "amount_fen": Field("总投资", FEN, required=True, unit="分"),
        "location": _LOCATION,
        "land_area": Field("用地面积", NUMBER, unit="平方米"),
        "cooperation": Field("合作方式"),
        "proposer": Field("项目单位"),
        "office_phone": _PHONE_OF_OFFICE,
    },
    pb.NEWS_KIND_PARK: {
        "area": Field("规划面积", NUMBER, required=True, unit="平方米"),
        "vacant_area": Field("可用面积", NUMBER, required=True, unit="平方米"),
        "rent_fen": Field("租金", FEN, unit="分/平方米·月"),
        "industries": Field("主导产业", LIST, required=True),
        "location": _LOCATION,
        "grade": Field("园区级别"),
        "office_phone": _PHONE_OF_OFFICE,
    },
    pb.NEWS_KIND_TALENT: {
        "employer": Field("用人单位"),
        "positions": Field("岗位", LIST),
        "headcount": Field("人数", NUMBER, unit="人"),
        "treatment": Field("待遇"),
        "apply_until": Field("报名截止", DAY),
        "office_phone": Field("联系电话（办公）", OFFICE_PHONE),
    },
    pb.NEWS_KIND_NOTICE: {
        "document_number": Field("文号"),
        "office_phone": Field("联系电话（办公）", OFFICE_PHONE),
    },
}


def day_of(told: str) -> date | None:
    """A day as somebody states it; None when it is none."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def end_of(told: str) -> datetime | None:
    """When a day in China is over; None for an empty text. The text was checked before."""
    if not told:
        return None
    return datetime.combine(date.fromisoformat(told), time_of_day(23, 59, 59), SHANGHAI).astimezone(UTC)


def require_sound(content: pb.NewsContent, actor: Actor, before: News | None, now: datetime) -> None:
    """INVALID_ARGUMENT with everything that is wrong, each by its field."""
    found = [*_place(content, actor, before), *_texts(content), *_fields(content), *_days(content, now)]
    if found:
        raise invalid(*found)


def _place(content: pb.NewsContent, actor: Actor, before: News | None) -> Faults:
    if not region_valid(content.region):
        yield Violation("content.region", "REGION_UNKNOWN", "没有这个行政区划")
    elif not region_covers(actor.region, content.region):
        yield Violation("content.region", "REGION_NOT_COVERED", "不在您的区域内")
    if before is not None and content.kind != before.kind:
        yield Violation("content.kind", "KIND_FIXED", "类别不能改变，请新建")
    if before is not None and content.region != before.region:
        yield Violation("content.region", "REGION_FIXED", "区划不能改变，请新建")


def _texts(content: pb.NewsContent) -> Faults:
    for name in ("title", "summary", "text"):
        yield from plain_text(f"content.{name}", getattr(content, name))
    if len(content.title.strip()) < 2:
        yield Violation("content.title", "TOO_SHORT", "请填写标题")


def _fields(content: pb.NewsContent) -> Faults:
    known, told = FIELDS[content.kind], {one.name: one.value.strip() for one in content.fields}
    names = [one.name for one in content.fields]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Violation(f"content.fields.{name}", "TWICE", "重复填写")
    for name, value in told.items():
        if name not in known:
            yield Violation(f"content.fields.{name}", "UNKNOWN", "该类别没有此项")
        elif not _IS[known[name].type](value):
            yield Violation(f"content.fields.{name}", "MALFORMED", _SAYS[known[name].type])
        elif known[name].type != OFFICE_PHONE:
            yield from plain_text(f"content.fields.{name}", value)
    for name, one in known.items():
        if one.required and not told.get(name):
            yield Violation(f"content.fields.{name}", "REQUIRED", f"请填写{one.title}")
    area, vacant = told.get("area", ""), told.get("vacant_area", "")
    if content.kind == pb.NEWS_KIND_PARK and _whole(area) and _whole(vacant) and int(vacant) > int(area):
        yield Violation("content.fields.vacant_area", "ABOVE_AREA", "可用面积大于规划面积")


def _days(content: pb.NewsContent, now: datetime) -> Faults:
    yield from review_faults("content.review_on", content.review_on, now)
    if content.expires_on and _past(content.expires_on, now):
        yield Violation("content.expires_on", "NOT_AFTER_TODAY", "应为今天之后的日期")


def review_faults(field: str, told: str, now: datetime) -> Faults:
    """What is wrong with the day somebody has to confirm it by."""
    day = day_of(told)
    if _past(told, now):
        yield Violation(field, "NOT_AFTER_TODAY", "应为今天之后的日期")
    elif day and day > local_day(now) + timedelta(days=MOST_DAYS):
        yield Violation(field, "TOO_FAR", f"最长不超过{MOST_DAYS}天")


def over(content: pb.NewsContent, now: datetime) -> bool:
    """Whether one of its days is past by now."""
    return _past(content.review_on, now) or bool(content.expires_on and _past(content.expires_on, now))


def _past(told: str, now: datetime) -> bool:
    """Whether a day is no day, or not after today in China."""
    day = day_of(told)
    return day is None or day <= local_day(now)


def _whole(value: str) -> bool:
    return bool(_WHOLE.fullmatch(value))


_IS: Final[Mapping[str, Callable[[str], bool]]] = {
    TEXT: bool,
    FEN: _whole,
    NUMBER: _whole,
    LIST: lambda value: all(part.strip() for part in value.split("、")),
    DAY: lambda value: day_of(value) is not None,
    OFFICE_PHONE: lambda value: bool(_PHONE.fullmatch(value)),
}
_SAYS: Final[Mapping[str, str]] = {
    TEXT: "请填写",
    FEN: "应为整数（分）",
    NUMBER: "应为整数",
    LIST: "各项之间用顿号隔开",
    DAY: "应为日期，如 2026-01-31",
    OFFICE_PHONE: "请填写办公电话（带区号的座机或者服务热线），不得填写个人手机号码",
}


def kinds() -> pb.NewsKinds:
    """All kinds with their fields, as they are told."""
    return pb.NewsKinds(
        kinds=[
            pb.NewsKindFields(
                kind=kind,  # type: ignore[arg-type]
                title=KINDS[kind],
                fields=[pb.NewsFieldKind(name=name, **one._asdict()) for name, one in fields.items()],
            )
            for kind, fields in FIELDS.items()
        ]
    )
