"""What things are about which something is told: kept from the event each begins with, since later ones name it by its id alone. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from services.message.model_raising import Matter
from services.message.model_words import day, desk_of, person
from yiwang.case.v1 import events_pb2 as case
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.intermediary.v1 import events_pb2 as market
from yiwang.policy.v1 import events_pb2 as policy
from yiwang.rating.v1 import events_pb2 as rating


def _case(event: case.CaseSubmitted) -> Matter:
    fields = {"item": event.item_name, "number": event.number, "department": event.department_name}
    return Matter(
        "case", event.case_id, person(event.applicant_id), event.number, event.department, event.region, fields
    )


def _finding(event: case.FindingRaised) -> Matter:
    fields = {"item": event.item_name, "number": event.case_number}
    return Matter("finding", event.finding_id, "", event.case_number, event.department, event.region, fields)


def _rating(event: rating.InvitationOpened) -> Matter:
    served = event.served
    fields = {"item": served.subject, "due": day(event.closes_at)}
    who = person(event.applicant_id)
    return Matter("rating", event.rating_id, who, served.case_number, served.department, served.region, fields)


def _ticket(event: rating.TicketOpened) -> Matter:
    fields = {"number": event.number, "due": day(event.due)}
    who = person(event.asker_id)
    return Matter("ticket", event.ticket_id, who, event.number, event.department, event.region, fields)


def _claim(event: policy.ClaimSubmitted) -> Matter:
    fields = {"title": event.item_title, "number": event.number}
    who = person(event.organization_id)
    return Matter("claim", event.claim_id, who, event.number, event.department, event.region, fields)


def _appeal(event: policy.AppealSubmitted) -> Matter:
    fields = {"number": event.number, "due": day(event.due)}
    return Matter("appeal", event.appeal_id, person(event.organization_id), event.number, "", event.region, fields)


def _correction(event: policy.CorrectionAsked) -> Matter:
    who = person(event.organization_id)
    return Matter("correction", event.correction_id, who, "", event.department, event.region, {})


def _procurement(event: market.ProcurementOpened) -> Matter:
    fields = {"title": event.service or "中介服务", "number": event.number}
    owner = desk_of(event.owner_id, "procure")
    return Matter("procurement", event.procurement_id, owner, event.number, "", event.region, fields)


OPENINGS: Final[Mapping[type[Message], Callable[[Any], Matter]]] = {
    case.CaseSubmitted: _case,
    case.FindingRaised: _finding,
    rating.InvitationOpened: _rating,
    rating.TicketOpened: _ticket,
    policy.ClaimSubmitted: _claim,
    policy.AppealSubmitted: _appeal,
    policy.CorrectionAsked: _correction,
    market.ProcurementOpened: _procurement,
}


class Change(NamedTuple):
    """What a later event tells of a matter: its kind, id, whose it is from now on, and what its templates may say."""

    subject: str
    id: str
    who: str = ""
    fields: Mapping[str, str] = {}


# A claim that came from a list has nobody until its enterprise joins; a procurement is called what its need says, and may be a
# department's.
CHANGES: Final[Mapping[type[Message], Callable[[Any], Change]]] = {
    policy.ClaimTied: lambda event: Change("claim", event.claim_id, who=person(event.organization_id)),
    market.ProcurementSubmitted: lambda event: Change(
        "procurement",
        event.procurement_id,
        who=f"desk:{event.owner_department}:procure" if event.owner_department else "",
        fields={"title": event.need.title} if event.need.title else {},
    ),
}
# What tells all of its matter itself, and is no beginning of anything.
ABOUT: Final[Mapping[type[Message], Callable[[Any], Matter]]] = {
    policy.EnterpriseMatched: lambda event: Matter(
        "match", event.item_id, person(event.organization_id), fields={"title": event.item_title}
    ),
    identity.DelegationRequested: lambda event: Matter("delegation", event.delegation_id, person(event.person_id)),
    identity.DelegationGranted: lambda event: Matter("delegation", event.delegation_id, person(event.person_id)),
    identity.DelegationRevoked: lambda event: Matter("delegation", event.delegation_id, person(event.person_id)),
    identity.HandlerAuthorized: lambda event: Matter("organization", event.organization_id),
    identity.FactorAdded: lambda event: Matter("account", event.principal, event.principal),
    identity.FactorRemoved: lambda event: Matter("account", event.principal, event.principal),
    identity.PasswordChanged: lambda event: Matter("account", event.principal, event.principal),
    identity.SessionStarted: lambda event: Matter("session", event.session_id, person(event.principal_id)),
}
# Kinds of matter that are kept under another name.
KEPT_AS: Final[Mapping[str, str]] = {"award": "procurement"}


def own(event: Message) -> Matter | None:
    """The matter of an event that tells all of it; None when it was kept before."""
    read = OPENINGS.get(type(event)) or ABOUT.get(type(event))
    return read(event) if read else None
