"""Forms: what was typed, which files came along, and where on the page a service's refusal belongs."""

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from services.gateway.calls import FILE_DEADLINE, CallError, FieldError, backends
from services.gateway.session import ask
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

# form[contact_phone], form["contact_phone"], materials[m1], stand_ins[m1] and answers[premises] name a place by key.
_KEYED = re.compile(r"^(form|materials|answers|stand_ins)\[\"?([a-z0-9_]{1,40})\"?\]")
# delivery.name and rules.assign_days name a place within another.
_WITHIN = re.compile(r"^(delivery|rules)\.([a-z_]{1,40})$")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9_.:-]{8,64}$")
REUSED = "REQUEST_ID_REUSED"
T = TypeVar("T")
# Keeps a file: by its request_id, its name, its content.
Send = Callable[[str, str, bytes], Awaitable[T]]


@dataclass(frozen=True)
class Problem:
    """One thing to put right: what, and the id of the input it is about (empty: the form as a whole)."""

    anchor: str
    text: str
    # Said before the text where the input is not in sight.
    label: str = ""


def problems_of(error: CallError, labels: Mapping[str, str], prefix: str = "") -> list[Problem]:
    """A service's refusal as problems of the form. Labels are by path; the prefix tells forms of one page apart."""
    if not error.fields:
        return [Problem("", error.message)]
    return [_problem(field, error, labels, prefix) for field in error.fields]


def _problem(field: FieldError, error: CallError, labels: Mapping[str, str], prefix: str) -> Problem:
    text, label = field.text or error.message, labels.get(field.field, "")
    return Problem(prefix + _anchor(field.field), text, "" if label in text else label)


def whole(typed: str, digits: int = 9) -> int:
    """A whole number as typed; 0 when it is none, or has more digits: nine fit every field of a contract."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= digits else 0


def item_labels(definition: catalog.ItemDefinition) -> dict[str, str]:
    """What an item calls its questions and materials, by the paths services name them with."""
    questions = {f"form[{field.key}]": field.label for field in definition.form_fields}
    questions |= {f"answers[{question.key}]": question.text for question in definition.questions}
    names = {material.key: material.name for material in definition.materials}
    return questions | {f"{at}[{key}]": name for key, name in names.items() for at in ("materials", "stand_ins")}


def case_labels(case: cases.Case) -> dict[str, str]:
    """The same out of a case, which keeps the names it was begun with."""
    questions = {f"form[{one.field.key}]": one.field.label for one in case.answers}
    return questions | {f"materials[{material.key}]": material.name for material in case.materials}


def _anchor(path: str) -> str:
    """`form[phone]` → `form-phone`; a plain field is its own id."""
    keyed = _KEYED.match(path) or _WITHIN.match(path)
    return f"{keyed[1]}-{keyed[2]}" if keyed else re.sub(r"[^a-z0-9_-].*$", "", path)


def problem_at(problems: Sequence[Problem], anchor: str) -> str:
    """What is to be put right at one input; empty when nothing is."""
    return "；".join(problem.text for problem in problems if problem.anchor == anchor)


def new_request_id() -> str:
    """The id of the act a form is for. It is made when the form is shown, so that sending it twice is one act."""
    return str(uuid.uuid4())


def text(form: FormData, name: str) -> str:
    """What was typed into one input, without the spaces around it."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def request_id(form: FormData) -> str:
    """The hidden id of the form; a new one when somebody spoilt it."""
    value = text(form, "request_id")
    return value if _REQUEST_ID.match(value) else new_request_id()


def next_request_id(form: FormData, error: CallError) -> str:
    """The id for showing the form again: the same, unless the service knows it for another act already."""
    return new_request_id() if error.reason == REUSED else request_id(form)


def answers(form: FormData) -> dict[str, str]:
    """The inputs named `form.<key>` that hold something."""
    typed = {name[5:]: text(form, name) for name in form if name.startswith("form.")}
    return {key: value for key, value in typed.items() if value}


async def hand_in(request: Request, form: FormData, act: str, **whose: str) -> list[cases.HandedIn]:
    """Uploads the files named `materials.<key>`, in order, and says which belong to which material. `whose` names the case or the
    applicant they are for, where they are not the visitor's own."""
    handed_in: dict[str, cases.HandedIn] = {}
    files = [(name[10:], value) for name, value in form.multi_items() if name.startswith("materials.")]
    for index, (material, file) in enumerate(files):
        if not isinstance(file, UploadFile) or not file.filename:
            continue
        try:
            attachment = await stored(file, f"{act[:36]}.{index}", to_case(request, whose))
        except CallError as error:
            raise at_input(error, f"materials[{material}]", file.filename) from None
        handed_in.setdefault(material, cases.HandedIn(material=material)).attachments.append(attachment.id)
    return list(handed_in.values())


async def attach(form: FormData, name: str, act: str, send: Send[T], at: str = "", most: int | None = None) -> list[T]:
    """Uploads the files of one input, at most so many and one, which the service refuses; what `send` answers to each. A refusal is told
    at `at`, or at the input."""
    files = [file for file in form.getlist(name) if isinstance(file, UploadFile) and file.filename]
    found = []
    for index, file in enumerate(files if most is None else files[: most + 1]):
        try:
            found.append(await stored(file, f"{act[:36]}.{index}", send))
        except CallError as error:
            raise at_input(error, at or name, file.filename or "") from None
    return found


async def stored(file: UploadFile, act: str, send: Send[T]) -> T:
    """Stores one file. The id names form, place and content: the same form sent again stores nothing new."""
    content = await file.read()
    name = re.split(r"[/\\]", file.filename or "")[-1][-200:] or "file"
    digest = hashlib.sha256(name.encode() + b"\0" + content).hexdigest()[:20]
    return await send(f"{act}.{digest}", name, content)


def to_case(request: Request, whose: Mapping[str, str]) -> Send[cases.Attachment]:
    """Keeps a file with case, for the case or the applicant `whose` names."""

    async def send(act: str, name: str, content: bytes) -> cases.Attachment:
        message = cases.UploadAttachmentRequest(request_id=act, filename=name, content=content, **whose)
        return await ask(request, backends(request).case.UploadAttachment, message, FILE_DEADLINE)

    return send


def at_input(error: CallError, field: str, filename: str) -> CallError:
    """The refusal of one file, told at what it was chosen for."""
    if error.status != 400:
        return error
    told = "；".join(one.text for one in error.fields) or error.message
    return CallError(error.code, error.reason, error.message, [FieldError(field, f"{filename}：{told}")])
