"""Electronic supervision: what was not done in time is found once, answered by the department, and stays visible."""

from datetime import timedelta
from typing import Any

import pytest

from chassis import store as stores
from chassis.acts import now
from services.case import model_findings, model_timers, store
from services.case.timing import timing_of
from standards.workdays import SHANGHAI
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, hear, journal, status
from tests.support.items import publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import supervision_pb2 as pb

TEXT = "请说明逾期原因并尽快办结"


@pytest.fixture
def watcher(case_api: Here) -> As:
    return case_api.by(supervisor(), service="SupervisionService")


@pytest.fixture
def answering(case_api: Here) -> As:
    return case_api.by(officer("review"), service="SupervisionService")


def due_now(database: Db, case: str, **fields: Any) -> None:
    """As if these ends had been reached: state and timer."""
    past = now() - timedelta(minutes=1)
    database["cases"].update_one(
        {"_id": case},
        {
            "$set": {f"state.{field}": past for field in fields}
            | {"state.due": past}
            | {"state.due_of": fields[next(iter(fields))]}
        },
    )


def heard(case_api: Here, case: str, kind: type[Any], handler: str, deliveries: int = 2) -> None:
    cases = store.cases(case_api.database)
    for entry in journal(case_api.database, case):
        if entry["type"] == kind.DESCRIPTOR.name:
            for _ in range(deliveries):
                hear(case_api, handler, cases.event(entry), case, entry["seq"])


def accepted(case_api: Here, citizen: As, database: Db) -> str:
    case = citizen.SubmitCase(item_id=publish(database, simple())).id
    case_api.by(officer("receive")).AcceptCase(case_id=case)
    return str(case)


def test_a_promised_limit_that_passes_is_told_once_found_once_and_answered(
    case_api: Here, citizen: As, database: Db, watcher: As, answering: As
) -> None:
    case = accepted(case_api, citizen, database)
    due_now(database, case, promised_due="PROMISED")
    timer = timing_of(database, store.cases(database))
    assert timer.round() == 1
    assert timer.round() in (0, 1), "the next end of the same case at most"
    reached = [one for one in journal(database, case) if one["type"] == "DueReached"]
    assert [one["data"]["clock"] for one in reached] == ["PROMISED"], "once, although the timer went round again"
    heard(case_api, case, events.DueReached, "raise_finding")
    found = watcher.ListFindings().findings
    assert [(one.rule, one.warning, one.case_id) for one in found] == [("J02", pb.WARNING_KIND_YELLOW, case)]
    with refused(PRECONDITION, "NOT_ANSWERED"):
        watcher.CloseFinding(finding_id=found[0].id)
    answered = answering.AnswerFinding(finding_id=found[0].id, text="系统对接故障，已恢复")
    assert answered.status == pb.FINDING_STATUS_ANSWERED
    assert watcher.ReturnFinding(finding_id=found[0].id, text="请补充整改措施").status == pb.FINDING_STATUS_OPEN
    answering.AnswerFinding(finding_id=found[0].id, text="已增加人手，本周办结")
    assert watcher.CloseFinding(finding_id=found[0].id).status == pb.FINDING_STATUS_CLOSED
    kept = watcher.ListFindings(status=pb.FINDING_STATUS_CLOSED).findings
    assert [line.by for line in kept[0].lines] == ["责任部门", "监察", "责任部门"], "and stays visible"
    with refused(PRECONDITION, "FINDING_CLOSED"):
        answering.AnswerFinding(finding_id=found[0].id, text="再补充一点")
    assert drifted(case_api) == {case: ["promised_due"]}, "but for what the test forged"


def test_silence_of_five_working_days_is_acceptance_from_the_day_of_receipt_and_a_finding(
    case_api: Here, citizen: As, database: Db, watcher: As
) -> None:
    case = citizen.SubmitCase(item_id=publish(database, simple()))
    due_now(database, case.id, accept_due="ACCEPT")
    timing_of(database, store.cases(database)).round()
    seen = citizen.GetCase(case_id=case.id)
    assert (status(seen), seen.deemed, seen.accepted_at) == ("IN_REVIEW", True, case.submitted_at)
    heard(case_api, case.id, events.CaseAccepted, "note_deemed")
    assert [one.rule for one in watcher.ListFindings().findings] == [model_findings.DEEMED]


def test_what_is_due_by_law_comes_before_any_act_although_the_timer_stands_still(
    case_api: Here, citizen: As, database: Db, item: str
) -> None:
    from tests.support.case_service import submit

    receiver = case_api.by(officer("receive"))
    silent, lapsed = (submit(citizen, item).id for _ in range(2))
    due_now(database, silent, accept_due="ACCEPT")
    for act in (
        lambda: receiver.RequestCorrection(case_id=silent, materials=["plan"], notice="请补平面图"),
        lambda: receiver.RefuseCase(case_id=silent, reason="材料不全"),
    ):
        with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
            act()
    seen = citizen.GetCase(case_id=silent)
    assert (status(seen), seen.deemed) == ("IN_REVIEW", True), (
        "six working days later it is accepted, and not sent back"
    )
    receiver.RequestCorrection(case_id=lapsed, materials=["plan"], notice="请补平面图")
    due_now(database, lapsed, answer_due="ANSWER")
    assert status(citizen.WithdrawCase(case_id=silent)) == "WITHDRAW_PENDING"
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.WithdrawCase(case_id=lapsed)
    entry = next(one for one in journal(database, silent) if one["type"] == "CaseAccepted")
    assert entry["by"] == "system:case", "the law did it, and not who came too late"
    timing_of(database, store.cases(database)).round()
    assert [one["type"] for one in journal(database, silent)].count("CaseAccepted") == 1


def test_a_correction_nobody_answers_lapses_and_a_withdrawal_nobody_confirms_is_one(
    case_api: Here, citizen: As, database: Db, item: str
) -> None:
    from tests.support.case_service import submit

    asked = submit(citizen, item).id
    case_api.by(officer("receive")).RequestCorrection(case_id=asked, materials=["plan"], notice="请补平面图")
    taken_back = accepted(case_api, citizen, database)
    assert status(citizen.WithdrawCase(case_id=taken_back)) == "WITHDRAW_PENDING"
    due_now(database, asked, answer_due="ANSWER")
    due_now(database, taken_back, confirm_due="CONFIRM")
    timing_of(database, store.cases(database)).round()
    assert status(citizen.GetCase(case_id=asked)) == "CORRECTION_LAPSED"
    assert status(citizen.GetCase(case_id=taken_back)) == "WITHDRAWN"


def test_the_timer_does_nothing_while_the_clocks_differ_and_one_case_that_fails_keeps_no_other_waiting(
    case_api: Here, citizen: As, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [accepted(case_api, citizen, database) for _ in range(2)]
    for id in ids:
        due_now(database, id, promised_due="PROMISED")
    timer = timing_of(database, store.cases(database))
    with monkeypatch.context() as patch:
        patch.setattr(stores, "clocks_agree", lambda _: False)
        assert timer.round() == 0
    real = model_timers.fire

    def broken(case: Any, instant: Any) -> Any:
        if case.id == ids[0]:
            raise KeyError("a broken record")
        return real(case, instant)

    monkeypatch.setattr(model_timers, "fire", broken)
    assert timing_of(database, store.cases(database)).round() == 1
    assert "DueReached" in {one["type"] for one in journal(database, ids[1])}
    assert "DueReached" not in {one["type"] for one in journal(database, ids[0])}


def test_a_supervisor_urges_a_case_once_and_the_department_answers(
    case_api: Here, citizen: As, database: Db, watcher: As, answering: As
) -> None:
    case = accepted(case_api, citizen, database)
    urged = watcher.UrgeCase(case_id=case, text=f"{TEXT}，申请人13912345678", days=2)
    shown = f"{TEXT}，申请人139****5678"
    assert (urged.rule, urged.lines[0].text, bool(urged.answer_due)) == (model_findings.URGED, shown, True)
    with refused(PRECONDITION, "URGED_ALREADY"):
        watcher.UrgeCase(case_id=case, text=TEXT)
    answering.AnswerFinding(finding_id=urged.id, text="已安排专人办理")
    watcher.UrgeCase(case_id=case, text="仍未办结，请说明")
    stored = str(list(database["findings"].find({})))
    assert TEXT not in stored and "专人" not in stored


def test_findings_are_for_the_department_and_its_supervisors_alone(
    case_api: Here, citizen: As, database: Db, watcher: As, answering: As
) -> None:
    found = watcher.UrgeCase(case_id=accepted(case_api, citizen, database), text=TEXT)
    assert [one.id for one in answering.ListFindings().findings] == [found.id]
    foreign = case_api.by(officer("review", department=OTHER_DEPARTMENT), service="SupervisionService")
    assert not foreign.ListFindings().findings
    far = case_api.by(supervisor(region="450103"), service="SupervisionService")
    assert not far.ListFindings().findings
    for other in (foreign, far):
        with refused(NOT_FOUND):
            other.GetFinding(finding_id=found.id)
    assert [one.id for one in watcher.ListFindings(case_id=found.case_id).findings] == [found.id]
    assert [one.id for one in answering.ListFindings(case_id=found.case_id).findings] == [found.id]
    for other in (foreign, far):
        assert not other.ListFindings(case_id=found.case_id).findings
    with refused(INVALID, "COUNTY"):
        far.ListFindings(county="990121")
    with refused(NOT_FOUND):
        foreign.AnswerFinding(finding_id=found.id, text="不是我们的")
    with refused(DENIED):
        answering.CloseFinding(finding_id=found.id)
    with refused(DENIED):
        case_api.by(person(), service="SupervisionService").ListFindings()


def test_cases_are_counted_by_day_for_a_department_an_item_and_a_county(
    case_api: Here, citizen: As, database: Db, watcher: As, answering: As
) -> None:
    item = publish(database, simple(steps=[], result_name=""))
    for close in (True, False):
        case = citizen.SubmitCase(item_id=item).id
        case_api.by(officer("receive")).AcceptCase(case_id=case)
        if close:
            case_api.by(officer("decide")).DecideCase(case_id=case, granted=True)
            case_api.by(officer("decide")).CloseCase(case_id=case)
        today = now()
        for kind, handler in ((events.CaseSubmitted, "note_arrival"), (events.CaseClosed, "note_closing")):
            for entry in journal(database, case):
                if entry["type"] == kind.DESCRIPTOR.name:
                    for _ in range(2):
                        event = store.cases(database).event(entry)
                        hear(case_api, handler, event, case, entry["seq"], today.isoformat())
    for tally in (store.arrivals(database), store.closings(database)):
        tally.recount()
    day = str(today.astimezone(SHANGHAI).date())
    span = {"from": day, "until": day}
    for asked in ({}, {"department": DEPARTMENT}, {"item_code": "TEST-1"}, {"county": REGION}):
        counted = watcher.CountCases(**asked, **span).days
        assert [(one.day, one.arrived, one.closed) for one in counted] == [(day, 2, 1)], asked
    assert answering.CountCases(**span).days[0].arrived == 2, "his own department"
    foreign = case_api.by(officer("review", department=OTHER_DEPARTMENT), service="SupervisionService")
    assert foreign.CountCases(department=DEPARTMENT, **span).days[0].arrived == 0
    far = case_api.by(supervisor(region="450103"), service="SupervisionService")
    with refused(NOT_FOUND):
        far.CountCases(department=DEPARTMENT, **span)
    with refused(INVALID) as refusal:
        watcher.CountCases(**{"from": "2026-01-01", "until": "2026-12-31"})
    assert refusal.fields == {"until": "TOO_MANY_DAYS"}
