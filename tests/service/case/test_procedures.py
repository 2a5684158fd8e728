"""Special procedures, the extension and opinions over gRPC: who may do and read what, and the timers of each."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chassis.acts import Cause, now
from services.case import store
from services.case.timing import timing_of
from standards.instants import text
from tests.support.actors import OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, journal, status, submit
from tests.support.items import definition, publish
from tests.support.serving import Here
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

PROCEDURES = "ProcedureService"
APPRAISAL, OTHER = catalog.PROCEDURE_KIND_APPRAISAL, catalog.PROCEDURE_KIND_OTHER
PHONE = "13912345678"


@pytest.fixture
def procedures(case_api: Here, desk: dict[str, As]) -> dict[str, As]:
    """The officers of the desk as they call about procedures."""
    return {role: case_api.by(one.actor, service=PROCEDURES) for role, one in desk.items()}


@pytest.fixture
def asked(case_api: Here) -> As:
    """A reviewer of another department."""
    return case_api.by(officer("review", "issue", department=OTHER_DEPARTMENT), service=PROCEDURES)


@pytest.fixture
def ordered(database: Db) -> str:
    """An item with two special procedures."""
    cap = catalog.Limit(amount=10, unit=catalog.TIME_UNIT_WORKING_DAY)
    listed = [catalog.SpecialProcedure(kind=kind, name="程序", cap=cap) for kind in (APPRAISAL, OTHER)]
    return publish(database, definition(special_procedures=listed))


@pytest.fixture
def accepted(citizen: As, desk: dict[str, As], ordered: str) -> Callable[[], pb.Case]:
    """A case in review."""

    def make() -> pb.Case:
        case = submit(citizen, ordered)
        accepted: pb.Case = desk["receive"].AcceptCase(case_id=case.id)
        return accepted

    return make


def started(procedures: dict[str, As], case_id: str, kind: int = APPRAISAL, **more: Any) -> pb.Case:
    until = (now() + timedelta(days=3)).isoformat()
    fields = {"expected_until": until, "notice": f"鉴定需三日，联系人{PHONE}"} | more
    case: pb.Case = procedures["review"].StartSpecialProcedure(case_id=case_id, kind=kind, **fields)
    return case


def ask(procedures: dict[str, As], case_id: str, department: str = OTHER_DEPARTMENT, **more: Any) -> pb.Case:
    fields = {"department_name": "示范县消防救援大队", "question": f"是否同意，申请人电话{PHONE}"} | more
    case: pb.Case = procedures["review"].RequestOpinion(case_id=case_id, department=department, **fields)
    return case


def test_a_special_procedure_pauses_the_clocks_with_a_notice_the_applicant_reads(
    procedures: dict[str, As], desk: dict[str, As], citizen: As, accepted: Callable[[], pb.Case], case_api: Here
) -> None:
    before = accepted()
    case = started(procedures, before.id)
    assert (status(case), case.promised_due, case.statutory_due, case.light) == ("SUSPENDED", "", "", 0)
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        desk["review"].PassReviewStep(case_id=case.id, opinion="合格")
    seen = citizen.GetCase(case_id=case.id)
    assert [(one.title, one.pauses, one.notice) for one in seen.procedures] == [
        ("鉴定", True, f"鉴定需三日，联系人{PHONE}")
    ]
    assert desk["review"].GetCase(case_id=case.id).procedures[0].notice.endswith("139****5678")
    case = procedures["review"].EndSpecialProcedure(case_id=case.id, number=1, outcome="鉴定合格")
    assert (status(case), case.promised_due, case.statutory_due) == (
        "IN_REVIEW",
        before.promised_due,
        before.statutory_due,
    ), "of no time: nothing changed"
    assert citizen.GetCase(case_id=case.id).timeline[-1].text == "鉴定合格"
    assert "鉴定" not in str(journal(case_api.database, case.id))
    assert drifted(case_api) == {}


def test_procedures_are_refused_by_name_and_nothing_is_written(
    procedures: dict[str, As], accepted: Callable[[], pb.Case], case_api: Here
) -> None:
    case = accepted()
    for kind, reason in ((0, "PROCEDURE_KIND"), (77, "PROCEDURE_KIND"), (2, "PROCEDURE_NOT_LISTED")):
        with refused(INVALID, reason) as refusal:
            started(procedures, case.id, kind)
        assert refusal.fields == {"kind": reason}
    with refused(INVALID) as refusal:
        started(procedures, case.id, notice="")
    assert list(refusal.fields) == ["notice"]
    with refused(INVALID, "BEYOND_CAP"):
        started(procedures, case.id, expected_until=(now() + timedelta(days=40)).isoformat())
    assert len(journal(case_api.database, case.id)) == case.version
    started(procedures, case.id)
    with refused(PRECONDITION, "PROCEDURE_OPEN"):
        started(procedures, case.id)
    assert [one.pauses for one in started(procedures, case.id, OTHER).procedures] == [True, False]


def test_a_case_is_not_decided_while_a_procedure_or_an_opinion_is_open(
    procedures: dict[str, As], desk: dict[str, As], accepted: Callable[[], pb.Case], asked: As
) -> None:
    case = accepted()
    for _ in range(2):
        desk["review"].PassReviewStep(case_id=case.id, opinion="合格")
    started(procedures, case.id, OTHER)
    ask(procedures, case.id)
    with refused(PRECONDITION, "OPINION_OPEN"):
        desk["decide"].DecideCase(case_id=case.id, granted=True)
    asked.GiveOpinion(case_id=case.id, agrees=True, text="同意")
    with refused(PRECONDITION, "PROCEDURE_OPEN"):
        desk["decide"].DecideCase(case_id=case.id, granted=True)
    procedures["review"].EndSpecialProcedure(case_id=case.id, number=1, outcome="完成")
    assert status(desk["decide"].DecideCase(case_id=case.id, granted=True)) == "GRANTED"


def test_the_limit_is_extended_once_by_somebody_else_and_the_applicant_reads_why(
    procedures: dict[str, As], citizen: As, accepted: Callable[[], pb.Case], case_api: Here
) -> None:
    before = accepted()
    both = case_api.by(officer("review", "decide"), service=PROCEDURES)
    with refused(INVALID, "EXTENSION_DAYS"):
        both.ProposeExtension(case_id=before.id, days=11, reason="案情复杂")
    case = both.ProposeExtension(case_id=before.id, days=10, reason="案情复杂")
    assert case.extension_asked == 10 and not {"ApproveExtension", "DeclineExtension"} & set(case.moves)
    assert "ApproveExtension" in case_api.by(procedures["decide"].actor).GetCase(case_id=case.id).moves
    for act in (both.ApproveExtension, both.DeclineExtension):
        with refused(PRECONDITION, "PROPOSER_MAY_NOT_APPROVE"):
            act(case_id=case.id, reason="同意")
    assert citizen.GetCase(case_id=case.id).timeline[-1].text == "", "a proposal is for officers"
    procedures["decide"].DeclineExtension(case_id=case.id, reason="理由不足")
    both.ProposeExtension(case_id=case.id, days=5, reason="专家需要时间")
    case = procedures["decide"].ApproveExtension(case_id=case.id)
    assert case.extended_days == 5 and case.extension_asked == 0
    assert case.promised_due > before.promised_due and case.statutory_due > before.statutory_due
    told = citizen.GetCase(case_id=case.id).timeline[-1]
    assert (told.title, told.text) == ("审批时限延长：5个工作日", "专家需要时间")
    with refused(PRECONDITION, "EXTENDED_ALREADY"):
        both.ProposeExtension(case_id=case.id, days=1, reason="再延长")
    assert drifted(case_api) == {}


def test_the_department_that_was_asked_reads_the_case_and_answers_and_no_other_does(
    procedures: dict[str, As], asked: As, accepted: Callable[[], pb.Case], case_api: Here, citizen: As
) -> None:
    case = accepted()
    reader = case_api.by(asked.actor)
    third = officer("review", department="third-department")
    with refused(NOT_FOUND):
        asked.GiveOpinion(case_id=case.id, agrees=True, text="同意")
    with refused(NOT_FOUND):
        reader.GetCase(case_id=case.id)
    ask(procedures, case.id, "third-department", question="其他部门的问题")
    ask(procedures, case.id)
    seen = reader.GetCase(case_id=case.id)
    assert list(seen.moves) == ["GiveOpinion"]
    assert {one.field.key: one.value for one in seen.answers}["phone"] == "139****5678", "masked"
    assert [one.question for one in seen.opinions] == ["", "是否同意，申请人电话139****5678"], "only its own"
    assert not any("其他部门的问题" in one.text for one in seen.timeline)
    assert reader.DownloadAttachment(case_id=case.id, attachment_id=seen.materials[0].attachments[0].id).content
    with refused(NOT_FOUND):
        reader.UnmaskCase(case_id=case.id, fields=["phone"], purpose="联系申请人")
    for forbidden in ("PassReviewStep", "EndSpecialProcedure"):
        by, more = (
            (reader, {"opinion": "x"}) if forbidden == "PassReviewStep" else (asked, {"number": 1, "outcome": "x"})
        )
        with refused(NOT_FOUND):
            getattr(by, forbidden)(case_id=case.id, **more)
    with refused(DENIED):
        case_api.by(officer("receive", department=OTHER_DEPARTMENT), service=PROCEDURES).GiveOpinion(
            case_id=case.id, agrees=True, text="同意"
        )
    for stranger in (officer("review", department="fourth-department"), person()):
        with refused(NOT_FOUND):
            case_api.by(stranger).GetCase(case_id=case.id)
    given = asked.GiveOpinion(case_id=case.id, agrees=False, text="消防通道不足")
    assert given.opinions[1].text == "消防通道不足" and "GiveOpinion" not in given.moves
    with refused(PRECONDITION, "OPINION_GIVEN"):
        asked.GiveOpinion(case_id=case.id, agrees=True, text="改为同意")
    with refused(PRECONDITION, "OPINION_ASKED"):
        ask(procedures, case.id, "third-department")
    case_api.by(third, service=PROCEDURES).GiveOpinion(case_id=case.id, agrees=True, text="无意见")
    read = case_api.by(procedures["review"].actor).GetCase(case_id=case.id)
    assert [(one.agrees, one.text) for one in read.opinions] == [(True, "无意见"), (False, "消防通道不足")]
    mine, theirs = citizen.GetCase(case_id=case.id), reader.GetCase(case_id=case.id)
    assert [(one.question, one.text, one.agrees) for one in mine.opinions] == [("", "", False)] * 2
    assert not theirs.opinions[0].agrees, "nor what another department thinks"
    assert "消防" not in str([entry["data"].get("sealedText", "") for entry in journal(case_api.database, case.id)])
    assert reader.GetCase(case_id=case.id).id == case.id, "it may read on until the case ends"
    citizen.WithdrawCase(case_id=case.id)
    case_api.by(officer("review")).ConfirmWithdrawal(case_id=case.id)
    with refused(NOT_FOUND):
        reader.GetCase(case_id=case.id)
    assert drifted(case_api) == {}


def test_an_address_is_shown_to_who_sends_the_result_and_not_to_who_was_asked(
    case_api: Here, procedures: dict[str, As], asked: As, citizen: As, desk: dict[str, As], ordered: str
) -> None:
    express = pb.DeliveryChoice(way=pb.DELIVERY_WAY_EXPRESS, name="张三丰", phone=PHONE, address="示范县解放路1号")
    case = submit(citizen, ordered, delivery=express)
    desk["receive"].AcceptCase(case_id=case.id)
    ask(procedures, case.id)
    assert not case_api.by(asked.actor).GetCase(case_id=case.id).HasField("delivery_to")
    over = case_api.by(supervisor("issue", department="third-department"))
    assert not over.GetCase(case_id=case.id).HasField("delivery_to")
    assert desk["issue"].GetCase(case_id=case.id).delivery_to.address == "示范县解放路1号"


def test_the_own_department_is_not_asked(procedures: dict[str, As], accepted: Callable[[], pb.Case]) -> None:
    with refused(INVALID, "OWN_DEPARTMENT") as refusal:
        ask(procedures, accepted().id, procedures["review"].actor.department)  # type: ignore[union-attr]
    assert refusal.fields == {"department": "OWN_DEPARTMENT"}


def test_what_a_department_was_asked_is_listed_open_first_page_by_page_and_to_nobody_else(
    procedures: dict[str, As], asked: As, accepted: Callable[[], pb.Case], case_api: Here
) -> None:
    ids = [ask(procedures, accepted().id).id for _ in range(7)]
    for id in (ids[6], ids[1], ids[4]):
        asked.GiveOpinion(case_id=id, agrees=True, text="同意")
    found, token = [], ""
    while True:
        page = asked.ListOpinionsAsked(page_size=2, page_token=token)
        found += list(page.opinions)
        token = page.next_page_token
        if not token:
            break
    assert [one.case_id for one in found] == [ids[n] for n in (5, 3, 2, 0, 6, 4, 1)]
    assert [one.open for one in found] == [True] * 4 + [False] * 3
    assert found[0].opinion.question == "是否同意，申请人电话139****5678" and found[4].opinion.text == "同意"
    assert found[0].department == procedures["review"].actor.department  # type: ignore[union-attr]
    for other in (procedures["review"], case_api.by(officer("review", department="third"), service=PROCEDURES)):
        assert not other.ListOpinionsAsked().opinions
    with refused(INVALID, "MALFORMED"):
        asked.ListOpinionsAsked(page_token="answered-nonsense")
    with refused(PRECONDITION, "NO_DEPARTMENT"):
        case_api.by(officer("review", department=""), service=PROCEDURES).ListOpinionsAsked()


def test_clocks_of_procedures_and_opinions_are_told_once_while_the_main_clocks_stand(
    procedures: dict[str, As], accepted: Callable[[], pb.Case], case_api: Here
) -> None:
    case_id = accepted().id
    cases, past = store.cases(case_api.database), now() - timedelta(seconds=1)
    for event in (
        events.OpinionRequested(opinion=1, department=OTHER_DEPARTMENT, officer_id="o", due=text(past)),
        events.SpecialProcedureStarted(
            procedure=1, kind=APPRAISAL, officer_id="o", expected_until=text(past), pauses=True
        ),
    ):
        event.case_id = case_id
        key = f"officer:o/{event.DESCRIPTOR.name}/1"
        cases.change(case_id, Cause(key, "officer:o"), lambda _, event=event: event)  # type: ignore[misc]
    timing = timing_of(case_api.database, cases)
    for _ in range(4):
        timing.round()
    told = [entry["data"] for entry in journal(case_api.database, case_id) if entry["type"] == "DueReached"]
    assert sorted((one["clock"], one["number"]) for one in told) == [("OPINION", 1), ("PROCEDURE", 1)]
    assert cases.get(case_id).state.promised_due is None, "the main clocks stand"
