"""The desk of who writes policies: what is asked for with what, and where a refusal is shown."""

import json

import pytest

from tests.unit.gateway import told_policy as told
from tests.unit.gateway.told import Services, Site, refuse, session
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import service_pb2 as pb

DESK = "/desk/policies"
ITEM, POLICY = f"{DESK}/items/{told.ITEM}", f"{DESK}/policies/{told.POLICY}"
PAGES = [DESK, POLICY, f"{DESK}/policies/new", ITEM, f"{ITEM}/edit", f"{POLICY}/items/new", f"{ITEM}?run={told.FILE}"]
RULE = {
    "rule_rows": "2", "rule_depth_0": "0", "rule_kind_0": "all",
    "rule_depth_1": "1", "rule_kind_1": "leaf", "rule_id_1": "size", "rule_cel_1": "employees > 5", "rule_says_1": "职工超过5人",
}  # fmt: skip
FORM = RULE | {
    "policy_id": told.POLICY, "version": "3", "title": "设备补助", "mode": "3", "period": "2", "region": "990121",
    "amount_cel": "revenue_fen / 100", "amount_cap": "1,000.50", "amount_unit": "100", "shares": "市级财政 40%\n县级财政 60%",
    "materials": "bills 发票 必要\nphoto 照片 非必要", "publicity_days": "5", "second_review": "500000",
    "vetoes": "rented", "department_name": "经信局",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    working = told.an_item()
    working.working.CopyFrom(working.definition)
    services.on("GetPayoutItem", working)
    services.on("GetPolicy", told.a_policy(working=told.a_policy().text))
    services.on("ListPolicyDesk", pb.ListPoliciesResponse(policies=[told.a_policy()]))
    services.on("ListPayoutItemDesk", items.ListPayoutItemsResponse(items=[working]))
    services.on("ListFactKinds", told.KINDS)
    services.on("TryPayoutItem", told.an_explanation())
    counted = items.DryRun(
        run_id=told.FILE, item_id=told.ITEM, status="DONE", enterprises=7, qualifying=3, cost_fen=12_300
    )
    counted.fails["size"] = 2
    services.on("GetDryRun", counted)
    services.on("StartDryRun", items.DryRun(run_id=told.FILE, status="RUNNING"))
    services.on("SavePayoutItem", working)
    services.on("SavePolicy", told.a_policy())


def officer(site: Site, services: Services, *roles: str) -> None:
    """Signs an officer with these roles in."""
    signed = session(as_officer=True)
    del signed.me.officer.roles[:]
    signed.me.officer.roles.extend(roles)
    services.on("SignIn", signed)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})


@pytest.fixture
def author(site: Site, services: Services) -> Site:
    officer(site, services, "policy")
    return site


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_desk_is_served_to_its_officers_and_runs_nothing_told(author: Site, path: str):
    answer = author.get(path)
    assert answer.status_code == 200 and SCRIPT not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_sees_it(site: Site, services: Services, path: str):
    assert "/sign-in" in site.get(path).headers["location"]
    officer(site, services, "receive")
    assert site.get(path).status_code == 403


def test_an_item_is_written_as_it_was_typed(author: Site, services: Services):
    answer = author.send(f"{ITEM}/edit", FORM)
    assert answer.headers["location"].startswith(ITEM)
    asked = services.requests("SavePayoutItem")[-1]
    one = asked.definition
    assert (asked.item_id, asked.version) == (told.ITEM, 3)
    assert [(rule.leaf.id, rule.leaf.cel) for rule in one.rule.all.rules] == [("size", "employees > 5")]
    assert (one.amount.cel, one.amount.cap_fen, one.amount.unit_fen) == ("revenue_fen / 100", 100_050, 100)
    assert [(share.bearer, share.basis_points) for share in one.shares] == [("市级财政", 4000), ("县级财政", 6000)]
    assert [(want.code, want.name, want.required) for want in one.materials] == [
        ("bills", "发票", True),
        ("photo", "照片", False),
    ]
    assert (one.second_review_fen, list(one.vetoes), one.publicity_days) == (50_000_000, ["rented"], 5)


def test_a_fault_of_a_condition_is_shown_at_its_row(author: Site, services: Services):
    fault = {"definition.rule.all.rules[0].leaf.cel": "条件引用了不存在的事实 nothing"}
    services.on("SavePayoutItem", refuse("INVALID_ARGUMENT", "FIELDS_INVALID", "", **fault))
    answer = author.send(f"{ITEM}/edit", FORM | {"rule_cel_1": "nothing > 5"})
    assert answer.status_code == 400
    assert 'id="savepayoutitem-rule_cel_1-error">条件引用了不存在的事实 nothing' in answer.text
    assert "nothing &gt; 5" in answer.text, "what was typed stands there again"


def test_what_no_definition_could_say_is_refused_at_its_input_and_nothing_is_asked(author: Site, services: Services):
    for name, value in (("shares", "市级财政"), ("materials", "发票"), ("amount_cap", "一百")):
        answer = author.send(f"{ITEM}/edit", FORM | {name: value})
        assert answer.status_code == 400 and f'id="savepayoutitem-{name}' in answer.text
    assert not services.requests("SavePayoutItem")


def test_buttons_change_the_rows_and_save_nothing(author: Site, services: Services):
    answer = author.send(f"{ITEM}/edit", FORM | {"edit": "any:0"})
    assert answer.status_code == 200
    assert 'name="rule_rows" value="4"' in answer.text and "满足其中一项" in answer.text
    assert 'value="employees &gt; 5"' in answer.text and 'value="1,000.50"' in answer.text
    assert not services.requests("SavePayoutItem")


PICKING = FORM | {"rule_cel_1": "", "rule_says_1": "", "edit": "pick:1"}


def test_a_condition_is_picked_from_lists_and_nothing_is_saved(author: Site, services: Services):
    one = {"pick_name_1": "revenue_fen", "pick_how_1": "ge", "pick_value_1": "2,000,000"}
    answer = author.send(f"{ITEM}/edit", PICKING | one)
    assert answer.status_code == 200 and 'value="revenue_fen &gt;= 200000000"' in answer.text
    assert 'name="pick_name_1"' not in answer.text, "only an empty condition is picked"
    assert not services.requests("SavePayoutItem")


def test_what_cannot_be_compared_so_is_said_beside_its_row(author: Site):
    answer = author.send(f"{ITEM}/edit", PICKING | {"pick_name_1": "rented", "pick_how_1": "ge", "pick_value_1": "3"})
    assert answer.status_code == 400 and 'id="savepayoutitem-pick_name_1' in answer.text
    assert "只能比较：是、不是" in answer.text and 'value="3"' in answer.text
    for at in ("pick:0", "pick:7", "pick:x", "pick:-1"):
        assert author.send(f"{ITEM}/edit", PICKING | {"edit": at}).status_code == 200


def test_a_trial_judges_what_stands_in_the_form_over_the_facts_beside_it(author: Site, services: Services):
    facts = {"value_employees": "9", "value_revenue_fen": "1200.50", "value_rented": "no", "edit": "try"}
    answer = author.send(f"{ITEM}/edit", FORM | facts)
    assert answer.status_code == 200 and "暂不符合条件" in answer.text
    asked = services.requests("TryPayoutItem")[-1]
    assert {name: json.loads(value) for name, value in asked.facts.items()} == {
        "employees": 9, "revenue_fen": 120_050, "rented": False,
    }  # fmt: skip
    assert asked.definition.title == "设备补助"
    assert not services.requests("SavePayoutItem")


def test_a_dry_run_is_started_and_its_figures_are_shown(author: Site, services: Services):
    answer = author.send(f"{ITEM}/dry-run")
    assert f"run={told.FILE}" in answer.headers["location"]
    shown = author.get(answer.headers["location"]).text
    assert "符合条件" in shown and "123 元" in shown and "2 户" in shown


def test_a_second_officer_opens_what_he_looked_at(author: Site, services: Services):
    services.on("OpenPayoutItem", told.an_item())
    author.send(f"{ITEM}/openpayoutitem", {"version": "3"})
    assert services.requests("OpenPayoutItem")[-1].version == 3


def test_a_policy_is_written_with_a_clause_a_line(author: Site, services: Services):
    typed = {
        "version": "2", "title": "若干政策", "level": "4", "kind": "1", "region": "990121", "issuer_name": "某某县政府",
        "clauses": "第一条：按收入的百分之一补助。\n第二条：最高一百万元。", "tags": "技改", "department_name": "经信局",
    }  # fmt: skip
    author.send(POLICY, typed)
    asked = services.requests("SavePolicy")[-1]
    assert (asked.policy_id, asked.version, asked.text.title) == (told.POLICY, 2, "若干政策")
    assert [(one.id, one.number) for one in asked.text.clauses] == [("c1", "第一条"), ("c2", "第二条")]
    # A clause that was there keeps its id, for items name it by that; a new one takes one nobody has.
    known = told.a_policy()
    known.text.clauses[0].number, known.text.clauses[0].id = "第二条", "c1"
    services.on("GetPolicy", known)
    author.send(POLICY, typed)
    saved = services.requests("SavePolicy")[-1].text.clauses
    assert [(one.number, one.id) for one in saved][:2] == [("第一条", "c2"), ("第二条", "c1")]
    answer = author.send(POLICY, typed | {"clauses": "没有编号的条款"})
    assert answer.status_code == 400 and "第1行应为" in answer.text
