"""What changed is told in words: no JSON, no names of codes, and of long texts only what is different."""

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from services.gateway import comparing
from services.gateway.comparing import Change
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as catalog

QUESTION = catalog.Question(
    key="premises",
    text="经营场所？",
    kind=catalog.QUESTION_KIND_ONE,
    options=[catalog.Option(key="rented", text="租赁")],
)


def told(path: str, before: object, after: object) -> tuple[str, str]:
    """Both sides of a difference, as people read them."""
    sides = ("" if one is None else orjson.dumps(one).decode() for one in (before, after))
    one = items.Difference(path=path, **dict(zip(("before", "after"), sides, strict=True)))
    (change,) = comparing.changes([one], [QUESTION])
    return text(change)


def text(change: Change) -> tuple[str, str]:
    before, after = ("".join(piece.text for piece in side) for side in (change.before, change.after))
    return before, after


def proto(message: Message) -> object:
    return MessageToDict(message)


def test_values_are_told_in_words():
    assert told("materials[m1].necessity", "NECESSITY_REQUIRED", "NECESSITY_DEFERRABLE") == ("必要", "容缺后补")
    assert told("charged", None, True) == ("否", "是")
    assert told("visits", 2, None) == ("2", "0")
    assert told("typeCode", "01", "05") == ("行政许可", "行政给付")
    assert told("onlineDepths", [1], [1, 4]) == ("互联网咨询", "互联网咨询、互联网受理")
    assert told("fees[工本费].least", None, "1050") == ("0", "10.50 元")
    assert told("steps[*]", ["受理", "决定"], ["决定", "受理"]) == ("受理、决定", "决定、受理")
    assert told("statutoryLimit", None, {"amount": 20, "unit": "TIME_UNIT_WORKING_DAY"}) == ("没有", "20 个工作日")


def test_a_thing_that_came_is_told_by_its_name_and_what_it_says():
    material = catalog.Material(key="m9", name="租赁合同", necessity=catalog.NECESSITY_REQUIRED)
    material.when.leaf.cel, material.when.leaf.id = 'premises == "rented"', "a"
    before, after = told("materials[m9]", None, proto(material))
    assert (before, after) == ("没有", "租赁合同；必要性：必要；适用条件：经营场所：租赁")
    question = proto(QUESTION)
    assert told("questions[premises]", None, question)[1] == "经营场所？；回答方式：单选；选项：租赁"


def test_what_no_contract_knows_is_shown_as_it_is():
    assert told("something[new].here", None, {"a": 1})[1] == "{'a': 1}"


def test_of_long_texts_only_what_is_different_is_marked():
    before = "申请人年满十八周岁。有固定场所。无违法记录。"
    (change,) = comparing.changes(
        [
            items.Difference(
                path="conditions",
                before=orjson.dumps(before).decode(),
                after=orjson.dumps(before.replace("固定场所", "合法场所")).decode(),
            )
        ],
        [],
    )
    assert [piece.text for piece in change.before if piece.own] == ["有固定场所"]
    assert [piece.text for piece in change.after if piece.own] == ["有合法场所"]
    assert text(change)[0] == before


def test_a_standard_is_compared_field_by_field():
    before = directory.EntryDefinition(code="990131001001", name="目录项", open_fields=["faq"])
    before.standard.conditions = "年满十八周岁"
    after = directory.EntryDefinition()
    after.CopyFrom(before)
    after.standard.charged, after.standard.conditions = True, "年满十六周岁"
    found = {one.label: text(one) for one in comparing.between(before, after)}
    assert found == {"标准·受理条件": ("年满十八周岁", "年满十六周岁"), "标准·收费": ("否", "是")}
