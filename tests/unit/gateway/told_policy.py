"""Policies as services tell them in tests of pages; every text has a script in it, which no page may run."""

from typing import Any

from tests.unit.gateway.told import Services, Site, session
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.identity.v1 import organizations_pb2 as organizations
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import rolls_pb2 as rolls
from yiwang.policy.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2

POLICY = "7b0f3c1e-0000-4000-8000-0000000000c1"
ITEM = "7b0f3c1e-0000-4000-8000-0000000000c2"
CLAIM = "7b0f3c1e-0000-4000-8000-0000000000c3"
ROLL = "7b0f3c1e-0000-4000-8000-0000000000c4"
FILE = "7b0f3c1e-0000-4000-8000-0000000000c5"
USCC = "919901219901A01006"
AT = "2026-11-20T06:07:00Z"
ME = identity.Me(organization=identity.ActingOrganization(id="g-1", uscc=USCC, name="甲公司"))
TRUE, FALSE, UNKNOWN = rules_pb2.TRUTH_TRUE, rules_pb2.TRUTH_FALSE, rules_pb2.TRUTH_UNKNOWN
LEAF, ALL, ANY, NOT = (
    rules_pb2.NODE_KIND_LEAF,
    rules_pb2.NODE_KIND_ALL,
    rules_pb2.NODE_KIND_ANY,
    rules_pb2.NODE_KIND_NOT,
)
KINDS = enterprises.ListFactKindsResponse(
    kinds=[
        enterprises.FactKind(name="employees", type=enterprises.FACT_TYPE_INT, title="职工总数", unit="人", cost=1),
        enterprises.FactKind(name="revenue_fen", type=enterprises.FACT_TYPE_MONEY, title=f"营业收入{SCRIPT}", cost=1),
        enterprises.FactKind(name="rented", type=enterprises.FACT_TYPE_BOOL, title="租用场所", cost=1),
        enterprises.FactKind(name="founded_on", type=enterprises.FACT_TYPE_DATE, title="成立日期", cost=2),
        enterprises.FactKind(name="brands", type=enterprises.FACT_TYPE_LIST, title="商标", cost=1),
        enterprises.FactKind(
            name="insured", type=enterprises.FACT_TYPE_INT, title="参保人数", unit="人", reporter="人社局"
        ),
    ]
)


def a_rule() -> rules_pb2.Rule:
    """All of: a leaf, one of two, none of one."""

    def leaf(says: str) -> rules_pb2.Rule:
        return rules_pb2.Rule(
            leaf=rules_pb2.Leaf(id="x", cel="employees > 5", says=says + SCRIPT, basis=f"第三条{SCRIPT}")
        )

    return rules_pb2.Rule(
        all=rules_pb2.RuleList(
            rules=[
                leaf("职工超过5人"),
                rules_pb2.Rule(any=rules_pb2.RuleList(rules=[leaf("规上企业"), leaf("高新企业")])),
                rules_pb2.Rule(**{"not": leaf("在失信名单")}),
            ]
        )
    )


def an_item(mode: int = items.PAYOUT_MODE_ORDINARY, **facts: Any) -> items.PayoutItem:
    """An open item."""
    definition = items.PayoutItemDefinition(
        policy_id=POLICY, clauses=["a1"], title=f"设备补助{SCRIPT}", object=SCRIPT, standard=SCRIPT, mode=mode,
        period=items.PERIOD_KIND_YEAR, region="990121", opens_on="2026-01-01", closes_on="2026-12-31", rule=a_rule(),
        amount=items.AmountFormula(cel="revenue_fen / 100", cap_fen=100_000_000, says="收入的1%", basis="第三条"),
        vetoes=["employees"], publicity_days=5, review_days=10, overlap=items.OVERLAP_NO_REPEAT,
        materials=[items.WantedMaterial(code="bills", name=f"发票{SCRIPT}", required=True),
                   items.WantedMaterial(code="photo", name="照片")],
        shares=[items.Share(bearer=f"市级{SCRIPT}", basis_points=4000), items.Share(bearer="县级", basis_points=6000)],
    )  # fmt: skip
    told: dict[str, Any] = {
        "item_id": ITEM, "version": 3, "number": "DF-990121-1", "status": items.PAYOUT_ITEM_STATUS_OPEN, "edition": 1,
        "definition": definition, "department_name": f"经信局{SCRIPT}", "payable": True, "policy_title": SCRIPT,
    }  # fmt: skip
    return items.PayoutItem(**told | facts)


def a_policy(**facts: Any) -> pb.Policy:
    """A published policy."""
    text = pb.PolicyText(
        title=f"若干政策{SCRIPT}", document_number=f"某政办〔2026〕3号{SCRIPT}", issuer_name=SCRIPT, level=pb.POLICY_LEVEL_COUNTY,
        region="990121", kind=pb.POLICY_KIND_MONEY, summary=SCRIPT, body=SCRIPT, effective_on="2026-01-01", expires_on="2028-12-31",
        clauses=[pb.Clause(id="a1", number="第三条", text=f"按收入的百分之一补助{SCRIPT}"), pb.Clause(id="a2", number="第四条", text="x")],
        tags=[SCRIPT],
    )  # fmt: skip
    told: dict[str, Any] = {
        "policy_id": POLICY, "version": 2, "status": pb.POLICY_STATUS_PUBLISHED, "edition": 2, "text": text,
        "department_name": SCRIPT, "payable_items": 1, "published_at": AT,
    }  # fmt: skip
    return pb.Policy(**told | facts)


EDITIONS = pb.ListPolicyEditionsResponse(
    editions=[pb.PolicyEdition(policy_id=POLICY, edition=number, published_at=AT) for number in (2, 1)]
)


def _leaf(truth: int, says: str, id: str = "x", **more: Any) -> rules_pb2.Verdict:
    return rules_pb2.Verdict(
        truth=truth,
        kind=LEAF,
        id=id,
        says=says + SCRIPT,
        basis=f"第三条{SCRIPT}",
        **more,  # type: ignore[arg-type]
    )


def an_explanation(result: int = FALSE) -> items.Explanation:
    """An answer with every kind of node; no for the revenue, or not known for the brands, or yes."""
    revenue = FALSE if result == FALSE else TRUE
    brands = UNKNOWN if result == UNKNOWN else TRUE
    told = items.Explanation(
        item_id=ITEM, edition=1, uscc=USCC, period="2026H1", day="2026-11-20", result=result,  # type: ignore[arg-type]
        verdict=rules_pb2.Verdict(
            truth=result, kind=ALL,  # type: ignore[arg-type]
            parts=[
                _leaf(revenue, "收入达到五百万元", "revenue", facts={"revenue_fen": "123400"}),
                rules_pb2.Verdict(truth=TRUE, kind=ANY, parts=[_leaf(FALSE, "规上企业"),
                                                                          _leaf(TRUE, "租用场所", facts={"rented": "true"})]),
                rules_pb2.Verdict(truth=TRUE, kind=NOT, parts=[_leaf(FALSE, "在失信名单")]),
                _leaf(brands, "有商标", "brands", missing=["brands"] if result == UNKNOWN else []),
            ],
        ),
        amount=items.AmountTold(fen=12_345_600 if result == TRUE else 0, computed_fen=20_000_000, already_fen=100, capped=True, says=SCRIPT,
                                fault="MISSING" if result == UNKNOWN else ""),
        facts=[items.FactUsed(name="revenue_fen", title=f"营业收入{SCRIPT}", value="123400", source=f"税务局{SCRIPT}", kind="REPORTED",
                              at=AT, shown="1,234元"),
               items.FactUsed(name="rented", title="租用场所", value="true", source="企业自报", kind="CLAIMED", at=AT)],
    )  # fmt: skip
    if result == UNKNOWN:
        told.missing.add(name="brands", title="商标", cost=1, how=f"由企业填报{SCRIPT}")
        told.missing.add(name="insured", title="参保人数", cost=0, how="由人社局提供")
    if result == FALSE:
        told.lacking.add(leaf="revenue", says=f"收入达到五百万元{SCRIPT}", basis="第三条", facts=["revenue_fen"])
        told.lacking.add(leaf="rented", says="租用场所", facts=["rented"])
    return told


def an_enterprise(**facts: Any) -> enterprises.Enterprise:
    """What is known of the enterprise: one fact by a department, one by itself, one of the platform."""
    known = [
        ("revenue_fen", "营业收入", enterprises.FACT_TYPE_MONEY, "123400", "税务局", "REPORTED"),
        ("rented", "租用场所", enterprises.FACT_TYPE_BOOL, "true", "企业自报", "CLAIMED"),
        ("name", "企业名称", enterprises.FACT_TYPE_TEXT, f'"甲公司{SCRIPT}"', "", "EVENT"),
    ]
    told: dict[str, Any] = {
        "uscc": USCC, "name": "甲公司", "region": "990121", "subscribed": True, "modes": [items.PAYOUT_MODE_INSTANT],
        "facts": [
            enterprises.FactKnown(name=name, title=title + SCRIPT, type=kind, value=value, source="x", source_name=source, kind=how, at=AT)
            for name, title, kind, value, source, how in known
        ],
    }  # fmt: skip
    return enterprises.Enterprise(**told | facts)


def a_match(result: int, mode: int = items.PAYOUT_MODE_INSTANT, **facts: Any) -> enterprises.Match:
    """An item as it stands to the enterprise."""
    told = an_explanation(result)
    said: dict[str, Any] = {
        "item_id": ITEM, "edition": 1, "title": f"设备补助{SCRIPT}", "mode": mode, "result": result, "fen": told.amount.fen,
        "near": result == FALSE, "missing": told.missing, "lacking": told.lacking, "fault": told.amount.fault, "since": AT,
    }  # fmt: skip
    return enterprises.Match(**said | facts)


MATCHES = enterprises.ListMyMatchesResponse(
    matches=[a_match(TRUE), a_match(TRUE, items.PAYOUT_MODE_PROACTIVE), a_match(UNKNOWN), a_match(FALSE)]
)


def a_claim(status: int = claims.CLAIM_STATUS_REVIEWING, *moves: str, **facts: Any) -> claims.Claim:
    """A claim as its enterprise sees it."""
    steps = ("ClaimSubmitted", "ClaimSentToReview")
    told: dict[str, Any] = {
        "claim_id": CLAIM, "version": 7, "number": "BF990121261120ABCD", "status": status, "item_id": ITEM, "edition": 1,
        "item_title": f"设备补助{SCRIPT}", "period": "2026", "mode": items.PAYOUT_MODE_ORDINARY, "uscc": USCC, "name": f"甲公司{SCRIPT}",
        "department_name": SCRIPT, "claimed_fen": 12_345_600, "explanation": an_explanation(TRUE), "submitted_at": AT,
        "materials": [claims.ClaimMaterial(code="bills", file=claims.ClaimFile(file_id=FILE, filename=f"{SCRIPT}.pdf", size=2048))],
        "account_masked": "****1234", "account_bank": f"建设银行{SCRIPT}", "account_state": "OK", "account_reason": "账户核验通过",
        "steps": [claims.ClaimStep(at=AT, type=step, says=f"{step}{SCRIPT}") for step in steps], "open_moves": moves,
        "objections": [claims.ClaimObjection(objection_id=FILE, at=AT, decision="DISMISSED", reason=SCRIPT)],
    }  # fmt: skip
    return claims.Claim(**told | facts)


def a_paid(**facts: Any) -> claims.Claim:
    """A claim that was paid."""
    payment = claims.Payment(
        order_id=FILE, number=1, fen=12_345_600, state="PAID", ordered_at=AT, at=AT, reference=f"ref-1{SCRIPT}", account_tail="1234",
        reconciled_on="2026-11-21",
    )  # fmt: skip
    return a_claim(
        claims.CLAIM_STATUS_PAID, payments=[payment], approved_fen=12_345_600, paid_at=AT, approved_at=AT, **facts
    )


PUBLISHED = claims.ListPublishedClaimsResponse(
    claims=[
        claims.PublishedClaim(
            claim_id=CLAIM, item_id=ITEM, item_title=SCRIPT, uscc=USCC, name=f"甲公司{SCRIPT}", fen=500, period="2026", until=AT
        )
    ],
    next_page_token="p2",
)  # fmt: skip


def a_roll(status: int = rolls.ROLL_STATUS_PUBLISHED) -> rolls.Roll:
    """A list that is public."""
    return rolls.Roll(
        roll_id=ROLL, version=3, status=status, item_id=ITEM, edition=1, item_title=f"上规奖励{SCRIPT}", period="2026Q2",  # type: ignore[arg-type]
        department_name=SCRIPT, lines=2, total_fen=30_000_000, digest="ab" * 32, published_at=AT, publicity_until=AT,
        exclusions=[rolls.RollExclusion(uscc=USCC, name=SCRIPT, reason=SCRIPT, at=AT)],
    )  # fmt: skip


LINES = rolls.ListRollLinesResponse(
    lines=[
        rolls.RollLine(uscc=USCC, name=f"甲公司{SCRIPT}", fen=10_000_000, explanation=an_explanation(TRUE)),
        rolls.RollLine(uscc="919901219901A01193", name="乙公司", fen=20_000_000, excluded=True),
    ],
    next_page_token="p2",
)


def act(site: Site, services: Services) -> None:
    """Signs somebody in who acts for an enterprise."""
    site.sign_in()
    reply = session(token="access-2")
    reply.me.CopyFrom(identity.Me(organization=ME.organization, acted_for=identity.ActedFor()))
    services.on("ActForOrganization", reply)
    services.on("GetOrganization", organizations.Organization())
    site.send(f"/account/organizations/{POLICY}/act")
