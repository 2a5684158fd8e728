"""The OpenID Connect provider: what the gateway's addresses answer. Requests are checked by authlib, what happens is in our records."""

from collections.abc import Iterable
from typing import Any

import orjson
from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError, AuthorizationServer, InvalidRequestError
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError
from authlib.oidc.rpinitiated import EndSessionEndpoint, EndSessionRequest

from chassis import acts
from chassis.acts import now
from chassis.errors import FAILED_PRECONDITION, PERMISSION_DENIED, Refused, Violation, invalid
from chassis.parts import Parts
from chassis.rpc import Call
from services.identity import machines, model_sso, oauth_discovery, oauth_refusals, store, store_sso, views_sso
from services.identity.keys import SigningKeys
from services.identity.model_sessions import Session
from services.identity.oauth_grants import S256, CodeGrant, IdToken, MachineGrant, RefreshGrant, by_assertion
from services.identity.oauth_requests import Answer, Asked, RegisteredClient
from services.identity.oauth_sessions import ClientSessions, seconds_of
from services.identity.opening import Opening
from yiwang.identity.v1 import sso_pb2 as pb

# Who reads the consent page may take his time before the sign-in it asked for is too old again.
CONSENT_SECONDS = 600


class _Issuer(IssuerParameter):  # type: ignore[misc]
    """`iss` on every answer of the authorization endpoint (RFC 9207)."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        """Ours."""
        return self._issuer


class _EndSession(EndSessionEndpoint):  # type: ignore[misc]
    """RP-Initiated Logout 1.0: ends the client's session of the id token."""

    def get_server_jwks(self) -> dict[str, Any]:
        """The keys of id tokens."""
        return oauth_discovery.jwks(self.server.sessions)

    def get_algorithms(self) -> list[str]:
        """What id tokens are signed with."""
        return list(self.server.sessions.keys)

    def end_session(self, end_session_request: EndSessionRequest) -> None:
        """Ends it when the id token is ours and of the client it names."""
        claims, client = end_session_request.id_token_claims or {}, end_session_request.client
        if (
            client is not None
            and claims.get("iss") == self.server.sessions.issuer
            and claims.get("aud") == client.own.id
        ):
            trace = end_session_request.request.call.span.traceparent
            self.server.sessions.end(str(claims.get("sid")), client.own.id, trace)


class Server(AuthorizationServer):  # type: ignore[misc]
    """authlib's server, with our clients, grants and answers."""

    def __init__(self, parts: Parts, sessions: ClientSessions) -> None:
        super().__init__(scopes_supported=model_sso.SCOPES)
        self.parts = parts
        self.sessions = sessions
        self.register_client_auth_method("private_key_jwt", by_assertion)
        id_token = IdToken(sessions)
        self.register_grant(CodeGrant, [S256(), id_token])
        self.register_grant(RefreshGrant, [id_token])
        self.register_grant(MachineGrant)
        self.register_extension(lambda server: _Issuer(sessions.issuer)(server))
        self.register_endpoint(_EndSession(self))

    def query_client(self, client_id: str) -> RegisteredClient | None:
        """A client that may work now."""
        client = machines.client_of(self.parts, client_id)
        return RegisteredClient(self.parts, client) if client else None

    def save_token(self, token: dict[str, Any], request: Asked) -> None:
        """Nothing: what a token stands for is a session's record already."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nothing listens."""

    def create_oauth2_request(self, request: Asked) -> Asked:
        """Requests come as authlib wants them."""
        return request

    def handle_response(self, status: int, body: Any, headers: Iterable[tuple[str, str]]) -> Answer:
        """The answer."""
        return Answer(status, body, dict(headers))

    def handle_error_response(self, request: Asked, error: OAuth2Error) -> Answer:
        """A refusal. Whatever is wrong with a client's proof, it is told the same."""
        if error.error == "invalid_client":
            error.description, error.status_code = "client authentication failed", 401
        answer: Answer = super().handle_error_response(request, error)
        return answer


class Provider:
    """What stands behind the addresses."""

    def __init__(self, parts: Parts, opening: Opening, rsa: SigningKeys) -> None:
        self.parts = parts
        self.opening = opening
        self.sessions = ClientSessions(parts, opening, rsa)
        self.server = Server(parts, self.sessions)

    def check(self, request: pb.CheckAuthorizationRequest, call: Call) -> pb.CheckAuthorizationResponse:
        """What is asked for, and what the caller must do before; or where to send him with a refusal."""
        asked = self._asked(request.parameters, call)
        try:
            grant = self._grant(asked)
            sign_in = self._sign_in_needed(asked, grant.prompt, 0)
            consent = not sign_in and self._consent_needed(asked, grant.prompt)
            if asked.args.get("prompt") == "none" and (sign_in or consent):
                uri = asked.args["redirect_uri"]
                raise LoginRequiredError(redirect_uri=uri) if sign_in else ConsentRequiredError(redirect_uri=uri)
        except OAuth2Error as error:
            return pb.CheckAuthorizationResponse(redirect_to=self._sent_back(asked, error))
        client = grant.client.own
        return pb.CheckAuthorizationResponse(
            client_name=client.name,
            department_name=views_sso.department_name(self.parts, client.department),
            scopes=asked.scope.split(),
            sign_in_needed=sign_in,
            consent_needed=consent,
        )

    def authorize(self, request: pb.AuthorizeRequest, call: Call) -> pb.AuthorizeResponse:
        """A code in the caller's name, or his no."""
        asked = self._asked(request.parameters, call)
        try:
            grant = self._grant(asked)
            if request.denied:
                raise AccessDeniedError(redirect_uri=asked.args["redirect_uri"])
        except OAuth2Error as error:
            return pb.AuthorizeResponse(redirect_to=self._sent_back(asked, error))
        session = asked.session
        if session is None or self._sign_in_needed(asked, grant.prompt, CONSENT_SECONDS):
            raise Refused(FAILED_PRECONDITION, "SIGN_IN_NEEDED", "请重新登录后继续")
        if self._consent_needed(asked, grant.prompt) and not request.approved:
            raise Refused(FAILED_PRECONDITION, "CONSENT_NEEDED", "请先确认授权")
        if request.approved:
            self._keep_consent(asked, session, call)
        answer = self.server.create_authorization_response(asked, grant_user=session.principal, grant=grant)
        return pb.AuthorizeResponse(redirect_to=answer.location)

    def exchange(self, request: pb.ExchangeTokenRequest, call: Call) -> pb.HttpAnswer:
        """The token endpoint."""
        asked = self._asked(request.form, call, request.authorization)
        try:
            self._require_one_proof(asked)
            answer = self.server.create_token_response(asked)
        except (OAuth2Error, ValueError):
            # authlib builds some of its texts from what was sent, and refuses to when that is not plain (ValueError).
            answer = self.server.handle_error_response(
                asked, InvalidRequestError("a parameter is repeated or malformed")
            )
        if answer.status != 200:
            self._note(asked, str(answer.body["error"]))
        body = orjson.dumps(answer.body).decode()
        authenticate = answer.headers.get("WWW-Authenticate", "")
        return pb.HttpAnswer(status=answer.status, body_json=body, www_authenticate=authenticate)

    def end(self, request: pb.EndAuthorizationRequest, call: Call) -> pb.EndAuthorizationResponse:
        """The end-session endpoint; a request that is wrong ends nothing and leads nowhere."""
        asked = self._asked(request.parameters, call)
        try:
            asked.require_plain()
            wanted = self.server.validate_endpoint_request("end_session", asked)
            answer = self.server.create_endpoint_response("end_session", wanted)
        except (OAuth2Error, ValueError):
            return pb.EndAuthorizationResponse()
        return pb.EndAuthorizationResponse(redirect_to=answer.location if answer else "")

    def _asked(self, parameters: Iterable[pb.Parameter], call: Call, authorization: str = "") -> Asked:
        asked = Asked(self.parts, parameters, call, authorization)
        if call.actor.realm:
            # Whoever acts for another signs on nowhere in his name.
            if call.actor.realm not in (acts.PERSON, acts.OFFICER) or call.actor.acting:
                raise Refused(PERMISSION_DENIED, "NOT_ALLOWED", "当前身份不能登录其他系统")
            found = self.opening.sessions.find({"_id": call.actor.session})
            asked.session = found.state if found and not found.state.reason else None
        return asked

    def _grant(self, asked: Asked) -> Any:
        """The grant of an authorization request. INVALID_ARGUMENT, to be shown, while client and address are not sure; an OAuth2Error
        that leads back to the client for the rest."""
        client = self.server.query_client(asked.args.get("client_id", ""))
        known = client is not None and client.check_redirect_uri(asked.args.get("redirect_uri", ""))
        if not known or {"client_id", "redirect_uri"} & set(asked.payload.repeated()):
            raise _unknown_client()
        asked.client = client
        try:
            return self.server.get_consent_grant(asked, end_user=asked.session and asked.session.principal)
        except OAuth2Error as error:
            error.redirect_uri = asked.args["redirect_uri"]
            raise
        except ValueError:
            state = asked.payload.state
            raise InvalidRequestError(
                "a parameter is malformed", state=state, redirect_uri=asked.args["redirect_uri"]
            ) from None

    def _sign_in_needed(self, asked: Asked, prompt: str | None, slack: int) -> bool:
        """`prompt=login` always asks for a fresh one: the gateway sends the request again without it, with a `max_age`."""
        session, max_age = asked.session, asked.args.get("max_age")
        if session is None or prompt in ("login", "select_account"):
            return True
        signed_in = seconds_of(session.auth_time or session.started_at.isoformat())
        return max_age is not None and now().timestamp() - signed_in > int(max_age) + slack

    def _consent_needed(self, asked: Asked, prompt: str | None) -> bool:
        session, client_id = asked.session, asked.args["client_id"]
        consent = store_sso.consent_of(self.parts.database, session.principal, client_id) if session else None
        return prompt == "consent" or consent is None or not consent.covers(asked.scope.split())

    def _keep_consent(self, asked: Asked, session: Session, call: Call) -> None:
        """An act of its own before the sign-on: should the second fail, what was said still stands."""
        principal, client_id, scopes = session.principal, asked.args["client_id"], asked.scope.split()
        id = store_sso.consent_id(principal, client_id)
        consents = store_sso.consents(self.parts.database)
        store.put(consents, id, call.cause, lambda one: model_sso.give(one, id, principal, client_id, scopes))

    def _sent_back(self, asked: Asked, error: OAuth2Error) -> str:
        """The registered address with the error, the state and our name (RFC 6749, 4.1.2.1; RFC 9207)."""
        self._note(asked, str(error.error))
        error.state = asked.payload.state
        answer = self.server.handle_response(*error())
        return str(add_params_to_uri(answer.location, [("iss", self.sessions.issuer)]))

    def _require_one_proof(self, asked: Asked) -> None:
        """InvalidRequestError for parameters that came twice, and for two proofs of one client (RFC 6749, 2.3)."""
        asked.require_plain()
        proofs = ("Authorization" in asked.headers, "client_assertion" in asked.args, "client_secret" in asked.args)
        if sum(proofs) > 1:
            raise InvalidRequestError("more than one client authentication")

    def _note(self, asked: Asked, error: str) -> None:
        client = asked.client.own.id if asked.client else asked.args.get("client_id", "")
        client = (
            client
            or oauth_refusals.claimed(asked.args.get("client_assertion", ""))
            or oauth_refusals.of_basic(asked.headers)
        )
        oauth_refusals.note(self.parts, client, error, asked.call.span.traceparent)


def _unknown_client() -> Refused:
    return invalid(Violation("parameters", "CLIENT_UNKNOWN", "该系统未在本平台登记，或回调地址与登记的不一致"))
