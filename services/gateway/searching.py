"""The search for items as pages show it: the address is the whole state, facets are links that change it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from services.gateway import catalog_terms as terms
from yiwang.catalog.v1 import service_pb2 as catalog

HITS = 20
MOST_TRAITS = 10
# So many values of a facet are in sight; the others unfold.
IN_SIGHT = 8


class Kind(NamedTuple):
    """A way items are classed: parameter of the address, title, field of the request, what a value looks like, words for values."""

    name: str
    title: str
    field: str
    pattern: str
    words: Mapping[str, str] = {}


def slug(name: str, prefix: str) -> str:
    """TRAIT_AT_ONCE → at-once."""
    return name.removeprefix(prefix).lower().replace("_", "-")


TRAIT = {slug(name, "TRAIT_"): number for name, number in catalog.Trait.items() if number}
FORM = {slug(name, "HANDLING_FORM_"): number for name, number in catalog.HandlingForm.items() if number}
_TRAIT_NAMES = {number: name for name, number in TRAIT.items()}

_NAMES: Mapping[int, Mapping[int, str]] = {
    catalog.FACET_KIND_TRAIT: {int(number): name for name, number in TRAIT.items()},
    catalog.FACET_KIND_HANDLING_FORM: {int(number): name for name, number in FORM.items()},
}

# The seven ways (性质 对象 主体 主题 层级 形态 管辖) and the derived traits, in the order they are shown.
KINDS = {
    catalog.FACET_KIND_TRAIT: Kind(
        "trait",
        "办理特点",
        "traits",
        "[a-z-]{1,30}",
        {name: terms.TRAIT[number].text for name, number in TRAIT.items()},
    ),
    catalog.FACET_KIND_SERVICE_OBJECT: Kind("object", "服务对象", "service_object", ".{1,50}"),
    catalog.FACET_KIND_TOPIC: Kind("topic", "主题", "topic", ".{1,50}"),
    catalog.FACET_KIND_DEPARTMENT: Kind("department", "实施部门", "department", ".{1,18}"),
    catalog.FACET_KIND_TYPE: Kind("type", "事项类型", "type_code", "[0-9]{2}", terms.TYPE),
    catalog.FACET_KIND_EXERCISE_LEVEL: Kind("level", "行使层级", "exercise_level", "[1-7]", terms.LEVEL),
    catalog.FACET_KIND_HANDLING_FORM: Kind(
        "form", "办理形式", "handling_form", "[a-z-]{1,30}", {name: terms.FORM[number] for name, number in FORM.items()}
    ),
    catalog.FACET_KIND_REGION: Kind("region", "区划", "region", "[0-9]{2,12}"),
}


@dataclass(frozen=True)
class Choice:
    """One value of a facet as a link: following it adds the value, or takes it away when it is chosen."""

    text: str
    href: str
    count: int = 0
    chosen: bool = False


@dataclass(frozen=True)
class Group:
    """The values of one facet; the first of them are in sight."""

    title: str
    choices: Sequence[Choice]

    @property
    def first(self) -> Sequence[Choice]:
        """Those in sight: the chosen ones among them."""
        return sorted(self.choices, key=lambda one: not one.chosen)[:IN_SIGHT]

    @property
    def rest(self) -> Sequence[Choice]:
        """Those that unfold."""
        return sorted(self.choices, key=lambda one: not one.chosen)[IN_SIGHT:]


@dataclass(frozen=True)
class Search:
    """What is looked for: words, values by parameter, page. `fixed` parameters belong to the page itself, not to its address."""

    path: str = "/items"
    q: str = ""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    page: str = ""

    def href(self, values: Mapping[str, Sequence[str]] | None = None, page: str = "", q: str | None = None) -> str:
        """The address of this search with other values; a change begins at the first page again."""
        words = self.q if q is None else q
        given = [("q", words)] if words else []
        given += [(name, one) for name, some in (self.values if values is None else values).items() for one in some]
        given += [("page", page)] if page else []
        return f"{self.path}?{urlencode(given)}" if given else self.path

    def toggled(self, name: str, value: str) -> str:
        """The address with this value chosen, or no longer chosen. Only traits may be chosen several at once."""
        before = list(self.values.get(name, ()))
        others = before if name == "trait" else []
        after = [one for one in before if one != value] if value in before else [*others, value]
        return self.href({**self.values, name: after})

    def message(self) -> catalog.SearchItemsRequest:
        """As catalog is asked."""
        fields: dict[str, Any] = {}
        for kind in KINDS.values():
            given = [self.fixed[kind.name]] if kind.name in self.fixed else list(self.values.get(kind.name, ()))
            if given:
                fields[kind.field] = _field(kind.name, given)
        return catalog.SearchItemsRequest(query=self.q, page_size=HITS, page_token=self.page, facets=True, **fields)

    @property
    def narrowed(self) -> bool:
        """Whether any value is chosen."""
        return any(self.values.values())

    def hidden(self) -> list[tuple[str, str]]:
        """What is chosen, as inputs of the search form."""
        return [(name, one) for name, some in self.values.items() for one in some]


def _field(name: str, given: Sequence[str]) -> Any:
    if name == "trait":
        return [TRAIT[one] for one in given]
    return FORM[given[0]] if name == "form" else given[0]


def search_of(request: Request, path: str = "/items", **fixed: str) -> Search:
    """The search of an address. What no facet knows is left out."""
    asked = request.query_params
    values: dict[str, list[str]] = {}
    for kind in KINDS.values():
        known = [one for one in dict.fromkeys(asked.getlist(kind.name)) if re.fullmatch(kind.pattern, one)]
        known = [one for one in known if kind.name not in ("trait", "form") or one in kind.words]
        if known and kind.name not in fixed:
            values[kind.name] = known[: MOST_TRAITS if kind.name == "trait" else 1]
    return Search(path, asked.get("q", "").strip()[:100], values, fixed, asked.get("page", "")[:200])


def value_of(kind: int, value: str) -> str:
    """A facet's value as the address spells it: enums by their slug, whether told by number or name; empty when unknown."""
    names = _NAMES.get(kind)
    if names is None:
        return value
    prefix = "TRAIT_" if kind == catalog.FACET_KIND_TRAIT else "HANDLING_FORM_"
    told = names.get(int(value), "") if value.isdecimal() else slug(value, prefix)
    return told if told in names.values() else ""


def groups(search: Search, found: catalog.SearchItemsResponse, regions: Mapping[str, str] | None = None) -> list[Group]:
    """The facets as links, in our order. A facet whose values all have every hit tells nothing and is left out."""
    told, shown = {facet.kind: facet for facet in found.facets}, []
    for number, kind in KINDS.items():
        if number not in told or kind.name in search.fixed:
            continue
        choices = [
            one for value in told[number].values if (one := _choice(search, number, kind, value, regions)) is not None
        ]
        if any(one.chosen or one.count < found.total for one in choices):
            shown.append(Group(kind.title, choices))
    return shown


def region_text(code: str, names: Mapping[str, str] | None) -> str:
    """A region by name, or by its code and what level it is of."""
    prefix = code.removesuffix("00").removesuffix("00") if len(code) == 6 else code
    level = {2: "省", 4: "市", 9: "乡镇（街道）", 12: "村（社区）"}.get(len(prefix), "区县")
    return (names or {}).get(code) or f"{level} {code}"


def _choice(
    search: Search, number: int, kind: Kind, value: catalog.FacetValue, regions: Mapping[str, str] | None
) -> Choice | None:
    spelled = value_of(number, value.value)
    if not spelled or not value.count:
        return None
    text = value.label or (region_text(spelled, regions) if kind.name == "region" else kind.words.get(spelled, spelled))
    return Choice(text, search.toggled(kind.name, spelled), value.count, spelled in search.values.get(kind.name, ()))


def chosen(
    search: Search, found: catalog.SearchItemsResponse, regions: Mapping[str, str] | None = None
) -> list[Choice]:
    """What is chosen, each as a link that takes it away again."""
    labels = {(KINDS[f.kind].name, v.value): v.label for f in found.facets if f.kind in KINDS for v in f.values}
    if found.hits:
        labels |= {("department", hit.department.code): hit.department.name for hit in found.hits}
    choices = []
    for kind in KINDS.values():
        for value in search.values.get(kind.name, ()):
            text = labels.get((kind.name, value)) or kind.words.get(value) or value
            text = text if kind.name != "region" or text != value else region_text(value, regions)
            choices.append(Choice(text, search.toggled(kind.name, value), chosen=True))
    return choices


def favourites(search: Search, facets: Iterable[catalog.Facet]) -> list[Choice]:
    """The traits people look for, above the hits; with their counts where they were counted."""
    counts = {
        value_of(facet.kind, value.value): value.count
        for facet in facets
        if facet.kind == catalog.FACET_KIND_TRAIT
        for value in facet.values
    }
    named = [(_TRAIT_NAMES[number], terms.TRAIT[number].text) for number in terms.FAVOURITES]
    picked = search.values.get("trait", ())
    return [Choice(text, search.toggled("trait", name), counts.get(name, 0), name in picked) for name, text in named]
