"""What was typed into a form made from a contract, as the message it is of."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from starlette.datastructures import FormData

from services.gateway import editing_rules
from services.gateway import editing_words as words
from services.gateway.editing import NOTHING, Around, identity, kind_of, of
from services.gateway.editing_rules import Mistyped, Questions

_BESIDE = ("remove", "place")


def read(
    form: FormData, message: Message, names: Sequence[str], prefix: str = "", around: Around = NOTHING
) -> list[Mistyped]:
    """Overwrites these fields of a message with what was typed; returns what cannot be read, whose fields stay empty."""
    known: Mapping[str, Any] = message.DESCRIPTOR.fields_by_name
    wrong = list[Mistyped]()
    for name in names:
        try:
            wrong += _read(form, message, known[name], prefix + name, around)
        except Mistyped as error:
            wrong.append(error)
    return wrong


def take(
    form: FormData, message: Any, names: Sequence[str], around: Callable[[Questions], Around], prefix: str = ""
) -> list[Mistyped]:
    """Reads fields whose rules may ask questions that were typed together with them."""
    typed = message
    if "questions" in names:
        typed = type(message)()
        read(form, typed, ["questions"], prefix)
    return read(form, message, names, prefix, around(getattr(typed, "questions", ())))


def _read(form: FormData, message: Message, field: FieldDescriptor, path: str, around: Around) -> list[Mistyped]:
    kind = kind_of(field)
    if kind == "rows":
        return _rows(form, message, field, path, around)
    message.ClearField(field.name)
    if kind == "part":
        part = GetMessageClass(of(field))()
        wrong = read(form, part, words.fields_of(of(field)), path + ".", around)
        if part.ByteSize():
            getattr(message, field.name).CopyFrom(part)
        return wrong
    if kind == "rule":
        if rule := editing_rules.read(form, path, around.questions):
            getattr(message, field.name).CopyFrom(rule)
    elif field.is_repeated:
        getattr(message, field.name).extend(_listed(form, field, path))
    else:
        setattr(message, field.name, _single(form, field, kind, path))
    return []


def _rows(form: FormData, message: Message, field: FieldDescriptor, path: str, around: Around) -> list[Mistyped]:
    before, rows, wrong = list(getattr(message, field.name)), list[Message](), list[Mistyped]()
    for place, number in enumerate(_typed_rows(form, path)):
        row, odd = _row(form, GetMessageClass(of(field))(), before, f"{path}.{number}", around)
        rows.append(row)
        # The page shows the row where it stands now, not where it was typed.
        at = f"{path}.{number}."
        wrong += [Mistyped(f"{path}.{place}.{one.path.removeprefix(at)}", one.text, one.typed) for one in odd]
    message.ClearField(field.name)
    _number(rows)
    getattr(message, field.name).extend(rows)
    return wrong


def _row(
    form: FormData, row: Message, before: Sequence[Message], at: str, around: Around
) -> tuple[Message, list[Mistyped]]:
    """One row. Of one that a standard owns only what is still open is read, the rest is as it was."""
    open = around.bounded.get(at.rpartition(".")[0])
    if open is None:
        return row, read(form, row, words.fields_of(row.DESCRIPTOR), at + ".", around)
    name = identity(row)[0]
    old = next((one for one in before if getattr(one, name) == _text(form, f"{at}.{name}")), None)
    if old is None:
        raise Mistyped(at, "内容已有变动，请刷新后重新修改")
    row.CopyFrom(old)
    return row, read(form, row, open, at + ".", around)


def _number(rows: Sequence[Any]) -> None:
    """Gives rows without a key the next free number."""
    for row in rows:
        letter = words.NUMBERED.get(row.DESCRIPTOR.name)
        if letter and not row.key:
            taken = {one.key for one in rows}
            row.key = next(key for at in range(1, len(rows) + 2) if (key := f"{letter}{at}") not in taken)


def _typed_rows(form: FormData, path: str) -> list[str]:
    """The rows of a list that hold anything and were not struck out, in the order they are to stand in."""
    pattern = re.compile(re.escape(path) + r"\.(\d{1,4})\.(.+)")
    filled: dict[str, bool] = {}
    for name in form:
        if (found := pattern.fullmatch(name)) and found[2] not in _BESIDE:
            filled[found[1]] = filled.get(found[1], False) or (bool(_text(form, name)) and not _preset(found[2]))
    kept = [row for row, is_filled in filled.items() if is_filled and not _text(form, f"{path}.{row}.remove")]
    return sorted(kept, key=lambda row: (_place(form, path, row), int(row)))


def _preset(name: str) -> bool:
    # A choice always has a value: it does not make a row.
    return name.rpartition(".")[2] in words.PRESET


def _place(form: FormData, path: str, row: str) -> float:
    """Where a row is to stand: at the place typed, past the one that stands there when it moves down."""
    typed, here = _text(form, f"{path}.{row}.place"), int(row) + 1
    if not (typed.isascii() and typed.isdecimal()) or int(typed) == here:
        return float(here)
    return int(typed) + (0.5 if int(typed) > here else -0.5)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def _listed(form: FormData, field: FieldDescriptor, path: str) -> Iterator[Any]:
    """What was ticked and what was typed, a line each; every one once."""
    typed = (part.strip() for value in form.getlist(path) if isinstance(value, str) for part in value.splitlines())
    for one in dict.fromkeys(part for part in typed if part):
        yield _converted(one, field, path)


def _single(form: FormData, field: FieldDescriptor, kind: str, path: str) -> Any:
    typed = _text(form, path)
    if kind == "truth":
        return bool(typed)
    return _converted(typed, field, path) if typed or field.type == FieldDescriptor.TYPE_STRING else field.default_value


def _converted(typed: str, field: FieldDescriptor, path: str) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return typed
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 16):
        raise Mistyped(path, "请填写整数", typed)
    return int(typed)
