"""Odd patterns between owners and agencies."""

from datetime import UTC, datetime

from services.intermediary.model_concentration import Award, concentrations, since


def award(
    owner: str = "owner", uscc: str = "a", direct: bool = False, others: str = "bc", name: str = "水务局"
) -> Award:
    """`others` lost; they stand for the digest of their list, too."""
    return Award(owner, name, uscc, f"机构{uscc}", direct, 100, 0 if direct else 1 + len(others), others)


def losers(list_digest: str, _winner: str) -> str:
    assert list_digest, "no list is read of who was alone"
    return list_digest


def shown(*awards: Award) -> list[tuple[str, list[str]]]:
    return [(one.uscc, list(one.patterns)) for one in concentrations(awards, losers)]


def test_ordinary_awards_show_nothing() -> None:
    assert shown(award(), award(uscc="b", others="ac"), award(uscc="c", others="ab")) == []


def test_three_awards_and_half_of_all_show_and_less_does_not() -> None:
    pair = [award(others=one) for one in ("bc", "bd", "be")]
    others = [award(uscc=str(n), others="xyz"[: n + 1]) for n in range(4)]
    assert shown(*pair, *others[:3]) == [("a", ["SHARE"])]
    assert shown(*pair, *others) == []
    assert shown(*pair[:2]) == []


def test_awards_of_another_owner_are_not_counted() -> None:
    pair = [award(others=one) for one in ("bc", "bd")]
    assert shown(*pair, award(owner="another", others="be")) == []


def test_two_direct_ones_show() -> None:
    assert shown(award(direct=True, others=""), award(direct=True, others=""), award(uscc="b")) == [("a", ["DIRECT"])]


def test_two_alone_show_but_direct_ones_are_not_alone() -> None:
    assert shown(award(others=""), award(others=""), *(award(uscc=str(n)) for n in range(3))) == [("a", ["ALONE"])]
    assert shown(award(others=""), award(direct=True, others=""), award(uscc="b"), award(uscc="c")) == []


def test_the_same_losers_three_times_show() -> None:
    found = shown(*(award() for _ in range(3)), *(award(uscc=str(n), others="z") for n in range(9)))
    assert found == [("a", ["RUNNERS_UP"])]


def test_the_same_losers_twice_and_others_as_many_do_not_show() -> None:
    assert shown(award(), award(), award(others="bd"), *(award(uscc=str(n)) for n in range(4))) == []


def test_lists_are_read_only_where_three_awards_are_out_of_equally_many() -> None:
    read: list[str] = []

    def reading(list_digest: str, _winner: str) -> str:
        read.append(list_digest)
        return list_digest

    met = [*(award(others="bc") for _ in range(2)), *(award(others="bcd") for _ in range(3)), *(award(others=""),) * 3]
    concentrations(met, reading)
    assert read == ["bcd"] * 3


def test_a_natural_person_is_not_named() -> None:
    found = concentrations([award(owner="person-1", direct=True, name="", others="")] * 2, losers)[0]
    assert (found.owner, found.owner_name) == ("", "个人业主") and "person-1" not in str(found)


def test_pairs_with_more_patterns_come_first_and_say_their_numbers() -> None:
    odd = [award(owner="x", uscc="z", direct=True, others="")] * 3
    found = concentrations([*[award(owner="o", others="")] * 2, *[award(owner="o", uscc="q")] * 2, *odd], losers)
    assert [(one.uscc, list(one.patterns)) for one in found] == [("z", ["SHARE", "DIRECT"]), ("a", ["ALONE"])]
    told = found[0]
    assert (told.awards, told.pair, told.direct, told.share, told.amount_fen) == (3, 3, 3, 10_000, 300)


def test_twelve_months_end_with_this_day_in_china() -> None:
    assert since(datetime(2026, 11, 22, 17, tzinfo=UTC)) == datetime(2025, 11, 22, 16, tzinfo=UTC)
    assert since(datetime(2028, 2, 29, 1, tzinfo=UTC)) == datetime(2027, 2, 27, 16, tzinfo=UTC)
