"""Made-up enterprises with their facts, for demonstrations, tests and load: the same ones for the same seed. Pure.

None of them exists: their codes are of regions that no table of GB/T 2260 has, and the check characters are right.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from standards.identifiers import organisation_check_digit, uscc_check_digit

WAN: Final = 1_000_000
# Where the sample's policies hold: the region an enterprise is of, and the one its code and name are of.
PLACES: Final = (("990121", "990121", "示范县"), ("330100", "330120", "杭州示范"))
TRADES: Final = (
    ("智能装备", "C3569", "先进制造与自动化"),
    ("软件技术", "I6513", "电子信息"),
    ("生物制药", "C2761", "生物与新医药"),
    ("新材料", "C2651", "新材料"),
    ("节能环保", "C3591", "资源与环境"),
    ("食品", "C1432", ""),
    ("服饰", "C1819", ""),
    ("商贸", "F5199", ""),
)
FIRST: Final = "云启恒远博华天泽"
SECOND: Final = "川岭帆石木禾星桥"
# What an enterprise is founded after, and how many days later it may be.
FOUNDED: Final = date(2005, 1, 1)
FOUNDED_WITHIN: Final = 7_500
VIOLATIONS: Final = (
    *("credit_blacklisted", "tax_violation", "safety_violation"),
    *("environment_violation", "wage_arrears", "abnormal_operation"),
)
# What telephone numbers look like.
TELEPHONES: Final = range(13_000_000_000, 20_000_000_000)
Facts = dict[str, Any]


class Sampled(NamedTuple):
    """A made-up enterprise: facts by name, as KINDS tells their types. What nobody told is not there."""

    uscc: str
    name: str
    region: str
    facts: Mapping[str, Any]


def enterprises(count: int, seed: int = 1) -> Iterator[Sampled]:
    """So many enterprises, in the sample's places by turns."""
    for number in range(count):
        yield enterprise(number, seed)


def enterprise(number: int, seed: int = 1) -> Sampled:
    """The enterprise of this number; the same for the same seed whatever others there are."""
    by = Random(f"{seed}/{number}")
    region, code, place = PLACES[number % len(PLACES)]
    trade, industry, field = TRADES[by.randrange(len(TRADES))]
    title = FIRST[number // len(SECOND) % len(FIRST)] + SECOND[number % len(SECOND)]
    again = number // (len(FIRST) * len(SECOND))
    name = f"{place}{title}{f'第{again + 1}' if again else ''}{trade}有限公司"
    facts: Facts = {"industry": industry, "industry_field": field}
    for told in PARTS:
        facts |= told(by, facts)
    return Sampled(uscc(code, number), name, region, _known(by, facts))


def uscc(region: str, number: int) -> str:
    """The code of a made-up enterprise (91: registered by market supervision)."""
    organisation = f"{number:08d}"
    first = f"91{region}{organisation}{organisation_check_digit(organisation)}"
    return first + uscc_check_digit(first)


def _registration(by: Random, _facts: Facts) -> Facts:
    employees = by.choice((6, 12, 28, 45, 80, 160, 320, 700))
    return {
        "registered_on": (FOUNDED + timedelta(days=by.randrange(FOUNDED_WITHIN))).isoformat(),
        "capital_fen": by.choice((50, 100, 500, 1000, 3000)) * WAN,
        "enterprise_type": "有限责任公司",
        "operating_status": "存续",
        "independent_legal_person": True,
        "employees": employees,
        "scale": "微型" if employees < 20 else "小型" if employees < 100 else "中型" if employees < 500 else "大型",
        "rented_premises": by.random() < 0.5,
        "park": by.choice(("", "示范产业园", "示范科技园")),
    }


def _money(by: Random, facts: Facts) -> Facts:
    revenue = facts["employees"] * by.randrange(20, 120) * WAN
    prev, prev2 = (revenue * by.randrange(70, 120) // 100 for _ in range(2))
    rd_share = by.choice((1, 3, 5, 6, 8)) if facts["industry_field"] else 0
    export = by.choice((0, 0, 5, 20, 60)) * revenue // 100
    investment = by.choice((0, 0, 3, 10)) * revenue // 100
    return {
        "revenue_fen": revenue,
        "revenue_prev_fen": prev,
        "revenue_prev2_fen": prev2,
        **{
            f"rd_cost{year}_fen": of * rd_share // 100
            for year, of in (("", revenue), ("_prev", prev), ("_prev2", prev2))
        },
        "tax_paid_fen": revenue * 4 // 100,
        "tax_paid_prev_fen": prev * 4 // 100,
        "output_value_fen": revenue * 105 // 100,
        "output_value_prev_fen": prev * 105 // 100,
        "export_fen": export,
        "export_prev_fen": export * by.randrange(80, 125) // 100,
        "exhibition_cost_fen": by.randrange(2, 30) * WAN if export else 0,
        "fixed_investment_fen": investment * 2,
        "equipment_investment_fen": investment,
        "loan_principal_fen": investment * 2,
        "loan_interest_fen": investment * 2 * by.randrange(3, 7) // 100,
        "rent_paid_fen": facts["employees"] * 30_0000 if facts["rented_premises"] else 0,
        "unemployment_insurance_paid_fen": facts["employees"] * 26_400,
    }


def _people(by: Random, facts: Facts) -> Facts:
    insured = facts["employees"] * by.randrange(80, 101) // 100
    rd_staff = facts["employees"] * by.choice((10, 20, 35)) // 100 if facts["industry_field"] else 0
    return {
        "insured_staff": insured,
        "insured_staff_prev": insured * by.randrange(85, 112) // 100,
        "rd_staff": rd_staff,
        "rd_qualified_staff": rd_staff * by.choice((50, 70, 90)) // 100,
        "doctors": rd_staff // 20,
        "masters": rd_staff // 6,
        "bachelors": rd_staff // 2,
        "disabled_staff": by.choice((0, 0, 1, 3)),
        "new_graduates": by.choice((0, 1, 4, 12)),
        "layoff_per_mille": by.choice((0, 10, 40, 55, 90)),
    }


def _intellectual_property(by: Random, facts: Facts) -> Facts:
    most = facts["rd_staff"]
    return {
        "invention_patents": by.randint(0, most // 8),
        "utility_patents": by.randint(0, most // 2),
        "design_patents": by.randint(0, most // 4),
        "software_copyrights": by.randint(0, most // 3),
        "ic_layouts": 0,
        "plant_varieties": 0,
        "trademarks": by.randint(0, 5),
    }


def _qualifications(by: Random, facts: Facts) -> Facts:
    high = bool(facts["industry_field"]) and by.random() < 0.7
    center = high and by.random() < 0.5
    above = facts["revenue_fen"] >= 2_000 * WAN
    granted: Facts = {
        "national_high_tech": high,
        "municipal_rd_center": center,
        "municipal_tech_center": center,
        "has_rd_org": high,
        "rd_separate_books": high,
        "patent_pilot": facts["invention_patents"] >= 4,
        "specialized_new": high and by.random() < 0.3,
        "above_scale": above,
        "first_above_scale": above and by.random() < 0.5,
    }
    days = {"national_high_tech_on": "2023-12-08", "municipal_rd_center_on": "2024-06-20"}
    days["municipal_tech_center_on"] = "2024-09-30"
    # Who was never found to be one has no day of it.
    days_told = {name: day if granted[name.removesuffix("_on")] else None for name, day in days.items()}
    grant = by.randrange(20, 400) * WAN if high and by.random() < 0.5 else 0
    return granted | days_told | {"major_project_grant_fen": grant, "competitive_grant_fen": grant // 8}


def _credit(by: Random, _facts: Facts) -> Facts:
    bad = by.choice(VIOLATIONS) if by.random() < 0.1 else ""
    return {name: name == bad for name in VIOLATIONS} | {"tax_credit_grade": by.choice("AABBBCM")}


def _known(by: Random, facts: Facts) -> Facts:
    """What was told of it: of some facts, nothing was."""
    untold = {name for name in sorted(facts) if name not in VIOLATIONS and by.random() < 0.03}
    return {name: _no_telephone(value) for name, value in facts.items() if name not in untold}


def _no_telephone(value: Any) -> Any:
    """Whoever looks for telephone numbers by their form finds none among the amounts."""
    return value + TELEPHONES.stop - TELEPHONES.start if type(value) is int and value in TELEPHONES else value


PARTS: Final[tuple[Callable[[Random, Facts], Facts], ...]] = (
    *(_registration, _money, _people, _intellectual_property),
    *(_qualifications, _credit),
)
