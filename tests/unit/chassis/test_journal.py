"""Canonical JSON and the chain of digests: what was written cannot be changed unseen."""

import copy
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
import rfc8785
from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.filters import matches
from chassis.records import broken_at, canonical, chain, record_id

Entry = dict[str, Any]
SAFE = 2**53 - 1
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=12)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
instants = st.integers(0, 30_000_000_000_000).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
# A journal may change its digest between any two entries; one without `alg` is SHA-256.
entries = st.fixed_dictionaries(
    {"type": keys, "at": instants, "by": texts, "data": st.dictionaries(keys, plain, max_size=5)},
    optional={"alg": st.sampled_from(["sm3", "sha256"])},
)


def linked(parts: list[Entry]) -> list[Entry]:
    """A journal of these entries, numbered and chained."""
    journal, head = [], ""
    for seq, part in enumerate(parts, 1):
        entry = {"seq": seq, **copy.deepcopy(part)}
        head = entry["digest"] = chain(head, entry)
        journal.append(entry)
    return journal


journals = st.lists(entries, min_size=1, max_size=6).map(linked)


@settings(max_examples=50)
@given(entries)
def test_canonical_json_is_that_of_rfc_8785_with_instants_as_utc_text(entry: Entry) -> None:
    written = entry | {"at": entry["at"].isoformat().replace("+00:00", "Z")}
    assert canonical(entry) == rfc8785.dumps(written)


@settings(max_examples=50)
@given(entries)
def test_the_digest_of_an_entry_is_not_part_of_what_it_is_of(entry: Entry) -> None:
    assert canonical(entry | {"digest": "whatever"}) == canonical(entry)


@settings(max_examples=50)
@given(entries)
def test_an_entry_read_back_from_bson_has_the_same_canonical_json(entry: Entry) -> None:
    options: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
    assert canonical(bson.decode(bson.encode(entry), options)) == canonical(entry)


def test_an_instant_is_written_in_utc_with_its_milliseconds() -> None:
    assert canonical({"at": datetime(2026, 9, 30, 16, 30, tzinfo=UTC)}) == b'{"at":"2026-09-30T16:30:00Z"}'
    assert canonical({"at": datetime(2026, 9, 30, 16, 30, 0, 7000, UTC)}) == b'{"at":"2026-09-30T16:30:00.007000Z"}'


def test_the_order_in_which_an_entry_was_built_does_not_matter() -> None:
    assert canonical({"b": 1, "a": {"d": 2, "c": 3}}) == canonical({"a": {"c": 3, "d": 2}, "b": 1})


def test_a_digest_is_sha_256_over_the_previous_digest_and_the_entry() -> None:
    assert chain("ab", {"seq": 2}) == hashlib.sha256(b'ab{"seq":2}').hexdigest()


def test_an_entry_that_says_sm3_is_chained_by_sm3_and_says_so_inside_its_digest() -> None:
    assert chain("ab", {"seq": 2, "alg": "sm3"}) == hashlib.new("sm3", b'ab{"alg":"sm3","seq":2}').hexdigest()


def test_an_entry_chained_by_what_nobody_knows_is_a_break() -> None:
    journal = linked([{"by": "a"}, {"by": "b", "alg": "sm3"}, {"by": "c"}])
    assert broken_at(journal) is None
    for alg in ("md5", "", "sha512", None):
        weakened = [journal[0], journal[1] | {"alg": alg}, journal[2]]
        assert broken_at(weakened) == 2
    weakened = [journal[0], {key: value for key, value in journal[1].items() if key != "alg"}, journal[2]]
    assert broken_at(weakened) == 2


@settings(max_examples=50)
@given(journals)
def test_a_journal_nobody_touched_is_whole(journal: list[Entry]) -> None:
    assert broken_at(journal) is None


@settings(max_examples=50)
@given(journals, st.data())
def test_an_altered_entry_is_found_where_it_was_altered(journal: list[Entry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(journal) - 1))
    field = data.draw(st.sampled_from(["type", "by", "data", "at"]))
    old = journal[place][field]
    journal[place][field] = old + timedelta(milliseconds=1) if field == "at" else [old]
    assert broken_at(journal) == place + 1


@settings(max_examples=50)
@given(journals, st.data())
def test_an_altered_entry_with_a_digest_to_match_breaks_the_next(journal: list[Entry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(journal) - 1))
    journal[place]["by"] += "x"
    journal[place]["digest"] = chain(journal[place - 1]["digest"] if place else "", journal[place])
    assert broken_at(journal) == (place + 2 if place + 1 < len(journal) else None)


@settings(max_examples=50)
@given(journals.filter(lambda journal: len(journal) > 1), st.data())
def test_deleted_entries_are_found_unless_they_are_the_last(journal: list[Entry], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(journal) - 2))
    last = data.draw(st.integers(first, len(journal) - 2))
    del journal[first : last + 1]
    assert broken_at(journal) == first + 1
    for seq, entry in enumerate(journal, 1):
        entry["seq"] = seq
    assert broken_at(journal) == first + 1


@settings(max_examples=50)
@given(journals.filter(lambda journal: len(journal) > 1), st.data())
def test_swapped_entries_are_found(journal: list[Entry], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(journal) - 2))
    second = data.draw(st.integers(first + 1, len(journal) - 1))
    journal[first], journal[second] = journal[second], journal[first]
    assert broken_at(journal) == first + 1


@settings(max_examples=50)
@given(journals)
def test_a_chain_alone_does_not_show_that_its_end_was_cut_off(journal: list[Entry]) -> None:
    assert broken_at(journal[:-1]) is None


@pytest.mark.parametrize("cause", ["person:1/SubmitCase/a", "person:1/SubmitCase/b", "", "某"])
def test_a_cause_always_gives_the_same_record_id_and_no_other_cause_does(cause: str) -> None:
    assert record_id(cause) == record_id(cause) != record_id(cause + "x")


def test_a_filter_is_read_as_the_store_reads_it() -> None:
    document = {"_id": "1", "state": {"region": "990100", "owner": "p1", "edition": 2}}
    assert matches(document, {})
    assert matches(document, {"state.owner": "p1", "state.region": {"$gte": "9901", "$lt": "9902"}})
    assert not matches(document, {"state.owner": "p2"})
    assert not matches(document, {"state.region": {"$gte": "9902"}})
    assert not matches(document, {"state.missing": {"$lt": "z"}})
    with pytest.raises(KeyError):
        matches(document, {"state.owner": {"$ne": "p2"}})


def test_a_list_matches_by_any_of_its_elements() -> None:
    document = {"state": {"members": ["a", "b"]}}
    assert matches(document, {"state.members": "b"})
    assert not matches(document, {"state.members": "c"})
    assert not matches({"state": {"members": []}}, {"state.members": ""})
    assert not matches({"state": {"members": "ab"}}, {"state.members": "a"})
