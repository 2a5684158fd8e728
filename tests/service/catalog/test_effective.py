"""Editions with a day: they come into force by themselves, once, and what was in force on any day stays known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis import store as chassis_store
from services.catalog import instants, worker_items
from standards.workdays import SHANGHAI
from tests.support.calling import refused
from tests.support.catalog_service import BEN, CatalogHere, item
from yiwang.catalog.v1 import service_pb2 as pb

Code = grpc.StatusCode


def ahead(**more: Any) -> str:
    return instants.told(datetime.now(UTC) + timedelta(**more))


def clock(monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    """What the timer takes for the present; whether the clocks agree is looked at by itself."""
    instant = datetime.now(UTC) + timedelta(**more)
    monkeypatch.setattr(worker_items, "now", lambda: instant)


def scheduled(catalog: CatalogHere, effective_from: str, **changes: Any) -> pb.Item:
    reviewed = catalog.reviewed(item(**changes))
    found: pb.Item = catalog.desk().PublishItem(item_id=reviewed.id, effective_from=effective_from)
    return found


def test_a_scheduled_edition_comes_into_force_on_its_day_and_only_once(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = catalog.publish(item())
    when = ahead(days=3)
    waiting = scheduled(catalog, when, name="新的名称")
    assert (waiting.draft_status, waiting.effective_from, waiting.edition) == (pb.DRAFT_STATUS_SCHEDULED, when, 1)
    worker = catalog.worker()
    worker.take_effect()
    assert catalog.by(None).GetItem(item_id=first.id).edition == 1
    clock(monkeypatch, days=3, seconds=1)
    for _ in range(2):
        worker.take_effect()
    shown = catalog.by(None).GetItem(item_id=first.id)
    assert (shown.edition, shown.definition.name) == (2, "新的名称")
    done = catalog.desk().GetItemDraft(item_id=first.id)
    assert (done.draft_status, done.effective_from) == (pb.DRAFT_STATUS_NONE, "")
    assert catalog.journal(first.id)[-2:] == ["ItemScheduled", "ItemPublished"]


def test_nothing_comes_into_force_while_the_clocks_of_worker_and_store_differ(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = scheduled(catalog, ahead(days=3))

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(days=4)

    clock(monkeypatch, days=4)
    with monkeypatch.context() as wrong:
        wrong.setattr(chassis_store, "datetime", Ahead)
        catalog.worker().take_effect()
    assert catalog.journal(waiting.id)[-1] == "ItemScheduled"
    catalog.worker().take_effect()
    assert catalog.journal(waiting.id)[-1] == "ItemPublished"


def test_what_was_sent_back_or_written_again_or_suspended_does_not_come_into_force(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    back, again = scheduled(catalog, ahead(days=1)), scheduled(catalog, ahead(days=1), code="TEST-2")
    halted = catalog.publish(item(code="TEST-3"))
    scheduled(catalog, ahead(days=1), code="TEST-3", name="新的名称")
    catalog.desk(BEN).ReturnItem(item_id=back.id, reason="再议")
    catalog.desk().SaveItem(definition=item(code="TEST-2", name="再改"))
    suspended = catalog.desk().SuspendItem(item_id=halted.id, reason="有争议")
    assert (suspended.draft_status, suspended.effective_from) == (pb.DRAFT_STATUS_REVIEWED, "")
    clock(monkeypatch, days=2)
    catalog.worker().take_effect()
    for one in (back, again):
        assert "ItemPublished" not in catalog.journal(one.id)
    assert catalog.desk().GetItemDraft(item_id=halted.id).status == pb.ITEM_STATUS_SUSPENDED
    # A person may still let it come into force, which ends the suspension.
    assert catalog.desk().PublishItem(item_id=halted.id).status == pb.ITEM_STATUS_PUBLISHED


def test_one_item_that_cannot_be_written_keeps_no_other_from_its_day(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, free = scheduled(catalog, ahead(days=1)), scheduled(catalog, ahead(days=2), code="TEST-2")
    catalog.database["items"].update_one({"_id": stuck.id}, {"$set": {"version": 600}})
    clock(monkeypatch, days=3)
    catalog.worker().take_effect()
    assert catalog.journal(free.id)[-1] == "ItemPublished"


@pytest.mark.parametrize(
    "when",
    [ahead(days=-1), ahead(days=800), "2099-01-01", "morgen", "2030-01-01T00:00:00"],
    ids=["past", "years ahead", "a day years ahead", "no time", "no time zone"],
)
def test_a_day_that_is_past_too_far_or_no_day_is_named(catalog: CatalogHere, when: str) -> None:
    reviewed = catalog.reviewed(item())
    with refused(Code.INVALID_ARGUMENT) as said:
        catalog.desk().PublishItem(item_id=reviewed.id, effective_from=when)
    assert list(said.fields) == ["effective_from"]


def test_a_scheduled_item_can_be_published_at_once_all_the_same(catalog: CatalogHere) -> None:
    waiting = scheduled(catalog, ahead(days=1))
    assert catalog.desk().PublishItem(item_id=waiting.id).edition == 1
    assert catalog.desk().GetItemDraft(item_id=waiting.id).effective_from == ""


def test_what_was_in_force_on_a_day_is_told_for_ever(catalog: CatalogHere) -> None:
    before = instants.told(datetime.now(UTC))
    first = catalog.publish(item())
    between = instants.told(datetime.now(UTC))
    catalog.publish(item(name="新的名称"))
    citizen = catalog.by(None)
    assert citizen.GetItem(item_id=first.id, as_of=between).edition == 1
    today = datetime.now(UTC).astimezone(SHANGHAI).date()
    assert citizen.GetItem(item_id=first.id, as_of=today.isoformat()).edition == 2
    for day in (before, (today - timedelta(days=1)).isoformat()):
        with refused(Code.NOT_FOUND):
            citizen.GetItem(item_id=first.id, as_of=day)
    with refused(Code.INVALID_ARGUMENT, "NOT_WITH_EDITION"):
        citizen.GetItem(item_id=first.id, as_of=between, edition=1)
    catalog.desk().SuspendItem(item_id=first.id, reason="系统升级")
    lines = citizen.ListEditions(item_id=first.id).editions
    told = [(line.edition, line.status, line.name, line.reason) for line in lines]
    assert told == [
        (1, pb.ITEM_STATUS_PUBLISHED, item().name, ""),
        (2, pb.ITEM_STATUS_PUBLISHED, "新的名称", ""),
        (2, pb.ITEM_STATUS_SUSPENDED, "新的名称", "系统升级"),
    ]
    assert [line.until for line in lines] == [getattr(line, "from") for line in lines[1:]] + [""]
