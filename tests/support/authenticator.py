"""A software authenticator (WebAuthn level 2): one discoverable ES256 passkey, attestation "none", user verification."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """What a browser and its authenticator do on a page of `origin`."""

    origin: str = "http://localhost:8000"
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0
    handle: bytes = b""

    def make(self, options_json: str) -> str:
        """RegistrationResponseJSON for PublicKeyCredentialCreationOptions."""
        options = json.loads(options_json)
        self.handle = decoded(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        cose = bytes.fromhex("a5010203262001215820") + point.x.to_bytes(32) + bytes.fromhex("225820")
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cose + point.y.to_bytes(32)
        data = self._data(ATTESTED) + attested
        # {"fmt": "none", "attStmt": {}, "authData": data} in CBOR
        attestation = (
            bytes.fromhex("a363666d74646e6f6e656761747453746d74a068617574684461746159") + len(data).to_bytes(2) + data
        )
        response = {
            "clientDataJSON": encoded(self._client("webauthn.create", options)),
            "attestationObject": encoded(attestation),
        }
        return self._credential(response)

    def show(self, options_json: str) -> str:
        """AuthenticationResponseJSON for PublicKeyCredentialRequestOptions."""
        client = self._client("webauthn.get", json.loads(options_json))
        self.count += 1
        data = self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": encoded(client),
                "authenticatorData": encoded(data),
                "signature": encoded(signature),
                "userHandle": encoded(self.handle),
            }
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([self.flags | flags]) + self.count.to_bytes(4)

    def _client(self, type: str, options: dict[str, Any]) -> bytes:
        told = {"type": type, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _credential(self, response: dict[str, str]) -> str:
        id = encoded(self.id)
        return json.dumps(
            {"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )
