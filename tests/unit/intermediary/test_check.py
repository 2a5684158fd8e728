"""Whether an agency may take part: every condition with its reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis import rules
from services.intermediary import model_check
from services.intermediary.model_agencies import Agency, Staff
from tests.support.agencies import AT, active, evolved, requirement, stated_qualification, uscc
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.rules.v1 import rules_pb2

OWNER = uscc(9_000_001)


def judged(
    agency: Agency, wanted: Any = None, owner: str = OWNER, avoids: Any = (), score: int = 100, at: Any = AT
) -> Any:
    return model_check.check(agency, wanted or requirement(("surveying", "乙级")), owner, avoids, score, at)


def failed(verdict: rules_pb2.Verdict) -> list[str]:
    return [leaf.id for leaf in model_check.failing(verdict)]


def test_one_that_has_what_is_wanted_may_take_part_and_every_condition_says_so() -> None:
    wanted = requirement(("surveying", "乙级"), people=0, credit_min=60)
    verdict = judged(active(), wanted)
    assert model_check.eligible(verdict) and model_check.reasons(verdict) == []
    leaves = {leaf.id: leaf for leaf in verdict.parts}
    assert set(leaves) == {
        *("active", "not_blacklisted", "qualification.1", "not_avoided", "does_not_avoid", "not_owner", "credit")
    }
    for leaf in leaves.values():
        assert leaf.truth == rules.TRUE and leaf.says and leaf.basis and not leaf.fault
    assert leaves["qualification.1"].says == "具有有效的工程测量（测绘）资质（乙级及以上）"


@pytest.mark.parametrize(
    ("wanted", "fails"),
    [
        (requirement(("surveying", "甲级")), ["qualification.1"]),
        (requirement(("surveying", "乙级"), ("safety_assessment", "")), ["qualification.2"]),
        (requirement(people=1, certificate_kind="注册测绘师"), ["people"]),
        (requirement(credit_min=101), ["credit"]),
        (requirement(('x" in qualifications || "', "")), ["qualification.1"]),
        (requirement(), []),
    ],
)
def test_what_is_wanted_and_not_there_is_named(wanted: Any, fails: list[str]) -> None:
    verdict = judged(active(), wanted)
    assert failed(verdict) == fails
    assert verdict.truth == (rules.FALSE if fails else rules.TRUE)


def test_avoidance_holds_both_ways_and_nobody_is_his_own_agency() -> None:
    agency = active()
    assert failed(judged(agency, avoids=[agency.uscc])) == ["not_avoided"]
    assert failed(judged(replace(agency, avoids=[OWNER]))) == ["does_not_avoid"]
    assert failed(judged(agency, owner=agency.uscc)) == ["not_owner"]
    assert failed(judged(replace(agency, avoids=[""]), owner="")) == [], "an owner without a USCC is a person"


def test_a_qualification_counts_to_the_end_of_its_last_day_and_not_an_instant_longer() -> None:
    agency = active(stated_qualification(valid_to="2026-11-20"))
    midnight = AT + timedelta(hours=12)
    assert failed(judged(agency, at=midnight - timedelta(milliseconds=1))) == []
    assert failed(judged(agency, at=midnight)) == ["active", "qualification.1"]


def test_a_qualification_that_was_not_reviewed_or_was_revoked_counts_for_nothing() -> None:
    agency = active(stated_qualification(), stated_qualification(kind="law_firm", grade=""))
    pending = evolved(agency, events.QualificationAdded(qualification=stated_qualification(grade="甲级")))
    assert failed(judged(pending, requirement(("surveying", "甲级")))) == ["qualification.1"]
    revoked = events.QualificationReviewed(
        qualification_id=agency.qualifications[0].id, decision=pb.QUALIFICATION_STATUS_REVOKED
    )
    assert failed(judged(evolved(agency, revoked))) == ["qualification.1"]


def test_of_the_people_each_counts_once_with_a_valid_certificate_of_the_kind() -> None:
    staff = [
        *(Staff("p1", "注册测绘师", ""), Staff("p1", "注册测绘师", "2030-01-01")),
        *(Staff("p2", "注册测绘师", "2026-11-19"), Staff("p3", "造价工程师", "2027-01-01")),
    ]
    agency = replace(active(), staff=staff)

    def fails(people: int, kind: str) -> list[str]:
        return failed(judged(agency, requirement(people=people, certificate_kind=kind)))

    assert fails(1, "注册测绘师") == [] and fails(2, "注册测绘师") == ["people"]
    assert fails(2, "") == [] and fails(3, "") == ["people"]


def test_one_suspended_or_on_the_black_list_may_not() -> None:
    agency = active()
    assert failed(judged(evolved(agency, events.AgencySuspended(officer_id="s")))) == ["active"]
    listed = events.AgencyBlacklisted(
        until=(AT + timedelta(days=30)).isoformat(), appeal_until=(AT + timedelta(days=9)).isoformat()
    )
    assert failed(judged(evolved(agency, listed))) == ["active", "not_blacklisted"]


def test_the_rule_has_no_faults_whatever_is_wanted() -> None:
    wanted = requirement(*[("x" * 40, "甲" * 20)] * 10, people=100, certificate_kind="证" * 40, credit_min=120)
    rule = model_check._rule(wanted.SerializeToString(deterministic=True))
    facts = model_check._facts(active(), wanted, OWNER, (), 100, AT)
    assert rules.faults(rule, facts.keys(), "rule") == []
