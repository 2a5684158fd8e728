"""Departments' systems watch their cases: nothing lost, nothing of others, and a token that is good on both sides of a restart."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import amqp
import grpc
import orjson
import pytest
from kombu.connection import Connection
from pymongo.database import Database

from chassis import bus
from chassis.acts import Cause
from chassis.records import Records
from chassis.relay import Relay
from deploy.local.broker import start_broker
from services.case.model import Case
from services.case.watching import Mark
from services.case.watching_stream import QUEUE
from services.topology import EVENTS, SETTLE_SECONDS
from tests.support import broking
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT
from tests.support.calling import refused
from tests.support.serving import Here, serving
from tests.support.waiting import wait_until
from tests.support.watching import Watch, event, system
from yiwang.case.v1 import events_pb2 as events

Db = Database[dict[str, Any]]
Code = grpc.StatusCode
PATIENT = events.CaseAccepted(case_id="x", officer_id="o")


@pytest.fixture
def api(database: Db, amqp_uri: str) -> Iterator[Here]:
    with serving("case", database, Here, amqp_uri=amqp_uri) as one:
        yield one


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    open: list[Watch] = []

    def start(*args: Any, **fields: Any) -> Watch:
        open.append(Watch(*args, **fields))
        return open[-1]

    yield start
    for one in open:
        one.stop()


def send(uri: str, record: str, *seqs: int, department: str = DEPARTMENT) -> None:
    broking.send(uri, *(event(PATIENT, record, seq, department) for seq in seqs))


def new() -> str:
    return str(uuid.uuid4())


def test_what_happens_to_a_case_is_told_as_it_happens_and_nothing_sealed_leaves(
    api: Here, cases: Records[Case], sender: Relay, watch: Callable[..., Watch]
) -> None:
    one = watch(api, system()).begun()
    cause = Cause(uuid.uuid4().hex, "person:p", "digest", "")
    file = events.HandedInFile(attachment_id="a", sealed_filename="SEALED")
    made = cases.create(
        cause,
        lambda id: events.CaseSubmitted(
            case_id=id, number=new(), applicant_id="p", department=DEPARTMENT, sealed_form="SEALED", files=[file]
        ),
    )
    sender.once()
    assert one.take(1) == [(made.id, 1)]
    told = one.events[0]
    assert (told.type, orjson.loads(told.data_json)["department"]) == ("CaseSubmitted", DEPARTMENT)
    assert told.at.startswith("20") and orjson.loads(told.data_json)["files"] == [{"attachmentId": "a"}]
    assert "SEALED" not in told.data_json


def test_another_department_hears_nothing_of_it_but_where_it_is(
    api: Here, amqp_uri: str, watch: Callable[..., Watch]
) -> None:
    own, foreign = watch(api, system()).begun(), watch(api, system(OTHER_DEPARTMENT)).begun()
    nowhere = event(PATIENT, new(), 1, "")
    broking.send(amqp_uri, nowhere)
    case = new()
    send(amqp_uri, case, 1, 2)
    send(amqp_uri, "theirs", 1, department=OTHER_DEPARTMENT)
    assert foreign.take(1) == [("theirs", 1)]
    assert own.take(2) == [(case, 1), (case, 2)]
    # Who reads by himself, from the oldest on, sees no more than who is handed events.
    early = watch(api, system(OTHER_DEPARTMENT), token="earliest")
    wait_until(lambda: ("theirs", 1) in early.keys, "the oldest are told")
    assert {key[0] for key in early.keys} == {"theirs"}


def test_only_the_types_asked_for_are_told_and_a_type_nobody_knows_is_refused(
    api: Here, amqp_uri: str, watch: Callable[..., Watch]
) -> None:
    one, case = watch(api, system(), types=("CaseWithdrawn",)).begun(), new()
    send(amqp_uri, case, 1)
    broking.send(amqp_uri, event(events.CaseWithdrawn(case_id=case), case, 2))
    assert one.take(1) == [(case, 2)]
    with refused(Code.INVALID_ARGUMENT, "TYPE_UNKNOWN") as refusal:
        watch(api, system(), types=("CaseWithdrawn", "CaseBurnt")).begun()
    assert set(refusal.fields) == {"types[1]"}


def test_a_token_goes_on_where_it_was_after_a_restart_of_the_api(
    database: Db, amqp_uri: str, watch: Callable[..., Watch]
) -> None:
    case = new()
    with serving("case", database, Here, amqp_uri=amqp_uri) as api:
        one = watch(api, system()).begun()
        send(amqp_uri, case, 1, 2)
        assert one.take(2) == [(case, 1), (case, 2)]
        token, first = one.token, one.answers[-2].token
        one.stop()
    send(amqp_uri, case, 3, 4)
    with serving("case", database, Here, amqp_uri=amqp_uri) as api:
        assert watch(api, system(), token=token).take(2) == [(case, 3), (case, 4)]
        again = watch(api, system(), token=first)
        assert again.take(3) == [(case, 2), (case, 3), (case, 4)]
        send(amqp_uri, case, 5)
        assert again.take(4)[3:] == [(case, 5)], "and then as it happens"


@pytest.mark.parametrize("token", ["x", "MS4xLjAwMDAwMDAw", "!!!!", Mark(1, 5).token()[:-2]])
def test_a_token_nobody_gave_is_named(api: Here, watch: Callable[..., Watch], token: str) -> None:
    with refused(Code.INVALID_ARGUMENT, "MALFORMED") as refusal:
        watch(api, system(), token=token).begun()
    assert set(refusal.fields) == {"token"}


def test_a_token_of_another_stream_or_of_one_that_was_made_anew_needs_a_reconciliation(
    database: Db, bare_uri: str, watch: Callable[..., Watch]
) -> None:
    case = new()
    declare(bare_uri)
    with serving("case", database, Here, amqp_uri=bare_uri) as api:
        one = watch(api, system()).begun()
        send(bare_uri, case, 1, 2, 3)
        one.take(3)
        token = one.token
        wait_until(lambda: (database["watch_epochs"].find_one() or {}).get("highest", -1) >= 2, "the end is noted")
        with refused(Code.FAILED_PRECONDITION, "RECONCILE_NEEDED"):
            watch(api, system(), token=Mark(7, 1).token()).begun()
        with Connection(bare_uri) as connection:
            connection.channel().queue_delete(QUEUE)
        declare(bare_uri)
        wait_until(lambda: (database["watch_epochs"].find_one() or {})["epoch"] == 2, "it is seen to be another")
        send(bare_uri, new(), *range(1, 9))
        fresh = watch(api, system(), token="earliest")
        assert len(fresh.take(8)) == 8
        with refused(Code.FAILED_PRECONDITION, "RECONCILE_NEEDED"):
            watch(api, system(), token=token).begun().take(1, 5)
        assert watch(api, system(), token=fresh.token).begun().token == fresh.token


def test_a_stream_made_anew_while_nobody_looked_and_longer_than_before_is_told_by_what_stands_in_it(
    database: Db, bare_uri: str, watch: Callable[..., Watch]
) -> None:
    declare(bare_uri)
    send(bare_uri, new(), 1, 2, 3)
    with serving("case", database, Here, amqp_uri=bare_uri) as api:
        token = watch(api, system(), token="earliest").begun().token
        wait_until(lambda: (database["watch_epochs"].find_one() or {}).get("highest", -1) >= 2, "the end is noted")
    declare(bare_uri)
    send(bare_uri, new(), *range(1, 9))
    with (
        serving("case", database, Here, amqp_uri=bare_uri) as api,
        refused(Code.FAILED_PRECONDITION, "RECONCILE_NEEDED"),
    ):
        watch(api, system(), token=token).begun()


def test_a_token_older_than_what_is_kept_needs_a_reconciliation(
    database: Db, bare_uri: str, watch: Callable[..., Watch]
) -> None:
    declare(bare_uri, **{"x-max-length-bytes": 40_000, "x-stream-max-segment-size-bytes": 10_000})
    with serving("case", database, Here, amqp_uri=bare_uri) as api:
        one, case = watch(api, system()).begun(), new()
        send(bare_uri, case, 1)
        one.take(1)
        token = one.token
        for start in range(2, 402, 50):
            send(bare_uri, case, *range(start, start + 50))
        assert len(one.take(401)) == 401
        with refused(Code.FAILED_PRECONDITION, "RECONCILE_NEEDED"):
            late = watch(api, system(), token=token).begun()
            late.take(401)
        oldest = watch(api, system(), token="earliest")
        assert oldest.take(1)[0][1] > 2, "the oldest that is kept"


def declare(uri: str, **arguments: Any) -> None:
    """The stream anew, on a virtual host of its own."""
    with Connection(uri) as connection:
        channel: amqp.Channel = connection.channel()
        channel.exchange_declare("case.events", "topic", durable=True, auto_delete=False)
        channel.queue_delete(QUEUE)
        channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "stream"} | arguments)
        channel.queue_bind(QUEUE, "case.events", "#")


def test_twenty_departments_hear_all_of_their_own_in_order_though_some_come_and_go(
    api: Here, amqp_uri: str, watch: Callable[..., Watch]
) -> None:
    departments = [f"119901210000000{n:02}A" for n in range(20)]
    watchers = {name: watch(api, system(name)).begun() for name in departments}
    earlier = {name: watchers[name].token for name in departments[:4]}

    def tell() -> None:
        for seq in range(1, 21):
            broking.send(amqp_uri, *(event(PATIENT, f"case of {name}", seq, name) for name in departments))

    telling = threading.Thread(target=tell)
    telling.start()
    late = {name: watch(api, system(name), token=token) for name, token in earlier.items()}
    telling.join()
    for name, one in [*watchers.items(), *late.items()]:
        wanted = [(f"case of {name}", seq) for seq in range(1, 21)]
        heard = Counter(one.take(20))
        assert list(heard) == wanted, "each, and in order"


def test_a_watcher_too_slow_for_what_waits_for_it_reads_on_by_itself(
    api: Here, amqp_uri: str, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.case.watching_tail.MOST_WAITING", 3)
    one, case = watch(api, system()).begun(), new()
    for start in range(1, 401, 100):
        send(amqp_uri, case, *range(start, start + 100))
    assert list(dict.fromkeys(one.take(400))) == [(case, seq) for seq in range(1, 401)]


def test_a_heartbeat_brings_the_newest_token_to_who_has_no_events(
    api: Here, amqp_uri: str, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.case.watching.BEAT_SECONDS", 0.3)
    one = watch(api, system("nobody's")).begun()
    token = one.token
    send(amqp_uri, new(), 1)
    wait_until(lambda: one.token != token, "a heartbeat with a newer token")
    assert one.events == []


def test_while_the_broker_is_away_a_watcher_waits_and_then_is_sent_away(
    database: Db, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.case.watching.AWAY_SECONDS", 1)
    with (
        serving("case", database, Here, amqp_uri="amqp://guest:guest@127.0.0.1:1//") as api,
        refused(Code.UNAVAILABLE, "STREAM_AWAY"),
    ):
        watch(api, system()).begun()


def taken(uri: str, record: str, *seqs: int) -> bool:
    """Whether the broker confirmed all; a relay, too, sends again what was not."""
    try:
        send(uri, record, *seqs)
    except (OSError, amqp.AMQPError):
        return False
    return True


def test_nothing_is_lost_when_the_broker_is_killed(
    database: Db, tmp_path: Path, watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = start_broker(tmp_path / "broker")
    if broker.given:
        pytest.skip("the broker of AMQP_URI is not ours to kill")
    try:
        bus.declare(broker.uri, EVENTS)
        time.sleep(SETTLE_SECONDS)
        monkeypatch.setattr("services.case.watching.AWAY_SECONDS", 60)
        with serving("case", database, Here, amqp_uri=broker.uri) as api:
            one, case = watch(api, system()).begun(), new()
            send(broker.uri, case, *range(1, 101))
            broker.kill()
            broker.start()
            wait_until(lambda: taken(broker.uri, case, *range(101, 201)), "the broker takes what comes next", 60)
            wait_until(lambda: len(set(one.keys)) >= 200 or bool(one.error), "200 events", 60)
            assert list(dict.fromkeys(one.keys)) == [(case, seq) for seq in range(1, 201)]
            assert one.error is None, "it waited"
            token = one.token
            one.stop()
            assert watch(api, system(), token=token).begun().events == []
    finally:
        broker.stop()
