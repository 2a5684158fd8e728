"""What enterprises match: what each gets and lacks, who is told once, what is looked at again, and what the job finds."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import holder
from services.policy import (
    job_match,
    matching,
    model_matches,
    store_enterprises,
    store_matches,
)
from standards.workdays import local_day
from tests.support import agencies
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer
from tests.support.calling import refused
from tests.support.policy_base import ELSEWHERE, HIGH, BaseHere, sound
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

Code = grpc.StatusCode


def test_an_enterprise_reads_what_it_gets_what_is_missing_and_what_it_is_near_to(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=500, national_high_tech=False)
    gets, unknown = base.open("revenue_fen > 100", "revenue_fen * 2"), base.open("employees > 3")
    near = base.open(HIGH)
    far = base.open(
        "",
        rule=rules_pb2.Rule(
            all=rules_pb2.RuleList(
                rules=[
                    rules_pb2.Rule(leaf=rules_pb2.Leaf(id="one", cel=HIGH)),
                    rules_pb2.Rule(leaf=rules_pb2.Leaf(id="two", cel="revenue_fen > 1000")),
                ]
            )
        ),
    )
    base.open("true", region=ELSEWHERE)
    paused = base.open("true")
    base.paused(paused)
    found = base.ask(one.actor).ListMyMatches(uscc=one.uscc).matches
    assert [row.item_id for row in found] == [gets, unknown, near] and far not in {row.item_id for row in found}
    assert (found[0].result, found[0].fen) == (rules_pb2.TRUTH_TRUE, 1000)
    assert [row.name for row in found[1].missing] == ["employees"] and found[1].missing[0].cost == 1
    assert found[2].near and [row.leaf for row in found[2].lacking] == ["only"]
    # What it says of itself counts at once.
    base.claim(one, employees=5)
    assert base.ask(one.actor).ListMyMatches(uscc=one.uscc).matches[1].result == rules_pb2.TRUTH_TRUE
    told = base.ask(one.actor).ExplainMatch(uscc=one.uscc, item_id=gets)
    assert (told.result, told.amount.fen) == (rules_pb2.TRUTH_TRUE, 1000)
    assert [(fact.name, fact.source, fact.kind) for fact in told.facts if fact.kind == "REPORTED"] == [
        ("revenue_fen", "某某县科学技术局", "REPORTED")
    ]
    for id in (paused, agencies_id()):
        with refused(Code.NOT_FOUND):
            base.ask(one.actor).ExplainMatch(uscc=one.uscc, item_id=id)


def agencies_id() -> str:
    return "6f1a2b3c-0000-4000-8000-000000000000"


def test_an_enterprise_is_told_once_of_what_it_newly_matches(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=1)
    base.ask(one.actor).GetMyEnterprise(uscc=one.uscc)
    item, own = base.open("revenue_fen > 100"), base.ask(one.actor)
    base.walked()
    assert base.told(one) == [] and not own.ListNewMatches(uscc=one.uscc).matches
    for fen in (200, 300):
        base.report(one.uscc, revenue_fen=fen)
        base.hear_facts()
    assert base.told(one) == [(item, 1)]
    (new,) = own.ListNewMatches(uscc=one.uscc).matches
    assert (new.item_id, new.fen) == (item, 100_000) and new.since
    assert not own.AcknowledgeMatches(uscc=one.uscc, items=[item, agencies_id()]).matches
    assert not own.ListNewMatches(uscc=one.uscc).matches
    # Another edition is another match.
    base.open("revenue_fen > 200", id=item)
    base.walked()
    base.walked()
    assert base.told(one) == [(item, 1), (item, 2)]
    assert [row.edition for row in own.ListNewMatches(uscc=one.uscc).matches] == [2]
    # What it lost meanwhile is not new to it.
    base.report(one.uscc, revenue_fen=5)
    assert not own.ListNewMatches(uscc=one.uscc).matches
    sound(base.database)


def test_an_enterprise_that_comes_is_told_of_what_it_matches_already(base: BaseHere) -> None:
    one, item = base.enterprise(revenue_fen=200), base.open("revenue_fen > 100")
    base.walked()
    base.ask(one.actor).GetMyEnterprise(uscc=one.uscc)
    assert base.told(one) == []
    for _ in range(2):
        base.hear_entries()
        assert base.told(one) == [(item, 1)]


@pytest.mark.parametrize(
    ("module", "dies"),
    [(store_enterprises, "keep"), (store_matches, "write"), (store_enterprises, "rev"), (store_enterprises, "entries")],
)
def test_a_worker_that_dies_at_any_step_of_a_match_leaves_nothing_untold(
    base: BaseHere, monkeypatch: pytest.MonkeyPatch, module: Any, dies: str
) -> None:
    one, item = base.enterprise(revenue_fen=1), base.open("revenue_fen > 100")
    base.ask(one.actor).GetMyEnterprise(uscc=one.uscc)
    base.walked()
    base.report(one.uscc, revenue_fen=200)
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(module, dies, lambda *_: 1 / 0)
        base.hear_facts(one.uscc)
    for _ in range(2):
        base.hear_facts(one.uscc)
        assert (base.matches(one), base.told(one)) == ({item: 100_000}, [(item, 1)])


def test_departments_that_report_at_the_same_instant_lose_nothing(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=1)
    names = ["employees", "insured_staff", "rd_staff", "doctors", "masters", "bachelors"]
    others = [officer("policy", department=DEPARTMENT if number % 2 else OTHER_DEPARTMENT) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        facts: list[dict[str, Any]] = [{name: 7} for name in names]
        rows = [base.row(one.uscc, **told) for told in facts]
        found = list(pool.map(lambda by, row: base.reported(row, by=by)[0], others, rows))
        assert all(outcome.taken for outcome in found)
    assert {name: base.known(one)[name] for name in names} == dict.fromkeys(names, 7)
    sound(base.database)


def test_who_does_not_want_to_be_told_is_not(base: BaseHere) -> None:
    quiet, other, out, wants = (base.enterprise(revenue_fen=200) for _ in range(4))
    item = base.open("revenue_fen > 100")
    base.ask(quiet.actor).SetSubscription(uscc=quiet.uscc, subscribed=False)
    base.ask(other.actor).SetSubscription(uscc=other.uscc, subscribed=True, modes=[items_pb2.PAYOUT_MODE_INSTANT])
    told = base.ask(out.actor).OptOut(uscc=out.uscc, item_id=item, out=True)
    assert list(told.opted_out) == [item]
    base.ask(wants.actor).SetSubscription(uscc=wants.uscc, subscribed=True, modes=[items_pb2.PAYOUT_MODE_PROACTIVE])
    base.walked()
    assert [base.told(one) for one in (quiet, other, out, wants)] == [[], [], [], [(item, 1)]]
    # They get it all the same, if they ask.
    assert all(base.matches(one) == {item: 100_000} for one in (quiet, other, out, wants))


def test_opting_out_is_there_for_rolls_and_is_taken_back(base: BaseHere) -> None:
    one, other = base.enterprise(revenue_fen=1), base.enterprise(revenue_fen=1)
    item = base.open("true")
    base.ask(one.actor).OptOut(uscc=one.uscc, item_id=item, out=True)
    assert store_enterprises.opted_out(base.database, one.uscc, item)
    assert not store_enterprises.opted_out(base.database, other.uscc, item)
    assert store_enterprises.opted_out_of(base.database, item) == {one.uscc}
    assert base.ask(one.actor).ListMyMatches(uscc=one.uscc).matches[0].opted_out
    base.ask(one.actor).OptOut(uscc=one.uscc, item_id=item, out=False)
    assert not store_enterprises.opted_out(base.database, one.uscc, item)
    assert store_enterprises.opted_out_of(base.database, item) == set()


def test_what_changed_looked_at_again_is_the_whole_matched_by_the_job(base: BaseHere) -> None:
    chance, ones = random.Random(3), [base.enterprise(revenue_fen=1) for _ in range(6)]
    cels = ("revenue_fen > 2", "employees >= 2", 'registered_on_days > 40 && region == "990121"', HIGH, "employees > 1")
    items: list[str] = []
    for _ in range(30):
        act, one = chance.random(), chance.choice(ones)
        if act < 0.25 or not items:
            again = chance.choice([*items, ""])
            id = base.open(chance.choice(cels), chance.choice(["1000", "revenue_fen * 100"]), id=again)
            items += [] if again else [id]
            base.walked()
        elif act < 0.4:
            base.paused(items[0])
            base.report(one.uscc, revenue_fen=chance.randrange(5))
            base.hear_facts(one.uscc)
            base.resumed(items[0])
            base.walked()
        elif act < 0.6:
            base.claim(one, employees=chance.randrange(4))
        else:
            days = chance.choice(["2020-01-01", datetime.now(UTC).date().isoformat()])
            told: dict[str, Any] = {
                "revenue_fen": chance.randrange(5),
                HIGH: chance.random() < 0.5,
                "registered_on": days,
            }
            base.report(one.uscc, **dict(chance.sample(sorted(told.items()), 2)))
        base.hear_facts(one.uscc)
    base.walked()
    kept = {one.uscc: base.matches(one) for one in ones}
    assert any(kept.values()) and not all(len(told) == len(items) for told in kept.values())
    base.database[store_matches.COLLECTION].delete_many({})
    plan = matching.Plans(base.database).now()
    assert job_match.run(base.database, plan, local_day(datetime.now(UTC))) == len(ones)
    assert {one.uscc: base.matches(one) for one in ones} == kept


def test_the_job_writes_only_what_changed_and_goes_on_where_it_ended(
    base: BaseHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    ones = [base.enterprise(revenue_fen=number) for number in range(8)]
    item = base.open("revenue_fen > 3")
    plan, day = matching.Plans(base.database).now(), local_day(datetime.now(UTC))
    part, done = matching.match_part, list[int]()

    def counted(database: Any, plan: Any, bucket: int, looked: Any) -> int:
        done.append(bucket)
        return part(database, plan, bucket, looked)

    def dies(database: Any, plan: Any, bucket: int, looked: Any) -> int:
        if bucket == 128:
            raise KeyboardInterrupt
        return counted(database, plan, bucket, looked)

    with monkeypatch.context() as patch:
        patch.setattr(matching, "match_part", dies)
        with pytest.raises(KeyboardInterrupt):
            job_match.run(base.database, plan, day)
    monkeypatch.setattr(matching, "match_part", counted)
    job_match.run(base.database, plan, day)
    assert done == list(range(256))
    assert [base.matches(one) for one in ones] == [{item: 100_000} if number > 3 else {} for number in range(8)]
    before = {row["_id"]: row["ver"] for row in base.database[store_matches.COLLECTION].find({})}
    base.report(ones[0].uscc, revenue_fen=9)
    job_match.run(base.database, plan, day)
    after = {row["_id"]: row["ver"] for row in base.database[store_matches.COLLECTION].find({})}
    assert {uscc for uscc in after if after[uscc] != before.get(uscc)} == {ones[0].uscc}


def test_a_look_at_older_facts_never_takes_the_place_of_a_newer(
    base: BaseHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = base.enterprise(revenue_fen=200)
    item = base.open("revenue_fen > 100")
    write, plan = store_matches.write, base.worker.plans.now()
    raced = list[int]()

    def late(database: Any, uscc: str, known: Any, items: Any) -> bool:
        if not raced:
            # While this one was thinking the fact changed, and was looked at by another.
            raced.append(1)
            base.report(one.uscc, revenue_fen=5)
            matching.rematch(database, plan, uscc, [item])
        return write(database, uscc, known, items)

    monkeypatch.setattr(store_matches, "write", late)
    matching.rematch(base.database, plan, one.uscc, [item])
    assert base.matches(one) == {}


def test_rolls_find_who_gets_an_item(base: BaseHere) -> None:
    ones = [base.enterprise(revenue_fen=number * 100) for number in range(5)]
    base.ask(ones[4].actor).GetMyEnterprise(uscc=ones[4].uscc)
    item = base.open("revenue_fen > 100", "revenue_fen * 10")
    base.walked()
    found = {row.uscc: row for row in matching.qualifying(base.database, item, 1)}
    assert {uscc: row.fen for uscc, row in found.items()} == {one.uscc: n * 1000 for n, one in enumerate(ones) if n > 1}
    assert found[ones[4].uscc].organization == ones[4].actor.id and found[ones[3].uscc].organization == ""
    assert found[ones[3].uscc].name == f"某公司{ones[3].uscc[-6:]}"
    base.open("revenue_fen > 300", id=item)
    assert list(matching.qualifying(base.database, item, 2)) == []
    base.walked()
    assert [row.uscc for row in matching.qualifying(base.database, item, 2)] == [ones[4].uscc]
    assert list(matching.qualifying(base.database, item, 1)) == []


def test_a_dry_run_counts_the_base_of_its_region(base: BaseHere) -> None:
    for number in range(4):
        base.enterprise(revenue_fen=number * 100, national_high_tech=number != 3)
    base.claim(base.enterprise(), region=REGION)
    base.reported(base.row(agencies.uscc(), region=ELSEWHERE, revenue_fen=900), by=base.elsewhere)
    rule = rules_pb2.Rule(
        all=rules_pb2.RuleList(
            rules=[
                rules_pb2.Rule(leaf=rules_pb2.Leaf(id="rich", cel="revenue_fen >= 100")),
                rules_pb2.Rule(leaf=rules_pb2.Leaf(id="high", cel=HIGH)),
            ]
        )
    )
    asked = items_pb2.PayoutItemDefinition(
        rule=rule, region=REGION, amount=items_pb2.AmountFormula(cel="100000 / (revenue_fen - 100)")
    )
    assert +matching.count(base.database, asked, local_day(datetime.now(UTC))) == {
        "enterprises": 5,
        "qualifying": 1,
        "not_qualifying": 2,
        "unknown": 1,
        "faulty": 1,
        "cost_fen": 1000,
        "largest_fen": 1000,
        "fails.rich": 1,
        "fails.high": 1,
        "missing.revenue_fen": 1,
        f"missing.{HIGH}": 1,
    }


def test_days_are_looked_at_once_a_day(base: BaseHere, monkeypatch: pytest.MonkeyPatch) -> None:
    today = local_day(datetime.now(UTC))
    one = base.enterprise(registered_on=(today - timedelta(days=10)).isoformat(), revenue_fen=500)
    item, other = base.open("registered_on_days > 10"), base.open("revenue_fen > 1")
    base.walked()
    assert base.matches(one) == {other: 100_000}
    looked = list[Any]()
    monkeypatch.setattr(matching, "local_day", lambda _at: today + timedelta(days=1))
    outcomes = model_matches.outcomes

    def noted(items: Any, *told: Any) -> Any:
        looked.extend(one.id for one in items)
        return outcomes(items, *told)

    monkeypatch.setattr(model_matches, "outcomes", noted)
    for _ in range(2):
        while matching.walk(base.database, base.worker.plans, today + timedelta(days=1)):
            pass
    assert base.matches(one) == {other: 100_000, item: 100_000}
    assert looked == [item]


def test_an_entry_follows_an_organisation_that_was_registered_again(base: BaseHere) -> None:
    one = base.enterprise(revenue_fen=1)
    base.ask(one.actor).GetMyEnterprise(uscc=one.uscc)
    again = base.enterprise()
    actor = replace(again.actor, holder=holder(again.actor.id, one.uscc))
    for _ in range(2):
        base.ask(actor).GetMyEnterprise(uscc=one.uscc)
    record = store_enterprises.entries(base.database).get(store_enterprises.entry_id(one.uscc))
    assert (record.state.organization_id, record.version) == (actor.id, 2)
