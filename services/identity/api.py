"""IdentityService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

import hmac
import re
from dataclasses import replace
from typing import Any

from chassis import tokens
from chassis.acts import now
from chassis.errors import Refused
from chassis.parts import Api, Parts
from chassis.rpc import Call
from services.identity import endings, model, model_sessions, store, views
from services.identity.api_agents import AgentApi
from services.identity.api_clients import ClientApi
from services.identity.api_counties import CountyApi
from services.identity.api_delegations import DelegationApi
from services.identity.api_factors import FactorApi
from services.identity.api_officers import OfficerApi
from services.identity.api_organizations import OrganizationApi
from services.identity.api_privacy import PrivacyApi
from services.identity.api_sso import SsoApi
from services.identity.api_verifications import VerificationApi
from services.identity.keys import SigningKeys
from services.identity.opening import Opening
from services.identity.registry import Registry
from yiwang.identity.v1 import service_pb2 as pb

_REFRESH = re.compile(r"([0-9a-f-]{36})\.([1-9][0-9]{0,3})\.([0-9a-f]{64})")


class IdentityApi:
    """The methods of yiwang.identity.v1.IdentityService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.registry = Registry(parts)
        self.sessions = store.sessions(parts.database)
        self.opening = opening

    def __getattr__(self, name: str) -> Any:  # TODO: stub while being built
        if not name[:1].isupper():
            raise AttributeError(name)

        def pending(request: Any, call: Any) -> Any:
            raise Refused(12, "NOT_BUILT", name)

        return pending

    def RegisterPerson(self, request: pb.RegisterPersonRequest, call: Call) -> pb.Person:
        return views.person(self.registry.register(request, call.cause), self.keyring)

    def SignIn(self, request: pb.SignInRequest, call: Call) -> pb.Session:
        principal = self.registry.prove(request.login, request.password)
        cause = replace(call.cause, request=self.registry.digest(request))
        return self.opening.start(cause, principal, [model_sessions.PASSWORD])

    def RefreshSession(self, request: pb.RefreshSessionRequest, call: Call) -> pb.Session:
        id, generation = self._parsed(request.refresh_token)
        found = self.sessions.find({"_id": id})
        if found is None:
            raise tokens.refused()
        cause = replace(call.cause, by=found.state.principal)
        record = self.sessions.change(id, cause, lambda one: model_sessions.refresh(one, generation, now()))
        if record.state.reason or record.state.generation != generation + 1:
            # Used before. A repeated request is answered again only while nobody has used what it was answered with.
            again = replace(cause, key=f"{cause.key}/reused")
            endings.end_session(self.parts, id, again, model_sessions.REFRESH_REUSED)
            raise model_sessions.ended()
        return self.opening.opened(record.state)

    def SignOut(self, request: pb.SignOutRequest, call: Call) -> pb.SignOutResponse:
        own = model_sessions.visible(call.actor)
        endings.end_session(self.parts, call.actor.session, call.cause, model_sessions.SIGNED_OUT, own)
        return pb.SignOutResponse()

    def GetMe(self, request: pb.GetMeRequest, call: Call) -> pb.Me:
        return self.opening.file(self.sessions.get(call.actor.session).state)[1]

    def GetSigningKeys(self, request: pb.GetSigningKeysRequest, call: Call) -> pb.GetSigningKeysResponse:
        return pb.GetSigningKeysResponse(jwks_json=self.opening.keys.jwks())

    def ErasePerson(self, request: pb.ErasePersonRequest, call: Call) -> pb.ErasePersonResponse:
        self.registry.persons.change(call.actor.id, call.cause, model.erase)
        endings.forget(self.parts, self.registry.credentials, call.actor.id, call.cause.by)
        return pb.ErasePersonResponse()

    def _parsed(self, token: str) -> tuple[str, int]:
        """Session and generation of a refresh token identity derived; UNAUTHENTICATED TOKEN_REFUSED for any other."""
        found = _REFRESH.fullmatch(token)
        if found is None or not hmac.compare_digest(found[3], self.opening.seal_of(found[1], found[2])):
            raise tokens.refused()
        return found[1], int(found[2])


def build(parts: Parts) -> Api:
    """The api of identity, from its parts; the first one to start makes the first signing key."""
    keys = SigningKeys(parts.database, parts.keyring)
    keys.refresh()
    opening = Opening(parts, keys)
    servicers = {
        "IdentityService": IdentityApi(parts, opening),
        "FactorService": FactorApi(parts, opening),
        "VerificationService": VerificationApi(parts, opening),
        "OrganizationService": OrganizationApi(parts, opening),
        "AgentService": AgentApi(parts, opening),
        "DelegationService": DelegationApi(parts, opening),
        "OfficerService": OfficerApi(parts, opening),
        "CountyService": CountyApi(parts, opening),
        "ClientService": ClientApi(parts, opening),
        "SsoService": SsoApi(parts, opening),
        "PrivacyService": PrivacyApi(parts, opening),
    }
    return Api(servicers, polls=[keys.refresh], find_key=keys.find)
