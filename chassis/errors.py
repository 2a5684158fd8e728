"""The one typed error: a refusal with a reason for programs, a Chinese message for people and the fields at fault.

Everything else that escapes an act is INTERNAL and a bug.
"""

from dataclasses import dataclass

from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

INVALID_ARGUMENT = code_pb2.INVALID_ARGUMENT
FAILED_PRECONDITION = code_pb2.FAILED_PRECONDITION
NOT_FOUND = code_pb2.NOT_FOUND
ALREADY_EXISTS = code_pb2.ALREADY_EXISTS
ABORTED = code_pb2.ABORTED
UNAUTHENTICATED = code_pb2.UNAUTHENTICATED
PERMISSION_DENIED = code_pb2.PERMISSION_DENIED
RESOURCE_EXHAUSTED = code_pb2.RESOURCE_EXHAUSTED
UNAVAILABLE = code_pb2.UNAVAILABLE
INTERNAL = code_pb2.INTERNAL


@dataclass(frozen=True, slots=True)
class Violation:
    """One field at fault: its path as in the request, the reason as a code, and in Chinese."""

    field: str
    reason: str
    message: str


class Refused(Exception):
    """An act or a read that is refused. `code` is a google.rpc.Code, `reason` UPPER_SNAKE English, `message` Chinese."""

    def __init__(self, code: int, reason: str, message: str, violations: tuple[Violation, ...] = ()) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.message = message
        self.violations = violations


class NotYet(Exception):
    """A handler's predecessor has not arrived: the event is delayed, and it is no fault."""


def require(condition: bool, reason: str, message: str) -> None:
    """FAILED_PRECONDITION with the reason unless the condition holds."""
    if not condition:
        raise Refused(FAILED_PRECONDITION, reason, message)


def invalid(*violations: Violation) -> Refused:
    """INVALID_ARGUMENT that names every field at fault; the first one gives the reason and the message."""
    return Refused(INVALID_ARGUMENT, violations[0].reason, violations[0].message, violations)


def not_found() -> Refused:
    """NOT_FOUND, the same for what does not exist and for what the caller may not see."""
    return Refused(NOT_FOUND, "NOT_FOUND", "未找到，或您无权查看")


def status_of(refused: Refused) -> status_pb2.Status:
    """The refusal as google.rpc.Status with ErrorInfo and BadRequest details (AIP-193)."""
    status = status_pb2.Status(code=refused.code, message=refused.message)
    _pack(status, error_details_pb2.ErrorInfo(reason=refused.reason, domain="yiwang"))
    if refused.violations:
        fields = [
            error_details_pb2.BadRequest.FieldViolation(field=v.field, reason=v.reason, description=v.message)
            for v in refused.violations
        ]
        _pack(status, error_details_pb2.BadRequest(field_violations=fields))
    return status


def _pack(status: status_pb2.Status, detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)
    status.details.append(packed)
