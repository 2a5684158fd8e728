"""Requests, answers and clients in the form authlib reads them. The gateway hands parameters through as they came."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, OAuth2Payload, OAuth2Request

from chassis.parts import Parts
from chassis.rpc import Call
from services.identity import machines, settings
from services.identity.model_clients import KEY, OPEN, SECRET, SIGN_ON, Client
from services.identity.model_sessions import Session
from services.identity.opening import File
from yiwang.identity.v1 import sso_pb2 as pb

# How clients prove themselves at the token endpoint, in the words of RFC 7591.
PROOFS: Mapping[int, str] = {KEY: "private_key_jwt", SECRET: "client_secret_basic", OPEN: "none"}
GRANTS: Mapping[int, Sequence[str]] = {SIGN_ON: ("authorization_code", "refresh_token")}
# What authlib puts into its error texts must be plain (RFC 6749, 4.1.2.1), and other forms of it are no request of ours.
_WORD = re.compile(r"[A-Za-z0-9_ .:-]{0,100}")
WORDS = ("client_id", "response_type", "response_mode", "grant_type", "scope", "prompt", "code_challenge_method")


class Payload(OAuth2Payload):  # type: ignore[misc]
    """Parameters as a mapping, and each with all its values."""

    def __init__(self, parameters: Iterable[pb.Parameter]) -> None:
        self._lists: dict[str, list[str]] = {}
        for one in parameters:
            self._lists.setdefault(one.name, []).append(one.value)
        self._data = {name: values[0] for name, values in self._lists.items()}

    @property
    def data(self) -> Mapping[str, str]:
        """The first value of each; who must not come twice is asked after by `repeated`."""
        return self._data

    @property
    def datalist(self) -> Mapping[str, list[str]]:
        """All values of each."""
        return self._lists

    def repeated(self) -> list[str]:
        """Names that came twice."""
        return [name for name, values in self._lists.items() if len(values) > 1]

    def odd(self) -> list[str]:
        """Names whose value is of no form such a value has."""
        return [name for name in WORDS if not _WORD.fullmatch(self._data.get(name, ""))]


class Asked(OAuth2Request):  # type: ignore[misc]
    """One request, with the call it came by and, at the authorization endpoint, the caller's own session."""

    def __init__(self, parts: Parts, parameters: Iterable[pb.Parameter], call: Call, authorization: str = "") -> None:
        address = settings.of(parts).public_url
        super().__init__("POST", address, headers={"Authorization": authorization} if authorization else {})
        self.payload = Payload(parameters)
        self.parts = parts
        self.call = call
        self.session: Session | None = None
        # What the principal is when tokens are made for him.
        self.file: File | None = None

    @property
    def args(self) -> Mapping[str, str]:
        """The parameters."""
        return self.payload.data

    form = args

    def require_plain(self) -> None:
        """authlib's InvalidRequestError when a parameter came twice or is of no form it may have (RFC 6749, 3.1 and 3.2)."""
        if self.payload.repeated() or self.payload.odd():
            raise InvalidRequestError("a parameter is repeated or malformed")


@dataclass
class Answer:
    """What goes back: a status with a body, or a place to go on to."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def location(self) -> str:
        """Where the browser is sent; empty for nowhere."""
        return self.headers.get("Location", "")

    @location.setter
    def location(self, value: str) -> None:
        self.headers["Location"] = value


class RegisteredClient(ClientMixin):  # type: ignore[misc]
    """A registered system as authlib asks about it."""

    def __init__(self, parts: Parts, client: Client) -> None:
        self._parts = parts
        self.own = client
        self.id_token_signed_response_alg = client.id_token_alg
        self.client_metadata = {"post_logout_redirect_uris": client.post_logout_redirect_uris}

    def get_client_id(self) -> str:
        """Its id."""
        return self.own.id

    def get_default_redirect_uri(self) -> None:
        """None: the address is part of every request, and compared."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Character by character (RFC 9700, 4.1.3)."""
        return redirect_uri in self.own.redirect_uris

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for, in order; None unless all are registered and `openid` is one of them."""
        asked = sorted(set((scope or "").split()))
        return " ".join(asked) if "openid" in asked and set(asked) <= set(self.own.scopes) else None

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is the secret we made."""
        return machines.secret_matches(self._parts, self.own, client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """One way only: the registered one."""
        return PROOFS.get(self.own.proof) == method

    def check_response_type(self, response_type: str) -> bool:
        """Codes only, for clients of sign-on."""
        return self.own.kind == SIGN_ON and response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes and refresh tokens for sign-on, client credentials for machines."""
        return grant_type in GRANTS.get(self.own.kind, ("client_credentials",))
