"""The county's own settings: its name and look, what it offers, its channels and quotas."""

import re
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import county as look
from services.gateway.acts import Act, Tried, do, number, only, refused, shown, texts
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.forms import text
from services.gateway.pages import Page, go
from services.gateway.pages_officers import ADMINISTER
from services.gateway.render import show
from services.gateway.session import ask_public, session_of
from services.gateway.terms import CHANNEL, PLACE
from yiwang.identity.v1 import counties_pb2 as counties

COUNTY = "/admin/county"
# One more than identity takes, so that it says that it is too large.
MOST_BYTES = 65_537
_ROW = re.compile(r"hotlines\[(\d+)\]")


async def county(request: Request, tried: Tried) -> Response:
    """The county's settings. What its colour makes is told with the contrast it has."""
    message = counties.GetCountyRequest(region=session_of(request).region)
    found = await ask_public(request, backends(request).counties.GetCounty, message)
    contrast = f"{look.contrast(found.color, '#ffffff'):.1f}" if found.color else ""
    hotlines = "\n".join("，".join(filter(None, (one.name, one.phone, one.hours))) for one in found.hotlines)
    context = {"one": found, "contrast": contrast, "tried": tried, "region": session_of(request).region[:6]}
    context |= {"hotlines": hotlines, "parts": look.PARTS}
    return show(request, "admin_county.html", tried.status, problems=tried.problems, **context)


def _county(form: FormData) -> dict[str, Any]:
    open_, offered = texts(form, "channels"), texts(form, "parts")
    return {
        **only("region", "name", "slogan", "hotline")(form),
        "color": text(form, "color") if text(form, "own_color") else "",
        "channels": counties.ChannelSwitch(**{name: name in open_ for name in CHANNEL}),
        "quotas": counties.Quotas(
            submits_per_minute=number(form, "submits_per_minute"),
            machine_calls_per_minute=number(form, "machine_calls_per_minute"),
        ),
        "no_emblem": bool(text(form, "no_emblem")),
        "hotlines": [_hotline(line) for line in text(form, "hotlines").splitlines() if line.strip()],
        "closed_parts": [part for part, one in look.PARTS.items() if one.name not in offered],
    }


def _hotline(line: str) -> counties.Hotline:
    """A line as it is typed: name, phone, hours. What is missing is empty, and identity says so."""
    name, phone, hours = [*(part.strip() for part in re.split(r"[，,]", line, maxsplit=2)), "", "", ""][:3]
    return counties.Hotline(name=name, phone=phone, hours=hours)


SAVE = Act("county", "counties.SaveCounty", counties.SaveCountyRequest, "saved", _county, PLACE)


async def save(request: Request) -> Response:
    """Saves the settings; the emblem is the file that was chosen."""
    file = (await request.form()).get("new_emblem")
    chosen = await file.read(MOST_BYTES) if isinstance(file, UploadFile) and file.filename else b""
    try:
        await do(request, SAVE, new_emblem=chosen)
    except CallError as error:
        fields = [_at_input(one) for one in error.fields]
        at_inputs = CallError(error.code, error.reason, error.message, fields)
        return await county(request, await refused(request, SAVE, at_inputs))
    return go(COUNTY, done=SAVE.done)


def _at_input(one: FieldError) -> FieldError:
    """A fault of a hotline is told at the lines they are typed in, with the number of its line."""
    row = _ROW.match(one.field)
    return FieldError("hotlines", f"第{int(row[1]) + 1}行：{one.text}", one.code) if row else one


PAGES = (Page(COUNTY, shown(county), save, "officer", ADMINISTER),)
