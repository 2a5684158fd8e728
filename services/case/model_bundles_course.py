"""How a parent (一件事) goes on: what follows from what became of its cases, and the two acts people have. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import OFFICER, Actor, Moment
from chassis.errors import Violation, invalid, require
from services.case import model_bundles
from services.case.model_bundles import BROKEN, ERASED, GIVEN_UP, RUNNING, Branch, Bundle, Seen
from services.case.model_bundles_evolve import EVOLVE
from yiwang.case.v1 import events_pb2 as events

# How often the reason why a branch cannot begin is written anew: the journal has an end, an item may be suspended for ever.
MOST_FAULTS = 5


@dataclass(slots=True)
class _Course:
    """A bundle as it is after what was found so far."""

    bundle: Bundle
    at: datetime
    found: list[Message] = field(default_factory=list)

    def add(self, event: Message) -> None:
        self.found.append(event)
        self.bundle = EVOLVE[type(event)](self.bundle, event, Moment(self.at, ""))


def settle(bundle: Bundle, seen: Iterable[Seen], faults: Mapping[str, str], now: datetime) -> list[Message] | None:
    """What follows from how the cases of its branches stand, and from why others could not be opened (codes by key); None when nothing
    does. The same whatever order and however often it is told: an older version of a case than the one known counts for nothing."""
    course = _Course(bundle, now)
    for one in seen:
        _follow(course, one)
    if course.bundle.status == RUNNING:
        for key, fault in faults.items():
            _blocked(course, key, fault)
        _derive(course)
    return course.found or None


def _follow(course: _Course, one: Seen) -> None:
    branch = model_bundles.branch_of(course.bundle, one.key)
    if branch is None:
        return
    id = course.bundle.id
    if not model_bundles.begun(branch):
        course.add(
            events.BundleChildOpened(
                bundle_id=id, key=one.key, case_id=one.case_id, case_number=one.number, edition=one.edition
            )
        )
    # Only what matters to the whole is written: everything else stands in the case.
    news = (one.ended, one.well, one.over) != (branch.ended, branch.well, branch.over)
    if news and one.version > branch.case_version:
        course.add(
            events.BundleChildMoved(
                bundle_id=id,
                key=one.key,
                case_id=one.case_id,
                case_version=one.version,
                ended=one.ended,
                well=one.well,
                over=one.over,
            )
        )


def _blocked(course: _Course, key: str, fault: str) -> None:
    branch = model_bundles.branch_of(course.bundle, key)
    if branch is None or model_bundles.begun(branch) or branch.given_up:
        return
    if fault == ERASED:
        course.add(events.BundleChildGivenUp(bundle_id=course.bundle.id, key=key, fault=ERASED))
    elif fault != branch.fault and branch.faults < MOST_FAULTS:
        course.add(events.BundleChildBlocked(bundle_id=course.bundle.id, key=key, fault=fault))


def _derive(course: _Course) -> None:
    id = course.bundle.id
    for key in model_bundles.lost(course.bundle):
        course.add(events.BundleChildGivenUp(bundle_id=id, key=key, fault=BROKEN))
    # What was taken back completes no stage.
    for stage in [] if course.bundle.withdrawn else model_bundles.stages(course.bundle):
        if stage.complete and stage.name not in course.bundle.stages_closed:
            course.add(events.BundleStageClosed(bundle_id=id, stage=stage.name))
    status = model_bundles.outcome(course.bundle)
    if status != RUNNING:
        told = course.bundle
        course.add(
            events.BundleEnded(
                bundle_id=id,
                number=told.number,
                applicant_id=told.applicant_id,
                theme_code=told.theme_code,
                department=told.department,
                region=told.region,
                status=status,  # type: ignore[arg-type]
            )
        )


# --- acts -----------------------------------------------------------------------------------------------------------------


def may_withdraw(bundle: Bundle) -> bool:
    """Whether something of it is undecided, and it was not taken back yet."""
    undecided = any(not one.ended and not one.given_up for one in model_bundles.parts(bundle))
    return bundle.status == RUNNING and not bundle.withdrawn and undecided


def withdraw(bundle: Bundle, sealed_reason: str, sealed_agent_name: str, now: datetime) -> list[Message]:
    """The applicant takes the whole back: what has not begun never does."""
    require(may_withdraw(bundle), "MOVE_NOT_ALLOWED", "当前状态不允许撤回：各事项均已办理完毕，或已申请撤回")
    course = _Course(bundle, now)
    course.add(
        events.BundleWithdrawn(bundle_id=bundle.id, sealed_reason=sealed_reason, sealed_agent_name=sealed_agent_name)
    )
    _derive(course)
    return course.found


def may_give_up(bundle: Bundle, branch: Branch) -> bool:
    """Whether a branch has not begun, and might still."""
    return bundle.status == RUNNING and not model_bundles.begun(branch) and not branch.given_up


def may_lead(actor: Actor, bundle: Bundle) -> bool:
    """Whether an actor who sees the bundle may act on the whole: its applicant's side, or its lead department."""
    return actor.realm != OFFICER or actor.department == bundle.department


def give_up(
    bundle: Bundle, key: str, actor: Actor, sealed_reason: str, sealed_agent_name: str, now: datetime
) -> list[Message]:
    """The applicant or the lead department ends a branch that has not begun."""
    require(may_lead(actor, bundle), "NOT_THE_LEAD", "只有牵头部门可以终止未开始的事项")
    branch = model_bundles.branch_of(bundle, key)
    if branch is None:
        raise invalid(Violation("key", "BRANCH_UNKNOWN", "没有此事项，或不涉及此事项"))
    require(may_give_up(bundle, branch), "MOVE_NOT_ALLOWED", "该事项已经开始办理或已终止")
    course = _Course(bundle, now)
    course.add(
        events.BundleChildGivenUp(
            bundle_id=bundle.id,
            key=key,
            fault=GIVEN_UP,
            officer_id=actor.id if actor.realm == OFFICER else "",
            sealed_reason=sealed_reason,
            sealed_agent_name=sealed_agent_name,
        )
    )
    _derive(course)
    return course.found


def moves(bundle: Bundle, actor: Actor) -> Iterator[str]:
    """Names of the acts the actor may make now."""
    if not model_bundles.sees(actor, bundle):
        return
    if actor.realm != OFFICER and may_withdraw(bundle):
        yield "WithdrawBundle"
    ends = actor.realm != OFFICER or not actor.roles.isdisjoint(("receive", "decide"))
    if ends and may_lead(actor, bundle) and any(may_give_up(bundle, one) for one in model_bundles.parts(bundle)):
        yield "GiveUpBranch"
