"""How a session opens and is answered: by password, a second factor, a passkey, an upstream provider, or to act for somebody.

Every way ends here, so that a token says what the principal is at that moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis import tokens
from chassis.acts import PERSON, Acting, Actor, Cause, holder, now
from chassis.errors import Refused
from chassis.parts import Parts
from services.identity import (
    endings,
    model,
    model_lockout,
    model_sessions,
    store,
    views,
    views_agents,
    views_delegations,
    views_officers,
    views_organizations,
)
from services.identity.credentials import Credentials
from services.identity.keys import SigningKeys
from services.identity.model_sessions import ActingAs, Session
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import service_pb2 as pb

# What the principal of a session is now, for its token and for its own eyes; raises when it is nobody any more.
File = tuple[Actor, pb.Me]


# Why a session ends whose principal is nobody any more.
REASONS = {
    "person": model_sessions.PERSON_ERASED,
    "officer": model_sessions.POST_CHANGED,
    "agent": model_sessions.POST_CHANGED,
    "organization": model_sessions.DELEGATION_ENDED,
}
# Or why it ends where the refusal says more.
REFUSALS = {
    "ACCOUNT_SUSPENDED": model_sessions.PERSON_SUSPENDED,
    "DELEGATION_VOID": model_sessions.DELEGATION_ENDED,
}


def _person(parts: Parts, id: str) -> File:
    person = store.persons(parts.database).get(id)
    if person.state.erased:
        raise model_sessions.ended()
    if person.state.suspended:
        raise model.account_suspended(parts.keyring.open_text(id, person.state.sealed_reason))
    password = Credentials(parts.database).has_password(id)
    me = pb.Me(person=views.person(person, parts.keyring, password))
    known = parts.keyring.open(id, person.state.sealed) or {}
    number = known.get("id_number", "")
    return Actor(id=id, realm=PERSON, level=person.state.level, holder=holder(id, number) if number else ""), me


FILES: Mapping[str, Callable[[Parts, str], File]] = {
    "person": _person,
    "officer": views_officers.file,
    "agent": views_agents.file,
    "organization": views_organizations.file,
}

# Whether who acts in a session may do so still, by its channel; raises when he may not.
STILL: Mapping[str, Callable[[Parts, Session], None]] = {"handler": views_organizations.require_acting}


class Opening:
    """Opens sessions and signs their tokens."""

    def __init__(self, parts: Parts, keys: SigningKeys) -> None:
        self.parts = parts
        self.sessions = store.sessions(parts.database)
        self.keys = keys

    def start(
        self, cause: Cause, principal: str, methods: Sequence[str], acting: events.ActingAs | None = None
    ) -> pb.Session:
        """Opens a session of the principal (`person:<id>` …) and answers with its tokens. Refusals: see `welcome`."""
        if acting is None:
            self.welcome(principal)
        by = f"{acting.agent}/{principal}" if acting else principal
        record = self.sessions.create(
            replace(cause, by=by), lambda id: model_sessions.start(id, principal, methods, acting)
        )
        return self.opened(record.state)

    def welcome(self, principal: str) -> pb.Me:
        """Whether a session may open for who proved that he is this principal. PERMISSION_DENIED ACCOUNT_SUSPENDED with the reason;
        UNAUTHENTICATED SIGN_IN_REFUSED for who is nobody any more."""
        kind, _, id = principal.partition(":")
        try:
            return FILES[kind](self.parts, id)[1]
        except Refused as refused:
            if refused.reason == "ACCOUNT_SUSPENDED":
                raise
            raise model_lockout.refused() from None

    def opened(self, session: Session) -> pb.Session:
        """The session with new tokens, which say what the principal is now."""
        seconds = model_sessions.access_seconds(session, now())
        actor, me = self.file(session)
        return pb.Session(
            id=session.id,
            access_token=tokens.mint(self.keys.signing_key(), actor, seconds),
            refresh_token=f"{session.id}.{session.generation}.{self.seal_of(session.id, session.generation)}",
            expires_in=seconds,
            me=me,
        )

    def seal_of(self, id: str, generation: int | str) -> str:
        """What makes a refresh token ours: nobody else can derive it, and nothing of it is kept."""
        return self.parts.keyring.blind("refresh", f"{id}.{generation}")

    def file(self, session: Session) -> File:
        """The actor of the session's tokens, and the file its principal sees. The session ends when there is no such principal."""
        acting = session.acting
        kind = "organization" if acting and acting.channel == "handler" else session.realm
        try:
            actor, me = FILES[kind](self.parts, session.principal_id)
            if acting and acting.channel in STILL:
                STILL[acting.channel](self.parts, session)
            if acting and acting.delegation_id:
                under = (self.parts, acting.delegation_id, acting.agent)
                actor = replace(actor, level=views_delegations.level_under(*under, actor.level))
        except Refused as refused:  # it happened while he signed in: what ends his sessions may have missed this one
            reason = REFUSALS.get(refused.reason, REASONS[kind])
            cause = Cause(key=f"{session.principal_id}/gone", by=session.by)
            endings.end_session(self.parts, session.id, cause, reason)
            raise model_sessions.ended() from None
        actor = replace(actor, session=session.id)
        if acting:
            actor = replace(actor, acting=self._acting(acting))
            me.acted_for.CopyFrom(_acted_for(actor.acting))
        return actor, me

    def _acting(self, acting: ActingAs) -> Acting:
        return Acting(
            agent=acting.agent,
            name=self.parts.keyring.open_text(acting.agent.partition(":")[2], acting.sealed_name),
            channel=acting.channel,
            delegation=acting.delegation_id,
            items=frozenset(acting.item_codes),
            case=acting.case_id,
            organization=acting.agent_organization_id,
        )


def _acted_for(acting: Any) -> pb.ActedFor:
    return pb.ActedFor(
        agent=acting.agent,
        agent_name=acting.name,
        delegation_id=acting.delegation,
        item_codes=sorted(acting.items),
        case_id=acting.case,
    )
