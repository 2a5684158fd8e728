"""What only shows when items are seen together."""

from typing import Any

from standards.lint_list import LIST_RULES, ItemList
from tests.support.guides import BASE, OWNER, clean
from yiwang.catalog.v1 import service_pb2 as pb


def listed(*items: pb.ItemDefinition, levels: dict[str, str] | None = None) -> list[tuple[str, int, str]]:
    kept = ItemList()
    for number, item in enumerate(items, 2):
        kept.add("a.csv", number, item)
    return [(one.finding.rule, one.row, one.finding.field) for one in kept.findings(levels)]


def item(code: str, **changes: Any) -> pb.ItemDefinition:
    return clean(**({"code": code, "name": f"许可{code}"} | changes))


def test_a_code_used_twice_is_an_error_on_the_second_row() -> None:
    assert listed(item("1"), item("2"), item("1", name="另一许可")) == [("L301", 4, "code")]


def test_a_name_used_twice_by_one_department_of_one_place_is_found() -> None:
    same = {"name": "卫生许可"}
    assert listed(item("1", **same), item("2", **same)) == [("L302", 3, "name")]
    assert listed(item("1", **same), item("2", region="430104", **same)) == []


def test_one_telephone_for_five_departments_is_found_once() -> None:
    departments = [pb.Department(code=f"1143010300612345{n}", name=f"第{n}局") for n in range(5)]
    found = listed(*(item(str(n), department=one, base_code=None) for n, one in enumerate(departments)))
    assert found == [("L303", 2, "phone")]
    assert (
        listed(*(item(str(n), department=one, base_code=None, phone="12345") for n, one in enumerate(departments)))
        == []
    )


def test_a_department_with_two_names_or_two_codes_is_found() -> None:
    other_name = item("2", department=pb.Department(code=OWNER, name="示范县卫健局"))
    other_code = item("3", department=pb.Department(code="1" * 18, name="示范县卫生健康局"))
    assert listed(item("1"), other_name, other_code) == [("L304", 3, "department.name"), ("L305", 4, "department.code")]


def test_items_of_one_entry_with_two_statutory_limits_are_found() -> None:
    longer = item("2", statutory_limit=pb.Limit(amount=30, unit=pb.TIME_UNIT_WORKING_DAY))
    assert listed(item("1"), longer, item("3")) == [("L306", 3, "statutory_limit")]
    assert listed(item("1"), item("2", base_code=BASE[:-1] + "1", type_code="07")) == []


def test_levels_hold_for_lists_too() -> None:
    twice = (item("1"), item("1", name="另一许可"))
    assert listed(*twice, levels={"L301": "off"}) == []
    kept = ItemList()
    for number, one in enumerate(twice):
        kept.add("a.csv", number, one)
    assert [one.finding.level for one in kept.findings({"L301": "hint"})] == ["hint"]
    assert [rule.id for rule in LIST_RULES] == [f"L30{number}" for number in range(1, 7)]
