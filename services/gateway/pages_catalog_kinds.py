"""Officers' pages of the basic directory, the implementations and the themes: one kind of page for three kinds of thing, since they are
written, reviewed by somebody else and published alike."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import comparing
from services.gateway.acts import Act, Shown, Tried, form, only, shown
from services.gateway.calls import backends
from services.gateway.comparing import Change
from services.gateway.editing_words import SECTIONS, names
from services.gateway.overview import or_none
from services.gateway.pages import Handler, Page
from services.gateway.pages_catalog import CATALOG, DESK, DRAFT, LABELS, PAGE_SIZE, STATUS, one_of, review
from services.gateway.render import show
from services.gateway.session import ask, ask_public
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as catalog
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
    # The service it is kept by, what the contract calls it, and many of it.
    stub: str
    noun: str
    many: str
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
_THEME: Sections = {
    "theme": (
        "主题",
        names("name aliases lead audience project stated_limit partial_results delivery conditions source_note"),
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
        "entries", _ENTRY, ("code", "name", "type_code", "parent_code", "region", "owner_name"),
    ),
    Kind(
        "implementations", "实施清单", "哪个部门在哪里行使哪一项目录：也就是权责清单和公共服务清单。", "directory", "Implementation",
        "implementations", {"implementation": ("实施清单", _IMPLEMENTATION)},
        ("code", "base_code", "name", "type_code", "department", "region"),
    ),
    Kind(
        "themes", "一件事", "把几个事项连成一件事：一张表单、一份材料、一个时限。", "themes", "Theme", "themes", _THEME,
        ("code", "name", "region", "items"),
    ),
)  # fmt: skip


def rpc(request: Request, kind: Kind, method: str) -> Any:
    """A method of the service a kind is kept by."""
    return getattr(getattr(backends(request), kind.stub), method)


def message(kind: Kind, name: str) -> Any:
    """A message of the contract a kind is kept by; `*` in its name stands for what the contract calls it."""
    return getattr({"directory": directory, "themes": themes}[kind.stub], name.replace("*", kind.noun))


def listed(kind: Kind) -> Handler:
    """What is worked on of a kind in the officer's region."""

    async def handler(request: Request) -> Response:
        asked, listing = request.query_params, message(kind, "List*DraftsRequest")
        known = listing.DESCRIPTOR.fields_by_name
        told: dict[str, Any] = {"draft_status": one_of(DRAFT, asked.get("draft", "")), "page_size": PAGE_SIZE}
        told |= {"query": asked.get("q", "").strip()[:100]} if "query" in known else {}
        wanted = listing(**told, page_token=asked.get("page", "")[:200])
        found = await ask(request, rpc(request, kind, f"List{kind.noun}Drafts"), wanted)
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


async def read(request: Request, kind: Kind) -> Any:
    """The working definition with its state; a theme comes with its merge."""
    wanted = message(kind, "Get*DraftRequest")(id=str(request.path_params["id"]))
    return await ask(request, rpc(request, kind, f"Get{kind.noun}Draft"), wanted)


def thing_of(answer: Any) -> Any:
    """The thing itself, out of what was answered."""
    return answer.theme if isinstance(answer, themes.ThemeGuide) else answer


def one(kind: Kind) -> Shown:
    """One thing: where it stands, and what may be done with it."""

    async def page(request: Request, tried: Tried) -> Response:
        answer = await read(request, kind)
        changes = await _changes(request, kind, thing_of(answer))
        merged = answer if isinstance(answer, themes.ThemeGuide) else None
        context = {
            "kind": kind,
            "one": thing_of(answer),
            "merged": merged,
            "draft_words": DRAFT,
            "status_words": STATUS,
            "changes": changes,
            "said": _said(kind, thing_of(answer).definition),
        }
        return show(request, "catalog_kind.html", tried.status, problems=tried.problems, tried=tried, **context)

    return page


def _said(kind: Kind, definition: Any) -> dict[str, int]:
    """How many fields of each section say anything."""
    own = {field.name for field, _ in definition.ListFields()}
    standard = {field.name for field, _ in definition.standard.ListFields()} if kind.slug == "directory" else set()
    return {
        key: len((standard if key.startswith("standard.") else own) & set(fields))
        for key, (_, fields) in kind.sections.items()
    }


async def _changes(request: Request, kind: Kind, thing: Any) -> list[Change]:
    """What is to be reviewed: how the working definition differs from the edition in force."""
    if not thing.edition or thing.draft_status == catalog.DRAFT_STATUS_NONE:
        return []
    wanted = message(kind, "Get*Request")(id=thing.id)
    answer = await or_none(ask_public(request, rpc(request, kind, f"Get{kind.noun}"), wanted))
    # Withdrawn: nothing is in force.
    if answer is None:
        return []
    before, after = thing_of(answer).definition, thing.definition
    shell = after.standard if kind.slug == "directory" else after
    return comparing.between(before, after, getattr(shell, "questions", ()))


def _acts(kind: Kind) -> list[Act]:
    said = (
        ("Review", "item-reviewed", review),
        ("Return", "item-returned", only("reason")),
        ("Publish", "item-published", only()),
        ("Withdraw", "item-withdrawn", only("reason")),
    )
    return [
        Act(verb.lower(), f"{kind.stub}.{verb}{kind.noun}", message(kind, f"{verb}*Request"), done, fields, LABELS)
        for verb, done, fields in said
    ]


def _pages(kind: Kind) -> list[Page]:
    where = kind.at + "/{id:uuid}"
    return [
        Page(kind.at, listed(kind), None, "officer", CATALOG),
        Page(where, shown(one(kind)), None, "officer", CATALOG),
        *(form(f"{where}/{act.name}", act, one(kind), kind.at + "/{id}", "officer", CATALOG) for act in _acts(kind)),
    ]


PAGES = tuple(page for kind in KINDS for page in _pages(kind))
