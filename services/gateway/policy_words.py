"""The Chinese words of the pages about policies for enterprises and the money paid by them. Tables, and the texts made from them."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from services.gateway import words
from services.gateway.words import Word, day_text
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import rolls_pb2 as rolls
from yiwang.policy.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2

MODE: Final = {
    items.PAYOUT_MODE_PROACTIVE: Word("免申即享", "good"),
    items.PAYOUT_MODE_INSTANT: Word("即申即享", "go"),
    items.PAYOUT_MODE_ORDINARY: Word("申报审核", "quiet"),
}
MODE_MEANS: Final = {
    items.PAYOUT_MODE_PROACTIVE: "符合条件的企业由系统算出并公示，企业不用申报，只确认收款账户。",
    items.PAYOUT_MODE_INSTANT: "企业申报后由规则当即判定，符合条件的直接拨付。",
    items.PAYOUT_MODE_ORDINARY: "企业申报后由部门审核，公示无异议后拨付。",
}
# As an address has them.
MODES: Final[Mapping[str, int]] = {
    "proactive": items.PAYOUT_MODE_PROACTIVE,
    "instant": items.PAYOUT_MODE_INSTANT,
    "ordinary": items.PAYOUT_MODE_ORDINARY,
}
PERIOD: Final = {
    items.PERIOD_KIND_ONCE: "一次性",
    items.PERIOD_KIND_YEAR: "每年一次",
    items.PERIOD_KIND_HALF_YEAR: "每半年一次",
    items.PERIOD_KIND_QUARTER: "每季度一次",
    items.PERIOD_KIND_MONTH: "每月一次",
}
OVERLAP: Final = {items.OVERLAP_NO_REPEAT: "同类政策不重复享受", items.OVERLAP_HIGHEST: "同类政策就高不就低"}
ITEM: Final = {
    items.PAYOUT_ITEM_STATUS_DRAFT: Word("编写中", "quiet"),
    items.PAYOUT_ITEM_STATUS_OPEN: Word("可兑付", "good"),
    items.PAYOUT_ITEM_STATUS_PAUSED: Word("已暂停", "warn"),
    items.PAYOUT_ITEM_STATUS_CLOSED: Word("已结束", "quiet"),
}
POLICY: Final = {
    pb.POLICY_STATUS_DRAFT: Word("编写中", "quiet"),
    pb.POLICY_STATUS_PUBLISHED: Word("现行有效", "good"),
    pb.POLICY_STATUS_EXPIRED: Word("已失效", "quiet"),
    pb.POLICY_STATUS_WITHDRAWN: Word("已废止", "bad"),
}
LEVEL: Final = {
    pb.POLICY_LEVEL_NATIONAL: "国家级",
    pb.POLICY_LEVEL_PROVINCE: "省级",
    pb.POLICY_LEVEL_CITY: "市级",
    pb.POLICY_LEVEL_COUNTY: "县级",
}
KIND: Final = {
    pb.POLICY_KIND_MONEY: "资金奖补",
    pb.POLICY_KIND_TAX: "税费优惠",
    pb.POLICY_KIND_FINANCING: "金融支持",
    pb.POLICY_KIND_TECHNOLOGY: "科技创新",
    pb.POLICY_KIND_TALENT: "人才就业",
    pb.POLICY_KIND_RESOURCES: "要素保障",
    pb.POLICY_KIND_MARKET: "市场开拓",
    pb.POLICY_KIND_SERVICE: "优化服务",
    pb.POLICY_KIND_OTHER: "其他",
}
# As an address has them.
KINDS: Final[Mapping[str, int]] = {
    "money": pb.POLICY_KIND_MONEY,
    "tax": pb.POLICY_KIND_TAX,
    "financing": pb.POLICY_KIND_FINANCING,
    "technology": pb.POLICY_KIND_TECHNOLOGY,
    "talent": pb.POLICY_KIND_TALENT,
    "resources": pb.POLICY_KIND_RESOURCES,
    "market": pb.POLICY_KIND_MARKET,
    "service": pb.POLICY_KIND_SERVICE,
    "other": pb.POLICY_KIND_OTHER,
}
CLAIM: Final = {
    claims.CLAIM_STATUS_RESERVING: Word("核对预算", "wait"),
    claims.CLAIM_STATUS_REVIEWING: Word("审核中", "wait"),
    claims.CLAIM_STATUS_CORRECTING: Word("待补正", "warn"),
    claims.CLAIM_STATUS_SECOND_REVIEW: Word("复核中", "wait"),
    claims.CLAIM_STATUS_PUBLICITY: Word("公示中", "go"),
    claims.CLAIM_STATUS_OBJECTED: Word("异议处理中", "warn"),
    claims.CLAIM_STATUS_ACCOUNT: Word("待确认账户", "warn"),
    claims.CLAIM_STATUS_APPROVING: Word("财政审批中", "wait"),
    claims.CLAIM_STATUS_PAYING: Word("拨付中", "go"),
    claims.CLAIM_STATUS_PAID: Word("已到账", "done"),
    claims.CLAIM_STATUS_RECOVERING: Word("待退回资金", "bad"),
    claims.CLAIM_STATUS_RECOVERED: Word("资金已退回", "quiet"),
    claims.CLAIM_STATUS_RECOVERY_ENDED: Word("已终止追回", "quiet"),
    claims.CLAIM_STATUS_REFUSED: Word("不予兑付", "bad"),
    claims.CLAIM_STATUS_WITHDRAWN: Word("已撤回", "quiet"),
    claims.CLAIM_STATUS_DECLINED: Word("企业已放弃", "quiet"),
    claims.CLAIM_STATUS_LAPSED: Word("逾期终止", "quiet"),
}
# What the enterprise may expect next.
OUTLOOK: Final = {
    claims.CLAIM_STATUS_RESERVING: "规则已判定符合条件，正在核对本期预算。",
    claims.CLAIM_STATUS_REVIEWING: "部门正在审核。",
    claims.CLAIM_STATUS_CORRECTING: "请按退回意见补交材料，补正后继续审核。",
    claims.CLAIM_STATUS_SECOND_REVIEW: "金额较大，由另一名工作人员复核。",
    claims.CLAIM_STATUS_PUBLICITY: "结果正在公示，期满无异议后继续办理。",
    claims.CLAIM_STATUS_OBJECTED: "公示期内有人提出异议，正在由监管部门处理。",
    claims.CLAIM_STATUS_ACCOUNT: "请确认收款账户，确认后资金才能拨付。",
    claims.CLAIM_STATUS_APPROVING: "正在财政审批，通过后拨付。",
    claims.CLAIM_STATUS_PAYING: "支付指令已发送银行，等待到账。",
    claims.CLAIM_STATUS_PAID: "资金已到账，可以下载回单。",
    claims.CLAIM_STATUS_RECOVERING: "抽查认定应退回资金，请按退回编号转账。",
    claims.CLAIM_STATUS_RECOVERED: "资金已退回。",
    claims.CLAIM_STATUS_RECOVERY_ENDED: "不再要求退回其余资金，理由见抽查结论。",
    claims.CLAIM_STATUS_REFUSED: "没有通过，原因见下方。情况有变化或者信息更正以后，可以再次申报。",
    claims.CLAIM_STATUS_WITHDRAWN: "本次申报已撤回，需要时可以再次申报。",
    claims.CLAIM_STATUS_DECLINED: "企业已放弃本次兑付。",
    claims.CLAIM_STATUS_LAPSED: "逾期没有答复，本次申报已终止。",
}
PAYMENT: Final = {
    "ORDERED": Word("已发银行", "wait"),
    "PAID": Word("已到账", "done"),
    "REJECTED": Word("银行未受理", "bad"),
    "RETURNED": Word("退汇", "bad"),
}
ROLL: Final = {
    rolls.ROLL_STATUS_COMPUTING: Word("计算中", "wait"),
    rolls.ROLL_STATUS_COMPUTED: Word("待审核", "wait"),
    rolls.ROLL_STATUS_RESERVING: Word("核对预算", "wait"),
    rolls.ROLL_STATUS_PUBLISHED: Word("公示中", "go"),
    rolls.ROLL_STATUS_ISSUING: Word("公示期满", "go"),
    rolls.ROLL_STATUS_ISSUED: Word("已进入拨付", "good"),
    rolls.ROLL_STATUS_DROPPED: Word("已作废", "quiet"),
}
OBJECTION: Final = {"": Word("待处理", "warn"), "DISMISSED": Word("不成立", "quiet"), "UPHELD": Word("成立", "bad")}
CORRECTION: Final = {
    "ASKED": Word("待部门核实", "wait"),
    "ACCEPTED": Word("已更正", "good"),
    "REFUSED": Word("未采纳", "bad"),
}
CHECK: Final = {
    "OPEN": Word("抽查中", "warn"),
    "FINE": Word("抽查无问题", "good"),
    "RECOVER": Word("抽查应退回", "bad"),
}
# Of an item to an enterprise, and of a condition.
TRUTH: Final = {
    rules_pb2.TRUTH_TRUE: Word("符合", "good"),
    rules_pb2.TRUTH_FALSE: Word("不符合", "bad"),
    rules_pb2.TRUTH_UNKNOWN: Word("信息不全", "warn"),
}
SIGN: Final = {
    rules_pb2.TRUTH_TRUE: ("yes", "✓", "符合"),
    rules_pb2.TRUTH_FALSE: ("no", "✗", "不符合"),
    rules_pb2.TRUTH_UNKNOWN: ("open", "?", "信息不全"),
}
# How a fact came to be known.
KNOWN: Final = {
    "CLAIMED": "企业自报",
    "REPORTED": "部门提供",
    "EVENT": "平台记录",
    "CORRECTED": "部门更正",
    "DERIVED": "推算",
    "STATED": "试算",
}
FAULT: Final = {
    "MISSING": "缺少计算金额的信息",
    "DIVIDES_BY_ZERO": "计算时除数为零",
    "OVERFLOW": "计算结果超出范围",
    "NEGATIVE": "计算结果小于零",
    "NOT_WHOLE": "计算结果不是整数",
    "EVALUATION": "无法计算",
}
COST: Final = {0: "部门数据", 1: "企业填报", 2: "企业填报并附证明"}

FIELD: Final = words.FIELD | {
    "account": "收款账户",
    "account.name": "户名",
    "account.number": "账号",
    "account.bank_code": "联行号",
    "account.bank_name": "开户银行",
    "materials": "申报材料",
    "wanted": "应为",
    "reason": "理由",
    "text": "内容",
    "uscc": "统一社会信用代码",
    "modes": "推送的种类",
}
DONE: Final = {
    "policy-claimed": "申报已提交，进展见下方。",
    "policy-claim-refused": "系统已当即判定：暂不符合条件，原因见下方。",
    "policy-corrected": "补正材料已提交。",
    "policy-account": "收款账户已提交，正在由银行核验。",
    "policy-withdrawn": "已撤回。",
    "policy-objected": "异议已提交，由监管部门处理。",
    "policy-facts": "填报的信息已保存，匹配结果已重新计算。",
    "policy-correction": "更正申请已提交，由提供信息的部门核实。",
    "policy-subscription": "推送设置已保存。",
    "policy-out": "设置已保存。",
    "policy-seen": "已标记为看过。",
    "policy-saved": "已保存。",
    "policy-published": "已发布。",
    "policy-returned": "已退回修改。",
    "policy-ended": "已结束。",
    "policy-recovery-ended": "已终止追回。",
    "policy-counting": "测算已开始。",
}

_PERIODS: Final = (
    (re.compile(r"([0-9]{4})"), "{0}年"),
    (re.compile(r"([0-9]{4})H1"), "{0}年上半年"),
    (re.compile(r"([0-9]{4})H2"), "{0}年下半年"),
    (re.compile(r"([0-9]{4})Q([1-4])"), "{0}年第{1}季度"),
)
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")


def yuan(fen: int) -> str:
    """An amount: 12,000 元, 80.50 元, 0 元."""
    whole, cents = divmod(abs(fen), 100)
    return ("-" if fen < 0 else "") + f"{whole:,}" + (f".{cents:02d}" if cents else "") + " 元"


def period(name: str) -> str:
    """A period for people: 2026年上半年, 2026年1月, 一次性."""
    if found := _MONTH.fullmatch(name):
        return f"{found[1]}年{int(found[2])}月"
    for pattern, said in _PERIODS:
        if found := pattern.fullmatch(name):
            return said.format(*found.groups())
    return "一次性" if name == "ONCE" else name


def day(text: str) -> str:
    """A day as contracts have it, 2026-01-31, for people; empty for none."""
    return day_text(text + "T00:00:00+08:00") if len(text) == 10 else day_text(text)


def window(definition: items.PayoutItemDefinition) -> str:
    """When an item may be applied for."""
    first, last = day(definition.opens_on), day(definition.closes_on)
    return f"{first or '即日起'}至{last}" if last else f"{first}起" if first else "长期"


def value(told: str, type: int, unit: str = "") -> str:
    """A fact's JSON value for people: 1,200 元, 是, 2026年1月31日, 12 人."""
    try:
        found: Any = orjson.loads(told)
    except orjson.JSONDecodeError:
        return told
    if found is None:
        return "无"
    if isinstance(found, bool):
        return "是" if found else "否"
    if isinstance(found, int):
        return yuan(found) if type == enterprises.FACT_TYPE_MONEY else f"{found:,} {unit}".strip()
    if isinstance(found, list):
        return "、".join(map(str, found)) or "无"
    return day(str(found)) if type == enterprises.FACT_TYPE_DATE else str(found)


def used(told: items.Explanation) -> dict[str, items.FactUsed]:
    """The facts of an answer by name."""
    return {one.name: one for one in told.facts}


def titles(told: items.Explanation, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What facts of an answer are called, those that are missing, too."""
    wanted = {one.name: one.title for one in told.missing}
    return {**(more or {}), **wanted, **{one.name: one.title for one in told.facts}}
