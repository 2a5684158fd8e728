"""A theme merged of its items under answers: which items are part of it, which questions are still open, one form, one list of
materials, and how long the longest branch takes. Pure, and the same for the same answers.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from chassis import rules
from chassis.errors import Violation, invalid
from services.catalog import model_graph, model_merge_lists
from services.catalog.model_life import SUSPENDED, WITHDRAWN
from services.catalog.model_merge_lists import Asked
from services.catalog.model_merge_questions import Asking, asking
from services.catalog.model_themes_checks import OWN, choice_key, graph, groups, shell
from standards import limits, scenarios
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2

Answers = Mapping[str, pb.Answer]
TRUE, FALSE, UNKNOWN = rules.TRUE, rules.FALSE, rules.UNKNOWN


class Known(NamedTuple):
    """An item of the theme as the catalogue has it: the edition in force, or the last one that was."""

    id: str
    edition: int
    # yiwang.catalog.v1.ItemStatus
    status: int
    definition: pb.ItemDefinition


def merge(theme: themes_pb2.ThemeDefinition, known: Mapping[str, Known], answers: Answers) -> themes_pb2.ThemeGuide:
    """The guide of a theme without its `theme`. `known` has the items of the catalogue by their key in the theme.

    INVALID_ARGUMENT names an answer that fits no question or option.
    """
    usable = {key: one for key, one in known.items() if one.status != WITHDRAWN}
    shells = {OWN: shell(theme)} | {item.key: usable[item.key].definition for item in theme.items if item.key in usable}
    asks = asking(theme, shells)
    _require_fitting(asks, answers)
    oddities = _item_oddities(theme, known) + asks.oddities
    applies, both = _applying(theme, asks, answers)
    taking_part = {OWN: TRUE} | applies
    guides = {
        key: scenarios.resolve(definition, asks.of(key, answers), rules.judge)
        for key, definition in shells.items()
        if taking_part[key] != FALSE
    }
    guide = themes_pb2.ThemeGuide(questions=asks.questions)
    _ask(guide, asks, guides, taking_part, _open_choices(theme, applies), answers)
    oddities += both + _run(guide, theme, known, guides, applies)
    oddities += _lists(guide, shells, guides, taking_part)
    guide.oddities.extend(oddities)
    return guide


def _require_fitting(asks: Asking, answers: Answers) -> None:
    if wrong := scenarios.wrong_answers(asks.questions, answers):
        raise invalid(*(Violation(*fault) for fault in wrong))


def _applying(
    theme: themes_pb2.ThemeDefinition, asks: Asking, answers: Answers
) -> tuple[dict[str, int], list[themes_pb2.Oddity]]:
    """Which items are part of the application; of alternatives at most one, and an oddity where the rules let two be."""
    facts = scenarios.asking(theme.questions, asks.of(OWN, answers), rules.judge).facts
    judged = {item.key: rules.judge(item.when, facts).truth if item.HasField("when") else TRUE for item in theme.items}
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
    guides: Mapping[str, pb.ScenarioGuide],
    applies: Mapping[str, int],
    choices: set[str],
    answers: Answers,
) -> None:
    """What is asked under these answers: what an item asks is asked once it is known to be part of it."""
    asked = choices | {
        asks.keys[owner][key] for owner, one in guides.items() if applies[owner] == TRUE for key in one.asked
    }
    guide.asked.extend(question.key for question in asks.questions if question.key in asked)
    guide.open.extend(key for key in guide.asked if key not in answers)


def _run(
    guide: themes_pb2.ThemeGuide,
    theme: themes_pb2.ThemeDefinition,
    known: Mapping[str, Known],
    guides: Mapping[str, pb.ScenarioGuide],
    applies: Mapping[str, int],
) -> list[themes_pb2.Oddity]:
    """The branches with their ends, and the longest one beside the stated limit. What may be part of it counts as if it were."""
    told = {item.key: _limit(item, guides.get(item.key)) for item in theme.items}
    days = {
        key: limits.working_days(limit.amount, limit.unit) if limit.unit else Fraction(0)
        for key, limit in told.items()
        if applies[key] != FALSE
    }
    course = model_graph.course(graph(theme), days)
    for item in theme.items:
        has = known.get(item.key)
        guide.branches.add(
            key=item.key,
            item_id=has.id if has else "",
            edition=has.edition if has else 0,
            applies=applies[item.key],
            limit=told[item.key],
            ends_after=limits.whole_days(course.ends.get(item.key, Fraction(0))),
        )
    guide.longest_days = limits.whole_days(course.longest)
    guide.longest.extend(course.along)
    return _limit_oddities(theme, told, course.longest, course.along)


def _limit(item: themes_pb2.ThemeItem, own: pb.ScenarioGuide | None) -> pb.Limit:
    """As the theme states it, else as the item promises it, else as the law does; without a unit when nobody says."""
    told = (item.limit, own.promised_limit, own.statutory_limit) if own else (item.limit,)
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


def _lists(
    guide: themes_pb2.ThemeGuide,
    shells: Mapping[str, pb.ItemDefinition],
    guides: Mapping[str, pb.ScenarioGuide],
    applies: Mapping[str, int],
) -> list[themes_pb2.Oddity]:
    """The merged form and the merged materials."""
    forms = {key: shells[key].form_fields for key in guides}
    guide.fields.extend(model_merge_lists.fields(forms, frozenset(key for key in guides if applies[key] == TRUE)))
    asked = [one for key, guided in guides.items() for one in _asked(key, shells[key], guided, applies[key])]
    guide.materials.extend(model_merge_lists.materials(asked))
    guide.fields_before = sum(len(form) for key, form in forms.items() if key != OWN)
    guide.materials_before = sum(one.owner != OWN for one in asked)
    return [
        themes_pb2.Oddity(reason="FACT_DIFFERS", message=f"各事项对“{fact}”的填写要求不同，需分别填写", field="items")
        for fact in model_merge_lists.differing(guide.fields)
    ]


def _asked(owner: str, definition: pb.ItemDefinition, guided: pb.ScenarioGuide, applies: int) -> list[Asked]:
    """What an item asks for; as long as it may or may not be part of it, so may its materials."""
    by_key = {material.key: material for material in definition.materials}
    settled = (pb.DEMAND_OPTIONAL, pb.DEMAND_NOT_BY_APPLICANT)
    return [
        Asked(owner, by_key[one.key], one.demand if applies == TRUE or one.demand in settled else pb.DEMAND_OPEN)
        for one in guided.materials
    ]


def _item_oddities(theme: themes_pb2.ThemeDefinition, known: Mapping[str, Known]) -> list[themes_pb2.Oddity]:
    found = []
    for number, item in enumerate(theme.items):
        status = known[item.key].status if item.key in known else 0
        reason, words = {
            0: ("ITEM_UNKNOWN", "不在事项目录中"),
            SUSPENDED: ("ITEM_SUSPENDED", "已暂停办理"),
            WITHDRAWN: ("ITEM_WITHDRAWN", "已取消"),
        }.get(status, ("", ""))
        if reason and item.item_code:
            place = f"items[{number}].item_code"
            found.append(themes_pb2.Oddity(reason=reason, message=f"“{item.name}”{words}", field=place))
    return found


def _names(theme: themes_pb2.ThemeDefinition, keys: Sequence[str]) -> str:
    return " → ".join(item.name for item in theme.items if item.key in keys)


def _shown(days: Fraction) -> str:
    return str(limits.whole_days(days))
