"""Records over a connection that breaks: what was written is found, and nothing is done twice."""

import uuid
from typing import Any

import pytest
from google.protobuf.message import Message
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from chassis.records import Records
from services.case.model import Case
from tests.support.relaying import cause, new
from yiwang.case.v1 import events_pb2 as events


def step(_case: Case) -> Message:
    return events.ReviewStepPassed(step="环节")


@pytest.mark.parametrize(
    ("write", "act", "version"),
    [
        ("update_one", lambda cases, id, why: cases.change(id, why, step), 2),
        (
            "insert_one",
            lambda cases, _, why: cases.create(
                why, lambda id: events.CaseSubmitted(case_id=id, number=uuid.uuid4().hex)
            ),
            1,
        ),
    ],
)
def test_an_answer_that_got_lost_on_the_way_is_found_and_nothing_done_twice(
    cases: Records[Case], monkeypatch: pytest.MonkeyPatch, write: str, act: Any, version: int
) -> None:
    made, why = new(cases), cause()
    plain: Any = getattr(Collection, write)
    calls = []

    def cut(self: Any, *arguments: Any, **options: Any) -> Any:
        calls.append(write)
        answer = plain(self, *arguments, **options)
        if len(calls) == 1:
            raise AutoReconnect("the answer never came")
        return answer

    monkeypatch.setattr(Collection, write, cut)
    done = act(cases, made.id, why)
    assert done.version == version
    assert act(cases, made.id, why) == done
    assert len(cases.collection.find_one({"_id": done.id})["journal"]) == version  # type: ignore[index]


def test_a_connection_that_stays_broken_is_said(cases: Records[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    made = new(cases)

    def cut(*_: Any, **__: Any) -> Any:
        raise AutoReconnect("no way through")

    monkeypatch.setattr(Collection, "update_one", cut)
    with pytest.raises(AutoReconnect):
        cases.change(made.id, cause(), step)
