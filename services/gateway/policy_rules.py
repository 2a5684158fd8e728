"""Rules as rows of a form: a tree of all, any and not over conditions, written one under the other and set in by their depth. Everything is
done by the server, so that the editor needs no script. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from yiwang.rules.v1 import rules_pb2 as pb

LEAF, ALL, ANY, NOT = "leaf", "all", "any", "not"
KINDS: Final[Mapping[str, str]] = {ALL: "同时满足", ANY: "满足其中一项", NOT: "不能有以下情形"}
MOST_ROWS: Final = 250


class Row(NamedTuple):
    """A line of the editor: a group, or a condition with its expression, words and clause."""

    depth: int
    kind: str
    id: str = ""
    cel: str = ""
    says: str = ""
    basis: str = ""


def rows_of(rule: pb.Rule | None) -> list[Row]:
    """A rule as rows; without one, a group with an empty condition."""
    if rule is None or rule.WhichOneof("node") is None:
        return [Row(0, ALL), Row(1, LEAF, "c1")]
    rows = list(_rows(rule, 0))
    return rows if rows[0].kind != LEAF else [Row(0, ALL), *(row._replace(depth=row.depth + 1) for row in rows)]


def _rows(rule: pb.Rule, depth: int) -> list[Row]:
    kind = rule.WhichOneof("node") or ALL
    if kind == LEAF:
        one = rule.leaf
        return [Row(depth, LEAF, one.id, one.cel, one.says, one.basis)]
    parts = [getattr(rule, "not")] if kind == NOT else getattr(rule, kind).rules
    return [Row(depth, kind), *(row for part in parts for row in _rows(part, depth + 1))]


def rule_of(rows: Sequence[Row]) -> tuple[pb.Rule | None, dict[str, int]]:
    """The rule the rows say, and the row each of its conditions is on, by its path below the rule (`.all.rules[1].leaf`). Conditions
    without an expression and groups without a condition are left out; nothing left is no rule."""
    places: dict[str, int] = {}
    found, _ = _read(rows, 0, "", places)
    return found, places


def _read(rows: Sequence[Row], at: int, path: str, places: dict[str, int]) -> tuple[pb.Rule | None, int]:
    """The node at a row with all below it, and the row behind it."""
    row = rows[at]
    if row.kind == LEAF:
        if not row.cel.strip():
            return None, at + 1
        places[f"{path}.leaf"] = at
        leaf = pb.Leaf(id=row.id.strip(), cel=row.cel.strip(), says=row.says.strip(), basis=row.basis.strip())
        return pb.Rule(leaf=leaf), at + 1
    parts: list[pb.Rule] = []
    next_row = at + 1
    while next_row < len(rows) and rows[next_row].depth > row.depth:
        group = "not.any" if row.kind == NOT else row.kind
        below = f"{path}.{group}.rules[{len(parts)}]"
        part, next_row = _read(rows, next_row, below, places)
        parts += [part] if part is not None else []
    if not parts:
        return None, next_row
    if row.kind == NOT:
        # None of these: not any of them; of one alone, not it.
        one, found = parts[0] if len(parts) == 1 else pb.Rule(any=pb.RuleList(rules=parts)), pb.Rule()
        if len(parts) == 1:
            alone = f"{path}.not.any.rules[0]"
            for place in [place for place in places if place.startswith(alone)]:
                places[f"{path}.not{place.removeprefix(alone)}"] = places.pop(place)
        getattr(found, "not").CopyFrom(one)
        return found, next_row
    together = pb.RuleList(rules=parts)
    return (pb.Rule(all=together) if row.kind == ALL else pb.Rule(any=together)), next_row


def edited(rows: Sequence[Row], command: str) -> list[Row]:
    """The rows after a button: `leaf:<row>`, `all:<row>`, `any:<row>`, `not:<row>` (a new one at the end of a group), `remove:<row>` (with
    all that is set in below it), `up:<row>`, `down:<row>`. What is no command changes nothing."""
    what, _, number = command.partition(":")
    at = int(number) if number.isascii() and number.isdecimal() else -1
    if not 0 <= at < len(rows):
        return list(rows)
    if what in (LEAF, *KINDS) and rows[at].kind != LEAF and len(rows) < MOST_ROWS:
        end, depth = _end(rows, at), rows[at].depth + 1
        fresh = (
            [Row(depth, what, _free(rows))] if what == LEAF else [Row(depth, what), Row(depth + 1, LEAF, _free(rows))]
        )
        return [*rows[:end], *fresh, *rows[end:]]
    if at == 0:
        return list(rows)  # the whole rule stays where it is
    if what == "remove":
        return [*rows[:at], *rows[_end(rows, at) :]]
    if what == "up":
        before = max((n for n in range(1, at) if rows[n].depth == rows[at].depth), default=0)
        same = before and all(rows[n].depth >= rows[at].depth for n in range(before, at))
        return _swapped(rows, before, at) if same else list(rows)
    if what == "down":
        after = _end(rows, at)
        same = after < len(rows) and rows[after].depth == rows[at].depth
        return _swapped(rows, at, after) if same else list(rows)
    return list(rows)


def _swapped(rows: Sequence[Row], first: int, second: int) -> list[Row]:
    """Two neighbours, with all below them, the other way round."""
    end = _end(rows, second)
    return [*rows[:first], *rows[second:end], *rows[first:second], *rows[end:]]


def _end(rows: Sequence[Row], at: int) -> int:
    """The row behind a node and all below it."""
    return next((n for n in range(at + 1, len(rows)) if rows[n].depth <= rows[at].depth), len(rows))


def _free(rows: Sequence[Row]) -> str:
    """An id no condition has."""
    taken = {row.id for row in rows}
    return next(f"c{n}" for n in range(1, len(rows) + 2) if f"c{n}" not in taken)
