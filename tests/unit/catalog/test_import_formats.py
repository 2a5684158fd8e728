"""Files to be imported: every format is told by its content, good rows are read, bad ones name row, field and reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from services.catalog import importing_hunan_parts as parts
from services.catalog import importing_words as words
from services.catalog.importing_conditions import condition_of
from services.catalog.importing_defaults import Row, material_keys, placeholder_owner, step_kind
from services.catalog.importing_files import rows
from services.catalog.importing_guangan import main_code
from tests.support.items import definition
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1.items_pb2 import UploadGuideFileRequest

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "services/catalog/sample/items.json"
REAL = ROOT.parent / "shared/data/items"
real_files = pytest.mark.skipif(not REAL.exists(), reason="the real data is not beside the checkout")

GUANGAN = "department,main_item,item_name,implement_code,base_code,dept_uscc,task_type,task_type_name,area_code\n"
GUIDE: dict[str, Any] = {
    "rights_code": "000131004000",
    "business_code": "01",
    "name": "个体工商户设立登记",
    "matter_type": "行政确认",
    "organization": "某省市场监督管理局",
    "service_object": "个人、法人",
    "materials": [],
}


def read(folder: Path, name: str, content: str | bytes) -> list[Row]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(rows(path))


def good(found: list[Row]) -> list[pb.ItemDefinition]:
    return [row.definition for row in found if isinstance(row.definition, pb.ItemDefinition)]


def faults(found: list[Row]) -> list[tuple[int, str, str]]:
    return [(row.number, one.field, one.message) for row in found for one in row.faults]


def test_every_item_of_the_sample_is_good() -> None:
    found = list(rows(SAMPLE))
    assert len(found) >= 40 and faults(found) == []


@real_files
def test_the_real_list_of_a_district_is_read_whole() -> None:
    found = list(rows(REAL / "guangan_items.csv"))
    items = good(found)
    assert (len(items), faults(found)) == (908, [])
    assert {item.region for item in items} == {"511602"}
    assert {item.type_code for item in items} == {"01", "05", "07", "08", "09", "10", "20"}
    assert all(item.online and [field.key for field in item.form_fields][-1] == "request_note" for item in items)
    assert all([step.name for step in item.steps] == ["受理", "审查", "决定"] for item in items)
    assert not any(item.HasField("promised_limit") for item in items)


@real_files
def test_departments_behind_a_placeholder_code_stay_apart() -> None:
    items = good(list(rows(REAL / "guangan_items.csv")))
    named: dict[str, set[str]] = {}
    for item in items:
        named.setdefault(item.department.code, set()).add(item.department.name)
    shared = {code: names for code, names in named.items() if len(names) > 1}
    assert "511602000000" not in named
    # One real code, two departments: kept as the district published it.
    assert set(shared) == {"11511301008778255F"}


def test_our_json_names_unknown_fields_and_bad_values(tmp_path: Path) -> None:
    one = MessageToDict(definition(type_code="01"))
    items = [one, one | {"code": "B", "nmae": "x"}, one | {"code": "C", "typeCode": ["01"]}, "text", one]
    found = read(tmp_path, "items.txt", json.dumps({"items": items}, ensure_ascii=False))
    assert [item.code for item in good(found)] == ["TEST-1"]
    assert faults(found) == [
        (2, "nmae", "没有此字段"),
        (3, "typeCode", "取值无法识别"),
        (4, "", "不是一个对象"),
        (5, "code", "编码与第 1 行重复"),
    ]


def test_the_contracts_rules_hold_for_imported_rows(tmp_path: Path) -> None:
    one = MessageToDict(definition(type_code="01"))
    wanted = one | {"region": "99", "typeCode": "1", "materials": [one["materials"][0], one["materials"][0]]}
    assert {field for _, field, _ in faults(read(tmp_path, "a.json", json.dumps({"items": [wanted]})))} == {
        "region",
        "type_code",
    }
    twice = one | {"materials": [one["materials"][0], one["materials"][0]]}
    assert faults(read(tmp_path, "b.json", json.dumps({"items": [twice]}))) == [
        (1, "materials[1].key", "键 application 重复")
    ]


def test_our_flat_csv_is_read(tmp_path: Path) -> None:
    header = (
        "code,name,typeCode,department.code,department.name,region,aliases,promisedLimit.amount,promisedLimit.unit,"
        "steps,materials,online,visits,topics\n"
    )
    line = (
        "A-1,取水许可,1,11990121000001134C,水务局,990121,打井；抽河水,5,工作日,"
        "受理；现场勘验；决定；制证,申请书；非必要:授权书,是,1,生态\n"
    )
    (item,) = good(read(tmp_path, "items.csv", header + line))
    assert (item.type_code, list(item.aliases), list(item.topics)) == ("01", ["打井", "抽河水"], ["生态"])
    assert (item.promised_limit.amount, item.promised_limit.unit) == (5, pb.TIME_UNIT_WORKING_DAY)
    assert [step.kind for step in item.steps] == [
        pb.STEP_KIND_ACCEPT,
        pb.STEP_KIND_REVIEW,
        pb.STEP_KIND_DECIDE,
        pb.STEP_KIND_ISSUE,
    ]
    assert [(one.name, one.necessity) for one in item.materials] == [
        ("申请书", pb.NECESSITY_REQUIRED),
        ("授权书", pb.NECESSITY_OPTIONAL),
    ]
    assert item.online and item.visits == 1 and len(item.form_fields) == 3


def test_a_flat_csv_names_what_it_cannot_read(tmp_path: Path) -> None:
    text = "code,name,region,department.code,department.name,typeCode,visits,colour\nA,取水许可,990121,X1,水务局,01,many,red\n"
    found = read(tmp_path, "items.csv", text)
    assert faults(found) == [(2, "visits", "“many”无法识别")]
    assert [doubt.field for row in found for doubt in row.doubts] == ["colour"]


def test_an_export_with_chinese_or_national_columns_is_imported_like_our_own_table(tmp_path: Path) -> None:
    values = ["A-1", "取水许可", "01", "11990121000001134C", "水务局", "990121", "5个工作日", "受理；审查；决定"]
    values += ["申请书；非必要:授权书", "是", "1"]
    names = {
        "own": "code,name,typeCode,department.code,department.name,region,promisedLimit,steps,materials,online,visits",
        "national": "task_code,task_name,task_type,dept_code,dept_name,area_code,promise_day,handle_flow,申请材料,is_online,"
        "limit_scene_num",
        "chinese": "实施编码,事项名称,事项类型,实施主体编码,实施机构,行政区划,承诺时限,办理流程,申请材料,是否网办,到现场次数",
    }
    found = {name: read(tmp_path, f"{name}.csv", f"{header}\n{','.join(values)}\n") for name, header in names.items()}
    (own,) = good(found["own"])
    assert (own.promised_limit.amount, own.promised_limit.unit) == (5, pb.TIME_UNIT_WORKING_DAY)
    assert (len(own.steps), len(own.materials), len(own.form_fields)) == (3, 2, 3)
    assert good(found["national"]) == good(found["chinese"]) == [own]
    in_words = [*values[:2], "行政许可", *values[3:]]
    rows = [dict(zip(names["chinese"].split(","), told, strict=True)) for told in (in_words, values)]
    listed = read(tmp_path, "items.json", json.dumps({"items": [rows[0], rows[1] | {"实施编码": "A-2"}]}))
    assert [item.code for item in good(listed)] == ["A-1", "A-2"] and good(listed)[0] == own


def test_every_value_of_a_row_that_cannot_be_read_is_named_by_its_own_column(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "实施编码,事项名称,到现场次数,是否网办,自定义列\nA-1,取水许可,若干,也许,x\n")
    assert faults(found) == [(2, "到现场次数", "“若干”无法识别"), (2, "是否网办", "“也许”无法识别")]
    assert [doubt.field for doubt in found[0].doubts] == ["自定义列"]


def test_a_district_list_names_its_bad_rows_and_keeps_the_good_ones(tmp_path: Path) -> None:
    lines = (
        "水务局,,取水许可,A-1,,11990121000001134C,1,行政许可,990121000000\n"
        "水务局,,,A-2,,11990121000001134C,1,行政许可,990121000000\n"
        "水务局,,河道采砂许可,A-3,,11990121000001134C,一,行政许可,990121000000\n"
        "水务局,,河道采砂许可,A-4,,11990121000001134C,1,行政许可,99\n"
        "水务局,,取水许可,A-1,,11990121000001134C,1,行政许可,990121000000\n"
        ",,取水许可,A-6\n"
    )
    found = read(tmp_path, "list.csv", ("\ufeff" + GUANGAN + lines).encode())
    assert [item.code for item in good(found)] == ["A-1"]
    assert faults(found) == [
        (3, "item_name", "事项名称为空"),
        (4, "task_type", "事项类型代码格式不正确"),
        (5, "area_code", "行政区划代码格式不正确"),
        (6, "code", "编码与第 2 行重复"),
        (7, "department", "部门为空"),
    ]


def test_a_spreadsheet_in_gb18030_is_read_too(tmp_path: Path) -> None:
    text = GUANGAN + "水务局,,取水许可,A-1,,11990121000001134C,1,行政许可,990101000000\n"
    (item,) = good(read(tmp_path, "old.csv", text.encode("gb18030")))
    assert (item.name, item.region) == ("取水许可", "990101")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "空的"),
        (b"\x81\xff\x81\xff\x20", "编码"),
        (b'{"items": [', "不是有效的 JSON"),
        (b'{"rows": []}', "没有 entries"),
        (b"a,b,c\n1,2,3\n", "无法识别的格式"),
    ],
)
def test_a_file_that_is_no_import_says_so(tmp_path: Path, content: bytes, message: str) -> None:
    ((_, _, said),) = faults(read(tmp_path, "x", content))
    assert message in said


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert faults(list(rows(tmp_path / "none.csv")))[0][2].startswith("无法读取文件")


def test_a_guide_that_is_broken_is_named_and_the_next_one_read(tmp_path: Path) -> None:
    items = [GUIDE, GUIDE | {"matter_type": "行政其他"}, GUIDE | {"materials": [{"name": "x"}]}, GUIDE | {"name": ""}]
    found = read(tmp_path, "guides.json", json.dumps({"items": items}))
    assert len(good(found)) == 1
    assert [(row, field) for row, field, _ in faults(found)] == [(2, "matter_type"), (3, ""), (4, "name")]


@pytest.mark.parametrize(
    ("days", "law", "amount", "unit"),
    [
        (20, "20个工作日内办结", 20, "WORKING_DAY"),
        (90, "自受理之日起3个月内作出（法条为3个月）", 3, "MONTH"),
        (15, "自受理之日起15日内制作发放（自然日）；最长不得超过30日", 15, "NATURAL_DAY"),
        (6, "当场登记；不能当场登记的3个工作日内，可再延长3个工作日（3+3=6）", 6, "WORKING_DAY"),
        (1, "即时办结", 0, "AT_ONCE"),
        (40, "《行政程序规定》第八十一条", 40, "WORKING_DAY"),
    ],
)
def test_the_unit_of_a_limit_is_told_by_the_prose(days: int, law: str, amount: int, unit: str) -> None:
    statutory, promised = parts.limits({"law_limit_days": days, "law_limit_note": law})
    assert statutory is not None and promised is None
    assert (statutory.amount, pb.TimeUnit.Name(statutory.unit)) == (amount, f"TIME_UNIT_{unit}")
    assert (parts.ASSUMED in statutory.note) == law.startswith("《")


def test_a_promise_without_a_unit_follows_the_laws_natural_days() -> None:
    guide = {
        "law_limit_days": 60,
        "law_limit_note": "60日（自然日）",
        "promise_limit_days": 60,
        "promise_note": "材料不完整的，5个工作日内反馈，受理后60日办结",
    }
    _, promised = parts.limits(guide)
    assert promised is not None and promised.unit == pb.TIME_UNIT_NATURAL_DAY


def test_keys_of_materials_do_not_move_when_another_comes_before_them() -> None:
    before, after = list(material_keys(["申请书", "平面图"])), list(material_keys(["承诺书", "申请书", "平面图"]))
    assert after[1:] == before
    assert len(set(material_keys(["申请书", "申请书"]))) == 2


def test_a_departments_placeholder_code_is_stable_and_its_own() -> None:
    one, other = placeholder_owner("430000", "省公安厅"), placeholder_owner("430000", "省民政厅")
    assert one == placeholder_owner("430000", "省公安厅") != other
    assert len(one) == 18 and one.startswith("TE430000")


def test_a_step_is_told_by_its_name() -> None:
    kinds = {
        "受理": 1,
        "申请": 1,
        "初审": 2,
        "现场勘验": 2,
        "审核决定": 3,
        "审批": 3,
        "登簿": 3,
        "制证送达": 4,
        "办结": 4,
    }
    assert {name: step_kind(name) for name in kinds} == kinds


def test_a_list_brings_the_levels_it_names_and_gives_unnumbered_main_items_a_code(tmp_path: Path) -> None:
    lines = (
        "水务局,取水许可,取水许可（新办）,512012002010-990121000000-000-11990121000001134C-1-00,512012002010,"
        "11990121000001134C,1,行政许可,990121000000\n"
        "水务局,取水许可,取水许可（变更）,511A0138000000-990121000000-000-11990121000001134C-1-00,511A0138000000,"
        "11990121000001134C,1,行政许可,990121000000\n"
        "水务局,,节水奖励,G-000007-001,G,11990121000001134C,8,行政奖励,990121000000\n"
    )
    found = read(tmp_path, "list.csv", GUANGAN + lines)
    levels = [[(type(one).__name__, getattr(one, "code", "")) for one in row.above] for row in found]
    main = main_code("51", "取水许可")
    # Twelve digits tell their main item (C.1.2), other profiles do not.
    assert [one[0] for one in levels[0]] == ["EntryDefinition", "EntryDefinition", "ImplementationDefinition"]
    assert [code for _, code in levels[0]][:2] == ["51201200200Y", "512012002010"]
    assert [code for _, code in levels[1]][:2] == [main, "511A0138000000"]
    assert levels[2] == [("ImplementationDefinition", "G-000007-001")]
    assert [item.duty_codes for item in good(found)] == [[item.code] for item in good(found)]


def test_a_code_of_33_digits_tells_the_implementation_and_the_base(tmp_path: Path) -> None:
    code = "11990121000001134C499011900100001"
    plain = MessageToDict(definition(type_code="01", code=code, duty_codes=[]))
    (row,) = read(tmp_path, "items.jsonl", json.dumps(plain))
    (item,) = good([row])
    assert (item.implementation_code, item.base_code, list(item.duty_codes)) == (code[:31], code[19:31], [code[:31]])
    assert [getattr(one, "code", "") for one in row.above] == [code[:31]]


def test_json_lines_are_definitions_or_flat_rows_and_a_bad_line_stops_nothing(tmp_path: Path) -> None:
    flat: dict[str, Any] = {"code": "B-1", "name": "取水许可", "typeCode": "1", "department.code": "11990121000001134C"}
    flat |= {
        "department.name": "水务局",
        "region": "990121",
        "materials": "申请书；有条件:论证报告",
        "visits": 1,
        "online": True,
    }
    text = "\n".join([json.dumps(MessageToDict(definition(type_code="01"))), "{", json.dumps(flat, ensure_ascii=False)])
    found = read(tmp_path, "items.jsonl", text)
    assert [item.code for item in good(found)] == ["TEST-1", "B-1"]
    assert [number for number, _, _ in faults(found)] == [2]
    assert [one.necessity for one in good(found)[1].materials] == [pb.NECESSITY_REQUIRED, pb.NECESSITY_CONDITIONAL]


def test_a_form_is_kept_as_a_file_of_guides(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "form.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n")
    assert isinstance(row.definition, UploadGuideFileRequest) and row.definition.name == "form.pdf"


@pytest.mark.parametrize(
    ("name", "note", "phrases", "negative"),
    [
        ("公司章程", "个体工商户无需提供", ("个体工商户",), True),
        ("批准文件", "仅前置许可经营项目需要（表面标注为必要）", ("前置许可经营项目",), False),
        ("委托书", "仅委托代理时（标注为必要）", ("委托代理",), False),
        ("同意证明", "有业务主管单位的需提交", ("有业务主管单位",), False),
        ("合同（仅以房产抵押的提供）", "", ("以房产抵押",), False),
        ("行驶证（适用于货车）、登记证书（适用于气瓶）", "", ("货车", "气瓶"), False),
        ("住所文件", "住所与户口簿不一致的，提交住所证明", (), False),
        ("制度", "可在现场核查时提交", (), False),
        ("产权证明", "由房产部门提供", (), False),
        ("身份证", "三选一", (), False),
    ],
)
def test_a_condition_is_what_the_words_say_and_no_more(
    name: str, note: str, phrases: tuple[str, ...], negative: bool
) -> None:
    found = condition_of(name, note)
    assert [(one.phrases, one.negative) for one in found] == ([(phrases, negative)] if phrases else [])


@pytest.mark.parametrize(
    ("standard", "told"),
    [
        ("60元/证", [(6000, 6000, "证")]),
        ("12.5元/平方米", [(1250, 1250, "平方米")]),
        ("每平方米5-8元", [(500, 800, "平方米")]),
        ("住宅80元/件、非住宅550元/件", [(8000, 8000, "件"), (55000, 55000, "件")]),
        ("按规定收取", [(0, 0, "")]),
    ],
)
def test_amounts_are_read_from_the_words_of_a_fee(standard: str, told: list[tuple[int, int, str]]) -> None:
    assert [(one.least, one.most, one.unit) for one in words.fees("费", standard, "")] == told
