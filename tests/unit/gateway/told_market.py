"""The supermarket as services tell it in tests of pages; every text has a script in it, which no page may run."""

from typing import Any

from standards import bids, draw
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import market_pb2 as market
from yiwang.intermediary.v1 import performance_pb2 as performance
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb
from yiwang.intermediary.v1 import signups_pb2 as signups
from yiwang.rules.v1 import rules_pb2

PROCUREMENT = "7b0f3c1e-0000-4000-8000-0000000000b1"
AGENCY = "7b0f3c1e-0000-4000-8000-0000000000b2"
PROOF = "7b0f3c1e-0000-4000-8000-0000000000b3"
OBJECTION = "7b0f3c1e-0000-4000-8000-0000000000b4"
EVALUATOR = "7b0f3c1e-0000-4000-8000-0000000000b5"
QUALIFICATION = "7b0f3c1e-0000-4000-8000-0000000000b6"
AT = "2026-11-20T06:07:00Z"
ONE, TWO, THREE = "919901219901A01006", "919901219901A01193", "919901219901A0127X"
NONCE = "ab" * 32
BEACON = {"source": "drand", "round": 7, "at": AT}


def a_need(mode: int = pb.MODE_DRAW, **facts: Any) -> pb.Need:
    """What is needed, by draw unless said otherwise."""
    told: dict[str, Any] = {
        "title": f"水资源论证{SCRIPT}", "description": SCRIPT, "service": "水资源论证报告编制", "region": "990121",
        "budget_fen": 1_234_500, "mode": mode, "signup_end": AT, "selection_at": AT, "contact": SCRIPT,
        "requirement": pb.Requirement(qualifications=[pb.QualificationNeed(kind="water", grade="乙级")], people=2, credit_min=60),
        "avoidances": [pb.Avoidance(uscc=THREE, reason=SCRIPT)],
    }  # fmt: skip
    return pb.Need(**told | facts)


def a_procurement(status: int = pb.PROCUREMENT_STATUS_OPEN, *moves: str, **facts: Any) -> pb.Procurement:
    """A procurement as its reader sees it."""
    told: dict[str, Any] = {
        "id": PROCUREMENT, "version": 5, "number": "ZJ990121261120ABCD2345", "status": status, "need": a_need(),
        "owner_name": f"测试公司{SCRIPT}", "published_at": AT, "notice_digest": "cd" * 32, "moves": moves,
    }  # fmt: skip
    return pb.Procurement(**told | facts)


def a_running(*moves: str, **facts: Any) -> pb.Procurement:
    """One with a winner, a contract, milestones, deliverables and an objection."""
    file = pb.MarketFile(file_id=PROOF, filename=f"{SCRIPT}.pdf", size=2048, sha256="ef" * 32)
    work = pb.Performance(
        contract="confirmed", contract_by="owner", amount_fen=1_000_000, signed_on="2026-11-21", contract_files=[file],
        contract_note=SCRIPT, deliverables=[file], delivered_at=AT, deliveries=1, returned_reason=SCRIPT, break_off="asked",
        break_off_by="agency", break_off_reason=SCRIPT, by_owner=pb.PartnerRating(grade=5, text=SCRIPT),
        milestones=[
            pb.Milestone(number=1, name=f"初稿{SCRIPT}", due="2026-12-01", share=4000, status="REPORTED", note=SCRIPT),
            pb.Milestone(number=2, name="终稿", due="2026-12-31", share=6000, status="OPEN", overdue=True),
        ],
    )  # fmt: skip
    told: dict[str, Any] = {
        "frozen_at": AT, "selected_at": AT, "awarded_at": AT, "contract_due": AT, "performance": work, "candidates": 2,
        "winner": pb.Winner(agency_id=AGENCY, uscc=ONE, name=f"甲咨询{SCRIPT}", place=1),
        "objections": [pb.ResultObjection(id=OBJECTION, agency_name="乙咨询", text=SCRIPT, filed_at=AT)],
        "passed": [pb.PassedPlace(place=1, uscc=TWO, name="乙咨询", reason="GAVE_UP", at=AT)],
        "commitments": [pb.Commitment(party="owner", digest="aa" * 32, committed_at=AT)],
    }  # fmt: skip
    status = facts.pop("status", pb.PROCUREMENT_STATUS_CONTRACTED)
    return a_procurement(status, *moves, **told | facts)


def a_transcript(drawn: bool = True, beacon: str = "beacon-value") -> selection.Transcript:
    """A draw of two: the owner told his nonce, the supervisor did not, so the beacon stands for it."""
    notice = {"id": PROCUREMENT, "title": SCRIPT, "signup_end": AT, "selection_at": AT, "beacon": BEACON}
    told = draw.transcript(
        notice=notice,
        candidates=[{"uscc": ONE, "name": f"甲咨询{SCRIPT}"}, {"uscc": TWO, "name": "乙咨询"}],
        excluded=[{"uscc": THREE, "name": "丙咨询", "reason": "AVOIDED", "note": f"回避单位{SCRIPT}"}],
        parties=[_party("platform", NONCE), _party("owner", "cd" * 32), _party("supervisor", "")],
        beacon=BEACON | {"value": beacon},
        drawn=drawn,
    )
    return _transcript(told, drawn)


def _party(name: str, nonce: str) -> dict[str, Any]:
    return {
        "party": name, "commitment": draw.commitment(nonce or "ee" * 32), "committed_at": AT, "nonce": nonce or None,
        "revealed_at": AT if nonce else None,
    }  # fmt: skip


def _transcript(told: dict[str, Any], complete: bool) -> selection.Transcript:
    return selection.Transcript(
        procurement_id=PROCUREMENT, json=draw.canonical(told).decode(), digest="dd" * 32, complete=complete
    )


def bids_told() -> selection.Transcript:
    """A price selection's: two bids, opened."""
    rows = [
        {"uscc": uscc, "value": value, "nonce": NONCE, "opened_at": AT,
         "commitment": bids.commitment(PROCUREMENT, uscc, value, NONCE)}
        for uscc, value in ((ONE, 900_000), (TWO, 950_050))
    ]  # fmt: skip
    order = [{"uscc": one["uscc"], "name": SCRIPT, "value": one["value"], "why": "报价最低"} for one in rows]
    told = {
        "version": 1,
        "notice": {},
        "notice_digest": "",
        "candidates": [{"uscc": ONE, "name": SCRIPT}],
        "excluded": [],
    }
    return _transcript(told | {"root": "ab", "order": order, "winner": ONE, "bids": rows}, True)


def a_qualification(status: int = agencies.QUALIFICATION_STATUS_APPROVED, **facts: Any) -> agencies.Qualification:
    """A qualification."""
    told: dict[str, Any] = {
        "id": QUALIFICATION, "kind": "water", "kind_name": f"水资源论证{SCRIPT}", "grade": "乙级", "certificate_number": SCRIPT,
        "valid_from": "2026-01-01", "status": status, "file": pb.MarketFile(file_id=PROOF, filename="x.pdf", size=9),
    }  # fmt: skip
    return agencies.Qualification(**told | facts)


def an_agency(standing: int = agencies.AGENCY_STANDING_ACTIVE, *moves: str, **facts: Any) -> agencies.Agency:
    """An agency as its reader sees it."""
    told: dict[str, Any] = {
        "id": AGENCY, "version": 3, "uscc": ONE, "name": f"甲咨询{SCRIPT}", "region": "990121", "standing": standing,
        "qualifications": [a_qualification(valid=True)], "services": [f"论证{SCRIPT}"], "promise": SCRIPT, "credit_score": 98,
        "entered_at": AT, "notice_until": AT, "moves": moves, "suspended_for": ["SUPERVISOR"],
        "staff": [agencies.StaffCount(certificate_kind="注册造价工程师", count=2)],
        "profile": agencies.AgencyProfile(
            address=SCRIPT, legal_name="石某", legal_number="990101198011053018", promise=SCRIPT, services=["论证"],
            shareholders=[agencies.Shareholder(name=SCRIPT, number=TWO, share=5050)],
            people=[agencies.AgencyPerson(name=SCRIPT, number="990101198011053018", certificate_kind="x", certificate_number="y")],
            avoidances=[pb.Avoidance(uscc=THREE, reason=SCRIPT)], contact_name="石某", contact="0990-0000001",
        ),
        "objections": [agencies.AgencyObjection(id=OBJECTION, at=AT, text=SCRIPT)],
        "blacklisting": agencies.Blacklisting(since=AT, until=AT, reason=SCRIPT, appeal="asked", appeal_text=SCRIPT),
    }  # fmt: skip
    return agencies.Agency(**told | facts)


CREDITS = agencies.ListCreditsResponse(
    marks=[agencies.CreditMark(rule="GAVE_UP", points=-10, day="2026-11-20", procurement_number="ZJ1", counts=True)],
    rules=[agencies.CreditRule(id="GAVE_UP", points=-10, says="中选后放弃")], score=90, formula="信用分 = 100 + 加减分",
)  # fmt: skip
KINDS = agencies.ListQualificationKindsResponse(
    kinds=[agencies.QualificationKind(id="water", name="水资源论证", grades=["甲级", "乙级"], basis="条例第十一条")]
)
RULES = market.MarketRules(
    county="990121", signup_days=3, reveal_minutes=60, direct_most_fen=5_000_000, candidates_least=3
)
STATISTICS = market.Statistics(
    needs=9, completed=4, completion_basis_points=8000, completion_formula="完成 ÷（完成 + 终止）", contracts_fen=100_000,
    agencies=[market.Count(kind="ACTIVE", count=5)], modes=[market.Count(kind="DRAW", count=6)],
    statuses=[market.Count(kind="OPEN", count=2)], services=[market.Count(kind=SCRIPT, count=2)],
    ended=[market.Count(kind="TOO_FEW", count=1)], phases=[market.Phase(name="公告→报名截止", count=3, mean_hours=72.5)],
)  # fmt: skip
SERVICES = market.ListServicesResponse(
    services=[market.ItemService(item_id=PROOF, item_code="X1", item_name=f"取水许可{SCRIPT}", service=f"论证{SCRIPT}")]
)
VERDICT = rules_pb2.Verdict(
    truth=rules_pb2.TRUTH_FALSE, kind=rules_pb2.NODE_KIND_ALL,
    parts=[
        rules_pb2.Verdict(truth=rules_pb2.TRUTH_TRUE, kind=rules_pb2.NODE_KIND_LEAF, says=f"状态正常{SCRIPT}", basis="规则"),
        rules_pb2.Verdict(truth=rules_pb2.TRUTH_FALSE, kind=rules_pb2.NODE_KIND_LEAF, says="有乙级资质"),
        rules_pb2.Verdict(truth=rules_pb2.TRUTH_UNKNOWN, kind=rules_pb2.NODE_KIND_LEAF, says="人员"),
    ],
)  # fmt: skip


def a_sign_up(**facts: Any) -> signups.SignUpEntry:
    """The agency's own."""
    told: dict[str, Any] = {"procurement_id": PROCUREMENT, "uscc": ONE, "name": SCRIPT, "status": "SIGNED_UP", "at": AT}
    return signups.SignUpEntry(**told | facts)


def an_evaluation(**facts: Any) -> selection.Evaluation:
    """A choice the visitor is drawn for."""
    told: dict[str, Any] = {
        "procurement_id": PROCUREMENT, "number": "ZJ1", "title": SCRIPT, "status": pb.PROCUREMENT_STATUS_FROZEN,
        "criteria": [pb.Criterion(name=f"方案{SCRIPT}", weight=6000), pb.Criterion(name="人员", weight=4000)],
        "candidates": [
            selection.Candidate(uscc=ONE, name=SCRIPT, proposal=pb.MarketFile(file_id=PROOF, filename="a.pdf", size=9)),
            selection.Candidate(uscc=TWO, name="乙咨询"),
        ],
        "seats": [selection.Seat(evaluator_id=EVALUATOR, name="凌**", mine=True), selection.Seat(evaluator_id=AGENCY, name="易**")],
        "left_out": [selection.LeftOut(evaluator_id=PROOF, reason="TIED", uscc=TWO)],
    }  # fmt: skip
    return selection.Evaluation(**told | facts)


def an_evaluator(status: str = "IN", *moves: str) -> selection.Evaluator:
    """One of the pool."""
    return selection.Evaluator(
        id=EVALUATOR,
        name=f"凌**{SCRIPT}",
        region="990121",
        fields=[SCRIPT],
        ties=[ONE],
        status=status,
        reason=SCRIPT,
        moves=moves,
    )


def listed(*some: pb.Procurement) -> pb.ListProcurementsResponse:
    """A page of procurements, with another after it."""
    return pb.ListProcurementsResponse(procurements=some, next_page_token="p2")


CONTENT = performance.MarketFileContent(
    file=pb.MarketFile(file_id=PROOF, filename="方案.pdf", media_type="application/pdf", size=4), content=b"%PDF"
)
