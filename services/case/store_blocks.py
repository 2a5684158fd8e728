"""Broken promises, a record for each case."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records, record_id
from services.case import model_blocks
from services.case.model_blocks import PromiseBlock
from yiwang.case.v1 import events_pb2 as events

Document = dict[str, Any]


def blocks(database: Database[Document]) -> Records[PromiseBlock]:
    """The broken promises."""
    return Records(database["promise_blocks"], PromiseBlock, model_blocks.EVOLVE, events)


def ensure_indexes(database: Database[Document]) -> None:
    """By person and by department, with when."""
    blocks(database).ensure_indexes(
        [("state.applicant_id", 1), ("state.broken_at", 1)], [("state.department", 1), ("state.broken_at", 1)]
    )


def id_of(case_id: str) -> str:
    """The record of a case's broken promise."""
    return record_id(f"promise-block/{case_id}")


def is_blocked(all: Records[PromiseBlock], person: str, county: str, now: datetime) -> bool:
    """Whether a person may promise nothing in a county. He has broken few."""
    own = all.select({"state.applicant_id": person})
    return any(model_blocks.blocks(row.state, county, now) for row in own)


def newest(
    all: Records[PromiseBlock], visible: Filter, keep: Callable[[PromiseBlock], bool], token: str, count: int
) -> tuple[list[Record[PromiseBlock]], str]:
    """A page of those that are to be kept, newest first, and the next page's token."""
    rows, token = paging.newest(all, visible, "broken_at", token, count)
    return [row for row in rows if keep(row.state)], token
