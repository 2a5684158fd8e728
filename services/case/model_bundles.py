"""One thing at once (一件事): a parent whose branches are cases. What it is, how far it is, and who may see it. Pure.

The graph of the theme is part of the state, so that a later edition changes nothing of what was applied for. What moves it is in
`model_bundles_course`; events turn into state in `model_bundles_evolve`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.acts import OFFICER, PERSON, Actor
from services.case import model, model_seeing
from services.case.model import Case, File
from services.case.model_seeing import NOBODY
from standards import themes_course, themes_graph
from standards.codes import region_covers
from standards.themes_parts import OWN
from yiwang.case.v1 import bundles_pb2 as pb
from yiwang.catalog.v1 import themes_pb2

RUNNING, PARTLY_DONE, DONE = pb.BUNDLE_STATUS_RUNNING, pb.BUNDLE_STATUS_PARTLY_DONE, pb.BUNDLE_STATUS_DONE
FAILED, WITHDRAWN = pb.BUNDLE_STATUS_FAILED, pb.BUNDLE_STATUS_WITHDRAWN
# Why a branch never begins.
BROKEN, GIVEN_UP, TAKEN_BACK, ERASED = "BROKEN", "GIVEN_UP", "TAKEN_BACK", "PERSON_ERASED"


@dataclass(frozen=True, slots=True)
class Branch:
    """One item of the theme, and what became of it."""

    key: str
    item_id: str
    edition: int
    item_name: str
    department: str
    department_name: str
    after: list[str]
    on_failure: int
    stage: str
    # It is part of the application under the answers.
    applies: bool
    case_id: str = ""
    case_number: str = ""
    case_version: int = 0
    # It was decided, or ended without a decision; well: it was granted; over: nothing is left to do for it.
    ended: bool = False
    well: bool = False
    over: bool = False
    # Why it cannot begin now, how often that changed; or, when it is given up, why.
    fault: str = ""
    faults: int = 0
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """The present state of a parent. What names a person is sealed under the applicant's key."""

    id: str
    number: str
    applicant_id: str
    theme_id: str
    edition: int
    theme_code: str
    theme_title: str
    department: str
    department_name: str
    region: str
    channel: int
    status: int
    branches: list[Branch]
    files: list[File]
    sealed_form: str
    sealed_shares: str
    submitted_at: datetime
    # The lead department and those of the branches: who sees it.
    departments: list[str]
    receipt_digest: str = ""
    project_code: str = ""
    level: int = 0
    delivery: int = 0
    sealed_delivery: str = ""
    agent: str = ""
    sealed_agent_name: str = ""
    delegation_id: str = ""
    agent_organization_id: str = ""
    agent_channel: str = ""
    partial_results: bool = False
    promised_due: datetime | None = None
    withdrawn: bool = False
    sealed_withdrawal: str = ""
    withdrawal_agent_name: str = ""
    stages_closed: list[str] = field(default_factory=list)
    ended_at: datetime | None = None
    # Something is to be done for it by the worker: branches to open, cases to withdraw.
    pending: bool = True


# --- the course -----------------------------------------------------------------------------------------------------------


def parts(bundle: Bundle) -> list[Branch]:
    """The branches that are cases, or are to be."""
    return [one for one in bundle.branches if one.applies and one.item_id]


def branch_of(bundle: Bundle, key: str) -> Branch | None:
    """The branch with this key, if it is one that takes part."""
    return next((one for one in parts(bundle) if one.key == key), None)


def begun(branch: Branch) -> bool:
    """Whether its case was opened."""
    return bool(branch.case_id)


def is_over(branch: Branch) -> bool:
    """Whether nothing is left to come of a branch that takes part."""
    return branch.over or branch.given_up


def status_of(branch: Branch) -> int:
    """How far a branch is."""
    if not branch.applies:
        return pb.BRANCH_STATUS_NOT_PART
    if not branch.item_id:
        return pb.BRANCH_STATUS_OUTSIDE
    if begun(branch):
        return _ended(branch) if branch.ended else pb.BRANCH_STATUS_OPEN
    if branch.given_up:
        return pb.BRANCH_STATUS_GIVEN_UP
    return pb.BRANCH_STATUS_BLOCKED if branch.fault else pb.BRANCH_STATUS_WAITING


def _ended(branch: Branch) -> int:
    return pb.BRANCH_STATUS_WELL if branch.well else pb.BRANCH_STATUS_FAILED


def ready(bundle: Bundle) -> list[str]:
    """Keys of the branches whose turn has come, those that are blocked among them; none of a bundle that is over or taken back."""
    if bundle.status != RUNNING or bundle.withdrawn:
        return []
    given_up = {one.key for one in bundle.branches if one.given_up}
    return [key for key in themes_course.ready(*_course(bundle)) if key not in given_up]


def lost(bundle: Bundle) -> list[str]:
    """Keys of the branches that never begin because of what failed, and are not given up yet."""
    given_up = {one.key for one in bundle.branches if one.given_up}
    return [key for key in themes_course.given_up(*_course(bundle)) if key not in given_up]


def stages(bundle: Bundle) -> list[themes_course.Stage]:
    """The stages of a project, in order."""
    return themes_course.stages(*_course(bundle))


def waits_for(bundle: Bundle, branch: Branch) -> list[str]:
    """Keys of the branches that must end before a branch begins, also through others."""
    if begun(branch) or branch.given_up:
        return []
    ended = _course(bundle)[3]
    before = themes_graph.preceding({one.key: one.after for one in bundle.branches})[branch.key]
    return [one.key for one in parts(bundle) if one.key in before and one.key not in ended]


def passed(branch: Branch) -> bool:
    """Whether it ended well, or failed where that does not matter."""
    own_end = (begun(branch) and branch.ended) or (branch.given_up and branch.fault != BROKEN)
    return branch.well or (own_end and branch.on_failure == themes_course.IGNORE)


def outcome(bundle: Bundle) -> int:
    """What it comes to: RUNNING until every branch that takes part is over."""
    taking_part = parts(bundle)
    if not all(is_over(one) for one in taking_part):
        return RUNNING
    if bundle.withdrawn:
        return WITHDRAWN
    if not any(one.well for one in taking_part):
        return FAILED
    return DONE if all(passed(one) for one in taking_part) else PARTLY_DONE


def _course(bundle: Bundle) -> tuple[themes_pb2.ThemeDefinition, list[str], list[str], dict[str, bool]]:
    """What `standards.themes_course` is asked by. A branch somebody gave up has failed; one that is lost by others has not begun."""
    taking_part = parts(bundle)
    items = [
        themes_pb2.ThemeItem(key=one.key, after=one.after, on_failure=one.on_failure, stage=one.stage)  # type: ignore[arg-type]
        for one in bundle.branches
    ]
    ended = {one.key: one.well for one in taking_part if one.ended}
    ended |= {one.key: False for one in taking_part if one.given_up and one.fault != BROKEN and not begun(one)}
    began = [one.key for one in taking_part if begun(one) or one.key in ended]
    return themes_pb2.ThemeDefinition(items=items), [one.key for one in taking_part], began, ended


def pending(bundle: Bundle) -> bool:
    """Whether the worker has something to do for it."""
    if bundle.status != RUNNING:
        return False
    if bundle.withdrawn:
        return any(begun(one) and not one.ended for one in parts(bundle))
    return bool(ready(bundle))


# --- a branch's case --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """The case of a branch as it stands."""

    key: str
    case_id: str
    number: str
    edition: int
    version: int
    ended: bool
    well: bool
    over: bool


def seen(case: Case, version: int) -> Seen:
    """What a case means for its parent. A grant starts the clock of delivery, whoever granted it and whatever became of it later."""
    well = case.decided_at is not None and case.deliver_due is not None
    over = case.status in model.ENDED
    ended = over or case.decided_at is not None
    return Seen(case.bundle_key, case.id, case.number, case.edition, version, ended, well, over)


# --- who sees it ------------------------------------------------------------------------------------------------------------


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of reads and acts: persons see their own, who acts for them those of the delegation, officers with work at the desk
    those their department leads or has a branch of."""
    if actor.realm == PERSON:
        return model_seeing.visible(actor)
    return {"state.departments": actor.department} if _at_desk(actor) else NOBODY


def sees(actor: Actor, bundle: Bundle) -> bool:
    """The same as `visible`, as a predicate."""
    if actor.realm == PERSON:
        own = bool(actor.id) and bundle.applicant_id == actor.id
        return own and (actor.acting is None or model_seeing.handles(actor) or _delegated(actor, bundle))
    return _at_desk(actor) and actor.department in bundle.departments


def oversees(actor: Actor, bundle: Bundle) -> bool:
    """Whether a supervisor may read it: any of his region and below it."""
    supervises = actor.realm == OFFICER and model_seeing.SUPERVISE in actor.roles
    return supervises and region_covers(actor.region, bundle.region)


def filled_for(actor: Actor, bundle: Bundle) -> Iterator[str]:
    """Keys of the branches whose fields and files the reader is shown: all to the applicant's side and the lead, his own to a department
    of a branch, none to who only supervises."""
    if not sees(actor, bundle):
        return
    everything = actor.realm == PERSON or actor.department == bundle.department
    if everything:
        yield OWN
    yield from (one.key for one in parts(bundle) if everything or one.department == actor.department)


def _delegated(actor: Actor, bundle: Bundle) -> bool:
    acting = actor.acting
    named = acting is not None and not acting.case and bool(acting.delegation)
    return named and acting is not None and bundle.delegation_id == acting.delegation


def _at_desk(actor: Actor) -> bool:
    return actor.realm == OFFICER and not actor.roles.isdisjoint(model_seeing.DESK_ROLES) and bool(actor.department)
