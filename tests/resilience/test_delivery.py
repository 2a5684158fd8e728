"""Every event delivered twice and in reverse order, and to workers that are killed: what the handlers keep is the same as after one
delivery in order."""

import random
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from chassis import bus
from chassis.acts import now
from chassis.relay import Relay
from deploy.local.suite import Suite
from loadtests.campaign import Campaign, until_true
from loadtests.world import database
from services import topology
from services.policy import (
    bulletins,
    model_reconciliation,
    store_budgets,
    store_bulletins,
    store_enterprises,
    store_reconciliation,
)
from services.rating import store_results
from standards.workdays import local_day

PASSING = {"at", "heard", "marked_at", "dirty"}
# Tallies of records, not of contributions: where the records stand, and what of them is counted.
TALLIED = {
    "ticket_counts": ("tickets", "state.buckets", "state.counted"),
    "notice_figures": ("notices", "state.buckets", "state.counted"),
}
# Tasks of policy that move money between accounts of a pot; nobody outside is asked for them.
MONEY = ("reserve", "free", "spend", "restore")
# What rating keeps of other services' events and nothing else, and the handlers that keep it.
READ_MODELS = {
    "windows": ("keep_window",),
    "departments": ("keep_department",),
    "duties": ("keep_duty", "end_duty"),
    "devices": ("keep_device", "drop_device"),
}
# What no handler writes: keys and leases of the processes, and what apis keep for minutes only, which the store deletes by itself.
UNHEARD = {"keys", "leases", "signing_keys_heard", "quotas", "lockouts", "used_challenges", "assertions"}


def _kept(suite: Suite) -> dict[str, dict[str, Any]]:
    """Everything handlers wrote, without the instants of hearing; of records the state alone."""
    found = {}
    for service in suite.services:
        store = database(suite.store(service).uri, service)
        for name in store.list_collection_names():
            if name in UNHEARD or name.startswith(("attachments", "system")):
                continue
            rows = {row["_id"]: _plain(row) for row in store[name].find({})}
            found[f"{service}.{name}"] = rows
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if key not in PASSING | {"unsent", "sent", "journal"}}
    return {key: orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode() for key, value in kept.items()}


def _deliveries(suite: Suite) -> list[tuple[str, bus.Outgoing]]:
    """Every event of every journal, once for every queue that wants it, in the order it happened."""
    found = []
    modules = {module.DESCRIPTOR.package.split(".")[1]: module for module in topology.EVENTS}
    for service in suite.services:
        store = database(suite.store(service).uri, service)
        relay = Relay(service, [], modules[service], suite.places.environment(service, "worker")["AMQP_URI"])
        for name in store.list_collection_names():
            for row in store[name].find({"journal": {"$exists": True}}):
                for entry in row["journal"]:
                    event = modules[service].DESCRIPTOR.message_types_by_name[entry["type"]]
                    message = relay.message(row["_id"], entry, entry["trace"])
                    queues = bus.rule_of(event).consumers
                    found += [
                        (entry["at"], bus.Outgoing("", queue, message.body, message.headers, True)) for queue in queues
                    ]
    return [(at, message) for at, message in sorted(found, key=lambda one: one[0])]


def _deliver(suite: Suite, messages: list[bus.Outgoing], killed: bool = False) -> None:
    """Delivers and waits until all of it is taken; `killed`: the workers are, by kill -9, while they are at the first half."""
    uri = suite.places.environment("case", "worker")["AMQP_URI"]
    workers = [daemon for daemon in suite.daemons() if killed and daemon.name.endswith("-worker")]
    half = len(messages) // 2
    _publish(uri, messages[:half])
    for worker in workers:
        worker.kill()
    _publish(uri, messages[half:])
    for worker in workers:
        worker.launch()
    until_true(lambda: all(worker.answers() for worker in workers), 90)
    until_true(lambda: _waiting(uri) == 0, 180, step=0.5)


def _publish(uri: str, messages: list[bus.Outgoing]) -> None:
    with closing(bus.Publisher(uri)) as publisher:
        for start in range(0, len(messages), 500):
            assert not publisher.publish(messages[start : start + 500])


def _waiting(uri: str) -> int:
    """Messages that were not taken yet, or are tried again later."""
    return _messages(uri, [name for name, _ in bus.queues(topology.EVENTS)] + list(bus.RETRIES))


def _dead(suite: Suite) -> int:
    """Messages that were given up."""
    uri = suite.places.environment("case", "worker")["AMQP_URI"]
    return _messages(uri, [bus.dead_of(name).name for name, _ in bus.queues(topology.EVENTS)])


def _messages(uri: str, names: list[str]) -> int:
    from kombu.connection import Connection

    with Connection(uri) as connection:
        channel = connection.channel()
        return sum(channel.queue_declare(name, passive=True).message_count for name in names)


def _settled(suite: Suite) -> dict[str, dict[str, Any]]:
    """What is kept once every event is sent and heard, every contribution counted, the clocks have struck, and what is being done has
    been done."""
    stores = [database(suite.store(service).uri, service) for service in suite.services]
    uri = suite.places.environment("case", "worker")["AMQP_URI"]
    looks: list[dict[str, dict[str, Any]]] = [{}]

    def calm() -> bool:
        collections = [store[name] for store in stores for name in store.list_collection_names()]
        sent = not any(one.find_one({"unsent": True}) for one in collections) and not _to_send(suite)
        looks.append(
            _kept(suite)
            if sent and not _waiting(uri) and all(map(_counted, stores)) and all(map(_struck, stores))
            else {}
        )
        return bool(looks[-1]) and looks[-1] == looks[-2]

    until_true(calm, 180, step=1)
    return looks[-1]


def _to_send(suite: Suite) -> bool:
    """Whether a notice is to be sent now, or soon."""
    notices = database(suite.store("message").uri, "message")["notices"]
    soon = now() + timedelta(hours=1)
    return any(row["state"]["due"] < soon for row in notices.find({"state.status": 1}, {"state.due": 1}))


def _differing(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """What is not the same: collection, id, field, before and after."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        rows, others = before.get(name, {}), after.get(name, {})
        for id in rows.keys() | others.keys():
            one, other = rows.get(id, {}), others.get(id, {})
            differing = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
            found += [f"{name} {id} {key}: {one.get(key)} -> {other.get(key)}" for key in differing]
    return found


def _counted(store: Any) -> bool:
    """Whether every total of every tally is what its contributions, or its records, say."""
    names = set(store.list_collection_names())
    for name in [name for name in names | TALLIED.keys() if f"{name}_totals" in names]:
        counted, buckets, kind = TALLIED.get(name, (name, "buckets", "kind"))
        expected: dict[str, Counter[str]] = defaultdict(Counter)
        for row in store[counted].find({}):
            for bucket in _at(row, buckets):
                expected[bucket][_at(row, kind)] += 1
        found = {row["_id"]: row.get("counts") for row in store[f"{name}_totals"].find({})}
        if found != expected:
            return False
    return "rating_days" not in names or _results_counted(store)


def _struck(store: Any) -> bool:
    """Whether what policy's clocks write each minute stands: the enterprises of each county, the days to compare with the bank, and what is
    still to be written of money, such as a reservation that is given back a minute later."""
    if store.name != "policy":
        return True
    if any(store[name].find_one({"state.task": task}) for name in ("claims", "budgets", "rolls") for task in MONEY):
        return False
    joined, expected = bulletins.joined(store), dict[str, tuple[int, int]]()
    for county, many in Counter(row["county"] for row in store[store_enterprises.COLLECTION].find({})).items():
        if county:
            expected[county] = (many, joined[county])
    days = store_reconciliation.reconciliations(store)
    known = model_reconciliation.region_of(store_budgets.counties(store).all())
    last = store_reconciliation.last_day(days)
    due = model_reconciliation.due_days(last, local_day(datetime.now(UTC)), store_reconciliation.MOST_DAYS)
    found = {county: (many, here) for county, many, here in store_bulletins.enterprises(store)}
    return found == expected and not (known and due) and not store_reconciliation.open_days(days)


def _results_counted(store: Any) -> bool:
    """Whether the numbers of every day are what its ratings say."""
    counts = store_results.Counts(store)
    for row in store["rating_days"].find({}):
        county, day = row["_id"].split(":")
        first = date.fromisoformat(day)
        for name, split in counts.recounted(county, day).items():
            if counts.between(county, name, first, first).split != split:
                return False
    return True


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = row[name]
    return row


@pytest.fixture(scope="module")
def story(campaign: Campaign) -> Campaign:
    """Cases that were submitted, some closed and rated, items in several editions, sessions ended, a person erased."""
    from tests.resilience.stories import live

    live(campaign)
    return campaign


def test_handlers_heard_twice_and_backwards_keep_the_same(story: Campaign) -> None:
    suite = story.suite
    before = _settled(suite)
    messages = [message for _, message in _deliveries(suite)]
    types = {message.headers["cloudEvents:type"].rsplit(".", 1)[1] for message in messages}
    wanted = {event.name for _, event in bus.queues(topology.EVENTS)}
    assert types == wanted, f"the story must make every event that is heard: {wanted - types} missing"
    dead = _dead(suite)
    twice_backwards = [message for message in reversed(messages) for _ in range(2)]
    _deliver(suite, twice_backwards)
    random.Random(7).shuffle(messages)
    _deliver(suite, messages, killed=True)
    after = _settled(suite)
    assert _dead(suite) == dead
    print(
        f"\n  {len(messages)} deliveries repeated thrice in other orders: {sum(len(rows) for rows in after.values())} documents the same"
    )
    assert not (differing := _differing(before, after)), "\n".join(differing)


def test_a_service_that_lost_what_it_heard_gets_it_back(story: Campaign) -> None:
    """`republish` fills a new queue from the journals: what rating keeps of identity's windows is emptied and comes back the same."""
    suite = story.suite
    before = _settled(suite)
    store = database(suite.store("rating").uri, "rating")
    for name, handlers in READ_MODELS.items():
        assert store[name].delete_many({}).deleted_count, f"the story has {name}"
        for handler in handlers:
            done = subprocess.run(
                [sys.executable, "-m", "services.identity", "republish", "--to", f"rating.{handler}"],
                env=suite.places.environment("identity", "worker"),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            print(f"\n  {done.stdout.strip()}")
    until_true(lambda: _settled(suite) == before, 60, step=2)
