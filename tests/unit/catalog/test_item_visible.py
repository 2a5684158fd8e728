"""Which items an officer may write: the filter of every read and the predicate are the same rule."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import ANONYMOUS, OFFICER, PERSON, SERVICE, Actor
from services.catalog import model_life
from services.catalog.model import Item
from services.catalog.model_life import Life
from standards.codes import region_covers

REGIONS = ("990000", "990100", "990101", "990101001", "990101001002", "511602", "511600", "510000", "511602000000")
actors = st.builds(
    Actor,
    id=st.just("ann"),
    realm=st.sampled_from([0, PERSON, OFFICER, SERVICE]),
    region=st.sampled_from(("", "99", "x", *REGIONS)),
)
items = st.builds(lambda region: Item("i", "C", region, "D", Life(), {}, "SHORT00000"), st.sampled_from(REGIONS))


def matches(query: dict[str, Any], item: Item) -> bool:
    """Whether the store would find the item by this filter."""
    wanted = query["state.region"]
    if isinstance(wanted, str):
        return item.region == wanted
    return bool(wanted["$gte"] <= item.region < wanted["$lt"])


@given(actors, items)
def test_the_filter_finds_exactly_what_the_predicate_sees(actor: Actor, item: Item) -> None:
    assert matches(model_life.visible(actor), item) == model_life.covers(actor, item.region)


@given(actors, items)
def test_an_officer_sees_the_regions_his_covers_and_nobody_else_sees_any(actor: Actor, item: Item) -> None:
    assert model_life.covers(actor, item.region) == (
        actor.realm == OFFICER and region_covers(actor.region, item.region)
    )


@given(items)
def test_an_officer_without_a_region_and_a_caller_without_a_name_see_nothing(item: Item) -> None:
    for actor in (Actor(id="o", realm=OFFICER), ANONYMOUS, Actor(id="gateway", realm=SERVICE)):
        assert not model_life.covers(actor, item.region) and not matches(model_life.visible(actor), item)
