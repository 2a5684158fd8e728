"""Callbacks of providers of messages: passed on as they came, and refused without a word about why."""

import pytest

from tests.unit.gateway.told import Services, Site, refuse
from yiwang.message.v1 import desk_pb2 as desk

CALLED = "/callbacks/messages/sms-a"
SIGNED = {"X-Timestamp": "1795469551", "X-Signature": "ab" * 32}
BODY = b'{"messages": []}'


def test_a_callback_is_passed_on_as_it_came(site: Site, services: Services):
    services.on("TellDeliveries", desk.TellDeliveriesResponse(known=1))
    answer = site.post(CALLED, content=BODY, headers=SIGNED)
    assert answer.status_code == 204 and not answer.content and "set-cookie" not in answer.headers
    (told,) = services.requests("TellDeliveries")
    assert (told.provider, told.body, told.timestamp) == ("sms-a", BODY, SIGNED["X-Timestamp"])
    assert told.signature == SIGNED["X-Signature"] and "authorization" not in services.metadata("TellDeliveries")


@pytest.mark.parametrize(
    ("code", "status"), [("UNAUTHENTICATED", 401), ("INVALID_ARGUMENT", 400), ("UNAVAILABLE", 503)]
)
def test_what_message_refuses_is_refused(site: Site, services: Services, code: str, status: int):
    services.on("TellDeliveries", refuse(code, "REASON", body="回执内容不符合约定"))
    assert site.post(CALLED, content=BODY, headers=SIGNED).status_code == status


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (CALLED, {}),
        (CALLED, {"X-Timestamp": "1795469551"}),
        (CALLED, SIGNED | {"X-Timestamp": "yesterday"}),
        (CALLED, SIGNED | {"X-Timestamp": "1" * 13}),
        (CALLED, SIGNED | {"X-Signature": "a" * 201}),
        ("/callbacks/messages/SMS", SIGNED),
        ("/callbacks/messages/" + "a" * 41, SIGNED),
    ],
)
def test_who_is_nobody_is_not_passed_on(site: Site, services: Services, path: str, headers: dict[str, str]):
    assert site.post(path, content=BODY, headers=headers).status_code == 401
    assert not services.requests("TellDeliveries")


def test_a_callback_has_a_length_and_no_other_method(site: Site, services: Services):
    services.on("TellDeliveries", desk.TellDeliveriesResponse())
    assert site.post(CALLED, content=b"x" * 65536, headers=SIGNED).status_code == 204
    assert site.post(CALLED, content=b"x" * 65537, headers=SIGNED).status_code == 413
    assert len(services.requests("TellDeliveries")) == 1 and site.get(CALLED).status_code == 405
