"""The sample's policies and payout items, and enterprises to judge by them: for each item one that qualifies, ways to fail it, and what
has to be known."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from google.protobuf.json_format import ParseDict

from chassis import rules
from services.policy import model_explain, model_matches, model_periods
from services.policy.model_explain import Taken
from services.policy.model_facts import REPORTED, Fact
from yiwang.policy.v1 import items_pb2, service_pb2
from yiwang.rules.v1 import rules_pb2

SERVICES = Path(__file__).parents[2] / "services"
FILES = {name: json.loads((SERVICES / f"policy/sample/{name}.json").read_text()) for name in ("hangzhou", "county")}
POLICIES = {row["key"]: row for file in FILES.values() for row in file["policies"]}
ROWS = {row["key"]: row for file in FILES.values() for row in file["items"]}
ID = "00000000-0000-4000-8000-000000000000"
ITEMS = {
    key: ParseDict({**row["definition"], "policyId": ID}, items_pb2.PayoutItemDefinition()) for key, row in ROWS.items()
}
TEXTS = {key: ParseDict(row["text"], service_pb2.PolicyText()) for key, row in POLICIES.items()}
DAY, AT = date(2026, 11, 23), datetime(2026, 1, 15, tzinfo=UTC)
USCC = "91990121MA00000019"
WAN: Final = 1_000_000


class Case(NamedTuple):
    """Facts that qualify and what they pay; changes that fail, by the one condition that fails; what nobody must leave untold."""

    facts: Mapping[str, Any]
    fen: int
    fails: Mapping[str, Mapping[str, Any]]
    untold: tuple[str, ...]
    # Other facts that qualify, and what they pay.
    pays: tuple[tuple[Mapping[str, Any], int], ...] = ()


CREDIT = {"credit_blacklisted": False}
CITY = {"region": "330106", "registered_on": "2022-03-01", **CREDIT}
# 3%, 4% and 5% of it are whole.
REVENUE = {"revenue_fen": 2_000 * WAN, "revenue_prev_fen": 1_500 * WAN, "revenue_prev2_fen": 1_500 * WAN}
RD = {"rd_cost_fen": 100 * WAN, "rd_cost_prev_fen": 75 * WAN, "rd_cost_prev2_fen": 75 * WAN}
PATENTS = {"invention_patents": 0, "utility_patents": 2, "design_patents": 1, "software_copyrights": 1, "ic_layouts": 0}
NO_PATENTS = dict.fromkeys(PATENTS, 0)
VETO = {"veto.credit_blacklisted": {"credit_blacklisted": True}}
CLEAN = {f"{kind}_violation": False for kind in ("tax", "safety", "environment")} | {"wage_arrears": False} | CREDIT
LOAN = {"scale": "小型", "loan_principal_fen": 300 * WAN, "loan_interest_fen": 12 * WAN}
RENT = {"scale": "微型", "employees": 50, "rented_premises": True, "park": "示范科技园", "rent_paid_fen": 36 * WAN}

CASES: Final[Mapping[str, Case]] = {
    "hz-provincial-tech-sme": Case(
        CITY | NO_PATENTS | {"software_copyrights": 1},
        1 * WAN,
        VETO
        | {
            "in_province": {"region": "320106"},
            "registered": {"registered_on": "2025-11-24"},
            "ip": {"software_copyrights": 0},
        },
        ("registered_on", "software_copyrights", "credit_blacklisted"),
        (({"registered_on": "2025-11-23", "region": "330782"}, 1 * WAN),),
    ),
    "hz-municipal-high-tech": Case(
        CITY | REVENUE | RD | NO_PATENTS | {"design_patents": 1, "industry_field": "新材料"},
        20 * WAN,
        VETO
        | {
            "in_city": {"region": "330206"},
            "registered": {"registered_on": "2026-01-01"},
            "field": {"industry_field": "纺织服装"},
            "ip": {"design_patents": 0},
            "rd_share": {"rd_cost_fen": 100 * WAN - 1},
        },
        ("industry_field", "rd_cost_prev2_fen", "revenue_fen"),
        (({"revenue_fen": 3_000 * WAN, "rd_cost_fen": 150 * WAN}, 20 * WAN),),
    ),
    "hz-municipal-rd-center": Case(
        CITY | REVENUE | PATENTS | {"national_high_tech": True, "rd_cost_fen": 60 * WAN, "rd_staff": 15},
        20 * WAN,
        VETO
        | {
            "in_city": {"region": "330300"},
            "registered": {"registered_on": "2026-01-01"},
            "national_high_tech": {"national_high_tech": False},
            "ip": {"utility_patents": 1},
            "rd_share": {"rd_cost_fen": 60 * WAN - 1},
            "rd_staff": {"rd_staff": 14},
        },
        ("national_high_tech", "rd_staff", "rd_cost_fen"),
        (({**NO_PATENTS, "ic_layouts": 1}, 20 * WAN), ({**NO_PATENTS, "invention_patents": 1}, 20 * WAN)),
    ),
    "hz-provincial-tech-center": Case(
        CREDIT
        | PATENTS
        | {"municipal_tech_center": True, "municipal_tech_center_on": "2024-05-06", "national_high_tech": True}
        | {"revenue_fen": 20_000 * WAN, "rd_staff": 50},
        30 * WAN,
        VETO
        | {
            "municipal_center": {"municipal_tech_center_on": "2026-05-06"},
            "national_high_tech": {"national_high_tech": False},
            "ip": {"software_copyrights": 0},
            "revenue": {"revenue_fen": 20_000 * WAN - 1},
            "rd_staff": {"rd_staff": 49},
        },
        ("municipal_tech_center_on", "revenue_fen"),
    ),
    "hz-provincial-rd-center": Case(
        CITY
        | PATENTS
        | {"national_high_tech": True, "municipal_rd_center": True, "has_rd_org": True}
        | {"revenue_fen": 5_000 * WAN, "rd_cost_fen": 200 * WAN, "rd_staff": 15, "rd_qualified_staff": 9},
        30 * WAN,
        VETO
        | {
            "in_province": {"region": "310106"},
            "national_high_tech": {"national_high_tech": False},
            "ip": {"design_patents": 0},
            "municipal_rd_center": {"municipal_rd_center": False},
            "rd_share": {"revenue_fen": 5_000 * WAN - 1},
            "rd_org": {"has_rd_org": False},
            "rd_staff": {"rd_staff": 14},
            "rd_qualified": {"rd_qualified_staff": 8},
        },
        ("municipal_rd_center", "rd_qualified_staff", "has_rd_org"),
        (({"revenue_fen": 90_000 * WAN, "rd_cost_fen": 1_000 * WAN + 1}, 30 * WAN),),
    ),
    "hz-major-project": Case(
        CREDIT | {"revenue_fen": 10_000 * WAN, "rd_cost_fen": 150 * WAN, "major_project_grant_fen": 80 * WAN},
        80 * WAN,
        VETO | {"rd_share": {"rd_cost_fen": 150 * WAN - 1}, "approved": {"major_project_grant_fen": 0}},
        ("major_project_grant_fen", "rd_cost_fen"),
        (({"major_project_grant_fen": 420 * WAN}, 300 * WAN), ({"major_project_grant_fen": 12_345_678}, 12_345_600)),
    ),
    "hz-patent-pilot": Case(
        {"revenue_fen": 3_000 * WAN, "invention_patents": 3, "utility_patents": 2, "design_patents": 1},
        0,
        {"revenue": {"revenue_fen": 3_000 * WAN - 1}, "points": {"design_patents": 0}},
        ("revenue_fen", "utility_patents"),
    ),
    "hz-patent-model": Case(
        {"patent_pilot": True, "invention_patents": 4, "utility_patents": 5, "design_patents": 0},
        0,
        {"pilot": {"patent_pilot": False}, "points": {"utility_patents": 4}},
        ("patent_pilot", "invention_patents"),
    ),
    "hz-national-high-tech": Case(
        CREDIT | NO_PATENTS | REVENUE | RD | {"software_copyrights": 6},
        60 * WAN,
        VETO
        | {
            "ip": {"software_copyrights": 5},
            "rd_share": {"rd_cost_prev_fen": 75 * WAN - 1},
        },
        ("software_copyrights", "rd_cost_fen", "revenue_prev2_fen"),
        (({"software_copyrights": 0, "design_patents": 5}, 60 * WAN),),
    ),
    "hz-competitive-project": Case(
        CITY
        | NO_PATENTS
        | {"registered_on": "2021-11-23", "tax_paid_fen": 1, "capital_fen": 1_000 * WAN, "rd_separate_books": True}
        | {"revenue_fen": 3_000 * WAN, "rd_cost_fen": 150 * WAN, "competitive_grant_fen": 25 * WAN}
        | {"plant_varieties": 0, "trademarks": 1},
        25 * WAN,
        VETO
        | {
            "in_city": {"region": "330206"},
            "taxpayer": {"tax_paid_fen": 0},
            "young": {"registered_on": "2021-11-22"},
            "capital": {"capital_fen": 1_000 * WAN + 1},
            "ip": {"trademarks": 0},
            "books": {"rd_separate_books": False},
            "rd_share": {"rd_cost_fen": 150 * WAN - 1},
            "revenue": {"revenue_fen": 3_000 * WAN + 20, "rd_cost_fen": 150 * WAN + 1},
            "approved": {"competitive_grant_fen": 0},
        },
        ("rd_separate_books", "competitive_grant_fen", "trademarks"),
        (({"competitive_grant_fen": 31 * WAN}, 30 * WAN),),
    ),
    "sf-first-above-scale": Case(
        CLEAN | {"first_above_scale": True, "operating_status": "存续", "output_value_fen": 10_000 * WAN},
        10 * WAN,
        VETO
        | {
            "first": {"first_above_scale": False},
            "active": {"operating_status": "吊销"},
            "veto.environment_violation": {"environment_violation": True},
        },
        ("first_above_scale", "output_value_fen"),
        (({"output_value_fen": 10_000 * WAN + 1}, 20 * WAN),),
    ),
    "sf-equipment": Case(
        CLEAN | {"equipment_investment_fen": 200 * WAN},
        16 * WAN,
        VETO | {"investment": {"equipment_investment_fen": 200 * WAN - 1}},
        ("equipment_investment_fen", "safety_violation"),
        (
            ({"equipment_investment_fen": 212_345_678}, 16_987_600),
            ({"equipment_investment_fen": 5_000 * WAN}, 100 * WAN),
        ),
    ),
    "sf-loan-interest": Case(
        CLEAN | LOAN,
        6 * WAN,
        VETO | {"sme": {"scale": "大型"}, "interest": {"loan_interest_fen": 0}},
        ("loan_interest_fen", "loan_principal_fen", "scale"),
        (
            # Half of the interest is less than 2% of the principal; the principal counts up to 10 million yuan.
            ({"loan_interest_fen": 9 * WAN}, 4_500_000),
            ({"loan_principal_fen": 2_000 * WAN, "loan_interest_fen": 86 * WAN}, 20 * WAN),
        ),
    ),
    "sf-rent": Case(
        CLEAN | RENT,
        1_800_000,
        VETO
        | {
            "small": {"employees": 51},
            "rented": {"park": ""},
            "veto.wage_arrears": {"wage_arrears": True},
        },
        ("rent_paid_fen", "park", "employees"),
        (({"rent_paid_fen": 100 * WAN}, 3 * WAN),),
    ),
    "sf-graduates": Case(
        CLEAN | {"scale": "中型", "new_graduates": 3},
        150_000,
        VETO | {"sme": {"scale": "大型"}, "graduates": {"new_graduates": 0}},
        ("new_graduates", "wage_arrears"),
        (({"new_graduates": 120}, 5 * WAN),),
    ),
    "sf-disabled": Case(
        CLEAN | {"disabled_staff": 3, "insured_staff": 200},
        900_000,
        VETO | {"some": {"disabled_staff": 0, "insured_staff": 0}, "share": {"insured_staff": 201}},
        ("disabled_staff", "insured_staff"),
    ),
    "sf-stabilisation": Case(
        CLEAN
        | {
            "unemployment_insurance_paid_fen": 844_801,
            "scale": "小型",
            "insured_staff_prev": 31,
            "layoff_per_mille": 55,
        },
        506_880,
        VETO | {"paid": {"unemployment_insurance_paid_fen": 0}, "layoffs": {"layoff_per_mille": 56}},
        ("layoff_per_mille", "unemployment_insurance_paid_fen", "scale"),
        (
            ({"insured_staff_prev": 30, "layoff_per_mille": 200}, 506_880),
            ({"scale": "大型"}, 253_440),
        ),
    ),
    "sf-export": Case(
        CLEAN | {"export_fen": 500 * WAN, "export_prev_fen": 500 * WAN},
        5 * WAN,
        VETO
        | {"export": {"export_fen": 500 * WAN - 1, "export_prev_fen": 0}, "steady": {"export_prev_fen": 501 * WAN}},
        ("export_fen", "export_prev_fen"),
        (
            ({"export_fen": 2_000 * WAN - 1}, 5 * WAN),
            ({"export_fen": 2_000 * WAN}, 15 * WAN),
            ({"export_fen": 5_000 * WAN}, 30 * WAN),
        ),
    ),
    "sf-exhibition": Case(
        CLEAN | {"exhibition_cost_fen": 3_333_333},
        1_666_600,
        VETO | {"cost": {"exhibition_cost_fen": 0}},
        ("exhibition_cost_fen", "tax_violation"),
        (({"exhibition_cost_fen": 41 * WAN}, 20 * WAN),),
    ),
}
PAID = [key for key, item in ITEMS.items() if item.HasField("amount")]


def explained(key: str, facts: Mapping[str, Any], taken: Taken | None = None) -> items_pb2.Explanation:
    """What the service says of an item over facts."""
    known = {name: Fact(name, value, USCC, "示范县数据局", REPORTED, AT) for name, value in facts.items()}
    item = ITEMS[key]
    period = model_periods.period_of(item.period, DAY)
    return model_explain.explain(item, ID, 1, USCC, period, DAY, known, taken or Taken())


def judged(key: str, facts: Mapping[str, Any]) -> rules_pb2.Verdict:
    """The item's own rule over facts."""
    return rules.judge(ITEMS[key].rule, model_matches.values(facts, DAY))


def without(facts: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {one: value for one, value in facts.items() if one != name}


def leaves(verdict: rules_pb2.Verdict) -> dict[str, int]:
    """The truth of every condition."""
    if verdict.kind == rules_pb2.NODE_KIND_LEAF:
        return {verdict.id: verdict.truth}
    return {id: truth for part in verdict.parts for id, truth in leaves(part).items()}


def conditions(rule: rules_pb2.Rule) -> list[rules_pb2.Leaf]:
    kind = rule.WhichOneof("node")
    return (
        [rule.leaf] if kind == "leaf" else [one for part in getattr(rule, str(kind)).rules for one in conditions(part)]
    )
