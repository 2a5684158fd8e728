"""Short stories of rating: every way to be asked how it was, and tickets from the question to the end. An event heard late must ask nobody
anew, and tell the 12345 platform nothing it was told before."""

from collections.abc import Callable

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import MACHINE, OFFICER, PERSON, Actor, now
from deploy.local.suite import Suite
from loadtests import world
from services.case.store_items import Items
from tests.resilience.town import until
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.rating.v1 import service_pb2 as pb
from yiwang.rating.v1 import tickets_pb2

CODE, REGION = 320, "990121"
HOTLINE = frozenset(f"yiwang.rating.v1.TicketService/{rpc}" for rpc in ("ReceiveHotlineTicket", "TellHotlineStatus"))


class Place:
    """An item, and who calls about its cases, their ratings and tickets."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key = key
        self._channels = {name: grpc.insecure_channel(suite.address(name)) for name in ("case", "rating")}
        self.item, definition = world.item(CODE)
        Items(world.database(suite.store("case").uri, "case")).keep(self.item, 1, 1, definition)
        self.department = definition.department
        # What the 12345 platform is to be told, and was told.
        self.errands = world.database(suite.store("rating").uri, "rating")["hotline_errands"]
        self.desk, self.decider = (self.case(self.officer(role)) for role in ("receive", "decide"))
        self.answerer = self.tickets(self.officer("receive"))
        self.supervisor = self.tickets(self.officer("supervise"))

    def by(self, actor: Actor, contract: str, service: str = "rating") -> As:
        """A contract as this actor calls it."""
        return As(self._channels[service], contract_of(service, contract), None, tokens.mint(self._key, actor))

    def case(self, actor: Actor) -> As:
        return self.by(actor, "CaseService", "case")

    def tickets(self, actor: Actor) -> As:
        return self.by(actor, "TicketService")

    def officer(self, role: str) -> Actor:
        name, roles = f"story-rated-{role}", frozenset((role,))
        return Actor(name, OFFICER, roles, self.department.code, REGION, 0, name)

    def citizen(self, name: str) -> Actor:
        return Actor(f"story-{name}", PERSON, level=1, session=f"story-{name}")

    def rated(self, who: Actor, node: int, case: str = "", grade: int = pb.GRADE_SATISFIED) -> None:
        """Somebody is asked about a service node, of a case or of a ticket, and says how it was."""
        rater = self.by(who, "RatingService")

        def asked() -> list[pb.Rating]:
            found = rater.ListRatings(case_id=case, open_only=True).ratings
            return [one for one in found if one.node == node]

        until(asked)
        [one] = asked()
        rater.GiveRating(rating_id=one.id, grade=grade)


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other."""
    place = Place(suite, key)
    for story in (corrected, sent_away, consulted, called):
        story(place)


def corrected(place: Place) -> None:
    """Corrected, accepted, denied and closed: asked three times, and answers each in another way."""
    who = place.citizen("rated-corrected")
    case = place.case(who).SubmitCase(item_id=place.item, form=world.FORM).id
    place.desk.RequestCorrection(case_id=case, notice="请补正地址")
    place.case(who).CorrectCase(case_id=case, form=world.FORM | {"contact_address": "示范县示范路二号"})
    place.rated(who, pb.SERVICE_NODE_CORRECT, case, pb.GRADE_VERY_SATISFIED)
    place.desk.AcceptCase(case_id=case)
    place.rated(who, pb.SERVICE_NODE_APPLY, case, pb.GRADE_FAIRLY_SATISFIED)
    place.case(place.officer("review")).PassReviewStep(case_id=case, opinion="好")
    place.decider.DecideCase(case_id=case, granted=False, reason="不符合条件")
    place.decider.CloseCase(case_id=case)
    place.rated(who, pb.SERVICE_NODE_CLOSE, case, pb.GRADE_VERY_DISSATISFIED)


def sent_away(place: Place) -> None:
    """Refused, and told that another body is competent: both are asked how they applied."""
    ends: dict[str, Callable[..., object]] = {"refused": place.desk.RefuseCase, "elsewhere": place.desk.NotAcceptCase}
    for name, end in ends.items():
        who = place.citizen(f"rated-{name}")
        case = place.case(who).SubmitCase(item_id=place.item, form=world.FORM).id
        end(case_id=case, reason="由别处办理")
        place.rated(who, pb.SERVICE_NODE_APPLY, case)


def consulted(place: Place) -> None:
    """A question is answered, and not to satisfaction; answered again, it is rated and closed."""
    who = place.citizen("rated-asker")
    asker = place.tickets(who)
    told = {"kind": tickets_pb2.TICKET_KIND_CONSULT, "region": REGION, "title": "如何办理", "text": "需要哪些材料？"}
    ticket = asker.OpenTicket(**told).id
    _answered(place, ticket)
    place.rated(who, pb.SERVICE_NODE_CONSULT)
    asker.ConfirmTicket(ticket_id=ticket, satisfied=False, text="没有说清楚")
    _answered(place, ticket)
    asker.ConfirmTicket(ticket_id=ticket, satisfied=True)


def called(place: Place) -> None:
    """A ticket of the 12345 platform is answered and closed, and the platform told of both."""
    platform = place.tickets(
        Actor("story-hotline", MACHINE, region=REGION, session="story-hotline.1", rpcs=HOTLINE, quota=1000)
    )
    told = {"title": "路灯不亮", "text": "示范路的路灯不亮", "region": REGION, "called_at": now().isoformat()}
    number = platform.ReceiveHotlineTicket(hotline_number="STORY-0001", **told).number
    found = place.supervisor.ListTickets(kind=tickets_pb2.TICKET_KIND_HOTLINE).tickets
    [ticket] = [one.id for one in found if one.number == number]
    _answered(place, ticket)
    place.supervisor.CloseTicket(ticket_id=ticket, note="已回复来电人")
    until(lambda: len(list(place.errands.find({"ticket_id": ticket, "done_at": {"$exists": True}}))) == 2)


def _answered(place: Place, ticket: str) -> None:
    department = {"department": place.department.code, "department_name": place.department.name}
    place.supervisor.AssignTicket(ticket_id=ticket, **department)
    place.answerer.AnswerTicket(ticket_id=ticket, text="请携带身份证到窗口办理。")
