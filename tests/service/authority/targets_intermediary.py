"""What each RPC of intermediary is asked for in the authority matrix."""

import uuid
from collections.abc import Mapping
from typing import Any

from tests.service.authority.asked import REGION, Target, itself, listing, record, uscc
from tests.support.agencies import profile, qualification
from tests.support.items import PDF

# The world's agency is in its notice and nobody's of the callers (tests.support.agencies_here.plant): one qualification of it is approved,
# one waits for review, an objection is open.
NOBODYS: tuple[str, ...] = ()
REASON = "经核实情况属实"

AGENCIES: Mapping[str, Target] = {
    "AgencyService/EnterAgency": itself(
        uscc=uscc("91990121MA9999999"),
        name="某公司",
        region=REGION,
        profile=profile(),
        qualifications=[qualification()],
    ),
    "AgencyService/ChangeAgency": itself(profile=profile()),
    "AgencyService/AddQualification": itself(qualification=qualification()),
    "AgencyService/LeaveMarket": itself(),
    "AgencyService/GetMyAgency": itself(),
    "AgencyService/UploadMarketFile": itself(filename="证书.pdf", content=PDF),
    "AgencyService/DownloadMarketFile": record(
        lambda w: {"agency_id": w.agency.agency, "file_id": w.agency.file}, NOBODYS
    ),
    "AgencyService/ReviewAgency": record(lambda w: {"agency_id": w.agency.agency, "reason": REASON}),
    "AgencyService/ReviewQualification": record(
        lambda w: {
            "agency_id": w.agency.agency,
            "qualification_id": w.agency.qualification,
            "decision": 3,
            "reason": REASON,
        }
    ),
    "AgencyService/ObjectToAgency": record(lambda w: {"agency_id": w.agency.agency, "text": "证书已被吊销"}),
    "AgencyService/DecideAgencyObjection": record(
        lambda w: {"agency_id": w.agency.agency, "objection_id": w.agency.objection, "reason": REASON}
    ),
    "AgencyService/SuspendAgency": record(lambda w: {"agency_id": w.agency.agency, "reason": REASON}),
    "AgencyService/ResumeAgency": record(lambda w: {"agency_id": w.agency.agency}),
    "AgencyService/BlacklistAgency": record(lambda w: {"agency_id": w.agency.agency, "months": 1, "reason": REASON}),
    "AgencyService/AppealBlacklisting": itself(text="处理过重"),
    "AgencyService/DecideBlacklistAppeal": record(lambda w: {"agency_id": w.agency.agency, "reason": REASON}),
    "AgencyService/ListAgencyDesk": listing(lambda w: w.agency.agency, page_size=100),
}


def _open(**fields: Any) -> Target:
    """An act on the contract under way: the own department's, whose other side the organisation is."""
    return record(lambda w: {"procurement_id": w.deal.open} | fields, ("handler of an organisation",))


def _done(**fields: Any) -> Target:
    """The same of the one that was performed."""
    return record(lambda w: {"procurement_id": w.deal.done} | fields, ("handler of an organisation",))


# Two procurements of the own department for a case of its own, performed by the world's organisation (tests.support.performing.plant): a
# contract under way, and one that was performed.
PERFORMANCE: Mapping[str, Target] = {
    "PerformanceService/FileContract": _open(
        amount_fen=1,
        signed_on="2026-11-23",
        file_ids=[str(uuid.UUID(int=1))],
        milestones=[{"name": "第一步", "due": "2026-12-31", "share": 10_000}],
    ),
    "PerformanceService/ConfirmContract": _open(),
    "PerformanceService/ReturnContract": _open(reason=REASON),
    "PerformanceService/ReportMilestone": _open(number=1),
    "PerformanceService/AnswerMilestone": _open(number=1, reason=REASON),
    "PerformanceService/Deliver": _open(file_ids=[str(uuid.UUID(int=1))]),
    "PerformanceService/ConfirmDeliverable": _open(),
    "PerformanceService/ReturnDeliverable": _open(reason=REASON),
    "PerformanceService/DownloadDeliverable": record(
        lambda w: {"procurement_id": w.deal.done, "file_id": w.deal.file}, ("handler of an organisation",)
    ),
    "PerformanceService/RatePartner": _done(grade=5),
    "PerformanceService/AskBreakOff": _open(reason=REASON),
    "PerformanceService/DecideBreakOff": _open(reason=REASON),
}


def _choice(**fields: Any) -> Target:
    """An act on a choice of the own department that is frozen."""
    return record(lambda w: {"procurement_id": w.choice} | fields, NOBODYS)


PROCUREMENTS: Mapping[str, Target] = {
    "ProcurementService/SubmitProcurement": itself(owner_name="某局", need={"mode": 4, "title": "x"}),
    "ProcurementService/ReviewProcurement": _open(reason=REASON),
    "ProcurementService/WithdrawProcurement": _open(reason=REASON),
    "ProcurementService/StopProcurement": _open(reason=REASON),
    "ProcurementService/ListMyProcurements": listing(lambda w: w.deal.open, NOBODYS, page_size=100),
    "ProcurementService/ListProcurementDesk": listing(lambda w: w.deal.open, NOBODYS, page_size=100),
    "ProcurementService/ObjectToResult": _open(text=REASON),
    "ProcurementService/DecideResultObjection": _open(
        objection_id=str(uuid.UUID(int=1)), decision="DISMISSED", reason=REASON
    ),
    "ProcurementService/GiveUpAward": _open(reason=REASON),
    "ProcurementService/PassOverWinner": _open(reason=REASON),
    "SignUpService/CheckQualification": itself(procurement_id=lambda w: w.deal.open),
    "SignUpService/SignUp": itself(procurement_id=lambda w: w.deal.open),
    "SignUpService/WithdrawSignUp": itself(procurement_id=lambda w: w.deal.open),
    "SignUpService/OpenBid": itself(procurement_id=lambda w: w.deal.open, nonce="0" * 64),
    "SignUpService/GetMySignUp": itself(procurement_id=lambda w: w.deal.open),
    "SelectionService/CommitNonce": _open(commitment="0" * 64),
    "SelectionService/RevealNonce": _open(nonce="0" * 64),
    "SelectionService/RecordBeacon": _open(value="abcd"),
    "SelectionService/ApplyAsEvaluator": itself(
        name="某人", id_number="990121198001010000", region=REGION, fields=["测绘"]
    ),
    "SelectionService/ReviewEvaluator": record(lambda w: {"evaluator_id": w.evaluator, "reason": REASON}, NOBODYS),
    "SelectionService/GetMyEvaluator": itself(),
    "SelectionService/ListEvaluators": listing(lambda w: w.evaluator, NOBODYS, page_size=100),
    "SelectionService/DrawEvaluators": _choice(),
    "SelectionService/ReplaceEvaluator": _open(evaluator_id=str(uuid.UUID(int=1)), reason=REASON),
    "SelectionService/RecuseEvaluator": _choice(reason=REASON),
    "SelectionService/ListMyEvaluations": listing(lambda w: w.choice, NOBODYS, page_size=100),
    "SelectionService/GetEvaluation": _choice(),
    "SelectionService/GiveScores": _choice(scores=[{"uscc": "0" * 18, "points": 1}]),
    "MarketService/SaveMarketRules": record(lambda w: {"county": REGION, "rules": {"rotation": 1}}, NOBODYS),
    "MarketService/ListConcentrations": record(lambda w: {"county": REGION}, NOBODYS),
}

INTERMEDIARY: Mapping[str, Target] = {**AGENCIES, **PERFORMANCE, **PROCUREMENTS}
