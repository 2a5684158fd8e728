"""The OpenAPI document says what the contracts say: every method, who may call it, every rule that has a keyword."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chassis import contracts
from services.gateway.api_json import ELSEWHERE
from services.gateway.openapi import document
from services.gateway.openapi_rules import IMAGE
from tests.support.sources import SERVICES
from yiwang.access.v1 import access_pb2 as access


def between_services(method: Any) -> bool:
    """Whether only other services may call it: then it is no part of what is offered."""
    grants = contracts.rule_of(method).grants
    return bool(grants) and all(grant.realm == access.REALM_SERVICE for grant in grants)


# A stream has no place in a document of requests and answers; a signed body has an address of its own.
METHODS = [
    method
    for name in SERVICES
    for service in contracts.services(name)
    for method in service.methods
    if not (method.client_streaming or method.server_streaming or between_services(method))
    and service.full_name not in ELSEWHERE
]


def operation(method: Any) -> dict[str, Any]:
    return document()["paths"][f"/api/{method.containing_service.full_name}/{method.name}"]["post"]


def schema(name: str) -> dict[str, Any]:
    return document()["components"]["schemas"][f"yiwang.{name}"]


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


def test_it_has_every_method_and_nothing_else():
    assert document()["openapi"] == "3.1.0"
    assert len(document()["paths"]) == len(METHODS)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_security_follows_the_access_rule(method: Any):
    rule, found = method.GetOptions().Extensions[access.access], operation(method)
    assert found["security"] == ([] if rule.public else [{"bearer": []}])
    assert found["x-access"].get("public", False) == rule.public
    realms = [grant["realm"] for grant in found["x-access"].get("grants", [])]
    assert realms == [access.Realm.Name(grant.realm).removeprefix("REALM_").lower() for grant in rule.grants]


def test_operation_ids_are_unique():
    ids = [path["post"]["operationId"] for path in document()["paths"].values()]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere():
    known = document()["components"]["schemas"]
    references = {node["$ref"] for node in walk(document()) if "$ref" in node}
    assert references and all(ref.removeprefix("#/components/schemas/") in known for ref in references)


def test_every_pattern_is_one():
    for node in walk(document()):
        if isinstance(node.get("pattern"), str):
            re.compile(node["pattern"])


def test_rules_of_the_contract_are_keywords():
    register = schema("identity.v1.RegisterPersonRequest")
    assert register["properties"]["name"] | {"description": ""} == {
        "type": "string", "minLength": 1, "maxLength": 50, "description": ""
    }  # fmt: skip
    assert set(register["required"]) == {"name", "idNumber", "phone", "password"}
    assert schema("case.v1.GetCaseRequest")["properties"]["caseId"]["format"] == "uuid"
    assert schema("case.v1.ListInboxRequest")["properties"]["pageSize"]["maximum"] == 100
    form = schema("case.v1.SubmitCaseRequest")["properties"]["form"]
    assert form["maxProperties"] == 60 and form["additionalProperties"]["maxLength"] == 4000
    files = schema("case.v1.HandedIn")["properties"]["attachments"]
    assert (files["minItems"], files["maxItems"], files["uniqueItems"]) == (1, 20, True)
    assert files["items"]["format"] == "uuid"
    assert schema("identity.v1.AppointOfficerRequest")["properties"]["department"]["minLength"] == 18


def test_json_forms_are_proto3_jsons():
    case = schema("case.v1.Case_answered")["properties"]
    assert case["version"]["type"] == "string" and case["edition"]["type"] == "integer"
    assert case["status"]["$ref"].endswith("yiwang.case.v1.CaseStatus")
    assert "CASE_STATUS_CLOSED" in schema("case.v1.CaseStatus")["enum"]
    assert schema("case.v1.UploadAttachmentRequest")["properties"]["content"]["contentEncoding"] == "base64"
    form = schema("case.v1.SubmitCaseRequest")["properties"]["form"]
    assert form["additionalProperties"]["type"] == "string"


@pytest.mark.skipif(not IMAGE.exists(), reason="installed without the image of the contracts")
def test_comments_of_the_contract_are_descriptions():
    for method in METHODS:
        assert operation(method)["description"].startswith(method.name), method.full_name
        assert operation(method)["summary"]
    assert schema("case.v1.Case_answered")["properties"]["queryCode"]["description"].startswith(
        "Code for the public progress"
    )
