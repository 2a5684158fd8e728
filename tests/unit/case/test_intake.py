"""Windows, pre-reviews and drafts as the model has them: how far an item reaches, what binds, how long and for whom a draft is kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Actor, Moment
from chassis.errors import ABORTED, FAILED_PRECONDITION, INVALID_ARGUMENT, PERMISSION_DENIED, Refused
from chassis.filters import matches
from services.case import model, model_drafts, model_intake, model_pre_review, model_receipts
from services.case.model import Case
from services.case.model_drafts import Draft
from services.case.model_evolve import EVOLVE
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, delegate, handler, officer, person, service
from tests.support.cases import case_in
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog

# A Friday morning in China: the next working day is Monday.
NOW = datetime(2026, 9, 4, 2, tzinfo=UTC)
DIGEST, ANOTHER = "a" * 64, "b" * 64
WINDOW, DECIDING = officer("receive", department=OTHER_DEPARTMENT), officer("receive")
REACHES = (catalog.REACH_NONE, catalog.REACH_CITY, catalog.REACH_PROVINCE, catalog.REACH_NATION)


def refused(act: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code, caught.value.reason


def evolved(case: Any, event: Any, at: datetime = NOW, by: str = "officer:x") -> Any:
    return EVOLVE[type(event)](case, event, Moment(at, by))


@pytest.mark.parametrize(
    ("window", "taken"),
    [
        ("990121", (True, True, True, True)),  # the item's own county
        ("990121103", (True, True, True, True)),  # a township of it
        ("990122", (False, True, True, True)),  # another county of the city
        ("990221", (False, False, True, True)),  # another city of the province
        ("450103", (False, False, False, True)),  # another province
        ("", (False, False, False, False)),  # nobody knows where
    ],
)
def test_an_item_is_received_as_far_as_it_reaches_and_no_farther(window: str, taken: tuple[bool, ...]) -> None:
    at = replace(WINDOW, region=window)
    for reach, may in zip(REACHES, taken, strict=True):
        item = definition(reach=reach)
        if may:
            model_intake.check_reach(at, item)
        else:
            assert refused(lambda item=item: model_intake.check_reach(at, item)) == (  # type: ignore[misc]
                PERMISSION_DENIED,
                "REACH",
            )


def test_only_what_another_department_decides_is_handed_over() -> None:
    assert model_intake.receiving(WINDOW, definition()) == (OTHER_DEPARTMENT, WINDOW.region)
    assert model_intake.receiving(DECIDING, definition()) == ("", "")


def received(**changes: Any) -> Case:
    told = {"receiving_department": OTHER_DEPARTMENT, "receipt_digest": DIGEST, "region": "990121"}
    return case_in(model.RECEIVED, **(told | changes))


def test_what_was_received_is_sent_once_then_taken_once_and_each_by_the_receipts_digest() -> None:
    case = received()
    assert model_intake.waits(case)
    assert refused(lambda: model_intake.take(case, DECIDING, DIGEST)) == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED")
    assert refused(lambda: model_intake.send(case, WINDOW, ANOTHER, NOW)) == (FAILED_PRECONDITION, "RECEIPT_DIFFERS")
    sent = model_intake.send(case, WINDOW, DIGEST, NOW)
    assert datetime.fromisoformat(sent.take_due).date() == date(2026, 9, 7), "Monday: one working day"
    case = evolved(case, sent)
    assert not model_intake.waits(case) and case.status == model.RECEIVED
    assert refused(lambda: model_intake.send(case, WINDOW, DIGEST, NOW)) == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED")
    assert refused(lambda: model_intake.take(case, DECIDING, ANOTHER)) == (FAILED_PRECONDITION, "RECEIPT_DIFFERS")
    case = evolved(case, model_intake.take(case, DECIDING, DIGEST))
    assert (case.status, case.taken_at) == (model.SUBMITTED, NOW)
    assert refused(lambda: model_intake.take(case, DECIDING, DIGEST)) == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED")


def passed(**handling: int) -> Case:
    """A case whose pre-review passed."""
    digest = model_receipts.digest([])
    case = case_in(model.PRE_REVIEW, receipt_digest=digest, handling={"pre_review": 1, **handling})
    case = evolved(case, model_pre_review.pass_it(case, officer("receive", id="looking"), NOW))
    assert isinstance(case, Case)
    return case


def hand_in(case: Case, now: datetime, same: bool = True, files: Any = ()) -> list[Any]:
    return model_pre_review.hand_in(case, definition(), files, "", same, None, now, "person:x", "agent")


def test_a_passed_pre_review_binds_to_the_end_of_its_last_day_and_not_an_instant_longer() -> None:
    case = passed(pre_review_days=7)
    end = case.pre_valid_until
    assert end is not None and end.date() == date(2026, 9, 11), "natural days"
    assert [type(one) for one in hand_in(case, end)] == [events.CaseHandedIn, events.CaseAccepted]
    late = hand_in(case, end + timedelta(milliseconds=1))
    assert [type(one) for one in late] == [events.CaseHandedIn] and not late[0].binding and late[0].accept_due


def test_another_form_another_file_or_an_unchecked_licence_does_not_bind() -> None:
    file = events.HandedInFile(attachment_id="x", material="plan", sha256="c" * 64)
    unchecked = model.StoodFor("plan", catalog.WAIVER_LICENCE, "proof", True)
    assert hand_in(passed(), NOW)[0].binding
    for handed_in in (
        hand_in(passed(), NOW, same=False),
        hand_in(passed(), NOW, files=[file]),
        hand_in(replace(passed(), stood_for=[unchecked]), NOW),
    ):
        assert [type(one) for one in handed_in] == [events.CaseHandedIn] and not handed_in[0].binding


def test_whoever_looked_through_it_took_part_in_receiving_it_and_who_acts_is_named() -> None:
    case = passed()
    assert case.receivers == ["looking"]
    assert hand_in(case, NOW)[0].sealed_agent_name == "agent"
    revised = model_pre_review.revise(case, definition(), [], "sealed", None, "agent")
    assert revised.sealed_agent_name == "agent" and evolved(case, revised).status == model.PRE_REVIEW
    nothing = refused(lambda: model_pre_review.revise(case, definition(), [], "", None))
    assert nothing[0] == INVALID_ARGUMENT
    again = evolved(case, revised)
    assert refused(lambda: hand_in(again, NOW)) == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"), "it has to pass again"


APPLICANT = person("applicant")


def saved(sealed: str = "sealed", actor: Actor = APPLICANT, draft: Draft | None = None, at: datetime = NOW) -> Draft:
    event = model_drafts.save("d", actor, "item", 1, sealed, [])
    event = event if draft is None else model_drafts.save_again(draft, event)
    found: Draft = model_drafts.EVOLVE[events.DraftSaved](draft, event, Moment(at, actor.by))
    return found


def test_a_draft_is_saved_so_often_and_with_so_much_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    full = (FAILED_PRECONDITION, "DRAFT_FULL")
    assert refused(lambda: saved("x" * (model_drafts.MOST_STORED + 1))) == full
    one = saved("x" * (model_drafts.MOST_STORED - 3))
    assert refused(lambda: saved("four", draft=one)) == full
    assert saved("xyz", draft=one).stored == model_drafts.MOST_STORED
    monkeypatch.setattr(model_drafts, "MOST_SAVES", 2)
    assert refused(lambda: saved(draft=saved(draft=saved()))) == full


def test_what_was_saved_elsewhere_since_is_not_written_over() -> None:
    draft = saved(draft=saved())
    again = model_drafts.save("d", APPLICANT, "item", 1, "sealed", [])
    assert refused(lambda: model_drafts.save_again(draft, again, 1)) == (ABORTED, "VERSION_MOVED")
    for seen in (0, 2):
        assert model_drafts.save_again(draft, again, seen) == again
    other = model_drafts.save("d", APPLICANT, "another item", 1, "sealed", [])
    assert refused(lambda: model_drafts.save_again(draft, other)) == (FAILED_PRECONDITION, "DRAFT_OF_ANOTHER_ITEM")


def test_a_draft_lapses_ninety_days_after_it_was_saved_last_and_ends_once() -> None:
    draft = saved()
    end = NOW + timedelta(days=90)
    assert model_drafts.lapse(draft, end - timedelta(milliseconds=1)) is None
    assert model_drafts.lapse(saved(draft=draft, at=NOW + timedelta(days=1)), end) is None, "touched meanwhile"
    ending = model_drafts.lapse(draft, end)
    assert ending is not None
    ended: Draft = model_drafts.EVOLVE[events.DraftEnded](draft, ending, Moment(end, "system:case"))
    assert (ended.open_of, ended.sealed_content, ended.attachments, ended.ends_at) == ("", "", [], None)
    assert model_drafts.end(ended, submitted=True) is None and model_drafts.lapse(ended, end) is None


WHO = [
    APPLICANT,
    person("another"),
    person(""),
    handler(APPLICANT),
    delegate(APPLICANT, delegation="one"),
    delegate(APPLICANT, delegation="two"),
    delegate(APPLICANT, "bank", delegation="one"),
    replace(APPLICANT, acting=replace(delegate(APPLICANT).acting or pytest.fail(), delegation="")),
    officer("receive", id="applicant", department=DEPARTMENT),
    service("gateway"),
    Actor(),
]


@given(
    who=st.sampled_from(WHO),
    delegation=st.sampled_from(["", "one", "two"]),
    open_of=st.sampled_from(["", "applicant", "another"]),
)
def test_who_may_see_a_draft_is_one_rule_for_lists_and_single_drafts(who: Actor, delegation: str, open_of: str) -> None:
    draft = replace(saved(), delegation_id=delegation, open_of=open_of)
    document = {"state": {"open_of": open_of, "delegation_id": delegation}}
    assert model_drafts.sees(who, draft) == matches(document, model_drafts.visible(who))
