"""Search by what people mean: other words, slips of the keyboard, codes an item once had."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests import relevance
from services.catalog.search import Found, Index, Query
from services.catalog.search_columns import Wanted
from services.catalog.search_nearby import keys, sound_of, within_one
from services.catalog.search_synonyms import parse
from tests.support.listing import listed_item as item
from yiwang.catalog.v1 import service_pb2 as pb


def found(index: Index, text: str, region: str = "") -> Found:
    return index.find(Query(text, Wanted(region=region)), 0, 10)


def names(index: Index, text: str, region: str = "") -> list[str]:
    return [hit.name for hit in found(index, text, region).hits]


@pytest.fixture(scope="module")
def town() -> Index:
    index = Index()
    told = [
        "食品经营许可证核发",
        "食品经营许可证注销",
        "机动车维修经营备案",
        "动物诊疗许可",
        "医疗机构执业登记",
        "居民身份证补领",
    ]
    index.keep(item(number, name) for number, name in enumerate(told))
    return index


def test_words_of_everyday_life_find_the_official_name(town: Index) -> None:
    assert names(town, "想开一家火锅店")[0] == "食品经营许可证核发"
    assert names(town, "修车铺要备案吗")[0] == "机动车维修经营备案"


def test_what_lies_within_a_longer_word_is_not_meant(town: Index) -> None:
    assert names(town, "宠物医院") == ["动物诊疗许可"]


def test_what_follows_a_first_application_comes_after_it_unless_it_is_asked_for(town: Index) -> None:
    assert names(town, "食品经营许可证")[:2] == ["食品经营许可证核发", "食品经营许可证注销"]
    assert names(town, "食品经营许可证注销")[0] == "食品经营许可证注销"


def test_a_county_s_own_words_hold_in_it_and_below_and_nowhere_else(town: Index) -> None:
    index = Index()
    index.keep([item(1, "医疗机构执业登记", region="990121"), item(2, "医疗机构执业登记", region="990122")])
    index.vocabularies.put("990121", [["摇裤铺铺", "医疗机构执业登记"]])
    assert len(names(index, "摇裤铺铺", "990121")) == 1
    assert found(index, "摇裤铺铺", "990122").missed and found(index, "摇裤铺铺").missed
    index.keep([item(3, "医疗机构执业登记", region="990121101")])
    assert names(index, "摇裤铺铺", "990121101") == ["医疗机构执业登记"]
    index.vocabularies.put("990121000000", [])
    assert found(index, "摇裤铺铺", "990121").missed, "the new groups replace the old ones"


def test_the_word_itself_ranks_above_what_stands_for_it() -> None:
    index = Index()
    index.keep([item(1, "便民铺子设置"), item(2, "个体工商户登记")])
    index.vocabularies.put("990121", [["铺子", "个体工商户"]])
    assert names(index, "铺子", "990121") == ["便民铺子设置", "个体工商户登记"]


def test_parts_of_a_saying_stand_anywhere(town: Index) -> None:
    synonyms = parse(["身份证+丢 = 居民身份证补领 # lost", "甲 乙"])
    assert [one.target for one in synonyms.expansions("丢了身份证")] == ["居民身份证补领"]
    assert synonyms.expansions("身份证") == []
    assert [one.target for one in synonyms.expansions("甲")] == ["乙"] and synonyms.expansions("甲乙") == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("食品经莹许可", "食品经营许可"),
        ("机动车唯修经营", "机动车维修经营"),
        ("动物诊聊许可", "动物诊疗许可"),
        ("医疗乐机构执业", "医疗机构执业"),
        ("yiliajigou", "医疗机构"),
    ],
)
def test_a_slip_finds_what_was_meant_and_says_so(town: Index, typed: str, meant: str) -> None:
    answer = found(town, typed)
    assert answer.corrected == meant and answer.hits and not answer.missed


def test_nothing_is_corrected_that_is_found_or_near_to_nothing(town: Index) -> None:
    assert found(town, "动物诊疗").corrected == ""
    assert found(town, "龘龘龘").corrected == "" and found(town, "龘龘龘").missed


def test_single_characters_alone_are_a_miss(town: Index) -> None:
    answer = found(town, "物流疗法")
    assert answer.missed


def test_an_item_is_found_by_the_codes_it_had() -> None:
    index = Index()
    index.keep([item(1, "取水许可", former_codes=["511A-0138-77", "OLD00001"])])
    assert names(index, "511A-0138") == names(index, "old00001") == ["取水许可"]


@pytest.mark.parametrize("status", [pb.ITEM_STATUS_SUSPENDED, pb.ITEM_STATUS_WITHDRAWN])
def test_what_is_suspended_or_withdrawn_is_not_found(status: int) -> None:
    index = Index()
    index.keep([item(1, "取水许可", status=status), item(2, "取水许可证注销")])
    assert names(index, "取水许可") == ["取水许可证注销"] and len(index) == 1


@given(st.text("食品经营许可证", max_size=6), st.text("食品经营许可证", max_size=6))
def test_one_slip_is_one_edit(left: str, right: str) -> None:
    def slips(word: str) -> set[str]:
        cut = [(word[:place], word[place:]) for place in range(len(word) + 1)]
        gone = {head + tail[1:] for head, tail in cut if tail}
        swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cut if len(tail) > 1}
        changed = {head + one + tail[1:] for head, tail in cut if tail for one in "食品经营许可证"}
        more = {head + one + tail for head, tail in cut for one in "食品经营许可证"}
        return {word} | gone | swapped | changed | more

    assert within_one(left, right) == (right in slips(left))


def test_words_that_sound_alike_share_a_key() -> None:
    assert sound_of("经营") == sound_of("经莹") and sound_of("经营") in keys("经营")
    assert {"食品经", "食经营", "食品营", "品经营"} <= keys("食品经营")


def test_the_questions_of_the_sample_are_answered_and_better_than_by_plain_bm25() -> None:
    items = relevance.corpora()["sample"]
    asked = [one for one in relevance.questions() if one.corpus == "sample"]
    ours, plain = (relevance.score(asked, make(items)) for make in (relevance.ours, relevance.plain))
    held_out = relevance.score([one for one in asked if one.held_out], relevance.ours(items))
    assert ours.count >= 60 and len(relevance.questions()) >= 150
    assert ours.first >= 0.9 and ours.five >= 0.95 and held_out.five >= 0.85
    assert ours.first >= plain.first and ours.five >= plain.five and ours.reciprocal >= plain.reciprocal


@pytest.mark.skipif("real" not in relevance.corpora(), reason="the folder of real data is not there")
def test_the_questions_of_the_real_items_are_answered_better_than_by_plain_bm25() -> None:
    items = relevance.corpora()["real"]
    asked = [one for one in relevance.questions() if one.corpus == "real"]
    ours, plain = (relevance.score(asked, make(items)) for make in (relevance.ours, relevance.plain))
    assert ours.first >= max(0.8, plain.first) and ours.five >= max(0.9, plain.five)
