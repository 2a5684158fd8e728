"""Rows of results as everybody sees them, from counters. Pure."""

from collections.abc import Mapping

from services.rating import model_results, model_splits
from services.rating.model_results import Row
from services.rating.model_splits import CHANNEL, DEPARTMENT, WHOLE, Split
from yiwang.rating.v1 import results_pb2 as pb


def row(id: str, name: str, counters: Row, by: str = WHOLE) -> pb.ResultRow:
    """The numbers of one department, item, window, channel or node, or of the whole."""
    # Who did not rate did so by no channel: to a channel all services are rated ones.
    without = "invited" if by == CHANNEL else ""
    score = model_results.score(counters) if by == DEPARTMENT else 0
    return pb.ResultRow(id=id, name=name, counters=counters, rates=model_results.rates(counters, without), score=score)


def rows(by: str, split: Split, names: Mapping[str, str] | None = None) -> list[pb.ResultRow]:
    """The rows of a breakdown with the names known here and those given; in the order of ids, channels and nodes in that of their codes."""
    coded = model_splits.labels()
    known = {**coded, **split.names, **(names or {})}
    place = {id: number for number, id in enumerate(coded)}
    order = sorted(split.rows, key=lambda id: (place.get(id, 0), id))
    return [row(id, known.get(id, ""), split.rows[id], by) for id in order]
