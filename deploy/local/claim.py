"""A file that says who uses something: locked as long as its owner lives, its content left for the next owner."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any

from .faults import LocalFault


class Claim:
    """The lock is the kernel's (flock): it ends with its owner, kill -9 or not; the content tells what was left."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the file."""
        return self._file is not None

    def take(self, what: str) -> dict[str, Any]:
        """Locks the file and returns what the previous owner wrote; LocalFault when that owner is alive."""
        if self._file is not None:
            return {}
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = _parse(file.read()).get("owner", "?")
            file.close()
            raise LocalFault(
                f"{what} in {self._path.parent} is in use by another run (process {owner}): end that one first"
            ) from error
        self._file = file
        return _parse(file.read())

    def write(self, **content: Any) -> None:
        """Replaces the content."""
        if self._file is None:
            raise LocalFault(f"{self._path} was not taken before it was written")
        self._file.seek(0)
        self._file.truncate()
        json.dump({"owner": os.getpid(), **content}, self._file)
        self._file.flush()

    def release(self) -> None:
        """Gives the file back, empty."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def _open(self) -> IO[str]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
        except OSError as error:
            raise LocalFault(f"cannot write {self._path}: {error.strerror}") from error


def is_held(path: Path) -> bool:
    """Whether a living process holds this file."""
    claim = Claim(path)
    try:
        if path.exists():
            claim.take(str(path))
    except LocalFault:
        return True
    finally:
        if claim._file is not None:
            claim._file.close()
    return False


def _parse(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
