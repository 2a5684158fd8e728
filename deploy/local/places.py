"""Where everything of a suite is, and the environment each process gets from that.

Written to <folder>/suite.json, so that commands beside the running suite (`deploy.local.command`) find it too.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from .daemon import ROOT
from .faults import LocalFault

FOLDER = ROOT / ".local"
SERVICES = ("identity", "catalog", "case", "rating", "intermediary", "policy", "message")
# What runs of a service: of each an api and a worker, and of some a job that never ends.
MODES = ("api", "worker")
JOBS = {"message": ("send",)}
REGION = {"REGION": "990121", "REGION_NAME": "示范县"}


@dataclass(frozen=True)
class Places:
    """Addresses of everything: services by name, stores by service, the gateway's host:port (empty without one)."""

    folder: str
    amqp_uri: str
    stores: Mapping[str, str]
    addresses: Mapping[str, str]
    http: str

    @property
    def gateway_url(self) -> str:
        """Where a browser goes."""
        return f"http://{self.http}" if self.http else ""

    def environment(self, service: str, mode: str = "") -> dict[str, str]:
        """The environment of a process. What the caller has set stays (OTEL_*, proxies), except for these keys."""
        own = {
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
            "TRACE_DIR": str(Path(self.folder) / "traces"),
            "MASTER_KEY": master_key(Path(self.folder), service),
            "IDENTITY_ADDRESS": self.addresses.get("identity", ""),
        }
        if service == "gateway":
            return {**os.environ, **own, **self._gateway()}
        own |= {"AMQP_URI": self.amqp_uri, "MONGODB_URI": self.stores[service], "GRPC_LISTEN": self.addresses[service]}
        own |= self._secrets(service)
        if service != "catalog":
            own["PUBLIC_URL"] = self.gateway_url or "http://127.0.0.1:8000"
        if service == "catalog":
            own |= {"INDEX_DIR": str(Path(self.folder) / "index")}
            own |= {f"{name.upper()}_ADDRESS": self.addresses.get(name, "") for name in ("catalog", "case")}
        if service == "message":
            own["REGION"] = os.environ.get("REGION", REGION["REGION"])
        if mode and mode != "api":
            own["HEARTBEAT_FILE"] = str(self.heartbeat(service, mode))
        return {**os.environ, **own}

    def heartbeat(self, service: str, mode: str = "worker") -> Path:
        """The file a worker or a job touches as long as it is well."""
        return Path(self.folder) / "heartbeats" / (service if mode == "worker" else f"{service}-{mode}")

    def save(self) -> None:
        """Writes <folder>/suite.json; private, since it holds the broker's password."""
        file = Path(self.folder) / "suite.json"
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(asdict(self), out, indent=1)

    def _secrets(self, service: str) -> dict[str, str]:
        """What message signs its own questions to identity with, known to both."""
        if service not in ("message", "identity"):
            return {}
        secret = master_key(Path(self.folder), "message-service")
        return {"SERVICE_SECRET": secret} if service == "message" else {"SERVICE_SECRETS": f"message={secret}"}

    def _gateway(self) -> dict[str, str]:
        addresses = {f"{service.upper()}_ADDRESS": address for service, address in self.addresses.items()}
        region = {name: os.environ.get(name, county) for name, county in REGION.items()}
        return {
            **addresses,
            **region,
            "PUBLIC_URL": self.gateway_url,
            "HTTP_LISTEN": self.http,
            "SECURE_COOKIES": "false",
        }


def load_places(folder: Path) -> Places:
    """What the running suite of this folder has written."""
    with suppress(OSError, ValueError, TypeError):
        return Places(**json.loads((folder / "suite.json").read_text()))
    raise LocalFault(f"no suite was started in {folder} yet: make run")


def master_key(folder: Path, service: str) -> str:
    """The service's master key: 32 random bytes in base64. What it sealed is lost with it: never replaced."""
    file = folder / "secrets" / service
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(base64.b64encode(secrets.token_bytes(32)).decode())
        key = file.read_text().strip()
    except OSError as error:
        raise LocalFault(f"cannot use {file}: {error.strerror}") from error
    with suppress(ValueError):
        if len(base64.b64decode(key, validate=True)) == 32:
            return key
    raise LocalFault(
        f"{file} is damaged, and the data sealed with it cannot be read: put it back, or empty all (make reset)"
    )
