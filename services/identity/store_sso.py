"""What identity keeps of single sign-on: sign-ons and consents as records."""

from typing import Any

from pymongo.database import Database

from chassis.records import Record, Records, record_id
from services.identity import model_sso
from services.identity.model_sso import Consent, SignOn
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]


def sign_ons(database: Database[Document]) -> Records[SignOn]:
    """The sign-ons, and the requests of clients that were refused."""
    return Records(database["sign_ons"], SignOn, model_sso.SIGN_ON_EVOLVE, events)


def consents(database: Database[Document]) -> Records[Consent]:
    """The consents; the id follows from principal and client."""
    return Records(database["consents"], Consent, model_sso.CONSENT_EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [sign_ons(database), consents(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    sign_ons(database).ensure_indexes()
    consents(database).ensure_indexes([("state.principal", 1), ("state.revoked", 1)])


def consent_id(principal: str, client_id: str) -> str:
    """The id of the consent of a principal to a client."""
    return record_id(f"consent/{principal}/{client_id}")


def consent_of(database: Database[Document], principal: str, client_id: str) -> Consent | None:
    """What the principal said to the client, if anything."""
    found = consents(database).find({"_id": consent_id(principal, client_id)})
    return found.state if found else None


def consents_of(database: Database[Document], principal: str) -> list[Record[Consent]]:
    """The consents of a principal that hold, the newest first."""
    found = consents(database).select({"state.principal": principal, "state.revoked": False})
    return sorted(found, key=lambda one: one.state.given_at, reverse=True)


def session_id(sign_on_id: str) -> str:
    """The id of the session a sign-on opens: one code, one session, also when it is exchanged twice at once."""
    return record_id(f"sign_on/{sign_on_id}")
