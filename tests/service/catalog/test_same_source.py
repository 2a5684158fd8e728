"""One source (服务同源): a city's standard holds in its counties, only its owner may say otherwise, and a changed standard reaches every
item at once."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from chassis.acts import Cause
from chassis.errors import NotYet
from services.case import store_items
from services.catalog import model, store, store_directory, worker_directory
from services.catalog.model_life import digest
from services.catalog.model_take_over import Change
from services.catalog.worker import Worker
from tests.support.calling import refused
from tests.support.catalog_service import CatalogHere
from tests.support.catalog_service import item as sample
from tests.support.directory import BASE, OWNER, at, desk, entry, heard, publish, standard
from yiwang.catalog.v1 import service_pb2 as pb

Code = grpc.StatusCode
COUNTIES = ("990121", "990122", "990123")
WRITERS = {region: (at(region), at(region)) for region in COUNTIES}
DAYS = pb.TIME_UNIT_WORKING_DAY


def item(region: str, **changes: Any) -> pb.ItemDefinition:
    """A county's item of the entry; what the city fixes is left out."""
    own = {"code": f"ITEM-{region}", "region": region, "base_code": BASE}
    return sample(**(own | {"promised_limit": None, "materials": [], "conditions": ""} | changes))


def put(catalog: CatalogHere, definition: pb.ItemDefinition) -> pb.Item:
    """Written and reviewed in its county, and in force."""
    writer, reviewer = WRITERS[definition.region]
    saved = catalog.desk(writer).SaveItem(definition=definition)
    catalog.desk(reviewer).ReviewItem(item_id=saved.id, version=saved.version)
    published: pb.Item = catalog.desk(writer).PublishItem(item_id=saved.id)
    return published


def materials(*keys: str) -> list[pb.Material]:
    return [pb.Material(key=key, name=f"材料{key}", necessity=pb.NECESSITY_REQUIRED) for key in keys]


def limit(amount: int) -> pb.Limit:
    return pb.Limit(amount=amount, unit=DAYS)


FIRST = standard(conditions="旧条件", promised_limit=limit(10), materials=materials("a", "b"))
SECOND = standard(conditions="新条件", promised_limit=limit(8), materials=materials("a", "b", "c"))


def event(catalog: CatalogHere, id: str, edition: int = 0) -> Any:
    """EntryPublished as the worker hears it: the newest, or the edition told."""
    entries = store_directory.entries(catalog.database)
    return heard(entries, id, "EntryPublished", "catalog.take_over_standard", edition - 1)


def in_force(catalog: CatalogHere, region: str) -> pb.ItemDefinition:
    found: pb.Item = catalog.by(None).GetItem(item_id=store.item_id(f"ITEM-{region}"))
    return found.definition


def told(definition: pb.ItemDefinition) -> tuple[str, int, list[str]]:
    return definition.conditions, definition.promised_limit.amount, [one.key for one in definition.materials]


def versions(catalog: CatalogHere) -> list[tuple[str, int]]:
    return sorted((one["_id"], one["version"]) for one in catalog.database["items"].find({}, {"version": 1}))


@pytest.fixture
def city(catalog: CatalogHere) -> Iterator[CatalogHere]:
    """A city with a standard, and three counties: one as the city, one with a promise of its own, one that does without a material."""
    publish(catalog, "Entry", FIRST)
    put(catalog, item("990121"))
    put(catalog, item("990122", promised_limit=limit(5)))
    put(catalog, item("990123", materials=materials("a")))
    yield catalog


def test_a_county_leaves_out_what_the_city_says_and_publishes_it_all_the_same(city: CatalogHere) -> None:
    assert told(in_force(city, "990121")) == ("旧条件", 10, ["a", "b"])
    assert told(in_force(city, "990122")) == ("旧条件", 5, ["a", "b"])
    assert told(in_force(city, "990123")) == ("旧条件", 10, ["a"])


def test_a_county_that_says_otherwise_is_refused_with_the_owner_named_and_writes_nothing(city: CatalogHere) -> None:
    before = versions(city)
    writer, _ = WRITERS["990121"]
    wrong = item("990121", conditions="本县条件", promised_limit=limit(15), materials=materials("a", "d"))
    with refused(Code.PERMISSION_DENIED, "FIELD_OWNED") as said:
        city.desk(writer).SaveItem(definition=wrong)
    assert set(said.fields) == {"definition.conditions", "definition.promised_limit", "definition.materials[1]"}
    assert all(OWNER in message for message in said.messages.values())
    assert versions(city) == before
    linted = city.desk(writer).LintDefinition(definition=wrong)
    assert linted.owned == {"conditions": OWNER, "materials": OWNER}
    assert {"conditions", "promised_limit", "materials[1]"} <= {
        one.field for one in linted.findings if one.rule == "FIELD_OWNED"
    }


def test_a_changed_standard_reaches_every_county_and_leaves_what_is_its_own(city: CatalogHere) -> None:
    changed = publish(city, "Entry", SECOND)
    heard = event(city, changed.id)
    began = time.monotonic()
    city.worker().take_over_standard(heard)
    # Visible in every channel: the guide, the list of editions, search, and case's own copy.
    for region, expected in (
        ("990121", ("新条件", 8, ["a", "b", "c"])),
        ("990122", ("新条件", 5, ["a", "b", "c"])),
        ("990123", ("新条件", 8, ["a", "c"])),
    ):
        id = store.item_id(f"ITEM-{region}")
        assert told(in_force(city, region)) == expected
        shown = city.by(None).GetItem(item_id=id)
        assert (shown.edition, shown.status) == (2, pb.ITEM_STATUS_PUBLISHED)
        assert told(_kept_by_case(city, id)) == expected
    city.poll()
    found = city.by(None).SearchItems(query="公共场所").hits
    assert {one.region: (one.edition, one.promised_limit.amount) for one in found} == {
        "990121": (2, 8),
        "990122": (2, 5),
        "990123": (2, 8),
    }
    assert time.monotonic() - began < 5
    for region in COUNTIES:
        journal = city.journal(store.item_id(f"ITEM-{region}"))
        assert journal == ["ItemSaved", "ItemReviewed", "ItemPublished", "ItemSaved", "ItemPublished"]


def _kept_by_case(city: CatalogHere, id: str) -> pb.ItemDefinition:
    """What case has of an item once it heard of its newest edition."""
    told = heard(store.items(city.database), id, "ItemPublished", "case.keep_item")
    kept = store_items.Items(city.database)
    kept.keep(id, told.seq, told.body.edition, told.body.definition)
    found = kept.current(id)
    assert found is not None
    return found.definition


def test_the_same_standard_heard_twice_and_backwards_is_taken_over_once(city: CatalogHere) -> None:
    id = store_directory.entry_id(BASE)
    publish(city, "Entry", SECOND)
    city.worker().take_over_standard(event(city, id))
    after = versions(city)
    for edition in (2, 1, 1, 2):
        city.worker().take_over_standard(event(city, id, edition))
    assert versions(city) == after
    assert told(in_force(city, "990121")) == ("新条件", 8, ["a", "b", "c"])


def test_an_older_edition_heard_first_takes_over_what_is_in_force(city: CatalogHere) -> None:
    id = store_directory.entry_id(BASE)
    publish(city, "Entry", SECOND)
    publish(city, "Entry", standard(conditions="第三版", promised_limit=limit(9), materials=materials("a")))
    for edition in (2, 3):
        city.worker().take_over_standard(event(city, id, edition))
    assert told(in_force(city, "990121")) == ("第三版", 9, ["a"])
    assert told(in_force(city, "990122")) == ("第三版", 5, ["a"])
    assert in_force(city, "990121").promised_limit.amount == 9


def test_a_worker_that_dies_half_way_is_finished_by_the_next(
    city: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    real, calls = worker_directory._take_over, itertools.count()

    def dies(*arguments: Any) -> None:
        if next(calls) == 2:
            raise Killed
        real(*arguments)

    changed = publish(city, "Entry", SECOND)
    heard = event(city, changed.id)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(worker_directory, "_take_over", dies)
        city.worker().take_over_standard(heard)
    done = [region for region in COUNTIES if in_force(city, region).conditions == "新条件"]
    assert len(done) == 2
    city.worker().take_over_standard(heard)
    assert {in_force(city, region).conditions for region in COUNTIES} == {"新条件"}
    assert {version for _, version in versions(city)} == {5}


def test_a_draft_of_a_county_stays_a_draft_takes_the_standard_and_needs_its_review(city: CatalogHere) -> None:
    writer, reviewer = WRITERS["990122"]
    id = store.item_id("ITEM-990122")
    draft = item("990122", promised_limit=limit(3), phone="0990-7654321")
    saved = city.desk(writer).SaveItem(definition=draft)
    city.desk(reviewer).ReviewItem(item_id=id, version=saved.version)
    city.worker().take_over_standard(event(city, publish(city, "Entry", SECOND).id))
    assert told(in_force(city, "990122")) == ("新条件", 5, ["a", "b", "c"])
    working = city.desk(writer).GetItemDraft(item_id=id)
    assert told(working.definition) == ("新条件", 3, ["a", "b", "c"])
    assert (working.definition.phone, working.draft_status) == ("0990-7654321", pb.DRAFT_STATUS_WRITTEN)
    with refused(Code.FAILED_PRECONDITION, "NOT_REVIEWED"):
        city.desk(writer).PublishItem(item_id=id)
    city.desk(reviewer).ReviewItem(item_id=id, version=working.version)
    city.desk(writer).PublishItem(item_id=id)
    assert told(in_force(city, "990122")) == ("新条件", 3, ["a", "b", "c"])


def test_a_scheduled_draft_that_the_standard_does_not_touch_keeps_its_day(city: CatalogHere) -> None:
    writer, reviewer = WRITERS["990123"]
    id = store.item_id("ITEM-990123")
    other = item("990123", base_code="990112001000", materials=materials("z"))
    saved = city.desk(writer).SaveItem(definition=other)
    city.desk(reviewer).ReviewItem(item_id=id, version=saved.version)
    waiting = city.desk(writer).PublishItem(item_id=id, effective_from="2027-06-01")
    city.worker().take_over_standard(event(city, publish(city, "Entry", SECOND).id))
    assert in_force(city, "990123").conditions == "新条件"
    still = city.desk(writer).GetItemDraft(item_id=id)
    assert (still.draft_status, still.effective_from) == (pb.DRAFT_STATUS_SCHEDULED, waiting.effective_from)


def test_a_suspended_item_is_not_brought_back_and_catches_up_when_it_is_resumed(city: CatalogHere) -> None:
    writer, _ = WRITERS["990121"]
    id = store.item_id("ITEM-990121")
    city.desk(writer).SuspendItem(item_id=id, reason="系统升级")
    city.worker().take_over_standard(event(city, publish(city, "Entry", SECOND).id))
    assert city.by(None).GetItem(item_id=id).status == pb.ITEM_STATUS_SUSPENDED
    assert in_force(city, "990121").conditions == "旧条件"
    city.desk(writer).ResumeItem(item_id=id)
    resumed = heard(store.items(city.database), id, "ItemResumed", "catalog.take_over_resumed")
    for _ in range(2):
        city.worker().take_over_resumed(resumed)
    shown = city.by(None).GetItem(item_id=id)
    assert (told(shown.definition), shown.edition) == (("新条件", 8, ["a", "b", "c"]), 2)
    assert city.desk(writer).GetItemDraft(item_id=id).draft_status == pb.DRAFT_STATUS_NONE


def test_items_that_were_there_before_their_standard_take_it_over(catalog: CatalogHere) -> None:
    put(catalog, item("990121", promised_limit=limit(20), conditions="县里的条件", materials=materials("a", "x")))
    put(catalog, item("990122", base_code="000112349000", conditions="别的事项"))
    changed = publish(catalog, "Entry", FIRST)
    catalog.worker().take_over_standard(event(catalog, changed.id))
    assert told(in_force(catalog, "990121")) == ("旧条件", 10, ["a"])
    assert in_force(catalog, "990122").conditions == "别的事项"


def test_the_nearest_owner_counts_and_former_codes_do_too(catalog: CatalogHere) -> None:
    def holds(region: str, code: str = BASE) -> str:
        found = store_directory.standard_for(catalog.database, code, region)
        return found.entry.standard.conditions if found else ""

    province, prefect = at("990000"), at("990000")
    whole = entry(region="990000", owner_name="某省", standard=pb.ItemDefinition(conditions="省"))
    publish(catalog, "Entry", whole, province, prefect)
    assert (holds("990121"), holds("110101"), holds("990121", "other")) == ("省", "", "")
    nearer = standard(conditions="市")
    nearer.code = "CITY-1"
    nearer.former_codes.append(BASE)
    mine = publish(catalog, "Entry", nearer)
    assert (holds("990121"), holds("990221"), holds("990121", "CITY-1")) == ("市", "省", "市")
    # What is in the item's own code counts where it states none.
    code = f"{'1' * 18}4{BASE}01"
    definition = item("990121", code=code, base_code="")
    found = store_directory.standard_of(catalog.database, definition)
    assert found is not None and found.name == f"{mine.id}/1"
    desk(catalog).WithdrawEntry(id=mine.id, reason="取消")
    assert holds("990121") == "省"


def test_a_county_cannot_take_a_code_of_its_city_for_an_entry_of_its_own(city: CatalogHere) -> None:
    own = entry(code="COUNTY-1", region="990121", owner_name="某县", former_codes=[BASE])
    with refused(grpc.StatusCode.PERMISSION_DENIED, "CODE_OWNED") as said:
        desk(city, at("990121")).SaveEntry(definition=own)
    assert list(said.fields) == ["definition.former_codes"]
    del own.former_codes[:]
    assert desk(city, at("990121")).SaveEntry(definition=own).definition.code == "COUNTY-1"


def test_an_item_that_cannot_take_it_over_keeps_no_other_from_it(
    city: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = store.item_id("ITEM-990121")
    city.database["items"].update_one({"_id": full}, {"$set": {"state.life.written": 899_000}})
    city.worker().take_over_standard(event(city, publish(city, "Entry", SECOND).id))
    assert {region: in_force(city, region).conditions for region in COUNTIES} == {
        "990121": "旧条件",
        "990122": "新条件",
        "990123": "新条件",
    }


def test_an_item_saved_while_the_standard_changed_is_found_by_a_later_look(city: CatalogHere) -> None:
    worker: Worker = city.worker()
    worker.take_over_standard(event(city, publish(city, "Entry", SECOND).id))
    late = item(
        "990121", code="ITEM-LATE", conditions="旧条件", promised_limit=limit(10), materials=materials("a", "b")
    )
    id = store.item_id(late.code)
    written = model.saved(id, late, standard=f"{store_directory.entry_id(BASE)}/1")
    store.items(city.database).create(Cause("late", "officer:late"), lambda _: written, id)
    before = versions(city)
    worker.retake_standards()
    assert told(city.desk(WRITERS["990121"][0]).GetItemDraft(item_id=id).definition) == ("新条件", 8, ["a", "b", "c"])
    assert [one for one in versions(city) if one not in before] == [(id, 2)]


def test_an_event_before_its_entry_waits(catalog: CatalogHere) -> None:
    saved = publish(catalog, "Entry", FIRST)
    early = event(catalog, saved.id)
    early.body.entry_id = store_directory.entry_id("not here yet")
    with pytest.raises(NotYet):
        catalog.worker().take_over_standard(early)


def test_an_import_of_the_same_file_leaves_what_a_standard_and_officers_wrote_since(city: CatalogHere) -> None:
    # As the import brings it: merged, with the digest of what the file has.
    raw = item("990121", phone="0990-1")
    held = store_directory.standard_of(city.database, raw)
    assert held is not None
    items, id = store.items(city.database), store.item_id(raw.code)

    def bring(cause: str) -> None:
        now = store_directory.standard_of(city.database, raw)
        assert now is not None
        merged = Change(raw, None, now.entry, now.name).result
        source = digest({"file": "1"})
        items.change(
            id, Cause(cause, model.IMPORTER), lambda one: model.bring(one, id, merged, True, now.name, source) or None
        )

    bring("first")
    writer, _ = WRITERS["990121"]
    city.desk(writer).SaveItem(definition=item("990121", phone="0990-2"))
    city.worker().take_over_standard(event(city, publish(city, "Entry", SECOND).id))
    bring("again")
    assert in_force(city, "990121").phone == "0990-1"
    working = city.desk(writer).GetItemDraft(item_id=id)
    assert (working.definition.phone, working.definition.conditions) == ("0990-2", "新条件")


def test_a_standard_ends_at_its_owners_border(city: CatalogHere) -> None:
    elsewhere = item("990221", conditions="别的市的条件", promised_limit=limit(30), materials=materials("z"))
    saved = city.desk(at("990221")).SaveItem(definition=elsewhere)
    city.worker().take_over_standard(event(city, publish(city, "Entry", SECOND).id))
    still = city.desk(at("990221")).GetItemDraft(item_id=saved.id)
    assert (still.version, told(still.definition)) == (saved.version, ("别的市的条件", 30, ["z"]))
