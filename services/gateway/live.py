"""News of what a page shows, as server-sent events: the gateway asks the service for a version once a second and tells the browser when it
is another one. What changed is read by the page itself, by the ordinary address, so nothing is shown that its reader may not see."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.gateway.calls import CallError, backends, call
from services.gateway.pages import Page
from services.gateway.session import REFRESH_BEFORE, ask, session_of
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import trace_pb2 as traces

SECONDS: Final = 1.0
# Proxies end what is silent for long; a browser that lost its stream comes again by itself after so many milliseconds.
BEAT_SECONDS, RETRY_MS = 15.0, 3000
# A stream ends after this, or before its token does, and begins anew with a fresh one: no token can be renewed once headers are out.
LIFETIME: Final = 600.0
# A visitor's open pages; and those of everybody in one process.
MOST_OF_ONE, MOST = 6, 2000
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Version = Callable[[str], Awaitable[str]]


class Streams:
    """The open streams of this process, by visitor."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, who: str) -> None:
        """One more of this visitor. 429 when there are too many of him, 503 of all."""
        if self._open.total() >= MOST:
            raise HTTPException(503)
        if self._open[who] >= MOST_OF_ONE:
            raise HTTPException(429, "TOO_MANY_STREAMS", {"Retry-After": "10"})
        self._open[who] += 1

    def leave(self, who: str) -> None:
        """One less."""
        self._open[who] -= 1
        self._open += Counter()


async def stream(request: Request, first: str, version: Version) -> Response:
    """News until the visitor leaves. `first` is the version now, asked for before any header is out; `version` asks under a token."""
    streams, session = cast(Streams, request.app.state.streams), session_of(request)
    ends = time.monotonic() + min(LIFETIME, session.expires - time.time() - REFRESH_BEFORE)
    who, token = session.id, session.access_token
    streams.enter(who)

    async def events() -> AsyncIterator[str]:
        try:
            async for event in _events(request, first, lambda: version(token), ends):
                yield event
        finally:
            streams.leave(who)

    return StreamingResponse(events(), headers=HEADERS, media_type="text/event-stream")


async def _events(
    request: Request, first: str, ask_now: Callable[[], Awaitable[str]], ends: float
) -> AsyncIterator[str]:
    known, beat = (
        request.headers.get("last-event-id") or request.query_params.get("from", "") or first,
        time.monotonic(),
    )
    now, pause = first, SECONDS
    yield f"retry: {RETRY_MS}\n\n"
    while time.monotonic() < ends:
        if now != known:
            known, beat = now, time.monotonic()
            yield f"id: {known}\nevent: changed\ndata: {known}\n\n"
        elif time.monotonic() - beat > BEAT_SECONDS:
            beat = time.monotonic()
            yield ": here\n\n"
        await asyncio.sleep(pause)
        try:
            now, pause = await ask_now(), SECONDS
        except CallError as error:
            if error.status < 500:
                # He may not see it any more, or his session is over: the page says so when it is loaded.
                yield "event: over\ndata: \n\n"
                return
            # Away: asked less often until it is back.
            pause = min(pause * 2, BEAT_SECONDS)


def address_of_case(case: cases.Case) -> str:
    """Where news of a case are told from what is shown on."""
    return f"/live/cases/{case.id}?from={case.version}"


async def of_case(request: Request) -> Response:
    """News of one case."""
    message = traces.GetCaseVersionRequest(case_id=str(request.path_params["case_id"]))
    rpc = backends(request).trace.GetCaseVersion
    first = await ask(request, rpc, message)

    async def version(token: str) -> str:
        return str((await call(rpc, message, token=token)).version)

    return await stream(request, str(first.version), version)


PAGES = (Page("/live/cases/{case_id:uuid}", of_case, None, "anyone", acting=True),)
