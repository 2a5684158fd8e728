"""Reconcile of the stand-in: compares as the platform does, after it lost some rows on purpose, once."""

from typing import TYPE_CHECKING

from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.refusals import Refusal

if TYPE_CHECKING:
    from yiwang_kit.server import Run


def reconcile(run: "Run", call: int, request: pb.ReconcileRequest) -> pb.ReconcileResponse:
    """The answer to a comparison; it is written down with what both sides have. Refusal when the lesson is that there is none."""
    entries = [(entry.number, entry.seq) for entry in request.entries]
    with run.stage.lock:
        return (
            _handled_here(run, call, request.day, entries)
            if request.handled_here
            else _reported(run, call, request.day, entries)
        )


def _handled_here(run: "Run", call: int, day: str, entries: list[tuple[str, int]]) -> pb.ReconcileResponse:
    run.lessons.take("reconcile_here")
    here = run.stage.told_here()
    told = {"day": day, "handled_here": True, "entries": entries}
    run.log.add("reconcile", call, **told, here=here, lost=[], wanted=[])
    return compare(entries, {number: {seq} for number, seq, _ in here}, whole=False)


def _reported(run: "Run", call: int, day: str, entries: list[tuple[str, int]]) -> pb.ReconcileResponse:
    stage, lesson = run.stage, run.lessons.next("reconcile")
    here = [(number, max(seqs), 0.0) for number, seqs in stage.seqs_of_day(day).items()]
    lost = stage.forget(day) if lesson == "differences" else []
    if lesson == "away" or lost:
        run.lessons.take("reconcile", lesson)
    # Rows the stand-in refuses for the sake of the lesson are no difference.
    held = stage.held_back
    known = {n: seqs | {seq for number, seq in held if number == n} for n, seqs in stage.seqs_of_day(day).items()}
    answer = compare(entries, known, whole=True)
    wanted = [] if lesson == "away" else wanted_by(answer)
    told = {"day": day, "handled_here": False, "entries": entries}
    run.log.add("reconcile", call, **told, here=here, lost=lost, wanted=wanted)
    if lesson == "away":
        raise Refusal("UNAVAILABLE", "AWAY")
    return answer


def wanted_by(answer: pb.ReconcileResponse) -> list[tuple[str, int]]:
    """The rows an answer asks for: case and seq, seq 0 for all of a case."""
    behind = [(one.number, seq) for one in answer.differences for seq in one.missing_seqs]
    return behind + [(one.number, 0) for one in answer.differences if one.kind == pb.DIFFERENCE_KIND_MISSING_HERE]


def compare(entries: list[tuple[str, int]], here: dict[str, set[int]], whole: bool) -> pb.ReconcileResponse:
    """Differences between what they have (number, newest) and what is here (number → rows, `whole` when those before the newest count)."""
    there = dict(entries)
    answer = pb.ReconcileResponse(there=len(there), here=len(here))
    for number in sorted({*there, *here}):
        theirs, ours = there.get(number, 0), here.get(number, set())
        newest = max(ours, default=0)
        missing = [seq for seq in range(1, theirs + 1) if seq not in ours][:50] if whole and theirs <= 500 else []
        kind = _kind(number in there, number in here, theirs, newest, bool(missing))
        if kind:
            found = pb.Difference(number=number, kind=kind, seq_here=newest, seq_there=theirs, missing_seqs=missing)
            answer.differences.append(found)
    return answer


def _kind(named: bool, known: bool, theirs: int, ours: int, missing: bool) -> "pb.DifferenceKind.ValueType":
    if not known:
        return pb.DIFFERENCE_KIND_MISSING_HERE
    if not named:
        return pb.DIFFERENCE_KIND_MISSING_THERE
    if theirs > ours or missing:
        return pb.DIFFERENCE_KIND_BEHIND_HERE
    return pb.DIFFERENCE_KIND_BEHIND_THERE if ours > theirs else pb.DIFFERENCE_KIND_UNSPECIFIED
