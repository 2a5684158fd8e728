"""Whoever was served is asked how it was: invitations from what case tells."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chassis.acts import Cause
from chassis.errors import Refused
from chassis.parts import Parts
from services.rating import model_giving, store
from standards.workdays import SHANGHAI
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

# Which service node ends with an event of case.
NODES: Final[Mapping[type[Any], pb.ServiceNode.ValueType]] = {
    case_events.CaseCorrected: pb.SERVICE_NODE_CORRECT,
    case_events.CaseAccepted: pb.SERVICE_NODE_APPLY,
    case_events.CaseRefused: pb.SERVICE_NODE_APPLY,
    case_events.CaseNotAccepted: pb.SERVICE_NODE_APPLY,
    case_events.PaymentReceived: pb.SERVICE_NODE_PAY,
    case_events.CaseClosed: pb.SERVICE_NODE_CLOSE,
}


def served_of(body: Any, at: datetime) -> tuple[events.ServiceServed, str]:
    """What was served by what case tells, and whom."""
    # CaseClosed tells the same beside what others read of it.
    served = body if isinstance(body, case_events.CaseClosed) else body.served
    return (
        events.ServiceServed(
            node=NODES[type(body)],
            occasion=1,
            case_id=body.case_id,
            case_number=served.number,
            item_id=served.item_id,
            item_code=served.item_code,
            subject=served.item_name,
            department=served.department,
            department_name=served.department_name,
            region=served.region,
            window_id=served.window_id,
            officer_ids=served.officer_ids,
            day=day_of(at),
            case_channel=served.channel,
        ),
        served.applicant_id,
    )


def day_of(at: datetime) -> str:
    """The day in China of an instant."""
    return at.astimezone(SHANGHAI).date().isoformat()


class Inviting:
    """Opens invitations."""

    def __init__(self, parts: Parts) -> None:
        self._keyring = parts.keyring
        self._ratings = store.ratings(parts.database)
        self._rules = store.rules(parts.database)
        self._counties = store.counties(parts.database)

    def invite(self, served: events.ServiceServed, person: str, at: datetime, cause: Cause) -> None:
        """Asks for a rating of a service node, once however often and by whatever it is told that it ended. Of what does not say what was
        served, as events did not in former times, nobody is asked."""
        if not served.region:
            return
        self._counties.know(served.region)
        rules = store.rules_of(self._rules, served.region)
        id = store.rating_id(self._keyring, served.case_id or served.ticket_id, served.node, served.occasion)
        try:
            self._ratings.create(cause, lambda new: model_giving.open_invitation(new, served, person, rules, at), id)
        except Refused as refused:
            # Another event ended the same node before (accepted, then refused): it was asked about.
            if refused.reason != "REQUEST_ID_REUSED":
                raise
