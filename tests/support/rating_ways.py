"""Everybody who might make something of a rating, and everything anybody can try, as the api lets him: by the grant of the contract and
by whose eyes he finds it, then by the model."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from chassis import contracts, rpc
from chassis.acts import ANONYMOUS, Actor
from chassis.errors import NOT_FOUND, PERMISSION_DENIED, Refused
from chassis.filters import matches
from chassis.records import _converter
from services.rating import api_loop, model, model_giving, model_loop
from services.rating.model import Rating
from services.rating.model_moves import MOVES
from services.rating.model_rules import Rules
from tests.support.actors import (
    OTHER_DEPARTMENT,
    agent,
    delegate,
    device,
    handler,
    officer,
    person,
    service,
    supervisor,
)
from tests.support.rating_numbers import ELSEWHERE, MALICIOUS, MISTAKEN, VALID
from tests.support.rating_service import DEPARTMENT
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb


class World(NamedTuple):
    """Who does it to which rating, when, by whose county's days, and what is left to chance."""

    rating: Rating
    actor: Actor
    rules: Rules | None
    now: datetime
    dice: random.Random


RATER: Final = person("ann")
# Whose work it was; and who was on duty where it was given.
WORKED, ON_DUTY = "officer-worked", "officer-on-duty"
ACTORS: Final[Mapping[str, Actor]] = {
    "rater": RATER,
    "handler": handler(RATER),
    "delegate": delegate(RATER),
    "another person": person("bob"),
    "reviewer": officer("review", id="reviewer", department=DEPARTMENT),
    "decider": officer("decide", id="decider", department=DEPARTMENT),
    "receiver": officer("receive", "issue", id="receiver", department=DEPARTMENT),
    "who worked on it": officer("review", "decide", id=WORKED, department=DEPARTMENT),
    "who was on duty": officer("review", "decide", "supervise", id=ON_DUTY, department=DEPARTMENT),
    "another department": officer("review", "decide", id="elsewhere", department=OTHER_DEPARTMENT),
    "supervisor": supervisor(),
    "supervisor of the city": supervisor(region="990100"),
    "supervisor and reviewer": supervisor("review", "decide", department=DEPARTMENT),
    "supervisor elsewhere": supervisor(region="350000"),
    "supervisor concerned": officer("supervise", id=WORKED),
    "device": device(),
    "agent": agent(),
    "service": service(),
    "nobody": ANONYMOUS,
}
_METHODS: Final = {
    method.name: method
    for contract in contracts.services("rating")
    if contract.name in ("RatingService", "LoopService")
    for method in contract.methods
}


def _give(world: World) -> Any:
    dice, rating = world.dice, world.rating
    raised = [events.Raised(kind=pb.FLAG_KIND_COPIED, reason="评价内容相同")] if dice.random() < 0.1 else []
    given = events.GivenRating(
        grade=dice.choice([*pb.Grade.values()[1:], 1, 2, 1, 2]),
        tags=dice.choice([[], ["101"]]),
        sealed_comment=dice.choice(["", "sealed"]),
        anonymous=dice.random() < 0.3,
        channel=dice.choice(pb.RatingChannel.values()[1:]),
        flags=raised,
    )
    officers = dice.choice([(), (ON_DUTY,)])
    return model_giving.give(
        rating, rating.applicant_id or rating.id, given, "", world.rules, world.now, officers=officers
    )


def _again(world: World) -> Any:
    grade = world.dice.choice(pb.Grade.values()[1:])
    return model_giving.rate_again(world.rating, grade, "", "", world.rules, world.now)


def _call_back(world: World) -> Any:
    outcome = world.dice.choice(pb.CallBackOutcome.values()[1:])
    return model_loop.call_back(world.rating, world.actor, outcome, "", world.rules, world.now)


def _lift(world: World) -> Any:
    return model_loop.lift_flag(world.rating, world.actor, world.dice.choice(pb.FlagKind.values()[1:]), "")


# By the name of the RPC.
WAYS: Final[Mapping[str, Callable[[World], Any]]] = {
    "GiveRating": _give,
    "RateAgain": _again,
    "LiftFlag": _lift,
    "AssignRating": lambda w: model_loop.assign(
        w.rating, w.actor, w.dice.choice(("", "", OTHER_DEPARTMENT)), "", w.rules, w.now
    ),
    "VerifyRating": lambda w: model_loop.verify(
        w.rating, w.actor, w.dice.choice((VALID, VALID, MISTAKEN, MALICIOUS, ELSEWHERE)), "", w.rules, w.now
    ),
    "ReviewRating": lambda w: model_loop.review(
        w.rating, w.actor, w.dice.choice((VALID, MISTAKEN, MALICIOUS, ELSEWHERE)), "", w.rules, w.now
    ),
    "ContestRating": lambda w: model_loop.contest(w.rating, w.actor, "", w.rules, w.now),
    "ExtendRectification": lambda w: model_loop.extend(w.rating, w.actor, w.dice.choice((1, 5)), ""),
    "RectifyRating": lambda w: model_loop.rectify(w.rating, w.actor, "", w.rules, w.now),
    "CallBackRating": _call_back,
    "AppealRating": lambda w: model_loop.appeal(w.rating, "", w.rules, w.now),
    "ReopenRating": lambda w: model_loop.reopen(w.rating, "", w.rules, w.now),
    "PublishRating": lambda w: model_loop.publish(w.rating, w.actor, "", "已整改", w.now),
    "CloseRating": lambda w: model_loop.close(w.rating, w.actor),
}


def attempt(name: str, world: World) -> Any:
    """What comes of it; Refused where the contract, the api or the model says no."""
    actor, rating, method = world.actor, world.rating, _METHODS[name]
    path, rule = contracts.path(method), contracts.rule_of(method)
    if not any(rpc._grants(grant, actor, path) for grant in rule.grants):
        raise Refused(PERMISSION_DENIED, "NOT_ALLOWED", "")
    if method.containing_service.name == "LoopService":
        api_loop._require_seen(rating, actor, MOVES[name].sees if name in MOVES else ("supervisor",))
    elif not matches({"state": _converter.unstructure(rating)}, model.visible(actor)):
        raise Refused(NOT_FOUND, "NOT_FOUND", "")
    return WAYS[name](world)
