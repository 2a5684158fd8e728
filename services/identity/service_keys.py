"""The secrets other services of the suite sign their own tokens with (chassis.tokens.service_token)."""

import base64
from collections.abc import Callable
from typing import Any, Final

from joserfc.jwk import OctKey

from chassis.config import ConfigurationError
from chassis.tokens import SERVICE

LEAST: Final = 32
Find = Callable[[str], Any | None]


def beside(find: Find, text: str) -> Find:
    """Finds a key by its id: a service's of the setting SERVICE_SECRETS, else as `find` does. ConfigurationError when that is none."""
    known = {f"{SERVICE}{name}": OctKey.import_key(secret) for name, secret in _pairs(text)}
    return lambda kid: known.get(kid) or find(kid)


def _pairs(text: str) -> list[tuple[str, bytes]]:
    found = []
    for one in text.split():
        name, _, told = one.partition("=")
        try:
            secret = base64.b64decode(told, validate=True)
        except ValueError:
            secret = b""
        if not name or len(secret) < LEAST:
            raise ConfigurationError("SERVICE_SECRETS is not name=base64 pairs of at least 32 bytes")
        found.append((name, secret))
    return found
