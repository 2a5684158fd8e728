"""What a county sets for its notices: when none are sent, how many a day, by which ways; and how notices went."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import charts, message_words
from services.gateway.acts import Act, Tried, shown
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.desk_inputs import wrong
from services.gateway.forms import Problem, problems_of, text, whole
from services.gateway.message_desk import HOME, READS, WRITES, frame, place_of, posted
from services.gateway.message_words import FIELD
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.session import ask
from standards.workdays import local_day
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

RULES: Final = HOME + "/rules"
FIGURES: Final = HOME + "/figures"
# What may be set for one template, in as many places as there are ways.
WAYS: Final = (messages.CHANNEL_SMS, messages.CHANNEL_PUSH, messages.CHANNEL_EMAIL, messages.CHANNEL_LETTER)
PLACES: Final = range(1, len(WAYS) + 1)
# Rows of the form beyond those that are stated; and as many as the contract takes.
SPARE, MOST_ROWS = 3, 100
DAYS: Final = 7


class Row(NamedTuple):
    """What is set for one template: its code and its ways, each as its input has it."""

    code: str = ""
    ways: Sequence[str] = ("",) * len(WAYS)


async def rules(request: Request, again: Tried) -> Response:
    """What the county sets: quiet hours, the hour of digests, how many a day, and the ways of single templates."""
    place, stubs = place_of(request, again), backends(request)
    own, known = await asyncio.gather(
        ask(request, stubs.message_rules.GetMessageRules, desk.GetMessageRulesRequest(region=place)),
        ask(request, stubs.message_templates.ListTemplates, desk.ListTemplatesRequest(region=place)),
    )
    rows = _typed(again) if again.form else [_row(one) for one in own.templates]
    context: dict[str, Any] = {"own": own, "templates": known.templates, "tried": again}
    context |= {"rows": [*rows, *[Row()] * SPARE][:MOST_ROWS], "ways": WAYS, "places": PLACES}
    context |= frame(request, place)
    return show(request, "admin_message_rules.html", again.status, problems=again.problems, **context)


def _row(one: messages.TemplateChannels) -> Row:
    ways = [str(way) for way in one.channels]
    return Row(one.code, [*ways, *[""] * len(WAYS)][: len(WAYS)])


def _typed(again: Tried) -> list[Row]:
    """The rows of a form that was refused, spare ones left out at its end."""
    rows = [
        Row(again.value(RULE.name, f"code_{at}"), [again.value(RULE.name, f"way_{at}_{place}") for place in PLACES])
        for at in range(MOST_ROWS)
    ]
    last = max((at for at, row in enumerate(rows) if row.code or any(row.ways)), default=-1)
    return rows[: last + 1]


def _minute(form: FormData, name: str) -> int:
    """A time of the day as minutes."""
    typed = text(form, name)
    hours, _, minutes = typed.partition(":")
    if len(typed) != len("08:00") or not (_below(hours, 24) and _below(minutes, 60)):
        raise wrong(name, f"{FIELD[name]}：请按 08:00 的样子填写时间")
    return int(hours) * 60 + int(minutes)


def _below(typed: str, most: int) -> bool:
    return len(typed) == 2 and typed.isascii() and typed.isdecimal() and int(typed) < most


def _a_day(form: FormData, name: str) -> int:
    """How many a day; 0 for nothing typed, which is the default."""
    typed = text(form, name).replace(",", "")
    if typed and not (typed.isascii() and typed.isdecimal()):
        raise wrong(name, f"{FIELD[name]}应为整数")
    return whole(typed)


def _stated(form: FormData) -> Iterator[tuple[int, messages.TemplateChannels]]:
    """The rows with anything in them, each with its place in the form."""
    for at in range(MOST_ROWS):
        typed = [text(form, f"way_{at}_{place}") for place in PLACES]
        ways = list(dict.fromkeys(int(way) for way in typed if way in {str(one) for one in WAYS}))
        code = text(form, f"code_{at}")
        if code or ways:
            yield at, messages.TemplateChannels(code=code, channels=ways)  # type: ignore[arg-type]


def _ruled(form: FormData) -> dict[str, Any]:
    for at, one in _stated(form):
        if not one.code:
            raise wrong(f"code_{at}", "请选择模板")
    told = messages.MessageRules(
        region=text(form, "region"),
        version=whole(text(form, "version"), 18),
        quiet_from=_minute(form, "quiet_from"),
        quiet_until=_minute(form, "quiet_until"),
        digest_at=_minute(form, "digest_at"),
        sms_a_day=_a_day(form, "sms_a_day"),
        letters_a_day=_a_day(form, "letters_a_day"),
        templates=[one for _, one in _stated(form)],
    )
    return {"rules": told}


RULE: Final = Act(
    "rules",
    "message_rules.SaveMessageRules",
    desk.SaveMessageRulesRequest,
    "message-rules-saved",
    _ruled,
    FIELD,
)


def _told(error: CallError, form: FormData) -> CallError:
    """The refusal with the contract's paths as the inputs are called: rules.templates[1].channels → way_4_1."""
    names = {f"templates[{place}]": at for place, (at, _) in enumerate(_stated(form))}

    def called(path: str) -> str:
        row, _, part = path.partition(".")
        if row not in names:
            return path
        return f"code_{names[row]}" if part.startswith("code") else f"way_{names[row]}_1"

    found = message_words.named(message_words.moved(error), "rules")
    fields = [FieldError(called(one.field), one.text, one.code) for one in found.fields]
    return CallError(found.code, found.reason, found.message, fields)


# -- figures -------------------------------------------------------------------------------------------------------------


async def figures(request: Request) -> Response:
    """How notices went between two days; the last week when none are asked for."""
    asked, today = request.query_params, local_day(datetime.now(UTC))
    first = asked.get("first", "")[:10] or (today - timedelta(days=DAYS - 1)).isoformat()
    last = asked.get("last", "")[:10] or today.isoformat()
    place = place_of(request)
    message = desk.GetMessageFiguresRequest(region=place, first=first, last=last)
    found, problems, status = None, list[Problem](), 200
    try:
        found = await ask(request, backends(request).message_rules.GetMessageFigures, message)
    except CallError as error:
        if error.status != 400:
            raise
        problems, status = problems_of(error, FIELD), 400
    context: dict[str, Any] = {"found": found, "first": first, "last": last, "problems": problems}
    context |= {"delays": _delays(found.all) if found else [], "chart": _chart(found.all) if found else None}
    return show(request, "admin_message_figures.html", status, **context, **frame(request, place))


def _delays(all: desk.MessageFigures) -> list[tuple[str, int]]:
    """How many were told within which time."""
    return list(zip(message_words.DELAYS, [*all.delays, *[0] * len(message_words.DELAYS)], strict=False))


def _chart(all: desk.MessageFigures) -> charts.Bars:
    return charts.bars([(name, count, str(count), "go") for name, count in _delays(all)])


PAGES = (
    Page(RULES, shown(rules), posted(RULE, rules, RULES, _told), "officer", WRITES),
    Page(FIGURES, figures, None, "officer", READS),
)
