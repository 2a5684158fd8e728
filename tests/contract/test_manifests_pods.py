"""How the manifests let a pod live: its probes, its end, its rights, and how pods roll and spread."""

import os
import subprocess
import time
from importlib import import_module
from pathlib import Path

from tests.support.manifests import component, container, every_rendering, of_kind, pods, sources


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
        listens = {"api": ("GRPC_LISTEN", "GRPC_TLS_LISTEN"), "gateway": ("HTTP_LISTEN",)}
        told = dict(sources(where, one["spec"]["template"]))
        addresses = [told[key] or "" for key in listens.get(component(one["spec"]["template"]), ())]
        assert [int(address.rpartition(":")[2]) for address in addresses if address] == list(ports.values())


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
            writable = [mount["mountPath"] for mount in one["volumeMounts"] if not mount.get("readOnly")]
            assert writable == ["/tmp"]
        assert [volume["name"] for volume in spec["volumes"] if "emptyDir" in volume] == ["tmp"]
        assert [volume for volume in spec["volumes"] if not {"emptyDir", "secret"} & set(volume)] == []


@every_rendering
def test_deployments_roll_without_a_gap_and_spread_over_nodes(where: str) -> None:
    for name, one in of_kind(where, "Deployment").items():
        assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name
        (spread,) = one["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"] == one["spec"]["selector"]
