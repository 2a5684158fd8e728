"""Factors as their owner sees them; no secret is ever shown again."""

from chassis.parts import Parts
from services.identity import model_factors, store_factors
from services.identity.model_factors import Factors
from yiwang.identity.v1 import factors_pb2 as pb
from yiwang.identity.v1 import service_pb2 as identity_pb


def factors(parts: Parts, principal: str) -> pb.Factors:
    """What a principal proves himself with beside the password, passkeys in the order they were added."""
    known = store_factors.of(parts.database, principal)
    if known is None:
        return pb.Factors()
    left = recovery_codes_left(parts, known)
    return pb.Factors(
        totp=bool(known.totp),
        recovery_codes_left=left,
        passkeys=[_passkey(parts, principal, one) for one in known.passkeys],
    )


def recovery_codes_left(parts: Parts, known: Factors) -> int:
    """How many recovery codes are not used yet."""
    kept = store_factors.secret(parts.database, known.totp) if known.totp else None
    return model_factors.RECOVERY_CODES - len(kept["used"]) if kept else 0


def account(me: identity_pb.Me) -> tuple[str, str]:
    """What an authenticator shows of the account, so that its owner tells it from others: a name for it, masked for persons, and how
    he is called."""
    if me.HasField("officer"):
        return me.officer.staff_number, me.officer.name
    if me.HasField("agent"):
        return me.agent.agent_number, me.agent.name
    return me.person.phone_masked or me.person.name, me.person.name


def _passkey(parts: Parts, principal: str, one: model_factors.Passkey) -> pb.Passkey:
    kept = store_factors.secret(parts.database, one.id)
    used_at = kept.get("used_at") if kept else None
    return pb.Passkey(
        id=one.id,
        label=parts.keyring.open_text(principal.partition(":")[2], one.sealed_label),
        added_at=one.added_at.isoformat(),
        used_at=used_at.isoformat() if used_at else "",
    )
