"""What each RPC of rating is asked for in the authority matrix."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from chassis.acts import now
from tests.service.authority.asked import CALLED_AT, DEPARTMENT, REGION, Target, itself, listing, record
from tests.support.items import PDF

RATING: Mapping[str, Target] = {
    "RatingService/GetRating": record(lambda w: {"rating_id": w.rating}),
    "RatingService/ListRatings": listing(lambda w: w.rating),
    "RatingService/GiveRating": record(lambda w: {"rating_id": w.rating, "grade": 1}),
    "RatingService/RateAgain": record(lambda w: {"rating_id": w.rating, "grade": 5}),
    "RatingService/AppealRating": record(lambda w: {"rating_id": w.negative, "reason": "没有恶意"}),
    "RatingService/ReopenRating": record(lambda w: {"rating_id": w.negative, "reason": "没有整改"}),
}

# A negative rating that was assigned to the own department.
LOOP: Mapping[str, Target] = {
    "LoopService/ListNegative": listing(lambda w: w.negative, page_size=100),
    "LoopService/GetNegative": record(lambda w: {"rating_id": w.negative}),
    "LoopService/AssignRating": record(lambda w: {"rating_id": w.negative}),
    "LoopService/VerifyRating": record(lambda w: {"rating_id": w.negative, "verdict": 1, "finding": "情况属实"}),
    "LoopService/ReviewRating": record(lambda w: {"rating_id": w.negative, "verdict": 1, "reason": "情况属实"}),
    "LoopService/RectifyRating": record(lambda w: {"rating_id": w.negative, "measures": "已经整改"}),
    "LoopService/ExtendRectification": record(lambda w: {"rating_id": w.negative, "days": 3, "reason": "情况复杂"}),
    "LoopService/CallBackRating": record(lambda w: {"rating_id": w.negative, "outcome": 1, "note": "表示满意"}),
    "LoopService/ContestRating": record(lambda w: {"rating_id": w.negative, "reason": "并非本部门"}),
    "LoopService/PublishRating": record(lambda w: {"rating_id": w.negative, "public_reply": "已经整改"}),
    "LoopService/CloseRating": record(lambda w: {"rating_id": w.negative}),
    "LoopService/LiftFlag": record(lambda w: {"rating_id": w.negative, "kind": 1, "reason": "已经核实"}),
    "LoopService/SaveRatingRules": record(lambda w: {"rules": {"region": REGION, "rectify_days": 5}}),
}


def imported() -> dict[str, Any]:
    """A rating of another system, another one each time, of the own county."""
    return {
        "reference": uuid.uuid4().hex,
        "channel": 6,
        "grade": 4,
        "rated_at": "2026-11-20T09:30:00+08:00",
        "department": DEPARTMENT,
        "department_name": "某局",
        "region": REGION,
    }


def rating_file() -> bytes:
    """The same as a file."""
    header = "评价编号,评价渠道,满意度,评价时间,部门代码,部门名称,行政区划"
    return f"{header}\n{uuid.uuid4().hex},电话,满意,2026-11-20 09:30:00,{DEPARTMENT},某局,{REGION}\n".encode()


def rating_record() -> str:
    """The same as a record of the national interface."""
    told = {"taskName": "某事", "projectNo": uuid.uuid4().hex, "serviceName": "办结", "serviceNumber": "1", "pf": "6"}
    told |= {"satisfaction": "2", "assessTime": "2026-11-20 09:30:00", "assessNumber": "1", "appStatus": "1"}
    return json.dumps([told | {"anonymity": "2", "areaCode": REGION, "deptCode": DEPARTMENT}])


# What is not of the own county is refused row by row.
RATING_RECORDS: Mapping[str, Target] = {
    "RecordService/ImportRatings": listing(lambda w: "landed: 1", system="hotline", ratings=lambda w: [imported()]),
    "RecordService/ImportFile": listing(lambda w: "landed: 1", filename="a.csv", content=lambda w: rating_file()),
    # What of it leaves, and that it is the own county's, is told in tests/service/rating/test_exporting.py: the last minute waits.
    "RecordService/ExportRecords": itself(profile="GBT39046"),
    "RecordService/ReceiveRecords": listing(
        lambda w: "landed: 1", system="province", profile="GBT39046", body=lambda w: rating_record()
    ),
}

WINDOWS: Mapping[str, Target] = {
    "WindowService/IssueWindowCode": record(lambda w: {"window_id": w.window}, ("device",)),
    "WindowService/RevokeWindowCodes": record(lambda w: {"window_id": w.window}),
    "WindowService/RateOnTablet": itself(grade=5, at=lambda w: now().isoformat()),
}

RATING_FILES: Mapping[str, Target] = {
    "RatingService/UploadRatingFile": itself(filename="照片.pdf", content=PDF),
    "RatingService/DownloadRatingFile": record(
        lambda w: {"record_id": w.ticket_with_file, "file_id": w.file_of_ticket}
    ),
    "RatingService/NoteOfficerDevice": itself(source={"device": "desk"}),
}

TICKETS: Mapping[str, Target] = {
    "TicketService/ListMyTickets": listing(lambda w: w.ticket),
    "TicketService/GetTicket": record(lambda w: {"ticket_id": w.ticket}),
    "TicketService/ListTickets": listing(lambda w: w.ticket, page_size=100),
    "TicketService/AssignTicket": record(lambda w: {"ticket_id": w.ticket, "department": DEPARTMENT}),
    "TicketService/AnswerTicket": record(lambda w: {"ticket_id": w.ticket, "text": "需要身份证"}),
    "TicketService/AskTicketExtension": record(lambda w: {"ticket_id": w.ticket, "days": 1, "reason": "需要核实"}),
    "TicketService/DecideTicketExtension": record(lambda w: {"ticket_id": w.ticket, "granted": True}),
    "TicketService/ConfirmTicket": record(lambda w: {"ticket_id": w.ticket, "satisfied": True}),
    "TicketService/WithdrawTicket": record(lambda w: {"ticket_id": w.ticket}),
    "TicketService/CloseTicket": record(lambda w: {"ticket_id": w.ticket}),
    "TicketService/ReceiveHotlineTicket": itself(
        hotline_number=lambda w: uuid.uuid4().hex, title="来电", text="来电咨询", region=REGION, called_at=CALLED_AT
    ),
    "TicketService/TellHotlineStatus": record(
        lambda w: {"hotline_number": w.hotline_number, "callback_id": uuid.uuid4().hex, "status": "SATISFIED"}
    ),
    "TicketService/LinkCall": record(lambda w: {"ticket_id": w.ticket, "call_number": "CALL-0001"}),
}

RATINGS: Mapping[str, Target] = {**RATING, **LOOP, **RATING_RECORDS, **RATING_FILES, **TICKETS, **WINDOWS}
