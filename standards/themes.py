"""A theme (一件事) merged of its items under answers: which items are part of it, which questions are still open, one form, one list of
materials, and how long the longest branch takes. Pure, and the same for the same answers.

The rule engine is handed in (`judge`). What the page of a theme shows and what its application demands are one computation:
`merged` keeps beside the guide what each item asks for by itself, and `themes_children` hands every item its own share by it.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from standards import limits, scenarios, themes_graph, themes_lists
from standards.scenarios import FALSE, TRUE, UNKNOWN, Answers, Fault, Judge
from standards.themes_lists import Asked
from standards.themes_parts import OWN, choice_key, graph, groups, shell
from standards.themes_questions import Asking, asking
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2


class Known(NamedTuple):
    """An item of the theme as the catalogue has it: the edition in force, or the last one that was."""

    id: str
    edition: int
    definition: pb.ItemDefinition
    suspended: bool = False
    withdrawn: bool = False


class Share(NamedTuple):
    """What one item of the theme asks for by itself: its definition, the answers by its own keys, and its guide under them. `applies`
    is a yiwang.rules.v1.Truth: whether it is part of the application."""

    definition: pb.ItemDefinition
    answers: dict[str, pb.Answer]
    guide: pb.ScenarioGuide
    applies: int


class Merged(NamedTuple):
    """A merged theme: the guide without its `theme`, and by key the share of each item that is, or may be, part of the application;
    the theme's own stands first, as `OWN`."""

    guide: themes_pb2.ThemeGuide
    shares: dict[str, Share]


def wrong_answers(theme: themes_pb2.ThemeDefinition, known: Mapping[str, Known], answers: Answers) -> list[Fault]:
    """Answers that fit no question or option of the theme, as `answers[key]`, by key."""
    return scenarios.wrong_answers(asking(theme, _shells(theme, known)).questions, answers)


def merge(
    theme: themes_pb2.ThemeDefinition, known: Mapping[str, Known], answers: Answers, judge: Judge
) -> themes_pb2.ThemeGuide:
    """The guide of a theme without its `theme`. `known` has the items of the catalogue by their key in the theme; the answers are not
    wrong (`wrong_answers`)."""
    return merged(theme, known, answers, judge).guide


def merged(theme: themes_pb2.ThemeDefinition, known: Mapping[str, Known], answers: Answers, judge: Judge) -> Merged:
    """As `merge`, with the shares of its items."""
    shells = _shells(theme, known)
    asks = asking(theme, shells)
    applies, both = _applying(theme, asks, answers, judge)
    shares = {}
    for key, definition in shells.items():
        if (truth := (applies | {OWN: TRUE})[key]) != FALSE:
            own = asks.of(key, answers)
            shares[key] = Share(definition, own, scenarios.resolve(definition, own, judge), truth)
    guide = themes_pb2.ThemeGuide(questions=asks.questions)
    _ask(guide, asks, shares, _open_choices(theme, applies), answers)
    oddities = _item_oddities(theme, known) + asks.oddities + both
    oddities += _run(guide, theme, known, shares, applies)
    oddities += _lists(guide, shares)
    guide.oddities.extend(oddities)
    return Merged(guide, shares)


def taking_part(guide: themes_pb2.ThemeGuide) -> list[str]:
    """Keys of the items that are part of the application and are items of the catalogue: each of them is a case."""
    return [branch.key for branch in guide.branches if branch.applies == TRUE and branch.item_id]


def undecided(guide: themes_pb2.ThemeGuide) -> list[str]:
    """Keys of the items of which the answers do not tell whether they are part of it: until they do, nothing can be applied for."""
    return [branch.key for branch in guide.branches if branch.applies == UNKNOWN]


def _shells(theme: themes_pb2.ThemeDefinition, known: Mapping[str, Known]) -> dict[str, pb.ItemDefinition]:
    """The definitions to merge by owner: the theme's own first, then its items but those that are over."""
    usable = {key: one.definition for key, one in known.items() if not one.withdrawn}
    return {OWN: shell(theme)} | {item.key: usable[item.key] for item in theme.items if item.key in usable}


def _applying(
    theme: themes_pb2.ThemeDefinition, asks: Asking, answers: Answers, judge: Judge
) -> tuple[dict[str, int], list[themes_pb2.Oddity]]:
    """Which items are part of the application; of alternatives at most one, and an oddity where the rules let two be."""
    facts = scenarios.asking(theme.questions, asks.of(OWN, answers), judge).facts
    judged = {item.key: judge(item.when, facts).truth if item.HasField("when") else TRUE for item in theme.items}
    applies: dict[str, int] = dict(judged)
    oddities = []
    ruled = {item.key for item in theme.items if item.HasField("when")}
    for word, members in groups(theme).items():
        told = answers.get(choice_key(word))
        applies |= _chosen(members, ruled, judged, told.values[0] if told else "")
        if sum(judged[key] == TRUE for key in members if key in ruled) > 1:
            message = f"可替代的事项按答案同时适用，取第一个：{_names(theme, members)}"
            oddities.append(themes_pb2.Oddity(reason="ALTERNATIVES_BOTH", message=message, field="items"))
    return applies, oddities


def _chosen(members: Sequence[str], ruled: set[str], judged: Mapping[str, int], told: str) -> dict[str, int]:
    """One group of alternatives. Those without a rule stand for the case that no rule holds; where none has one, people choose."""
    if not ruled.intersection(members):
        return {key: UNKNOWN if not told else TRUE if key == told else FALSE for key in members}
    holds = next((key for key in members if key in ruled and judged[key] == TRUE), None)
    if holds:
        return {key: TRUE if key == holds else FALSE for key in members}
    open_ = any(judged[key] == UNKNOWN for key in members if key in ruled)
    otherwise = [key for key in members if key not in ruled]
    found = {key: judged[key] for key in members if key in ruled}
    return found | {key: UNKNOWN if open_ else TRUE if key == otherwise[0] else FALSE for key in otherwise}


def _open_choices(theme: themes_pb2.ThemeDefinition, applies: Mapping[str, int]) -> set[str]:
    """Alternatives that may be part of it at all: their question is asked."""
    return {
        choice_key(word) for word, members in groups(theme).items() if any(applies[key] != FALSE for key in members)
    }


def _ask(
    guide: themes_pb2.ThemeGuide,
    asks: Asking,
    shares: Mapping[str, Share],
    choices: set[str],
    answers: Answers,
) -> None:
    """What is asked under these answers: what an item asks is asked once it is known to be part of it."""
    asked = choices | {
        asks.keys[owner][key] for owner, one in shares.items() if one.applies == TRUE for key in one.guide.asked
    }
    guide.asked.extend(question.key for question in asks.questions if question.key in asked)
    guide.open.extend(key for key in guide.asked if key not in answers)


def _run(
    guide: themes_pb2.ThemeGuide,
    theme: themes_pb2.ThemeDefinition,
    known: Mapping[str, Known],
    shares: Mapping[str, Share],
    applies: Mapping[str, int],
) -> list[themes_pb2.Oddity]:
    """The branches with their ends, and the longest one beside the stated limit. What may be part of it counts as if it were."""
    told = {item.key: _limit(item, shares.get(item.key)) for item in theme.items}
    days = {
        key: limits.working_days(limit.amount, limit.unit) if limit.unit else Fraction(0)
        for key, limit in told.items()
        if applies[key] != FALSE
    }
    course = themes_graph.course(graph(theme), days)
    for item in theme.items:
        has = known.get(item.key)
        guide.branches.add(
            key=item.key,
            item_id=has.id if has and not has.withdrawn else "",
            edition=has.edition if has and not has.withdrawn else 0,
            applies=applies[item.key],
            limit=told[item.key],
            ends_after=limits.whole_days(course.ends.get(item.key, Fraction(0))),
        )
    guide.longest_days = limits.whole_days(course.longest)
    guide.longest.extend(course.along)
    return _limit_oddities(theme, told, course.longest, course.along)


def _limit(item: themes_pb2.ThemeItem, own: Share | None) -> pb.Limit:
    """As the theme states it, else as the item promises it, else as the law does; without a unit when nobody says."""
    told = (item.limit, own.guide.promised_limit, own.guide.statutory_limit) if own else (item.limit,)
    return next((limit for limit in told if limit.unit), pb.Limit())


def _limit_oddities(
    theme: themes_pb2.ThemeDefinition, told: Mapping[str, pb.Limit], longest: Fraction, along: Sequence[str]
) -> list[themes_pb2.Oddity]:
    found = [
        themes_pb2.Oddity(
            reason="LIMIT_UNKNOWN", message=f"“{item.name}”没有说明时限，按0计", field=f"items[{number}].limit"
        )
        for number, item in enumerate(theme.items)
        if not told[item.key].unit
    ]
    stated = theme.stated_limit
    if stated.unit and limits.working_days(stated.amount, stated.unit) < longest:
        shown = f"{_shown(limits.working_days(stated.amount, stated.unit))}个工作日"
        message = f"主题承诺{shown}，短于最长的一支{_shown(longest)}个工作日（{_names(theme, along)}）"
        found.append(themes_pb2.Oddity(reason="STATED_BELOW_LONGEST", message=message, field="stated_limit"))
    return found


def _lists(guide: themes_pb2.ThemeGuide, shares: Mapping[str, Share]) -> list[themes_pb2.Oddity]:
    """The merged form and the merged materials."""
    forms = {key: share.definition.form_fields for key, share in shares.items()}
    guide.fields.extend(themes_lists.fields(forms, frozenset(key for key in shares if shares[key].applies == TRUE)))
    asked = [one for key, share in shares.items() for one in _asked(key, share)]
    guide.materials.extend(themes_lists.materials(asked))
    guide.fields_before = sum(len(form) for key, form in forms.items() if key != OWN)
    guide.materials_before = sum(one.owner != OWN for one in asked)
    return [
        themes_pb2.Oddity(reason="FACT_DIFFERS", message=f"各事项对“{fact}”的填写要求不同，需分别填写", field="items")
        for fact in themes_lists.differing(guide.fields)
    ]


def _asked(owner: str, share: Share) -> list[Asked]:
    """What an item asks for; as long as it may or may not be part of it, so may its materials."""
    by_key = {material.key: material for material in share.definition.materials}
    settled = (pb.DEMAND_OPTIONAL, pb.DEMAND_NOT_BY_APPLICANT)
    return [
        Asked(owner, by_key[one.key], one.demand if share.applies == TRUE or one.demand in settled else pb.DEMAND_OPEN)
        for one in share.guide.materials
    ]


def _item_oddities(theme: themes_pb2.ThemeDefinition, known: Mapping[str, Known]) -> list[themes_pb2.Oddity]:
    found = []
    for number, item in enumerate(theme.items):
        reason, words = _trouble(known.get(item.key))
        if reason and item.item_code:
            place = f"items[{number}].item_code"
            found.append(themes_pb2.Oddity(reason=reason, message=f"“{item.name}”{words}", field=place))
    return found


def _trouble(one: Known | None) -> tuple[str, str]:
    if one is None:
        return "ITEM_UNKNOWN", "不在事项目录中"
    if one.withdrawn:
        return "ITEM_WITHDRAWN", "已取消"
    return ("ITEM_SUSPENDED", "已暂停办理") if one.suspended else ("", "")


def _names(theme: themes_pb2.ThemeDefinition, keys: Sequence[str]) -> str:
    return " → ".join(item.name for item in theme.items if item.key in keys)


def _shown(days: Fraction) -> str:
    return str(limits.whole_days(days))
