"""MessageService over gRPC: a recipient's message centre, and what he wants to be told."""

from chassis.acts import now
from chassis.errors import not_found
from chassis.parts import Api, Parts
from chassis.records import Record
from chassis.rpc import Call
from services.message import model, model_rules, model_sending, settings, store, views
from services.message.api_desk import CallbackApi, ProofApi, RuleApi, TemplateApi
from services.message.model import Notice
from services.message.texts_kept import Texts
from yiwang.message.v1 import service_pb2 as pb

PAGE = 20


class MessageApi:
    """The methods of yiwang.message.v1.MessageService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.notices = store.notices(parts.database)
        self.preferences = store.preferences(parts.database)
        self.texts = Texts(parts.database)

    def ListNotices(self, request: pb.ListNoticesRequest, call: Call) -> pb.ListNoticesResponse:
        rows, token = store.told(
            self.notices,
            model.visible(call.actor),
            request.unread_only,
            lambda one: not one.member_ids and request.kind in (0, one.kind),
            request.page_token,
            request.page_size or PAGE,
        )
        shown = [views.notice(row, self.texts.of(row.state), call.actor) for row in rows]
        return pb.ListNoticesResponse(notices=shown, next_page_token=token)

    def GetNotice(self, request: pb.GetNoticeRequest, call: Call) -> pb.Notice:
        return self._shown(self._own(request.notice_id, call), call)

    def ReadNotice(self, request: pb.ReadNoticeRequest, call: Call) -> pb.Notice:
        own = self._own(request.notice_id, call)
        digest = self.texts.digest(own.state)
        read = self.notices.change(
            own.id, call.cause, lambda one: model_sending.read(one, call.actor.by.partition("/")[0], digest, now())
        )
        return self._shown(read, call)

    def CountUnread(self, request: pb.CountUnreadRequest, call: Call) -> pb.CountUnreadResponse:
        return pb.CountUnreadResponse(unread=store.unread(self.notices, model.visible(call.actor)))

    def GetPreferences(self, request: pb.GetPreferencesRequest, call: Call) -> pb.Preferences:
        own = store.found(self.preferences, store.preferences_id(call.actor.principal))
        return model_rules.preferences_view(own or model_rules.NOTHING_STATED)

    def SavePreferences(self, request: pb.SavePreferencesRequest, call: Call) -> pb.Preferences:
        recipient = call.actor.principal
        id = store.preferences_id(recipient)
        record = store.saved(
            self.preferences,
            id,
            call.cause,
            lambda own: model_rules.preferences(own, id, recipient, request.preferences),
        )
        return model_rules.preferences_view(record.state)

    def _own(self, id: str, call: Call) -> Record[Notice]:
        record = self.notices.get(id)
        if not model.reads(call.actor, record.state):
            raise not_found()
        return record

    def _shown(self, record: Record[Notice], call: Call) -> pb.Notice:
        return views.notice(record, self.texts.of(record.state), call.actor, sendings=True)


def build(parts: Parts) -> Api:
    """The api of message, from its parts."""
    secrets = settings.secrets(settings.of(parts))
    return Api(
        {
            "MessageService": MessageApi(parts),
            "TemplateService": TemplateApi(parts),
            "RuleService": RuleApi(parts),
            "ProofService": ProofApi(parts),
            "CallbackService": CallbackApi(parts, secrets),
        }
    )
