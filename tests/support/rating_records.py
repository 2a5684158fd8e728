"""Records of the national interface as tests send and get them: a registered system, what it gets, what it brings."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc

from chassis.acts import Cause
from services.rating import model_giving
from standards import envelope
from standards.ciphers import GM, document_key_new, document_public
from tests.service.authority.asked import uscc
from tests.support.actors import machine
from tests.support.calling import As
from tests.support.rating_service import RatingHere
from yiwang.rating.v1 import records_pb2 as pb
from yiwang.rating.v1 import service_pb2 as service

RPCS = [f"yiwang.rating.v1.RecordService/{name}" for name in ("ImportRatings", "ExportRecords", "ReceiveRecords")]
DEPARTMENT = uscc("11990121MB0000001")
GBT, ZJ = "GBT39046", "ZHEJIANG"
INVALID = grpc.StatusCode.INVALID_ARGUMENT
OURS, THEIRS, SHARED = document_key_new(GM), document_key_new(GM), "00112233445566778899aabbccddeeff"
TOLD = {
    "envelope_mark": "county",
    "envelope_private_key": OURS.hex(),
    "envelope_peer_mark": "province",
    "envelope_peer_key": document_public(GM, THEIRS).hex(),
    "envelope_shared_key": SHARED,
}
PROVINCE = envelope.keys("province", THEIRS.hex(), "county", document_public(GM, OURS).hex(), SHARED)


TICK = timedelta(milliseconds=5)


def system(rating: RatingHere, region: str = "990121") -> As:
    return rating.by(replace(machine(*RPCS), region=region), service="RecordService")


def exported(caller: As, token: str = "", profile: str = GBT, size: int = 500) -> tuple[list[dict[str, str]], str]:
    time.sleep(2 * TICK.total_seconds())
    answer = caller.ExportRecords(page_token=token, page_size=size, profile=profile)
    records = json.loads(answer.body)
    assert answer.count == len(records) and not answer.sealed and answer.next_page_token
    return records, answer.next_page_token


def numbers(records: list[dict[str, str]]) -> list[str]:
    return [one["projectNo"] for one in records]


def sent(rating: RatingHere, *references: str, region: str = "990121101", **told: Any) -> None:
    """Ratings of a call centre."""
    rows = [
        {
            "reference": reference,
            "channel": service.RATING_CHANNEL_SMS,
            "grade": service.GRADE_SATISFIED,
            "rated_at": "2026-11-20T09:30:00+08:00",
            "department": DEPARTMENT,
            "department_name": "水务局",
            "item_name": reference,
            "region": region,
        }
        | told
        for reference in references
    ]
    caller = system(rating, region[:6])
    assert caller.ImportRatings(system="hotline", ratings=rows).landed == len(rows)


def defaulted(rating: RatingHere, id: str) -> None:
    """As if the days to rate were over."""
    rating.ratings.change(id, Cause(f"timer/{id}", "service:rating"), model_giving.default)


def receive(caller: As, records: Any, profile: str = GBT, **told: Any) -> pb.ImportRatingsResponse:
    body = records if isinstance(records, str) else json.dumps(records)
    answer: pb.ImportRatingsResponse = caller.ReceiveRecords(system="province", profile=profile, body=body, **told)
    return answer


def record(**changes: str) -> dict[str, str]:
    """A record of another place."""
    return {
        "taskName": "取水许可",
        "projectNo": "OTHER-1",
        "serviceName": "办结",
        "serviceNumber": "1",
        "areaCode": "990121",
        "deptCode": DEPARTMENT,
        "orgName": "水务局",
        "pf": "7",
        "satisfaction": "1",
        "evalDetail": "101",
        "assessTime": "2026-11-20 09:30:00",
        "assessNumber": "1",
        "appStatus": "1",
        "anonymity": "2",
        "telPhone": "0999-1234567",
    } | changes
