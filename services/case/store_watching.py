"""Which stream tokens of watchers are of: its epoch, and the highest offset anybody here has seen of it."""

from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

NONE = -1


class Epoch(NamedTuple):
    """The stream as it is now. `highest` is the newest offset that was noted, NONE for none; `event` the id of the event there."""

    number: int
    highest: int
    event: str


class Epochs:
    """The epochs of one stream. A stream that was made anew begins at 0 again: what was said of offsets before holds no more."""

    def __init__(self, database: Database[dict[str, Any]], stream: str) -> None:
        self._epochs = database["watch_epochs"]
        self._stream = stream

    def current(self) -> Epoch:
        """The epoch now; the first one begins when nobody has looked before."""
        found = self._epochs.find_one({"_id": self._stream})
        if found is None:
            try:
                self._epochs.insert_one({"_id": self._stream, "epoch": 1, "highest": NONE, "event": ""})
            except DuplicateKeyError:  # another process looked at the same moment
                return self.current()
            return Epoch(1, NONE, "")
        return Epoch(found["epoch"], found["highest"], found["event"])

    def note(self, epoch: int, highest: int, event: str) -> None:
        """The stream of this epoch has been seen up to this offset."""
        guard = {"_id": self._stream, "epoch": epoch, "highest": {"$lt": highest}}
        self._epochs.update_one(guard, {"$set": {"highest": highest, "event": event}})

    def begin(self, after: int) -> None:
        """The stream is another one than in this epoch; nothing happens when somebody has said so already."""
        change = {"$set": {"epoch": after + 1, "highest": NONE, "event": ""}}
        self._epochs.update_one({"_id": self._stream, "epoch": after}, change)
