"""How each event changes a parent (一件事). Pure; the journal replayed through EVOLVE gives the state."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chassis.acts import Evolve, Moment
from services.case import model_bundles
from services.case.model_bundles import Branch, Bundle
from services.case.model_changes import files_of
from standards.instants import instant
from yiwang.case.v1 import events_pb2 as events

# What the state has as the event tells it.
_TOLD = (
    *("number", "applicant_id", "theme_id", "edition", "theme_code", "theme_title", "department", "department_name"),
    *("region", "channel", "sealed_form", "sealed_shares", "receipt_digest", "project_code", "level", "delivery"),
    *("sealed_delivery", "agent", "sealed_agent_name", "delegation_id", "agent_organization_id", "agent_channel"),
    "partial_results",
)


def submitted(_bundle: None, event: events.BundleSubmitted, moment: Moment) -> Bundle:
    told: dict[str, Any] = {name: getattr(event, name) for name in _TOLD}
    branches = [_branch(one) for one in event.items]
    involved = [event.department, *(one.department for one in branches if one.applies and one.item_id)]
    return Bundle(
        id=event.bundle_id,
        status=model_bundles.RUNNING,
        branches=branches,
        files=files_of(event.files),
        submitted_at=moment.at,
        promised_due=instant(event.promised_due),
        departments=list(dict.fromkeys(one for one in involved if one)),
        **told,
    )


def _branch(item: events.BundleItem) -> Branch:
    return Branch(
        key=item.key,
        item_id=item.item_id,
        edition=item.edition,
        item_name=item.item_name,
        department=item.department,
        department_name=item.department_name,
        after=list(item.after),
        on_failure=item.on_failure,
        stage=item.stage,
        applies=item.applies,
    )


def _with(bundle: Bundle, key: str, **changes: Any) -> Bundle:
    branches = [replace(one, **changes) if one.key == key else one for one in bundle.branches]
    return replace(bundle, branches=branches)


def opened(bundle: Bundle, event: events.BundleChildOpened, _moment: Moment) -> Bundle:
    """A case that was opened while the rest of it ended keeps it open."""
    case = {"case_id": event.case_id, "case_number": event.case_number, "edition": event.edition}
    running = replace(bundle, status=model_bundles.RUNNING, ended_at=None)
    return _with(running, event.key, **case, fault="", given_up=False)


def blocked(bundle: Bundle, event: events.BundleChildBlocked, _moment: Moment) -> Bundle:
    times = next(one.faults for one in bundle.branches if one.key == event.key)
    return _with(bundle, event.key, fault=event.fault, faults=times + 1)


def moved(bundle: Bundle, event: events.BundleChildMoved, _moment: Moment) -> Bundle:
    told = {"ended": event.ended, "well": event.well, "over": event.over}
    return _with(bundle, event.key, case_version=event.case_version, **told)


def given_up(bundle: Bundle, event: events.BundleChildGivenUp, _moment: Moment) -> Bundle:
    return _with(bundle, event.key, given_up=True, fault=event.fault)


def withdrawn(bundle: Bundle, event: events.BundleWithdrawn, _moment: Moment) -> Bundle:
    branches = [
        one
        if model_bundles.begun(one) or one.given_up or not (one.applies and one.item_id)
        else replace(one, given_up=True, fault=model_bundles.TAKEN_BACK)
        for one in bundle.branches
    ]
    return replace(
        bundle,
        withdrawn=True,
        branches=branches,
        sealed_withdrawal=event.sealed_reason,
        withdrawal_agent_name=event.sealed_agent_name,
    )


def stage_closed(bundle: Bundle, event: events.BundleStageClosed, _moment: Moment) -> Bundle:
    return replace(bundle, stages_closed=[*bundle.stages_closed, event.stage])


def ended(bundle: Bundle, event: events.BundleEnded, moment: Moment) -> Bundle:
    return replace(bundle, status=event.status, ended_at=moment.at)


def _marked(change: Callable[[Any, Any, Moment], Bundle]) -> Callable[[Any, Any, Moment], Bundle]:
    """With the mark by which the worker finds what is to be done."""

    def marked(bundle: Any, event: Any, moment: Moment) -> Bundle:
        after = change(bundle, event, moment)
        return replace(after, pending=model_bundles.pending(after))

    return marked


_CHANGES: dict[Any, Callable[[Any, Any, Moment], Bundle]] = {
    events.BundleSubmitted: submitted,
    events.BundleChildOpened: opened,
    events.BundleChildBlocked: blocked,
    events.BundleChildMoved: moved,
    events.BundleChildGivenUp: given_up,
    events.BundleWithdrawn: withdrawn,
    events.BundleStageClosed: stage_closed,
    events.BundleEnded: ended,
}
EVOLVE: Evolve = {event: _marked(change) for event, change in _CHANGES.items()}
