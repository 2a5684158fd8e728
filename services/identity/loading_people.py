"""Rows of people. The operator's word counts for how sure we are who somebody is."""

from collections.abc import Mapping
from typing import Final

from chassis.acts import Cause
from chassis.errors import Violation, invalid
from chassis.fields import check
from chassis.records import Record, record_id
from services.identity import model, store
from services.identity.loading_rows import BY, Desk, changed, fill
from services.identity.model import Person
from yiwang.access.v1 import access_pb2
from yiwang.identity.v1 import service_pb2 as pb

FIELDS: Final[Mapping[str, str]] = {
    "name": "name",
    "idNumber": "id_number",
    "phone": "phone",
    "password": "password",
}
LEVEL: Final = "level"
LEVELS = {name.removeprefix("IDENTITY_LEVEL_"): value for name, value in access_pb2.IdentityLevel.items() if value}


def load_person(desk: Desk, row: object) -> bool:
    """Registers a person, and raises the level to the one of the row; what is there stays, and no level falls."""
    level = _level(row)
    request = pb.RegisterPersonRequest()
    fill(request, {key: row[key] for key in row if key != LEVEL} if isinstance(row, dict) else row, FIELDS)
    index = store.id_index(desk.registry.keyring, request.id_number)
    request.request_id = f"load-{index[:40]}"
    check(request)
    present = _present(desk, index)
    person = present or _register(desk, request, index)
    cause = Cause(key=f"{BY}/load/level/{level}/{index}", by=BY)
    source = f"{BY}/load"
    raised = desk.registry.persons.change(person.id, cause, lambda one: model.raise_level(one, level, source))
    return present is None or changed(present, raised)


def _level(row: object) -> int:
    name = row.get(LEVEL, "NONE") if isinstance(row, dict) else "NONE"
    if not isinstance(name, str) or name not in LEVELS:
        raise invalid(Violation(LEVEL, "LEVEL_UNKNOWN", "实名等级不正确"))
    return LEVELS[name]


def _present(desk: Desk, index: str) -> Record[Person] | None:
    holder = desk.registry.credentials.holder("id_index", index)
    return desk.registry.persons.find({"_id": holder["_id"]}) if holder else None


def _register(desk: Desk, request: pb.RegisterPersonRequest, index: str) -> Record[Person]:
    cause = Cause(key=f"{BY}/load/person/{index}", by=BY)
    if (before := desk.registry.persons.find({"_id": record_id(cause.key)})) is not None:
        model.require_present(before.state)  # who asked to be forgotten does not come back from a file
    return desk.registry.register(request, cause)
