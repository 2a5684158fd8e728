"""One span and one log line per request, named by the route's template: a path may hold what is personal."""

import time
import traceback
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import telemetry

# Style sheets and probes are no requests of people, and a stream is one for minutes; their spans would bury the others.
QUIET = ("/static/", "/county.css", "/favicon.ico", "/healthz", "/readyz", "/live/")
NO_ROUTE = "(no such path)"
# What log and span say of a request whose client left before it had been read; nobody is sent it.
GONE = 499


class Observe:
    """The outermost layer: span, log line, `X-Trace-Id`, and a plain answer should all else fail."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.log = telemetry.log("gateway")
        self.routes = [route for route in routes if isinstance(route, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(QUIET):
            await self._quietly(scope, receive, send)
            return
        route, start = self._template(scope), time.perf_counter()
        attributes = {"http.request.method": scope["method"], "http.route": route}
        with telemetry.span(route, "server", Headers(scope=scope).get("traceparent"), attributes) as span:
            status = await self._serve(scope, receive, send, span.traceparent)
            span.set("http.response.status_code", status)
            if status >= 500:
                span.error(f"HTTP_{status}")
        ms = round((time.perf_counter() - start) * 1000, 1)
        trace = trace_id(span.traceparent)
        self.log.info("request", trace_id=trace, method=scope["method"], route=route, status=status, ms=ms)

    async def _quietly(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves without span and log line."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["traceparent"] = ""
        await self.app(scope, receive, send)

    def _template(self, scope: Scope) -> str:
        """The path template of the route that will serve the request."""
        for route in self.routes:
            if route.matches(scope)[0] != Match.NONE:
                return route.path
        return NO_ROUTE

    async def _serve(self, scope: Scope, receive: Receive, send: Send, traceparent: str) -> int:
        """Serves the request and returns the status that was sent."""
        scope.setdefault("state", {})["traceparent"] = traceparent
        status = 0

        async def send_with_trace(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Trace-Id"] = trace_id(traceparent)
            await send(message)

        try:
            await self.app(scope, receive, send_with_trace)
        except ClientDisconnect:
            # Left in the middle of an upload: nobody is there to be answered, and nothing of ours went wrong.
            return GONE
        except Exception as error:
            where = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
            self.log.error("request_failed", trace_id=trace_id(traceparent), error=type(error).__name__, where=where)
            if not status:
                await PlainTextResponse("系统出了点问题，请稍后再试", 500)(scope, receive, send_with_trace)
        return status or 500


def trace_id(traceparent: str) -> str:
    """The trace's id within a W3C traceparent."""
    return traceparent.split("-")[1] if traceparent.count("-") == 3 else ""
