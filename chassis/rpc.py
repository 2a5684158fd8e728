"""The gRPC server: every method of a service runs through one pipeline.

span → token → access rule of the proto → field rules of the proto → the act under the caller's deadline → errors as google.rpc.Status.
Streams go the same way; each message of one is checked and counted, and the store's deadline is that of a step (chassis.streams).
"""

import hashlib
import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import grpc
import pymongo
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError

from chassis import contracts, errors, quota, telemetry
from chassis.acts import ANONYMOUS, MACHINE, Actor, Cause, now
from chassis.errors import Refused, status_of
from chassis.fields import check
from chassis.masters import KeysUnavailable
from chassis.parts import Parts
from chassis.streams import Messages, Streams
from chassis.telemetry import log
from chassis.tokens import Verifier
from yiwang.access.v1 import access_pb2

KEYS_AWAY = Refused(errors.UNAVAILABLE, "KEYS_UNAVAILABLE", "密钥服务暂时不可用，请稍后重试")
BUG = Refused(errors.INTERNAL, "INTERNAL", "系统错误，请稍后重试")
THREADS = 16
END = object()
DEADLINE_SECONDS = 10.0
MAX_MESSAGE = 12 * 1024 * 1024
DRAIN_SECONDS = 25
OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.so_reuseport", 0),
    # Clients behind a headless service find new pods when a connection ends.
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
]


@dataclass(frozen=True)
class Call:
    """What an act knows of its call: who asks, the span, and how its writes are caused."""

    actor: Actor
    method: str
    request: Message
    span: telemetry.span
    digest: Callable[[bytes], str]
    # SHA-256 of the certificate (DER, hexadecimal) the caller showed on a mutual TLS connection.
    certificate: str = ""

    @cached_property
    def cause(self) -> Cause:
        """The cause of what this call writes: `<who>/<method>/<request_id>`."""
        return Cause(
            key=f"{self.actor.by}/{self.method}/{self.request.request_id}",  # type: ignore[attr-defined]
            by=self.actor.by,
            request=self.digest(self.request.SerializeToString(deterministic=True)),
            trace=self.span.traceparent,
        )


@dataclass(frozen=True, slots=True)
class Guard:
    """What the pipeline checks with: the verifier of tokens, the keyed digest of requests, and the count of a machine's calls."""

    verifier: Verifier
    digest: Callable[[bytes], str]
    meter: Callable[[Actor], None]


def guard_of(parts: Parts, verifier: Verifier) -> Guard:
    """The guard of a service: a machine's calls are counted in its own store, by the minute."""

    def meter(actor: Actor) -> None:
        if actor.realm == MACHINE:
            quota.take(parts.database, actor.principal, actor.quota, now())

    return Guard(verifier, parts.keyring.request_digest, meter)


def admit(path: str, rule: access_pb2.Access, authorization: str, verifier: Verifier) -> Actor:
    """The actor, when the rule lets him in. A public method takes a token too and knows who asks; a bad one is refused there too."""
    token = authorization.removeprefix("Bearer ")
    if not token:
        if rule.public:
            return ANONYMOUS
        raise Refused(errors.UNAUTHENTICATED, "TOKEN_MISSING", "请先登录")
    actor = verifier.actor(token)
    if rule.public or any(_grants(grant, actor, path) for grant in rule.grants):
        return actor
    raise Refused(errors.PERMISSION_DENIED, "NOT_ALLOWED", "您没有此项操作的权限")


def _grants(grant: access_pb2.Grant, actor: Actor, path: str) -> bool:
    return (
        grant.realm == actor.realm
        and (not grant.roles or not actor.roles.isdisjoint(grant.roles))
        and actor.level >= grant.level
        # Who acts for another needs it said; a machine may call what it is registered for, and nothing else.
        and (actor.acting is None or actor.acting.kind <= grant.acting)
        and (actor.realm != MACHINE or path in actor.rpcs)
    )


def pipeline(method: MethodDescriptor, act: Callable[[Any, Call], Any], guard: Guard, streams: Streams) -> Any:
    """The handler of one method: everything around the act, in order. LookupError when it has no access rule, or streams both ways.

    An act of a client stream gets an iterator of requests. One of a server stream yields answers, or None to say that there is
    nothing yet: at least each second, since that is when its end is looked for; then the store's deadline begins anew.
    """
    shapes: dict[tuple[bool, bool], tuple[Any, Callable[..., Any]]] = {
        (False, False): (grpc.unary_unary_rpc_method_handler, _answer),
        (False, True): (grpc.unary_stream_rpc_method_handler, _watch),
        (True, False): (grpc.stream_unary_rpc_method_handler, _take),
    }
    shape, serve = shapes[method.client_streaming, method.server_streaming]
    handle: Any = partial(serve, _Served(method, contracts.rule_of(method), act, guard, streams))
    if serve is not _answer:
        handle.experimental_thread_pool = streams.pool
    return shape(
        handle,
        request_deserializer=GetMessageClass(method.input_type).FromString,
        response_serializer=GetMessageClass(method.output_type).SerializeToString,
    )


class _Served(NamedTuple):
    method: MethodDescriptor
    rule: access_pb2.Access
    act: Callable[[Any, Call], Any]
    guard: Guard
    streams: Streams

    def admitted(self, asked: "_Asked", context: grpc.ServicerContext, request: Message) -> Call:
        actor = admit(contracts.path(self.method), self.rule, asked.authorization, self.guard.verifier)
        return Call(actor, self.method.name, request, asked.span, self.guard.digest, _certificate(context))

    def goes_on(self, asked: "_Asked", actor: Actor) -> None:
        self.streams.goes_on(self.guard.verifier, asked.authorization.removeprefix("Bearer "), actor)


def _answer(served: _Served, request: Message, context: grpc.ServicerContext) -> Message:
    with _answering(served.method, context) as asked:
        call = served.admitted(asked, context, request)
        check(request)
        with pymongo.timeout(min(context.time_remaining() or DEADLINE_SECONDS, DEADLINE_SECONDS)):
            served.guard.meter(call.actor)
            return served.act(request, call)  # type: ignore[no-any-return]


def _watch(served: _Served, request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
    with _answering(served.method, context) as asked:
        call = served.admitted(asked, context, request)
        check(request)
        with served.streams.place(True, call.actor.principal):
            with pymongo.timeout(DEADLINE_SECONDS):
                served.guard.meter(call.actor)
            answers = served.act(request, call)
            while context.is_active():
                served.goes_on(asked, call.actor)
                with pymongo.timeout(DEADLINE_SECONDS):
                    found: Any = next(answers, END)
                if found is END:
                    return
                if found is not None:
                    try:
                        yield found
                    except GeneratorExit:  # the caller is gone
                        return


def _take(served: _Served, requests: Iterator[Message], context: grpc.ServicerContext) -> Message:
    with _answering(served.method, context) as asked:
        call = served.admitted(asked, context, GetMessageClass(served.method.input_type)())

        def checked(message: Message) -> None:
            check(message)
            served.guard.meter(call.actor)

        goes_on = partial(served.goes_on, asked, call.actor)
        with served.streams.place(False, call.actor.principal), Messages(requests, goes_on, checked) as messages:
            with pymongo.timeout(DEADLINE_SECONDS):
                served.guard.meter(call.actor)
            return served.act(messages, call)  # type: ignore[no-any-return]


class _Asked(NamedTuple):
    span: telemetry.span
    authorization: str


@contextmanager
def _answering(method: MethodDescriptor, context: grpc.ServicerContext) -> Iterator[_Asked]:
    """The span of a call; whatever is raised in it is told to the caller as google.rpc.Status."""
    name = contracts.path(method)
    metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
    with telemetry.span(name, "server", metadata.get("traceparent")) as span:
        try:
            yield _Asked(span, metadata.get("authorization", ""))
            telemetry.calls.record(span.ms(), {"rpc.method": method.name})
        except Refused as refused:
            _fail(context, span, status_of(refused), refused.reason)
        except KeysUnavailable:
            _fail(context, span, status_of(KEYS_AWAY), KEYS_AWAY.reason)
        except PyMongoError as error:
            _fail(context, span, _of_store(error), type(error).__name__)
        except Exception as error:
            if isinstance(error, grpc.RpcError) and not context.is_active():
                raise  # the caller went away in the middle of his stream: nobody is left to be told
            log("rpc").error("bug", True, method=name, trace=span.trace_id, error=type(error).__name__)
            _fail(context, span, status_of(BUG), BUG.reason)


def _certificate(context: grpc.ServicerContext) -> str:
    found = context.auth_context().get("x509_pem_cert")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(bytes(found[0]).decode())).hexdigest() if found else ""


def _of_store(error: PyMongoError) -> status_pb2.Status:
    if isinstance(error, ConnectionFailure | ExecutionTimeout) or error.timeout:
        return status_of(Refused(errors.UNAVAILABLE, "STORE_UNAVAILABLE", "服务暂时不可用，请稍后重试"))
    log("rpc").error("store_error", error=type(error).__name__)
    return status_of(BUG)


def _fail(context: grpc.ServicerContext, span: telemetry.span, status: status_pb2.Status, reason: str) -> NoReturn:
    span.error(reason)
    telemetry.calls.record(span.ms(), {"rpc.method": "refused", "reason": reason})
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status raises")


class Tls(NamedTuple):
    """A second port for callers from outside the cluster, who must show a certificate of an authority we trust (mutual TLS)."""

    listen: str
    key_file: str
    certificate_file: str
    client_ca_file: str

    def credentials(self) -> grpc.ServerCredentials:
        """OSError when a file cannot be read."""
        key, certificate, authority = (Path(one).read_bytes() for one in self[1:])
        return grpc.ssl_server_credentials([(key, certificate)], authority, require_client_auth=True)


class Server:
    """A gRPC server with health, reflection and draining; NOT_SERVING until `ready(True)`."""

    def __init__(self, listen: str, tls: Tls | None = None) -> None:
        self.streams = Streams()
        self._server = grpc.server(ThreadPoolExecutor(THREADS, "rpc"), options=OPTIONS)
        self._health = health.HealthServicer()
        self._names = [health.SERVICE_NAME, reflection.SERVICE_NAME]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.ready(False)
        if not self._server.add_insecure_port(listen):
            raise OSError(f"cannot listen on {listen}: the port is taken")
        if tls and not self._server.add_secure_port(tls.listen, tls.credentials()):
            raise OSError(f"cannot listen on {tls.listen}: the port is taken")

    def add(self, service: ServiceDescriptor, servicer: object, guard: Guard) -> None:
        """Serves every method of the contract; AttributeError when the servicer lacks one, LookupError without access rule."""
        handlers = {
            method.name: pipeline(method, getattr(servicer, method.name), guard, self.streams)
            for method in service.methods
        }
        generic = grpc.method_handlers_generic_handler(service.full_name, handlers)
        self._server.add_generic_rpc_handlers((generic,))
        self._names.append(service.full_name)

    def ready(self, serving: bool) -> None:
        """Answers SERVING or NOT_SERVING to grpc.health.v1."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        self._health.set("", status)

    def start(self) -> None:
        """Starts to answer."""
        reflection.enable_server_reflection(self._names, self._server)
        self._server.start()

    def wait(self) -> None:
        """Until SIGTERM or SIGINT; then streams end, and calls in flight are finished, at most DRAIN_SECONDS."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()
        self._health.enter_graceful_shutdown()
        self.streams.closing.set()
        self._server.stop(DRAIN_SECONDS).wait()
