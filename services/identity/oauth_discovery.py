"""What the provider says of itself (OpenID Connect Discovery 1.0, RFC 8414), its keys, and what it says of people (userinfo)."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from chassis.parts import Parts
from services.identity import machines, people, store
from services.identity.assertions import ALGORITHMS
from services.identity.model_sso import SCOPES
from services.identity.oauth_requests import PROOFS
from services.identity.oauth_sessions import USERINFO_PATH, Access, ClientSessions, level_name
from services.identity.opening import File
from standards.real_names import LEVELS
from yiwang.identity.v1 import service_pb2
from yiwang.identity.v1 import sso_pb2 as pb

Claims = dict[str, Any]
# What a client may be told, by scope. A person's numbers are opened for these scopes alone.
BY_SCOPE = {
    "profile": ("name", "department", "department_name", "region"),
    "phone": ("phone_number",),
    "id_number": ("id_number",),
    "level": ("level",),
}


def configuration(sessions: ClientSessions) -> Claims:
    """The discovery document, also as RFC 8414's."""
    issuer = sessions.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": issuer + machines.TOKEN_PATH,
        "userinfo_endpoint": issuer + USERINFO_PATH,
        "jwks_uri": f"{issuer}/oauth/jwks",
        "end_session_endpoint": f"{issuer}/oauth/end-session",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(sessions.keys),
        "token_endpoint_auth_methods_supported": list(PROOFS.values()),
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(LEVELS),
        "claims_supported": ["sub", "realm", *(claim for claims in BY_SCOPE.values() for claim in claims)],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["zh-CN"],
    }


def jwks(sessions: ClientSessions) -> Claims:
    """The keys of id tokens: all that sign, or signed not long ago."""
    return {"keys": [key for keys in sessions.keys.values() for key in orjson.loads(keys.jwks())["keys"]]}


def userinfo(parts: Parts, sessions: ClientSessions, token: str) -> pb.HttpAnswer:
    """The claims of the scopes of an access token, while session, principal, client and consent still stand behind it."""
    access = sessions.access(token)
    file = sessions.file(access.session) if access else None
    client = machines.client_of(parts, access.session.client_id) if access else None
    if access is None or file is None or client is None:
        body = orjson.dumps({"error": "invalid_token"}).decode()
        return pb.HttpAnswer(status=401, body_json=body, www_authenticate='Bearer error="invalid_token"')
    told = _claims(parts, access, file, set(access.scopes) & set(access.session.scopes) & set(client.scopes))
    return pb.HttpAnswer(status=200, body_json=orjson.dumps(told).decode())


def _claims(parts: Parts, access: Access, file: File, scopes: set[str]) -> Claims:
    session = access.session
    wanted = [claim for scope in sorted(scopes) for claim in BY_SCOPE.get(scope, ())]
    known = FILES[session.realm](parts, session.principal_id, file)
    told = {claim: known[claim] for claim in wanted if known.get(claim)}
    return {"sub": session.principal_id, "realm": session.realm} | told


def _person(parts: Parts, id: str, file: File) -> Claims:
    own = people.known(parts, store.persons(parts.database).get(id))
    phone = own.get("phone", "")
    return {
        "name": own.get("name", ""),
        # As OpenID Connect Core, 5.1 has it (E.164).
        "phone_number": f"+86{phone}" if phone else "",
        "id_number": own.get("id_number", ""),
        "level": level_name(file[0].level),
    }


def _officer(_parts: Parts, _id: str, file: File) -> Claims:
    me: service_pb2.Officer = file[1].officer
    return {
        "name": me.name,
        "department": me.department,
        "department_name": me.department_name,
        "region": me.region,
    }


FILES: Mapping[str, Callable[[Parts, str, File], Claims]] = {"person": _person, "officer": _officer}
