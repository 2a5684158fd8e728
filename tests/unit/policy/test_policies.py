"""Policies as pure functions: what counts as written, when a policy is over, who is a writer."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.acts import Moment
from chassis.errors import Refused
from services.policy import model_policies, model_writing
from services.policy.model_policies import Policy
from services.policy.model_policies_evolve import EVOLVE
from tests.support.policy_items import REGION, text
from yiwang.policy.v1 import events_pb2 as events

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
ANNA, BERT, CARL = "officer:anna", "officer:bert", "officer:carl"


def saved(title: str, **told: str) -> events.PolicySaved:
    return events.PolicySaved(policy_id="p", department="d", text=text(title=title, **told))


def lived(*steps: tuple[str, str]) -> Policy | None:
    """A policy after these saves, each by somebody, with `publish` and `return` between."""
    policy: Policy | None = None
    for by, what in steps:
        if policy is not None and what == "publish":
            event: object = model_policies.publish(policy, by, 0, AT)
        elif policy is not None and what == "return":
            event = model_policies.give_back(policy, "退回")
        else:
            event = model_policies.save(policy, saved(what), 0, REGION)
        if event is not None:
            policy = EVOLVE[type(event)](policy, event, Moment(AT, by))  # type: ignore[index]
    return policy


def writers(*steps: tuple[str, str]) -> list[str]:
    policy = lived(*steps)
    assert policy is not None
    return policy.writing.writers


def test_whoever_wrote_any_of_it_since_the_last_edition_is_a_writer() -> None:
    first = ((ANNA, "甲版政策"), (BERT, "乙版政策"))
    assert writers(*first) == [ANNA, BERT]
    # The same again makes nobody a writer; an edition begins anew.
    assert writers(*first, (CARL, "乙版政策")) == [ANNA, BERT]
    assert writers(*first, (CARL, "publish"), (CARL, "丙版政策")) == [CARL]
    # What went back is saved again as it is: that is an act, and makes a writer.
    assert writers(*first, (CARL, "return"), (CARL, "乙版政策")) == [ANNA, BERT, CARL]


def test_what_is_public_already_brought_back_waits_for_nobody() -> None:
    policy = lived((ANNA, "甲版政策"), (BERT, "publish"), (ANNA, "乙版政策"), (ANNA, "甲版政策"))
    assert policy is not None and not policy.writing.waiting and policy.writing.writers == []
    with pytest.raises(Refused, match="NOTHING_TO_PUBLISH"):
        model_policies.publish(policy, BERT, 0, AT)
    assert lived((ANNA, "甲版政策"), (BERT, "publish"), (ANNA, "甲版政策")) == lived(
        (ANNA, "甲版政策"), (BERT, "publish")
    )


@pytest.mark.parametrize(
    ("expires_on", "ends"),
    [("", None), ("2026-12-31", datetime(2026, 12, 31, 16, tzinfo=UTC)), ("9999-12-31", None)],
)
def test_a_policy_is_over_when_its_last_day_is_over_in_china(expires_on: str, ends: datetime | None) -> None:
    assert model_policies.ends_at(text(expires_on=expires_on)) == ends
    policy = EVOLVE[events.PolicySaved](None, saved("甲版政策", expires_on=expires_on), Moment(AT, ANNA))
    told = model_policies.publish(policy, BERT, 1, AT)
    policy = EVOLVE[events.PolicyPublished](policy, told, Moment(AT, BERT))
    assert policy.due == ends
    if ends is not None:
        assert model_policies.fire(policy, ends - timedelta(milliseconds=1)) is None
        over = model_policies.fire(policy, ends)
        assert over is not None
        policy = EVOLVE[events.PolicyExpired](policy, over, Moment(ends, "system:policy"))
        assert model_policies.fire(policy, ends) is None


def test_a_record_that_has_no_room_left_takes_no_further_text() -> None:
    full = model_writing.Writing(written=model_writing.MOST_BYTES - 100)
    with pytest.raises(Refused, match="TOO_LARGE"):
        model_writing.require_room(full, {"title": "甲" * 40}, "text", 1_000, 1)
    model_writing.require_room(full, {"title": "甲" * 20}, "text", 1_000, 1)
    with pytest.raises(Refused, match="TOO_LARGE"):
        model_writing.require_room(None, {"title": "甲" * 400}, "text", 1_000, 1)
