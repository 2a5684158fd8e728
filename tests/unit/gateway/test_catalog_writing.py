"""Writing at the catalogue's desk: nothing typed is lost, owned rows keep what is not theirs, and what can be picked is picked."""

from typing import Any

import pytest

from tests.unit.gateway.test_catalog_desk import AT, a_draft, an_officer, definition, typed
from tests.unit.gateway.told import ITEM, Services, Site, refuse, session
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes

OTHER = ITEM[:-1] + "9"


def an_item(services: Services, **change: Any) -> catalog.Item:
    services.on("ListImplementations", directory.ListImplementationsResponse())
    return a_draft(services, **change)


def owning(services: Services, *names: str) -> None:
    services.on("LintDefinition", items.LintDefinitionResponse(owned=dict.fromkeys(names, "示范市人民政府")))


def save(site: Site, section: str, **change: Any) -> Any:
    sent = typed(site.get(f"{AT}/edit/{section}").text) | change
    return site.send(f"{AT}/edit/{section}", sent | {"do": "save", "version": "7"})


def test_a_material_of_some_applicants_is_written_without_cel_and_without_keys(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    page = site.get(f"{AT}/edit/materials").text
    assert "premises == &#34;rented&#34;" in page, "how an answer is written stands beside it"
    row = {"name": "房主身份证", "necessity": "1", "when.q.premises": ["own", "rented"]}
    save(site, "materials", **{f"materials.2.{name}": value for name, value in row.items()})
    (saved,) = services.requests("SaveItem")
    added = saved.definition.materials[2]
    assert (added.key, added.when.leaf.cel) == ("m1", 'premises in ["own", "rented"]')
    assert added.when.leaf.says == "经营场所：自有、租赁"


def test_rules_may_read_questions_that_are_written_together_with_them(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    asked = {"questions.1.text": "网上也卖吗？", "questions.1.key": "online", "questions.1.kind": "3"}
    more = {"questions.2.text": "哪个平台？", "questions.2.kind": "4", "questions.2.when.q.online": "yes"}
    save(site, "questions", **asked, **more)
    (saved,) = services.requests("SaveItem")
    assert [one.key for one in saved.definition.questions] == ["premises", "online", "q1"]
    assert saved.definition.questions[2].when.leaf.cel == "online"


def test_what_cannot_be_read_keeps_everything_else_that_was_typed(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    answer = save(site, "channels", visits="两次", visit_reason="须现场核验", phone="0990-0000101")
    assert answer.status_code == 400 and services.requests("SaveItem") == []
    assert 'value="两次"' in answer.text and "须现场核验" in answer.text and "0990-0000101" in answer.text
    both = save(site, "materials", **{"materials.0.when.cel": "size(premises) > 1", "materials.1.name": "房产证"})
    assert both.status_code == 400 and "只能用一种" in both.text
    assert "size(premises) &gt; 1" in both.text and 'value="房产证"' in both.text
    assert 'href="#materials-0-when"' in both.text and "材料1·适用条件" in both.text


def test_what_is_refused_or_found_deep_inside_stands_at_the_next_input_around_it(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    told = {"definition.materials[0].when.leaf.cel": "没有这个问题"}
    services.on("SaveItem", refuse("INVALID_ARGUMENT", "FACT_UNKNOWN", "有误", **told))
    answer = save(site, "materials")
    assert 'id="materials-0-when-error"' in answer.text
    assert '<details class="row-edit marked" id="materials-0" open>' in answer.text
    assert '<details class="row-edit" id="materials-1">' in answer.text, "rows without anything to see stay folded"
    finding = items.Finding(rule="L151", level=3, field="materials[1].maker.x", message="未写明来源", hint="选择")
    services.on("LintDefinition", items.LintDefinitionResponse(findings=[finding]))
    checked = site.send(f"{AT}/edit/materials", typed(answer.text) | {"do": "check"})
    assert "本页有 1 处提示（尚未保存）" in checked.text and 'href="#materials-1-maker"' in checked.text


def test_in_rows_a_standard_owns_only_what_is_open_is_taken(site: Site, services: Services):
    an_officer(site, services)
    draft = an_item(services)
    owning(services, "materials", "steps", "questions")
    page = site.get(f"{AT}/edit/materials").text
    assert "由示范市人民政府统一规定" in page and 'name="materials.0.name"' not in page
    assert "增加一项" not in page and 'name="materials.0.key" value="lease"' in page
    forged = {"materials.0.necessity": "2", "materials.0.name": "别的", "materials.0.note": "加一条"}
    save(site, "materials", **forged, **{"materials.1.remove": "1"})
    save(site, "limits", **{"steps.1.role": "审批岗", "steps.1.kind": "1", "steps.1.limit.amount": "2"})
    first, second = services.requests("SaveItem")
    (kept,) = first.definition.materials
    assert kept.necessity == catalog.NECESSITY_OPTIONAL
    assert (kept.name, kept.note, kept.when) == ("租赁合同", "", draft.definition.materials[0].when)
    assert second.definition.steps[0] == draft.definition.steps[0]
    assert second.definition.steps[1].kind == catalog.STEP_KIND_DECIDE
    assert (second.definition.steps[1].role, second.definition.steps[1].limit.amount) == ("审批岗", 2)
    moved = save(site, "materials", **{"materials.0.key": "other"})
    assert moved.status_code == 400 and "刷新" in moved.text


def test_a_refused_save_keeps_owned_fields_shut(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    owning(services, "conditions")
    services.on("SaveItem", refuse("ABORTED", "VERSION_MOVED", "内容已被他人修改"))
    answer = save(site, "basis")
    assert answer.status_code == 409 and "内容已被他人修改" in answer.text
    assert 'name="conditions"' not in answer.text and "由示范市人民政府统一规定" in answer.text


def test_a_hundred_materials_fit_one_form(site: Site, services: Services):
    an_officer(site, services)
    whole = definition()
    for number in range(98):
        whole.materials.add(key=f"x{number}", name=f"材料{number}", necessity=1, note="说明")
    draft = an_item(services)
    draft.definition.CopyFrom(whole)
    services.on("GetItemDraft", draft)
    assert save(site, "materials").status_code == 303
    (saved,) = services.requests("SaveItem")
    assert saved.definition == whole


def test_implementations_of_the_department_are_ticked_and_others_typed(site: Site, services: Services):
    an_officer(site, services)
    draft = an_item(services)
    draft.definition.duty_codes.extend(["P1", "P9"])
    services.on("GetItemDraft", draft)
    some = [directory.Implementation(definition={"code": code, "name": f"权力{code}"}) for code in ("P1", "P2")]
    services.on("ListImplementations", directory.ListImplementationsResponse(implementations=some))
    page = site.get(f"{AT}/edit/basic").text
    assert "权力P1" in page and typed(page)["duty_codes"] == ["P1", "P9"]
    assert services.requests("ListImplementations")[0].department == draft.definition.department.code
    save(site, "basic", duty_codes=["P1", "P2", "P9\nP8"])
    (saved,) = services.requests("SaveItem")
    assert list(saved.definition.duty_codes) == ["P1", "P2", "P9", "P8"]
    services.on("ListImplementations", refuse("UNAVAILABLE", "AWAY"))
    assert 'name="duty_codes"' in site.get(f"{AT}/edit/basic").text, "typed while they cannot be read"


def test_a_file_goes_to_its_material_at_once(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    services.on("UploadGuideFile", catalog.GuideFile(name="样表.pdf", id="a" * 64))
    token = site.token(f"{AT}/edit/materials")
    fields = {"csrf": token, "material": "proof", "as": "sample", "request_id": "request-0001"}
    file = {"file": ("样表.pdf", b"%PDF-1.7", "application/pdf")}
    answer = site.post(f"{AT}/files", fields, files=file)
    assert answer.status_code == 303 and answer.headers["location"].endswith("edit/materials?done=file-kept")
    (saved,) = services.requests("SaveItem")
    assert saved.definition.materials[1].sample.id == "a" * 64 and saved.version == 7
    nothing = site.post(f"{AT}/files", fields | {"material": "none"}, files=file)
    assert nothing.status_code == 400 and "请选择材料" in nothing.text
    services.on("UploadGuideFile", refuse("INVALID_ARGUMENT", "FILE_TYPE", "有误", content="只接受PDF"))
    assert "只接受PDF" in site.post(f"{AT}/files", fields, files=file).text


def test_successors_are_looked_up_within_the_form_that_ends_an_item(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    hits = [catalog.ItemHit(id=id, name="承接的事项", code="C2") for id in (ITEM, OTHER)]
    services.on("SearchItems", catalog.SearchItemsResponse(hits=hits))
    typed_in = {"reason": "合并办理", "q": "承接", "do": "find"}
    found = site.send(f"{AT}/withdraw", typed_in)
    assert found.status_code == 200 and services.requests("WithdrawItem") == []
    assert f'value="{OTHER} 承接的事项"' in found.text and f'value="{ITEM} 承接的事项"' not in found.text
    assert "合并办理" in found.text and '<details class="card" id="ending" open>' in found.text
    again = site.send(f"{AT}/withdraw", typed_in | {"successors": f"{OTHER} 承接的事项"})
    assert again.text.count(f'value="{OTHER} 承接的事项" checked') == 1
    services.on("WithdrawItem", refuse("INVALID_ARGUMENT", "SUCCESSOR_UNKNOWN", "有误", **{"successors[0]": "未发布"}))
    refused = site.send(f"{AT}/withdraw", {"reason": "合并办理", "successors": f"{OTHER} 承接的事项"})
    assert refused.status_code == 400 and 'href="#withdraw-successors"' in refused.text
    services.on("WithdrawItem", catalog.Item())
    site.send(f"{AT}/withdraw", {"reason": "合并办理", "successors": f"{OTHER} 承接的事项"})
    assert list(services.requests("WithdrawItem")[-1].successors) == [OTHER]


def test_who_reviews_a_standard_sees_what_is_new_in_it(site: Site, services: Services):
    an_officer(site, services)
    told = directory.EntryDefinition(code="990131001001", name="目录项")
    told.standard.conditions = "年满十八周岁"
    entry = directory.Entry(id=ITEM, version=3, edition=1, draft_status=2, status=2, definition=told)
    services.on("GetEntry", entry)
    draft = directory.Entry()
    draft.CopyFrom(entry)
    draft.definition.standard.conditions = "年满十六周岁"
    services.on("GetEntryDraft", draft)
    page = site.get(f"/desk/catalog/directory/{ITEM}").text
    assert "改动 1 处" in page and "<ins>年满十六周岁</ins>" in page and "已填 1 项" in page
    opened = site.get(f"/desk/catalog/directory/{ITEM}/edit/entry").text
    assert 'name="open_fields" value="conditions"' in opened and 'value="places"' not in opened


def test_the_items_of_a_theme_are_told_apart_by_name_and_their_rules_by_questions(site: Site, services: Services):
    an_officer(site, services)
    told = themes.ThemeDefinition(code="T1", name="一件事", region="990121")
    told.items.add(key="shop", name="开店")
    told.items.add(key="food", name="食品", after=["shop"])
    theme = themes.Theme(id=ITEM, version=3, definition=told)
    asked = catalog.Question(key="meals", text="供餐吗？", kind=catalog.QUESTION_KIND_YES_NO)
    services.on("GetThemeDraft", themes.ThemeGuide(theme=theme, questions=[asked]))
    services.on("SaveTheme", theme)
    at = f"/desk/catalog/themes/{ITEM}/edit/items"
    page = site.get(at).text
    assert 'name="items.1.after" value="shop" checked' in page and 'name="items.1.after" value="food"' not in page
    site.send(at, typed(page) | {"items.1.when.q.meals": "yes", "do": "save", "version": "3"})
    (saved,) = services.requests("SaveTheme")
    assert saved.definition.items[1].when.leaf.cel == "meals" and list(saved.definition.items[1].after) == ["shop"]


@pytest.mark.parametrize(
    ("roles", "home"),
    [
        (["catalog"], "/desk/catalog"),
        (["catalog", "administer"], "/admin"),
        (["catalog", "supervise"], "/desk"),
        (["catalog", "receive"], "/desk"),
        (["supervise"], "/desk"),
    ],
)
def test_officers_begin_where_their_work_is(site: Site, services: Services, roles: list[str], home: str):
    reply = session(as_officer=True)
    reply.me.officer.roles[:] = roles
    services.on("SignIn", reply)
    assert site.send("/sign-in", {"login": "who", "password": "secret-password"}).headers["location"] == home


def test_a_version_no_number_can_hold_counts_as_the_one_shown(site: Site, services: Services):
    an_officer(site, services)
    an_item(services)
    sent = typed(site.get(f"{AT}/edit/channels").text) | {"do": "save", "version": "9" * 30}
    assert site.send(f"{AT}/edit/channels", sent).status_code == 303
    assert services.requests("SaveItem")[0].version == 7
