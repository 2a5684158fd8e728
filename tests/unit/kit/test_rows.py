"""Rows in a file are checked offline, and the report names cases and rows, nobody."""

import json
from pathlib import Path

import pytest

from tests.support.kit import APPLICANT, DEPARTMENT, REGION, applied, closed, many_cases, row, write_rows
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.__main__ import main

WHO = ("--department", DEPARTMENT, "--region", REGION)


def check(tmp_path: Path, rows: list[pb.ReportRow], more: str = "") -> tuple[int, dict[str, str], str]:
    """The exit code, the state of each check, and everything that was written."""
    file = write_rows(tmp_path / "rows.json", rows)
    file.write_text(file.read_text() + more)
    page, data = tmp_path / "r.html", tmp_path / "r.json"
    code = main(["check", str(file), *WHO, "--html", str(page), "--json", str(data)])
    report = json.loads(data.read_text())
    return code, {one["id"]: one["state"] for one in report["checks"]}, page.read_text() + data.read_text()


def failed(states: dict[str, str]) -> set[str]:
    return {id for id, state in states.items() if state == "failed"}


def test_rows_in_order_are_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, states, written = check(tmp_path, many_cases(3))
    assert (code, set(states.values())) == (0, {"passed"})
    told = capsys.readouterr().out
    assert "结论：符合" in told and "24（申请 3" in told
    assert "<!doctype html>" in written and 'lang="zh-CN"' in written


def test_a_file_need_not_have_every_kind_of_row(tmp_path: Path) -> None:
    code, states, _ = check(tmp_path, [row("A", 1, applied())])
    assert code == 0 and states["C12"] == "none"


def test_faults_are_told_by_line_and_field_without_their_content(tmp_path: Path) -> None:
    rows = many_cases(2)
    rows[0].applied.certificate_number = APPLICANT[:-1] + ("0" if APPLICANT[-1] != "0" else "1")
    rows[1].at = "2099-01-01T00:00:00Z"
    code, states, written = check(tmp_path, rows)
    assert code == 1 and failed(states) == {"R03", "R05", "C04"}
    assert "文件第 1 行（KIT-0000 序号 1）：applied.certificate_number CHECK_DIGIT" in written
    assert rows[0].applied.certificate_number not in written and rows[0].applied.applicant_name not in written


def test_a_row_that_comes_twice_is_told_only_when_it_changed(tmp_path: Path) -> None:
    rows = many_cases(1)
    assert check(tmp_path, [*rows, rows[0]])[0] == 0
    code, states, _ = check(tmp_path, [*rows, row("KIT-0000", 1, applied(item_name="另一名称"))])
    assert code == 1 and failed(states) == {"R15"}


def test_cases_are_judged_as_a_whole_whatever_the_order_of_their_rows(tmp_path: Path) -> None:
    rows = many_cases(1)
    assert check(tmp_path, rows[::-1])[0] == 0
    assert failed(check(tmp_path, [*rows, row("KIT-0000", 9, closed())])[1]) == {"C09"}
    assert failed(check(tmp_path, rows[:3] + rows[4:])[1]) == {"C01", "C11"}


@pytest.mark.parametrize("line", ["{", '{"seq": "x"}', '{"colour": 1}', "\x00", "3"])
def test_a_line_that_is_no_row_is_told_and_the_others_are_checked(line: str, tmp_path: Path) -> None:
    code, states, written = check(tmp_path, many_cases(1), line + "\n")
    assert code == 1 and failed(states) == {"F01"} and "文件第 9 行无法读取" in written


def test_an_empty_file_is_not_in_order(tmp_path: Path) -> None:
    code, states, _ = check(tmp_path, [])
    assert code == 1 and set(states.values()) == {"none"}


def test_wrong_arguments_and_files_have_a_code_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "nothing"), *WHO]) == 2
    for who in (
        ("--department", DEPARTMENT[:-1] + "!", "--region", REGION),
        ("--department", DEPARTMENT, "--region", "99"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["check", "x", *who])
        assert ended.value.code == 2
    (tmp_path / "long.json").write_text("x" * 1_100_000)
    assert main(["check", str(tmp_path / "long.json"), *WHO]) == 2
    assert "无法执行" in capsys.readouterr().err


def test_a_hostile_number_is_text_in_the_page(tmp_path: Path) -> None:
    _, _, written = check(tmp_path, [row("<script>alert(1)</script>", 2, closed())])
    page = written.partition("</html>")[0]
    assert "<script>" not in page and "&lt;script&gt;" in page
