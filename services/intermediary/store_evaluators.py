"""The pool of evaluators as it is kept: a record for each person."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records, record_id
from services.intermediary.model_evaluators import EVOLVE, IN, Evaluator
from yiwang.intermediary.v1 import events_pb2 as events

Document = dict[str, Any]
COUNTIES: Final = "evaluator_counties"


def evaluators(database: Database[Document]) -> Records[Evaluator]:
    """The evaluators."""
    return Records(database["evaluators"], Evaluator, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [evaluators(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of evaluators; safe to repeat."""
    evaluators(database).ensure_indexes(
        [("state.county", 1), ("state.since", 1)], [("state.county", 1), ("state.status", 1), ("state.since", 1)]
    )


def evaluator_id(person: str) -> str:
    """The id of a person's entry in the pool."""
    return record_id(f"evaluator/{person}")


def pool(all: Records[Evaluator], counties: Sequence[str]) -> list[Evaluator]:
    """Those of these counties who are in the pool."""
    return [row.state for one in counties for row in all.select({"state.county": one, "state.status": IN})]


def newest(
    all: Records[Evaluator], matches: Sequence[Filter], keep: Callable[[Evaluator], bool], token: str, count: int
) -> tuple[list[Record[Evaluator]], str]:
    """A page of those that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "since", keep, token, count)
