"""What is seen of a start: a table that fills up on a terminal, plain lines anywhere else."""

import time

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

COLOURS = {"ready": "green", "failed": "red", "stopped": "dim"}


class Display:
    """`with Display(console) as display: suite.start(display)`; afterwards it goes on as plain lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._states: dict[str, tuple[str, float, float]] = {}
        self._live = (
            Live(get_renderable=self._table, console=console, refresh_per_second=8) if console.is_terminal else None
        )
        self._open = False

    def __call__(self, name: str, state: str) -> None:
        """Notes the state of a part and shows it."""
        now = time.monotonic()
        old = self._states.get(name)
        began = old[1] if old else now
        self._states[name] = (state, began, now)
        if (not self._live or not self._open) and (not old or old[0] != state):
            seconds = f" ({now - began:.1f} s)" if state == "ready" else ""
            self._console.print(f"{name}: {state}{seconds}", markup=False, highlight=False)

    def __enter__(self) -> "Display":
        self._open = True
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._open = False
        if self._live:
            self._live.stop()

    def _table(self) -> Table:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, (state, began, changed) in self._states.items():
            settled = state in COLOURS
            seconds = (changed if settled else time.monotonic()) - began
            shown = f"[{COLOURS[state]}]{state}" if settled else Spinner("dots", state)
            table.add_row(name, shown, f"{seconds:.1f} s")
        return table
