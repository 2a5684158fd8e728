"""One window: who stands there is looked up, what he applies for is received in his name, and handed over by digest."""

from typing import Any

import httpx
import pytest

from tests.unit.gateway.told import CASE, FILE, ITEM, USCC, Services, Site, a_case, an_item, refuse, session
from yiwang.case.v1 import intake_pb2 as intake
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.identity.v1 import service_pb2 as identity

APPLICANT = "7b0f3c1e-0000-4000-8000-00000000000a"
OTHER = "7b0f3c1e-0000-4000-8000-00000000000b"
AT = f"/desk/receive/{APPLICANT}"
FORM = f"{AT}/{ITEM}"
FOUND = identity.PersonSummary(id=APPLICANT, name_masked="张**", id_number_masked="9901**********1234")


@pytest.fixture
def window(site: Site, services: Services) -> Site:
    """An officer on duty at a window, with somebody found before him."""
    reply = session(as_officer=True)
    reply.me.officer.roles[:] = ["receive"]
    services.on("SignIn", reply)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})
    here = counties.Window(id="w-1", number="7", hall="政务大厅", officer_id="o-1", department=USCC)
    services.on("ListWindows", counties.ListWindowsResponse(windows=[counties.Window(id="w-2"), here]))
    services.on("FindPerson", FOUND)
    return site


def look_up(site: Site) -> httpx.Response:
    return site.send("/desk/receive", {"id_number": "990121199001011234", "purpose": "窗口办事收件"})


def test_who_stands_there_is_looked_up_for_a_purpose_and_shown_masked(window: Site, services: Services):
    assert "收件窗口：政务大厅 7 号" in window.get("/desk/receive").text
    answer = look_up(window)
    (asked,) = services.requests("FindPerson")
    assert (asked.id_number, asked.purpose) == ("990121199001011234", "窗口办事收件")
    assert answer.headers["location"] == AT
    page = window.get(AT).text
    assert "张**（9901**********1234）" in page and "990121199001011234" not in page


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (refuse("NOT_FOUND", "PERSON_UNKNOWN"), 400, "没有查到这个人"),
        (refuse("INVALID_ARGUMENT", "FIELD", "有误", id_number="不是有效的身份证号"), 400, "不是有效的身份证号"),
        (refuse("RESOURCE_EXHAUSTED", "TOO_MANY", "今天查询次数已满"), 429, "今天查询次数已满"),
    ],
)
def test_a_look_up_that_finds_nobody_says_so_at_the_number(
    window: Site, services: Services, error, status: int, said: str
):
    services.on("FindPerson", error)
    answer = look_up(window)
    assert answer.status_code == status and said in answer.text and 'value="990121199001011234"' in answer.text


@pytest.mark.parametrize("path", [AT, FORM])
def test_nobody_is_received_for_who_was_not_looked_up(window: Site, services: Services, path: str):
    assert window.get(path).headers["location"] == "/desk/receive"
    look_up(window)
    services.on("FindPerson", identity.PersonSummary(id=OTHER, name_masked="李*"))
    look_up(window)
    assert window.get(path).headers["location"] == "/desk/receive", "the tab of the one before"
    assert window.send(FORM).headers["location"] == "/desk/receive" and not services.requests("ReceiveApplication")


def test_items_are_searched_from_the_county_and_foreign_ones_are_marked(window: Site, services: Services):
    look_up(window)
    hits = [catalog.ItemHit(id=ITEM, name="测试事项"), catalog.ItemHit(id=OTHER, name="本部门事项")]
    hits[0].department.code, hits[1].department.code = "11990121MB0000001K", USCC
    services.on("SearchItems", catalog.SearchItemsResponse(hits=hits))
    page = window.get(f"{AT}?q=开饭店").text
    assert f'href="{FORM}"' in page and page.count("收件后移交") == 1
    (asked,) = [one for one in services.requests("SearchItems") if one.query]
    assert (asked.query, asked.place) == ("开饭店", "990121")


def send(site: Site, files: Any = None, **typed: str) -> httpx.Response:
    return site.send(FORM, {"edition": "2", "form.contact_phone": "13800000001"} | typed, files=files)


def test_an_application_is_received_with_files_of_the_applicant_at_the_officers_window(
    window: Site, services: Services
):
    look_up(window)
    services.on("UploadAttachment", cases.Attachment(id=FILE, filename="申请书.pdf"))
    services.on("ReceiveApplication", a_case(cases.CASE_STATUS_RECEIVED))
    assert f'action="{FORM}"' in window.get(FORM).text
    answer = send(window, [("materials.m1", ("申请书.pdf", b"%PDF-1.4", "application/pdf"))])
    assert answer.headers["location"] == f"/desk/{CASE}?done=case-received&at=4"
    (upload,), (request,) = services.requests("UploadAttachment"), services.requests("ReceiveApplication")
    assert upload.applicant_id == APPLICANT and not upload.case_id
    assert (request.applicant_id, request.item_id, request.edition, request.window_id) == (APPLICANT, ITEM, 2, "w-1")
    assert request.form["contact_phone"] == "13800000001" and list(request.materials[0].attachments) == [FILE]


def test_mistakes_are_told_beside_the_fields_and_files_are_kept(window: Site, services: Services):
    look_up(window)
    services.on("UploadAttachment", cases.Attachment(id=FILE, filename="申请书.pdf"))
    services.on(
        "ReceiveApplication", refuse("INVALID_ARGUMENT", "FORM_INVALID", "有误", form__contact_phone="应为 11 位")
    )
    answer = send(window, [("materials.m1", ("申请书.pdf", b"%PDF-1.4", "application/pdf"))])
    assert answer.status_code == 400 and 'id="form-contact_phone-error"' in answer.text
    assert 'value="13800000001"' in answer.text and f'value="{FILE} 申请书.pdf" checked' in answer.text


def test_who_is_not_on_duty_receives_nothing(window: Site, services: Services):
    look_up(window)
    services.on("ListWindows", counties.ListWindowsResponse())
    answer = send(window)
    assert answer.status_code == 400 and "您还没有在窗口上岗" in answer.text and 'href="#window_id"' in answer.text
    assert not services.requests("ReceiveApplication")


def test_a_licence_is_looked_up_for_who_stands_there(window: Site, services: Services):
    item = an_item()
    item.definition.materials[0].waiver, item.definition.materials[0].licence_code = catalog.WAIVER_LICENCE, "L1"
    services.on("GetItem", item)
    look_up(window)
    services.on("LookUpLicence", promises.LicenceLookUp(id="proof-1", outcome=promises.LOOK_UP_OUTCOME_FOUND))
    answer = send(window, **{"do": "look:m1", "holder.m1": "990121199001011234", "purpose.m1": "办理测试事项"})
    (asked,) = services.requests("LookUpLicence")
    assert (asked.applicant_id, asked.material, asked.holder_number) == (APPLICANT, "m1", "990121199001011234")
    assert answer.status_code == 200 and "已查到" in answer.text and not services.requests("ReceiveApplication")


def test_what_the_window_received_for_others_is_listed_and_what_waits(window: Site, services: Services):
    sent, waiting = a_case(cases.CASE_STATUS_RECEIVED), a_case(cases.CASE_STATUS_RECEIVED)
    sent.sent_at = "2026-03-05T06:07:00Z"
    services.on("ListReceived", intake.ListReceivedResponse(cases=[sent, waiting], next_page_token="p2"))
    page = window.get("/desk/received?waiting=1").text
    assert services.requests("ListReceived")[-1].waiting and "待接收" in page and ">待移交</span>" in page
    assert "waiting=1&amp;page=p2" in page
    window.get("/desk/received")
    assert not services.requests("ListReceived")[-1].waiting


@pytest.mark.parametrize("path", ["/desk/receive", AT, FORM, "/desk/received"])
def test_only_who_receives_sits_at_a_window(site: Site, services: Services, path: str):
    reply = session(as_officer=True)
    reply.me.officer.roles[:] = ["review", "decide", "issue", "supervise"]
    services.on("SignIn", reply)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})
    assert site.get(path).status_code == 403
