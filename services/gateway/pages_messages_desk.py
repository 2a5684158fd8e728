"""The desk of messages: what templates say, tried and published by two; what the county sets; how notices went."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import message_words
from services.gateway.acts import FRESH, Act, Tried, number, only, post, shown, texts, tried
from services.gateway.calls import CallError, backends
from services.gateway.desk_inputs import wrong
from services.gateway.forms import problems_of, text
from services.gateway.pages import Handler, Page
from services.gateway.render import show
from services.gateway.session import ask, session_of
from services.gateway.words import SHANGHAI
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

HOME: Final = "/admin/messages"
ONE: Final = HOME + "/templates/{code}"
READS: Final = ("administer", "supervise")
WRITES: Final = ("administer",)
COUNTY_DIGITS: Final = 6
DAYS: Final = 7
# In the order they are usually tried.
WAYS: Final = (messages.CHANNEL_SMS, messages.CHANNEL_PUSH, messages.CHANNEL_EMAIL, messages.CHANNEL_LETTER)


def county_of(request: Request) -> str:
    """The county of the officer; of one of a larger region the county of this site."""
    region = session_of(request).region
    site: str = request.app.state.settings.region
    return region[:COUNTY_DIGITS] if len(region) >= COUNTY_DIGITS and not region[:6].endswith("00") else site


async def templates(request: Request) -> Response:
    """Every template as it is in force in the county, by kind."""
    message = desk.ListTemplatesRequest(region=county_of(request))
    found = await ask(request, backends(request).message_templates.ListTemplates, message)
    kinds = {kind: [one for one in found.templates if one.kind == kind] for kind in message_words.KIND}
    return show(request, "admin_messages.html", kinds=kinds, place=message.region)


async def template(request: Request, again: Tried) -> Response:
    """One template: what it says, by which ways, its editions; and the form that words it anew, with what it would look like."""
    place, code = county_of(request), str(request.path_params["code"])
    stub = backends(request).message_templates
    one = await ask(request, stub.GetTemplate, desk.GetTemplateRequest(region=place, code=code))
    told = one.working if one.HasField("working") else one.text
    typed = messages.TemplateText(**{name: again.value("text", name, getattr(told, name)) for name in PARTS})
    preview = desk.PreviewTemplateResponse()
    try:
        wanted = desk.PreviewTemplateRequest(region=place, code=code, text=typed)
        preview = await ask(request, stub.PreviewTemplate, wanted)
    except CallError as error:
        if error.status != 400:
            raise
    context: dict[str, Any] = {"one": one, "typed": typed, "preview": preview, "place": place, "tried": again}
    writes = "administer" in session_of(request).roles
    return show(request, "admin_message.html", again.status, problems=again.problems, writes=writes, **context)


PARTS: Final = ("title", "body", "short")


def _written(form: FormData) -> dict[str, Any]:
    typed = only(*PARTS)(form) | {"body": text(form, "body").replace("\r\n", "\n")}
    return {"text": messages.TemplateText(**typed), "version": number(form, "version"), "region": text(form, "region")}


def _seen(form: FormData) -> dict[str, Any]:
    return {"version": number(form, "version"), "region": text(form, "region")}


SAVE = Act(
    "text", "message_templates.SaveTemplate", desk.SaveTemplateRequest, "template-saved", _written, message_words.FIELD
)
PUBLISH = Act(
    "publish", "message_templates.PublishTemplate", desk.PublishTemplateRequest, "template-published", _seen
)  # fmt: skip
RETURN = Act(
    "return", "message_templates.ReturnTemplate", desk.ReturnTemplateRequest, "template-returned",
    only("reason", "region"), message_words.FIELD,
)  # fmt: skip


async def write(request: Request) -> Response:
    """The form of a text: tried, or saved."""
    form = await request.form()
    if text(form, "do") == "try":
        return await template(request, tried(form, "text", [], 200))
    return await post(SAVE, template, HOME + "/templates/{code}")(request)


# -- rules -----------------------------------------------------------------------------------------------------------------


async def rules(request: Request, again: Tried) -> Response:
    """What the county sets: quiet hours, the hour of digests, how many a day, and the ways of single templates."""
    place = county_of(request)
    stubs = backends(request)
    own = await ask(request, stubs.message_rules.GetMessageRules, desk.GetMessageRulesRequest(region=place))
    known = await ask(request, stubs.message_templates.ListTemplates, desk.ListTemplatesRequest(region=place))
    changed = {one.code: list(one.channels) for one in own.templates}
    sent = [one for one in known.templates if one.kind != messages.NOTICE_KIND_WORK]
    context: dict[str, Any] = {"own": own, "templates": sent, "changed": changed, "ways": WAYS, "place": place}
    return show(request, "admin_message_rules.html", again.status, problems=again.problems, tried=again, **context)


def _minute(form: FormData, name: str) -> int:
    """A time of the day as minutes."""
    hours, colon, minutes = text(form, name).partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise wrong(f"rules.{name}", "请按 08:00 的样子填写时间")
    return int(hours) * 60 + int(minutes)


def _ruled(form: FormData) -> dict[str, Any]:
    told = messages.MessageRules(
        region=text(form, "region"),
        version=number(form, "version"),
        sms_a_day=number(form, "sms_a_day"),
        letters_a_day=number(form, "letters_a_day"),
        quiet_from=_minute(form, "quiet_from"),
        quiet_until=_minute(form, "quiet_until"),
        digest_at=_minute(form, "digest_at"),
    )
    for code in texts(form, "own"):
        ways = [int(way) for way in texts(form, f"ways-{code}") if way in {str(one) for one in WAYS}]
        told.templates.add(code=code, channels=sorted(ways, key=WAYS.index))
    return {"rules": told}


RULE = Act(
    "rules", "message_rules.SaveMessageRules", desk.SaveMessageRulesRequest, "message-rules-saved", _ruled,
    message_words.FIELD,
)  # fmt: skip


# -- figures ---------------------------------------------------------------------------------------------------------------


async def figures(request: Request) -> Response:
    """How notices went between two days; the last week when none are asked for."""
    asked, today = request.query_params, datetime.now(UTC).astimezone(SHANGHAI).date()
    first = asked.get("first", "") or (today - timedelta(days=DAYS - 1)).isoformat()
    last = asked.get("last", "") or today.isoformat()
    place = county_of(request)
    found, again = desk.GetMessageFiguresResponse(), FRESH
    try:
        message = desk.GetMessageFiguresRequest(region=place, first=first[:10], last=last[:10])
        found = await ask(request, backends(request).message_rules.GetMessageFigures, message)
    except CallError as error:
        if error.status != 400:
            raise
        labels = {"first": "开始日期", "last": "结束日期"}
        again = Tried("days", tuple(problems_of(error, labels, "days-")), status=400)
    context: dict[str, Any] = {"found": found, "first": first, "last": last, "place": place, "tried": again}
    return show(request, "admin_message_figures.html", again.status, problems=again.problems, **context)


def _act(act: Act) -> Handler:
    return post(act, template, HOME + "/templates/{code}")


PAGES = (
    Page(HOME, templates, None, "officer", READS),
    Page(HOME + "/rules", shown(rules), post(RULE, rules, HOME + "/rules"), "officer", WRITES),
    Page(HOME + "/figures", figures, None, "officer", READS),
    Page(ONE, shown(template), write, "officer", READS),
    Page(ONE + "/publish", None, _act(PUBLISH), "officer", WRITES),
    Page(ONE + "/return", None, _act(RETURN), "officer", WRITES),
)
