"""What identity does about delegations when it hears something, and by the clock: the person is told, sessions end."""

from collections.abc import Sequence
from datetime import datetime

from chassis.acts import Cause, now
from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.identity import (
    accesses,
    endings,
    model_delegations,
    model_sessions,
    store,
    store_agents,
    store_delegations,
    views_agents,
    views_delegations,
)
from standards.identifiers import name_mask
from standards.workdays import SHANGHAI
from yiwang.identity.v1.events_pb2 import (
    DelegationGranted,
    DelegationRequested,
    DelegationRevoked,
    PersonErased,
    SessionStarted,
)


class HearsDelegations:
    """Handlers and timers."""

    parts: Parts

    @on(DelegationRequested)
    def note_delegation_request(self, event: Heard[DelegationRequested]) -> None:
        """Act: the person reads in his access record who asks to act for him."""
        body = event.body
        agent = store_agents.agents(self.parts.database).get(body.requested_by.partition(":")[2])
        asks = store_agents.organizations(self.parts.database).get(body.agent_organization_id).state
        said = "申请代为办理：" + _scope(body.item_codes, body.case_id, body.until)
        self._note(event, body.requested_by, views_agents.shown_name(self.parts, agent, asks), said)

    @on(DelegationGranted)
    def note_delegation(self, event: Heard[DelegationGranted]) -> None:
        """Act: the person reads in his access record who may act for him, and within what."""
        body = event.body
        state = store_delegations.delegations(self.parts.database).get(body.delegation_id).state
        holder = views_delegations.holder_name(views_delegations.sides(self.parts, state))
        said = f"委托{holder}代为办理：" + _scope(body.item_codes, body.case_id, body.until)
        self._note(event, f"person:{body.person_id}", "本人", said)

    def _note(
        self, event: Heard[DelegationRequested] | Heard[DelegationGranted], by: str, by_name: str, said: str
    ) -> None:
        happened_at = datetime.fromisoformat(event.time)
        noted = (self.parts, event.cause, event.body.person_id, by, accesses.DELEGATION, by_name)
        accesses.note(*noted, purpose=said, happened_at=happened_at)

    @on(SessionStarted)
    def note_acting(self, event: Heard[SessionStarted]) -> None:
        """Act: the person reads in his access record each session in which somebody acts for him."""
        acting, person = event.body.acting, event.body.principal_id
        if not acting.delegation_id:
            return
        name = self.parts.keyring.open_text(acting.agent.partition(":")[2], acting.sealed_name)
        accesses.note(
            self.parts,
            event.cause,
            person,
            acting.agent,
            accesses.ACTED,
            # The line is under this person's key: the full name of the other would outlive his erasure.
            name_mask(name) if acting.channel == "person" else name,
            purpose="开始代为办理：" + _scope(acting.item_codes, acting.case_id, acting.until),
            happened_at=datetime.fromisoformat(event.time),
        )

    @on(DelegationRevoked)
    def end_delegation(self, event: Heard[DelegationRevoked]) -> None:
        """Act: every session under it ends."""
        sessions = store.sessions(self.parts.database)
        under = store.open_sessions_by(sessions, "delegation_id", event.body.delegation_id)
        endings.end_all(self.parts, under, event.cause, model_sessions.DELEGATION_ENDED)

    @on(PersonErased)
    def void_delegations(self, event: Heard[PersonErased]) -> None:
        """Act: what the person gave or held ends with his file."""
        delegations = store_delegations.delegations(self.parts.database)
        for id in store_delegations.open_of(delegations, event.body.person_id):
            delegations.change(id, event.cause, model_delegations.void_for_good)

    @every(interval=30)
    def end_expired_delegations(self) -> None:
        """Sessions whose delegation has ended by itself; their tokens were not good for longer anyhow."""
        sessions = store.sessions(self.parts.database)
        for id in store.expired_acting(sessions, now()):
            cause = Cause(key=f"timer/end_expired_delegations/{id}", by="system:identity")
            endings.end_session(self.parts, id, cause, model_sessions.DELEGATION_ENDED)


def _scope(item_codes: Sequence[str], case_id: str, until: str) -> str:
    what = f"办件{case_id}" if case_id else "事项" + "、".join(item_codes)
    return f"{what}，至{datetime.fromisoformat(until).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
