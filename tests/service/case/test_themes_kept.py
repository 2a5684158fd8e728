"""Themes as case knows them: their events may come in any order, every edition stays, and an application keeps its own."""

import itertools
import uuid

import pytest

from services.case import store_themes
from tests.support.bundles import OneThing, part, publish_theme
from tests.support.calling import As, refused
from tests.support.case_service import PRECONDITION, Db, hear
from tests.support.items import definition, publish
from tests.support.serving import Here
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import themes_pb2


def published(id: str, edition: int) -> events.ThemePublished:
    told = themes_pb2.ThemeDefinition(code="T", region="990121", name=f"第{edition}版", items=[part("a")])
    return events.ThemePublished(theme_id=id, definition=told, edition=edition)


def test_theme_events_in_any_order_and_twice_leave_the_newest(case_api: Here, database: Db) -> None:
    themes, outcomes = store_themes.Themes(database), set()
    for order in itertools.permutations(range(3)):
        id = str(uuid.uuid4())
        heard = [
            ("keep_theme", published(id, 1), 2),
            ("keep_theme", published(id, 2), 5),
            ("withdraw_theme", events.ThemeWithdrawn(theme_id=id, reason="不再办理"), 6),
        ]
        for number in [*order, *reversed(order)]:
            handler, event, seq = heard[number]
            hear(case_api, handler, event, id, seq)
        current = themes.current(id)
        assert current is not None, order
        outcomes.add((current.edition, current.withdrawn, current.definition.name))
        assert [themes.edition(id, one).name for one in (1, 2)] == ["第1版", "第2版"]  # type: ignore[union-attr]
    assert outcomes == {(2, True, "第2版")}


def test_a_theme_that_was_only_withdrawn_so_far_cannot_be_applied_for(database: Db) -> None:
    themes, id = store_themes.Themes(database), str(uuid.uuid4())
    themes.withdraw(id, 3)
    assert themes.current(id) is None and themes.edition(id, 1) is None


def test_an_application_keeps_the_edition_it_was_made_for(case_api: Here, citizen: As, database: Db) -> None:
    thing = OneThing(case_api, citizen)
    theme = thing.theme(part("a"), part("b", "a"))
    id = thing.submit(theme).id
    publish_theme(database, part("a"), id=theme, edition=2, name="新版一件事")
    thing.run(id)
    thing.decide(id, "a")
    seen = thing.run(id)
    assert (seen.edition, seen.theme_name) == (1, "开办餐馆一件事")
    assert [one.key for one in seen.branches if one.case_id] == ["a", "b"]
    assert thing.submit(theme, edition=2).theme_name == "新版一件事"
    store_themes.Themes(database).withdraw(theme, 9)
    with refused(PRECONDITION, "THEME_WITHDRAWN"):
        thing.submit(theme)
    thing.decide(id, "b")
    assert thing.run(id).well == 2, "what is under way goes on"


@pytest.mark.parametrize("first", ["suspended", "published"])
def test_an_item_is_found_by_its_code_whatever_was_heard_of_it_first(case_api: Here, database: Db, first: str) -> None:
    items, id = case_api.servicer.desk.items, str(uuid.uuid4())
    assert items.by_code("LATE") is None
    if first == "suspended":
        items.suspend(id, 9)
    publish(database, definition(code="LATE"), id, 2)
    assert items.by_code("LATE") == id
