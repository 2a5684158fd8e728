"""Organisations: claimed and confirmed by the source, represented by one person, handled by others between two days."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import grpc
import pytest
from bson import encode

from chassis import records
from chassis.acts import now
from services.identity import (
    model_organizations,
    store_counts,
    store_organizations,
    views_organizations,
    worker_delegations,
)
from standards.identifiers import USCC_ALPHABET, uscc_check_digit
from standards.real_names import MEDIUM, STRONG, WEAK
from tests.support.calling import As, refused
from tests.support.identity_here import IdentityHere, Person
from tests.support.identity_service import act
from yiwang.identity.v1 import organizations_pb2 as pb
from yiwang.identity.v1 import service_pb2

Status = grpc.StatusCode
NAME, ADDRESS = "示范县清泉水务有限公司", "示范县城关镇人民路1号"
PENDING, ACTIVE, REFUSED = 1, 2, 3


def fresh_uscc() -> str:
    first17 = "91990121" + "".join(random.choices(USCC_ALPHABET, k=9))
    return first17 + uscc_check_digit(first17)


def at(person: Person) -> As:
    return person.at("OrganizationService")


def claim(person: Person, uscc: str, name: str = NAME) -> pb.Organization:
    return at(person).RegisterOrganization(uscc=uscc, name=name, address=ADDRESS)


def get(person: Person, id: str) -> pb.Organization:
    return at(person).GetOrganization(organization_id=id)


def confirmed(here: IdentityHere, person: Person) -> str:
    """An organisation this person represents."""
    id: str = claim(person, fresh_uscc()).id
    here.work()
    return id


def day(after: int) -> str:
    return (views_organizations.today() + timedelta(days=after)).isoformat()


def authorize(by: Person, id: str, whom: Person, first: int = 0, last: int = 30) -> pb.Organization:
    fields = {"from": day(first), "until": day(last)}
    return at(by).AuthorizeHandler(organization_id=id, name=whom.name, id_number=whom.number, **fields)


def act_for(person: Person, id: str) -> service_pb2.Session:
    return at(person).ActForOrganization(organization_id=id)


def refresh(here: IdentityHere, session: service_pb2.Session) -> service_pb2.Session:
    return here.by(None).RefreshSession(refresh_token=session.refresh_token)


# -- claims --------------------------------------------------------------------------------------------------------------------


def test_a_claim_waits_for_the_source_and_then_the_organisation_has_its_representative(here: IdentityHere) -> None:
    person, uscc = here.person(MEDIUM), fresh_uscc()
    claimed = claim(person, uscc)
    assert (claimed.status, claimed.claimed, claimed.mine, claimed.name) == (PENDING, True, False, NAME)
    assert claimed.representative_name == ""
    with refused(Status.PERMISSION_DENIED, "NOT_A_HANDLER"):
        act_for(person, claimed.id)
    here.work()
    own = get(person, claimed.id)
    assert (own.status, own.claimed, own.mine) == (ACTIVE, False, True)
    assert (own.uscc, own.name, own.address, own.representative_name) == (uscc, NAME, ADDRESS, "诸葛***")
    [asked] = here.source.of("REPRESENTATIVE")
    assert asked["representative"] == {"name": person.name, "id_number": person.number}
    assert (asked["uscc"], asked["name"]) == (uscc, NAME)
    assert [one.id for one in at(person).ListMyOrganizations().organizations] == [claimed.id]


def test_who_is_not_the_representative_is_told_and_gets_nothing(here: IdentityHere) -> None:
    person = here.person(MEDIUM)
    id = claim(person, fresh_uscc(), "示范县冒名商贸有限公司").id
    here.work()
    own = get(person, id)
    assert (own.status, own.mine, own.claimed) == (REFUSED, False, False)
    with refused(Status.PERMISSION_DENIED, "NOT_A_HANDLER"):
        act_for(person, id)


def test_one_code_has_one_file_also_under_a_race(here: IdentityHere) -> None:
    uscc, people = fresh_uscc(), [here.person(MEDIUM) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        ids = {one.id for one in pool.map(lambda person: claim(person, uscc), people)}
    assert ids == {store_organizations.organization_id(uscc)}
    here.source.script("REPRESENTATIVE", *[{"result": "failed", "reason": "NOT_REPRESENTATIVE"}] * 3)
    here.work()
    assert sorted(get(person, *ids).status for person in people) == [ACTIVE, REFUSED, REFUSED, REFUSED]


def test_a_second_claimant_who_is_confirmed_takes_over_and_the_first_loses_his_sessions(here: IdentityHere) -> None:
    first, second, handler = here.person(MEDIUM), here.person(MEDIUM), here.person(MEDIUM)
    uscc = fresh_uscc()
    id = claim(first, uscc).id
    here.work()
    authorize(first, id, handler)
    old, kept = act_for(first, id), act_for(handler, id)
    claimed = claim(second, uscc, "示范县清泉水务集团有限公司")
    assert (claimed.status, claimed.representative_name, list(claimed.handlers)) == (PENDING, "", [])
    assert get(first, id).mine
    here.work()
    own = get(second, id)
    assert (own.mine, own.name) == (True, "示范县清泉水务集团有限公司")
    assert [one.person_id for one in own.handlers] == [handler.id]
    with refused(Status.NOT_FOUND):
        get(first, id)
    assert here.refuses(old.access_token)
    assert not here.refuses(kept.access_token)
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        refresh(here, old)
    with refused(Status.NOT_FOUND):
        authorize(first, id, handler)


def test_a_refused_second_claim_changes_nothing_for_the_first(here: IdentityHere) -> None:
    first, second, uscc = here.person(MEDIUM), here.person(MEDIUM), fresh_uscc()
    id = claim(first, uscc).id
    here.work()
    here.source.script("REPRESENTATIVE", {"result": "failed", "reason": "NAME_MISMATCH"})
    claim(second, uscc)
    here.work()
    assert get(first, id).mine
    seen = get(second, id)
    assert (seen.status, seen.mine, seen.representative_name) == (REFUSED, False, "")


def test_claims_have_an_end(here: IdentityHere) -> None:
    person, uscc = here.person(MEDIUM), fresh_uscc()
    here.source.script("REPRESENTATIVE", *[{"result": "failed"}] * 3)
    for _ in range(3):
        claim(person, uscc)
        with refused(Status.FAILED_PRECONDITION, "CLAIM_OPEN"):
            claim(person, uscc)
        here.parts.database["quotas"].delete_many({})
        here.work()
    with refused(Status.RESOURCE_EXHAUSTED, "TOO_MANY_CLAIMS"):
        claim(person, uscc)
    here.parts.database["quotas"].delete_many({})
    for _ in range(5):
        claim(person, fresh_uscc())
    with refused(Status.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        claim(person, fresh_uscc())


def test_a_claim_with_a_wrong_code_or_name_writes_nothing(here: IdentityHere) -> None:
    person, uscc = here.person(MEDIUM), fresh_uscc()
    wrong = uscc[:17] + USCC_ALPHABET[(USCC_ALPHABET.index(uscc[17]) + 1) % 31]
    with refused(Status.INVALID_ARGUMENT) as refusal:
        at(person).RegisterOrganization(uscc=wrong, name="  　 ", address="路\u200b1号")
    assert refusal.fields == {"uscc": "USCC_CHECK_DIGIT", "name": "REQUIRED", "address": "NAME_UNCLEAR"}
    with refused(Status.INVALID_ARGUMENT):
        claim(person, '{"$ne": ""}')
    assert not at(person).ListMyOrganizations().organizations
    assert here.parts.database["organizations"].find_one({"state.uscc": wrong}) is None


def test_who_is_not_verified_claims_nothing(here: IdentityHere) -> None:
    with refused(Status.PERMISSION_DENIED):
        claim(here.person(WEAK), fresh_uscc())


def test_a_source_that_is_away_is_asked_again_for_a_claim(here: IdentityHere) -> None:
    person = here.person(MEDIUM)
    here.source.script("REPRESENTATIVE", 503)
    id = claim(person, fresh_uscc()).id
    batch = [(name, heard) for name, heard in here.unsent() if name == "ask_representative"]
    for name, heard in batch:
        with pytest.raises(Exception, match="HTTP 503"):
            here.handle(name, heard)
        assert get(person, id).claimed
        here.handle(name, heard)
    assert get(person, id).mine
    assert len({body["id"] for body in here.source.of("REPRESENTATIVE")}) == 1


def test_a_claimant_who_is_erased_represents_nothing(here: IdentityHere) -> None:
    person = here.person(MEDIUM)
    id = claim(person, fresh_uscc()).id
    person.at("IdentityService").ErasePerson()
    here.work()
    assert here.source.asked == []
    state = store_organizations.organizations(here.parts.database).get(id).state
    assert (state.representative_id, [one.open for one in state.claims]) == ("", [False])


def test_organisations_are_counted_once_they_have_a_representative(here: IdentityHere) -> None:
    def active() -> int:
        here.worker.principals._rest_until = 0.0
        here.worker.recount_principals()
        return store_counts.counted(here.parts.database).organizations

    before = active()
    confirmed(here, here.person(MEDIUM))
    claim(here.person(MEDIUM), fresh_uscc(), "冒名公司")
    here.work()
    assert active() == before + 1


# -- handlers ------------------------------------------------------------------------------------------------------------------


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
