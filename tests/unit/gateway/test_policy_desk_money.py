"""The desks of finance and of facts: what is asked for with what, who may, and where a refusal is shown."""

import json
from datetime import UTC, datetime

import pytest

from standards.workdays import local_day
from tests.unit.gateway import told_policy as told
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_policy_portal import officer
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import money_pb2 as money

BUDGETS, DAYS = "/desk/policies/money", "/desk/policies/days"
BUDGET, DAY = f"{BUDGETS}/{told.ITEM}/2026", f"{DAYS}/{told.FILE}"
ENTERPRISES, CORRECTIONS, KINDS = "/desk/policies/enterprises", "/desk/policies/corrections", "/desk/policies/kinds"
ONE = f"{ENTERPRISES}/{told.USCC}"
DEPARTMENT = "11990121000001011B"
A_BUDGET = money.Budget(
    budget_id=told.FILE, item_id=told.ITEM, item_title=f"设备补助{SCRIPT}", period="2026", total_fen=100_000, available_fen=40_000,
    reserved_fen=50_000, spent_fen=10_000, status="OPEN",
    changes=[money.BudgetChange(at=told.AT, delta_fen=100_000, document=f"某财〔2026〕1号{SCRIPT}", state="APPLIED")],
)  # fmt: skip
OPEN_EXCEPTION = {"kind": "UNKNOWN_INCOME", "line_id": f"L1{SCRIPT}", "fen": 500}
A_DAY = money.Reconciliation(
    reconciliation_id=told.FILE, day="2026-11-20", payer_account_masked="****0001", status="EXCEPTIONS", lines=3, matched=1,
    exceptions=[
        money.ReconciliationException(exception_id="e1", **OPEN_EXCEPTION),
        money.ReconciliationException(exception_id="e2", **OPEN_EXCEPTION),
        money.ReconciliationException(exception_id="e3", resolution=SCRIPT, resolved_at=told.AT, **OPEN_EXCEPTION),
    ],
)  # fmt: skip


def a_correction(id: str, status: str = "ASKED", department: str = DEPARTMENT) -> enterprises.Correction:
    return enterprises.Correction(
        correction_id=id, uscc=told.USCC, name=SCRIPT, fact="insured", title=f"参保人数{SCRIPT}", value="3", wanted="12", reason=SCRIPT,
        department=department, department_name="人社局", status=status, asked_at=told.AT, answer=SCRIPT,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListBudgets", money.ListBudgetsResponse(budgets=[A_BUDGET], next_page_token="p2"))
    services.on("GetBudget", A_BUDGET)
    services.on("SetBudget", A_BUDGET)
    services.on("ClosePeriod", A_BUDGET)
    balance = money.TrialBalance(balanced=True)
    balance.accounts.update({"appropriation": -100_000, "available": 40_000, "reserved": 50_000, "paid": 10_000})
    services.on("GetTrialBalance", balance)
    line = money.Posting(
        posting_id="x", at=told.AT, to="reserved", fen=50_000, claim_id=told.CLAIM, **{"from": "available"}
    )
    services.on("ListPostings", money.ListPostingsResponse(postings=[line], next_page_token="p2"))
    services.on("ListReconciliations", money.ListReconciliationsResponse(reconciliations=[A_DAY], next_page_token="p2"))
    services.on("GetReconciliation", A_DAY)
    services.on("SettleException", A_DAY)
    services.on("ListPayoutItemDesk", items.ListPayoutItemsResponse(items=[told.an_item()]))
    services.on(
        "SearchEnterprises",
        enterprises.SearchEnterprisesResponse(enterprises=[told.an_enterprise()], next_page_token="p2"),
    )
    services.on("GetEnterprise", told.an_enterprise())
    services.on("ListFactKinds", told.KINDS)
    found = [a_correction("c1"), a_correction("c2"), a_correction("c3", department="1"), a_correction("c4", "REFUSED")]
    services.on("ListCorrections", enterprises.ListCorrectionsResponse(corrections=found, next_page_token="p2"))
    services.on("DecideCorrection", found[0])
    services.on("ReportFacts", enterprises.ReportFactsResponse(outcomes=[enterprises.RowOutcome(taken=True)]))
    services.on("SaveFactKind", enterprises.FactKind())


WHO = {
    BUDGETS: {"policy", "payout", "finance", "supervise"},
    BUDGET: {"policy", "payout", "finance", "supervise"},
    DAYS: {"finance", "supervise"},
    DAY: {"finance", "supervise"},
    ENTERPRISES: {"policy", "payout", "finance", "supervise"},
    ONE: {"policy", "payout", "finance", "supervise"},
    CORRECTIONS: {"policy", "payout", "supervise"},
    KINDS: {"policy", "payout", "finance", "supervise"},
}


@pytest.mark.parametrize("path", WHO)
def test_every_page_is_served_to_its_officers_alone_and_runs_nothing_told(
    site: Site, services: Services, path: str
) -> None:
    assert "/sign-in" in site.get(path).headers["location"]
    for role in ("policy", "payout", "finance", "supervise", "receive"):
        officer(site, services, (role,))
        answer = site.get(path)
        assert answer.status_code == (200 if role in WHO[path] else 403), role
        assert SCRIPT not in answer.text


# -- money -------------------------------------------------------------------------------------------------------------


def test_a_budget_is_set_in_fen_to_the_cent(site: Site, services: Services) -> None:
    officer(site, services, ("finance",))
    typed = {"item_id": told.ITEM, "period": "2026H1", "total_fen": "1,234.05", "document": "某财〔2026〕1号"}
    answer = site.send(BUDGETS, typed)
    assert answer.headers["location"].startswith(BUDGET)
    asked = services.requests("SetBudget")[-1]
    assert (asked.item_id, asked.period, asked.total_fen) == (told.ITEM, "2026H1", 123_405)
    site.send(f"{BUDGET}/setbudget", {"total_fen": "0.10", "document": "某财〔2026〕2号"})
    asked = services.requests("SetBudget")[-1]
    assert (asked.item_id, asked.period, asked.total_fen, asked.document) == (told.ITEM, "2026", 10, "某财〔2026〕2号")


@pytest.mark.parametrize("amount", ["十元", "1.234", "-5", "1e3"])
def test_an_amount_that_is_none_is_refused_at_its_input(site: Site, services: Services, amount: str) -> None:
    officer(site, services, ("finance",))
    answer = site.send(f"{BUDGET}/setbudget", {"total_fen": amount, "document": "某财〔2026〕2号"})
    assert answer.status_code == 400 and 'id="setbudget-total_fen-error"' in answer.text
    assert not services.requests("SetBudget")


def test_a_cut_too_far_is_said_on_the_page_of_the_budget(site: Site, services: Services) -> None:
    officer(site, services, ("finance",))
    services.on("SetBudget", refuse("FAILED_PRECONDITION", "BELOW_COMMITTED", "低于已预留和已支付的金额"))
    answer = site.send(f"{BUDGET}/setbudget", {"total_fen": "1", "document": "某财〔2026〕2号"})
    assert "低于已预留和已支付的金额" in answer.text and 'value="1"' in answer.text


def test_only_finance_moves_money_and_only_finance_and_supervision_read_the_ledger(
    site: Site, services: Services
) -> None:
    for role, books in (("finance", True), ("supervise", True), ("payout", False), ("policy", False)):
        officer(site, services, (role,))
        shown = site.get(BUDGET).text
        assert ("试算平衡" in shown, f"{BUDGET}/setbudget" in shown) == (books, role == "finance")
    for path in (f"{BUDGET}/setbudget", f"{BUDGET}/closeperiod", f"{DAY}/settleexception"):
        officer(site, services, ("supervise", "policy", "payout"))
        assert site.send(path, {"total_fen": "1"}).status_code == 403
    assert not services.requests("SetBudget") and not services.requests("ClosePeriod")


def test_a_period_is_closed(site: Site, services: Services) -> None:
    officer(site, services, ("finance",))
    site.send(f"{BUDGET}/closeperiod")
    asked = services.requests("ClosePeriod")[-1]
    assert (asked.item_id, asked.period) == (told.ITEM, "2026") and asked.request_id


def test_books_that_do_not_agree_are_said_to(site: Site, services: Services) -> None:
    officer(site, services, ("finance",))
    assert "账本与预算一致" in site.get(BUDGET).text
    services.on("GetTrialBalance", money.TrialBalance(balanced=False))
    assert "账本与预算暂不一致" in site.get(BUDGET).text


def test_each_open_exception_has_a_form_of_its_own_and_keeps_its_own_refusal(site: Site, services: Services) -> None:
    officer(site, services, ("finance",))
    assert site.get(DAY).text.count("登记处理结果") == 2
    site.send(f"{DAY}/settleexception", {"exception_id": "e2", "resolution": "已退回"})
    asked = services.requests("SettleException")[-1]
    assert (asked.reconciliation_id, asked.exception_id, asked.resolution) == (told.FILE, "e2", "已退回")
    services.on("SettleException", refuse("INVALID_ARGUMENT", "FIELDS_INVALID", "", resolution="请说明"))
    answer = site.send(f"{DAY}/settleexception", {"exception_id": "e2", "resolution": "x"}).text
    assert answer.count('id="settleexception-resolution-error"') == 1
    assert (
        answer.index('value="e1"') < answer.index('value="e2"') < answer.index('id="settleexception-resolution-error"')
    )


def test_days_are_asked_for_by_what_is_open(site: Site, services: Services) -> None:
    officer(site, services, ("supervise",))
    shown = site.get(f"{DAYS}?status=open").text
    assert services.requests("ListReconciliations")[-1].open and f"{DAYS}?status=open&amp;page=p2" in shown
    site.get(f"{DAYS}?page=p2")
    asked = services.requests("ListReconciliations")[-1]
    assert (asked.open, asked.page_token) == (False, "p2")


# -- facts -------------------------------------------------------------------------------------------------------------


def test_enterprises_are_looked_for_by_words(site: Site, services: Services) -> None:
    officer(site, services, ("payout",))
    shown = site.get(f"{ENTERPRISES}?q=甲公司&page=p1").text
    asked = services.requests("SearchEnterprises")[-1]
    assert (asked.words, asked.page_token) == ("甲公司", "p1") and f'href="{ONE}"' in shown


def test_a_department_tells_what_was_filled_in_as_values_of_the_day(site: Site, services: Services) -> None:
    officer(site, services, ("payout",))
    shown = site.get(f"{ONE}?names=insured&names=revenue_fen&names=unknown").text
    assert 'name="value_insured"' in shown and 'name="names" value="insured,revenue_fen"' in shown
    typed = {
        "names": "insured,revenue_fen,brands",
        "value_insured": "12",
        "value_revenue_fen": "3.50",
        "region": "990121",
    }
    answer = site.send(f"{ONE}/report", typed | {"at": "2026-03-01"})
    assert answer.headers["location"].startswith(ONE)
    (row,) = services.requests("ReportFacts")[-1].rows
    assert {fact.name: json.loads(fact.value) for fact in row.facts} == {"insured": 12, "revenue_fen": 350}
    assert (row.uscc, row.region, row.at) == (told.USCC, "990121", "2026-03-01T00:00:00+08:00")
    site.send(f"{ONE}/report", typed | {"at": local_day(datetime.now(UTC)).isoformat()})
    # What is so today is not of midnight: it ranks above what was told this morning.
    assert datetime.fromisoformat(services.requests("ReportFacts")[-1].rows[0].at) <= datetime.now(UTC)


def test_a_row_that_is_not_taken_is_refused_at_its_input(site: Site, services: Services) -> None:
    officer(site, services, ("policy",))
    fault = enterprises.RowFault(field="facts[1]", reason="WRONG_TYPE", message="应为金额")
    told_fault = enterprises.ReportFactsResponse(outcomes=[enterprises.RowOutcome(faults=[fault])])
    services.on("ReportFacts", told_fault)
    typed = {"names": "insured,revenue_fen", "value_insured": "12", "value_revenue_fen": "3", "at": "2026-03-01"}
    answer = site.send(f"{ONE}/report", typed)
    assert answer.status_code == 400 and 'id="reportfacts-value_revenue_fen-error"' in answer.text
    assert "应为金额" in answer.text and 'value="12"' in answer.text
    before = len(services.requests("ReportFacts"))
    answer = site.send(f"{ONE}/report", typed | {"at": "三月"})
    assert 'id="reportfacts-at-error"' in answer.text and len(services.requests("ReportFacts")) == before


def test_a_correction_is_decided_by_the_department_that_told_the_fact(site: Site, services: Services) -> None:
    officer(site, services, ("payout",))
    own = site.get(CORRECTIONS).text.count('name="correction_id"')
    assert own == 2, "not another department's, not one that is decided"
    assert services.requests("ListCorrections")[-1].waiting
    site.send(
        f"{CORRECTIONS}/decide", {"correction_id": "c1", "fact": "insured", "accepted": "yes", "value_insured": "10"}
    )
    asked = services.requests("DecideCorrection")[-1]
    assert (asked.correction_id, asked.accepted, asked.value) == ("c1", True, "10")
    site.send(f"{CORRECTIONS}/decide", {"correction_id": "c1", "fact": "insured", "accepted": "no", "reason": "属实"})
    asked = services.requests("DecideCorrection")[-1]
    assert (asked.accepted, asked.value, asked.reason) == (False, "", "属实")
    site.get(f"{CORRECTIONS}?status=all")
    assert not services.requests("ListCorrections")[-1].waiting


@pytest.mark.parametrize(
    ("typed", "at"),
    [({}, "accepted"), ({"accepted": "yes", "value_insured": "十"}, "value_insured"), ({"accepted": "no"}, "reason")],
)
def test_a_decision_that_is_refused_stands_at_its_own_correction(
    site: Site, services: Services, typed: dict[str, str], at: str
) -> None:
    officer(site, services, ("payout",))
    services.on("DecideCorrection", refuse("INVALID_ARGUMENT", "FIELDS_INVALID", "", reason="不更正的须说明理由"))
    shown = site.send(f"{CORRECTIONS}/decide", {"correction_id": "c2", "fact": "insured"} | typed)
    assert shown.status_code == 400 and shown.text.count(f"decidecorrection-{at}-error") >= 1
    first, second = shown.text.index('value="c1"'), shown.text.index('value="c2"')
    assert first < second < shown.text.index(f'id="decidecorrection-{at}-error"')


def test_supervision_reads_corrections_and_decides_none(site: Site, services: Services) -> None:
    officer(site, services, ("supervise",))
    assert 'name="correction_id"' not in site.get(CORRECTIONS).text
    assert site.send(f"{CORRECTIONS}/decide", {"correction_id": "c1", "accepted": "no"}).status_code == 403


def test_a_county_adds_a_kind_of_fact(site: Site, services: Services) -> None:
    officer(site, services, ("policy",))
    typed = {"name": "tea_acres", "title": "茶园面积", "type": "2", "unit": "亩", "cost": "0", "reporter": "农业农村局"}
    assert site.send(f"{KINDS}/save", typed).headers["location"].startswith(KINDS)
    kind = services.requests("SaveFactKind")[-1].kind
    assert (kind.name, kind.title, kind.type, kind.unit, kind.cost) == ("tea_acres", "茶园面积", 2, "亩", 0)
    services.on("SaveFactKind", refuse("INVALID_ARGUMENT", "FIELDS_INVALID", "", **{"kind.name": "这是内置的事实"}))
    answer = site.send(f"{KINDS}/save", typed)
    assert 'id="savefactkind-name-error"' in answer.text and "这是内置的事实" in answer.text
    officer(site, services, ("payout",))
    assert f"{KINDS}/save" not in site.get(KINDS).text and site.send(f"{KINDS}/save", typed).status_code == 403
