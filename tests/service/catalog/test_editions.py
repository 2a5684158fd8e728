"""Editions: every one stays readable, nothing is written or published twice, and what is wrong is named."""

from concurrent.futures import ThreadPoolExecutor

import grpc

from services.catalog import store
from tests.support.actors import person
from tests.support.calling import refused
from tests.support.catalog_service import ANN, BEN, CatalogHere, item
from yiwang.catalog.v1 import service_pb2 as pb


def test_every_edition_stays_readable_and_a_draft_is_not_published(catalog: CatalogHere) -> None:
    first = catalog.publish(item(name="取水许可"))
    assert (first.edition, first.latest_edition, first.status) == (1, 1, pb.ITEM_STATUS_PUBLISHED)
    second = catalog.publish(item(name="取水许可（新）"))
    catalog.desk().SaveItem(definition=item(name="取水许可（再改）"))
    citizen = catalog.by(None)
    assert citizen.GetItem(item_id=first.id).definition.name == "取水许可（新）"
    old = citizen.GetItem(item_id=first.id, edition=1)
    assert (old.definition.name, old.edition, old.latest_edition) == ("取水许可", 1, 2)
    assert old.published_at == first.published_at < second.published_at
    draft = catalog.desk().GetItemDraft(item_id=first.id)
    assert (draft.definition.name, draft.edition, draft.version) == ("取水许可（再改）", 2, 7)
    with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
        citizen.GetItem(item_id=first.id, edition=3)
    assert catalog.journal(first.id) == ["ItemSaved", "ItemReviewed", "ItemPublished"] * 2 + ["ItemSaved"]


def test_what_was_never_published_is_found_by_nobody_but_its_officers(catalog: CatalogHere) -> None:
    saved = catalog.desk().SaveItem(definition=item())
    assert (saved.edition, saved.status, saved.published_at) == (0, pb.ITEM_STATUS_DRAFT, "")
    for actor in (None, person(), ANN):
        with refused(grpc.StatusCode.NOT_FOUND):
            catalog.by(actor).GetItem(item_id=saved.id)
    assert catalog.found("公共场所") == []


def test_the_same_definition_again_writes_nothing_and_is_not_published_twice(catalog: CatalogHere) -> None:
    published = catalog.publish(item())
    assert catalog.desk().SaveItem(definition=item()).version == published.version == 3
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_TO_PUBLISH"):
        catalog.desk().PublishItem(item_id=published.id)


def test_the_same_request_twice_is_one_act_and_with_another_body_none(catalog: CatalogHere) -> None:
    ann = catalog.desk()
    one = ann.SaveItem(request_id="request-1", definition=item())
    assert ann.SaveItem(request_id="request-1", definition=item()) == one
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        ann.SaveItem(request_id="request-1", definition=item(name="另一个名称"))
    catalog.desk(BEN).ReviewItem(item_id=one.id, version=1)
    published = ann.PublishItem(request_id="request-2", item_id=one.id)
    assert ann.PublishItem(request_id="request-2", item_id=one.id) == published


def test_one_code_is_one_item_whoever_saves_it_first(catalog: CatalogHere) -> None:
    def save(number: int) -> str:
        return str(catalog.desk().SaveItem(definition=item(name=f"取水许可{number}")).id)

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(save, range(8)))
    assert ids == {store.item_id("TEST-1")}
    assert catalog.journal(ids.pop()) == ["ItemSaved"] * 8


def test_what_is_wrong_with_a_definition_is_named_by_field(catalog: CatalogHere) -> None:
    material = pb.Material(key="plan", name="平面图", necessity=pb.NECESSITY_REQUIRED)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
        catalog.desk().SaveItem(definition=item(materials=[material, material]))
    assert said.fields == {"definition.materials[1].key": "KEY_TWICE"}
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
        catalog.desk().SaveItem(definition=item(type_code="一"))
    assert list(said.fields) == ["definition.type_code"]
    assert catalog.parts.database["items"].find_one({}) is None
