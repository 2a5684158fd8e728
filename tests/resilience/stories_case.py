"""Short stories of clocks, fees and parcels: ends that are reached, a fee paid and given back, a result that is sent. An event heard
late must order nothing, send nothing and find nothing anew."""

import urllib.request
from datetime import timedelta
from functools import partial

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor, Cause, now
from deploy.local.suite import Suite
from loadtests import world
from services.case import store
from services.case.model import REVIEWED, SUBMITTED, Case
from services.case.store_items import Items
from tests.resilience.town import until
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1.fulfilment_pb2 import PAYMENT_STATE_PAID, PAYMENT_STATE_READY
from yiwang.case.v1.intake_pb2 import DraftContent
from yiwang.case.v1.service_pb2 import DELIVERY_WAY_EXPRESS, DeliveryChoice
from yiwang.catalog.v1.service_pb2 import Fee, Handling

CODE, REGION = 310, "990121"
HOME = DeliveryChoice(way=DELIVERY_WAY_EXPRESS, name="故事人", phone="19900000901", address="示范县示范路一号")


class Place:
    """An item that costs something, and who calls about its cases."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key, self._channel = key, grpc.insecure_channel(suite.address("case"))
        database = world.database(suite.store("case").uri, "case")
        self.cases, self.findings = store.cases(database), database["findings"]
        self.item, definition = world.item(CODE)
        definition.fees.append(Fee(name="工本费", standard="10元", least=1000, most=1000))
        definition.handling.CopyFrom(Handling(refunds=True))
        Items(database).keep(self.item, 1, 1, definition)
        self._department = definition.department.code

    def by(self, actor: Actor, contract: str = "CaseService") -> As:
        """A contract of case as this actor calls it."""
        return As(self._channel, contract_of("case", contract), None, tokens.mint(self._key, actor))

    def officer(self, name: str, *roles: str) -> Actor:
        return Actor(f"story-{name}", OFFICER, frozenset(roles), self._department, REGION, 0, f"story-{name}")

    def submitted(self, name: str) -> tuple[Actor, str]:
        """Somebody with a case that began as a draft, and its id."""
        who = Actor(f"story-{name}", PERSON, level=1, session=f"story-{name}")
        draft = self.by(who, "DraftService").SaveDraft(item_id=self.item, content=DraftContent(form=world.FORM)).id
        told = {"item_id": self.item, "form": world.FORM, "delivery": HOME, "draft_id": draft}
        return who, self.by(who).SubmitCase(**told).id

    def accepted(self, name: str) -> tuple[Actor, str]:
        """The same, reviewed and not decided."""
        who, case = self.submitted(name)
        desk = self.by(self.officer("clerk", "receive", "review"))
        desk.AcceptCase(case_id=case)
        desk.PassReviewStep(case_id=case, opinion="好")
        return who, case

    def paid(self, who: Actor, case: str) -> None:
        """Paid with the provider outside, as soon as it has the order."""
        applicant = self.by(who, "FulfilmentService")
        applicant.PayFees(case_id=case)
        until(lambda: applicant.GetPayment(case_id=case).state == PAYMENT_STATE_READY)
        with urllib.request.urlopen(applicant.GetPayment(case_id=case).pay_url) as page:
            page.read()
        until(lambda: applicant.GetPayment(case_id=case).state == PAYMENT_STATE_PAID)

    def over(self, case: str, **ends: str) -> None:
        """The ends of a case are over, as a calendar might have moved them; the worker's timer finds out."""
        moved = events.DeadlinesRecalculated(case_id=case, calendar="story")
        moved.accept_due = ends.pop("accept_due", "")
        if ends:
            moved.dues.CopyFrom(events.Dues(**ends))
        self.cases.change(case, Cause("story/over", "system:case"), lambda _: moved)

    def state(self, case: str) -> Case:
        return self.cases.get(case).state


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other."""
    place = Place(suite, key)
    reached(place)
    given_back(place)
    sent(place)


def reached(place: Place) -> None:
    """Nobody said anything, and it is accepted all the same; nobody decided, and every clock of another case runs out."""
    past = (now() - timedelta(minutes=5)).isoformat()
    _, unheard = place.submitted("unheard")
    place.over(unheard, accept_due=past)
    _, late = place.accepted("late")
    place.over(late, promised_due=past, statutory_due=past, yellow_at=past)
    until(lambda: place.state(unheard).status != SUBMITTED and place.state(unheard).deemed)
    until(lambda: len(place.state(late).told) == 3 and place.state(late).status == REVIEWED)
    for case in (unheard, late):
        until(partial(place.findings.find_one, {"state.case_id": case}))


def given_back(place: Place) -> None:
    """Paid, and taken back before the decision: the money goes back."""
    who, case = place.accepted("payer")
    place.paid(who, case)
    place.by(who).WithdrawCase(case_id=case, reason="不办了")
    place.by(place.officer("clerk", "receive", "review")).ConfirmWithdrawal(case_id=case)
    until(lambda: place.state(case).paid_at is None)


def sent(place: Place) -> None:
    """Paid, granted, issued and given to the courier."""
    who, case = place.accepted("addressee")
    place.paid(who, case)
    decider = place.by(place.officer("decider", "decide", "issue"))
    decider.DecideCase(case_id=case, granted=True)
    decider.IssueResult(case_id=case, result_number="S1")
    place.by(place.officer("decider", "decide", "issue"), "FulfilmentService").DispatchResult(case_id=case)
    until(lambda: place.state(case).tracking_number)
