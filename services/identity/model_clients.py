"""Departments' systems as pure functions: registered or changed, stopped, let work again. No secret is in their state.

A machine's tokens name the session `<client id>.<generation>`. What takes rights from a machine, or stops it, ends that session and
so begins the next generation: tokens from before are refused by every service, those after are good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson
from google.protobuf.message import Message

from chassis.acts import Evolve, Moment
from services.identity.model_sessions import CLIENT_ENDED, GRACE
from yiwang.identity.v1 import clients_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

MACHINE_SECONDS = 300
# The most calls a minute where a county says nothing.
MOST_CALLS = 6000
SIGN_ON, MACHINE = pb.CLIENT_KIND_SIGN_ON, pb.CLIENT_KIND_MACHINE
KEY, CERTIFICATE = pb.CLIENT_PROOF_PRIVATE_KEY_JWT, pb.CLIENT_PROOF_MUTUAL_TLS
SECRET, OPEN = pb.CLIENT_PROOF_SECRET, pb.CLIENT_PROOF_NONE
EDDSA = "EdDSA"


@dataclass(frozen=True, slots=True)
class Client:
    """A registered system; `kind` and `proof` as in the contract, by number."""

    id: str
    code: str
    name: str
    kind: int
    proof: int
    department: str
    region: str
    jwks_json: str = ""
    certificate_sha256: str = ""
    redirect_uris: list[str] = field(default_factory=list)
    post_logout_redirect_uris: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    rpcs: list[str] = field(default_factory=list)
    quota_per_minute: int = 0
    id_token_alg: str = ""
    disabled: bool = False
    generation: int = 1

    @property
    def session(self) -> str:
        """The session a machine's tokens carry now."""
        return f"{self.id}.{self.generation}"


def save(client: Client | None, wanted: events.ClientSaved, now: datetime, anew: bool) -> list[Message] | None:
    """The client as wanted; nothing when it is so already, unless a new secret is made (`anew`). A machine that may less than
    before, or proves itself by other means, gets no further with the tokens it has."""
    if client is None:
        return [wanted]
    if not anew and _stated(client, wanted) == client:
        return None
    return [wanted, _end_tokens(client, now)] if _narrows(client, _stated(client, wanted)) else [wanted]


def _narrows(before: Client, after: Client) -> bool:
    keys = _keys(before.jwks_json) <= _keys(after.jwks_json)
    same = all(
        getattr(before, name) == getattr(after, name)
        for name in ("kind", "proof", "department", "region", "certificate_sha256")
    )
    wider = set(before.rpcs) <= set(after.rpcs) and before.quota_per_minute <= after.quota_per_minute
    return before.kind == MACHINE and not (keys and same and wider)


def _keys(jwks_json: str) -> set[bytes]:
    rows = orjson.loads(jwks_json)["keys"] if jwks_json else []
    return {orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in rows}


def disable(client: Client, reason: str, now: datetime) -> list[Message] | None:
    """It is stopped; nothing when it is already."""
    if client.disabled:
        return None
    return [events.ClientDisabled(client_id=client.id, reason=reason), _end_tokens(client, now)]


def enable(client: Client) -> events.ClientEnabled | None:
    """It works again, in the generation its stop began; nothing when it was never stopped."""
    return events.ClientEnabled(client_id=client.id) if client.disabled else None


def _end_tokens(client: Client, now: datetime) -> events.SessionEnded:
    last = now + timedelta(seconds=MACHINE_SECONDS) + GRACE
    return events.SessionEnded(session_id=client.session, reason=CLIENT_ENDED, tokens_end=last.isoformat())


def _stated(client: Client | None, event: events.ClientSaved) -> Client:
    lists: dict[str, Sequence[str]] = {
        name: list(getattr(event, name)) for name in ("redirect_uris", "post_logout_redirect_uris", "scopes", "rpcs")
    }
    return Client(
        id=event.client_id,
        code=event.code,
        name=event.name,
        kind=event.kind,
        proof=event.proof,
        department=event.department,
        region=event.region,
        jwks_json=event.jwks_json,
        certificate_sha256=event.certificate_sha256,
        quota_per_minute=event.quota_per_minute,
        id_token_alg=event.id_token_alg,
        disabled=client.disabled if client else False,
        generation=client.generation if client else 1,
        **lists,  # type: ignore[arg-type]
    )


def _saved(client: Client | None, event: events.ClientSaved, _moment: Moment) -> Client:
    return _stated(client, event)


def _disabled(client: Client, _event: events.ClientDisabled, _moment: Moment) -> Client:
    return replace(client, disabled=True)


def _enabled(client: Client, _event: events.ClientEnabled, _moment: Moment) -> Client:
    return replace(client, disabled=False)


def _tokens_ended(client: Client, event: events.SessionEnded, _moment: Moment) -> Client:
    return replace(client, generation=int(event.session_id.rpartition(".")[2]) + 1)


EVOLVE: Evolve = {
    events.ClientSaved: _saved,
    events.ClientDisabled: _disabled,
    events.ClientEnabled: _enabled,
    events.SessionEnded: _tokens_ended,
}
