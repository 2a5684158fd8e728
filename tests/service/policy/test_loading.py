"""Loading: the sample stands as officers and departments would have brought it, once, and touches nothing of theirs."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chassis.records import Records
from services.policy import loading, sampling, store_enterprises, store_items, store_policies
from tests.support.policy_items import Db, ItemsHere, items_here
from tests.support.policy_sample import FILES, PAID, POLICIES, ROWS, SERVICES
from yiwang.policy.v1 import items_pb2, service_pb2

SAMPLE = [str(SERVICES / f"policy/sample/{name}.json") for name in FILES]
ENTERPRISES = 6
KEY = "sf-disabled"
POLICY, ITEM = POLICIES["sf-jobs"], ROWS[KEY]


@pytest.fixture
def here(database: Db) -> Iterator[ItemsHere]:
    with items_here(database) as one:
        yield one


def kept(here: ItemsHere) -> dict[str, int]:
    """Every record with its version, and every enterprise with its changes."""
    all: list[Records[Any]] = [store_policies.policies(here.database), store_items.items(here.database)]
    all.append(store_enterprises.sheets(here.database))
    found = {row["_id"]: row["version"] for one in all for row in one.collection.find({}, {"version": 1})}
    return found | {row["_id"]: row["rev"] for row in here.database[store_enterprises.COLLECTION].find({}, {"rev": 1})}


def file(folder: Path, **rows: Any) -> str:
    """A file with a policy, one item of it, and nothing else but what is told."""
    path = folder / "own.json"
    path.write_text(json.dumps({"policies": [POLICY], "items": [ITEM]} | rows))
    return str(path)


def test_the_sample_is_open_to_everybody_and_loading_it_again_changes_nothing(
    here: ItemsHere, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = len(POLICIES) + len(ROWS) + len(FILES["county"]["enterprises"]) + ENTERPRISES
    loading.main(here.parts, [*SAMPLE, "--enterprises", str(ENTERPRISES)])
    assert f"{rows} rows loaded, 0 there already, 0 refused" in capsys.readouterr().err
    policies = here.policies(None).ListPolicies(page_size=100).policies
    assert {one.policy_id for one in policies} == {loading.policy_id(key) for key in POLICIES}
    assert {one.status for one in policies} == {service_pb2.POLICY_STATUS_PUBLISHED}
    items = here.items(None).ListPayoutItems(page_size=100).items
    assert {one.item_id: one.payable for one in items} == {loading.item_id(key): key in PAID for key in ROWS}
    assert {one.status for one in items} == {items_pb2.PAYOUT_ITEM_STATUS_OPEN}
    for one in sampling.enterprises(ENTERPRISES):
        facts = store_enterprises.facts_of(here.database, one.uscc)
        told = {"name": one.name, "region": one.region, **one.facts}
        assert {name: fact.value for name, fact in facts.items()} == told
    before = kept(here)
    loading.main(here.parts, [*SAMPLE, "--enterprises", str(ENTERPRISES)])
    assert f"0 rows loaded, {rows} there already, 0 refused" in capsys.readouterr().err
    assert kept(here) == before


def test_a_draft_waits_for_officers_and_a_later_run_makes_it_public(here: ItemsHere, tmp_path: Path) -> None:
    loading.main(here.parts, ["--draft", file(tmp_path)])
    assert not here.policies(None).ListPolicies().policies and not here.items(None).ListPayoutItems().items
    # As after a run that died half way, too.
    loading.main(here.parts, [file(tmp_path)])
    assert here.policies(None).GetPolicy(policy_id=loading.policy_id(POLICY["key"])).edition == 1
    assert here.items(None).GetPayoutItem(item_id=loading.item_id(KEY)).edition == 1


def test_what_officers_made_of_it_stays(here: ItemsHere, tmp_path: Path) -> None:
    loading.main(here.parts, [file(tmp_path)])
    officer = replace(here.writer, department=POLICY["department"])
    item = here.items(officer).GetPayoutItem(item_id=loading.item_id(KEY))
    item.definition.standard = "每半年每人5000元"
    saved = here.items(officer).SavePayoutItem(item_id=item.item_id, definition=item.definition)
    before = kept(here)
    loading.main(here.parts, [file(tmp_path)])
    assert kept(here) == before
    again = here.items(officer).GetPayoutItem(item_id=item.item_id)
    assert (again.edition, again.working) == (1, saved.working)


def test_a_fact_that_is_another_in_the_file_is_told_anew(here: ItemsHere, tmp_path: Path) -> None:
    row = copy.deepcopy(FILES["county"]["enterprises"][0])
    loading.main(here.parts, [file(tmp_path, enterprises=[row])])
    row["facts"]["new_graduates"] += 1
    loading.main(here.parts, [file(tmp_path, enterprises=[row])])
    assert (
        store_enterprises.facts_of(here.database, row["uscc"])["new_graduates"].value == row["facts"]["new_graduates"]
    )


def test_bad_rows_are_named_and_the_good_ones_kept(
    here: ItemsHere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = copy.deepcopy(ITEM) | {"key": "broken"}
    broken["definition"]["amount"]["cel"] = "disabled_staff * bonus_fen"
    orphan = copy.deepcopy(ITEM) | {"key": "orphan", "policy": "nobody"}
    person = copy.deepcopy(FILES["county"]["enterprises"][0])
    person["facts"] |= {"park": "联系人手机13800138000", "employees": "many", "wages": 1}
    rows = {"items": [ITEM, broken, orphan, {"key": "empty"}], "enterprises": [person]}
    loading.main(here.parts, [file(tmp_path, **rows)])
    told = capsys.readouterr().err
    for words in (
        "items[2] definition.amount.cel FACT_UNKNOWN",
        "items[3] definition.policy_id POLICY_UNKNOWN",
        "items[4]  MALFORMED",
        *("PERSONAL_DATA", "WRONG_TYPE", "FACT_UNKNOWN"),
        "2 rows loaded, 0 there already, 4 refused",
    ):
        assert words in told
    assert "13800138000" not in told
    assert len(here.items(None).ListPayoutItems().items) == 1


@pytest.mark.parametrize("content", ["[]", "{", '{"people": []}'])
def test_a_file_of_another_kind_is_not_loaded(here: ItemsHere, tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(SystemExit):
        loading.main(here.parts, [str(path)])
    assert kept(here) == {}
