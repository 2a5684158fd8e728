"""Who may write items: catalog officers of the region, as long as they are signed in."""

from dataclasses import replace

import grpc
import pytest

from chassis import poll
from chassis.acts import Actor
from chassis.events import Heard
from services.catalog import worker
from tests.support.actors import officer, person, service
from tests.support.calling import refused
from tests.support.catalog_service import ANN, CatalogHere, item
from tests.support.items import PDF
from yiwang.identity.v1.events_pb2 import SessionEnded

AWAY = replace(officer("catalog"), region="511602")


def test_an_officer_of_another_region_neither_sees_nor_writes(catalog: CatalogHere) -> None:
    published, other = catalog.publish(item()), catalog.publish(item(code="OTHER-1"))
    away = catalog.desk(AWAY)
    one = {"item_id": published.id}
    for call in (
        lambda: away.GetItemDraft(**one),
        lambda: away.ReviewItem(**one, version=3),
        lambda: away.ReturnItem(**one, reason="退回"),
        lambda: away.PublishItem(**one),
        lambda: away.SuspendItem(**one, reason="x"),
        lambda: away.ResumeItem(**one),
        lambda: away.WithdrawItem(**one, reason="取消"),
        lambda: away.SplitItem(**one, parts=[{"code": "P-1", "name": "其一"}, {"code": "P-2", "name": "其二"}]),
        lambda: away.MergeItems(item_ids=[published.id, other.id], into={"code": "M-1", "name": "合并"}),
        lambda: away.CompareEditions(**one, **{"from": 1}),
    ):
        with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
            call()
    assert not away.ListDrafts().lines
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        away.SaveItem(definition=item(code="TEST-2"))
    with refused(grpc.StatusCode.NOT_FOUND):  # the code is taken, elsewhere
        away.SaveItem(definition=item(region="511602"))
    assert catalog.journal(published.id) == ["ItemSaved", "ItemReviewed", "ItemPublished"]


@pytest.mark.parametrize("actor", [None, person(), officer("receive", "decide"), service()])
def test_whoever_is_no_catalog_officer_writes_nothing(catalog: CatalogHere, actor: Actor | None) -> None:
    published = catalog.publish(item())
    caller = catalog.desk(actor)
    # No service is taken at its word here.
    unknown = actor in (None, service())
    code = grpc.StatusCode.UNAUTHENTICATED if unknown else grpc.StatusCode.PERMISSION_DENIED
    for call in (
        lambda: caller.SaveItem(definition=item(name="改名")),
        lambda: caller.PublishItem(item_id=published.id),
        lambda: caller.SuspendItem(item_id=published.id, reason="x"),
        lambda: caller.GetItemDraft(item_id=published.id),
        lambda: caller.ReviewItem(item_id=published.id, version=3),
        lambda: caller.WithdrawItem(item_id=published.id, reason="取消"),
        lambda: caller.ListDrafts(),
        lambda: caller.UploadGuideFile(name="a.pdf", content=PDF),
    ):
        with refused(code):
            call()


def test_a_session_that_ended_is_refused(catalog: CatalogHere) -> None:
    event = SessionEnded(session_id=ANN.session, reason="SIGNED_OUT", tokens_end="2999-01-01T00:00:00Z")
    heard = Heard("s.2", "s", 2, "", "2026-11-22T00:00:00Z", event, "catalog.refuse_session", "")
    Worker = worker.build(catalog.parts)
    for _ in range(2):
        Worker().refuse_session(heard)
    poll._once(catalog.parts, catalog.verifier, [], poll.datetime.now(poll.UTC) - poll.OVERLAP)
    with refused(grpc.StatusCode.UNAUTHENTICATED):
        catalog.desk().SaveItem(definition=item())
