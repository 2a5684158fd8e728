"""`lint FILE…`: any platform's export is checked offline; columns are known by three kinds of names; the reports say the same."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from services.catalog import linting, linting_report, linting_rows
from services.catalog.columns import COLUMNS, PASSED_OVER, MapFault, columns_of, definition_of, read_map
from standards.lint_list import LIST_RULES
from tests.support.guides import CODE, IMPLEMENTATION, OWNER, clean
from tests.support.workbooks import sheet, workbook
from yiwang.catalog.v1 import service_pb2 as pb

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / "shared/data/items"

CHINESE = {
    "事项名称": "公共场所卫生许可", "实施编码": CODE, "事项类型": "行政许可", "实施主体": "示范县卫生健康局", "实施主体编码": OWNER,
    "行政区划": "430103", "法定时限": "20", "法定时限单位": "工作日", "承诺时限": "25", "承诺时限单位": "工作日", "到现场次数": "0",
    "受理条件": "空", "办理流程": "受理→审核→审批→办结→送达", "服务对象": "自然人；企业法人", "是否收费": "否", "自定义列": "x",
}  # fmt: skip
NATIONAL = {
    "task_name": "公共场所卫生许可", "task_handle_item": CODE, "task_code": IMPLEMENTATION, "task_type": "1",
    "dept_name": "示范县卫生健康局", "dept_code": OWNER, "area_code": "430103", "anticipate_day": "20", "anticipate_type": "1",
    "promise_day": "25", "promise_type": "1", "limit_scene_num": "0", "accept_condition": "空",
    "handle_flow": "受理；审核；审批；办结；送达", "server_type": "1^2", "is_fee": "0", "row_guid": "g",
}  # fmt: skip


def run(folder: Path, *arguments: str | Path) -> tuple[int, dict[str, Any], str]:
    """The command; its code, its JSON report and its HTML report."""
    code = linting.main([*map(str, arguments), "--json", str(folder / "out.json"), "--html", str(folder / "out.html")])
    if not (folder / "out.json").exists():
        return code, {}, ""
    return code, json.loads((folder / "out.json").read_text()), (folder / "out.html").read_text()


def table(folder: Path, name: str, *rows: dict[str, str]) -> Path:
    heads = list(rows[0])
    path = folder / name
    path.write_text(
        "\n".join(",".join(one) for one in [heads, *([row.get(head, "") for head in heads] for row in rows)]) + "\n"
    )
    return path


def found(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["rule"], one["field"]) for one in report["findings"]}


def test_chinese_national_and_own_names_say_the_same(tmp_path: Path) -> None:
    expected = {("L101", "promised_limit"), ("L180", "conditions"), ("L181", "conditions")}
    _, chinese, _ = run(tmp_path, table(tmp_path, "a.csv", CHINESE))
    assert expected <= found(chinese)
    columns = tmp_path / "map.json"
    columns.write_text(json.dumps({"values": {name: {"1": "工作日"} for name in ("anticipate_type", "promise_type")}}))
    _, national, _ = run(tmp_path, table(tmp_path, "b.csv", NATIONAL), "--columns", columns)
    assert found(national) == found(chinese)
    own = {
        "name": "公共场所卫生许可",
        "code": CODE,
        "statutoryLimit.amount": "20",
        "statutoryLimit.unit": "工作日",
        "promisedLimit.amount": "25",
        "promised_limit.unit": "工作日",
    }
    assert ("L101", "promised_limit") in found(run(tmp_path, table(tmp_path, "c.csv", own))[1])


def test_every_format_of_the_same_rows_gives_the_same_findings(tmp_path: Path) -> None:
    rows = [CHINESE, CHINESE | {"实施编码": "X-2", "事项名称": "另一许可"}]
    _, csv, _ = run(tmp_path, table(tmp_path, "a.csv", *rows))
    (tmp_path / "a.json").write_text(json.dumps({"items": rows}))
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    workbook(tmp_path / "a.xlsx", {"清单": sheet([list(CHINESE), *(list(row.values()) for row in rows)])})
    (tmp_path / "gb.csv").write_bytes((tmp_path / "a.csv").read_bytes().decode().encode("gb18030"))
    for name in ("a.json", "a.jsonl", "a.xlsx", "gb.csv"):
        _, report, _ = run(tmp_path, tmp_path / name)
        assert found(report) == found(csv) and report["summary"]["levels"] == csv["summary"]["levels"], name


def test_codes_that_differ_between_platforms_are_not_guessed(tmp_path: Path) -> None:
    _, report, _ = run(tmp_path, table(tmp_path, "a.csv", NATIONAL))
    assert {("L000", "anticipate_type"), ("L000", "promise_type")} <= found(report)
    assert ("L101", "promised_limit") not in found(report)


def test_unknown_columns_are_named_and_what_has_no_column_is_not_blamed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, report, page = run(tmp_path, table(tmp_path, "a.csv", CHINESE, CHINESE | {"实施编码": "2"}))
    file = report["summary"]["files"][0]
    assert file["unknown"] == ["自定义列"] and {"duty_codes", "faq", "phone", "materials"} <= set(file["absent"])
    assert "promised_limit" not in file["absent"] and "results" in file["absent"]
    assert not {rule for rule, _ in found(report)} & {"L207", "L013", "L179", "L149", "L015"}
    assert "自定义列" in page and "自定义列" in capsys.readouterr().out


def test_a_map_names_columns_of_a_platform_and_its_faults_are_told(tmp_path: Path) -> None:
    own = {"名字": "甲乙许可", "期限": "30个工作日", "法律期限": "20个工作日"}
    columns = tmp_path / "map.json"
    columns.write_text(
        json.dumps({"columns": {"名字": "name", "期限": "promised_limit", "法律期限": "statutory_limit"}})
    )
    assert ("L101", "promised_limit") in found(run(tmp_path, table(tmp_path, "a.csv", own), "--columns", columns)[1])
    assert linting.main([str(tmp_path / "a.csv")]) == linting.UNREADABLE
    for wrong in ("{", "[]", '{"columns": {"a": "nothing"}}', '{"values": {"a": 1}}', '{"columns": {"a": 1}}'):
        columns.write_text(wrong)
        with pytest.raises(MapFault):
            read_map(columns)
        assert linting.main([str(tmp_path / "a.csv"), "--columns", str(columns)]) == linting.UNREADABLE


def test_a_value_that_cannot_be_read_is_told_and_the_rest_of_the_row_is_checked(tmp_path: Path) -> None:
    _, report, _ = run(tmp_path, table(tmp_path, "a.csv", CHINESE | {"到现场次数": "若干", "是否收费": "也许"}))
    assert {("L000", "到现场次数"), ("L000", "是否收费"), ("L101", "promised_limit")} <= found(report)


def test_exit_codes_tell_clean_errors_and_unreadable(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text(json.dumps({"items": [MessageToDict(clean())]}))
    assert run(tmp_path, good)[0] == linting.CLEAN
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"items": [MessageToDict(clean(duty_codes=None))]}))
    assert run(tmp_path, bad)[0] == linting.ERRORS
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"items": [MessageToDict(clean())]})[:-10])
    code, report, _ = run(tmp_path, good, broken)
    assert code == linting.UNREADABLE and report["summary"]["unreadable"][0]["file"] == "broken.json"
    assert run(tmp_path, tmp_path / "none.json")[0] == linting.UNREADABLE


def test_the_limit_of_a_file_can_be_set(tmp_path: Path) -> None:
    file = table(tmp_path, "a.csv", CHINESE)
    with file.open("a") as more:
        more.write("\n" * 2**20)
    assert run(tmp_path, file)[0] == linting.ERRORS
    code, report, _ = run(tmp_path, file, "--most", "1")
    assert code == linting.UNREADABLE and "超过上限 1 MiB" in report["summary"]["unreadable"][0]["message"]


def test_levels_filter_and_a_table_changes_them(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"items": [MessageToDict(clean(duty_codes=None, faq=None, at_service_centre=False))]}))
    assert {one["level"] for one in run(tmp_path, file, "--level", "warning")[1]["findings"]} == {"error", "warning"}
    levels = tmp_path / "levels.json"
    levels.write_text('{"L207": "off", "L013": "hint", "L301": "off"}')
    code, report, _ = run(tmp_path, file, "--levels", levels)
    assert code == linting.CLEAN and {(one["rule"], one["level"]) for one in report["findings"]} == {
        ("L013", "hint"),
        ("L175", "hint"),
    }
    for wrong in ("{", "[]", '{"L207": 1}', '{"L207": "loud"}', '{"L999": "off"}'):
        levels.write_text(wrong)
        assert linting.main([str(file), "--levels", str(levels)]) == linting.UNREADABLE


def test_no_report_is_written_over_a_file_that_is_read(tmp_path: Path) -> None:
    path = table(tmp_path, "a.csv", CHINESE)
    before = path.read_bytes()
    beside = tmp_path / "x" / ".." / "a.csv"
    (tmp_path / "x").mkdir()
    for arguments in (["--json", path], ["--html", beside], ["--json", tmp_path / "r", "--html", tmp_path / "r"]):
        assert linting.main([str(one) for one in (path, *arguments)]) == linting.UNREADABLE
    assert path.read_bytes() == before


def test_lines_with_a_column_of_the_provinces_guides_are_rows_like_others(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"rights_code":"1","name":"甲许可"}\n{"rights_code":"2","name":"乙许可"}\n', "utf-8")
    code, report, _ = run(tmp_path, path)
    assert report["summary"]["rows"] == 2 and code in (linting.CLEAN, linting.ERRORS)


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    told = []
    for folder, rows in (
        ("a", {"事项名称": "甲许可", "实施编码": CODE}),
        ("b", {"事项名称": "甲许可", "实施编码": CODE, "x": "1"}),
    ):
        (tmp_path / folder).mkdir()
        told.append(table(tmp_path / folder, "list.csv", rows))
    _, report, _ = run(tmp_path, *told)
    assert [one["name"] for one in report["summary"]["files"]] == [str(one) for one in told]
    (twice,) = [one for one in report["findings"] if one["rule"] == "L301"]
    assert twice["file"] == str(told[1]) and str(told[0]) in twice["message"]


def test_what_stands_in_a_file_commands_no_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("事项名称,\x1b]0;x\x07列\n甲许可,1\n", "utf-8")
    linting.main([str(path)])
    assert "列" in (said := capsys.readouterr().out) and "\x1b" not in said


def test_what_only_the_list_shows_is_found_over_several_files(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps({"items": [MessageToDict(clean())]}))
    _, report, _ = run(tmp_path, tmp_path / "a.json", tmp_path / "b.json")
    assert [(one["file"], one["rule"], "a.json第1行" in one["message"]) for one in report["findings"]] == [
        ("b.json", "L301", True)
    ]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_from_outside_runs_nothing_and_escapes_everything(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"&'<img src=x onerror=alert(1)>"
    items = [
        MessageToDict(clean(code=f"c{n}", name=evil, department=pb.Department(code=OWNER, name=evil[:100])))
        for n in range(60)
    ]
    file = tmp_path / "a<b>.json"
    file.write_text(json.dumps({"items": items}))
    _, report, page = run(tmp_path, file)
    parsed = Page()
    parsed.feed(page)
    names = {tag for tag, _ in parsed.tags}
    assert not names & {"script", "img", "link", "iframe"} and "<script>" not in page and "a<b>" not in page
    assert not [attrs for _, attrs in parsed.tags if {"src", "onclick", "onerror"} & set(attrs)]
    assert all(attrs["href"].startswith("#") for _, attrs in parsed.tags if attrs.get("href"))  # type: ignore[union-attr]
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) and {attrs["href"][1:] for tag, attrs in parsed.tags if tag == "a"} <= set(ids)  # type: ignore[index]
    assert ("html", {"lang": "zh-CN"}) in parsed.tags and {"h1", "main", "caption", "fieldset", "legend"} <= names
    assert all("scope" in attrs for tag, attrs in parsed.tags if tag == "th") and "@media print" in page
    # The first fifty of a rule, and the rest told.
    twice = [one for one in report["findings"] if one["rule"] == "L302"]
    assert len(twice) == 59 and "前 50 处，其余 9 处" in page


def test_the_json_report_has_every_finding_and_counts_that_add_up(tmp_path: Path) -> None:
    _, report, _ = run(
        tmp_path, table(tmp_path, "a.csv", *(CHINESE | {"实施编码": f"X-{n}"} for n in range(120))), "--first", "3"
    )
    summary = report["summary"]
    assert summary["rows"] == 120 and sum(summary["levels"].values()) == len(report["findings"])
    assert sum(one["count"] for one in summary["rules"]) == len(report["findings"])
    assert sum(one.get(level, 0) for one in summary["departments"] for level in ("error", "warning", "hint")) == len(
        report["findings"]
    )
    assert set(report["findings"][0]) == {
        "file",
        "row",
        "code",
        "name",
        "department",
        "rule",
        "level",
        "field",
        "message",
        "hint",
    }


def test_the_command_needs_no_store_no_broker_and_no_configuration(tmp_path: Path) -> None:
    path = table(tmp_path, "a.csv", CHINESE)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "services.catalog", "lint", str(path), "--html", str(tmp_path / "out.html")]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == linting.ERRORS and done.stderr == ""
    assert re.search(r"检查 1 行：错误 1，警告 \d+", done.stdout) and (tmp_path / "out.html").exists()
    loaded = f"import sys; sys.argv = ['x', 'lint', {str(path)!r}]\nfrom services.catalog import linting\n"
    loaded += (
        "print([name for name in ('pymongo', 'kombu', 'nameko', 'eventlet', 'opentelemetry') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", loaded], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.strip() == "[]"


def test_own_definitions_are_built_as_the_parser_would(tmp_path: Path) -> None:
    item = clean(
        limit_variants=[
            pb.LimitVariant(when=clean().materials[2].when, promised_limit=pb.Limit(amount=1, unit=pb.TIME_UNIT_HOUR))
        ]
    )
    as_json = MessageToDict(item)
    assert as_json["fees"][0]["least"] == "1000"
    assert linting_rows.definition(as_json) == item
    assert linting_rows.definition(MessageToDict(item, preserving_proto_field_name=True)) == item
    with pytest.raises(linting_rows.ParseError):
        linting_rows.definition({"department": {}, "colour": 1})


def test_fields_have_names_for_people() -> None:
    assert (
        linting_report.field_name("promised_limit") == "承诺办结时限"
        and linting_report.field_name("权力类型") == "权力类型"
    )
    assert linting_report.field_name("materials[3].name") == "材料第4项·名称"


def test_columns_of_one_meaning_are_read_in_a_fixed_order() -> None:
    columns = columns_of(["task_code", "task_handle_item", "task_name", "cd_time", "什么"])
    item, faults = definition_of(columns, {"task_code": "31", "task_handle_item": "33", "task_name": "许可"})
    assert (item.code, faults, columns.unknown) == ("33", [], ("什么",))
    item, _ = definition_of(columns, {"task_code": "31", "task_handle_item": "", "task_name": "许可"})
    assert item.code == "31"


def test_every_column_leads_to_a_field_and_has_one_meaning() -> None:
    names = [name for column in COLUMNS for name in column.names]
    assert len(names) == len(set(names)) and not set(names) & PASSED_OVER
    for column in COLUMNS:
        kind = pb.ItemDefinition.DESCRIPTOR
        for part in column.field.split(".") if column.field != "hours" else ():
            field = kind.fields_by_name[part]
            kind = field.message_type or kind


@pytest.mark.skipif(not REAL.exists(), reason="the real data is not beside the checkout")
def test_real_lists_and_guides_are_linted_whole(tmp_path: Path) -> None:
    _, report, _ = run(tmp_path, REAL / "guangan_items.csv", REAL / "hunan_guides.json")
    assert [file["rows"] for file in report["summary"]["files"]] == [908, 27]
    assert report["summary"]["unreadable"] == [] and not [one for one in report["findings"] if one["rule"] == "L000"]
    assert {rule.id for rule in LIST_RULES} & {one["rule"] for one in report["findings"]} >= {"L302", "L304", "L305"}
