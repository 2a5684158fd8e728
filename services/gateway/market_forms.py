"""Forms of the intermediary supermarket: how an input looks as data, how what was typed becomes a field, rows, files and refusals."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request

from services.gateway import forms, market_words
from services.gateway.acts import SHOWN, Act, Tried, tried
from services.gateway.calls import FILE_DEADLINE, CallError, FieldError, backends
from services.gateway.desk_inputs import instant, wrong
from services.gateway.forms import next_request_id, problems_of, request_id, text, whole
from services.gateway.session import ask
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import performance_pb2 as performance

_YUAN: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_WITHIN: Final = re.compile(r"^(need|profile|qualification|rules)\.")
_INDEXED: Final = re.compile(r"\[(\d+)\]\.?|\.")
# Rows of a form that are empty beyond those that hold something.
SPARE: Final = 2
MOST_FILES: Final = 10
# What may be chosen for a record.
Options = Callable[[Any], Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Entry:
    """One input: how it looks, and the words around it."""

    name: str
    label: str
    # area, text, hex, number, yuan, day, yes (two words for yes and no), tick, choice, chosen (a choice of numbers), grade, files,
    # milestones; commit, reveal (what a script makes and keeps).
    kind: str = "area"
    required: bool = True
    hint: str = ""
    most: int = 500
    options: Options | None = None
    words: tuple[str, str] = ("", "")


def read(entries: Sequence[Entry], form: FormData) -> dict[str, Any]:
    """The fields of a request from what was typed; files are left to `attach`. CallError names the input for what no request could say."""
    found: dict[str, Any] = {}
    for one in entries:
        if one.kind != "files":
            found[one.name] = _READ.get(one.kind, _plain)(one, form)
    return found


def _plain(one: Entry, form: FormData) -> Any:
    return text(form, one.name)


def _hex(one: Entry, form: FormData) -> Any:
    return text(form, one.name).lower()


def _number(one: Entry, form: FormData) -> Any:
    return number(form, one.name, one.label)


def _yes(one: Entry, form: FormData) -> Any:
    typed = text(form, one.name)
    if typed not in ("yes", "no"):
        # A bool has no third value, so only the form can tell that nothing was chosen.
        raise wrong(one.name, f"请选择{one.words[0]}或者{one.words[1]}")
    return typed == "yes"


def _milestones(one: Entry, form: FormData) -> Any:
    return [
        performance.MilestonePlan(
            name=row["name"], due=day(row["due"]), share=_basis_points(row["share"], one.name, "比例")
        )
        for row in rows(form, one.name, ("name", "due", "share"))
    ]


def number(form: FormData, name: str, label: str = "") -> int:
    """A whole number; 0 for nothing. CallError at the input for anything else."""
    typed = text(form, name)
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        raise wrong(name, f"{label}应为整数")
    return whole(typed)


def fen(form: FormData, name: str, label: str = "金额") -> int:
    """Yuan as typed, in fen; 0 for nothing."""
    typed = text(form, name).replace(",", "")
    if typed and not _YUAN.fullmatch(typed):
        raise wrong(name, f"{label}以元为单位，最多两位小数")
    yuan, _, cents = typed.partition(".")
    return int(yuan or 0) * 100 + int(cents.ljust(2, "0") or 0)


def basis_points(form: FormData, name: str, label: str) -> int:
    """A percentage as typed, in basis points; 0 for nothing."""
    return _basis_points(text(form, name), name, label)


def _basis_points(typed: str, name: str, label: str) -> int:
    typed = typed.removesuffix("%").strip()
    if typed and not _PERCENT.fullmatch(typed):
        raise wrong(name, f"{label}为百分数，最多两位小数")
    whole_part, _, rest = typed.partition(".")
    return int(whole_part or 0) * 100 + int(rest.ljust(2, "0") or 0)


def day(typed: str) -> str:
    """A day as YYYY-MM-DD; empty for anything else."""
    try:
        return date.fromisoformat(typed).isoformat()
    except ValueError:
        return ""


def moment(form: FormData, name: str) -> str:
    """An instant of China as typed, as RFC 3339; what is none stays as it is, for the service to name."""
    return instant(text(form, name)) or text(form, name)[:40]


_READ: Final[Mapping[str, Callable[[Entry, FormData], Any]]] = {
    "hex": _hex,
    "number": _number,
    "chosen": _number,
    "grade": _number,
    "yuan": lambda one, form: fen(form, one.name, one.label),
    "day": lambda one, form: day(text(form, one.name)),
    "yes": _yes,
    "tick": lambda one, form: text(form, one.name) == "1",
    "milestones": _milestones,
    "commit": _hex,
    "reveal": _hex,
}


def rows(form: FormData, prefix: str, names: Sequence[str]) -> list[dict[str, str]]:
    """The rows `<prefix>_<number>_<name>` that hold anything, in order."""
    return [row for _, row in numbered(form, prefix, names)]


def numbered(form: FormData, prefix: str, names: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The same, each with its number in the form."""
    pattern = re.compile(rf"{prefix}_(\d{{1,3}})_(?:{'|'.join(names)})")
    numbers = sorted({int(found[1]) for key in form if (found := pattern.fullmatch(key))})
    found_rows = [(at, {name: text(form, f"{prefix}_{at}_{name}") for name in names}) for at in numbers]
    return [(at, row) for at, row in found_rows if any(row.values())]


def row_values(tables: Mapping[str, Sequence[str]], form: FormData) -> dict[str, list[str]]:
    """What was typed into rows, as inputs of rows without gaps: so a mistake of the service's third row stands at the third."""
    found: dict[str, list[str]] = {}
    for prefix, names in tables.items():
        for at, row in enumerate(rows(form, prefix, names)):
            found |= {f"{prefix}_{at}_{name}": [value] for name, value in row.items()}
    return found


def flat(error: CallError) -> CallError:
    """The refusal with paths as inputs are called: need.avoidances[0].uscc → avoidances_0_uscc."""
    fields = [
        FieldError(_INDEXED.sub(_joined, _WITHIN.sub("", one.field)).rstrip("_"), one.text, one.code)
        for one in error.fields
    ]
    return CallError(error.code, error.reason, error.message, fields)


def _joined(found: re.Match[str]) -> str:
    return f"_{found[1]}_" if found[1] else "_"


async def refused(
    request: Request, act: Act, error: CallError, tables: Mapping[str, Sequence[str]] | None = None
) -> Tried:
    """The refusal as its page shows it; raised again when a page cannot. `tables` are the form's rows."""
    if error.status not in SHOWN:
        raise error
    form = await request.form()
    problems = problems_of(flat(error), act.labels, f"{act.name}-")
    return _again(form, act, tried(form, act.name, problems, error.status, next_request_id(form, error)), tables)


async def more_rows(request: Request, act: Act, tables: Mapping[str, Sequence[str]]) -> Tried:
    """The form as it stands, with spare rows again."""
    form = await request.form()
    return _again(form, act, tried(form, act.name, [], 200, request_id(form)), tables)


def _again(form: FormData, act: Act, told: Tried, tables: Mapping[str, Sequence[str]] | None) -> Tried:
    if not tables:
        return told
    of_rows = re.compile(rf"({'|'.join(tables)})_\d{{1,3}}_")
    kept = {name: values for name, values in told.typed.items() if not of_rows.match(name)}
    typed = kept | row_values(tables, form)
    return Tried(told.form, told.problems, typed, told.act, told.status)


def row_count(tried: Tried, form: str, prefix: str, filled: int, least: int = SPARE) -> int:
    """How many rows a form shows: those that hold something, and some spare ones."""
    if tried.form == form:
        numbers = [re.match(rf"{prefix}_(\d+)_", name) for name in tried.typed]
        filled = max((int(one[1]) + 1 for one in numbers if one), default=0)
    return max(least, filled + SPARE)


async def attach(request: Request, form: FormData, name: str, at: str = "") -> list[str]:
    """Uploads the files of one input; their ids. A refusal is told at `at`, or there."""

    async def send(act: str, name: str, content: bytes) -> str:
        message = agencies.UploadMarketFileRequest(request_id=act, filename=name, content=content)
        kept = await ask(request, backends(request).market_agencies.UploadMarketFile, message, FILE_DEADLINE)
        return str(kept.file_id)

    return await forms.attach(form, name, request_id(form), send, at, MOST_FILES)


def act(rpc: str, request: type[Any], done: str, fields: Callable[[FormData], dict[str, Any]] = lambda form: {}) -> Act:
    """An act of the supermarket, by the last part of its address."""
    return Act(rpc.partition(".")[2].lower(), rpc, request, done, fields, market_words.FIELD)
