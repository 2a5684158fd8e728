"""The field rules of the contracts (protovalidate), applied to a message."""

import protovalidate
from google.protobuf.message import Message

from chassis.errors import Violation, invalid

# Chinese for the field rules the contracts use; a rule that is not here says 不符合要求.
RULES = {
    "required": "必填", "string.min_len": "必填或过短", "string.max_len": "过长", "string.len": "长度不正确",
    "string.pattern": "格式不正确", "string.uuid": "不是有效的标识", "string.uuid_empty": "必填",
    "string.in": "不在允许的取值内", "enum.defined_only": "不在允许的取值内", "enum.not_in": "必选",
    "enum.in": "不在允许的取值内", "bytes.min_len": "内容为空", "bytes.max_len": "过大", "uint32.lte": "数值过大",
    "uint32.gte": "数值过小", "uint64.lte": "数值过大", "uint64.gte": "数值过小", "repeated.min_items": "至少一项",
    "repeated.max_items": "项数过多", "repeated.unique": "有重复项", "map.max_pairs": "项数过多", "uint32.lt": "数值过大",
    "int64.gte": "数值过小", "int64.lte": "数值过大",
}  # fmt: skip


def check(request: Message) -> None:
    """Applies the field rules of the proto; INVALID_ARGUMENT names every field at fault."""
    violations = protovalidate.collect_violations(request)
    if violations:
        raise invalid(*(_violation(violation) for violation in violations))


def _violation(violation: protovalidate.Violation) -> Violation:
    proto = violation.proto
    path = ""
    for element in proto.field.elements if proto.field else ():
        path += f".{element.field_name}" if path else element.field_name
        subscript = element.subscript
        if subscript is not None:
            path += f"[{subscript.value}]"
    return Violation(path, proto.rule_id.replace(".", "_").upper(), RULES.get(proto.rule_id, "不符合要求"))
