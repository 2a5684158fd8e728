"""Ratings moved along without an api, and what their journals alone say they count as: told apart from the model's own way to count."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message

from chassis.acts import OFFICER, Actor, Cause, now
from services.rating import model_giving, model_loop, model_timers, store
from services.rating.model import Rating
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

OFFICER_HERE: Final = Actor(id="officer-1", realm=OFFICER)
# Who looks at what that one says.
SUPERVISOR_HERE: Final = Actor(id="supervisor-1", realm=OFFICER)
VALID, MISTAKEN, MALICIOUS, ELSEWHERE = (
    pb.VERDICT_VALID,
    pb.VERDICT_MISTAKEN,
    pb.VERDICT_MALICIOUS,
    pb.VERDICT_NOT_ATTRIBUTABLE,
)
Act = Callable[[Rating, datetime], Any]


def _flagged(kind: int) -> Act:
    def flag(rating: Rating, at: datetime) -> Message | None:
        raised = [events.Raised(kind=kind, reason="短时间集中")]  # type: ignore[arg-type]
        known = any(one.kind == kind for one in rating.flags)
        return None if known else events.RatingFlagged(rating_id=rating.id, flags=raised)

    return flag


def _lifted(kind: int) -> Act:
    return lambda rating, at: model_loop.lift_flag(rating, OFFICER_HERE, kind, "")


def _given(grade: int, anonymous: bool) -> Act:
    def give(rating: Rating, at: datetime) -> list[Message]:
        told = events.GivenRating(grade=grade, anonymous=anonymous, channel=1 + grade % 3)  # type: ignore[arg-type]
        return model_giving.give(rating, rating.applicant_id, told, "", None, at)

    return give


ACTS: Final[Mapping[str, Act]] = {
    **{f"give {grade}": _given(grade, False) for grade in range(1, 6)},
    **{f"give {grade} anonymously": _given(grade, True) for grade in (1, 2, 5)},
    "default": lambda rating, at: model_giving.default(rating),
    **{
        f"again {grade}": lambda rating, at, grade=grade: model_giving.rate_again(rating, grade, "", "", None, at)
        for grade in (1, 5)
    },
    **{f"flag {kind}": _flagged(kind) for kind in (pb.FLAG_KIND_BURST, pb.FLAG_KIND_COPIED)},
    **{f"lift {kind}": _lifted(kind) for kind in (pb.FLAG_KIND_BURST, pb.FLAG_KIND_COPIED)},
    "assign": lambda rating, at: model_loop.assign(rating, OFFICER_HERE, "", "", None, at),
    **{
        f"verify {verdict}": lambda rating, at, verdict=verdict: model_loop.verify(
            rating, OFFICER_HERE, verdict, "", None, at
        )
        for verdict in (VALID, MISTAKEN, MALICIOUS)
    },
    **{
        f"review {verdict}": lambda rating, at, verdict=verdict: model_loop.review(
            rating, SUPERVISOR_HERE, verdict, "", None, at
        )
        for verdict in (VALID, MISTAKEN, MALICIOUS, ELSEWHERE)
    },
    "contest": lambda rating, at: model_loop.contest(rating, OFFICER_HERE, "", None, at),
    "rectify": lambda rating, at: model_loop.rectify(rating, OFFICER_HERE, "", None, at),
    **{
        f"call {outcome}": lambda rating, at, outcome=outcome: model_loop.call_back(
            rating, OFFICER_HERE, outcome, "", None, at
        )
        for outcome in (1, 2, 3)
    },
    "appeal": lambda rating, at: model_loop.appeal(rating, "", None, at),
    "reopen": lambda rating, at: model_loop.reopen(rating, "", None, at),
    "publish": lambda rating, at: model_loop.publish(rating, OFFICER_HERE, "等了很久", "已加派人手", at),
    "close": lambda rating, at: model_loop.close(rating, OFFICER_HERE),
    "clock": lambda rating, at: model_timers.fire(rating, at),
}
"""What can happen to a rating, by a name; each may be refused."""


def move(ratings: store.Ratings, id: str, *names: str) -> None:
    """These happen to a rating, one after the other."""
    for name in names:
        ratings.change(
            id, Cause(f"test/{uuid.uuid4()}", "officer:1"), lambda rating, name=name: ACTS[name](rating, now())
        )


# -- by the journals alone ---------------------------------------------------------------------------------------------


def recount(journals: Iterable[list[dict[str, Any]]]) -> Counter[str]:
    """The counters of these journals, entry by entry in plain words."""
    total: Counter[str] = Counter()
    for journal in journals:
        total.update(_counters(journal))
    return total


def _counters(journal: list[dict[str, Any]]) -> set[str]:
    types, data = [entry["type"] for entry in journal], {entry["type"]: entry["data"] for entry in journal}
    found = {"invited"}
    if "RatingGiven" not in types:
        return found | ({"defaulted"} if "RatingDefaulted" in types else {"open"})
    final = _verdict(journal)
    if final in ("VERDICT_MISTAKEN", "VERDICT_MALICIOUS"):
        return found | {"apart", final.removeprefix("VERDICT_").lower()}
    if final is None and _flags(journal):
        return found | {"apart", "flagged"}
    given = data["RatingGiven"]["given"]
    grade, named = given["grade"].removeprefix("GRADE_").lower(), not given.get("anonymous")
    bad = grade in ("dissatisfied", "very_dissatisfied")
    found |= {"active", grade, "negative" if bad else "good"}
    found |= {"contented"} if grade in ("satisfied", "very_satisfied") else set()
    found |= {"named"} if named else set()
    found |= {"negative_published"} if bad and "RatingPublished" in types else set()
    found |= {"negative_named"} if bad and named else set()
    if again := data.get("RatingAddedTo"):
        found |= {"again"} | ({"again_negative"} if "DISSATISFIED" in again["grade"] else set())
    if (
        bad
        and named
        and (outcome := data.get("RaterCalledBack", {}).get("outcome", "").removeprefix("CALL_BACK_OUTCOME_"))
    ):
        found |= {"called_back"} | ({"call_back_reached"} if outcome != "UNREACHED" else set())
        found |= {"call_back_satisfied"} if outcome == "SATISFIED" else set()
    if final == "VERDICT_NOT_ATTRIBUTABLE":
        return found | {"not_attributable"}
    return found | _rectification(journal)


def _verdict(journal: list[dict[str, Any]]) -> str | None:
    """What a supervisor excused it as; None when he did not."""
    reviews = [entry["data"]["verdict"] for entry in journal if entry["type"] == "RatingReviewed"]
    return reviews[-1] if reviews and reviews[-1] != "VERDICT_VALID" else None


def _flags(journal: list[dict[str, Any]]) -> set[str]:
    """Flags nobody lifted. What was lifted once is not raised again."""
    raised: set[str] = set()
    lifted: set[str] = set()
    for entry in journal:
        told = entry["data"]
        raised |= {one["kind"] for one in told.get("flags", told.get("given", {}).get("flags", []))}
        lifted |= {told["kind"]} if entry["type"] == "FlagLifted" else set()
    return raised - lifted


def _rectification(journal: list[dict[str, Any]]) -> set[str]:
    due = done = None
    late = False
    for entry in journal:
        kind, told = entry["type"], entry["data"]
        if (
            kind in ("RatingVerified", "RatingReviewed") and told["verdict"] == "VERDICT_VALID"
        ) or kind == "RatingReopened":
            due, done, late = datetime.fromisoformat(told["stepDue"]), None, False
        elif kind == "RectificationExtended":
            due = datetime.fromisoformat(told["stepDue"])
        elif kind == "RatingRectified":
            done, late = entry["at"], False
        elif kind == "StepOverdue":
            late = told["status"] == "LOOP_STATUS_RECTIFYING"
        elif kind not in ("RatingFlagged", "FlagLifted", "RatingAddedTo"):
            late = False
    if due is None:
        return set()
    if done is not None:
        return {"valid", "rectification_due", "rectified_on_time" if done <= due else "rectified_late"}
    return {"valid"} | ({"rectification_due", "rectification_overdue"} if late else {"rectifying"})
