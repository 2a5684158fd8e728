"""The pre-review is no acceptance; but what passed is accepted without a second review when the same is handed in, in time."""

from datetime import timedelta

import pytest

from chassis.acts import now
from tests.support.actors import OTHER_DEPARTMENT, delegate, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, handed_in, journal, status
from tests.support.items import FORM, definition, publish
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog


@pytest.fixture
def offered(database: Db) -> str:
    return publish(database, definition(handling=catalog.Handling(pre_review=True, pre_review_days=7)))


@pytest.fixture
def looking(case_api: Here) -> As:
    return case_api.by(officer("receive", id="looking"), service="PreReviewService")


@pytest.fixture
def own(case_api: Here, citizen: As) -> As:
    assert citizen.actor is not None
    return case_api.by(citizen.actor, service="PreReviewService")


def begun(citizen: As, item: str) -> pb.Case:
    return citizen.SubmitCase(item_id=item, form=FORM, materials=handed_in(citizen), pre_review=True)


def test_what_passed_and_is_handed_in_unchanged_is_accepted_at_once(
    case_api: Here, citizen: As, own: As, looking: As, offered: str, database: Db
) -> None:
    case = begun(citizen, offered)
    assert (status(case), case.accept_due, case.promised_due) == ("PRE_REVIEW", "", ""), "no clock of the law"
    assert "WithdrawCase" in case.moves and "CorrectCase" not in case.moves
    rejected = looking.RejectPreReview(case_id=case.id, materials=["plan"], reason="缺少平面图")
    assert (status(rejected), rejected.correction_notice) == ("PRE_REJECTED", "缺少平面图")
    own.RevisePreReview(case_id=case.id, materials=handed_in(citizen, "plan"))
    passed = looking.PassPreReview(case_id=case.id)
    assert status(passed) == "PRE_PASSED" and passed.pre_valid_until
    accepted = own.HandInCase(case_id=case.id)
    assert status(accepted) == "IN_REVIEW" and accepted.promised_due
    assert [one["type"] for one in journal(database, case.id)][-2:] == ["CaseHandedIn", "CaseAccepted"]
    for _ in range(2):
        case_api.by(officer("review")).PassReviewStep(case_id=case.id, opinion="合格")
    with refused(PRECONDITION, "RECEIVER_MAY_NOT_DECIDE"):
        case_api.by(officer("decide", id="looking")).DecideCase(case_id=case.id, granted=True)
    assert drifted(case_api) == {}


@pytest.mark.parametrize("change", ["material", "form", "late"])
def test_what_changed_or_comes_late_is_an_application_like_others(
    citizen: As, own: As, looking: As, offered: str, database: Db, change: str
) -> None:
    case = begun(citizen, offered)
    looking.PassPreReview(case_id=case.id)
    if change == "late":
        past = now() - timedelta(minutes=1)
        database["cases"].update_one({"_id": case.id}, {"$set": {"state.pre_valid_until": past}})
    more = {
        "material": {"materials": handed_in(citizen, "plan")},
        "form": {"form": {"phone": "13900000000"}},
        "late": {},
    }[change]
    handed = own.HandInCase(case_id=case.id, **more)
    assert status(handed) == "SUBMITTED" and handed.accept_due and not handed.accepted_at


def test_what_was_revised_after_it_passed_has_to_pass_again(
    citizen: As, own: As, looking: As, offered: str, database: Db
) -> None:
    case = begun(citizen, offered)
    looking.PassPreReview(case_id=case.id)
    own.RevisePreReview(case_id=case.id, form={"phone": "13900000000"})
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        own.HandInCase(case_id=case.id)
    looking.PassPreReview(case_id=case.id)
    assert status(own.HandInCase(case_id=case.id)) == "IN_REVIEW", "bound by what passed last"
    for act in (own.HandInCase, own.RevisePreReview, looking.PassPreReview):
        with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
            act(case_id=case.id)
    assert [one["type"] for one in journal(database, case.id)].count("CaseAccepted") == 1


def test_who_acts_for_the_applicant_is_named_on_each_act_of_a_pre_review(
    case_api: Here, looking: As, offered: str, database: Db
) -> None:
    helping = delegate(person())
    helper, reviewed = case_api.by(helping), case_api.by(helping, service="PreReviewService")
    case = begun(helper, offered)
    looking.RejectPreReview(case_id=case.id, reason="缺少平面图")
    reviewed.RevisePreReview(case_id=case.id, materials=handed_in(helper, "plan"))
    looking.PassPreReview(case_id=case.id)
    timeline = reviewed.HandInCase(case_id=case.id).timeline
    assert [one.type for one in timeline if one.agent_name] == ["CaseSubmitted", "PreReviewRevised", "CaseHandedIn"]
    assert "王某" not in str(journal(database, case.id)), "sealed under his own key"


def test_a_pre_review_is_looked_through_by_the_department_and_nobody_else(
    case_api: Here, citizen: As, own: As, offered: str
) -> None:
    case = begun(citizen, offered)
    elsewhere = case_api.by(officer("receive", department=OTHER_DEPARTMENT), service="PreReviewService")
    for act, told in (("PassPreReview", {}), ("RejectPreReview", {"reason": "缺少平面图"})):
        with refused(NOT_FOUND):
            getattr(elsewhere, act)(case_id=case.id, **told)
        with refused(DENIED, "NOT_ALLOWED"):
            getattr(own, act)(case_id=case.id, **told)
    with refused(NOT_FOUND):
        assert citizen.actor is not None
        case_api.by(delegate(citizen.actor), service="PreReviewService").RevisePreReview(case_id=case.id)


def test_a_form_or_a_material_the_item_does_not_have_is_named_and_nothing_is_written(
    citizen: As, own: As, looking: As, offered: str, database: Db
) -> None:
    case = begun(citizen, offered)
    looking.PassPreReview(case_id=case.id)
    before = len(journal(database, case.id))
    for act in (own.RevisePreReview, own.HandInCase):
        with refused(INVALID) as refusal:
            act(case_id=case.id, form={"phone": "x"})
        assert refusal.fields == {"form[phone]": "MALFORMED"}
        with refused(INVALID) as refusal:
            act(case_id=case.id, materials=handed_in(citizen, "passport"))
        assert refusal.fields == {"materials[passport]": "MATERIAL_NOT_LISTED"}
    assert len(journal(database, case.id)) == before


def test_the_same_answers_typed_again_bind_as_well(citizen: As, own: As, looking: As, offered: str) -> None:
    case = begun(citizen, offered)
    looking.PassPreReview(case_id=case.id)
    assert status(own.HandInCase(case_id=case.id, form={"phone": FORM["phone"]})) == "IN_REVIEW"


def test_an_item_without_one_takes_no_pre_review_and_nothing_unchanged_is_looked_at_again(
    citizen: As, own: As, looking: As, offered: str, item: str
) -> None:
    with refused(PRECONDITION, "PRE_REVIEW_NOT_OFFERED"):
        begun(citizen, item)
    case = begun(citizen, offered)
    with refused(INVALID) as refusal:
        looking.RejectPreReview(case_id=case.id, materials=["passport"], reason="缺护照")
    assert refusal.fields == {"materials[passport]": "MATERIAL_NOT_LISTED"}
    looking.RejectPreReview(case_id=case.id, reason="填报有误")
    with refused(INVALID, "NOTHING_CHANGED"):
        own.RevisePreReview(case_id=case.id)
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        own.HandInCase(case_id=case.id)


def test_another_persons_pre_review_is_found_by_nobody(case_api: Here, citizen: As, offered: str) -> None:
    case = begun(citizen, offered)
    with refused(NOT_FOUND):
        case_api.by(person(), service="PreReviewService").HandInCase(case_id=case.id)
