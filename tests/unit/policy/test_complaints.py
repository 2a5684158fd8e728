"""A complaint on paper: at every status, which move may come; to whom it is there; what a question may say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Actor
from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, Refused
from services.policy import model_complaints as complaints
from services.policy import model_complaints_acts as acts
from services.policy import model_complaints_evolve, model_questions
from services.policy import model_complaints_moves as moves
from services.policy.model_complaints import ACCEPTED, CONCLUDED, RECEIVED, STATUSES, WITHDRAWN, Complaint, Marks
from services.policy.model_complaints_evolve import EVOLVE
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.policy_portal import COMPLAINT, NOW, evolved
from yiwang.policy.v1 import complaints_pb2 as pb

LATER = NOW + timedelta(days=100)
CITIZEN, COMPANY, BOSS = person("citizen"), handler(person("citizen")), supervisor(department=OTHER_DEPARTMENT)
EVERY_ROLE = ("receive", "review", "decide", "policy", "payout", "finance", "supervise", "market", "procure")


def marks(actor: Actor) -> Marks:
    """As the keyring would blind them."""
    return Marks(
        f"~{actor.id}" if actor.realm == CITIZEN.realm else "", f"~{actor.department}" if actor.department else ""
    )


def submitted(complainant: str = "~citizen") -> Complaint:
    told = Marks(complainant, f"~{DEPARTMENT}")
    complaint: Complaint = evolved(EVOLVE, None, acts.submit("c", "n", REGION, told, "code", "…", NOW))
    return complaint


def complaint_in(status: int) -> Complaint:
    complaint = submitted()
    if status == WITHDRAWN:
        complaint = evolved(EVOLVE, complaint, acts.withdraw(complaint, "…"))
    if status in (ACCEPTED, CONCLUDED):
        complaint = evolved(EVOLVE, complaint, acts.accept(complaint, BOSS, NOW))
    if status == CONCLUDED:
        complaint = evolved(EVOLVE, complaint, acts.conclude(complaint, BOSS, complaints.PARTLY, "约谈整改", "…"))
    return complaint


ACTS: dict[str, Any] = {
    "AcceptComplaint": lambda one: acts.accept(one, BOSS, NOW),
    "ConcludeComplaint": lambda one: acts.conclude(one, BOSS, complaints.UNFOUNDED, "", "…"),
    "WithdrawComplaint": lambda one: acts.withdraw(one, ""),
    "AskDepartment": lambda one: moves.require_move(one, "AskDepartment"),
}
# From the contract, not from the code: what may be done to a complaint that stands here, and where it leads.
MAY: dict[int, dict[str, int]] = {
    RECEIVED: {"AcceptComplaint": ACCEPTED, "WithdrawComplaint": WITHDRAWN},
    ACCEPTED: {"AskDepartment": ACCEPTED, "ConcludeComplaint": CONCLUDED, "WithdrawComplaint": WITHDRAWN},
    CONCLUDED: {},
    WITHDRAWN: {},
}


def test_the_tables_name_every_move_and_status() -> None:
    assert set(ACTS) | {"ComplaintOverdue"} == set(moves.MOVES)
    assert set(MAY) == set(STATUSES) == set(pb.ComplaintStatus.values()) - {0}
    assert set(complaints.OUTCOMES) == set(pb.ComplaintOutcome.values()) - {0}
    rpcs = {method.name for method in pb.DESCRIPTOR.services_by_name["ComplaintService"].methods}
    assert set(ACTS) <= rpcs


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_move_is_made_where_it_may_be_and_nowhere_else(status: int, name: str) -> None:
    complaint = complaint_in(status)
    actor = CITIZEN if name == "WithdrawComplaint" else BOSS
    assert (name in moves.open_moves(complaint, actor, marks(actor))) == (name in MAY[status])
    if name not in MAY[status]:
        refused(lambda: ACTS[name](complaint), "MOVE_NOT_ALLOWED")
        return
    if (event := ACTS[name](complaint)) is not None:
        after = evolved(EVOLVE, complaint, event)
        assert after.status == MAY[status][name] and (status, after.status) in moves.leads(name)


@pytest.mark.parametrize("status", STATUSES)
@given(roles=st.sets(st.sampled_from(EVERY_ROLE)), region=st.sampled_from(("99", "990100", REGION, "990121101")))
def test_to_no_officer_of_the_department_it_is_about_it_is_there(status: int, roles: set[str], region: str) -> None:
    complaint = complaint_in(status)
    insider = replace(officer(*roles, department=DEPARTMENT), region=region)
    assert not complaints.sees(insider, complaint, marks(insider))
    assert moves.open_moves(complaint, insider, marks(insider)) == []
    for name in moves.MOVES:
        with pytest.raises(Refused) as found:
            moves.require_by(complaint, name, insider, marks(insider))
        assert found.value.code == NOT_FOUND


def test_it_is_there_for_who_complained_and_for_supervision_of_the_region() -> None:
    complaint = submitted()
    readers = {
        CITIZEN: True,
        COMPANY: True,
        person("another"): False,
        BOSS: True,
        supervisor(region="990100"): True,
        supervisor(region="990122"): False,
        officer("review", department=OTHER_DEPARTMENT): False,
        supervisor(department=""): False,
        Actor(): False,
    }
    for actor, may in readers.items():
        assert complaints.sees(actor, complaint, marks(actor)) == may, actor
    nobodys = submitted("")
    assert not complaints.sees(CITIZEN, nobodys, marks(CITIZEN)) and not complaints.sees(Actor(), nobodys, Marks())


def test_what_is_due_of_supervision_is_flagged_once_a_step() -> None:
    complaint = submitted()
    assert acts.fire(complaint, NOW) is None
    late = evolved(EVOLVE, complaint, acts.fire(complaint, LATER))
    assert (late.late, late.overdue, late.due) == (["ACCEPTANCE"], True, None) and acts.fire(late, LATER) is None
    accepted = evolved(EVOLVE, late, acts.accept(late, BOSS, LATER))
    assert not accepted.overdue and accepted.due is not None
    again = evolved(EVOLVE, accepted, acts.fire(accepted, LATER + timedelta(days=100)))
    assert again.late == ["ACCEPTANCE", "CONCLUSION"]
    for status in (CONCLUDED, WITHDRAWN):
        assert complaint_in(status).due is None and acts.fire(complaint_in(status), LATER) is None


def test_what_is_found_true_has_measures() -> None:
    complaint = complaint_in(ACCEPTED)
    for outcome in complaints.OUTCOMES:
        if outcome == complaints.UNFOUNDED:
            assert acts.conclude(complaint, BOSS, complaints.UNFOUNDED, "", "…").outcome == outcome
        else:
            refused(lambda outcome=outcome: acts.conclude(complaint, BOSS, outcome, "  ", "…"), "REQUIRED")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("贵局办理食品经营许可时，补正要求是否一次性告知？", ""),
        ("为何“材料被要求补正四次，每次理由都不一样”？", "QUOTES_COMPLAINT"),
        ("材料被 要求补正，四次每次理由—都不一样，请说明", "QUOTES_COMPLAINT"),
        ("某某食品商行的许可为何没有办结？", "QUOTES_COMPLAINT"),
        ("请联系19900000559说明情况", "PERSONAL_DATA"),
    ],
)
def test_a_question_is_in_the_supervisors_own_words(question: str, reason: str) -> None:
    if reason:
        refused(lambda: acts.require_own_words(dict(COMPLAINT), question), reason)
    else:
        acts.require_own_words(dict(COMPLAINT), question)


@given(start=st.integers(0, 60), length=st.integers(complaints.QUOTED, 40), before=st.text(max_size=5))
def test_any_run_of_the_complaint_is_a_quotation(start: int, length: int, before: str) -> None:
    bare = complaints._bare(COMPLAINT["text"])
    run = bare[start : start + length]
    assert len(run) < complaints.QUOTED or complaints.quotes(COMPLAINT, f"{before}，{run}")


def test_a_question_is_answered_once_by_the_department_that_is_asked() -> None:
    evolve = model_questions.EVOLVE
    asked = evolved(evolve, None, model_questions.ask("q", "~c", DEPARTMENT, REGION, BOSS, "…", NOW))
    desk = officer("review", department=DEPARTMENT)
    late = evolved(evolve, asked, model_questions.fire(asked, LATER))
    assert model_questions.fire(asked, NOW) is None and late.overdue and model_questions.fire(late, LATER) is None
    answered = evolved(evolve, late, model_questions.answer(late, desk, "…"))
    assert not answered.overdue and model_questions.fire(answered, LATER) is None
    refused(lambda: model_questions.answer(answered, desk, "…"), "ANSWERED_ALREADY")
    for stranger in (BOSS, officer("review", department=OTHER_DEPARTMENT), officer("finance"), person()):
        with pytest.raises(Refused) as found:
            model_questions.answer(asked, stranger, "…")
        assert found.value.code == NOT_FOUND


def test_numbers_name_no_department() -> None:
    found = complaints.counts(complaint_in(status) for status in STATUSES)
    assert found == {
        "received": 4,
        "status_RECEIVED": 1,
        "status_ACCEPTED": 1,
        "status_CONCLUDED": 1,
        "status_WITHDRAWN": 1,
        "outcome_PARTLY": 1,
    }


def test_who_is_erased_leaves_nothing_open() -> None:
    for status in STATUSES:
        event = acts.complainant_erased(complaint_in(status))
        assert (event is not None) == (status in complaints.OPEN)


def test_a_look_is_a_record_of_its_own() -> None:
    assert not set(model_complaints_evolve.EVOLVE) & set(model_complaints_evolve.EVOLVE_LOOKS)


def refused(act: Any, reason: str) -> None:
    with pytest.raises(Refused) as found:
        act()
    assert found.value.reason == reason
    stands = reason in ("MOVE_NOT_ALLOWED", "ANSWERED_ALREADY")
    assert found.value.code == (FAILED_PRECONDITION if stands else INVALID_ARGUMENT)
