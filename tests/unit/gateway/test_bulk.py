"""One move on many cases: each is done or refused by itself, once however often the form is sent, and nothing is judged in bulk."""

from typing import Any

import pytest

from services.gateway import desk_moves
from tests.unit.gateway.told import CASE, Services, Site, refuse
from yiwang.case.v1 import service_pb2 as cases

OTHER = "7b0f3c1e-0000-4000-8000-00000000000b"


@pytest.fixture
def desk(site: Site, services: Services) -> Site:
    site.sign_in(as_officer=True)
    services.on(
        "AcceptCase", lambda asked: cases.Case(id=asked.case_id, number=f"N-{asked.case_id[-1]}", item_name="某事项")
    )
    return site


def sent(site: Site, **more: Any) -> Any:
    return site.send("/desk/bulk", {"move": "accept", "case": [CASE, OTHER]} | more)


def test_the_inbox_offers_what_the_officers_roles_may_do_to_many(desk: Site) -> None:
    page = desk.get("/desk").text
    assert f'name="case" value="{CASE}" form="bulk"' in page
    offered = {name for name in desk_moves.FOR_MANY if f'<option value="{name}">' in page}
    assert offered == {"accept", "pre-pass", "confirm-withdrawal", "close"}, "he may not review"


def test_each_case_is_an_act_of_its_own(desk: Site, services: Services) -> None:
    page = sent(desk)
    assert page.status_code == 200 and "2 件已办理" in page.text
    asked = services.requests("AcceptCase")
    assert sorted(one.case_id for one in asked) == sorted([CASE, OTHER])
    assert len({one.request_id for one in asked}) == 2


def test_the_same_form_again_is_the_same_acts(desk: Site, services: Services) -> None:
    sent(desk)
    sent(desk)
    assert len({one.request_id for one in services.requests("AcceptCase")}) == 2


def test_what_is_refused_says_why_and_spoils_no_other(desk: Site, services: Services) -> None:
    wrong = refuse("FAILED_PRECONDITION", "CASE_NOT_SUBMITTED", "办件已经受理")
    services.on("AcceptCase", lambda asked: wrong if asked.case_id == CASE else cases.Case(id=OTHER, number="N-b"))
    page = sent(desk).text
    assert "1 件已办理" in page and "1 件没有办理" in page and "办件已经受理" in page
    assert f'href="/desk/{CASE}"' in page


@pytest.mark.parametrize("move", ["decide", "refuse", "void", "pass", "no-such-move", ""])
def test_what_is_judged_case_by_case_or_not_his_is_refused(desk: Site, services: Services, move: str) -> None:
    assert sent(desk, move=move).status_code == 403
    assert not [name for name, _, _ in services.heard if name.endswith("Case") and name != "GetCase"]


def test_nothing_chosen_does_nothing(desk: Site, services: Services) -> None:
    answer = desk.send("/desk/bulk", {"move": "accept"})
    assert answer.headers["location"] == "/desk?done=bulk-none" and not services.requests("AcceptCase")


def test_no_more_than_a_page_of_cases_at_once(desk: Site, services: Services) -> None:
    many = [f"7b0f3c1e-0000-4000-8000-{number:012d}" for number in range(100)]
    sent(desk, case=many)
    assert len(services.requests("AcceptCase")) == 30


def test_every_move_for_many_is_a_move_and_none_needs_the_case_beside_it() -> None:
    for name in desk_moves.FOR_MANY:
        assert not desk_moves.needs_case(desk_moves.MOVES[name])
    assert not {"decide", "refuse", "not-accept", "revoke", "void"} & set(desk_moves.FOR_MANY)
