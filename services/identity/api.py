"""IdentityService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

import hmac
import re
from dataclasses import replace

from chassis import tokens
from chassis.acts import now
from chassis.parts import Api, Parts
from chassis.rpc import Call
from services.identity import (
    challenges,
    endings,
    model,
    model_sessions,
    passwords,
    people,
    service_keys,
    settings,
    store,
    store_counts,
    store_factors,
    views,
    views_factors,
)
from services.identity.api_agents import AgentApi
from services.identity.api_clients import ClientApi
from services.identity.api_contacts import ContactApi
from services.identity.api_counties import CountyApi
from services.identity.api_delegations import DelegationApi
from services.identity.api_factors import FactorApi
from services.identity.api_officers import OfficerApi
from services.identity.api_organizations import OrganizationApi
from services.identity.api_privacy import PrivacyApi
from services.identity.api_sso import SsoApi
from services.identity.api_verifications import VerificationApi
from services.identity.challenges import Challenges
from services.identity.keys import RSA, SigningKeys
from services.identity.model_factors import Factors
from services.identity.opening import Opening
from services.identity.proving import Proof, Proving
from services.identity.registry import Registry
from yiwang.identity.v1 import service_pb2 as pb

_REFRESH = re.compile(r"([0-9a-f-]{36})\.([1-9][0-9]{0,3})\.([0-9a-f]{64})")
# Sessions in a list; who has more ends those he does not know by ending all the others.
MOST_SHOWN = 50


class IdentityApi:
    """The methods of yiwang.identity.v1.IdentityService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.registry = Registry(parts)
        self.proving = Proving(parts)
        self.challenges = Challenges(parts.database, parts.keyring)
        self.sessions = store.sessions(parts.database)
        self.opening = opening

    def RegisterPerson(self, request: pb.RegisterPersonRequest, call: Call) -> pb.Person:
        return views.person(self.registry.register(request, call.cause), self.keyring)

    def SignIn(self, request: pb.SignInRequest, call: Call) -> pb.Session:
        proof = self.proving.by_password(request.login, request.password, request.address)
        factors = store_factors.of(self.parts.database, proof.principal)
        if factors and factors.totp:
            self.opening.welcome(proof.principal)
            return pb.Session(challenge=self._challenge(proof, factors))
        cause = replace(call.cause, request=self.registry.digest(request))
        session = self.opening.start(cause, proof.principal, [model_sessions.PASSWORD])
        # Not before a second factor is proved, too: who knows the password only could guess codes without end.
        self.proving.lockout.passed(proof.attempt)
        return session

    def _challenge(self, proof: Proof, factors: Factors) -> pb.Challenge:
        bound = {"principal": proof.principal, "login": proof.attempt.login}
        challenge, _ = self.challenges.seal(challenges.SECOND_FACTOR, **bound)
        recovery = views_factors.recovery_codes_left(self.parts, factors) > 0
        return pb.Challenge(challenge=challenge, factors=["totp", "recovery"] if recovery else ["totp"])

    def RefreshSession(self, request: pb.RefreshSessionRequest, call: Call) -> pb.Session:
        id, generation = self._parsed(request.refresh_token)
        found = self.sessions.find({"_id": id})
        # A client's is refreshed at the token endpoint, where the client proves who it is.
        if found is None or found.state.client_id:
            raise tokens.refused()
        cause = replace(call.cause, by=found.state.by)
        # Before the token is spent: nothing may keep the answer back afterwards, as a KMS that is away would.
        self.opening.file(found.state)
        record = self.sessions.change(id, cause, lambda one: model_sessions.refresh(one, generation, now()))
        if not model_sessions.succeeds(record.state, generation, now()):
            again = replace(cause, key=f"{cause.key}/reused")
            endings.end_session(self.parts, id, again, model_sessions.REFRESH_REUSED)
            raise model_sessions.ended()
        return self.opening.opened(record.state)

    def SignOut(self, request: pb.SignOutRequest, call: Call) -> pb.SignOutResponse:
        own = model_sessions.visible(call.actor)
        endings.end_session(self.parts, call.actor.session, call.cause, model_sessions.SIGNED_OUT, own)
        return pb.SignOutResponse()

    def ListSessions(self, request: pb.ListSessionsRequest, call: Call) -> pb.ListSessionsResponse:
        own = store.open_sessions_by(self.sessions, "actor", call.actor.principal)
        records = sorted((self.sessions.get(id) for id in own), key=lambda one: one.state.started_at, reverse=True)
        shown = [views.open_session(self.parts, one.state, call.actor.session) for one in records[:MOST_SHOWN]]
        return pb.ListSessionsResponse(sessions=shown)

    def EndSessions(self, request: pb.EndSessionsRequest, call: Call) -> pb.ListSessionsResponse:
        if request.session_id:
            own = model_sessions.visible(call.actor)
            endings.end_session(self.parts, request.session_id, call.cause, model_sessions.SIGNED_OUT, own)
        else:
            others = store.open_sessions_by(self.sessions, "actor", call.actor.principal)
            endings.end_all(self.parts, others, call.cause, model_sessions.SIGNED_OUT, but=call.actor.session)
        return self.ListSessions(pb.ListSessionsRequest(), call)

    def ChangePassword(self, request: pb.ChangePasswordRequest, call: Call) -> pb.ChangePasswordResponse:
        passwords.change(self.parts, self.proving, request, call.actor, call.cause)
        return pb.ChangePasswordResponse()

    def GetMe(self, request: pb.GetMeRequest, call: Call) -> pb.Me:
        return self.opening.file(self.sessions.get(call.actor.session).state)[1]

    def SuspendPerson(self, request: pb.SuspendPersonRequest, call: Call) -> pb.PersonSummary:
        people.present(self.parts, request.person_id)
        reason = self.keyring.seal(request.person_id, model.reason_of(request.reason))
        person = self.registry.persons.change(request.person_id, call.cause, lambda one: model.suspend(one, reason))
        return people.summary(self.parts, person)

    def ResumePerson(self, request: pb.ResumePersonRequest, call: Call) -> pb.PersonSummary:
        people.present(self.parts, request.person_id)
        return people.summary(self.parts, self.registry.persons.change(request.person_id, call.cause, model.resume))

    def CountPrincipals(self, request: pb.CountPrincipalsRequest, call: Call) -> pb.CountPrincipalsResponse:
        return store_counts.counted(self.parts.database)

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
    keys, rsa = SigningKeys(parts.database, parts.keyring), SigningKeys(parts.database, parts.keyring, RSA)
    keys.refresh()
    rsa.refresh()
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
        "SsoService": SsoApi(parts, opening, rsa),
        "PrivacyService": PrivacyApi(parts, opening),
        "ContactService": ContactApi(parts),
    }
    find_key = service_keys.beside(keys.find, settings.of(parts).service_secrets)
    return Api(servicers, polls=[keys.refresh, rsa.refresh], find_key=find_key)
