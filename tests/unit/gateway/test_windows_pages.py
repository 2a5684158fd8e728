"""The code of a window: rating and complaining by it, codes that hold no more, and the desks that show and print them."""

import pytest

from tests.unit.gateway.told import USCC, Services, Site, hidden, refuse
from tests.unit.gateway.told_rating import A_WINDOW, AT, CODE, SCRIPT, TAGS, WINDOW, a_ticket
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.rating.v1 import tickets_pb2 as tickets
from yiwang.rating.v1 import windows_pb2 as windows

PAGE = f"/w/{CODE}"


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListTags", TAGS)
    services.on("ReadWindowCode", A_WINDOW)
    services.on("RateAtWindow", windows.RatingReceipt())
    services.on("OpenTicket", a_ticket())
    here = counties.Window(id=WINDOW, number="12", hall="一楼大厅", department=USCC, officer_id="o-1")
    services.on("ListWindows", counties.ListWindowsResponse(windows=[here]))
    services.on("ListDepartments", officers.ListDepartmentsResponse())
    services.on("IssueWindowCode", windows.WindowCode(code=CODE, window_id=WINDOW, expires_at=AT))


def test_who_stands_there_sees_where_he_is_and_rates_without_an_account(site: Site, services: Services):
    page = site.get(PAGE).text
    assert "12 号窗口" in page and "sj-101" in page and "大厅找不到人" in page and SCRIPT not in page
    answer = site.post(PAGE, {"csrf": hidden(page, "csrf"), "request_id": "act-00000001", "grade": "5"})
    assert answer.status_code == 303 and answer.headers["location"] == "/rated?done=rating-given"
    (given,) = services.requests("RateAtWindow")
    assert (given.code, given.grade) == (CODE, 5) and given.source.device and given.source.address
    assert "authorization" not in services.metadata("RateAtWindow")
    assert "评价已收到" in site.get("/rated").text


def test_of_who_is_signed_in_it_is_his_own_but_not_of_officers(site: Site, services: Services):
    site.sign_in()
    site.send(PAGE, {"grade": "5"})
    assert services.metadata("RateAtWindow")["authorization"] == "Bearer access-1"
    site.sign_in(as_officer=True)
    site.send(PAGE, {"grade": "5"})
    assert "authorization" not in services.metadata("RateAtWindow")


@pytest.mark.parametrize(
    ("code", "said"),
    [("CODE_FORGED", "不是本地窗口的评价码"), ("CODE_EXPIRED", "评价码已过期"), ("CODE_REVOKED", "评价码已作废"),
     ("CODE_FOREIGN", "不是本地窗口的评价码")],
)  # fmt: skip
def test_a_code_that_holds_no_more_is_said_so_and_nothing_is_asked(
    site: Site, services: Services, code: str, said: str
):
    services.on("ReadWindowCode", refuse("INVALID_ARGUMENT", code, code=said))
    for path in (PAGE, f"{PAGE}/complain"):
        answer = site.get(path)
        assert answer.status_code == 400 and said in answer.text and "<form class" not in answer.text
    services.on("RateAtWindow", refuse("INVALID_ARGUMENT", code, code=said))
    assert said in site.send(PAGE, {"grade": "5"}).text


def test_a_code_that_was_used_is_said_so(site: Site, services: Services):
    services.on("RateAtWindow", refuse("FAILED_PRECONDITION", "CODE_USED", "已用"))
    answer = site.send(PAGE, {"grade": "5"})
    assert answer.status_code == 409 and "已经用过" in answer.text


def test_a_mistake_in_a_field_leaves_the_form_with_what_was_typed(site: Site, services: Services):
    services.on("RateAtWindow", refuse("INVALID_ARGUMENT", "PATTERN", contact="电话有误"))
    answer = site.send(PAGE, {"grade": "1", "contact": "abc", "comment": SCRIPT})
    assert answer.status_code == 400 and 'id="give-contact-error"' in answer.text and 'value="abc"' in answer.text
    assert SCRIPT not in answer.text


def test_a_complaint_by_the_code_goes_to_supervision_and_its_codes_are_shown_once(site: Site, services: Services):
    page = site.get(f"{PAGE}/complain").text
    typed = {
        "csrf": hidden(page, "csrf"),
        "request_id": "act-00000001",
        "title": "态度不好",
        "text": "让我等了很久",
        "confidential": "1",
    }
    answer = site.post(f"{PAGE}/complain", typed)
    assert answer.status_code == 200 and "K7Q2M9XW" in answer.text and "990121261120ABCD2345" in answer.text
    (opened,) = services.requests("OpenTicket")
    assert opened.kind == tickets.TICKET_KIND_SUPERVISION and opened.window_code == CODE and opened.confidential
    assert opened.source.device
    services.on("OpenTicket", refuse("INVALID_ARGUMENT", "TOO_SHORT", text="请写清楚"))
    answer = site.post(f"{PAGE}/complain", typed)
    assert answer.status_code == 400 and 'id="ask-text-error"' in answer.text and "让我等了很久" in answer.text


def test_an_officer_shows_a_code_for_the_next_person(site: Site, services: Services):
    site.sign_in(as_officer=True)
    assert "显示评价码" in site.get("/desk/window/code").text
    answer = site.send("/desk/window/code", {"window_id": WINDOW, "case_number": "990121261120ABC"})
    assert answer.status_code == 200 and '<svg class="code"' in answer.text and f"county.test/w/{CODE}" in answer.text
    (issued,) = services.requests("IssueWindowCode")
    assert (issued.window_id, issued.case_number, issued.printed) == (WINDOW, "990121261120ABC", False)
    services.on("IssueWindowCode", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.send("/desk/window/code", {"window_id": WINDOW}).status_code == 404
    services.on("ListWindows", counties.ListWindowsResponse())
    assert "您还没有在窗口上岗" in site.get("/desk/window/code").text


def test_an_administrator_prints_codes_and_makes_those_of_before_worthless(site: Site, services: Services):
    site.sign_in(as_officer=True)
    at = f"/admin/windows/{WINDOW}/code"
    assert "生成并打印" in site.get(at).text and f'href="{at}"' in site.get("/admin/windows").text
    answer = site.send(at)
    assert answer.status_code == 200 and "poster" in answer.text and services.requests("IssueWindowCode")[0].printed
    services.on("RevokeWindowCodes", windows.WindowCodes())
    answer = site.send(f"{at}/revoke")
    assert answer.status_code == 303 and "全部作废" in site.get(answer.headers["location"]).text
    assert services.requests("RevokeWindowCodes")[0].window_id == WINDOW
