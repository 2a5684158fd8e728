"""Items as case knows them: a case keeps its edition, and events of an item may come in any order."""

import itertools
import uuid

from services.case import store_items
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, PRECONDITION, Db, submit
from tests.support.items import FORM, definition, publish
from tests.support.serving import Here


def test_a_case_keeps_the_edition_it_was_submitted_with(
    case_api: Here, citizen: As, desk: dict[str, As], database: Db, item: str
) -> None:
    case = submit(citizen, item)
    publish(database, definition(materials=[], steps=[]), item, edition=2)
    case_api.servicer.items.refresh()
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
