"""How a session opens and is answered: by password, a second factor, a passkey, an upstream provider, or to act for somebody.

Every way ends here, so that a token says what the principal is at that moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Acting, Actor, Cause, now
from chassis.errors import Refused
from chassis.parts import Parts
from services.identity import endings, model_sessions, store, views, views_agents, views_organizations
from services.identity.keys import SigningKeys
from services.identity.model_sessions import ActingAs, Session
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import service_pb2 as pb

# What the principal of a session is now, for its token and for its own eyes; raises when it is nobody any more.
File = tuple[Actor, pb.Me]


def _person(parts: Parts, id: str) -> File:
    person = store.persons(parts.database).get(id)
    if person.state.erased:
        raise model_sessions.ended()
    return Actor(id=id, realm=PERSON, level=person.state.level), pb.Me(person=views.person(person, parts.keyring))


def _officer(parts: Parts, id: str) -> File:
    officer = store.officers(parts.database).get(id)
    state = officer.state
    actor = Actor(id=id, realm=OFFICER, roles=frozenset(state.roles), department=state.department, region=state.region)
    return actor, pb.Me(officer=views.officer(officer, parts.keyring))


FILES: Mapping[str, Callable[[Parts, str], File]] = {
    "person": _person,
    "officer": _officer,
    "agent": views_agents.file,
    "organization": views_organizations.file,
}


class Opening:
    """Opens sessions and signs their tokens."""

    def __init__(self, parts: Parts, keys: SigningKeys) -> None:
        self.parts = parts
        self.sessions = store.sessions(parts.database)
        self.keys = keys

    def start(
        self, cause: Cause, principal: str, methods: Sequence[str], acting: events.ActingAs | None = None
    ) -> pb.Session:
        """Opens a session of the principal (`person:<id>` …) and answers with its tokens."""
        by = f"{acting.agent}/{principal}" if acting else principal
        record = self.sessions.create(
            replace(cause, by=by), lambda id: model_sessions.start(id, principal, methods, acting)
        )
        return self.opened(record.state)

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
        except Refused:  # erased while signing in: forgetting may have missed this session
            cause = Cause(key=f"{session.principal_id}/erased", by=session.principal)
            endings.end_session(self.parts, session.id, cause, model_sessions.PERSON_ERASED)
            raise
        actor = replace(actor, session=session.id)
        if acting:
            actor = replace(actor, acting=self._acting(session.principal_id, acting))
            me.acted_for.CopyFrom(_acted_for(actor.acting))
        return actor, me

    def _acting(self, principal_id: str, acting: ActingAs) -> Acting:
        return Acting(
            agent=acting.agent,
            name=self.parts.keyring.open_text(principal_id, acting.sealed_name),
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
