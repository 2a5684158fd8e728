"""A case as its applicant sees it: clocks, papers, money, parcel, visits, and its trace."""

import json
from typing import Any

import pytest

from services.gateway.words import OUTLOOK, STATUS
from tests.unit.gateway.told import CASE, FILE, Services, Site, a_case, refuse
from yiwang.case.v1 import documents_pb2 as documents
from yiwang.case.v1 import fulfilment_pb2 as fulfilment
from yiwang.case.v1 import procedures_pb2 as procedures
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import trace_pb2 as trace
from yiwang.catalog.v1 import service_pb2 as catalog

SLOT = "7b0f3c1e-0000-4000-8000-0000000000bb"
PAGE = f"/cases/{CASE}"


def case(status: int = cases.CASE_STATUS_IN_REVIEW, *moves: str, **facts: Any) -> cases.Case:
    """A case with these facts."""
    found = a_case(status, *moves)
    found.MergeFrom(cases.Case(**facts))
    return found


@pytest.mark.parametrize("status", [one for one in cases.CaseStatus.values() if one])
def test_every_status_has_a_page_with_its_words(site: Site, services: Services, status: int):
    site.sign_in()
    services.on("GetCase", case(status))
    answer = site.get(PAGE)
    assert answer.status_code == 200 and STATUS[status].text in answer.text and OUTLOOK[status] in answer.text


def test_clocks_are_told_with_what_they_mean(site: Site, services: Services):
    site.sign_in()
    day = "2026-12-01T15:59:59Z"
    services.on("GetCase", case(cases.CASE_STATUS_SUBMITTED, accept_due=day))
    assert "到期没有告知的，自收到材料之日起视为受理" in site.get(PAGE).text
    services.on(
        "GetCase", case(promised_due=day, statutory_due=day, extended_days=10, deferred_due=day, provisional=True)
    )
    page = site.get(PAGE).text
    for part in ("承诺办结", "经批准延长 10 个工作日", "补交材料期限", "2026年12月1日", "暂定"):
        assert part in page, part
    procedure = cases.CaseProcedure(
        number=1, title="听证", started_at=day, expected_until=day, pauses=True, notice="请参加"
    )
    services.on("GetCase", case(cases.CASE_STATUS_SUSPENDED, procedures=[procedure]))
    page = site.get(PAGE).text
    assert "特别程序：听证" in page and "所需时间不计入办理时限" in page and "请参加" in page


def test_documents_are_listed_with_what_verifies_them_and_left_out_while_away(site: Site, services: Services):
    site.sign_in()
    one = documents.Document(
        number="990121260928ABCDEF0-D7", title="准予行政许可决定书", code="7QK3M9XW2A7QK3M9XW2A", state=2
    )
    services.on("ListDocuments", documents.ListDocumentsResponse(documents=[one]))
    page = site.get(PAGE).text
    assert f"{PAGE}/documents/{one.number}" in page and one.code in page and "已撤销" in page and "/verify" in page
    services.on("ListDocuments", refuse("UNAVAILABLE", "AWAY"))
    answer = site.get(PAGE)
    assert answer.status_code == 200 and "准予行政许可决定书" not in answer.text


def test_what_is_owed_leads_to_paying_and_zero_is_zero(site: Site, services: Services):
    site.sign_in()
    fees = [
        cases.CaseFee(name="工本费"),
        cases.CaseFee(name="登记费", amount=8050),
        cases.CaseFee(name="检测费", open=True),
    ]
    services.on("GetCase", case(cases.CASE_STATUS_IN_REVIEW, "PayFees", fees=fees, fees_owed=8050))
    services.on("GetPayment", fulfilment.Payment(state=fulfilment.PAYMENT_STATE_OPEN, amount=8050))
    page = site.get(PAGE).text
    for part in ("￥0.00", "￥80.50", "待核定", f"{PAGE}/payment", "待缴费"):
        assert part in page, part


def test_paying_orders_once_and_leads_to_the_providers_page(site: Site, services: Services):
    site.sign_in()
    services.on("PayFees", a_case())
    services.on(
        "GetPayment", fulfilment.Payment(state=fulfilment.PAYMENT_STATE_READY, amount=100, pay_url="https://pay.test/1")
    )
    assert site.send(f"{PAGE}/payment").headers["location"] == f"{PAGE}/payment?at=4"
    assert 'href="https://pay.test/1"' in site.get(f"{PAGE}/payment").text
    services.on("GetPayment", fulfilment.Payment(state=fulfilment.PAYMENT_STATE_READY, pay_url="javascript:alert(1)"))
    assert "javascript:" not in site.get(f"{PAGE}/payment").text
    services.on("PayFees", refuse("FAILED_PRECONDITION", "PAYMENT_NOT_ONLINE", "本地暂不支持网上缴费，请到窗口缴费"))
    refused = site.send(f"{PAGE}/payment")
    assert refused.status_code == 409 and "请到窗口缴费" in refused.text


def test_the_way_of_delivery_is_changed_and_a_refusal_stands_at_its_input(site: Site, services: Services):
    site.sign_in()
    services.on("GetCase", case(cases.CASE_STATUS_IN_REVIEW, "ChooseDelivery", delivery=cases.DELIVERY_WAY_PICK_UP))
    assert "窗口领取" in site.get(PAGE).text
    services.on("ChooseDelivery", a_case())
    typed = {
        "delivery.way": "DELIVERY_WAY_EXPRESS",
        "delivery.name": "甲",
        "delivery.phone": "1",
        "delivery.address": "路",
    }
    assert site.send(f"{PAGE}/delivery", typed).headers["location"] == f"{PAGE}?done=person-delivery&at=4"
    assert services.requests("ChooseDelivery")[0].delivery.name == "甲"
    services.on("ChooseDelivery", refuse("INVALID_ARGUMENT", "X", "有误", **{"delivery.address": "请填写详细地址"}))
    page = site.send(f"{PAGE}/delivery", typed).text
    assert (
        '<a href="#choose-delivery-address">' in page
        and 'id="choose-delivery-address-error"' in page
        and 'value="甲"' in page
    )
    services.on("ChooseDelivery", refuse("INVALID_ARGUMENT", "X", "有误", delivery="请选择送达方式"))
    page = site.send(f"{PAGE}/delivery", {"delivery.way": "BY_PIGEON"}).text
    assert 'href="#choose-delivery"' in page and not services.requests("ChooseDelivery")[-1].HasField("delivery")


def test_a_parcel_is_told_with_its_number(site: Site, services: Services):
    site.sign_in()
    told = {"delivery": cases.DELIVERY_WAY_EXPRESS, "parcel_state": "IN_TRANSIT", "tracking_number": "SF100"}
    services.on("GetCase", case(cases.CASE_STATUS_ISSUED, **told))
    page = site.get(PAGE).text
    assert "运送中" in page and "SF100" in page


def test_taking_back_what_was_accepted_is_only_asked_for(site: Site, services: Services):
    site.sign_in()
    services.on("WithdrawCase", a_case(cases.CASE_STATUS_WITHDRAW_PENDING))
    assert "done=person-withdraw-asked" in site.send(f"{PAGE}/withdraw").headers["location"]
    services.on("WithdrawCase", a_case(cases.CASE_STATUS_WITHDRAWN))
    assert "done=withdrawn" in site.send(f"{PAGE}/withdraw").headers["location"]
    services.on("WithdrawCase", refuse("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED", "办件当前状态不允许“撤回申请”"))
    services.on("GetCase", case(cases.CASE_STATUS_IN_REVIEW, "WithdrawCase"))
    refused = site.send(f"{PAGE}/withdraw", {"reason": "不办了"})
    assert refused.status_code == 409 and "不允许" in refused.text and "不办了" in refused.text


def test_what_could_follow_is_handed_in_later(site: Site, services: Services):
    site.sign_in()
    services.on("GetCase", case(cases.CASE_STATUS_IN_REVIEW, "SupplyDeferred", deferred=["m1"]))
    assert f"{PAGE}/supply" in site.get(PAGE).text and "还需补交的材料" in site.get(f"{PAGE}/supply").text
    services.on("UploadAttachment", cases.Attachment(id=FILE))
    services.on("SupplyDeferred", a_case())
    answer = site.send(f"{PAGE}/supply", files=[("materials.m1", ("a.pdf", b"%PDF-1.4"))])
    assert answer.headers["location"] == f"{PAGE}?done=person-supplied&at=4"
    (request,) = services.requests("SupplyDeferred")
    assert isinstance(request, promises.SupplyDeferredRequest) and [m.material for m in request.materials] == ["m1"]
    services.on("SupplyDeferred", refuse("INVALID_ARGUMENT", "X", "有误", materials__m1="该材料不在待补交之列"))
    assert 'id="materials-m1-error"' in site.send(f"{PAGE}/supply").text
    services.on("GetCase", a_case())
    assert site.get(f"{PAGE}/supply").headers["location"] == PAGE


def slots() -> procedures.ListSlotsResponse:
    """Two times of one day, and one of the next."""
    times = [
        ("2026-11-25T01:00:00Z", "2026-11-25T03:00:00Z"),
        ("2026-11-25T06:00:00Z", ""),
        ("2026-11-26T01:00:00Z", ""),
    ]
    some = [procedures.Slot(id=SLOT, start=start, end=end, place="城东", available=2) for start, end in times]
    return procedures.ListSlotsResponse(slots=some, next_page_token="p2")


def test_an_inspection_is_booked_from_a_list_by_days(site: Site, services: Services):
    site.sign_in()
    services.on("GetCase", case(cases.CASE_STATUS_IN_REVIEW, "BookVisit"))
    services.on("ListSlots", slots())
    assert f"{PAGE}/visits" in site.get(PAGE).text
    page = site.get(f"{PAGE}/visits?page=p1").text
    for part in ("11月25日（周三）", "09:00—11:00", "11月26日（周四）", "城东", "还可预约 2 件", "page=p2"):
        assert part in page, part
    assert page.count("<legend>") == 2 and services.requests("ListSlots")[-1].page_token == "p1"
    services.on("BookVisit", a_case())
    assert (
        site.send(f"{PAGE}/visits/book", {"slot_id": SLOT}).headers["location"]
        == f"{PAGE}/visits?done=person-booked&at=4"
    )
    services.on("BookVisit", refuse("FAILED_PRECONDITION", "SLOT_FULL", "该时段已约满，请另选时间"))
    taken = site.send(f"{PAGE}/visits/book", {"slot_id": SLOT})
    assert taken.status_code == 409 and "该时段已约满" in taken.text and "11月25日" in taken.text
    services.on("BookVisit", refuse("INVALID_ARGUMENT", "X", "有误", slot_id="没有此时段"))
    assert 'id="book-slot_id"' in site.send(f"{PAGE}/visits/book").text


def test_a_booked_inspection_is_shown_and_given_back(site: Site, services: Services):
    site.sign_in()
    old = cases.CaseVisit(number=1, start="2026-11-20T01:00:00Z", end="2026-11-20T03:00:00Z", cancelled=True)
    new = cases.CaseVisit(number=2, start="2026-11-25T01:00:00Z", end="2026-11-25T03:00:00Z")
    services.on("GetCase", case(cases.CASE_STATUS_IN_REVIEW, "CancelVisit", visits=[old, new]))
    page = site.get(f"{PAGE}/visits").text
    assert "已预约" in page and "11月25日（周三）09:00—11:00" in page and "（已取消）" in page
    assert not services.requests("ListSlots")
    services.on("CancelVisit", refuse("FAILED_PRECONDITION", "VISIT_BEGUN", "现场勘验时间已到，不能自行取消"))
    begun = site.send(f"{PAGE}/visits/cancel", {"reason": "有事"})
    assert begun.status_code == 409 and "不能自行取消" in begun.text and "有事" in begun.text


def test_the_trace_tells_who_when_why_and_whether_it_is_whole(site: Site, services: Services):
    site.sign_in()
    found = trace.Trace(case_id=CASE, number="N1", verdict=trace.JournalVerdict(whole=True, entries=5, head="abc"))
    found.holdings.add(holder="测试局", status="审查中", **{"from": "2026-11-20T01:00:00Z"})
    found.clocks.add(title="法定时限", used="已用3个工作日，剩2个工作日", notes=["因听证暂停计时"], overdue=True)
    found.readings.add(at="2026-11-20T01:00:00Z", by="测试局（审查）", what="查看明文", purpose="核对身份")
    services.on("GetTrace", found)
    page = site.get(f"{PAGE}/trace").text
    for part in ("测试局", "现在", "已用3个工作日", "因听证暂停计时", "已超期", "核对身份", "记录完整", "abc"):
        assert part in page, part
    services.on("VerifyJournal", trace.JournalVerdict(whole=False, entries=5, broken_at=3))
    page = site.send(f"{PAGE}/trace").text
    assert "记录不完整" in page and "从第 3 条起" in page and "刚刚重新核验" in page


def test_the_journal_is_a_file_the_offline_check_reads(site: Site, services: Services):
    site.sign_in()
    services.on("ExportJournal", trace.ExportJournalResponse(case_id=CASE, number="N1", entries_json=['{"seq":1}']))
    answer = site.get(f"{PAGE}/journal.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="journal-N1.json"'
    assert json.loads(answer.content) == {"case_id": CASE, "number": "N1", "entries_json": ['{"seq":1}']}


def test_what_stood_for_materials_is_told(site: Site, services: Services):
    site.sign_in()
    stood = [cases.CaseStandIn(material="m1", waiver=catalog.WAIVER_LICENCE, manual=True)]
    services.on("GetCase", case(stood_for=stood, promise_digest="0" * 64, promise_state="KEPT"))
    page = site.get(PAGE).text
    assert "申请书：电子证照代替，等待工作人员核验" in page and "与承诺一致" in page
