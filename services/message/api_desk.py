"""TemplateService, RuleService, ProofService and CallbackService over gRPC."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import orjson

from chassis import quota
from chassis.acts import now
from chassis.answers import Fault
from chassis.errors import PERMISSION_DENIED, UNAUTHENTICATED, Refused, Violation, invalid, not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.message import (
    giving,
    letters,
    model,
    model_plain,
    model_rules,
    model_templates,
    providers,
    settings,
    store,
    views,
)
from services.message.model import Notice
from services.message.model_rules import NOTHING_STATED, Rules
from services.message.model_templates import TEMPLATES
from services.message.model_texts import LETTER, SMS
from services.message.sending import quota_name
from services.message.texts_kept import Texts
from standards.codes import region_covers
from yiwang.message.v1 import desk_pb2 as pb
from yiwang.message.v1 import service_pb2 as message

PAGE, MOST_DAYS = 20, 92
# A callback's timestamp may be off by so many seconds.
SKEW_SECONDS: Final = 300


def _require_region(call: Call, region: str) -> None:
    if not region_covers(call.actor.region, region):
        raise Refused(PERMISSION_DENIED, "REGION_NOT_COVERED", "只能查看本辖区")


class TemplateApi:
    """The methods of yiwang.message.v1.TemplateService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.keyring = parts.keyring
        self.wordings = store.wordings(parts.database)
        self.rules = store.rules(parts.database)

    def ListTemplates(self, request: pb.ListTemplatesRequest, call: Call) -> pb.ListTemplatesResponse:
        _require_region(call, request.region)
        return pb.ListTemplatesResponse(templates=[self._view(request.region, code, call) for code in TEMPLATES])

    def GetTemplate(self, request: pb.GetTemplateRequest, call: Call) -> pb.Template:
        _require_region(call, request.region)
        return self._view(request.region, request.code, call, editions=True)

    def PreviewTemplate(self, request: pb.PreviewTemplateRequest, call: Call) -> pb.PreviewTemplateResponse:
        _require_region(call, request.region)
        template = model_templates.template(request.code)
        view = self._view(request.region, request.code, call)
        text = request.text if request.HasField("text") else view.text
        found = model_plain.findings(template, text)
        answer = pb.PreviewTemplateResponse(findings=model_plain.views(found))
        if any(one.rule in model_plain.UNREADABLE for one in found):
            return answer
        said = model_templates.rendered(
            model_templates.Text(text.title, text.body, text.short), views.samples(template)
        )
        for channel in view.channels:
            title, carried = model_templates.carried(said, channel, "示范县政务服务")
            parts = model_templates.parts(carried) if channel == SMS else 0
            answer.previews.add(channel=channel, title=title, text=carried, parts=parts)
        return answer

    def SaveTemplate(self, request: pb.SaveTemplateRequest, call: Call) -> pb.Template:
        code, region = request.code, request.region
        model_templates.template(code)
        id = store.wordings_id(region, code)
        store.saved(
            self.wordings,
            id,
            call.cause,
            lambda own: model_templates.save(own, request.version, id, code, region, request.text, call.actor),
        )
        return self._view(region, code, call, editions=True)

    def PublishTemplate(self, request: pb.PublishTemplateRequest, call: Call) -> pb.Template:
        id = store.wordings_id(request.region, request.code)
        self.wordings.change(id, call.cause, lambda own: model_templates.publish(own, request.version, call.actor))
        return self._view(request.region, request.code, call, editions=True)

    def ReturnTemplate(self, request: pb.ReturnTemplateRequest, call: Call) -> pb.Template:
        id = store.wordings_id(request.region, request.code)
        sealed = self.keyring.seal(id, request.reason.strip())
        self.wordings.change(id, call.cause, lambda own: model_templates.send_back(own, sealed, call.actor))
        return self._view(request.region, request.code, call, editions=True)

    def _view(self, region: str, code: str, call: Call, editions: bool = False) -> pb.Template:
        template = model_templates.template(code)
        own = store.found(self.wordings, store.wordings_id(region, code))
        everybodys = store.found(self.wordings, store.wordings_id("", code))
        rules = store.found(self.rules, store.rules_id(region)) or Rules(region)
        channels = model_rules.channels(rules, template, NOTHING_STATED)
        view = views.template(template, own, everybodys, channels, call.actor, editions)
        if own and own.returned:
            view.returned_reason = self.keyring.open_text(own.id, own.returned)
        return view


class RuleApi:
    """The methods of yiwang.message.v1.RuleService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.rules = store.rules(parts.database)
        self.figures = store.figures(parts.database)

    def GetMessageRules(self, request: pb.GetMessageRulesRequest, call: Call) -> message.MessageRules:
        _require_region(call, request.region)
        own = store.found(self.rules, store.rules_id(request.region))
        return model_rules.rules_view(own or Rules(request.region))

    def SaveMessageRules(self, request: pb.SaveMessageRulesRequest, call: Call) -> message.MessageRules:
        id = store.rules_id(request.rules.region)
        record = store.saved(
            self.rules,
            id,
            call.cause,
            lambda own: model_rules.saved(own, id, request.rules, TEMPLATES, call.actor),
        )
        return model_rules.rules_view(record.state)

    def GetMessageFigures(self, request: pb.GetMessageFiguresRequest, call: Call) -> pb.GetMessageFiguresResponse:
        _require_region(call, request.region)
        first, last = _days(request.first, request.last)
        counts = self.figures.between(f"{request.region}:{first}", f"{request.region}:{last}")
        templates, all = views.figures(counts)
        rules = store.found(self.rules, store.rules_id(request.region)) or Rules(request.region)
        answer = pb.GetMessageFiguresResponse(templates=templates, all=all)
        answer.sms_a_day, answer.letters_a_day = model_rules.quota(rules, SMS), model_rules.quota(rules, LETTER)
        answer.sms_today = quota.taken(self.database, quota_name(SMS, request.region), now(), quota.DAY)
        answer.letters_today = quota.taken(self.database, quota_name(LETTER, request.region), now(), quota.DAY)
        return answer


def _days(first: str, last: str) -> tuple[date, date]:
    found = []
    for name, text in (("first", first), ("last", last)):
        try:
            found.append(date.fromisoformat(text))
        except ValueError:
            raise invalid(Violation(name, "DATE", "日期不正确")) from None
    if found[1] < found[0]:
        raise invalid(Violation("last", "BEFORE_FIRST", "截止日期不得早于起始日期"))
    if found[1] - found[0] >= timedelta(days=MOST_DAYS):
        raise invalid(Violation("last", "TOO_LONG", f"一次最多统计{MOST_DAYS}天"))
    return found[0], found[1]


class ProofApi:
    """The methods of yiwang.message.v1.ProofService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.notices = store.notices(parts.database)
        self.texts = Texts(parts.database)
        self.public_url = settings.of(parts).public_url

    def ListProofs(self, request: pb.ListProofsRequest, call: Call) -> pb.ListProofsResponse:
        rows = store.about(self.notices, request.subject, request.subject_id)
        seen = [row for row in rows if model.sees_proof(call.actor, row.state)]
        return pb.ListProofsResponse(notices=[self._view(row, call) for row in seen])

    def GetProof(self, request: pb.GetProofRequest, call: Call) -> pb.GetProofResponse:
        row = self.notices.get(request.notice_id)
        if not model.sees_proof(call.actor, row.state):
            raise not_found()
        text = self.texts.of(row.state)
        address = f"{self.public_url}/messages/{row.id}"
        pdf = letters.proof(row.state, text, model_templates.digest(text), address)
        return pb.GetProofResponse(filename=letters.filename(row.state), pdf=pdf)

    def ListFailed(self, request: pb.ListFailedRequest, call: Call) -> pb.ListFailedResponse:
        size, region = request.page_size or PAGE, model.overseen(call.actor)
        rows, token = store.failed(self.notices, region, request.page_token, size)
        return pb.ListFailedResponse(notices=[self._view(row, call) for row in rows], next_page_token=token)

    def _view(self, row: Record[Notice], call: Call) -> message.Notice:
        return views.notice(row, self.texts.of(row.state), call.actor, sendings=True)


class CallbackApi:
    """The methods of yiwang.message.v1.CallbackService, by name."""

    def __init__(self, parts: Parts, secrets: Mapping[str, bytes]) -> None:
        self.notices = store.notices(parts.database)
        self.texts = Texts(parts.database)
        self.secrets = secrets

    def TellDeliveries(self, request: pb.TellDeliveriesRequest, call: Call) -> pb.TellDeliveriesResponse:
        self._require_signed(request)
        try:
            said = providers.told(orjson.loads(request.body))
        except (ValueError, Fault) as error:
            why = str(error) if isinstance(error, Fault) else "no JSON"
            raise invalid(Violation("body", "MALFORMED", f"回执内容不符合约定：{why}")) from None
        return pb.TellDeliveriesResponse(known=sum(self._note(request.provider, id, one) for id, one in said.items()))

    def _note(self, provider: str, id: str, said: providers.Said) -> bool:
        notice_id, dot, number = id.rpartition(".")
        found = self.notices.find({"_id": notice_id}) if dot and number.isdecimal() and len(number) < 5 else None
        # Of a sending that was given to another provider this one knows nothing.
        own = found and any(one.number == int(number) and one.provider == provider for one in found.state.sendings)
        if not found or not own:
            return False
        digest = self.texts.digest(found.state)
        giving.note(self.notices, digest, notice_id, id, said, f"told/{provider}")
        return True

    def _require_signed(self, request: pb.TellDeliveriesRequest) -> None:
        secret = self.secrets.get(request.provider, b"")
        signed = hmac.new(secret, request.timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        fresh = abs(time.time() - int(request.timestamp)) <= SKEW_SECONDS
        if not (secret and hmac.compare_digest(signed, request.signature.lower()) and fresh):
            raise Refused(UNAUTHENTICATED, "CALLBACK_REFUSED", "回执的签名不正确或已过期")
