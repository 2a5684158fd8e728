"""The JSON API: `POST /api/<package.Service>/<Method>` for every method a person or officer may call.

There is no list of methods: they are read from the service descriptors, and so is who may call them. The token comes
from the Authorization header only: what a browser sends by itself (the cookie) opens nothing here, so no other site
can use it.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import contracts
from services.gateway import limits, sources
from services.gateway.calls import DEADLINE, FILE_DEADLINE, CallError, FieldError, backends, call
from services.gateway.observe import trace_id
from services.gateway.security import visitor_address
from yiwang.access.v1 import access_pb2 as access
from yiwang.rating.v1 import service_pb2 as rating

PROBLEM = "application/problem+json"
# The channels of Backends calls go to; a service's contracts are in the package of its name.
SERVICES = ("identity", "catalog", "case", "rating", "intermediary", "policy", "message")
# These have an address of their own: what their callers sign is the body as it came.
ELSEWHERE = ("yiwang.message.v1.CallbackService",)
SLOW = (
    "UploadAttachment",
    "DownloadAttachment",
    "UploadGuideFile",
    "DownloadGuideFile",
    "UploadRatingFile",
    "DownloadRatingFile",
    "ImportFile",
    "ImportRatings",
    "ReceiveRecords",
    "ExportRecords",
    "GetBulletinPdf",
    "GetProof",
)
# Of the contracts, which say v1 in every name; a program may ask for it, and is refused another one rather than answered by chance.
VERSION = {"API-Version": "1"}
_BEARER = re.compile(r"^[Bb]earer ([A-Za-z0-9._~+/-]{1,4096}=*)$")

TITLES = {
    400: "请求的内容有误",
    401: "需要有效的访问令牌",
    403: "没有权限",
    404: "没有找到",
    405: "只接受 POST",
    409: "当前状态不允许",
    413: "请求体过大",
    415: "只接受 application/json",
    429: "请求过于频繁",
    501: "不支持",
    503: "服务暂时不可用",
    504: "服务响应超时",
}


@dataclass(frozen=True)
class Method:
    """One RPC as the API offers it."""

    backend: str
    descriptor: MethodDescriptor
    rule: access.Access

    @property
    def path(self) -> str:
        """The gRPC path, which is also the path below /api."""
        return f"/{self.descriptor.containing_service.full_name}/{self.descriptor.name}"


def _methods() -> dict[str, Method]:
    """The unary methods that are public or granted to persons or officers; the rest is between services."""
    found: dict[str, Method] = {}
    for backend in SERVICES:
        for service in contracts.services(backend):
            for descriptor in service.methods:
                method = Method(backend, descriptor, descriptor.GetOptions().Extensions[access.access])
                apart = descriptor.client_streaming or descriptor.server_streaming or service.full_name in ELSEWHERE
                if not apart and (method.rule.public or any(_for_people(g) for g in method.rule.grants)):
                    found[method.path] = method
    return found


def _for_people(grant: access.Grant) -> bool:
    return grant.realm != access.REALM_SERVICE


METHODS = _methods()


async def serve(request: Request) -> Response:
    """Translates one request to gRPC and its answer back."""
    method = METHODS.get(f"/{request.path_params['service']}/{request.path_params['method']}")
    if method is None:
        raise HTTPException(404, "METHOD_UNKNOWN")
    if request.headers.get("api-version", VERSION["API-Version"]) != VERSION["API-Version"]:
        raise HTTPException(400, "API_VERSION_UNKNOWN")
    try:
        token = _token(request, method)
        limits.of_program(request, token)
        answer = await _forward(request, method, await _read(request, method), token)
    except CallError as error:
        return problem(request, error.status, error.reason, error.message, error.fields)
    return Response(answer, headers=VERSION, media_type="application/json")


def _token(request: Request, method: Method) -> str:
    """The bearer token; what is not public is refused without one before any service is asked."""
    given = _BEARER.match(request.headers.get("authorization", ""))
    if given is None and not method.rule.public:
        raise HTTPException(401, "TOKEN_NEEDED")
    return given[1] if given else ""


async def _read(request: Request, method: Method) -> Message:
    """The request message out of the body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "CONTENT_TYPE")
    message = message_factory.GetMessageClass(method.descriptor.input_type)()
    try:
        json_format.ParseDict(_object(await request.body()), message)
    except (json_format.ParseError, ValueError, TypeError, RecursionError) as error:
        raise HTTPException(400, "JSON_INVALID") from error
    _fill_request_id(message, request.headers.get("idempotency-key", ""))
    if method.rule.public:
        _tell_address(message, visitor_address(request))
    _tell_source(message, request)
    return message


def _tell_address(message: Any, address: str) -> None:
    """Where the caller comes from is for us to say: failed sign-ins are counted by it. Public methods have no other `address`."""
    if "address" in message.DESCRIPTOR.fields_by_name:
        message.address = address


def _tell_source(message: Any, request: Request) -> None:
    """So is the source of a rating or a ticket, by which bursts are found: what the caller says of it is overwritten."""
    field = message.DESCRIPTOR.fields_by_name.get("source")
    if field is not None and field.message_type is rating.Source.DESCRIPTOR:
        message.source.CopyFrom(sources.of_program(request))


def _fill_request_id(message: Any, key: str) -> None:
    """Takes the id of the act from the header when the body has none."""
    if key and "request_id" in message.DESCRIPTOR.fields_by_name and not message.request_id:
        message.request_id = key


def _object(body: bytes) -> dict[str, object]:
    """The body as a JSON object; orjson also refuses what is not UTF-8, NaN, and nesting that would exhaust us."""
    found = orjson.loads(body)
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


async def _forward(request: Request, method: Method, message: Message, token: str) -> bytes:
    """Calls the service and writes its answer with every field, so that clients always find the same shape."""
    answer_class = message_factory.GetMessageClass(method.descriptor.output_type)
    rpc = (
        backends(request)
        .channels[method.backend]
        .unary_unary(method.path, type(message).SerializeToString, answer_class.FromString)
    )
    slow = method.descriptor.name in SLOW
    answer: Message = await call(
        rpc, message, token=token, traceparent=request.state.traceparent, timeout=FILE_DEADLINE if slow else DEADLINE
    )
    return orjson.dumps(json_format.MessageToDict(answer, always_print_fields_with_no_presence=True))


def problem(
    request: Request, status: int, reason: str, detail: str = "", fields: tuple[FieldError, ...] = ()
) -> Response:
    """An error as problem+json (RFC 9457): `code` for programs, `detail` and each field's `reason` for people."""
    title = TITLES.get(status) or "系统出了点问题"
    body = {
        "type": f"urn:yiwang:problem:{reason}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": reason,
        "errors": [{"field": field.field, "reason": field.text, "code": field.code} for field in fields],
        "traceId": trace_id(request.state.traceparent),
    }
    headers = {401: {"WWW-Authenticate": "Bearer"}, 405: {"Allow": "POST"}, 503: {"Retry-After": "10"}}.get(status)
    return Response(orjson.dumps(body), status, VERSION | (headers or {}), PROBLEM)


def problem_of(request: Request, error: HTTPException) -> Response:
    """A refusal of the gateway itself; its reason stands in `detail` when it has one."""
    phrase = HTTPStatus(error.status_code).phrase
    reason = phrase.upper().replace(" ", "_") if error.detail == phrase else error.detail
    answer = problem(request, error.status_code, reason)
    answer.headers.update(error.headers or {})
    return answer


ROUTES = [Route("/api/{service}/{method}", serve, methods=["POST"])]
