"""What the catalogue's services answer in tests of its pages: one guide with everything, a search with facets, a theme, lists."""

from typing import Any

from tests.unit.gateway.told import ITEM, USCC, an_item
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import lists_pb2 as lists
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.rules.v1 import rules_pb2 as rules

OTHER = "7b0f3c1e-0000-4000-8000-000000000007"
SHORT = "7QK3M9XW2A"
FILE_ID = "ab" * 32
WORKING_DAY = catalog.TIME_UNIT_WORKING_DAY


def days(amount: int) -> catalog.Limit:
    return catalog.Limit(amount=amount, unit=WORKING_DAY)


def leaf(cel: str, says: str) -> rules.Rule:
    return rules.Rule(leaf=rules.Leaf(id="a", cel=cel, says=says))


def a_guide(**change: Any) -> catalog.Item:
    """An item whose definition says something in every part of a guide."""
    item = an_item(short_code=SHORT, published_at="2026-03-05T02:00:00Z", **change)
    d = item.definition
    d.MergeFrom(
        catalog.ItemDefinition(
            code="11990121000001011B4990131001001",
            base_code="990131001001",
            name="食品经营许可证核发",
            aliases=["开饭店", "开奶茶店"],
            type_code="01",
            region="990121",
            service_objects=["自然人", "企业法人"],
            statutory_limit=days(20),
            promised_limit=days(8),
            conditions="有固定的经营场所；\n有食品安全管理人员。",
            charged=True,
            pay_online=True,
            fees=[
                {"name": "工本费", "least": 8000, "most": 8000, "unit": "件", "basis": "发改价格〔2016〕1号"},
                {"name": "检测费", "least": 10000, "most": 55050, "payer": "小微企业免收"},
            ],
            results=[{"name": "食品经营许可证", "kind": catalog.RESULT_KIND_CERTIFICATE, "validity": "5 年"}],
            laws=[
                {"title": "《中华人民共和国食品安全法》", "article": "第三十五条", "url": "https://law.example/35"},
            ],
            places=[
                {
                    "name": "示范县政务服务大厅", "address": "示范县人民路1号", "windows": "12—15号",
                    "hours": "工作日 9:00—17:00", "phone": "0990-0000101",
                },
                {"name": "东河乡便民服务中心", "address": "东河乡集镇", "region": "990121101", "hours": "工作日 9:00—16:30"},
            ],
            phone="0990-0000100",
            supervision_phone="0990-0000199",
            online_depths=[1, 2, 3, 4],
            visits=1,
            visit_reason="现场核查时须本人到场",
            handling_forms=[catalog.HANDLING_FORM_WINDOW, catalog.HANDLING_FORM_WEB],
            reach=catalog.REACH_CITY,
            case_kind=catalog.CASE_KIND_PROMISED,
            review_kind=catalog.REVIEW_KIND_THEN_DECIDED,
            postal=True,
            bookable=True,
            corporate_topics=["准营准办"],
            topics=["创业"],
            intermediary_services=["消防安全检测"],
            quantity_limit="无数量限制",
            exercise_level="4",
            joint_departments=["示范县消防救援大队"],
            handling_office="许可科",
            commitment=True,
            duty_codes=["990131001001"],
            former_codes=["0114001003"],
            automatic={"rule": leaf("true", "是"), "summary": "仅销售预包装食品，且无不良信用记录的，系统自动审批。"},
            apply_by="开业前",
            faq=[{"question": "多久能拿到证？", "answer": "8 个工作日内。"}],
            special_procedures=[
                {"kind": catalog.PROCEDURE_KIND_SITE_INSPECTION, "name": "现场核查", "cap": days(10), "basis": "办法第十条"}
            ],
            steps=[
                {"name": "受理", "kind": catalog.STEP_KIND_ACCEPT, "limit": days(1), "role": "窗口受理岗"},
                {"name": "审核", "kind": catalog.STEP_KIND_REVIEW, "limit": days(5), "standard": "材料齐全", "outcome": "提出意见"},
                {"name": "审批", "kind": catalog.STEP_KIND_DECIDE, "limit": days(2)},
            ],
            questions=[
                {
                    "key": "place", "text": "经营场所是自有还是租赁？", "kind": catalog.QUESTION_KIND_ONE,
                    "options": [{"key": "own", "text": "自有"}, {"key": "rented", "text": "租赁"}],
                },
                {"key": "online_only", "text": "是否只在网上经营？", "kind": catalog.QUESTION_KIND_YES_NO},
            ],
        )
    )  # fmt: skip
    d.department.code = USCC
    d.materials[0].MergeFrom(
        catalog.Material(
            form="原件", originals=1, blank_form={"name": "申请书.docx", "id": FILE_ID},
            sample={"name": "申请书样本.pdf", "url": "https://files.example/sample.pdf"}, standard="填写完整，签字盖章",
        )
    )  # fmt: skip
    d.materials.add(
        key="m2", name="营业执照", necessity=catalog.NECESSITY_REQUIRED, waiver=catalog.WAIVER_LICENCE,
        licence_name="电子营业执照", maker=catalog.MAKER_GOVERNMENT, issuer="市场监管部门",
    )  # fmt: skip
    d.materials.add(
        key="m3", name="房屋租赁合同", necessity=catalog.NECESSITY_REQUIRED, when=leaf('place == "rented"', "租")
    )
    d.materials.add(key="m4", name="健康证明", necessity=catalog.NECESSITY_DEFERRABLE, duplicates=2)
    return item


def answered(request: catalog.GuideItemRequest) -> catalog.ScenarioGuide:
    """What catalog says of that item: the contract is asked of those who rent."""
    given = {key: list(answer.values) for key, answer in request.answers.items()}
    item = a_guide().definition
    guide = catalog.ScenarioGuide(
        item_id=ITEM, edition=request.edition, asked=["place", "online_only"],
        open=[key for key in ("place", "online_only") if key not in given],
        steps=range(len(item.steps)), fees=range(len(item.fees)), special_procedures=[0],
        statutory_limit=item.statutory_limit, promised_limit=days(5) if given.get("online_only") == ["yes"] else days(8),
    )  # fmt: skip
    guide.materials.add(key="m1", demand=catalog.DEMAND_REQUIRED)
    guide.materials.add(key="m2", demand=catalog.DEMAND_REQUIRED)
    if "place" not in given:
        open_leaf = rules.Verdict(kind=rules.NODE_KIND_LEAF, truth=rules.TRUTH_UNKNOWN, missing=["place"])
        guide.materials.add(key="m3", demand=catalog.DEMAND_OPEN, reason=open_leaf)
    elif given["place"] == ["rented"]:
        told = rules.Verdict(kind=rules.NODE_KIND_LEAF, truth=rules.TRUTH_TRUE, says="经营场所为租赁")
        guide.materials.add(key="m3", demand=catalog.DEMAND_REQUIRED, reason=told)
    guide.materials.add(key="m4", demand=catalog.DEMAND_DEFERRABLE)
    return guide


def found(request: catalog.SearchItemsRequest) -> catalog.SearchItemsResponse:
    """One hit with all traits, and every facet."""
    hit = catalog.ItemHit(
        id=ITEM, name="食品经营许可证核发", type_code="01", promised_limit=days(8), online=True, visits=1, short_code=SHORT,
        code="11990121000001011B4990131001001", department={"code": USCC, "name": "示范县市场监督管理局"},
        traits=[catalog.TRAIT_ONLINE, catalog.TRAIT_ONE_VISIT, catalog.TRAIT_AUTOMATIC],
    )  # fmt: skip
    answer = catalog.SearchItemsResponse(hits=[hit], total=24)
    if request.facets:
        for kind, values in FACETS:
            answer.facets.add(kind=kind, values=[{"value": v, "label": text, "count": n} for v, text, n in values])
    return answer


FACETS: list[tuple[Any, list[tuple[str, str, int]]]] = [
    (catalog.FACET_KIND_TRAIT, [("1", "", 12), ("2", "", 9), ("3", "", 4), ("4", "", 2), ("6", "", 1), ("8", "", 3)]),
    (catalog.FACET_KIND_SERVICE_OBJECT, [("自然人", "", 8), ("企业法人", "", 7)]),
    (catalog.FACET_KIND_TOPIC, [(f"主题{number}", "", 20 - number) for number in range(12)]),
    (catalog.FACET_KIND_DEPARTMENT, [(USCC, "示范县市场监督管理局", 7), ("11990121000002021B", "示范县公安局", 5)]),
    (catalog.FACET_KIND_TYPE, [("01", "", 6), ("20", "", 6)]),
    (catalog.FACET_KIND_EXERCISE_LEVEL, [("4", "", 10), ("5", "", 2)]),
    (catalog.FACET_KIND_HANDLING_FORM, [("1", "", 12), ("2", "", 9)]),
    (catalog.FACET_KIND_REGION, [("990121", "", 10), ("990121101", "东河乡", 2)]),
]


def a_theme(**change: Any) -> themes.Theme:
    """A theme of three items, one after another two, and one only for some."""
    definition = themes.ThemeDefinition(
        code="T1", region="990121", name="开一家餐馆“一件事”", lead={"code": USCC, "name": "示范县市场监督管理局"},
        stated_limit=days(6), partial_results=True,
        items=[
            {"key": "licence", "name": "个体工商户设立登记", "item_code": "A"},
            {"key": "food", "name": "食品经营许可证核发", "item_code": "B", "after": ["licence"]},
            {"key": "sign", "name": "户外招牌设置备案", "item_code": "C", "when": leaf("sign", "要设招牌")},
        ],
    )  # fmt: skip
    fields = {"id": OTHER, "edition": 1, "status": catalog.ITEM_STATUS_PUBLISHED, "definition": definition} | change
    return themes.Theme(**fields)


def merged(request: themes.GetThemeRequest) -> themes.ThemeGuide:
    """The theme merged: the sign only for those who want one."""
    given = {key: list(answer.values) for key, answer in request.answers.items()}
    sign = {"yes": rules.TRUTH_TRUE, "no": rules.TRUTH_FALSE}.get((given.get("sign") or [""])[0], rules.TRUTH_UNKNOWN)
    return themes.ThemeGuide(
        theme=a_theme(), questions=[{"key": "sign", "text": "要设置户外招牌吗？", "kind": catalog.QUESTION_KIND_YES_NO}],
        asked=["sign"], open=[] if given else ["sign"], longest_days=9, longest=["licence", "food"],
        branches=[
            {"key": "licence", "item_id": ITEM, "applies": rules.TRUTH_TRUE, "limit": days(1), "ends_after": 1},
            {"key": "food", "item_id": ITEM, "applies": rules.TRUTH_TRUE, "limit": days(8), "ends_after": 9},
            {"key": "sign", "applies": sign, "limit": days(3), "ends_after": 3},
        ],
        fields=[{"field": {"key": "phone", "label": "联系电话", "required": True}, "fills": {"licence": "tel", "food": "phone"}}],
        materials=[{"material": {"key": "id", "name": "居民身份证"}, "demand": 1, "fills": {"licence": "m1", "food": "m2"}}],
        fields_before=7, materials_before=5,
        oddities=[{"reason": "STATED_BELOW_LONGEST", "message": "承诺短于最长路径", "field": "stated_limit"}],
    )  # fmt: skip


def a_line(name: str = "食品经营许可证核发", detail: str = "80 元/件") -> lists.ListLine:
    return lists.ListLine(
        item_id=ITEM, edition=2, code="X1", name=name, department={"code": USCC, "name": "示范县市场监督管理局"},
        region="990121", type_code="01", detail=detail, counts=1, of=1,
    )  # fmt: skip


def a_list(request: lists.GetListRequest) -> lists.GetListResponse:
    publication = lists.Publication(number=request.number, region=request.region) if request.number else None
    as_of = "2026-03-05T02:00:00Z"
    return lists.GetListResponse(lines=[a_line()], total=1, as_of=as_of, publication=publication)


def some_rates(request: lists.GetRatesRequest) -> lists.GetRatesResponse:
    online = lists.Rate(
        kind=lists.RATE_KIND_ONLINE, name="网上可办率", value=0.982, numerator=491, denominator=500,
        formula="可网上申请的事项数 ÷ 在用的依申请事项数", denominator_definition="在用的六类依申请事项和公共服务",
        left_out=3, target=request.targets.get(lists.RATE_KIND_ONLINE, 0), reached=True,
    )  # fmt: skip
    none = lists.Rate(
        kind=lists.RATE_KIND_AT_CENTRE, name="进驻率", formula="进驻的 ÷ 全部", denominator_definition="全部"
    )
    return lists.GetRatesResponse(rates=[online, none], as_of="2026-03-05T02:00:00Z", items=500)


def publications(request: lists.ListPublicationsRequest) -> lists.ListPublicationsResponse:
    told = lists.Publication(
        id=OTHER, kind=lists.LIST_KIND_FEES, region="990121", number=3, as_of="2026-01-05T02:00:00Z", count=12,
        digest="c0ffee" * 10, note="年度公布",
    )  # fmt: skip
    return lists.ListPublicationsResponse(publications=[told])


def some_reductions(request: lists.GetReductionsRequest) -> lists.GetReductionsResponse:
    sums = {
        "limit_before": 100, "limit_after": 46, "materials_before": 20, "materials_after": 20, "steps_before": 9,
        "steps_after": 5, "visits_before": 8, "visits_after": 0,
    }  # fmt: skip
    one = {"department": {"code": USCC, "name": "示范县市场监督管理局"}, "items": 7} | sums
    return lists.GetReductionsResponse(reductions=[{"items": 7} | sums, one], as_of="2026-03-05T02:00:00Z")


def an_entry(**change: Any) -> directory.Entry:
    definition = directory.EntryDefinition(
        code="990131001000", name="食品经营许可", type_code="01", region="990000", owner_name="示范省市场监督管理局",
        standard=catalog.ItemDefinition(statutory_limit=days(20)),
    )  # fmt: skip
    return directory.Entry(**{"id": OTHER, "edition": 1, "definition": definition} | change)


def an_implementation() -> directory.Implementation:
    definition = directory.ImplementationDefinition(
        code="11990121000001011B4990131001001", base_code="990131001000", name="食品经营许可", type_code="01",
        department={"code": USCC, "name": "示范县市场监督管理局"}, region="990121", exercise_level="4",
        power_source=directory.POWER_SOURCE_STATUTORY, body_kind=directory.BODY_KIND_STATUTORY, duties="不依法履职的，追究责任",
    )  # fmt: skip
    return directory.Implementation(id=OTHER, edition=1, definition=definition)


ANSWERS = {
    "GetItem": a_guide(),
    "GuideItem": answered,
    "SearchItems": found,
    "ListThemes": themes.ListThemesResponse(themes=[a_theme()]),
    "GetTheme": merged,
    "GetList": a_list,
    "ListPublications": publications,
    "GetRates": some_rates,
    "ListRateItems": lists.ListRateItemsResponse(lines=[a_line()], total=1),
    "GetReductions": some_reductions,
    "ListEntries": directory.ListEntriesResponse(entries=[an_entry()]),
    "GetEntry": an_entry(),
    "ListImplementations": directory.ListImplementationsResponse(implementations=[an_implementation()]),
    "GetImplementation": an_implementation(),
    "ListImplementationItems": directory.ListImplementationItemsResponse(items=[{"id": ITEM}]),
    "ResolveShortCode": catalog.ShortCode(
        item_id=ITEM, status=catalog.ITEM_STATUS_PUBLISHED, name="食品经营许可证核发"
    ),
    "ListEditions": catalog.ListEditionsResponse(
        editions=[
            {"edition": 1, "status": 2, "from": "2025-01-01T00:00:00Z", "until": "2026-03-05T02:00:00Z", "name": "甲"},
            {"edition": 2, "status": 2, "from": "2026-03-05T02:00:00Z", "name": "甲"},
        ]
    ),
    "DownloadGuideFile": catalog.DownloadGuideFileResponse(name="申请书.docx", type="text/html", content=b"<script>"),
}
