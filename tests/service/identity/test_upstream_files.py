"""Whose file it is that a provider's account opens: the surer one's; and nothing of before stays with who was less sure."""

import grpc
import pyotp
import pytest

from services.identity import store_factors
from tests.fakes.upstream_provider import Provider
from tests.service.identity.test_upstream import come, somebody
from tests.support.calling import refused
from tests.support.identity_service import PASSWORD
from tests.support.sso import Stage

Status = grpc.StatusCode


@pytest.fixture(autouse=True)
def friendly(province: Provider) -> None:
    province.fault = ""


def test_who_is_surer_than_anybody_before_takes_the_file_over(stage: Stage, province: Provider) -> None:
    """Somebody may have registered another's name and number: he is out when the right one comes."""
    squatter = stage.here.person(name="端木上游")
    old = squatter.session
    session = come(stage, province.person(**somebody(idcard=squatter.number)))
    assert session.me.person.id == squatter.id and not session.me.person.password
    with refused(Status.UNAUTHENTICATED, "SIGN_IN_REFUSED"):
        stage.here.by(None).SignIn(login=squatter.number, password=PASSWORD)
    assert stage.here.refuses(old.access_token)
    with refused(Status.UNAUTHENTICATED):
        stage.here.by(None).RefreshSession(refresh_token=old.refresh_token)
    assert not stage.here.refuses(session.access_token)
    assert store_factors.of(stage.here.parts.database, f"person:{squatter.id}") is not None


def test_who_takes_a_file_over_is_asked_for_no_code_of_who_had_it_and_may_set_a_password(
    stage: Stage, province: Provider
) -> None:
    squatter = stage.here.person(name="端木上游")
    theirs = stage.here.by(None, squatter.session.access_token, "FactorService")
    theirs.ConfirmTotp(code=pyotp.TOTP(theirs.BeginTotp().secret).now())
    session = come(stage, province.person(**somebody(idcard=squatter.number)))
    assert not stage.here.by(None, session.access_token, "FactorService").ListFactors().totp
    stage.here.by(None, session.access_token).ChangePassword(new_password="My-Own-Password-1")
    again = stage.here.by(None).SignIn(login=squatter.number, password="My-Own-Password-1")
    assert again.me.person.id == squatter.id and again.access_token


def test_sessions_of_who_had_the_file_end_also_when_he_had_no_password(stage: Stage, province: Provider) -> None:
    claims = somebody(user_real_lvl="0")
    before = come(stage, province.person(**claims))
    session = come(stage, province.person(**claims | {"user_real_lvl": "3"}))
    assert session.me.person.id == before.me.person.id
    assert stage.here.refuses(before.access_token) and not stage.here.refuses(session.access_token)


def test_who_is_less_sure_than_the_file_comes_in_only_where_he_was_before(stage: Stage, province: Provider) -> None:
    """An account of the province that proved less than the file's owner did may be anybody's who knows a name and a number."""
    person = stage.here.person(level=4, name="端木上游")
    with refused(Status.UNAUTHENTICATED, "UPSTREAM_REFUSED"):
        come(stage, province.person(**somebody(idcard=person.number, user_real_lvl="2")))
    right = province.person(**somebody(idcard=person.number))
    assert come(stage, right).me.person.id == person.id
    province.people[int(right)]["user_real_lvl"] = "0"
    assert come(stage, right).me.person.id == person.id
    with refused(Status.UNAUTHENTICATED, "UPSTREAM_REFUSED"):
        come(stage, province.person(**somebody(idcard=person.number, user_real_lvl="0")))


def test_who_comes_again_as_sure_as_before_keeps_his_password(stage: Stage, province: Provider) -> None:
    person = stage.here.person(level=4, name="端木上游")
    come(stage, province.person(**somebody(idcard=person.number)))
    assert stage.here.by(None).SignIn(login=person.number, password=PASSWORD).me.person.password
