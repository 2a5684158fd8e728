"""Special procedures, the one extension and opinions as the model has them: what is refused by name, and what it does to the clocks."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Moment
from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, Refused
from services.case import model, model_deadlines, model_procedures, model_scenario, model_seeing, model_timers
from services.case.model import Case
from services.case.model_evolve import EVOLVE
from standards.instants import instant
from standards.workdays import SHANGHAI
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, officer, supervisor
from tests.support.cases import case_in
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import procedures_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

WORKING = catalog.TIME_UNIT_WORKING_DAY
# A Monday; accepted the Friday before. No holiday until 25 September 2026.
NOW = datetime(2026, 9, 7, 2, tzinfo=UTC)
ACCEPTED = datetime(2026, 9, 4, 2, tzinfo=UTC)
REVIEWER, DECIDER = officer("review", id="reviewer"), officer("decide", id="decider")
KINDS = [kind for kind in catalog.ProcedureKind.values() if kind]
LAW = ("HEARING", "TENDER", "AUCTION", "INSPECTION", "TESTING", "QUARANTINE", "APPRAISAL", "EXPERT_REVIEW")
PAUSING = {catalog.ProcedureKind.Value(f"PROCEDURE_KIND_{name}") for name in LAW}
APPRAISAL = catalog.PROCEDURE_KIND_APPRAISAL
Start = pb.StartSpecialProcedureRequest


def item_of(kinds: Sequence[int] = KINDS, cap: int = 30) -> catalog.ItemDefinition:
    listed = [
        catalog.SpecialProcedure(kind=kind, name="程序", cap=catalog.Limit(amount=cap, unit=WORKING))  # type: ignore[arg-type]
        for kind in kinds
    ]
    return definition(special_procedures=listed)


def reviewed(**changes: Any) -> Case:
    """A case in review whose clocks run since ACCEPTED: five promised and twenty statutory working days."""
    case = case_in(model.IN_REVIEW, clock_from=ACCEPTED, accepted_at=ACCEPTED, **changes)
    dues = model_deadlines.dues(case, ACCEPTED)
    fields = {name: instant(getattr(dues, name)) for name in ("promised_due", "statutory_due")}
    return case_in(model.IN_REVIEW, clock_from=ACCEPTED, accepted_at=ACCEPTED, **{**fields, **changes})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def asked(kind: int = APPRAISAL, until: str = "2026-09-18T23:59:59+08:00", **more: Any) -> Start:
    return Start(kind=kind, expected_until=until, notice="鉴定需要十日", **more)  # type: ignore[arg-type]


def hearing(held: str, told: str = "", requested: str = "", until: str = "2026-10-15T23:59:59+08:00") -> Start:
    told_of = pb.Hearing(held_on=held, told_on=told, requested_on=requested)
    return asked(catalog.PROCEDURE_KIND_HEARING, until, hearing=told_of)


def start(case: Case, request: Start, item: catalog.ItemDefinition | None = None, now: datetime = NOW) -> Message:
    item = item or item_of()
    scenario = model_scenario.of(item, {}, "item", 1)
    return model_procedures.start(case, item, scenario, request, REVIEWER, "sealed", now)


def then(case: Case, event: Message, when: datetime = NOW, by: str = "officer:reviewer") -> Case:
    changed: Case = EVOLVE[type(event)](case, event, Moment(when, by))
    return changed


def refused(act: Callable[[], Any]) -> tuple[int, str, list[str]]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code, caught.value.reason, [one.field for one in caught.value.violations]


# -- special procedures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_clocks_stand_still_for_the_closed_list_of_the_law_and_for_nothing_else(kind: int) -> None:
    request = hearing("2026-09-17") if kind == catalog.PROCEDURE_KIND_HEARING else asked(kind)
    case = then(reviewed(), start(reviewed(), request))
    assert case.procedures[0].pauses == (kind in PAUSING)
    assert (case.status == model.SUSPENDED) == (kind in PAUSING)
    assert (case.promised_due is None) == (kind in PAUSING)


def test_an_inspection_on_site_pauses_where_a_law_of_the_items_own_says_so() -> None:
    case = reviewed(handling={"visit_pauses": 1})
    assert then(case, start(case, asked(catalog.PROCEDURE_KIND_SITE_INSPECTION))).status == model.SUSPENDED
    assert then(case, start(case, asked(catalog.PROCEDURE_KIND_OTHER))).status == model.IN_REVIEW


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (asked(0), ("PROCEDURE_KIND", "kind")),
        (asked(99), ("PROCEDURE_KIND", "kind")),
        (asked(catalog.PROCEDURE_KIND_TENDER), ("PROCEDURE_NOT_LISTED", "kind")),
        (asked(until="soon"), ("MALFORMED", "expected_until")),
        (asked(until="2026-09-18T23:59:59"), ("MALFORMED", "expected_until")),
        (asked(until="2026-09-07T09:59:59+08:00"), ("PAST", "expected_until")),
        # Ten working days after Monday the 7th end with the working Sunday, the 20th.
        (asked(until="2026-09-21T00:00:00+08:00"), ("BEYOND_CAP", "expected_until")),
        (asked(hearing=pb.Hearing(held_on="2026-09-17")), ("NOT_A_HEARING", "hearing")),
        (asked(catalog.PROCEDURE_KIND_HEARING), ("REQUIRED", "hearing")),
    ],
)
def test_what_is_no_procedure_of_the_item_is_refused_by_name(request_: Start, expected: tuple[str, str]) -> None:
    item = item_of([APPRAISAL, catalog.PROCEDURE_KIND_HEARING], cap=10)
    code, reason, fields = refused(lambda: start(reviewed(), request_, item))
    assert (code, reason, fields) == (INVALID_ARGUMENT, expected[0], [expected[1]])


def test_a_procedure_without_a_cap_of_its_own_lasts_at_most_a_year() -> None:
    item = definition(special_procedures=[catalog.SpecialProcedure(kind=APPRAISAL, name="鉴定")])
    assert start(reviewed(), asked(until="2027-09-07T00:00:00+08:00"), item)
    assert refused(lambda: start(reviewed(), asked(until="2028-09-07T00:00:00+08:00"), item))[1] == "BEYOND_CAP"


def test_only_what_applies_under_the_applicants_answers_can_be_ordered_and_the_whole_list_once_they_are_unreadable() -> (
    None
):
    item = item_of([APPRAISAL])
    scenario = model_scenario.of(item, {}, "item", 1)
    del scenario.guide.special_procedures[:]
    case, request = reviewed(), asked()

    def order(known: model_scenario.Scenario | None) -> Message:
        return model_procedures.start(case, item, known, request, REVIEWER, "sealed", NOW)

    assert refused(lambda: order(scenario))[1] == "PROCEDURE_NOT_LISTED"
    assert order(None)


def test_one_procedure_stands_the_clocks_still_at_a_time_and_those_that_do_not_run_beside_it() -> None:
    case = then(reviewed(), start(reviewed(), asked()))
    assert refused(lambda: start(case, asked(catalog.PROCEDURE_KIND_TESTING)))[1:] == ("PROCEDURE_OPEN", [])
    for kind in (catalog.PROCEDURE_KIND_PUBLICITY, catalog.PROCEDURE_KIND_OTHER):
        case = then(case, start(case, asked(kind)))
    assert case.status == model.SUSPENDED and [one.number for one in case.procedures] == [1, 2, 3]
    case = then(case, model_procedures.end(case, 2, REVIEWER, "sealed", NOW))
    assert case.status == model.SUSPENDED and case.promised_due is None, "the one that pauses is still open"
    case = then(case, model_procedures.end(case, 1, REVIEWER, "sealed", NOW))
    assert case.status == model.IN_REVIEW and case.promised_due is not None


def test_a_procedure_ends_once_and_only_when_there_is_one() -> None:
    case = then(reviewed(), start(reviewed(), asked()))
    case = then(case, start(case, asked(catalog.PROCEDURE_KIND_OTHER)))
    assert refused(lambda: model_procedures.end(case, 3, REVIEWER, "", NOW))[1:] == ("PROCEDURE_UNKNOWN", ["number"])
    case = then(case, model_procedures.end(case, 1, REVIEWER, "", NOW))
    again = refused(lambda: model_procedures.end(case, 1, REVIEWER, "", NOW))
    assert again[:2] == (FAILED_PRECONDITION, "PROCEDURE_ENDED")
    assert refused(lambda: model_procedures.end(reviewed(), 1, REVIEWER, "", NOW))[1] == "MOVE_NOT_ALLOWED"


def test_time_of_a_pause_is_not_counted_and_a_pause_of_no_time_changes_nothing() -> None:
    before = reviewed()
    case = then(before, start(before, asked()))
    same = then(case, model_procedures.end(case, 1, REVIEWER, "", NOW))
    assert (same.promised_due, same.statutory_due) == (before.promised_due, before.statutory_due)
    # Monday to Thursday: three working days are lost, and Friday the 11th becomes Wednesday the 16th.
    later = NOW + timedelta(days=3)
    resumed = then(case, model_procedures.end(case, 1, REVIEWER, "", later), later)
    assert before.promised_due == at("2026-09-11T23:59:59")
    assert resumed.promised_due == at("2026-09-16T23:59:59")


def test_a_procedure_has_a_clock_of_its_own_that_is_told_once_while_the_main_clocks_stand() -> None:
    case = then(reviewed(), start(reviewed(), asked()))
    assert (case.due_of, case.due) == ("PROCEDURE/1", at("2026-09-18T23:59:59"))
    after = NOW + timedelta(days=30)
    (told,) = model_timers.fire(case, after) or []
    assert isinstance(told, events.DueReached) and (told.clock, told.number) == ("PROCEDURE", 1)
    case = then(case, told, after)
    assert case.due is None and model_timers.fire(case, after) is None


instants = st.integers(0, 60 * 24 * 40).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(
    st.lists(st.tuples(instants, instants), max_size=5),
    st.sampled_from(
        [(5, WORKING), (9, catalog.TIME_UNIT_NATURAL_DAY), (1, catalog.TIME_UNIT_MONTH), (50, catalog.TIME_UNIT_HOUR)]
    ),
    st.integers(0, 10),
)
def test_a_pause_never_shortens_a_clock_nor_does_one_more_of_them(
    spans: list[tuple[datetime, datetime]], limit: tuple[int, int], days: int
) -> None:
    case = reviewed(promised=list(limit), extended_days=days)
    last = instant(model_deadlines.dues(case, ACCEPTED).promised_due)
    assert last
    begun = NOW
    for one, other in sorted((min(span), max(span)) for span in spans):
        if one < begun:
            continue
        begun = other
        case = then(case, start(case, asked(until=(one + timedelta(days=3)).isoformat()), now=one), one)
        case = then(case, model_procedures.end(case, len(case.procedures), REVIEWER, "", other), other)
        assert case.promised_due and case.promised_due >= last
        last = case.promised_due


# -- hearings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        # Told on Monday 31 August: five working days end on Monday 7 September.
        (hearing("2026-09-17", "2026-08-31", "2026-09-07"), None),
        (hearing("2026-09-17", "2026-08-28", "2026-09-07"), ("HEARING_REQUEST_LATE", "hearing.requested_on")),
        (hearing("2026-09-17", "2026-09-07", "2026-09-04"), ("HEARING_REQUEST_LATE", "hearing.requested_on")),
        (hearing("2026-09-17", "2026-09-07", "2026-09-08"), ("HEARING_REQUEST_LATE", "hearing.requested_on")),
        # Twenty working days after 3 September, Sunday the 20th worked, the 25th and 1 to 7 October free: 8 October.
        (hearing("2026-10-08", "2026-09-02", "2026-09-03"), None),
        (hearing("2026-10-09", "2026-09-02", "2026-09-03"), ("HEARING_LATE", "hearing.held_on")),
        # Seven working days before Wednesday the 16th is Monday the 7th; before the 15th it is the 4th.
        (hearing("2026-09-16"), None),
        (hearing("2026-09-15"), ("HEARING_NOTICE_SHORT", "hearing.held_on")),
        (hearing("2026-09-01"), ("HEARING_NOTICE_SHORT", "hearing.held_on")),
        (hearing("2026-10-12", until="2026-10-11T12:00:00+08:00"), ("HEARING_BEYOND", "hearing.held_on")),
        (hearing("9999-12-31"), ("HEARING_BEYOND", "hearing.held_on")),
        (hearing("2026-13-01"), ("MALFORMED", "hearing.held_on")),
        (hearing("2026-09-17", told="2026-09-02"), ("MALFORMED", "hearing.requested_on")),
        (hearing("2026-09-17", "9999-12-31", "9999-12-31"), ("HEARING_REQUEST_LATE", "hearing.requested_on")),
    ],
)
def test_a_hearing_keeps_to_the_days_of_the_law(request_: Start, expected: tuple[str, str] | None) -> None:
    item = item_of(cap=60)
    if expected is None:
        case = then(reviewed(), start(reviewed(), request_, item))
        assert case.procedures[0].hearing_on == request_.hearing.held_on
        return
    _, reason, fields = refused(lambda: start(reviewed(), request_, item))
    assert (reason, fields) == (expected[0], [expected[1]])


# -- the one extension -------------------------------------------------------------------------------------------------


def propose(case: Case, days: int = 10, now: datetime = NOW) -> events.ExtensionProposed:
    return model_procedures.propose_extension(case, days, REVIEWER, "sealed reason", now)


def test_an_extension_is_proposed_approved_by_another_and_makes_both_limits_longer_once() -> None:
    before = reviewed()
    case = then(before, propose(before))
    assert refused(lambda: propose(case))[1] == "EXTENSION_PROPOSED"
    both = officer("review", "decide", id=REVIEWER.id)
    for act in (
        lambda: model_procedures.approve_extension(case, both, "", NOW),
        lambda: model_procedures.decline_extension(case, both, "sealed"),
    ):
        assert refused(act)[:2] == (FAILED_PRECONDITION, "PROPOSER_MAY_NOT_APPROVE")
    assert not {"ApproveExtension", "DeclineExtension"} & set(model_seeing.moves(case, both))
    approved = model_procedures.approve_extension(case, DECIDER, "", NOW)
    assert (approved.sealed_reason, approved.proposed_by) == ("sealed reason", REVIEWER.id), "the applicant reads it"
    case = then(case, approved)
    # Fifteen working days after Friday the 4th: to Friday the 18th ten, the working Sunday the 20th, and Monday to Thursday.
    assert case.promised_due == at("2026-09-24T23:59:59") and before.promised_due == at("2026-09-11T23:59:59")
    assert case.statutory_due and before.statutory_due and case.statutory_due > before.statutory_due
    assert refused(lambda: propose(case))[1] == "EXTENDED_ALREADY"


@pytest.mark.parametrize(("handling", "days", "fits"), [({}, 10, True), ({}, 11, False), ({}, 0, False)])
def test_ten_days_more_at_most(handling: dict[str, int], days: int, fits: bool) -> None:
    case = reviewed(handling=handling)
    if fits:
        assert propose(case, days).days == days
    else:
        assert refused(lambda: propose(case, days))[1:] == ("EXTENSION_DAYS", ["days"])


def test_fifteen_days_more_where_departments_handle_it_together() -> None:
    case = reviewed(handling={"joint": 1})
    assert propose(case, 15).days == 15
    assert refused(lambda: propose(case, 16))[1] == "EXTENSION_DAYS"


def test_a_limit_that_is_over_is_not_extended_neither_by_a_late_proposal_nor_by_a_late_approval() -> None:
    case = reviewed()
    over = at("2026-12-01T00:00:00")
    assert refused(lambda: propose(case, now=over))[1] == "TOO_LATE"
    case = then(case, propose(case))
    assert refused(lambda: model_procedures.approve_extension(case, DECIDER, "", over))[1] == "TOO_LATE"
    assert model_procedures.decline_extension(case, DECIDER, "sealed")


def test_without_a_limit_there_is_nothing_to_extend() -> None:
    case = reviewed(promised=[0, 0], statutory=[0, 0], promised_due=None, statutory_due=None)
    assert refused(lambda: propose(case))[1] == "NO_CLOCK"


def test_what_was_declined_may_be_proposed_again() -> None:
    case = then(reviewed(), propose(reviewed()))
    case = then(case, model_procedures.decline_extension(case, DECIDER, "sealed"))
    assert (case.extension_by, case.extended_days) == ("", 0)
    assert propose(case).days == 10


# -- opinions ----------------------------------------------------------------------------------------------------------

OTHER = officer("review", department=OTHER_DEPARTMENT)


def ask(case: Case, department: str = OTHER_DEPARTMENT, days: int = 0) -> Case:
    request = pb.RequestOpinionRequest(department=department, department_name="某局", days=days)
    return then(case, model_procedures.request_opinion(case, request, REVIEWER, "sealed", NOW))


def give(case: Case, by: Any = OTHER) -> Case:
    return then(case, model_procedures.give_opinion(case, by, True, "sealed"), by="officer:o")


def test_a_department_is_asked_with_a_clock_of_its_own_five_working_days_unless_said() -> None:
    assert ask(reviewed()).opinions[0].due == at("2026-09-14T23:59:59")
    assert ask(reviewed(), days=1).opinions[0].due == at("2026-09-08T23:59:59")


def test_the_own_department_is_not_asked_and_another_again_only_when_it_has_answered() -> None:
    assert refused(lambda: ask(reviewed(), DEPARTMENT))[1:] == ("OWN_DEPARTMENT", ["department"])
    case = ask(reviewed())
    assert refused(lambda: ask(case))[:2] == (FAILED_PRECONDITION, "OPINION_ASKED")
    case = ask(ask(case, "third"), "fourth")
    case = ask(give(case))
    assert [one.number for one in case.opinions] == [1, 2, 3, 4]
    assert set(case.asked) == {"third", "fourth", OTHER_DEPARTMENT}


def test_a_department_answers_once_what_it_was_asked_and_keeps_sight_of_the_case_until_it_ends() -> None:
    case = ask(reviewed())
    assert model_seeing.moves(case, OTHER) == ["GiveOpinion"]
    assert not model_seeing.inside(OTHER, case)
    case = give(case)
    assert case.opinions[0].given_at == NOW and model_seeing.moves(case, OTHER) == []
    assert refused(lambda: give(case))[:2] == (FAILED_PRECONDITION, "OPINION_GIVEN")
    assert model_seeing.is_consulted(OTHER, case)
    ended = then(case, events.CaseWithdrawn(case_id=case.id), by="person:p")
    assert not model_seeing.is_consulted(OTHER, ended)


def test_who_supervises_besides_being_asked_is_offered_the_opinion_and_nothing_else() -> None:
    assert model_seeing.moves(ask(reviewed()), supervisor("review", department=OTHER_DEPARTMENT)) == ["GiveOpinion"]


def test_an_opinion_that_does_not_come_is_told_once_although_the_main_clocks_stand() -> None:
    case = ask(reviewed())
    case = then(case, start(case, asked()))
    after = NOW + timedelta(days=8)
    (told,) = model_timers.fire(case, after) or []
    assert isinstance(told, events.DueReached) and (told.clock, told.number) == ("OPINION", 1)
    case = then(case, told, after)
    assert case.due_of == "PROCEDURE/1"
    assert model_timers.fire(give(case), after) is None
