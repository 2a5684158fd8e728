"""What each RPC of intermediary is asked for in the authority matrix."""

from collections.abc import Mapping

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

INTERMEDIARY: Mapping[str, Target] = {**AGENCIES}
