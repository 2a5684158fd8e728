"""Rules L201 to L223 of the guide lint: codes, the department, the law, fees, what a reform changed. Each yields (field, what is wrong)."""

import re
from collections.abc import Iterator
from typing import Final

from standards import codes
from standards.identifiers import uscc_valid
from standards.item_codes import implementation_of
from standards.lint_words import POWER_TYPES, Item, Spot, filled, repeated, shown
from yiwang.catalog.v1 import service_pb2 as pb

_COMPANY = re.compile(r"有限(?:责任)?公司|股份公司|集团|公司$|厂$|合作社$")
_TITLE = re.compile(r"《[^《》]{2,}》")
_ARTICLE = re.compile(r"第[\d一二三四五六七八九十百零〇]+[条款项章]|附件|全文")
_NUMBER = re.compile(
    r"[〔\[（(【]\s*(?:19|20)\d{2}\s*[〕\]）)】]\s*第?\d+号|(?:令|公告)?第\d+号|[A-Z]{2,4}[/ ]?T?\s*\d{3,}"
)
_PARTS = re.compile(r"[；;\n。]+|(?<=[》条])[、，,](?=《)")
_LEVELS_TOLD = re.compile(r"实施层级：([^\n]*)")
_ZERO = re.compile(r"\s*(?:0(?:\.0+)?\s*元|免费|免收|免征|停征)")
_MONEY = re.compile(r"\d")
_RANGE = re.compile(r"(?<!\d)\d{1,12}(?:\.\d{1,6})?\s{0,3}元?\s{0,3}[-—~～至到]\s{0,3}\d{1,12}(?:\.\d{1,6})?\s{0,3}元")
_SOME = re.compile(r"(?:适用|免收|免征|减收|减半|不收|缴纳|只收|仅[^；。]{0,20}收)")
_REPEALED: Final = {
    "民法通则": "民法典", "民法总则": "民法典", "物权法": "民法典", "合同法": "民法典", "担保法": "民法典",
    "侵权责任法": "民法典", "婚姻法": "民法典", "继承法": "民法典", "收养法": "民法典",
}  # fmt: skip
"""Laws that ended on 2021-01-01 (民法典 art. 1260)."""
_OLD_LAW = re.compile(r"《(?:中华人民共和国)?(" + "|".join(_REPEALED) + ")》")
_FIELDS: Final = (
    ("燃气", "供水", "排水", "供热", "供电", "电力"),
    ("工伤", "失业保险", "生育保险", "医疗保险", "养老保险"),
    ("食品", "药品", "医疗器械", "化妆品", "特种设备", "农药", "兽药"),
    ("水路", "道路", "铁路", "民航", "航道"),
)
"""Subjects of which a guide has one: a law on another one of the row is to be looked at."""
_CONTRARY: Final = (("非因工", "工伤"), ("离婚", "结婚"), ("注销", "设立登记"))


def department_code(item: Item) -> Iterator[Spot]:
    """L201: the department's code is a USCC whose check digit holds (GB 32100)."""
    code = item.department.code
    if code and not uscc_valid(code):
        if code.startswith("TE") or len(set(code)) == 1:
            yield "department.code", f"部门代码“{code}”是占位代码，不是统一社会信用代码"
        elif len(code) == 18:
            yield "department.code", f"部门代码“{code}”的统一社会信用代码校验位不符"
        else:
            yield "department.code", f"部门代码“{shown(code)}”不是18位统一社会信用代码"


_TOLD_ELSEWHERE: Final = frozenset({"TYPE_EXTENSION", "OWNER_PLACEHOLDER", "LEVEL_NOT_REGION", "AREA_NOT_REGION"})


def item_code(item: Item) -> Iterator[Spot]:
    """L202: the item's code has a profile and no doubt."""
    for warning in codes.check_item_code(item.code, item.region).warnings:
        if warning not in _TOLD_ELSEWHERE:
            yield "code", f"{codes.WARNINGS[warning]}：{shown(item.code, 50)}"


def other_codes(item: Item) -> Iterator[Spot]:
    """L203: so have the codes beside it, and they fit together."""
    if item.base_code and not codes.check_item_code(item.base_code).ok:
        yield "base_code", f"基本编码“{shown(item.base_code)}”不符合任何已知格式"
    if item.implementation_code:
        own = implementation_of(item.code)
        if own and len(item.code) == 33 and own != item.implementation_code:
            yield "implementation_code", "业务办理项编码的前31位与实施编码不符"
        if (
            item.base_code
            and len(item.implementation_code) == 31
            and not item.implementation_code.endswith(item.base_code)
        ):
            yield "implementation_code", "实施编码中的基本编码与填写的基本编码不符"
    if item.code in item.former_codes:
        yield "former_codes", "曾用编码中有现用编码"


def type_of_code(item: Item) -> Iterator[Spot]:
    """L204: the type, as the code has it."""
    if item.type_code and item.type_code not in codes.ITEM_TYPES:
        yield "type_code", f"事项类型“{item.type_code}”不在GB/T 39046 表A.1中（扩展代码）"
    base = item.base_code or item.code[19:31]
    mine = codes.ITEM_TYPES.get(item.type_code)
    theirs = codes.ITEM_TYPES.get(base[2:4]) if len(base) == 12 and base[:4].isdecimal() else None
    if mine and theirs and mine != theirs:
        yield "type_code", f"事项类型为“{mine}”，编码中为“{theirs}”"


def level(item: Item) -> Iterator[Spot]:
    """L205: the level it is exercised at, the code's digit, and the region's level."""
    if not codes.region_valid(item.region):
        return
    expected = codes.LEVEL_OF_REGION[codes.region_level(item.region)]
    if item.exercise_level and item.exercise_level not in ("7", expected):
        mine = codes.LEVELS.get(item.exercise_level, item.exercise_level)
        yield "exercise_level", f"行使层级为“{mine}”，而所属区划是{codes.LEVELS[expected]}"
    for warning in codes.check_item_code(item.code, item.region).warnings:
        if warning.endswith("_NOT_REGION"):
            yield "code", f"{codes.WARNINGS[warning]}：{shown(item.code, 50)}"
    told = _LEVELS_TOLD.search(item.windows)
    if told and "国家" in told[1] and not item.department.name.startswith("国家"):
        yield "windows", f"地方部门的事项，实施层级却含“国家”：“{shown(told[1])}”"


def region(item: Item) -> Iterator[Spot]:
    """L206: the region is one."""
    if not codes.region_valid(item.region):
        yield "region", f"行政区划代码“{shown(item.region)}”格式不正确（GB/T 2260）"


def no_duty(item: Item) -> Iterator[Spot]:
    """L207: every guide belongs to an entry of the 权责清单 or the 公共服务清单."""
    if not item.duty_codes:
        yield "duty_codes", "没有关联权责清单或公共服务清单条目"


def company(item: Item) -> Iterator[Spot]:
    """L208: a power is exercised by an authority."""
    if item.type_code in POWER_TYPES and _COMPANY.search(item.department.name):
        kind = codes.ITEM_TYPES[item.type_code]
        yield "department.name", f"{kind}的实施机构“{shown(item.department.name)}”是企业，须有法律、法规授权"


def company_service(item: Item) -> Iterator[Spot]:
    """L209: a public service by a company is to be told so."""
    if item.type_code not in POWER_TYPES and _COMPANY.search(item.department.name):
        yield "department.name", f"实施机构“{shown(item.department.name)}”是企业，不是行政机关"


def unresolvable_law(item: Item) -> Iterator[Spot]:
    """L210: a citation names a title in 《》 with an article or a number."""
    for position, law in enumerate(item.laws):
        if _TITLE.search(law.title) or law.url:
            if not (
                law.article
                or law.number
                or law.url
                or law.text
                or _ARTICLE.search(law.title)
                or _NUMBER.search(law.title)
            ):
                yield f"laws[{position}].article", f"法律依据“{shown(law.title)}”没有条款，也没有文号"
        elif not (law.number or _NUMBER.search(law.title)):
            yield f"laws[{position}].title", f"法律依据“{shown(law.title)}”不是可查的引用（书名号标题加条款，或文号）"
    if item.laws or not filled(item.legal_basis):
        return
    parts = [part.strip() for part in _PARTS.split(item.legal_basis) if part.strip()]
    cited = [part for part in parts if _TITLE.search(part) or _NUMBER.search(part)]
    if not cited:
        yield "legal_basis", f"设定依据中没有可查的引用：“{shown(item.legal_basis)}”"
    elif not any(_ARTICLE.search(part) or _NUMBER.search(part) for part in cited):
        yield "legal_basis", f"设定依据没有具体条款或文号：“{shown(cited[0])}”"


def no_law(item: Item) -> Iterator[Spot]:
    """L211: a power stands on a law."""
    if item.type_code in POWER_TYPES and not item.laws and not filled(item.legal_basis):
        yield "laws", "没有设定依据"


def repealed_law(item: Item) -> Iterator[Spot]:
    """L212: laws the Civil Code ended."""
    for field, text in _law_texts(item):
        if found := _OLD_LAW.search(text):
            yield field, f"《{found[1]}》已废止，由《{_REPEALED[found[1]]}》代替"


def law_of_other_subject(item: Item) -> Iterator[Spot]:
    """L213: a law whose subject is not the item's."""
    for field, text in _law_texts(item):
        titles = "".join(_TITLE.findall(text))
        if not titles:
            continue
        other = _other_subject(item.name, titles)
        if other:
            yield field, f"所引法律与事项不符：事项“{shown(item.name, 20)}”，所引涉及“{other}”"


def _other_subject(name: str, titles: str) -> str:
    for row in _FIELDS:
        own = [word for word in row if word in name]
        others = [word for word in row if word in titles and word not in name]
        if len(own) == 1 and others:
            return others[0]
    return next((other for own, other in _CONTRARY if own in name and other in titles), "")


def _law_texts(item: Item) -> Iterator[tuple[str, str]]:
    yield "legal_basis", item.legal_basis
    for position, law in enumerate(item.laws):
        yield f"laws[{position}].title", law.title if "《" in law.title else f"《{law.title}》"


def fee_range(item: Item) -> Iterator[Spot]:
    """L214: from the least to the most."""
    for position, fee in enumerate(item.fees):
        if fee.least > fee.most:
            yield (
                f"fees[{position}]",
                f"收费项目“{shown(fee.name)}”的下限{fee.least / 100:.2f}元高于上限{fee.most / 100:.2f}元",
            )


def fee_rate(item: Item) -> Iterator[Spot]:
    """L215: a rate, by which the applicant can tell what he pays."""
    for position, fee in enumerate(item.fees):
        if not fee.most and not _MONEY.search(fee.standard):
            yield f"fees[{position}].standard", f"收费项目“{shown(fee.name)}”没有金额"


def fee_open(item: Item) -> Iterator[Spot]:
    """L216: a range, and nothing tells where in it; or words only."""
    for position, fee in enumerate(item.fees):
        if fee.least < fee.most or (not fee.most and _RANGE.search(fee.standard)):
            yield f"fees[{position}]", f"收费项目“{shown(fee.name)}”是一个区间，没有说明具体金额怎样确定"


def fee_of_some(item: Item) -> Iterator[Spot]:
    """L217: due from some, and only the words say of whom."""
    for position, fee in enumerate(item.fees):
        if not fee.HasField("when") and (fee.payer or _SOME.search(fee.standard) or _SOME.search(fee.basis)):
            yield f"fees[{position}].when", f"收费项目“{shown(fee.name)}”只对部分申请人收取，条件只在文字里"


def fee_unflagged(item: Item) -> Iterator[Spot]:
    """L218: fees of what is not charged; one that is told to be zero is none."""
    due = [fee.name for fee in item.fees if fee.most or not _ZERO.match(fee.standard)]
    if not item.charged and due:
        yield "charged", f"标为不收费，却列出了收费项目“{shown(due[0])}”"


def not_better(item: Item) -> Iterator[Spot]:
    """L219: what a reform was to lessen is more than before."""
    if not item.HasField("baseline"):
        return
    before = item.baseline
    for name, now, then in (
        ("到现场次数", item.visits, before.visits),
        ("材料", len(item.materials), before.materials),
        ("环节", len(item.steps), before.steps),
    ):
        if then and now > then:
            yield "baseline", f"{name}现为{now}，比改革前的{then}还多"


def double_texts(item: Item) -> Iterator[Spot]:
    """L220: fees, results, questions of the FAQ or laws listed twice."""
    names = {"fees": "name", "results": "name", "faq": "question", "special_procedures": "name"}
    for field, attribute in names.items():
        for position, first in repeated(getattr(one, attribute).strip() for one in getattr(item, field)):
            yield f"{field}[{position}]", f"与第{first + 1}条重复"
    for position, _ in repeated(item.aliases):
        yield f"aliases[{position}]", "别名重复"


def bracketed_name(item: Item) -> Iterator[Spot]:
    """L221: brackets of the name that do not close."""
    for opening, closing in ("（）", "《》", "()", "“”"):
        if item.name.count(opening) != item.name.count(closing):
            yield "name", f"事项名称的“{opening}{closing}”不成对"


def intermediary(item: Item) -> Iterator[Spot]:
    """L222: an intermediary's paper among the materials, and no intermediary service listed."""
    if item.intermediary_services:
        return
    for position, material in enumerate(item.materials):
        if _INTERMEDIARY.search(material.name):
            yield f"materials[{position}].name", f"材料“{shown(material.name)}”由中介机构出具，中介服务却为“无”"
            return


_INTERMEDIARY = re.compile(r"(?:评估|检测|审计|鉴定|测绘|环境影响|可行性研究|验资|安全评价)报告|审查合格书|公证书")


def result_kind(item: Item) -> Iterator[Spot]:
    """L223: how a case ends."""
    for position, result in enumerate(item.results):
        if result.kind == pb.RESULT_KIND_UNSPECIFIED and not result.name.strip("《》").endswith(("证", "文", "批复")):
            yield f"results[{position}].kind", f"结果“{shown(result.name)}”未填写审批结果类型"
