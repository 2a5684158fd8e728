"""Kubernetes manifests, checked offline against the code they deploy: what is rendered is valid, whole and fits together."""

import kubernetes_validate
import pytest

from tests.support.manifests import (
    IMAGE,
    OVERLAYS,
    RUNNING,
    container,
    every_rendering,
    matches,
    of_kind,
    pods,
    rendered,
)
from tests.support.sources import ROOT, SERVICES

KUBERNETES = "1.37"


def test_there_is_an_overlay_for_the_demonstration_county() -> None:
    assert "shifan-county" in OVERLAYS


@every_rendering
def test_every_document_is_valid(where: str) -> None:
    for document in rendered(where):
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


@every_rendering
def test_every_service_has_an_api_and_a_worker(where: str) -> None:
    expected = {*RUNNING, "gateway", "topology"}
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
