"""Results of intermediaries as the model has them: what may be asked for, what is heard of it in any order, and what it leaves alone."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Moment
from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, Refused
from services.case import model, model_intermediaries, timeline
from services.case.model import Case
from services.case.model_evolve import EVOLVE
from services.case.model_intermediaries import DELIVERED, ENDED, MOST, REQUESTED, RUNNING
from tests.support.actors import OTHER_DEPARTMENT, Actor, officer, person, supervisor
from tests.support.cases import APPLICANT, case_in
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.intermediary.v1 import events_pb2 as procured

AT = datetime(2026, 9, 30, 2, tzinfo=UTC)
REPORT, TEST = "水资源论证报告编制", "公路安全技术评价"
ITEM = definition(intermediary_services=[REPORT, TEST, REPORT])
OWNER, REVIEWER = person(id=APPLICANT), officer("review")
FILES = [procured.KeptFile(file_id="f", media_type="application/pdf", size=9, sha256="ab" * 32, sealed_filename="x")]


def then(case: Case, event: Message | None, at: datetime = AT) -> Case:
    """The case with the event; as it is for none."""
    if event is None:
        return case
    changed: Case = EVOLVE[type(event)](case, event, Moment(at, "system:case"))
    return changed


def asked(case: Case, service: str = REPORT, actor: Actor = OWNER) -> Case:
    return then(case, model_intermediaries.request(case, ITEM, service, actor))


def told(kind: type[Any], case: Case, procurement: str = "p1", service: str = REPORT, **more: Any) -> Any:
    return kind(procurement_id=procurement, number=f"ZJ-{procurement}", case_id=case.id, service=service, **more)


def hear(case: Case, event: Any) -> Case:
    match event:
        case procured.ProcurementLinked():
            return then(case, model_intermediaries.note(case, event))
        case procured.DeliverableConfirmed():
            return then(case, model_intermediaries.keep(case, ITEM, event))
        case _:
            return then(case, model_intermediaries.end(case, event))


def linked(case: Case, **more: Any) -> Any:
    return told(procured.ProcurementLinked, case, **more)


def confirmed(case: Case, **more: Any) -> Any:
    return told(procured.DeliverableConfirmed, case, **{"agency_name": "示范检测有限公司", "files": FILES, **more})


def over(case: Case, reason: str = "TOO_FEW", **more: Any) -> Any:
    return told(procured.ProcurementEnded, case, reason=reason, **more)


def refusal(case: Case, service: str = REPORT) -> Refused:
    with pytest.raises(Refused) as caught:
        model_intermediaries.request(case, ITEM, service, OWNER)
    return caught.value


# -- asking ------------------------------------------------------------------------------------------------------------


def test_what_is_asked_for_tells_the_market_all_it_needs_and_nothing_personal() -> None:
    case = case_in(model.IN_REVIEW, project_code="2601-990121-04-01-123456")
    event = model_intermediaries.request(case, ITEM, REPORT, OWNER, "sealed")
    assert event == events.IntermediaryRequested(
        case_id=case.id,
        case_number=case.number,
        item_id=case.item_id,
        item_code=case.item_code,
        item_name=case.item_name,
        service=REPORT,
        region=case.region,
        department=case.department,
        department_name=case.department_name,
        applicant_id=APPLICANT,
        project_code=case.project_code,
        intermediary=1,
        sealed_agent_name="sealed",
    )


@pytest.mark.parametrize("status", sorted(set(pb.CaseStatus.values()) - {0}))
def test_it_is_asked_for_until_the_case_has_ended(status: int) -> None:
    case = case_in(status)
    if status in model.ENDED:
        assert (refusal(case).code, refusal(case).reason) == (FAILED_PRECONDITION, "CASE_ENDED")
        assert model_intermediaries.can_request(case, ITEM, OWNER) == []
    else:
        assert asked(case).intermediaries[0].status == REQUESTED
        assert model_intermediaries.can_request(case, ITEM, OWNER) == [REPORT, TEST]


def test_a_service_the_item_does_not_list_is_refused_by_its_field() -> None:
    found = refusal(case_in(model.IN_REVIEW), "测绘")
    assert (found.code, [(one.field, one.reason) for one in found.violations]) == (
        INVALID_ARGUMENT,
        [("service", "INTERMEDIARY_NOT_LISTED")],
    )


def test_a_service_is_asked_for_again_when_it_is_over_and_not_before() -> None:
    case = asked(case_in(model.IN_REVIEW))
    assert refusal(case).reason == "INTERMEDIARY_RUNNING"
    assert refusal(hear(case, linked(case))).reason == "INTERMEDIARY_RUNNING"
    assert [one.number for one in asked(case, TEST).intermediaries] == [1, 2], "another service runs beside it"
    ended = hear(case, over(case))
    assert model_intermediaries.can_request(ended, ITEM, OWNER) == [REPORT, TEST]
    assert [one.status for one in asked(ended).intermediaries] == [ENDED, REQUESTED]
    delivered = hear(case, confirmed(case))
    assert [one.status for one in asked(delivered).intermediaries] == [DELIVERED, REQUESTED]


def test_a_case_asks_so_often_and_not_more_often() -> None:
    case = case_in(model.IN_REVIEW)
    for number in range(MOST):
        case = asked(case)
        case = hear(case, over(case, procurement=f"p{number}"))
    assert refusal(case).reason == "INTERMEDIARY_TOO_OFTEN"
    assert model_intermediaries.can_request(case, ITEM, OWNER) == []


@pytest.mark.parametrize(
    "actor",
    [
        person(),
        officer("receive"),
        officer("decide"),
        officer("review", department=OTHER_DEPARTMENT),
        supervisor(),
        officer("market"),
    ],
    ids=["somebody else", "receive", "decide", "review elsewhere", "supervisor", "market"],
)
def test_it_is_offered_to_nobody_who_could_not_ask(actor: Actor) -> None:
    assert model_intermediaries.can_request(case_in(model.IN_REVIEW), ITEM, actor) == []


def test_an_officer_who_asks_has_a_part_in_the_case_and_the_applicant_has_not() -> None:
    case = case_in(model.IN_REVIEW)
    assert asked(case, actor=REVIEWER).handler_id == REVIEWER.id
    assert asked(case).handler_id == case.handler_id


# -- hearing -----------------------------------------------------------------------------------------------------------


def test_the_result_is_kept_with_its_hash_and_its_procurement() -> None:
    case = asked(case_in(model.IN_REVIEW))
    (found,) = hear(hear(case, linked(case)), confirmed(case)).intermediaries
    assert (found.status, found.procurement_id, found.procurement_number) == (DELIVERED, "p1", "ZJ-p1")
    assert (found.agency_name, found.finished_at) == ("示范检测有限公司", AT)
    assert [(one.file_id, one.media_type, one.size, one.sha256) for one in found.files] == [
        ("f", "application/pdf", 9, "ab" * 32)
    ]


def test_a_procurement_that_ended_says_why() -> None:
    case = asked(case_in(model.IN_REVIEW))
    (found,) = hear(case, over(case)).intermediaries
    assert (found.status, found.reason, found.finished_at) == (ENDED, "TOO_FEW", AT)


@pytest.mark.parametrize("final", [confirmed, over], ids=["confirmed", "over"])
def test_in_any_order_and_twice_it_comes_to_the_same(final: Any) -> None:
    case = asked(case_in(model.IN_REVIEW))
    both = [linked(case), final(case)]
    ways = set(itertools.permutations([0, 1, 0, 1]))
    results = []
    for way in ways:
        now = case
        for one in way:
            now = hear(now, both[one])
        results.append(now)
    assert all(one == results[0] for one in results)
    assert results[0].intermediaries[0].status == (DELIVERED if final is confirmed else ENDED)


def test_a_late_word_of_the_first_procurement_does_not_touch_the_second() -> None:
    first = asked(case_in(model.IN_REVIEW))
    second = asked(hear(first, over(first)))
    for late in (linked(first), confirmed(first), over(first, "STOPPED")):
        assert hear(second, late) == second
    (_, found) = hear(second, linked(second, procurement="p2")).intermediaries
    assert (found.status, found.procurement_id) == (RUNNING, "p2")


def test_what_the_case_never_asked_for_is_none_of_its() -> None:
    plain = case_in(model.IN_REVIEW)
    for case in (plain, asked(plain, TEST)):
        for event in (linked(case), confirmed(case), over(case)):
            assert hear(case, event) == case
    running = hear(asked(plain), linked(plain))
    assert hear(running, confirmed(plain, procurement="somebody-elses")) == running


def test_a_result_comes_back_to_a_case_that_ended_meanwhile() -> None:
    case = replace(asked(case_in(model.IN_REVIEW)), status=model.CLOSED, desk="")
    after = hear(case, confirmed(case))
    assert after.intermediaries[0].status == DELIVERED
    assert (after.status, after.desk) == (model.CLOSED, "")


CLOCKS = (
    *("status", "clock_from", "promised_due", "statutory_due", "yellow_at", "accept_due", "answer_due", "deliver_due"),
    *("deferred_due", "procedures", "due", "due_of", "extended_days", "corrected_at", "files", "deferred", "lacking"),
)


@given(st.sampled_from(sorted(set(pb.CaseStatus.values()) - {0} - model.ENDED)), st.booleans())
def test_no_clock_stands_still_or_begins_anew(status: int, delivered: bool) -> None:
    before = case_in(status, clock_from=AT, statutory_due=AT, accept_due=AT, deferred=["report"], deferred_due=AT)
    # The earliest end is kept beside the others by every event.
    case = then(before, events.PaymentOrdered(case_id=before.id, order_id="o"))
    after = asked(case, actor=REVIEWER)
    for event in (linked(after), confirmed(after) if delivered else over(after)):
        after = hear(after, event)
        assert {name: getattr(after, name) for name in CLOCKS} == {name: getattr(case, name) for name in CLOCKS}


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "name", "same"),
    [
        ("建设项目水资源论证报告编制", "建设项目水资源论证报告书或论证表", True),
        ("验资或者资产评估", "验资或资产评估材料", True),
        ("公共场所卫生检测或者评价", "卫生检测或者评价报告", True),
        ("检测", "检测报告", True),
        ("公路安全技术评价", "处置施工险情的应急方案", False),
        ("编制", "申请书", False),
        ("报告", "检测报告", False),
    ],
)
def test_a_material_is_the_result_by_its_wording(service: str, name: str, same: bool) -> None:
    item = definition(
        materials=[catalog.Material(key="form", name="营业执照"), catalog.Material(key="result", name=name)]
    )
    assert model_intermediaries.material_of(item, service) == ("result" if same else "")


def test_why_a_procurement_ended_has_words_for_every_reason_of_the_contract() -> None:
    assert timeline.title({"type": "ProcurementEndNoted", "data": {"reason": "TOO_FEW"}}) == (
        "中介服务采购终止：报名机构不足"
    )
    assert timeline.title({"type": "ProcurementEndNoted", "data": {"reason": "NEW"}}) == "中介服务采购终止"
    assert timeline.title({"type": "IntermediaryRequested", "data": {"service": REPORT}}) == f"申请中介服务：{REPORT}"
