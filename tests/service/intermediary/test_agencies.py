"""The course of an agency: entry, review, notice, objection, qualifications, suspension, black list; who may do what."""

import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import Actor, now
from standards.workdays import local_day
from tests.support.actors import handler, officer, person, supervisor
from tests.support.agencies import LEGAL, REASON, SECRETS, agent_of, profile, qualification, uscc
from tests.support.agencies_here import NAME, AgenciesHere
from tests.support.calling import at_once, refused
from tests.support.rating_service import Db
from yiwang.intermediary.v1 import agencies_pb2 as pb

Code = grpc.StatusCode
SUBMITTED, RETURNED = pb.AGENCY_STANDING_SUBMITTED, pb.AGENCY_STANDING_RETURNED
NOTICED, ACTIVE = pb.AGENCY_STANDING_NOTICED, pb.AGENCY_STANDING_ACTIVE
SUSPENDED, BLACKLISTED = pb.AGENCY_STANDING_SUSPENDED, pb.AGENCY_STANDING_BLACKLISTED
LEFT = pb.AGENCY_STANDING_LEFT


# -- entry ---------------------------------------------------------------------------------------------------------------


def test_an_agency_enters_is_reviewed_public_and_then_in_the_market(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, agency = agencies.entered()
    assert (agency.standing, agency.name, agency.credit_score) == (SUBMITTED, NAME, 100)
    assert agency.profile.legal_name == LEGAL and agency.qualifications[0].file.filename == "资质证书.pdf"
    assert agencies.to(actor).GetMyAgency(min_version=1) == agency
    with refused(Code.FAILED_PRECONDITION, "NO_QUALIFICATION"):
        agencies.to(agencies.operator).ReviewAgency(agency_id=agency.id, approved=True)
    agencies.approve(agency)
    noticed = agencies.to(agencies.operator).ReviewAgency(agency_id=agency.id, approved=True)
    assert noticed.standing == NOTICED and noticed.notice_until > noticed.entered_at
    agencies.later(monkeypatch, now())
    assert agencies.seen(agency.id).standing == NOTICED
    _, other = agencies.active(monkeypatch)
    assert other.standing == ACTIVE and other.admitted_at
    assert agencies.seen(agency.id).standing == ACTIVE, "its notice ended at the same instant"
    document = agencies.agencies.collection.find_one({"_id": agency.id}) or {}
    assert agencies.agencies.drift(document) == []


@pytest.mark.parametrize("what", ["check digit", "another's", "no organisation"])
def test_a_uscc_that_is_wrong_or_not_ones_own_is_refused_and_nothing_is_written(
    agencies: AgenciesHere, database: Db, what: str
) -> None:
    code = uscc()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    actor = {"check digit": agent_of(wrong), "another's": agent_of(uscc()), "no organisation": handler(person())}[what]
    file = agencies.qualification(actor)
    with refused(Code.INVALID_ARGUMENT) as refusal:
        agencies.entered(wrong if what == "check digit" else code, actor, qualifications=[file])
    assert refusal.fields == {"uscc": "USCC" if what == "check digit" else "NOT_OWN"}
    assert list(database["agencies"].find({})) == []


def test_every_wrong_field_is_named_at_once(agencies: AgenciesHere) -> None:
    code = uscc()
    actor = agent_of(code)
    wrong = profile(legal_number="990121198001010000")
    with refused(Code.INVALID_ARGUMENT) as refusal:
        expired = agencies.qualification(actor, valid_to="2026-01-01")
        unknown = agencies.qualification(actor, kind="astrology")
        agencies.entered(code, actor, profile=wrong, qualifications=[expired, unknown])
    assert refusal.fields == {
        "profile.legal_number": "ID_NUMBER",
        "qualifications[0].valid_to": "EXPIRED",
        "qualifications[1].kind": "KIND_UNKNOWN",
    }
    with refused(Code.INVALID_ARGUMENT, "REQUIRED") as refusal:
        agencies.entered(code, actor, qualifications=[])
    assert refusal.fields == {"qualifications": "REQUIRED"}


def test_an_entry_repeated_is_one_record_and_a_second_one_is_refused(agencies: AgenciesHere) -> None:
    code = uscc()
    actor = agent_of(code)
    told: dict[str, Any] = {"actor": actor, "request_id": "enter-once-1", "profile": profile()}
    told["qualifications"] = [agencies.qualification(actor)]
    (_, first), (_, again) = agencies.entered(code, **told), agencies.entered(code, **told)
    assert first == again
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        agencies.entered(code, actor)


def test_a_returned_entry_is_laid_before_the_operator_again(agencies: AgenciesHere) -> None:
    actor, agency = agencies.entered()
    with refused(Code.INVALID_ARGUMENT, "REQUIRED"):
        agencies.to(agencies.operator).ReviewAgency(agency_id=agency.id)
    agencies.to(agencies.operator).ReviewAgency(agency_id=agency.id, reason=REASON)
    mine = agencies.to(actor).GetMyAgency()
    assert (mine.standing, mine.reason, list(mine.moves)) == (RETURNED, REASON, ["EnterAgency", "LeaveMarket"])
    _, again = agencies.entered(agency.uscc, actor, qualifications=[], name="某县测绘集团有限公司")
    assert (again.id, again.standing, again.reason) == (agency.id, SUBMITTED, "")
    assert again.name == "某县测绘集团有限公司" and len(again.qualifications) == 1


def test_who_left_enters_again_and_nobody_else_leaves_for_it(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, agency = agencies.active(monkeypatch)
    with refused(Code.NOT_FOUND):
        agencies.to(agent_of(uscc())).LeaveMarket()
    assert agencies.to(actor).LeaveMarket().standing == LEFT
    with refused(Code.NOT_FOUND):
        agencies.seen(agency.id, person())
    assert agencies.entered(agency.uscc, actor)[1].standing == SUBMITTED


def test_a_changed_profile_holds_at_once_and_the_journal_keeps_what_was(agencies: AgenciesHere) -> None:
    actor, agency = agencies.entered()
    before = agencies.record(agency.id)
    changed = agencies.to(actor).ChangeAgency(profile=profile(services=["地质灾害评估"], promise="全程免费复核"))
    assert list(changed.services) == ["地质灾害评估"] and changed.promise == "全程免费复核"
    after = agencies.record(agency.id)
    assert after.state.legal_key != before.state.legal_key
    assert after.journal[0] == before.journal[0] and after.journal[1]["type"] == "AgencyChanged"
    with refused(Code.INVALID_ARGUMENT) as refusal:
        agencies.to(actor).ChangeAgency(profile=profile(legal_number="990121198001010000"))
    assert refusal.fields == {"profile.legal_number": "ID_NUMBER"}
    assert agencies.record(agency.id).version == after.version


def test_two_agencies_with_one_legal_representative_have_one_key_whoever_sealed_it(agencies: AgenciesHere) -> None:
    same = profile()
    one, other = (agencies.entered(profile=same)[1] for _ in range(2))
    states = [agencies.record(id).state for id in (one.id, other.id)]
    assert states[0].legal_key == states[1].legal_key and states[0].address_key == states[1].address_key
    assert states[0].shareholder_keys == states[1].shareholder_keys
    assert states[0].sealed != states[1].sealed
    assert states[0].legal_key in states[0].person_keys and len(states[0].person_keys) == 3


def test_nothing_that_names_a_person_stands_anywhere_in_clear(agencies: AgenciesHere, database: Db) -> None:
    actor, agency = agencies.noticed()
    agencies.to(person(level=3)).ObjectToAgency(agency_id=agency.id, text=f"{LEGAL}的证书是借来的")
    agencies.to(agencies.other_operator).DecideAgencyObjection(
        agency_id=agency.id, objection_id=agencies.seen(agency.id).objections[0].id, upheld=True, reason=f"{LEGAL}属实"
    )
    told = agencies.to(actor).GetMyAgency().profile
    numbers = [told.legal_number, told.shareholders[0].number, told.people[0].number]
    kept = "".join(str(list(database[name].find({}))) for name in database.list_collection_names())
    for secret in (*SECRETS, *numbers, "/Catalog", "资质证书.pdf"):
        assert secret not in kept


# -- notice --------------------------------------------------------------------------------------------------------------


def test_an_objection_holds_the_notice_until_another_operator_decided(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, agency = agencies.noticed()
    ann = person(level=3)
    told = agencies.to(ann).ObjectToAgency(agency_id=agency.id, text="证书已被吊销")
    assert told.text == "证书已被吊销" and not told.decision
    for who, reason in ((ann, "OBJECTED_ALREADY"), (actor, "OWN_AGENCY")):
        with refused(Code.FAILED_PRECONDITION, reason):
            agencies.to(who).ObjectToAgency(agency_id=agency.id, text="证书已被吊销")
    assert agencies.seen(agency.id).objections[0].text == "证书已被吊销"
    mine = agencies.to(actor).GetMyAgency()
    assert mine.objections[0].text == "", "the agency does not read who says it"
    agencies.later(monkeypatch, now() + timedelta(days=30))
    decide = {"agency_id": agency.id, "objection_id": told.id, "reason": "经核实证书有效"}
    with refused(Code.FAILED_PRECONDITION, "REVIEWED_BY_YOU"):
        agencies.to(agencies.operator).DecideAgencyObjection(**decide)
    decided = agencies.to(agencies.other_operator).DecideAgencyObjection(**decide)
    assert decided.objections[0].decision == "DISMISSED" and decided.standing == NOTICED
    agencies.later(monkeypatch, now() + timedelta(days=30))
    assert agencies.seen(agency.id).standing == ACTIVE


def test_only_a_verified_person_objects_and_only_during_the_notice(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, agency = agencies.noticed()
    _, hidden = agencies.entered()
    with refused(Code.PERMISSION_DENIED):
        agencies.to(person(level=2)).ObjectToAgency(agency_id=agency.id, text="证书已被吊销")
    verified = person(level=3)
    with refused(Code.NOT_FOUND):
        agencies.to(verified).ObjectToAgency(agency_id=hidden.id, text="证书已被吊销")
    agencies.later(monkeypatch, now() + timedelta(days=30))
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        agencies.to(verified).ObjectToAgency(agency_id=agency.id, text="证书已被吊销")


# -- qualifications ------------------------------------------------------------------------------------------------------


def test_the_end_of_a_qualification_suspends_by_itself_and_its_renewal_lifts_that(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = uscc()
    actor = agent_of(code)
    ends = (local_day(now()) + timedelta(days=60)).isoformat()
    _, agency = agencies.active(
        monkeypatch, code=code, actor=actor, qualifications=[agencies.qualification(actor, valid_to=ends)]
    )
    later = now() + timedelta(days=61)
    for _ in range(2):
        agencies.later(monkeypatch, later)
    record = agencies.record(agency.id)
    assert record.state.standing == SUSPENDED
    assert [entry["type"] for entry in record.journal].count("QualificationTurned") == 1
    with agencies.at(monkeypatch, later):
        renewed = agencies.to(actor).AddQualification(qualification=agencies.qualification(actor))
        assert (renewed.standing, list(renewed.suspended_for)) == (SUSPENDED, ["NO_VALID_QUALIFICATION"])
        assert agencies.approve(renewed).standing == ACTIVE


def test_a_proof_is_the_agencys_own_upload_and_serves_one_qualification(agencies: AgenciesHere) -> None:
    actor, agency = agencies.entered()
    used = agency.qualifications[0].file.file_id
    code = uscc()
    stranger = agent_of(code)
    fresh = agencies.file(stranger)
    for file in (fresh, str(uuid.uuid4())):
        with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN") as refusal:
            agencies.to(actor).AddQualification(qualification=qualification(file))
        assert refusal.fields == {"qualification.file_id": "FILE_UNKNOWN"}
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        agencies.entered(code, stranger, qualifications=[qualification(used)])
    twice = [qualification(fresh)] * 2
    with refused(Code.INVALID_ARGUMENT, "TWICE"):
        agencies.entered(code, stranger, qualifications=twice)


def test_a_refused_one_tells_why_and_a_revoked_one_suspends(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, agency = agencies.active(monkeypatch)
    added = agencies.to(actor).AddQualification(qualification=agencies.qualification(actor, grade="甲级"))
    new, old = added.qualifications[1].id, added.qualifications[0].id
    review = agencies.to(agencies.operator).ReviewQualification
    with refused(Code.INVALID_ARGUMENT, "REQUIRED"):
        review(agency_id=agency.id, qualification_id=new, decision=pb.QUALIFICATION_STATUS_REFUSED)
    review(agency_id=agency.id, qualification_id=new, decision=pb.QUALIFICATION_STATUS_REFUSED, reason=REASON)
    assert agencies.to(actor).GetMyAgency().qualifications[1].reason == REASON
    assert len(agencies.seen(agency.id, person()).qualifications) == 1, "everybody sees those approved"
    with refused(Code.NOT_FOUND):
        review(agency_id=agency.id, qualification_id=str(uuid.uuid4()), decision=pb.QUALIFICATION_STATUS_APPROVED)
    revoked = review(agency_id=agency.id, qualification_id=old, decision=pb.QUALIFICATION_STATUS_REVOKED, reason=REASON)
    assert revoked.standing == SUSPENDED


# -- supervision ---------------------------------------------------------------------------------------------------------


def test_a_supervisor_suspends_and_resumes(agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch) -> None:
    actor, agency = agencies.active(monkeypatch)
    held = agencies.to(agencies.boss).SuspendAgency(agency_id=agency.id, reason=REASON)
    assert (held.standing, list(held.suspended_for)) == (SUSPENDED, ["SUPERVISOR"])
    assert agencies.to(actor).GetMyAgency().reason == REASON
    assert agencies.seen(agency.id, person()).reason == ""
    assert agencies.to(agencies.other_boss).ResumeAgency(agency_id=agency.id).standing == ACTIVE


def test_the_black_list_is_public_appealed_once_and_decided_by_another(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, agency = agencies.active(monkeypatch)
    agencies.blacklist(agency.id)
    seen = agencies.seen(agency.id, person())
    assert seen.standing == BLACKLISTED and seen.blacklisting.reason == REASON and seen.blacklisting.until
    agencies.to(actor).AppealBlacklisting(text="处理过重，请复核")
    with refused(Code.FAILED_PRECONDITION, "APPEALED_ALREADY"):
        agencies.to(actor).AppealBlacklisting(text="处理过重，请复核")
    decide = {"agency_id": agency.id, "overturned": True, "reason": "情节轻微"}
    with refused(Code.FAILED_PRECONDITION, "LISTED_BY_YOU"):
        agencies.to(agencies.boss).DecideBlacklistAppeal(**decide)
    off = agencies.to(agencies.other_boss).DecideBlacklistAppeal(**decide)
    assert (off.standing, off.blacklisting.appeal, off.blacklisting.appeal_text) == (
        ACTIVE,
        "overturned",
        "处理过重，请复核",
    )
    assert not agencies.seen(agency.id, person()).HasField("blacklisting")


def test_the_black_list_ends_by_itself_once(agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch) -> None:
    _, agency = agencies.active(monkeypatch)
    agencies.blacklist(agency.id, months=1)
    for _ in range(2):
        agencies.later(monkeypatch, now() + timedelta(days=33))
    assert agencies.seen(agency.id).standing == ACTIVE
    journal = agencies.record(agency.id).journal
    assert [entry["type"] for entry in journal].count("BlacklistingEnded") == 1


def test_of_ten_who_decide_at_once_one_does(agencies: AgenciesHere) -> None:
    _, agency = agencies.entered()
    agencies.approve(agency)
    operators = [officer("market") for _ in range(6)]
    done = at_once(
        6, lambda n: agencies.to(operators[n]).ReviewAgency(agency_id=agency.id, approved=n % 2 == 0, reason=REASON)
    )
    assert done["done"] == 1 and done[str(Code.FAILED_PRECONDITION)] == 5


@pytest.mark.parametrize("who", ["elsewhere", "another role", "a person"])
def test_officers_elsewhere_and_others_do_nothing_to_an_agency(agencies: AgenciesHere, who: str) -> None:
    _, agency = agencies.noticed()
    version = agencies.record(agency.id).version
    away = {"elsewhere": supervisor("market", region="990122"), "another role": officer("review"), "a person": person()}
    actor: Actor = away[who]
    told = {"agency_id": agency.id, "reason": REASON}
    calls: dict[str, dict[str, Any]] = {
        "ReviewAgency": told,
        "SuspendAgency": told,
        "BlacklistAgency": {**told, "months": 1},
        "ResumeAgency": {"agency_id": agency.id},
        "DecideAgencyObjection": {**told, "objection_id": str(uuid.uuid4())},
        "DecideBlacklistAppeal": told,
        "ReviewQualification": {**told, "qualification_id": agency.qualifications[0].id, "decision": 4},
    }
    for name, fields in calls.items():
        with refused(Code.NOT_FOUND if who == "elsewhere" else Code.PERMISSION_DENIED):
            getattr(agencies.to(actor), name)(**fields)
    assert agencies.record(agency.id).version == version
