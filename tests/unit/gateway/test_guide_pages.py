"""The guide of an item: everything the definition says, the questions, the paper version, its files, and items that are no more."""

import pytest

from tests.unit.gateway import told_catalog
from tests.unit.gateway.told import ITEM, Services, Site, refuse
from tests.unit.gateway.told_catalog import FILE_ID, OTHER, SHORT, a_guide
from yiwang.catalog.v1 import service_pb2 as catalog

GUIDE = f"/items/{ITEM}"
AWAY = refuse("UNAVAILABLE", "STORE_AWAY")
pytestmark = pytest.mark.usefixtures("catalogue")


EVERYTHING = [
    "食品经营许可证核发", "开饭店", "8 个工作日", "20 个工作日", "有固定的经营场所", "窗口受理岗", "材料齐全", "提出意见", "现场核查",
    "最长 10 个工作日", "仅销售预包装食品", "80 元/件", "100 至 550.50 元", "小微企业免收", "出证办结", "有效期：5 年", "第三十五条",
    "东河乡便民服务中心", "就近办", "12—15号", "工作日 9:00—17:00", "0990-0000199", "多久能拿到证", "全市通办", "互联网受理", "电脑端",
    "现场核查时须本人到场", "消防安全检测", "前审后批", "县级", "示范县消防救援大队", "990131001001", "0114001003", "实行告知承诺制",
    "电子营业执照", "市场监管部门", "复印件 2 份", "填写完整，签字盖章", "第 2 版", "准营准办", "开业前", "无数量限制",
]  # fmt: skip


@pytest.mark.parametrize("path", [GUIDE, f"{GUIDE}/print"])
def test_a_guide_says_everything_the_definition_says(site: Site, path: str):
    page = site.get(path).text
    assert [words for words in EVERYTHING if words not in page] == []


WAYS = catalog.Handling(
    pre_review=True,
    pre_review_days=60,
    correction_days=15,
    deferral_days=20,
    commitment_text="本人承诺：场所符合卫生标准。",
    verify_days=40,
    visit=catalog.VISIT_NEED_REQUIRED,
    decided_on_site=True,
    renewal=True,
    joint=True,
    in_order=True,
    refunds=True,
)


@pytest.mark.parametrize("path", [GUIDE, f"{GUIDE}/print"])
def test_a_guide_says_which_ways_a_case_can_go_and_what_is_promised(site: Site, services: Services, path: str):
    plain = site.get(path).text
    for words in ("网上预审", "个工作日内补齐", "现勘现审", "证照延续", "联合办理", "告知承诺书</h2>"):
        assert words not in plain
    item = a_guide()
    item.definition.handling.CopyFrom(WAYS)
    services.on("GetItem", item)
    page = site.get(path).text
    assert "提交相同材料不再重复审查；60日内有效" in page and "实行告知承诺制；准予后40个工作日内核查" in page
    assert "可以后补：健康证明；受理后20个工作日内补齐" in page
    assert "必须进行，计入办理时限；现勘现审，当日作出决定" in page and "视为准予延续" in page
    for words in ("由多个部门联合办理", "按受理先后决定", "退还已缴费用", "15个工作日", "场所符合卫生标准。"):
        assert words in page
    assert ("查看承诺书全文" in page) == (path == GUIDE)


def test_before_any_answer_the_questions_are_asked_and_what_hangs_on_them_is_open(site: Site):
    page = site.get(GUIDE).text
    assert "经营场所是自有还是租赁？" in page and 'name="q_place" value="rented"' in page
    assert "房屋租赁合同" in page and "待确认" in page and "取决于：经营场所是自有还是租赁？" in page


def test_answers_travel_in_the_address_and_the_list_is_what_applies_with_the_reason(site: Site, services: Services):
    rented = site.get(f"{GUIDE}?q_place=rented&q_online_only=yes").text
    assert "房屋租赁合同" in rented and "因为：经营场所为租赁" in rented and "5 个工作日" in rented
    request = services.requests("GuideItem")[-1]
    assert {key: list(one.values) for key, one in request.answers.items()} == {
        "place": ["rented"],
        "online_only": ["yes"],
    }
    own = site.get(f"{GUIDE}?q_place=own&q_online_only=no").text
    assert "房屋租赁合同" not in own and "清单之外不再要求其他材料" in own


def test_applying_and_printing_carry_the_answers(site: Site):
    page = site.get(f"{GUIDE}?q_place=rented&q_online_only=no").text
    assert f"{GUIDE}/apply?q_place=rented&amp;q_online_only=no" in page
    assert f"{GUIDE}/print?q_place=rented&amp;q_online_only=no" in page
    paper = site.get(f"{GUIDE}/print?q_place=own&q_online_only=no").text
    assert "房屋租赁合同" not in paper and "自有" in paper


def test_an_answer_that_fits_nothing_is_said_at_its_question(site: Site, services: Services):
    def picky(request: catalog.GuideItemRequest):
        if "castle" in request.answers["place"].values:
            return refuse("INVALID_ARGUMENT", "ANSWERS", "有误", answers__place="请从选项中选择")
        return told_catalog.answered(request)

    services.on("GuideItem", picky)
    answer = site.get(f"{GUIDE}?q_place=castle")
    assert answer.status_code == 200 and "请从选项中选择" in answer.text


def test_while_the_questions_cannot_be_asked_every_material_is_shown(site: Site, services: Services):
    services.on("GuideItem", AWAY)
    page = site.get(GUIDE).text
    assert "情形引导暂时不可用" in page and "房屋租赁合同" in page and "健康证明" in page
    assert "清单之外不再要求" not in page


def test_forms_and_samples_are_offered_and_saved_never_shown(site: Site):
    assert f'href="/guide-files/{FILE_ID}" download' in site.get(GUIDE).text
    assert 'href="https://files.example/sample.pdf" rel="noopener noreferrer"' in site.get(GUIDE).text
    answer = site.get(f"/guide-files/{FILE_ID}")
    assert answer.content == b"<script>" and answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    for wrong in ("x", "ab" * 31, "..%2f..%2fapp.py", "AB" * 32):
        assert site.get(f"/guide-files/{wrong}").status_code == 404


def test_an_old_edition_says_so_and_offers_nothing_to_apply_for(site: Site, services: Services):
    services.on("GetItem", a_guide(edition=1))
    page = site.get(f"{GUIDE}?as_of=2025-06-01").text
    assert services.requests("GetItem")[-1].as_of == "2025-06-01"
    assert "2025-06-01 时有效的第 1 版" in page and "现行为第 2 版" in page and "/apply" not in page
    assert "这不是现行版本" in site.get(f"{GUIDE}/print?edition=1").text


@pytest.mark.parametrize("odd", ["as_of=yesterday", "as_of=2025-6-1", "edition=x", "edition=-1", "edition=²"])
def test_an_odd_edition_or_date_counts_as_not_asked(site: Site, services: Services, odd: str):
    assert site.get(f"{GUIDE}?{odd}").status_code == 200
    request = services.requests("GetItem")[-1]
    assert request.edition == 0 and request.as_of == ""


def test_a_suspended_item_says_why_and_cannot_be_applied_for(site: Site, services: Services):
    services.on("GetItem", a_guide(status=catalog.ITEM_STATUS_SUSPENDED, reason="系统升级"))
    page = site.get(GUIDE).text
    assert "暂停受理新的申请" in page and "系统升级" in page and "/apply" not in page


def test_a_withdrawn_item_names_what_stands_for_it_and_stays_readable(site: Site, services: Services):
    item = a_guide(status=catalog.ITEM_STATUS_WITHDRAWN, reason="合并办理", successors=[OTHER])
    services.on("GetItem", item)
    successors = [catalog.Successor(item_id=OTHER, name="餐饮服务许可")]
    code = catalog.ShortCode(item_id=ITEM, status=catalog.ITEM_STATUS_WITHDRAWN, successors=successors)
    services.on("ResolveShortCode", code)
    page = site.get(GUIDE).text
    assert f"/items/{OTHER}" in page and "餐饮服务许可" in page and "合并办理" in page and "/apply" not in page
    old = site.get(f"{GUIDE}?edition=2").text
    assert "本事项已取消" in old and "有固定的经营场所" in old and "/apply" not in old


def test_a_withdrawn_item_without_successor_says_where_to_ask(site: Site, services: Services):
    services.on("GetItem", a_guide(status=catalog.ITEM_STATUS_WITHDRAWN))
    services.on("ResolveShortCode", AWAY)
    page = site.get(GUIDE).text
    assert "没有接替的事项" in page and "0990-0000100" in page


def test_the_paper_version_has_code_edition_and_address_and_no_frame(site: Site):
    page = site.get(f"{GUIDE}/print").text
    assert f"county.test/i/{SHORT}" in page and "第 2 版" in page and "<svg" in page
    assert "主导航" not in page and "paper.css" in page


def test_a_guide_that_was_never_published_is_not_found(site: Site, services: Services):
    services.on("GetItem", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get(GUIDE).status_code == 404 and site.get(f"{GUIDE}/print").status_code == 404
