"""What was given up: listed without its content, replayed when the fault is mended, and never lost on the way."""

from collections.abc import Iterator

import pytest
from kombu.connection import Connection

from chassis import bus
from tests.support import broking
from yiwang.case.v1 import events_pb2 as events

QUEUE = "case.note_arrival"
CANARY = "张三丰"


@pytest.fixture(autouse=True)
def empty(amqp_uri: str) -> Iterator[None]:
    broking.purge(amqp_uri, QUEUE, f"{QUEUE}.dead")
    yield


def bury(uri: str, count: int) -> list[str]:
    """So many events of CaseSubmitted, given up after twelve attempts; their ids."""
    dead = []
    for number in range(count):
        message = broking.outgoing(events.CaseSubmitted(case_id=str(number), item_name=CANARY), f"record{number}", 1)
        headers = {**message.headers, bus.ATTEMPT: 12, "x-error": "KeyError"}
        dead.append(bus.Outgoing("dead", QUEUE, message.body, headers, True))
    broking.send(uri, *dead)
    return [str(one.headers["cloudEvents:id"]) for one in dead]


def test_dead_letters_are_listed_by_id_type_attempts_and_kind_of_error_without_their_content(amqp_uri: str) -> None:
    ids = bury(amqp_uri, 3)
    listed = bus.dead_letters(amqp_uri, QUEUE)
    assert listed == [
        {
            "cloudEvents:id": id,
            "cloudEvents:type": "yiwang.case.v1.CaseSubmitted",
            "x-attempt": 12,
            "x-error": "KeyError",
        }
        for id in ids
    ]
    assert CANARY not in str(listed)


def test_listing_leaves_them_where_they_are_however_often_it_is_done(amqp_uri: str) -> None:
    ids = bury(amqp_uri, 2)
    for _ in range(25):
        assert [one["cloudEvents:id"] for one in bus.dead_letters(amqp_uri, QUEUE)] == ids
    assert len(bus.dead_letters(amqp_uri, QUEUE, most=1)) == 1


def test_a_replayed_letter_goes_to_its_own_handler_as_if_for_the_first_time(amqp_uri: str) -> None:
    ids = bury(amqp_uri, 3)
    assert bus.replay_dead(amqp_uri, QUEUE) == 3
    again = broking.dump(amqp_uri, QUEUE)
    assert [message.headers["cloudEvents:id"] for message in again] == ids
    for message in again:
        assert not {bus.ATTEMPT, "x-error", "x-death"} & message.headers.keys()
        assert CANARY in str(message.body) or CANARY.encode() in bytes(message.body)
    assert bus.dead_letters(amqp_uri, QUEUE) == []
    assert bus.replay_dead(amqp_uri, QUEUE) == 0


def test_only_so_many_are_replayed_as_was_asked_for(amqp_uri: str) -> None:
    ids = bury(amqp_uri, 3)
    assert bus.replay_dead(amqp_uri, QUEUE, most=2) == 2
    assert [one["cloudEvents:id"] for one in bus.dead_letters(amqp_uri, QUEUE)] == ids[2:]


def test_letters_that_die_again_at_once_are_replayed_once_and_not_in_a_circle(
    amqp_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bury(amqp_uri, 2)
    plain = bus.Publisher.publish

    def dies_again(self: bus.Publisher, batch: list[bus.Outgoing]) -> set[int]:
        refused = plain(self, batch)
        plain(self, [bus.Outgoing("dead", QUEUE, one.body, one.headers, True) for one in batch])
        return refused

    monkeypatch.setattr(bus.Publisher, "publish", dies_again)
    assert bus.replay_dead(amqp_uri, QUEUE) == 2


def test_a_letter_whose_handler_has_no_queue_any_more_stays_dead(amqp_uri: str) -> None:
    with Connection(amqp_uri) as connection:
        bus.dead_of("case.gone")(connection.channel()).declare()
    message = broking.outgoing(events.CaseSubmitted(case_id="1"), "record", 1)
    broking.send(amqp_uri, bus.Outgoing("dead", "case.gone", message.body, message.headers, True))
    with pytest.raises(LookupError, match=r"case\.gone"):
        bus.replay_dead(amqp_uri, "case.gone")
    assert len(bus.dead_letters(amqp_uri, "case.gone")) == 1


def test_what_the_broker_gives_up_itself_ends_in_the_dead_queue_too(amqp_uri: str) -> None:
    broking.send(amqp_uri, broking.outgoing(events.CaseSubmitted(case_id="1"), "record", 1))
    with Connection(amqp_uri) as connection:
        channel = connection.channel()
        message = channel.basic_get(QUEUE)
        assert message is not None
        channel.basic_reject(message.delivery_tag, requeue=False)
    broking.wait_until(lambda: broking.length(amqp_uri, f"{QUEUE}.dead") == 1, "the rejected message is dead")
    assert bus.replay_dead(amqp_uri, QUEUE) == 1
    assert broking.length(amqp_uri, QUEUE) == 1
