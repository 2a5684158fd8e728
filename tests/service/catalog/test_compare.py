"""Comparing editions: what an officer sees of a change, and the four counters of 四减."""

import grpc
import orjson

from tests.support.calling import refused
from tests.support.catalog_service import CatalogHere, item
from yiwang.catalog.v1 import service_pb2 as pb


def test_two_editions_and_the_draft_are_compared_field_by_field(catalog: CatalogHere) -> None:
    first = catalog.publish(item(visits=2))
    materials = [*item().materials]
    materials[1], materials[2] = materials[2], materials[1]
    shorter = pb.Limit(amount=3, unit=pb.TIME_UNIT_WORKING_DAY)
    catalog.publish(item(visits=1, materials=materials[:2], promised_limit=shorter))
    found = catalog.desk().CompareEditions(item_id=first.id, **{"from": 1}, to=2)
    told = {
        one.path: (one.before and orjson.loads(one.before), one.after and orjson.loads(one.after))
        for one in found.differences
    }
    assert told == {
        "promisedLimit.amount": (5, 3),
        "materials[plan]": ({"key": "plan", "name": "平面图", "necessity": "NECESSITY_OPTIONAL"}, ""),
        "visits": (2, 1),
    }
    assert {one.path: one.label for one in found.differences}["materials[plan]"] == "材料“平面图”"
    counters = {one.counter: (one.before, one.after) for one in found.reductions}
    assert counters == {"limit": (5, 3), "materials": (3, 2), "steps": (4, 4), "visits": (2, 1)}
    catalog.desk().SaveItem(definition=item(name="改名"))
    draft = catalog.desk().CompareEditions(item_id=first.id, **{"from": 1})
    assert {one.label: one.after for one in draft.differences} == {"名称": '"改名"', "到办事现场次数": ""}


def test_an_edition_that_is_none_is_not_found(catalog: CatalogHere) -> None:
    first = catalog.publish(item())
    for numbers in ({"from": 2}, {"from": 1, "to": 2}):
        with refused(grpc.StatusCode.NOT_FOUND):
            catalog.desk().CompareEditions(item_id=first.id, **numbers)
