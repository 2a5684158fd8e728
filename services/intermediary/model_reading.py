"""Who reads which file of a procurement. Pure."""

from collections.abc import Iterator

from chassis.acts import Actor
from services.intermediary import model
from services.intermediary.model import Procurement
from services.intermediary.model_parts import File
from services.intermediary.model_sheets import Entry

# A file, its number among its like, and whether its own name is for the reader.
Shown = tuple[File, int, bool]


def is_partner(actor: Actor, procurement: Procurement) -> bool:
    """Whether the actor is one of the two sides of the contract."""
    return model.owns(actor, procurement) or model.won(actor, procurement)


def files_of(procurement: Procurement, actor: Actor) -> Iterator[Shown]:
    """The files of contract and deliverables the actor may read: all of them within; a deliverable that was confirmed, who works on the
    case it serves."""
    told, within = procurement.performance, model.within(actor, procurement)
    own = is_partner(actor, procurement)
    if within:
        yield from ((file, number, own) for number, file in enumerate(told.contract_files, 1))
    if within or (told.confirmed_at is not None and model.serves_case(actor, procurement)):
        yield from ((file, number, own) for number, file in enumerate(told.deliverables, 1))


def reads_proposal(actor: Actor, procurement: Procurement, entry: Entry) -> bool:
    """Whether the actor may read an agency's proposal: the agency its own; who scores them from the freeze on; who owns, runs and
    supervises it once there is a result, so that nobody's view comes before the scores."""
    if model.is_handler(actor) and entry.organization_id == actor.id:
        return True
    if any(seat.person_id == actor.id for seat in procurement.seats) and actor.acting is None:
        return procurement.frozen_at is not None
    beside = any(is_one(actor, procurement) for is_one in (model.owns, model.operates, model.supervises))
    return beside and procurement.selected_at is not None
