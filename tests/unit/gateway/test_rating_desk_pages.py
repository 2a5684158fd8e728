"""The desk of negative ratings: its list, one with its line of events, every move, and the days of a county."""

import pytest

from services.gateway.rating_moves import LIFT, LOOP
from tests.unit.gateway.told import USCC, Services, Site, refuse
from tests.unit.gateway.told_rating import RATING, SCRIPT, TAGS, a_negative
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.rating.v1 import loop_pb2 as loop
from yiwang.rating.v1 import service_pb2 as rating

PAGE = f"/desk/ratings/{RATING}"
# What each move sends beside the rating's id.
TYPED = {
    "AssignRating": ({"department": f"{USCC} 测试局", "note": "请核实"}, {"department": USCC, "note": "请核实"}),
    "VerifyRating": ({"verdict": "1", "finding": "情况属实"}, {"verdict": 1, "finding": "情况属实"}),
    "ReviewRating": ({"verdict": "4", "reason": "系统故障"}, {"verdict": 4, "reason": "系统故障"}),
    "RectifyRating": ({"measures": "已增开窗口"}, {"measures": "已增开窗口"}),
    "ExtendRectification": ({"days": "5", "reason": "等待采购"}, {"days": 5, "reason": "等待采购"}),
    "CallBackRating": ({"outcome": "1", "note": "满意"}, {"outcome": 1, "note": "满意"}),
    "ContestRating": ({"reason": "并非如此"}, {"reason": "并非如此"}),
    "PublishRating": ({"public_comment": "等了很久", "public_reply": "已整改"}, {"public_reply": "已整改"}),
    "CloseRating": ({}, {}),
}


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListTags", TAGS)
    services.on(
        "ListDepartments", officers.ListDepartmentsResponse(departments=[officers.Department(uscc=USCC, name="测试局")])
    )
    services.on("GetNegative", a_negative())
    services.on("ListNegative", loop.ListNegativeResponse(ratings=[a_negative()], next_page_token="p2"))


def test_the_list_shows_what_is_overdue_and_keeps_the_scope_over_its_pages(site: Site, services: Services):
    site.sign_in(as_officer=True)
    page = site.get(f"/desk/ratings?status=received&department={USCC}").text
    asked = services.requests("ListNegative")[-1]
    assert (asked.status, asked.department) == (rating.LOOP_STATUS_RECEIVED, USCC)
    assert "待转办" in page and "已超期" in page and f"department={USCC}&amp;status=received&amp;page=p2" in page
    assert SCRIPT not in page
    site.get("/desk/ratings?status=overdue")
    assert services.requests("ListNegative")[-1].overdue
    site.get("/desk/ratings?status=flagged&county=990121")
    assert services.requests("ListNegative")[-1].flagged and services.requests("ListNegative")[-1].county == "990121"
    site.get("/desk/ratings?status=nothing&county=x")
    assert not services.requests("ListNegative")[-1].status and not services.requests("ListNegative")[-1].county


def test_a_rating_is_shown_with_its_line_of_events_and_no_script_of_anybody(site: Site, services: Services):
    site.sign_in(as_officer=True)
    flags = [
        rating.Flag(kind=rating.FLAG_KIND_BURST, reason=SCRIPT),
        rating.Flag(kind=rating.FLAG_KIND_SELF, lifted=True),
    ]
    services.on("GetNegative", a_negative(flags=flags))
    page = site.get(PAGE).text
    for part in ("态度差", "0990-0000123", "提交差评", "短时间集中评价", "已解除", "解除标记"):
        assert part in page, part
    assert SCRIPT not in page
    services.on("GetNegative", a_negative())
    assert "当前没有您可以进行的操作" in site.get(PAGE).text


@pytest.mark.parametrize("rpc", LOOP)
def test_every_move_that_is_offered_has_a_form_and_its_form_makes_it(site: Site, services: Services, rpc: str):
    site.sign_in(as_officer=True)
    services.on("GetNegative", a_negative(rating.LOOP_STATUS_ASSIGNED, rpc))
    services.on(rpc, a_negative())
    action, (typed, told) = f"{PAGE}/{rpc.lower()}", TYPED[rpc]
    page = site.get(PAGE).text
    assert f'action="{action}"' in page
    assert page.count('method="post" action="/desk/ratings/') == 1, "no other one"
    answer = site.send(action, typed)
    assert answer.status_code == 303 and answer.headers["location"] == f"{PAGE}?done={LOOP[rpc].act.done}"
    (made,) = services.requests(rpc)
    assert made.rating_id == RATING and {name: getattr(made, name) for name in told} == told


@pytest.mark.parametrize("rpc", [one for one in LOOP if LOOP[one].inputs])
def test_a_move_that_is_refused_is_told_at_its_field_and_keeps_what_was_typed(site: Site, services: Services, rpc: str):
    site.sign_in(as_officer=True)
    services.on("GetNegative", a_negative(rating.LOOP_STATUS_ASSIGNED, rpc))
    field = LOOP[rpc].inputs[-1].name
    services.on(rpc, refuse("INVALID_ARGUMENT", "WRONG", **{field: "请重写"}))
    answer = site.send(f"{PAGE}/{rpc.lower()}", TYPED[rpc][0] | {field: SCRIPT})
    assert answer.status_code == 400 and f'id="{rpc.lower()}-{field}-error"' in answer.text
    assert SCRIPT not in answer.text and "&lt;script&gt;alert(1)" in answer.text
    services.on(rpc, refuse("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED", "该评价处于“已公开”状态"))
    answer = site.send(f"{PAGE}/{rpc.lower()}", TYPED[rpc][0])
    assert answer.status_code == 409 and "该评价处于“已公开”状态" in answer.text


def test_a_supervisor_lifts_a_flag(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("LiftFlag", a_negative())
    assert site.send(f"{PAGE}/{LIFT.act.name}", {"kind": "1", "reason": "同一家人"}).status_code == 303
    assert services.requests("LiftFlag")[0].kind == rating.FLAG_KIND_BURST


def test_who_is_concerned_is_told_nothing(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetNegative", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get(PAGE).status_code == 404


def test_the_days_of_a_county_are_shown_and_saved_and_a_mistake_is_told_at_its_input(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetRatingRules", loop.RatingRules(region="990121", rectify_days=15, default_after_days=30))
    page = site.get("/admin/rating-rules").text
    assert 'name="rectify_days" type="text" inputmode="numeric" maxlength="3" required value="15"' in page
    services.on("SaveRatingRules", loop.RatingRules())
    typed = {"region": "990121", "rectify_days": "5", "assign_days": "x"}
    assert site.send("/admin/rating-rules", typed).status_code == 303
    saved = services.requests("SaveRatingRules")[0].rules
    assert (saved.region, saved.rectify_days, saved.assign_days) == ("990121", 5, 0)
    told = refuse("INVALID_ARGUMENT", "TOO_MANY")
    told.fields = (type(refuse("INVALID_ARGUMENT", "X", a="b").fields[0])("rules.rectify_days", "最多 60 天"),)
    services.on("SaveRatingRules", told)
    answer = site.send("/admin/rating-rules", typed | {"rectify_days": "99"})
    assert 'id="rules-rules-rectify_days-error"' in answer.text and 'value="99"' in answer.text
