"""Synthetic service items for benchmarks: names as counties have them, drawn from lists, the same for the same seed.

Regions begin with 99, which no real county has.
"""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from standards.identifiers import uscc_check_digit
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2 as rules

ITEMS_PER_COUNTY: Final = 500


class Office(NamedTuple):
    """A kind of department: its name after the county's, what it deals with, and how people say it."""

    name: str
    things: tuple[tuple[str, str], ...]


OFFICES: Final = (
    Office(
        "市场监督管理局", (("食品经营", "饭店"), ("药品零售", "药店"), ("特种设备使用", "电梯"), ("食品生产", "食品厂"))
    ),
    Office(
        "公安局", (("居民身份证", "身份证"), ("旅馆业特种行业", "宾馆"), ("户口迁移", "户口"), ("普通护照", "护照"))
    ),
    Office("人力资源和社会保障局", (("失业保险", "失业金"), ("企业职工养老保险", "养老金"), ("工伤认定", "工伤"))),
    Office("自然资源局", (("国有建设用地使用权", "土地"), ("房屋所有权转移", "房子过户"), ("林木采伐", "砍树"))),
    Office("卫生健康局", (("医疗机构执业", "诊所"), ("公共场所卫生", "理发店"), ("护士执业", "护士"))),
    Office("住房和城乡建设局", (("建筑工程施工", "施工"), ("商品房预售", "卖房"), ("公共租赁住房", "公租房"))),
    Office(
        "交通运输局", (("道路旅客运输经营", "客运"), ("道路普通货物运输", "货车"), ("客运车辆道路运输证", "营运证"))
    ),
    Office("农业农村局", (("农药经营", "农药"), ("动物诊疗", "宠物医院"), ("水产苗种生产", "养鱼"))),
    Office("民政局", (("社会团体成立", "协会"), ("养老机构", "养老院"), ("殡葬设施建设", "墓地"))),
    Office("教育局", (("民办幼儿园", "幼儿园"), ("教师资格", "教师证"), ("校车使用", "校车"))),
    Office("水利局", (("取水", "打井"), ("河道采砂", "挖沙"), ("生产建设项目水土保持方案", "水土保持"))),
    Office("医疗保障局", (("异地就医", "外地看病"), ("生育津贴", "产假"), ("城乡居民医疗保险", "医保"))),
    Office("文化广电旅游局", (("互联网上网服务营业场所", "网吧"), ("旅行社设立", "旅行社"), ("营业性演出", "演出"))),
    Office("应急管理局", (("烟花爆竹零售", "鞭炮"), ("危险化学品经营", "化学品"), ("非煤矿山安全生产", "矿山"))),
)
ACTS: Final = (
    ("许可证核发", "01"), ("许可证变更", "01"), ("许可证延续", "01"), ("许可证补办申请", "01"), ("许可证注销", "01"), ("审批", "01"),
    ("登记", "07"), ("变更登记办理", "07"), ("注销登记", "07"), ("备案", "10"), ("备案变更申请", "10"), ("资格确认申请", "07"),
    ("证明开具", "20"), ("信息查询", "20"), ("补贴申领办理", "05"), ("待遇申请", "05"), ("年度检验", "10"),
)  # fmt: skip
QUALIFIERS: Final = (
    "", "", "", "", "（新办）", "（告知承诺）", "（首次申请）", "（个人）", "（企业）", "（跨区域办理）", "（一般程序）",
    "（法定代表人变更）", "（经营地址变更）", "（证书遗失补办）", "（到期换证）", "（小规模）",
    "（外商投资）", "（非生物制品类）", "（二级）", "（镇街受理）",
)  # fmt: skip
SPOKEN: Final = ("办{}", "开{}", "{}怎么办", "申请{}", "{}手续", "{}办证", "想开个{}")
COUNTIES: Final = "东西南北清平安永新长兴宁云石金白龙凤"
WATERS: Final = "河江山岭溪泉湖川桥坪沙阳"
TOPICS: Final = (
    "准营准办", "证件办理", "社会保障", "住房保障", "工程建设", "交通出行", "医疗卫生", "教育科研", "农林牧渔",
)  # fmt: skip
PAPERS: Final = (
    "申请书", "身份证明", "营业执照", "场所使用证明", "布局平面图", "管理制度", "授权委托书", "检验报告", "承诺书", "证明材料",
)  # fmt: skip


def synthetic_items(count: int, seed: int) -> Iterator[pb.ItemDefinition]:
    """So many items, 500 to a county; the same for the same seed."""
    draw = random.Random(seed)
    for number in range(count):
        county, place = divmod(number, ITEMS_PER_COUNTY)
        yield _item(draw, number, county, place)


def _item(draw: random.Random, number: int, county: int, place: int) -> pb.ItemDefinition:
    position = place % len(OFFICES)
    office, region = OFFICES[position], f"99{1 + county // 90:02d}{1 + county % 90:02d}"
    name = COUNTIES[county % len(COUNTIES)] + WATERS[county // len(COUNTIES) % len(WATERS)] + "县"
    owner = f"11{region}{county:06d}{position:03d}"[:17]
    owner += uscc_check_digit(owner)
    thing, spoken = draw.choice(office.things)
    act, kind = draw.choice(ACTS)
    base = f"99{kind}{place:05d}000"
    return pb.ItemDefinition(
        code=f"{owner}4{base}{number % 100:02d}",
        base_code=base,
        name=thing + act + draw.choice(QUALIFIERS),
        aliases=[shape.format(spoken) for shape in draw.sample(SPOKEN, draw.randint(0, 3))],
        type_code=kind,
        department=pb.Department(code=owner, name=name + office.name),
        region=region if draw.random() < 0.9 else f"{region}{draw.randint(1, 20):03d}",
        service_objects=["自然人", "企业法人"],
        statutory_limit=pb.Limit(amount=20, unit=pb.TIME_UNIT_WORKING_DAY),
        promised_limit=pb.Limit(amount=draw.randint(1, 15), unit=pb.TIME_UNIT_WORKING_DAY),
        conditions=f"申请{thing}{act}的，应当具备与其规模相适应的场所、设施和管理制度，并符合法律、法规规定的其他条件。",
        legal_basis="《中华人民共和国行政许可法》第三十二条、第四十二条",
        steps=[
            pb.Step(name="受理", kind=pb.STEP_KIND_ACCEPT),
            pb.Step(name="审查", kind=pb.STEP_KIND_REVIEW),
            pb.Step(name="决定", kind=pb.STEP_KIND_DECIDE),
        ],
        materials=[
            pb.Material(key=f"m{order}", name=thing + paper, necessity=pb.NECESSITY_REQUIRED, source="申请人自备")
            for order, paper in enumerate(draw.sample(PAPERS, draw.randint(2, 6)), 1)
        ],
        form_fields=[
            pb.FormField(
                key="contact_phone", label="联系人电话", kind=pb.FIELD_KIND_PHONE, required=True, max_length=20
            ),
            pb.FormField(
                key="request_note", label="申请说明", kind=pb.FIELD_KIND_LONG_TEXT, required=True, max_length=2000
            ),
        ],
        result_name=f"{thing}证" if kind == "01" else "",
        visits=draw.randint(0, 1),
        online=draw.random() < 0.9,
        topics=draw.sample(TOPICS, draw.randint(1, 2)),
    )


def full_items(count: int, seed: int) -> Iterator[pb.ItemDefinition]:
    """So many items with at least forty elements filled, a third of them with questions and rules; the same for the same seed.

    One in eight breaks something, as real lists do: a promise above the law's limit, a placeholder, a visit nobody explains.
    """
    draw = random.Random(seed)
    for item in synthetic_items(count, seed):
        _fill(draw, item)
        if draw.random() < 1 / 3:
            _ask(item)
        if draw.random() < 1 / 8:
            draw.choice(_BREAKS)(item)
        yield item


def _fill(draw: random.Random, item: pb.ItemDefinition) -> None:
    """The elements a published guide has beyond the bare ones."""
    county, thing = item.department.name[:3], item.name[:6]
    implementation = item.code[:31]
    file = pb.GuideFile(name="样表.pdf", url=f"https://example.org/{item.code}.pdf")
    item.visits = 0 if item.online else 1
    item.MergeFrom(
        pb.ItemDefinition(
            implementation_code=implementation,
            duty_codes=[implementation],
            former_codes=[f"{item.type_code}{item.base_code[4:]}"],
            laws=[
                pb.Law(
                    title="《中华人民共和国行政许可法》",
                    article="第三十二条",
                    text="行政机关对申请人提出的行政许可申请，应当根据下列情况分别作出处理。",
                ),
                pb.Law(title=f"《{thing}管理办法》", article="第八条", number="省政府令第12号"),
            ],
            fees=[
                pb.Fee(
                    name="工本费", standard="10元/证", least=1000, most=1000, unit="证", basis="发改价格〔2019〕914号"
                )
            ],
            charged=True,
            pay_online=True,
            fee_note="按省定标准收取",
            results=[
                pb.Result(
                    name=item.result_name or f"{thing}结果告知书",
                    kind=pb.RESULT_KIND_CERTIFICATE,
                    sample=file,
                    validity="5年",
                )
            ],
            places=[
                pb.Place(
                    name=f"{county}政务服务大厅",
                    address=f"{county}人民路1号",
                    windows="3—5号",
                    hours="工作日9:00—17:00",
                    phone="0990-12345678",
                )
            ],
            windows=f"{county}政务服务大厅综合窗口",
            phone=f"0990-8{draw.randint(100000, 999999)}",
            supervision_phone="12345",
            online_depths=[1, 2, 4, 5] if item.online else [1],
            visit_reason="" if item.online else "核验原件",
            handling_forms=[
                pb.HANDLING_FORM_WINDOW,
                *([pb.HANDLING_FORM_WEB, pb.HANDLING_FORM_MOBILE] if item.online else []),
            ],
            reach=pb.REACH_CITY,
            case_kind=pb.CASE_KIND_PROMISED,
            review_kind=pb.REVIEW_KIND_THEN_DECIDED,
            postal=True,
            bookable=True,
            corporate_topics=["准营准办"],
            quantity_limit="无数量限制",
            exercise_level="4",
            handling_office="行政审批股",
            joint_departments=[f"{county}公安局"],
            at_service_centre=True,
            faq=[pb.Faq(question=f"{thing}多久能办好？", answer="材料齐全的，在承诺时限内办结。")],
            apply_by="全年可申请",
            baseline=pb.Baseline(visits=3, materials=12, steps=9, source="2018年清单"),
            source_note="县级事项清单",
        )
    )
    item.steps.add(name="办结", kind=pb.STEP_KIND_ISSUE, outcome="办结通知")
    item.steps.add(name="送达", kind=pb.STEP_KIND_ISSUE)
    for step in item.steps:
        step.role, step.standard = "许可岗", "材料齐全、符合法定形式"
    for number, material in enumerate(item.materials):
        material.MergeFrom(
            pb.Material(
                kind=pb.MATERIAL_KIND_DOCUMENT, medium=pb.MATERIAL_FORM_EITHER, originals=1, form="原件，纸质或电子", copies="1",
                maker=pb.MAKER_APPLICANT, standard="内容完整，加盖公章", note="复印件注明与原件一致" if number % 2 else "",
                blank_form=file, sample=file,
                waiver=pb.WAIVER_LICENCE if "营业执照" in material.name or "身份证" in material.name else pb.WAIVER_NONE,
                licence_code="L1000001" if "营业执照" in material.name else "",
                licence_name="电子证照" if "身份证" in material.name else "",
            )
        )  # fmt: skip


def _leaf(cel: str) -> rules.Rule:
    return rules.Rule(leaf=rules.Leaf(id="premises", cel=cel, basis="管理办法第八条", says="经营场所的来源"))


def _ask(item: pb.ItemDefinition) -> None:
    """Two questions that some materials, a step and a limit depend on."""
    options = [
        pb.Option(key=key, text=text) for key, text in (("own", "自有"), ("rented", "租赁"), ("lent", "无偿使用"))
    ]
    item.questions.add(key="premises", text="经营场所的来源？", kind=pb.QUESTION_KIND_ONE, options=options)
    item.questions.add(key="agent", text="是否委托他人办理？", kind=pb.QUESTION_KIND_YES_NO)
    item.materials.add(
        key="lease",
        name="场所租赁合同",
        necessity=pb.NECESSITY_REQUIRED,
        source="申请人自备",
        when=_leaf('premises == "rented"'),
    )
    item.materials.add(
        key="proof",
        name="无偿使用说明",
        necessity=pb.NECESSITY_REQUIRED,
        source="申请人自备",
        when=_leaf('premises == "lent"'),
    )
    item.materials.add(
        key="agency", name="代理协议", necessity=pb.NECESSITY_REQUIRED, source="申请人自备", when=_leaf("agent")
    )
    item.limit_variants.add(
        when=_leaf('premises == "own" && !agent'), promised_limit=pb.Limit(amount=1, unit=pb.TIME_UNIT_WORKING_DAY)
    )


def _too_long(item: pb.ItemDefinition) -> None:
    item.promised_limit.amount = 30


def _placeholder(item: pb.ItemDefinition) -> None:
    item.conditions = "暂无"


def _unexplained(item: pb.ItemDefinition) -> None:
    item.visits, item.visit_reason = 2, ""


def _unlinked(item: pb.ItemDefinition) -> None:
    del item.duty_codes[:]


_BREAKS: Final = (_too_long, _placeholder, _unexplained, _unlinked)
