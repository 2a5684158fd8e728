"""What the manifests tell a pod: every key it reads and no other, addresses that exist, secrets by reference only."""

import re

from standards.ciphers import PROFILES
from tests.support.manifests import (
    FILES,
    KEYS,
    NO_SECRET,
    component,
    container,
    every_rendering,
    helpers,
    of_kind,
    pods,
    sources,
)


@every_rendering
def test_every_config_key_is_set_and_none_is_unknown(where: str) -> None:
    for name, pod in pods(where).items():
        given = {key for key, _ in sources(where, pod)}
        assert given - (helpers(where, pod) - KEYS[name]) == KEYS[name], name


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
            if re.search(r"KEY|PASSWORD|USER|TOKEN|SECRET", entry["name"]):
                secret = entry["valueFrom"]["secretKeyRef"]["name"]
                service = pod["metadata"]["labels"]["app.kubernetes.io/name"]
                assert secret == f"{service}-secrets", f"{name} reads the secrets of another"
    for one in of_kind(where, "ConfigMap").values():
        for key, value in one["data"].items():
            assert is_path(key, value) or key in NO_SECRET or not re.search(r"KEY|PASSWORD|TOKEN|SECRET", key), key
            assert "@" not in value, key


def is_path(key: str, value: str | None) -> bool:
    """Whether a setting only says where a file is; the file itself is in the Secret."""
    return key.endswith("_FILE") and (not value or value.startswith(f"{FILES}/"))


@every_rendering
def test_every_file_a_pod_is_told_of_is_one_of_its_own_secret(where: str) -> None:
    for name, pod in pods(where).items():
        if component(pod) not in ("api", "worker"):
            continue
        volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
        (mount,) = [one for one in container(pod)["volumeMounts"] if one["mountPath"] == FILES]
        secret = volumes[mount["name"]]["secret"]
        assert secret["secretName"] == f"{pod['metadata']['labels']['app.kubernetes.io/name']}-secrets"
        assert secret["optional"] is True and mount["readOnly"] is True
        files = {f"{FILES}/{item['path']}" for item in secret["items"]}
        told = {
            value for key, value in sources(where, pod) if key.endswith("_FILE") and key != "HEARTBEAT_FILE" and value
        }
        assert told <= files, name


@every_rendering
def test_a_pod_is_told_of_one_kind_of_master(where: str) -> None:
    """The Secret has master-key, or the ConfigMap says otherwise: then the Secret has none, which the reference allows."""
    for pod in pods(where).values():
        if component(pod) in ("api", "worker"):
            told = dict(sources(where, pod))
            assert not (told["MASTER_KEY_FILE"] and told["KMS_URL"])
            assert bool(told["KMS_URL"]) == bool(told["KMS_TOKEN_FILE"]) == bool(told["KMS_KEY"])
            (own,) = [entry for entry in container(pod)["env"] if entry["name"] == "MASTER_KEY"]
            assert own["valueFrom"]["secretKeyRef"]["optional"] is True
            assert told["CIPHER_PROFILE"] in PROFILES
