"""The message centre: what somebody was told, his receipts, what he wants to be told; and proofs."""

import pytest

from services.gateway import unread
from tests.unit.gateway.told import CASE, USCC, Services, Site, a_case, hidden, refuse
from tests.unit.gateway.told_messages import CORRECTION, NOTICE, SMS, a_notice, read
from tests.unit.gateway.told_policy_portal import officer
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

ONE = f"/messages/{NOTICE}"


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    services.on("ListNotices", messages.ListNoticesResponse(notices=[a_notice()], next_page_token="p2"))
    services.on("GetNotice", a_notice())
    services.on("ReadNotice", read())
    services.on("CountUnread", messages.CountUnreadResponse(unread=3))
    services.on("GetPreferences", messages.Preferences())
    services.on("ListProofs", desk.ListProofsResponse(notices=[read()]))


# -- the list ------------------------------------------------------------------------------------------------------------


def test_the_list_says_what_is_unread_in_words(site: Site, services: Services):
    site.sign_in()
    page = site.get("/messages").text
    assert ">未读</span>" in page and "3 条未读" in page and CORRECTION in page and "990101-260305-7K3QWX-M" in page
    assert "page=p2" in page and "工作提醒" not in page
    services.on("ListNotices", messages.ListNoticesResponse(notices=[read()]))
    assert ">已读</span>" in site.get("/messages").text


@pytest.mark.parametrize(
    ("asked", "unread", "kind"),
    [("", False, 0), ("?unread=1", True, 0), ("?kind=3", False, 3), ("?kind=99", False, 0), ("?kind=x", False, 0)],
)
def test_the_list_is_filtered(site: Site, services: Services, asked: str, unread: bool, kind: int):
    site.sign_in()
    services.on("ListNotices", messages.ListNoticesResponse())
    page = site.get(f"/messages{asked}").text
    (message,) = services.requests("ListNotices")
    assert (message.unread_only, message.kind) == (unread, kind)
    assert ("没有未读的消息" if unread else "没有消息") in page


def test_the_next_page_keeps_the_filter(site: Site, services: Services):
    site.sign_in()
    page = site.get("/messages?kind=3&page=p1").text
    assert services.requests("ListNotices")[-1].page_token == "p1"
    assert 'href="/messages?page=p2&amp;kind=3"' in page and 'href="/messages?kind=3"' in page


def test_officers_have_one_too_with_their_own_kinds(site: Site):
    site.sign_in(as_officer=True)
    page = site.get("/messages").text
    assert "工作提醒" in page and "政策推荐" not in page
    site.sign_in(agent=True)
    assert site.get("/messages").status_code == 200


# -- one, and its receipt ------------------------------------------------------------------------------------------------


def test_opening_an_address_is_no_receipt(site: Site, services: Services):
    site.sign_in()
    page = site.get(ONE).text
    assert not services.requests("ReadNotice")
    assert (
        "您申请的“测试事项”材料不齐。" in page
        and "告知依据：《中华人民共和国行政许可法》" in page
        and "我已阅读" in page
    )
    assert f'href="/cases/{CASE}"' in page and "短信" in page and "等待回执" in page and f"{ONE}/proof" in page


def test_opening_it_from_the_list_is_one(site: Site, services: Services):
    site.sign_in()
    page = site.get("/messages").text
    assert f'action="{ONE}/open"' in page
    typed = {"csrf": hidden(page, "csrf"), "request_id": hidden(page, "request_id")}
    assert site.post(f"{ONE}/open", typed).headers["location"] == ONE
    (asked,) = services.requests("ReadNotice")
    assert asked.notice_id == NOTICE and asked.request_id == typed["request_id"]
    services.on("GetNotice", read())
    page = site.get(ONE).text
    assert "我已阅读" not in page and "已送达（消息中心）" in page and "2026年3月5日 16:00" in page


def test_the_button_is_one(site: Site, services: Services):
    site.sign_in()
    assert site.send(f"{ONE}/read").headers["location"] == f"{ONE}?done=message-read"
    assert services.requests("ReadNotice")[0].notice_id == NOTICE
    for name in ("open", "read"):
        assert site.get(f"{ONE}/{name}").headers["location"] == ONE


@pytest.mark.parametrize("name", ["open", "read"])
def test_a_receipt_that_could_not_be_taken_is_said_with_the_notice(site: Site, services: Services, name: str):
    site.sign_in()
    services.on("ReadNotice", refuse("RESOURCE_EXHAUSTED", "TOO_MANY", "请求过多，请稍后再试"))
    answer = site.send(f"{ONE}/{name}")
    assert answer.status_code == 429 and "请求过多，请稍后再试" in answer.text and CORRECTION in answer.text


def test_the_code_on_a_letter_leads_to_sign_in_and_back(site: Site, services: Services):
    assert site.get(ONE).headers["location"] == f"/sign-in?next=%2Fmessages%2F{NOTICE}"
    services.on("GetNotice", refuse("NOT_FOUND", "NOT_FOUND"))
    site.sign_in()
    answer = site.get(ONE)
    assert answer.status_code == 404 and "代企业办理" in answer.text
    assert site.get("/messages/x").status_code == 404


# -- the header ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/cases", "/messages", f"/cases/{CASE}"])
def test_where_visitors_begin_the_header_counts(site: Site, path: str):
    site.sign_in()
    assert '<span class="topbar-count">3<span class="visually-hidden"> 条未读' in site.get(path).text


@pytest.mark.parametrize("path", ["/desk", f"/desk/{CASE}", "/admin"])
def test_so_it_does_for_officers(site: Site, services: Services, path: str):
    services.on("CountUnread", messages.CountUnreadResponse(unread=100))
    services.on("CountPrincipals", identity.CountPrincipalsResponse())
    services.on("ListOfficers", officers.ListOfficersResponse())
    site.sign_in(as_officer=True)
    assert '<span class="topbar-count">99+<span' in site.get(path).text


def test_elsewhere_it_is_a_link_and_nobody_is_asked(site: Site, services: Services):
    counted: list[messages.CountUnreadRequest] = []
    services.on("CountUnread", lambda request: counted.append(request) or messages.CountUnreadResponse(unread=3))
    site.sign_in()
    page = site.get("/progress").text
    assert 'href="/messages"' in page and "topbar-count" not in page and not counted
    site.client.cookies.clear()
    assert 'href="/messages"' not in site.get("/").text and not counted


def test_a_page_does_without_it_and_asks_no_more_for_a_while(site: Site, services: Services):
    asked: list[object] = []

    def away(request: object) -> object:
        asked.append(request)
        return refuse("UNAVAILABLE", "AWAY")

    services.on("CountUnread", away)
    site.sign_in()
    assert site.get("/cases").status_code == 200
    tried = len(asked)
    page = site.get("/cases").text
    assert 'href="/messages"' in page and "topbar-count" not in page and len(asked) == tried


def test_a_service_that_does_not_answer_holds_no_page_up(
    site: Site, services: Services, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(unread, "PATIENCE", 0.0)
    site.sign_in()
    assert "topbar-count" not in site.get("/cases").text


def test_a_refusal_is_no_sign_that_it_is_away(site: Site, services: Services):
    site.sign_in()
    services.on("CountUnread", refuse("PERMISSION_DENIED", "ROLE_NEEDED"))
    assert "topbar-count" not in site.get("/cases").text
    services.on("CountUnread", messages.CountUnreadResponse(unread=1))
    assert '<span class="topbar-count">1<span' in site.get("/cases").text


# -- preferences ---------------------------------------------------------------------------------------------------------

STATED = messages.Preferences(
    version=4, off=[messages.NOTICE_KIND_MATCH], channels_off=[messages.CHANNEL_EMAIL], digest=True
)


def test_preferences_show_what_is_stated_and_what_cannot_be_shut_off(site: Site, services: Services):
    services.on("GetPreferences", STATED)
    site.sign_in()
    page = site.get("/messages/preferences").text
    assert 'value="1" checked disabled' in page and "依法必须告知，不能关闭" in page and hidden(page, "version") == "4"
    assert 'value="2" checked' in page and 'value="5" checked' not in page and 'name="digest" value="1" checked' in page
    assert 'name="way" value="2" checked' in page and 'name="way" value="3" checked' not in page
    assert 'href="/account/contact"' in page


def test_what_was_ticked_is_stated(site: Site, services: Services):
    services.on("SavePreferences", STATED)
    site.sign_in()
    typed = {"version": "4", "kind": ["2", "3", "99"], "way": ["2"]}
    assert (
        site.send("/messages/preferences", typed).headers["location"] == "/messages/preferences?done=preferences-saved"
    )
    (asked,) = services.requests("SavePreferences")
    wanted = asked.preferences
    assert wanted.version == 4 and not wanted.digest and asked.request_id == "act-00000001"
    assert list(wanted.off) == [4, 5, 6] and list(wanted.channels_off) == [
        messages.CHANNEL_PUSH,
        messages.CHANNEL_EMAIL,
    ]


def test_nothing_of_the_law_and_of_work_is_turned_off_by_who_is_not_offered_it(site: Site, services: Services):
    services.on("SavePreferences", STATED)
    site.sign_in(as_officer=True)
    page = site.get("/messages/preferences").text
    assert "工作提醒" in page and "法定通知" not in page
    site.send("/messages/preferences", {"version": "0", "kind": ["7"], "way": ["2", "3", "4"], "digest": "1"})
    wanted = services.requests("SavePreferences")[0].preferences
    assert list(wanted.off) == [3, 2, 6] and not wanted.channels_off and wanted.digest


def test_what_was_changed_elsewhere_is_said_beside_what_was_typed(site: Site, services: Services):
    services.on("GetPreferences", STATED)
    services.on("SavePreferences", refuse("ABORTED", "VERSION_MOVED", "内容已被他人修改"))
    site.sign_in()
    answer = site.send("/messages/preferences", {"version": "3", "kind": ["5"], "way": ["3"]})
    page = answer.text
    assert answer.status_code == 409 and "刚刚被别处改过" in page and "别处刚保存的设置：不发送政策推荐" in page
    assert 'name="kind" value="5" checked' in page and 'name="kind" value="2" checked' not in page
    assert hidden(page, "version") == "4"


# -- proofs --------------------------------------------------------------------------------------------------------------


def test_a_case_says_what_was_told_and_whether_it_arrived(site: Site, services: Services):
    site.sign_in()
    page = site.get(f"/cases/{CASE}").text
    assert "通知与送达" in page and "已送达（消息中心）" in page and f'href="{ONE}"' in page and f"{ONE}/proof" in page
    (asked,) = services.requests("ListProofs")
    assert (asked.subject, asked.subject_id) == ("case", CASE)


def test_so_it_does_to_its_officers_and_to_supervisors(site: Site, services: Services):
    services.on("GetCase", _case(department=USCC))
    officer(site, services, ["review"])
    page = site.get(f"/desk/{CASE}").text
    assert "已送达（消息中心）" in page and f"{ONE}/proof" in page and f'href="{ONE}"' not in page
    services.on("ListProofs", desk.ListProofsResponse())
    assert "还没有发出通知" in site.get(f"/desk/{CASE}").text
    services.on("GetCase", _case(department="another"))
    assert "通知与送达" not in site.get(f"/desk/{CASE}").text
    officer(site, services, ["supervise"])
    assert "还没有发出通知" in site.get(f"/desk/{CASE}").text


def _case(**change: str) -> object:
    case = a_case()
    for name, value in change.items():
        setattr(case, name, value)
    return case


def test_ways_that_failed_are_said(site: Site, services: Services):
    gone = messages.Sending(
        number=1, channel=SMS, begun_at="2026-03-05T06:07:01Z", ended_at="2026-03-05T06:08:00Z",
        outcome=messages.SENDING_OUTCOME_BAD_ADDRESS,
    )  # fmt: skip
    failed = a_notice(status=messages.NOTICE_STATUS_FAILED, sendings=[gone])
    services.on("ListProofs", desk.ListProofsResponse(notices=[failed]))
    site.sign_in()
    page = site.get(f"/cases/{CASE}").text
    assert "未能送达" in page and "短信：地址无效" in page


def test_a_case_is_shown_while_message_is_away(site: Site, services: Services):
    for code in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL"):
        services.on("ListProofs", refuse(code, "AWAY"))
        site.sign_in()
        assert "送达情况暂时无法读取" in site.get(f"/cases/{CASE}").text
        site.sign_in(as_officer=True)
        assert "送达情况暂时无法读取" in site.get(f"/desk/{CASE}").text


def test_who_is_shown_no_proofs_is_not_told_that_there_are_none(site: Site, services: Services):
    services.on("ListProofs", refuse("PERMISSION_DENIED", "ROLE_NEEDED"))
    site.sign_in()
    assert "通知与送达" not in site.get(f"/cases/{CASE}").text
    site.sign_in(as_officer=True)
    assert "通知与送达" not in site.get(f"/desk/{CASE}").text


def test_a_proof_is_saved_never_shown(site: Site, services: Services):
    services.on("GetProof", desk.GetProofResponse(filename="送达证明 1.pdf", pdf=b"%PDF-1.4"))
    site.sign_in()
    answer = site.get(f"{ONE}/proof")
    assert answer.content == b"%PDF-1.4" and answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E9%80%81")
    assert answer.headers["cache-control"] == "no-store"
    services.on("GetProof", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get(f"{ONE}/proof").status_code == 404


def test_a_supervisor_sees_what_did_not_arrive(site: Site, services: Services):
    failed = a_notice(status=messages.NOTICE_STATUS_FAILED, link=f"/desk/{CASE}", sendings=[])
    services.on("ListFailed", desk.ListFailedResponse(notices=[failed], next_page_token="p2"))
    officer(site, services, ["supervise"])
    page = site.get("/desk/messages/failed?page=p1").text
    assert f'href="/desk/{CASE}"' in page and "没有可用的联系方式" in page and "page=p2" in page
    assert services.requests("ListFailed")[0].page_token == "p1"
    services.on("ListFailed", desk.ListFailedResponse())
    assert "没有未能送达的法定通知" in site.get("/desk/messages/failed").text
    officer(site, services, ["review"])
    assert site.get("/desk/messages/failed").status_code == 403
