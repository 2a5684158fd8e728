"""The relay: publishes journal entries that are not sent yet, from the records themselves. At least once, in order per record.

It never touches `version`. What the broker refuses or cannot route stays unsent and backs off alone.
"""

import contextlib
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import amqp
import orjson
from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from chassis import bus, telemetry
from chassis.telemetry import log

BATCH = 200
LEASE = timedelta(seconds=5)
BUSY_SECONDS, IDLE_SECONDS = 0.05, 0.5
BACKOFF_SECONDS = (1, 2, 5, 15, 60)
STILL_SECONDS = 60

# What a watcher chooses by without opening the body, where the record's state has it; no personal data.
PLACE = ("department", "region")
FIELDS = {f"state.{name}": 1 for name in PLACE} | {"journal": 1}

Document = dict[str, Any]


class Lease:
    """One active relay per service, or one of what `name` says, so that duplicates stay rare; correctness does not lean on it."""

    def __init__(self, database: Database[Document], name: str = "relay") -> None:
        self._leases, self._name = database["leases"], name
        self._holder = uuid.uuid4().hex
        self._renewed = 0.0

    def held(self) -> bool:
        """Takes or renews the lease; False while another relay has it."""
        if time.monotonic() - self._renewed < LEASE.total_seconds() / 3:
            return True
        instant = datetime.now(UTC)
        mine = {"$set": {"holder": self._holder, "until": instant + LEASE}}
        held = self._leases.update_one({"_id": self._name, "holder": self._holder}, mine).matched_count > 0
        if not held:
            with contextlib.suppress(DuplicateKeyError):  # there is one, and it is not over: somebody else's
                self._leases.update_one({"_id": self._name, "until": {"$lt": instant}}, mine, upsert=True)
                held = True
        self._renewed = time.monotonic() if held else 0.0
        return held

    def release(self) -> None:
        """Gives the lease back, so that the next relay starts at once."""
        self._renewed = 0.0
        self._leases.update_one({"_id": self._name, "holder": self._holder}, {"$set": {"until": datetime.now(UTC)}})


class Relay:
    """The relay of one service over the collections of its records."""

    def __init__(self, service: str, collections: list[Collection[Document]], events: ModuleType, uri: str) -> None:
        self._service = service
        self._collections = collections
        self.types = events.DESCRIPTOR.message_types_by_name
        self._heard = {name for name, event in self.types.items() if bus.rule_of(event).consumers}
        stream = bus.stream_of(events)
        self.publisher = bus.Publisher(uri, [stream.name] if stream else [])
        self._backoff: dict[str, tuple[float, int]] = {}
        # When the last round began; a worker whose relay stands still must not count as alive.
        self.beat = time.monotonic()

    def alive(self) -> bool:
        """Whether the relay still makes its rounds."""
        return time.monotonic() - self.beat < STILL_SECONDS

    def run(self, lease: Lease) -> None:
        """Works until the process ends. Store or broker away: waits, says so once, and goes on by itself."""
        pause, failing = IDLE_SECONDS, False
        while True:
            self.beat = time.monotonic()
            try:
                worked = lease.held() and self.once() > 0
                pause = BUSY_SECONDS if worked else min(pause * 1.5, IDLE_SECONDS)
                failing = failing and not worked
            except (PyMongoError, OSError, amqp.AMQPError) as error:
                if not failing:
                    log("relay").warning("relay_waits", error=type(error).__name__)
                failing, pause = True, IDLE_SECONDS
            time.sleep(pause)

    def once(self) -> int:
        """One round over all collections; the number of records sent."""
        return sum(self._send(collection) for collection in self._collections)

    def _send(self, collection: Collection[Document]) -> int:
        instant = time.monotonic()
        limit = BATCH + len(self._backoff)
        found = collection.find({"unsent": True}, FIELDS | {"version": 1, "sent": 1}).limit(limit)
        records = [record for record in found if self._backoff.get(record["_id"], (0.0, 0))[0] <= instant]
        outgoing: list[bus.Outgoing] = []
        owners: list[str] = []
        refused: set[str] = set()
        for record in records:
            try:
                messages = list(self._messages(record))
            except KeyError:  # an event type of a newer version: its worker will send it
                refused.add(record["_id"])
                continue
            outgoing += messages
            owners += [record["_id"]] * len(messages)
        if outgoing:
            lost = self.publisher.publish(outgoing)
            telemetry.published.add(len(outgoing) - len(lost))
            refused |= {owners[position] for position in lost}
        sent = [record for record in records if record["_id"] not in refused]
        self._mark(collection, sent)
        self._back_off(refused, instant)
        return len(sent)

    def _messages(self, record: Document) -> Iterator[bus.Outgoing]:
        for entry in record["journal"][record["sent"] :]:
            with telemetry.span(f"publish {entry['type']}", "producer", entry["trace"]) as span:
                yield self.message(record["_id"], entry, span.traceparent, record.get("state"))

    def message(self, id: str, entry: Document, traceparent: str, state: Document | None = None) -> bus.Outgoing:
        """A journal entry as a message: proto3 JSON body, CloudEvents 1.0 attributes as headers (AMQP binding)."""
        event = self.types[entry["type"]]
        headers = {
            "cloudEvents:specversion": "1.0",
            "cloudEvents:id": f"{id}.{entry['seq']}",
            "cloudEvents:type": event.full_name,
            "cloudEvents:source": f"/{self._service}",
            "cloudEvents:subject": id,
            "cloudEvents:time": entry["at"].isoformat(),
            "traceparent": traceparent,
            "by": entry["by"],
        }
        headers |= {f"cloudEvents:{name}": state[name] for name in PLACE if state and state.get(name)}
        mandatory = entry["type"] in self._heard
        return bus.Outgoing(bus.exchange_of(event).name, event.name, orjson.dumps(entry["data"]), headers, mandatory)

    def _mark(self, collection: Collection[Document], records: list[Document]) -> None:
        """Marks what was sent; a record somebody wrote meanwhile keeps its mark `unsent`."""
        if not records:
            return
        marks = [
            UpdateOne(
                {"_id": record["_id"], "version": record["version"]},
                {"$set": {"sent": record["version"]}, "$unset": {"unsent": ""}},
            )
            for record in records
        ]
        if collection.bulk_write(marks, ordered=False).matched_count == len(marks):
            return
        for record in records:
            collection.update_one({"_id": record["_id"]}, {"$max": {"sent": record["version"]}})

    def _back_off(self, refused: set[str], instant: float) -> None:
        before = self._backoff
        self._backoff = {id: wait for id, wait in before.items() if wait[0] > instant}
        for id in refused:
            tries = before.get(id, (0.0, 0))[1]
            self._backoff[id] = (instant + BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)], tries + 1)
            log("relay").warning("event_not_routed", record=id, tries=tries + 1)


def republish(
    relay: Relay, collections: list[Collection[Document]], queue: str, uri: str, since: datetime | None
) -> int:
    """Sends the events a queue wants from the journals again, to that queue alone: new consumers, restores, drift."""
    wanted = {name for name, event in relay.types.items() if queue in bus.rule_of(event).consumers}
    count = 0
    with contextlib.closing(bus.Publisher(uri)) as publisher:
        for collection in collections:
            for record in collection.find({}, FIELDS):
                messages = [
                    relay.message(record["_id"], entry, entry["trace"], record.get("state"))
                    for entry in record["journal"]
                    if entry["type"] in wanted and (since is None or entry["at"] >= since)
                ]
                direct = [bus.Outgoing("", queue, m.body, m.headers, True) for m in messages]
                if direct and publisher.publish(direct):
                    raise LookupError(f"no queue {queue}")
                count += len(direct)
    return count
