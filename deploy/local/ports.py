"""Free ports on loopback, remembered in a file, so that a second start listens where the first one did."""

import json
import secrets
import socket
from pathlib import Path

from .daemon import Progress, silent
from .faults import LocalFault

# Below the range from which Linux takes ports for outgoing connections (32768 up): there a busy client could sit on the
# port of a server that is just being restarted.
LOWEST, HIGHEST = 20000, 32000
TRIES = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now; connections of an earlier server that still fade do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    """Whether somebody listens on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Ports:
    """The ports of one folder, by name."""

    def __init__(self, file: Path, progress: Progress = silent) -> None:
        self._file = file
        self._progress = progress
        self._ports = self._read()

    def take(self, name: str, preferred: int | None = None) -> int:
        """The port of this name: the remembered one if free, else the preferred or the next above it, else any."""
        old = self._ports.get(name)
        if old is not None and is_free(old):
            return old
        port = self._choose(preferred)
        if old is not None:
            self._progress(name, f"port {old} is taken now, using {port}")
        self._ports[name] = port
        self._write()
        return port

    def _choose(self, preferred: int | None) -> int:
        candidates = list(range(preferred, preferred + 100)) if preferred else []
        candidates += [LOWEST + secrets.randbelow(HIGHEST - LOWEST) for _ in range(TRIES)]
        for port in candidates:
            if port not in self._ports.values() and is_free(port):
                return port
        raise LocalFault(f"no free port between {LOWEST} and {HIGHEST} on 127.0.0.1: end some servers and start again")

    def _read(self) -> dict[str, int]:
        try:
            ports = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            ports = None
        if isinstance(ports, dict) and all(type(port) is int and 0 < port < 65536 for port in ports.values()):
            return ports
        self._progress("ports", f"{self._file} is damaged: choosing new ports")
        return {}

    def _write(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self._ports, indent=1))
        except OSError as error:
            raise LocalFault(f"cannot write {self._file}: {error.strerror}") from error
