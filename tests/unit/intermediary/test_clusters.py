"""Same legal representative, shareholder or address: one chance, the earliest sign-up's."""

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations
from types import SimpleNamespace
from typing import Any

from services.intermediary import model_check
from services.intermediary.model_check import Group

START = datetime(2026, 11, 20, tzinfo=UTC)


def entry(uscc: str, minute: int, legal: str = "", address: str = "", *shareholders: str) -> tuple[Any, Any]:
    """A sign-up so many minutes after the first, of an agency with these ties; none named = its own."""
    agency = SimpleNamespace(
        legal_key=legal or f"l-{uscc}", address_key=address or f"a-{uscc}", shareholder_keys=list(shareholders)
    )
    return SimpleNamespace(uscc=uscc, at=START + timedelta(minutes=minute)), agency


def test_those_with_nothing_in_common_are_all_left_in() -> None:
    entries = [entry("A", 0, "", "", "s1"), entry("B", 1, "", "", "s2")]
    assert model_check.groups(entries) == []
    assert model_check.clusters(entries) == {}


def test_the_earliest_sign_up_stays_whatever_the_order_they_come_in() -> None:
    entries = [entry("A", 2, "same"), entry("B", 1, "same"), entry("C", 3, "same")]
    for order in permutations(entries):
        assert model_check.groups(list(order)) == [Group("B", ("A", "C"), ("LEGAL",))]


def test_of_one_instant_the_lower_uscc_stays() -> None:
    assert model_check.groups([entry("B", 0, "same"), entry("A", 0, "same")]) == [Group("A", ("B",), ("LEGAL",))]


def test_each_tie_makes_one_and_is_told_in_words() -> None:
    entries = [
        *(entry("A", 0, "", "", "x"), entry("B", 1, "", "", "y", "x")),
        *(entry("C", 2, "", "room"), entry("D", 3, "", "room")),
    ]
    assert model_check.groups(entries) == [Group("A", ("B",), ("SHAREHOLDER",)), Group("C", ("D",), ("ADDRESS",))]
    assert model_check.clusters(entries) == {"B": "股东相同，同组最早报名的为A", "D": "地址相同，同组最早报名的为C"}


def test_a_tie_runs_over_others() -> None:
    entries = [
        entry("A", 5, "l"),
        entry("B", 4, "l", "room"),
        entry("C", 3, "", "room", "s"),
        entry("D", 2, "", "", "s"),
    ]
    (group,) = model_check.groups(entries)
    assert group == Group("D", ("C", "B", "A"), ("LEGAL", "SHAREHOLDER", "ADDRESS"))


def test_a_key_of_one_kind_ties_with_no_other_kind_and_an_empty_one_with_nobody() -> None:
    entries = [entry("A", 0, "k"), entry("B", 1, "", "k"), entry("C", 2, "", "", "k")]
    bare = [(one, SimpleNamespace(legal_key="", address_key="", shareholder_keys=[])) for one, _ in entries]
    assert model_check.groups(entries) == model_check.groups(bare) == []


def test_random_ties_give_the_groups_a_plain_search_gives() -> None:
    chance = random.Random(7)
    for _ in range(60):
        many = chance.randrange(1, 14)
        keys = [f"k{number}" for number in range(8)]
        entries = [
            entry(f"U{at:02}", chance.randrange(4), chance.choice(keys), "", *chance.sample(keys, chance.randrange(3)))
            for at in range(many)
        ]
        found = {frozenset((group.stays, *group.excluded)) for group in model_check.groups(entries)}
        assert found == _searched(entries)
        for group in model_check.groups(entries):
            ordered = sorted((one.at, one.uscc) for one, _ in entries if one.uscc in (group.stays, *group.excluded))
            assert [uscc for _, uscc in ordered] == [group.stays, *group.excluded]


def _searched(entries: list[tuple[Any, Any]]) -> set[frozenset[str]]:
    """Groups of more than one, by walking from each to whoever shares a key."""

    def shares(a: Any, b: Any) -> bool:
        return a.legal_key == b.legal_key or not set(a.shareholder_keys).isdisjoint(b.shareholder_keys)

    found = set()
    for start, _ in entries:
        group, grown = {start.uscc}, True
        while grown:
            near = {
                other.uscc
                for other, mine in entries
                for one, theirs in entries
                if one.uscc in group and shares(mine, theirs)
            }
            grown, group = not near <= group, group | near
        if len(group) > 1:
            found.add(frozenset(group))
    return found
