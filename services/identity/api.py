"""IdentityService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

import hmac
import re
from dataclasses import replace
from typing import Any

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor, Cause, now
from chassis.errors import Refused
from chassis.parts import Api, Parts
from chassis.records import Record
from chassis.rpc import Call
from services.identity import endings, model, model_sessions, store, views
from services.identity.keys import SigningKeys
from services.identity.model_sessions import Session
from services.identity.registry import Registry
from yiwang.identity.v1 import service_pb2 as pb

PAGE = 50
_REFRESH = re.compile(r"([0-9a-f-]{36})\.([1-9][0-9]{0,3})\.([0-9a-f]{64})")


class IdentityApi:
    """The methods of yiwang.identity.v1.IdentityService, by name."""

    def __init__(self, parts: Parts, keys: SigningKeys) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.registry = Registry(parts)
        self.sessions = store.sessions(parts.database)
        self.keys = keys

    def RegisterPerson(self, request: pb.RegisterPersonRequest, call: Call) -> pb.Person:
        return views.person(self.registry.register(request, call.cause), self.keyring)

    def SignIn(self, request: pb.SignInRequest, call: Call) -> pb.Session:
        principal = self.registry.prove(request.login, request.password)
        cause = replace(call.cause, by=principal, request=self.registry.digest(request))
        record = self.sessions.create(cause, lambda id: model_sessions.start(id, principal))
        return self._opened(record.state)

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
        return self._opened(record.state)

    def SignOut(self, request: pb.SignOutRequest, call: Call) -> pb.SignOutResponse:
        own = model_sessions.visible(call.actor)
        endings.end_session(self.parts, call.actor.session, call.cause, model_sessions.SIGNED_OUT, own)
        return pb.SignOutResponse()

    def GetMe(self, request: pb.GetMeRequest, call: Call) -> pb.Me:
        _, me = self._file(call.actor.realm == PERSON, call.actor.id)
        return me

    def GetSigningKeys(self, request: pb.GetSigningKeysRequest, call: Call) -> pb.GetSigningKeysResponse:
        return pb.GetSigningKeysResponse(jwks_json=self.keys.jwks())

    def AppointOfficer(self, request: pb.AppointOfficerRequest, call: Call) -> pb.Officer:
        return views.officer(self.registry.appoint(request, call.cause, call.actor), self.keyring)

    def ListOfficers(self, request: pb.ListOfficersRequest, call: Call) -> pb.ListOfficersResponse:
        size = request.page_size or PAGE
        rows = store.officers_page(self.registry.officers, model.visible(call.actor), request.page_token, size)
        return pb.ListOfficersResponse(
            officers=[views.officer(row, self.keyring) for row in rows],
            next_page_token=rows[-1].state.staff_number if len(rows) == size else "",
        )

    def ErasePerson(self, request: pb.ErasePersonRequest, call: Call) -> pb.ErasePersonResponse:
        self.registry.persons.change(call.actor.id, call.cause, model.erase)
        endings.forget(self.parts, self.registry.credentials, call.actor.id, call.cause.by)
        return pb.ErasePersonResponse()

    def _parsed(self, token: str) -> tuple[str, int]:
        """Session and generation of a refresh token identity derived; UNAUTHENTICATED TOKEN_REFUSED for any other."""
        found = _REFRESH.fullmatch(token)
        if found is None or not hmac.compare_digest(found[3], self._seal_of(found[1], found[2])):
            raise tokens.refused()
        return found[1], int(found[2])

    def _seal_of(self, id: str, generation: int | str) -> str:
        return self.keyring.blind("refresh", f"{id}.{generation}")

    def _opened(self, session: Session) -> pb.Session:
        """The session with new tokens, which say what the principal is now."""
        seconds = model_sessions.access_seconds(session, now())
        try:
            actor, me = self._file(session.realm == "person", session.principal_id)
        except Refused:  # erased while signing in: forgetting may have missed this session
            cause = Cause(key=f"{session.principal_id}/erased", by=session.principal)
            endings.end_session(self.parts, session.id, cause, model_sessions.PERSON_ERASED)
            raise
        actor = replace(actor, session=session.id)
        return pb.Session(
            id=session.id,
            access_token=tokens.mint(self.keys.signing_key(), actor, seconds),
            refresh_token=f"{session.id}.{session.generation}.{self._seal_of(session.id, session.generation)}",
            expires_in=seconds,
            me=me,
        )

    def _file(self, of_person: bool, id: str) -> tuple[Actor, pb.Me]:
        if of_person:
            person = self.registry.persons.get(id)
            if person.state.erased:
                raise model_sessions.ended()
            actor = Actor(id=id, realm=PERSON, level=person.state.level)
            return actor, pb.Me(person=views.person(person, self.keyring))
        officer = self.registry.officers.get(id)
        return _officer_actor(officer), pb.Me(officer=views.officer(officer, self.keyring))


def _officer_actor(record: Record[Any]) -> Actor:
    officer = record.state
    return Actor(
        id=record.id,
        realm=OFFICER,
        roles=frozenset(officer.roles),
        department=officer.department,
        region=officer.region,
    )


def build(parts: Parts) -> Api:
    """The api of identity, from its parts; the first one to start makes the first signing key."""
    keys = SigningKeys(parts.database, parts.keyring)
    keys.refresh()
    return Api(IdentityApi(parts, keys), polls=[keys.refresh], find_key=keys.find)
