"""Any way an item can go: its journal tells the whole truth, and its editions count from 1 without a gap."""

from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Cause
from chassis.errors import INVALID_ARGUMENT, PERMISSION_DENIED, Refused
from chassis.records import Records, _converter, broken_at
from services.catalog import model, store
from services.catalog.model import Item
from tests.support.actors import officer
from tests.support.items import definition
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as pb

RECORDS: Records[Item] = Records(None, Item, model.EVOLVE, events)  # type: ignore[arg-type]
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
ID = store.item_id("TEST-1")
NAMES = ("公共场所卫生许可", "公共场所卫生许可（新）", "公共场所卫生许可（改）")

walks = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.integers(0, 2)),
        st.tuples(st.just("publish"), st.just(0)),
        st.tuples(st.just("suspend"), st.just(0)),
        st.tuples(st.just("bring"), st.integers(0, 2)),
        st.tuples(st.just("draft"), st.integers(0, 2)),
    ),
    max_size=14,
)


def act(item: Item | None, name: str, which: int) -> Any:
    wanted = definition(name=NAMES[which])
    if name in ("bring", "draft"):
        return model.bring(item, ID, wanted, live=name == "bring")
    if name == "save" or item is None:
        return model.save(item, ID, wanted)
    return model.publish(item) if name == "publish" else model.suspend(item, "停办")


def walk(steps: list[tuple[str, int]]) -> dict[str, Any]:
    """The document after these acts; refused ones and those that change nothing leave no trace."""
    document: dict[str, Any] = {"journal": [], "state": None}
    item: Item | None = None
    for number, (name, which) in enumerate(steps):
        try:
            found = act(item, name, which)
        except Refused:
            continue
        listed = found if isinstance(found, list) else [found] if found else []
        if listed:
            by = model.IMPORTER if name in ("bring", "draft") else "officer:ann"
            version = len(document["journal"])
            head = document["journal"][-1]["digest"] if version else ""
            item, entries = RECORDS._apply(item, listed, Cause(f"c{number}", by), version, head)
            document["journal"] += entries
            document["state"] = _converter.unstructure(item)
    stored: dict[str, Any] = bson.decode(bson.encode(document), OPTIONS)
    return stored


@settings(deadline=None)
@given(walks)
def test_the_journal_replays_to_the_state_as_stored(steps: list[tuple[str, int]]) -> None:
    document = walk(steps)
    if document["journal"]:
        assert broken_at(document["journal"]) is None
        assert RECORDS.drift(document) == []


@settings(deadline=None)
@given(walks)
def test_editions_count_from_one_and_search_shows_the_newest(steps: list[tuple[str, int]]) -> None:
    document = walk(steps)
    published = [entry["data"] for entry in document["journal"] if entry["type"] == "ItemPublished"]
    assert [data["edition"] for data in published] == list(range(1, len(published) + 1))
    if published:
        assert document["state"]["listing"]["name"] == published[-1]["definition"]["name"]
        assert document["state"]["edition"] == len(published)


@settings(deadline=None)
@given(walks, st.integers(0, 2))
def test_the_same_import_twice_writes_nothing_the_second_time(steps: list[tuple[str, int]], which: int) -> None:
    once, twice = walk([*steps, ("bring", which)]), walk([*steps, ("bring", which), ("bring", which)])
    assert len(once["journal"]) == len(twice["journal"])


def after(*steps: tuple[str, int]) -> Item:
    item = RECORDS._structure(walk(list(steps)))
    assert item is not None
    return item


def test_what_is_published_already_is_not_published_again() -> None:
    with pytest.raises(Refused) as refused:
        model.publish(after(("save", 0), ("publish", 0)))
    assert refused.value.reason == "NOTHING_TO_PUBLISH"
    assert model.publish(after(("save", 0), ("publish", 0), ("save", 1))).edition == 2


def test_a_suspended_item_comes_back_by_publishing_and_not_by_an_import() -> None:
    suspended = after(("bring", 0), ("suspend", 0))
    assert model.publish(suspended).edition == 2
    assert model.bring(suspended, ID, definition(name=NAMES[0]), live=True) == []
    changed = model.bring(suspended, ID, definition(name=NAMES[1]), live=True)
    assert [type(event) for event in changed] == [events.ItemSaved]


def test_only_a_published_item_can_be_suspended() -> None:
    for item in (after(("save", 0)), after(("bring", 0), ("suspend", 0))):
        with pytest.raises(Refused) as refused:
            model.suspend(item, "停办")
        assert refused.value.reason == "NOT_PUBLISHED"


def test_the_same_file_again_leaves_what_officers_wrote_since() -> None:
    edited = after(("bring", 0), ("save", 1), ("publish", 0))
    assert model.bring(edited, ID, definition(name=NAMES[0]), live=True) == []
    # The source has changed: now the import is newer.
    assert len(model.bring(edited, ID, definition(name=NAMES[2]), live=True)) == 2


def test_a_source_that_goes_back_is_followed() -> None:
    item = after(("bring", 0), ("bring", 1), ("bring", 0))
    assert (item.definition["name"], item.edition) == (NAMES[0], 3)


def test_a_draft_import_is_published_by_an_import_that_publishes() -> None:
    drafted = after(("draft", 0))
    assert (drafted.status, drafted.edition) == (model.DRAFT, 0)
    assert after(("draft", 0), ("bring", 0)).edition == 1


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
    assert refused is not None and (refused.code, refused.reason) == (INVALID_ARGUMENT, "ITEM_TOO_LARGE")
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
    model.require_region(ann, definition(region="990121101"))
    with pytest.raises(Refused) as refused:
        model.require_region(ann, definition(region="511602"))
    assert refused.value.code == PERMISSION_DENIED


def test_times_of_editions_are_those_of_the_journal() -> None:
    item = after(("bring", 0))
    assert item.published_at is not None and item.published_at <= datetime.now(UTC)
    assert item.listed_at == item.published_at
