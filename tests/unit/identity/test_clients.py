"""Clients, sign-ons and consents by themselves: what ends a machine's tokens, what a code is good for, what a consent covers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Moment
from chassis.errors import Refused
from services.identity import model_clients, model_sso
from services.identity.model_clients import KEY, MACHINE, SECRET, SIGN_ON, Client
from services.identity.model_clients_checks import redirectable
from yiwang.identity.v1 import events_pb2 as events

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
FIRST, SECOND = '{"keys":[{"kid":"a","kty":"OKP"}]}', '{"keys":[{"kid":"a","kty":"OKP"},{"kid":"b","kty":"OKP"}]}'


def stated(**changes: Any) -> events.ClientSaved:
    fields = {"client_id": "c", "code": "code", "name": "系统", "kind": MACHINE, "proof": KEY, "department": "d"}
    fields |= {"region": "990121", "jwks_json": SECOND, "rpcs": ["a", "b"], "quota_per_minute": 5}
    return events.ClientSaved(**(fields | changes))


def evolved(state: Any, happened: list[Message] | None, evolve: Any = model_clients.EVOLVE) -> Any:
    for event in happened or []:
        state = evolve[type(event)](state, event, Moment(NOW, "officer:x"))
    return state


def machine(**changes: Any) -> Client:
    client: Client = evolved(None, [stated(**changes)])
    return client


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({"name": "改名"}, False),
        ({"rpcs": ["a", "b", "c"]}, False),
        ({"quota_per_minute": 6}, False),
        ({"rpcs": ["a"]}, True),
        ({"rpcs": ["b", "c"]}, True),
        ({"quota_per_minute": 4}, True),
        ({"jwks_json": FIRST}, True),
        ({"department": "e"}, True),
        ({"region": "990122"}, True),
        ({"certificate_sha256": "0" * 64}, True),
    ],
)
def test_what_takes_from_a_machine_ends_its_tokens(changes: dict[str, Any], ends: bool) -> None:
    before = machine()
    happened = model_clients.save(before, stated(**changes), NOW, False)
    assert happened is not None
    assert [type(one).__name__ for one in happened] == ["ClientSaved", "SessionEnded"][: 1 + ends]
    after = evolved(before, happened)
    assert (after.session != before.session) is ends
    if ends:
        assert happened[1].session_id == before.session  # type: ignore[attr-defined]


def test_a_key_more_ends_nothing() -> None:
    happened = model_clients.save(machine(jwks_json=FIRST), stated(jwks_json=SECOND), NOW, False)
    assert happened is not None and len(happened) == 1


def test_the_same_client_again_is_nothing_unless_a_secret_is_made() -> None:
    fields = {"kind": SIGN_ON, "proof": SECRET, "rpcs": [], "quota_per_minute": 0, "jwks_json": ""}
    client = machine(**fields)
    assert model_clients.save(client, stated(**fields), NOW, False) is None
    assert len(model_clients.save(client, stated(**fields), NOW, True) or []) == 1


def test_a_client_that_is_stopped_begins_a_new_generation_and_stays_stopped_while_it_is_changed() -> None:
    first = machine()
    stopped = evolved(first, model_clients.disable(first, "停用", NOW))
    assert (stopped.disabled, stopped.session) == (True, "c.2")
    assert model_clients.disable(stopped, "再停用", NOW) is None
    changed = evolved(stopped, model_clients.save(stopped, stated(name="改名"), NOW, False))
    assert changed.disabled
    enabled = model_clients.enable(changed)
    assert enabled is not None and not evolved(changed, [enabled]).disabled
    assert model_clients.enable(first) is None


def test_a_code_is_good_for_a_minute_for_its_client_and_once() -> None:
    begun = events.SignOnBegun(sign_on_id="s", client_id="c", principal="person:p", scopes=["openid"])
    sign_on = evolved(None, [begun], model_sso.SIGN_ON_EVOLVE)
    assert sign_on.code_good("c", NOW + timedelta(seconds=59))
    assert not sign_on.code_good("c", NOW + timedelta(seconds=60))
    assert not sign_on.code_good("d", NOW)
    finished = evolved(sign_on, [model_sso.finish(sign_on, "session")], model_sso.SIGN_ON_EVOLVE)
    assert not finished.code_good("c", NOW)
    with pytest.raises(Refused, match="CODE_USED"):
        model_sso.finish(finished, "session")
    assert not replace(sign_on, error="invalid_grant").code_good("c", NOW)


def test_a_consent_grows_is_taken_back_whole_and_begins_anew() -> None:
    def said(consent: Any, *scopes: str) -> Any:
        happened = model_sso.give(consent, "id", "person:p", "c", scopes)
        return evolved(consent, [happened] if happened else [], model_sso.CONSENT_EVOLVE)

    first = said(None, "openid", "phone")
    assert model_sso.give(first, "id", "person:p", "c", ["openid"]) is None
    more = said(first, "openid", "id_number")
    assert more.covers(["openid", "phone", "id_number"])
    revoked = model_sso.revoke(more)
    assert revoked is not None
    gone = evolved(more, [revoked], model_sso.CONSENT_EVOLVE)
    assert not gone.covers(["openid"]) and model_sso.revoke(gone) is None
    again = said(gone, "openid")
    assert again.covers(["openid"]) and not again.covers(["phone"])


@given(st.text(max_size=60))
def test_no_text_makes_the_check_of_an_address_stumble(text: str) -> None:
    for uri in (text, f"https://{text}", f"http://{text}/back", f"https://system.example/{text}"):
        if redirectable(uri):
            assert uri.isascii() and "#" not in uri and "*" not in uri and " " not in uri
