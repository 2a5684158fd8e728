"""The life of an item, whatever officers, imports and the clock do to it: nothing goes to the public that only its writers have seen."""

from typing import Any

import pytest
from hypothesis import given, settings

from chassis.errors import Refused
from services.catalog import model
from services.catalog import model_life as life
from services.catalog.model import Item
from tests.support.item_walks import NAMES, RECORDS, Step, Walk, living, walk, walks
from yiwang.catalog.v1 import service_pb2 as pb

SAVED, REVIEWED, PUBLISHED = "ItemSaved", "ItemReviewed", "ItemPublished"


def editions(way: Walk) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each publication with what happened since the one before it."""
    found, since = [], list[dict[str, Any]]()
    for entry in way.journal:
        if entry["type"] == PUBLISHED:
            found.append((entry, since))
            since = []
        else:
            since.append(entry)
    return found


@settings(deadline=None)
@given(living)
def test_every_edition_of_officers_was_reviewed_as_it_is_by_somebody_who_wrote_none_of_it(steps: list[Step]) -> None:
    for published, since in editions(walk(steps)):
        if published["by"] == model.IMPORTER:
            continue  # an import answers for what it brings
        kinds = [entry["type"] for entry in since]
        last = max(position for position, kind in enumerate(kinds) if kind == REVIEWED)
        assert SAVED not in kinds[last:] and "ItemReturned" not in kinds[last:]
        writers = {entry["by"] for entry in since[:last] if entry["type"] == SAVED}
        assert writers and since[last]["by"] not in writers
        assert since[last]["data"]["digest"] == life.digest(published["data"]["definition"])


@settings(deadline=None)
@given(walks)
def test_the_status_says_what_the_journal_says(steps: list[Step]) -> None:
    way = walk(steps)
    if way.item is None:
        return
    turns = {
        PUBLISHED: pb.ITEM_STATUS_PUBLISHED,
        "ItemSuspended": pb.ITEM_STATUS_SUSPENDED,
        "ItemResumed": pb.ITEM_STATUS_PUBLISHED,
        "ItemWithdrawn": pb.ITEM_STATUS_WITHDRAWN,
    }
    told = [turns[kind] for kind in way.kinds if kind in turns]
    assert way.item.life.status == (told[-1] if told else pb.ITEM_STATUS_DRAFT)
    assert way.item.life.version == len(way.journal)
    assert [chapter.status for chapter in way.item.history] == (told if PUBLISHED in way.kinds else [])
    assert "ItemWithdrawn" not in way.kinds[:-1], "what is over stays over"


@settings(deadline=None)
@given(walks)
def test_an_item_has_a_day_exactly_while_it_is_scheduled(steps: list[Step]) -> None:
    item = walk(steps).item
    assert item is None or (item.due is not None) == (item.life.draft == life.SCHEDULED)


@settings(deadline=None)
@given(walks)
def test_what_waits_differs_from_what_is_published(steps: list[Step]) -> None:
    item = walk(steps).item
    if item is not None and item.life.status != life.WITHDRAWN:
        same = item.life.digest == item.life.published_digest
        assert (item.life.draft == life.NOTHING) == same


@settings(deadline=None)
@given(walks)
def test_a_split_item_ends_exactly_when_its_last_part_is_published(steps: list[Step]) -> None:
    item = walk(steps).item
    if item is not None and item.parts and set(item.parts) == set(item.parts_published):
        assert item.life.status == life.WITHDRAWN


def after(*steps: Step) -> Item:
    item: Item | None = RECORDS._structure(walk(list(steps)).document)
    assert item is not None
    return item


WRITTEN: Step = ("save", 0, 0)
APPROVED: Step = ("review", 0, 1)
IN_FORCE: tuple[Step, ...] = (WRITTEN, APPROVED, ("publish", 0, 0))


@pytest.mark.parametrize(
    ("steps", "act", "reason"),
    [
        ([WRITTEN], model.publish, "NOT_REVIEWED"),
        ([WRITTEN, APPROVED, ("return", 0, 1)], model.publish, "NOT_REVIEWED"),
        ([WRITTEN, APPROVED, ("save", 1, 0)], model.publish, "NOT_REVIEWED"),
        (IN_FORCE, model.publish, "NOTHING_TO_PUBLISH"),
        (IN_FORCE, model.give_back, "NOTHING_TO_RETURN"),
        (IN_FORCE, model.resume, "NOT_SUSPENDED"),
        ([WRITTEN], model.suspend, "NOT_PUBLISHED"),
        ([*IN_FORCE, ("suspend", 0, 0)], model.suspend, "NOT_PUBLISHED"),
        ([*IN_FORCE, ("withdraw", 0, 0)], model.suspend, "NOT_PUBLISHED"),
        ([*IN_FORCE, ("withdraw", 0, 0)], model.resume, "NOT_SUSPENDED"),
        ([*IN_FORCE, ("withdraw", 0, 0)], model.publish, "WITHDRAWN"),
        ([WRITTEN, ("withdraw", 0, 0)], model.withdraw, "WITHDRAWN"),
    ],
)
def test_what_cannot_be_done_says_why(steps: list[Step], act: Any, reason: str) -> None:
    told = ("再议",) if act in (model.give_back, model.suspend) else ("取消", []) if act is model.withdraw else ()
    with pytest.raises(Refused) as refused:
        act(after(*steps), *told)
    assert refused.value.reason == reason


def test_bringing_back_what_is_published_leaves_nothing_to_review_and_forgets_no_writer() -> None:
    undone = after(*IN_FORCE, ("save", 1, 0), WRITTEN)
    assert (undone.life.draft, undone.life.writers) == (life.NOTHING, ["officer:ann"])
    assert undone.definition["name"] == NAMES[0] and undone.life.edition == 1


def test_a_suspension_takes_the_day_from_what_was_scheduled() -> None:
    halted = after(*IN_FORCE, ("save", 1, 0), APPROVED, ("schedule", 0, 0), ("suspend", 0, 2), ("day", 0, 0))
    assert (halted.life.status, halted.life.draft, halted.due) == (life.SUSPENDED, life.REVIEWED, None)


def test_the_edition_in_force_at_an_instant_is_the_last_that_had_begun() -> None:
    item = after(*IN_FORCE, ("save", 1, 0), APPROVED, ("publish", 0, 0), ("suspend", 0, 0))
    first, second, third = item.history
    assert model.in_force(item, first.since) == first
    assert model.in_force(item, third.since) == third
    assert [first.edition, second.edition, third.edition] == [1, 2, 2]
    assert model.in_force(item, first.since.replace(year=2000)) is None
    assert (first.facts.name, third.facts.name) == (NAMES[0], NAMES[1])
