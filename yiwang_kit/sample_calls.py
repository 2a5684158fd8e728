"""What the sample system calls with: the channel, the token, when a call is sent again, and a folder in which it remembers.

Each file of the folder is replaced as a whole, so a crash loses nothing.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import grpc
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from yiwang.case.v1 import exchange_pb2_grpc as rpc
from yiwang.identity.v1 import clients_pb2, clients_pb2_grpc
from yiwang_kit.refusals import reason_of

T = TypeVar("T")
Metadata = list[tuple[str, str]]
CALL_SECONDS: Final = 20
MOST_TRIES: Final = 8
LONGEST_PAUSE: Final = 60.0
# After these the same call is worth sending again: nothing is known of it, or somebody was quicker, or there were too many.
AGAIN: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


class System:
    """The system: where the platform is, who it is, and what it has on disk."""

    def __init__(
        self, platform: str, client_id: str, keys: KeySet, folder: Path, profile: str = "gbt39046", pause: float = 1.0
    ) -> None:
        """`keys` is a private JWK set, its first key signs; `pause` the seconds before something is tried again for the first time."""
        self.client_id, self.keys, self.folder, self.profile, self.pause = client_id, keys, folder, profile, pause
        # Without a word for so long a watch is opened again: a heartbeat comes every 15 seconds.
        self.silence = 45.0
        self.stopping = threading.Event()
        # In earnest: grpc.secure_channel with the county's certificate.
        self.channel = grpc.insecure_channel(platform)
        self.exchange: Any = rpc.ExchangeServiceStub(self.channel)
        self._clients: Any = clients_pb2_grpc.ClientServiceStub(self.channel)
        self._token, self._until = "", 0.0
        self._tokens, self._files = threading.Lock(), threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)

    def bearer(self, refused: str = "") -> str:
        """A token that is good for a while yet; a new one when `refused` is the one there is."""
        with self._tokens:
            if self._token == refused or time.monotonic() > self._until - 15:
                request = clients_pb2.IssueMachineTokenRequest(assertion=self._assertion())
                answer = self._clients.IssueMachineToken(request, timeout=CALL_SECONDS)
                self._token, self._until = answer.access_token, time.monotonic() + answer.expires_in
            return self._token

    def forget_token(self) -> None:
        """The token was refused: the next call gets another."""
        with self._tokens:
            self._until = 0.0

    def _assertion(self) -> str:
        """A new one each time, good for a minute (RFC 7523)."""
        key, now = self.keys.keys[0], int(time.time())
        algorithm = {"OKP": "Ed25519", "EC": "ES256", "RSA": "RS256"}[key.key_type]
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": "yiwang.identity", "jti": uuid.uuid4().hex}
        header = {"alg": algorithm, **({"kid": key.kid} if key.kid else {})}
        return jwt.encode(header, claims | {"iat": now, "exp": now + 60}, key, [algorithm])

    def call(self, act: Callable[[Metadata], T]) -> T:
        """Calls until it is settled: again after a pause that doubles where that helps, once with a new token when the token was
        refused. RpcError for a refusal that stays one. The act sends the very same content each time."""
        refused, pause = "", self.pause
        for attempt in range(MOST_TRIES):
            token = ""
            try:
                token = self.bearer(refused)
                return act([("authorization", f"Bearer {token}")])
            except grpc.RpcError as error:
                over = error.code() == grpc.StatusCode.UNAUTHENTICATED and token and not refused
                if attempt == MOST_TRIES - 1 or not (over or error.code() in AGAIN):
                    raise
                refused = token if over else ""
                if not over:
                    self.stopping.wait(wait_after(error, pause))
                    pause = min(pause * 2, LONGEST_PAUSE)
        raise AssertionError("the last try returns or raises")

    def read(self, name: str) -> dict[str, Any]:
        """What is remembered under a name; empty when nothing is."""
        path = self.folder / f"{name}.json"
        with self._files:
            found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    @contextmanager
    def change(self, name: str) -> Iterator[dict[str, Any]]:
        """What is remembered under a name, to be changed; it is written when the block ends well."""
        with self._files:
            value = self.read(name)
            yield value
            beside = self.folder / f"{name}.new"
            beside.write_text(json.dumps(value, ensure_ascii=False))
            beside.replace(self.folder / f"{name}.json")


def keys_of(file: Path | None, folder: Path) -> KeySet:
    """The private keys of a file, or ones made in the folder when none is named; their public half lies beside them, to be registered."""
    if file is None:
        file = folder / "keys.json"
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            made = KeySet([OKPKey.generate_key("Ed25519", {"kid": uuid.uuid4().hex[:8]}, private=True)])
            file.touch(mode=0o600)
            file.write_text(json.dumps(made.as_dict(private=True)))
            (folder / "public.json").write_text(json.dumps(made.as_dict(private=False)))
    return KeySet.import_key_set(json.loads(file.read_text()))


def wait_after(error: grpc.RpcError, pause: float) -> float:
    """Seconds before the next try: a quota is counted by the minute, so more than a second after it in any case."""
    few = error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED or reason_of(error) == "RECONCILE_NEEDED"
    return max(pause, 1.2) if few else pause
