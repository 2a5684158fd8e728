"""The desk of templates: what notices say in a county, tried as they are written, and published by a second administrator."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import message_words
from services.gateway.acts import Act, Tried, number, only, shown, tried
from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, problems_of, request_id, text
from services.gateway.message_desk import HOME, READS, WRITES, frame, place_of, posted
from services.gateway.message_words import FIELD, PARTS
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

ONE: Final = HOME + "/templates/{code}"


async def templates(request: Request) -> Response:
    """Every template as it is in force in the county, by kind."""
    place = place_of(request)
    message = desk.ListTemplatesRequest(region=place)
    found = await ask(request, backends(request).message_templates.ListTemplates, message)
    kinds = {kind: [one for one in found.templates if one.kind == kind] for kind in message_words.KIND}
    return show(request, "admin_messages.html", kinds=kinds, **frame(request, place))


async def template(request: Request, again: Tried) -> Response:
    """One template: what it says and how that is read, by which ways it goes, its editions; and the form that words it anew."""
    place, code = place_of(request, again), str(request.path_params["code"])
    rpc = backends(request).message_templates.GetTemplate
    one = await ask(request, rpc, desk.GetTemplateRequest(region=place, code=code))
    told = one.working if one.HasField("working") else one.text
    typed = _lines({name: again.value("text", name, getattr(told, name)) for name in PARTS})
    preview, again = await _previewed(request, desk.PreviewTemplateRequest(region=place, code=code, text=typed), again)
    context: dict[str, Any] = {"one": one, "typed": typed, "preview": preview, "tried": again}
    context |= {"advice": _advice(preview.findings), "is_plain": not any(found.error for found in one.findings)}
    context |= frame(request, place)
    return show(request, "admin_message.html", again.status, problems=again.problems, **context)


async def _previewed(
    request: Request, wanted: desk.PreviewTemplateRequest, again: Tried
) -> tuple[desk.PreviewTemplateResponse, Tried]:
    """How a text would be read; and the form with what the plain-language test finds in it, each beside its input."""
    try:
        preview = await ask(request, backends(request).message_templates.PreviewTemplate, wanted)
    except CallError as error:
        if error.status != 400:
            raise
        faults = problems_of(message_words.named(error, "text"), FIELD, "text-")
        preview = desk.PreviewTemplateResponse()
    else:
        faults = [Problem(f"text-{one.field}", one.message, PARTS[one.field]) for one in preview.findings if one.error]
    if again.form == "text" and not again.problems:
        again = replace(again, problems=tuple(faults))
    return preview, again


def _advice(findings: Iterable[desk.TextFinding]) -> dict[str, str]:
    """What would be better, by the part of the text; what must be mended is told as a mistake."""
    return {name: "；".join(one.message for one in findings if one.field == name and not one.error) for name in PARTS}


def _lines(typed: Mapping[str, str]) -> messages.TemplateText:
    """A text as typed. Browsers end lines with two characters, which would be counted and kept."""
    return messages.TemplateText(**{name: value.replace("\r\n", "\n") for name, value in typed.items()})


def _seen(form: FormData) -> dict[str, Any]:
    return {"version": number(form, "version"), "region": text(form, "region")}


def _written(form: FormData) -> dict[str, Any]:
    return {"text": _lines(only(*PARTS)(form)), **_seen(form)}


def _act(name: str, method: str, request: type[Any], done: str, fields: Any) -> Act:
    return Act(name, f"message_templates.{method}", request, done, fields, FIELD)


SAVE: Final = _act("text", "SaveTemplate", desk.SaveTemplateRequest, "template-saved", _written)
PUBLISH: Final = _act("publish", "PublishTemplate", desk.PublishTemplateRequest, "template-published", _seen)
RETURN: Final = _act(
    "return", "ReturnTemplate", desk.ReturnTemplateRequest, "template-returned", only("reason", "region")
)
_save = posted(SAVE, template, ONE, lambda error, _: message_words.named(message_words.moved(error), "text"))


async def write(request: Request) -> Response:
    """The form of a text: tried, or saved."""
    form = await request.form()
    if text(form, "do") == "try":
        return await template(request, tried(form, SAVE.name, [], 200, request_id(form)))
    return await _save(request)


async def _back(request: Request) -> Response:
    return go(ONE.format(**request.path_params))


PAGES = (
    Page(HOME, templates, None, "officer", READS),
    Page(ONE, shown(template), None, "officer", READS),
    Page(ONE + "/text", _back, write, "officer", WRITES),
    *(Page(f"{ONE}/{one.name}", _back, posted(one, template, ONE), "officer", WRITES) for one in (PUBLISH, RETURN)),
)
