"""LoopService over gRPC: a negative rating from its receipt to its end."""

import unicodedata
from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import Actor, now
from chassis.errors import Refused, Violation, invalid, not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.rating import model, model_loop, model_rules, store, store_loop, views
from services.rating.model import Rating
from services.rating.model_moves import DEPARTMENT, MOVES, SUPERVISOR
from services.rating.model_rules import Rules
from standards import personal_data
from standards.codes import region_covers
from yiwang.rating.v1 import loop_pb2 as loop_pb
from yiwang.rating.v1 import service_pb2 as pb

PAGE = 20
Decide = Callable[[Rating, Rules | None], Message | list[Message]]
# The shortest number that rings somewhere without its area code.
SUBSCRIBER_DIGITS = 7
# Signs nobody sees, or that turn the direction of writing.
_UNSEEN = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))
# By whose eyes a move finds its rating.
_FINDS: dict[str, Callable[[Actor, Rating], bool]] = {DEPARTMENT: model.handles, SUPERVISOR: model.oversees}


class LoopApi:
    """The methods of yiwang.rating.v1.LoopService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.ratings = store.ratings(parts.database)
        self.timing = store.timing(parts.database, self.ratings)
        self.rules = store.rules(parts.database)
        self.counties = store.counties(parts.database)
        self.keyring = parts.keyring

    def ListNegative(self, request: loop_pb.ListNegativeRequest, call: Call) -> loop_pb.ListNegativeResponse:
        supervises = model.SUPERVISE in call.actor.roles
        matches = self._matches(request, call.actor) if supervises else store_loop.of_desk(call.actor.department)
        sees = model.oversees if supervises else model.handles

        def keep(rating: Rating) -> bool:
            return sees(call.actor, rating) and _wanted(request, rating)

        size = request.page_size or PAGE
        rows, token = store_loop.newest(self.ratings, matches, keep, request.page_token, size)
        return loop_pb.ListNegativeResponse(ratings=[self._view(row, call) for row in rows], next_page_token=token)

    def GetNegative(self, request: loop_pb.GetNegativeRequest, call: Call) -> pb.Rating:
        record = self.ratings.get(request.rating_id)
        seen = model.handles(call.actor, record.state) or model.oversees(call.actor, record.state)
        if not seen or not _shown(record.state):
            raise not_found()
        return self._view(record, call)

    def AssignRating(self, request: loop_pb.AssignRatingRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, rules: Rules | None) -> Message:
            note = self._sealed(rating, request.note)
            return model_loop.assign(rating, call.actor, request.department, note, rules, now())

        return self._move(request.rating_id, call, decide)

    def VerifyRating(self, request: loop_pb.VerifyRatingRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, rules: Rules | None) -> Message:
            found = self._sealed(rating, request.finding)
            return model_loop.verify(rating, call.actor, request.verdict, found, rules, now())

        return self._move(request.rating_id, call, decide)

    def ReviewRating(self, request: loop_pb.ReviewRatingRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, rules: Rules | None) -> Message:
            reason = self._sealed(rating, request.reason)
            return model_loop.review(rating, call.actor, request.verdict, reason, rules, now())

        return self._move(request.rating_id, call, decide)

    def RectifyRating(self, request: loop_pb.RectifyRatingRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, rules: Rules | None) -> Message:
            return model_loop.rectify(rating, call.actor, self._sealed(rating, request.measures), rules, now())

        return self._move(request.rating_id, call, decide)

    def ExtendRectification(self, request: loop_pb.ExtendRectificationRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, _rules: Rules | None) -> Message:
            return model_loop.extend(rating, call.actor, request.days, self._sealed(rating, request.reason))

        return self._move(request.rating_id, call, decide)

    def CallBackRating(self, request: loop_pb.CallBackRatingRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, rules: Rules | None) -> list[Message]:
            note = self._sealed(rating, request.note)
            return model_loop.call_back(rating, call.actor, request.outcome, note, rules, now())

        return self._move(request.rating_id, call, decide)

    def ContestRating(self, request: loop_pb.ContestRatingRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, rules: Rules | None) -> Message:
            return model_loop.contest(rating, call.actor, self._sealed(rating, request.reason), rules, now())

        return self._move(request.rating_id, call, decide)

    def PublishRating(self, request: loop_pb.PublishRatingRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating, _rules: Rules | None) -> Message:
            comment, reply = request.public_comment.strip(), request.public_reply.strip()
            self._require_nobody_named(rating, public_comment=comment, public_reply=reply)
            return model_loop.publish(rating, call.actor, comment, reply, now())

        return self._move(request.rating_id, call, decide)

    def CloseRating(self, request: loop_pb.CloseRatingRequest, call: Call) -> pb.Rating:
        return self._move(request.rating_id, call, lambda rating, _rules: model_loop.close(rating, call.actor))

    def LiftFlag(self, request: loop_pb.LiftFlagRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating) -> Message:
            _require_seen(rating, call.actor, (SUPERVISOR,))
            _require_shown(rating)
            return model_loop.lift_flag(rating, call.actor, request.kind, self._sealed(rating, request.reason))

        lifted = self.ratings.change(request.rating_id, call.cause, decide)
        # As of a move that comes again.
        _require_seen(lifted.state, call.actor, (SUPERVISOR,))
        return self._view(lifted, call)

    def SaveRatingRules(self, request: loop_pb.SaveRatingRulesRequest, call: Call) -> loop_pb.RatingRules:
        region = request.rules.region
        if not region_covers(call.actor.region, region):
            raise not_found()
        saved = store_loop.save_rules(self.rules, region, call.cause, model_rules.saved(request.rules))
        return model_rules.view(region, saved.state)

    def GetRatingRules(self, request: loop_pb.GetRatingRulesRequest, _call: Call) -> loop_pb.RatingRules:
        return model_rules.view(request.region, store.rules_of(self.rules, request.region))

    def _matches(self, request: loop_pb.ListNegativeRequest, supervisor: Actor) -> list[Any]:
        counties = self.counties.within(request.county or supervisor.region)
        return store_loop.of_counties(counties, request.flagged)

    def _move(self, id: str, call: Call, decide: Decide) -> pb.Rating:
        """One move on a rating, found by the eyes of who makes it."""

        def moving(rating: Rating) -> Message | list[Message]:
            _require_seen(rating, call.actor, MOVES[call.method].sees)
            _require_shown(rating)
            return decide(rating, store.rules_of(self.rules, rating.region))

        moved = self.timing.change(id, call.cause, moving)
        # A move that comes again is answered with the rating as it is: not to who left the department it is with.
        _require_seen(moved.state, call.actor, MOVES[call.method].sees)
        return self._view(moved, call)

    def _require_nobody_named(self, rating: Rating, **texts: str) -> None:
        """INVALID_ARGUMENT PERSONAL_DATA names each text with something of a person in it (个人信息保护法 art. 25), or of this one."""
        contact = self.keyring.open_text(rating.rater_id, rating.sealed_contact)
        name = self.keyring.open_text(rating.agent_id, rating.sealed_agent_name).removesuffix("经办")
        known = {"联系电话": _subscriber(contact), "姓名": name, "办件编号": rating.case_number}
        faults = []
        for field, text in texts.items():
            if any(unicodedata.category(sign) in _UNSEEN and sign not in "\n\t" for sign in text.replace("\r\n", "\n")):
                faults.append(Violation(field, "HIDDEN_SIGNS", "公开内容不得含有看不见或改变书写方向的字符"))
            kinds = {one.kind for one in personal_data.found(text)}
            kinds |= {kind for kind, value in known.items() if _bare(value) and _bare(value) in _bare(text)}
            if kinds:
                told = f"公开内容不得含有个人信息：{'、'.join(sorted(kinds))}"
                faults.append(Violation(field, "PERSONAL_DATA", told))
        if faults:
            raise invalid(*faults)

    def _sealed(self, rating: Rating, text: str) -> str:
        """What an officer says, sealed under the rater's key. Of one who is erased meanwhile nothing more is kept, and the loop goes on."""
        try:
            return self.keyring.seal(rating.rater_id, text.strip()) if text.strip() else ""
        except Refused as refused:
            if refused.reason != "PERSON_ERASED":
                raise
            return ""

    def _view(self, record: Record[Rating], call: Call) -> pb.Rating:
        call.span.set(telemetry.RECORD, record.id)
        return views.full(record, call.actor, self.keyring)


def _require_seen(rating: Rating, actor: Actor, by: tuple[str, ...]) -> None:
    """NOT_FOUND for who does not see the rating in this part, or is concerned himself: he never deals with it."""
    if not any(_FINDS[who](actor, rating) for who in by):
        raise not_found()


def _shown(rating: Rating) -> bool:
    """Whether officers deal with it at all."""
    return rating.negative or rating.flagged


def _require_shown(rating: Rating) -> None:
    """NOT_FOUND for a rating with which there is nothing the matter, nor ever was: it is between the rater and nobody."""
    if not (_shown(rating) or rating.flags):
        raise not_found()


def _bare(text: str) -> str:
    """Its letters and digits, however they are parted or printed."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())


def _subscriber(contact: str) -> str:
    """The end of a telephone number, as it is told with the country or the area before it and without; empty for what is none."""
    digits = "".join(sign for sign in _bare(contact) if sign.isdecimal())
    return digits[-SUBSCRIBER_DIGITS:] if len(digits) >= SUBSCRIBER_DIGITS else ""


def _wanted(request: loop_pb.ListNegativeRequest, rating: Rating) -> bool:
    loop = rating.loop
    if request.department and request.department not in (rating.department, rating.desk):
        return False
    if request.status and (loop is None or loop.status != request.status):
        return False
    return not request.overdue or (loop is not None and loop.overdue)
