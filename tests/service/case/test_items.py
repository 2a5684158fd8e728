"""Items as case knows them: a case keeps its edition, events of an item may come in any order, and the copy can be compared."""

import itertools
import uuid

import pytest
from google.protobuf.json_format import MessageToDict

from services.case import store_items
from services.catalog import model_life
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, PRECONDITION, Db, hear, status, submit
from tests.support.items import FORM, definition, publish
from tests.support.serving import Here
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog


def test_a_case_keeps_the_edition_it_was_submitted_with(
    case_api: Here, citizen: As, desk: dict[str, As], database: Db, item: str
) -> None:
    case = submit(citizen, item)
    publish(database, definition(materials=[], steps=[]), item, edition=2)
    case_api.servicer.desk.items.refresh()
    seen = citizen.GetCase(case_id=case.id)
    assert (seen.edition, [material.key for material in seen.materials]) == (1, ["application", "plan", "report"])
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图")
    assert citizen.SubmitCase(item_id=item, form=FORM).edition == 2


def test_an_edition_that_is_not_the_present_one_is_refused(
    case_api: Here, citizen: As, database: Db, plain_item: str
) -> None:
    assert citizen.SubmitCase(item_id=plain_item, edition=1).edition == 1
    with refused(PRECONDITION, "ITEM_CHANGED"):
        citizen.SubmitCase(item_id=plain_item, edition=2)


def test_an_item_nobody_has_published_cannot_be_applied_for(citizen: As) -> None:
    with refused(INVALID, "ITEM_UNKNOWN") as refusal:
        citizen.SubmitCase(item_id=str(uuid.uuid4()))
    assert refusal.fields == {"item_id": "ITEM_UNKNOWN"}


def test_item_events_in_any_order_and_twice_leave_the_newest(database: Db) -> None:
    heard = [
        lambda items, id: items.keep(id, 2, 1, definition(name="第一版")),
        lambda items, id: items.suspend(id, 3),
        lambda items, id: items.keep(id, 4, 2, definition(name="第二版")),
        lambda items, id: items.suspend(id, 5),
    ]
    outcomes = set()
    for order in itertools.permutations(range(4)):
        items, id = store_items.Items(database), str(uuid.uuid4())
        for number in [*order, *reversed(order)]:
            heard[number](items, id)
        current = items.current(id)
        assert current is not None, order
        outcomes.add((current.edition, current.suspended, current.definition.name))
        assert [items.edition(id, edition).name for edition in (1, 2)] == ["第一版", "第二版"]  # type: ignore[union-attr]
    assert outcomes == {(2, True, "第二版")}


LIFE = {
    "keep_item": lambda id: events.ItemPublished(item_id=id, edition=1, definition=definition(name="第一版")),
    "suspend_item": lambda id: events.ItemSuspended(item_id=id, reason="系统升级"),
    "resume_item": lambda id: events.ItemResumed(item_id=id, edition=1),
    "withdraw_item": lambda id: events.ItemWithdrawn(item_id=id, reason="已合并"),
}


@pytest.mark.parametrize(
    ("happened", "suspended", "withdrawn"),
    [
        (["keep_item", "suspend_item", "resume_item"], False, False),
        (["keep_item", "suspend_item", "withdraw_item"], True, True),
        (["keep_item", "suspend_item", "resume_item", "withdraw_item"], False, True),
    ],
)
def test_what_case_hears_of_an_items_life_twice_and_in_any_order_leaves_the_newest(
    case_api: Here, happened: list[str], suspended: bool, withdrawn: bool
) -> None:
    for order in itertools.permutations(range(len(happened))):
        id = str(uuid.uuid4())
        for number in [*order, *reversed(order)]:
            hear(case_api, happened[number], LIFE[happened[number]](id), id, number + 1)
        current = store_items.Items(case_api.database).current(id)
        assert current is not None, order
        assert (current.withdrawn, current.suspended and not withdrawn) == (withdrawn, suspended and not withdrawn), (
            order
        )
        assert (current.edition, current.definition.name) == (1, "第一版")


def test_a_resumed_item_takes_applications_again_and_a_withdrawn_one_never_but_its_cases_go_on(
    case_api: Here, citizen: As, desk: dict[str, As], plain_item: str
) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    for seq, (handler, reason) in enumerate(
        (("suspend_item", "ITEM_SUSPENDED"), ("resume_item", ""), ("withdraw_item", "ITEM_WITHDRAWN")), 2
    ):
        hear(case_api, handler, LIFE[handler](plain_item), plain_item, seq)
        case_api.servicer.desk.items.refresh()
        if not reason:
            assert status(citizen.SubmitCase(item_id=plain_item)) == "SUBMITTED"
            continue
        with refused(PRECONDITION, reason):
            citizen.SubmitCase(item_id=plain_item)
    assert status(desk["receive"].AcceptCase(case_id=case.id)) == "IN_REVIEW"


# -- copies ----------------------------------------------------------------------------------------------------------------


def copies(case_api: Here, **asked: int) -> list[catalog.Copy]:
    """All of them, page by page, as anybody may read them."""
    found, token = [], ""
    while True:
        page = case_api.by(None).ListItemCopies(page_token=token, **asked)
        found += page.copies
        token = page.next_page_token
        if not token:
            return found


def test_a_copy_tells_edition_life_and_the_same_digest_as_catalog_has(case_api: Here, database: Db, item: str) -> None:
    items, second = store_items.Items(database), definition(name="第二版", materials=[])
    publish(database, second, item, edition=2)
    gone, waiting = publish(database, definition()), publish(database, definition())
    items.withdraw(gone, 5)
    items.suspend(waiting, 5)
    items.suspend(str(uuid.uuid4()), 9)  # heard before its publication: no copy yet
    found = {one.item_id: one for one in copies(case_api)}
    assert found.keys() == {item, gone, waiting}
    assert (found[item].edition, found[item].live) == (2, True)
    assert not found[gone].live and not found[waiting].live
    assert found[item].digest == model_life.digest(MessageToDict(second))


def test_copies_come_by_id_page_by_page_each_once(case_api: Here, database: Db) -> None:
    ids = sorted(publish(database, definition(name=f"事项{n}")) for n in range(7))
    for size in (1, 3, 7, 100):
        assert [one.item_id for one in copies(case_api, page_size=size)] == ids
