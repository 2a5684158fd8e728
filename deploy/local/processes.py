"""The suite's own processes: how one is started, when it counts as healthy, and how it comes back after it died."""

import http.client
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from .daemon import Daemon, Progress, silent
from .faults import LocalFault
from .places import Places

# A worker whose heartbeat is older is not well.
HEARTBEAT_SECONDS = 15.0
DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
# A process that ran this long has recovered: its next death is a first one again.
RECOVERED = 60.0


def command(service: str, mode: str) -> list[str]:
    """The command line of a process, the same as in the cluster."""
    return [sys.executable, "-m", f"services.{service}", *([mode] if mode else [])]


class Process(Daemon):
    """One process of a service: `<service>-api`, `<service>-worker`, `<service>-<job>`, or `gateway`."""

    def __init__(self, places: Places, service: str, mode: str) -> None:
        name = f"{service}-{mode}" if mode else service
        folder = Path(places.folder)
        environment = places.environment(service, mode)
        super().__init__(
            name, command(service, mode), environment, folder / "logs" / f"{name}.log", folder / "pids" / name
        )
        self._healthy = _probe(places, service, mode)
        self._heartbeat = places.heartbeat(service, mode) if mode not in ("", "api") else None

    def launch(self) -> None:
        """Starts it; the heartbeat of an earlier one must not speak for it."""
        if self._heartbeat and not self.alive:
            self._heartbeat.parent.mkdir(parents=True, exist_ok=True)
            self._heartbeat.unlink(missing_ok=True)
        super().launch()

    def answers(self) -> bool:
        """Whether it is healthy, by the same probes as in the cluster."""
        return self.alive and self._healthy()


def _probe(places: Places, service: str, mode: str) -> Callable[[], bool]:
    if mode == "api":
        return lambda: is_serving(places.addresses[service])
    return (lambda: is_fresh(places.heartbeat(service, mode))) if mode else (lambda: is_ready(places.http))


def is_serving(address: str) -> bool:
    """Whether a gRPC server says SERVING (grpc.health.v1)."""
    with suppress(grpc.RpcError), grpc.insecure_channel(address) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
    return False


def is_fresh(heartbeat: Path) -> bool:
    """Whether a heartbeat file was touched lately."""
    with suppress(OSError):
        return time.time() - heartbeat.stat().st_mtime < HEARTBEAT_SECONDS
    return False


def is_ready(address: str) -> bool:
    """Whether the gateway answers GET /readyz with 200. http.client, since no proxy may come between."""
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Keeper:
    """Starts again what died, after 1, 2, 4 … 30 s."""

    def __init__(
        self, daemons: Sequence[Daemon], progress: Progress = silent, clock: Callable[[], float] = time.monotonic
    ):
        self._daemons = [daemon for daemon in daemons if not daemon.given]
        self._progress = progress
        self._clock = clock
        self._deaths: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._launched: dict[str, float] = {}

    def tend(self) -> None:
        """Looks after all of them once; to be called about twice a second."""
        for daemon in self._daemons:
            if daemon.alive:
                continue
            if daemon.name not in self._due:
                self._mourn(daemon)
            elif self._clock() >= self._due[daemon.name]:
                self._revive(daemon)

    def _mourn(self, daemon: Daemon) -> None:
        lived = self._clock() - self._launched.get(daemon.name, -RECOVERED)
        deaths = 0 if lived >= RECOVERED else self._deaths.get(daemon.name, 0)
        delay = DELAYS[min(deaths, len(DELAYS) - 1)]
        self._deaths[daemon.name] = deaths + 1
        self._due[daemon.name] = self._clock() + delay
        self._progress(daemon.name, f"ended with code {daemon.exit_code}, starting again in {delay:.0f} s")

    def _revive(self, daemon: Daemon) -> None:
        del self._due[daemon.name]
        self._launched[daemon.name] = self._clock()
        try:
            daemon.launch()
        except LocalFault as fault:
            self._progress(daemon.name, str(fault))
            return
        self._progress(daemon.name, "started again")
