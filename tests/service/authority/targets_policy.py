"""What each RPC of policy is asked for in the authority matrix."""

from collections.abc import Mapping
from typing import Any

from tests.service.authority.asked import DEPARTMENT, REGION, Target, itself, listing, record
from tests.support.items import PDF
from tests.support.policy_items import definition, text
from tests.support.policy_portal import news_content

# The organisation of the world acts by its handler alone.
ENTERPRISE = ("handler of an organisation",)
REASON = "经核实情况属实"


def of(fields: Any, **more: Any) -> Target:
    """A request that names one of the world's records."""
    return record(lambda w: fields(w.policy) | more, ENTERPRISE)


def _item(**more: Any) -> Target:
    return of(lambda w: {"item_id": w.item}, **more)


def _claim(**more: Any) -> Target:
    return of(lambda w: {"claim_id": w.claim}, **more)


def _roll(**more: Any) -> Target:
    return of(lambda w: {"roll_id": w.roll}, **more)


def _budget(**more: Any) -> Target:
    return of(lambda w: {"item_id": w.item, "period": w.period}, **more)


def _appeal(**more: Any) -> Target:
    return of(lambda w: {"appeal_id": w.appeal}, **more)


def _complaint(**more: Any) -> Target:
    return of(lambda w: {"complaint_id": w.complaint}, **more)


def _news(**more: Any) -> Target:
    return of(lambda w: {"news_id": w.news}, **more)


def _enterprise(**more: Any) -> Target:
    """Of the enterprise itself: others' code is not theirs."""
    return itself(uscc=lambda w: w.policy.uscc, **more)


POLICIES: Mapping[str, Target] = {
    "PolicyService/SavePolicy": itself(text=text(region="110000"), department_name="某局"),
    "PolicyService/PublishPolicy": of(lambda w: {"policy_id": w.policy}, version=1),
    "PolicyService/ReturnPolicy": of(lambda w: {"policy_id": w.policy}, reason=REASON),
    "PolicyService/WithdrawPolicy": of(lambda w: {"policy_id": w.policy}, reason=REASON),
    "PolicyService/ListPolicyDesk": listing(lambda w: w.policy.policy, page_size=100),
    "PayoutItemService/SavePayoutItem": record(
        lambda w: {"item_id": w.policy.item, "definition": definition(w.policy.policy), "version": 1}
    ),
    "PayoutItemService/OpenPayoutItem": _item(version=1),
    "PayoutItemService/ReturnPayoutItem": _item(reason=REASON),
    "PayoutItemService/PausePayoutItem": _item(reason=REASON),
    "PayoutItemService/ResumePayoutItem": _item(),
    "PayoutItemService/ClosePayoutItem": _item(reason=REASON),
    "PayoutItemService/ListPayoutItemDesk": listing(lambda w: w.policy.item, page_size=100),
    "PayoutItemService/TryPayoutItem": itself(definition=lambda w: definition(w.policy.policy)),
    "PayoutItemService/StartDryRun": _item(),
    "PayoutItemService/GetDryRun": of(lambda w: {"run_id": w.run}),
}

BASE: Mapping[str, Target] = {
    "EnterpriseService/GetMyEnterprise": _enterprise(),
    "EnterpriseService/StateFacts": _enterprise(facts=[{"name": "employees", "value": "x"}]),
    "EnterpriseService/ReportFacts": itself(department_name="某局", rows=[{"uscc": "0" * 18}]),
    "EnterpriseService/GetEnterprise": of(lambda w: {"uscc": w.uscc}),
    "EnterpriseService/SearchEnterprises": listing(lambda w: w.policy.uscc, page_size=100),
    "EnterpriseService/AskCorrection": _enterprise(fact="dishonest", wanted="x", reason=REASON),
    "EnterpriseService/ListCorrections": listing(lambda w: w.policy.correction, ENTERPRISE, page_size=100),
    "EnterpriseService/DecideCorrection": of(lambda w: {"correction_id": w.correction}, value="x", accepted=True),
    "EnterpriseService/SaveFactKind": itself(kind={"name": "x"}),
    "EnterpriseService/ListMyMatches": _enterprise(),
    "EnterpriseService/ExplainMatch": _enterprise(item_id=lambda w: w.policy.item),
    "EnterpriseService/ListNewMatches": _enterprise(),
    "EnterpriseService/AcknowledgeMatches": _enterprise(items=lambda w: [w.policy.item]),
    "EnterpriseService/SetSubscription": _enterprise(subscribed=True),
    "EnterpriseService/OptOut": _enterprise(item_id=lambda w: w.policy.item, out=False),
}

CLAIMS: Mapping[str, Target] = {
    "ClaimService/SubmitClaim": _enterprise(item_id=lambda w: w.policy.item),
    "ClaimService/CorrectClaim": of(
        lambda w: {"claim_id": w.claim, "materials": [{"code": "invoice", "file_id": w.file}]}
    ),
    "ClaimService/ConfirmAccount": _claim(),
    "ClaimService/WithdrawClaim": of(lambda w: {"claim_id": w.claim}, reason=REASON),
    "ClaimService/ReviewClaim": _claim(decision="RETURN"),
    "ClaimService/SecondReviewClaim": _claim(decision="RETURN"),
    "ClaimService/ObjectToClaim": of(lambda w: {"claim_id": w.public_claim}, text="x"),
    "ClaimService/DecideClaimObjection": of(
        lambda w: {"claim_id": w.claim, "objection_id": w.roll}, decision="DISMISSED", reason=REASON
    ),
    "ClaimService/ApproveClaim": _claim(),
    "ClaimService/OpenSpotCheck": _claim(),
    "ClaimService/ConcludeSpotCheck": _claim(reason=REASON),
    "ClaimService/EndRecovery": _claim(reason=REASON),
    "ClaimService/GetClaim": _claim(),
    "ClaimService/ReplayClaim": _claim(),
    "ClaimService/ListMyClaims": listing(lambda w: w.policy.claim, ENTERPRISE, page_size=100),
    "ClaimService/ListClaimDesk": listing(lambda w: w.policy.claim, page_size=100),
    "ClaimService/GetReceipt": _claim(),
    "ClaimService/UploadClaimFile": itself(filename="发票.pdf", content=PDF),
    "ClaimService/DownloadClaimFile": of(lambda w: {"claim_id": w.claim, "file_id": w.file}),
    "RollService/ComputeRoll": _item(),
    "RollService/ExcludeFromRoll": _roll(uscc="0" * 18, reason=REASON),
    "RollService/ReviewRoll": _roll(reason=REASON),
    "RollService/ObjectToRoll": of(lambda w: {"roll_id": w.public_roll}, uscc="0" * 18, text="x"),
    "RollService/DecideRollObjection": of(
        lambda w: {"roll_id": w.roll, "objection_id": w.claim}, decision="DISMISSED", reason=REASON
    ),
    "RollService/ListRollDesk": listing(lambda w: w.policy.roll, page_size=100),
}

MONEY: Mapping[str, Target] = {
    "MoneyService/SetBudget": _budget(total_fen=100_000_000, document="某财预〔2026〕2号"),
    "MoneyService/GetBudget": _budget(),
    "MoneyService/ListBudgets": listing(lambda w: w.policy.item, page_size=100),
    "MoneyService/ClosePeriod": _budget(),
    "MoneyService/NotifyPayment": itself(order_id=lambda w: w.policy.order),
    "MoneyService/ListPostings": _budget(),
    "MoneyService/GetTrialBalance": _budget(),
    "MoneyService/ListReconciliations": listing(lambda w: w.policy.reconciliation, page_size=100),
    "MoneyService/GetReconciliation": of(lambda w: {"reconciliation_id": w.reconciliation}),
    "MoneyService/SettleException": of(
        lambda w: {"reconciliation_id": w.reconciliation}, exception_id="one", resolution="已核实"
    ),
}

PORTAL: Mapping[str, Target] = {
    "AppealService/SubmitAppeal": _enterprise(kind=2, title="x", text="x", region=REGION, enterprise_name="示范公司"),
    "AppealService/RouteAppeal": _appeal(department=DEPARTMENT, department_name="某局"),
    "AppealService/AcceptAppeal": _appeal(),
    "AppealService/ReturnRouting": of(lambda w: {"appeal_id": w.other_appeal}, reason=REASON),
    "AppealService/AnswerAppeal": _appeal(text=REASON),
    "AppealService/ExtendAppeal": _appeal(days=1, reason=REASON),
    "AppealService/RateAppeal": _appeal(score=5),
    "AppealService/ReopenAppeal": of(lambda w: {"appeal_id": w.other_appeal}, reason=REASON),
    "AppealService/GetAppeal": _appeal(),
    "AppealService/ListMyAppeals": listing(lambda w: w.policy.appeal, ENTERPRISE, page_size=100),
    "AppealService/ListAppealDesk": listing(lambda w: w.policy.appeal, page_size=100),
    "ComplaintService/AcceptComplaint": _complaint(),
    "ComplaintService/AskDepartment": _complaint(text=REASON),
    "ComplaintService/ListSupervisionQuestions": listing(lambda w: w.policy.question, page_size=100),
    "ComplaintService/AnswerSupervisionQuestion": of(lambda w: {"question_id": w.question}, text=REASON),
    "ComplaintService/ConcludeComplaint": _complaint(outcome=1, reply=REASON),
    "ComplaintService/GetComplaint": _complaint(),
    "ComplaintService/ListMyComplaints": listing(lambda w: w.policy.complaint, ENTERPRISE, page_size=100),
    "ComplaintService/ListComplaintDesk": listing(lambda w: w.policy.complaint, page_size=100),
    "NewsService/SaveNews": itself(content=news_content(region="110000"), department_name="某局"),
    "NewsService/ReviewNews": _news(version=1),
    "NewsService/ReturnNews": _news(reason=REASON),
    "NewsService/ConfirmNews": _news(review_on="2030-01-01"),
    "NewsService/WithdrawNews": _news(reason=REASON),
    "NewsService/ListNewsDesk": listing(lambda w: w.policy.news, page_size=100),
}

POLICY: Mapping[str, Target] = {**POLICIES, **BASE, **CLAIMS, **MONEY, **PORTAL}
