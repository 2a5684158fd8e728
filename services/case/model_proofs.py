"""Proofs that what the law has told of a case arrived (送达). Pure.

Nothing here moves a case: the proof stands in its journal, as evidence.
"""

from typing import Final

from chassis.acts import Evolve, Moment
from services.case.model import Case
from yiwang.case.v1 import events_pb2 as events
from yiwang.message.v1 import events_pb2 as told
from yiwang.message.v1 import service_pb2 as message

CASE: Final = "case"


def is_ours(matter: told.Matter) -> bool:
    """Whether what was told is about a case."""
    return matter.subject == CASE and bool(matter.subject_id)


def told_seq(matter: told.Matter) -> int:
    """The entry of the case's journal it told of."""
    return int(matter.told_event.rpartition(".")[2])


def keep(case: Case, event: told.NoticeProven) -> events.NoticeProofKept:
    """A notice arrived."""
    arrival, matter = event.arrival, event.matter
    return events.NoticeProofKept(
        case_id=case.id,
        notice_id=event.notice_id,
        told_seq=told_seq(matter),
        template=matter.template,
        channel=message.Channel.Name(arrival.channel).removeprefix("CHANNEL_"),
        arrived_at=arrival.at,
        reference=arrival.reference,
        text_digest=arrival.text_digest,
        must=matter.must,
    )


def _kept(case: Case, _event: events.NoticeProofKept, _moment: Moment) -> Case:
    return case


EVOLVE: Evolve = {events.NoticeProofKept: _kept}
