"""What identity does about organisations when it hears something: it asks the source about claims, tells handlers, and ends sessions."""

from datetime import datetime

from chassis import outside
from chassis.events import Heard, on
from chassis.parts import Parts
from chassis.telemetry import log
from services.identity import (
    accesses,
    endings,
    model_organizations,
    model_sessions,
    settings,
    source,
    store,
    store_organizations,
    views_organizations,
)
from services.identity.model_verifications import PASSED, Answer
from yiwang.identity.v1.events_pb2 import HandlerAuthorized, HandlerRevoked, OrganizationClaimed, OrganizationConfirmed


class HearsOrganizations:
    """Handlers and timers."""

    parts: Parts

    @on(OrganizationClaimed)
    def ask_representative(self, event: Heard[OrganizationClaimed]) -> None:
        """Act: the source is asked whether the claimant is the legal representative, and what it says is written."""
        body = event.body
        organizations = store_organizations.organizations(self.parts.database)
        one = organizations.get(body.organization_id).state
        if not model_organizations.waits(one, body.person_id, body.sealed):
            return
        said = self._represents(event)
        reason = "" if said.status == PASSED else said.reason
        log("organizations").info("source_answered", organization=one.id, status=said.status, reason=reason)
        organizations.change(
            one.id,
            event.cause,
            lambda state: model_organizations.settle(state, body.person_id, body.sealed, reason, said.reference),
        )

    def _represents(self, event: Heard[OrganizationClaimed]) -> Answer:
        body, keyring = event.body, self.parts.keyring
        person = store.persons(self.parts.database).get(body.person_id)
        known = keyring.open(person.id, person.state.sealed)
        claim = keyring.open(body.organization_id, body.sealed)
        if known is None or claim is None:  # erased meanwhile: nobody claims it any more
            return Answer(status=0, reason=source.NOT_REPRESENTATIVE)
        url = settings.of(self.parts).verification_url
        if not url:
            raise outside.Away("no source is configured")
        return source.represents(url, event.id, body.uscc, claim["name"], known)

    @on(OrganizationConfirmed)
    def end_representative(self, event: Heard[OrganizationConfirmed]) -> None:
        """Act: the sessions of who represented it before end, unless he may act for it still."""
        id, today = event.body.organization_id, views_organizations.today()
        one = store_organizations.organizations(self.parts.database).get(id).state
        sessions = store.sessions(self.parts.database)
        for session in store.open_sessions(sessions, id):
            actor = sessions.get(session).state.actor
            if not model_organizations.may_act(one, actor.partition(":")[2], today):
                endings.end_session(self.parts, session, event.cause, model_sessions.DELEGATION_ENDED)

    @on(HandlerAuthorized)
    def note_handler(self, event: Heard[HandlerAuthorized]) -> None:
        """Act: the person reads in his access record that he may act for the organisation."""
        body = event.body
        accesses.note(
            self.parts,
            event.cause,
            body.person_id,
            event.by,
            accesses.HANDLER,
            self.parts.keyring.open_text(body.person_id, body.sealed_name),
            purpose=f"授权为经办人，自{getattr(body, 'from')}至{body.until}",
            happened_at=datetime.fromisoformat(event.time),
        )

    @on(HandlerRevoked)
    def end_handler(self, event: Heard[HandlerRevoked]) -> None:
        """Act: the sessions end that he had for the organisation until then; later ones are of a later authorisation."""
        sessions, until = store.sessions(self.parts.database), datetime.fromisoformat(event.time)
        for session in store.open_sessions(sessions, event.body.organization_id):
            state = sessions.get(session).state
            if state.actor == f"person:{event.body.person_id}" and state.started_at <= until:
                endings.end_session(self.parts, session, event.cause, model_sessions.DELEGATION_ENDED)
