"""WatchCases of the stand-in: a timeline with tokens, cut, doubled and silenced as the lessons have it."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import grpc

from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.refusals import Refusal
from yiwang_kit.stage import FIRST, SECOND, THIRD

if TYPE_CHECKING:
    from yiwang_kit.server import Run

# What happens during a lesson, and whether the stream is cut after it.
SCENES: Final = {"events_cut": (FIRST, True), "heartbeats_cut": (SECOND, True), "steady": (THIRD, False)}


def watch(
    run: "Run", call: int, request: pb.WatchCasesRequest, context: grpc.ServicerContext
) -> Iterator[pb.WatchCasesResponse]:
    """What the stream tells. Refusal when it is refused, or cut."""
    with run.stage.lock:
        place = run.stage.place_of(request.token)
        lesson = _lesson(run, request.token) if place is not None else ""
        if lesson == "reconcile_needed":
            run.stage.epoch = f"{run.stage.epoch[:-1]}{'01'[run.stage.epoch.endswith('0')]}"
        if place is None or lesson == "reconcile_needed":
            raise Refusal("FAILED_PRECONDITION", "RECONCILE_NEEDED")
        if lesson == "too_many":
            raise Refusal("RESOURCE_EXHAUSTED", "TOO_MANY_WATCHERS")
        scene, cut = SCENES.get(lesson, ((), False))
        run.stage.extend(scene)
        end = len(run.stage.timeline)
    run.log.add("scene", call, lesson=lesson)
    if lesson == "silent":
        _keep_silent(run, call, context)
        return
    for one in range(place, end):
        with run.stage.lock:
            message = run.stage.message(one)
            wanted = not request.types or not message.HasField("event") or message.event.type in request.types
            if wanted and message.HasField("event"):
                run.stage.heard(message.event)
        if wanted:
            yield _sent(run, call, message)
    if cut:
        raise Refusal("UNAVAILABLE", "AWAY")
    yield from _heartbeats(run, call, context)


def _lesson(run: "Run", token: str) -> str:
    """The lesson of a stream: one that asks for a token cannot be played on a system that has none yet."""
    lesson = run.lessons.next("watch")
    if lesson == "reconcile_needed" and not token:
        return ""
    return run.lessons.take("watch", lesson) if lesson else ""


def _sent(run: "Run", call: int, message: pb.WatchCasesResponse) -> pb.WatchCasesResponse:
    event = message.event
    run.log.add("sent", call, token=message.token, type=event.type, case_id=event.case_id, seq=event.seq)
    return message


def _keep_silent(run: "Run", call: int, context: grpc.ServicerContext) -> None:
    """Says nothing for a while: no event, no heartbeat."""
    begun = time.monotonic()
    while context.is_active() and time.monotonic() - begun < run.settings.silence and not run.stopping.wait(0.05):
        pass
    run.log.add("silence", call, given_up=not context.is_active(), seconds=round(time.monotonic() - begun, 1))


def _heartbeats(run: "Run", call: int, context: grpc.ServicerContext) -> Iterator[pb.WatchCasesResponse]:
    """A heartbeat from time to time, until either side ends."""
    while context.is_active() and not run.stopping.is_set():
        with run.stage.lock:
            run.stage.played = len(run.stage.timeline)
            token = f"kit1-{run.stage.epoch}-{run.stage.played}"
        yield _sent(run, call, pb.WatchCasesResponse(token=token))
        end = time.monotonic() + run.settings.heartbeat
        while time.monotonic() < end and context.is_active() and not run.stopping.wait(0.05):
            pass
