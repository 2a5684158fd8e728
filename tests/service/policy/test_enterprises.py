"""The enterprise base: what is told of enterprises, what holds, what of it is wrong, and who reads it."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import Actor
from chassis.errors import NotYet
from services.policy import (
    store_corrections,
    store_enterprises,
)
from tests.support import agencies
from tests.support.actors import DEPARTMENT, REGION, machine, officer, person, supervisor
from tests.support.calling import refused
from tests.support.policy_base import ELSEWHERE, HIGH, BaseHere, ago, sound
from yiwang.identity.v1.events_pb2 import OrganizationClaimed, OrganizationConfirmed
from yiwang.intermediary.v1.events_pb2 import (
    AgencyBlacklisted,
    AgencyEntered,
    BlacklistAppealDecided,
    BlacklistingEnded,
)
from yiwang.policy.v1 import enterprises_pb2 as pb

Code = grpc.StatusCode
SECRET = "纳税额与实际申报表不一致，附凭证"


# -- what is told ------------------------------------------------------------------------------------------------------


def test_what_a_department_reports_is_read_at_once_with_its_source_and_its_day(base: BaseHere) -> None:
    one = base.enterprise()
    at = ago(days=3)
    assert base.report(one.uscc, at=at, revenue_fen=500_000_00, national_high_tech=True).taken
    told = base.ask(one.actor).GetMyEnterprise(uscc=one.uscc)
    facts = {fact.name: fact for fact in told.facts}
    assert (told.name, told.region) == (f"某公司{one.uscc[-6:]}", REGION)
    revenue = facts["revenue_fen"]
    assert (revenue.value, revenue.source, revenue.source_name) == ("50000000", DEPARTMENT, "某某县科学技术局")
    assert (revenue.kind, revenue.type, revenue.title) == ("REPORTED", pb.FACT_TYPE_MONEY, "上年营业收入")
    assert datetime.fromisoformat(revenue.at) == datetime.fromisoformat(at)
    # Its own entry: told of new matches until it says otherwise.
    assert (told.subscribed, list(told.modes), list(told.opted_out)) == (True, [], [])
    sound(base.database)


def test_a_bad_row_keeps_no_other_and_each_says_what_is_wrong(base: BaseHere) -> None:
    good, late = agencies.uscc(), agencies.uscc()
    rows = [
        base.row(good, revenue_fen=1),
        base.row("91990121MA000000AA", revenue_fen=1),
        base.row(agencies.uscc(), at=(datetime.now(UTC) + timedelta(minutes=2)).isoformat(), revenue_fen=1),
        base.row(agencies.uscc(), nothing_known=1, revenue_fen="1"),
        base.row(late, region="", revenue_fen=2),
    ]
    found = base.reported(*rows)
    told = [[(fault.field, fault.reason) for fault in one.faults] for one in found]
    assert [one.taken for one in found] == [True, False, False, False, True]
    assert told == [
        [],
        [("uscc", "USCC")],
        [("at", "IN_THE_FUTURE")],
        [("facts[0].name", "FACT_UNKNOWN"), ("facts[1].value", "WRONG_TYPE")],
        [],
    ]
    assert {store_enterprises.rev(base.database, row.uscc) for row in rows} == {1, 0}


def test_a_report_that_is_repeated_writes_nothing_twice(base: BaseHere) -> None:
    uscc = agencies.uscc()
    rows = [base.row(uscc, revenue_fen=number) for number in (1, 2)]
    first, second = (base.reported(*rows, request_id="report-of-a-day") for _ in range(2))
    assert first == second
    (sheet,) = store_enterprises.sheets(base.database).collection.find({})
    assert [entry["data"]["facts"][-1] for entry in sheet["journal"]] == [
        {"name": "revenue_fen", "value": "1"},
        {"name": "revenue_fen", "value": "2"},
    ]
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        base.reported(base.row(uscc, revenue_fen=3), request_id="report-of-a-day")


def test_a_departments_system_reports_as_its_officers_do(base: BaseHere) -> None:
    uscc = agencies.uscc()
    assert base.report(uscc, by=base.machine, revenue_fen=7).taken
    assert store_enterprises.facts_of(base.database, uscc)["revenue_fen"].source == DEPARTMENT
    other = machine("yiwang.policy.v1.EnterpriseService/GetEnterprise", department=DEPARTMENT)
    for actor in (other, officer("finance"), person(level=3)):
        with refused(Code.PERMISSION_DENIED):
            base.report(uscc, by=actor, revenue_fen=8)


def test_nobody_reports_of_another_regions_enterprises(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=1)
    for row in (base.row(one.uscc, region=REGION, revenue_fen=2), base.row(one.uscc, region="", revenue_fen=2)):
        (outcome,) = base.reported(row, by=base.elsewhere)
        assert [fault.reason for fault in outcome.faults] == ["REGION"]
    assert base.known(one)["revenue_fen"] == 1
    # Where an enterprise says that it is keeps no department out.
    liar = base.enterprise()
    base.claim(liar, region=ELSEWHERE)
    assert base.report(liar.uscc, revenue_fen=3).taken
    assert base.known(liar)["region"] == REGION


def test_what_a_department_reports_beats_what_the_enterprise_says_however_old(base: BaseHere) -> None:
    one = base.enterprise()
    assert {fact.name: fact.kind for fact in base.claim(one, revenue_fen=900, employees=9).facts} == {
        "revenue_fen": "CLAIMED",
        "employees": "CLAIMED",
    }
    base.report(one.uscc, at=ago(days=300), revenue_fen=100)
    base.claim(one, revenue_fen=950)
    assert base.known(one) == {**base.known(one), "revenue_fen": 100, "employees": 9}
    base.report(one.uscc, at=ago(days=400), revenue_fen=50)
    assert base.known(one)["revenue_fen"] == 100
    base.report(one.uscc, revenue_fen=None)
    assert base.known(one)["revenue_fen"] is None


def test_an_enterprise_states_only_what_is_its_own_to_state(base: BaseHere) -> None:
    one, other = base.enterprise(), base.enterprise()
    for facts, field, reason in (
        ({HIGH: True}, "facts[0].name", "NOT_TO_STATE"),
        ({"employees": 1, "no_such": 2}, "facts[1].name", "FACT_UNKNOWN"),
        ({"employees": "9"}, "facts[0].value", "WRONG_TYPE"),
        ({"park": "联系人电话13800138000"}, "facts[0].value", "PERSONAL_DATA"),
    ):
        with refused(Code.INVALID_ARGUMENT, reason) as refusal:
            base.claim(one, **facts)
        assert list(refusal.fields) == [field]
    with refused(Code.INVALID_ARGUMENT, "NOT_OWN"):
        base.ask(one.actor).StateFacts(uscc=other.uscc, facts=[pb.FactTold(name="employees", value="1")])
    assert base.known(other) == {}


def test_events_heard_twice_and_in_any_order_give_the_same_base(base: BaseHere) -> None:
    usccs = [base.enterprise(revenue_fen=1).uscc for _ in range(3)]
    for number in range(4):
        for uscc in usccs:
            base.report(uscc, at=ago(hours=number * 7 % 5), revenue_fen=number, employees=number)
    before = {uscc: store_enterprises.facts_of(base.database, uscc) for uscc in usccs}
    base.database[store_enterprises.COLLECTION].delete_many({})
    sheets = store_enterprises.sheets(base.database)
    heard = [
        (document["_id"], entry["seq"], sheets.event(entry))
        for document in sheets.collection.find({})
        for entry in document["journal"]
    ]
    random.Random(7).shuffle(heard)
    for id, seq, event in heard + heard[:5]:
        base.hear("keep_facts", event, id, seq)
    assert {uscc: store_enterprises.facts_of(base.database, uscc) for uscc in usccs} == before


def test_other_services_tell_facts_whatever_comes_first(base: BaseHere) -> None:
    uscc, organization, agency = agencies.uscc(), "o-1", "a-1"
    confirmed = OrganizationConfirmed(organization_id=organization, representative_id="p")
    with pytest.raises(NotYet):
        base.hear("confirm_organization", confirmed, organization, 2)
    for _ in range(2):
        base.hear("note_organization", OrganizationClaimed(organization_id=organization, uscc=uscc), organization, 1)
        base.hear("confirm_organization", confirmed, organization, 2)
    base.hear("note_agency", AgencyEntered(agency_id=agency, uscc=uscc), agency, 1)
    base.hear("note_blacklisting_end", BlacklistingEnded(agency_id=agency), agency, 9, at=ago(days=1))
    base.hear("note_blacklisting", AgencyBlacklisted(agency_id=agency), agency, 5, at=ago(days=9))
    facts = store_enterprises.facts_of(base.database, uscc)
    assert (facts["platform_registered"].value, facts["platform_registered"].source) == (True, "identity")
    # The later word holds, though it was heard first.
    assert (facts["market_blacklisted"].value, facts["market_blacklisted"].kind) == (False, "EVENT")
    base.hear("note_blacklisting", AgencyBlacklisted(agency_id=agency), agency, 11, at=ago(hours=2))
    base.hear("note_blacklist_appeal", BlacklistAppealDecided(agency_id=agency), agency, 12)
    assert store_enterprises.facts_of(base.database, uscc)["market_blacklisted"].value is True
    base.hear("note_blacklist_appeal", BlacklistAppealDecided(agency_id=agency, overturned=True), agency, 13)
    assert store_enterprises.facts_of(base.database, uscc)["market_blacklisted"].value is False
    sound(base.database)


# -- who reads ---------------------------------------------------------------------------------------------------------


def test_nobody_reads_another_enterprises_facts(base: BaseHere) -> None:
    one, other = base.enterprise(revenue_fen=1), base.enterprise()
    item = base.open("revenue_fen > 0")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("GetMyEnterprise", {}),
        ("ListMyMatches", {}),
        ("ExplainMatch", {"item_id": item}),
        ("ListNewMatches", {}),
        ("ListCorrections", {}),
        ("AcknowledgeMatches", {"items": [item]}),
        ("SetSubscription", {}),
        ("OptOut", {"item_id": item, "out": True}),
        ("AskCorrection", {"fact": "revenue_fen", "wanted": "2", "reason": SECRET}),
    ]
    # A digest of another number is no proof, nor is none at all; and nobody is an enterprise who does not act for one.
    alone = replace(one.actor, acting=None)
    for actor in (other.actor, replace(one.actor, holder=""), replace(one.actor, id=other.actor.id), alone):
        for method, told in asked:
            with refused(Code.INVALID_ARGUMENT, "NOT_OWN"):
                getattr(base.ask(actor), method)(uscc=one.uscc, **told)
    assert store_enterprises.entry(base.database, one.uscc) is None


def test_officers_read_the_enterprises_of_their_region(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=1)
    for actor in (officer("payout"), officer("finance"), base.boss, replace(officer("policy"), region="990100")):
        found = base.ask(actor).GetEnterprise(uscc=one.uscc)
        assert found.uscc == one.uscc and not found.subscribed
        assert [row.uscc for row in base.ask(actor).SearchEnterprises(words=one.uscc).enterprises] == [one.uscc]
    with refused(Code.NOT_FOUND):
        base.ask(base.elsewhere).GetEnterprise(uscc=one.uscc)
    with refused(Code.NOT_FOUND):
        base.ask(base.boss).GetEnterprise(uscc=agencies.uscc())
    assert not base.ask(base.elsewhere).SearchEnterprises(words=one.uscc).enterprises
    assert not base.ask(base.elsewhere).SearchEnterprises().enterprises
    with refused(Code.INVALID_ARGUMENT, "REGION_NOT_COVERED"):
        base.ask(base.elsewhere).SearchEnterprises(region=REGION)
    with refused(Code.PERMISSION_DENIED):
        base.ask(officer("review")).GetEnterprise(uscc=one.uscc)
    # Of whom no region is known no officer reads.
    nowhere = base.enterprise()
    base.claim(nowhere, employees=1)
    with refused(Code.NOT_FOUND):
        base.ask(base.boss).GetEnterprise(uscc=nowhere.uscc)


def test_a_search_comes_page_by_page_to_its_end(base: BaseHere) -> None:
    usccs = {base.enterprise(revenue_fen=1).uscc for _ in range(7)}
    found, token = list[str](), ""
    while True:
        page = base.ask(base.boss).SearchEnterprises(words="某公司", page_size=3, page_token=token)
        found += [row.uscc for row in page.enterprises]
        assert not any(row.facts for row in page.enterprises)
        if not (token := page.next_page_token):
            break
    assert sorted(found) == sorted(usccs)
    named = base.ask(base.boss).SearchEnterprises(words=f"公司 {found[0][-6:]}")
    assert [row.uscc for row in named.enterprises] == [found[0]]
    for wrong in ("x", "256-A", "3", "-1-A", "3-../"):
        with refused(Code.INVALID_ARGUMENT, "MALFORMED"):
            base.ask(base.boss).SearchEnterprises(page_token=wrong)


# -- corrections -------------------------------------------------------------------------------------------------------


def test_a_correction_that_is_accepted_becomes_a_fact_at_once_and_once(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=100)
    asked = base.ask(one.actor).AskCorrection(uscc=one.uscc, fact="revenue_fen", wanted="200", reason=SECRET)
    assert (asked.status, asked.value, asked.wanted, asked.reason) == ("ASKED", "100", "200", SECRET)
    with refused(Code.ALREADY_EXISTS, "ALREADY_ASKED"):
        base.ask(one.actor).AskCorrection(uscc=one.uscc, fact="revenue_fen", wanted="300", reason=SECRET)
    with refused(Code.INVALID_ARGUMENT, "WRONG_TYPE") as refusal:
        base.ask(base.reporter).DecideCorrection(correction_id=asked.correction_id, accepted=True, value='"x"')
    assert list(refusal.fields) == ["value"]
    decided = base.ask(base.reporter).DecideCorrection(correction_id=asked.correction_id, accepted=True, value="150")
    assert (decided.status, decided.wanted) == ("ACCEPTED", "200")
    fact = store_enterprises.facts_of(base.database, one.uscc)["revenue_fen"]
    assert (fact.value, fact.kind, fact.source) == (150, "CORRECTED", DEPARTMENT)
    base.hear_corrections()
    base.hear_corrections()
    again = store_enterprises.facts_of(base.database, one.uscc)["revenue_fen"]
    assert again == fact
    with refused(Code.FAILED_PRECONDITION, "ALREADY_DECIDED"):
        base.ask(base.reporter).DecideCorrection(correction_id=asked.correction_id, reason="不对")
    # As it was told anew it may be wrong again.
    assert base.ask(one.actor).AskCorrection(uscc=one.uscc, fact="revenue_fen", wanted="200", reason=SECRET)
    sound(base.database)


def test_a_decision_whose_api_died_becomes_a_fact_by_its_event(base: BaseHere, monkeypatch: pytest.MonkeyPatch) -> None:
    one = base.enterprise(revenue_fen=100)
    asked = base.ask(one.actor).AskCorrection(uscc=one.uscc, fact="revenue_fen", wanted="200", reason=SECRET)
    with monkeypatch.context() as patch:
        patch.setattr(store_enterprises, "tell", lambda *_: 1 / 0)
        with refused(Code.INTERNAL):
            base.ask(base.reporter).DecideCorrection(correction_id=asked.correction_id, accepted=True)
    assert base.known(one)["revenue_fen"] == 100
    base.hear_corrections()
    assert base.known(one)["revenue_fen"] == 200


def test_a_refusal_says_why_and_the_fact_stays(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=100)
    asked = base.ask(one.actor).AskCorrection(uscc=one.uscc, fact="revenue_fen", wanted="200", reason=SECRET)
    with refused(Code.INVALID_ARGUMENT, "REASON_MISSING"):
        base.ask(base.reporter).DecideCorrection(correction_id=asked.correction_id)
    told = base.ask(base.reporter).DecideCorrection(correction_id=asked.correction_id, reason="与申报表一致")
    assert (told.status, told.answer) == ("REFUSED", "与申报表一致")
    base.hear_corrections()
    assert base.known(one)["revenue_fen"] == 100
    stored = store_corrections.corrections(base.database).collection.find_one({"_id": asked.correction_id})
    assert stored and SECRET not in str(stored) and "与申报表一致" not in str(stored)


def test_only_what_a_department_reported_is_corrected(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=100)
    base.claim(one, employees=3)
    own = base.ask(one.actor)
    for fact, wanted, code, why in (
        ("employees", "4", Code.FAILED_PRECONDITION, "NOT_REPORTED"),
        ("listed", "true", Code.INVALID_ARGUMENT, "FACT_UNKNOWN"),
        ("revenue_fen", "1.5", Code.INVALID_ARGUMENT, "WRONG_TYPE"),
    ):
        with refused(code, why):
            own.AskCorrection(uscc=one.uscc, fact=fact, wanted=wanted, reason=SECRET)


def test_corrections_are_read_by_the_enterprise_its_department_and_who_supervises(base: BaseHere) -> None:
    one, other = base.enterprise(revenue_fen=100), base.enterprise(revenue_fen=1)
    id = base.ask(one.actor).AskCorrection(uscc=one.uscc, fact="revenue_fen", wanted="2", reason=SECRET).correction_id

    def ids(actor: Actor, **told: Any) -> list[str]:
        return [row.correction_id for row in base.ask(actor).ListCorrections(**told).corrections]

    for actor in (base.reporter, officer("payout"), base.boss, supervisor(region="990100")):
        assert ids(actor) == ids(actor, waiting=True) == ids(actor, uscc=one.uscc) == [id]
    assert ids(one.actor, uscc=one.uscc) == [id]
    for actor in (base.stranger, base.elsewhere):
        assert ids(actor) == ids(actor, uscc=one.uscc) == []
    assert ids(other.actor, uscc=other.uscc) == []
    for actor in (base.stranger, base.elsewhere):
        with refused(Code.NOT_FOUND):
            base.ask(actor).DecideCorrection(correction_id=id, accepted=True)
    with refused(Code.PERMISSION_DENIED):
        base.ask(base.boss).DecideCorrection(correction_id=id, accepted=True)
    base.ask(base.reporter).DecideCorrection(correction_id=id, accepted=True)
    assert ids(base.reporter, waiting=True) == [] and ids(base.reporter) == [id]


# -- kinds of facts ----------------------------------------------------------------------------------------------------


def kind(**told: Any) -> pb.FactKind:
    said: dict[str, Any] = {"name": "tea_acres", "type": pb.FACT_TYPE_INT, "title": "茶园面积", "unit": "亩", "cost": 1}
    return pb.FactKind(**said | told)


def test_a_county_has_kinds_of_facts_of_its_own(base: BaseHere) -> None:
    one = base.enterprise()
    with refused(Code.INVALID_ARGUMENT, "FACT_UNKNOWN"):
        base.claim(one, tea_acres=30)
    saved = base.ask(base.reporter).SaveFactKind(kind=kind())
    assert (saved.region, saved.title) == (REGION, "茶园面积")
    assert base.claim(one, tea_acres=30).facts[0].unit == "亩"
    assert base.ask(base.reporter).SaveFactKind(kind=kind(title="茶园总面积")).title == "茶园总面积"
    found = {row.name: row for row in base.ask(None).ListFactKinds().kinds}
    assert (found["tea_acres"].title, found["tea_acres"].region, found["revenue_fen"].region) == (
        "茶园总面积",
        REGION,
        "",
    )
    for told, why in (
        ({"name": "revenue_fen"}, "BUILT_IN"),
        ({"name": "group_fen"}, "BUILT_IN"),
        ({"name": "hired_on_days"}, "BUILT_IN"),
        ({"type": pb.FACT_TYPE_TEXT}, "TYPE_FIXED"),
    ):
        with refused(Code.INVALID_ARGUMENT, why):
            base.ask(base.reporter).SaveFactKind(kind=kind(**told))
    with refused(Code.NOT_FOUND):
        base.ask(base.elsewhere).SaveFactKind(kind=kind(title="占用"))
    sound(base.database)
