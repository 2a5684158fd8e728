"""The JSON API: every method from the descriptors, the token from the header only, errors as problem+json."""

import pytest

from services.gateway.api_json import METHODS
from tests.unit.gateway.told import CASE, ITEM, Services, Site, a_case, refuse
from yiwang.case.v1 import (
    board_pb2,
    bundles_pb2,
    documents_pb2,
    exchange_pb2,
    fulfilment_pb2,
    intake_pb2,
    intermediary_pb2,
    procedures_pb2,
    promises_pb2,
    supervision_pb2,
    trace_pb2,
)
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import directory_pb2, items_pb2, lists_pb2, themes_pb2, vocabulary_pb2
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import (
    agents_pb2,
    clients_pb2,
    contacts_pb2,
    counties_pb2,
    delegations_pb2,
    factors_pb2,
    officers_pb2,
    organizations_pb2,
    privacy_pb2,
    sso_pb2,
    verifications_pb2,
)
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.intermediary.v1 import agencies_pb2, market_pb2, performance_pb2, selection_pb2, signups_pb2
from yiwang.intermediary.v1 import service_pb2 as intermediary
from yiwang.message.v1 import desk_pb2 as message_desk
from yiwang.message.v1 import service_pb2 as messages
from yiwang.policy.v1 import (
    appeals_pb2,
    bulletins_pb2,
    claims_pb2,
    complaints_pb2,
    enterprises_pb2,
    money_pb2,
    news_pb2,
    rolls_pb2,
)
from yiwang.policy.v1 import items_pb2 as payouts
from yiwang.policy.v1 import service_pb2 as policy
from yiwang.rating.v1 import loop_pb2, records_pb2, results_pb2, tickets_pb2, windows_pb2
from yiwang.rating.v1 import service_pb2 as rating

IDENTITY = (
    agents_pb2, clients_pb2, contacts_pb2, counties_pb2, delegations_pb2, factors_pb2, officers_pb2, organizations_pb2, privacy_pb2,
    sso_pb2, verifications_pb2,
)  # fmt: skip
CASE_FILES = (
    board_pb2, bundles_pb2, documents_pb2, exchange_pb2, fulfilment_pb2, intake_pb2, intermediary_pb2, procedures_pb2, promises_pb2,
    supervision_pb2, trace_pb2,
)  # fmt: skip
CATALOGUE = (directory_pb2, items_pb2, lists_pb2, themes_pb2, vocabulary_pb2)
MESSAGE = (messages, message_desk)
RATING = (loop_pb2, records_pb2, results_pb2, tickets_pb2, windows_pb2)
INTERMEDIARY = (agencies_pb2, intermediary, market_pb2, performance_pb2, selection_pb2, signups_pb2)
POLICY = (
    policy, payouts, enterprises_pb2, claims_pb2, rolls_pb2, money_pb2, appeals_pb2, complaints_pb2, news_pb2, bulletins_pb2,
)  # fmt: skip
CASES = "/api/yiwang.case.v1.CaseService"
CATALOG = "/api/yiwang.catalog.v1.CatalogService"
BEARER = {"authorization": "Bearer token-of-a-person"}


def test_a_public_method_answers_in_proto3_json_with_every_field(site: Site):
    answer = site.post(f"{CATALOG}/SearchItems", json={"query": "饭店", "pageSize": 5})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert answer.json()["total"] == 1
    assert answer.json()["hits"][0]["name"] == "测试事项" and answer.json()["nextPageToken"] == ""


def test_the_bearer_token_and_the_trace_travel_on(site: Site, services: Services):
    trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    answer = site.post(f"{CASES}/GetCase", json={"caseId": CASE}, headers=BEARER | {"traceparent": trace})
    assert answer.json()["number"] == a_case().number
    metadata = services.metadata("GetCase")
    assert metadata["authorization"] == "Bearer token-of-a-person"
    assert metadata["traceparent"].split("-")[1] == answer.headers["x-trace-id"] == trace.split("-")[1]


def test_a_session_cookie_opens_nothing(site: Site, services: Services):
    site.sign_in()
    answer = site.post(f"{CASES}/ListMyCases", json={})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "TOKEN_NEEDED" and not services.requests("ListMyCases")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a b", "Basic YTpi", "Bearer é", "Bearer " + "a" * 5000])
def test_what_is_no_bearer_token_is_refused(site: Site, header: str):
    headers = {"authorization": header.encode("latin-1")} if header else {}
    assert site.post(f"{CASES}/ListMyCases", json={}, headers=headers).status_code == 401


def test_errors_name_field_and_reason(site: Site, services: Services):
    services.on(
        "SubmitCase", refuse("INVALID_ARGUMENT", "FORM_INVALID", "申请表有误", form__contact_phone="手机号应为 11 位")
    )
    answer = site.post(f"{CASES}/SubmitCase", json={"itemId": ITEM}, headers=BEARER)
    assert answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "FORM_INVALID" and problem["detail"] == "申请表有误" and problem["status"] == 400
    assert problem["errors"] == [{"field": "form[contact_phone]", "reason": "手机号应为 11 位", "code": "FIELD"}]
    assert problem["traceId"] == answer.headers["x-trace-id"] and problem["title"] and problem["type"]


@pytest.mark.parametrize(
    ("code", "status"),
    [("FAILED_PRECONDITION", 409), ("ABORTED", 409), ("ALREADY_EXISTS", 409), ("NOT_FOUND", 404), ("INTERNAL", 500),
     ("PERMISSION_DENIED", 403), ("UNAUTHENTICATED", 401), ("RESOURCE_EXHAUSTED", 429), ("UNAVAILABLE", 503)],
)  # fmt: skip
def test_each_code_has_its_status(site: Site, services: Services, code: str, status: int):
    services.on("GetCase", refuse(code, "SOME_REASON", "原因"))
    answer = site.post(f"{CASES}/GetCase", json={"caseId": CASE}, headers=BEARER)
    assert (answer.status_code, answer.json()["code"]) == (status, "SOME_REASON")


@pytest.mark.parametrize(
    "path", ["/api/yiwang.case.v1.CaseService/Nothing", "/api/x/y", "/api/grpc.health.v1.Health/Check"]
)
def test_an_unknown_method_is_not_found(site: Site, path: str):
    answer = site.post(path, json={})
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


def test_only_json_by_post_is_taken(site: Site):
    assert site.get(f"{CATALOG}/SearchItems").status_code == 405
    assert site.post(f"{CATALOG}/SearchItems", {"query": "a"}).status_code == 415
    plain = {"content-type": "text/plain"}
    assert site.post(f"{CATALOG}/SearchItems", content="{}", headers=plain).status_code == 415
    utf8 = {"content-type": "application/json; charset=utf-8"}
    assert site.post(f"{CATALOG}/SearchItems", content="{}", headers=utf8).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'"x"', b"\xff", b'{"query": 5}', b'{"nothing": 1}', b'{"pageSize": -1}', b'{"pageSize": "x"}',
     b'{"query": "\\ud800"}', b'{"query": NaN}', b'{"query": {"a": 1}}', b'{"a":' * 900 + b"1" + b"}" * 900],
)  # fmt: skip
def test_a_malformed_body_is_the_callers_mistake(site: Site, body: bytes):
    answer = site.post(f"{CATALOG}/SearchItems", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and answer.json()["code"] == "JSON_INVALID"


def test_the_idempotency_key_fills_an_empty_request_id(site: Site, services: Services):
    services.on("WithdrawCase", a_case(cases.CASE_STATUS_WITHDRAWN))
    key = BEARER | {"idempotency-key": "from-the-header"}
    site.post(f"{CASES}/WithdrawCase", json={"caseId": CASE}, headers=key)
    site.post(f"{CASES}/WithdrawCase", json={"caseId": CASE, "requestId": "from-the-body"}, headers=key)
    site.post(f"{CASES}/GetCase", json={"caseId": CASE}, headers=key)
    assert [r.request_id for r in services.requests("WithdrawCase")] == ["from-the-header", "from-the-body"]


def test_maps_and_enums_keep_their_json_form(site: Site, services: Services):
    services.on("SubmitCase", a_case())
    handed_in = [{"material": "m1", "attachments": [CASE]}]
    body = {"itemId": ITEM, "form": {"a": "1"}, "channel": "CHANNEL_MOBILE", "materials": handed_in}
    answer = site.post(f"{CASES}/SubmitCase", json=body, headers=BEARER)
    assert answer.json()["status"] == "CASE_STATUS_SUBMITTED"
    (request,) = services.requests("SubmitCase")
    assert request.channel == cases.CHANNEL_MOBILE and dict(request.form) == {"a": "1"}


def test_every_method_of_the_contracts_has_an_address():
    written = {
        f"/{service.full_name}/{method.name}"
        for file in (
            identity,
            catalog,
            cases,
            rating,
            *IDENTITY,
            *CATALOGUE,
            *CASE_FILES,
            *RATING,
            *INTERMEDIARY,
            *POLICY,
            *MESSAGE,
        )
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if not (method.client_streaming or method.server_streaming)
    }
    # Between services; and what has an address of its own.
    written -= {
        "/yiwang.identity.v1.ContactService/LookUpContacts",
        "/yiwang.message.v1.CallbackService/TellDeliveries",
    }
    assert written == set(METHODS)


def test_nobody_tells_his_own_address_here_either(site: Site, services: Services):
    """Failed sign-ins are counted by it: who chose it could go on guessing, or lock out others."""
    services.on("SignIn", identity.Session())
    for address in ("203.0.113.9", ""):
        typed = {"login": "who", "password": "secret", "address": address}
        assert site.post("/api/yiwang.identity.v1.IdentityService/SignIn", json=typed).status_code == 200
    assert [one.address for one in services.requests("SignIn")] == ["127.0.0.1"] * 2


def test_the_address_of_a_place_is_what_the_caller_says(site: Site, services: Services):
    services.on("RegisterOrganization", organizations_pb2.Organization())
    path = "/api/yiwang.identity.v1.OrganizationService/RegisterOrganization"
    assert site.post(path, json={"address": "人民路8号"}, headers=BEARER).status_code == 200
    assert services.requests("RegisterOrganization")[0].address == "人民路8号"


def test_where_a_rating_comes_from_is_for_the_gateway_to_say(site: Site, services: Services):
    """Bursts are found by it: who could choose it could rate a thousand times."""
    services.on("GiveRating", rating.Rating())
    services.on("RateAtWindow", windows_pb2.RatingReceipt())
    services.on("OpenTicket", tickets_pb2.Ticket())
    for service, method in (("Rating", "GiveRating"), ("Window", "RateAtWindow"), ("Ticket", "OpenTicket")):
        for source in ({"device": "mine", "address": "203.0.113.9"}, {}):
            path = f"/api/yiwang.rating.v1.{service}Service/{method}"
            assert site.post(path, json={"source": source}, headers=BEARER).status_code == 200
    told = [services.requests(one)[-1].source for one in ("GiveRating", "RateAtWindow", "OpenTicket") for _ in (0, 1)]
    assert {one.device for one in told} == {""}, "cookies open nothing here, so no browser is known"
    (address,) = {one.address for one in told}
    assert len(address) == 64 and "203.0.113" not in address and "127.0.0.1" not in address
