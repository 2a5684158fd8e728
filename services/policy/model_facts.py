"""Facts of enterprises: what kinds there are, what a value of each is, and which of two facts holds. Pure.

A fact has a name rules read it by. The kinds built in are the table KINDS; counties have more of their own (model_corrections).
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson

BOOL, INT, MONEY, DATE, TEXT, LIST = "bool", "int", "money", "date", "text", "list"
TYPES: Final = (BOOL, INT, MONEY, DATE, TEXT, LIST)
# Who said it: the enterprise itself, a department, an event of the platform, a department that corrected itself; worked out; of a trial.
CLAIMED, REPORTED, EVENT, CORRECTED = "CLAIMED", "REPORTED", "EVENT", "CORRECTED"
DERIVED, STATED = "DERIVED", "STATED"
# A whole number that every reader of JSON reads as it is.
MOST: Final = 2**53
MOST_TEXT, MOST_TEXTS = 200, 50
NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,60}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Kind(NamedTuple):
    """A kind of fact. `cost` is what it costs an enterprise: 0 a department has it, 1 it states it, 2 it needs a proof."""

    type: str
    title: str
    unit: str = ""
    cost: int = 0
    # Who reports it, for people.
    reporter: str = ""


class Fact(NamedTuple):
    """A fact as it is known. `value` is a bool, a whole number, a text or a list of texts; None = known not to exist."""

    name: str
    value: Any
    source: str
    source_name: str
    kind: str
    at: datetime
    # The record that told it, and its number there; empty and 0 for one that was worked out.
    sheet: str = ""
    seq: int = 0


KINDS: Final[Mapping[str, Kind]] = {
    # Registration
    "name": Kind(TEXT, "企业名称", cost=1, reporter="市场监督管理局"),
    "region": Kind(TEXT, "所在区划", cost=1, reporter="市场监督管理局"),
    "registered_on": Kind(DATE, "成立日期", reporter="市场监督管理局"),
    "capital_fen": Kind(MONEY, "注册资本", reporter="市场监督管理局"),
    "paid_in_capital_fen": Kind(MONEY, "实收资本", cost=1, reporter="市场监督管理局"),
    "enterprise_type": Kind(TEXT, "企业类型", reporter="市场监督管理局"),
    "operating_status": Kind(TEXT, "登记状态", reporter="市场监督管理局"),
    "independent_legal_person": Kind(BOOL, "具有独立法人资格", reporter="市场监督管理局"),
    "industry": Kind(TEXT, "国民经济行业代码", cost=1, reporter="统计局"),
    "industry_field": Kind(TEXT, "所属国家重点支持的高新技术领域", cost=1, reporter="科技局"),
    "scale": Kind(TEXT, "企业规模", cost=1, reporter="统计局"),
    "listed": Kind(BOOL, "上市企业", reporter="金融管理部门"),
    "park": Kind(TEXT, "所在园区", cost=1, reporter="园区管委会"),
    "rented_premises": Kind(BOOL, "租用经营场所", cost=1, reporter="园区管委会"),
    "foreign_invested": Kind(BOOL, "外商投资企业", reporter="商务局"),
    # People
    "employees": Kind(INT, "职工总数", "人", 1, "统计局"),
    "insured_staff": Kind(INT, "参加社会保险人数", "人", reporter="人力资源和社会保障局"),
    "insured_staff_prev": Kind(INT, "上年参加社会保险人数", "人", reporter="人力资源和社会保障局"),
    "rd_staff": Kind(INT, "研发人员数", "人", 1, "科技局"),
    "rd_qualified_staff": Kind(INT, "研发人员中本科以上学历或中级以上职称人数", "人", 2, "科技局"),
    "doctors": Kind(INT, "博士人数", "人", 2, "人力资源和社会保障局"),
    "masters": Kind(INT, "硕士人数", "人", 2, "人力资源和社会保障局"),
    "bachelors": Kind(INT, "本科人数", "人", 2, "人力资源和社会保障局"),
    "junior_college_staff": Kind(INT, "大专人数", "人", 2, "人力资源和社会保障局"),
    "senior_title_staff": Kind(INT, "高级职称人数", "人", 2, "人力资源和社会保障局"),
    "middle_title_staff": Kind(INT, "中级职称人数", "人", 2, "人力资源和社会保障局"),
    "disabled_staff": Kind(INT, "在职残疾人数", "人", reporter="残疾人联合会"),
    "new_graduates": Kind(INT, "当年新招用并参保的高校毕业生数", "人", reporter="人力资源和社会保障局"),
    "layoff_per_mille": Kind(INT, "上年裁员率（千分之）", reporter="人力资源和社会保障局"),
    # Money of a year: the last full year, the year before (prev), the one before that (prev2). A year before it was founded is 0.
    "revenue_fen": Kind(MONEY, "上年营业收入", cost=1, reporter="税务局"),
    "revenue_prev_fen": Kind(MONEY, "前年营业收入", cost=1, reporter="税务局"),
    "revenue_prev2_fen": Kind(MONEY, "大前年营业收入", cost=1, reporter="税务局"),
    "rd_cost_fen": Kind(MONEY, "上年研发费用", cost=1, reporter="税务局"),
    "rd_cost_prev_fen": Kind(MONEY, "前年研发费用", cost=1, reporter="税务局"),
    "rd_cost_prev2_fen": Kind(MONEY, "大前年研发费用", cost=1, reporter="税务局"),
    "rd_separate_books": Kind(BOOL, "研发经费单独建账", cost=2, reporter="科技局"),
    "tax_paid_fen": Kind(MONEY, "上年实缴税款", reporter="税务局"),
    "tax_paid_prev_fen": Kind(MONEY, "前年实缴税款", reporter="税务局"),
    "output_value_fen": Kind(MONEY, "上年工业总产值", cost=1, reporter="统计局"),
    "output_value_prev_fen": Kind(MONEY, "前年工业总产值", cost=1, reporter="统计局"),
    "export_fen": Kind(MONEY, "上年出口额", reporter="海关"),
    "export_prev_fen": Kind(MONEY, "前年出口额", reporter="海关"),
    "fixed_investment_fen": Kind(MONEY, "上年固定资产投资额", cost=1, reporter="统计局"),
    "equipment_investment_fen": Kind(MONEY, "上年设备投资额", cost=2, reporter="工业和信息化局"),
    "technology_contract_fen": Kind(MONEY, "上年技术合同登记额", reporter="科技局"),
    "loan_principal_fen": Kind(MONEY, "经营性贷款本金", cost=2, reporter="贷款银行"),
    "loan_interest_fen": Kind(MONEY, "上年实付贷款利息", cost=2, reporter="贷款银行"),
    "social_insurance_paid_fen": Kind(MONEY, "上年缴纳社会保险费", reporter="税务局"),
    "unemployment_insurance_paid_fen": Kind(MONEY, "上年缴纳失业保险费", reporter="税务局"),
    "rent_paid_fen": Kind(MONEY, "上年实付租金", cost=2, reporter="出租方"),
    "exhibition_cost_fen": Kind(MONEY, "上年境外参展费用", cost=2, reporter="商务局"),
    "major_project_grant_fen": Kind(MONEY, "省重大科技计划项目立项核定的补助", reporter="科技局"),
    "competitive_grant_fen": Kind(MONEY, "竞争性项目立项核定的补助", reporter="科技局"),
    # Intellectual property that was granted and stands
    "invention_patents": Kind(INT, "有效发明专利数", "件", 1, "知识产权局"),
    "utility_patents": Kind(INT, "有效实用新型专利数", "件", 1, "知识产权局"),
    "design_patents": Kind(INT, "有效外观设计专利数", "件", 1, "知识产权局"),
    "software_copyrights": Kind(INT, "软件著作权数", "件", 1, "版权局"),
    "work_copyrights": Kind(INT, "作品著作权数", "件", 1, "版权局"),
    "ic_layouts": Kind(INT, "集成电路布图设计专有权数", "件", 1, "知识产权局"),
    "plant_varieties": Kind(INT, "植物新品种权数", "件", 1, "农业农村局"),
    "trademarks": Kind(INT, "有效注册商标数", "件", 1, "知识产权局"),
    "ip_standard_certified": Kind(BOOL, "通过知识产权贯标认证", cost=2, reporter="知识产权局"),
    "standards_led": Kind(INT, "主导制定的国家或行业标准数", "项", 2, "市场监督管理局"),
    # What it was found to be
    "national_high_tech": Kind(BOOL, "国家高新技术企业", reporter="科技局"),
    "national_high_tech_on": Kind(DATE, "国家高新技术企业认定日期", reporter="科技局"),
    "municipal_high_tech": Kind(BOOL, "市级高新技术企业", reporter="科技局"),
    "provincial_tech_sme": Kind(BOOL, "省级科技型中小企业", reporter="科技局"),
    "municipal_rd_center": Kind(BOOL, "市级高新技术企业研发中心", reporter="科技局"),
    "municipal_rd_center_on": Kind(DATE, "市级高新技术企业研发中心认定日期", reporter="科技局"),
    "provincial_rd_center": Kind(BOOL, "省级高新技术企业研发中心", reporter="科技局"),
    "municipal_tech_center": Kind(BOOL, "市级企业技术中心", reporter="经济和信息化局"),
    "municipal_tech_center_on": Kind(DATE, "市级企业技术中心认定日期", reporter="经济和信息化局"),
    "provincial_tech_center": Kind(BOOL, "省级企业技术中心", reporter="经济和信息化局"),
    "specialized_new": Kind(BOOL, "专精特新中小企业", reporter="工业和信息化局"),
    "little_giant": Kind(BOOL, "专精特新“小巨人”企业", reporter="工业和信息化局"),
    "patent_pilot": Kind(BOOL, "专利试点企业", reporter="知识产权局"),
    "patent_model": Kind(BOOL, "专利示范企业", reporter="知识产权局"),
    "above_scale": Kind(BOOL, "规模以上企业", reporter="统计局"),
    "first_above_scale": Kind(BOOL, "上年首次上规", reporter="统计局"),
    "above_scale_on": Kind(DATE, "上规入库日期", reporter="统计局"),
    "has_rd_org": Kind(BOOL, "设有独立研发机构", cost=1, reporter="科技局"),
    "rd_org_level": Kind(TEXT, "研发机构级别", cost=1, reporter="科技局"),
    "welfare_enterprise": Kind(BOOL, "集中安置残疾人的企业", reporter="残疾人联合会"),
    # Credit
    "dishonest": Kind(BOOL, "列入失信名单", reporter="公共信用信息中心"),
    "credit_blacklisted": Kind(BOOL, "列入严重失信主体名单", reporter="公共信用信息中心"),
    "abnormal_operation": Kind(BOOL, "列入经营异常名录", reporter="市场监督管理局"),
    "tax_violation": Kind(BOOL, "近一年有重大税收违法", reporter="税务局"),
    "safety_violation": Kind(BOOL, "近一年有较大以上安全生产事故", reporter="应急管理局"),
    "environment_violation": Kind(BOOL, "近一年有严重环境违法", reporter="生态环境局"),
    "wage_arrears": Kind(BOOL, "列入拖欠农民工工资名单", reporter="人力资源和社会保障局"),
    "subsidy_fraud": Kind(BOOL, "近三年骗取财政资金", reporter="财政局"),
    "credit_grade": Kind(TEXT, "公共信用评价等级", reporter="公共信用信息中心"),
    "tax_credit_grade": Kind(TEXT, "纳税信用等级", reporter="税务局"),
    # What this platform saw itself
    "platform_registered": Kind(BOOL, "法人在本平台实名核验", reporter="本平台"),
    "market_blacklisted": Kind(BOOL, "列入中介服务黑名单", reporter="中介超市"),
}


# What is read as of the last year, the one before or this one: told in another year it is of another.
YEARLY: Final = frozenset(
    name for name, kind in KINDS.items() if kind.title.startswith(("上年", "前年", "大前年", "当年", "近一年"))
)


def rank(fact: Fact) -> tuple[bool, datetime, bool, str, int]:
    """What a fact is compared by: of two of one name the greater one holds, in whatever order they come. What a department,
    or the platform, says beats what the enterprise says of itself; then the newer; then a correction."""
    return (fact.kind != CLAIMED, fact.at, fact.kind == CORRECTED, fact.sheet, fact.seq)


def read(kind: Kind, told: str) -> tuple[Any, str]:
    """The value a JSON text tells of this kind, and what is wrong with it: nothing, or WRONG_TYPE."""
    try:
        value = orjson.loads(told)
    except orjson.JSONDecodeError:
        return None, "WRONG_TYPE"
    return (value, "") if value is None or _FITS[kind.type](value) else (None, "WRONG_TYPE")


def written(value: Any) -> str:
    """A value as JSON."""
    return orjson.dumps(value).decode()


def _whole(value: Any) -> bool:
    return type(value) is int and -MOST <= value <= MOST


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT


def _day(value: Any) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_TEXTS and all(_text(one) for one in value)


_FITS: Final = {
    BOOL: lambda value: isinstance(value, bool),
    INT: _whole,
    MONEY: _whole,
    DATE: _day,
    TEXT: _text,
    LIST: _texts,
}
