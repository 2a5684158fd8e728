"""Sign-in with an upstream provider, as the province's: who comes back with its word is the one person with that ID number."""

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.acts import Cause
from chassis.config import ConfigurationError
from chassis.errors import ALREADY_EXISTS, UNAUTHENTICATED, UNAVAILABLE, Refused, not_found
from chassis.parts import Parts
from chassis.records import Record, record_id
from chassis.rpc import Call
from chassis.telemetry import log
from services.identity import (
    challenges,
    endings,
    model,
    model_factors,
    model_sessions,
    passwords,
    people,
    settings,
    store,
    store_factors,
)
from services.identity.challenges import Challenges
from services.identity.model import Person
from services.identity.opening import Opening
from services.identity.registry import Registry
from services.identity.upstream_client import Client, Fault, Provider
from standards import real_names
from standards.identifiers import id_number_valid
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import service_pb2
from yiwang.identity.v1 import sso_pb2 as pb

CALLBACK_PATH = "/sign-in/upstream/callback"
CLAIMS = ("id_number", "name", "phone", "level")
# Another process may be opening the same person's file this instant.
WAITS = (0.05, 0.1, 0.2, 0.4)


def refused() -> Refused:
    """UNAUTHENTICATED UPSTREAM_REFUSED, the same for every fault; the log says which."""
    return Refused(UNAUTHENTICATED, "UPSTREAM_REFUSED", "未能通过上级平台登录，请重试")


def read(file: str) -> list[Provider]:
    """The providers of UPSTREAMS_FILE; ConfigurationError says which row is wrong, and nothing of what is in it."""
    if not file:
        return []
    try:
        rows = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigurationError("UPSTREAMS_FILE cannot be read as JSON") from None
    return [_provider(number, row) for number, row in enumerate(rows, 1)]


def _provider(number: int, row: dict[str, Any]) -> Provider:
    try:
        provider = Provider(**{**row, "scopes": tuple(row.get("scopes", ("openid", "profile")))})
        real_names.level_of(provider.profile if isinstance(provider.profile, str) else _table(provider.profile), "")
    except (TypeError, ValueError, LookupError):
        raise ConfigurationError(f"UPSTREAMS_FILE: row {number} is not as it must be") from None
    if not {"id_number", "name"} <= provider.claims.keys() <= set(CLAIMS):
        raise ConfigurationError(
            f"UPSTREAMS_FILE: row {number} must map id_number and name, and may map phone and level"
        )
    return provider


def _table(names: Mapping[str, str]) -> dict[str, int]:
    return real_names.read_table(names)


class Upstreams:
    """The providers of this installation."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.opening = opening
        self.registry = Registry(parts)
        self.challenges = Challenges(parts.database, parts.keyring)
        own = settings.of(parts)
        found = read(own.upstreams_file)
        self.clients = {one.code: Client(one, own.public_url + CALLBACK_PATH) for one in found}

    def listed(self) -> list[pb.Upstream]:
        """Code and name of each."""
        return [pb.Upstream(code=one.provider.code, name=one.provider.name) for one in self.clients.values()]

    def begin(self, code: str) -> pb.BeginUpstreamResponse:
        """Where to go, and what to keep until one comes back. NOT_FOUND for no provider, UNAVAILABLE while it does not answer."""
        client = self.clients.get(code)
        if client is None:
            raise not_found()
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (24, 24, 48))
        try:
            address = client.authorization(state, nonce, verifier)
        except Fault as fault:
            log("upstream").warning("upstream_away", code=code, fault=str(fault))
            raise Refused(UNAVAILABLE, "UPSTREAM_AWAY", "上级平台暂时无法访问，请稍后重试") from None
        keep, _ = self.challenges.seal(challenges.UPSTREAM, code=code, state=state, own_nonce=nonce, verifier=verifier)
        return pb.BeginUpstreamResponse(redirect_to=address, keep=keep)

    def finish(self, request: pb.FinishUpstreamRequest, call: Call) -> service_pb2.Session:
        """The session of who came back. The same request again has the same answer, though the provider's code is good once."""
        found = self.opening.sessions.find({"_id": record_id(call.cause.key)})
        if found is not None and found.journal[0]["request"] == call.cause.request:
            return self.opening.opened(found.state)
        told = self.challenges.open(challenges.UPSTREAM, request.keep)
        client = self.clients.get(str(told["code"])) if told else None
        if told is None or client is None or not self.challenges.use(told, call.cause):
            raise refused()
        try:
            claims = client.claims(self._code(client, request, told), told["own_nonce"], told["verifier"])
            account = self.parts.keyring.blind("upstream", f"{client.provider.issuer} {claims['sub']}")
            person = self._person(client.provider, _known(client.provider, claims) | {"account": account}, call.cause)
        except Fault as fault:
            log("upstream").warning("upstream_refused", code=client.provider.code, fault=str(fault))
            raise refused() from None
        return self.opening.start(call.cause, f"person:{person.id}", [model_sessions.UPSTREAM])

    def _code(self, client: Client, request: pb.FinishUpstreamRequest, told: Mapping[str, str]) -> str:
        """The code that came back; Fault when the answer is not to what was asked, or another provider's."""
        sent = {one.name: one.value for one in request.parameters}
        if len(sent) != len(request.parameters):
            raise Fault("a parameter twice")
        if not hmac.compare_digest(sent.get("state", "").encode(), told["state"].encode()):
            raise Fault("another state")
        client.check_issuer(sent.get("iss"))
        if "error" in sent or not sent.get("code"):
            raise Fault("the provider said no")
        return sent["code"]

    def _person(self, provider: Provider, known: dict[str, Any], cause: Cause) -> Record[Person]:
        """The one file of the person: his own, with its level raised, or a new one. Which account he came by is remembered."""
        found = self._found(provider, known, cause)
        if known["level"] >= found.state.level:
            self.registry.credentials.remember(found.id, known["account"])
        return found

    def _found(self, provider: Provider, known: dict[str, Any], cause: Cause) -> Record[Person]:
        opened = replace(cause, key=f"{cause.key}/person")
        for wait in (*WAITS, 0.0):
            found = people.find(self.parts, known["id_number"])
            if found is not None:
                return self._raised(provider, found, known, cause)
            for phone in dict.fromkeys((known["phone"], "")):
                try:
                    return self.registry.admit(opened, {**known, "phone": phone}, known["level"])
                except Refused as taken:
                    if taken.code != ALREADY_EXISTS:
                        raise Fault("not a person we can register") from None
            time.sleep(wait)
        raise Fault("another file is being opened")

    def _raised(
        self, provider: Provider, found: Record[Person], known: Mapping[str, Any], cause: Cause
    ) -> Record[Person]:
        """Who is surer than anybody before takes the file over: passwords, factors and sessions from before are somebody's who was
        less sure to be this person, and who knows a number and a name might have been anybody. So might be who is less sure than the
        file is, unless he comes by the account that was as sure once."""
        if not people.same_name(people.known(self.parts, found)["name"], str(known["name"])):
            raise Fault("another name")
        less = known["level"] < found.state.level
        if less and not self.registry.credentials.remembers(found.id, known["account"]):
            raise Fault("less sure than the file, by an account it does not know")
        if known["level"] <= found.state.level:
            return found
        own = replace(cause, key=f"{cause.key}/level", by=f"person:{found.id}")
        self._empty(found.id, own)
        source = f"upstream:{provider.code}"
        return store.persons(self.parts.database).change(
            found.id, own, lambda person: model.raise_level(person, known["level"], source)
        )

    def _empty(self, person_id: str, cause: Cause) -> None:
        """Nothing of before opens a session any more: factors, accounts of providers, the password, sessions. Again is no fault."""
        principal = f"person:{person_id}"
        all = store_factors.factors(self.parts.database)
        if all.find({"_id": store_factors.factors_id(principal)}):
            removed = replace(cause, key=f"{cause.key}/factors")
            all.change(store_factors.factors_id(principal), removed, model_factors.remove_all)
        store_factors.forget(self.parts.database, principal)
        self.registry.credentials.forget_upstreams(person_id)
        held = self.registry.credentials.find(person_id)
        if held is not None and held["hash"]:
            mark = {"key": cause.key, "by": cause.by, "request": cause.request, "trace": cause.trace, "keep": ""}
            self.registry.credentials.swap(held, "", mark | {"principal": principal})
        changed = self.registry.credentials.find(person_id)
        if changed is not None and "changed" in changed:
            passwords.finish(self.parts, changed)
        sessions = store.sessions(self.parts.database)
        own = store.open_sessions_by(sessions, "actor", principal)
        endings.end_all(self.parts, own, cause, model_sessions.PASSWORD_CHANGED)


def _known(provider: Provider, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Name, ID number, phone and level in our words; Fault when the provider does not say who it is."""
    told = {ours: claims.get(theirs) for ours, theirs in provider.claims.items()}
    number, name = str(told["id_number"] or "").strip().upper(), str(told["name"] or "").strip()
    if not id_number_valid(number, datetime.now(SHANGHAI).date()) or not 0 < len(name) <= 50:
        raise Fault("no ID number, or no name")
    phone = str(told.get("phone") or "").removeprefix("+86").replace("-", "").strip()
    profile = provider.profile if isinstance(provider.profile, str) else _table(provider.profile)
    level = real_names.level_of(profile, told["level"]) if told.get("level") is not None else real_names.NONE
    return {"id_number": number, "name": name, "phone": phone if model.PHONE.fullmatch(phone) else "", "level": level}
