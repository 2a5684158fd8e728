"""The draw: the published rules computed once more by hand, uniform, and every changed byte found by its step."""

import hashlib
import hmac
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards import draw
from tests.support.draws import VERIFIER, drawn, nonce, verified

# Critical value of χ² with 9 degrees of freedom at 0.1 %.
CRITICAL = 27.877
DRAWS, PLACES = 100_000, 10


def by_hand(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, spelled out another way: from the leaves up, an odd one is carried."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    while len(leaves) > 1:
        paired = [hashlib.sha256(b"\x01" + leaves[n] + leaves[n + 1]).digest() for n in range(0, len(leaves) - 1, 2)]
        leaves = paired + ([leaves[-1]] if len(leaves) % 2 else [])
    return leaves[0]


def candidates(count: int) -> list[dict[str, str]]:
    return [{"uscc": f"{n:018}", "name": f"机构{n}"} for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 33])
def test_the_root_is_that_of_rfc_6962_and_every_candidate_can_show_that_he_is_in(count: int) -> None:
    listed = candidates(count)
    leaves = [
        hashlib.sha256(b"\x00" + f'{{"name":"{one["name"]}","uscc":"{one["uscc"]}"}}'.encode()).digest()
        for one in listed
    ]
    root = draw.merkle_root(listed)
    assert root == by_hand(leaves)
    for position, one in enumerate(listed):
        path = draw.proof(listed, position)
        assert draw.proof_holds(one, position, count, path, root.hex())
        assert not draw.proof_holds({**one, "name": "另一家"}, position, count, path, root.hex())
        assert not draw.proof_holds(one, position, count + 1, [*path, root.hex()], root.hex())


def test_seed_and_order_follow_from_what_is_published_alone() -> None:
    told = drawn(5)
    parts = [bytes.fromhex(told["root"]), bytes.fromhex(told["notice_digest"])]
    parts += [bytes.fromhex(one["nonce"]) for one in told["parties"]]
    seed = hashlib.sha256(b"".join(parts) + told["beacon"]["value"].encode()).digest()
    ranked = sorted(
        (hmac.new(seed, one["uscc"].encode(), "sha256").hexdigest(), one["uscc"]) for one in told["candidates"]
    )
    assert told["seed"] == seed.hex()
    assert told["order"] == [uscc for _, uscc in ranked] and told["winner"] == told["order"][0]


def test_a_missing_nonce_is_replaced_as_the_notice_says() -> None:
    own, beacon = draw.commitment(nonce(1)), "ab" * 32
    assert draw.nonce_of(nonce(1), own, beacon).hex() == nonce(1)
    assert draw.nonce_of("", own, beacon) == hashlib.sha256(beacon.encode()).digest()
    assert draw.nonce_of("", own, "").hex() == own
    assert draw.nonce_of("", "", "") == bytes(32)


@given(st.sets(st.sampled_from(range(3)), max_size=3), st.booleans(), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_whoever_withholds_his_nonce_there_is_one_result(missing: set[int], beacon: bool, count: int) -> None:
    told = drawn(count, missing=missing, beacon=beacon)
    assert draw.faults(told) == []
    assert verified(told) == []


def test_who_withholds_does_not_know_what_he_would_change() -> None:
    """With the beacon still to come, either choice leads to any winner, as often."""
    winners: dict[bool, set[str]] = {True: set(), False: set()}
    for round in range(60):
        for withheld in (True, False):
            told = drawn(4, missing={1} if withheld else set(), value=hashlib.sha256(bytes([round])).hexdigest())
            winners[withheld].add(told["winner"])
    assert winners[True] == winners[False] == {one["uscc"] for one in drawn(4)["candidates"]}


def _flip(text: str) -> str:
    return ("1" if text[0] != "1" else "2") + text[1:]


def _name(told: dict[str, Any]) -> None:
    told["candidates"][2]["name"] += "厂"


def _late_candidate(told: dict[str, Any]) -> None:
    told["candidates"].append({"uscc": "9" * 18, "name": "迟到的机构"})


def _unsorted(told: dict[str, Any]) -> None:
    told["candidates"].reverse()


def _swapped(told: dict[str, Any]) -> None:
    told["order"][1], told["order"][2] = told["order"][2], told["order"][1]


def _excluded(told: dict[str, Any]) -> None:
    told["excluded"].append({"uscc": told["candidates"][0]["uscc"], "reason": "AVOIDED"})


def _at(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        inner: Any = told
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = _flip(inner[path[-1]])

    return change


CHANGES: list[tuple[Callable[[dict[str, Any]], None], str, str]] = [
    (_name, "候选名单与名单根不符", "候选名单与名单根相符"),
    (_late_candidate, "候选名单与名单根不符", "候选名单与名单根相符"),
    (_unsorted, "候选名单未按统一社会信用代码排序", "候选名单按代码排序且不重复"),
    (_at("root"), "候选名单与名单根不符", "候选名单与名单根相符"),
    (_at("notice", "title"), "公告与公告摘要不符", "公告与摘要相符"),
    (_at("notice_digest"), "公告与公告摘要不符", "公告与摘要相符"),
    (_at("parties", 0, "nonce"), "平台的随机数与承诺不符", "平台的随机数与承诺相符"),
    (_at("parties", 1, "nonce"), "业主的随机数与承诺不符", "业主的随机数与承诺相符"),
    (_at("parties", 2, "commitment"), "监管的随机数与承诺不符", "监管的随机数与承诺相符"),
    (_at("beacon", "value"), "种子与名单根、公告摘要、随机数不符", "种子由以上各项算出"),
    (_at("beacon", "source"), "公共随机数的来源或轮次与公告的约定不符", "公共随机数与公告的约定相符"),
    (_at("seed"), "种子与名单根、公告摘要、随机数不符", "种子由以上各项算出"),
    (_swapped, "抽取顺序第2位不符", "抽取顺序由种子算出"),
    (_at("winner"), "中选机构不是顺序的第一位", "中选机构是顺序的第一位"),
    (_excluded, "仍在候选名单中", "被排除的机构不在名单中"),
]


@pytest.mark.parametrize(("change", "fault", "step"), CHANGES, ids=[str(n) for n in range(len(CHANGES))])
def test_whatever_is_changed_is_named(change: Callable[[dict[str, Any]], None], fault: str, step: str) -> None:
    told = drawn(6)
    change(told)
    assert any(fault in one for one in draw.faults(told))
    assert step in verified(told)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_one_changed_byte_anywhere_is_found_by_both(data: st.DataObject) -> None:
    told = drawn(5)
    before = deepcopy(told)
    names = ("notice_digest", "root", "seed", "winner")
    place = data.draw(st.sampled_from(["list", "order", "nonce", "commitment", "beacon", *names]))
    inner, key = {
        "list": (told["candidates"][data.draw(st.integers(0, 4))], "uscc"),
        "order": (told["order"], data.draw(st.integers(0, 4))),
        "nonce": (told["parties"][data.draw(st.integers(0, 2))], "nonce"),
        "commitment": (told["parties"][data.draw(st.integers(0, 2))], "commitment"),
        "beacon": (told["beacon"], "value"),
    }.get(place, (told, place))
    text = inner[key]
    at = data.draw(st.integers(0, len(text) - 1))
    inner[key] = text[:at] + ("e" if text[at] != "e" else "f") + text[at + 1 :]
    assert told != before
    assert draw.faults(told) and verified(told)


@pytest.mark.parametrize("told", [None, [], 7, "x", {}, {"candidates": 3}, {"candidates": [{}], "excluded": []}])
def test_what_is_no_transcript_is_told_as_such(told: Any) -> None:
    assert draw.faults(told)
    assert verified(told)


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3), max_leaves=5)
)
@settings(deadline=None, max_examples=60)
def test_wrong_types_anywhere_raise_nothing(odd: Any) -> None:
    for name in ("notice", "candidates", "excluded", "parties", "beacon", "seed", "order", "root"):
        told = drawn(3)
        # That nobody was left out is no fault by itself.
        if odd == told[name] or (name == "excluded" and not odd):
            continue
        told[name] = odd
        assert draw.faults(told) and verified(told)


def test_every_candidate_is_drawn_as_often() -> None:
    """χ² over the first and over the second places of 100,000 draws with seeds that are stated: the numbers are always these."""
    listed = [one["uscc"] for one in candidates(PLACES)]
    first, second = dict.fromkeys(listed, 0), dict.fromkeys(listed, 0)
    for number in range(DRAWS):
        ranked = draw.order(hashlib.sha256(f"draw {number}".encode()).digest(), listed)
        first[ranked[0]] += 1
        second[ranked[1]] += 1
    expected = DRAWS / PLACES
    for counts in (first, second):
        assert sum((seen - expected) ** 2 / expected for seen in counts.values()) < CRITICAL


def test_no_fraction_is_hashed() -> None:
    with pytest.raises(TypeError):
        draw.canonical({"a": [1.5]})


def test_the_verifier_is_short_and_needs_nothing() -> None:
    lines = [line for line in VERIFIER.read_text().splitlines() if line.strip()]
    assert len(lines) < 90
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert imported == {"hashlib", "hmac", "json", "sys", "pathlib", "typing", "collections.abc", "__future__"}
