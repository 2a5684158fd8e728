"""One program that we started: launched, awaited, measured and ended by its own pid, never by a name."""

import signal
import subprocess  # nosec B404
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from .claim import Claim
from .faults import LocalFault

# Told what happens to whom: ("case-api", "ready").
Progress = Callable[[str, str], None]
GRACE = 30.0
# Where every program runs: the checkout, so that `python -m services.case` is found.
ROOT = Path(__file__).resolve().parents[2]
LOG_LIMIT = 10_000_000
TAIL = 15


def silent(name: str, state: str) -> None:
    """Tells nobody."""


class Daemon:
    """A program with a log, a record of its pid, and `answers`, which subclasses replace: is it ready?

    An empty command means that somebody else runs it: nothing is started, ended or measured, only asked.
    """

    # Seconds a start may take before it counts as failed; recovery after kill -9 is part of it.
    patience = 120.0

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, record: Path
    ) -> None:
        self.name = name
        self._command = list(command)
        self._environment = dict(environment)
        self._log = log
        self._log_start = 0
        self._claim = Claim(record)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def given(self) -> bool:
        """Whether somebody else runs it."""
        return not self._command

    @property
    def pid(self) -> int | None:
        """The pid of the running program."""
        return self._process.pid if self._process and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the program runs (paused counts as running)."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the program ended; negative = by this signal."""
        return self._process.poll() if self._process else None

    def answers(self) -> bool:
        """Whether it is ready for work."""
        return self.given or self.alive

    def launch(self) -> None:
        """Starts the program without waiting for it. What a crashed run left in this place is ended first."""
        if self.given or self.alive:
            return
        end_leftover(self._claim.take(self.name))
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            self._process = self._spawn(log.fileno())
        self._claim.write(pid=self._process.pid, started=_started(self._process.pid))

    def _spawn(self, log: int) -> "subprocess.Popen[bytes]":
        try:
            # A session of its own: Ctrl-C in the terminal reaches only us, and we end things in their order.
            return subprocess.Popen(  # nosec B603
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise LocalFault(f"cannot start {self.name}: {self._command[0]}: {error.strerror}") from error

    def start(self, progress: Progress = silent) -> None:
        """Starts the program and waits until it is ready."""
        self.launch()
        await_all([self], progress)

    def restart(self, progress: Progress = silent) -> None:
        """Ends it when it runs, starts it again in the same place and waits until it is ready."""
        if self.given:
            raise LocalFault(f"{self.name} was given by its URI: it is not ours to restart")
        if self.alive:
            self.stop()
        self.start(progress)

    def terminate(self) -> None:
        """Asks it to end, also when it is paused, without waiting."""
        if self._process and self.alive:
            self._process.send_signal(signal.SIGTERM)
            self._process.send_signal(signal.SIGCONT)

    def stop(self, grace: float = GRACE) -> None:
        """Asks it to end, waits, and kills it when it does not."""
        if self._process:
            self.terminate()
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._claim.release()

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        process = self._running()
        process.kill()
        process.wait()

    def pause(self) -> None:
        """Freezes it (SIGSTOP)."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets it run on (SIGCONT)."""
        self._running().send_signal(signal.SIGCONT)

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or not self.alive:
            raise LocalFault(f"{self.name} is {'not ours' if self.given else 'not running'}")
        return self._process

    def cpu_seconds(self) -> float:
        """CPU time of the running program and its children so far; 0 when it does not run."""
        total = 0.0
        for process in self._family():
            with suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total

    @property
    def rss(self) -> int:
        """Resident memory in bytes, with its children; 0 when it does not run."""
        total = 0
        for process in self._family():
            with suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    def _family(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            if pid := self.pid:
                process = psutil.Process(pid)
                return [process, *process.children(recursive=True)]
        return []

    def tail(self) -> str:
        """The last lines it wrote since its last start."""
        with suppress(OSError), self._log.open("rb") as log:
            log.seek(max(self._log_start, self._log.stat().st_size - 20_000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-TAIL:])
        return ""

    def failure(self, what: str) -> LocalFault:
        """A fault that shows the last lines of the log."""
        lines = self.tail()
        return LocalFault(f"{self.name} {what}" + (f"; the end of {self._log}:\n{lines}" if lines else ""))


def await_all(daemons: Iterable[Daemon], progress: Progress = silent) -> None:
    """Waits until all of them are ready; LocalFault as soon as one has ended or has taken too long."""
    began = time.monotonic()
    pending = list(daemons)
    for daemon in pending:
        progress(daemon.name, "starting")
    while pending:
        for daemon in list(pending):
            if daemon.answers():
                pending.remove(daemon)
                progress(daemon.name, "ready")
            elif not daemon.given and not daemon.alive:
                progress(daemon.name, "failed")
                raise daemon.failure(f"ended with code {daemon.exit_code} while starting")
            elif time.monotonic() - began > daemon.patience:
                progress(daemon.name, "failed")
                raise daemon.failure(f"was not ready after {daemon.patience:.0f} s")
        if pending:
            time.sleep(0.05)


def stop_all(daemons: Iterable[Daemon], progress: Progress = silent) -> None:
    """Ends all of them side by side, within one grace."""
    running = [(daemon, daemon.alive) for daemon in daemons]
    for daemon, _ in running:
        daemon.terminate()
    deadline = time.monotonic() + GRACE
    for daemon, ran in running:
        daemon.stop(max(0.1, deadline - time.monotonic()))
        if ran:
            progress(daemon.name, "stopped")


def end_leftover(record: Mapping[str, object]) -> None:
    """Ends the program of a run that was itself killed. Pid and start time must both agree: pids are used again."""
    pid, started = record.get("pid"), record.get("started")
    if not isinstance(pid, int) or not isinstance(started, int | float):
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if abs(process.create_time() - started) > 2:
            return
        process.terminate()
        process.resume()
        try:
            process.wait(GRACE)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()


def _started(pid: int) -> float:
    with suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0
