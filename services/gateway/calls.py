"""The services behind the gateway: channels, stubs, one way to call them, one kind of error."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from starlette.requests import Request

from services.gateway.settings import Settings
from yiwang.case.v1.board_pb2_grpc import BoardServiceStub
from yiwang.case.v1.bundles_pb2_grpc import BundleServiceStub
from yiwang.case.v1.documents_pb2_grpc import DocumentServiceStub
from yiwang.case.v1.exchange_pb2_grpc import ExchangeServiceStub
from yiwang.case.v1.fulfilment_pb2_grpc import FulfilmentServiceStub
from yiwang.case.v1.intake_pb2_grpc import DraftServiceStub, IntakeServiceStub, PreReviewServiceStub
from yiwang.case.v1.intermediary_pb2_grpc import IntermediaryServiceStub
from yiwang.case.v1.procedures_pb2_grpc import ProcedureServiceStub, VisitServiceStub
from yiwang.case.v1.promises_pb2_grpc import PromiseServiceStub
from yiwang.case.v1.service_pb2_grpc import CaseServiceStub
from yiwang.case.v1.supervision_pb2_grpc import SupervisionServiceStub
from yiwang.case.v1.trace_pb2_grpc import TraceServiceStub
from yiwang.catalog.v1.directory_pb2_grpc import DirectoryServiceStub
from yiwang.catalog.v1.items_pb2_grpc import ItemServiceStub
from yiwang.catalog.v1.lists_pb2_grpc import ListServiceStub
from yiwang.catalog.v1.service_pb2_grpc import CatalogServiceStub
from yiwang.catalog.v1.themes_pb2_grpc import ThemeServiceStub
from yiwang.catalog.v1.vocabulary_pb2_grpc import VocabularyServiceStub
from yiwang.identity.v1.agents_pb2_grpc import AgentServiceStub
from yiwang.identity.v1.clients_pb2_grpc import ClientServiceStub
from yiwang.identity.v1.contacts_pb2_grpc import ContactServiceStub
from yiwang.identity.v1.counties_pb2_grpc import CountyServiceStub
from yiwang.identity.v1.delegations_pb2_grpc import DelegationServiceStub
from yiwang.identity.v1.factors_pb2_grpc import FactorServiceStub
from yiwang.identity.v1.officers_pb2_grpc import OfficerServiceStub
from yiwang.identity.v1.organizations_pb2_grpc import OrganizationServiceStub
from yiwang.identity.v1.privacy_pb2_grpc import PrivacyServiceStub
from yiwang.identity.v1.service_pb2_grpc import IdentityServiceStub
from yiwang.identity.v1.sso_pb2_grpc import SsoServiceStub
from yiwang.identity.v1.verifications_pb2_grpc import VerificationServiceStub
from yiwang.intermediary.v1.agencies_pb2_grpc import AgencyServiceStub as MarketAgencyServiceStub
from yiwang.intermediary.v1.market_pb2_grpc import MarketServiceStub
from yiwang.intermediary.v1.performance_pb2_grpc import PerformanceServiceStub
from yiwang.intermediary.v1.selection_pb2_grpc import SelectionServiceStub
from yiwang.intermediary.v1.service_pb2_grpc import ProcurementServiceStub
from yiwang.intermediary.v1.signups_pb2_grpc import SignUpServiceStub
from yiwang.message.v1.desk_pb2_grpc import (
    CallbackServiceStub,
    ProofServiceStub,
    RuleServiceStub,
    TemplateServiceStub,
)
from yiwang.message.v1.service_pb2_grpc import MessageServiceStub
from yiwang.policy.v1.appeals_pb2_grpc import AppealServiceStub
from yiwang.policy.v1.bulletins_pb2_grpc import BulletinServiceStub
from yiwang.policy.v1.claims_pb2_grpc import ClaimServiceStub
from yiwang.policy.v1.complaints_pb2_grpc import ComplaintServiceStub
from yiwang.policy.v1.enterprises_pb2_grpc import EnterpriseServiceStub
from yiwang.policy.v1.items_pb2_grpc import PayoutItemServiceStub
from yiwang.policy.v1.money_pb2_grpc import MoneyServiceStub
from yiwang.policy.v1.news_pb2_grpc import NewsServiceStub
from yiwang.policy.v1.rolls_pb2_grpc import RollServiceStub
from yiwang.policy.v1.service_pb2_grpc import PolicyServiceStub
from yiwang.rating.v1.loop_pb2_grpc import LoopServiceStub
from yiwang.rating.v1.records_pb2_grpc import RecordServiceStub
from yiwang.rating.v1.results_pb2_grpc import ResultServiceStub
from yiwang.rating.v1.service_pb2_grpc import RatingServiceStub
from yiwang.rating.v1.tickets_pb2_grpc import TicketServiceStub
from yiwang.rating.v1.windows_pb2_grpc import WindowServiceStub

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)

DEADLINE = 5.0
FILE_DEADLINE = 30.0
MESSAGE_LIMIT = 16 * 1024 * 1024

# Every write of the suite carries a request_id, so asking again after a broken connection is always safe.
_RETRY = {
    "maxAttempts": 3,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
    # grpc's own back-off grows to two minutes: a service that came back must not look dead that long.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
    (
        "grpc.service_config",
        json.dumps(
            {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [{"name": [{}], "retryPolicy": _RETRY}]}
        ),
    ),
)

HTTP_STATUS = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.OUT_OF_RANGE: 400,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.FAILED_PRECONDITION: 409,
    StatusCode.ABORTED: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.CANCELLED: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
}

# Said when the answer does not come from one of our services (no ErrorInfo), so its text is not for people.
_OWN_WORDS = {
    StatusCode.UNAVAILABLE: "服务暂时不可用，请稍后再试",
    StatusCode.DEADLINE_EXCEEDED: "服务响应超时，请稍后再试",
    StatusCode.RESOURCE_EXHAUSTED: "请求过多或内容过大，请稍后再试",
    StatusCode.UNAUTHENTICATED: "请先登录",
    StatusCode.PERMISSION_DENIED: "您没有办理此操作的权限",
    StatusCode.NOT_FOUND: "没有找到相应的内容",
}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field, in the service's words; the path is the service's too: `form[contact_phone]`."""

    field: str
    text: str
    code: str = ""


class CallError(Exception):
    """A service refused, or did not answer. `reason` is for programs, `message` for people."""

    def __init__(self, code: StatusCode, reason: str, message: str, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.message = message
        self.fields = tuple(fields)

    @property
    def status(self) -> int:
        """The HTTP status that says the same."""
        return HTTP_STATUS.get(self.code, 500)


class Backends:
    """One channel and one stub per service. Made inside the running loop, because grpc.aio binds channels to it."""

    def __init__(self, settings: Settings) -> None:
        addresses = {
            "identity": settings.identity_address,
            "catalog": settings.catalog_address,
            "case": settings.case_address,
            "rating": settings.rating_address,
            "intermediary": settings.intermediary_address,
            "policy": settings.policy_address,
            "message": settings.message_address,
        }
        self.channels = {name: grpc.aio.insecure_channel(where, OPTIONS) for name, where in addresses.items()}
        self.identity = IdentityServiceStub(self.channels["identity"])
        self.factors = FactorServiceStub(self.channels["identity"])
        self.verifications = VerificationServiceStub(self.channels["identity"])
        self.organizations = OrganizationServiceStub(self.channels["identity"])
        self.agents = AgentServiceStub(self.channels["identity"])
        self.delegations = DelegationServiceStub(self.channels["identity"])
        self.officers = OfficerServiceStub(self.channels["identity"])
        self.counties = CountyServiceStub(self.channels["identity"])
        self.clients = ClientServiceStub(self.channels["identity"])
        self.sso = SsoServiceStub(self.channels["identity"])
        self.privacy = PrivacyServiceStub(self.channels["identity"])
        self.contacts = ContactServiceStub(self.channels["identity"])
        self.catalog = CatalogServiceStub(self.channels["catalog"])
        self.catalog_items = ItemServiceStub(self.channels["catalog"])
        self.directory = DirectoryServiceStub(self.channels["catalog"])
        self.themes = ThemeServiceStub(self.channels["catalog"])
        self.lists = ListServiceStub(self.channels["catalog"])
        self.vocabulary = VocabularyServiceStub(self.channels["catalog"])
        self._of_case(self.channels["case"])
        self._of_rating(self.channels["rating"])
        self._of_intermediary(self.channels["intermediary"])
        self._of_policy(self.channels["policy"])
        self._of_message(self.channels["message"])

    def _of_case(self, channel: grpc.aio.Channel) -> None:
        self.case = CaseServiceStub(channel)
        self.bundles = BundleServiceStub(channel)
        self.documents = DocumentServiceStub(channel)
        self.intake = IntakeServiceStub(channel)
        self.pre_reviews = PreReviewServiceStub(channel)
        self.drafts = DraftServiceStub(channel)
        self.procedures = ProcedureServiceStub(channel)
        self.visits = VisitServiceStub(channel)
        self.promises = PromiseServiceStub(channel)
        self.fulfilment = FulfilmentServiceStub(channel)
        self.supervision = SupervisionServiceStub(channel)
        self.board = BoardServiceStub(channel)
        self.trace = TraceServiceStub(channel)
        self.exchange = ExchangeServiceStub(channel)
        self.intermediaries = IntermediaryServiceStub(channel)

    def _of_rating(self, channel: grpc.aio.Channel) -> None:
        self.rating = RatingServiceStub(channel)
        self.loop = LoopServiceStub(channel)
        self.window_codes = WindowServiceStub(channel)
        self.tickets = TicketServiceStub(channel)
        self.results = ResultServiceStub(channel)
        self.records = RecordServiceStub(channel)

    def _of_intermediary(self, channel: grpc.aio.Channel) -> None:
        self.market_agencies = MarketAgencyServiceStub(channel)
        self.procurements = ProcurementServiceStub(channel)
        self.signups = SignUpServiceStub(channel)
        self.selection = SelectionServiceStub(channel)
        self.performance = PerformanceServiceStub(channel)
        self.market = MarketServiceStub(channel)

    def _of_policy(self, channel: grpc.aio.Channel) -> None:
        self.policies = PolicyServiceStub(channel)
        self.payout_items = PayoutItemServiceStub(channel)
        self.enterprises = EnterpriseServiceStub(channel)
        self.claims = ClaimServiceStub(channel)
        self.rolls = RollServiceStub(channel)
        self.money = MoneyServiceStub(channel)
        self.appeals = AppealServiceStub(channel)
        self.complaints = ComplaintServiceStub(channel)
        self.news = NewsServiceStub(channel)
        self.policy_bulletins = BulletinServiceStub(channel)

    def _of_message(self, channel: grpc.aio.Channel) -> None:
        self.messages = MessageServiceStub(channel)
        self.message_templates = TemplateServiceStub(channel)
        self.message_rules = RuleServiceStub(channel)
        self.proofs = ProofServiceStub(channel)
        self.message_callbacks = CallbackServiceStub(channel)

    async def close(self) -> None:
        """Ends the channels; calls under way get a second."""
        for channel in self.channels.values():
            await channel.close(1.0)


def backends(request: Request) -> Backends:
    """The services of this process."""
    return cast(Backends, request.app.state.backends)


async def call(
    rpc: grpc.aio.UnaryUnaryMultiCallable[Req, Res],
    message: Req,
    *,
    token: str = "",
    traceparent: str = "",
    timeout: float = DEADLINE,
) -> Res:
    """Calls once with deadline, trace and token; every failure is a CallError."""
    metadata = [("traceparent", traceparent)] if traceparent else []
    if token:
        metadata.append(("authorization", f"Bearer {token}"))
    try:
        return await rpc(message, metadata=tuple(metadata), timeout=timeout)
    except grpc.aio.AioRpcError as error:
        raise refusal(error) from None


def refusal(error: grpc.aio.AioRpcError) -> CallError:
    """Reads google.rpc.Status from the trailers of a failed call."""
    code, reason, fields = error.code(), "", list[FieldError]()
    for detail in _details(error):
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason = info.reason
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            fields += [FieldError(v.field, v.description, v.reason) for v in bad.field_violations]
    own = _OWN_WORDS.get(code, "系统出了点问题，请稍后再试")
    message = (error.details() or own) if reason else own
    return CallError(code, reason or code.name, message, fields)


def _details(error: grpc.aio.AioRpcError) -> list[any_pb2.Any]:
    """The packed details of a google.rpc.Status; none when the answer carries no such status."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            try:
                return list(status_pb2.Status.FromString(value).details)
            except DecodeError:
                return []
    return []
