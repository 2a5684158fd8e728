"""What came from other systems: files that were taken, and where a row's rating stands."""

from typing import Any

from pymongo.database import Database

from chassis.records import Record, Records, record_id
from chassis.sealed import Keyring
from services.rating.model import Rating
from services.rating.model_imports import EVOLVE, FileImport
from standards.codes import region_covers, region_prefix
from yiwang.rating.v1 import events_pb2 as events

Document = dict[str, Any]
REFERENCE_INDEX = [("state.system", 1), ("state.reference", 1)]
"""What finding a row's rating wants of the ratings' collection."""


def imports(database: Database[Document]) -> Records[FileImport]:
    """The files."""
    return Records(database["imports"], FileImport, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [imports(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of the files; safe to repeat."""
    imports(database).ensure_indexes()


def file_id(region: str, sha256: str) -> str:
    """The id of a file in a region: the same file is the same record, whatever it is called."""
    return record_id(f"import-file/{region_prefix(region)}/{sha256}")


def row_id(keyring: Keyring, region: str, system: str, reference: str) -> str:
    """The id of the rating a row without a case of ours becomes. Names of systems and references are the region's own, so that
    none can take those of another region. Keyed, for a reference is known where it comes from."""
    return record_id(f"import/{keyring.blind('import_id', f'{region_prefix(region)}/{system}/{reference}')}")


def of_reference(ratings: Records[Rating], region: str, system: str, reference: str) -> Record[Rating] | None:
    """The rating a row of this system and reference made in a region, if any."""
    match = {"state.system": system, "state.reference": reference}
    record = ratings.find(match)
    if record is None or region_covers(region, record.state.region):
        return record
    # Another region has a system of this name, with a rating of this number.
    ours = [one for one in ratings.select(match) if region_covers(region, one.state.region)]
    return ratings.get(ours[0].id) if ours else None


def of_case_number(ratings: Records[Rating], number: str) -> list[Record[Rating]]:
    """The ratings of a case by its public number: a handful."""
    return ratings.select({"state.case_number": number})
