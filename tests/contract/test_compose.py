"""compose.yaml and the Dockerfile, checked offline against the manifests and the project: processes, keys, secrets, versions."""

import re
import tomllib
from functools import cache

import yaml

from tests.support.manifests import IMAGE, KEYS, Document, pods
from tests.support.sources import ROOT, SERVICES

# -- compose.yaml ------------------------------------------------------------------------------------------------------


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
        assert set(one["environment"]) == KEYS[name], name
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert name == "topology" or one["healthcheck"]["test"]


def test_compose_gives_each_service_its_own_database_and_key() -> None:
    for service in SERVICES:
        for mode in ("api", "worker"):
            environment = compose()[f"{service}-{mode}"]["environment"]
            assert f":27017/{service}?replicaSet=" in environment["MONGODB_URI"]
            assert environment["MASTER_KEY"].startswith(f"${{{service.upper()}_MASTER_KEY?")


def test_compose_holds_no_secret_value() -> None:
    for one in compose().values():
        for key, value in one.get("environment", {}).items():
            if re.search(r"KEY|PASS|TOKEN|SECRET", key):
                assert re.fullmatch(r"(\w+=)?\$\{\w+(:?\?[^}]*|:-)?\}", value), key
            assert not re.search(r"://[^:/@]+:(?!\$\{)[^@]*@", value), key


# -- Dockerfile --------------------------------------------------------------------------------------------------------


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
    assert {part for part in copied if not any(part.startswith(f"{folder}/") for folder in let_in)} == let_in
    assert all((ROOT / name).exists() for name in copied)
