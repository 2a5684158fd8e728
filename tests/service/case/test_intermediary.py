"""The link to the intermediary supermarket: a case asks for a procurement, and hears of it until the deliverable is back."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import NotYet
from services.case import store
from tests.support.actors import OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, hear, journal, submit
from tests.support.items import definition, publish
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.intermediary.v1 import events_pb2 as procured

SERVICE, OTHER = "卫生检测", "建筑设计"
PROCUREMENT, NUMBER, AGENCY = "0b5c1a3e-0000-4000-8000-000000000001", "ZJ990121260930001", "示范县衡正检测技术有限公司"
SHA = "5e" * 32
CLOCKS = (
    *("accepted_at", "promised_due", "statutory_due", "light", "status", "accept_due", "answer_due", "deferred_due"),
    *("extended_days", "review_steps_passed", "deferred"),
)


def item(**more: Any) -> catalog.ItemDefinition:
    return definition(intermediary_services=[SERVICE, OTHER], **more)


@pytest.fixture
def owner() -> Actor:
    return person()


@pytest.fixture
def accepted(case_api: Here, database: Db, owner: Actor) -> pb.Case:
    """A case whose clocks run."""
    case = submit(case_api.by(owner), publish(database, item()))
    return case_api.by(officer("receive")).AcceptCase(case_id=case.id)  # type: ignore[no-any-return]


def at(api: Here, actor: Actor) -> As:
    return api.by(actor, service="IntermediaryService")


def ask(api: Here, actor: Actor, case: str, service: str = SERVICE, **more: Any) -> pb.Case:
    return at(api, actor).RequestIntermediary(case_id=case, service=service, **more)  # type: ignore[no-any-return]


def told(kind: type[Any], case: str, **more: Any) -> Any:
    return kind(procurement_id=PROCUREMENT, number=NUMBER, case_id=case, service=SERVICE, **more)


def linked(case: str) -> tuple[str, Message]:
    return "note_procurement", told(procured.ProcurementLinked, case)


def confirmed(case: str) -> tuple[str, Message]:
    file = procured.KeptFile(file_id="f-1", media_type="application/pdf", size=2048, sha256=SHA, sealed_filename="…")
    return "keep_deliverable", told(procured.DeliverableConfirmed, case, agency_name=AGENCY, files=[file])


def ended(case: str, reason: str = "NOBODY_SIGNED_UP") -> tuple[str, Message]:
    return "note_procurement_end", told(procured.ProcurementEnded, case, reason=reason)


SEQ = {"note_procurement": 2, "keep_deliverable": 9, "note_procurement_end": 10}


def heard(api: Here, *events: tuple[str, Message]) -> None:
    """Each as the broker would bring it: of the procurement's record, at its place there."""
    for handler, event in events:
        hear(api, handler, event, PROCUREMENT, SEQ[handler])


def types(database: Db, case: str) -> list[str]:
    return [entry["type"] for entry in journal(database, case)]


# -- asking ------------------------------------------------------------------------------------------------------------


def test_the_applicant_asks_and_reads_that_it_is_asked_for(case_api: Here, accepted: pb.Case, owner: Actor) -> None:
    before = case_api.by(owner).GetCase(case_id=accepted.id)
    assert (list(before.intermediaries), list(before.intermediary_services)) == ([], [SERVICE, OTHER])
    case = ask(case_api, owner, accepted.id)
    (found,) = case.intermediaries
    assert (found.service, found.status) == (SERVICE, pb.INTERMEDIARY_STATUS_REQUESTED)
    assert found.requested_at and not found.procurement_id
    assert list(case.intermediary_services) == [OTHER]
    assert case.timeline[-1].title == f"申请中介服务：{SERVICE}"


def test_the_same_request_asks_once(case_api: Here, database: Db, accepted: pb.Case, owner: Actor) -> None:
    for _ in range(2):
        assert len(ask(case_api, owner, accepted.id, request_id="same-request").intermediaries) == 1
    assert types(database, accepted.id).count("IntermediaryRequested") == 1


def test_a_reviewing_officer_of_the_department_asks_too_and_what_he_asks_for_is_the_applicants(
    case_api: Here, database: Db, accepted: pb.Case, owner: Actor
) -> None:
    reviewer = officer("review")
    assert list(case_api.by(reviewer).GetCase(case_id=accepted.id).intermediary_services) == [SERVICE, OTHER]
    ask(case_api, reviewer, accepted.id)
    data = journal(database, accepted.id)[-1]["data"]
    assert (data["applicantId"], data["officerId"]) == (owner.id, reviewer.id)


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (person(), NOT_FOUND),
        (officer("review", department=OTHER_DEPARTMENT), NOT_FOUND),
        (officer("receive"), DENIED),
        (officer("decide"), DENIED),
        (supervisor(), DENIED),
        (officer("market"), DENIED),
        (officer("procure"), DENIED),
    ],
    ids=["somebody else", "review elsewhere", "receive", "decide", "supervisor", "market", "procure"],
)
def test_nobody_else_asks(case_api: Here, database: Db, accepted: pb.Case, actor: Actor, code: Any) -> None:
    before = types(database, accepted.id)
    with refused(code):
        ask(case_api, actor, accepted.id)
    assert types(database, accepted.id) == before


def test_bad_input_names_its_field_and_writes_nothing(
    case_api: Here, database: Db, accepted: pb.Case, owner: Actor
) -> None:
    before = types(database, accepted.id)
    for service in ("卫生检测 ", "测绘", "", "长" * 201):
        with refused(INVALID) as said:
            ask(case_api, owner, accepted.id, service)
        assert list(said.fields) == ["service"]
    with refused(INVALID) as said:
        ask(case_api, owner, "no-case")
    assert list(said.fields) == ["case_id"]
    assert types(database, accepted.id) == before


def test_not_twice_at_a_time_and_not_for_a_case_that_ended(case_api: Here, accepted: pb.Case, owner: Actor) -> None:
    ask(case_api, owner, accepted.id)
    with refused(PRECONDITION, "INTERMEDIARY_RUNNING"):
        ask(case_api, officer("review"), accepted.id)
    case_api.by(owner).WithdrawCase(case_id=accepted.id, reason="不办了")
    case_api.by(officer("review")).ConfirmWithdrawal(case_id=accepted.id)
    with refused(PRECONDITION, "CASE_ENDED"):
        ask(case_api, owner, accepted.id, OTHER)
    assert list(case_api.by(owner).GetCase(case_id=accepted.id).intermediary_services) == []


# -- hearing -----------------------------------------------------------------------------------------------------------


def test_the_deliverable_comes_back_to_applicant_and_department_with_its_hash(
    case_api: Here, accepted: pb.Case, owner: Actor
) -> None:
    ask(case_api, owner, accepted.id)
    heard(case_api, linked(accepted.id))
    (running,) = case_api.by(owner).GetCase(case_id=accepted.id).intermediaries
    assert (running.status, running.procurement_id, running.procurement_number) == (
        pb.INTERMEDIARY_STATUS_RUNNING,
        PROCUREMENT,
        NUMBER,
    )
    heard(case_api, confirmed(accepted.id))
    for actor in (owner, officer("decide"), supervisor()):
        case = case_api.by(actor).GetCase(case_id=accepted.id)
        (found,) = case.intermediaries
        assert (found.status, found.agency_name) == (pb.INTERMEDIARY_STATUS_DELIVERED, AGENCY)
        assert [(one.file_id, one.size, one.sha256) for one in found.files] == [("f-1", 2048, SHA)]
        assert found.finished_at
        assert case.timeline[-1].title == f"收到中介服务成果：{AGENCY}"
        # By its wording it is the item's 检测报告.
        assert {one.key: one.procurement_number for one in case.materials}["report"] == NUMBER
        assert {one.procurement_number for one in case.materials if one.key != "report"} == {""}
    for stranger in (person(), officer("review", department=OTHER_DEPARTMENT)):
        with refused(NOT_FOUND):
            case_api.by(stranger).GetCase(case_id=accepted.id)


def test_a_procurement_that_ended_says_why_and_another_may_be_asked_for(
    case_api: Here, accepted: pb.Case, owner: Actor
) -> None:
    ask(case_api, owner, accepted.id)
    heard(case_api, linked(accepted.id), ended(accepted.id))
    case = case_api.by(owner).GetCase(case_id=accepted.id)
    (found,) = case.intermediaries
    assert (found.status, found.reason, found.reason_title) == (
        pb.INTERMEDIARY_STATUS_ENDED,
        "NOBODY_SIGNED_UP",
        "无机构报名",
    )
    assert SERVICE in case.intermediary_services
    assert len(ask(case_api, owner, accepted.id).intermediaries) == 2


@pytest.mark.parametrize("final", [confirmed, ended], ids=["delivered", "ended"])
def test_events_twice_and_in_any_order_come_to_the_same(
    case_api: Here, database: Db, owner: Actor, final: Callable[[str], tuple[str, Message]]
) -> None:
    seen, known = [], publish(database, item())
    for order in ((0, 0, 1, 1), (0, 1, 0, 1), (1, 0, 1, 0), (1, 1, 0, 0)):
        case = submit(case_api.by(owner), known)
        ask(case_api, owner, case.id)
        both = (linked(case.id), final(case.id))
        heard(case_api, *(both[one] for one in order))
        (found,) = case_api.by(owner).GetCase(case_id=case.id).intermediaries
        for name in ("requested_at", "finished_at"):
            assert getattr(found, name)
            found.ClearField(name)
        seen.append(found)
        written = types(database, case.id)
        assert written.count("DeliverableKept") + written.count("ProcurementEndNoted") == 1
    assert all(one == seen[0] for one in seen)
    assert drifted(case_api) == {}


def test_of_a_procurement_nobody_here_asked_for_the_case_hears_nothing(
    case_api: Here, database: Db, accepted: pb.Case
) -> None:
    before = types(database, accepted.id)
    heard(case_api, linked(accepted.id), confirmed(accepted.id), ended(accepted.id), confirmed(""), ended(""))
    assert types(database, accepted.id) == before


def test_a_case_that_is_not_here_yet_is_waited_for(case_api: Here) -> None:
    with pytest.raises(NotYet):
        heard(case_api, linked("0b5c1a3e-0000-4000-8000-00000000ffff"))


def test_no_clock_of_the_case_or_of_its_sisters_stands_still_or_begins_anew(
    case_api: Here, database: Db, accepted: pb.Case, owner: Actor
) -> None:
    sister = submit(case_api.by(owner), accepted.item_id)
    case_api.by(officer("receive")).AcceptCase(case_id=sister.id)
    reads, cases = case_api.by(owner), store.cases(database)
    before = [reads.GetCase(case_id=one) for one in (accepted.id, sister.id)]
    due = cases.get(accepted.id).state.due
    ask(case_api, owner, accepted.id)
    for events in ((linked(accepted.id),), (confirmed(accepted.id),)):
        heard(case_api, *events)
        case, other = (reads.GetCase(case_id=one.id) for one in before)
        assert [getattr(case, name) for name in CLOCKS] == [getattr(before[0], name) for name in CLOCKS]
        assert cases.get(accepted.id).state.due == due
        assert other == before[1]


def test_the_clocks_stand_still_when_an_officer_starts_a_test_and_go_on_when_he_ends_it(
    case_api: Here, database: Db, owner: Actor
) -> None:
    procedure = catalog.SpecialProcedure(
        kind=catalog.PROCEDURE_KIND_TESTING,
        name="检测",
        cap=catalog.Limit(amount=30, unit=catalog.TIME_UNIT_WORKING_DAY),
    )
    case = submit(case_api.by(owner), publish(database, item(special_procedures=[procedure])))
    case_api.by(officer("receive")).AcceptCase(case_id=case.id)
    ask(case_api, owner, case.id)
    reviewer = case_api.by(officer("review"), service="ProcedureService")
    until = "2099-01-01T00:00:00+08:00"
    with refused(INVALID):
        reviewer.StartSpecialProcedure(case_id=case.id, kind=procedure.kind, expected_until=until, notice="检测")
    soon = store.cases(database).get(case.id).state.statutory_due
    assert soon is not None
    told = {"kind": procedure.kind, "expected_until": soon.isoformat(), "notice": "检测"}
    stopped = reviewer.StartSpecialProcedure(case_id=case.id, **told)
    assert (stopped.status, stopped.statutory_due) == (pb.CASE_STATUS_SUSPENDED, "")
    heard(case_api, linked(case.id), confirmed(case.id))
    assert case_api.by(owner).GetCase(case_id=case.id).status == pb.CASE_STATUS_SUSPENDED, "the officer ends it"
    assert reviewer.EndSpecialProcedure(case_id=case.id, number=1, outcome="合格").statutory_due
