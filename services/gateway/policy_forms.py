"""Forms about policies: facts as they are typed, accounts, files of a claim, and where a service's refusal belongs."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import forms, policy_words
from services.gateway.acts import Act, Shown, do, texts
from services.gateway.calls import FILE_DEADLINE, CallError, FieldError, backends
from services.gateway.desk_inputs import wrong
from services.gateway.forms import request_id, text
from services.gateway.market_forms import fen, refused
from services.gateway.pages import Handler, go
from services.gateway.session import ask
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items

ACCOUNT: Final = ("name", "number", "bank_code", "bank_name")
# As its input is called, which tells the type the form reads it as.
VALUE: Final = "value_"


def act(
    rpc: str,
    request: type[Any],
    done: str,
    fields: Callable[[FormData], dict[str, Any]] = lambda form: {},
    labels: Mapping[str, str] = policy_words.FIELD,
) -> Act:
    """An act of policy, by the last part of its address."""
    return Act(rpc.partition(".")[2].lower(), rpc, request, done, fields, labels)


def moved(what: Act, page: Shown, to: str) -> Handler:
    """Serves the form of a move as `acts.post` does; the page it goes to is not older than what was done."""

    async def handler(request: Request) -> Response:
        try:
            one = await do(request, what)
        except CallError as error:
            return await page(request, await refused(request, what, error))
        return go(to.format(**request.path_params), done=what.done, at=one.version)

    return handler


def account_of(form: FormData) -> dict[str, Any]:
    """The account as typed; nothing when nothing was typed, which means the last one."""
    typed = {name: text(form, f"account_{name}") for name in ACCOUNT}
    typed["number"] = typed["number"].replace(" ", "")
    return {"account": claims.Account(**typed)} if any(typed.values()) else {}


async def handed_in(request: Request, form: FormData, wanted: Sequence[items.WantedMaterial]) -> list[claims.HandedIn]:
    """Uploads the files of the materials an item wants, one each."""

    async def send(act: str, name: str, content: bytes) -> str:
        message = claims.UploadClaimFileRequest(request_id=act, filename=name, content=content)
        kept = await ask(request, backends(request).claims.UploadClaimFile, message, FILE_DEADLINE)
        return str(kept.file_id)

    found = []
    for at, one in enumerate(wanted):
        # The same file may stand for two materials: each is an upload of its own.
        own = f"{request_id(form)[:32]}.{at}"
        ids = await forms.attach(form, f"materials_{one.code}", own, send, most=1)
        found += [claims.HandedIn(code=one.code, file_id=id) for id in ids]
    return found


def facts_of(form: FormData, kinds: Sequence[enterprises.FactKind]) -> list[enterprises.FactTold]:
    """The facts that were stated; what was left empty is not stated. CallError names the input for what is no value of its kind."""
    told = [(one.name, fact_value(form, VALUE + one.name, one)) for one in kinds]
    return [enterprises.FactTold(name=name, value=value) for name, value in told if value]


def fact_value(form: FormData, name: str, kind: enterprises.FactKind) -> str:
    """One value as typed, in JSON; empty for nothing."""
    if not text(form, name):
        return ""
    return json.dumps(_READ.get(kind.type, _text)(form, name, kind.title), ensure_ascii=False)


def _text(form: FormData, name: str, _title: str) -> Any:
    return text(form, name)


def _bool(form: FormData, name: str, title: str) -> Any:
    typed = text(form, name)
    if typed not in ("yes", "no"):
        raise wrong(name, f"{title}：请选择是或者否")
    return typed == "yes"


def _int(form: FormData, name: str, title: str) -> Any:
    typed = text(form, name).replace(",", "")
    if not (typed.removeprefix("-").isascii() and typed.removeprefix("-").isdecimal() and len(typed) <= 15):
        raise wrong(name, f"{title}应为整数")
    return int(typed)


def _money(form: FormData, name: str, title: str) -> Any:
    return fen(form, name, title)


def _date(form: FormData, name: str, title: str) -> Any:
    try:
        return date.fromisoformat(text(form, name)).isoformat()
    except ValueError:
        raise wrong(name, f"{title}应为日期，如 2026-01-31") from None


def _list(form: FormData, name: str, _title: str) -> Any:
    return texts(form, name)


_READ: Final = {
    enterprises.FACT_TYPE_BOOL: _bool,
    enterprises.FACT_TYPE_INT: _int,
    enterprises.FACT_TYPE_MONEY: _money,
    enterprises.FACT_TYPE_DATE: _date,
    enterprises.FACT_TYPE_LIST: _list,
}


def at_facts(error: CallError, told: Sequence[enterprises.FactTold]) -> CallError:
    """The refusal with the paths of stated facts as their inputs are called: facts[1].value → value_employees."""
    places = {f"facts[{at}]": VALUE + one.name for at, one in enumerate(told)}
    fields = [
        FieldError(places.get(one.field.partition(".")[0], one.field), one.text, one.code) for one in error.fields
    ]
    return CallError(error.code, error.reason, error.message, fields)


def renamed(error: CallError, old: str, new: str) -> CallError:
    """The refusal with one field called as its input is."""
    fields = [FieldError(new if one.field == old else one.field, one.text, one.code) for one in error.fields]
    return CallError(error.code, error.reason, error.message, fields)


def typed(told: str, type: int) -> str:
    """A JSON value as its input has it."""
    try:
        value = json.loads(told)
    except ValueError:
        return ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if type == enterprises.FACT_TYPE_MONEY and isinstance(value, int):
        return f"{value // 100}" + (f".{value % 100:02d}" if value % 100 else "")
    return str(value)
