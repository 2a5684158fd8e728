"""`python -m services.identity load FILE.json`: officers and people from a file; what is there already stays as it is.

A bad row is reported by its place, field and reason, never by its content; the good ones are kept.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.message import Message
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import Progress

from chassis.acts import Cause
from chassis.errors import Refused, Violation, invalid
from chassis.parts import Parts
from chassis.records import record_id
from chassis.rpc import check
from services.identity import model, store
from services.identity.registry import Registry
from yiwang.identity.v1 import officers_pb2 as officers_pb
from yiwang.identity.v1 import service_pb2 as pb

BY = "system:identity"
PERSON_FIELDS = {"name": "name", "idNumber": "id_number", "phone": "phone", "password": "password"}
OFFICER_FIELDS = {
    "staffNumber": "staff_number",
    "name": "name",
    "roles": "roles",
    "department": "department",
    "departmentName": "department_name",
    "region": "region",
    "password": "password",
}


class Row(NamedTuple):
    """One row of the file: where it stands, what it says, and how it is loaded."""

    place: str
    content: Any
    load: Callable[[Registry, Any], bool]


def main(parts: Parts, arguments: list[str]) -> None:
    """Loads the file. Exit code 1 only when no row was good, 2 when the store went away."""
    if len(arguments) != 1:
        sys.exit("usage: python -m services.identity load FILE.json")
    rows = list(_rows(_read(Path(arguments[0]))))
    console = Console(stderr=True, markup=False, highlight=False)
    try:
        loaded, present = _load(rows, Registry(parts), console)
    except PyMongoError as error:
        console.print(f"the store went away ({type(error).__name__}); load the file again, what is done stays done")
        sys.exit(2)
    bad = len(rows) - loaded - present
    console.print(f"identity: {loaded} rows loaded, {present} there already, {bad} refused")
    if loaded + present == 0:
        sys.exit(1)


def _load(rows: list[Row], registry: Registry, console: Console) -> tuple[int, int]:
    loaded = present = 0
    with Progress(console=console, transient=True) as progress:
        for row in progress.track(rows, description="identity"):
            try:
                if row.load(registry, row.content):
                    loaded += 1
                else:
                    present += 1
            except Refused as refused:
                for line in _faults(refused):
                    console.print(f"{row.place} {line}", soft_wrap=True)
    return loaded, present


def _faults(refused: Refused) -> list[str]:
    if not refused.violations:
        return [f"{refused.reason} {refused.message}"]
    return [f"{one.field}: {one.reason} {one.message}" for one in refused.violations]


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{file} cannot be read as JSON: {type(error).__name__}")
    if not isinstance(content, dict):
        sys.exit(f'{file} must be {{"officers": [...], "people": [...]}}')
    return content


def _rows(content: Mapping[str, Any]) -> Iterator[Row]:
    for kind, load in (("officers", load_officer), ("people", load_person)):
        rows = content.get(kind, [])
        if not isinstance(rows, list):
            sys.exit(f"{kind} must be a list")
        for number, row in enumerate(rows, 1):
            yield Row(f"{kind}[{number}]", row, load)


def load_officer(registry: Registry, row: object) -> bool:
    """Appoints an officer, new or changed; False when he holds that post already. A password there is kept."""
    request = officers_pb.AppointOfficerRequest()
    _fill(request, row, OFFICER_FIELDS)
    id = store.officer_id(request.staff_number)
    before = registry.officers.find({"_id": id})
    if before is not None:
        request.password = ""
    request.request_id = f"load-{id}"
    check(request)
    cause = Cause(key=f"{BY}/load/{id}/{before.version if before else 0}", by=BY)
    after = registry.appoint(request, cause, None)
    return before is None or after.version != before.version


def load_person(registry: Registry, row: object) -> bool:
    """Registers a person; False when the ID number is there already, with whatever else the file says."""
    request = pb.RegisterPersonRequest()
    _fill(request, row, PERSON_FIELDS)
    index = store.id_index(registry.keyring, request.id_number)
    request.request_id = f"load-{index[:40]}"
    check(request)
    if registry.credentials.holder("id_index", index) is not None:
        return False
    cause = Cause(key=f"{BY}/load/person/{index}", by=BY)
    if (before := registry.persons.find({"_id": record_id(cause.key)})) is not None:
        model.require_present(before.state)  # who asked to be forgotten does not come back from a file
    registry.register(request, cause)
    return True


def _fill(request: Message, row: object, fields: Mapping[str, str]) -> None:
    """Sets the fields of a request; INVALID_ARGUMENT for what is missing, unknown or of another type."""
    if not isinstance(row, dict):
        raise invalid(Violation("row", "TYPE", "不是对象"))
    found = [Violation(key, "REQUIRED", "缺少此项") for key in fields if key not in row]
    if row.keys() - fields.keys():
        found.append(Violation("row", "FIELD_UNKNOWN", "有未知的项"))
    for key in fields.keys() & row.keys():
        value = row[key]
        try:
            if key == "roles":
                request.roles.extend(value)  # type: ignore[attr-defined]
            else:
                setattr(request, fields[key], value)
        except (TypeError, ValueError):  # the text of these errors shows the value
            found.append(Violation(key, "TYPE", "类型不正确"))
    if found:
        raise invalid(*found)
