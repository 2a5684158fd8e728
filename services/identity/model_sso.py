"""Sign-ons and consents as pure functions.

A sign-on is one authorization code: begun when the code is given, finished when it is exchanged, once. A consent is what a principal
lets a client have.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chassis.acts import Evolve, Moment
from chassis.errors import FAILED_PRECONDITION, Refused
from yiwang.identity.v1 import events_pb2 as events

CODE_SECONDS = 60
CODE_USED = "CODE_USED"
# What a client may ask for, and what each gives.
SCOPES = ("openid", "profile", "phone", "id_number", "level", "offline_access")


@dataclass(frozen=True, slots=True)
class SignOn:
    """One authorization of a client, or (with `error`) one of its requests that was refused."""

    id: str
    client_id: str
    begun_at: datetime
    principal: str = ""
    scopes: list[str] = field(default_factory=list)
    redirect_uri: str = ""
    code_challenge: str = ""
    nonce: str = ""
    auth_time: str = ""
    methods: list[str] = field(default_factory=list)
    session_id: str = ""
    error: str = ""

    def code_good(self, client_id: str, now: datetime) -> bool:
        """Whether its code may still be exchanged by this client."""
        fresh = now < self.begun_at + timedelta(seconds=CODE_SECONDS)
        return self.client_id == client_id and fresh and not self.session_id and not self.error


@dataclass(frozen=True, slots=True)
class Consent:
    """The scopes a principal lets a client have."""

    id: str
    principal: str
    client_id: str
    scopes: list[str]
    given_at: datetime
    revoked: bool = False

    def covers(self, scopes: Collection[str]) -> bool:
        """Whether all of these may be had."""
        return not self.revoked and set(scopes) <= set(self.scopes)


def finish(sign_on: SignOn, session_id: str) -> events.SignOnFinished:
    """The code is exchanged; FAILED_PRECONDITION CODE_USED when it was before."""
    if sign_on.session_id:
        raise Refused(FAILED_PRECONDITION, CODE_USED, "授权码已被使用")
    return events.SignOnFinished(sign_on_id=sign_on.id, client_id=sign_on.client_id, session_id=session_id)


def give(
    consent: Consent | None, id: str, principal: str, client_id: str, scopes: Sequence[str]
) -> events.ConsentGiven | None:
    """The principal said yes to these scopes, beside those he said yes to before; nothing when he had."""
    if consent is not None and consent.covers(scopes):
        return None
    before = consent.scopes if consent and not consent.revoked else []
    return events.ConsentGiven(
        consent_id=id, principal=principal, client_id=client_id, scopes=sorted({*before, *scopes})
    )


def revoke(consent: Consent) -> events.ConsentRevoked | None:
    """He takes it back; nothing when he had."""
    if consent.revoked:
        return None
    return events.ConsentRevoked(consent_id=consent.id, principal=consent.principal, client_id=consent.client_id)


def _begun(_sign_on: None, event: events.SignOnBegun, moment: Moment) -> SignOn:
    return SignOn(
        id=event.sign_on_id,
        client_id=event.client_id,
        begun_at=moment.at,
        principal=event.principal,
        scopes=list(event.scopes),
        redirect_uri=event.redirect_uri,
        code_challenge=event.code_challenge,
        nonce=event.nonce,
        auth_time=event.auth_time,
        methods=list(event.methods),
    )


def _refused(_sign_on: None, event: events.SignOnRefused, moment: Moment) -> SignOn:
    return SignOn(id=event.sign_on_id, client_id=event.client_id, begun_at=moment.at, error=event.error)


def _finished(sign_on: SignOn, event: events.SignOnFinished, _moment: Moment) -> SignOn:
    return replace(sign_on, session_id=event.session_id)


def _given(_consent: Consent | None, event: events.ConsentGiven, moment: Moment) -> Consent:
    return Consent(event.consent_id, event.principal, event.client_id, list(event.scopes), moment.at)


def _revoked(consent: Consent, _event: events.ConsentRevoked, _moment: Moment) -> Consent:
    return replace(consent, revoked=True)


SIGN_ON_EVOLVE: Evolve = {
    events.SignOnBegun: _begun,
    events.SignOnRefused: _refused,
    events.SignOnFinished: _finished,
}
CONSENT_EVOLVE: Evolve = {events.ConsentGiven: _given, events.ConsentRevoked: _revoked}
