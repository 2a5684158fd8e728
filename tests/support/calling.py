"""Calls in a test's own words: `citizen.SubmitCase(item_id=…)`, and what a refusal says."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from chassis.acts import Actor
from tests.support.actors import token


class As:
    """A service as this actor calls it. A write gets a request_id of its own unless one is given. A client stream is one message
    long unless `stream` gives its messages; of a server stream the call is returned, to be iterated and cancelled."""

    def __init__(
        self, channel: grpc.Channel, service: ServiceDescriptor, actor: Actor | None, access: str = ""
    ) -> None:
        self._channel = channel
        self._service = service
        self.actor = actor
        self._token = access or (token(actor) if actor else "")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = self._service.methods_by_name[name]
        request_class = GetMessageClass(method.input_type)
        shape = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
        invoke = getattr(self._channel, shape)(
            f"/{self._service.full_name}/{name}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )

        def call(
            request: Message | None = None,
            deadline: float | None = 20,
            stream: Iterable[Message] | None = None,
            **fields: Any,
        ) -> Any:
            if request is None:
                if "request_id" in method.input_type.fields_by_name:
                    fields.setdefault("request_id", uuid.uuid4().hex)
                request = request_class(**fields)
            metadata = [("authorization", f"Bearer {self._token}")] if self._token else []
            return invoke(
                iter((request,) if stream is None else stream) if method.client_streaming else request,
                metadata=metadata,
                timeout=deadline,
            )

        return call


@dataclass
class Refusal:
    """What a refused call said: the reason, the Chinese message, and by field the reason and its message."""

    code: grpc.StatusCode | None = None
    reason: str = ""
    message: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)


@contextmanager
def refused(code: grpc.StatusCode | None = None, reason: str | None = None) -> Iterator[Refusal]:
    """The block must be refused, with this code and this reason where given; yields what it said."""
    refusal = Refusal()
    try:
        yield refusal
    except grpc.RpcError as error:
        _read(error, refusal)
    else:
        raise AssertionError(f"not refused, {code} {reason} was expected")
    if code is not None:
        assert refusal.code == code, refusal
    if reason is not None:
        assert refusal.reason == reason, refusal


def _read(error: Any, refusal: Refusal) -> None:
    refusal.code, refusal.message = error.code(), error.details()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            refusal.reason = info.reason
        elif detail.Unpack(bad):
            for one in bad.field_violations:
                refusal.fields.setdefault(one.field, one.reason)
                refusal.messages.setdefault(one.field, one.description)


def at_once(many: int, call: Callable[[int], Any]) -> Counter[str]:
    """What so many calls at one moment are answered: `done`, or the code of the refusal."""
    barrier = threading.Barrier(many)

    def one(number: int) -> str:
        barrier.wait()
        try:
            call(number)
        except grpc.RpcError as error:
            return str(error.code())
        return "done"

    with ThreadPoolExecutor(many) as pool:
        return Counter(pool.map(one, range(many)))
