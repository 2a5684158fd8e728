"""The market's numbers, as one pass over the procurements of a county's month; months are summed. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, Final

from services.intermediary import model
from services.intermediary.model import Procurement
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import market_pb2 as pb
from yiwang.intermediary.v1 import service_pb2 as service

FORMULA: Final = "办结率＝已完成服务的采购数÷（已完成＋提前终止的采购数），均按提交月份统计；仍在办理的不计入分母"
DONE: Final = frozenset((model.COMPLETED, model.ARCHIVED))
# The instants of a life in their order: a phase runs from each to the next that there is.
INSTANTS: Final[Mapping[str, Any]] = {
    "提交": lambda one: one.submitted_at,
    "公告": lambda one: one.published_at,
    "报名截止": lambda one: one.frozen_at,
    "选取": lambda one: one.selected_at,
    "中选通知": lambda one: one.awarded_at,
    "合同": lambda one: one.performance.contracted_at,
    "成果确认": lambda one: one.performance.confirmed_at,
    "归档": lambda one: one.archived_at,
}
_NAMES: Final = tuple(INSTANTS)
PHASES: Final = tuple(f"{one}→{other}" for one, other in pairwise(_NAMES))


@dataclass(slots=True)
class Counted:
    """The numbers of some procurements. `minutes` are how long each took, by phase."""

    needs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    services: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    minutes: dict[str, list[int]] = field(default_factory=dict)
    contracts_fen: int = 0
    saved_fen: int = 0

    def add(self, one: Procurement) -> None:
        """One more procurement."""
        if one.submitted_at is None:
            return  # a draft nobody laid before anybody is no need yet
        self.needs += 1
        self.statuses[status_name(one.status)] += 1
        self.modes[mode_name(one.mode)] += 1
        self.services[one.service] += 1
        if one.ended_reason:
            self.ended[one.ended_reason] += 1
        for phase, minutes in spans(one):
            self.minutes.setdefault(phase, []).append(minutes)
        if one.performance.contracted_at is not None:
            amount, budget = one.performance.amount_fen, int(one.need.get("budgetFen", 0))
            self.contracts_fen += amount
            # No contract is above its budget (model_contract); what was not estimated saves nothing.
            self.saved_fen += budget - amount if budget else 0

    def join(self, other: "Counted") -> None:
        """The numbers of others beside."""
        self.needs += other.needs
        for name in ("statuses", "modes", "services", "ended"):
            getattr(self, name).update(getattr(other, name))
        for phase, minutes in other.minutes.items():
            self.minutes.setdefault(phase, []).extend(minutes)
        self.contracts_fen += other.contracts_fen
        self.saved_fen += other.saved_fen


def status_name(status: int) -> str:
    """A status by its code."""
    return _code(service.ProcurementStatus, status, "PROCUREMENT_STATUS_")


def mode_name(mode: int) -> str:
    """A mode by its code."""
    return _code(service.Mode, mode, "MODE_")


def standing_name(standing: int) -> str:
    """How an agency stands, by its code."""
    return _code(agencies.AgencyStanding, standing, "AGENCY_STANDING_")


def _code(kind: Any, number: int, prefix: str) -> str:
    name: str = kind.Name(number)
    return name.removeprefix(prefix)


def spans(one: Procurement) -> Iterable[tuple[str, int]]:
    """How long the phases took that are over, in minutes; one that was done without (a direct selection has no sign-up) is left out, and
    so are both beside it."""
    instants: list[datetime | None] = [at(one) for at in INSTANTS.values()]
    for phase, (since, until) in zip(PHASES, pairwise(instants), strict=True):
        if since is not None and until is not None:
            yield phase, round((until - since).total_seconds() / 60)


def counted(procurements: Iterable[Procurement]) -> Counted:
    """The numbers of these."""
    found = Counted()
    for one in procurements:
        found.add(one)
    return found


def kept(found: Counted) -> dict[str, Any]:
    """The numbers as they are kept: what names are counted by may be anything, so they are no field names."""
    told: dict[str, Any] = {
        name: sorted(getattr(found, name).items()) for name in ("statuses", "modes", "services", "ended")
    }
    told["minutes"] = sorted((phase, sorted(minutes)) for phase, minutes in found.minutes.items())
    return told | {"needs": found.needs, "contracts_fen": found.contracts_fen, "saved_fen": found.saved_fen}


def of_kept(told: Mapping[str, Any]) -> Counted:
    """The numbers as they were kept."""
    counters = {name: Counter(dict(told[name])) for name in ("statuses", "modes", "services", "ended")}
    minutes = {phase: list(values) for phase, values in told["minutes"]}
    return Counted(
        needs=told["needs"],
        minutes=minutes,
        contracts_fen=told["contracts_fen"],
        saved_fen=told["saved_fen"],
        **counters,
    )


def view(found: Counted, agencies: Mapping[str, int]) -> pb.Statistics:
    """The numbers as they are told."""
    done = sum(found.statuses[status_name(status)] for status in DONE)
    over = done + sum(found.ended.values())
    return pb.Statistics(
        agencies=_counts(agencies),
        needs=found.needs,
        statuses=_counts(found.statuses),
        modes=_counts(found.modes),
        services=_counts(found.services),
        ended=_counts(found.ended),
        completed=done,
        completion_basis_points=round(done * 10_000 / over) if over else 0,
        completion_formula=FORMULA,
        phases=[_phase(phase, found.minutes[phase]) for phase in PHASES if found.minutes.get(phase)],
        contracts_fen=found.contracts_fen,
        saved_fen=found.saved_fen,
    )


def _counts(counts: Mapping[str, int]) -> list[pb.Count]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [pb.Count(kind=kind, count=count) for kind, count in ordered if count]


def _phase(name: str, minutes: list[int]) -> pb.Phase:
    return pb.Phase(
        name=name,
        count=len(minutes),
        mean_hours=round(sum(minutes) / len(minutes) / 60, 2),
        median_hours=round(median(minutes) / 60, 2),
        longest_hours=round(max(minutes) / 60, 2),
    )
