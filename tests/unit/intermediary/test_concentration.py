"""Odd patterns between owners and agencies."""

from services.intermediary.model_concentration import Award, concentrations


def award(
    owner: str = "owner", uscc: str = "a", direct: bool = False, others: str = "bc", name: str = "水务局"
) -> Award:
    return Award(owner, name, uscc, f"机构{uscc}", direct, 100, frozenset(others))


def shown(*awards: Award) -> list[tuple[str, list[str]]]:
    return [(one.uscc, list(one.patterns)) for one in concentrations(awards)]


def test_ordinary_awards_show_nothing() -> None:
    assert shown(award(), award(uscc="b", others="ac"), award(uscc="c", others="ab")) == []


def test_three_awards_and_half_of_all_show_and_less_does_not() -> None:
    pair = [award(others=one) for one in ("bc", "bd", "be")]
    others = [award(uscc=str(n), others="xyz"[: n + 1]) for n in range(4)]
    assert shown(*pair, *others[:3]) == [("a", ["SHARE"])]
    assert shown(*pair, *others) == []


def test_two_direct_ones_show() -> None:
    assert shown(award(direct=True, others=""), award(direct=True, others=""), award(uscc="b")) == [("a", ["DIRECT"])]


def test_two_alone_show_but_direct_ones_are_not_alone() -> None:
    assert shown(award(others=""), award(others=""), *(award(uscc=str(n)) for n in range(3))) == [("a", ["ALONE"])]


def test_the_same_losers_three_times_show() -> None:
    found = shown(*(award() for _ in range(3)), *(award(uscc=str(n), others="z") for n in range(9)))
    assert found == [("a", ["RUNNERS_UP"])]


def test_a_natural_person_is_not_named() -> None:
    found = concentrations([award(direct=True, name="", others="")] * 2)[0]
    assert (found.owner, found.owner_name) == ("", "个人业主")
