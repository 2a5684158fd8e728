"""From what the law has told to the proof in the case: every such event of case, told and heard back."""

import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Cause
from chassis.events import Heard
from services.case import store as case_store
from services.case import timeline
from services.case.worker_proofs import HearsProofs
from services.message import model, model_table
from services.message.model_templates import TEMPLATES
from tests.support.actors import DEPARTMENT, REGION
from tests.support.messages import MessageHere, somebody
from tests.support.serving import parts_of
from yiwang.case.v1 import events_pb2 as events
from yiwang.message.v1 import events_pb2 as told

LEGAL = [row for row in model_table.CASE if TEMPLATES[row.template].must]
DUE = "2026-12-03T15:59:59+00:00"


class Cases:
    """Cases of their own service, on a database beside, and its handlers of what message tells."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.parts = parts_of(database, "case")
        self.all = case_store.cases(database)
        self.findings = case_store.findings(database)

    def begin(self, applicant: str) -> str:
        """A case of the applicant's; its id."""
        id = str(uuid.uuid4())
        submitted = events.CaseSubmitted(
            case_id=id,
            number="990121-261123-TESTED",
            applicant_id=applicant,
            item_name="食品经营许可",
            department=DEPARTMENT,
            department_name="某局",
            region=REGION,
        )
        self.all.create(Cause(f"t/{id}", f"person:{applicant}"), lambda _: submitted, id)
        return id

    def hear(self, here: MessageHere, notice: str) -> None:
        """Its worker hears what message tells of a notice, twice."""
        handlers = {told.NoticeProven: "keep_proof", told.NoticeUntold: "raise_untold"}
        own: Any = SimpleNamespace(parts=self.parts)
        for entry in here.notices.get(notice).journal * 2:
            event = here.notices.event(entry)
            if handler := handlers.get(type(event)):
                id = f"{notice}.{entry['seq']}"
                heard = Heard(id, notice, entry["seq"], entry["by"], "", event, f"case.{handler}", "")
                getattr(HearsProofs, handler).__wrapped__(own, heard)


@pytest.fixture
def cases(beside_case: Database[dict[str, Any]]) -> Iterator[Cases]:
    yield Cases(beside_case)


def happening(event: type[Message], case: str) -> Message:
    """Such an event of the case, with the days it names."""
    body: Any = event(case_id=case)
    for name in ("answer_due", "promised_due", "expected_until"):
        if name in body.DESCRIPTOR.fields_by_name:
            setattr(body, name, DUE)
    if "dues" in body.DESCRIPTOR.fields_by_name:
        body.dues.promised_due = DUE
    return body  # type: ignore[no-any-return]


@pytest.mark.parametrize("row", LEGAL, ids=lambda row: row.event.DESCRIPTOR.name)
def test_what_the_law_has_told_is_told_and_its_proof_stands_in_the_case(
    here: MessageHere, cases: Cases, row: model_table.Row
) -> None:
    one, _ = somebody(here)
    case = cases.begin(one.id)
    here.hear("know", cases.all.event(cases.all.get(case).journal[0]), case, 1)
    (notice,) = here.of_event(here.hear("tell_case", happening(row.event, case), case, 2))
    assert notice.state.must
    here.finish()
    cases.hear(here, notice.id)
    proofs = [entry for entry in cases.all.get(case).journal if entry["type"] == "NoticeProofKept"]
    assert len(proofs) == 1, "told once, kept once"
    proof: Any = cases.all.event(proofs[0])
    assert (proof.notice_id, proof.told_seq, proof.channel) == (notice.id, 2, "SMS")
    assert proof.text_digest and proof.reference and proof.arrived_at
    assert timeline.title(proofs[0]).endswith("（短信）")
    assert not cases.all.drift(cases.all.collection.find_one({"_id": case}) or {})


def test_what_did_not_arrive_is_a_finding_with_the_supervisor(here: MessageHere, cases: Cases) -> None:
    one, _ = somebody(here)
    here.first.bad.add(one.phone)
    here.second.bad.add(one.phone)
    case = cases.begin(one.id)
    here.hear("know", cases.all.event(cases.all.get(case).journal[0]), case, 1)
    (notice,) = here.of_event(here.hear("tell_case", happening(events.CaseDecided, case), case, 2))
    here.finish()
    assert here.state(notice.id).status == model.FAILED
    cases.hear(here, notice.id)
    found = [row["state"] for row in cases.findings.collection.find({})]
    assert [(one["rule"], one["case_id"], one["case_seq"]) for one in found] == [("J13", case, 2)]
