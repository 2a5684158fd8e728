"""Promises that were broken: who broke one may make no other until an officer lets him."""

from google.protobuf.message import Message

from chassis.acts import now
from chassis.errors import NOT_FOUND, NotYet, Refused
from chassis.events import Heard, on
from chassis.parts import Parts
from services.case import model_blocks, store_blocks
from services.case.hearing import heard_case
from yiwang.case.v1.events_pb2 import DecisionRevoked, PromiseVerified


class HearsPromises:
    """The handlers of broken promises."""

    parts: Parts

    @on(PromiseVerified)
    def block_promises(self, event: Heard[PromiseVerified]) -> None:
        """Act: what was not kept blocks when the time to make it good is over; what was made good does not."""
        _follow(self.parts, event)

    @on(DecisionRevoked)
    def block_revoked(self, event: Heard[DecisionRevoked]) -> None:
        """Act: a decision revoked for a broken promise blocks at once."""
        if event.body.promise_broken:
            _follow(self.parts, event)


def _follow(parts: Parts, event: Heard[PromiseVerified] | Heard[DecisionRevoked]) -> None:
    """The block as it follows from the case as it stands now, whichever event is heard."""
    blocks, case = store_blocks.blocks(parts.database), heard_case(parts, event.record)
    id, instant = store_blocks.id_of(case.id), now()

    def follow(block: model_blocks.PromiseBlock) -> Message | None:
        return model_blocks.follow(block, case.state, case.version, instant)

    try:
        blocks.change(id, event.cause, follow)
        return
    except Refused as refused:
        if refused.code != NOT_FOUND:
            raise
    if case.state.promise_kept is not False:
        return
    try:
        blocks.create(event.cause, lambda id: model_blocks.begin(id, case.state, case.version, instant), id)
    except Refused as refused:  # the other handler has made it meanwhile
        raise NotYet from refused
