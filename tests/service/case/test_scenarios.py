"""Scenarios: the list the guide shows under some answers is the list a case demands."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.acts import now
from services.catalog import model_checks, model_scenarios
from services.catalog.importing_files import rows
from standards.identifiers import id_number_check_digit, uscc_check_digit
from tests.support.actors import delegate, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, Db, journal, status, submit, upload
from tests.support.items import FORM, definition, publish
from tests.support.rules import leaf, not_
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

GUIDES = Path(__file__).resolve().parents[4] / "shared/data/items/hunan_guides.json"
REQUIRED, ONE_OF = catalog.NECESSITY_REQUIRED, catalog.DEMAND_ONE_OF
RENTED = leaf('premises == "rented"', says="经营场所为租赁")


def a_shop(**changes: Any) -> catalog.ItemDefinition:
    """An item whose materials, steps and limits hang on two questions."""
    one, number = catalog.QUESTION_KIND_ONE, catalog.QUESTION_KIND_NUMBER
    options = [catalog.Option(key="own", text="自有"), catalog.Option(key="rented", text="租赁")]
    fields: dict[str, Any] = {
        "questions": [
            catalog.Question(key="premises", text="经营场所的性质", kind=one, options=options),
            catalog.Question(key="rooms", text="房间数", kind=number, when=RENTED),
        ],
        "materials": [
            catalog.Material(key="application", name="申请书", necessity=REQUIRED),
            catalog.Material(key="lease", name="租赁合同", necessity=REQUIRED, when=RENTED),
            catalog.Material(key="deed", name="产权证明", necessity=REQUIRED, when=not_(RENTED), one_of="proof"),
            catalog.Material(key="letter", name="村委会证明", necessity=REQUIRED, when=not_(RENTED), one_of="proof"),
            catalog.Material(key="some", name="特殊说明", necessity=catalog.NECESSITY_CONDITIONAL),
            catalog.Material(key="record", name="勘验笔录", necessity=REQUIRED, maker=catalog.MAKER_OFFICER),
            catalog.Material(
                key="whole", name="一张表", necessity=catalog.NECESSITY_OPTIONAL, excludes=["application"]
            ),
        ],
        "steps": [
            catalog.Step(name="材料审查", kind=catalog.STEP_KIND_REVIEW),
            catalog.Step(name="现场勘验", kind=catalog.STEP_KIND_REVIEW, when=leaf("rooms > 3")),
        ],
        "limit_variants": [
            catalog.LimitVariant(when=leaf("rooms > 3"), promised_limit=catalog.Limit(amount=9, unit=1)),
        ],
    }
    return definition(**(fields | changes))


def told(**answers: str) -> dict[str, catalog.Answer]:
    return {key: catalog.Answer(values=text.split(",")) for key, text in answers.items()}


@pytest.fixture
def shop(database: Db) -> str:
    assert model_checks.faults(a_shop(type_code="01")) == []
    return publish(database, a_shop())


def apply(citizen: As, item: str, *materials: str, **answers: str) -> pb.Case:
    files = [pb.HandedIn(material=key, attachments=[upload(citizen).id]) for key in materials]
    return submit(citizen, item, materials=files, answers=told(**answers))


# -- what is demanded --------------------------------------------------------------------------------------------------------


def test_every_question_that_is_asked_must_be_answered(citizen: As, shop: str) -> None:
    with refused(INVALID, "REQUIRED") as refusal:
        apply(citizen, shop, "application")
    assert refusal.fields == {"answers[premises]": "REQUIRED"} and "经营场所的性质" in refusal.message
    with refused(INVALID, "REQUIRED") as refusal:
        submit(citizen, shop, form={}, materials=[], answers=told(premises="rented"))
    assert refusal.fields == {"form[name]": "REQUIRED", "form[phone]": "REQUIRED", "answers[rooms]": "REQUIRED"}


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({"premises": "castle"}, {"answers[premises]": "OPTION_UNKNOWN"}),
        ({"premises": "own", "nothing": "x"}, {"answers[nothing]": "QUESTION_UNKNOWN"}),
        ({"premises": "rented", "rooms": "many"}, {"answers[rooms]": "NOT_A_NUMBER"}),
    ],
)
def test_an_answer_that_fits_no_question_or_option_is_refused(
    citizen: As, shop: str, answers: dict[str, str], fields: dict[str, str]
) -> None:
    with refused(INVALID) as refusal:
        apply(citizen, shop, "application", **answers)
    assert refusal.fields == fields


def test_what_the_answers_ask_for_is_demanded_and_nothing_else_is_taken(citizen: As, shop: str) -> None:
    with refused(INVALID) as refusal:
        apply(citizen, shop, "deed", premises="rented", rooms="2")
    assert refusal.fields == {
        "materials[application]": "MATERIAL_MISSING",
        "materials[lease]": "MATERIAL_MISSING",
        "materials[deed]": "MATERIAL_NOT_IN_SCENARIO",
    }
    with refused(INVALID) as refusal:
        apply(citizen, shop, "application", "passport", premises="own")
    assert refusal.fields == {"materials[passport]": "MATERIAL_NOT_LISTED", "materials[deed]": "MATERIAL_MISSING"}
    assert "产权证明、村委会证明" in refusal.messages["materials[deed]"]
    assert status(apply(citizen, shop, "application", "lease", premises="rented", rooms="2")) == "SUBMITTED"
    assert status(apply(citizen, shop, "application", "letter", premises="own")) == "SUBMITTED"


def test_a_document_that_officers_make_is_not_taken_from_the_applicant(citizen: As, shop: str) -> None:
    with refused(INVALID) as refusal:
        apply(citizen, shop, "application", "deed", "record", premises="own")
    assert refusal.fields == {"materials[record]": "MATERIAL_NOT_IN_SCENARIO"}


def test_what_another_material_stands_for_is_neither_demanded_nor_taken(citizen: As, shop: str) -> None:
    assert status(apply(citizen, shop, "whole", "deed", premises="own")) == "SUBMITTED"
    with refused(INVALID, "MATERIAL_EXCLUDED") as refusal:
        apply(citizen, shop, "whole", "application", "deed", premises="own")
    assert refusal.fields == {"materials[application]": "MATERIAL_EXCLUDED"}


def test_limits_and_review_steps_are_those_of_the_answers(citizen: As, desk: dict[str, As], shop: str) -> None:
    small = apply(citizen, shop, "application", "lease", premises="rented", rooms="3")
    large = apply(citizen, shop, "application", "lease", premises="rented", rooms="4")
    assert list(small.review_steps) == ["材料审查"] and list(large.review_steps) == ["材料审查", "现场勘验"]
    dues = [desk["receive"].AcceptCase(case_id=one.id) for one in (small, large)]
    assert dues[0].promised_due < dues[1].promised_due and dues[0].statutory_due == dues[1].statutory_due


# -- what is kept and shown --------------------------------------------------------------------------------------------------


def test_answers_are_shown_in_words_with_the_list_they_led_to(
    case_api: Here, citizen: As, desk: dict[str, As], shop: str
) -> None:
    case = apply(citizen, shop, "application", "lease", premises="rented", rooms="4")
    guide = model_scenarios.guide(
        a_shop(), catalog.GuideItemRequest(item_id=shop, answers=told(premises="rented", rooms="4")), 1
    )
    for seen in (case, citizen.GetCase(case_id=case.id), desk["receive"].GetCase(case_id=case.id)):
        assert [(one.question, one.answer) for one in seen.scenario] == [("经营场所的性质", "租赁"), ("房间数", "4")]
        assert {one.key: one.demand for one in seen.materials} == {one.key: one.demand for one in guide.materials}
        assert seen.guide_digest == guide.digest
    assert not citizen.ListMyCases().cases[0].scenario


def test_answers_are_kept_sealed_and_only_those_that_count(
    case_api: Here, citizen: As, database: Db, shop: str
) -> None:
    case = apply(citizen, shop, "application", "deed", premises="own", rooms="4")
    assert [one.key for one in case.scenario] == ["premises"]
    (entry,) = journal(database, case.id)
    assert "own" not in str(entry["data"]) and case.guide_digest not in str(entry["data"])
    content = case_api.keyring.open(case.applicant_id, entry["data"]["sealedAnswers"])
    assert content == {"answers": {"premises": ["own"]}, "guide": case.guide_digest}


def test_what_looks_like_a_number_of_a_person_is_masked_for_officers(
    citizen: As, desk: dict[str, As], shop: str
) -> None:
    case = apply(citizen, shop, "application", "lease", premises="rented", rooms="13912345678")
    assert citizen.GetCase(case_id=case.id).scenario[1].answer == "13912345678"
    assert desk["receive"].GetCase(case_id=case.id).scenario[1].answer == "139****5678"


def test_a_teller_reads_the_answers_until_the_case_is_handed_over(
    case_api: Here, desk: dict[str, As], shop: str
) -> None:
    teller = case_api.by(delegate(person(), "bank", delegation="d-1"))
    case = apply(teller, shop, "application", "deed", premises="own")
    assert len(teller.GetCase(case_id=case.id).scenario) == 1
    desk["receive"].AcceptCase(case_id=case.id)
    seen = teller.GetCase(case_id=case.id)
    assert (len(seen.scenario), seen.guide_digest) == (0, "")


def test_other_departments_see_neither_the_case_nor_its_answers(case_api: Here, citizen: As, shop: str) -> None:
    case = apply(citizen, shop, "application", "deed", premises="own")
    for actor in (officer("receive", department="11990121MB0000002H"), person()):
        with refused(reason="NOT_FOUND"):
            case_api.by(actor).GetCase(case_id=case.id)


def test_after_erasure_no_answer_is_left_and_the_case_can_still_be_worked_on(
    case_api: Here, citizen: As, desk: dict[str, As], shop: str
) -> None:
    case = apply(citizen, shop, "application", "deed", premises="own")
    case_api.keyring.erase(case.applicant_id, now())
    seen = desk["receive"].GetCase(case_id=case.id)
    assert seen.erased and not seen.scenario and not seen.guide_digest
    assert [one.key for one in seen.materials] == [one.key for one in a_shop().materials]
    assert status(desk["receive"].AcceptCase(case_id=case.id)) == "IN_REVIEW"


# -- corrections -------------------------------------------------------------------------------------------------------------


def test_a_correction_asks_for_what_applies_and_for_what_some_need_but_for_nothing_else(
    citizen: As, desk: dict[str, As], shop: str
) -> None:
    case = apply(citizen, shop, "application", "deed", premises="own")
    with refused(INVALID) as refusal:
        desk["receive"].RequestCorrection(
            case_id=case.id, materials=["lease", "some", "record", "diploma"], notice="请补"
        )
    assert refusal.fields == {
        "materials[lease]": "MATERIAL_NOT_IN_SCENARIO",
        "materials[record]": "MATERIAL_NOT_IN_SCENARIO",
        "materials[diploma]": "MATERIAL_NOT_LISTED",
    }
    desk["receive"].RequestCorrection(case_id=case.id, materials=["some", "deed"], notice="请补")
    files = {key: pb.HandedIn(material=key, attachments=[upload(citizen).id]) for key in ("some", "deed", "lease")}
    with refused(INVALID) as refusal:
        citizen.CorrectCase(case_id=case.id, materials=[files["some"], files["lease"]])
    assert refusal.fields == {
        "materials[lease]": "MATERIAL_NOT_IN_SCENARIO",
        "materials[deed]": "MATERIAL_MISSING",
    }
    assert status(citizen.CorrectCase(case_id=case.id, materials=[files["some"], files["deed"]])) == "SUBMITTED"


# -- the real guides -----------------------------------------------------------------------------------------------------------


def guides() -> list[catalog.ItemDefinition]:
    found = [row.definition for row in rows(GUIDES)] if GUIDES.exists() else []
    return [one for one in found if isinstance(one, catalog.ItemDefinition)]


def ways(item: catalog.ItemDefinition, chance: random.Random, count: int) -> Iterator[dict[str, catalog.Answer]]:
    """Some complete ways through the questions of an item."""
    questions = {question.key: question for question in item.questions}
    for _ in range(count if questions else 1):
        answers: dict[str, catalog.Answer] = {}
        while still := model_scenarios.guide(item, catalog.GuideItemRequest(answers=answers), 1).open:
            answers[still[0]] = some_answer(questions[still[0]], chance)
        yield answers


def some_answer(question: catalog.Question, chance: random.Random) -> catalog.Answer:
    keys = [option.key for option in question.options]
    by_kind = {
        catalog.QUESTION_KIND_ONE: lambda: [chance.choice(keys)],
        catalog.QUESTION_KIND_MANY: lambda: chance.sample(keys, chance.randint(1, len(keys))),
        catalog.QUESTION_KIND_YES_NO: lambda: [chance.choice(["yes", "no"])],
        catalog.QUESTION_KIND_NUMBER: lambda: [str(chance.randint(0, 500))],
    }
    return catalog.Answer(values=by_kind[question.kind]())


def form_for(item: catalog.ItemDefinition) -> dict[str, str]:
    values = {
        catalog.FIELD_KIND_NUMBER: "3",
        catalog.FIELD_KIND_DATE: "2026-10-01",
        catalog.FIELD_KIND_PHONE: FORM["phone"],
        catalog.FIELD_KIND_ID_NUMBER: "99012119900101001" + id_number_check_digit("99012119900101001"),
        catalog.FIELD_KIND_USCC: "91990121MA0XA8M04" + uscc_check_digit("91990121MA0XA8M04"),
    }
    return {
        one.key: one.options[0] if one.kind == catalog.FIELD_KIND_CHOICE else values.get(one.kind, "某某")
        for one in item.form_fields
        if one.required
    }


@pytest.mark.skipif(not GUIDES.exists(), reason="the real data is not beside the checkout")
def test_the_list_shown_of_every_real_guide_is_the_list_demanded(case_api: Here, citizen: As, database: Db) -> None:
    chance, walked, asked = random.Random(4), 0, 0
    file = upload(citizen).id
    for item in guides():
        item.online, item.required_level = True, 0  # type: ignore[assignment]
        id, form = publish(database, item), form_for(item)
        for answers in ways(item, chance, 3):
            guide = model_scenarios.guide(item, catalog.GuideItemRequest(item_id=id, answers=answers), 1)
            needed = [one.key for one in guide.materials if one.demand == catalog.DEMAND_REQUIRED]
            groups = {one.one_of: one.key for one in reversed(guide.materials) if one.demand == ONE_OF}
            excludes = {one.key: set(one.excludes) for one in item.materials}
            wanted = [*needed, *groups.values()]
            fits = [key for key in wanted if not any(key in excludes[other] for other in wanted)]
            if wanted:
                with refused(INVALID) as refusal:
                    submit(citizen, id, form=form, materials=[], answers=answers)
                assert refusal.fields == {f"materials[{key}]": "MATERIAL_MISSING" for key in wanted}, item.name
            files = [pb.HandedIn(material=key, attachments=[file]) for key in fits]
            case = submit(citizen, id, form=form, materials=files, answers=answers)
            assert case.guide_digest == guide.digest
            assert [one.key for one in case.materials] == [one.key for one in guide.materials], item.name
            walked, asked = walked + 1, asked + bool(answers)
    assert walked >= 27 and asked > 0
