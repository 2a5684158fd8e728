"""The end of the stream, read once for all watchers of a process and handed to those of each event's department."""

import queue
import threading
import time
from dataclasses import dataclass, field

import amqp
from pymongo.errors import PyMongoError

from chassis.telemetry import log
from services.case import watching_stream as stream
from services.case.store_watching import NONE, Epochs
from services.case.watching_stream import Away, Told

# What waits for one watcher; who is slower reads on by himself from where he is.
MOST_WAITING = 1000
NOTE_SECONDS = 1.0
IDLE_SECONDS = 1.0
PAUSE_SECONDS = 0.5
FAULTS = (OSError, amqp.AMQPError, PyMongoError, Away)


@dataclass(eq=False, slots=True)
class Watcher:
    """Who waits for a department's events from `start` on. `lost`: no more are handed to him, he has to join again."""

    department: str
    epoch: int
    start: int
    events: "queue.Queue[Told]" = field(default_factory=lambda: queue.Queue(MOST_WAITING))
    lost: bool = False


class Tail:
    """A thread that reads while there are watchers. When the broker goes all watchers are lost, and join again when it is back."""

    def __init__(self, uri: str, epochs: Epochs) -> None:
        self._uri, self._epochs = uri, epochs
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._watchers: dict[str, set[Watcher]] = {}
        self._epoch = 0
        # The offset the next event has at least; None while the stream is not read.
        self.position: int | None = None
        self._wanted = 0.0

    def join(self, department: str) -> Watcher | None:
        """A watcher of what comes from now on; None while the stream is not read yet: ask again soon."""
        with self._lock:
            self._wanted = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watch-tail", daemon=True)
                self._thread.start()
            if self.position is None:
                return None
            watcher = Watcher(department, self._epoch, self.position)
            self._watchers.setdefault(department, set()).add(watcher)
            return watcher

    def leave(self, watcher: Watcher) -> None:
        """Nothing more is handed to him."""
        with self._lock:
            self._drop(watcher)

    def _drop(self, watcher: Watcher) -> None:
        watcher.lost = True
        others = self._watchers.get(watcher.department, set())
        others.discard(watcher)
        if not others:
            self._watchers.pop(watcher.department, None)

    def _run(self) -> None:
        said = ""
        while not self._idle():
            try:
                self._follow()
                said = ""
            except FAULTS as error:
                if type(error).__name__ != said:
                    said = type(error).__name__
                    log("watching").warning("stream_away", error=said)
                time.sleep(PAUSE_SECONDS)
            except Exception as error:
                log("watching").error("bug", True, error=type(error).__name__)
                time.sleep(PAUSE_SECONDS)
            finally:
                self._lose_all()

    def _idle(self) -> bool:
        """Whether nobody watches any more; then the thread ends, and the next watcher starts another."""
        with self._lock:
            if self._watchers or time.monotonic() - self._wanted < IDLE_SECONDS:
                return False
            self._thread, self.position = None, None
            return True

    def _lose_all(self) -> None:
        with self._lock:
            self.position = None
            for watcher in [one for watchers in self._watchers.values() for one in watchers]:
                self._drop(watcher)

    def _follow(self) -> None:
        self._epoch = self._verified()
        if stream.head(self._uri, "last") is None:
            self.position = 0
        noted, newest = time.monotonic(), None
        for message in stream.read(self._uri, "last" if self.position is None else "first"):
            if message is not None:
                self._hand_over(message)
                newest = message
            if time.monotonic() - noted > NOTE_SECONDS:
                noted = time.monotonic()
                if newest is not None:
                    self._epochs.note(self._epoch, stream.offset_of(newest), stream.id_of(newest))
                    newest = None
                if not self._watchers and noted - self._wanted > IDLE_SECONDS:
                    return

    def _verified(self) -> int:
        """The epoch. Where the newest event that was noted is not there any more, the stream is another one: the next epoch."""
        epoch = self._epochs.current()
        if epoch.highest == NONE:
            return epoch.number
        found = stream.head(self._uri, epoch.highest)
        if found is not None and (stream.offset_of(found), stream.id_of(found)) == (epoch.highest, epoch.event):
            return epoch.number
        log("watching").warning("stream_made_anew", epoch=epoch.number, highest=epoch.highest)
        self._epochs.begin(epoch.number)
        return self._epochs.current().number

    def _hand_over(self, message: amqp.Message) -> None:
        department, offset = stream.department_of(message), stream.offset_of(message)
        with self._lock:
            watchers = list(self._watchers.get(department, ())) if department else []
        # Read once, whoever many watch; nobody can join in between and miss it: he would start at this offset.
        one = stream.told(message) if watchers else None
        with self._lock:
            for watcher in self._watchers.get(department, set()).copy() if department else ():
                try:
                    watcher.events.put_nowait(one or stream.told(message))
                except queue.Full:
                    self._drop(watcher)
            self.position = offset + 1
