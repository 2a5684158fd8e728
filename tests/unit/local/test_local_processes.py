import os
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.daemon import Daemon
from deploy.local.processes import Keeper, is_fresh, is_ready, is_serving

Program = Callable[..., Daemon]


def test_a_silent_port_is_neither_serving_nor_ready() -> None:
    assert not is_serving("127.0.0.1:1")
    assert not is_ready("127.0.0.1:1")


def test_a_heartbeat_counts_while_it_is_young(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    assert not is_fresh(beat)
    beat.touch()
    assert is_fresh(beat)
    os.utime(beat, (time.time() - 16, time.time() - 16))
    assert not is_fresh(beat)


def test_what_dies_again_and_again_is_started_with_growing_delay(program: Program) -> None:
    now = 0.0
    said: list[str] = []
    dying = program("")
    dying.launch()
    keeper = Keeper([dying], lambda name, state: said.append(state), lambda: now)
    for _ in range(62):
        while dying.alive:
            time.sleep(0.005)
        keeper.tend()
        now += 1.0
    delays = [state.split()[-2] for state in said if "starting again" in state]
    assert delays == ["1", "2", "4", "8", "16", "30"]


def test_a_minute_of_life_makes_the_delay_short_again(program: Program) -> None:
    now = 0.0
    said: list[str] = []
    daemon = program("import time; time.sleep(60)")
    daemon.launch()
    keeper = Keeper([daemon], lambda name, state: said.append(state), lambda: now)
    for _ in range(2):
        daemon.kill()
        keeper.tend()
        now += 1.0
        keeper.tend()
        assert daemon.alive
        now += 61.0
    assert said == ["ended with code -9, starting again in 1 s", "started again"] * 2


def test_what_lives_is_left_alone(program: Program) -> None:
    daemon = program("import time; time.sleep(60)")
    daemon.launch()
    pid = daemon.pid
    Keeper([daemon]).tend()
    assert daemon.pid == pid
