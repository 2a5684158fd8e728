"""RatingService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

from datetime import datetime

from chassis import telemetry
from chassis.parts import Api, Parts
from chassis.records import Record
from chassis.rpc import Call
from services.rating import model, store
from services.rating.model import Invitation
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

PAGE = 20


class RatingApi:
    """The methods of yiwang.rating.v1.RatingService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.invitations = store.invitations(parts.database)
        self.ratings = store.ratings(parts.database)
        self.keyring = parts.keyring

    def GetInvitation(self, request: pb.GetInvitationRequest, call: Call) -> pb.Invitation:
        id = store.invitation_id(request.case_id)
        return self._view(self.invitations.get(id, model.visible(call.actor)))

    def ListInvitations(self, request: pb.ListInvitationsRequest, call: Call) -> pb.ListInvitationsResponse:
        size = request.page_size or PAGE
        rows, token = store.own_invitations(self.invitations, call.actor.id, request.page_token, size)
        return pb.ListInvitationsResponse(invitations=[self._view(row) for row in rows], next_page_token=token)

    def RateCase(self, request: pb.RateCaseRequest, call: Call) -> pb.Invitation:
        id = store.invitation_id(request.case_id)
        call.span.set(telemetry.RECORD, id)
        record = self.invitations.change(
            id, call.cause, lambda invitation: self._rating(invitation, request, call), model.visible(call.actor)
        )
        return self._view(record)

    def _rating(self, invitation: Invitation, request: pb.RateCaseRequest, call: Call) -> events.CaseRated:
        model.require_unrated(invitation)
        comment = request.comment.strip()
        sealed = self.keyring.seal(invitation.applicant_id, comment) if comment else ""
        acting = call.actor.acting
        agent = self.keyring.seal(acting.id, f"{acting.name}经办") if acting else ""
        return model.rate(invitation, request.grade, sealed, agent)

    def GetTotals(self, request: pb.GetTotalsRequest, call: Call) -> pb.Totals:
        first, last = model.span(request.scope, request.id, request.from_day, request.to_day)
        return model.totals(request.scope, request.id, self.ratings.between(first, last))

    def _view(self, record: Record[Invitation]) -> pb.Invitation:
        invitation = record.state
        return pb.Invitation(
            id=record.id,
            version=record.version,
            case_id=invitation.case_id,
            case_number=invitation.case_number,
            item_name=invitation.item_name,
            department_name=invitation.department_name,
            opened_at=_time(invitation.opened_at),
            grade=invitation.grade,  # type: ignore[arg-type]
            comment=self.keyring.open_text(invitation.applicant_id, invitation.sealed_comment),
            rated_at=_time(invitation.rated_at),
            agent_name=self.keyring.open_text(invitation.agent_id, invitation.sealed_agent_name),
        )


def _time(instant: datetime | None) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z") if instant else ""


def build(parts: Parts) -> Api:
    """The api of rating, from its parts."""
    return Api({"RatingService": RatingApi(parts)})
