"""Facets: counted over all that is found, each as if its own filter were open; what is counted is what is found."""

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.search import Index, Query
from services.catalog.search_columns import Wanted
from services.catalog.search_rows import DEPARTMENT, FORM, LEVEL, OBJECT, REGION, TOPIC, TRAIT, TYPE
from tests.support.listing import listed_item as item
from yiwang.catalog.v1 import service_pb2 as pb

DEPARTMENTS = [pb.Department(code=f"D{number}", name=f"示范县第{number}局") for number in range(3)]
FIELDS = {
    TYPE: "type_code",
    OBJECT: "service_object",
    DEPARTMENT: "department",
    TOPIC: "topic",
    LEVEL: "exercise_level",
    FORM: "handling_form",
    REGION: "region",
}


@st.composite
def items(draw: Any) -> list[Any]:
    def one(number: int) -> Any:
        return item(
            number,
            draw(st.sampled_from(["取水许可", "取水备案", "打井许可"])),
            type_code=draw(st.sampled_from(["01", "07"])),
            department=draw(st.sampled_from(DEPARTMENTS)),
            region=draw(st.sampled_from(["990121", "990122", "990121101", "990200"])),
            topics=draw(st.lists(st.sampled_from(["生态", "水利", "农业"]), unique=True)),
            service_objects=draw(st.lists(st.sampled_from(["自然人", "企业法人"]), unique=True)),
            exercise_level=draw(st.sampled_from(["", "3", "4"])),
            handling_forms=draw(st.lists(st.sampled_from([1, 2, 3]), unique=True)),
            online=draw(st.booleans()),
            visits=draw(st.integers(0, 2)),
        )

    return [one(number) for number in range(draw(st.integers(0, 12)))]


def counted(index: Index, text: str, wanted: Wanted) -> dict[int, dict[str, int]]:
    answer = index.find(Query(text, wanted, True), 0, 100)
    return {facet.kind: {value.value: value.count for value in facet.values} for facet in answer.facets}


def total(index: Index, text: str, wanted: Wanted) -> int:
    return index.find(Query(text, wanted), 0, 100).total


@settings(max_examples=60, deadline=None)
@given(
    items(),
    st.sampled_from(["", "取水", "许可"]),
    st.sampled_from([{}, {"type_code": "01"}, {"department": "D1", "topic": "生态"}]),
)
def test_a_count_is_what_is_found_once_the_value_is_chosen(made: list[Any], text: str, chosen: dict[str, str]) -> None:
    index = Index()
    index.keep(made)
    facets = counted(index, text, Wanted(**chosen))  # type: ignore[arg-type]
    assert list(facets) == list(range(1, 9))
    for kind, field in FIELDS.items():
        for value, count in facets[kind].items():
            assert count == total(index, text, Wanted(**(chosen | {field: value})))  # type: ignore[arg-type]
    for value, count in facets[TRAIT].items():
        assert count == total(index, text, Wanted(**chosen, traits=(value,)))  # type: ignore[arg-type]


def test_all_traits_named_must_hold() -> None:
    index = Index()
    index.keep([item(1, "取水许可", online=True, visits=0), item(2, "取水许可", online=True, visits=3)])
    online, once = str(pb.TRAIT_ONLINE), str(pb.TRAIT_ONE_VISIT)
    assert [total(index, "取水", Wanted(traits=some)) for some in ((online,), (once,), (online, once))] == [2, 1, 1]
    # A trait is one more condition, so it is counted beside those chosen already.
    assert counted(index, "取水", Wanted(traits=(once,)))[TRAIT][online] == 1


def test_a_department_is_labelled_and_at_most_fifty_values_are_told() -> None:
    index = Index()
    departments = [pb.Department(code=f"D{number:03}", name=f"第{number}局") for number in range(70)]
    index.keep(item(number, "取水许可", department=one) for number, one in enumerate([*departments, departments[3]]))
    facet = index.find(Query("取水", facets=True)).facets[DEPARTMENT - 1]
    assert len(facet.values) == 50
    assert (facet.values[0].value, facet.values[0].label, facet.values[0].count) == ("D003", "第3局", 2)


def test_counts_follow_what_changes() -> None:
    index = Index()
    index.keep([item(number, "取水许可", topics=["生态"]) for number in range(5)])
    assert counted(index, "取水", Wanted())[TOPIC] == {"生态": 5}
    index.keep(
        [
            item(0, "取水许可", version=3, topics=["水利"]),
            item(1, "取水许可", version=3, status=pb.ITEM_STATUS_WITHDRAWN),
        ]
    )
    assert counted(index, "取水", Wanted())[TOPIC] == {"生态": 3, "水利": 1}
    assert counted(index, "", Wanted())[TOPIC] == {"生态": 3, "水利": 1}


def test_every_filter_narrows_by_itself_and_together_with_words() -> None:
    index = Index()
    values = {"service_objects": ["自然人"], "exercise_level": "4", "handling_forms": [2], "topics": ["生态"]}
    index.keep([item(1, "取水许可", **values), item(2, "取水许可"), item(3, "打井许可", **values)])
    filters = {"service_object": "自然人", "exercise_level": "4", "handling_form": "2", "topic": "生态"}
    for count in range(1, 5):
        for some in itertools.combinations(filters.items(), count):
            assert total(index, "", Wanted(**dict(some))) == 2  # type: ignore[arg-type]
            assert total(index, "取水", Wanted(**dict(some))) == 1  # type: ignore[arg-type]
