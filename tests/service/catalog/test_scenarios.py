"""Questions and conditions of an item: what cannot be used is refused with its place, and the guide answers as it is asked."""

import time

import grpc
import pytest

from tests.support.calling import refused
from tests.support.catalog_service import CatalogHere, item
from tests.support.rules import all_of, leaf
from yiwang.catalog.v1 import service_pb2 as pb

INVALID = grpc.StatusCode.INVALID_ARGUMENT
KINDS = [pb.Option(key="own", text="自有"), pb.Option(key="rented", text="租赁")]
RENTED = leaf('premises == "rented"', says="经营场所为租赁", id="rented")


def shop(**changes: object) -> pb.ItemDefinition:
    """An item with one question and one material that hangs on it."""
    fields = {
        "questions": [pb.Question(key="premises", text="经营场所的性质", kind=pb.QUESTION_KIND_ONE, options=KINDS)],
        "materials": [
            pb.Material(key="application", name="申请书", necessity=pb.NECESSITY_REQUIRED),
            pb.Material(key="lease", name="租赁合同", necessity=pb.NECESSITY_REQUIRED, when=RENTED),
        ],
    }
    return item(**(fields | changes))


def told(**answers: str) -> dict[str, pb.Answer]:
    return {key: pb.Answer(values=[value]) for key, value in answers.items()}


def test_the_guide_asks_answers_and_tells_why(catalog: CatalogHere) -> None:
    id, citizen = catalog.publish(shop()).id, catalog.by(None)
    begun = citizen.GuideItem(item_id=id)
    assert (list(begun.asked), list(begun.open)) == (["premises"], ["premises"])
    assert [(one.key, one.demand) for one in begun.materials] == [
        ("application", pb.DEMAND_REQUIRED), ("lease", pb.DEMAND_OPEN),
    ]  # fmt: skip
    rented = citizen.GuideItem(item_id=id, answers=told(premises="rented"))
    assert [one.key for one in rented.materials] == ["application", "lease"] and not rented.open
    assert (rented.materials[1].reason.id, rented.materials[1].reason.says) == ("rented", "经营场所为租赁")
    own = citizen.GuideItem(item_id=id, answers=told(premises="own"))
    assert [one.key for one in own.materials] == ["application"]
    assert own == citizen.GuideItem(item_id=id, answers=told(premises="own"))
    assert len({one.digest for one in (begun, rented, own)}) == 3


def test_the_guide_of_an_old_edition_stays_as_it_was(catalog: CatalogHere) -> None:
    id = catalog.publish(shop()).id
    before = catalog.by(None).GuideItem(item_id=id, answers=told(premises="rented"))
    catalog.publish(shop(questions=[], materials=[]))
    assert catalog.by(None).GuideItem(item_id=id, edition=1, answers=told(premises="rented")) == before
    assert not catalog.by(None).GuideItem(item_id=id).materials
    with refused(grpc.StatusCode.NOT_FOUND):
        catalog.by(None).GuideItem(item_id=id, edition=3)


def test_answers_that_fit_nothing_are_named(catalog: CatalogHere) -> None:
    id = catalog.publish(shop()).id
    with refused(INVALID) as refusal:
        catalog.by(None).GuideItem(item_id=id, answers=told(premises="castle", rooms="3"))
    assert refusal.fields == {"answers[premises]": "OPTION_UNKNOWN", "answers[rooms]": "QUESTION_UNKNOWN"}


def test_what_was_never_published_has_no_guide(catalog: CatalogHere) -> None:
    saved = catalog.desk().SaveItem(definition=shop())
    with refused(grpc.StatusCode.NOT_FOUND):
        catalog.by(None).GuideItem(item_id=saved.id)


@pytest.mark.parametrize(
    ("cel", "reason"),
    [
        ('premises == "rented', "CEL_UNSUPPORTED"),
        ("premises ==", "CEL_SYNTAX"),
        ('rent == "rented"', "FACT_UNKNOWN"),
        ('premises.matches("r+")', "FUNCTION_UNKNOWN"),
        ("[1].all(x, [2].all(y, x < y))", "CEL_NESTED"),
        ("(" * 400 + "true" + ")" * 400, "CEL_TOO_DEEP"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_wherever_it_stands(catalog: CatalogHere, cel: str, reason: str) -> None:
    bad = all_of(leaf("true"), leaf(cel))
    places = {
        "materials": [pb.Material(key="m", name="材料", necessity=pb.NECESSITY_REQUIRED, when=bad)],
        "steps": [pb.Step(name="审查", kind=pb.STEP_KIND_REVIEW, when=bad)],
        "fees": [pb.Fee(name="费用", when=bad)],
        "special_procedures": [pb.SpecialProcedure(kind=pb.PROCEDURE_KIND_HEARING, name="听证", when=bad)],
        "limit_variants": [pb.LimitVariant(when=bad)],
    }
    with refused(INVALID, reason) as refusal:
        catalog.desk().SaveItem(definition=shop(**places))
    leaves = {f"definition.{name}[0].when.all.rules[1].leaf.cel": reason for name in places}
    assert leaves.items() <= refusal.fields.items()


def test_automatic_decisions_may_read_facts_of_the_application_but_must_parse(catalog: CatalogHere) -> None:
    good = pb.Automatic(rule=leaf("age >= 18"), summary="成年人")
    assert catalog.desk().SaveItem(definition=shop(automatic=good)).definition.automatic.summary == "成年人"
    with refused(INVALID, "CEL_SYNTAX") as refusal:
        catalog.desk().SaveItem(definition=shop(automatic=pb.Automatic(rule=leaf("age >="), summary="成年人")))
    assert refusal.fields == {"definition.automatic.rule.leaf.cel": "CEL_SYNTAX"}


def test_circular_questions_are_refused_and_the_circle_is_named(catalog: CatalogHere) -> None:
    yes_no = pb.QUESTION_KIND_YES_NO
    questions = [
        pb.Question(key="a", text="甲？", kind=yes_no, when=leaf("b")),
        pb.Question(key="b", text="乙？", kind=yes_no, when=leaf("!a")),
    ]
    with refused(INVALID, "CIRCULAR") as refusal:
        catalog.desk().SaveItem(definition=shop(questions=questions, materials=[]))
    assert refusal.fields == {"definition.questions[0].when": "CIRCULAR"} and "a → b → a" in refusal.message


def test_rules_that_are_too_large_together_are_refused_before_any_is_read(catalog: CatalogHere) -> None:
    large = all_of(*(leaf(f"premises == {number}" + " " * 900) for number in range(50)))
    steps = [pb.Step(name="审查", kind=pb.STEP_KIND_REVIEW, when=large) for _ in range(6)]
    started = time.process_time()
    with refused(INVALID, "RULES_TOO_LARGE") as refusal:
        catalog.desk().SaveItem(definition=shop(steps=steps))
    assert refusal.fields == {"definition.steps[4].when": "RULES_TOO_LARGE"}
    assert time.process_time() - started < 1
