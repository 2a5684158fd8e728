"""The services that answer what a test tells them to, and a browser without a screen in front of the gateway."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import grpc
import httpx
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chassis import rules
from services.gateway.calls import CallError, FieldError
from standards import scenarios
from yiwang.case.v1 import (
    board_pb2_grpc,
    bundles_pb2_grpc,
    documents_pb2_grpc,
    exchange_pb2_grpc,
    fulfilment_pb2_grpc,
    intake_pb2_grpc,
    intermediary_pb2_grpc,
    procedures_pb2_grpc,
    promises_pb2_grpc,
    supervision_pb2_grpc,
    trace_pb2_grpc,
)
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import service_pb2_grpc as case_grpc
from yiwang.catalog.v1 import directory_pb2_grpc, items_pb2_grpc, lists_pb2_grpc, themes_pb2_grpc, vocabulary_pb2_grpc
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import service_pb2_grpc as catalog_grpc
from yiwang.identity.v1 import (
    agents_pb2_grpc,
    clients_pb2_grpc,
    contacts_pb2_grpc,
    counties_pb2_grpc,
    delegations_pb2_grpc,
    factors_pb2_grpc,
    officers_pb2_grpc,
    organizations_pb2_grpc,
    privacy_pb2_grpc,
    sso_pb2_grpc,
    verifications_pb2_grpc,
)
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.identity.v1 import service_pb2_grpc as identity_grpc
from yiwang.intermediary.v1 import (
    agencies_pb2_grpc,
    market_pb2_grpc,
    performance_pb2_grpc,
    selection_pb2_grpc,
    signups_pb2_grpc,
)
from yiwang.intermediary.v1 import service_pb2_grpc as intermediary_grpc
from yiwang.message.v1 import desk_pb2_grpc as message_desk_grpc
from yiwang.message.v1 import service_pb2_grpc as message_grpc
from yiwang.policy.v1 import (
    appeals_pb2_grpc,
    bulletins_pb2_grpc,
    claims_pb2_grpc,
    complaints_pb2_grpc,
    enterprises_pb2_grpc,
    money_pb2_grpc,
    news_pb2_grpc,
    rolls_pb2_grpc,
)
from yiwang.policy.v1 import items_pb2_grpc as payouts_grpc
from yiwang.policy.v1 import service_pb2_grpc as policy_grpc
from yiwang.rating.v1 import loop_pb2_grpc, records_pb2_grpc, results_pb2_grpc, tickets_pb2_grpc, windows_pb2_grpc
from yiwang.rating.v1 import service_pb2_grpc as rating_grpc

CONTRACTS = (
    identity_grpc, agents_pb2_grpc, clients_pb2_grpc, contacts_pb2_grpc, counties_pb2_grpc, delegations_pb2_grpc, factors_pb2_grpc,
    officers_pb2_grpc, organizations_pb2_grpc, privacy_pb2_grpc, sso_pb2_grpc, verifications_pb2_grpc, catalog_grpc, case_grpc, rating_grpc,
    directory_pb2_grpc, items_pb2_grpc, lists_pb2_grpc, themes_pb2_grpc, vocabulary_pb2_grpc, documents_pb2_grpc,
    exchange_pb2_grpc, fulfilment_pb2_grpc, procedures_pb2_grpc, promises_pb2_grpc, supervision_pb2_grpc, trace_pb2_grpc,
    intake_pb2_grpc, intermediary_pb2_grpc, bundles_pb2_grpc, loop_pb2_grpc, records_pb2_grpc, results_pb2_grpc, tickets_pb2_grpc,
    windows_pb2_grpc,
    intermediary_grpc, agencies_pb2_grpc, market_pb2_grpc, performance_pb2_grpc, selection_pb2_grpc, signups_pb2_grpc,
    policy_grpc, payouts_grpc, enterprises_pb2_grpc, claims_pb2_grpc, rolls_pb2_grpc, money_pb2_grpc, appeals_pb2_grpc,
    complaints_pb2_grpc, news_pb2_grpc, bulletins_pb2_grpc, message_grpc, message_desk_grpc, board_pb2_grpc,
)  # fmt: skip
# Asked beside the requests, so no part of what a page asked for.
BESIDE = ("GetCounty", "CountUnread")

ITEM = "7b0f3c1e-0000-4000-8000-000000000001"
CASE = "7b0f3c1e-0000-4000-8000-000000000002"
FILE = "7b0f3c1e-0000-4000-8000-000000000003"
USCC = "11990121000001011B"
OFFICER_ROLES = ["receive", "decide", "administer", "supervise", "catalog"]
KEY = base64.b64encode(bytes(range(32))).decode()

# One loop for the services, the gateway and the client: grpc.aio binds to the loop it is made in.
LOOP = asyncio.new_event_loop()


def refuse(code: str, reason: str, message: str = "", /, **fields: str) -> CallError:
    """What a service would refuse with; `__` in a field's name stands for brackets: form__phone → form[phone]."""
    named = [FieldError(_path(name), text, "FIELD") for name, text in fields.items()]
    return CallError(grpc.StatusCode[code], reason, message or reason, named)


def _path(name: str) -> str:
    outer, _, key = name.partition("__")
    return f"{outer}[{key}]" if key else outer


class Services:
    """The services. `on` says what a method answers: a message, a refusal, or a function of the request."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.heard: list[tuple[str, Any, dict[str, str]]] = []

    def on(self, method: str, answer: Any) -> None:
        self.answers[method] = answer

    def requests(self, method: str) -> list[Any]:
        return [request for name, request, _ in self.heard if name == method]

    def metadata(self, method: str) -> dict[str, str]:
        return next(metadata for name, _, metadata in reversed(self.heard) if name == method)

    async def answer(self, method: str, request: Any, context: grpc.aio.ServicerContext) -> Any:
        metadata = dict(context.invocation_metadata())
        if method not in BESIDE or "traceparent" in metadata:
            self.heard.append((method, request, metadata))
        answer = self.answers.get(method, refuse("NOT_FOUND", "NOT_TOLD", "没有"))
        if method == "GuideItem" and method not in self.answers and "GetItem" in self.answers:
            answer = guided(self.answers["GetItem"])
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, CallError):
            await abort(context, answer)
        return answer


async def abort(context: grpc.aio.ServicerContext, error: CallError) -> None:
    """Refuses as the chassis does: google.rpc.Status in the trailers."""
    status = status_pb2.Status(code=error.code.value[0], message=error.message)
    details = [error_details_pb2.ErrorInfo(reason=error.reason, domain="yiwang")]
    bad = error_details_pb2.BadRequest()
    for field in error.fields:
        bad.field_violations.add(field=field.field, description=field.text, reason=field.code)
    for detail in (*details, bad) if error.fields else details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    await context.abort(error.code, error.message)


def servicer(base: type, services: Services) -> Any:
    """A servicer whose every method asks `services`."""

    def method(name: str) -> Callable[..., Any]:
        async def serve(self: Any, request: Any, context: grpc.aio.ServicerContext) -> Any:
            return await services.answer(name, request, context)

        return serve

    return type("Told", (base,), {name: method(name) for name in vars(base) if name[0].isupper()})()


async def start(services: Services) -> tuple[grpc.aio.Server, int, Any]:
    """One server with all services and the health service."""
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", 16 << 20)])
    for module in CONTRACTS:
        for name in [name for name in vars(module) if name.endswith("ServiceServicer")]:
            getattr(module, f"add_{name}_to_server")(servicer(getattr(module, name), services), server)
    state = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    await state.set("", health_pb2.HealthCheckResponse.SERVING)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port, state


class Site:
    """A browser without a screen: keeps cookies, finds form tokens, sends forms."""

    def __init__(self, app: Any, services: Services, state: Any) -> None:
        self.services, self.health = services, state
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://county.test")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return LOOP.run_until_complete(self.client.get(path, **options))

    def post(self, path: str, data: Any = None, **options: Any) -> httpx.Response:
        return LOOP.run_until_complete(self.client.post(path, data=data, **options))

    def run(self, awaitable: Any) -> Any:
        return LOOP.run_until_complete(awaitable)

    def token(self, path: str = "/sign-in") -> str:
        return hidden(self.get(path).text, "csrf")

    def send(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        return self.post(path, {"csrf": self.token(), "request_id": "act-00000001"} | (data or {}), **options)

    def sign_in(self, as_officer: bool = False, expires_in: int = 900, agent: bool = False) -> httpx.Response:
        self.services.on("SignIn", agent_session() if agent else session(as_officer, expires_in))
        return self.send("/sign-in", {"login": "who", "password": "secret-password"})


def hidden(page: str, name: str) -> str:
    """The value of a hidden input."""
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def session(as_officer: bool = False, expires_in: int = 900, token: str = "access-1") -> identity.Session:
    """What identity answers to a sign-in."""
    person = identity.Person(id="p-1", name="测试人甲")
    officer = identity.Officer(
        id="o-1", name="测试官乙", roles=OFFICER_ROLES, department=USCC, department_name="测试局", region="990121"
    )
    me = identity.Me(officer=officer) if as_officer else identity.Me(person=person)
    return identity.Session(
        id="s-1", access_token=token, refresh_token=f"refresh-of-{token}-0123456789", expires_in=expires_in, me=me
    )


def agent_session() -> identity.Session:
    """What identity answers to the sign-in of an agent."""
    agent = identity.Agent(
        id="a-1", name="测试员丙", agent_number="bb-1", agent_organization_name="测试村便民点", region="990121"
    )
    return identity.Session(
        id="s-a",
        access_token="access-a",
        refresh_token="refresh-of-a-0123456789",
        expires_in=900,
        me=identity.Me(agent=agent),
    )


def an_item(**change: Any) -> catalog.Item:
    """A small published item."""
    definition = catalog.ItemDefinition(code="X1", name="测试事项", type_code="01", online=True)
    definition.department.name = "测试局"
    definition.materials.add(key="m1", name="申请书", necessity=catalog.NECESSITY_REQUIRED)
    definition.form_fields.add(key="contact_phone", label="联系电话", kind=catalog.FIELD_KIND_PHONE, required=True)
    fields = {"id": ITEM, "edition": 2, "latest_edition": 2, "status": catalog.ITEM_STATUS_PUBLISHED} | change
    return catalog.Item(definition=definition, **fields)


def a_case(status: int = cases.CASE_STATUS_SUBMITTED, *moves: str) -> cases.Case:
    """A case as its reader sees it."""
    case = cases.Case(
        id=CASE, version=4, number="990101-260305-7K3QWX-M", status=status, item_id=ITEM, edition=2,
        item_name="测试事项", department_name="测试局", submitted_at="2026-03-05T06:07:00Z", moves=moves,
    )  # fmt: skip
    case.materials.add(key="m1", name="申请书", necessity=catalog.NECESSITY_REQUIRED)
    return case


def guided(item: catalog.Item) -> Callable[[Any], Any]:
    """What catalog's GuideItem answers for this item."""

    def answer(request: catalog.GuideItemRequest) -> Any:
        if wrong := scenarios.wrong_answers(item.definition.questions, request.answers):
            named = [FieldError(one.field, one.message, one.reason) for one in wrong]
            return CallError(grpc.StatusCode.INVALID_ARGUMENT, wrong[0].reason, wrong[0].message, named)
        return scenarios.resolve(item.definition, request.answers, rules.judge, item.id, item.edition)

    return answer


class LifespanOf:
    """Starts and stops an ASGI application as a server would."""

    def __init__(self, app: Any) -> None:
        self.inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.outbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.app = app

    async def start(self) -> None:
        self.task = asyncio.create_task(self.app({"type": "lifespan", "state": {}}, self.inbox.get, self.outbox.put))
        await self.inbox.put({"type": "lifespan.startup"})
        assert (await self.outbox.get())["type"] == "lifespan.startup.complete"

    async def stop(self) -> None:
        await self.inbox.put({"type": "lifespan.shutdown"})
        await self.task
