"""Verifications as the person may see them."""

from chassis.records import Record
from chassis.sealed import Keyring
from services.identity.model_verifications import REASONS, Verification
from yiwang.identity.v1 import verifications_pb2 as pb


def verification(record: Record[Verification], keyring: Keyring) -> pb.Verification:
    """One verification; what the source was told is never shown again."""
    one = record.state
    return pb.Verification(
        id=record.id,
        version=record.version,
        method=one.method,  # type: ignore[arg-type]
        status=one.status,  # type: ignore[arg-type]
        level=one.level,  # type: ignore[arg-type]
        prompt=keyring.open_text(one.person_id, one.sealed_prompt),
        reason=REASONS.get(one.reason, ""),
        requested_at=one.requested_at.isoformat(),
        finished_at=one.finished_at.isoformat() if one.finished_at else "",
    )
