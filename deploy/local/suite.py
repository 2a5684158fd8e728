"""The whole suite in one folder: broker, stores, queues and processes, started and ended in their order.

Used alike by `make run`, by the tests and by the benchmarks; several suites run side by side, each in its own folder.
"""

import subprocess  # nosec B404
import sys
from collections.abc import Sequence
from pathlib import Path

from .broker import Broker, make_broker
from .claim import Claim
from .daemon import ROOT, TAIL, Daemon, Progress, await_all, silent, stop_all
from .faults import LocalFault
from .places import JOBS, MODES, SERVICES, Places
from .ports import Ports
from .processes import Keeper, Process
from .stores import Store, make_store

HTTP_PORT = 8000
TOPOLOGY = (sys.executable, "-m", "services.topology")


class Suite:
    """`with Suite(folder) as suite: …`, or start() and stop(). Addresses are known after start()."""

    def __init__(self, folder: Path, services: Sequence[str] = SERVICES, gateway: bool = True) -> None:
        self.folder = folder.resolve()
        self.services = tuple(services)
        self._gateway = gateway
        self._claim = Claim(self.folder / "run.lock")
        self._broker: Broker | None = None
        self._stores: dict[str, Store] = {}
        self._processes: dict[str, Process] = {}
        self._places: Places | None = None

    def start(self, progress: Progress = silent) -> "Suite":
        """Starts everything and returns when all of it is healthy. Whatever goes wrong, nothing is left running."""
        self._claim.take("the suite")
        self._claim.write()
        try:
            self._start_base(progress)
            self._start_processes(progress)
        except BaseException:
            self.stop(progress)
            raise
        return self

    def stop(self, progress: Progress = silent) -> None:
        """Ends everything cleanly: the processes, then the stores, then the broker. The data stays."""
        stop_all(self._processes.values(), progress)
        stop_all(self._stores.values(), progress)
        stop_all([self._broker] if self._broker else [], progress)
        self._claim.release()

    def __enter__(self) -> "Suite":
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether this object has started something and not stopped it."""
        return self._claim.held

    @property
    def broker(self) -> Broker:
        """The broker."""
        if self._broker is None:
            raise LocalFault("the suite has not been started")
        return self._broker

    @property
    def places(self) -> Places:
        """Where everything is, and the environment of each process."""
        if self._places is None:
            raise LocalFault("the suite has not been started")
        return self._places

    @property
    def gateway_url(self) -> str:
        """Where a browser goes; empty without a gateway."""
        return self.places.gateway_url

    def address(self, service: str) -> str:
        """host:port of a service's api."""
        return self.places.addresses[service]

    def store(self, service: str) -> Store:
        """The store of a service."""
        return self._stores[service]

    def process(self, service: str, mode: str = "") -> Process:
        """A process: ("case", "api"), ("case", "worker"), ("gateway")."""
        return self._processes[f"{service}-{mode}" if mode else service]

    def daemons(self) -> list[Daemon]:
        """Everything, in the order of starting."""
        return [self.broker, *self._stores.values(), *self._processes.values()]

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time by name: "broker", "case-store", "case-api", "case-worker", …, "gateway"."""
        return {daemon.name: daemon.cpu_seconds() for daemon in self.daemons()}

    def keeper(self, progress: Progress = silent) -> Keeper:
        """Somebody who starts again what dies; `make run` uses it, the tests do not."""
        return Keeper(self.daemons(), progress)

    def _start_base(self, progress: Progress) -> None:
        self._broker = make_broker(self.folder / "broker", progress)
        for service in self.services:
            self._stores[service] = make_store(service, self.folder / "stores", progress)
        base = [self._broker, *self._stores.values()]
        for daemon in base:
            daemon.launch()
        # While these start, the addresses are chosen.
        self._places = self._choose_places(progress)
        self._places.save()
        await_all(base, progress)

    def _choose_places(self, progress: Progress) -> Places:
        ports = Ports(self.folder / "ports.json", progress)
        addresses = {service: f"127.0.0.1:{ports.take(service)}" for service in self.services}
        http = f"127.0.0.1:{ports.take('gateway', HTTP_PORT)}" if self._gateway else ""
        stores = {service: store.uri for service, store in self._stores.items()}
        return Places(str(self.folder), self.broker.uri, stores, addresses, http)

    def _start_processes(self, progress: Progress) -> None:
        modes = [(service, mode) for mode in MODES for service in self.services]
        modes += [(service, job) for service in self.services for job in JOBS.get(service, ())]
        for service, mode in [*modes, *([("gateway", "")] if self._gateway else [])]:
            process = Process(self.places, service, mode)
            self._processes[process.name] = process
        workers = [process for name, process in self._processes.items() if name.endswith("-worker")]
        others = [process for process in self._processes.values() if process not in workers]
        for process in others:
            process.launch()
        # No relay may publish before the queues stand; the others do not mind.
        self._declare_queues(progress)
        for process in workers:
            process.launch()
        await_all([*others, *workers], progress)

    def _declare_queues(self, progress: Progress) -> None:
        progress("queues", "starting")
        log = self.folder / "logs" / "topology.log"
        done = subprocess.run(  # nosec B603
            TOPOLOGY,
            env=self.places.environment(self.services[0]),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        log.write_text(done.stdout + done.stderr)
        if done.returncode:
            progress("queues", "failed")
            lines = "\n".join((done.stdout + done.stderr).splitlines()[-TAIL:])
            raise LocalFault(f"queues: {' '.join(TOPOLOGY[1:])} ended with code {done.returncode}:\n{lines}")
        progress("queues", "ready")
