"""Figures as rows `{name, value, unit, goal, holds}`: build/<what>.json, and a table on the screen."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

BUILD = Path(__file__).resolve().parent.parent / "build"


@dataclass(frozen=True)
class Figure:
    """One measured figure. `goal` is an upper bound, or None where it is only told."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the goal holds; None without one."""
        return None if self.goal is None else self.value <= self.goal


def publish(what: str, figures: list[Figure]) -> None:
    """Writes build/<what>.json and prints the table."""
    BUILD.mkdir(exist_ok=True)
    rows = [asdict(figure) | {"holds": figure.holds} for figure in figures]
    (BUILD / f"{what}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    table = Table(title=what)
    for column in ("name", "value", "unit", "goal", "holds"):
        table.add_column(column, justify="right" if column in ("value", "goal") else "left")
    for figure in figures:
        goal = "" if figure.goal is None else f"≤ {figure.goal:g}"
        holds = {True: "yes", False: "NO", None: ""}[figure.holds]
        table.add_row(figure.name, f"{figure.value:.3f}", figure.unit, goal, holds)
    Console(width=120).print(table)
