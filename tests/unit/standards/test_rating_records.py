"""The record of the national rating interface: built, read back, every fault by its field."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards import rating_codes as codes
from standards import rating_records as records
from standards.rating_codes import DEFAULT, GBT39046, PROFILES, TAGS, ZHEJIANG
from standards.rating_records import FIELDS, PERSONAL, Rated, RecordFaults, build, parse
from yiwang.rating.v1 import service_pb2 as pb

RATED = Rated(
    task_code="11990121MB0000001K4990121001001",
    task_name="取水许可",
    project_no="9901212611220000001",
    department="11990121MB0000001K",
    department_name="水务局",
    region="990121",
    node=pb.SERVICE_NODE_CLOSE,
    occasion=1,
    grade=pb.GRADE_DISSATISFIED,
    rated_at=datetime(2026, 11, 22, 16, 30, 5, tzinfo=UTC),
    channel=pb.RATING_CHANNEL_MOBILE,
    tags=("401", "422"),
    comment="跑了三趟",
    served_at=datetime(2026, 11, 20, 1, 0, tzinfo=UTC),
    state=codes.CLOSED,
    user=codes.PERSON,
    source=codes.MOBILE,
    window="3号窗口",
    phone="13900000000",
    handler_name="",
)


def test_the_record_has_every_field_of_the_interface_and_nothing_else() -> None:
    named = [
        "taskCode", "taskHandleItem", "taskName", "subMatter", "projectNo", "proStatus", "orgcode", "orgName",
        "acceptDate", "userProp", "userName", "userPageType", "certKey", "handleUserName", "handleUserPageType",
        "handleUserPageCode", "serviceName", "isService", "serviceTime", "serviceDate", "serviceNumber", "dataSource",
        "projectType", "resultDate", "applydate", "bj_zt", "taskguid", "statusUrl", "administrative_div", "telPhone",
        "taskType", "windowNo", "workNo", "areaCode", "deptCode", "proManager", "pf", "satisfaction", "evalDetail",
        "writingEvaluation", "assessTime", "assessNumber", "appStatus", "anonymity",
    ]  # fmt: skip
    record = build(GBT39046, RATED)
    assert list(record) == named == [field.name for field in FIELDS]
    assert all(isinstance(value, str) for value in record.values())


def test_the_same_rating_has_opposite_codes_in_the_two_profiles() -> None:
    standard, zhejiang = build(GBT39046, RATED), build(ZHEJIANG, RATED)
    assert (standard["satisfaction"], zhejiang["satisfaction"]) == ("4", "2")
    assert (standard["evalDetail"], zhejiang["evalDetail"]) == ("401,422", "201,222")
    differ = {name for name in standard if standard[name] != zhejiang[name]}
    assert differ == {"satisfaction", "evalDetail"}


def test_instants_are_those_of_china() -> None:
    record = build(GBT39046, RATED)
    assert record["assessTime"] == "2026-11-23 00:30:05"
    assert (record["serviceTime"], record["serviceDate"]) == ("2026-11-20 09:00:00", "2026-11-20")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_record_is_read_as_it_was_told(profile: str) -> None:
    assert parse(profile, json.loads(json.dumps(build(profile, RATED)))) == RATED


@given(st.data())
def test_every_record_that_can_be_built_is_read_as_it_was_told(data: st.DataObject) -> None:
    profile = data.draw(st.sampled_from(PROFILES))
    channels = list(codes.TABLES[profile][codes.CHANNEL].values())
    text = st.text("取水许可abc 1<>\"'", max_size=20).map(str.strip)
    rated = Rated(
        task_code=data.draw(st.sampled_from(["", "11990121MB0000001K4990121001001"])),
        task_name=data.draw(text) or "水",
        project_no=data.draw(st.text("0123456789ABC", min_size=1, max_size=50)),
        department="11990121MB0000001K",
        department_name=data.draw(text),
        region=data.draw(st.sampled_from(["990121", "990121101"])),
        node=data.draw(st.sampled_from([node for node in pb.ServiceNode.values() if node])),
        occasion=data.draw(st.integers(1, 9999)),
        grade=data.draw(st.sampled_from([grade for grade in pb.Grade.values() if grade])),
        rated_at=RATED.rated_at + timedelta(seconds=data.draw(st.integers(-(10**8), 10**9))),
        channel=data.draw(st.sampled_from([None, *channels])),
        tags=tuple(data.draw(st.lists(st.sampled_from(sorted(TAGS)), max_size=8, unique=True))),
        comment=data.draw(text),
        anonymous=data.draw(st.booleans()),
        second=data.draw(st.booleans()),
        phone="",
    )
    assert parse(profile, build(profile, rated)) == rated


def test_who_rates_anonymously_is_in_no_field() -> None:
    named = RATED._replace(handler_name="李经办")
    record = build(GBT39046, named)
    assert (record["telPhone"], record["handleUserName"]) == ("13900000000", "李经办")
    hidden = build(GBT39046, named._replace(anonymous=True))
    assert {name: hidden[name] for name in PERSONAL} == dict.fromkeys(PERSONAL, "")
    assert "李经办" not in records.dump([hidden]) and "13900000000" not in records.dump([hidden])
    # And where a sender tells it all the same, it is not read.
    told = hidden | {"telPhone": "13900000000", "handleUserName": "李经办"}
    assert parse(GBT39046, told)[-2:] == ("", "")


def test_what_is_missing_too_long_or_without_a_code_is_named_when_it_is_built() -> None:
    wrong = RATED._replace(project_no="", task_name="水" * 501, comment="长" * 1001, node=0)
    with pytest.raises(RecordFaults) as found:
        build(GBT39046, wrong)
    assert {(one.field, one.reason) for one in found.value.faults} == {
        ("projectNo", "REQUIRED"),
        ("taskName", "TOO_LONG"),
        ("writingEvaluation", "TOO_LONG"),
        ("serviceName", "REQUIRED"),
    }


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("satisfaction", "6", "CODE_UNKNOWN"),
        ("satisfaction", "", "REQUIRED"),
        ("satisfaction", None, "REQUIRED"),
        ("satisfaction", True, "MALFORMED"),
        ("satisfaction", ["1"], "MALFORMED"),
        ("satisfaction", "55", "TOO_LONG"),
        ("pf", "8", "CODE_UNKNOWN"),
        ("assessTime", "2026-02-30 10:00:00", "MALFORMED"),
        ("assessTime", "2026-11-23T10:00:00Z", "TOO_LONG"),
        ("assessTime", "２０２６-11-23 10:00:00", "MALFORMED"),
        ("assessTime", 20261123, "MALFORMED"),
        ("serviceNumber", "0", "MALFORMED"),
        ("serviceNumber", "first", "TOO_LONG"),
        ("serviceDate", "2026-1-1", "MALFORMED"),
        ("evalDetail", "401,999", "TAG_UNKNOWN"),
        ("evalDetail", "401,,402", "TAG_UNKNOWN"),
        ("writingEvaluation", "长" * 1001, "TOO_LONG"),
        ("projectNo", "1" * 51, "TOO_LONG"),
        ("anonymity", "3", "CODE_UNKNOWN"),
        ("assessNumber", "3", "CODE_UNKNOWN"),
        ("appStatus", "4", "CODE_UNKNOWN"),
        ("userProp", "9", "CODE_UNKNOWN"),
        ("dataSource", "6", "CODE_UNKNOWN"),
        ("serviceName", "受理", "CODE_UNKNOWN"),
        ("areaCode", "", "REQUIRED"),
        ("deptCode", "1" * 19, "TOO_LONG"),
    ],
)
def test_a_fault_is_told_by_its_field(field: str, value: Any, reason: str) -> None:
    with pytest.raises(RecordFaults) as found:
        parse(GBT39046, build(GBT39046, RATED) | {field: value})
    assert [(one.field, one.reason) for one in found.value.faults] == [(field, reason)]
    assert str(value) not in str(found.value) or len(str(value)) < 3


def test_every_required_field_is_missed() -> None:
    with pytest.raises(RecordFaults) as found:
        parse(GBT39046, {})
    assert [one.field for one in found.value.faults] == [field.name for field in FIELDS if field.required]


def test_codes_may_come_as_numbers_and_unknown_fields_are_not_read() -> None:
    told = build(GBT39046, RATED) | {"satisfaction": 4, "serviceNumber": 1, "provinceOwn": {"a": 1}}
    assert parse(GBT39046, told) == RATED


def test_a_default_rating_has_a_channel_in_one_profile_only() -> None:
    default = RATED._replace(channel=DEFAULT, grade=pb.GRADE_SATISFIED, tags=())
    assert build(ZHEJIANG, default)["pf"] == "7"
    assert build(GBT39046, default)["pf"] == ""
    assert parse(ZHEJIANG, build(ZHEJIANG, default)).channel == DEFAULT


def test_json_is_canonical() -> None:
    text = records.dump([build(GBT39046, RATED)])
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert records.load(text) == [build(GBT39046, RATED)]


@pytest.mark.parametrize("text", ["", "x", "{}", "1", '"[]"', "[1,", "\x00"])
def test_what_is_no_list_is_no_list_of_records(text: str) -> None:
    with pytest.raises(ValueError):
        records.load(text)


def test_a_second_later_is_another_record() -> None:
    later = RATED._replace(rated_at=RATED.rated_at + timedelta(seconds=1))
    assert build(GBT39046, later) != build(GBT39046, RATED)
