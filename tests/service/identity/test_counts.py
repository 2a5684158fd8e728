"""Counts of principals, and accounts that are stopped. Every event is heard twice, and all again in the end, newest first."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis.acts import Cause
from services.identity import store
from tests.fakes.verification_source import Source
from tests.support.actors import officer
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere, identity_here
from tests.support.identity_service import PASSWORD, act
from yiwang.identity.v1 import service_pb2 as pb

Status = grpc.StatusCode
REASON = "账号被他人冒用，请携带身份证到大厅核实"


@pytest.fixture
def here(database: Database[dict[str, Any]]) -> Iterator[IdentityHere]:
    with identity_here(database, Source()) as here:
        yield here


def counts(here: IdentityHere) -> pb.CountPrincipalsResponse:
    """What an administrator is told after the worker has recounted."""
    here.worker.principals._marks._rest_until = 0.0
    here.worker.recount_principals()
    return here.by(officer("administer")).CountPrincipals()


def test_persons_count_at_the_level_they_have_and_no_more_when_they_are_erased(here: IdentityHere) -> None:
    first, second, third = (here.person() for _ in range(3))
    here.work()
    assert dict(counts(here).persons_by_level) == {"NONE": 3}
    first.raised(3)
    second.raised(2).raised(3)
    here.work()
    assert dict(counts(here).persons_by_level) == {"NONE": 1, "MEDIUM": 2}
    third.at("IdentityService").ErasePerson()
    second.at("IdentityService").ErasePerson()
    here.work()
    assert dict(counts(here).persons_by_level) == {"MEDIUM": 1}


def test_officers_count_while_they_are_in_office(here: IdentityHere) -> None:
    for _ in range(3):
        here.officer("receive")
    here.work()
    assert (counts(here).officers, counts(here).agents, counts(here).organizations) == (3, 0, 0)


def test_only_administrators_and_supervisors_read_counts(here: IdentityHere) -> None:
    assert here.by(officer("supervise")).CountPrincipals() == pb.CountPrincipalsResponse()
    for actor in (officer("receive"), officer("decide")):
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            here.by(actor).CountPrincipals()


def sign_in(here: IdentityHere, login: str, password: str = PASSWORD) -> pb.Session:
    return here.by(None).SignIn(login=login, password=password)


def test_a_stopped_account_ends_its_sessions_and_is_told_why_after_the_right_password_only(here: IdentityHere) -> None:
    person, bystander = here.person(), here.person()
    admin = here.by(officer("administer"))
    stopped = admin.SuspendPerson(person_id=person.id, reason=REASON)
    assert stopped.suspended and stopped.name_masked.count("*") and stopped.id == person.id
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):  # before the event is heard
        person.at("IdentityService").GetMe()
    here.work()
    assert here.refuses(person.session.access_token) and not here.refuses(bystander.session.access_token)
    assert store.sessions(here.parts.database).get(person.session.id).state.reason == "PERSON_SUSPENDED"
    with refused(Status.UNAUTHENTICATED, "SIGN_IN_REFUSED"):
        sign_in(here, person.phone, "a wrong password")
    with refused(Status.PERMISSION_DENIED, "ACCOUNT_SUSPENDED") as told:
        sign_in(here, person.phone)
    assert REASON in told.message
    kept = here.parts.database["persons"].find_one({"_id": person.id})
    assert REASON not in str(kept)


def test_a_session_opened_after_the_account_was_let_in_again_stays_however_late_the_stop_is_heard(
    here: IdentityHere,
) -> None:
    person, admin = here.person(), here.by(officer("administer"))
    admin.SuspendPerson(person_id=person.id, reason=REASON)
    assert not admin.ResumePerson(person_id=person.id).suspended
    session = sign_in(here, person.phone)
    here.work()
    assert not here.refuses(session.access_token) and here.refuses(person.session.access_token)


def test_stopping_twice_is_one_stop_and_nobody_unknown_is_stopped(here: IdentityHere) -> None:
    person, admin = here.person(), here.by(officer("administer"))
    first, second = (admin.SuspendPerson(person_id=person.id, reason=REASON) for _ in range(2))
    assert first.version == second.version == 2
    for missing in (act()[5:], "00000000-0000-4000-8000-000000000000"):
        code = Status.NOT_FOUND if "-" in missing else Status.INVALID_ARGUMENT
        with refused(code):
            admin.SuspendPerson(person_id=missing, reason=REASON)
    with refused(Status.INVALID_ARGUMENT, "STRING_MIN_LEN") as blank:
        admin.SuspendPerson(person_id=person.id, reason="      ")
    assert set(blank.fields) == {"reason"}
    for actor in (officer("receive"), officer("supervise")):
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            here.by(actor).SuspendPerson(person_id=person.id, reason=REASON)
    with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
        person.at("IdentityService").SuspendPerson(person_id=person.id, reason=REASON)


def test_a_session_that_opens_while_the_account_is_being_stopped_does_not_stay_open(here: IdentityHere) -> None:
    from services.identity import model, model_sessions

    person = here.person()
    persons, sessions = store.persons(here.parts.database), store.sessions(here.parts.database)
    principal = f"person:{person.id}"
    racing = sessions.create(Cause(act(), principal), lambda id: model_sessions.start(id, principal, ["pwd"]))
    persons.change(person.id, Cause(act(), "system:tests"), lambda one: model.suspend(one, ""))
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        token = here.opening.seal_of(racing.id, 1)
        here.by(None).RefreshSession(refresh_token=f"{racing.id}.1.{token}")
    assert sessions.get(racing.id).state.reason == "PERSON_SUSPENDED"
