"""Fees and delivery: what is owed is paid once, whatever provider and courier do, and the result reaches the applicant."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from chassis.errors import FAILED_PRECONDITION, Refused
from services.case import errands, model_fulfilment, store
from services.case.store_errands import COLLECTION
from tests.fakes.courier import Courier
from tests.fakes.payment_provider import PaymentProvider
from tests.fakes.program import running
from tests.support.actors import OTHER_DEPARTMENT, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, NOT_FOUND, PRECONDITION, Db, hear, journal, status
from tests.support.items import publish, simple
from tests.support.serving import Here, case_here
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import fulfilment_pb2 as fulfilment
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

FIXED = catalog.Fee(name="工本费", least=500, most=500)
WORDS = catalog.Fee(name="检验费", standard="按面积")
FREE = catalog.Fee(name="登记费", standard="免费")
HOME = pb.DeliveryChoice(way=pb.DELIVERY_WAY_EXPRESS, name="张三丰", phone="13912345678", address="示范县一街9号")


class Town(NamedTuple):
    """The api with a payment provider and a courier outside."""

    api: Here
    provider: PaymentProvider
    courier: Courier

    def errands(self, rounds: int = 1) -> None:
        """The worker's round, as if everything were due."""
        for _ in range(rounds):
            self.api.database[COLLECTION].update_many({}, {"$set": {"next": errands.now() - errands.SOON}})
            errands.Running(self.api.parts).round()

    def hears(self, handler: str, case: str, kind: type[Any]) -> None:
        """Case hears what stands last of this kind in the journal, twice."""
        entry = next(one for one in reversed(journal(self.api.database, case)) if one["type"] == kind.DESCRIPTOR.name)
        event = store.cases(self.api.database).event(entry)
        for _ in range(2):
            hear(self.api, handler, event, case, entry["seq"])


@pytest.fixture
def town(database: Db) -> Iterator[Town]:
    with ExitStack() as outside:
        provider, courier = (outside.enter_context(running(one)) for one in (PaymentProvider(), Courier()))
        told = {"payment_url": provider.url, "courier_url": courier.url}
        yield Town(outside.enter_context(case_here(database, **told)), provider, courier)


Granted = Callable[..., str]


@pytest.fixture
def granted(town: Town, database: Db) -> Granted:
    """A granted case of an item with these fees; who applied, and its id."""

    def grant(*fees: catalog.Fee, **more: Any) -> str:
        item = publish(database, simple(steps=[], fees=fees, **more))
        case = town.api.by(CITIZEN).SubmitCase(item_id=item)
        town.api.by(officer("receive")).AcceptCase(case_id=case.id)
        town.api.by(officer("decide")).DecideCase(case_id=case.id, granted=True)
        return str(case.id)

    return grant


CITIZEN, ISSUER = person(), officer("issue")


def at(town: Town, actor: Any) -> As:
    return town.api.by(actor, service="FulfilmentService")


def test_a_fee_is_ordered_once_paid_once_and_only_then_the_result_is_issued(town: Town, granted: Granted) -> None:
    case = granted(FIXED, FREE)
    shown = town.api.by(CITIZEN).GetCase(case_id=case)
    assert [(one.name, one.amount, one.open) for one in shown.fees] == [("工本费", 500, False), ("登记费", 0, False)]
    with refused(PRECONDITION, "FEE_UNPAID"):
        town.api.by(ISSUER).IssueResult(case_id=case, result_number="N1")
    applicant = at(town, CITIZEN)
    for _ in range(2):
        applicant.PayFees(case_id=case)
    assert [one["type"] for one in journal(town.api.database, case)].count("PaymentOrdered") == 1
    town.hears("order_payment", case, events.PaymentOrdered)
    assert applicant.GetPayment(case_id=case).state == fulfilment.PAYMENT_STATE_ORDERED
    town.errands()
    payment = applicant.GetPayment(case_id=case)
    assert payment.state == fulfilment.PAYMENT_STATE_READY and payment.pay_url.startswith(town.provider.url)
    town.provider.pay(payment.order_id)
    town.errands(3)
    assert applicant.GetPayment(case_id=case).state == fulfilment.PAYMENT_STATE_PAID
    assert [one["type"] for one in journal(town.api.database, case)].count("PaymentReceived") == 1
    assert status(town.api.by(ISSUER).IssueResult(case_id=case, result_number="N1")) == "ISSUED"
    assert len(town.provider.orders) == 1 and not town.api.database[COLLECTION].find_one({})


def test_a_provider_that_is_away_or_answers_about_other_money_changes_nothing(town: Town, granted: Granted) -> None:
    case = granted(FIXED)
    order = at(town, CITIZEN).PayFees(case_id=case)
    town.hears("order_payment", case, events.PaymentOrdered)
    town.provider.away = True
    town.errands()
    assert at(town, CITIZEN).GetPayment(case_id=case).state == fulfilment.PAYMENT_STATE_ORDERED
    town.provider.away = False
    town.errands()
    id = at(town, CITIZEN).GetPayment(case_id=case).order_id
    paid = {"id": id, "state": "PAID", "paid_at": "2026-07-01T09:30:00+08:00", "reference": "r"}
    town.provider.script("STATE", {**paid, "amount_fen": 1}, {**paid, "id": "another", "amount_fen": 500})
    town.errands(2)
    assert not town.api.by(CITIZEN).GetCase(case_id=case).fees_paid
    town.provider.pay(id)
    town.errands()
    assert town.api.by(CITIZEN).GetCase(case_id=case).fees_paid and order.version > 0


def test_an_amount_only_words_tell_is_set_by_an_officer_and_a_fixed_one_is_not(town: Town, granted: Granted) -> None:
    case, desk = granted(FIXED, WORDS), at(town, ISSUER)
    with refused(PRECONDITION, "FEE_OPEN"):
        at(town, CITIZEN).PayFees(case_id=case)
    wrong = [fulfilment.FeeAmount(name="工本费", amount=1), fulfilment.FeeAmount(name="加急费", amount=9)]
    with refused(INVALID) as refusal:
        desk.SetFees(case_id=case, fees=wrong)
    assert refusal.fields == {"fees[加急费]": "FEE_NOT_LISTED", "fees[工本费]": "FEE_FIXED"}
    desk.SetFees(case_id=case, fees=[fulfilment.FeeAmount(name="检验费", amount=12_000)])
    assert town.api.by(CITIZEN).GetCase(case_id=case).fees_owed == 12_500
    desk.RecordPayment(case_id=case, receipt_number="2026000123")
    assert at(town, CITIZEN).GetPayment(case_id=case).state == fulfilment.PAYMENT_STATE_PAID
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        desk.RecordPayment(case_id=case, receipt_number="2026000124")


def test_what_was_paid_for_a_withdrawn_case_comes_back_where_the_item_says_so(town: Town, database: Db) -> None:
    item = publish(database, simple(fees=[FIXED], handling=catalog.Handling(refunds=True)))
    case = town.api.by(CITIZEN).SubmitCase(item_id=item).id
    receiver = town.api.by(officer("receive"))
    receiver.AcceptCase(case_id=case)
    at(town, CITIZEN).PayFees(case_id=case)
    town.hears("order_payment", case, events.PaymentOrdered)
    town.errands()
    town.provider.pay(at(town, CITIZEN).GetPayment(case_id=case).order_id)
    town.errands()
    town.api.by(CITIZEN).WithdrawCase(case_id=case, reason="不办了")
    receiver.ConfirmWithdrawal(case_id=case)
    town.hears("refund_withdrawn", case, events.CaseWithdrawn)
    town.errands(2)
    assert at(town, CITIZEN).GetPayment(case_id=case).state == fulfilment.PAYMENT_STATE_REFUNDED
    assert len(town.provider.refunds) == 1


def ordered(town: Town, case: str) -> str:
    """The applicant goes to pay; the provider waits for him. The order."""
    at(town, CITIZEN).PayFees(case_id=case)
    town.hears("order_payment", case, events.PaymentOrdered)
    town.errands()
    return str(at(town, CITIZEN).GetPayment(case_id=case).order_id)


def test_money_that_comes_after_the_case_was_withdrawn_goes_back_whatever_the_item_says(
    town: Town, database: Db
) -> None:
    case = town.api.by(CITIZEN).SubmitCase(item_id=publish(database, simple(fees=[FIXED]))).id
    receiver = town.api.by(officer("receive"))
    receiver.AcceptCase(case_id=case)
    order = ordered(town, case)
    town.api.by(CITIZEN).WithdrawCase(case_id=case, reason="不办了")
    receiver.ConfirmWithdrawal(case_id=case)
    town.hears("refund_withdrawn", case, events.CaseWithdrawn)
    town.provider.pay(order, errands.now().isoformat())
    town.errands(3)
    assert len(town.provider.refunds) == 1
    assert at(town, CITIZEN).GetPayment(case_id=case).state == fulfilment.PAYMENT_STATE_REFUNDED
    assert not town.api.database[COLLECTION].find_one({})


def test_what_is_paid_online_after_it_was_paid_at_the_window_goes_back_once(town: Town, granted: Granted) -> None:
    case = granted(FIXED)
    order = ordered(town, case)
    at(town, ISSUER).RecordPayment(case_id=case, receipt_number="2026000123")
    town.provider.pay(order)
    town.errands(4)
    assert len(town.provider.refunds) == 1 and not town.api.database[COLLECTION].find_one({})
    assert at(town, CITIZEN).GetPayment(case_id=case).state == fulfilment.PAYMENT_STATE_PAID, "at the window"


def test_an_errand_whose_case_takes_no_more_entries_keeps_no_other_waiting(
    town: Town, granted: Granted, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, other = granted(FIXED), granted(FIXED)
    for order in (ordered(town, full), ordered(town, other)):
        town.provider.pay(order)
    real = model_fulfilment.payment_received

    def crowded(case: Any, *told: Any) -> Any:
        if case.id == full:
            raise Refused(FAILED_PRECONDITION, "JOURNAL_FULL", "该记录的变更次数已达上限")
        return real(case, *told)

    monkeypatch.setattr(model_fulfilment, "payment_received", crowded)
    town.errands()
    paid = [town.api.by(CITIZEN).GetCase(case_id=case).fees_paid for case in (full, other)]
    assert paid == [False, True]
    monkeypatch.undo()
    town.errands()
    assert town.api.by(CITIZEN).GetCase(case_id=full).fees_paid, "asked again later"


def test_a_result_goes_by_express_and_is_delivered_when_the_courier_says_so(town: Town, granted: Granted) -> None:
    case = granted()
    at(town, CITIZEN).ChooseDelivery(case_id=case, delivery=HOME)
    town.api.by(ISSUER).IssueResult(case_id=case, result_number="N1")
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        town.api.by(ISSUER).CloseCase(case_id=case)
    at(town, ISSUER).DispatchResult(case_id=case)
    town.hears("send_parcel", case, events.ResultDispatched)
    town.errands()
    assert town.courier.of("PARCEL")[0]["recipient"]["address"] == HOME.address
    stored = str(town.api.database["cases"].find_one({"_id": case})) + str(town.api.database[COLLECTION].find_one({}))
    assert HOME.address not in stored and HOME.phone not in stored
    shown = town.api.by(CITIZEN).GetCase(case_id=case)
    assert (shown.parcel_state, bool(shown.tracking_number)) == ("ORDERED", True)
    parcel = next(iter(town.courier.numbers))
    town.courier.move(parcel, "COLLECTED")
    town.courier.move(parcel, "DELIVERED", "2026-07-03T08:00:00+08:00")
    town.errands(2)
    shown = town.api.by(CITIZEN).GetCase(case_id=case)
    assert (status(shown), shown.parcel_state) == ("DELIVERED", "DELIVERED")
    assert status(town.api.by(ISSUER).CloseCase(case_id=case)) == "CLOSED"


def test_express_needs_an_address_and_what_is_picked_up_is_handed_out(town: Town, granted: Granted) -> None:
    case = granted()
    with refused(INVALID) as refusal:
        at(town, CITIZEN).ChooseDelivery(
            case_id=case, delivery=pb.DeliveryChoice(way=pb.DELIVERY_WAY_EXPRESS, name="张")
        )
    assert refusal.fields == {"delivery.phone": "REQUIRED", "delivery.address": "REQUIRED"}
    at(town, CITIZEN).ChooseDelivery(case_id=case, delivery=pb.DeliveryChoice(way=pb.DELIVERY_WAY_PICK_UP))
    town.api.by(ISSUER).IssueResult(case_id=case, result_number="N1")
    assert status(at(town, ISSUER).DeliverResult(case_id=case, taker="李四代领")) == "DELIVERED"
    assert "李四" not in str(journal(town.api.database, case))


def test_nobody_pays_for_anothers_case_or_reads_what_it_costs(town: Town, granted: Granted) -> None:
    case = granted(FIXED)
    stranger = at(town, person())
    for call in (stranger.PayFees, stranger.GetPayment):
        with refused(NOT_FOUND):
            call(case_id=case)
    with refused(NOT_FOUND):
        at(town, officer("issue", department=OTHER_DEPARTMENT)).RecordPayment(case_id=case, receipt_number="2026000123")
