"""PushResult of the stand-in: each case that is pushed gets a lesson of its own."""

from datetime import UTC, datetime, timedelta
from typing import Final

from standards.instants import stated
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang.case.v1 import service_pb2
from yiwang_kit.lessons import Lessons
from yiwang_kit.refusals import Refusal
from yiwang_kit.stage import Stage, Told

AHEAD: Final = timedelta(minutes=5)


def taken(stage: Stage, lessons: Lessons, request: pb.PushResultRequest, content: str) -> pb.PushResultResponse:
    """The answer to a decision. Refusal as on the platform, or as the lesson has it."""
    with stage.lock:
        before = stage.pushed.get(request.request_id)
        if before not in (None, content):
            raise Refusal("INVALID_ARGUMENT", "REQUEST_ID_REUSED", [("request_id", "REQUEST_ID_REUSED")])
        told = stage.case(request.case_id)
        if told is None:
            raise Refusal("NOT_FOUND", "NOT_FOUND")
        if before == content and told.request_id == request.request_id:
            return _answer(told)
        return _first_time(stage, lessons, request, content, told)


def _first_time(
    stage: Stage, lessons: Lessons, request: pb.PushResultRequest, content: str, told: Told
) -> pb.PushResultResponse:
    if told.status != "IN_REVIEW" or told.accepted_at is None:
        raise Refusal("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED")
    if faults := faults_of(request, told.accepted_at, datetime.now(UTC)):
        raise Refusal("INVALID_ARGUMENT", faults[0][1], faults)
    known = request.case_id in stage.lessons_of
    lesson = stage.lessons_of.setdefault(request.case_id, "" if known else lessons.take("push"))
    if lesson == "not_allowed":
        raise Refusal("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED")
    if lesson == "aborted" and not known:
        raise Refusal("ABORTED", "CHANGED_MEANWHILE")
    stage.pushed[request.request_id] = content
    told.request_id = request.request_id
    told.status = "ISSUED" if request.granted and request.result_number else "GRANTED" if request.granted else "DENIED"
    if lesson == "cut_after":
        raise Refusal("UNAVAILABLE", "AWAY")
    return _answer(told)


def faults_of(request: pb.PushResultRequest, accepted_at: datetime, now: datetime) -> list[tuple[str, str]]:
    """What is wrong with a decision by itself: (field, reason)."""
    at = stated(request.decided_at)
    found = []
    if not request.granted and not request.reason.strip():
        found.append(("reason", "REQUIRED"))
    if at is None:
        found.append(("decided_at", "MALFORMED"))
    elif at > now + AHEAD:
        found.append(("decided_at", "FUTURE_TIME"))
    elif at < accepted_at - timedelta(seconds=1):
        found.append(("decided_at", "BEFORE_ACCEPTANCE"))
    return found


def _answer(told: Told) -> pb.PushResultResponse:
    status = service_pb2.CaseStatus.Value(f"CASE_STATUS_{told.status}")
    return pb.PushResultResponse(case_id=told.id, version=told.seq + 1, status=status)
