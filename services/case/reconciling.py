"""Reconcile: who has which cases of a day, and where the two differ."""

from datetime import date, datetime, time, timedelta
from typing import Any

from pymongo.database import Database

from chassis.acts import Actor
from chassis.errors import Violation, invalid
from chassis.records import Records
from services.case import model_reported, store_reported
from services.case.model_reported import ReportedCase
from standards.workdays import SHANGHAI
from yiwang.case.v1 import exchange_pb2 as pb


def reconcile(
    database: Database[dict[str, Any]], cases: Records[ReportedCase], request: pb.ReconcileRequest, actor: Actor
) -> pb.ReconcileResponse:
    """The differences of the caller's department on a day in China, by number. INVALID_ARGUMENT for a day that is none and a case that is
    named twice."""
    start = _start(request.day)
    end = start + timedelta(days=1)
    there = _named(request)
    if request.handled_here:
        versions = dict(store_reported.versions_of_day(database, actor.department, start, end))
        found = [
            model_reported.version_difference(versions.get(one), there.get(one), one)
            for one in sorted(versions.keys() | there)
        ]
        return _answer(len(there), len(versions), found)
    known = {one.number: one for one in store_reported.of_day(cases, actor.department, start, end)}
    # Cases whose application has not come have no day: they count where the department names them.
    here = {number: one for number, one in known.items() if one.applied_at or number in there}
    found = [model_reported.difference(here.get(one), there.get(one), one) for one in sorted(here.keys() | there)]
    return _answer(len(there), len(here), found)


def _answer(there: int, here: int, found: list[pb.Difference | None]) -> pb.ReconcileResponse:
    return pb.ReconcileResponse(there=there, here=here, differences=[one for one in found if one is not None])


def _start(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(), SHANGHAI)
    except ValueError:
        raise invalid(Violation("day", "MALFORMED", "日期不正确")) from None


def _named(request: pb.ReconcileRequest) -> dict[str, int]:
    there: dict[str, int] = {}
    for position, entry in enumerate(request.entries):
        if entry.number in there:
            raise invalid(Violation(f"entries[{position}].number", "REPEATED", "同一办件重复"))
        there[entry.number] = entry.seq
    return there
