import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.local.daemon import Daemon, await_all, end_leftover, stop_all
from deploy.local.faults import LocalFault

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
Program = Callable[..., Daemon]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_program_starts_is_measured_and_ends(program: Program) -> None:
    daemon = program("sum(range(10**6)); import time; time.sleep(60)")
    daemon.start()
    assert daemon.alive and daemon.pid
    until(lambda: daemon.cpu_seconds() > 0)
    assert daemon.rss > 1_000_000
    daemon.stop()
    assert not daemon.alive and daemon.pid is None
    assert (daemon.exit_code, daemon.cpu_seconds(), daemon.rss) == (-signal.SIGTERM, 0.0, 0)


def test_a_killed_program_comes_back_with_another_pid(program: Program) -> None:
    daemon = program(SLEEP)
    daemon.start()
    first = daemon.pid
    daemon.kill()
    assert daemon.exit_code == -signal.SIGKILL
    daemon.restart()
    assert daemon.pid and daemon.pid != first


def test_a_program_that_ignores_the_request_is_killed(program: Program) -> None:
    daemon = program(DEAF)
    daemon.start()
    until(lambda: "deaf" in daemon.tail())
    daemon.stop(grace=0.2)
    assert daemon.exit_code == -signal.SIGKILL


def test_a_paused_program_can_be_ended(program: Program) -> None:
    daemon = program(SLEEP)
    daemon.start()
    daemon.pause()
    assert daemon.pid
    until(lambda: psutil.Process(daemon.pid).status() == psutil.STATUS_STOPPED)
    daemon.resume()
    daemon.pause()
    daemon.stop()
    assert daemon.exit_code == -signal.SIGTERM


def test_a_program_that_ends_while_starting_shows_its_last_fifteen_lines(program: Program) -> None:
    daemon = program("print(*range(1, 31), sep='\\n'); raise SystemExit(4)")
    daemon.answers = lambda: False  # type: ignore[method-assign]
    with pytest.raises(LocalFault) as fault:
        daemon.start()
    lines = str(fault.value).splitlines()
    assert lines[0].startswith("thing ended with code 4 while starting")
    assert lines[1:] == [str(number) for number in range(16, 31)]


def test_a_program_that_is_never_ready_is_given_up(program: Program) -> None:
    daemon = program(SLEEP)
    daemon.patience = 0.1
    daemon.answers = lambda: False  # type: ignore[method-assign]
    with pytest.raises(LocalFault, match="thing was not ready after 0 s"):
        daemon.start()


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    daemon = Daemon("thing", ["/no/such/program"], {}, tmp_path / "log", tmp_path / "pid")
    with pytest.raises(LocalFault, match="cannot start thing: /no/such/program: No such file"):
        daemon.start()


def test_two_owners_of_one_place_are_refused(program: Program) -> None:
    program(SLEEP).start()
    with pytest.raises(LocalFault, match=rf"thing in .* is in use by another run \(process {os.getpid()}\)"):
        program(SLEEP).start()


def test_what_a_killed_run_left_is_ended_before_the_next_start(program: Program, tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", SLEEP])
    started = psutil.Process(left.pid).create_time()
    (tmp_path / "thing.pid").write_text(json.dumps({"pid": left.pid, "started": started}))
    program(SLEEP).start()
    assert left.poll() is not None


@pytest.mark.parametrize(
    "record", [{}, {"pid": os.getpid(), "started": 1.0}, {"pid": "x"}, {"pid": 2**22, "started": 1.0}]
)
def test_a_pid_that_is_no_longer_ours_is_left_alone(record: dict[str, object]) -> None:
    end_leftover(record)


def test_a_given_program_is_only_asked(tmp_path: Path) -> None:
    daemon = Daemon("broker", [], {}, tmp_path / "log", tmp_path / "pid")
    daemon.start()
    daemon.stop()
    assert daemon.given and daemon.pid is None
    for act in (daemon.kill, daemon.pause, daemon.restart):
        with pytest.raises(LocalFault, match="not ours"):
            act()


def test_several_are_awaited_and_ended_side_by_side(program: Program) -> None:
    said: list[tuple[str, str]] = []
    daemons = [program(SLEEP, name) for name in ("a", "b")]
    for daemon in daemons:
        daemon.launch()
    await_all(daemons, lambda *words: said.append(words))
    stop_all(daemons, lambda *words: said.append(words))
    states = ("starting", "ready", "stopped")
    assert [[state for name, state in said if name == which] for which in "ab"] == [list(states)] * 2
