"""Ratings as records of the national interface: the first rating and, where there is one, the second.

What the interface asks of a named rating is told, the phone that was left and the name of who rated for an organisation; of an anonymous
one neither, and certificate numbers never: rating has none.
"""

from chassis.sealed import Keyring
from chassis.telemetry import log
from services.rating import model
from services.rating.model import Rating
from standards import rating_codes as codes
from standards import rating_records as records
from standards.rating_records import Rated, RecordFaults
from yiwang.rating.v1 import service_pb2 as pb

_LENGTHS = {field.name: field.length for field in records.FIELDS}
# A case is done when its last node is rated; the nodes before lie on the way.
_ENDED = (pb.SERVICE_NODE_CLOSE, pb.SERVICE_NODE_WINDOW, pb.SERVICE_NODE_CONSULT)


def goes_out(profile: str, rating: Rating) -> bool:
    """Whether a rating is told in this profile: once it was given, or entered by default where the profile has a code that says so."""
    if rating.status == model.DEFAULTED:
        return codes.code_of(codes.CHANNEL, profile, codes.DEFAULT) is not None
    return rating.status == model.RATED


def records_of(profile: str, rating: Rating, keyring: Keyring) -> list[dict[str, str]]:
    """The records of a rating. One that does not fit the interface is left out, and the log says so: it must not hold up the others."""
    try:
        found = [records.build(profile, first(rating, keyring))]
        if rating.again_at:
            found.append(records.build(profile, _second(rating, keyring)))
    except RecordFaults as error:
        log("export").error("unfit_record", rating=rating.id, fields=[one.field for one in error.faults])
        return []
    return found


def first(rating: Rating, keyring: Keyring) -> Rated:
    """What is told of a rating as it was given, cut to what the interface holds."""
    named = rating.status == model.RATED and not rating.anonymous
    agent = keyring.open_text(rating.agent_id, rating.sealed_agent_name) if named else ""
    comment = keyring.open_text(rating.rater_id, rating.sealed_comment)
    return Rated(
        task_code=_fit("taskCode", rating.item_code),
        task_name=_fit("taskName", rating.subject or rating.department_name),
        project_no=_fit("projectNo", rating.case_number or rating.id),
        department=rating.department,
        department_name=_fit("orgName", rating.department_name),
        region=rating.region,
        node=rating.node,
        occasion=rating.occasion,
        grade=rating.grade,
        rated_at=rating.rated_at or rating.closes_at or rating.opened_at,
        channel=_channel(rating),
        tags=tuple(rating.tags),
        comment=_fit("writingEvaluation", comment),
        anonymous=rating.anonymous,
        served_at=rating.opened_at,
        state=codes.CLOSED if rating.node in _ENDED else codes.ACCEPTED,
        user=_user(rating),
        source=codes.SOURCES.get(rating.case_channel, ""),
        window=_fit("windowNo", rating.window_id),
        phone=_fit("telPhone", keyring.open_text(rating.rater_id, rating.sealed_contact)) if named else "",
        handler_name=_fit("handleUserName", agent.removesuffix("经办")),
    )


def _second(rating: Rating, keyring: Keyring) -> Rated:
    assert rating.again_at is not None
    return first(rating, keyring)._replace(
        grade=rating.again_grade,
        rated_at=rating.again_at,
        tags=(),
        comment=_fit("writingEvaluation", keyring.open_text(rating.rater_id, rating.sealed_again)),
        second=True,
    )


def _channel(rating: Rating) -> codes.Name | None:
    return codes.DEFAULT if rating.status == model.DEFAULTED else rating.channel or None


def _user(rating: Rating) -> str:
    """An organisation rates by its handlers alone; of whom nobody knows nothing is told."""
    if rating.status != model.RATED or not rating.applicant_id:
        return ""
    return codes.LEGAL if rating.agent_id else codes.PERSON


def _fit(field: str, text: str) -> str:
    return text[: _LENGTHS[field]]
