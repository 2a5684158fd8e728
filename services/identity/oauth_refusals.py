"""Requests of clients that were refused, kept to be counted: of known clients only, and so many a minute of each."""

import uuid
from collections.abc import Mapping

from chassis import quota
from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.parts import Parts
from services.identity import assertions, store_clients, store_sso
from yiwang.identity.v1 import events_pb2 as events

# Anybody may send bad requests in a client's name; more of them in a minute are refused all the same and not kept.
MOST_A_MINUTE = 20


def note(parts: Parts, client_id: str, error: str, trace: str) -> None:
    """Keeps that a request of this client was refused with this OAuth error; nothing for a client that does not exist."""
    if store_clients.clients(parts.database).find({"_id": client_id}) is None:
        return
    try:
        quota.take(parts.database, f"refusals/{client_id}", MOST_A_MINUTE, now())
    except Refused:
        return
    cause = Cause(key=f"client:{client_id}/refused/{uuid.uuid4()}", by=f"client:{client_id}", trace=trace)
    store_sso.sign_ons(parts.database).create(
        cause, lambda id: events.SignOnRefused(sign_on_id=id, client_id=client_id, error=error)
    )


def claimed(assertion: str) -> str:
    """The client an assertion claims to be of, unverified; empty when it claims nothing."""
    try:
        return assertions.claimed_subject(assertion)
    except (ValueError, KeyError, TypeError):
        return ""


def of_basic(headers: Mapping[str, str]) -> str:
    """The client a Basic authorization claims to be of; empty when there is none."""
    from authlib.oauth2.rfc6749.util import extract_basic_authorization

    try:
        return extract_basic_authorization(headers)[0] or ""
    except ValueError:
        return ""
