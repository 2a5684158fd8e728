"""What an application must be: answers and materials against the item's definition. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from chassis.errors import Violation, invalid, require
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog


def check_form(item: catalog.ItemDefinition, form: Mapping[str, str]) -> list[Violation]:
    """What is wrong with the answers: required ones missing, unknown ones, ones too long or of the wrong kind."""
    fields = {field.key: field for field in item.form_fields}
    found = [Violation(f"form[{key}]", "FIELD_NOT_LISTED", "事项没有此填报项") for key in form if key not in fields]
    for key, field in fields.items():
        value = form.get(key, "").strip()
        if field.required and not value:
            found.append(Violation(f"form[{key}]", "REQUIRED", f"请填写{field.label}"))
        elif value and field.max_length and len(value) > field.max_length:
            found.append(Violation(f"form[{key}]", "TOO_LONG", f"{field.label}不得超过{field.max_length}字"))
        elif value and not _KINDS.get(field.kind, _any)(value):
            found.append(Violation(f"form[{key}]", "MALFORMED", f"{field.label}格式不正确"))
    return found


def _any(_value: str) -> bool:
    return True


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).removeprefix("-").isdecimal()


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_phone(value: str) -> bool:
    digits = value.replace("-", "").removeprefix("+86")
    return digits.isdecimal() and 7 <= len(digits) <= 12


_KINDS: Mapping[int, Callable[[str], bool]] = {
    catalog.FIELD_KIND_NUMBER: _is_number,
    catalog.FIELD_KIND_DATE: _is_date,
    catalog.FIELD_KIND_PHONE: _is_phone,
}


def check_materials(item: catalog.ItemDefinition, handed_in: Sequence[str], complete: bool = True) -> list[Violation]:
    """What is wrong with the materials: not listed by the item (清单之外无材料), handed in twice, required ones missing."""
    listed = {material.key: material for material in item.materials}
    found = [
        Violation(f"materials[{key}]", "MATERIAL_NOT_LISTED", "事项清单没有此材料")
        for key in handed_in
        if key not in listed
    ]
    found += [
        Violation(f"materials[{key}]", "MATERIAL_TWICE", "同一材料重复提交")
        for key in {key for key in handed_in if list(handed_in).count(key) > 1}
    ]
    for key, material in listed.items():
        if complete and material.necessity == catalog.NECESSITY_REQUIRED and key not in handed_in:
            found.append(Violation(f"materials[{key}]", "MATERIAL_MISSING", f"缺少必要材料：{material.name}"))
    return found


def check_application(
    item: catalog.ItemDefinition, form: Mapping[str, str], handed_in: Sequence[str], level: int
) -> None:
    """Refuses an application the item does not allow; every fault at once, each with its field."""
    require(item.online, "NOT_ONLINE", "该事项暂不支持网上申请，请到窗口办理")
    require(level >= item.required_level, "LEVEL_TOO_LOW", "该事项要求更高的实名等级")
    if found := check_form(item, form) + check_materials(item, handed_in):
        raise invalid(*found)


def submit(submitted: events.CaseSubmitted, item: catalog.ItemDefinition) -> events.CaseSubmitted:
    """The event of an application that was checked, completed with what the item's edition says."""
    submitted.item_code = item.code
    submitted.item_name = item.name
    submitted.department = item.department.code
    submitted.department_name = item.department.name
    submitted.region = item.region
    submitted.result_name = item.result_name
    submitted.review_steps.extend(step.name for step in item.steps if step.kind == catalog.STEP_KIND_REVIEW)
    submitted.promised_limit.CopyFrom(item.promised_limit)
    submitted.statutory_limit.CopyFrom(item.statutory_limit)
    submitted.promised_limit.note = submitted.statutory_limit.note = ""
    return submitted
