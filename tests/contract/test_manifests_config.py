"""What the manifests tell a pod: every key it reads and no other, addresses that exist, secrets by reference only."""

import re

from tests.support.manifests import KEYS, component, container, every_rendering, helpers, of_kind, pods, sources


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
