"""The Chinese terms of the catalogue: facets, guides, directory, lists and rates. Tables, and the texts made from them."""

from collections.abc import Iterable
from typing import NamedTuple

from services.gateway.words import Word
from standards import codes
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import lists_pb2 as lists
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.rules.v1 import rules_pb2 as rules

# In the order they are offered; the tone where one stands at a hit.
TRAIT = {
    catalog.TRAIT_ONLINE: Word("网上办", "go"),
    catalog.TRAIT_ONE_VISIT: Word("一次办", "go"),
    catalog.TRAIT_AT_ONCE: Word("马上办", "good"),
    catalog.TRAIT_NEARBY: Word("就近办", "good"),
    catalog.TRAIT_AUTOMATIC: Word("秒批", "gold"),
    catalog.TRAIT_NO_VISIT: Word("全程网办", "good"),
    catalog.TRAIT_ANYWHERE: Word("通办", "quiet"),
    catalog.TRAIT_COMMITMENT: Word("告知承诺", "quiet"),
    catalog.TRAIT_CHARGED: Word("收费", "warn"),
    catalog.TRAIT_INTERMEDIARY: Word("含中介服务", "warn"),
}
TRAIT_MEANS = {
    catalog.TRAIT_ONLINE: "可以在网上提出申请",
    catalog.TRAIT_ONE_VISIT: "最多跑一次",
    catalog.TRAIT_AT_ONCE: "当场办结",
    catalog.TRAIT_NEARBY: "乡镇、村也能办",
    catalog.TRAIT_AUTOMATIC: "符合条件，系统自动办结",
}
# Those people look for; they stand above the hits, and at them as badges.
FAVOURITES = tuple(TRAIT_MEANS)

LEVEL = codes.LEVELS
FORM = {
    catalog.HANDLING_FORM_WINDOW: "窗口办理",
    catalog.HANDLING_FORM_WEB: "电脑端",
    catalog.HANDLING_FORM_MOBILE: "移动端",
    catalog.HANDLING_FORM_POST: "快递申请",
    catalog.HANDLING_FORM_KIOSK: "自助终端",
}
REACH = {
    catalog.REACH_NONE: "不通办",
    catalog.REACH_COUNTY: "全县通办",
    catalog.REACH_CITY: "全市通办",
    catalog.REACH_PROVINCE: "全省通办",
    catalog.REACH_NATION: "跨省通办",
}
DEPTH = {
    1: "互联网咨询",
    2: "互联网收件",
    3: "互联网预审",
    4: "互联网受理",
    5: "互联网办理",
    6: "办理结果信息反馈",
    7: "电子证照反馈",
    8: "其他",
}
CASE_KIND = {catalog.CASE_KIND_AT_ONCE: "即办件", catalog.CASE_KIND_PROMISED: "承诺件"}
REVIEW_KIND = {catalog.REVIEW_KIND_AT_ONCE: "即审即办", catalog.REVIEW_KIND_THEN_DECIDED: "前审后批"}
RESULT = {
    catalog.RESULT_KIND_CERTIFICATE: "出证办结",
    catalog.RESULT_KIND_DOCUMENT: "出文办结",
    catalog.RESULT_KIND_APPROVAL: "审批办结",
}
PROCEDURE = {
    catalog.PROCEDURE_KIND_HEARING: "听证",
    catalog.PROCEDURE_KIND_TENDER: "招标",
    catalog.PROCEDURE_KIND_AUCTION: "拍卖",
    catalog.PROCEDURE_KIND_INSPECTION: "检验",
    catalog.PROCEDURE_KIND_TESTING: "检测",
    catalog.PROCEDURE_KIND_QUARANTINE: "检疫",
    catalog.PROCEDURE_KIND_APPRAISAL: "鉴定",
    catalog.PROCEDURE_KIND_EXPERT_REVIEW: "专家评审",
    catalog.PROCEDURE_KIND_PUBLICITY: "公示",
    catalog.PROCEDURE_KIND_SITE_INSPECTION: "现场勘验",
    catalog.PROCEDURE_KIND_OTHER: "其他",
}
VISIT = {
    catalog.VISIT_NEED_NONE: "不需要",
    catalog.VISIT_NEED_POSSIBLE: "必要时进行",
    catalog.VISIT_NEED_REQUIRED: "必须进行",
}
FAILURE = {
    themes.FAILURE_POLICY_CONTINUE: "其他事项照常，须等它办结的不再办理",
    themes.FAILURE_POLICY_IGNORE: "不影响其他事项",
    themes.FAILURE_POLICY_STOP: "尚未开始的事项都不再办理",
}
MEDIUM = {
    catalog.MATERIAL_FORM_PAPER: "纸质",
    catalog.MATERIAL_FORM_ELECTRONIC: "电子",
    catalog.MATERIAL_FORM_EITHER: "纸质或电子",
    catalog.MATERIAL_FORM_BOTH: "纸质和电子",
}
MATERIAL = {
    catalog.MATERIAL_KIND_FORM: "表格",
    catalog.MATERIAL_KIND_LICENCE: "证照",
    catalog.MATERIAL_KIND_DOCUMENT: "文件",
    catalog.MATERIAL_KIND_PHOTO: "照片",
    catalog.MATERIAL_KIND_BIOMETRIC: "现场采集",
}
MAKER = {
    catalog.MAKER_APPLICANT: "申请人自备",
    catalog.MAKER_OFFICER: "办理中由工作人员制作",
    catalog.MAKER_SYSTEM: "系统生成，申请人签署",
    catalog.MAKER_GOVERNMENT: "政府部门核发",
}
WAIVER = {
    catalog.WAIVER_LICENCE: "电子证照免提交",
    catalog.WAIVER_DATA: "数据共享核验，免提交",
    catalog.WAIVER_COMMITMENT: "可用告知承诺代替",
}
EDITION = {
    catalog.ITEM_STATUS_PUBLISHED: Word("现行有效", "good"),
    catalog.ITEM_STATUS_SUSPENDED: Word("暂停办理", "warn"),
    catalog.ITEM_STATUS_WITHDRAWN: Word("已取消", "bad"),
}
POWER = {
    directory.POWER_SOURCE_STATUTORY: "法定本级行使",
    directory.POWER_SOURCE_DEVOLVED: "上级下放",
    directory.POWER_SOURCE_AUTHORIZED_ABOVE: "上级授权",
    directory.POWER_SOURCE_AUTHORIZED_BESIDE: "同级授权",
    directory.POWER_SOURCE_ENTRUSTED_ABOVE: "上级委托",
    directory.POWER_SOURCE_ENTRUSTED_BESIDE: "同级委托",
}
BODY = {
    directory.BODY_KIND_STATUTORY: "法定机关",
    directory.BODY_KIND_AUTHORIZED: "授权组织",
    directory.BODY_KIND_ENTRUSTED: "受委托组织",
    directory.BODY_KIND_OTHER: "其他",
}
# The directory also has what nobody applies for; 00 stands for all powers together.
TYPE = {code: name for code, name in codes.ITEM_TYPES.items() if code != "00"}
TRUTH = {
    rules.TRUTH_TRUE: Word("需要办理", "good"),
    rules.TRUTH_FALSE: Word("您不需要", "quiet"),
    rules.TRUTH_UNKNOWN: Word("视回答而定", "warn"),
}
ODDITY = {
    "STATED_BELOW_LONGEST": "承诺的总时限短于最长的一条办理路径，以各事项的时限为准；有关部门正在核对。",
    "ITEM_UNKNOWN": "其中有的环节不在本平台的事项目录里，请按说明到相应机构办理。",
    "ITEM_SUSPENDED": "其中有的事项已暂停办理。",
}


class Listed(NamedTuple):
    """A public list: its address, title, what it is, and what the last column holds."""

    slug: str
    title: str
    means: str
    detail: str


LIST = {
    lists.LIST_KIND_DUTIES: Listed("duties", "权责清单", "各部门行使哪些权力、依据什么、对应哪些办事指南", "办事指南"),
    lists.LIST_KIND_FEES: Listed("fees", "行政事业性收费清单", "清单之外一律不得收费", "收费标准"),
    lists.LIST_KIND_INTERMEDIARY: Listed(
        "intermediary", "行政审批中介服务清单", "哪些事项需要中介服务、需要什么服务", "中介服务"
    ),
    lists.LIST_KIND_PUBLIC_SERVICE: Listed("public-service", "公共服务事项清单", "政府提供的公共服务", "说明"),
    lists.LIST_KIND_ONE_VISIT: Listed(
        "one-visit", "最多跑一次（零跑腿）清单", "最多到现场一次，或者一次也不用去", "到现场次数"
    ),
    lists.LIST_KIND_AUTOMATIC: Listed("automatic", "秒批清单", "符合条件由系统自动办结，规则公开", "审批规则"),
    lists.LIST_KIND_ANYWHERE: Listed("anywhere", "通办事项清单", "可以跨县、跨市、跨省办理", "通办范围"),
    lists.LIST_KIND_NOT_AT_CENTRE: Listed(
        "not-at-centre", "未进驻大厅事项清单", "不在政务大厅办理的事项和原因", "原因"
    ),
    lists.LIST_KIND_UNLINKED: Listed(
        "unlinked", "未关联权责清单的指南", "还没有关联权责清单的办事指南，待整改", "说明"
    ),
}
KIND_OF_LIST = {one.slug: kind for kind, one in LIST.items()}

RATE = {
    lists.RATE_KIND_ONLINE: "online",
    lists.RATE_KIND_AT_ONCE: "at-once",
    lists.RATE_KIND_ONE_VISIT: "one-visit",
    lists.RATE_KIND_NO_VISIT: "no-visit",
    lists.RATE_KIND_DEPTH_1: "depth-1",
    lists.RATE_KIND_DEPTH_2: "depth-2",
    lists.RATE_KIND_DEPTH_3: "depth-3",
    lists.RATE_KIND_DEPTH_4: "depth-4",
    lists.RATE_KIND_LIMIT_REDUCTION: "limit-reduction",
    lists.RATE_KIND_VISIT_REDUCTION: "visit-reduction",
    lists.RATE_KIND_SCENARIOS: "scenarios",
    lists.RATE_KIND_DUTY_LINKS: "duty-links",
    lists.RATE_KIND_AT_CENTRE: "at-centre",
    lists.RATE_KIND_ANYWHERE: "anywhere",
}
KIND_OF_RATE = {slug: kind for kind, slug in RATE.items()}
PART = {
    lists.RATE_PART_DENOMINATOR: ("all", "全部统计事项"),
    lists.RATE_PART_COUNTED: ("counted", "计入的"),
    lists.RATE_PART_NOT_COUNTED: ("not-counted", "未计入的"),
    lists.RATE_PART_LEFT_OUT: ("left-out", "未参与统计的"),
}
PART_OF = {slug: part for part, (slug, _) in PART.items()}


def handling_lines(d: catalog.ItemDefinition) -> list[tuple[str, str]]:
    """How cases of an item may go, as lines of its facts: what is not offered is not mentioned."""
    way, deferred = d.handling, [one.name for one in d.materials if one.necessity == catalog.NECESSITY_DEFERRABLE]
    lines = [
        (
            "网上预审",
            "支持；预审通过的，提交相同材料不再重复审查" if way.pre_review else "",
            "{}日内有效",
            way.pre_review_days,
        ),
        ("告知承诺", "实行告知承诺制" if d.commitment else "", "准予后{}个工作日内核查", way.verify_days),
        (
            "容缺受理",
            f"可以后补：{'、'.join(deferred)}" if deferred else "",
            "受理后{}个工作日内补齐",
            way.deferral_days,
        ),
        ("现场勘验", _visit_text(way), "", 0),
        ("补正期限", "须在通知规定的期限内补正" if way.correction_days else "", "{}个工作日", way.correction_days),
        ("证照延续", "到期前提出；逾期未作决定的，视为准予延续" if way.renewal else "", "", 0),
        ("联合办理", "由多个部门联合办理" if way.joint else "", "", 0),
        ("办理次序", "有数量限制，按受理先后决定" if way.in_order else "", "", 0),
        ("退费", "没有办成的，退还已缴费用" if way.refunds else "", "", 0),
    ]
    return [(name, f"{text}；{more.format(days)}" if days else text) for name, text, more, days in lines if text]


def _visit_text(way: catalog.Handling) -> str:
    if way.visit not in (catalog.VISIT_NEED_POSSIBLE, catalog.VISIT_NEED_REQUIRED):
        return ""
    counted = "不计入法定时限" if way.visit_pauses else "计入办理时限"
    return f"{VISIT[way.visit]}，{counted}" + ("；现勘现审，当日作出决定" if way.decided_on_site else "")


def badges(traits: list[int]) -> list[Word]:
    """What is shown at a hit: the five people look for."""
    return [TRAIT[trait] for trait in FAVOURITES if trait in traits]


def depth_text(depths: list[int]) -> str:
    """What of the case is done online."""
    return "、".join(DEPTH[one] for one in sorted(depths) if one in DEPTH)


def forms_text(forms: Iterable[catalog.HandlingForm.ValueType]) -> str:
    """How it can be applied for."""
    return "、".join(FORM[one] for one in forms if one in FORM)


def money_text(fee: catalog.Fee) -> str:
    """The amount of a fee: 80 元/件, 80 至 550 元; its words when no amount is told."""
    if not fee.most:
        return fee.standard or "以缴费通知为准"
    low, high = (f"{fen / 100:,.2f}".removesuffix(".00") for fen in (fee.least, fee.most))
    return (f"{low} 元" if low == high else f"{low} 至 {high} 元") + (f"/{fee.unit}" if fee.unit else "")


def copies_text(material: catalog.Material) -> str:
    """Form and number of copies, as published where that says both: 原件或电子件，1 份; else as counted: 原件 1 份，复印件 2 份."""
    form, copies = material.form or MEDIUM.get(material.medium, ""), material.copies
    if not (form and copies):
        told = [("原件", material.originals), ("复印件", material.duplicates)]
        copies = "，".join(f"{name} {number} 份" for name, number in told if number) or copies
    copies = f"{copies} 份" if copies.isdecimal() else copies
    return "，".join(part for part in ("" if form and copies.startswith(form) else form, copies) if part) or "不限"


def percent_text(value: float) -> str:
    """A share as people read it: 98.2%."""
    return f"{value * 100:.2f}".rstrip("0").rstrip(".") + "%"


def share_text(before: int, after: int) -> str:
    """How much less there is: 减少 53.8%; empty when there was nothing to reduce."""
    if not before or before == after:
        return "" if not before else "持平"
    return ("减少 " if after < before else "增加 ") + percent_text(round(abs(before - after) / before, 3))
