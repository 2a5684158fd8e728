"""Rates and lists: the number, its formula and the items behind it are one thing, and a past day's number never changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog import lists, model_lists
from services.catalog.duties import Duty
from services.catalog.list_reading import Place
from services.catalog.lists import Lists
from services.catalog.model_facts import Chapter, facts_of
from services.catalog.model_life import PUBLISHED, SUSPENDED, WITHDRAWN
from services.catalog.search import Index
from services.catalog.store import Listed, item_id
from standards import depths, limits
from yiwang.catalog.v1 import lists_pb2 as pb
from yiwang.catalog.v1 import service_pb2

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = BEGIN + timedelta(days=100)
COUNTY, TOWN = "990121", "990121001"
KINDS = sorted(model_lists.RATES)


class Known:
    """The 权责清单 of the tests: these codes, always."""

    def __init__(self, *codes: str) -> None:
        self.lines = [
            Duty(f"d-{code}", 1, BEGIN, None, code, (), f"权力{code}", "D1", "甲局", COUNTY, "01") for code in codes
        ]

    def refresh(self, now_at_once: bool = False) -> None: ...

    def in_force(self, at: datetime) -> list[Duty]:
        return self.lines


def limit(amount: int, unit: int = service_pb2.TIME_UNIT_WORKING_DAY) -> service_pb2.Limit:
    return service_pb2.Limit(amount=amount, unit=unit)  # type: ignore[arg-type]


def definition(code: str = "A", **changes: Any) -> service_pb2.ItemDefinition:
    fields: dict[str, Any] = {
        "code": code,
        "name": f"事项{code}",
        "type_code": "01",
        "department": service_pb2.Department(code="D1", name="甲局"),
        "region": COUNTY,
        "statutory_limit": limit(20),
        "promised_limit": limit(5),
    }
    return service_pb2.ItemDefinition(**(fields | changes))


def listed(code: str, *history: tuple[int, int, service_pb2.ItemDefinition]) -> Listed:
    """An item by its chapters: day, status, definition."""
    chapters = [
        Chapter(number, status, BEGIN + timedelta(days=day), facts_of(said))
        for number, (day, status, said) in enumerate(history, 1)
    ]
    return Listed(item_id(code), len(chapters), "", "", chapters)


@pytest.fixture
def index() -> Iterator[Index]:
    index = Index()
    yield index
    index.close()


def over(index: Index, *items: Listed, duties: Known | None = None) -> Lists:
    index.keep(items)
    return Lists(index.reading, duties or Known(), depths.USUAL)  # type: ignore[arg-type]


def rate(found: Lists, kind: int, place: Place = Place("", "", TODAY)) -> pb.Rate:
    return next(one for one in found.rates(place)[0] if one.kind == kind)


def one(code: str, **changes: Any) -> Listed:
    return listed(code, (0, PUBLISHED, definition(code, **changes)))


def test_a_rate_says_its_formula_and_what_its_denominator_counts(index: Index) -> None:
    found = over(index, one("A", online=True), one("B")).rates(Place("", "", TODAY))
    assert [said.kind for said in found[0]] == list(range(1, 15))
    assert found[1] == 2
    for said in found[0]:
        assert said.name and "÷" in said.formula and "在用" in said.denominator_definition
    online = found[0][0]
    assert (online.numerator, online.denominator, online.value, online.left_out) == (1, 2, 0.5, 0)


def test_nothing_to_divide_by_is_no_rate(index: Index) -> None:
    found, items = over(index).rates(Place("", "", TODAY))
    assert items == 0
    assert not any(said.HasField("value") for said in found)
    assert not rate(over(index, one("A", statutory_limit=None)), pb.RATE_KIND_LIMIT_REDUCTION).HasField("value")


def test_only_items_in_force_that_one_applies_for_count(index: Index) -> None:
    items = [
        one("A"),
        one("PENALTY", type_code="02"),
        one("SERVICE", type_code="20"),
        listed("S", (0, PUBLISHED, definition("S")), (10, SUSPENDED, definition("S"))),
        listed("W", (0, PUBLISHED, definition("W")), (10, WITHDRAWN, definition("W"))),
        listed(
            "R", (0, PUBLISHED, definition("R")), (10, SUSPENDED, definition("R")), (20, PUBLISHED, definition("R"))
        ),
        listed("LATER", (200, PUBLISHED, definition("LATER"))),
    ]
    found = over(index, *items)
    page = found.behind(Place("", "", TODAY), pb.RATE_KIND_ONLINE, pb.RATE_PART_DENOMINATOR, "", 100)
    assert [line.code for line in page.lines] == ["A", "R", "SERVICE"]
    earlier = Place("", "", BEGIN + timedelta(days=5))
    assert found.rates(earlier)[1] == 5


def test_a_region_covers_what_lies_in_it_and_a_department_is_its_own(index: Index) -> None:
    other = service_pb2.Department(code="D2", name="乙局")
    found = over(index, one("A"), one("T", region=TOWN), one("C", region="990100"), one("O", department=other))
    counts = [
        found.rates(Place(region, department, TODAY))[1]
        for region, department in (
            ("", ""),
            (COUNTY, ""),
            (f"{COUNTY}000000", ""),
            (TOWN, ""),
            ("990100", ""),
            ("99", ""),
            (COUNTY, "D2"),
            ("", "D1"),
        )
    ]
    assert counts == [4, 3, 3, 1, 4, 4, 1, 3]


def test_the_limit_reduction_is_in_working_days_and_leaves_out_what_is_not_stated(index: Index) -> None:
    items = [
        one("A"),  # 5 of 20
        one("B", promised_limit=limit(0, service_pb2.TIME_UNIT_AT_ONCE)),  # 0 of 20
        one("C", statutory_limit=limit(3, service_pb2.TIME_UNIT_MONTH), promised_limit=limit(90)),  # 90 of 65
        one(
            "D",
            statutory_limit=limit(10, service_pb2.TIME_UNIT_NATURAL_DAY),
            promised_limit=limit(4, service_pb2.TIME_UNIT_HOUR),
        ),
        one("E", promised_limit=None),
        one("F", statutory_limit=limit(999)),
    ]
    found = over(index, *items)
    said = rate(found, pb.RATE_KIND_LIMIT_REDUCTION)
    assert (said.numerator, said.denominator, said.left_out) == (5 + 0 + 90 + 1, 20 + 20 + 65 + 8, 2)
    assert said.value == pytest.approx(1 - 96 / 113)
    place = Place("", "", TODAY)
    behind = {
        part: [line.code for line in found.behind(place, said.kind, part, "", 10).lines]
        for part in (pb.RATE_PART_COUNTED, pb.RATE_PART_NOT_COUNTED, pb.RATE_PART_LEFT_OUT)
    }
    assert list(behind.values()) == [["A", "B", "D"], ["C"], ["E", "F"]]


def test_the_days_in_sql_are_those_of_the_standard(index: Index) -> None:
    with index.reading() as reader:
        for unit in limits.DAYS:
            for amount in (0, 1, 2, 5, 7, 8, 23, 24, 25, 90, 168, 3650):
                sql = f"SELECT {model_lists.days(str(amount), str(int(unit)))}"
                assert reader.execute(sql).fetchone()[0] == limits.whole_days(limits.working_days(amount, unit))
        assert reader.execute(f"SELECT {model_lists.days('999', '1')}").fetchone()[0] == -1
        assert reader.execute(f"SELECT {model_lists.days('5', '0')}").fetchone()[0] == -1


def test_the_depth_in_sql_is_that_of_the_standard_and_cumulative(index: Index) -> None:
    with index.reading() as reader:
        for mask in range(0, 512, 2):
            stated = [code for code in range(1, 9) if mask >> code & 1]
            for visits in range(4):
                sql = f"SELECT {model_lists.depth(depths.USUAL)} FROM (SELECT {mask} AS depths, {visits} AS visits, 1 AS online)"
                expected = depths.level(stated, visits) if stated else 0
                assert reader.execute(sql).fetchone()[0] == expected
    items = [
        one(f"I{number}", online=True, visits=number % 3, online_depths=[1, 2, 4, 5][: number % 5])
        for number in range(15)
    ]
    shares = [rate(over(index, *items), kind) for kind in range(pb.RATE_KIND_DEPTH_1, pb.RATE_KIND_DEPTH_4 + 1)]
    values = [said.numerator for said in shares]
    assert values == sorted(values, reverse=True) and values[0] == shares[0].denominator == 12
    assert {said.left_out for said in shares} == {3}


def test_the_fourth_depth_is_never_given_with_a_visit(tmp_path: Any) -> None:
    assert depths.level([4, 5], 0) == 4
    assert depths.level([4, 5], 1) == 3
    wrong = tmp_path / "depths.json"
    for text in (
        '[{"level": 4, "any": [[5]], "visits": 1}]',
        '[{"level": 5, "any": [[5]]}]',
        "{}",
        '[{"level": 2, "any": []}]',
        '[{"level": 2, "any": [[9]]}]',
        '[{"level": 2, "any": [[2]]}, {"level": 3, "any": [[4]]}]',
    ):
        wrong.write_text(text)
        with pytest.raises(ValueError, match=r"depth|level"):
            depths.read(wrong)
    right = tmp_path / "right.json"
    right.write_text('[{"level": 4, "any": [[5, 6]], "visits": 0}, {"level": 2, "any": [[2], [3]]}]')
    table = depths.read(right)
    assert [depths.level(stated, 0, table) for stated in ([5, 6], [4, 5], [3], [])] == [4, 1, 2, 1]


def test_visits_are_reduced_against_the_baseline_or_the_first_edition(index: Index) -> None:
    based = one("A", visits=1, baseline=service_pb2.Baseline(visits=4))
    edited = listed("B", (0, PUBLISHED, definition("B", visits=3)), (10, PUBLISHED, definition("B", visits=0)))
    said = rate(over(index, based, edited), pb.RATE_KIND_VISIT_REDUCTION)
    assert (said.numerator, said.denominator) == (1, 7)
    early = Place("", "", BEGIN + timedelta(days=1))
    assert rate(over(index, based, edited), pb.RATE_KIND_VISIT_REDUCTION, early).numerator == 4


def test_a_guide_is_linked_only_to_what_stands_on_the_list(index: Index) -> None:
    items = [one("A", duty_codes=["P1"]), one("B", duty_codes=["GONE"]), one("C"), one("D", duty_codes=["GONE", "P1"])]
    found = over(index, *items, duties=Known("P1", "P2"))
    place = Place("", "", TODAY)
    assert (rate(found, pb.RATE_KIND_DUTY_LINKS).numerator, rate(found, pb.RATE_KIND_DUTY_LINKS).denominator) == (2, 4)
    unlinked = found.lines(place, pb.LIST_KIND_UNLINKED)
    assert [(line.code, line.detail) for line in unlinked.lines] == [("B", "GONE"), ("C", "未填写")]
    duties = found.lines(place, pb.LIST_KIND_DUTIES)
    assert [(line.code, line.counts, line.detail) for line in duties.lines] == [
        ("P1", 2, "关联办事指南2项"),
        ("P2", 0, "关联办事指南0项"),
    ]


def test_the_lists_tell_what_they_are_about(index: Index) -> None:
    items = [
        one(
            "FEE",
            charged=True,
            fees=[service_pb2.Fee(name="工本费", standard="10元/证")],
            visits=2,
            at_service_centre=True,
        ),
        one("AGENCY", intermediary_services=["环评", "测绘"], visits=2, at_service_centre=True),
        one("PUBLIC", type_code="20", visits=2, at_service_centre=True),
        one("ONCE", visits=1, at_service_centre=True),
        one("AUTO", automatic=service_pb2.Automatic(summary="年满60周岁"), visits=2, at_service_centre=True),
        one("REACH", reach=service_pb2.REACH_PROVINCE, visits=2, at_service_centre=True),
        one("AWAY", not_at_centre_reason="涉密", visits=2),
    ]
    found, place = over(index, *items), Place("", "", TODAY)
    told = {kind: [(line.code, line.detail) for line in found.lines(place, kind).lines] for kind in model_lists.LISTS}
    assert told.pop(pb.LIST_KIND_UNLINKED)
    assert told == {
        pb.LIST_KIND_FEES: [("FEE", "10元/证")],
        pb.LIST_KIND_INTERMEDIARY: [("AGENCY", "环评；测绘")],
        pb.LIST_KIND_PUBLIC_SERVICE: [("PUBLIC", "到现场2次")],
        pb.LIST_KIND_ONE_VISIT: [("ONCE", "到现场1次")],
        pb.LIST_KIND_AUTOMATIC: [("AUTO", "年满60周岁")],
        pb.LIST_KIND_ANYWHERE: [("REACH", "全省通办")],
        pb.LIST_KIND_NOT_AT_CENTRE: [("AWAY", "涉密")],
    }


def test_reductions_add_up_by_department_and_all_together(index: Index) -> None:
    other = service_pb2.Department(code="D2", name="乙局")
    base = service_pb2.Baseline(visits=3, materials=8, steps=6, limit=limit(20))
    items = [
        one("A", baseline=base, visits=1, promised_limit=limit(7, service_pb2.TIME_UNIT_NATURAL_DAY)),
        one("B", department=other, visits=2),
        one("C", department=other, promised_limit=None),
    ]
    found = over(index, *items).reductions(Place("", "", TODAY))
    assert [(line.department.code, line.department.name, line.items) for line in found] == [
        ("", "", 3),
        ("D1", "甲局", 1),
        ("D2", "乙局", 2),
    ]
    everything = found[0]
    assert (everything.limit_before, everything.limit_after) == (20 + 5, 5 + 5)
    assert (everything.visits_before, everything.visits_after) == (3 + 2, 1 + 2)
    assert (everything.materials_before, everything.steps_before) == (8, 6)
    for name in ("limit", "materials", "steps", "visits"):
        for side in ("before", "after"):
            assert getattr(everything, f"{name}_{side}") == sum(getattr(line, f"{name}_{side}") for line in found[1:])
    assert over(index).reductions(Place("11", "", TODAY)) == []


def test_the_digest_is_of_code_edition_and_detail_in_their_order() -> None:
    a, b = pb.ListLine(code="A", edition=1, detail="x"), pb.ListLine(code="B", edition=1, detail="y")
    assert lists.digest([a, b]) == lists.digest([a, b]) != lists.digest([b, a])
    for changed in (pb.ListLine(code="A", edition=2, detail="x"), pb.ListLine(code="A", edition=1, detail="z")):
        assert lists.digest([changed, b]) != lists.digest([a, b])
    assert lists.digest([pb.ListLine(code="A", edition=1, detail="x", name="改名")]) == lists.digest([a])


# --- whatever the items are ---

UNITS = st.sampled_from(list(limits.DAYS))
LIMITS = st.one_of(st.none(), st.builds(limit, st.sampled_from([0, 1, 3, 7, 20, 45, 90, 999]), UNITS))
DEFINITIONS = st.builds(
    lambda **told: told,
    type_code=st.sampled_from(["01", "05", "02", "20"]),
    region=st.sampled_from([COUNTY, TOWN, "990122", "110101"]),
    online=st.booleans(),
    visits=st.integers(0, 3),
    online_depths=st.lists(st.integers(1, 8), unique=True, max_size=5),
    statutory_limit=LIMITS,
    promised_limit=LIMITS,
    case_kind=st.sampled_from([0, 1, 2]),
    at_service_centre=st.booleans(),
    reach=st.sampled_from([0, 1, 2, 3, 4, 5]),
    duty_codes=st.lists(st.sampled_from(["P1", "P2", "GONE"]), unique=True),
    questions=st.sampled_from([[], [service_pb2.Question(key="q", text="问", kind=service_pb2.QUESTION_KIND_YES_NO)]]),
    baseline=st.one_of(st.none(), st.builds(service_pb2.Baseline, visits=st.integers(0, 5))),
)
STATUSES = st.sampled_from([PUBLISHED, PUBLISHED, PUBLISHED, SUSPENDED, WITHDRAWN])
HISTORIES = st.lists(st.lists(st.tuples(st.integers(0, 9), STATUSES, DEFINITIONS), min_size=1, max_size=4), max_size=8)


def items_of(histories: list[Any]) -> list[Listed]:
    found = []
    for number, history in enumerate(histories):
        code, days = f"I{number}", sorted(day for day, _, _ in history)
        statuses = [PUBLISHED, *(status for _, status, _ in history[1:])]
        told = [definition(code, **said) for _, _, said in history]
        found.append(listed(code, *zip(days, statuses, told, strict=True)))
    return found


def expected(items: list[Listed], kind: int, at: datetime, region: str) -> tuple[int, int, int]:
    """The rate by its words: numerator, denominator, left out."""
    numerator = denominator = left_out = 0
    for item in items:
        past = [chapter for chapter in item.history if chapter.since <= at]
        facts = past[-1].facts if past else None
        if (
            facts is None
            or past[-1].status != PUBLISHED
            or facts.type_code == "02"
            or not facts.region.startswith(region)
        ):
            continue
        part = PARTS[kind](facts, item.history[0].facts)
        left_out += part is None
        numerator, denominator = (numerator + part[0], denominator + part[1]) if part else (numerator, denominator)
    return numerator, denominator, left_out


def in_days(said: list[int]) -> int | None:
    if not said or said[0] == 999:
        return None
    factor = {
        1: Fraction(1),
        2: Fraction(5, 7),
        3: Fraction(5, 168),
        4: Fraction(150, 7),
        5: Fraction(0),
        6: Fraction(1, 2),
    }
    return ceil(said[0] * factor[said[1]])


def depth_part(level: int) -> Any:
    def part(facts: Any, first: Any) -> tuple[int, int] | None:
        if facts.online and not facts.depths:
            return None
        return int(depths.level(facts.depths, facts.visits) >= level), 1

    return part


def limit_part(facts: Any, first: Any) -> tuple[int, int] | None:
    promised, statutory = in_days(facts.promised), in_days(facts.statutory)
    return None if promised is None or statutory is None else (promised, statutory)


PARTS: dict[int, Any] = {
    pb.RATE_KIND_ONLINE: lambda facts, first: (facts.online, 1),
    pb.RATE_KIND_AT_ONCE: lambda facts, first: (service_pb2.TRAIT_AT_ONCE in facts.traits, 1),
    pb.RATE_KIND_ONE_VISIT: lambda facts, first: (facts.visits <= 1, 1),
    pb.RATE_KIND_NO_VISIT: lambda facts, first: (facts.online and facts.visits == 0, 1),
    **{pb.RATE_KIND_DEPTH_1 + level - 1: depth_part(level) for level in range(1, 5)},
    pb.RATE_KIND_LIMIT_REDUCTION: limit_part,
    pb.RATE_KIND_VISIT_REDUCTION: lambda facts, first: (
        facts.visits,
        (facts.baseline[0] if facts.baseline else 0) or first.visits,
    ),
    pb.RATE_KIND_SCENARIOS: lambda facts, first: (facts.scenarios, 1),
    pb.RATE_KIND_DUTY_LINKS: lambda facts, first: (bool({"P1", "P2"} & set(facts.duty_codes)), 1),
    pb.RATE_KIND_AT_CENTRE: lambda facts, first: (facts.at_centre, 1),
    pb.RATE_KIND_ANYWHERE: lambda facts, first: (facts.reach >= 3, 1),
}


@given(HISTORIES, st.integers(0, 10), st.sampled_from(["", COUNTY, "9901"]))
@settings(max_examples=40, deadline=None)
def test_every_rate_is_what_its_words_say_and_the_sum_of_the_items_behind_it(
    histories: Any, day: int, region: str
) -> None:
    index, items = Index(), items_of(histories)
    try:
        found, place = over(index, *items, duties=Known("P1", "P2")), Place(region, "", BEGIN + timedelta(days=day))
        for said in found.rates(place)[0]:
            assert (said.numerator, said.denominator, said.left_out) == expected(items, said.kind, place.at, region)
            _adds_up(found, place, said)
    finally:
        index.close()


def _adds_up(found: Lists, place: Place, said: pb.Rate) -> None:
    parts = [
        found.behind(place, said.kind, part, "", 100)
        for part in (pb.RATE_PART_DENOMINATOR, pb.RATE_PART_COUNTED, pb.RATE_PART_NOT_COUNTED, pb.RATE_PART_LEFT_OUT)
    ]
    everything, counted, others, left_out = (page.lines for page in parts)
    assert [page.total for page in parts] == [len(page.lines) for page in parts]
    assert sum(line.counts for line in everything) == said.numerator
    assert sum(line.of for line in everything) == said.denominator
    assert len(left_out) == said.left_out
    assert sorted(line.code for line in (*counted, *others)) == [line.code for line in everything]
    assert not {line.code for line in left_out} & {line.code for line in everything}


@given(HISTORIES, HISTORIES, st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_a_past_days_numbers_and_lists_never_change(histories: Any, later: Any, day: int) -> None:
    """Whatever is published, suspended or withdrawn afterwards."""
    index, items = Index(), items_of(histories)
    try:
        place = Place("", "", BEGIN + timedelta(days=day, hours=23))
        found = over(index, *items)
        before = (found.rates(place), [found.lines(place, kind) for kind in model_lists.LISTS], found.reductions(place))
        index.keep(_later(items, later, place.at), anew=True)
        index.keep([listed("NEW", (50, PUBLISHED, definition("NEW")))])
        after = over(index)
        assert before == (
            after.rates(place),
            [after.lines(place, kind) for kind in model_lists.LISTS],
            after.reductions(place),
        )
    finally:
        index.close()


def _later(items: list[Listed], later: Any, at: datetime) -> Iterator[Listed]:
    """The items with what becomes of them after an instant."""
    for number, item in enumerate(items):
        more = sorted(later[number] if number < len(later) else [], key=lambda told: told[0])
        chapters = [
            Chapter(9, status, at + timedelta(days=1 + day), facts_of(definition(f"I{number}", **said)))
            for day, status, said in more
        ]
        yield item._replace(version=99, history=[chapter for chapter in item.history if chapter.since <= at] + chapters)
