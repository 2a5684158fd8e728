"""Stand-ins for broker, stores and services, so that the machinery itself is tested with nothing installed."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import processes, suite
from deploy.local.daemon import Daemon

STANDIN = str(Path(__file__).with_name("standin.py"))


class StandinStore(Daemon):
    kind = "embedded"
    uri = "mongodb://127.0.0.1:1/x"


def standin(name: str, folder: Path, *arguments: str) -> StandinStore:
    command = [sys.executable, STANDIN, *(arguments or (name, "store"))]
    return StandinStore(name, command, os.environ, folder / f"{name}.log", folder / f"{name}.pid")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Makes daemons from Python code; ends what a test leaves running."""
    made: list[Daemon] = []

    def make(code: str, name: str = "thing") -> Daemon:
        record = tmp_path / f"{name}.pid"
        made.append(Daemon(name, [sys.executable, "-c", code], os.environ, tmp_path / f"{name}.log", record))
        return made[-1]

    yield make
    for daemon in made:
        daemon.stop(2)


@pytest.fixture
def standins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite of stand-ins: everything but the programs themselves is real."""
    monkeypatch.setattr(suite, "make_broker", lambda folder, progress: standin("broker", folder))
    monkeypatch.setattr(suite, "make_store", lambda name, folder, progress: standin(f"{name}-store", folder))
    monkeypatch.setattr(suite, "TOPOLOGY", (sys.executable, "-c", "print('case.keep_item')"))
    monkeypatch.setattr(
        processes, "command", lambda service, mode: [sys.executable, STANDIN, service, *filter(None, [mode])]
    )
