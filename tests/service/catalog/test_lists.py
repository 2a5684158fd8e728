"""Lists and rates over the items in force: fixed under numbers, computed again of any day, the same whatever came later."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

import grpc
import pytest

from chassis.acts import Actor, Cause, now
from chassis.records import broken_at
from services.catalog import api_lists, lists, model, model_lines, store, store_directory, store_lists
from services.catalog.model_implementations import IMPLEMENTATION
from tests.support.actors import DEPARTMENT, officer, person
from tests.support.calling import As, refused
from tests.support.catalog_service import ANN, CatalogHere, item
from yiwang.catalog.v1 import directory_pb2
from yiwang.catalog.v1 import lists_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as items
from yiwang.catalog.v1.items_pb2 import Part

REGION = "990121"
DUTY = "1199012100000000004990101001"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(api_lists, "SETTLING_SECONDS", 0.02)
    return


def by(catalog: CatalogHere, actor: Actor | None = None) -> As:
    return catalog.by(actor, service="ListService")


def bring(catalog: CatalogHere, code: str, **changes: Any) -> str:
    """As an import writes an item."""
    all, id, definition = store.items(catalog.database), store.item_id(code), item(code=code, **changes)
    cause = Cause(uuid.uuid4().hex, model.IMPORTER)
    record = store.write(all, id, cause, lambda one: model.bring(one, id, definition, True))
    catalog.poll()
    return str(record.id)


def bring_duty(catalog: CatalogHere, code: str = DUTY, **changes: Any) -> str:
    """As an import writes an implementation."""
    department = items.Department(code=DEPARTMENT, name="示范县卫生健康局")
    fields = {
        "code": code,
        "name": "公共场所卫生许可",
        "type_code": "01",
        "department": department,
        "region": REGION,
    } | changes
    definition = directory_pb2.ImplementationDefinition(**fields)
    all, id = store_directory.implementations(catalog.database), store_directory.implementation_id(code)
    cause = Cause(uuid.uuid4().hex, model.IMPORTER)
    return str(store.write(all, id, cause, lambda one: model_lines.bring(IMPLEMENTATION, one, id, definition)).id)


def rates(catalog: CatalogHere, **asked: Any) -> dict[int, tuple[int, int]]:
    answer = by(catalog).GetRates(**asked)
    return {one.kind: (one.numerator, one.denominator) for one in answer.rates}


def test_a_rate_comes_with_its_formula_its_target_and_the_items_behind_it(catalog: CatalogHere) -> None:
    bring(catalog, "A", online=True, visits=0)
    bring(catalog, "B", online=False, visits=2)
    answer = by(catalog).GetRates(region=REGION, targets={pb.RATE_KIND_ONLINE: 0.5, pb.RATE_KIND_ONE_VISIT: 0.7})
    found = {one.kind: one for one in answer.rates}
    online, visits = found[pb.RATE_KIND_ONLINE], found[pb.RATE_KIND_ONE_VISIT]
    assert (answer.items, online.value, online.reached, visits.value, visits.reached) == (2, 0.5, True, 0.5, False)
    assert online.name == "网上可办率" and "÷" in online.formula and online.denominator_definition
    behind = by(catalog).ListRateItems(kind=pb.RATE_KIND_ONLINE, part=pb.RATE_PART_NOT_COUNTED, region=REGION)
    assert [(line.code, line.counts, line.of, line.detail) for line in behind.lines] == [("B", 0, 1, "不可网办")]
    assert behind.total == 1
    assert by(catalog).GetRates(region="511602").items == 0
    assert by(catalog).GetRates(region=REGION, department="NOBODY").items == 0


def test_the_items_behind_a_rate_come_page_by_page_of_one_instant(catalog: CatalogHere) -> None:
    for number in range(5):
        bring(catalog, f"P{number}")
    first = by(catalog).ListRateItems(kind=pb.RATE_KIND_ONLINE, page_size=2)
    bring(catalog, "P1-LATER")
    second = by(catalog).ListRateItems(kind=pb.RATE_KIND_ONLINE, page_size=2, page_token=first.next_page_token)
    third = by(catalog).ListRateItems(kind=pb.RATE_KIND_ONLINE, page_size=2, page_token=second.next_page_token)
    codes = [line.code for page in (first, second, third) for line in page.lines]
    assert codes == [f"P{number}" for number in range(5)]
    assert (first.total, third.next_page_token) == (5, "")
    for token in ("x", "99999999999999999-A", "²-A", "-A"):
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED"):
            by(catalog).ListRateItems(kind=pb.RATE_KIND_ONLINE, page_token=token)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED"):
        by(catalog).GetRates(as_of="gestern")


def test_the_numbers_of_a_past_instant_are_the_same_whatever_comes_later(catalog: CatalogHere) -> None:
    ids = {
        code: bring(catalog, code, visits=visits, online=True)
        for code, visits in (("A", 0), ("B", 1), ("C", 2), ("D", 2))
    }
    bring_duty(catalog)
    instant = now().isoformat()
    before = rates(catalog, as_of=instant), by(catalog).GetReductions(as_of=instant).reductions
    listed = by(catalog).GetList(kind=pb.LIST_KIND_DUTIES, as_of=instant).lines
    bring(catalog, "A", visits=3, online=False)
    bring(catalog, "E")
    bring_duty(catalog, name="改名")
    desk = catalog.desk()
    desk.SuspendItem(item_id=ids["B"], reason="系统升级")
    desk.WithdrawItem(item_id=ids["C"], reason="取消")
    desk.SplitItem(item_id=ids["D"], parts=[Part(code="D1", name="部分一"), Part(code="D2", name="部分二")])
    catalog.poll()
    catalog.servicers["ListService"].duties.refresh(now_at_once=True)
    assert by(catalog).GetList(kind=pb.LIST_KIND_DUTIES).lines[0].name == "改名"
    assert (rates(catalog, as_of=instant), by(catalog).GetReductions(as_of=instant).reductions) == before
    assert by(catalog).GetList(kind=pb.LIST_KIND_DUTIES, as_of=instant).lines == listed
    assert rates(catalog)[pb.RATE_KIND_ONLINE] == (2, 3)
    assert rates(catalog, as_of="2020-01-01")[pb.RATE_KIND_ONLINE] == (0, 0)
    assert datetime.fromisoformat(by(catalog).GetRates(as_of="2999-01-01").as_of) <= now()


def test_a_list_is_fixed_under_a_number_and_computed_again_the_same(catalog: CatalogHere) -> None:
    bring(catalog, "A", visits=1)
    bring(catalog, "B", visits=4)
    one = by(catalog, ANN).PublishList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION, note="第一批")
    assert (one.number, one.count, one.note, one.region) == (1, 1, "第一批", REGION)
    fixed = by(catalog).GetList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION, number=1)
    assert lists.digest(fixed.lines) == one.digest and fixed.publication == one
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "UNCHANGED"):
        by(catalog, ANN).PublishList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION)
    bring(catalog, "B", visits=0)
    bring(catalog, "A", visits=0)
    two = by(catalog, ANN).PublishList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION)
    assert (two.number, two.count) == (2, 2)
    again = by(catalog).GetList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION, number=1)
    assert (again.lines, again.as_of, again.total) == (fixed.lines, one.as_of, 1)
    assert lists.digest(by(catalog).GetList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION, number=2).lines) == two.digest
    listed = by(catalog).ListPublications(kind=pb.LIST_KIND_ONE_VISIT, region="9901").publications
    assert [publication.number for publication in listed] == [2, 1]
    assert list(by(catalog).ListPublications(kind=pb.LIST_KIND_FEES).publications) == []
    with refused(grpc.StatusCode.NOT_FOUND):
        by(catalog).GetList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION, number=3)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "NOT_WITH_NUMBER"):
        by(catalog).GetList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION, number=1, as_of="2026-01-01")


def test_a_list_is_counted_by_itself_in_each_place(catalog: CatalogHere) -> None:
    bring(catalog, "A")
    ann = by(catalog, ANN)
    assert ann.PublishList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION).number == 1
    assert ann.PublishList(kind=pb.LIST_KIND_NOT_AT_CENTRE, region=REGION).number == 1
    assert ann.PublishList(kind=pb.LIST_KIND_ONE_VISIT, region=f"{REGION}001").number == 1


def test_what_was_published_a_moment_ago_is_on_the_list_although_no_poll_came_by(catalog: CatalogHere) -> None:
    catalog.poll()
    all, id = store.items(catalog.database), store.item_id("A")
    store.write(all, id, Cause("import", model.IMPORTER), lambda one: model.bring(one, id, item(code="A"), True))
    assert by(catalog, ANN).PublishList(kind=pb.LIST_KIND_ONE_VISIT, region=REGION).count == 1


def test_the_same_request_fixes_a_list_once(catalog: CatalogHere) -> None:
    bring(catalog, "A")
    asked = {"request_id": "fix-it-once", "kind": pb.LIST_KIND_ONE_VISIT, "region": REGION}
    first = by(catalog, ANN).PublishList(**asked)
    assert by(catalog, ANN).PublishList(**asked) == first
    bring(catalog, "B")
    assert by(catalog, ANN).PublishList(**asked) == first
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        by(catalog, ANN).PublishList(**(asked | {"kind": pb.LIST_KIND_UNLINKED}))


def test_lists_fixed_at_once_get_the_numbers_one_by_one(catalog: CatalogHere) -> None:
    all = store_lists.publications(catalog.database)

    def fix(number: int) -> int:
        content = pb.Publication(kind=pb.LIST_KIND_FEES, region=REGION, as_of=now().isoformat(), digest=f"{number}")
        return store_lists.publish(all, Cause(f"cause-{number}", "officer:ann"), content).state.number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(fix, range(12))) == list(range(1, 13))
    for document in catalog.database["publications"].find({}):
        assert broken_at(document["journal"]) is None and all.drift(document) == []


def test_the_duty_list_tells_how_many_guides_stand_on_each_line_and_which_on_none(catalog: CatalogHere) -> None:
    duty = bring_duty(catalog, former_codes=["OLD-1"])
    bring_duty(catalog, "PUBLIC-1", type_code="20")
    for code, named in (("A", [DUTY]), ("B", ["OLD-1", DUTY]), ("C", ["GONE"]), ("D", ["PUBLIC-1"])):
        bring(catalog, code, duty_codes=named)
    found = by(catalog).GetList(kind=pb.LIST_KIND_DUTIES, region=REGION)
    assert [(line.item_id, line.code, line.counts, line.detail) for line in found.lines] == [
        (duty, DUTY, 2, "关联办事指南2项")
    ]
    assert found.total == 1
    unlinked = by(catalog).GetList(kind=pb.LIST_KIND_UNLINKED, region=REGION)
    assert [(line.code, line.detail) for line in unlinked.lines] == [("C", "GONE")]
    assert rates(catalog)[pb.RATE_KIND_DUTY_LINKS] == (3, 4)
    instant = now().isoformat()
    directory = catalog.by(ANN, service="DirectoryService")
    directory.WithdrawImplementation(id=duty, reason="权力取消")
    catalog.servicers["ListService"].duties.refresh(now_at_once=True)
    assert rates(catalog)[pb.RATE_KIND_DUTY_LINKS] == (1, 4)
    assert rates(catalog, as_of=instant)[pb.RATE_KIND_DUTY_LINKS] == (3, 4)
    assert list(by(catalog).GetList(kind=pb.LIST_KIND_DUTIES, region=REGION).lines) == []


def test_only_a_catalog_officer_of_the_region_fixes_its_lists(catalog: CatalogHere) -> None:
    asked = {"kind": pb.LIST_KIND_ONE_VISIT, "region": REGION}
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED") as said:
        by(catalog, replace(officer("catalog"), region="511602")).PublishList(**asked)
    assert list(said.fields) == ["region"]
    for actor, code in (
        (None, grpc.StatusCode.UNAUTHENTICATED),
        (person(), grpc.StatusCode.PERMISSION_DENIED),
        (officer("receive"), grpc.StatusCode.PERMISSION_DENIED),
    ):
        with refused(code):
            by(catalog, actor).PublishList(**asked)
    assert catalog.database["publications"].find_one({}) is None


def test_reductions_are_told_by_department(catalog: CatalogHere) -> None:
    baseline = items.Baseline(
        visits=3, materials=9, steps=8, limit=items.Limit(amount=20, unit=items.TIME_UNIT_WORKING_DAY)
    )
    bring(catalog, "A", baseline=baseline, visits=1)
    answer = by(catalog).GetReductions(region=REGION)
    assert [line.department.code for line in answer.reductions] == ["", DEPARTMENT]
    line = answer.reductions[1]
    assert (line.limit_before, line.limit_after, line.visits_before, line.visits_after) == (20, 5, 3, 1)
    assert (line.materials_before, line.materials_after, line.steps_before, line.steps_after) == (9, 3, 8, 4)
    assert datetime.fromisoformat(answer.as_of) <= now()
