"""Open-loop load with Locust: arrivals come when they come, and latency counts from the intended start.

A closed loop would wait for a slow answer before it asks again and so would hide the wait (coordinated omission).
"""

import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent
from locust import User, task
from locust.env import Environment

Act = Callable[[int], Any]
# A call that fails while a process is down is asked again with the same request_id, as a client would.
RETRY_SECONDS = 120.0


class Refusal(Exception):
    """An answer that is final: the request itself is at fault."""


def arrivals(rate: float, seconds: float, poisson: bool) -> list[float]:
    """Offsets in seconds at which requests start."""
    if not poisson:
        return [number / rate for number in range(round(rate * seconds))]
    offsets, at, dice = [], 0.0, random.Random(1)
    while (at := at + dice.expovariate(rate)) < seconds:
        offsets.append(at)
    return offsets


def _user(act: Act, name: str, offsets: list[float], retry: bool) -> type[User]:
    class OpenLoopUser(User):  # type: ignore[misc]
        @task
        def work(self) -> None:
            started = time.monotonic()
            running = []
            for number, offset in enumerate(offsets):
                gevent.sleep(max(0.0, started + offset - time.monotonic()))
                running.append(gevent.spawn(self._one, number, started + offset))
            gevent.joinall(running)
            self.environment.runner.quit()

        def _one(self, number: int, intended: float) -> None:
            error = _ask(act, number, retry)
            elapsed = (time.monotonic() - intended) * 1000
            self.environment.events.request.fire(
                request_type="open", name=name, response_time=elapsed, response_length=0, exception=error, context={}
            )

    return OpenLoopUser


def _ask(act: Act, number: int, retry: bool) -> Exception | None:
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        try:
            act(number)
            return None
        except Refusal as error:
            return error
        except Exception as error:  # any fault of the way there; the report counts them by kind
            if not retry or time.monotonic() > deadline:
                return error
            gevent.sleep(0.2)


def run(act: Act, name: str, rate: float, seconds: float, retry: bool = False, poisson: bool = False) -> dict[str, Any]:
    """Runs one act at a rate for so many seconds under Locust; returns counts, latencies in ms and own CPU seconds."""
    times: list[float] = []
    errors: Counter[str] = Counter()
    offsets = arrivals(rate, seconds, poisson)
    environment = Environment(user_classes=[_user(act, name, offsets, retry)])

    def note(response_time: float, exception: Exception | None, **_: Any) -> None:
        times.append(response_time)
        if exception is not None:
            errors[_kind(exception)] += 1

    environment.events.request.add_listener(note)
    before = _cpu()
    environment.create_local_runner().start(1, spawn_rate=1)
    environment.runner.greenlet.join(timeout=seconds + RETRY_SECONDS + 30)
    return {"name": name, "asked": len(times), "errors": dict(errors), "cpu": _cpu() - before} | _latency(times)


def _kind(error: Exception) -> str:
    code = getattr(error, "code", None)
    return str(code()) if callable(code) else f"{type(error).__name__}: {error}"[:80]


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _latency(times: list[float]) -> dict[str, float]:
    ordered = sorted(times) or [0.0]
    return {f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)}
