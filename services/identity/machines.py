"""Clients that prove themselves, by a signed assertion, their certificate or a secret we made; and a machine's token."""

import hmac
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from joserfc.jwk import Key, OKPKey

import yiwang
from chassis import contracts, tokens
from chassis.acts import MACHINE as MACHINE_REALM
from chassis.acts import Actor, now
from chassis.parts import Parts
from services.identity import assertions, model_clients_checks, settings, store_clients
from services.identity.model_clients import CERTIFICATE, KEY, MACHINE, MACHINE_SECONDS, SECRET, Client
from yiwang.access.v1 import access_pb2
from yiwang.identity.v1 import service_pb2 as pb

TOKEN_PATH = "/oauth/token"  # noqa: S105 an address


@cache
def open_rpcs() -> frozenset[str]:
    """The RPCs of every service whose access rule lets machines in, as `package.Service/Method`."""
    folders = [folder for root in yiwang.__path__ for folder in Path(root).iterdir()]
    names = {folder.name for folder in folders if (folder / "v1" / "service_pb2.py").exists()}
    methods = [method for name in names for service in contracts.services(name) for method in service.methods]
    return frozenset(contracts.path(one) for one in methods if _lets_machines_in(contracts.rule_of(one)))


def _lets_machines_in(rule: access_pb2.Access) -> bool:
    return any(grant.realm == MACHINE_REALM for grant in rule.grants)


def client_of(parts: Parts, id: object) -> Client | None:
    """The client with this id that may work now; None for any other, and for what is no id."""
    found = store_clients.clients(parts.database).find({"_id": id}) if isinstance(id, str) else None
    return found.state if found and not found.state.disabled else None


def by_assertion(parts: Parts, assertion: str) -> Client:
    """The client whose key signed the assertion; UNAUTHENTICATED CLIENT_REFUSED for every fault."""
    issuer = settings.of(parts).public_url

    def find_keys(subject: str) -> Sequence[Key]:
        client = client_of(parts, subject)
        fits = client is not None and client.proof == KEY
        return model_clients_checks.public_keys(client.jwks_json) if client and fits else ()

    audiences = (tokens.ISSUER, issuer, issuer + TOKEN_PATH)
    client = client_of(parts, assertions.verify(parts.database, assertion, find_keys, audiences, now()))
    if client is None:
        raise assertions.refused()
    return client


def by_certificate(parts: Parts, code: str, certificate: str) -> Client:
    """The client with this code, when the connection showed its certificate; CLIENT_REFUSED for every fault."""
    client = client_of(parts, store_clients.client_id(code))
    kept = client.certificate_sha256 if client and client.proof == CERTIFICATE else ""
    if client is None or not kept or not hmac.compare_digest(kept, certificate):
        raise assertions.refused()
    return client


def secret_of(parts: Parts, client_id: str, cause_key: str) -> str:
    """The secret an act makes: derived from it, so that the same act has the same secret and nothing of it is kept."""
    return parts.keyring.blind("client-secret", f"{client_id}/{cause_key}")


def secret_hash(parts: Parts, secret: str) -> str:
    """What is kept of a secret. A keyed hash is enough: 256 bits cannot be guessed."""
    return parts.keyring.blind("client-secret-hash", secret)


def secret_matches(parts: Parts, client: Client, secret: str) -> bool:
    """Whether this is the client's secret now."""
    kept = store_clients.secret_hash(parts.database, client.id)
    return client.proof == SECRET and bool(kept) and hmac.compare_digest(kept, secret_hash(parts, secret))


def token(key: OKPKey, client: Client) -> pb.Token:
    """A token of five minutes for what the machine is registered for; CLIENT_REFUSED for a client of sign-on."""
    if client.kind != MACHINE:
        raise assertions.refused()
    actor = Actor(
        id=client.id,
        realm=MACHINE_REALM,
        department=client.department,
        region=client.region,
        session=client.session,
        rpcs=frozenset(client.rpcs),
        quota=client.quota_per_minute,
    )
    return pb.Token(access_token=tokens.mint(key, actor, MACHINE_SECONDS), expires_in=MACHINE_SECONDS)
