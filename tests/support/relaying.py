"""What tests of the relay write into cases, and what they look at: events that wait, and what was heard of each record."""

import uuid

from chassis.acts import Cause
from chassis.records import Record, Records
from chassis.relay import Relay
from services.case.model import Case
from tests.support.broking import Spy
from yiwang.case.v1 import events_pb2 as events


def relay_of(cases: Records[Case], uri: str) -> Relay:
    """A relay of case between its records and this broker."""
    return Relay("case", [cases.collection], events, uri)


def cause() -> Cause:
    """Another request of the same person, with a trace."""
    return Cause(uuid.uuid4().hex, "person:p", "digest", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


def new(cases: Records[Case]) -> Record[Case]:
    """A case, just submitted."""
    number = uuid.uuid4().hex
    return cases.create(
        cause(), lambda id: events.CaseSubmitted(case_id=id, number=number, applicant_id="p", department="d")
    )


def step(cases: Records[Case], id: str) -> Record[Case]:
    """One more event in the journal of a case."""
    return cases.change(id, cause(), lambda case: events.ReviewStepPassed(case_id=case.id, step="环节"))


def unsent(cases: Records[Case]) -> int:
    """How many cases have events that are not sent."""
    return cases.collection.count_documents({"unsent": True})


def by_record(spy: Spy) -> dict[str, list[int]]:
    """Seqs in the order they were heard, by record."""
    heard: dict[str, list[int]] = {}
    for id in spy.ids():
        record, seq = id.rsplit(".", 1)
        heard.setdefault(record, []).append(int(seq))
    return heard
