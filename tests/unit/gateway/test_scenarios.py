"""Applying by scenario: the questions first, then exactly what applies, with the reasons; the answers go with the application."""

from collections.abc import Callable
from typing import Any

import pytest

from services.gateway import scenarios
from tests.support.rules import any_of, leaf, not_
from tests.unit.gateway.told import CASE, ITEM, Services, Site, a_case, an_item, guided, hidden, refuse
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

APPLY = f"/items/{ITEM}/apply"
RENTED = leaf('premises == "rented"', says="经营场所为租赁")
REQUIRED, OPTIONAL = catalog.NECESSITY_REQUIRED, catalog.NECESSITY_OPTIONAL


def a_shop() -> catalog.Item:
    """An item whose list hangs on two questions, the second of them on the first."""
    item = an_item()
    d = item.definition
    options = [catalog.Option(key="own", text="自有"), catalog.Option(key="rented", text="租赁")]
    d.questions.add(
        key="premises", text="经营场所的性质", kind=catalog.QUESTION_KIND_ONE, options=options, hint="以合同为准"
    )
    d.questions.add(key="rooms", text="房间数", kind=catalog.QUESTION_KIND_NUMBER, when=RENTED)
    d.materials.add(key="lease", name="租赁合同", necessity=REQUIRED, when=RENTED)
    d.materials.add(key="deed", name="产权证明", necessity=REQUIRED, when=not_(RENTED), one_of="proof")
    d.materials.add(key="letter", name="村委会证明", necessity=REQUIRED, when=not_(RENTED), one_of="proof")
    d.materials.add(key="plan", name="平面图", necessity=REQUIRED, when=leaf("rooms > 3", says="房间多于三间"))
    d.materials.add(key="bundle", name="一张表", necessity=OPTIONAL, excludes=["m1"])
    d.materials.add(key="record", name="勘验笔录", necessity=REQUIRED, maker=catalog.MAKER_OFFICER)
    d.promised_limit.CopyFrom(catalog.Limit(amount=9, unit=catalog.TIME_UNIT_WORKING_DAY))
    d.limit_variants.add(when=leaf("rooms > 3"), promised_limit=catalog.Limit(amount=15, unit=1))
    return item


@pytest.fixture
def shop(site: Site, services: Services) -> Callable[[str], str]:
    """The page of the application of that item, for whoever is signed in."""
    site.sign_in()
    services.on("GetItem", a_shop())
    return lambda query="": site.get(APPLY + query).text


def test_the_questions_come_first_and_one_by_one_as_they_are_asked(shop: Callable[[str], str]) -> None:
    page = shop("")
    assert 'name="q_premises" value="rented"' in page and "以合同为准" in page and 'name="q_rooms"' not in page
    assert "上传材料" not in page and "提交申请" not in page
    page = shop("?q_premises=rented")
    assert 'value="rented" checked' in page and 'name="q_rooms"' in page and "还有 1 个问题" in page
    assert "上传材料" not in page


def test_when_all_is_answered_exactly_what_applies_is_asked_for_with_the_reasons(shop: Callable[[str], str]) -> None:
    page = shop("?q_premises=rented&q_rooms=4")
    assert "因为：经营场所为租赁" in page and "因为：房间多于三间" in page and "15 个工作日" in page
    for key in ("m1", "lease", "plan", "bundle"):
        assert f'name="materials.{key}"' in page
    for key in ("deed", "letter", "record"):
        assert f'name="materials.{key}"' not in page
    assert "勘验笔录" in page and "由部门或系统提供，无需您提交" in page and "产权证明" not in page
    page = shop("?q_premises=own")
    assert "因为：不是：经营场所为租赁" in page and "与下列材料任选其一提交即可：村委会证明" in page
    assert "9 个工作日" in page and "租赁合同" not in page


def test_the_browser_insists_on_no_file_that_another_may_stand_for(shop: Callable[[str], str]) -> None:
    page = shop("?q_premises=own")
    assert "提交此材料后，无需再提交：申请书" in page
    for key in ("m1", "deed", "letter", "bundle"):
        assert " required" not in page.partition(f'name="materials.{key}"')[2].partition(">")[0], key
    assert " required" in shop("?q_premises=rented&q_rooms=1").partition('name="materials.lease"')[2].partition(">")[0]


def test_the_answers_go_with_the_application(site: Site, services: Services, shop: Callable[[str], str]) -> None:
    page = shop("?q_premises=rented&q_rooms=4")
    services.on("SubmitCase", a_case())
    form = {
        name: hidden(page.partition("enctype=")[2], name)
        for name in ("csrf", "request_id", "edition", "q_premises", "q_rooms")
    }
    assert site.post(APPLY, form).headers["location"].startswith(f"/cases/{CASE}")
    (request,) = services.requests("SubmitCase")
    assert {key: list(answer.values) for key, answer in request.answers.items()} == {
        "premises": ["rented"],
        "rooms": ["4"],
    }


def test_what_is_refused_comes_back_under_the_same_answers(
    site: Site, services: Services, shop: Callable[[str], str]
) -> None:
    services.on("SubmitCase", refuse("INVALID_ARGUMENT", "MATERIAL_MISSING", "缺少", materials__lease="缺少租赁合同"))
    typed = {"q_premises": "rented", "q_rooms": "2", "form.contact_phone": "13800000001"}
    answer = site.send(APPLY, typed)
    assert answer.status_code == 400 and '<a href="#materials-lease">' in answer.text
    assert 'name="q_premises" value="rented"' in answer.text and 'value="13800000001"' in answer.text
    assert "平面图" not in answer.text


def test_an_answer_that_is_missing_leads_back_to_its_question(
    site: Site, services: Services, shop: Callable[[str], str]
) -> None:
    services.on("SubmitCase", refuse("INVALID_ARGUMENT", "REQUIRED", "请回答", answers__rooms="请回答：房间数"))
    answer = site.send(APPLY, {"q_premises": "rented"})
    assert '<a href="#answers-rooms">' in answer.text and 'id="answers-rooms"' in answer.text


def test_an_answer_that_fits_no_option_is_said_at_its_question_and_the_others_stay(shop: Callable[[str], str]) -> None:
    page = shop("?q_premises=rented&q_rooms=viele")
    assert "请填写整数" in page and 'value="rented" checked' in page and 'aria-invalid="true"' in page
    assert 'value="rented" checked' not in shop("?q_premises=castle")
    assert 'name="q_premises"' in shop("?q_nothing=1&q_=2&q_premises=" + "x" * 200)


def test_an_item_without_questions_is_applied_for_at_once(site: Site) -> None:
    site.sign_in()
    page = site.get(APPLY).text
    assert "您的情形" not in page and "提交申请" in page and 'name="materials.m1"' in page


def test_a_withdrawn_item_is_not_applied_for(site: Site, services: Services) -> None:
    site.sign_in()
    services.on("GetItem", an_item(status=catalog.ITEM_STATUS_WITHDRAWN))
    page = site.get(APPLY).text
    assert "本事项已取消" in page and "提交申请" not in page


@pytest.mark.parametrize("path", [f"/cases/{CASE}", f"/desk/{CASE}"])
def test_applicant_and_officer_read_the_answers_of_a_case(site: Site, services: Services, path: str) -> None:
    site.sign_in(as_officer=path.startswith("/desk"))
    case = a_case()
    case.scenario.add(key="premises", question="经营场所的性质", answer="租赁")
    case.materials[0].demand = catalog.DEMAND_ONE_OF
    services.on("GetCase", case)
    page = site.get(path).text
    assert "申请情形" in page and "经营场所的性质" in page and "租赁" in page and "任选其一" in page
    services.on("GetCase", a_case())
    assert "申请情形" not in site.get(path).text


def test_choices_of_the_form_are_offered_as_they_are(site: Site, services: Services) -> None:
    item = an_item()
    item.definition.form_fields.add(
        key="kind", label="类别", kind=catalog.FIELD_KIND_CHOICE, options=["甲类", "乙类"], required=True
    )
    services.on("GetItem", item)
    site.sign_in()
    page = site.get(APPLY).text
    assert 'type="radio" name="form.kind" value="乙类" required' in page


# -- in words ----------------------------------------------------------------------------------------------------------------


def look(definition: catalog.ItemDefinition, **answers: str) -> scenarios.Scenario:
    item = catalog.Item(id=ITEM, edition=1, definition=definition)
    chosen = {key: value.split(",") for key, value in answers.items()}
    request = catalog.GuideItemRequest(answers=scenarios.messages(chosen))
    return scenarios.scenario(item, guided(item)(request), chosen)


def test_a_reason_names_the_conditions_that_decided_and_no_others() -> None:
    either = any_of(RENTED, leaf("rooms > 3", says="房间多于三间"))
    definition = a_shop().definition
    definition.ClearField("materials")
    definition.materials.add(key="m", name="材料", necessity=REQUIRED, when=either)
    assert look(definition, premises="rented", rooms="2").materials[0].because == ["经营场所为租赁"]
    assert look(definition, premises="rented", rooms="9").materials[0].because == ["经营场所为租赁", "房间多于三间"]
    assert look(definition).materials[0].because == ["取决于：经营场所的性质", "取决于：房间数"]


def test_a_condition_without_words_is_told_by_its_question() -> None:
    definition = a_shop().definition
    definition.ClearField("materials")
    definition.materials.add(key="m", name="材料", necessity=REQUIRED, when=leaf('premises == "own"'))
    assert look(definition, premises="own").materials[0].because == ["经营场所的性质：自有"]


def test_answers_are_read_from_any_address_within_bounds() -> None:
    pairs: list[tuple[str, Any]] = [("q_a", " x "), ("q_a", "y"), ("q_a", "x"), ("b", "z"), ("q_c", ""), ("q_D", "1")]
    assert scenarios.answers_of(pairs) == {"a": ["x", "y"]}
    assert scenarios.answers_of(pairs, []) == {}
    assert len(scenarios.answers_of([(f"q_k{n}", "x") for n in range(99)])) == 40
    assert len(scenarios.answers_of([("q_k", str(n)) for n in range(99)])["k"]) == 50


def test_the_answers_that_count_make_the_address() -> None:
    found = look(a_shop().definition, premises="own", rooms="3")
    assert found.query == "?q_premises=own" and found.complete
    assert cases.SubmitCaseRequest(answers=scenarios.messages(found.answers)).answers["premises"].values == ["own"]
