"""What must hold of a rating at any time, whatever was done to it by whomever, told from its journal in plain words."""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from services.rating import model, model_kinds, model_moves, model_results
from services.rating.model import Loop, Rating
from tests.support.rating_numbers import recount
from yiwang.rating.v1 import service_pb2 as pb

Entries = list[dict[str, Any]]
# What says where it counts: as it was when somebody was served.
FIXED: Final = (
    "id",
    "department",
    "item_id",
    "window_id",
    "region",
    "county",
    "day",
    "node",
    "occasion",
    "applicant_id",
)
_ONCE: Final = (
    "InvitationOpened",
    "RatingAddedTo",
    "LoopOpened",
    "RectificationExtended",
    "RatingReopened",
    "LoopClosed",
)
_EXCUSES: Final = {pb.VERDICT_MISTAKEN, pb.VERDICT_MALICIOUS, pb.VERDICT_NOT_ATTRIBUTABLE}
_LOOP: Final = {
    "LoopOpened", "RatingAssigned", "RatingVerified", "RatingReviewed", "RatingRectified", "RectificationExtended",
    "RaterCalledBack", "RatingReopened", "RatingAppealed", "RatingPublished", "StepOverdue", "LoopClosed",
}  # fmt: skip
# What begins no step.
_BESIDE: Final = {"StepOverdue", "RatingFlagged", "FlagLifted", "RatingAddedTo"}


def holds(rating: Rating, journal: Entries) -> None:
    """All of it."""
    types = Counter(entry["type"] for entry in journal)
    assert all(types[name] <= 1 for name in _ONCE), types
    assert types["RatingGiven"] + types["RatingDefaulted"] <= 1, "rated once"
    _given(rating, types)
    _counts(rating, journal)
    assert (rating.due, rating.due_of) == _next(rating)
    kinds = [flag.kind for flag in rating.flags]
    assert len(set(kinds)) == len(kinds), "what was lifted is not raised again"
    _by_nobody_concerned(rating, journal)
    assert (rating.loop is not None) == bool(types["LoopOpened"]) == rating.negative
    if rating.loop:
        _stands(rating, rating.loop)
        _remembers(rating.loop, types, journal)
        _late(journal)


def _given(rating: Rating, types: Counter[str]) -> None:
    ways = {"RatingGiven": model.RATED, "RatingDefaulted": model.DEFAULTED}
    assert rating.status == next((status for name, status in ways.items() if types[name]), model.OPEN)
    assert (rating.grade == model.UNRATED) == (rating.status == model.OPEN)
    assert (rating.rated_at is not None) == (rating.status == model.RATED)
    assert not rating.flags or rating.status == model.RATED
    assert (rating.again_at is not None) == bool(types["RatingAddedTo"]) <= (rating.status == model.RATED)
    bad = model.negative(rating.grade) or model.negative(rating.again_grade)
    assert bad == (rating.loop is not None), "a loop is of a negative rating, and each has one"
    assert rating.status == model.RATED or rating.loop is None


def _counts(rating: Rating, journal: Entries) -> None:
    """What it counts as is what its journal says, and is read back as it was written."""
    kind = model_kinds.kind_of(rating)
    assert rating.kind == model_kinds.text(kind) and model_kinds.parse(rating.kind) == kind
    assert Counter(model_results.counted(rating.kind)) == recount([journal])
    reviews = [entry["data"]["verdict"] for entry in journal if entry["type"] == "RatingReviewed"]
    excused = bool(reviews) and reviews[-1] != "VERDICT_VALID"
    assert excused == (rating.loop is not None and rating.loop.verdict_final)
    if excused:
        assert kind.mark == reviews[-1].removeprefix("VERDICT_").lower().replace("not_attributable", "unattributable")
    else:
        assert kind.mark == (model_kinds.FLAGGED if rating.flagged else model_kinds.PLAIN)
    assert rating.flagged == any(not flag.lifted for flag in rating.flags)


def _next(rating: Rating) -> tuple[datetime | None, str]:
    """What happens next by itself: the default rating, or the end of the step, which is told once."""
    if rating.status == model.OPEN:
        return rating.closes_at, "default"
    loop = rating.loop
    over = loop is None or loop.status == model_moves.CLOSED or loop.overdue
    return (None, "") if loop is None or over else (loop.step_due, f"step{loop.status}")


def _stands(rating: Rating, loop: Loop) -> None:
    """What each status goes with."""
    status = loop.status
    assert (loop.step_due is None) == (status == model_moves.CLOSED)
    assert rating.desk == loop.department and bool(loop.department) == (status != model_moves.RECEIVED)
    assert not loop.overdue or status not in (model_moves.PUBLISHED, model_moves.CLOSED)
    assert loop.overdue <= loop.was_overdue
    legal = {
        model_moves.RECEIVED: not loop.verdict,
        model_moves.ASSIGNED: not loop.verdict,
        model_moves.VERIFIED: loop.verdict in _EXCUSES and not loop.verdict_final,
        model_moves.RECTIFYING: loop.verdict == pb.VERDICT_VALID
        and loop.rectified_at is None
        and loop.step_due == loop.rectify_due,
        model_moves.RECTIFIED: loop.verdict == pb.VERDICT_VALID and loop.rectified_at is not None,
        model_moves.REVIEWED: loop.verdict in _EXCUSES and loop.verdict_final,
        model_moves.APPEALED: loop.rater_appealed if loop.verdict_final else loop.department_appealed,
        model_moves.CALLED_BACK: bool(loop.outcome) and not rating.anonymous,
        model_moves.PUBLISHED: loop.published_at is not None,
        model_moves.CLOSED: loop.published_at is not None,
    }
    assert legal[status], (model_moves.STATUSES[status], loop)
    assert not (rating.anonymous and loop.outcome), "who gave no name is not called"
    ended = status in (model_moves.PUBLISHED, model_moves.CLOSED)
    assert not ended or rating.anonymous or loop.outcome, "who gave his name is called back first"


def _remembers(loop: Loop, types: Counter[str], journal: Entries) -> None:
    """What is allowed once was done as often as it says, by the one it says."""
    assert (loop.reopened, loop.extended) == (types["RatingReopened"], bool(types["RectificationExtended"]))
    appeals = Counter(bool(entry["data"].get("officerId")) for entry in journal if entry["type"] == "RatingAppealed")
    assert max(appeals.values(), default=0) <= 1
    assert (loop.department_appealed, loop.rater_appealed) == (bool(appeals[True]), bool(appeals[False]))
    assert loop.reviewed == bool(types["RatingReviewed"]) and loop.was_overdue == bool(types["StepOverdue"])
    published = [entry["at"] for entry in journal if entry["type"] == "RatingPublished"]
    assert loop.published_at == (published[-1] if published else None)
    assert [said.what for said in loop.said] == [entry["type"] for entry in journal if entry["type"] in _LOOP]


def _late(journal: Entries) -> None:
    """A step is overdue once, and not before its end."""
    told = False
    for entry in journal:
        if entry["type"] == "StepOverdue":
            assert not told, "told once for each step"
            assert entry["at"] >= datetime.fromisoformat(entry["data"]["due"])
        told = entry["type"] == "StepOverdue" or (told and entry["type"] in _BESIDE)


def _by_nobody_concerned(rating: Rating, journal: Entries) -> None:
    who = {entry["by"].removeprefix("officer:") for entry in journal if entry["by"].startswith("officer:")}
    assert who.isdisjoint(rating.officers), "the officer concerned never deals with it"
    said: set[str] = set()
    for entry in journal:
        officer = entry["data"].get("officerId", "")
        assert entry["type"] != "RatingReviewed" or officer not in said, "nobody reviews his own word"
        said = {officer} if entry["type"] == "RatingVerified" else said
        said |= {officer} if entry["type"] == "RatingAppealed" and officer else set()
