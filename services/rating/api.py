"""RatingService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import now
from chassis.parts import Api, Parts
from chassis.records import Record
from chassis.rpc import Call
from services.rating import giving, model, model_giving, model_loop, store, views
from services.rating.api_files import FilesApi
from services.rating.api_loop import LoopApi
from services.rating.api_records import RecordApi
from services.rating.api_results import ResultApi
from services.rating.api_tickets import TicketApi
from services.rating.api_windows import WindowApi
from services.rating.giving import Entered, Giving
from services.rating.model import Rating
from services.rating.results import Results
from yiwang.rating.v1 import service_pb2 as pb

PAGE = 20


class RatingApi(FilesApi):
    """The methods of yiwang.rating.v1.RatingService, by name."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.ratings = store.ratings(parts.database)
        self.giving = Giving(parts)
        self.results = Results(parts.database)
        self.keyring = parts.keyring

    def ListRatings(self, request: pb.ListRatingsRequest, call: Call) -> pb.ListRatingsResponse:
        if request.case_id:
            rows = store.of_case(self.ratings, request.case_id)
            seen = [row for row in rows if model.sees(call.actor, row.state)]
            wanted = [row for row in seen if not request.open_only or row.state.status == model.OPEN]
            return pb.ListRatingsResponse(ratings=[self._view(row, call) for row in wanted])
        size = request.page_size or PAGE
        rows, token = store.own(self.ratings, call.actor.id, request.open_only, request.page_token, size)
        return pb.ListRatingsResponse(ratings=[self._view(row, call) for row in rows], next_page_token=token)

    def GetRating(self, request: pb.GetRatingRequest, call: Call) -> pb.Rating:
        return self._view(self.ratings.get(request.rating_id, model.visible(call.actor)), call)

    def GiveRating(self, request: pb.GiveRatingRequest, call: Call) -> pb.Rating:
        entered = Entered(
            grade=request.grade,
            channel=giving.channel_of(request.channel),
            tags=request.tags,
            comment=request.comment,
            anonymous=request.anonymous,
            contact=request.contact,
            file_ids=request.file_ids,
            device=request.source.device,
            address=request.source.address,
        )
        visible = model.visible(call.actor)
        return self._view(self.giving.give(request.rating_id, entered, call.cause, visible, call.actor), call)

    def RateAgain(self, request: pb.RateAgainRequest, call: Call) -> pb.Rating:
        def decide(rating: Rating) -> Any:
            sealed = self._sealed(rating, request.comment)
            rules = self.giving.rules_of(rating.region)
            name = self.giving.agent_name(call.actor)
            return model_giving.rate_again(rating, request.grade, sealed, name, rules, now())

        return self._view(self.ratings.change(request.rating_id, call.cause, decide, model.visible(call.actor)), call)

    def AppealRating(self, request: pb.AppealRatingRequest, call: Call) -> pb.Rating:
        return self._reasoned(request, call, model_loop.appeal)

    def ReopenRating(self, request: pb.ReopenRatingRequest, call: Call) -> pb.Rating:
        return self._reasoned(request, call, model_loop.reopen)

    def _reasoned(
        self, request: pb.AppealRatingRequest | pb.ReopenRatingRequest, call: Call, act: Callable[..., Message]
    ) -> pb.Rating:
        def decide(rating: Rating) -> Message:
            return act(rating, self._sealed(rating, request.reason), self.giving.rules_of(rating.region), now())

        return self._view(
            self.giving.timing.change(request.rating_id, call.cause, decide, model.visible(call.actor)), call
        )

    def GetTotals(self, request: pb.GetTotalsRequest, call: Call) -> pb.Totals:
        return self.results.totals(request.scope, request.id, request.from_day, request.to_day)

    def _sealed(self, rating: Rating, text: str) -> str:
        # Before it was rated there is nobody whose key it would be; the act is refused then.
        said = text.strip() if rating.rater_id else ""
        return self.keyring.seal(rating.rater_id, said) if said else ""

    def _view(self, record: Record[Rating], call: Call) -> pb.Rating:
        call.span.set(telemetry.RECORD, record.id)
        return views.full(record, call.actor, self.keyring)


def build(parts: Parts) -> Api:
    """The api of rating, from its parts."""
    return Api(
        {
            "RatingService": RatingApi(parts),
            "LoopService": LoopApi(parts),
            "WindowService": WindowApi(parts),
            "ResultService": ResultApi(parts),
            "RecordService": RecordApi(parts),
            "TicketService": TicketApi(parts),
        }
    )
