"""What handlers share: the case an event is about, which may not be here yet when the event is."""

from chassis.errors import NotYet, Refused
from chassis.parts import Parts
from chassis.records import Record
from services.case import store
from services.case.model import Case


def heard_case(parts: Parts, id: str) -> Record[Case]:
    """The case; NotYet while there is none."""
    try:
        return store.cases(parts.database).get(id)
    except Refused as refused:
        raise NotYet from refused
