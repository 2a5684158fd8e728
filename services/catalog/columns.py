"""Columns of flat lists of items, whatever platform exports them: own names, those of the national exchange tables (task_name,
promise_day …) and the Chinese ones of GB/T 39046 table 4. A table tells what each is called and how its text is read; the lint and
the import read by the same one.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from services.catalog import column_values as cells
from services.catalog import importing_words
from services.catalog.column_values import Read
from yiwang.catalog.v1 import service_pb2 as pb


class Column(NamedTuple):
    """A field of the definition (a dot for one within another), how its text is read, and what the column may be called."""

    field: str
    read: Read
    names: tuple[str, ...]


COLUMNS: Final = (
    Column("code", str, ("task_handle_item", "task_code", "实施编码", "业务办理项编码", "事项编码", "implement_code")),
    Column("base_code", str, ("catalog_code", "基本编码", "目录编码", "base_code")),
    Column("implementation_code", str, ("所属实施编码",)),
    Column("name", str, ("task_name", "事项名称", "业务办理项名称", "办理项名称", "item_name")),
    Column("aliases", cells.listed, ("别名", "通俗名称")),
    Column("type_code", cells.type_code, ("task_type", "事项类型", "权力类型")),
    Column("department.code", str, ("dept_code", "实施主体编码", "实施主体代码", "部门代码", "统一社会信用代码", "dept_uscc")),
    Column("department.name", str, ("dept_name", "实施主体", "实施主体名称", "实施机构", "部门", "部门名称", "department")),
    Column("region", str, ("行政区划", "行政区划代码", "区划代码", "area_code", "region_code")),
    Column("service_objects", cells.objects, ("server_type", "服务对象")),
    Column("statutory_limit", cells.limit, ("anticipate_day", "法定时限", "法定办结时限", "法定期限")),
    Column("statutory_limit.unit", cells.choice(cells.UNITS), ("anticipate_type", "法定时限单位", "法定办结时限单位")),
    Column("statutory_limit.note", str, ("anticipate_explain", "法定时限说明", "法定办结时限说明")),
    Column("promised_limit", cells.limit, ("promise_day", "承诺时限", "承诺办结时限", "承诺期限")),
    Column("promised_limit.unit", cells.choice(cells.UNITS), ("promise_type", "承诺时限单位", "承诺办结时限单位")),
    Column("promised_limit.note", str, ("promise_explain", "承诺时限说明", "承诺办结时限说明")),
    Column("statutory_limit.amount", cells.count, ()),
    Column("promised_limit.amount", cells.count, ()),
    Column("conditions", str, ("accept_condition", "受理条件", "申请条件")),
    Column("legal_basis", str, ("by_law", "设定依据", "法律依据", "实施依据")),
    Column("steps", cells.steps, ("handle_flow", "办理流程", "办理环节")),
    Column("materials", cells.materials, ("材料名称", "申请材料", "申报材料")),
    Column("charged", cells.truth, ("is_fee", "是否收费")),
    Column("fee_note", str, ("fee_basis", "收费依据", "收费说明")),
    Column("fees", cells.fees, ("收费标准", "收费项目", "fee_project")),
    Column("laws", importing_words.laws, ()),
    Column("results", importing_words.results, ()),
    Column("result_name", str, ("result_name", "结果名称", "办理结果", "审批结果名称")),
    Column("visits", cells.count, ("limit_scene_num", "到现场次数", "到办事现场次数", "最少到场次数", "跑动次数")),
    Column("visit_reason", str, ("limit_scene_explain", "必须现场办理原因说明", "到现场原因", "必须到现场办理原因", "到场说明")),
    Column("online", cells.truth, ("is_online", "是否网办", "是否可网上办理", "网上办理", "是否支持网上办理")),
    Column("online_depths", cells.each(cells.DEPTHS), ("online_handle_depth", "网上办理深度", "网办深度")),
    Column("topics", cells.listed, ("user_topic_type", "主题", "面向自然人事项主题分类", "主题分类", "自然人主题")),
    Column("corporate_topics", cells.listed, ("corp_topic_type", "面向法人事项主题分类", "法人主题分类", "法人主题")),
    Column("phone", str, ("link_way", "咨询方式", "咨询电话")),
    Column("supervision_phone", str, ("supervise_way", "监督投诉方式", "投诉电话", "监督电话", "监督投诉电话")),
    Column("places", cells.place, ("transact_addr", "办理地点", "办理地址")),
    Column("hours", str, ("transact_time", "办理时间")),
    Column("windows", str, ("窗口",)),
    Column("handling_forms", cells.each(cells.FORMS), ("handle_type", "办理形式")),
    Column("special_procedures", cells.procedures, ("special_procedure", "特别程序")),
    Column("exercise_level", cells.choice(cells.LEVELS), ("use_level", "行使层级", "实施层级")),
    Column("at_service_centre", cells.truth, ("is_entry_center", "是否进驻政务大厅", "进驻大厅", "是否进驻政务服务大厅")),
    Column("not_at_centre_reason", str, ("未进驻原因",)),
    Column("reach", cells.choice(cells.REACHES), ("handle_area", "通办范围")),
    Column("joint_departments", cells.listed, ("other_dept", "共同实施部门", "联办机构", "联办部门")),
    Column("handling_office", str, ("承办机构",)),
    Column("intermediary_services", cells.listed, ("service_type", "中介服务")),
    Column("quantity_limit", str, ("limit_explain", "数量限制")),
    Column("bookable", cells.truth, ("is_schedule", "是否支持预约办理", "预约办理", "预约")),
    Column("pay_online", cells.truth, ("is_pay_online", "是否支持网上支付", "网上支付", "支付")),
    Column("postal", cells.truth, ("is_express", "是否支持物流快递", "物流快递", "快递")),
    Column("case_kind", cells.choice(cells.CASES), ("project_type", "办件类型")),
    Column("review_kind", cells.choice(cells.REVIEWS), ("审查类型",)),
    Column("duty_codes", cells.listed, ("权责清单编码", "权责清单", "duty_code")),
    Column("former_codes", cells.listed, ("曾用编码", "local_task_code", "local_catalog_code")),
    Column("commitment", cells.truth, ("告知承诺", "是否告知承诺制", "告知承诺制")),
    Column("apply_by", str, ("申请期限",)),
    Column("source_note", str, ("备注",)),
)  # fmt: skip
"""In the order they are read: what comes first wins where two columns tell the same field."""

PASSED_OVER: Final = frozenset(
    {
        "row_guid", "task_state", "task_version", "power_source", "dept_type", "entrust_name", "is_single_login", "link_addr",
        "app_is_single_login", "mobile_terminal_url", "plan_effective_date", "plan_cancel_date", "cd_operation", "cd_time", "cd_batch",
        "data_source", "result_type", "result_guid", "is_service_terminals", "online_handle_url", "task_type_name", "main_item",
        "序号", "权力来源", "实施主体性质", "权限划分", "行使内容", "结果样本", "常见问题", "网办地址", "事项状态", "事项版本", "材料类型",
        "材料必要性", "出具机构", "时间要求", "原件份数", "复印件份数", "是否必备", "是否支持自助终端办理",
    }
)  # fmt: skip
"""Columns of the same tables that no rule asks for: known, and left out."""


class Columns(NamedTuple):
    """What the columns of one file mean: reader by column, columns nobody knows, and values a platform has its own codes for."""

    known: Mapping[str, Column]
    unknown: tuple[str, ...]
    values: Mapping[str, Mapping[str, str]]


_NAMES: Final = {name: column for column in reversed(COLUMNS) for name in column.names}


def _camel(field: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), field)


_BY_FIELD: Final = {column.field: column for column in COLUMNS}
_NAMES.update({name: column for field, column in _BY_FIELD.items() for name in (_camel(field), field)})


class MapFault(ValueError):
    """What is wrong with a map of columns, in Chinese."""


class OwnMap(NamedTuple):
    """A map of one platform's columns: field by column name, and per column what its values mean."""

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]


NO_MAP: Final = OwnMap({}, {})


def read_map(path: Path) -> OwnMap:
    """A map from `{"columns": {"我方列名": "promised_limit"}, "values": {"promise_type": {"1": "工作日"}}}`. Raises MapFault, OSError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise MapFault("不是有效的 JSON") from error
    columns, values = (content.get(key, {}) for key in ("columns", "values")) if isinstance(content, dict) else ([], [])
    texts = isinstance(columns, dict) and all(isinstance(field, str) for field in columns.values())
    tables = isinstance(values, dict) and all(
        isinstance(table, dict) and all(isinstance(value, str) for value in table.values()) for table in values.values()
    )
    if not (texts and tables):
        raise MapFault('应为 {"columns": {列名: 字段}, "values": {列名: {取值: 含义}}}')
    for name, field in columns.items():
        if field not in _NAMES:
            raise MapFault(f"列“{name}”对应的字段“{field}”不存在")
    return OwnMap(columns, values)


def columns_of(names: Iterable[str], own: OwnMap = NO_MAP) -> Columns:
    """What the columns of a file mean, with the platform's own map before the common names."""
    known, unknown = {}, []
    for name in names:
        column = _NAMES.get(own.columns.get(name, name).strip())
        if column:
            known[name] = column
        elif name not in PASSED_OVER:
            unknown.append(name)
    order = {column.field: position for position, column in enumerate(COLUMNS)}
    ordered = sorted(
        known,
        key=lambda name: (order[known[name].field], known[name].names.index(name) if name in known[name].names else -1),
    )
    return Columns({name: known[name] for name in ordered}, tuple(unknown), own.values)


def definition_of(columns: Columns, values: Mapping[str, str]) -> tuple[pb.ItemDefinition, list[tuple[str, str]]]:
    """A row as a definition, as far as it can be read, and (column, what is wrong) for every value that cannot."""
    content: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    hours = ""
    for name, column in columns.known.items():
        text = values.get(name) or ""
        text = columns.values.get(name, {}).get(text, text)
        if not text:
            continue
        if column.field == "hours":
            hours = text
            continue
        try:
            _put(content, column.field.split("."), column.read(text))
        except (KeyError, ValueError):
            faults.append((name, f"“{text[:40]}”无法识别"))
    for place in content.get("places", ()) if hours else ():
        place["hours"] = hours
    try:
        return pb.ItemDefinition(**content), faults
    except (TypeError, ValueError) as error:
        return pb.ItemDefinition(), [*faults, ("", f"取值无法识别（{str(error)[:80]}）")]


_FIELDS: Final = frozenset(
    name for field in pb.ItemDefinition.DESCRIPTOR.fields for name in (field.name, field.json_name)
)


def whole(values: Mapping[str, Any]) -> bool:
    """Whether an object is a definition as proto3 JSON, and no flat row: its department is an object, or every key is a field and one is
    nested."""
    return isinstance(values.get("department"), dict) or (
        _FIELDS.issuperset(values) and any(isinstance(value, (dict, list)) for value in values.values())
    )


def text_of(value: Any) -> str:
    """A value of JSON as the text a cell would have."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "；".join(text_of(one) for one in value)
    return str(value).strip()


def _put(content: dict[str, Any], path: list[str], value: Any) -> None:
    """Sets a field that is not set; a message is completed, not replaced."""
    for name in path[:-1]:
        content = content.setdefault(name, {})
    if isinstance(value, dict):
        value = value | content.get(path[-1], {})
        content[path[-1]] = value
    else:
        content.setdefault(path[-1], value)
