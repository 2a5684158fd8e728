"""Payout items: written by one officer, opened by another, claimed in the edition that is open, counted before they are opened."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from chassis.errors import Refused
from services.policy import dry_runs, matching, model_facts, model_items, store_dry_runs, store_items
from tests.support import agencies
from tests.support.actors import officer, person
from tests.support.calling import at_once, refused
from tests.support.policy_items import (
    AMOUNT,
    ELSEWHERE,
    REGION,
    Db,
    ItemsHere,
    all_of,
    another,
    definition,
    items_here,
    leaf,
)
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

NOON = datetime(2026, 6, 15, 4, tzinfo=UTC)
GROUP = {"benefit_group": "tech", "overlap": pb.OVERLAP_HIGHEST}


@pytest.fixture
def here(database: Db) -> Iterator[ItemsHere]:
    with items_here(database) as one:
        yield one


def ids(answer: pb.ListPayoutItemsResponse) -> list[str]:
    return [one.item_id for one in answer.items]


# -- four eyes, editions -----------------------------------------------------------------------------------------------


def test_an_item_is_opened_by_somebody_who_wrote_none_of_it(here: ItemsHere) -> None:
    saved = here.write()
    policy = saved.working.policy_id
    assert (saved.status, saved.edition, saved.payable) == (pb.PAYOUT_ITEM_STATUS_DRAFT, 0, False)
    assert saved.number.startswith(f"DF-{REGION}-") and saved.policy_title and list(saved.writers) == [here.writer.by]
    told = here.items(here.opener).SavePayoutItem(
        item_id=saved.item_id, definition=definition(policy, standard="每户六万元"), version=saved.version
    )
    for writer in (here.writer, here.opener):
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "WRITER_MAY_NOT_OPEN"):
            here.items(writer).OpenPayoutItem(item_id=saved.item_id, version=told.version)
    third = here.items(officer("policy"))
    opened = third.OpenPayoutItem(item_id=saved.item_id, version=told.version)
    assert (opened.status, opened.edition, opened.payable) == (pb.PAYOUT_ITEM_STATUS_OPEN, 1, True)
    assert opened.definition == definition(policy, standard="每户六万元") and not opened.HasField("working")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_TO_OPEN"):
        third.OpenPayoutItem(item_id=saved.item_id, version=opened.version)


def test_what_is_opened_is_what_was_looked_at(here: ItemsHere) -> None:
    saved = here.write()
    here.write(saved.working.policy_id, saved.item_id, standard="每户六万元")
    with refused(grpc.StatusCode.ABORTED, "VERSION_MOVED"):
        here.items(here.opener).OpenPayoutItem(item_id=saved.item_id, version=saved.version)
    with refused(grpc.StatusCode.ABORTED, "VERSION_MOVED"):
        here.write(saved.working.policy_id, saved.item_id, version=saved.version, standard="每户七万元")


def test_a_request_that_comes_again_changes_nothing(here: ItemsHere) -> None:
    policy, key = here.publish().policy_id, uuid.uuid4().hex
    desk = here.items(here.writer)
    first = desk.SavePayoutItem(request_id=key, definition=definition(policy))
    assert desk.SavePayoutItem(request_id=key, definition=definition(policy)) == first
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        desk.SavePayoutItem(request_id=key, definition=definition(policy, title="另一事项"))
    assert here.write(policy, first.item_id).version == first.version
    opened = [
        here.items(here.opener).OpenPayoutItem(request_id=key, item_id=first.item_id, version=first.version)
        for _ in range(2)
    ]
    assert opened[0] == opened[1] and opened[0].edition == 1


def test_of_many_who_open_at_once_one_makes_the_edition(here: ItemsHere) -> None:
    saved = here.write()

    def open(_: int) -> None:
        here.items(here.opener).OpenPayoutItem(item_id=saved.item_id, version=saved.version)

    assert at_once(4, open)["done"] == 1
    assert here.item(saved.item_id).edition == 1


def test_what_goes_back_is_saved_again_before_it_is_opened(here: ItemsHere) -> None:
    saved = here.write()
    told = here.items(here.opener).ReturnPayoutItem(item_id=saved.item_id, reason="请核对金额")
    assert told.return_reason == "请核对金额"
    assert not here.items(here.opener).ListPayoutItemDesk(waiting=True).items
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_TO_OPEN"):
        here.items(here.opener).OpenPayoutItem(item_id=saved.item_id)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_TO_RETURN"):
        here.items(here.opener).ReturnPayoutItem(item_id=saved.item_id, reason="再退")
    again = here.write(saved.working.policy_id, saved.item_id)
    assert not again.return_reason and ids(here.items(here.opener).ListPayoutItemDesk(waiting=True)) == [saved.item_id]


def test_editions_are_kept_for_claims_under_way(here: ItemsHere) -> None:
    first = here.open()
    policy, id = first.definition.policy_id, first.item_id
    second = here.open(policy, id, standard="每户六万元")
    here.write(policy, id, standard="还在写")
    assert second.edition == 2
    assert store_items.definition(here.database, id, 1) == definition(policy)
    assert store_items.definition(here.database, id, 2) == definition(policy, standard="每户六万元")
    for edition in (0, 3):
        assert store_items.definition(here.database, id, edition) is None
    assert store_items.definition(here.database, another(), 1) is None
    here.items(here.opener).ClosePayoutItem(item_id=id, reason="政策到期")
    assert store_items.definition(here.database, id, 1) == definition(policy)


def test_an_item_without_rules_is_open_and_not_payable(here: ItemsHere) -> None:
    policy = here.publish().policy_id
    for number, told in enumerate(({"rule": None, "amount": None}, {"rule": None}, {"amount": None})):
        item = here.open(policy, title=f"暂无规则的事项{number}", **told)
        assert (item.status, item.payable) == (pb.PAYOUT_ITEM_STATUS_OPEN, False)
        with pytest.raises(Refused, match="NOT_PAYABLE"):
            store_items.claimable(here.database, item.item_id, NOON)
    assert store_items.open_definitions(here.database) == []
    assert here.policies(None).GetPolicy(policy_id=policy).payable_items == 0
    paid = here.open(policy, title="有规则的事项")
    assert [one.id for one in store_items.open_definitions(here.database)] == [paid.item_id]
    assert here.policies(None).GetPolicy(policy_id=policy).payable_items == 1


def test_an_item_is_of_a_policy_that_is_published(here: ItemsHere) -> None:
    draft = here.save()
    item = here.write(draft.policy_id)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "POLICY_NOT_PUBLISHED"):
        here.items(here.opener).OpenPayoutItem(item_id=item.item_id, version=item.version)
    here.policies(here.opener).PublishPolicy(policy_id=draft.policy_id, version=draft.version)
    assert here.items(here.opener).OpenPayoutItem(item_id=item.item_id, version=item.version).edition == 1
    # A draft of another department is none of ours.
    strange = here.save(here.stranger)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "POLICY_UNKNOWN"):
        here.write(strange.policy_id)


# -- what is claimed ---------------------------------------------------------------------------------------------------


def test_an_item_is_claimed_while_it_is_open_on_its_days(here: ItemsHere) -> None:
    item = here.open(opens_on="2026-06-01", closes_on="2026-06-30")
    id, desk = item.item_id, here.items(here.opener)

    def answer(day: datetime = NOON) -> str:
        try:
            return str(store_items.claimable(here.database, id, day).edition)
        except Refused as refused:
            return refused.reason

    # In China the day begins eight hours earlier than in UTC.
    for at, wanted in (
        (datetime(2026, 5, 31, 15, 59, tzinfo=UTC), "NOT_YET"),
        (datetime(2026, 5, 31, 16, tzinfo=UTC), "1"),
        (datetime(2026, 6, 30, 15, 59, tzinfo=UTC), "1"),
        (datetime(2026, 6, 30, 16, tzinfo=UTC), "OVER"),
    ):
        assert answer(at) == wanted
    assert desk.PausePayoutItem(item_id=id, reason="资金调整").status_reason == "资金调整"
    assert answer() == "ITEM_NOT_OPEN" and store_items.open_definitions(here.database) == []
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_OPEN"):
        desk.PausePayoutItem(item_id=id, reason="再停")
    assert not desk.ResumePayoutItem(item_id=id).status_reason and answer() == "1"
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_PAUSED"):
        desk.ResumePayoutItem(item_id=id)
    assert desk.ClosePayoutItem(item_id=id, reason="政策到期").status == pb.PAYOUT_ITEM_STATUS_CLOSED
    assert answer() == "ITEM_NOT_OPEN"
    for act, said in (("ClosePayoutItem", {"reason": "再关"}), ("ResumePayoutItem", {})):
        with refused(grpc.StatusCode.FAILED_PRECONDITION):
            getattr(desk, act)(item_id=id, **said)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "CLOSED"):
        here.write(item.definition.policy_id, id, title="改标题")


def test_what_was_never_opened_is_not_there_to_claim(here: ItemsHere) -> None:
    for id in (here.write().item_id, another()):
        for read in (
            lambda id=id: store_items.claimable(here.database, id, NOON),
            lambda id=id: store_items.opened(here.database, id),
        ):
            with pytest.raises(Refused, match="NOT_FOUND"):
                read()


def test_of_a_withdrawn_policy_nothing_is_claimed(here: ItemsHere) -> None:
    item = here.open()
    # As if the withdrawal had crossed the opening.
    here.database["policies"].update_one({"_id": item.definition.policy_id}, {"$set": {"state.status": 4}})
    with pytest.raises(Refused, match="ITEM_NOT_OPEN"):
        store_items.claimable(here.database, item.item_id, NOON)


# -- who reads what ----------------------------------------------------------------------------------------------------


def test_what_was_never_opened_is_there_for_its_officers_alone(here: ItemsHere) -> None:
    id = here.write().item_id
    for reader in (None, person(), here.stranger, here.elsewhere, officer("review")):
        with refused(grpc.StatusCode.NOT_FOUND):
            here.items(reader).GetPayoutItem(item_id=id)
        assert ids(here.items(reader).ListPayoutItems()) == []
    for reader in (here.opener, here.reviewer, here.finance, here.boss):
        assert here.items(reader).GetPayoutItem(item_id=id).working.title
        assert ids(here.items(reader).ListPayoutItemDesk()) == [id]
    for reader in (here.stranger, here.elsewhere):
        assert ids(here.items(reader).ListPayoutItemDesk()) == []
    with refused(grpc.StatusCode.NOT_FOUND):
        here.items(None).GetPayoutItem(item_id=another())


def test_what_is_being_written_is_shown_to_its_officers_alone(here: ItemsHere) -> None:
    item = here.open()
    here.write(item.definition.policy_id, item.item_id, standard="内部还在讨论")
    for reader in (None, person(), here.stranger, here.elsewhere):
        told = here.items(reader).GetPayoutItem(item_id=item.item_id)
        assert told.definition == item.definition and not told.HasField("working") and not told.writers
    for reader in (None, here.opener):
        (listed,) = here.items(reader).ListPayoutItems().items
        assert not listed.HasField("working") and not listed.definition.HasField("rule")
        assert listed.definition.amount.says and listed.payable
    assert here.items(here.reviewer).GetPayoutItem(item_id=item.item_id).working.standard == "内部还在讨论"


ACTS: dict[str, dict[str, Any]] = {
    "OpenPayoutItem": {"version": 1},
    "ReturnPayoutItem": {"reason": "退回"},
    "PausePayoutItem": {"reason": "暂停"},
    "ResumePayoutItem": {},
    "ClosePayoutItem": {"reason": "结束"},
    "StartDryRun": {},
}


@pytest.mark.parametrize("act", [*ACTS, "SavePayoutItem"])
def test_nobody_else_acts_on_a_departments_item(here: ItemsHere, act: str) -> None:
    saved = here.write()
    said = (
        ACTS.get(act) or {"definition": definition(saved.working.policy_id)} if act == "SavePayoutItem" else ACTS[act]
    )
    for other in (here.stranger, here.elsewhere):
        with refused(grpc.StatusCode.NOT_FOUND):
            getattr(here.items(other), act)(item_id=saved.item_id, **said)
    for other in (None, person(), here.reviewer, here.finance, here.boss):
        with refused() as refusal:
            getattr(here.items(other), act)(item_id=saved.item_id, **said)
        assert refusal.code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
    assert here.items(here.opener).GetPayoutItem(item_id=saved.item_id).version == saved.version
    assert store_dry_runs.running(here.database) == []


def test_items_are_found_by_region_policy_mode_and_words(here: ItemsHere) -> None:
    policy = here.publish().policy_id
    one = here.open(policy).item_id
    two = here.open(title="人才住房补贴", mode=pb.PAYOUT_MODE_ORDINARY, publicity_days=5).item_id
    town = here.open(policy, title="镇级事项", region="990121101").item_id
    find = here.items(None).ListPayoutItems
    assert ids(find()) == [town, two, one]
    assert ids(find(region="990121102")) == [two, one] and ids(find(region="990100")) == [town, two, one]
    assert ids(find(region=ELSEWHERE)) == []
    assert ids(find(policy_id=policy)) == [town, one]
    assert ids(find(mode=pb.PAYOUT_MODE_ORDINARY)) == [two]
    assert ids(find(words="人才 补贴")) == [two] and ids(find(words="人才 镇级")) == []
    here.items(here.opener).ClosePayoutItem(item_id=two, reason="政策到期")
    assert ids(find()) == [town, one] and ids(find(past=True)) == [town, two, one]
    assert ids(here.items(here.opener).ListPayoutItemDesk(status=pb.PAYOUT_ITEM_STATUS_CLOSED)) == [two]
    first = find(page_size=1)
    assert ids(first) == [town] and ids(find(page_size=1, page_token=first.next_page_token)) == [one]


# -- what is wrong with a definition -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "field", "reason"),
    [
        ({"rule": leaf("a", "no_such_fact > 1")}, "definition.rule.leaf.cel", "FACT_UNKNOWN"),
        ({"rule": all_of(leaf("a", "name =="))}, "definition.rule.all.rules[0].leaf.cel", "CEL_SYNTAX"),
        ({"rule": leaf("overlap", "today > 1")}, "definition.rule", "LEAF_RESERVED"),
        ({"rule": rules_pb2.Rule(**{"not": leaf("veto.x", "today > 1")})}, "definition.rule", "LEAF_RESERVED"),
        ({"amount": pb.AmountFormula(cel="no_such_fact * 2")}, "definition.amount.cel", "FACT_UNKNOWN"),
        ({"amount": pb.AmountFormula(cel="1 +")}, "definition.amount.cel", "CEL_SYNTAX"),
        ({"policy_id": another()}, "definition.policy_id", "POLICY_UNKNOWN"),
        ({"clauses": ["c1", "c9"]}, "definition.clauses[1]", "CLAUSE_UNKNOWN"),
        ({"vetoes": ["no_such_fact"]}, "definition.vetoes[0]", "FACT_UNKNOWN"),
        ({"vetoes": ["name"]}, "definition.vetoes[0]", "NOT_BOOLEAN"),
        ({"region": ELSEWHERE}, "definition.region", "REGION_NOT_COVERED"),
        ({"opens_on": "2026-13-01"}, "definition.opens_on", "MALFORMED"),
        ({"opens_on": "2026-02-01", "closes_on": "2026-01-31"}, "definition.closes_on", "BEFORE_OPENS"),
        ({"shares": [pb.Share(bearer="市级", basis_points=6_000)]}, "definition.shares", "NOT_WHOLE"),
        ({"shares": [pb.Share(bearer="市级", basis_points=5_000)] * 2}, "definition.shares[1].bearer", "TWICE"),
        ({"materials": [pb.WantedMaterial(code="m", name="发票")] * 2}, "definition.materials[1].code", "TWICE"),
        ({"benefit_group": "tech"}, "definition.overlap", "REQUIRED"),
        ({"overlap": pb.OVERLAP_NO_REPEAT}, "definition.benefit_group", "REQUIRED"),
        ({"mode": pb.PAYOUT_MODE_PROACTIVE, "rule": None, "publicity_days": 5}, "definition.rule", "REQUIRED"),
        ({"mode": pb.PAYOUT_MODE_PROACTIVE, "amount": None, "publicity_days": 5}, "definition.amount", "REQUIRED"),
        (
            {
                "mode": pb.PAYOUT_MODE_PROACTIVE,
                "publicity_days": 5,
                "materials": [pb.WantedMaterial(code="m", name="票")],
            },
            "definition.materials",
            "NOT_WANTED",
        ),
        ({"mode": pb.PAYOUT_MODE_ORDINARY}, "definition.publicity_days", "REQUIRED"),
        ({"object": "联系人手机13812345678"}, "definition.object", "PERSONAL_DATA"),
        ({"title": "　　"}, "definition.title", "REQUIRED"),
        (
            {"rule": all_of(*(leaf(f"l{n}", f"name != '{'甲' * 400}{n}'") for n in range(50)))},
            "definition",
            "TOO_LARGE",
        ),
    ],
)
def test_what_is_wrong_with_a_definition_is_told_by_its_field(
    here: ItemsHere, told: dict[str, Any], field: str, reason: str
) -> None:
    policy = here.publish().policy_id
    with refused(grpc.StatusCode.INVALID_ARGUMENT, reason) as refusal:
        here.write(**{"policy_id": policy} | told)
    assert refusal.fields.get(field) == reason
    # A trial finds the same, but for the size: it keeps nothing.
    if reason != "TOO_LARGE":
        wanted = definition(**{"policy_id": policy} | told)
        with refused(grpc.StatusCode.INVALID_ARGUMENT, reason):
            here.items(here.writer).TryPayoutItem(definition=wanted)
    assert ids(here.items(here.writer).ListPayoutItemDesk()) == []


def test_an_item_that_was_opened_keeps_its_kind_of_period(here: ItemsHere) -> None:
    item = here.open()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "FIXED"):
        here.write(item.definition.policy_id, item.item_id, period=pb.PERIOD_KIND_QUARTER)
    draft = here.write()
    assert here.write(draft.working.policy_id, draft.item_id, period=pb.PERIOD_KIND_QUARTER).version == 2


def test_what_is_wrong_by_the_time_it_is_opened_is_told_then(here: ItemsHere) -> None:
    policy = here.publish()
    shorter = here.save(id=policy.policy_id, clauses=[])
    item = here.write(policy.policy_id)
    here.policies(here.opener).PublishPolicy(policy_id=policy.policy_id, version=shorter.version)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "CLAUSE_UNKNOWN"):
        here.items(here.opener).OpenPayoutItem(item_id=item.item_id, version=item.version)


def test_an_item_lies_within_its_policys_region(here: ItemsHere) -> None:
    policy = here.publish(region="990121101").policy_id
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "OUTSIDE_POLICY"):
        here.write(policy)
    assert here.write(policy, region="990121101").item_id


# -- trials ------------------------------------------------------------------------------------------------------------


def test_a_definition_is_tried_over_stated_facts(here: ItemsHere) -> None:
    policy = here.publish().policy_id
    said = {"region": f'"{REGION}"', "registered_on": '"2020-01-01"', "dishonest": "false"}
    desk = here.items(here.writer)
    told = desk.TryPayoutItem(definition=definition(policy), facts=said, day="2026-06-15")
    assert (told.result, told.amount.fen, told.period, told.day) == (
        rules_pb2.TRUTH_TRUE,
        5_000_000,
        "2026",
        "2026-06-15",
    )
    assert {one.kind for one in told.facts if one.name in said} == {model_facts.STATED}
    young = desk.TryPayoutItem(definition=definition(policy), facts=said, day="2020-06-15")
    assert young.result == rules_pb2.TRUTH_FALSE and [one.leaf for one in young.lacking] == ["old"]
    unknown = desk.TryPayoutItem(definition=definition(policy), facts={"region": f'"{REGION}"'})
    assert unknown.result == rules_pb2.TRUTH_UNKNOWN
    assert {one.name for one in unknown.missing} == {"registered_on", "dishonest"}


def test_a_definition_is_tried_over_the_facts_of_an_enterprise_of_ones_region(here: ItemsHere) -> None:
    policy, desk = here.publish().policy_id, here.items(here.writer)
    uscc = here.enterprise(agencies.uscc(), registered_on="2020-01-01", dishonest=True)
    told = desk.TryPayoutItem(definition=definition(policy), uscc=uscc)
    assert told.result == rules_pb2.TRUTH_FALSE and [one.leaf for one in told.lacking] == ["veto.dishonest"]
    # What is stated comes before what is known.
    told = desk.TryPayoutItem(definition=definition(policy), uscc=uscc, facts={"dishonest": "false"})
    assert told.result == rules_pb2.TRUTH_TRUE
    for other in (here.enterprise(agencies.uscc(), region=ELSEWHERE), agencies.uscc()):
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "ENTERPRISE_UNKNOWN"):
            desk.TryPayoutItem(definition=definition(policy), uscc=other)


@pytest.mark.parametrize(
    ("said", "field", "reason"),
    [
        ({"facts": {"no_such_fact": "1"}}, "facts[no_such_fact]", "FACT_UNKNOWN"),
        ({"facts": {"dishonest": "1"}}, "facts[dishonest]", "WRONG_TYPE"),
        ({"facts": {"dishonest": "tru"}}, "facts[dishonest]", "WRONG_TYPE"),
        ({"day": "2026-02-30"}, "day", "MALFORMED"),
    ],
)
def test_what_is_wrong_with_a_trial_is_told_by_its_field(
    here: ItemsHere, said: dict[str, Any], field: str, reason: str
) -> None:
    policy = here.publish().policy_id
    with refused(grpc.StatusCode.INVALID_ARGUMENT, reason) as refusal:
        here.items(here.writer).TryPayoutItem(definition=definition(policy), **said)
    assert refusal.fields == {field: reason}


def test_what_is_not_payable_is_neither_tried_nor_counted(here: ItemsHere) -> None:
    item = here.open(rule=None)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_PAYABLE"):
        here.items(here.writer).TryPayoutItem(definition=item.definition)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_PAYABLE"):
        here.items(here.writer).StartDryRun(item_id=item.item_id)


# -- dry runs ----------------------------------------------------------------------------------------------------------


def counted(here: ItemsHere, id: str) -> pb.DryRun:
    told: pb.DryRun = here.items(here.opener).GetDryRun(run_id=id)
    return told


def base(here: ItemsHere) -> None:
    """Enterprises of the county: two that get it, one too young, one vetoed, one nobody knows the age of; and one elsewhere."""
    old = {"registered_on": "2020-01-01", "dishonest": False}
    for facts in (old, old, old | {"registered_on": "2099-01-01"}, old | {"dishonest": True}, {"dishonest": False}):
        here.enterprise(agencies.uscc(), **facts)
    here.enterprise(agencies.uscc(), region=ELSEWHERE, **old)


def test_a_dry_run_counts_the_base_of_its_region_bit_by_bit(here: ItemsHere) -> None:
    base(here)
    item = here.write()
    started = here.items(here.writer).StartDryRun(item_id=item.item_id)
    assert (started.status, started.percent, started.enterprises) == ("RUNNING", 0, 0)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "RUNNING_ALREADY"):
        here.items(here.opener).StartDryRun(item_id=item.item_id)
    rounds, worker = 0, dry_runs.DryRuns(here.parts)
    while counted(here, started.run_id).status == "RUNNING":
        worker.round(seconds=0)  # one part
        rounds += 1
    told = counted(here, started.run_id)
    assert (told.enterprises, told.qualifying, told.not_qualifying, told.unknown, told.faulty) == (5, 2, 2, 1, 0)
    assert (told.cost_fen, told.largest_fen, told.percent) == (10_000_000, 5_000_000, 100)
    assert [one.name for one in told.missing] == ["registered_on"]
    assert dict(told.fails) == {"old": 1, "veto.dishonest": 1}
    assert rounds == 256 and told.done_at and worker.round() == 0
    assert here.items(here.opener).StartDryRun(item_id=item.item_id).status == "RUNNING"


def test_a_dry_run_counts_nothing_twice_whoever_dies_over_it(here: ItemsHere, monkeypatch: pytest.MonkeyPatch) -> None:
    base(here)
    item = here.write()
    run = here.items(here.writer).StartDryRun(item_id=item.item_id).run_id
    first, second = dry_runs.DryRuns(here.parts), dry_runs.DryRuns(here.parts)
    real, calls = matching.count_part, list[int]()

    def dying(*said: Any) -> Any:
        calls.append(said[-1])
        if len(calls) % 7 == 0:
            raise SystemExit  # as if the process were killed
        return real(*said)

    monkeypatch.setattr(matching, "count_part", dying)
    for worker in (first, second) * 60:
        try:
            worker.round()
        except SystemExit:
            continue
    told = counted(here, run)
    assert (told.status, told.enterprises, told.qualifying) == ("DONE", 5, 2)
    assert len(calls) > 256  # parts whose count was lost were counted again


def test_a_worker_leaves_a_run_that_another_one_counts(here: ItemsHere) -> None:
    item = here.write()
    run = here.items(here.writer).StartDryRun(item_id=item.item_id).run_id
    at = datetime.now(UTC)
    assert store_dry_runs.take(here.database, run, at) and not store_dry_runs.take(here.database, run, at)
    assert dry_runs.DryRuns(here.parts).round() == 0 and counted(here, run).percent == 0
    # A part that another one counted meanwhile is not added again.
    assert store_dry_runs.advance(here.database, run, 0, {"enterprises": 1}, at)
    assert not store_dry_runs.advance(here.database, run, 0, {"enterprises": 1}, at)
    store_dry_runs.leave(here.database, run, at)
    assert dry_runs.DryRuns(here.parts).round(seconds=60) == 1
    assert counted(here, run).enterprises == 1


def test_a_run_that_cannot_be_counted_is_given_up(here: ItemsHere, monkeypatch: pytest.MonkeyPatch) -> None:
    item = here.write()
    run = here.items(here.writer).StartDryRun(item_id=item.item_id).run_id
    other = here.items(here.writer).StartDryRun(item_id=here.write().item_id).run_id
    real = matching.count_part

    def broken(database: Db, definition: pb.PayoutItemDefinition, *said: Any) -> Any:
        if definition.policy_id == item.working.policy_id:
            raise ValueError("broken")
        return real(database, definition, *said)

    monkeypatch.setattr(matching, "count_part", broken)
    worker = dry_runs.DryRuns(here.parts)
    assert worker.round(seconds=60) == 1  # the other one
    assert (counted(here, run).status, counted(here, other).status) == ("RUNNING", "DONE")
    early = datetime.now(UTC) - dry_runs.GIVE_UP
    store_dry_runs.runs(here.database).collection.update_one({"_id": run}, {"$set": {"state.started_at": early}})
    dry_runs.DryRuns(here.parts).round()
    told = counted(here, run)
    assert (told.status, told.fault) == ("FAILED", "COUNT_FAILED")


def test_a_dry_run_is_for_the_officers_of_its_item_alone(here: ItemsHere) -> None:
    run = here.items(here.writer).StartDryRun(item_id=here.write().item_id).run_id
    for other in (here.stranger, here.elsewhere):
        with refused(grpc.StatusCode.NOT_FOUND):
            here.items(other).GetDryRun(run_id=run)
    for other in (None, person(), here.reviewer, here.finance):
        with refused() as refusal:
            here.items(other).GetDryRun(run_id=run)
        assert refusal.code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
    with refused(grpc.StatusCode.NOT_FOUND):
        here.items(here.writer).GetDryRun(run_id=another())


# -- journals ----------------------------------------------------------------------------------------------------------


def test_the_journals_give_the_states(here: ItemsHere) -> None:
    item = here.open(**GROUP, amount=AMOUNT)
    desk = here.items(here.opener)
    here.write(item.definition.policy_id, item.item_id, standard="再改")
    desk.ReturnPayoutItem(item_id=item.item_id, reason="退回")
    desk.PausePayoutItem(item_id=item.item_id, reason="暂停")
    desk.ResumePayoutItem(item_id=item.item_id)
    here.items(here.writer).StartDryRun(item_id=item.item_id)
    dry_runs.DryRuns(here.parts).round(seconds=60)
    desk.ClosePayoutItem(item_id=item.item_id, reason="结束")
    for kind in (*store_items.records(here.database), *store_dry_runs.records(here.database)):
        (document,) = kind.collection.find({})
        assert kind.drift(document) == []
    assert here.item(item.item_id).status == model_items.CLOSED
