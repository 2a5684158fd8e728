"""The acts the load is made of, by name: each a factory that takes the spec and returns `act(number)`."""

import itertools
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import requests
from pymongo import MongoClient

from loadtests import world
from loadtests.openloop import Act, Refusal
from yiwang.case.v1 import service_pb2 as pb
from yiwang.case.v1 import service_pb2_grpc
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import service_pb2_grpc as catalog_grpc
from yiwang.rating.v1 import loop_pb2 as loop
from yiwang.rating.v1 import loop_pb2_grpc as loop_grpc
from yiwang.rating.v1 import service_pb2 as rating
from yiwang.rating.v1 import service_pb2_grpc as rating_grpc

Spec = dict[str, Any]
FINAL = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
}
SECONDS = 10


class Ledger:
    """What was asked and what was acknowledged, line by line on disk: the oracle of the resilience tests."""

    def __init__(self, path: str | None) -> None:
        self._file = Path(path).open("a", buffering=1) if path else None  # noqa: SIM115 - open as long as the load runs

    def note(self, **values: Any) -> None:
        """Writes one line."""
        if self._file:
            self._file.write(json.dumps(values | {"at": time.time()}) + "\n")


def _channel(address: str) -> grpc.Channel:
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
    return grpc.insecure_channel(address, options=options)


def _stub(spec: Spec) -> service_pb2_grpc.CaseServiceStub:
    return service_pb2_grpc.CaseServiceStub(_channel(spec["address"]))


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def _final(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except grpc.RpcError as error:
        if error.code() in FINAL:
            raise Refusal(f"{error.code().name} {error.details()}") from error
        raise


def submit(spec: Spec) -> Act:
    """SubmitCase over gRPC; request ids follow from the spec's run, so that a repeated call is the same request."""
    stub, ledger = _stub(spec), Ledger(spec.get("ledger"))
    items, tokens = spec["items"], spec["tokens"]

    def act(number: int) -> None:
        request_id = f"{spec['run']}-{number}"
        ledger.note(asked=request_id)
        request = pb.SubmitCaseRequest(
            request_id=request_id,
            item_id=items[number % len(items)],
            form=world.FORM,
            channel=pb.CHANNEL_API,
        )
        metadata = _bearer(tokens[number % len(tokens)])
        case = _final(lambda: stub.SubmitCase(request, metadata=metadata, timeout=SECONDS))
        ledger.note(acknowledged=request_id, case=case.id, number=case.number)

    return act


def submit_http(spec: Spec) -> Act:
    """The same submit through the gateway's JSON API."""
    session, ledger = requests.Session(), Ledger(spec.get("ledger"))
    url = f"{spec['gateway']}/api/yiwang.case.v1.CaseService/SubmitCase"

    def act(number: int) -> None:
        request_id = f"{spec['run']}-{number}"
        ledger.note(asked=request_id)
        body = {
            "requestId": request_id,
            "itemId": spec["items"][number % len(spec["items"])],
            "form": world.FORM,
            "channel": "CHANNEL_API",
        }
        headers = {"Authorization": f"Bearer {spec['tokens'][number % len(spec['tokens'])]}"}
        answer = session.post(url, json=body, headers=headers, timeout=SECONDS)
        if 400 <= answer.status_code < 500 and answer.status_code != 429:
            raise Refusal(answer.text[:200])
        answer.raise_for_status()
        ledger.note(acknowledged=request_id, case=answer.json()["id"], number=answer.json()["number"])

    return act


def rate(spec: Spec) -> Act:
    """One of the spec's ratings is given and, when it is negative, dealt with until it is closed; each request is one, however often it
    is repeated."""
    channel, ledger = _channel(spec["rating"]), Ledger(spec.get("ledger"))
    rater, desk = rating_grpc.RatingServiceStub(channel), loop_grpc.LoopServiceStub(channel)

    def act(number: int) -> None:
        one = spec["ratings"][number]
        request_id, grade = f"{spec['run']}-{number}", 1 + number % 5
        known = {"request_id": request_id, "rating_id": one["id"]}
        steps: list[tuple[Any, Any, str]] = [
            (rater.GiveRating, rating.GiveRatingRequest(**known, grade=grade, comment="等了很久"), one["rater"]),  # type: ignore[arg-type]
        ]
        if grade <= rating.GRADE_DISSATISFIED:
            department, supervisor = one["department"], spec["supervisor"]
            satisfied = rating.CALL_BACK_OUTCOME_SATISFIED
            steps += [
                (desk.AssignRating, loop.AssignRatingRequest(**known), supervisor),
                (desk.VerifyRating, loop.VerifyRatingRequest(**known, verdict=rating.VERDICT_VALID, finding="情况属实"), department),
                (desk.RectifyRating, loop.RectifyRatingRequest(**known, measures="增设窗口"), department),
                (desk.CallBackRating, loop.CallBackRatingRequest(**known, outcome=satisfied, note="表示满意"), department),
                (desk.PublishRating, loop.PublishRatingRequest(**known, public_reply="已增设窗口"), supervisor),
                (desk.CloseRating, loop.CloseRatingRequest(**known), supervisor),
            ]  # fmt: skip
        for call, request, token in steps:
            method = type(request).__name__.removesuffix("Request")
            ledger.note(asked=request_id, method=method, rating=one["id"])
            _final(
                lambda call=call, request=request, token=token: call(request, metadata=_bearer(token), timeout=SECONDS)
            )
            ledger.note(acknowledged=request_id, method=method, rating=one["id"])

    return act


def _on_cases(call: Callable[[Any, str, str], Any], token_list: str) -> Callable[[Spec], Act]:
    def factory(spec: Spec) -> Act:
        stub = _stub(spec)
        cases = itertools.cycle(spec["cases"])

        def act(_number: int) -> None:
            id, owner = next(cases)
            _final(lambda: call(stub, id, spec[token_list][owner % len(spec[token_list])]))

        return act

    return factory


def _get(stub: Any, id: str, token: str) -> Any:
    return stub.GetCase(pb.GetCaseRequest(case_id=id), metadata=_bearer(token), timeout=SECONDS)


def _accept(stub: Any, id: str, token: str) -> Any:
    request = pb.AcceptCaseRequest(request_id=uuid.uuid4().hex, case_id=id)
    return stub.AcceptCase(request, metadata=_bearer(token), timeout=SECONDS)


def inbox(spec: Spec) -> Act:
    """The first page of a department's inbox."""
    stub, tokens = _stub(spec), spec["officers"]
    return lambda number: stub.ListInbox(
        pb.ListInboxRequest(page_size=20), metadata=_bearer(tokens[number % len(tokens)]), timeout=SECONDS
    )


def search(spec: Spec) -> Act:
    """A search over the catalogue, one of the spec's queries after the other; every `facets`-th asks for facets, too (0 = none)."""
    stub = catalog_grpc.CatalogServiceStub(grpc.insecure_channel(spec["catalog"]))
    queries, every, region = spec["queries"], spec.get("facets", 0), spec.get("region", "")

    def act(number: int) -> Any:
        counted = bool(every) and number % every == 0
        request = catalog.SearchItemsRequest(
            query=queries[number % len(queries)], page_size=20, facets=counted, region=region
        )
        return stub.SearchItems(request, timeout=SECONDS)

    return act


def pages(spec: Spec) -> Act:
    """The spec's pages one after the other, each with the cookie of who asks."""
    session, asked = requests.Session(), spec["asked"]

    def act(number: int) -> None:
        one = asked[number % len(asked)]
        headers = {"Cookie": f"yiwang={one['cookie']}"} if one["cookie"] else {}
        answer = session.get(spec["gateway"] + one["path"], headers=headers, timeout=SECONDS, allow_redirects=False)
        if answer.status_code != 200:
            raise Refusal(f"{answer.status_code} {one['path'].partition('?')[0][:20]}")

    return act


def echo(spec: Spec) -> Act:
    """The floor of a call: the same bytes to a server that answers them with the bytes of a Case."""
    channel = grpc.insecure_channel(spec["echo"])
    call = channel.unary_unary("/load.Echo/Echo")
    payload = b"x" * spec["request_bytes"]
    return lambda _number: call(payload, metadata=_bearer(spec["tokens"][0]), timeout=SECONDS)


def _documents(spec: Spec) -> Any:
    client: MongoClient[dict[str, Any]] = MongoClient(spec["raw_store"], tz_aware=True)
    return client.get_default_database("raw")["documents"]


def raw_insert(spec: Spec) -> Act:
    """The floor of a write: the same document, inserted as it is."""
    import bson

    documents = _documents(spec)
    template = bson.BSON(bytes.fromhex(spec["document"])).decode()
    return lambda number: documents.insert_one(template | {"_id": f"{spec['run']}-{number}"})


def raw_find(spec: Spec) -> Act:
    """The floor of a read: the same document by its id."""
    documents = _documents(spec)
    return lambda number: documents.find_one({"_id": f"{spec['run']}-{number % spec['inserted']}"})


ACTS: dict[str, Callable[[Spec], Act]] = {
    "submit": submit,
    "submit_http": submit_http,
    "rate": rate,
    "get": _on_cases(_get, "tokens"),
    "accept": _on_cases(_accept, "receivers"),
    "inbox": inbox,
    "search": search,
    "pages": pages,
    "echo": echo,
    "raw_insert": raw_insert,
    "raw_find": raw_find,
}
