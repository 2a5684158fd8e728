"""Split and merge: parts take the place of an item, one takes the place of several, by themselves and whatever order it is heard in."""

import itertools
from typing import Any

import grpc
import pytest

from chassis import records
from chassis.errors import NotYet
from chassis.events import Heard
from services.catalog import model, store, worker
from tests.support.calling import refused
from tests.support.catalog_service import ANN, BEN, CatalogHere, item
from yiwang.catalog.v1 import service_pb2 as pb

Code = grpc.StatusCode
PARTS = [{"code": "PART-1", "name": "甲部分许可"}, {"code": "PART-2", "name": "乙部分许可"}]
PART_IDS = [store.item_id(part["code"]) for part in PARTS]


def heard(catalog: CatalogHere, id: str, handler: str, kind: str) -> list[Heard[Any]]:
    """The events of this kind in the item's journal, as a handler hears them."""
    items = store.items(catalog.database)
    return [
        Heard(f"{id}.{entry['seq']}", id, entry["seq"], entry["by"], "", items.event(entry), f"catalog.{handler}", "")
        for entry in items.get(id).journal
        if entry["type"] == kind
    ]


def open_parts(catalog: CatalogHere, id: str) -> None:
    """The handler hears it twice."""
    for event in heard(catalog, id, "open_parts", "ItemSplit") * 2:
        catalog.worker().open_parts(event)


def retire(catalog: CatalogHere, *ids: str) -> None:
    """The handler hears of these publications twice, in this order."""
    for id in ids * 2:
        for event in heard(catalog, id, "retire_predecessors", "ItemPublished"):
            catalog.worker().retire_predecessors(event)


def publish(catalog: CatalogHere, id: str) -> None:
    draft = catalog.desk().GetItemDraft(item_id=id)
    catalog.desk(BEN).ReviewItem(item_id=id, version=draft.version)
    catalog.desk().PublishItem(item_id=id)


def split(catalog: CatalogHere) -> str:
    source = catalog.publish(item()).id
    catalog.desk().SplitItem(item_id=source, parts=PARTS)
    open_parts(catalog, source)
    return source


def test_a_split_opens_a_draft_for_each_part_with_the_definition_it_had(catalog: CatalogHere) -> None:
    source = split(catalog)
    for part, id in zip(PARTS, PART_IDS, strict=True):
        draft = catalog.desk().GetItemDraft(item_id=id)
        assert (draft.definition.code, draft.definition.name) == (part["code"], part["name"])
        assert list(draft.predecessors) == [source] and draft.draft_status == pb.DRAFT_STATUS_WRITTEN
        assert list(draft.definition.materials) == list(item().materials)
        assert catalog.journal(id) == ["ItemSaved"]
    assert catalog.by(None).GetItem(item_id=source).status == pb.ITEM_STATUS_PUBLISHED


@pytest.mark.parametrize("order", list(itertools.permutations(PART_IDS)))
def test_an_item_ends_once_all_its_parts_are_published_whatever_is_heard_first(
    catalog: CatalogHere, order: tuple[str, ...]
) -> None:
    source = split(catalog)
    publish(catalog, PART_IDS[0])
    retire(catalog, PART_IDS[0])
    assert catalog.by(None).GetItem(item_id=source).status == pb.ITEM_STATUS_PUBLISHED
    publish(catalog, PART_IDS[1])
    retire(catalog, *order)
    ended = catalog.by(None).GetItem(item_id=source)
    assert (ended.status, list(ended.successors)) == (pb.ITEM_STATUS_WITHDRAWN, PART_IDS)
    assert catalog.journal(source)[-4:] == ["ItemSplit", "PartPublished", "PartPublished", "ItemWithdrawn"]
    assert list(catalog.by(None).GetItem(item_id=PART_IDS[0]).predecessors) == [source]
    assert catalog.by(None).ListEditions(item_id=source).editions[-1].reason == "拆分为新的事项"


def test_codes_of_parts_are_free_and_different(catalog: CatalogHere) -> None:
    source = catalog.publish(item()).id
    catalog.desk().SaveItem(definition=item(code="PART-2"))
    with refused(Code.INVALID_ARGUMENT, "CODE_TAKEN") as said:
        catalog.desk().SplitItem(item_id=source, parts=PARTS)
    assert said.fields == {"parts[1].code": "CODE_TAKEN"}
    with refused(Code.INVALID_ARGUMENT, "CODE_TWICE"):
        catalog.desk().SplitItem(item_id=source, parts=[PARTS[0], PARTS[0]])
    with refused(Code.INVALID_ARGUMENT, "CODE_TAKEN"):
        catalog.desk().SplitItem(item_id=source, parts=[PARTS[0], {"code": "TEST-1", "name": "还是它"}])
    assert "ItemSplit" not in catalog.journal(source)


def test_an_item_never_published_cannot_be_split(catalog: CatalogHere) -> None:
    draft = catalog.desk().SaveItem(definition=item())
    with refused(Code.FAILED_PRECONDITION, "NOT_PUBLISHED"):
        catalog.desk().SplitItem(item_id=draft.id, parts=PARTS)


def test_a_split_can_be_done_anew_until_a_part_is_published(catalog: CatalogHere) -> None:
    source = split(catalog)
    other = {"code": "PART-3", "name": "丙部分许可"}
    catalog.desk().SplitItem(item_id=source, parts=[PARTS[0], other])
    open_parts(catalog, source)
    publish(catalog, PART_IDS[1])
    retire(catalog, PART_IDS[1])
    assert "PartPublished" not in catalog.journal(source), "a part of the split that was replaced counts no more"
    publish(catalog, PART_IDS[0])
    retire(catalog, PART_IDS[0])
    with refused(Code.FAILED_PRECONDITION, "SPLIT_UNDER_WAY"):
        catalog.desk().SplitItem(item_id=source, parts=PARTS)
    publish(catalog, store.item_id("PART-3"))
    retire(catalog, store.item_id("PART-3"))
    assert list(catalog.by(None).GetItem(item_id=source).successors) == [PART_IDS[0], store.item_id("PART-3")]


def test_a_draft_written_before_its_part_was_opened_becomes_the_part_as_it_stands(catalog: CatalogHere) -> None:
    source = catalog.publish(item()).id
    catalog.desk().SplitItem(item_id=source, parts=PARTS)
    catalog.desk().SaveItem(definition=item(code="PART-1", name="抢先写的"))
    open_parts(catalog, source)
    draft = catalog.desk().GetItemDraft(item_id=PART_IDS[0])
    assert (draft.definition.name, list(draft.predecessors)) == ("抢先写的", [source])
    for id in PART_IDS:
        publish(catalog, id)
    retire(catalog, *PART_IDS)
    assert catalog.by(None).GetItem(item_id=source).status == pb.ITEM_STATUS_WITHDRAWN


def test_an_item_stopped_half_way_through_opening_its_parts_is_finished_by_the_next_delivery(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = catalog.publish(item()).id
    catalog.desk().SplitItem(item_id=source, parts=PARTS)
    (event,) = heard(catalog, source, "open_parts", "ItemSplit")
    write, calls = store.write, itertools.count()

    def dies(*told: Any, **more: Any) -> Any:
        if next(calls) == 1:
            raise OSError("the worker dies")
        return write(*told, **more)

    monkeypatch.setattr(store, "write", dies)
    with pytest.raises(OSError, match="dies"):
        catalog.worker().open_parts(event)
    open_parts(catalog, source)
    assert [catalog.journal(id) for id in PART_IDS] == [["ItemSaved"], ["ItemSaved"]]


def merged(catalog: CatalogHere) -> tuple[str, str, str]:
    licence = pb.Material(key="application", name="营业执照", necessity=pb.NECESSITY_REQUIRED)
    one = catalog.publish(item(code="ONE")).id
    two = catalog.publish(item(code="TWO", materials=[*item().materials[1:], licence])).id
    into = {"code": "INTO", "name": "合并后的许可"}
    draft = catalog.desk().MergeItems(request_id="merge-them", item_ids=[one, two], into=into)
    again = catalog.desk().MergeItems(request_id="merge-them", item_ids=[one, two], into=into)
    assert draft == again
    return one, two, draft.id


def test_a_merger_is_a_draft_with_the_materials_of_all_each_once(catalog: CatalogHere) -> None:
    one, two, into = merged(catalog)
    draft = catalog.desk().GetItemDraft(item_id=into)
    assert (draft.definition.code, draft.definition.name) == ("INTO", "合并后的许可")
    told = [(material.key, material.name) for material in draft.definition.materials]
    assert told == [
        ("application", "申请书"),
        ("plan", "平面图"),
        ("report", "检测报告"),
        ("application_2", "营业执照"),
    ]
    assert list(draft.predecessors) == [one, two]
    assert catalog.by(None).GetItem(item_id=one).status == pb.ITEM_STATUS_PUBLISHED


def test_items_that_were_merged_end_once_the_one_is_published(catalog: CatalogHere) -> None:
    one, two, into = merged(catalog)
    publish(catalog, into)
    retire(catalog, into)
    for id in (one, two):
        ended = catalog.by(None).GetItem(item_id=id)
        assert (ended.status, list(ended.successors), ended.reason) == (
            pb.ITEM_STATUS_WITHDRAWN,
            [into],
            "合并为新的事项",
        )
        assert catalog.journal(id)[-2:] == ["PartPublished", "ItemWithdrawn"]


def test_only_published_items_of_one_department_are_merged_and_under_a_free_code(catalog: CatalogHere) -> None:
    one, draft = catalog.publish(item(code="ONE")).id, catalog.desk().SaveItem(definition=item(code="TWO")).id
    elsewhere = catalog.publish(item(code="ELSE", department=pb.Department(code="OTHER", name="某局"))).id
    into = {"code": "INTO", "name": "合并后的许可"}
    desk = catalog.desk()
    with refused(Code.FAILED_PRECONDITION, "NOT_PUBLISHED"):
        desk.MergeItems(item_ids=[one, draft], into=into)
    with refused(Code.INVALID_ARGUMENT, "DEPARTMENT_DIFFERS") as said:
        desk.MergeItems(item_ids=[one, elsewhere], into=into)
    assert list(said.fields) == ["item_ids[1]"]
    publish(catalog, draft)
    with refused(Code.INVALID_ARGUMENT, "CODE_TAKEN") as said:
        desk.MergeItems(item_ids=[one, draft], into={"code": "ELSE", "name": "合并后的许可"})
    assert list(said.fields) == ["into.code"]
    assert catalog.database["items"].find_one({"_id": store.item_id("INTO")}) is None


def test_a_publication_heard_before_its_predecessor_is_there_waits(catalog: CatalogHere) -> None:
    _, two, into = merged(catalog)
    publish(catalog, into)
    gone = catalog.database["items"].find_one({"_id": two})
    assert gone is not None
    catalog.database["items"].delete_one({"_id": two})
    with pytest.raises(NotYet):
        retire(catalog, into)
    catalog.database["items"].insert_one(gone)
    retire(catalog, into)
    assert catalog.by(None).GetItem(item_id=two).status == pb.ITEM_STATUS_WITHDRAWN


def test_what_handlers_write_is_written_by_the_system_and_not_taken_for_an_import(catalog: CatalogHere) -> None:
    split(catalog)
    part = store.items(catalog.database).get(PART_IDS[0])
    assert part.journal[0]["by"] == model.IMPORTER and part.state.imported == ""
    assert worker.Worker.name == "catalog"


def test_who_ordered_a_split_wrote_its_parts_and_cannot_review_them(catalog: CatalogHere) -> None:
    split(catalog)
    draft = catalog.desk().GetItemDraft(item_id=PART_IDS[0])
    with refused(Code.PERMISSION_DENIED, "WRITER_MAY_NOT_REVIEW"):
        catalog.desk(ANN).ReviewItem(item_id=draft.id, version=draft.version)
    assert (
        catalog.desk(BEN).ReviewItem(item_id=draft.id, version=draft.version).draft_status == pb.DRAFT_STATUS_REVIEWED
    )


def test_an_item_whose_journal_is_full_can_still_be_suspended_and_ended(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = catalog.publish(item())
    monkeypatch.setattr(records, "MAX_ENTRIES", store.ROOM + 3)
    with refused(Code.FAILED_PRECONDITION, "JOURNAL_FULL"):
        catalog.desk().SaveItem(definition=item(name="改名"))
    catalog.desk().SuspendItem(item_id=published.id, reason="停办")
    assert catalog.desk().WithdrawItem(item_id=published.id, reason="取消").status == pb.ITEM_STATUS_WITHDRAWN
