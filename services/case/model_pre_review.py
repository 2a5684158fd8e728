"""The pre-review (网上预审): looked through before it is an application, and binding when the same is handed in, in time. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor, Moment
from chassis.errors import Violation, invalid
from services.case import model, model_acts, model_deadlines, model_evolve, model_receipts
from services.case.model import Case
from services.case.model_moves import require_move
from services.case.model_scenario import Scenario, unlisted
from standards.instants import after, after_natural, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog

Form = Mapping[str, str]


def pass_it(case: Case, officer: Actor, now: datetime) -> events.PreReviewPassed:
    """Nothing is missing; it binds for the item's days."""
    require_move(case, "PassPreReview")
    days = case.handling.get("pre_review_days", model_deadlines.PRE_REVIEW_DAYS)
    return events.PreReviewPassed(case_id=case.id, officer_id=officer.id, valid_until=text(after_natural(now, days)))


def reject(
    case: Case,
    item: catalog.ItemDefinition,
    officer: Actor,
    materials: Sequence[str],
    sealed_reason: str,
    scenario: Scenario | None,
) -> events.PreReviewRejected:
    """What is missing or wrong, of what his answers ask for."""
    require_move(case, "RejectPreReview")
    if found := unlisted(item, scenario, materials):
        raise invalid(*found)
    return events.PreReviewRejected(
        case_id=case.id, officer_id=officer.id, materials=materials, sealed_reason=sealed_reason
    )


def revise(
    case: Case,
    item: catalog.ItemDefinition,
    files: Sequence[events.HandedInFile],
    sealed_form: str,
    scenario: Scenario | None,
    sealed_agent_name: str = "",
) -> events.PreReviewRevised:
    """Changed for another pre-review, by the applicant or in his name; something has to have changed."""
    require_move(case, "RevisePreReview")
    _check_listed(item, files, scenario)
    if not files and not sealed_form:
        raise invalid(Violation("materials", "NOTHING_CHANGED", "请先修改材料或填报内容，再报预审"))
    return events.PreReviewRevised(
        case_id=case.id,
        files=files,
        sealed_form=sealed_form,
        receipt_digest=_digest(case, files),
        sealed_agent_name=sealed_agent_name,
    )


def hand_in(
    case: Case,
    item: catalog.ItemDefinition,
    files: Sequence[events.HandedInFile],
    sealed_form: str,
    same_form: bool,
    scenario: Scenario | None,
    now: datetime,
    by: str,
    sealed_agent_name: str = "",
) -> list[Message]:
    """Handed in as an application, by the applicant or in his name. The same documents and the same answers within the days it binds:
    accepted at once, without a second review. Else it is an application like others, to be accepted or deemed accepted in five days."""
    require_move(case, "HandInCase")
    _check_listed(item, files, scenario)
    digest = _digest(case, files)
    in_time = case.pre_valid_until is not None and now <= case.pre_valid_until
    # A licence its source did not tell of is looked at before anything is accepted.
    binding = in_time and same_form and digest == case.pre_passed_digest and not model.unchecked(case)
    handed_in = events.CaseHandedIn(
        case_id=case.id,
        files=files,
        sealed_form=sealed_form,
        receipt_digest=digest,
        accept_due=text(after(now, model_deadlines.ACCEPT_DAYS, case.region)),
        binding=binding,
        sealed_agent_name=sealed_agent_name,
    )
    if not binding:
        return [handed_in]
    received = model_evolve.EVOLVE[events.CaseHandedIn](case, handed_in, Moment(now, by))
    return [handed_in, model_acts.accept_unchanged(received, now)]


def _check_listed(
    item: catalog.ItemDefinition, files: Sequence[events.HandedInFile], scenario: Scenario | None
) -> None:
    if found := unlisted(item, scenario, list(dict.fromkeys(file.material for file in files))):
        raise invalid(*found)


def _digest(case: Case, files: Sequence[events.HandedInFile]) -> str:
    replaced = {file.material for file in files}
    return model_receipts.digest([*(file for file in case.files if file.material not in replaced), *files])
