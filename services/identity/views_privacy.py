"""A person's access record as he reads it."""

from chassis.records import Record
from chassis.sealed import Keyring
from services.identity.model_privacy import WHAT, Access
from yiwang.identity.v1 import privacy_pb2 as pb


def access(record: Record[Access], keyring: Keyring) -> pb.AccessEntry:
    """One line."""
    line = record.state
    content = keyring.open(line.person_id, line.sealed) or {}
    return pb.AccessEntry(
        at=line.happened_at.isoformat(),
        by=line.by,
        by_name=content.get("by_name", ""),
        what=WHAT[line.what],
        fields=content.get("fields", ()),
        purpose=content.get("purpose", ""),
        case_number=line.case_number,
        service=line.service,
    )
