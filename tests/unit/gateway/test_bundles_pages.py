"""One thing at once: one merged form, handed in once; its branches with what they wait for."""

from typing import Any

import pytest

from tests.unit.gateway.told import CASE, FILE, Services, Site, hidden, refuse
from yiwang.case.v1 import bundles_pb2 as bundles
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.rules.v1 import rules_pb2 as rules

THEME, BUNDLE = "7b0f3c1e-0000-4000-8000-0000000000d1", "7b0f3c1e-0000-4000-8000-0000000000d2"
APPLY, PAGE = f"/themes/{THEME}/apply", f"/bundles/{BUNDLE}"


def a_guide(request: Any = None, project: bool = False) -> themes.ThemeGuide:
    """A theme with one question, two items and what is merged of them."""
    guide = themes.ThemeGuide(asked=["account"], open=[] if request and request.answers else ["account"])
    guide.theme.id, guide.theme.edition, guide.theme.status = THEME, 3, catalog.ITEM_STATUS_PUBLISHED
    d = guide.theme.definition
    d.name, d.project = "开办企业一件事", project
    d.items.add(key="licence", name="设立登记")
    d.items.add(key="seal", name="公章刻制", after=["licence"])
    guide.questions.add(key="account", text="要开户吗？", kind=catalog.QUESTION_KIND_YES_NO)
    for key in ("licence", "seal"):
        guide.branches.add(key=key, item_id=CASE, applies=rules.TRUTH_TRUE)
    field = guide.fields.add(fills={"licence": "a", "seal": "b"}).field
    field.key, field.label, field.kind = "phone", "联系电话", catalog.FIELD_KIND_PHONE
    one = guide.materials.add(demand=catalog.DEMAND_REQUIRED, fills={"licence": "m1"})
    one.material.key, one.material.name = "m1", "申请书"
    guide.materials.add(demand=catalog.DEMAND_NOT_BY_APPLICANT).material.name = "内部材料"
    return guide


def a_bundle(*moves: str, **facts: Any) -> bundles.Bundle:
    """A parent of which one branch is open, and one waits for it."""
    bundle = bundles.Bundle(
        id=BUNDLE, version=2, number="N1", status=bundles.BUNDLE_STATUS_RUNNING, theme_name="开办企业一件事", department_name="牵头局",
        total=2, well=0, longest="licence", waits_for="设立登记", moves=moves, **facts,
    )  # fmt: skip
    bundle.branches.add(
        key="licence", name="设立登记", status=bundles.BRANCH_STATUS_OPEN, department_name="市监局", case_id=CASE, case_number="N2",
        case_status=cases.CASE_STATUS_IN_REVIEW, promised_due="2026-12-01T00:00:00Z", light=cases.LIGHT_YELLOW, fees_owed=100,
    )  # fmt: skip
    bundle.branches.add(key="seal", name="公章刻制", status=bundles.BRANCH_STATUS_WAITING, waits_for=["licence"])
    bundle.branches.add(key="bank", name="银行开户", status=bundles.BRANCH_STATUS_NOT_PART)
    return bundle


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    services.on("GetTheme", a_guide)
    services.on("UploadAttachment", lambda asked: cases.Attachment(id=FILE, filename=asked.filename))
    services.on("SubmitBundle", a_bundle())
    services.on("GetBundle", a_bundle("WithdrawBundle", "GiveUpBranch"))
    services.on("ListMyBundles", bundles.ListMyBundlesResponse(bundles=[a_bundle()], next_page_token="p2"))


def send(site: Site, **typed: str) -> Any:
    page = site.get(f"{APPLY}?q_account=yes").text
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition")} | {"q_account": "yes"}
    files = [("materials.m1", ("申请书.pdf", b"%PDF-1.4", "application/pdf"))]
    return site.post(APPLY, form | {name.replace("__", "."): one for name, one in typed.items()}, files=files)


def test_questions_come_first_then_each_fact_and_each_paper_once(site: Site):
    site.sign_in()
    asked = site.get(APPLY).text
    assert "要开户吗？" in asked and "一次提交</button>" not in asked
    page = site.get(f"{APPLY}?q_account=yes").text
    assert page.count('name="form.phone"') == 1 and page.count('name="materials.m1"') == 1 and "内部材料" in page
    assert "project_code" not in page


def test_a_project_names_its_code(site: Site, services: Services):
    services.on("GetTheme", lambda request: a_guide(request, project=True))
    site.sign_in()
    assert 'name="project_code"' in site.get(f"{APPLY}?q_account=yes").text
    services.on("SubmitBundle", refuse("INVALID_ARGUMENT", "X", "有误", project_code="投资项目统一代码不正确"))
    page = send(site, project_code="X").text
    assert 'id="project_code-error"' in page and 'value="X"' in page


def test_everything_is_handed_in_once(site: Site, services: Services):
    site.sign_in()
    answer = send(site, form__phone="139", delivery__way="DELIVERY_WAY_ELECTRONIC")
    assert answer.headers["location"] == f"{PAGE}?done=person-bundle&at=2"
    (request,) = services.requests("SubmitBundle")
    assert (request.theme_id, request.edition, dict(request.form)) == (THEME, 3, {"phone": "139"})
    assert list(request.answers["account"].values) == ["yes"] and request.delivery.way == cases.DELIVERY_WAY_ELECTRONIC
    assert [list(one.attachments) for one in request.materials] == [[FILE]]


def test_mistakes_stand_at_their_places_and_files_stay(site: Site, services: Services):
    site.sign_in()
    services.on(
        "SubmitBundle", refuse("INVALID_ARGUMENT", "X", "有误", form__phone="格式不正确", materials__m1="缺少必要材料")
    )
    page = send(site, form__phone="1").text
    for part in (
        '<a href="#form-phone">联系电话：格式不正确</a>',
        'id="materials-m1-error"',
        f'value="{FILE} 申请书.pdf" checked',
    ):
        assert part in page, part
    services.on("SubmitBundle", refuse("FAILED_PRECONDITION", "THEME_CHANGED", "主题已更新，请重新查看"))
    changed = send(site)
    assert changed.status_code == 409 and "主题已更新" in changed.text


def test_branches_tell_department_clock_and_what_waits_for_what(site: Site):
    site.sign_in()
    page = site.get(PAGE).text
    for part in ("市监局", f"/cases/{CASE}", "审查中", "临近期限", "等待：设立登记", "最晚办完", "￥1.00", "0 / 2 项"):
        assert part in page, part
    assert "银行开户" not in page.partition("办理经过")[0]


def test_stages_group_the_branches_of_a_project(site: Site, services: Services):
    bundle = a_bundle(project_code="2026-990121")
    for branch, stage in zip(bundle.branches, ("立项", "施工", ""), strict=True):
        branch.stage = stage
    bundle.stages.add(name="立项", closed=True)
    bundle.stages.add(name="施工", broken=True)
    services.on("GetBundle", bundle)
    site.sign_in()
    page = site.get(PAGE).text
    assert "本阶段已完成" in page and "本阶段不能全部完成" in page and page.index("立项") < page.index("施工")


def test_the_whole_is_taken_back_and_a_branch_given_up(site: Site, services: Services):
    site.sign_in()
    services.on("WithdrawBundle", a_bundle())
    assert (
        site.send(f"{PAGE}/withdraw", {"reason": "不办了"}).headers["location"]
        == f"{PAGE}?done=person-bundle-withdrawn&at=2"
    )
    services.on("WithdrawBundle", refuse("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED", "没有可以撤回的事项"))
    refused = site.send(f"{PAGE}/withdraw", {"reason": "不办了"})
    assert refused.status_code == 409 and "没有可以撤回的事项" in refused.text and "不办了" in refused.text
    services.on("GiveUpBranch", a_bundle())
    assert site.send(f"{PAGE}/branches/seal/give-up", {"reason": "不需要"}).status_code == 303
    (request,) = services.requests("GiveUpBranch")
    assert (request.bundle_id, request.key, request.reason) == (BUNDLE, "seal", "不需要")


def test_ones_own_are_listed(site: Site, services: Services):
    site.sign_in()
    page = site.get("/bundles?page=p1").text
    assert PAGE in page and "page=p2" in page and services.requests("ListMyBundles")[-1].page_token == "p1"


def test_a_file_is_saved_never_shown(site: Site, services: Services):
    site.sign_in()
    found = bundles.DownloadBundleFileResponse(content=b"<script>")
    found.attachment.filename, found.attachment.media_type = "a.html", "text/html"
    services.on("DownloadBundleFile", found)
    answer = site.get(f"{PAGE}/files/{FILE}")
    assert (
        answer.headers["content-type"] == "application/octet-stream"
        and "attachment" in answer.headers["content-disposition"]
    )


def test_strangers_are_sent_to_sign_in(site: Site):
    for path in (APPLY, PAGE, "/bundles", "/drafts"):
        assert site.get(path).headers["location"].startswith("/sign-in"), path
