"""Inputs of officers' forms as data: how one looks, and how what was typed becomes a field of the request."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from grpc import StatusCode
from starlette.datastructures import FormData

from services.gateway.calls import CallError, FieldError
from services.gateway.forms import text
from services.gateway.words import SHANGHAI
from yiwang.case.v1 import fulfilment_pb2, procedures_pb2
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

# What may be chosen for a case of this item; an empty definition where it cannot be read.
Options = Callable[[cases.Case, catalog.ItemDefinition], list[tuple[str, str]]]
_YUAN = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
# What is typed there means nothing without the case it is typed for.
OF_THE_CASE: Final = frozenset(("choice", "fees"))
HEARING_DAYS: Final = ("held_on", "told_on", "requested_on")


@dataclass(frozen=True)
class Input:
    """One input: how it looks (`kind`), what is chosen from, and the words around it."""

    name: str
    label: str
    # area, text, number, day, hearing, instant, yes (two words for yes and no), choice, materials, department, digest (of what was
    # handed in), fees, files.
    kind: str = "area"
    required: bool = True
    hint: str = ""
    options: Options | None = None
    words: tuple[str, str] = ("", "")
    # Put down to begin with.
    value: str = ""


def fields(inputs: Sequence[Input], form: FormData, case: cases.Case) -> dict[str, Any]:
    """The fields of a request from what was typed; files are left to who uploads them. CallError names the input for what no
    request could say."""
    found: dict[str, Any] = {}
    for one in inputs:
        if one.kind != "files":
            found |= _READ.get(one.kind, _plain)(one, form, case)
    return found


def moment(at: datetime) -> str:
    """An instant as an input of date and time in China has it."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def instant(typed: str) -> str:
    """What was typed there as RFC 3339; empty when it is none."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=SHANGHAI).isoformat()
    except ValueError:
        return ""


def wrong(name: str, said: str) -> CallError:
    """The refusal of what was typed into one input."""
    return CallError(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", said, [FieldError(name, said)])


def _plain(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    return {one.name: text(form, one.name)}


def _number(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    typed = text(form, one.name)
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        raise wrong(one.name, f"{one.label}应为数字")
    return {one.name: int(typed or 0)}


def _yes(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    chosen = text(form, one.name)
    if chosen not in ("yes", "no"):
        # A bool has no third value, so only the form can tell that nothing was chosen.
        raise wrong(one.name, f"请选择{one.words[0]}或者{one.words[1]}")
    return {one.name: chosen == "yes"}


def _choice(one: Input, form: FormData, case: cases.Case) -> dict[str, Any]:
    chosen = text(form, one.name)
    if one.options is None or chosen not in dict(one.options(case, catalog.ItemDefinition())):
        raise wrong(one.name, f"请选择{one.label}")
    return {one.name: int(chosen) if chosen.isdecimal() else chosen}


def _materials(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    return {one.name: [str(key) for key in form.getlist(one.name)]}


def _day(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    """The end of a day in China."""
    try:
        day = date.fromisoformat(text(form, one.name))
    except ValueError:
        raise wrong(one.name, f"请选择{one.label}") from None
    return {one.name: datetime.combine(day, time(23, 59, 59), SHANGHAI).isoformat()}


def _hearing(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    """The days of a hearing; nothing where none is stated."""
    days = {name: text(form, name) for name in HEARING_DAYS}
    return {one.name: procedures_pb2.Hearing(**days)} if any(days.values()) else {}


def _instant(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    found = instant(text(form, one.name))
    if not found:
        raise wrong(one.name, f"请填写{one.label}")
    return {one.name: found}


def _department(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    """A department chosen from the list, as code and name."""
    code, _, name = text(form, one.name).partition(" ")
    if not name:
        raise wrong(one.name, f"请选择{one.label}")
    return {one.name: code, f"{one.name}_name": name}


def _digest(one: Input, form: FormData, _case: cases.Case) -> dict[str, Any]:
    """The digest as the page showed it, ticked as the one on the receipt."""
    if not text(form, one.name):
        raise wrong(one.name, "请核对材料摘要后勾选")
    return _plain(one, form, _case)


def _fees(one: Input, form: FormData, case: cases.Case) -> dict[str, Any]:
    """Yuan as typed, fen as the service has them; only of fees whose amount is to be set."""
    amounts = []
    for position, fee in enumerate(case.fees):
        typed = text(form, f"{one.name}.{position}")
        if not fee.open and not typed:
            continue
        if not _YUAN.fullmatch(typed):
            raise wrong(one.name, f"请填写{fee.name}的金额，单位为元，最多两位小数")
        yuan, _, cents = typed.partition(".")
        amounts.append(fulfilment_pb2.FeeAmount(name=fee.name, amount=int(yuan) * 100 + int(cents.ljust(2, "0"))))
    return {one.name: amounts}


_READ: Final[Mapping[str, Callable[[Input, FormData, cases.Case], dict[str, Any]]]] = {
    "number": _number,
    "yes": _yes,
    "choice": _choice,
    "materials": _materials,
    "day": _day,
    "hearing": _hearing,
    "instant": _instant,
    "department": _department,
    "digest": _digest,
    "fees": _fees,
}
