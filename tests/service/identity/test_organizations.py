"""Organisations: claimed and confirmed by the source, represented by one person, handled by others between two days."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.identity import (
    store_counts,
    store_organizations,
)
from standards.identifiers import USCC_ALPHABET
from standards.real_names import MEDIUM, WEAK
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere
from tests.support.organizing import (
    ACTIVE,
    ADDRESS,
    NAME,
    PENDING,
    REFUSED,
    Status,
    act_for,
    at,
    authorize,
    claim,
    confirmed,
    fresh_uscc,
    get,
    refresh,
)

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
        here.worker.principals._marks._rest_until = 0.0
        here.worker.recount_principals()
        return store_counts.counted(here.parts.database).organizations

    before = active()
    confirmed(here, here.person(MEDIUM))
    claim(here.person(MEDIUM), fresh_uscc(), "冒名公司")
    here.work()
    assert active() == before + 1
