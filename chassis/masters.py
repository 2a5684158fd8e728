"""The keys that wrap keys: one from MASTER_KEY, several from a key file, or a KMS that never shows its own.

What is wrapped begins with the id of its master and a zero byte, so several masters can be in use at once and one can take over
from another (`rewrap`). The KMS is HashiCorp Vault or OpenBao: their transit engine, over HTTP.
"""

import base64
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import InvalidTag

from chassis.config import ConfigurationError, Settings
from chassis.telemetry import log
from standards.ciphers import Profile, Sealer

# The id of the master in MASTER_KEY; a key file that takes over from it names it so.
ONLY = "master"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 2.0
# After a KMS did not answer nobody waits for it again so long: the threads of an api are for those who need no new key.
AWAY_SECONDS = 1.0


class KeysUnavailable(Exception):
    """The KMS is away or refuses us, or a master is not here (yet). Like a store that is away it refuses nothing and says nothing
    about anybody: whoever calls is told UNAVAILABLE KEYS_UNAVAILABLE, a handler waits, and nothing is lost by trying again."""


class Masters(Protocol):
    """What wraps and unwraps. KeysUnavailable when that cannot be done now, ValueError when it never can."""

    def wrap(self, name: str, secret: bytes) -> bytes:
        """A secret, wrapped by the current master and bound to its name."""

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The secret of that name, by whichever master it was wrapped."""

    def current(self) -> bytes:
        """What everything begins with that the current master wraps."""


def masters_of(settings: Settings) -> Masters:
    """The masters a configuration names; ConfigurationError unless it is exactly one kind."""
    given = [name for name in ("master_key", "master_key_file", "kms_url") if getattr(settings, name)]
    if len(given) != 1:
        raise ConfigurationError("exactly one of MASTER_KEY, MASTER_KEY_FILE and KMS_URL must be set")
    profile = settings.profile
    if settings.master_key:
        only = KeySet(
            ONLY,
            {ONLY: Sealer(profile, _bytes("MASTER_KEY must be the base64 of exactly 32 bytes", settings.master_key))},
        )
        return Held(lambda: only)
    if settings.master_key_file:
        return Held(KeyFile("MASTER_KEY_FILE", settings.master_key_file, profile))
    former = settings.kms_former_key_file
    return Kms(settings, Held(KeyFile("KMS_FORMER_KEY_FILE", former, profile)) if former else None)


class KeySet(NamedTuple):
    """Masters by id, and which of them wraps."""

    current: str
    keys: Mapping[str, Sealer]


class Held:
    """Masters this process holds itself."""

    def __init__(self, key_set: Callable[[], KeySet]) -> None:
        self._set = key_set

    def wrap(self, name: str, secret: bytes) -> bytes:
        """A secret, wrapped by the current master and bound to its name."""
        current, keys = self._set()
        return _joined(current, keys[current].seal(secret, name.encode()))

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The secret of that name. KeysUnavailable when its master is not here: another process may know it sooner."""
        id, body = _parted(wrapped)
        sealer = self._set().keys.get(id)
        if sealer is None:
            log("masters").error("master_unknown", master=id)
            raise KeysUnavailable()
        try:
            return sealer.open(body, name.encode())
        except InvalidTag:
            raise ValueError(f"{name} was wrapped under another master key") from None

    def current(self) -> bytes:
        """What everything begins with that the current master wraps: its id."""
        return _joined(self._set().current, b"")


class KeyFile:
    """`{"current": "<id>", "keys": {"<id>": "<base64 of 32 bytes>"}}`, read again when it changed."""

    def __init__(self, setting: str, path: str, profile: Profile) -> None:
        self._setting = setting
        self._path = Path(path)
        self._profile = profile
        self._stamp = self._stamped()
        self._set = self._read()

    def __call__(self) -> KeySet:
        """The keys as they are now. A file that became unreadable is told, and changes nothing."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._set = self._read()
            except ConfigurationError as error:
                log("masters").error("key_file_refused", error=str(error))
        return self._set

    def _stamped(self) -> tuple[int, ...]:
        with suppress(OSError):
            found = self._path.stat()
            return found.st_mtime_ns, found.st_ino, found.st_size
        return ()

    def _read(self) -> KeySet:
        form = f'{self._setting} must name a file {{"current": "<id>", "keys": {{"<id>": "<base64 of 32 bytes>"}}}}'
        try:
            told = orjson.loads(self._path.read_bytes())
            current, keys = told["current"], {id: _bytes(form, key) for id, key in told["keys"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise ConfigurationError(form) from None
        if current not in list(keys) or not all(_ID.fullmatch(id) for id in keys):
            raise ConfigurationError(form)
        return KeySet(current, {id: Sealer(self._profile, key) for id, key in keys.items()})


class Kms:
    """The transit engine of Vault or OpenBao: keys travel there to be wrapped and unwrapped, one call each."""

    def __init__(self, settings: Settings, former: Held | None) -> None:
        import urllib3

        url = urlsplit(settings.kms_url)
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1")):
            raise ConfigurationError("KMS_URL must be https://host:port (http on this machine only)")
        if not settings.kms_token_file or not _ID.fullmatch(settings.kms_key):
            raise ConfigurationError("KMS_URL wants KMS_TOKEN_FILE and KMS_KEY, the name of a transit key")
        self._id = f"kms:{settings.kms_key}"
        self._key = settings.kms_key
        self._url = settings.kms_url.rstrip("/")
        self._token = Path(settings.kms_token_file)
        self._former = former
        self._away_until = 0.0
        # Once more on another connection: the one that was kept may have been closed meanwhile.
        self._http = urllib3.PoolManager(
            maxsize=4,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
            retries=urllib3.Retry(1, redirect=0, read=0, raise_on_redirect=False, allowed_methods=None),
        )
        self._failures = (OSError, urllib3.exceptions.HTTPError)

    def wrap(self, name: str, secret: bytes) -> bytes:
        """A secret, wrapped by the KMS and bound to its name."""
        return _joined(self._id, self._ask("encrypt", name, plaintext=_text(secret))["ciphertext"].encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The secret of that name; by the former key file where that wrapped it."""
        id, body = _parted(wrapped)
        if id == self._id:
            return base64.b64decode(self._ask("decrypt", name, ciphertext=body.decode())["plaintext"])
        if self._former:
            return self._former.unwrap(name, wrapped)
        log("masters").error("master_unknown", master=id)
        raise KeysUnavailable()

    def current(self) -> bytes:
        """What everything begins with that the KMS wraps now: `vault:v3:` is said only with a ciphertext, so one is asked for."""
        return self.wrap("current", b"?").rpartition(b":")[0]

    def _ask(self, what: str, name: str, **fields: str) -> Any:
        if time.monotonic() < self._away_until:
            raise KeysUnavailable()
        content = orjson.dumps(fields | {"associated_data": _text(name.encode())})
        url = f"{self._url}/v1/transit/{what}/{self._key}"
        try:
            headers = {"X-Vault-Token": self._token.read_text().strip(), "Content-Type": "application/json"}
            answer = self._http.request("POST", url, body=content, headers=headers)
        except self._failures as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log("masters").warning("kms_away", error=type(error).__name__)
            raise KeysUnavailable() from None
        if answer.status == 400 and what == "decrypt":
            raise ValueError(f"{name} was wrapped under another master key")
        with suppress(ValueError, TypeError, KeyError):
            if answer.status == 200:
                return orjson.loads(answer.data)["data"]
        log("masters").error("kms_refuses", status=answer.status)
        raise KeysUnavailable()


def _bytes(fault: str, text: str) -> bytes:
    with suppress(ValueError):
        key = base64.b64decode(text, validate=True)
        if len(key) == 32:
            return key
    raise ConfigurationError(fault)


def _joined(id: str, body: bytes) -> bytes:
    return id.encode() + b"\0" + body


def _parted(wrapped: bytes) -> tuple[str, bytes]:
    id, _, body = wrapped.partition(b"\0")
    return id.decode(errors="replace"), body


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
