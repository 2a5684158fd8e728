"""What splits and mergers begin with: what was reviewed and is in force, as its standard lets it be."""

from functools import partial
from typing import Any

import grpc
import pytest

from chassis import records
from chassis.acts import Cause
from services.catalog import model, store
from services.catalog.worker import Worker
from tests.service.catalog.test_same_source import event, item, limit, materials, put
from tests.service.catalog.test_succession import PART_IDS, PARTS, heard, open_parts, publish, retire, split
from tests.support import directory
from tests.support.calling import refused
from tests.support.catalog_service import ANN, BEN, CatalogHere
from tests.support.catalog_service import item as sample
from tests.support.directory import at, desk, standard
from yiwang.catalog.v1 import service_pb2 as pb

Code = grpc.StatusCode
COUNTY = "990121"
INTO = {"code": "INTO", "name": "合并后的许可"}


def test_a_split_begins_with_what_is_in_force_so_that_no_writer_reviews_his_draft_elsewhere(
    catalog: CatalogHere,
) -> None:
    source = catalog.publish(sample()).id
    catalog.desk(BEN).SaveItem(definition=sample(conditions="只有本人看过的条件"))
    catalog.desk(ANN).SplitItem(item_id=source, parts=PARTS)
    open_parts(catalog, source)
    for id in PART_IDS:
        assert catalog.desk().GetItemDraft(item_id=id).definition.conditions == sample().conditions


def test_a_merger_begins_with_what_is_in_force_too(catalog: CatalogHere) -> None:
    one, two = (catalog.publish(sample(code=code)).id for code in ("ONE", "TWO"))
    extra = pb.Material(key="own", name="只有本人看过的材料", necessity=pb.NECESSITY_REQUIRED)
    catalog.desk(BEN).SaveItem(definition=sample(code="ONE", conditions="只有本人看过的条件"))
    catalog.desk(BEN).SaveItem(definition=sample(code="TWO", materials=[*sample().materials, extra]))
    draft = catalog.desk(ANN).MergeItems(item_ids=[one, two], into=INTO)
    assert draft.definition.conditions == sample().conditions
    assert list(draft.definition.materials) == list(sample().materials)


def test_what_an_officer_may_no_longer_write_he_may_not_split_or_merge_either(catalog: CatalogHere) -> None:
    one, two = (catalog.publish(sample(code=code)).id for code in ("ONE", "TWO"))
    # The city is about to move the item to another county; what is in force is still the first one's.
    catalog.desk(at("990100")).SaveItem(definition=sample(code="ONE", region="990122"))
    for call in (
        lambda: catalog.desk(at("990122")).SplitItem(item_id=one, parts=PARTS),
        lambda: catalog.desk(at("990122")).MergeItems(item_ids=[one, two], into=INTO),
    ):
        with pytest.raises(grpc.RpcError) as said:
            call()
        assert said.value.code() in (Code.PERMISSION_DENIED, Code.NOT_FOUND)
    assert "ItemSplit" not in catalog.journal(one)


def _saves_as_it_is(catalog: CatalogHere, id: str) -> pb.Item:
    """The officer saves the draft with his own phone number, and nothing is refused."""
    writer = at(COUNTY)
    draft = catalog.desk(writer).GetItemDraft(item_id=id)
    draft.definition.phone = "0990-1111111"
    saved: pb.Item = catalog.desk(writer).SaveItem(definition=draft.definition, version=draft.version)
    return saved


def test_a_merger_under_a_standard_holds_it_and_can_be_written_on(catalog: CatalogHere) -> None:
    one = put(catalog, item(COUNTY, code="ONE", materials=materials("a", "x"))).id
    two = put(catalog, item(COUNTY, code="TWO", base_code="", materials=materials("b", "y"))).id
    entry = directory.publish(catalog, "Entry", standard(promised_limit=limit(8), materials=materials("a", "b")))
    catalog.worker().take_over_standard(event(catalog, entry.id))
    draft = catalog.desk(at(COUNTY)).MergeItems(item_ids=[one, two], into=INTO)
    assert [material.key for material in draft.definition.materials] == ["a", "b"]
    _saves_as_it_is(catalog, draft.id)
    assert store.items(catalog.database).get(draft.id).state.standard == f"{entry.id}/1"


def test_a_part_under_a_standard_holds_it_and_takes_over_the_next(catalog: CatalogHere) -> None:
    entry = directory.publish(catalog, "Entry", standard(promised_limit=limit(10), materials=materials("a", "b")))
    source = put(catalog, item(COUNTY)).id
    catalog.desk(at(COUNTY)).SplitItem(item_id=source, parts=PARTS)
    open_parts(catalog, source)
    assert store.items(catalog.database).get(PART_IDS[0]).state.standard == f"{entry.id}/1"
    directory.publish(catalog, "Entry", standard(promised_limit=limit(12), materials=materials("a", "b")))
    catalog.worker().take_over_standard(event(catalog, entry.id))
    # Ten days were the city's and never the county's own.
    assert _saves_as_it_is(catalog, PART_IDS[0]).definition.promised_limit.amount == 12


def test_a_part_that_was_in_force_before_it_was_opened_counts_all_the_same(catalog: CatalogHere) -> None:
    source = catalog.publish(sample()).id
    catalog.desk().SplitItem(item_id=source, parts=PARTS)
    for part in PARTS:
        catalog.publish(sample(**part))
    retire(catalog, *PART_IDS)
    assert catalog.by(None).GetItem(item_id=source).status == pb.ITEM_STATUS_PUBLISHED
    open_parts(catalog, source)
    ended = catalog.by(None).GetItem(item_id=source)
    assert (ended.status, list(ended.successors)) == (pb.ITEM_STATUS_WITHDRAWN, PART_IDS)
    assert catalog.journal(source)[-3:] == ["PartPublished", "PartPublished", "ItemWithdrawn"]


def test_a_part_that_an_import_publishes_is_heard_of_by_its_source(catalog: CatalogHere) -> None:
    source = split(catalog)
    items = store.items(catalog.database)
    for part, id in zip(PARTS, PART_IDS, strict=True):
        definition = sample(**part, phone="0990-2")
        decide = partial(model.bring, id=id, definition=definition, live=True)
        items.change(id, Cause(f"import/{id}", model.IMPORTER), decide)
    retire(catalog, *PART_IDS)
    assert catalog.by(None).GetItem(item_id=source).status == pb.ITEM_STATUS_WITHDRAWN


def test_a_part_that_ended_before_it_was_published_is_not_waited_for_again(catalog: CatalogHere) -> None:
    source = split(catalog)
    catalog.desk().WithdrawItem(item_id=PART_IDS[1], reason="写错了")
    with refused(Code.INVALID_ARGUMENT, "CODE_TAKEN") as said:
        catalog.desk().SplitItem(item_id=source, parts=PARTS)
    assert list(said.fields) == ["parts[1].code"]


def test_splits_done_anew_do_not_grow_an_item_without_end(catalog: CatalogHere) -> None:
    source = catalog.publish(sample()).id
    items = store.items(catalog.database)
    before = items.get(source).state.life.written
    catalog.desk().SplitItem(item_id=source, parts=PARTS)
    assert items.get(source).state.life.written > before + 500
    catalog.database["items"].update_one({"_id": source}, {"$set": {"state.life.written": 899_900}})
    with refused(Code.INVALID_ARGUMENT, "TOO_LARGE"):
        catalog.desk().SplitItem(item_id=source, parts=PARTS)


def test_what_has_to_end_can_end_whatever_wrote_in_its_journal(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = standard(conditions="旧条件"), standard(conditions="新条件")
    entry = directory.publish(catalog, "Entry", first)
    held = put(catalog, item(COUNTY)).id
    worker: Worker = catalog.worker()
    directory.publish(catalog, "Entry", second)
    version = store.items(catalog.database).get(held).version
    with monkeypatch.context() as patched:
        patched.setattr(records, "MAX_ENTRIES", version + 2)
        worker.take_over_standard(event(catalog, entry.id))
        assert catalog.journal(held)[-1] == "ItemPublished" and len(catalog.journal(held)) == version
        catalog.desk(at(COUNTY)).SuspendItem(item_id=held, reason="停办")
        catalog.desk(at(COUNTY)).WithdrawItem(item_id=held, reason="取消")
    with monkeypatch.context() as patched:
        patched.setattr(records, "MAX_ENTRIES", store.ROOM + 1)
        with refused(Code.FAILED_PRECONDITION, "JOURNAL_FULL"):
            desk(catalog).SaveEntry(definition=standard(conditions="第三版"))
        assert desk(catalog).WithdrawEntry(id=entry.id, reason="取消").status == pb.ITEM_STATUS_WITHDRAWN


def _missed(catalog: CatalogHere, id: str, actor: Any) -> list[str]:
    definition = catalog.desk(actor).GetItemDraft(item_id=id).definition
    found = catalog.desk(actor).LintDefinition(definition=definition).findings
    return [one.message for one in found if one.rule == "STANDARD_MISSED"]


def test_an_officer_sees_that_what_is_in_force_could_not_take_its_standard_over(catalog: CatalogHere) -> None:
    entry = directory.publish(catalog, "Entry", standard(conditions="旧条件"))
    id, actor = put(catalog, item(COUNTY)).id, at(COUNTY)
    assert _missed(catalog, id, actor) == []
    catalog.database["items"].update_one({"_id": id}, {"$set": {"state.life.written": 899_000}})
    directory.publish(catalog, "Entry", standard(conditions="新条件"))
    catalog.worker().take_over_standard(event(catalog, entry.id))
    (message,) = _missed(catalog, id, actor)
    assert directory.OWNER in message and "过大" in message
    catalog.database["items"].update_one({"_id": id}, {"$set": {"state.life.written": 9_000}})
    catalog.worker().retake_standards()
    assert _missed(catalog, id, actor) == []


def _asking(*keys: str) -> list[pb.Question]:
    return [pb.Question(key=key, text=f"问题{key}？", kind=pb.QUESTION_KIND_YES_NO) for key in keys]


def _variant(cel: str) -> list[pb.LimitVariant]:
    found = pb.LimitVariant(promised_limit=limit(1))
    found.when.leaf.id, found.when.leaf.cel = "l", cel
    return [found]


def test_what_the_standard_fills_in_is_no_fault_of_who_left_it_out(catalog: CatalogHere) -> None:
    directory.publish(catalog, "Entry", standard(questions=_asking("rented")))
    wanted = item(COUNTY, limit_variants=_variant("rented"), promised_limit=limit(5))
    found = catalog.desk(at(COUNTY)).LintDefinition(definition=wanted).findings
    assert [one.rule for one in found if not one.hint] == []
    catalog.desk(at(COUNTY)).SaveItem(definition=wanted)


def test_a_draft_that_cannot_hold_the_standard_keeps_it_from_nothing_in_force(catalog: CatalogHere) -> None:
    entry = directory.publish(catalog, "Entry", standard(conditions="旧条件"))
    id, actor = put(catalog, item(COUNTY)).id, at(COUNTY)
    draft = item(COUNTY, questions=_asking("own"), limit_variants=_variant("own"), promised_limit=limit(5))
    catalog.desk(actor).SaveItem(definition=draft)
    directory.publish(catalog, "Entry", standard(conditions="新条件", questions=_asking("rented")))
    for _ in range(2):
        catalog.worker().take_over_standard(event(catalog, entry.id))
    assert catalog.by(None).GetItem(item_id=id).definition.conditions == "新条件"
    assert [one.key for one in catalog.desk(actor).GetItemDraft(item_id=id).definition.questions] == ["own"]
    found = catalog.desk(actor).LintDefinition(definition=draft).findings
    assert "FIELD_OWNED" in {one.rule for one in found}
    assert heard(catalog, id, "x", "ItemPublished")[-1].body.edition == 2


def test_a_source_ended_by_hand_meanwhile_stays_as_it_ended(catalog: CatalogHere) -> None:
    source = split(catalog)
    catalog.desk().WithdrawItem(item_id=source, reason="人工取消")
    for id in PART_IDS:
        publish(catalog, id)
    retire(catalog, *PART_IDS)
    assert catalog.journal(source)[-1] == "ItemWithdrawn" and catalog.journal(source).count("ItemWithdrawn") == 1
