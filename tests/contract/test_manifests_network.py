"""Who may open a connection to whom: the network policies of the manifests against the contracts."""

from collections.abc import Iterator

import pytest

from chassis import contracts
from tests.support.manifests import (
    OVERLAYS,
    RUNNING,
    Document,
    container,
    every_rendering,
    matches,
    of_kind,
    pods,
    sources,
)
from tests.support.sources import SERVICES
from yiwang.access.v1 import access_pb2

# What is outside the cell, by the port it is reached on.
OUTSIDE = {
    53: "dns",
    27017: "store",
    5671: "broker",
    5672: "broker",
    4318: "telemetry",
    8200: "kms",
    8443: "verification",
    8444: "licences",
    8445: "payment",
    8446: "courier",
    8447: "hotline",
    8448: "beacon",
    8449: "bank",
    8450: "messages",
    443: "upstreams",
}


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
    methods = [method for one in contracts.services(service) for method in one.methods]
    return any(not method.GetOptions().Extensions[access_pb2.access].public for method in methods)


@every_rendering
def test_network_edges_are_those_of_the_contracts(where: str) -> None:
    table = {("gateway", f"{service}-api") for service in SERVICES}
    table |= {
        (f"{service}-api", "identity-api") for service in SERVICES if service != "identity" and needs_tokens(service)
    }
    # The drift check asks for the copies of the items from where the items are.
    table.add(("catalog-api", "case-api"))
    # Who sends asks for addresses; the method says so by its realm.
    table.add(("message-send", "identity-api"))
    out, into = edges(where)
    assert out == table
    assert into == table


@every_rendering
def test_what_is_outside_is_reached_by_those_who_need_it(where: str) -> None:
    running = RUNNING
    table = {("ingress", "gateway"), ("topology", "broker"), ("topology", "dns")}
    table |= {(name, "store") for name in running}
    table |= {(name, "broker") for name in running if name.endswith("-worker")}
    table |= {(name, outside) for name in [*running, "gateway"] for outside in ("dns", "telemetry")}
    # What a cell may have, each by its own policy (deploy/k8s/components); a cell without it reaches none.
    asking = (
        "identity-api",
        "identity-worker",
        "case-worker",
        "rating-worker",
        "intermediary-worker",
        "policy-worker",
        "message-send",
    )
    both = [entry for name in asking for entry in sources(where, pods(where)[name])]
    told = {key: value for key, value in both if value is not None}
    if told["KMS_URL"]:
        table |= {(name, "kms") for name in running}
    if told["VERIFICATION_URL"]:
        table.add(("identity-worker", "verification"))
    if told["LICENCE_SOURCE_URL"]:
        table |= {("case-api", "licences"), ("case-worker", "licences")}
    if told["PAYMENT_URL"]:
        table.add(("case-worker", "payment"))
    if told["COURIER_URL"]:
        table.add(("case-worker", "courier"))
    if told["HOTLINE_URL"]:
        table.add(("rating-worker", "hotline"))
    if told["BEACON_URL"]:
        table.add(("intermediary-worker", "beacon"))
    if told["BANK_URL"]:
        table.add(("policy-worker", "bank"))
    if told["SMS_PROVIDERS"]:
        table.add(("message-send", "messages"))
    if told["UPSTREAMS_FILE"]:
        table.add(("identity-api", "upstreams"))
    if told["GRPC_TLS_LISTEN"]:
        table |= {("ingress", name) for name in running if name.endswith("-api")}
    assert edges_outside(where) == table


@every_rendering
def test_everything_else_is_refused(where: str) -> None:
    deny = of_kind(where, "NetworkPolicy")["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize(
    "policy",
    [
        "stores",
        "broker",
        "kms",
        "verification",
        "upstreams",
        "licences",
        "payment",
        "courier",
        "hotline",
        "beacon",
        "bank",
        "messages",
    ],
)
def test_a_cell_reaches_only_what_is_its_own_outside(overlay: str, policy: str) -> None:
    found = of_kind(f"overlays/{overlay}", "NetworkPolicy").get(policy)
    assert found or policy not in ("stores", "broker")
    for rule in found["spec"]["egress"] if found else ():
        assert rule["to"], "an overlay names the addresses"
        assert all(one["ipBlock"]["cidr"] != "0.0.0.0/0" for one in rule["to"] if "ipBlock" in one)
