"""Dry runs are counted bit by bit by the worker: part after part of the base, a short while in each round, so that handlers go on beside
it; another worker goes on where one ended."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.parts import Parts
from chassis.records import Record
from chassis.telemetry import log
from services.policy import (
    matching,
    model_dry_runs,
    model_explain,
    model_items,
    model_values,
    store_dry_runs,
    store_enterprises,
)
from services.policy.model_dry_runs import DryRun
from services.policy.model_enterprises import BUCKETS
from services.policy.model_facts import Kind
from standards.instants import text
from yiwang.policy.v1 import items_pb2 as pb

Document = dict[str, Any]
# So long a round counts, in seconds; a part is never left in its middle.
SECONDS: Final = 0.3
# A run that could not be counted is left alone for a while, and at last given up.
PATIENCE, GIVE_UP = timedelta(minutes=1), timedelta(hours=1)
_BY: Final = "system:policy"
_FIGURES: Final = ("enterprises", "qualifying", "not_qualifying", "unknown", "faulty", "cost_fen", "largest_fen")
_MISSING, _FAILS = "missing.", "fails."


class DryRuns:
    """The counting of one store."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.runs = store_dry_runs.runs(parts.database)
        self._left_alone: dict[str, datetime] = {}

    def round(self, seconds: float = SECONDS) -> int:
        """One round over all runs under way; how many were brought to their end."""
        instant, done = now(), 0
        self._left_alone = {id: until for id, until in self._left_alone.items() if until > instant}
        for run in store_dry_runs.running(self.database):
            if run.id not in self._left_alone and store_dry_runs.take(self.database, run.id, instant):
                done += self._try(run, seconds)
        return done

    def _try(self, run: Record[DryRun], seconds: float) -> bool:
        try:
            return self._count(run, seconds)
        except Exception as error:  # whatever is wrong with one: the others are counted all the same
            log("dry_runs").error("dry_run_refused", record=run.id, reason=type(error).__name__)
            self._left_alone[run.id] = now() + PATIENCE
            if now() - run.state.started_at > GIVE_UP:
                cause = Cause(key=f"dry_run/{run.id}/failed", by=_BY)
                self.runs.change(run.id, cause, lambda state: model_dry_runs.failed(state, "COUNT_FAILED"))
            return False
        finally:
            store_dry_runs.leave(self.database, run.id, now())

    def _count(self, run: Record[DryRun], seconds: float) -> bool:
        until = time.monotonic() + seconds
        definition = model_items.definition_of(run.state.definition)
        day = date.fromisoformat(run.state.day)
        part, counted = store_dry_runs.progress(self.database, run.id)
        total = Counter[str](counted)
        while part < BUCKETS:
            matching.add(total, matching.count_part(self.database, definition, day, part))
            if not store_dry_runs.advance(self.database, run.id, part, dict(total), now()):
                return False  # somebody else counts it
            part += 1
            if time.monotonic() > until:
                break
            time.sleep(0)  # lets handlers in
        if part < BUCKETS:
            return False
        result = figures(run.state, total, store_enterprises.kinds(self.database))
        cause = Cause(key=f"dry_run/{run.id}/done", by=_BY)
        self.runs.change(run.id, cause, lambda state: model_dry_runs.done(state, result))
        store_dry_runs.forget(self.database, run.id)
        return True


def figures(run: DryRun, counted: Mapping[str, int], kinds: Mapping[str, Kind]) -> pb.DryRun:
    """What was counted, as it is told."""
    view = pb.DryRun(run_id=run.id, item_id=run.item_id)
    for name in _FIGURES:
        setattr(view, name, counted.get(name, 0))
    missing = {name.removeprefix(_MISSING): number for name, number in counted.items() if name.startswith(_MISSING)}
    for name in model_dry_runs.most({model_values.base(name): number for name, number in missing.items()}):
        kind = kinds.get(name)
        how = model_explain.HOW[kind.cost].format(kind.reporter or "主管部门") if kind else ""
        view.missing.add(name=name, title=kind.title if kind else name, cost=kind.cost if kind else 0, how=how)
    for name, number in counted.items():
        if name.startswith(_FAILS):
            view.fails[name.removeprefix(_FAILS)] = number
    return view


def view(database: Database[Document], run: DryRun) -> pb.DryRun:
    """A dry run for its reader: its result, or what is counted so far."""
    if run.status == model_dry_runs.DONE:
        found = model_dry_runs.result_of(run.result)
        found.percent = 100
    else:
        part, counted = store_dry_runs.progress(database, run.id)
        found = figures(run, counted, store_enterprises.kinds(database))
        found.percent = part * 100 // BUCKETS
    found.status, found.fault = run.status, run.fault
    found.started_at, found.done_at = text(run.started_at), text(run.done_at)
    return found
