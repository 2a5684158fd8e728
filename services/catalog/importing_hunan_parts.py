"""How the parts of a full guide are read: limits from number, type and prose, fees, channels, notes. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from services.catalog import importing_words as words
from services.catalog.importing_conditions import Condition, Questions
from services.catalog.importing_defaults import joined, labelled
from yiwang.catalog.v1 import service_pb2 as pb

ASSUMED = "原文未注明单位，按工作日计"
_AT_ONCE = re.compile("(?:即时|当场)(?:办结|办理)")
_MONTHS = re.compile(r"(\d+)\s*个月")
_DAYS_A_MONTH = 30
_PROCEDURES = (
    ("听证", pb.PROCEDURE_KIND_HEARING),
    ("招标", pb.PROCEDURE_KIND_TENDER),
    ("拍卖", pb.PROCEDURE_KIND_AUCTION),
    ("检验", pb.PROCEDURE_KIND_INSPECTION),
    ("检测", pb.PROCEDURE_KIND_TESTING),
    ("检疫", pb.PROCEDURE_KIND_QUARANTINE),
    ("鉴定", pb.PROCEDURE_KIND_APPRAISAL),
    ("专家评审", pb.PROCEDURE_KIND_EXPERT_REVIEW),
    ("公示", pb.PROCEDURE_KIND_PUBLICITY),
    ("现场", pb.PROCEDURE_KIND_SITE_INSPECTION),
)
_REACH = {
    "不可通办": pb.REACH_NONE,
    "全县": pb.REACH_COUNTY,
    "全市": pb.REACH_CITY,
    "全省": pb.REACH_PROVINCE,
    "全国": pb.REACH_NATION,
}
_LEVELS = {"国家": "1", "省": "2", "市": "3", "县": "4", "镇": "5", "乡": "5", "村": "6"}
# What a level of 办理深度 stands for as codes of C.1.5; provinces state the level alone.
_DEPTHS = {"一级": (1,), "二级": (1, 2, 3), "三级": (1, 2, 3, 4), "四级": (1, 2, 3, 4, 5, 6)}
_FORMS = (("窗口", pb.HANDLING_FORM_WINDOW), ("现场", pb.HANDLING_FORM_WINDOW), ("网上", pb.HANDLING_FORM_WEB))

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
    return joined((promise, apart, labelled("分渠道", list(told))), 2000)


def limit_variants(guide: Part, questions: Questions) -> list[pb.LimitVariant]:
    """Limits that differ by channel: 线上2个工作日, 线下即办."""
    channels = guide.get("channel_limits") or {}
    if not channels:
        return []
    chosen = questions.choice("channel", "您打算通过哪种渠道办理", channels)
    return [pb.LimitVariant(when=chosen[name], promised_limit=_channel(one)) for name, one in channels.items()]


def _channel(one: Part) -> pb.Limit:
    if one.get("immediate"):
        return pb.Limit(unit=pb.TIME_UNIT_AT_ONCE)
    return pb.Limit(amount=one["workdays"], unit=pb.TIME_UNIT_WORKING_DAY)


def special_procedures(guide: Part) -> list[pb.SpecialProcedure]:
    """Each kind with the cap the source states for all together."""
    told = guide.get("special_procedure")
    if not told:
        return []
    note = f"各类合计{told['days']}日，{ASSUMED}" if len(told["types"]) > 1 else ASSUMED
    cap = pb.Limit(amount=told["days"], unit=pb.TIME_UNIT_WORKING_DAY, note=note)
    return [pb.SpecialProcedure(kind=_procedure(name), name=name[:100], cap=cap) for name in told["types"]]


def _procedure(name: str) -> "pb.ProcedureKind.ValueType":
    return next((kind for word, kind in _PROCEDURES if word in name), pb.PROCEDURE_KIND_OTHER)


def fees(guide: Part, questions: Questions) -> list[pb.Fee]:
    """Every fee with its amounts; due of those alone whom the source names."""
    payers: list[str] = guide.get("fee_applies_to") or []
    found = [
        fee
        for one in guide.get("fees") or ()
        for fee in words.fees(one["name"], one.get("standard", ""), one.get("basis", ""))
    ]
    rule = questions.rule(Condition(tuple(payers))) if payers else None
    for fee in found:
        fee.payer = joined((fee.payer, *payers), 1000, "、")
        if rule is not None:
            fee.when.CopyFrom(rule)
    return found[:50]


def fee_note(guide: Part) -> str:
    """Every fee in a line of its own, and who pays."""
    lines = [joined((one.get("name"), one.get("standard"), one.get("basis")), 1000) for one in guide.get("fees") or ()]
    return joined((*lines, labelled("收费对象", guide.get("fee_applies_to"))), 4000, "\n")


def results(guide: Part) -> list[pb.Result]:
    """The documents the case may end in, with how long they are valid."""
    years = guide.get("result_validity_years")
    return words.results(guide.get("result_name") or "", f"{years}年" if years else "")


def apply_by(guide: Part) -> str:
    """Who has to apply by when."""
    told = (
        f"{one['who']}：{one.get('days') or one.get('years')}{one.get('unit') or ('年' if one.get('years') else '日')}"
        f"内（自{one['from']}起）"
        for one in guide.get("apply_deadlines") or ()
    )
    return joined(told, 1000)


def case_kind(guide: Part, promised: pb.Limit | None) -> "pb.CaseKind.ValueType":
    """即办件 where the source says so, or promises to do it at once; 承诺件 where it promises a time."""
    if guide.get("immediate") or (promised is not None and promised.unit == pb.TIME_UNIT_AT_ONCE):
        return pb.CASE_KIND_AT_ONCE
    return pb.CASE_KIND_PROMISED if promised is not None else pb.CASE_KIND_UNSPECIFIED


def handling_forms(guide: Part) -> "list[pb.HandlingForm.ValueType]":
    """How it can be applied for, as the source states it, else as its materials are handed in."""
    told = guide.get("transact_from") or "".join(one.get("channel", "") for one in guide.get("materials", ()))
    return list(dict.fromkeys(form for word, form in _FORMS if word in told))


def reach(guide: Part) -> "pb.Reach.ValueType":
    """通办范围."""
    return _REACH.get(guide.get("do_scope", ""), pb.REACH_UNSPECIFIED)


def depths(guide: Part) -> tuple[int, ...]:
    """Codes of 网上办理深度 for the level the source states; none when it states none."""
    return next((codes for word, codes in _DEPTHS.items() if word in guide.get("transact_level", "")), ())


def exercise_level(guide: Part) -> str:
    """行使层级: the one level the source names, 7 (分级管理) for several."""
    named = [name for name in guide.get("implementation_level", "").split("、") if name in _LEVELS]
    return "7" if len(named) > 1 else _LEVELS[named[0]] if named else ""


def windows(guide: Part) -> str:
    """The levels it is handled at."""
    return labelled("实施层级", guide.get("implementation_level"))


def intermediaries(guide: Part) -> list[str]:
    """That it needs an intermediary service; the source names none."""
    return ["原文未列名称的中介服务"] if guide.get("intermediary_service") else []


def source_note(guide: Part) -> str:
    """Where the facts are from, what is odd about them, and flags without a field."""
    flags = {"intermediary_service": "中介服务", "commitment_system": "告知承诺制"}
    told = [f"{name}：{'是' if guide[key] else '否'}" for key, name in flags.items() if guide.get(key) is not None]
    return joined(
        (
            guide.get("official_url"),
            labelled("存疑", guide.get("oddity")),
            *told,
            labelled("通办范围", guide.get("do_scope")),
            labelled("办理渠道", (guide.get("transact_from") or "").replace("^", "、")),
            labelled("办理深度", guide.get("transact_level")),
            labelled("事后核查", guide.get("post_check")),
            labelled("同名事项", guide.get("sibling_variant")),
            labelled("来源页", guide.get("source_page")),
            labelled("来源编号", guide.get("service_id")),
        ),
        1000,
    )
