"""The record of the national rating interface (C.5.3): 办件 and 评价 in one flat JSON object of texts, codes by profile.

[CODE 3] names the fields and no lengths: those are ours, except 办件编号 (an..50, GB/T 39046 table 5) and 统一社会信用代码 (18).
Instants are `2026-11-23 09:30:00` in China, days `2026-11-23`. A field that is not known is there and empty; fields that are not of the
table are not read, for provinces add their own. Personal data is in the fields of PERSONAL, and in none of them when the rating is
anonymous.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson

from standards import rating_codes as codes
from standards.workdays import SHANGHAI

TEXT, CODE, DAY, INSTANT, NUMBER = "text", "code", "day", "instant", "number"
REQUIRED, MALFORMED, TOO_LONG, CODE_UNKNOWN, TAG_UNKNOWN = (
    "REQUIRED", "MALFORMED", "TOO_LONG", "CODE_UNKNOWN", "TAG_UNKNOWN",
)  # fmt: skip
REASONS: Final[Mapping[str, str]] = {
    REQUIRED: "必填",
    MALFORMED: "格式不正确",
    TOO_LONG: "超过允许的长度",
    CODE_UNKNOWN: "代码不在所用代码表中",
    TAG_UNKNOWN: "评价指标代码不在所用代码表中",
}
MOST_TAGS = 8


class Field(NamedTuple):
    """A field of the record: what it is, how long at most, whether it has to be there, and the table its code is of."""

    name: str
    label: str
    kind: str = TEXT
    length: int = 50
    required: bool = False
    table: str = ""


CASE_FIELDS: Final = (
    Field("taskCode", "实施编码", length=36),
    Field("taskHandleItem", "业务办理项编码"),
    Field("taskName", "事项名称", length=500, required=True),
    Field("subMatter", "办理事项（情形）名称", length=500),
    # 办件编号; where a service had no case, the number of the rating.
    Field("projectNo", "办件编号", length=50, required=True),
    Field("proStatus", "办件状态", CODE, 1, table=codes.STATE),
    Field("orgcode", "受理部门统一社会信用代码", length=18),
    Field("orgName", "受理部门名称", length=100),
    Field("acceptDate", "受理时间", INSTANT, 19),
    Field("userProp", "用户属性", CODE, 1, table=codes.USER),
    Field("userName", "申请人名称", length=100),
    Field("userPageType", "申请人证件类型", length=10),
    Field("certKey", "申请人证件号码", length=64),
    Field("handleUserName", "经办人姓名", length=100),
    Field("handleUserPageType", "经办人证件类型", length=10),
    Field("handleUserPageCode", "经办人证件号码", length=64),
    Field("serviceName", "服务环节名称", CODE, 20, True, codes.NODE),
    Field("isService", "是否已提供服务", length=1),
    Field("serviceTime", "服务时间", INSTANT, 19),
    Field("serviceDate", "服务日期", DAY, 10),
    Field("serviceNumber", "服务次数", NUMBER, 4, True),
    Field("dataSource", "办件来源", CODE, 3, table=codes.SOURCE),
    Field("projectType", "办件类型", length=2),
    Field("resultDate", "办结时间", INSTANT, 19),
    Field("applydate", "申请时间", INSTANT, 19),
    Field("bj_zt", "办结状态", length=10),
    Field("taskguid", "事项唯一标识", length=64),
    Field("statusUrl", "办件状态查询地址", length=500),
    Field("administrative_div", "行政区划", length=12),
    Field("telPhone", "联系电话", length=20),
    Field("taskType", "事项类型", length=2),
    Field("windowNo", "窗口编号", length=64),
    Field("workNo", "工作人员编号", length=64),
)
RATING_FIELDS: Final = (
    Field("areaCode", "行政区划代码", length=12, required=True),
    Field("deptCode", "被评价部门统一社会信用代码", length=18, required=True),
    Field("proManager", "被评价人员编号", length=64),
    # Empty for a channel the profile has no code for.
    Field("pf", "评价渠道", CODE, 1, table=codes.CHANNEL),
    Field("satisfaction", "满意度", CODE, 1, True, codes.GRADE),
    Field("evalDetail", "评价指标", length=3 * MOST_TAGS + MOST_TAGS - 1),
    Field("writingEvaluation", "文字评价", length=1000),
    Field("assessTime", "评价时间", INSTANT, 19, True),
    Field("assessNumber", "评价次数", CODE, 1, True, codes.TIME),
    Field("appStatus", "审核状态", CODE, 1, True, codes.AUDIT),
    Field("anonymity", "是否匿名", CODE, 1, True, codes.ANONYMITY),
)
FIELDS: Final = CASE_FIELDS + RATING_FIELDS
PERSONAL: Final = frozenset(
    ("userName", "userPageType", "certKey", "handleUserName", "handleUserPageType", "handleUserPageCode", "telPhone")
)
"""Fields that name a person: empty in the record of an anonymous rating, whatever is told."""

_TIME, _DAY = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"
# Strict, since the language's parser takes digits of any script and numbers without their zeros.
_SHAPES: Final = {
    DAY: re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}"),
    INSTANT: re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"),
    NUMBER: re.compile(r"[1-9][0-9]{0,3}"),
}


class Fault(NamedTuple):
    """One fault of a record: its field, the reason, and in Chinese."""

    field: str
    reason: str
    message: str


class RecordFaults(ValueError):
    """A record that cannot be built or read, with every fault of it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{one.field} {one.reason}" for one in faults))
        self.faults = tuple(faults)


class Rated(NamedTuple):
    """What a record says, in the suite's names: numbers of Grade, RatingChannel and ServiceNode, or names of `rating_codes`."""

    task_code: str
    task_name: str
    project_no: str
    department: str
    department_name: str
    region: str
    node: int
    occasion: int
    grade: int
    rated_at: datetime
    # None for a channel that has no code in the profile; DEFAULT when nobody rated.
    channel: codes.Name | None
    # The suite's codes.
    tags: tuple[str, ...] = ()
    comment: str = ""
    anonymous: bool = False
    second: bool = False
    served_at: datetime | None = None
    # PENDING, ACCEPTED, CLOSED; PERSON, LEGAL; HALL …: each empty when it is not known.
    state: str = ""
    user: str = ""
    source: str = ""
    window: str = ""
    phone: str = ""
    handler_name: str = ""


def build(profile: str, rated: Rated) -> dict[str, str]:
    """The record, every field of it, in order. RecordFaults names what is missing, too long or has no code in the profile."""
    told = {
        "taskCode": rated.task_code,
        "taskName": rated.task_name,
        "projectNo": rated.project_no,
        "proStatus": _code(codes.STATE, profile, rated.state),
        "orgcode": rated.department,
        "orgName": rated.department_name,
        "userProp": _code(codes.USER, profile, rated.user),
        "handleUserName": rated.handler_name,
        "serviceName": _code(codes.NODE, profile, rated.node),
        "isService": "1",
        "serviceTime": _written(rated.served_at, _TIME),
        "serviceDate": _written(rated.served_at, _DAY),
        "serviceNumber": str(rated.occasion),
        "dataSource": _code(codes.SOURCE, profile, rated.source),
        "administrative_div": rated.region,
        "telPhone": rated.phone,
        "windowNo": rated.window,
        "areaCode": rated.region,
        "deptCode": rated.department,
        "pf": "" if rated.channel is None else _code(codes.CHANNEL, profile, rated.channel),
        "satisfaction": _code(codes.GRADE, profile, rated.grade),
        "evalDetail": ",".join(codes.tag_out(profile, tag) for tag in rated.tags if tag in codes.TAGS),
        "writingEvaluation": rated.comment,
        "assessTime": _written(rated.rated_at, _TIME),
        "assessNumber": _code(codes.TIME, profile, codes.SECOND if rated.second else codes.FIRST),
        # Nobody looks through a rating before it counts.
        "appStatus": _code(codes.AUDIT, profile, codes.NO_AUDIT),
        "anonymity": _code(codes.ANONYMITY, profile, codes.ANONYMOUS if rated.anonymous else codes.NAMED),
    }
    if rated.anonymous:
        told = {name: value for name, value in told.items() if name not in PERSONAL}
    record = {field.name: told.get(field.name, "") for field in FIELDS}
    if found := list(_faults(profile, record)):
        raise RecordFaults(found)
    return record


def parse(profile: str, told: Mapping[str, Any]) -> Rated:
    """What a record says. RecordFaults names every field at fault; fields that are not of the table are not read."""
    record, found = _texts(told)
    found += _faults(profile, record, {one.field for one in found})
    if found:
        raise RecordFaults(found)
    anonymous = _name(codes.ANONYMITY, profile, record) == codes.ANONYMOUS
    tags = [codes.tag_in(profile, code) for code in _listed(record["evalDetail"])]
    return Rated(
        task_code=record["taskCode"],
        task_name=record["taskName"],
        project_no=record["projectNo"],
        department=record["deptCode"],
        department_name=record["orgName"] if record["orgcode"] in ("", record["deptCode"]) else "",
        region=record["areaCode"],
        node=int(_name(codes.NODE, profile, record)),
        occasion=int(record["serviceNumber"]),
        grade=int(_name(codes.GRADE, profile, record)),
        rated_at=_instant(record["assessTime"]),
        channel=_name(codes.CHANNEL, profile, record) if record["pf"] else None,
        tags=tuple(tag for tag in tags if tag),
        comment=record["writingEvaluation"],
        anonymous=anonymous,
        second=_name(codes.TIME, profile, record) == codes.SECOND,
        served_at=_instant(record["serviceTime"]) if record["serviceTime"] else None,
        state=str(_name(codes.STATE, profile, record)),
        user=str(_name(codes.USER, profile, record)),
        source=str(_name(codes.SOURCE, profile, record)),
        window=record["windowNo"],
        phone="" if anonymous else record["telPhone"],
        handler_name="" if anonymous else record["handleUserName"],
    )


def dump(records: Sequence[Mapping[str, str]]) -> str:
    """A list of records as canonical JSON (RFC 8785: sorted names, no blanks)."""
    return orjson.dumps(records, option=orjson.OPT_SORT_KEYS).decode()


def load(text: str) -> list[Any]:
    """The list a text is; its elements are judged by `parse`. ValueError when it is no JSON, or no list."""
    found = orjson.loads(text)
    if not isinstance(found, list):
        raise ValueError("not a list")
    return found


def _texts(told: Mapping[str, Any]) -> tuple[dict[str, str], list[Fault]]:
    """The fields as texts: a number for a code is taken, null is empty, anything else is a fault."""
    record, found = {}, []
    for field in FIELDS:
        value = told.get(field.name)
        if isinstance(value, int) and not isinstance(value, bool) and field.kind in (CODE, NUMBER):
            value = str(value)
        if value is not None and not isinstance(value, str):
            found.append(_fault(field, MALFORMED))
        record[field.name] = value.strip() if isinstance(value, str) else ""
    return record, found


def _faults(profile: str, record: Mapping[str, str], known: frozenset[str] | set[str] = frozenset()) -> Iterator[Fault]:
    for field in FIELDS:
        reason = "" if field.name in known else _reason(profile, field, record[field.name])
        if reason:
            yield _fault(field, reason)


def _reason(profile: str, field: Field, value: str) -> str:
    if not value:
        return REQUIRED if field.required else ""
    if len(value) > field.length:
        return TOO_LONG
    if field.kind == CODE:
        return "" if codes.name_of(field.table, profile, value) is not None else CODE_UNKNOWN
    if field.kind in _SHAPES:
        return "" if _SHAPES[field.kind].fullmatch(value) and _exists(field.kind, value) else MALFORMED
    if field.name == "evalDetail":
        return "" if all(codes.tag_in(profile, code) for code in _listed(value)) else TAG_UNKNOWN
    return ""


def _exists(kind: str, value: str) -> bool:
    if kind == NUMBER:
        return True
    try:
        datetime.strptime(value, _DAY if kind == DAY else _TIME).replace(tzinfo=SHANGHAI)
    except ValueError:
        return False
    return True


def _fault(field: Field, reason: str) -> Fault:
    return Fault(field.name, reason, f"{field.label}：{REASONS[reason]}")


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",")] if text else []


def _code(table: str, profile: str, name: codes.Name) -> str:
    return codes.code_of(table, profile, name) or ""


def _name(table: str, profile: str, record: Mapping[str, str]) -> codes.Name:
    """The name of a code that was found good; empty where there is none."""
    return codes.name_of(table, profile, record[_COLUMN[table]]) or ""


_COLUMN: Final = {field.table: field.name for field in FIELDS if field.table}


def _written(instant: datetime | None, form: str) -> str:
    return instant.astimezone(SHANGHAI).strftime(form) if instant else ""


def _instant(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=SHANGHAI).astimezone(UTC)
