"""Public totals by grade of an item, a department, a window or a county. Pure."""

from collections.abc import Iterable, Mapping

from services.rating import model, model_kinds
from services.rating.model_kinds import Kind
from yiwang.rating.v1 import service_pb2 as pb

_FIRST_DAY, _LAST_DAY = "0000-00-00", "9999-99-99"


def span(scope: int, id: str, from_day: str, to_day: str) -> tuple[str, str]:
    """The first and the last bucket of a total; days are both included, empty = all."""
    before = f"{model_kinds.SCOPES[scope]}:{id}:"
    return before + (from_day or _FIRST_DAY), before + (to_day or _LAST_DAY)


def totals(scope: int, id: str, counts: Mapping[str, int]) -> pb.Totals:
    """Counts by kind as totals."""
    kinds = [(model_kinds.parse(kind), count) for kind, count in counts.items()]
    counted = [(kind, count) for kind, count in kinds if kind.status == model.RATED and not apart(kind)]
    grades = {
        name: _sum((kind, n) for kind, n in counted if kind.grade == grade) for grade, name in model.GRADES.items()
    }
    return pb.Totals(
        scope=scope,  # type: ignore[arg-type]
        id=id,
        invited=_sum(kinds),
        rated=_sum(counted),
        defaulted=_sum((kind, n) for kind, n in kinds if kind.status == model.DEFAULTED),
        apart=_sum((kind, n) for kind, n in kinds if kind.status == model.RATED and apart(kind)),
        **grades,
    )


def apart(kind: Kind) -> bool:
    """Whether it was given and is not counted among the others: flagged, mistaken or malicious. Not attributable counts as given: the
    service was rated, if not this department's."""
    return kind.mark in (model_kinds.FLAGGED, model_kinds.MISTAKEN, model_kinds.MALICIOUS)


def _sum(kinds: Iterable[tuple[Kind, int]]) -> int:
    return sum(count for _, count in kinds)
