"""The grants of the token endpoint and what authlib asks of them. Protocol checks are authlib's; codes, sessions and consents are our
records, each changed by one atomic write."""

import time
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidGrantError, InvalidRequestError, grants
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.errors import (
    RegistrationNotSupportedError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt

from chassis.errors import UNAUTHENTICATED, Refused
from services.identity import machines, oauth_sessions
from services.identity.model_clients import EDDSA
from services.identity.model_sessions import Session
from services.identity.model_sso import SignOn
from services.identity.oauth_requests import Asked, RegisteredClient
from services.identity.oauth_sessions import ClientSessions
from yiwang.identity.v1 import events_pb2 as events

ID_TOKEN_SECONDS = 600
METHODS = ["client_secret_basic", "private_key_jwt", "none"]
UNSUPPORTED = {
    "request": RequestNotSupportedError,
    "request_uri": RequestURINotSupportedError,
    "registration": RegistrationNotSupportedError,
}


@dataclass
class Granted:
    """A sign-on or a session as authlib asks about what was granted."""

    scopes: list[str]
    sign_on: SignOn | None = None
    session: Session | None = None
    generation: int = 0
    redirect_uri: str = ""
    code_challenge: str = ""
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """The address the code was sent to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return " ".join(self.scopes)

    def check_client(self, client: RegisteredClient) -> bool:
        """Whether it is this client's."""
        return self.session is not None and self.session.client_id == client.own.id


class S256(CodeChallenge):  # type: ignore[misc]
    """PKCE for every client, and by S256 only (RFC 9700, 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """At the authorization endpoint: the challenge must be there."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or not data.get("code_challenge_method"):
            raise InvalidRequestError("code_challenge with code_challenge_method S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """The authorization endpoint, and codes at the token endpoint."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @property
    def sessions(self) -> ClientSessions:
        """Codes and sessions."""
        return self.server.sessions  # type: ignore[no-any-return]

    @staticmethod
    def validate_no_multiple_request_parameter(request: Asked) -> None:
        """Done by `validate_authorization_request`, which knows where to send the refusal."""

    def validate_authorization_request(self) -> str:
        """The redirect address, of a request that is right in every part."""
        redirect_uri: str = super().validate_authorization_request()
        try:
            self._check()
        except InvalidRequestError as error:
            error.redirect_uri = redirect_uri
            raise
        return redirect_uri

    def _check(self) -> None:
        data = self.request.payload.data
        self.request.require_plain()
        for name, unsupported in UNSUPPORTED.items():
            if name in data:
                raise unsupported(redirect_uri=data.get("redirect_uri"))
        if data.get("response_mode", "query") != "query":
            raise InvalidRequestError("response_mode is not supported")
        if "max_age" in data and not (
            data["max_age"].isascii() and data["max_age"].isdigit() and len(data["max_age"]) < 9
        ):
            raise InvalidRequestError("max_age is no number of seconds")
        if len(data.get("nonce", "")) > 200 or len(data.get("state", "")) > 2000:
            raise InvalidRequestError("nonce or state is too long")

    def generate_authorization_code(self) -> str:
        """The code of the sign-on this call begins."""
        return self.sessions.code_for(self.request.call.cause)

    def save_authorization_code(self, code: str, request: Asked) -> None:
        """The sign-on begins: one record, bound to client, address, challenge and nonce."""
        data, caller = request.payload.data, request.session
        assert caller is not None
        begun = events.SignOnBegun(
            client_id=request.client.own.id,
            principal=caller.principal,
            scopes=request.scope.split(),
            redirect_uri=data["redirect_uri"],
            code_challenge=data["code_challenge"],
            nonce=data.get("nonce", ""),
            auth_time=caller.auth_time or caller.started_at.isoformat(),
            methods=caller.methods,
        )

        def decide(id: str) -> events.SignOnBegun:
            begun.sign_on_id = id
            return begun

        self.sessions.sign_ons.create(request.call.cause, decide)

    def query_authorization_code(self, code: str, client: RegisteredClient) -> Granted | None:
        """What the code grants this client, if anything."""
        found = self.sessions.sign_on(code, client.own.id, self.request.call.span.traceparent)
        if found is None:
            return None
        return Granted(found.scopes, found, redirect_uri=found.redirect_uri, code_challenge=found.code_challenge)

    def delete_authorization_code(self, authorization_code: Granted) -> None:
        """Nothing: opening the session finished the sign-on."""

    def authenticate_user(self, authorization_code: Granted) -> str:
        """The principal; who he is now is asked when the session is open."""
        assert authorization_code.sign_on is not None
        return authorization_code.sign_on.principal

    def generate_token(self, user: Any = None, scope: str = "", **_: Any) -> dict[str, Any]:
        """Opens the session; InvalidGrantError when another was faster, or the principal is gone."""
        granted: Granted = self.request.authorization_code
        assert granted.sign_on is not None
        try:
            granted.session = self.sessions.open(granted.sign_on, self.request.call.span.traceparent)
        except Refused as refused:
            raise _no_grant(refused) from None
        return tokens_of(self.sessions, self.request, granted.session, scope)


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Refresh tokens at the token endpoint."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_refresh_token(self, refresh_token: str) -> Granted | None:
        """What the token holds, for the client that asks."""
        found = self.server.sessions.held(refresh_token, self.request.client.own.id)
        return Granted(found[0].scopes, session=found[0], generation=found[1]) if found else None

    def authenticate_user(self, refresh_token: Granted) -> str:
        """The principal."""
        assert refresh_token.session is not None
        return refresh_token.session.principal

    def issue_token(self, user: Any, refresh_token: Granted) -> dict[str, Any]:
        """Rotates, and answers with new tokens of the scopes asked for, or of all that were granted."""
        self.request.require_plain()
        assert refresh_token.session is not None
        trace = self.request.call.span.traceparent
        try:
            session = self.server.sessions.refresh(refresh_token.session, refresh_token.generation, trace)
        except Refused as refused:
            raise _no_grant(refused) from None
        self.request.authorization_code = Granted(session.scopes, session=session)
        return tokens_of(
            self.server.sessions, self.request, session, self.request.payload.scope or refresh_token.get_scope()
        )

    def revoke_old_credential(self, refresh_token: Granted) -> None:
        """Nothing: rotating did it."""


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """Client credentials: a machine's token, by its key only."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("private_key_jwt",)

    def generate_token(self, **_: Any) -> dict[str, Any]:
        """The token of five minutes."""
        token = machines.token(self.server.sessions.opening.keys.signing_key(), self.request.client.own)
        return {"access_token": token.access_token, "token_type": "Bearer", "expires_in": token.expires_in}


def _no_grant(refused: Refused) -> Exception:
    """What is no good is an invalid_grant; a lost race is not, and may be tried again."""
    return InvalidGrantError() if refused.code == UNAUTHENTICATED else refused


def tokens_of(sessions: ClientSessions, request: Asked, session: Session, scope: str) -> dict[str, Any]:
    """Tokens of a session; InvalidGrantError when principal, client or consent is gone. What he is now is kept for the id token."""
    request.file = sessions.file(session)
    if request.file is None:
        raise InvalidGrantError()
    return sessions.tokens(session, scope.split())


class IdToken(OpenIDCode):  # type: ignore[misc]
    """Id tokens (OpenID Connect Core, 2), signed as the client is registered."""

    def __init__(self, sessions: ClientSessions) -> None:
        super().__init__(require_nonce=False)
        self.sessions = sessions

    def exists_nonce(self, nonce: str, request: Asked) -> bool:
        """False: a nonce is the client's own matter, a code is good once anyway."""
        return False

    def encode_id_token(self, token: dict[str, Any], request: Asked) -> str:
        """The id token beside this access token."""
        alg = request.client.id_token_signed_response_alg or EDDSA
        key = self.sessions.keys[alg].signing_key()
        claims = self._claims(request) | {"at_hash": create_half_hash(token["access_token"], alg).decode()}
        return jwt.encode({"alg": alg, "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=[alg])

    def _claims(self, request: Asked) -> dict[str, Any]:
        granted: Granted = request.authorization_code
        session, instant = granted.session, int(time.time())
        assert session is not None and request.file is not None
        claims = {
            "iss": self.sessions.issuer,
            "sub": session.principal_id,
            "aud": session.client_id,
            "iat": instant,
            "exp": instant + ID_TOKEN_SECONDS,
            "auth_time": oauth_sessions.seconds_of(session.auth_time),
            "amr": session.methods,
            "acr": oauth_sessions.level_name(request.file[0].level),
            "sid": session.id,
            # Only the first one answers a request (OpenID Connect Core, 12.2).
            "nonce": session.nonce if granted.sign_on else "",
        }
        return {name: value for name, value in claims.items() if value}


def by_assertion(_query_client: Any, request: Asked) -> RegisteredClient | None:
    """The client that private_key_jwt proves; None when the request has no assertion, InvalidClientError when it is no good."""
    form = request.form
    if form.get("client_assertion_type") != JWTBearerClientAssertion.CLIENT_ASSERTION_TYPE:
        return None
    try:
        client = machines.by_assertion(request.parts, form.get("client_assertion", ""))
    except Refused:
        raise InvalidClientError() from None
    if form.get("client_id", client.id) != client.id:
        raise InvalidClientError()
    return RegisteredClient(request.parts, client)
