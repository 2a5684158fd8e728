"""Refusals keep what they say on their way to the caller."""

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from chassis import errors
from chassis.errors import Refused, Violation

CODES = sorted(value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int))
text = st.text(st.characters(codec="utf-8"), max_size=50)
violations = st.lists(st.builds(Violation, text, text, text), max_size=5).map(tuple)


@given(st.sampled_from(CODES), text, text, violations)
def test_a_refusal_reaches_the_caller_with_reason_message_and_every_field(
    code: int, reason: str, message: str, found: tuple[Violation, ...]
) -> None:
    status = errors.status_of(Refused(code, reason, message, found))
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert (status.code, status.message, info.reason, info.domain) == (code, message, reason, "yiwang")
    if found:
        assert status.details[1].Unpack(bad)
    assert [Violation(v.field, v.reason, v.description) for v in bad.field_violations] == list(found)


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_the_grpc_status_of_the_same_name(code: int) -> None:
    given = rpc_status.to_status(errors.status_of(Refused(code, "X", "某")))
    assert given.code is grpc.StatusCode[code_pb2.Code.Name(code)]  # type: ignore[attr-defined]
    assert given.details == "某"


def test_the_codes_of_the_house_are_the_ten_the_design_names() -> None:
    assert {code_pb2.Code.Name(code) for code in CODES} == {
        "INVALID_ARGUMENT",
        "FAILED_PRECONDITION",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "ABORTED",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "UNAVAILABLE",
        "INTERNAL",
    }


def test_require_refuses_with_failed_precondition_and_only_when_it_does_not_hold() -> None:
    errors.require(True, "FINE", "好")
    with pytest.raises(Refused) as caught:
        errors.require(False, "NOT_FINE", "不好")
    assert (caught.value.code, caught.value.reason, caught.value.message) == (
        errors.FAILED_PRECONDITION,
        "NOT_FINE",
        "不好",
    )


def test_invalid_names_every_field_and_takes_its_reason_from_the_first() -> None:
    refused = errors.invalid(Violation("a", "FIRST", "一"), Violation("b", "SECOND", "二"))
    assert (refused.code, refused.reason, refused.message) == (errors.INVALID_ARGUMENT, "FIRST", "一")
    assert [violation.field for violation in refused.violations] == ["a", "b"]


def test_the_text_of_an_exception_is_its_reason_and_never_what_a_person_wrote() -> None:
    assert str(errors.invalid(Violation("form[name]", "TOO_LONG", "张三丰过长"))) == "TOO_LONG"
