"""Handlers on a real broker and a real store: what is heard twice counts once, what fails is tried again, poison is given up."""

import itertools
import uuid
from collections import Counter
from collections.abc import Callable

from chassis import bus
from chassis.acts import now
from chassis.masters import masters_of
from chassis.sealed import Keyring
from services.case import store as case_store
from services.case import store_items
from services.case.store_counties import Counties, County
from standards.workdays import SHANGHAI
from tests.support import broking
from tests.support.handling import CANARY, DELAYS, QUEUES, SCHEDULE, Bench, submissions
from tests.support.items import simple
from tests.support.serving import parts_of
from tests.support.waiting import wait_until
from yiwang.catalog.v1.events_pb2 import ItemPublished, ItemSuspended
from yiwang.identity.v1.events_pb2 import (
    CountySaved,
    OfficerDismissed,
    OfficerTransferred,
    PersonErased,
    SessionEnded,
)


def published(item: str, seq: int, edition: int) -> bus.Outgoing:
    definition = simple(name=f"第{edition}版")
    return broking.outgoing(ItemPublished(item_id=item, edition=edition, definition=definition), item, seq)


def test_every_handler_hears_its_events_twice_and_in_reverse_order_and_is_right(bench: Bench) -> None:
    item, stopped = str(uuid.uuid4()), str(uuid.uuid4())
    parts = parts_of(bench.database, "case")
    sealed = parts.keyring.seal("erased", "personal")
    tokens_end = "2099-01-01T00:00:00+00:00"
    heard = [
        published(item, 1, 1),
        published(item, 3, 2),
        published(item, 5, 3),
        published(stopped, 1, 1),
        broking.outgoing(ItemSuspended(item_id=stopped, reason="停"), stopped, 2),
        *submissions(5),
        broking.outgoing(SessionEnded(session_id="s", tokens_end=tokens_end), "s", 2),
        broking.outgoing(PersonErased(person_id="erased"), "erased", 2),
        broking.outgoing(CountySaved(region="990121", channels=["web"], submits_per_minute=7), "county", 1),
        broking.outgoing(CountySaved(region="990121", channels=["window"]), "county", 2),
        broking.outgoing(OfficerTransferred(officer_id="ann", department="d", successor_id="bob"), "ann", 3),
        broking.outgoing(OfficerDismissed(officer_id="bob", department="d"), "bob", 4),
    ]
    bench.start()
    bench.send(*reversed(heard), *heard, *reversed(heard))
    ids = {str(message.headers["cloudEvents:id"]) for message in heard}
    wait_until(lambda: bench.handled() == Counter(dict.fromkeys(ids, 3)), "everything handled three times")
    items = store_items.Items(bench.database)
    current = items.current(item)
    assert current is not None and (current.edition, current.suspended) == (3, False)
    assert current.definition.name == "第3版"
    assert [one.name for one in (items.edition(item, n) for n in (1, 2, 3)) if one] == ["第1版", "第2版", "第3版"]
    halted = items.current(stopped)
    assert halted is not None and halted.suspended
    assert bench.arrived() == 5
    day = now().astimezone(SHANGHAI).date()
    arrivals = case_store.arrivals(bench.database)
    wait_until(lambda: arrivals.totals([f"d/{day}"]) == {"arrived": 5}, "the day is counted")
    assert [one["_id"] for one in bench.database["refused_sessions"].find()] == ["s"]
    assert Keyring(bench.database["keys"], masters_of(parts.settings)).open("erased", sealed) is None
    assert Counties(bench.database).of("990121101") == County(frozenset({"window"}), 0)
    departures = bench.database["departures"].find({})
    assert {(one["officer_id"], one["successor_id"]) for one in departures} == {("ann", "bob"), ("bob", "")}
    for queue in QUEUES:
        assert broking.length(bench.amqp_uri, f"{queue}.dead") == 0


def test_a_failing_handler_is_tried_again_after_growing_delays_and_then_given_up_with_its_attempts_counted(
    bench: Bench,
) -> None:
    bad, good = submissions(2)
    bench.failing.write_text("case0")
    worker = bench.start()
    bench.send(bad, good)
    wait_until(lambda: bench.handled() == Counter({"case1.1": 1}), "the other is not held up")
    dead = "case.note_arrival.dead"
    wait_until(lambda: broking.length(bench.amqp_uri, dead) == 1, "the failing one is given up")
    tries = [at for id, at in bench.notes("start") if id == "case0.1"]
    gaps = [later - sooner for sooner, later in itertools.pairwise(tries)]
    assert len(tries) == len(SCHEDULE) + 1
    assert all(gap >= DELAYS[name] / 1000 * 0.95 for gap, name in zip(gaps, SCHEDULE, strict=True)), gaps
    assert gaps[-1] > gaps[0]
    assert bus.dead_letters(bench.amqp_uri, "case.note_arrival") == [
        {
            "cloudEvents:id": "case0.1",
            "cloudEvents:type": "yiwang.case.v1.CaseSubmitted",
            "x-attempt": 4,
            "x-error": "ValueError",
        }
    ]
    # Mended, it is replayed by one command and done.
    bench.failing.unlink()
    assert bus.replay_dead(bench.amqp_uri, "case.note_arrival") == 1
    wait_until(lambda: bench.handled()["case0.1"] == 1, "the replayed one is handled")
    assert broking.length(bench.amqp_uri, dead) == 0 and bench.arrived() == 2
    worker.stop()
    said = bench.logs()
    assert '"handler_again"' in said and '"dead_letter"' in said
    assert CANARY not in said, "neither what failed nor why carries a person's data into the log"


def test_a_predecessor_that_is_missing_only_delays(bench: Bench) -> None:
    """The same path as a failure: what is handled after a few attempts is not dead."""
    bench.failing.write_text("case0")
    bench.start()
    bench.send(*submissions(1))
    wait_until(lambda: len(bench.notes("fail")) == 2, "two attempts")
    bench.failing.write_text("")
    wait_until(lambda: bench.handled()["case0.1"] == 1, "handled in the end")
    assert broking.length(bench.amqp_uri, "case.note_arrival.dead") == 0


POISON: dict[str, Callable[[bus.Outgoing], bus.Outgoing]] = {
    "no JSON": lambda m: bus.Outgoing(m.exchange, m.key, b"{" + CANARY.encode(), m.headers, True),
    "not even text": lambda m: bus.Outgoing(m.exchange, m.key, b"\xff\xfe\x00", m.headers, True),
    "a list": lambda m: bus.Outgoing(m.exchange, m.key, b"[1, 2]", m.headers, True),
    "empty": lambda m: bus.Outgoing(m.exchange, m.key, b"", m.headers, True),
    "a field of another kind": lambda m: bus.Outgoing(m.exchange, m.key, b'{"caseId": {"a": 1}}', m.headers, True),
    "no headers": lambda m: bus.Outgoing(m.exchange, m.key, m.body, {}, True),
    "an id without a seq": lambda m: bus.Outgoing(
        m.exchange, m.key, m.body, {**m.headers, "cloudEvents:id": "nonsense"}, True
    ),
}


def test_a_poisoned_message_is_given_up_at_once_and_whole_while_the_others_pass(bench: Bench) -> None:
    good = submissions(len(POISON) + 1)
    bench.start()
    for number, spoil in enumerate(POISON.values()):
        bench.send(good[number], spoil(good[-1]))
    dead = "case.note_arrival.dead"
    wait_until(lambda: broking.length(bench.amqp_uri, dead) == len(POISON), "all poison is dead")
    wait_until(lambda: sum(bench.handled().values()) == len(POISON), "all others are handled")
    assert bench.notes("fail") == []
    assert CANARY not in bench.logs()
    bodies = Counter(
        bytes(m.body.encode() if isinstance(m.body, str) else m.body) for m in broking.dump(bench.amqp_uri, dead)
    )
    assert bodies == Counter(spoil(good[-1]).body for spoil in POISON.values())


def test_fields_of_a_newer_version_of_an_event_are_ignored(bench: Bench) -> None:
    (message,) = submissions(1)
    newer = bus.Outgoing(message.exchange, message.key, message.body[:-1] + b',"colour":"red"}', message.headers, True)
    bench.start()
    bench.send(newer)
    wait_until(lambda: bench.handled()["case0.1"] == 1, "handled")


def test_two_workers_share_the_work(bench: Bench) -> None:
    bench.start(slow=0.2)
    bench.start(slow=0.2)
    bench.send(*submissions(60))
    wait_until(lambda: len(bench.handled()) == 60, "all are handled")
    assert set(bench.handled().values()) == {1}
