"""Sign-in and sessions while the KMS is away: who is not known yet waits, and nobody loses a session by it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from chassis.masters import KeysUnavailable
from services.identity import store
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere
from tests.support.identity_service import PASSWORD
from tests.support.sso import SCOPES, Stage

AWAY = (grpc.StatusCode.UNAVAILABLE, "KEYS_UNAVAILABLE")


@contextmanager
def away(here: IdentityHere, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No master answers, and nothing is remembered of anybody."""

    def unavailable(*_: Any) -> bytes:
        raise KeysUnavailable()

    with monkeypatch.context() as patch:
        patch.setattr(here.parts.keyring, "_masters", type("Away", (), {"wrap": unavailable, "unwrap": unavailable})())
        here.parts.keyring._cache.clear()
        yield


def test_a_session_outlives_an_absence_of_the_kms_however_long(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = here.person()
    refresh: Callable[[], Any] = lambda: here.by(None).RefreshSession(refresh_token=person.session.refresh_token)  # noqa: E731
    with away(here, monkeypatch):
        with refused(*AWAY):
            refresh()
        with refused(*AWAY):
            person.at("IdentityService").GetMe()
    kept = store.sessions(here.parts.database).get(person.session.id).state
    assert (kept.reason, kept.generation) == ("", 1), (
        "nor is the refresh token spent, which would be theft ten seconds later"
    )
    assert refresh().me.person.id == person.id


def test_a_code_and_a_refresh_token_of_a_client_outlive_an_absence_of_the_kms(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = stage.system()
    code = system.code(stage.browser(stage.here.person()), scope=" ".join(SCOPES))
    with away(stage.here, monkeypatch):
        assert system.exchange(code).status_code == 503
    token = system.exchange(code).json()
    with away(stage.here, monkeypatch):
        assert system.refresh(token["refresh_token"]).status_code == 503
        assert system.userinfo(token["access_token"]).status_code == 503
    kept = store.sessions(stage.here.parts.database).find({"state.client_id": system.client.id})
    assert kept is not None and (kept.state.reason, kept.state.generation) == ("", 1)
    assert system.refresh(token["refresh_token"]).status_code == 200


def test_while_the_kms_is_away_nobody_is_told_that_his_password_is_wrong(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = here.person()
    with away(here, monkeypatch), refused(*AWAY):
        here.by(None).SignIn(login=person.number, password=PASSWORD)
    assert here.by(None).SignIn(login=person.number, password=PASSWORD).me.person.id == person.id
