"""One thing at once (一件事): the themes of the region, and one theme merged: questions, form, materials, course."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import catalog_terms as terms
from services.gateway.calls import CallError, backends
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.scenarios import PREFIX, Asked, answers_of, messages
from services.gateway.session import ask_public
from services.gateway.words import Word
from standards import limits
from standards.scenarios import answer_text
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.rules.v1 import rules_pb2 as rules

PAGE_SIZE = 100
OWN = "theme"


@dataclass(frozen=True)
class Line:
    """One item of a theme as the page shows it: when it begins and ends (working days from the start of the application)."""

    number: int
    item: themes.ThemeItem
    branch: themes.Branch
    begins: int
    applies: Word
    # Names of what must end before it.
    after: Sequence[str]
    # It lies on the longest branch.
    longest: bool

    @property
    def out(self) -> bool:
        """Whether the answers leave it out."""
        return self.branch.applies == rules.TRUTH_FALSE


@dataclass(frozen=True)
class Course:
    """The items in the order they run, and how many days the picture of it spans."""

    lines: Sequence[Line]
    days: int
    # Working days the theme states; 0 when its limit is told otherwise.
    stated: int

    def at(self, day: int) -> float:
        """Where a day is in the picture, 0 to 100."""
        return round(100 * day / self.days, 2) if self.days else 0.0


@dataclass(frozen=True)
class Questions:
    """The questions of a theme, in the shape scenario_parts.html takes them."""

    questions: Sequence[Asked]
    pairs: Sequence[tuple[str, str]]
    complete: bool

    @property
    def query(self) -> str:
        """The answers as a query string with its question mark; empty without any."""
        return f"?{urlencode(self.pairs)}" if self.pairs else ""


async def themes_of(request: Request, region: str | None = None) -> list[themes.Theme]:
    """The published themes of a region; of the whole catalogue where the region has none of its own."""
    stub, own = backends(request).themes, request.app.state.settings.region
    message = themes.ListThemesRequest(region=own if region is None else region, page_size=PAGE_SIZE)
    found = await ask_public(request, stub.ListThemes, message)
    if not found.themes and message.region:
        found = await ask_public(request, stub.ListThemes, themes.ListThemesRequest(page_size=PAGE_SIZE))
    return list(found.themes)


async def listed(request: Request) -> Response:
    """All themes."""
    asked = request.query_params.get("region")
    region = asked if asked is not None and (asked.isdecimal() or not asked) and len(asked) <= 12 else None
    return show(request, "themes.html", themes=await themes_of(request, region))


async def theme(request: Request) -> Response:
    """One theme under the answers of the address."""
    found, asked = await look(request, str(request.path_params["id"]), request.query_params.multi_items())
    context: dict[str, Any] = {"s": asked, "course": course_of(found), "names": names_of(found)}
    return show(request, "theme.html", guide=found, theme=found.theme, d=found.theme.definition, **context)


async def look(request: Request, id: str, pairs: Iterable[tuple[str, object]]) -> tuple[themes.ThemeGuide, Questions]:
    """A theme merged under the answers among these inputs. An answer that catalog refuses is left out, and said at its question."""
    found = await _merged(request, themes.GetThemeRequest(id=id))
    answers, problems = answers_of(pairs, found.questions), dict[str, str]()
    if answers:
        try:
            found = await _merged(request, themes.GetThemeRequest(id=id, answers=messages(answers)))
        except CallError as error:
            named = [one for one in error.fields if one.field.startswith("answers[")]
            if error.status != 400 or not named:
                raise
            problems = {one.field[len("answers[") : -1]: one.text for one in named}
            answers = {key: values for key, values in answers.items() if key not in problems}
            found = await _merged(request, themes.GetThemeRequest(id=id, answers=messages(answers)))
    return found, questions_of(found, answers, problems)


async def _merged(request: Request, message: themes.GetThemeRequest) -> themes.ThemeGuide:
    return await ask_public(request, backends(request).themes.GetTheme, message)


def questions_of(
    found: themes.ThemeGuide, answers: Mapping[str, Sequence[str]], problems: Mapping[str, str]
) -> Questions:
    """The questions asked under the answers given."""
    known, asked = {one.key: one for one in found.questions}, list[Asked]()
    for key in found.asked:
        if key in known:
            chosen = answers.get(key, ())
            words = answer_text(known[key], chosen)
            asked.append(Asked(known[key], chosen, words, key in found.open, problems.get(key, "")))
    pairs = [(PREFIX + key, value) for key in found.asked for value in answers.get(key, ())]
    return Questions(asked, pairs, not found.open)


def course_of(found: themes.ThemeGuide) -> Course:
    """When each item begins and ends: it begins when the last of those before it that apply has ended."""
    branches = {one.key: one for one in found.branches}
    items = [one for one in found.theme.definition.items if one.key in branches]
    names = {one.key: one.name for one in items}
    runs = {key for key, one in branches.items() if one.applies != rules.TRUTH_FALSE}
    lines = []
    for item in items:
        before = [branches[key].ends_after for key in item.after if key in runs]
        branch = branches[item.key]
        word = terms.TRUTH.get(branch.applies, Word(""))
        after = [names[key] for key in item.after if key in names]
        lines.append(Line(0, item, branch, max(before, default=0), word, after, item.key in found.longest))
    ordered = sorted(lines, key=lambda one: (one.out, one.begins, one.branch.ends_after))
    stated = found.theme.definition.stated_limit
    counted = stated.unit in (catalog.TIME_UNIT_WORKING_DAY, catalog.TIME_UNIT_HALF_DAY)
    limit = limits.whole_days(limits.working_days(stated.amount, stated.unit)) if counted else 0
    days = max([limit, found.longest_days, *(one.branch.ends_after for one in lines if not one.out)], default=0)
    numbered = [replace(one, number=number) for number, one in enumerate(ordered, 1)]
    return Course(numbered, days, limit)


def names_of(found: themes.ThemeGuide) -> dict[str, str]:
    """Names of the theme's items by key; its own parts are said to be for all."""
    return {OWN: "本主题"} | {one.key: one.name for one in found.theme.definition.items}


PAGES = (
    Page("/themes", listed),
    Page("/themes/{id:uuid}", theme),
)
