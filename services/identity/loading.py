"""`python -m services.identity load FILE.json`: departments, officers, people and more from a file; what is there already stays
as it is.

A bad row is reported by its place, field and reason, never by its content; the good ones are kept.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import Progress

from chassis.errors import Refused
from chassis.masters import KeysUnavailable
from chassis.parts import Parts
from services.identity import (
    loading_agents,
    loading_counties,
    loading_officers,
    loading_organizations,
    loading_people,
    loading_rows,
)
from services.identity.loading_rows import Desk

# In the order they are loaded: what a row refers to comes first.
KINDS: Final[Mapping[str, Callable[[Desk, Any], bool]]] = {
    "counties": loading_counties.load_county,
    "departments": loading_officers.load_department,
    "officers": loading_officers.load_officer,
    "windows": loading_counties.load_window,
    "agentOrganizations": loading_agents.load_agent_organization,
    "agents": loading_agents.load_agent,
    "people": loading_people.load_person,
    "organizations": loading_organizations.load_organization,
}


class Row(NamedTuple):
    """One row of the file: where it stands, what it says, and how it is loaded."""

    place: str
    content: Any
    load: Callable[[Desk, Any], bool]


def main(parts: Parts, arguments: list[str]) -> None:
    """Loads the file. Exit code 1 only when no row was good, 2 when the store went away."""
    if len(arguments) != 1:
        sys.exit("usage: python -m services.identity load FILE.json")
    rows = list(_rows(_read(Path(arguments[0]))))
    console = Console(stderr=True, markup=False, highlight=False)
    try:
        loaded, present = _load(rows, loading_rows.desk(parts), console)
    except (PyMongoError, KeysUnavailable) as error:
        console.print(f"store or keys went away ({type(error).__name__}); load the file again, what is done stays done")
        sys.exit(2)
    bad = len(rows) - loaded - present
    console.print(f"identity: {loaded} rows loaded, {present} there already, {bad} refused")
    if loaded + present == 0:
        sys.exit(1)


def _load(rows: list[Row], desk: Desk, console: Console) -> tuple[int, int]:
    loaded = present = 0
    with Progress(console=console, transient=True) as progress:
        for row in progress.track(rows, description="identity"):
            try:
                if row.load(desk, row.content):
                    loaded += 1
                else:
                    present += 1
            except Refused as refused:
                for line in _faults(refused):
                    console.print(f"{row.place} {line}", soft_wrap=True)
    return loaded, present


def _faults(refused: Refused) -> list[str]:
    if not refused.violations:
        return [f"{refused.reason} {refused.message}"]
    return [f"{one.field}: {one.reason} {one.message}" for one in refused.violations]


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{file} cannot be read as JSON: {type(error).__name__}")
    if not isinstance(content, dict):
        sys.exit(f'{file} must be {{"{next(iter(KINDS))}": [...], ...}}, of {", ".join(KINDS)}')
    if unknown := content.keys() - KINDS.keys():
        sys.exit(f"{file} has {len(unknown)} keys that are none of {', '.join(KINDS)}")
    return content


def _rows(content: Mapping[str, Any]) -> Iterator[Row]:
    for kind, load in KINDS.items():
        rows = content.get(kind, [])
        if not isinstance(rows, list):
            sys.exit(f"{kind} must be a list")
        for number, row in enumerate(rows, 1):
            yield Row(f"{kind}[{number}]", row, load)
