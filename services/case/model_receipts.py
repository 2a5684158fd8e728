"""What was handed in, told by one digest: the receipt names it, a hand-over is compared by it, a pre-review binds to it. Pure."""

import hashlib
import json
from collections.abc import Iterable
from typing import Protocol


class HandedIn(Protocol):
    """A file of the state or of an event."""

    @property
    def material(self) -> str:
        """Key of the material."""

    @property
    def sha256(self) -> str:
        """Digest of the content, hexadecimal."""


def digest(files: Iterable[HandedIn]) -> str:
    """SHA-256 over the materials with the digests of their files, in whatever order they came."""
    rows = sorted((file.material, file.sha256) for file in files)
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()
