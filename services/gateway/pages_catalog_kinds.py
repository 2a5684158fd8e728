"""Officers' pages of the basic directory, the implementations and the themes: one kind of page for three kinds of thing, since they are
written, reviewed by somebody else and published alike."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import editing, editing_reading, editing_words
from services.gateway.acts import Act, Shown, Tried, form, number, only, shown
from services.gateway.calls import CallError, backends
from services.gateway.editing import Around
from services.gateway.editing_rules import Mistyped, Questions
from services.gateway.editing_words import SECTIONS, names
from services.gateway.forms import Problem, new_request_id, next_request_id, request_id, text
from services.gateway.pages import Handler, Page, go
from services.gateway.pages_catalog import CATALOG, DESK, DRAFT, LABELS, PAGE_SIZE, STATUS, one_of
from services.gateway.pages_catalog_edit import FIELDS, MOST_TICKED, problems_at, told
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import themes_pb2 as themes

# What is never standard: every county's own.
OWN = frozenset(
    names(
        "code department region places windows phone supervision_phone implementation_code duty_codes former_codes handling_office "
        "source_note at_service_centre not_at_centre_reason baseline base_code joint_departments exercise_level"
    )
)
Sections = Mapping[str, tuple[str, Sequence[str]]]


class Kind(NamedTuple):
    """One kind of thing: what it is called, where it is kept, and the sections of its form."""

    slug: str
    title: str
    lead: str
    stub: str
    noun: str
    definition: type[Message]
    save: type[Message]
    listing: type[Message]
    many: str
    get: type[Message]
    # Sections by key: title and fields; `standard.` before a key: of the standard elements.
    sections: Sections
    first: Sequence[str]

    @property
    def at(self) -> str:
        """Where its list is."""
        return f"{DESK}/{self.slug}"


_ENTRY: Sections = {
    "entry": (
        "目录项", names("name type_code parent_code region owner_name guiding_department former_codes open_fields")
    )
} | {
    f"standard.{key}": (f"标准要素·{title}", [name for name in fields if name not in OWN])
    for key, (title, fields) in SECTIONS.items()
}  # fmt: skip
# What may be standard, to be opened for counties.
_STANDARD = [(name, editing_words.LABEL[name]) for _, fields in SECTIONS.values() for name in fields if name not in OWN]
_THEME: Sections = {
    "theme": (
        "主题",
        names("name aliases lead audience stated_limit partial_results delivery conditions source_note"),
    ),
    "items": ("联办事项", ["items"]),
    "questions": ("情形引导", ["questions"]),
    "materials": ("主题自身的材料", ["materials"]),
    "form": ("主题自身的填报项", ["form_fields"]),
    "faq": ("常见问题", ["faq"]),
}
_IMPLEMENTATION = [field.name for field in directory.ImplementationDefinition.DESCRIPTOR.fields if field.name != "code"]
KINDS = (
    Kind(
        "directory", "基本目录", "省、市统一的目录项和标准要素：本级以下的事项都照此执行（服务同源）。", "directory", "Entry",
        directory.EntryDefinition, directory.SaveEntryRequest, directory.ListEntryDraftsRequest, "entries", directory.GetEntryDraftRequest,
        _ENTRY, ("code", "name", "type_code", "parent_code", "region", "owner_name"),
    ),
    Kind(
        "implementations", "实施清单", "哪个部门在哪里行使哪一项目录：也就是权责清单和公共服务清单。", "directory", "Implementation",
        directory.ImplementationDefinition, directory.SaveImplementationRequest, directory.ListImplementationDraftsRequest,
        "implementations", directory.GetImplementationDraftRequest, {"implementation": ("实施清单", _IMPLEMENTATION)},
        ("code", "base_code", "name", "type_code", "department", "region"),
    ),
    Kind(
        "themes", "一件事", "把几个事项连成一件事：一张表单、一份材料、一个时限。", "themes", "Theme", themes.ThemeDefinition,
        themes.SaveThemeRequest, themes.ListThemeDraftsRequest, "themes", themes.GetThemeDraftRequest, _THEME,
        ("code", "name", "region", "items"),
    ),
)  # fmt: skip


def _rpc(request: Request, kind: Kind, method: str) -> Any:
    return getattr(getattr(backends(request), kind.stub), method)


def listed(kind: Kind) -> Handler:
    """What is worked on of a kind in the officer's region."""

    async def handler(request: Request) -> Response:
        asked, known = request.query_params, kind.listing.DESCRIPTOR.fields_by_name
        told: dict[str, Any] = {"draft_status": one_of(DRAFT, asked.get("draft", "")), "page_size": PAGE_SIZE}
        told |= {"query": asked.get("q", "").strip()[:100]} if "query" in known else {}
        message = kind.listing(**told, page_token=asked.get("page", "")[:200])
        found = await ask(request, _rpc(request, kind, f"List{kind.noun}Drafts"), message)
        chosen = {name: asked[name] for name in ("draft", "q") if asked.get(name)}
        context = {"kind": kind, "found": found, "rows": getattr(found, kind.many), "asked": asked, "chosen": chosen}
        return show(
            request,
            "catalog_kind_list.html",
            draft_words=DRAFT,
            status_words=STATUS,
            searches="query" in known,
            **context,
        )

    return handler


async def _read(request: Request, kind: Kind) -> Any:
    """The working definition with its state; a theme comes with its merge."""
    message = kind.get(id=str(request.path_params["id"]))
    return await ask(request, _rpc(request, kind, f"Get{kind.noun}Draft"), message)


def _thing(answer: Any) -> Any:
    return answer.theme if isinstance(answer, themes.ThemeGuide) else answer


def one(kind: Kind) -> Shown:
    """One thing: where it stands, and what may be done with it."""

    async def page(request: Request, tried: Tried) -> Response:
        answer = await _read(request, kind)
        merged = answer if isinstance(answer, themes.ThemeGuide) else None
        context = {"kind": kind, "one": _thing(answer), "merged": merged, "draft_words": DRAFT, "status_words": STATUS}
        return show(request, "catalog_kind.html", tried.status, problems=tried.problems, tried=tried, **context)

    return page


def _target(kind: Kind, definition: Any, section: str) -> tuple[Any, str]:
    """The message a section is of, and the beginning of its paths."""
    return (definition.standard, "standard.") if section.startswith("standard.") else (definition, "")


def _section(kind: Kind, request: Request) -> str:
    asked = str(request.path_params["section"])
    return asked if asked in kind.sections else next(iter(kind.sections))


def _around(answer: Any, definition: Any, target: Any, more: str = "") -> Around:
    """What the inputs are made with: the questions of what is edited (of a theme also those of its items), what there is to pick from."""
    questions: Questions = getattr(target, "questions", ())
    if isinstance(answer, themes.ThemeGuide):
        asked = {one.key for one in questions}
        questions = [*questions, *(one for one in answer.questions if one.key not in asked)]
    picks: dict[str, list[tuple[str, str]]] = {"EntryDefinition.open_fields": _STANDARD}
    if isinstance(definition, themes.ThemeDefinition):
        picks["ThemeItem.after"] = [(one.key, one.name) for one in definition.items if one.key]
    if len(materials := getattr(target, "materials", ())) <= MOST_TICKED:
        picks["Material.excludes"] = [(one.key, one.name) for one in materials]
    return Around(questions, picks, more=more)


def _form(
    request: Request, kind: Kind, answer: Any, section: str, problems: Sequence[Problem | Mistyped] = (), more: str = "",
    status: int = 200, act: str = "", unsaved: bool = False,
) -> Response:  # fmt: skip
    (title, fields), thing = kind.sections[section], _thing(answer)
    target, prefix = _target(kind, thing.definition, section)
    inputs = editing.inputs(target, fields, prefix, _around(answer, thing.definition, target, more))
    context = {
        "kind": kind, "one": thing, "section": section, "title": title, "act": act or new_request_id(), "unsaved": unsaved,
        "action": f"{kind.at}/{thing.id}/edit/{section}", **told(inputs, problems),
    }  # fmt: skip
    return show(request, "catalog_kind_edit.html", status, **context)


def edit(kind: Kind) -> Handler:
    """A section of the working definition."""

    async def handler(request: Request) -> Response:
        return _form(request, kind, await _read(request, kind), _section(kind, request))

    return handler


def write(kind: Kind) -> Handler:
    """Takes what was typed: to save it or to add a row."""

    async def handler(request: Request) -> Response:
        typed, answer, section = await request.form(), await _read(request, kind), _section(kind, request)
        thing, fields = _thing(answer), kind.sections[section][1]
        target, prefix = _target(kind, thing.definition, section)
        if wrong := _take(typed, answer, target, fields, prefix):
            act = request_id(typed)
            return _form(request, kind, answer, section, wrong, status=400, act=act, unsaved=True)
        if (do := text(typed, "do")) != "save":
            more = do.removeprefix("add ")
            return _form(request, kind, answer, section, more=more, act=request_id(typed), unsaved=True)
        version = int(text(typed, "version")) if text(typed, "version").isdecimal() else thing.version
        try:
            await _save(request, kind, typed, thing.definition, version)
        except CallError as error:
            act, refused = next_request_id(typed, error), problems_at(error)
            return _form(request, kind, answer, section, refused, status=error.status, act=act, unsaved=True)
        return go(f"{kind.at}/{thing.id}/edit/{section}", done="item-saved")

    return handler


def _take(typed: FormData, answer: Any, target: Any, fields: Sequence[str], prefix: str) -> list[Mistyped]:
    """What was typed, into the definition. Rules may read questions that were typed together with them."""
    around = _around(answer, _thing(answer).definition, target)
    if "questions" in fields:
        fresh = type(target)()
        editing_reading.read(typed, fresh, ["questions"], prefix)
        around = _around(answer, _thing(answer).definition, fresh)
    return editing_reading.read(typed, target, fields, prefix, around)


async def _save(request: Request, kind: Kind, typed: FormData, definition: Message, version: int) -> Any:
    message = kind.save(request_id=request_id(typed), definition=definition, version=version)
    return await ask(request, _rpc(request, kind, f"Save{kind.noun}"), message)


def new(kind: Kind) -> Handler:
    """The form of one that is not there yet."""

    async def handler(request: Request) -> Response:
        return _form_new(request, kind, kind.definition(region=session_of(request).region))

    return handler


def _form_new(
    request: Request,
    kind: Kind,
    definition: Message,
    problems: Sequence[Problem | Mistyped] = (),
    more: str = "",
    status: int = 200,
    act: str = "",
) -> Response:
    inputs = editing.inputs(definition, kind.first, around=_around(None, definition, definition, more))
    context = {"kind": kind, "act": act or new_request_id(), "action": kind.at + "/new", **told(inputs, problems)}
    return show(request, "catalog_kind_new.html", status, **context)


def begin(kind: Kind) -> Handler:
    """Makes it as a draft, and goes on with its sections."""

    async def handler(request: Request) -> Response:
        typed, definition = await request.form(), kind.definition()
        if wrong := editing_reading.read(typed, definition, kind.first):
            return _form_new(request, kind, definition, wrong, status=400, act=request_id(typed))
        if (do := text(typed, "do")) != "save":
            return _form_new(request, kind, definition, more=do.removeprefix("add "), act=request_id(typed))
        try:
            saved = await _save(request, kind, typed, definition, 0)
        except CallError as error:
            act = next_request_id(typed, error)
            return _form_new(request, kind, definition, problems_at(error), status=error.status, act=act)
        return go(f"{kind.at}/{_thing(saved).id}", done="item-saved")

    return handler


def _review(typed: FormData) -> dict[str, Any]:
    return {"version": number(typed, "version"), "note": text(typed, "note")}


def _request(kind: Kind, verb: str) -> Any:
    """The message of an act on this kind."""
    return getattr({"directory": directory, "themes": themes}[kind.stub], f"{verb}{kind.noun}Request")


def _acts(kind: Kind) -> tuple[Act, ...]:
    said = (
        ("review", f"Review{kind.noun}", _request(kind, "Review"), "item-reviewed", _review),
        ("return", f"Return{kind.noun}", _request(kind, "Return"), "item-returned", only("reason")),
        ("publish", f"Publish{kind.noun}", _request(kind, "Publish"), "item-published", only()),
        ("withdraw", f"Withdraw{kind.noun}", _request(kind, "Withdraw"), "item-withdrawn", only("reason")),
    )
    return tuple(
        Act(name, f"{kind.stub}.{method}", message, done, fields, LABELS)
        for name, method, message, done, fields in said
    )


def _pages(kind: Kind) -> list[Page]:
    where = kind.at + "/{id:uuid}"
    return [
        Page(kind.at, listed(kind), None, "officer", CATALOG),
        Page(kind.at + "/new", new(kind), begin(kind), "officer", CATALOG),
        Page(where, shown(one(kind)), None, "officer", CATALOG),
        Page(where + "/edit/{section}", edit(kind), write(kind), "officer", CATALOG, fields=FIELDS),
        *(form(f"{where}/{act.name}", act, one(kind), kind.at + "/{id}", "officer", CATALOG) for act in _acts(kind)),
    ]


PAGES = tuple(page for kind in KINDS for page in _pages(kind))
