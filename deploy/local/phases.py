"""`make test`: runs make targets one after the other up to the first that fails, and shows a table of their times.

python -m deploy.local.phases lint unit …
"""

import os
import subprocess  # nosec B404
import sys
import time

from rich.console import Console
from rich.table import Table


def run(phases: list[str]) -> list[tuple[str, float, int]]:
    """(phase, seconds, exit code) of every phase that ran."""
    rows: list[tuple[str, float, int]] = []
    for phase in phases:
        print(f"── {phase}", flush=True)
        began = time.monotonic()
        make = [os.environ.get("MAKE", "make"), "--no-print-directory", phase]
        code = subprocess.run(make, stdin=subprocess.DEVNULL).returncode  # nosec B603
        rows.append((phase, time.monotonic() - began, code))
        if code:
            break
    return rows


def main(phases: list[str]) -> int:
    """Runs the phases; 0 when all of them went well."""
    rows = run(phases)
    table = Table("phase", "seconds", "", title="make test")
    for phase, seconds, code in rows:
        table.add_row(phase, f"{seconds:.1f}", "failed" if code else "ok")
    for phase in phases[len(rows) :]:
        table.add_row(phase, "", "not run")
    table.add_row("all", f"{sum(seconds for _, seconds, _ in rows):.1f}", "")
    Console().print(table)
    return 1 if any(code for _, _, code in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
