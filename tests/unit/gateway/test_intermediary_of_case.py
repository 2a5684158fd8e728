"""Intermediaries' results on the pages of a case: asked for by applicant and officer, followed, and shown with their hashes."""

import pytest

from tests.unit.gateway.told import CASE, Services, Site, a_case, refuse
from yiwang.case.v1 import service_pb2 as cases

PROCUREMENT, SHA = "7b0f3c1e-0000-4000-8000-0000000000cc", "5e" * 32
PAGES = {"/cases": False, "/desk": True}
each_page = pytest.mark.parametrize("where", PAGES)


def case(*intermediaries: cases.CaseIntermediary, services: tuple[str, ...] = ()) -> cases.Case:
    found = a_case()
    found.intermediaries.extend(intermediaries)
    found.intermediary_services.extend(services)
    return found


def shown(site: Site, services: Services, where: str, answer: cases.Case) -> str:
    site.sign_in(as_officer=PAGES[where])
    services.on("GetCase", answer)
    return str(site.get(f"{where}/{CASE}").text)


@each_page
def test_a_case_whose_item_lists_none_says_nothing_of_it(site: Site, services: Services, where: str):
    assert "中介服务" not in shown(site, services, where, case())


@each_page
def test_each_service_is_asked_for_by_a_button_of_its_own(site: Site, services: Services, where: str):
    page = shown(site, services, where, case(services=("卫生检测", "<b>设计</b>")))
    assert page.count(f'action="{where}/{CASE}/intermediary"') == 2
    assert "申请：卫生检测" in page and "&lt;b&gt;设计&lt;/b&gt;" in page and "<b>设计" not in page
    services.on("RequestIntermediary", case())
    answer = site.send(f"{where}/{CASE}/intermediary", {"service": "卫生检测"})
    assert answer.status_code == 303 and answer.headers["location"].startswith(f"{where}/{CASE}?done=")
    (request,) = services.requests("RequestIntermediary")
    assert (request.case_id, request.service, request.request_id) == (CASE, "卫生检测", "act-00000001")
    assert "已申请" in site.get(answer.headers["location"]).text


@each_page
def test_a_refusal_comes_back_on_the_page_of_the_case(site: Site, services: Services, where: str):
    shown(site, services, where, case(services=("卫生检测",)))
    services.on("RequestIntermediary", refuse("FAILED_PRECONDITION", "INTERMEDIARY_RUNNING", "该项中介服务正在采购中"))
    answer = site.send(f"{where}/{CASE}/intermediary", {"service": "卫生检测"})
    assert answer.status_code == 409 and "该项中介服务正在采购中" in answer.text


@each_page
def test_a_result_is_shown_with_agency_procurement_and_hash(site: Site, services: Services, where: str):
    file = cases.Deliverable(file_id="f", media_type="application/pdf", size=2048, sha256=SHA)
    done = cases.CaseIntermediary(
        number=1, service="卫生检测", status=cases.INTERMEDIARY_STATUS_DELIVERED, requested_at="2026-09-30T02:00:00Z",
        procurement_id=PROCUREMENT, procurement_number="ZJ-1", finished_at="2026-11-30T02:00:00Z",
        agency_name="示范县衡正检测技术有限公司", files=[file],
    )  # fmt: skip
    answer = case(done)
    answer.ClearField("materials")
    answer.materials.add(key="report", name="检测报告", procurement_number="ZJ-1")
    page = shown(site, services, where, answer)
    for part in (
        "成果已回",
        SHA,
        "示范县衡正检测技术有限公司",
        f'href="/market/procurements/{PROCUREMENT}"',
        "中介成果已回",
    ):
        assert part in page, part
    assert "未提交" not in page


@each_page
def test_one_that_ended_says_why(site: Site, services: Services, where: str):
    over = cases.CaseIntermediary(
        number=1, service="卫生检测", status=cases.INTERMEDIARY_STATUS_ENDED, requested_at="2026-09-30T02:00:00Z",
        finished_at="2026-10-30T02:00:00Z", reason="TOO_FEW", reason_title="报名机构不足",
    )  # fmt: skip
    page = shown(site, services, where, case(over, services=("卫生检测",)))
    assert "已终止" in page and "报名机构不足" in page and "申请：卫生检测" in page
