"""The desks of claims and of lists: what every move asks for, what may be done when, and where a refusal is shown."""

import json

import pytest

from services.gateway.policy_desk_moves import CLAIM, ROLL, ROLL_STATUSES, STATUSES
from tests.unit.gateway import told_policy as told
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_policy_portal import officer
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import rolls_pb2 as rolls

CLAIMS, ROLLS = "/desk/policies/claims", "/desk/policies/rolls"
ONE, LIST = f"{CLAIMS}/{told.CLAIM}", f"{ROLLS}/{told.ROLL}"
ALL = ("payout", "finance", "supervise")
OBJECTION = claims.ClaimObjection(objection_id=told.FILE, at=told.AT, text=f"不符合{SCRIPT}")
# What is typed into the form of a move, and the fields it becomes.
TYPED = {
    "SecondReviewClaim": ({"decision": "RETURN", "reason": "核对"}, {"decision": "RETURN", "reason": "核对"}),
    "DecideClaimObjection": (
        {"objection_id": told.FILE, "decision": "UPHELD", "reason": "属实"},
        {"objection_id": told.FILE, "decision": "UPHELD", "reason": "属实"},
    ),
    "ApproveClaim": ({"approved": "yes"}, {"approved": True, "reason": ""}),
    "OpenSpotCheck": ({"note": "抽查"}, {"note": "抽查"}),
    "ConcludeSpotCheck": ({"recover_fen": "1,200.50", "reason": "多领"}, {"recover_fen": 120_050, "reason": "多领"}),
    "EndRecovery": ({"reason": "企业已注销"}, {"reason": "企业已注销"}),
    "ReviewRoll": ({"approved": "no", "reason": "重算"}, {"approved": False, "reason": "重算"}),
    "ExcludeFromRoll": ({"uscc": told.USCC, "reason": "已注销"}, {"uscc": told.USCC, "reason": "已注销"}),
    "DecideRollObjection": (
        {"objection_id": told.FILE, "decision": "DISMISSED", "reason": "不属实"},
        {"objection_id": told.FILE, "decision": "DISMISSED", "reason": "不属实"},
    ),
}


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    item = told.an_item(items.PAYOUT_MODE_PROACTIVE)
    services.on("GetPayoutItem", told.an_item())
    services.on("ListPayoutItemDesk", items.ListPayoutItemsResponse(items=[item, told.an_item()]))
    services.on("ListFactKinds", told.KINDS)
    services.on("ListClaimDesk", claims.ListClaimsResponse(claims=[told.a_claim(late=True)], next_page_token="p2"))
    services.on("GetClaim", told.a_claim(claims.CLAIM_STATUS_REVIEWING, "ReviewClaim", *CLAIM, objections=[OBJECTION]))
    services.on("ReplayClaim", claims.ReplayClaimResponse(explanation=told.an_explanation(), same=True))
    services.on("ListRollDesk", rolls.ListRollsResponse(rolls=[told.a_roll()], next_page_token="p2"))
    services.on("GetRoll", told.a_roll(rolls.ROLL_STATUS_COMPUTED))
    services.on("ListRollLines", told.LINES)
    for name in ("ReviewClaim", *CLAIM):
        services.on(name, told.a_claim())
    for name in ("ComputeRoll", *ROLL):
        services.on(name, told.a_roll())


@pytest.fixture
def desk(site: Site, services: Services) -> Site:
    officer(site, services, ALL)
    return site


@pytest.mark.parametrize("path", [CLAIMS, f"{CLAIMS}?status=late", ONE, f"{ONE}/replay", ROLLS, LIST])
def test_every_page_is_served_to_its_officers_alone_and_runs_nothing_told(
    site: Site, services: Services, path: str
) -> None:
    assert "/sign-in" in site.get(path).headers["location"]
    officer(site, services, ("policy",))
    assert site.get(path).status_code == 403
    for role in ALL:
        officer(site, services, (role,))
        answer = site.get(path)
        assert answer.status_code == 200 and SCRIPT not in answer.text


def test_the_list_is_asked_for_by_status_lateness_check_item_and_page(desk: Site, services: Services) -> None:
    for tab, status in STATUSES.items():
        desk.get(f"{CLAIMS}?status={tab}&item={told.ITEM}&page=p1")
        asked = services.requests("ListClaimDesk")[-1]
        assert (asked.status, asked.item_id, asked.page_token, asked.late) == (status, told.ITEM, "p1", False)
    assert f"{CLAIMS}?status=late&amp;page=p2" in desk.get(f"{CLAIMS}?status=late").text
    assert services.requests("ListClaimDesk")[-1].late
    desk.get(f"{CLAIMS}?status=checked")
    assert services.requests("ListClaimDesk")[-1].checked


def test_a_review_says_the_amount_in_fen_and_what_the_materials_prove_as_values(desk: Site, services: Services) -> None:
    shown = desk.get(ONE).text
    # What only the enterprise says may be proved; what a department told may not.
    assert 'name="value_rented"' in shown and 'name="value_revenue_fen"' not in shown
    typed = {
        "decision": "APPROVE",
        "amount_fen": "1,000.05",
        "reason": "核减",
        "value_rented": "no",
        "value_employees": "12",
    }
    answer = desk.send(f"{ONE}/reviewclaim", typed)
    assert answer.headers["location"].startswith(ONE) and "at=7" in answer.headers["location"]
    asked = services.requests("ReviewClaim")[-1]
    assert (asked.claim_id, asked.decision, asked.amount_fen, asked.reason) == (told.CLAIM, "APPROVE", 100_005, "核减")
    assert {name: json.loads(value) for name, value in asked.facts.items()} == {"rented": False, "employees": 12}


@pytest.mark.parametrize(
    ("name", "value", "said"), [("amount_fen", "一千", "以元为单位"), ("value_employees", "十二", "应为整数")]
)
def test_what_no_review_could_say_is_refused_beside_its_input(
    desk: Site, services: Services, name: str, value: str, said: str
) -> None:
    answer = desk.send(f"{ONE}/reviewclaim", {"decision": "APPROVE", "value_employees": "1"} | {name: value})
    assert answer.status_code == 400 and said in answer.text and not services.requests("ReviewClaim")


def test_a_refusal_of_a_review_stands_on_the_page_with_what_was_typed(desk: Site, services: Services) -> None:
    services.on("ReviewClaim", refuse("INVALID_ARGUMENT", "FIELDS_INVALID", "", reason="核减的须说明理由"))
    answer = desk.send(f"{ONE}/reviewclaim", {"decision": "APPROVE", "amount_fen": "12"})
    assert answer.status_code == 400 and 'id="reviewclaim-reason-error"' in answer.text
    assert "核减的须说明理由" in answer.text and 'value="12"' in answer.text
    services.on("ReviewClaim", refuse("FAILED_PRECONDITION", "SAME_OFFICER", "须由他人办理"))
    assert "须由他人办理" in desk.send(f"{ONE}/reviewclaim", {"decision": "APPROVE"}).text


@pytest.mark.parametrize("name", CLAIM)
def test_every_move_of_a_claim_becomes_its_request(desk: Site, services: Services, name: str) -> None:
    form, fields = TYPED[name]
    answer = desk.send(f"{ONE}/{name.lower()}", form)
    assert answer.headers["location"].startswith(ONE)
    asked = services.requests(name)[-1]
    assert {field: getattr(asked, field) for field in fields} == fields
    assert asked.claim_id == told.CLAIM and asked.request_id


@pytest.mark.parametrize("name", ROLL)
def test_every_move_of_a_list_becomes_its_request(desk: Site, services: Services, name: str) -> None:
    form, fields = TYPED[name]
    answer = desk.send(f"{LIST}/{name.lower()}", form)
    assert answer.headers["location"].startswith(LIST)
    asked = services.requests(name)[-1]
    assert {field: getattr(asked, field) for field in fields} == fields
    assert asked.roll_id == told.ROLL and asked.request_id


def test_only_what_the_service_offers_is_drawn(desk: Site, services: Services) -> None:
    assert all(f"{ONE}/{name.lower()}" in desk.get(ONE).text for name in ("ReviewClaim", *CLAIM))
    services.on("GetClaim", told.a_paid())
    shown = desk.get(ONE).text
    assert not any(f"{ONE}/{name.lower()}" in shown for name in ("ReviewClaim", *CLAIM))
    assert "没有您可以进行的操作" in shown and f"/policies/claims/{told.CLAIM}/receipt" in shown


def test_a_list_is_reviewed_while_it_waits_and_its_objections_are_supervisions(site: Site, services: Services) -> None:
    moves = {name: f'action="{LIST}/{name.lower()}"' for name in ROLL}

    def offered(role: str) -> set[str]:
        officer(site, services, (role,))
        shown = site.get(LIST).text
        return {name for name, action in moves.items() if action in shown}

    assert offered("payout") == {"ReviewRoll", "ExcludeFromRoll"}
    assert offered("finance") == offered("supervise") == set()
    public = told.a_roll()
    public.objections.add(objection_id=told.FILE, at=told.AT, text=SCRIPT)
    services.on("GetRoll", public)
    assert offered("supervise") == {"DecideRollObjection"} and offered("payout") == set()
    public.objections[0].decision = "DISMISSED"
    services.on("GetRoll", public)
    assert offered("supervise") == set()


def test_an_enterprise_is_taken_off_from_its_line(desk: Site) -> None:
    shown = desk.get(LIST).text
    assert f"{LIST}?off={told.USCC}" in shown and f"{LIST}?off=919901219901A01193" not in shown
    assert f'value="{told.USCC}"' in desk.get(f"{LIST}?off={told.USCC}").text


def test_only_who_makes_lists_has_one_computed_of_an_item_that_has_them(site: Site, services: Services) -> None:
    officer(site, services, ("finance",))
    assert "生成本期名单" not in site.get(ROLLS).text
    officer(site, services, ("payout",))
    shown = site.get(ROLLS).text
    assert shown.count("<option") == 2, "the one item whose lists are computed, and none"
    answer = site.send(ROLLS, {"item_id": told.ITEM})
    assert answer.headers["location"].startswith(LIST)
    assert services.requests("ComputeRoll")[-1].item_id == told.ITEM
    services.on("ComputeRoll", refuse("FAILED_PRECONDITION", "ROLL_OPEN", "本期名单正在办理"))
    assert "本期名单正在办理" in site.send(ROLLS, {"item_id": told.ITEM}).text


def test_lists_are_asked_for_by_status_and_page(desk: Site, services: Services) -> None:
    for tab, status in ROLL_STATUSES.items():
        desk.get(f"{ROLLS}?status={tab}&page=p1")
        asked = services.requests("ListRollDesk")[-1]
        assert (asked.status, asked.page_token) == (status, "p1")
    desk.get(f"{LIST}?page=p3")
    assert services.requests("ListRollLines")[-1].page_token == "p3"
