"""Who reads what of agencies: everybody the market, officers their desk, nobody a person."""

from datetime import timedelta

import grpc
import pytest

from chassis.acts import Actor, now
from tests.support.actors import officer, person, supervisor
from tests.support.agencies import ADDRESS, LEGAL, OWNER, PHONE, REASON, STAFF, agent_of, profile, uscc
from tests.support.agencies_here import NAME, AgenciesHere
from tests.support.calling import refused
from yiwang.identity.v1 import events_pb2 as identity_events
from yiwang.intermediary.v1 import agencies_pb2 as pb

Code = grpc.StatusCode


def listed(agencies: AgenciesHere, actor: Actor | None = None, **told: object) -> list[str]:
    return [one.id for one in agencies.to(actor).ListAgencies(page_size=100, **told).agencies]


def waiting(agencies: AgenciesHere, actor: Actor, wait: int = 0, **told: object) -> list[str]:
    return [one.id for one in agencies.to(actor).ListAgencyDesk(wait=wait, page_size=100, **told).agencies]


def test_everybody_sees_the_market_and_nothing_of_a_person(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, agency = agencies.active(monkeypatch, profile=profile(promise=f"质量问题请联系{PHONE}"))
    for reader in (None, person(), agent_of(uscc()), supervisor(region="990122")):
        seen = agencies.seen(agency.id, reader) if reader else agencies.to(None).GetAgency(agency_id=agency.id)
        assert (seen.name, seen.uscc, seen.credit_score) == (NAME, agency.uscc, 100)
        assert [one.kind_name for one in seen.qualifications] == ["工程测量（测绘）"] and seen.qualifications[0].valid
        assert [(one.certificate_kind, one.count) for one in seen.staff] == [("注册测绘师", 1)]
        assert not seen.HasField("profile") and not seen.qualifications[0].HasField("file")
        assert seen.promise.startswith("质量问题请联系*")
        for secret in (LEGAL, OWNER, STAFF, PHONE, ADDRESS):
            assert secret not in str(seen)


def test_officers_of_the_region_see_persons_masked(agencies: AgenciesHere) -> None:
    actor, agency = agencies.entered()
    mine = agencies.to(actor).GetMyAgency().profile
    for reader in (agencies.operator, agencies.boss):
        seen = agencies.seen(agency.id, reader).profile
        assert (seen.legal_name, seen.contact, seen.people[0].name) == ("诸葛***", "199****0555", "司马**")
        assert seen.legal_number == f"990121**********{mine.legal_number[-2:]}"
        assert seen.shareholders[0].name == "欧阳**" and seen.address == mine.address
        assert mine.people[0].number not in str(seen)


def test_what_is_not_in_the_market_is_there_for_itself_and_its_officers_alone(agencies: AgenciesHere) -> None:
    actor, agency = agencies.entered()
    for stranger in (person(), agent_of(uscc()), officer("market", id="x"), supervisor("market", region="990122")):
        if stranger.region == "990121":
            assert agencies.seen(agency.id, stranger).id == agency.id
            continue
        with refused(Code.NOT_FOUND):
            agencies.seen(agency.id, stranger)
        with refused(Code.NOT_FOUND):
            agencies.to(stranger).ListCredits(agency_id=agency.id)
    with refused(Code.NOT_FOUND):
        agencies.to(None).GetAgency(agency_id=agency.id)
    assert listed(agencies) == [] == listed(agencies, agencies.operator)
    with refused(Code.NOT_FOUND):
        agencies.to(agent_of(uscc())).GetMyAgency()
    with refused(Code.PERMISSION_DENIED):
        agencies.to(agencies.operator).GetMyAgency()
    assert agencies.to(actor).GetMyAgency().id == agency.id


def test_the_market_is_searched_by_region_standing_qualification_and_words(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, here = agencies.active(monkeypatch, region="990121101")
    _, there = agencies.noticed(name="某地环评中心", profile=profile(services=["环境影响评价"]))
    agencies.entered()
    assert set(listed(agencies)) == {here.id, there.id}
    assert listed(agencies, region="990121101") == [here.id]
    assert listed(agencies, region="990122") == []
    assert listed(agencies, standing=pb.AGENCY_STANDING_NOTICED) == [there.id]
    assert listed(agencies, words="环境 中心") == [there.id]
    assert listed(agencies, words="星象") == []
    assert set(listed(agencies, kind="surveying")) == {here.id, there.id}
    assert listed(agencies, kind="law_firm") == []


def test_pages_of_the_market_show_each_agency_once(agencies: AgenciesHere) -> None:
    there = {agencies.noticed()[1].id for _ in range(5)}
    agencies.entered()
    seen, token = [], ""
    while True:
        page = agencies.to(None).ListAgencies(page_size=2, page_token=token)
        seen += [one.id for one in page.agencies]
        if not (token := page.next_page_token):
            break
    assert len(seen) == 5 and set(seen) == there


def test_a_desk_shows_what_waits_in_its_region(agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch) -> None:
    _, entry = agencies.entered()
    actor, active = agencies.active(monkeypatch)
    assert waiting(agencies, agencies.operator, pb.AGENCY_WAIT_ENTRY) == [entry.id]
    assert waiting(agencies, agencies.boss) == [entry.id]
    agencies.to(actor).AddQualification(qualification=agencies.qualification(actor))
    assert set(waiting(agencies, agencies.operator, pb.AGENCY_WAIT_QUALIFICATION)) == {entry.id, active.id}
    _, noticed = agencies.noticed()
    agencies.to(person(level=3)).ObjectToAgency(agency_id=noticed.id, text="证书已被吊销")
    assert waiting(agencies, agencies.other_operator, pb.AGENCY_WAIT_OBJECTION) == [noticed.id]
    agencies.blacklist(active.id)
    agencies.to(actor).AppealBlacklisting(text="处理过重，请复核")
    assert waiting(agencies, agencies.other_boss, pb.AGENCY_WAIT_APPEAL) == [active.id]
    assert "DecideBlacklistAppeal" in agencies.seen(active.id, agencies.other_boss).moves
    assert "DecideBlacklistAppeal" not in agencies.seen(active.id, agencies.boss).moves
    assert waiting(agencies, supervisor("market", region="990122")) == []
    assert set(waiting(agencies, supervisor("market", region="990100"))) == {entry.id, active.id, noticed.id}
    with refused(Code.INVALID_ARGUMENT, "COUNTY"):
        waiting(agencies, agencies.operator, county="990122")
    for stranger in (person(), officer("review")):
        with refused(Code.PERMISSION_DENIED):
            waiting(agencies, stranger)


def test_the_kinds_of_qualifications_are_public_with_grades_and_source(agencies: AgenciesHere) -> None:
    kinds = {one.id: one for one in agencies.to(None).ListQualificationKinds().kinds}
    assert len(kinds) >= 20 and list(kinds["surveying"].grades) == ["甲级", "乙级"] and kinds["surveying"].basis


def test_an_erased_organisation_leaves_nothing_to_read(agencies: AgenciesHere) -> None:
    actor, agency = agencies.noticed()
    agencies.keyring.erase(actor.id, now())
    agencies.poll()
    seen = agencies.seen(agency.id)
    assert not seen.HasField("profile") and seen.promise == "" and seen.name == NAME
    with refused(Code.NOT_FOUND):
        agencies.to(agencies.operator).DownloadMarketFile(
            agency_id=agency.id, file_id=agency.qualifications[0].file.file_id
        )
    assert identity_events.PersonErased(person_id=actor.id)


def test_the_reason_of_a_listing_is_public_without_what_names_somebody(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, agency = agencies.active(monkeypatch)
    agencies.to(agencies.boss).BlacklistAgency(agency_id=agency.id, months=2, reason=f"{REASON}，电话{PHONE}")
    assert PHONE not in agencies.seen(agency.id, person()).blacklisting.reason
    assert PHONE in agencies.seen(agency.id).blacklisting.reason
    agencies.later(monkeypatch, now() + timedelta(days=70))
    assert not agencies.seen(agency.id, person()).HasField("blacklisting")
