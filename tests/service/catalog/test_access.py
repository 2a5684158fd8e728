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
from yiwang.identity.v1.events_pb2 import SessionEnded

AWAY = replace(officer("catalog"), region="511602")


def test_an_officer_of_another_region_neither_sees_nor_writes(catalog: CatalogHere) -> None:
    published, away = catalog.publish(item()), catalog.by(AWAY)
    for call in (away.GetItemDraft, away.PublishItem, lambda item_id: away.SuspendItem(item_id=item_id, reason="x")):
        with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
            call(item_id=published.id)
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        away.SaveItem(definition=item(code="TEST-2"))
    with refused(grpc.StatusCode.NOT_FOUND):  # the code is taken, elsewhere
        away.SaveItem(definition=item(region="511602"))
    assert catalog.journal(published.id) == ["ItemSaved", "ItemPublished"]


@pytest.mark.parametrize("actor", [None, person(), officer("receive", "decide"), service()])
def test_whoever_is_no_catalog_officer_writes_nothing(catalog: CatalogHere, actor: Actor | None) -> None:
    published = catalog.publish(item())
    caller = catalog.by(actor)
    code = grpc.StatusCode.PERMISSION_DENIED if actor else grpc.StatusCode.UNAUTHENTICATED
    for call in (
        lambda: caller.SaveItem(definition=item(name="改名")),
        lambda: caller.PublishItem(item_id=published.id),
        lambda: caller.SuspendItem(item_id=published.id, reason="x"),
        lambda: caller.GetItemDraft(item_id=published.id),
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
        catalog.by(ANN).SaveItem(definition=item())
