"""Questions and complaints: opening, following, confirming; and the desks that answer."""

import pytest

from services.gateway.rating_moves import TICKETS
from tests.unit.gateway.told import USCC, Services, Site, refuse
from tests.unit.gateway.told_rating import AT, SCRIPT, TICKET, a_ticket
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.rating.v1 import tickets_pb2 as tickets

ASK = {"kind": "consult", "title": "材料怎么准备", "text": "请问需要哪些材料", "confidential": "1"}
TYPED = {
    "AssignTicket": ({"department": f"{USCC} 测试局"}, {"department": USCC}),
    "AnswerTicket": ({"text": "请带身份证"}, {"text": "请带身份证"}),
    "AskTicketExtension": ({"days": "5", "reason": "需要会商"}, {"days": 5, "reason": "需要会商"}),
    "DecideTicketExtension": ({"granted": "yes", "reason": ""}, {"granted": True}),
    "LinkCall": ({"call_number": "C-2026-1"}, {"call_number": "C-2026-1"}),
    "CloseTicket": ({"note": "已办"}, {"note": "已办"}),
}


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on(
        "ListDepartments", officers.ListDepartmentsResponse(departments=[officers.Department(uscc=USCC, name="测试局")])
    )
    services.on("GetTicket", a_ticket())
    services.on("OpenTicket", a_ticket())


def test_the_kind_and_the_case_of_a_link_are_filled_in(site: Site):
    site.sign_in()
    page = site.get("/ask?kind=stuck&case=990121261120ABC").text
    assert 'value="stuck" checked' in page and 'value="990121261120ABC"' in page
    assert " checked" not in site.get("/ask?kind=nothing").text


def test_a_question_is_opened_with_where_it_came_from(site: Site, services: Services):
    site.sign_in()
    answer = site.send("/ask", ASK)
    assert answer.status_code == 303 and answer.headers["location"].startswith(f"/tickets/{TICKET}")
    (opened,) = services.requests("OpenTicket")
    assert (opened.kind, opened.title, opened.confidential) == (tickets.TICKET_KIND_CONSULT, ASK["title"], True)
    assert opened.region == "990121" and opened.source.device and opened.source.address
    assert "K7Q2M9XW" in site.get(answer.headers["location"]).text


def test_what_cannot_be_opened_is_told_at_its_field(site: Site, services: Services):
    site.sign_in()
    services.on("OpenTicket", refuse("INVALID_ARGUMENT", "CASE_UNKNOWN", case_number="没有这个办件", text="太短"))
    answer = site.send("/ask", ASK | {"case_number": "1", "text": SCRIPT})
    assert answer.status_code == 400 and 'id="ask-case_number-error"' in answer.text and SCRIPT not in answer.text
    assert 'value="consult" checked' in answer.text


def test_mine_are_listed_and_an_answer_may_be_confirmed_or_not(site: Site, services: Services):
    site.sign_in()
    one = a_ticket(tickets.TICKET_STATUS_ANSWERED, "ConfirmTicket", "WithdrawTicket", answered_at=AT)
    services.on("ListMyTickets", tickets.ListTicketsResponse(tickets=[one], next_page_token="p2"))
    page = site.get("/tickets").text
    assert f'href="/tickets/{TICKET}"' in page and "看答复" in page and "page=p2" in page and SCRIPT not in page
    services.on("GetTicket", one)
    page = site.get(f"/tickets/{TICKET}").text
    assert "对答复满意吗" in page and "确认撤回" in page and SCRIPT not in page
    unchosen = site.send(f"/tickets/{TICKET}/confirm", {"text": "还行"})
    assert (
        unchosen.status_code == 400
        and "请选择满意或者不满意" in unchosen.text
        and not services.requests("ConfirmTicket")
    )
    services.on("ConfirmTicket", one)
    assert site.send(f"/tickets/{TICKET}/confirm", {"satisfied": "no", "text": "没说清"}).status_code == 303
    (said,) = services.requests("ConfirmTicket")
    assert not said.satisfied and said.text == "没说清"
    services.on("WithdrawTicket", one)
    assert site.send(f"/tickets/{TICKET}/withdraw").status_code == 303


def test_it_is_followed_by_number_and_code_without_signing_in(site: Site, services: Services):
    told = tickets.TicketProgress(
        number="990121261120ABCD2345", kind=tickets.TICKET_KIND_SUPERVISION, status=tickets.TICKET_STATUS_ASSIGNED, opened_at=AT, due=AT
    )  # fmt: skip
    services.on("FollowTicket", told)
    answer = site.send("/tickets/follow", {"number": "990121261120abcd2345", "query_code": "K7Q2M9XW"})
    assert "待答复" in answer.text and "码上监督" in answer.text
    assert services.requests("FollowTicket")[0].number == "990121261120ABCD2345"
    services.on("FollowTicket", refuse("NOT_FOUND", "NOT_FOUND", "没有找到"))
    answer = site.send("/tickets/follow", {"number": "1", "query_code": "2"})
    assert answer.status_code == 404 and "没有找到" in answer.text


def test_the_desk_lists_by_status_kind_and_case(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("ListTickets", tickets.ListTicketsResponse(tickets=[a_ticket()], next_page_token="p2"))
    page = site.get("/desk/tickets?status=received&kind=3&case=990121261120ABC").text
    asked = services.requests("ListTickets")[-1]
    assert (asked.status, asked.kind, asked.case_number) == (1, 3, "990121261120ABC")
    assert "kind=3&amp;case=990121261120ABC&amp;status=received&amp;page=p2" in page and SCRIPT not in page
    site.get("/desk/tickets?status=overdue&kind=99")
    assert services.requests("ListTickets")[-1].overdue and not services.requests("ListTickets")[-1].kind


@pytest.mark.parametrize("rpc", TICKETS)
def test_every_move_that_is_offered_has_a_form_and_its_form_makes_it(site: Site, services: Services, rpc: str):
    site.sign_in(as_officer=True)
    services.on("GetTicket", a_ticket(tickets.TICKET_STATUS_ASSIGNED, rpc))
    services.on(rpc, a_ticket())
    action, (typed, told) = f"/desk/tickets/{TICKET}/{rpc.lower()}", TYPED[rpc]
    page = site.get(f"/desk/tickets/{TICKET}").text
    assert f'action="{action}"' in page and page.count('method="post" action="/desk/tickets/') == 1
    assert SCRIPT not in page
    assert site.send(action, typed).status_code == 303
    (made,) = services.requests(rpc)
    assert made.ticket_id == TICKET and {name: getattr(made, name) for name in told} == told


def test_a_decision_needs_a_choice_and_a_refusal_keeps_what_was_typed(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetTicket", a_ticket(1, "DecideTicketExtension", "AnswerTicket"))
    at = f"/desk/tickets/{TICKET}"
    answer = site.send(f"{at}/decideticketextension", {"reason": "我的理由"})
    assert answer.status_code == 400 and "请选择同意或者不同意" in answer.text and "我的理由" in answer.text
    services.on("AnswerTicket", refuse("INVALID_ARGUMENT", "TOO_SHORT", text="请写清楚"))
    answer = site.send(f"{at}/answerticket", {"text": SCRIPT})
    assert 'id="answerticket-text-error"' in answer.text and SCRIPT not in answer.text
