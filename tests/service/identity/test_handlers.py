"""Who acts for an organisation, between which days, and how that ends."""

from datetime import timedelta

import pytest
from bson import encode

from chassis import records
from chassis.acts import now
from services.identity import (
    model_organizations,
    views_organizations,
    worker_delegations,
)
from standards.real_names import MEDIUM, STRONG
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere
from tests.support.identity_service import act
from tests.support.organizing import ADDRESS, NAME, Status, act_for, at, authorize, confirmed, day, get, refresh


def test_a_handler_reads_it_in_his_record_and_sees_the_organisation_and_himself(here: IdentityHere) -> None:
    boss, handler, second = here.person(MEDIUM), here.person(), here.person()
    id = confirmed(here, boss)
    authorize(boss, id, second)
    shown = authorize(boss, id, handler, last=10)
    assert [one.person_id for one in shown.handlers] == [second.id, handler.id]
    assert shown.handlers[1].name == "诸葛***"
    here.work()
    own = get(handler, id)
    assert (own.mine, own.name, [one.person_id for one in own.handlers]) == (False, NAME, [handler.id])
    assert (getattr(own.handlers[0], "from"), own.handlers[0].until) == (day(0), day(10))
    [entry] = handler.at("PrivacyService").ListAccesses().accesses
    assert (entry.what, entry.by, entry.by_name) == ("经办授权", f"person:{boss.id}", f"{NAME} 法定代表人 诸葛***")
    assert day(10) in entry.purpose


def test_both_names_are_on_a_session_that_acts_for_an_organisation(here: IdentityHere) -> None:
    boss, handler = here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler)
    for person in (boss, handler):
        session = act_for(person, id)
        actor = here.verifier.actor(session.access_token)
        assert (actor.id, actor.level) == (id, STRONG)
        assert actor.acting is not None
        assert (actor.acting.agent, actor.acting.name, actor.acting.channel) == (
            f"person:{person.id}",
            person.name,
            "handler",
        )
        assert actor.by == f"person:{person.id}/person:{id}"
        me = here.by(None, session.access_token).GetMe()
        assert (me.organization.name, me.acted_for.agent_name) == (NAME, person.name)
        # What it may do as the organisation, and what only a person may.
        own = here.by(None, session.access_token, "OrganizationService")
        assert own.GetOrganization(organization_id=id).mine == (person is boss)
        for method, fields in (
            ("RevokeHandler", {"organization_id": id, "person_id": handler.id}),
            ("ActForOrganization", {"organization_id": id}),
            ("ListMyOrganizations", {}),
        ):
            with refused(Status.PERMISSION_DENIED):
                getattr(own, method)(**fields)
        # The session it was asked from stays.
        assert not here.refuses(person.session.access_token)
        assert refresh(here, session).me.organization.id == id
    assert here.verifier.actor(session.access_token).acting is not None


def test_a_handler_acts_within_his_days_and_not_on_another(here: IdentityHere, monkeypatch: pytest.MonkeyPatch) -> None:
    boss, handler = here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler, first=1, last=2)
    real = views_organizations.today()
    for after, may in ((0, False), (1, True), (2, True), (3, False)):
        monkeypatch.setattr(views_organizations, "today", lambda after=after: real + timedelta(days=after))
        if may:
            session = act_for(handler, id)
        else:
            with refused(Status.PERMISSION_DENIED, "NOT_A_HANDLER"):
                act_for(handler, id)
    # His days are over: the session is not renewed, and the organisation is not his to see.
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        refresh(here, session)
    with refused(Status.NOT_FOUND):
        get(handler, id)
    assert not at(handler).ListMyOrganizations().organizations


def test_no_token_outlives_a_handlers_last_day_and_the_session_ends_then(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, handler = here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler, last=0)
    session = act_for(handler, id)
    state = here.opening.sessions.get(session.id).state
    assert state.acting is not None
    assert state.acting.until is not None
    assert state.acting.until.astimezone(views_organizations.SHANGHAI).isoformat() == f"{day(1)}T00:00:00+08:00"
    boss_session = here.opening.sessions.get(act_for(boss, id).id).state
    assert boss_session.acting is not None
    assert boss_session.acting.until is None
    here.worker.end_expired_delegations()
    assert not here.refuses(session.access_token)
    monkeypatch.setattr(worker_delegations, "now", lambda: now() + timedelta(days=1))
    here.worker.end_expired_delegations()
    assert here.refuses(session.access_token)
    assert not here.opening.sessions.get(boss_session.id).state.reason


@pytest.mark.parametrize("by", ["boss", "handler"])
def test_a_revoked_handler_is_out_at_once(here: IdentityHere, by: str) -> None:
    boss, handler, other = here.person(MEDIUM), here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler)
    authorize(boss, id, other)
    session, kept, own = act_for(handler, id), act_for(other, id), act_for(boss, id)
    at({"boss": boss, "handler": handler}[by]).RevokeHandler(organization_id=id, person_id=handler.id)
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        refresh(here, session)
    with refused(Status.PERMISSION_DENIED, "NOT_A_HANDLER"):
        act_for(handler, id)
    here.work()
    assert here.refuses(session.access_token)
    assert not here.refuses(kept.access_token)
    assert not here.refuses(own.access_token)
    revoked = {one.person_id: one.revoked_at for one in get(boss, id).handlers}
    assert revoked[handler.id]
    assert not revoked[other.id]
    # Authorised anew: an old revocation heard again does not end the new session.
    authorize(boss, id, handler)
    later = act_for(handler, id)
    here.work()
    assert not here.refuses(later.access_token)


def test_shorter_days_end_what_was_open(here: IdentityHere) -> None:
    boss, handler = here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler, last=30)
    session = act_for(handler, id)
    authorize(boss, id, handler, last=60)
    here.work()
    assert not here.refuses(session.access_token)
    authorize(boss, id, handler, first=5, last=60)
    here.work()
    assert here.refuses(session.access_token)


@pytest.mark.parametrize(
    ("first", "last", "field", "reason"),
    [
        (5, 4, "until", "BEFORE_FROM"),
        (-9, -1, "until", "PAST"),
        (0, 3 * 366, "until", "TOO_LONG"),
    ],
)
def test_the_days_of_a_handler_are_checked(here: IdentityHere, first: int, last: int, field: str, reason: str) -> None:
    boss, handler = here.person(MEDIUM), here.person()
    id = confirmed(here, boss)
    with refused(Status.INVALID_ARGUMENT, reason) as refusal:
        authorize(boss, id, handler, first, last)
    assert list(refusal.fields) == [field]
    assert not get(boss, id).handlers


def test_name_and_number_of_a_handler_must_both_be_right_and_the_refusal_is_one(here: IdentityHere) -> None:
    boss, handler = here.person(MEDIUM), here.person(name="东方经办")
    id = confirmed(here, boss)
    said = []
    for name, number in (
        (boss.name, handler.number),
        (handler.name, boss.number),
        (handler.name, "110105194912310021"),
    ):
        fields = {"from": day(0), "until": day(1)}
        with refused(Status.FAILED_PRECONDITION, "PERSON_UNKNOWN") as refusal:
            at(boss).AuthorizeHandler(organization_id=id, name=name, id_number=number, **fields)
        said.append(refusal.message)
    assert len(set(said)) == 1
    with refused(Status.FAILED_PRECONDITION, "HANDLER_IS_REPRESENTATIVE"):
        authorize(boss, id, boss)


def test_a_representative_may_not_try_names_and_numbers_without_end(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_organizations, "LOOK_UPS_A_DAY", 3)
    boss, handler = here.person(MEDIUM), here.person()
    fields = {"organization_id": confirmed(here, boss), "from": day(0), "until": day(1)}
    right = {"name": handler.name, "id_number": handler.number, "request_id": act()} | fields
    first = at(boss).AuthorizeHandler(**right)
    for _ in range(2):
        with refused(Status.FAILED_PRECONDITION, "PERSON_UNKNOWN"):
            at(boss).AuthorizeHandler(name="东方", id_number=handler.number, **fields)
    with refused(Status.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        at(boss).AuthorizeHandler(name=handler.name, id_number=handler.number, **fields)
    assert at(boss).AuthorizeHandler(**right) == first, "what was done is no look"


def test_a_journal_that_fills_up_lets_every_handler_be_revoked_still(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, handler, late = here.person(MEDIUM), here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler)
    monkeypatch.setattr(records, "MAX_ENTRIES", get(boss, id).version + model_organizations.ROOM)
    with refused(Status.FAILED_PRECONDITION, "JOURNAL_FULL"):
        authorize(boss, id, late)
    at(boss).RevokeHandler(organization_id=id, person_id=handler.id)
    with refused(Status.PERMISSION_DENIED, "NOT_A_HANDLER"):
        at(handler).ActForOrganization(organization_id=id)


def test_only_the_representative_authorises_and_strangers_see_nothing(here: IdentityHere) -> None:
    boss, handler, stranger = here.person(MEDIUM), here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler)
    with refused(Status.PERMISSION_DENIED, "NOT_REPRESENTATIVE"):
        authorize(handler, id, stranger)
    with refused(Status.PERMISSION_DENIED, "NOT_REPRESENTATIVE"):
        at(handler).RevokeHandler(organization_id=id, person_id=boss.id)
    with refused(Status.INVALID_ARGUMENT, "NOT_A_HANDLER"):
        at(boss).RevokeHandler(organization_id=id, person_id=stranger.id)
    for call in (
        lambda: get(stranger, id),
        lambda: authorize(stranger, id, handler),
        lambda: at(stranger).RevokeHandler(organization_id=id, person_id=handler.id),
    ):
        with refused(Status.NOT_FOUND):
            call()
    with refused(Status.PERMISSION_DENIED, "NOT_A_HANDLER"):
        act_for(stranger, id)
    with refused(Status.PERMISSION_DENIED, "NOT_A_HANDLER"):
        act_for(stranger, "00000000-0000-4000-8000-000000000000")
    assert not at(stranger).ListMyOrganizations().organizations
    officer = here.by(here.officer("administer", "supervise"), service="OrganizationService")
    with refused(Status.PERMISSION_DENIED):
        officer.GetOrganization(organization_id=id)


def test_a_person_who_is_forgotten_acts_for_nobody(here: IdentityHere) -> None:
    boss, handler = here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler)
    session = act_for(handler, id)
    handler.at("IdentityService").ErasePerson()
    here.work()
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        refresh(here, session)
    assert here.refuses(session.access_token)
    assert [one.name for one in get(boss, id).handlers] == [""]


def test_a_person_whose_account_is_stopped_acts_for_nobody(here: IdentityHere) -> None:
    boss, handler = here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler)
    session = act_for(handler, id)
    administrator = here.by(here.officer("administer"))
    administrator.SuspendPerson(person_id=handler.id, reason="账户被他人冒用")
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        refresh(here, session)
    here.work()
    assert here.refuses(session.access_token)


def test_names_of_organisations_and_handlers_are_sealed_in_the_store(here: IdentityHere) -> None:
    boss, handler = here.person(MEDIUM), here.person(MEDIUM)
    id = confirmed(here, boss)
    authorize(boss, id, handler)
    act_for(handler, id)
    here.work()
    for name in ("organizations", "sessions", "accesses", "verifications"):
        stored = b"".join(encode(row) for row in here.parts.database[name].find())
        for clear in (boss.name, boss.number, handler.phone, NAME, ADDRESS):
            assert clear.encode() not in stored, name
