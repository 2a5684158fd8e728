"""Rules as officers write them: answers ticked beside each question of the item, and the CEL they make; anything else as CEL or a tree.

What a rule says already is carried along (`was`), so a rule whose answers nobody changed stays exactly as it was.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.datastructures import FormData

from services.gateway.editing_words import COMPARISONS, QUESTION_KIND
from services.gateway.forms import text
from standards.scenarios import answer_text
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rules.v1 import rules_pb2 as rules

Questions = Sequence[catalog.Question]
# The answers a rule asks for, by question; of a number the comparison and the number.
Chosen = dict[str, tuple[str, ...]]
BOTH = "勾选答案和书写表达式只能用一种：请清空其中一种"
_SAYS = 200
_EQUAL = re.compile(r'(\w+) == "(\w+)"')
_UNEQUAL = re.compile(r'(\w+) != "(\w+)"')
_AMONG = re.compile(r'(\w+) in \[("\w+"(?:, "\w+")*)\]')
_HOLDS = re.compile(r'"(\w+)" in (\w+)')
_TRUTH = re.compile(r"(!?)(\w+)")
_COMPARED = re.compile(r"(\w+) (>=|>|<=|<|==) (\d{1,9})")


class Mistyped(Exception):
    """What was typed cannot be read as its field at all: where, why, and what it was."""

    def __init__(self, path: str, text: str, typed: str = "") -> None:
        super().__init__(path)
        self.path = path
        self.text = text
        self.typed = typed


class Answered(NamedTuple):
    """One question beside a rule: its answers as value, words, CEL and whether ticked; of a number, how it is compared and with what."""

    key: str
    text: str
    kind: str
    answers: Sequence[tuple[str, str, str, bool]] = ()
    comparison: str = ""
    number: str = ""


def shown(rule: rules.Rule, questions: Questions) -> dict[str, Any]:
    """A rule as people edit it: `asked` has the answers to tick; `cel` or `json` what is more than that; `words` says it all."""
    held = chosen(rule, questions) or {}
    value: dict[str, Any] = {"json": "", "cel": "", "id": "", "was": "", "says": "", "basis": ""}
    value |= {"asked": [_answered(one, held.get(one.key, ())) for one in questions], "words": words_of(rule, questions)}
    if not rule.WhichOneof("node"):
        return value
    leaf = _single(rule)
    told = {"says": leaf.says, "basis": leaf.basis} if leaf else {}
    if held:
        return value | told | {"was": MessageToJson(rule, indent=None, ensure_ascii=False)}
    if rule.WhichOneof("node") == "leaf":
        return value | told | {"cel": rule.leaf.cel, "id": rule.leaf.id}
    return value | {"json": MessageToJson(rule, ensure_ascii=False, indent=1)}


def _answered(question: catalog.Question, values: Sequence[str]) -> Answered:
    kind = QUESTION_KIND.get(question.kind, "one")
    if kind == "number":
        comparison, number = values or ("", "")
        return Answered(question.key, question.text, kind, (), comparison, number)
    options = [("yes", "是"), ("no", "否")] if kind == "truth" else [(one.key, one.text) for one in question.options]
    answers = [(value, told, cel_of(question, [value]), value in values) for value, told in options]
    return Answered(question.key, question.text, kind, answers)


def _single(rule: rules.Rule) -> rules.Leaf | None:
    """The leaf of a rule that is one condition, also one that is turned round."""
    rule = getattr(rule, "not") if rule.WhichOneof("node") == "not" else rule
    return rule.leaf if rule.WhichOneof("node") == "leaf" else None


def chosen(rule: rules.Rule, questions: Questions) -> Chosen | None:
    """The answers a rule asks for, where it asks for no more than answers, each question once; None for any other rule."""
    known, found = {one.key: one for one in questions}, Chosen()
    for part in _parts(rule):
        key, values = _asks(part, known)
        if not values or key in found:
            return None
        found[key] = values
    return found or None


def _parts(rule: rules.Rule) -> Sequence[rules.Rule]:
    if rule.WhichOneof("node") == "all":
        return rule.all.rules
    return [rule] if rule.WhichOneof("node") else []


_OPPOSITE: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {("yes",): ("no",), ("no",): ("yes",)}


def _asks(rule: rules.Rule, known: Mapping[str, catalog.Question]) -> tuple[str, tuple[str, ...]]:
    """The question of one condition and the answers it asks for; none when it is anything else."""
    leaf = _single(rule)
    if leaf is None:
        return "", ()
    key, values = _read_cel(leaf.cel, known)
    if rule.WhichOneof("node") == "not":
        values = _OPPOSITE.get(values, ())
    return key, values


def _read_cel(cel: str, known: Mapping[str, catalog.Question]) -> tuple[str, tuple[str, ...]]:
    keys, values = set[str](), list[str]()
    for piece in cel.strip().split(" || "):
        key, some = _read_piece(piece, known)
        keys.add(key)
        values += some
        # `a || b`, numbers and `!=` stand alone: together they say more than a list of answers.
        if not some or (
            known[key].kind not in (catalog.QUESTION_KIND_ONE, catalog.QUESTION_KIND_MANY) and piece != cel.strip()
        ):
            return "", ()
    if len(keys) != 1 or len(set(values)) != len(values):
        return "", ()
    return keys.pop(), tuple(values)


def _read_piece(piece: str, known: Mapping[str, catalog.Question]) -> tuple[str, list[str]]:
    """One comparison as question and answers; the answers are such as the question has."""
    for pattern, kind, read in _PIECES:
        found = pattern.fullmatch(piece)
        if found and (question := known.get(found[1 if kind in _KEY_FIRST else 2])) and question.kind == kind:
            values, options = read(found, question), [one.key for one in question.options]
            fits = kind not in (catalog.QUESTION_KIND_ONE, catalog.QUESTION_KIND_MANY) or set(values) <= set(options)
            return (question.key, values) if fits else ("", [])
    return "", []


def _others(found: re.Match[str], question: catalog.Question) -> list[str]:
    options = [one.key for one in question.options]
    return [key for key in options if key != found[2]] if found[2] in options else []


_KEY_FIRST = (catalog.QUESTION_KIND_ONE, catalog.QUESTION_KIND_NUMBER)
_PIECES: Final[Sequence[tuple[re.Pattern[str], Any, Any]]] = (
    (_EQUAL, catalog.QUESTION_KIND_ONE, lambda found, _: [found[2]]),
    (_UNEQUAL, catalog.QUESTION_KIND_ONE, _others),
    (_AMONG, catalog.QUESTION_KIND_ONE, lambda found, _: re.findall(r"\w+", found[2])),
    (_HOLDS, catalog.QUESTION_KIND_MANY, lambda found, _: [found[1]]),
    (_TRUTH, catalog.QUESTION_KIND_YES_NO, lambda found, _: ["no" if found[1] else "yes"]),
    (_COMPARED, catalog.QUESTION_KIND_NUMBER, lambda found, _: [found[2], found[3]]),
)


def cel_of(question: catalog.Question, values: Sequence[str]) -> str:
    """The condition that one of these answers was given; of a number: comparison and number."""
    key = question.key
    if question.kind == catalog.QUESTION_KIND_YES_NO:
        return key if values[0] == "yes" else f"!{key}"
    if question.kind == catalog.QUESTION_KIND_NUMBER:
        return f"{key} {values[0]} {values[1]}"
    if question.kind == catalog.QUESTION_KIND_MANY:
        return " || ".join(f'"{value}" in {key}' for value in values)
    texts = [f'"{value}"' for value in values]
    return f"{key} == {texts[0]}" if len(texts) == 1 else f"{key} in [{', '.join(texts)}]"


def says_of(question: catalog.Question, values: Sequence[str]) -> str:
    """The same in words: 经营场所：租赁、借用."""
    is_number = question.kind == catalog.QUESTION_KIND_NUMBER
    told = f"{COMPARISONS[values[0]]} {values[1]}" if is_number else answer_text(question, values)
    return f"{question.text.rstrip('？?：:')}：{told}"[:_SAYS]


def words_of(rule: rules.Rule, questions: Questions) -> str:
    """A whole rule in words, for reading."""
    node, known = rule.WhichOneof("node"), {one.key: one for one in questions}
    if node == "leaf":
        key, values = _read_cel(rule.leaf.cel, known)
        return rule.leaf.says or (says_of(known[key], values) if values else rule.leaf.cel)
    if node == "not":
        # The words of a condition that is turned round say what holds, as the citizen reads them.
        return getattr(rule, "not").leaf.says or f"不是（{words_of(getattr(rule, 'not'), questions)}）"
    if node in ("all", "any"):
        some = [words_of(one, questions) for one in getattr(rule, node).rules]
        return f" {'并且' if node == 'all' else '或者'} ".join(f"（{one}）" if len(some) > 1 else one for one in some)
    return ""


def read(form: FormData, path: str, questions: Questions) -> rules.Rule | None:
    """The rule that was typed; None for none. Mistyped when it is neither answers nor a rule."""
    tree, cel, picked = text(form, path + ".json"), text(form, path + ".cel"), _picked(form, path, questions)
    if picked and (tree or cel):
        raise Mistyped(path, BOTH, tree or cel)
    if tree:
        return _parsed(tree, path)
    if cel:
        says, basis = text(form, path + ".says"), text(form, path + ".basis")
        return rules.Rule(leaf=rules.Leaf(id=text(form, path + ".id") or "r1", cel=cel, says=says, basis=basis))
    return _from_answers(form, path, picked, questions) if picked else None


def _parsed(tree: str, path: str) -> rules.Rule:
    try:
        return Parse(tree, rules.Rule())
    except ParseError:
        raise Mistyped(path, "规则不是有效的 JSON 规则树", tree) from None


def _picked(form: FormData, path: str, questions: Questions) -> Chosen:
    found = Chosen()
    for question in questions:
        name = f"{path}.q.{question.key}"
        values = tuple(value for value in form.getlist(name) if isinstance(value, str) and value.strip())
        if not values:
            continue
        if question.kind == catalog.QUESTION_KIND_NUMBER:
            values = (_comparison(form, name, path), values[0].strip())
        found[question.key] = values
    return found


def _comparison(form: FormData, name: str, path: str) -> str:
    typed, number = text(form, name + ".op"), text(form, name)
    if typed not in COMPARISONS or not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Mistyped(path, "数字条件要写明比较方式和整数")
    return typed


def _from_answers(form: FormData, path: str, picked: Chosen, questions: Questions) -> rules.Rule:
    """The rule of the answers ticked. What nobody touched stays: the whole rule, or the condition of a question."""
    was = _parsed(text(form, path + ".was"), path) if text(form, path + ".was") else rules.Rule()
    before, old = shown(was, questions), chosen(was, questions) or {}
    touched = {name: told for name in ("says", "basis") if (told := text(form, f"{path}.{name}")) != before[name]}
    same = {key for key, values in picked.items() if set(values) == set(old.get(key, ()))}
    if not touched and same == picked.keys() == old.keys():
        return was
    parts = dict(zip(old, _parts(was), strict=True))
    if len(picked) > 1:
        # Words for one condition would be wrong for each of several.
        touched.pop("says", None)
    found = [
        _condition(one, picked[one.key], parts.get(one.key), one.key in same, touched)
        for one in questions
        if one.key in picked
    ]
    return found[0] if len(found) == 1 else rules.Rule(all=rules.RuleList(rules=found))


def _condition(
    question: catalog.Question, values: Sequence[str], old: rules.Rule | None, same: bool, touched: Mapping[str, str]
) -> rules.Rule:
    """The condition of one question: as it was where its answers are the same, else made of them."""
    part = rules.Rule(leaf=rules.Leaf(id=question.key, cel=cel_of(question, values)))
    if old is not None and same:
        part.CopyFrom(old)
    leaf, known = _single(part), _single(old) if old is not None else None
    assert leaf is not None
    # Words that were not touched told the answers of before.
    leaf.says = touched.get("says", leaf.says) or says_of(question, values)
    leaf.basis = touched.get("basis", known.basis if known else "")
    return part
