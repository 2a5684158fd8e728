"""A dry run: a count over the enterprise base of who would qualify for a definition, and what it would cost. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import require
from chassis.plain import plain
from services.policy import model_items
from services.policy.model_items import PayoutItem
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb

RUNNING, DONE, FAILED = "RUNNING", "DONE", "FAILED"
# Of the facts that are missing so many are told, those missing most often.
MOST_MISSING: Final = 20


@dataclass(frozen=True, slots=True)
class DryRun:
    """The present state of a dry run."""

    id: str
    item_id: str
    department: str
    region: str
    # What is counted, as proto3 JSON, and the day it is judged on.
    definition: dict[str, Any]
    day: str
    status: str
    started_at: datetime
    done_at: datetime | None = None
    # As proto3 JSON.
    result: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


def sees(actor: Actor, run: DryRun, item: PayoutItem) -> bool:
    """Whether the actor may read it: who writes its item."""
    return run.item_id == item.id and model_items.writes(actor, item)


def start(id: str, item: PayoutItem, day: str, running: bool) -> events.DryRunStarted:
    """A count for what is being written of an item, or else for its newest edition. `running` tells whether one of it is under way."""
    definition = model_items.definition_of(item.writing.working or item.definition)
    require(model_items.payable(definition), "NOT_PAYABLE", "该事项没有兑付条件或计算公式，无法测算")
    require(not running, "RUNNING_ALREADY", "该事项正在测算，请等待完成")
    return events.DryRunStarted(
        run_id=id,
        item_id=item.id,
        department=item.department,
        region=definition.region,
        definition=definition,
        day=day,
    )


def done(run: DryRun, result: pb.DryRun) -> events.DryRunDone | None:
    """The count is complete; nothing when it was told already."""
    return events.DryRunDone(run_id=run.id, result=result) if run.status == RUNNING else None


def failed(run: DryRun, fault: str) -> events.DryRunFailed | None:
    """It cannot be counted."""
    return events.DryRunFailed(run_id=run.id, fault=fault) if run.status == RUNNING else None


def result_of(content: Mapping[str, Any]) -> pb.DryRun:
    """A result from its proto3 JSON."""
    return ParseDict(dict(content), pb.DryRun(), ignore_unknown_fields=True)


def most(counts: Mapping[str, int]) -> list[str]:
    """The names counted most often, the most frequent first; of equal ones by name."""
    return [name for name, _ in sorted(Counter(counts).items(), key=lambda one: (-one[1], one[0]))][:MOST_MISSING]


def _started(_none: None, event: events.DryRunStarted, moment: Moment) -> DryRun:
    return DryRun(
        id=event.run_id,
        item_id=event.item_id,
        department=event.department,
        region=event.region,
        definition=plain(event.definition),
        day=event.day,
        status=RUNNING,
        started_at=moment.at,
    )


def _done(run: DryRun, event: events.DryRunDone, moment: Moment) -> DryRun:
    return replace(run, status=DONE, done_at=moment.at, result=plain(event.result))


def _failed(run: DryRun, event: events.DryRunFailed, moment: Moment) -> DryRun:
    return replace(run, status=FAILED, done_at=moment.at, fault=event.fault)


EVOLVE: Evolve = {events.DryRunStarted: _started, events.DryRunDone: _done, events.DryRunFailed: _failed}
