"""Traces, metrics and logs. The names of spans' attributes and of metrics are declared here and nowhere else.

With the standard OTEL_EXPORTER_OTLP_ENDPOINT set, spans and metrics go there over HTTP (gRPC would block nameko's hub);
without one, spans go to <trace_dir>/<service>-<mode>-<pid>.jsonl, which `make trace` turns into the trace of a record.
No personal data: attributes are ids, codes and numbers, and a test scans for the fixtures' values.
"""

import logging
import os
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import ClassVar

import orjson
from opentelemetry import metrics, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# Attributes of spans.
RECORD = "record.id"
LABEL = "record.label"
REASON = "error.reason"
ATTEMPT = "messaging.attempt"

_w3c = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("yiwang")
_meter = metrics.get_meter("yiwang")
calls = _meter.create_histogram("rpc.server.duration", "ms", "Duration of RPCs by method and code")
handled = _meter.create_histogram("messaging.process.duration", "ms", "Duration of handlers by queue and outcome")
published = _meter.create_counter("messaging.published", "1", "Events confirmed by the broker")
dead_letters = _meter.create_counter("messaging.dead_letters", "1", "Events given up after the last retry, by queue")


def _line(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    values = {
        "trace": f"{context.trace_id:032x}",
        "span": f"{context.span_id:016x}",
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "name": span.name,
        "kind": span.kind.name.lower(),
        "service": span.resource.attributes.get("service.name"),
        "start": span.start_time,
        "end": span.end_time,
        "ok": span.status.status_code is not StatusCode.ERROR,
        "attributes": dict(span.attributes or {}),
    }
    return orjson.dumps(values).decode() + "\n"


def setup(service: str, mode: str, trace_dir: str | None, level: str = "INFO") -> None:
    """Sets up logs, traces and metrics of this process, once."""
    Log.common = {"service": service, "mode": mode}
    Log.level = getattr(logging, level.upper(), logging.INFO)
    logging.basicConfig(handlers=[_Libraries()])
    resource = Resource.create({"service.name": service, "service.instance.id": f"{mode}-{os.getpid()}"})
    provider = TracerProvider(resource=resource)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _setup_otlp(provider, resource)
    elif trace_dir:
        folder = Path(trace_dir)
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / f"{service}-{mode}-{os.getpid()}.jsonl").open("a")
        exporter = ConsoleSpanExporter(out=file, formatter=_line)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=2000))
    trace.set_tracer_provider(provider)


def _setup_otlp(provider: TracerProvider, resource: Resource) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))


class Log:
    """Structured logs: one JSON line per event on standard error. Event names are snake_case, values ids and codes."""

    __slots__ = ("_name",)
    common: ClassVar[dict[str, str]] = {}
    level: ClassVar[int] = logging.INFO

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, event: str, **values: object) -> None:
        """What happened as it should."""
        self._write(logging.INFO, event, values)

    def warning(self, event: str, **values: object) -> None:
        """What will mend itself."""
        self._write(logging.WARNING, event, values)

    def error(self, event: str, trace_back: bool = False, **values: object) -> None:
        """What somebody must look at; `trace_back` adds where it was raised, without the error's text."""
        if trace_back and (raised := sys.exc_info()[2]):
            values["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(raised)]
        self._write(logging.ERROR, event, values)

    def _write(self, level: int, event: str, values: dict[str, object]) -> None:
        if level >= self.level:
            line = {
                "time": datetime.now(UTC),
                "level": logging.getLevelName(level),
                "event": event,
                "logger": self._name,
            }
            sys.stderr.buffer.write(orjson.dumps(line | self.common | values, default=str) + b"\n")
            sys.stderr.buffer.flush()


class _Libraries(logging.Handler):
    """Warnings of libraries, by their unformatted text and the kind of error: what they fill in could name a person."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        log(record.name).warning("library", text=str(record.msg), error=kind.__name__ if kind else "")


def log(name: str) -> Log:
    """A log of this name."""
    return Log(name)


def flush() -> None:
    """Sends what is still queued; called once before the process ends."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


class span:
    """A span as a context manager. An exception that leaves it marks it as failed; the traceparent names it for the next hop."""

    __slots__ = ("_failed", "_span", "started", "traceparent")

    def __init__(
        self, name: str, kind: str, parent: str | None = None, attributes: dict[str, str | int] | None = None
    ) -> None:
        context = _w3c.extract({"traceparent": parent or ""})
        self.started = time.perf_counter()
        self._failed = False
        self._span: Span = _tracer.start_span(name, context, SpanKind[kind.upper()], attributes)
        own = self._span.get_span_context()
        self.traceparent = (
            f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}" if own.is_valid else parent or ""
        )

    @property
    def trace_id(self) -> str:
        """The trace's id, 32 hexadecimal digits; empty without one."""
        return self.traceparent[3:35]

    def set(self, key: str, value: str | int) -> None:
        """Adds an attribute: an id, a code or a number, never personal data."""
        self._span.set_attribute(key, value)

    def error(self, reason: str) -> None:
        """Marks the span as failed for this reason."""
        self._failed = True
        self._span.set_attribute(REASON, reason)
        self._span.set_status(StatusCode.ERROR)

    def ms(self) -> float:
        """Milliseconds since the span began."""
        return (time.perf_counter() - self.started) * 1000

    def __enter__(self) -> "span":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None
    ) -> None:
        if kind is not None and not self._failed:  # a refusal leaves as grpc's own exception; its reason stays
            self.error(kind.__name__)
        self._span.end()
