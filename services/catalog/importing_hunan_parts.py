"""How the parts of a full guide are read: limits from number, type and prose; conditional materials; notes. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from services.catalog.importing_defaults import joined
from yiwang.catalog.v1 import service_pb2 as pb

ASSUMED = "原文未注明单位，按工作日计"
_AT_ONCE = re.compile("(?:即时|当场)(?:办结|办理)")
_MONTHS = re.compile(r"(\d+)\s*个月")
_DAYS_A_MONTH = 30
_NECESSITIES = {
    "必要": pb.NECESSITY_REQUIRED,
    "非必要": pb.NECESSITY_OPTIONAL,
    "容缺后补": pb.NECESSITY_DEFERRABLE,
}
# The name or the note says that not everybody must hand it in.
_CONDITIONAL = re.compile("仅[^）；。]{0,40}(?:提供|需要|提交)|表面标注为必要|[二三四]选一|无需提供|可不需提交")

Part = Mapping[str, Any]


def limits(guide: Part) -> tuple[pb.Limit | None, pb.Limit | None]:
    """The statutory and the promised limit. The source gives bare numbers; the unit is told by the prose beside them."""
    law, promise = guide.get("law_limit_note") or "", guide.get("promise_note") or ""
    statutory = _limit(guide.get("law_limit_days"), law, law)
    told = law if promise == "同法定" else promise
    # A promise that names no unit is meant as the law's limit is, when that is natural days.
    natural = statutory is not None and statutory.unit == pb.TIME_UNIT_NATURAL_DAY
    promised = _limit(guide.get("promise_limit_days"), told, _promise_note(guide, promise), natural)
    if guide.get("hour_limit"):
        promised = pb.Limit(amount=guide["hour_limit"], unit=pb.TIME_UNIT_HOUR, note=_promise_note(guide, promise))
    return statutory, promised


def _limit(days: int | None, prose: str, note: str, natural: bool = False) -> pb.Limit | None:
    if days is None:
        return None
    if _AT_ONCE.fullmatch(prose):
        return pb.Limit(amount=0, unit=pb.TIME_UNIT_AT_ONCE, note=note)
    months = _MONTHS.search(prose)
    if months and int(months[1]) * _DAYS_A_MONTH == days:
        return pb.Limit(amount=int(months[1]), unit=pb.TIME_UNIT_MONTH, note=joined((note, f"原文记为{days}"), 2000))
    named = re.search(rf"(?<!\d){days}个?工作日|\d个?工作日.*={days}）", prose)
    if not named and (natural or "自然日" in prose):
        return pb.Limit(amount=days, unit=pb.TIME_UNIT_NATURAL_DAY, note=note)
    return pb.Limit(amount=days, unit=pb.TIME_UNIT_WORKING_DAY, note=joined((note, "" if named else ASSUMED), 2000))


def _promise_note(guide: Part, promise: str) -> str:
    special, channels = guide.get("special_procedure"), guide.get("channel_limits") or {}
    told = (
        f"{name}{'即办' if one.get('immediate') else str(one.get('workdays')) + '个工作日'}"
        for name, one in channels.items()
    )
    apart = f"特别程序：{'、'.join(special['types'])}，合计{special['days']}日，不计入时限" if special else ""
    return joined((promise, apart, _labelled("分渠道", list(told))), 2000)


def necessity(material: Part) -> "tuple[pb.Necessity.ValueType, str]":
    """How necessary a material is, and why that differs from what the source says (empty when it does not).

    "必要" that holds only for some applicants would keep all others from applying online: it becomes optional.
    """
    stated = _NECESSITIES[material["necessity"]]
    text = f"{material['name']}；{material.get('note', '')}"
    conditional = any(material.get(key) for key in ("applies_to", "any_of", "waived_if")) or _CONDITIONAL.search(text)
    later = material.get("stage")
    if stated != pb.NECESSITY_REQUIRED or not (conditional or later):
        return stated, ""
    if later:
        return pb.NECESSITY_DEFERRABLE, f"原文标为必要，属于“{later}”阶段"
    return pb.NECESSITY_OPTIONAL, "原文标为必要，但只对部分申请人"


def material_note(material: Part, doubt: str) -> str:
    """Everything the source says of a material that has no field of its own."""
    return joined(
        (
            material.get("note"),
            doubt,
            _labelled("适用于", material.get("applies_to")),
            _labelled("任选其一", material.get("any_of")),
            _labelled("可免交", material.get("waived_if")),
            _labelled("阶段", material.get("stage")),
            _labelled("提交方式", material.get("channel")),
            _labelled("免提交", material.get("free_submission")),
            _labelled("标准材料", (material.get("standard_material") or {}).get("name")),
            _labelled("材料类型", material.get("material_kind")),
            _labelled("材料编码", material.get("material_code")),
        ),
        4000,
    )


def conditions(guide: Part) -> str:
    """The conditions, the scenarios, and by when to apply."""
    deadlines = [
        f"{one['who']}：{one.get('days') or one.get('years')}{one.get('unit') or ('年' if one.get('years') else '日')}"
        f"内（自{one['from']}起）"
        for one in guide.get("apply_deadlines") or ()
    ]
    told = (
        guide.get("acceptance_condition"),
        _labelled("情形", guide.get("scenarios")),
        _labelled("申请期限", deadlines),
    )
    return joined(told, 20_000, "\n")


def fees(guide: Part) -> str:
    """Every fee in a line of its own, and who pays."""
    lines = [joined((one.get("name"), one.get("standard"), one.get("basis")), 1000) for one in guide.get("fees") or ()]
    return joined((*lines, _labelled("收费对象", guide.get("fee_applies_to"))), 4000, "\n")


def windows(guide: Part) -> str:
    """Levels, reach and reasons to come in person."""
    told = (
        _labelled("实施层级", guide.get("implementation_level")),
        _labelled("通办范围", guide.get("do_scope")),
        _labelled("到场说明", guide.get("visits_note")),
        _labelled("办理渠道", (guide.get("transact_from") or "").replace("^", "、")),
    )
    return joined(told, 4000, "\n")


def source_note(guide: Part) -> str:
    """Where the facts are from, what is odd about them, and flags without a field."""
    flags = {"intermediary_service": "中介服务", "commitment_system": "告知承诺制"}
    told = [f"{name}：{'是' if guide[key] else '否'}" for key, name in flags.items() if guide.get(key) is not None]
    return joined(
        (
            guide.get("official_url"),
            _labelled("存疑", guide.get("oddity")),
            *told,
            _labelled("数量限制", guide.get("quantity_limit")),
            _labelled("办理深度", guide.get("transact_level")),
            _labelled("结果有效期（年）", guide.get("result_validity_years")),
            _labelled("事后核查", guide.get("post_check")),
            _labelled("同名事项", guide.get("sibling_variant")),
        ),
        1000,
    )


def _labelled(label: str, value: Any) -> str:
    if not value or value == "无":
        return ""
    return f"{label}：{'、'.join(map(str, value)) if isinstance(value, list) else value}"
