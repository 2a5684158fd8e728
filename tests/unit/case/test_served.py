"""Whoever had a part in a case is told with what a rating has to know of it, so that he never deals with that rating."""

from chassis.acts import Actor, Moment
from services.case import model, model_acts, model_asides, model_evolve, model_fulfilment, model_procedures
from services.case.model import Case
from tests.support.actors import officer
from tests.support.cases import RECEIVER, SUBMITTED_AT, case_in
from yiwang.case.v1 import events_pb2 as events


def one(id: str) -> Actor:
    return officer("receive", "review", "decide", "issue", id=id)


def then(case: Case, event: object, by: str) -> Case:
    after: Case = model_evolve.EVOLVE[type(event)](case, event, Moment(SUBMITTED_AT, f"officer:{by}"))  # type: ignore[index]
    return after


def test_each_who_reviewed_decided_issued_or_closed_it_took_part_though_another_followed_him() -> None:
    case = case_in(model.IN_REVIEW, review_steps=["材料审查", "现场勘验"], steps_passed=0)
    for id in ("first-step", "second-step"):
        case = then(case, model_acts.pass_step(case, one(id), "s"), id)
    case = then(case, model_asides.hand_over(case, "second-step", "successor", SUBMITTED_AT), "administrator")
    case = then(case, model_acts.decide(case, one("decider"), False, "不符", "s", SUBMITTED_AT), "decider")
    closed = model_acts.close(case, one("closer"))
    assert {"first-step", "second-step", "decider", "closer"} <= set(closed.officer_ids)
    assert "administrator" not in closed.officer_ids


def test_who_said_yes_or_no_to_more_time_took_part() -> None:
    case = case_in(model.IN_REVIEW, extension_days=3, extension_by="proposer")
    for id, event in (
        ("granter", model_procedures.approve_extension(case, one("granter"), "s", SUBMITTED_AT)),
        ("decliner", model_procedures.decline_extension(case, one("decliner"), "s")),
    ):
        assert id in then(case, event, id).handlers


def test_who_took_the_money_is_concerned_by_how_paying_went() -> None:
    case = case_in(model.GRANTED, fees=[model.FeeLine("工本费", 500, False)])
    paid = model_fulfilment.record_payment(case, one("cashier"), "R1", SUBMITTED_AT)
    assert isinstance(paid, events.PaymentReceived)
    assert {"cashier", RECEIVER} <= set(paid.served.officer_ids)
