"""The plain-language test finds what people do not understand, and what must not be sent."""

import pytest

from services.message import model_plain, model_table, model_templates, views
from services.message.model_templates import TEMPLATES
from yiwang.message.v1 import service_pb2 as pb

TEMPLATE = TEMPLATES["case.correction"]
GOOD = {
    "title": "请补材料",
    "body": "您申请的“{item}”（编号{number}）还缺材料。\n请在{due}前补交。",
    "short": "您申请的“{item}”还缺材料，请在{due}前补交。",
}


def rules(**changes: str) -> set[str]:
    """The rules that find something in a text."""
    return {one.rule for one in model_plain.findings(TEMPLATE, pb.TemplateText(**{**GOOD, **changes}))}


def test_a_plain_text_has_nothing_to_be_found() -> None:
    assert rules() == set()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("T01", {"title": "请补{item!r}"}),
        ("T01", {"title": "请补{0}"}),
        ("T01", {"title": "请补{item"}),
        ("T02", {"title": "请补{secret}"}),
        ("T03", {"body": "您申请的“{item}”（编号{number}）" + "还缺很多很多材料" * 5 + "请在{due}前补交。"}),
        ("T04", {"short": "您申请的“{item}”拟予补正，请在{due}前补交。"}),
        ("T05", {"short": "请打开 http://a.example/ 在{due}前补交“{item}”。"}),
        ("T05", {"short": "请打开abc.com在{due}前补交“{item}”。"}),
        ("T06", {"short": "请用APP在{due}前补交“{item}”。"}),
        ("T07", {"short": "请拨打19900000001在{due}前补交“{item}”。"}),
        ("T08", {"short": "您申请的“{item}”请在{due}前补交。" + "谢谢您。" * 30}),
        ("T10", {"short": "您申请的“{item}”还缺材料，请补交。"}),
        ("T11", {"body": "您申请的“{item}”还缺材料。\n请在{due}前补交。"}),
        ("T12", {"short": "您的申请还缺材料，请在{due}前补交。"}),
        ("T13", {"body": "“{item}”（编号{number}）还缺材料。\n请在{due}前补交。"}),
    ],
)
def test_each_rule_finds_what_it_is_for(rule: str, changes: dict[str, str]) -> None:
    assert rule in rules(**changes)


def test_a_field_is_a_name_and_reaches_nothing_behind_it() -> None:
    for text in ("{item.__class__}", "{item[0]}", "{item:>10}", "{}"):
        with pytest.raises(ValueError, match=r".*"):
            model_plain.field_names(text)


@pytest.mark.parametrize("code", sorted(TEMPLATES))
def test_every_template_says_something_of_each_of_its_fields(code: str) -> None:
    one = TEMPLATES[code]
    used = {name for part in (one.title, one.body, one.short) for name in model_plain.field_names(part)}
    assert used <= set(one.fields)
    # The department may be left to the county's own words.
    assert set(one.fields) - used <= {"department"}


def test_what_a_county_is_shown_has_a_sample_for_every_field() -> None:
    for one in TEMPLATES.values():
        said = model_templates.Text(one.title, one.body, one.short)

        assert "{" not in model_templates.rendered(said, views.samples(one)).body


def test_every_row_of_the_table_has_a_template() -> None:
    assert all(row.template in TEMPLATES for row in model_table.ROWS)
