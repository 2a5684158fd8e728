"""The officers' pages of the catalogue: what is typed is what is saved, and whatever is wrong stands beside its field."""

from html.parser import HTMLParser
from typing import Any

import pytest

from services.gateway.editing_words import SECTIONS
from tests.unit.gateway.told import ITEM, Services, Site, hidden, refuse, session
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import lists_pb2 as lists
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.catalog.v1 import vocabulary_pb2 as vocabulary

AT = f"/desk/catalog/items/{ITEM}"
EVERY = {field.name for field in catalog.ItemDefinition.DESCRIPTOR.fields}


def definition() -> catalog.ItemDefinition:
    """An item with a row of every kind."""
    made = catalog.ItemDefinition(code="X1", name="测试事项", type_code="01", region="990121", online_depths=[1, 4])
    made.department.code, made.department.name = "11990121000001011B", "测试局"
    made.promised_limit.amount, made.promised_limit.unit = 5, catalog.TIME_UNIT_WORKING_DAY
    made.steps.add(name="受理", kind=catalog.STEP_KIND_ACCEPT)
    made.steps.add(name="决定", kind=catalog.STEP_KIND_DECIDE).limit.amount = 3
    question = made.questions.add(key="premises", text="经营场所", kind=catalog.QUESTION_KIND_ONE)
    question.options.add(key="own", text="自有")
    question.options.add(key="rented", text="租赁")
    lease = made.materials.add(key="lease", name="租赁合同", necessity=catalog.NECESSITY_REQUIRED)
    lease.when.leaf.cel, lease.when.leaf.id, lease.when.leaf.says = 'premises == "rented"', "r1", "场所为租赁"
    proof = made.materials.add(key="proof", name="产权证明", necessity=catalog.NECESSITY_REQUIRED, excludes=["lease"])
    proof.when.any.rules.add().leaf.cel = 'premises == "own"'
    made.fees.add(name="工本费", least=1000, most=1000)
    made.laws.add(title="《测试法》", article="第三条")
    made.faq.add(question="多久？", answer="五天。\n节假日除外。")
    return made


def an_officer(site: Site, services: Services) -> None:
    reply = session(as_officer=True)
    reply.me.officer.roles[:] = ["catalog"]
    services.on("SignIn", reply)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})


def a_draft(services: Services, **change: Any) -> catalog.Item:
    fields = {"version": 7, "edition": 2, "latest_edition": 2, "status": catalog.ITEM_STATUS_PUBLISHED} | change
    fields.setdefault("draft_status", catalog.DRAFT_STATUS_WRITTEN)
    draft = catalog.Item(id=ITEM, definition=definition(), **fields)
    services.on("GetItemDraft", draft)
    services.on("LintDefinition", items.LintDefinitionResponse())
    services.on("ListEditions", catalog.ListEditionsResponse())
    services.on("SaveItem", draft)
    return draft


class Form(HTMLParser):
    """What a browser sends of a page's form when nobody changes anything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, Any] = {}
        self._inside, self._select, self._area = False, "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = "editing" in told.get("class", "")
        elif not self._inside:
            return
        elif tag == "input" and (told.get("type") != "checkbox" or "checked" in told):
            self._send(told["name"], told.get("value", ""))
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select and "selected" in told:
            self._send(self._select, told["value"])
        elif tag == "textarea":
            self._area = told["name"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            self._send(self._area, "")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._send(self._area, data)
            self._area = ""

    def _send(self, name: str, value: str) -> None:
        known = self.sent.get(name)
        self.sent[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]


def typed(page: str) -> dict[str, Any]:
    """What the form of a page sends, as it stands there."""
    return {name: value for name, value in Form(page).sent.items() if name not in ("csrf", "version", "request_id")}


def test_every_field_of_an_item_stands_in_one_section():
    placed = [name for _, names in SECTIONS.values() for name in names]
    assert sorted(placed) == sorted(EVERY - {"code"})


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_saved_as_it_was_shown_changes_nothing(site: Site, services: Services, section: str):
    an_officer(site, services)
    draft = a_draft(services)
    page = site.get(f"{AT}/edit/{section}")
    assert page.status_code == 200
    answer = site.send(
        f"{AT}/edit/{section}", typed(page.text) | {"do": "save", "version": hidden(page.text, "version")}
    )
    assert answer.status_code == 303
    (saved,) = services.requests("SaveItem")
    assert saved.definition == draft.definition and saved.version == 7


def test_what_a_service_refuses_stands_beside_its_field_with_what_was_typed(site: Site, services: Services):
    an_officer(site, services)
    a_draft(services)
    told = {"definition.materials[1].name": "材料名称重复"}
    services.on("SaveItem", refuse("INVALID_ARGUMENT", "KEY_TWICE", "有误", **told))
    sent = typed(site.get(f"{AT}/edit/materials").text) | {"materials.1.name": "租赁合同"}
    answer = site.send(f"{AT}/edit/materials", sent | {"do": "save", "version": "7"})
    assert answer.status_code == 400
    assert 'id="materials-1-name-error"' in answer.text and "材料名称重复" in answer.text
    assert 'href="#materials-1-name"' in answer.text and answer.text.count('value="租赁合同"') == 2


def test_the_lint_stands_beside_the_field_and_what_a_standard_owns_is_shut(site: Site, services: Services):
    an_officer(site, services)
    draft = a_draft(services)
    finding = items.Finding(
        rule="L005", level=items.FINDING_LEVEL_ERROR, field="visit_reason", message="应说明到场原因", hint="写明"
    )
    services.on(
        "LintDefinition",
        items.LintDefinitionResponse(
            findings=[finding], owned={"conditions": "示范市数据局", "legal_basis": "示范市数据局"}
        ),
    )
    page = site.get(f"{AT}/edit/channels").text
    assert "应说明到场原因" in page and "L005" in page
    shut = site.get(f"{AT}/edit/basis").text
    assert "由示范市数据局统一规定" in shut and 'name="conditions"' not in shut
    site.send(f"{AT}/edit/basis", {"do": "save", "conditions": "想改", "laws.0.title": "《测试法》", "version": "7"})
    (saved,) = services.requests("SaveItem")
    assert saved.definition.conditions == draft.definition.conditions and not saved.definition.laws[0].article


def test_rows_are_added_struck_out_and_moved(site: Site, services: Services):
    an_officer(site, services)
    a_draft(services)
    sent = typed(site.get(f"{AT}/edit/limits").text)
    more = site.send(f"{AT}/edit/limits", sent | {"do": "add steps"})
    assert 'name="steps.2.name"' in more.text and services.requests("SaveItem") == []
    site.send(f"{AT}/edit/limits", sent | {"do": "save", "steps.0.remove": "1", "version": "7"})
    site.send(f"{AT}/edit/limits", sent | {"do": "save", "steps.1.place": "1", "version": "7"})
    struck, moved = services.requests("SaveItem")
    assert [step.name for step in struck.definition.steps] == ["决定"]
    assert [step.name for step in moved.definition.steps] == ["决定", "受理"]


def test_a_rule_that_is_no_tree_and_a_number_that_is_none_are_refused_at_their_field(site: Site, services: Services):
    an_officer(site, services)
    a_draft(services)
    rule = site.send(f"{AT}/edit/materials", {"materials.0.name": "甲", "materials.0.when.json": "{", "do": "save"})
    assert rule.status_code == 400 and "规则树" in rule.text
    number = site.send(f"{AT}/edit/channels", {"visits": "两次", "do": "save"})
    assert number.status_code == 400 and 'id="visits-error"' in number.text
    assert services.requests("SaveItem") == []


def test_an_item_shows_its_findings_and_offers_what_its_state_allows(site: Site, services: Services):
    an_officer(site, services)
    a_draft(services)
    page = site.get(AT).text
    assert f'action="{AT}/review"' in page and f'action="{AT}/publish"' not in page
    services.on("ReviewItem", catalog.Item())
    site.send(f"{AT}/review", {"version": "7", "note": "一致"})
    (asked,) = services.requests("ReviewItem")
    assert (asked.item_id, asked.version, asked.note) == (ITEM, 7, "一致")
    a_draft(services, draft_status=catalog.DRAFT_STATUS_REVIEWED)
    services.on("PublishItem", catalog.Item())
    site.send(f"{AT}/publish", {"effective_from": "2027-01-01T00:00"})
    (put,) = services.requests("PublishItem")
    assert put.effective_from == "2027-01-01T00:00:00+08:00"
    services.on("ReviewItem", refuse("PERMISSION_DENIED", "WRITER_MAY_NOT_REVIEW", "编写人不得审核自己编写的内容"))
    a_draft(services)
    denied = site.send(f"{AT}/review", {"version": "7"})
    assert denied.status_code == 403 and "编写人不得审核" in denied.text


def test_splitting_and_merging_send_what_was_typed(site: Site, services: Services):
    an_officer(site, services)
    a_draft(services)
    services.on("SplitItem", catalog.Item())
    site.send(f"{AT}/split", {"parts": "A01 甲项\nA02 乙 项"})
    (split,) = services.requests("SplitItem")
    assert [(part.code, part.name) for part in split.parts] == [("A01", "甲项"), ("A02", "乙 项")]
    assert site.get(f"/desk/catalog/merge?item={ITEM}").status_code == 200
    services.on("MergeItems", catalog.Item(id=ITEM))
    done = site.send("/desk/catalog/merge", {"item_ids": [ITEM, ITEM[:-1] + "0"], "code": "A03", "name": "丙项"})
    assert done.headers["location"].startswith(AT)
    (merge,) = services.requests("MergeItems")
    assert (len(merge.item_ids), merge.into.code, merge.into.name) == (2, "A03", "丙项")


def test_the_list_filters_and_the_comparison_shows_both_sides(site: Site, services: Services):
    an_officer(site, services)
    a_draft(services)
    line = items.DraftLine(id=ITEM, code="X1", name="测试事项", status=2, draft_status=2, errors=1)
    services.on("ListDrafts", items.ListDraftsResponse(lines=[line], next_page_token="next"))
    page = site.get("/desk/catalog?q=测试&draft=2&status=9").text
    assert "1 处错误" in page and "page=next" in page
    (asked,) = services.requests("ListDrafts")
    assert (asked.query, asked.draft_status, asked.status) == ("测试", 2, 0)
    change = items.Difference(
        path="materials[m1].necessity", before='"必要"', after='"非必要"', label="材料“甲”·必要性"
    )
    told = items.CompareEditionsResponse(
        differences=[change], reductions=[items.Reduction(counter="visits", before=2, after=1)]
    )
    services.on("CompareEditions", told)
    compared = site.get(f"{AT}/compare?from=1").text
    assert "材料“甲”·必要性" in compared and "<del>" in compared and "2 → 1" in compared


@pytest.mark.parametrize(
    ("slug", "noun", "definition", "answer"),
    [
        ("directory", "Entry", directory.EntryDefinition(code="990131001001", name="目录项"), directory.Entry),
        ("implementations", "Implementation", directory.ImplementationDefinition(code="X", name="清单项"), directory.Implementation),
        ("themes", "Theme", themes.ThemeDefinition(code="T1", name="一件事"), themes.Theme),
    ],
)  # fmt: skip
def test_entries_implementations_and_themes_are_written_and_reviewed_alike(
    site: Site, services: Services, slug: str, noun: str, definition: Any, answer: Any
):
    an_officer(site, services)
    thing = answer(id=ITEM, version=3, draft_status=catalog.DRAFT_STATUS_WRITTEN, definition=definition)
    services.on(f"Get{noun}Draft", themes.ThemeGuide(theme=thing) if slug == "themes" else thing)
    listing = {
        "directory": directory.ListEntriesResponse(entries=[thing]) if slug == "directory" else None,
        "implementations": directory.ListImplementationsResponse(implementations=[thing])
        if slug == "implementations"
        else None,
        "themes": themes.ListThemesResponse(themes=[thing]) if slug == "themes" else None,
    }
    services.on(f"List{noun}Drafts", listing[slug])
    services.on(f"Save{noun}", thing)
    services.on(f"Review{noun}", thing)
    at = f"/desk/catalog/{slug}"
    assert definition.name in site.get(at).text
    assert site.get(f"{at}/new").status_code == 200
    begun = site.send(f"{at}/new", {"do": "save", "code": definition.code, "name": "新的"})
    assert begun.headers["location"].startswith(f"{at}/{ITEM}")
    assert f'action="{at}/{ITEM}/review"' in site.get(f"{at}/{ITEM}").text
    site.send(f"{at}/{ITEM}/review", {"version": "3"})
    (reviewed,) = services.requests(f"Review{noun}")
    assert (reviewed.id, reviewed.version) == (ITEM, 3)


def test_standard_elements_are_edited_below_the_entry(site: Site, services: Services):
    an_officer(site, services)
    entry = directory.Entry(
        id=ITEM, version=3, definition=directory.EntryDefinition(code="990131001001", name="目录项")
    )
    services.on("GetEntryDraft", entry)
    services.on("SaveEntry", entry)
    page = site.get(f"/desk/catalog/directory/{ITEM}/edit/standard.basis").text
    assert 'name="standard.conditions"' in page
    sent = {"standard.conditions": "年满十八周岁", "do": "save", "version": "3"}
    site.send(f"/desk/catalog/directory/{ITEM}/edit/standard.basis", sent)
    (saved,) = services.requests("SaveEntry")
    assert saved.definition.standard.conditions == "年满十八周岁" and saved.definition.name == "目录项"


def test_words_and_lists_are_sent_as_typed(site: Site, services: Services):
    an_officer(site, services)
    group = vocabulary.Synonyms(words=["开饭店", "食品经营许可"])
    services.on("GetVocabulary", vocabulary.Vocabulary(region="990121", version=2, groups=[group]))
    services.on("ListMisses", vocabulary.ListMissesResponse(misses=[vocabulary.Miss(words="开网吧", count=5)]))
    page = site.get("/desk/catalog/words").text
    assert "开饭店、食品经营许可" in page and "开网吧" in page
    services.on("SaveVocabulary", vocabulary.Vocabulary())
    site.send("/desk/catalog/words", {"groups": "开饭店、开餐馆\n养狗，犬证", "region": "990121", "version": "2"})
    (saved,) = services.requests("SaveVocabulary")
    assert [list(one.words) for one in saved.groups] == [["开饭店", "开餐馆"], ["养狗", "犬证"]] and saved.version == 2
    services.on(
        "ListPublications", lists.ListPublicationsResponse(publications=[lists.Publication(kind=2, number=1, count=9)])
    )
    assert "第 1 期" in site.get("/desk/catalog/lists").text
    services.on("PublishList", lists.Publication())
    site.send("/desk/catalog/lists", {"kind": "2", "region": "990121", "note": "年度"})
    (fixed,) = services.requests("PublishList")
    assert (fixed.kind, fixed.region, fixed.note) == (2, "990121", "年度")


def test_nobody_without_the_role_sees_these_pages(site: Site, services: Services):
    reply = session(as_officer=True)
    reply.me.officer.roles[:] = ["receive"]
    services.on("SignIn", reply)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})
    for path in (
        "/desk/catalog",
        AT,
        f"{AT}/edit/basic",
        "/desk/catalog/themes",
        "/desk/catalog/words",
        "/desk/catalog/lists",
    ):
        assert site.get(path).status_code == 403
