"""Any way an item can go: its journal tells the whole truth, and its editions count from 1 without a gap."""

from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Cause
from chassis.errors import INVALID_ARGUMENT, PERMISSION_DENIED, Refused
from chassis.records import _converter, broken_at
from services.catalog import model, model_life
from services.catalog.model import Item
from tests.support.actors import officer
from tests.support.item_walks import ID, NAMES, RECORDS, Step, walk, walks
from tests.support.items import definition
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as pb


@settings(deadline=None)
@given(walks)
def test_the_journal_replays_to_the_state_as_stored(steps: list[Step]) -> None:
    document = walk(steps).document
    if document["journal"]:
        assert broken_at(document["journal"]) is None
        assert RECORDS.drift(document) == []


@settings(deadline=None)
@given(walks)
def test_editions_count_from_one_and_search_shows_the_newest(steps: list[Step]) -> None:
    document = walk(steps).document
    published = [entry["data"] for entry in document["journal"] if entry["type"] == "ItemPublished"]
    assert [data["edition"] for data in published] == list(range(1, len(published) + 1))
    if published:
        newest = document["state"]["history"][-1]
        assert (newest["facts"]["name"], newest["edition"]) == (published[-1]["definition"]["name"], len(published))
        assert document["state"]["life"]["edition"] == len(published)


@settings(deadline=None)
@given(walks, st.integers(0, 2))
def test_the_same_import_twice_writes_nothing_the_second_time(steps: list[Step], which: int) -> None:
    once, twice = walk([*steps, ("bring", which, 0)]), walk([*steps, ("bring", which, 0), ("bring", which, 0)])
    assert len(once.journal) == len(twice.journal)


def after(*steps: tuple[str, int]) -> Item:
    """After these acts of Ann; a publication is reviewed by Ben first."""
    way: list[Step] = []
    for name, which in steps:
        way += [("review", 0, 1)] if name == "publish" else []
        way.append((name, which, 0))
    item: Item | None = RECORDS._structure(walk(way).document)
    assert item is not None
    return item


def test_a_suspended_item_comes_back_by_an_officer_and_not_by_an_import() -> None:
    suspended = after(("bring", 0), ("suspend", 0))
    assert model.bring(suspended, ID, definition(name=NAMES[0]), live=True) == []
    changed = model.bring(suspended, ID, definition(name=NAMES[1]), live=True)
    assert [type(event) for event in changed] == [events.ItemSaved]
    assert model.resume(suspended).edition == 1


def test_an_import_never_brings_back_what_is_over() -> None:
    over = after(("bring", 0), ("withdraw", 0))
    assert model.bring(over, ID, definition(name=NAMES[1]), live=True) == []


def test_the_same_file_again_leaves_what_officers_wrote_since() -> None:
    edited = after(("bring", 0), ("save", 1), ("publish", 0))
    assert model.bring(edited, ID, definition(name=NAMES[0]), live=True) == []
    # The source has changed: now the import is newer.
    assert len(model.bring(edited, ID, definition(name=NAMES[2]), live=True)) == 2


def test_a_source_that_goes_back_is_followed() -> None:
    item = after(("bring", 0), ("bring", 1), ("bring", 0))
    assert (item.definition["name"], item.life.edition) == (NAMES[0], 3)


def test_a_draft_import_is_published_by_an_import_that_publishes() -> None:
    drafted = after(("draft", 0))
    assert (drafted.life.status, drafted.life.edition) == (model_life.DRAFT, 0)
    assert after(("draft", 0), ("bring", 0)).life.edition == 1


def test_an_item_is_kept_below_a_megabyte_with_all_its_editions() -> None:
    item, refused = after(("save", 0)), None
    document: dict[str, Any] = {"state": None, "journal": []}
    for number in range(300):
        wanted = definition(name=NAMES[0], conditions=f"{number}" + "条件" * 2000)
        try:
            found = model.bring(item, ID, wanted, live=True)
        except Refused as error:
            refused = error
            break
        item, entries = RECORDS._apply(item, found, Cause(f"c{number}", model.IMPORTER), 0, "")
        document["journal"] += entries
        document["state"] = _converter.unstructure(item)
    assert refused is not None and (refused.code, refused.reason) == (INVALID_ARGUMENT, "TOO_LARGE")
    assert len(bson.encode(document)) < 1_000_000


def test_keys_used_twice_and_a_region_that_is_none_are_named() -> None:
    material = pb.Material(key="plan", name="平面图", necessity=pb.NECESSITY_REQUIRED)
    wanted = definition(materials=[material, material], region="012345", name="  ")
    with pytest.raises(Refused) as refused:
        model.save(None, ID, wanted)
    fields = {one.field: one.reason for one in refused.value.violations}
    assert fields == {
        "definition.materials[1].key": "KEY_TWICE",
        "definition.name": "REQUIRED",
        "definition.region": "REGION_UNKNOWN",
    }


def test_a_promise_above_the_law_is_doubtful_but_no_fault() -> None:
    from services.catalog.model_checks import doubts

    wanted = definition(promised_limit=pb.Limit(amount=30, unit=pb.TIME_UNIT_WORKING_DAY))
    assert model.save(None, ID, wanted) is not None
    assert "L101" in {doubt.reason for doubt in doubts(wanted)}


def test_an_officer_writes_only_for_regions_his_covers() -> None:
    ann = officer("catalog")
    model_life.require_region(ann, "990121101")
    with pytest.raises(Refused) as refused:
        model_life.require_region(ann, "511602")
    assert refused.value.code == PERMISSION_DENIED


def test_times_of_editions_are_those_of_the_journal() -> None:
    item = after(("bring", 0))
    at = item.life.published_at
    assert at is not None and at <= datetime.now(UTC)
    assert item.listed_at == at == item.history[0].since
