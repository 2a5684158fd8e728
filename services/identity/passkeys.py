"""Passkeys by the library webauthn (WebAuthn level 2). It is imported when the first passkey is asked for: an idle api stays small."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.sealed import Keyring
from chassis.telemetry import log
from services.identity.model_factors import ISSUER

TIMEOUT_MS = 300_000
LOOPBACK = ("127.0.0.1", "::1")


class Site(NamedTuple):
    """Where passkeys are good: the relying party's id (a domain) and the origin of its pages."""

    rp_id: str
    origin: str


class Made(NamedTuple):
    """A passkey a browser made: the id its authenticator gave it, its public key (COSE) and its signature counter."""

    credential_id: str
    public_key: bytes
    counter: int


def site_of(public_url: str) -> Site:
    """The site people reach at this address. A relying party must be a domain, so a suite on this machine is reached as localhost."""
    parts = urlsplit(public_url)
    if parts.hostname in LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        return Site("localhost", f"{parts.scheme}://localhost{port}")
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def user_handle(keyring: Keyring, principal: str) -> bytes:
    """What an authenticator keeps of the principal: 32 bytes that say nothing (WebAuthn 14.6.1)."""
    return bytes.fromhex(keyring.blind("user-handle", principal))


def creation_options(
    site: Site, handle: bytes, account: str, name: str, challenge: bytes, present: Sequence[str]
) -> str:
    """PublicKeyCredentialCreationOptions as JSON: discoverable, with user verification, none of those already present."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, structs

    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=ISSUER,
        user_id=handle,
        user_name=account,
        user_display_name=name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in present],
    )
    return webauthn.options_to_json(options)


def request_options(site: Site, challenge: bytes) -> str:
    """PublicKeyCredentialRequestOptions as JSON, which name no account."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    required = UserVerificationRequirement.REQUIRED
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id, challenge=challenge, timeout=TIMEOUT_MS, user_verification=required
    )
    return webauthn.options_to_json(options)


def made(site: Site, credential_json: str, challenge: bytes) -> Made | None:
    """The passkey a browser made for this challenge on this site; None when anything about it is wrong."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url

    try:
        verified = webauthn.verify_registration_response(
            credential=credential_json,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _faults() as error:
        log("passkeys").info("passkey_refused", error=type(error).__name__)
        return None
    return Made(bytes_to_base64url(verified.credential_id), verified.credential_public_key, verified.sign_count)


def shown(site: Site, credential_json: str, challenge: bytes, public_key: bytes, count: int) -> int | None:
    """The signature counter of a passkey that was shown for this challenge; None when anything is wrong, or the counter went back."""
    import webauthn

    try:
        return webauthn.verify_authentication_response(
            credential=credential_json,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=count,
            require_user_verification=True,
        ).new_sign_count
    except _faults() as error:
        log("passkeys").info("passkey_refused", error=type(error).__name__)
        return None


def named(credential_json: str) -> tuple[str, str]:
    """Credential id and user handle (both base64url) a browser says it shows; empty for what it does not say."""
    try:
        said: Any = orjson.loads(credential_json)
        id, handle = said["id"], said["response"]["userHandle"]
    except (ValueError, KeyError, TypeError):
        return "", ""
    return (id, handle) if isinstance(id, str) and isinstance(handle, str) else ("", "")


@cache
def nobody() -> bytes:
    """A public key (COSE, P-256) to verify against for passkeys nobody has, so that they take as long; its other half is gone."""
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return (
        bytes.fromhex("a5010203262001215820")
        + numbers.x.to_bytes(32)
        + bytes.fromhex("225820")
        + numbers.y.to_bytes(32)
    )


def _faults() -> tuple[type[Exception], ...]:
    """What the library raises for credentials that are wrong in whatever way: its own errors, and those of what it parses with."""
    import struct

    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from webauthn.helpers.exceptions import WebAuthnException

    found = (WebAuthnException, InvalidSignature, UnsupportedAlgorithm, struct.error)
    return (*found, ValueError, KeyError, TypeError, IndexError, AttributeError)
