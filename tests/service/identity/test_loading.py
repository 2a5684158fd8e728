"""Loading a file of people and officers: once, with every bad row named."""

import json
import re

import pytest

from tests.support.identity_service import (
    NAME,
    PASSWORD,
    ROOT,
    Identity,
    fresh_number,
    fresh_phone,
    load,
    load_apart,
    officer_row,
    sign_in,
)
from yiwang.access.v1.access_pb2 import IDENTITY_LEVEL_STRONG as STRONG

SAMPLE = ROOT / "services/catalog/sample/people.json"


def test_a_file_is_loaded_once_bad_rows_are_named_and_good_ones_kept(identity: Identity) -> None:
    number, phone = fresh_number(), fresh_phone()
    good = {"name": NAME, "idNumber": number, "phone": phone, "password": PASSWORD}
    bad_digit = number[:17] + ("1" if number[17] != "1" else "2")
    people = [good, good | {"idNumber": bad_digit}, good | {"phone": 5}, {"name": NAME}, "x", good | {NAME: 1}]
    content = {"officers": [officer_row("ld-1"), officer_row("ld-2", roles=["king"])], "people": people}
    first, second = load_apart(identity, content), load(identity, content)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "2 rows loaded, 0 there already, 6 refused" in first.stderr
    assert "0 rows loaded, 2 there already, 6 refused" in second.stderr
    for place in ("officers[2] roles[0]:", "people[2] id_number:", "people[3] phone: TYPE", "people[4] idNumber:"):
        assert place in first.stderr
    for secret in (NAME, number, bad_digit, phone, PASSWORD):
        assert secret not in first.stdout + first.stderr + second.stdout + second.stderr
    assert sign_in(identity, number).me.person.name == sign_in(identity, "ld-1").me.officer.name == NAME
    changed = load(identity, {"officers": [officer_row("ld-1", roles=["decide"], password="Something-else-1")]})
    assert "1 rows loaded" in changed.stderr
    assert list(sign_in(identity, "ld-1").me.officer.roles) == ["decide"]


@pytest.mark.parametrize("content", ["{", "[]", '{"people": 5}', "{}", '{"people": [{}]}', '{"people": ["\\ud800"]}'])
def test_a_file_without_a_good_row_fails_in_one_line_each(identity: Identity, content: str) -> None:
    done = load(identity, content)  # any other exception than the end comes through
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line]
    told = re.compile(
        r"people\[1\] \w+: [A-Z_]+ |identity: 0 rows loaded|people must be|\S+ must be|\S+ cannot be read as JSON"
    )
    assert said and [line for line in said if not told.match(line)] == []


def test_the_sample_county_is_loaded_whole_and_a_second_time_finds_everything_there(identity: Identity) -> None:
    content = SAMPLE.read_text(encoding="utf-8")
    rows = sum(len(one) for one in json.loads(content).values())
    first, second = load(identity, content), load(identity, content)
    assert "there already, 0 refused" in first.stderr, first.stderr  # its departments may have come with other tests
    assert f"0 rows loaded, {rows} there already, 0 refused" in second.stderr, second.stderr
    for login in ("sj-101", "zw-902", "jd-801", "zc-701", "cg-601", "bb-301", "yh-401"):
        assert sign_in(identity, login, "Demo-2026-yiwang").access_token
    # The operator's word: who decides in the file decides.
    assert list(sign_in(identity, "sj-201", "Demo-2026-yiwang").me.officer.roles) == ["decide", "issue"]
    assert sign_in(identity, "19900000001", "Demo-2026-yiwang").me.person.level == STRONG


def test_rows_of_departments_windows_and_counties_are_checked_as_the_api_checks_them(identity: Identity) -> None:
    department = {"uscc": "1197030000000102XP", "name": "示范市公安局", "region": "970300"}
    window = {"number": "1", "hall": "大厅", "region": "970300", "department": department["uscc"]}
    channels = {"web": True}
    content = {
        "counties": [
            {"region": "970300", "name": "示范市", "channels": channels},
            {"region": "970300", "name": "示范市", "channels": channels, "color": "#ffff00"},
            {"region": "970300", "name": "示范市", "channels": {"fax": True}},
        ],
        "departments": [department, department | {"uscc": department["uscc"][:17] + "A"}],
        "windows": [window, window | {"department": "119901210000099960"}],
        "officers": [officer_row("ld-9", department="11990121000009996X")],
    }
    done = load(identity, content)
    # The department may have come in with an officer of another test.
    assert "5 refused" in done.stderr
    for fault in (
        "counties[2] color: COLOR_TOO_LIGHT",
        "counties[3] channels: TYPE",
        "departments[2] uscc: CHECK_DIGIT",
        "windows[2] department: DEPARTMENT_UNKNOWN",
        "officers[1] uscc: CHECK_DIGIT",
    ):
        assert fault in done.stderr, done.stderr


def test_a_level_in_the_file_is_raised_to_and_never_lowered(identity: Identity) -> None:
    number = fresh_number()
    person = {"name": NAME, "idNumber": number, "phone": fresh_phone(), "password": PASSWORD}
    for level, loaded in (("MEDIUM", 1), ("WEAK", 0), ("STRONG", 1)):
        done = load(identity, {"people": [person | {"level": level}]})
        assert f"{loaded} rows loaded" in done.stderr, done.stderr
    assert sign_in(identity, number).me.person.level == STRONG
    wrong = load(identity, {"people": [person | {"level": "VERY"}]})
    assert "people[1] level: LEVEL_UNKNOWN" in wrong.stderr


def test_the_command_ends_with_one_and_a_line_where_no_row_was_good(identity: Identity) -> None:
    done = load_apart(identity, "{")
    assert done.returncode == 1
    assert done.stderr.count("cannot be read as JSON") == 1 and "Traceback" not in done.stderr


def test_a_key_the_loader_does_not_know_is_said(identity: Identity) -> None:
    done = load(identity, {"officer": [officer_row("ld-10")]})
    assert done.returncode == 1 and "officers" in done.stderr
