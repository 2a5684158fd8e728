"""Refusals as the platform tells them: google.rpc.Status with ErrorInfo and the fields at fault (AIP-193)."""

from collections.abc import Sequence
from typing import NoReturn

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

MESSAGES = {
    "TOKEN_EXPIRED": "令牌已过期，请重新获取",
    "NO_TOKEN": "请求未携带令牌",
    "CLIENT_REFUSED": "凭据无效",
    "QUOTA_EXHAUSTED": "调用次数已达上限，请稍后再试",
    "AWAY": "服务暂时不可用，请稍后重试",
    "CHANGED_MEANWHILE": "该记录正被他人修改，请稍后重试",
    "MOVE_NOT_ALLOWED": "办件当前状态不允许该操作",
    "RECONCILE_NEEDED": "断点已失效，请先对账再重新订阅",
    "TOO_MANY_WATCHERS": "订阅数已达上限，请稍后再试",
    "PROFILE_UNKNOWN": "代码表不存在",
    "REQUEST_ID_REUSED": "同一 request_id 已用于另一请求",
    "NOT_FOUND": "未找到，或您无权查看",
    "NOT_PLAYED": "一致性测试不提供该调用",
}


class Refusal(Exception):
    """A call is refused: `code` is a name of google.rpc.Code, `fields` are pairs of field and reason."""

    def __init__(self, code: str, reason: str, fields: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.fields = fields


def abort(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    """Ends the call with the refusal."""
    message = MESSAGES.get(refusal.reason, "请求不符合要求")
    status = status_pb2.Status(code=code_pb2.Code.Value(refusal.code), message=message)
    _pack(status, error_details_pb2.ErrorInfo(reason=refusal.reason, domain="yiwang"))
    if refusal.fields:
        named = [error_details_pb2.BadRequest.FieldViolation(field=f, reason=r) for f, r in refusal.fields]
        _pack(status, error_details_pb2.BadRequest(field_violations=named))
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status returns never")


def reason_of(error: grpc.RpcError) -> str:
    """The reason an error of a call tells for programs; empty when it tells none."""
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def _pack(status: status_pb2.Status, detail: Message) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)
    status.details.append(packed)
