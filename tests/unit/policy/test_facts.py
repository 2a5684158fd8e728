"""Facts: what a value of each kind is, which of two facts holds, and what is wrong with a row a department reports."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy import model_facts, model_sheets
from services.policy.model_facts import (
    BOOL,
    CLAIMED,
    CORRECTED,
    DATE,
    EVENT,
    INT,
    KINDS,
    LIST,
    MONEY,
    MOST,
    NAME,
    REPORTED,
    TEXT,
    TYPES,
    Fact,
    Kind,
)
from standards.identifiers import uscc_check_digit
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
USCC = "91990121MA" + "0000001"
USCC += uscc_check_digit(USCC)
REGION = "990121"
OF = {type: Kind(type, "某事实", cost=1) for type in TYPES}
KNOWN = {f"a_{type}": kind for type, kind in OF.items()} | dict(KINDS)

# -- values ------------------------------------------------------------------------------------------------------------

FITS = {
    BOOL: ["true", "false", "null"],
    INT: ["0", "-3", str(MOST), str(-MOST), "null"],
    MONEY: ["0", "100000000000000", "null"],
    DATE: ['"2026-02-28"', '"2024-02-29"', "null"],
    TEXT: ['""', '"某某"', '"' + "字" * 200 + '"', "null"],
    LIST: ["[]", '["a", "b"]', orjson.dumps(["x"] * 50).decode(), "null"],
}
MISFITS = {
    BOOL: ["1", '"true"', "[]", "yes", ""],
    INT: ["1.0", "1e3", str(MOST + 1), str(-MOST - 1), "true", '"1"', "NaN"],
    MONEY: ["0.5", str(2**63), str(2**70), "false"],
    DATE: ['"2026-02-29"', '"2026-2-1"', '"20260201"', '"2026-W05-1"', "20260201", '"２０２６-01-01"'],
    TEXT: ["1", '["a"]', '"' + "字" * 201 + '"', '"\\ud800"'],
    LIST: ['"a"', "[1]", '[["a"]]', orjson.dumps(["x"] * 51).decode(), orjson.dumps(["x" * 201]).decode()],
}


@pytest.mark.parametrize(("type", "told"), [(type, told) for type, all in FITS.items() for told in all])
def test_a_value_of_its_kind_is_taken_as_it_is(type: str, told: str) -> None:
    assert model_facts.read(OF[type], told) == (orjson.loads(told), "")


@pytest.mark.parametrize(("type", "told"), [(type, told) for type, all in MISFITS.items() for told in all])
def test_no_value_of_another_kind_is_taken(type: str, told: str) -> None:
    assert model_facts.read(OF[type], told) == (None, "WRONG_TYPE")


def test_kinds_that_are_built_in_have_names_rules_can_read() -> None:
    for name, kind in KINDS.items():
        assert NAME.fullmatch(name)
        assert kind.type in TYPES and kind.title and kind.cost in (0, 1, 2)
        assert (kind.type == DATE) == name.endswith("_on"), name


def test_texts_of_facts_name_no_person() -> None:
    assert model_sheets.value_of("a_text", OF[TEXT], '"联系人手机13800138000"') == (
        "联系人手机13800138000",
        "PERSONAL_DATA",
    )
    assert model_sheets.value_of("a_list", OF[LIST], '["好", "身份证110101199003077758"]')[1] == "PERSONAL_DATA"


# -- which holds -------------------------------------------------------------------------------------------------------

facts = st.builds(
    lambda kind, minutes, sheet, seq: Fact(
        "revenue_fen", seq, "s", "某局", kind, NOW - timedelta(minutes=minutes), sheet, seq
    ),
    st.sampled_from([CLAIMED, REPORTED, EVENT, CORRECTED]),
    st.integers(0, 3),
    st.sampled_from(["a", "b"]),
    st.integers(1, 3),
)


@given(st.lists(facts, min_size=1, max_size=4, unique_by=lambda one: (one.sheet, one.seq)))
def test_the_same_fact_holds_in_whatever_order_facts_come(told: list[Fact]) -> None:
    ends = set()
    for order in permutations(told):
        held = order[0]
        for one in order[1:]:
            held = max(held, one, key=model_facts.rank)
        ends.add(held)
    assert len(ends) == 1
    (held,) = ends
    if any(one.kind != CLAIMED for one in told):
        assert held.kind != CLAIMED
    assert held.at == max(one.at for one in told if (one.kind == CLAIMED) == (held.kind == CLAIMED))


# -- rows --------------------------------------------------------------------------------------------------------------


def row(**told: object) -> pb.FactRow:
    said: dict[str, object] = {
        "uscc": USCC,
        "name": "某某科技有限公司",
        "region": REGION,
        "facts": [pb.RowFact(name="a_int", value="12")],
        "at": "2026-11-20T10:00:00+08:00",
    }
    return pb.FactRow(**said | told)  # type: ignore[arg-type]


def test_a_sound_row_tells_its_facts_with_name_and_region() -> None:
    told, faults = model_sheets.row(row(), KNOWN, REGION, NOW)
    assert faults == [] and told is not None
    assert told.facts == (("name", '"某某科技有限公司"'), ("region", '"990121"'), ("a_int", "12"))
    assert told.at == datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"uscc": USCC[:-1] + ("A" if USCC[-1] != "A" else "B")}, ("uscc", "USCC")),
        ({"uscc": USCC.lower()}, ("uscc", "USCC")),
        ({"region": "990122"}, ("region", "REGION")),
        ({"region": "省"}, ("region", "REGION")),
        ({"at": "2026-11-20"}, ("at", "INSTANT")),
        ({"at": ""}, ("at", "INSTANT")),
        ({"at": "2026-11-20T04:00:00.001Z"}, ("at", "IN_THE_FUTURE")),
        ({"name": "", "region": "", "facts": []}, ("facts", "NO_FACTS")),
        ({"facts": [pb.RowFact(name="nothing", value="1")]}, ("facts[0].name", "FACT_UNKNOWN")),
        ({"facts": [pb.RowFact(name="a_int", value='"1"')]}, ("facts[0].value", "WRONG_TYPE")),
        ({"facts": [pb.RowFact(name="a_int", value="1")] * 2}, ("facts[1].name", "TWICE")),
        ({"facts": [pb.RowFact(name="name", value='"乙"')]}, ("facts[0].name", "TWICE")),
        ({"region": "", "facts": [pb.RowFact(name="region", value='"乙"')]}, ("facts[0].value", "WRONG_TYPE")),
        ({"facts": [pb.RowFact(name="a_text", value='"电话13800138000"')]}, ("facts[0].value", "PERSONAL_DATA")),
    ],
)
def test_a_row_says_what_is_wrong_with_it(told: dict[str, object], fault: tuple[str, str]) -> None:
    found, faults = model_sheets.row(row(**told), KNOWN, REGION, NOW)
    assert found is None
    assert [(one.field, one.reason) for one in faults] == [fault]


def test_a_row_says_all_that_is_wrong_with_it() -> None:
    _, faults = model_sheets.row(row(uscc="x", at="y"), KNOWN, REGION, NOW)
    assert [one.reason for one in faults] == ["USCC", "INSTANT"]


def test_an_enterprise_states_only_what_costs_it_something() -> None:
    kinds = {"free": Kind(INT, "部门有"), "own": Kind(INT, "自己报", cost=1), "proof": Kind(INT, "要证明", cost=2)}
    rows = [(name, "1") for name in kinds]
    _, faults = model_sheets.listed(rows, kinds, claimed=True)
    assert [(one.field, one.reason) for one in faults] == [("facts[0].name", "NOT_TO_STATE")]
    assert model_sheets.listed(rows, kinds)[1] == []


def test_a_fact_of_a_kind_nobody_knows_any_more_is_left_out() -> None:
    event = events.FactsStated(uscc=USCC, source="s", kind=REPORTED, at=NOW.isoformat())
    event.facts.add(name="gone", value="1")
    event.facts.add(name="a_int", value="2")
    assert [(one.name, one.value) for one in model_sheets.facts_in(event, KNOWN, 1)] == [("a_int", 2)]
