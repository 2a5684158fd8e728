"""Kinds of qualifications agencies have, with their grades from the best down and where they come from. Pure.

A kind whose grades were done away with (资产评估, 工程造价咨询, 招标代理) stays a kind without grades: what is shown then is the filing
or the registration that took their place. A new kind is a row.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """A kind of qualification: what it is called, its grades best first (none = without grades), the law or standard."""

    name: str
    grades: tuple[str, ...]
    basis: str


_ABC: Final = ("甲级", "乙级", "丙级")
_AB: Final = ("甲级", "乙级")
_STARS: Final = ("五星", "四星", "三星", "二星", "一星")

KINDS: Final[Mapping[str, Kind]] = {
    "engineering_consulting": Kind("工程咨询", (*_AB, "备案"), "工程咨询行业管理办法（国家发展改革委令2017年第9号）"),
    "surveying": Kind("工程测量（测绘）", _AB, "测绘资质管理办法（自然资办发〔2021〕43号）"),
    "property_surveying": Kind("界线与不动产测绘", _AB, "测绘资质管理办法（自然资办发〔2021〕43号）"),
    "environmental_impact": Kind("环境影响评价", (), "环境影响评价法第十九条、建设项目环境影响报告书（表）编制监督管理办法"),
    "safety_assessment": Kind("安全评价", (), "安全评价检测检验机构管理办法（应急管理部令第1号）"),
    "water_soil_conservation": Kind("水土保持方案编制", _STARS, "水土保持法第二十五条、水土保持方案编制单位水平评价管理办法"),
    "water_resources": Kind("建设项目水资源论证", _AB, "取水许可和水资源费征收管理条例第十一条、水资源论证单位水平评价管理办法"),
    "inspection_testing": Kind("检验检测机构资质认定（CMA）", (), "检验检测机构资质认定管理办法（市场监管总局令第38号）"),
    "construction_testing": Kind("建设工程质量检测", ("综合资质", "专项资质"), "建设工程质量检测管理办法（住房城乡建设部令第57号）"),
    "lightning_testing": Kind("雷电防护装置检测", _AB, "雷电防护装置检测资质管理办法（中国气象局令第38号）"),
    "cost_consulting": Kind("工程造价咨询", (), "工程造价咨询企业管理办法（住房城乡建设部令第50号修改）"),
    "bid_agency": Kind("招标代理", (), "招标投标法第十三条、第十四条"),
    "asset_appraisal": Kind("资产评估", (), "资产评估法第十五条、第十六条"),
    "accounting_firm": Kind("会计师事务所", (), "注册会计师法第二十三条至第二十六条、会计师事务所执业许可和监督管理办法"),
    "drawing_review": Kind(
        "施工图设计文件审查", ("一类", "二类"), "房屋建筑和市政基础设施工程施工图设计文件审查管理办法（住房城乡建设部令第13号）"
    ),
    "supervision": Kind("工程监理", ("综合资质", *_ABC), "工程监理企业资质管理规定（建设部令第158号）"),
    "site_investigation": Kind("工程勘察", ("综合资质", *_ABC), "建设工程勘察设计资质管理规定（建设部令第160号）"),
    "engineering_design": Kind("工程设计", ("综合资质", *_ABC, "丁级"), "建设工程勘察设计资质管理规定（建设部令第160号）"),
    "real_estate_appraisal": Kind("房地产估价", ("一级", "二级", "三级"), "房地产估价机构管理办法（住房城乡建设部令第24号修改）"),
    "geological_hazard": Kind("地质灾害危险性评估", _AB, "地质灾害危险性评估单位资质管理办法（自然资源部令第8号）"),
    "energy_review": Kind("节能评估", (), "固定资产投资项目节能审查办法（国家发展改革委令2023年第2号）"),
    "social_stability": Kind("社会稳定风险评估", (), "重大行政决策程序暂行条例第二十二条"),
    "law_firm": Kind("律师事务所", (), "律师法第十四条至第十八条"),
    "urban_planning": Kind("城乡规划编制", _AB, "城乡规划编制单位资质管理办法（自然资源部令第11号）"),
}  # fmt: skip


def name_of(kind: str) -> str:
    """What a kind is called; of one the table does not have, its own text."""
    return KINDS[kind].name if kind in KINDS else kind


def grade_known(kind: str, grade: str) -> bool:
    """Whether a kind has this grade: one of its grades, or none where it has none. False for a kind that is not in the table."""
    return kind in KINDS and (grade in KINDS[kind].grades if KINDS[kind].grades else grade == "")


def grade_at_least(kind: str, have: str, want: str) -> bool:
    """Whether the grade an agency has is the wanted one or a better one. No grade wanted: any will do. False for what is not in the
    table: what nobody can compare is not taken for enough."""
    if kind not in KINDS:
        return False
    grades = KINDS[kind].grades
    if not want:
        return grade_known(kind, have)
    return have in grades and want in grades and grades.index(have) <= grades.index(want)
