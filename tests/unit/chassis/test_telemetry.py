"""Traceparents and spans: the trace goes on over every hop, and a failed span says why."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from chassis import telemetry
from chassis.errors import not_found

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def memory() -> Iterator[InMemorySpanExporter]:
    exporter, provider, before = InMemorySpanExporter(), TracerProvider(), telemetry._tracer
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry._tracer = provider.get_tracer("tests")
    yield exporter
    telemetry._tracer = before
    provider.shutdown()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    with memory() as exporter:
        yield exporter


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
def test_a_traceparent_gives_the_ids_it_names(trace: int, span: int) -> None:
    with memory() as spans, telemetry.span("one", "server", f"00-{trace:032x}-{span:016x}-01"):
        pass
    parent = spans.get_finished_spans()[0].parent
    assert parent is not None
    assert (parent.trace_id, parent.span_id, parent.is_remote) == (trace, span, True)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00",
        TRACE,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN[:-1]}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{'z' * 32}-{SPAN}-01",
    ],
)
def test_what_is_no_traceparent_starts_a_trace_of_its_own(header: str | None, spans: InMemorySpanExporter) -> None:
    with telemetry.span("one", "server", header) as span:
        assert span.trace_id != TRACE
    assert spans.get_finished_spans()[0].parent is None


@given(st.text(max_size=60))
def test_no_header_makes_a_span_raise(header: str) -> None:
    with memory() as spans, telemetry.span("one", "server", header):
        pass
    assert len(spans.get_finished_spans()) == 1


def test_a_caller_who_does_not_sample_is_not_sampled_on(spans: InMemorySpanExporter) -> None:
    with telemetry.span("one", "server", f"00-{TRACE}-{SPAN}-00") as span:
        pass
    assert spans.get_finished_spans() == ()
    assert span.trace_id == TRACE and span.traceparent.endswith("-00")


def test_a_span_belongs_to_the_trace_of_its_parent_and_names_itself_for_the_next_hop(
    spans: InMemorySpanExporter,
) -> None:
    with telemetry.span("one", "server", f"00-{TRACE}-{SPAN}-01") as span:
        assert span.trace_id == TRACE
    (one,) = spans.get_finished_spans()
    assert one.parent is not None and f"{one.parent.span_id:016x}" == SPAN
    assert span.traceparent == f"00-{TRACE}-{one.context.span_id:016x}-01"


def test_without_a_parent_a_span_begins_a_trace(spans: InMemorySpanExporter) -> None:
    with telemetry.span("one", "server", "garbage") as span:
        pass
    assert len(span.trace_id) == 32 and span.trace_id != TRACE
    assert spans.get_finished_spans()[0].parent is None


def test_an_error_that_leaves_a_span_marks_it_with_its_kind_and_not_its_text(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError), telemetry.span("one", "server"):
        raise ValueError("张三丰")
    (one,) = spans.get_finished_spans()
    assert one.status.status_code is StatusCode.ERROR
    assert dict(one.attributes or {}) == {telemetry.REASON: "ValueError"}
    assert not one.events and "张三丰" not in one.to_json()


def test_a_span_that_was_refused_keeps_its_reason_when_the_call_is_aborted(spans: InMemorySpanExporter) -> None:
    with pytest.raises(Exception, match="abort"), telemetry.span("one", "server") as span:
        span.error(not_found().reason)
        raise Exception("abort")
    (one,) = spans.get_finished_spans()
    assert (one.attributes or {})[telemetry.REASON] == "NOT_FOUND"


def test_a_span_that_nothing_left_is_not_failed(spans: InMemorySpanExporter) -> None:
    with telemetry.span("one", "internal", attributes={telemetry.RECORD: "r1"}) as span:
        span.set(telemetry.LABEL, "n1")
    (one,) = spans.get_finished_spans()
    assert one.status.status_code is StatusCode.UNSET
    assert dict(one.attributes or {}) == {telemetry.RECORD: "r1", telemetry.LABEL: "n1"}


def test_the_log_of_an_error_has_its_kind_and_its_place_but_not_its_text(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("张三丰 13912345678")
    except ValueError as error:
        telemetry.log("tests").error("bug", trace_back=True, error=type(error).__name__)
    said = json.loads(capfd.readouterr().err)
    assert (said["level"], said["event"], said["error"]) == ("ERROR", "bug", "ValueError")
    assert any("test_telemetry" in place for place in said["at"])
    assert "张三丰" not in str(said) and "13912345678" not in str(said)


def test_a_log_line_says_when_where_and_what_and_lesser_ones_are_left_out(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry.Log, "level", logging.WARNING)
    telemetry.log("tests").info("unseen")
    telemetry.log("tests").warning("seen", queue="case.keep_item")
    (line,) = capfd.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["event"], said["logger"], said["queue"]) == ("seen", "tests", "case.keep_item")
    assert datetime.fromisoformat(said["time"]).utcoffset() is not None


def test_what_libraries_log_comes_without_what_they_filled_in(capfd: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("tests.library")
    library.addHandler(telemetry._Libraries())
    library.propagate = False
    try:
        raise ValueError("张三丰")
    except ValueError as error:
        library.exception("error handling %s: %s", "case.keep_item", error)
    # Threads of other tests may have something to say, too.
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "tests.library" in line]
    said = json.loads(line)
    assert (said["event"], said["logger"], said["error"]) == ("library", "tests.library", "ValueError")
    assert said["text"] == "error handling %s: %s" and "张三丰" not in str(said)
