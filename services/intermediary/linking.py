"""Procurements that a case opens, and their public numbers."""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Cause, now
from chassis.parts import Parts
from chassis.records import record_id
from chassis.sealed import Keyring
from services.intermediary import store
from services.intermediary.model import COUNTY_DIGITS
from standards.workdays import local_day
from yiwang.case.v1 import events_pb2 as case
from yiwang.intermediary.v1 import events_pb2 as events


def number_of(keyring: Keyring, id: str, region: str, at: datetime) -> str:
    """The public number of a procurement: ZJ, county, day in China and eight characters nobody can guess from another's."""
    day = local_day(at).strftime("%y%m%d")
    return f"ZJ{region[:COUNTY_DIGITS]}{day}{keyring.code(f'procurement/{id}')}"


def open_linked(parts: Parts, procurements: store.Procurements, told: case.IntermediaryRequested, cause: Cause) -> None:
    """A draft for what a case needs; its applicant says the rest."""
    store.counties(parts.database).know(told.region)

    def decide(id: str) -> list[Message]:
        number = number_of(parts.keyring, id, told.region, now())
        opened = events.ProcurementOpened(
            procurement_id=id,
            number=number,
            owner_id=told.applicant_id,
            case_id=told.case_id,
            case_number=told.case_number,
            item_id=told.item_id,
            item_code=told.item_code,
            item_name=told.item_name,
            service=told.service,
            region=told.region,
            case_department=told.department,
            project_code=told.project_code,
        )
        linked = events.ProcurementLinked(procurement_id=id, number=number, case_id=told.case_id, service=told.service)
        return [opened, linked]

    procurements.create(cause, decide, record_id(f"linked/{cause.key}"))
