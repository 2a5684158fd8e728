"""Words of a county: saved by its officers, used by every api, and what was looked for in vain."""

from dataclasses import replace
from datetime import timedelta

import grpc
import pytest

from chassis.acts import now
from services.catalog import store_misses
from tests.support.actors import officer, person
from tests.support.calling import As, refused
from tests.support.catalog_service import ANN, CatalogHere, Db, catalog_here, item
from yiwang.catalog.v1 import vocabulary_pb2 as pb

REGION = ANN.region


def words(catalog: CatalogHere, actor: object = ANN) -> As:
    return catalog.by(actor, service="VocabularyService")  # type: ignore[arg-type]


def groups(*told: list[str]) -> list[pb.Synonyms]:
    return [pb.Synonyms(words=one) for one in told]


def test_a_county_s_words_are_used_by_every_api_within_a_poll(catalog: CatalogHere, database: Db) -> None:
    catalog.publish(item(name="取水许可"))
    assert catalog.found("抽井铺铺", region=REGION) == []
    saved = words(catalog).SaveVocabulary(region=REGION, groups=groups(["抽井铺铺", "取水许可"]))
    assert saved.version == 1
    with catalog_here(database) as other:
        for api in (catalog, other):
            assert api.found("抽井铺铺", region=REGION) == ["取水许可"]
            assert api.found("抽井铺铺", place=REGION) == ["取水许可"], "looked from there, narrowed to nowhere"
            assert api.found("抽井铺铺") == api.found("抽井铺铺", place="990122") == []
        words(catalog).SaveVocabulary(region=REGION, groups=[], version=1)
        assert catalog.found("抽井铺铺", region=REGION) == other.found("抽井铺铺", region=REGION) == []


def test_a_vocabulary_is_read_back_and_the_same_again_changes_nothing(catalog: CatalogHere) -> None:
    assert words(catalog).GetVocabulary(region=REGION) == pb.Vocabulary(region=REGION)
    told = groups(["开馆子", "食品经营许可"], ["娃儿", "孩子"])
    saved = words(catalog).SaveVocabulary(region=REGION, groups=told)
    assert words(catalog).SaveVocabulary(region=REGION, groups=told) == saved
    assert words(catalog).GetVocabulary(region=REGION) == saved
    with refused(grpc.StatusCode.ABORTED, "VERSION_MOVED"):
        words(catalog).SaveVocabulary(region=REGION, groups=[], version=7)


@pytest.mark.parametrize(
    ("told", "reason"),
    [([["馆子", "饭店"], ["食堂", "ＫＴＶ"], ["ktv", "馆 子"]], "WORD_TWICE"), ([["馆子", "？"]], "WORD_EMPTY")],
)
def test_a_word_that_stands_twice_or_says_nothing_is_named(
    catalog: CatalogHere, told: list[list[str]], reason: str
) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT, reason):
        words(catalog).SaveVocabulary(region=REGION, groups=groups(*told))
    assert words(catalog).GetVocabulary(region=REGION).version == 0


def test_officers_of_another_place_neither_read_nor_write(catalog: CatalogHere) -> None:
    stranger = replace(officer("catalog"), region="990122")
    for call in ("GetVocabulary", "SaveVocabulary", "ListMisses"):
        with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
            getattr(words(catalog, stranger), call)(region=REGION)
        for actor in (None, person(), officer("review")):
            with pytest.raises(grpc.RpcError) as error:
                getattr(words(catalog, actor), call)(region=REGION)
            assert error.value.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)


def missed(catalog: CatalogHere, region: str = REGION) -> dict[str, int]:
    catalog.poll()
    return {miss.words: miss.count for miss in words(catalog).ListMisses(region=region).misses}


def test_what_is_looked_for_in_vain_is_shown_from_the_third_time_on(catalog: CatalogHere, database: Db) -> None:
    catalog.publish(item(name="取水许可"))
    catalog.poll()
    for _ in range(2):
        catalog.by(None).SearchItems(query="宠物殡葬", region=REGION)
    assert missed(catalog) == {}
    with catalog_here(database) as other:
        other.poll()
        other.by(None).SearchItems(query="宠物殡葬", region=REGION)
        other.poll()
    assert missed(catalog) == {"宠物殡葬": 3} == missed(catalog), "counted once, whoever polls"
    for query in ("取水许可", "13800138000", "诸葛试真名"):
        for _ in range(3):
            catalog.by(None).SearchItems(query=query, region=REGION)
    for _ in range(3):
        catalog.by(None).SearchItems(query="露营基地", region="110105")
    assert missed(catalog) == {"宠物殡葬": 3}
    assert database["misses"].find_one({"region": "110105"}) is None, "no item there, so nobody of there"


def test_misses_are_bounded_and_forgotten(catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch) -> None:
    today = now().date()
    monkeypatch.setattr(store_misses, "MOST_WORDS", 2)
    for number in range(4):
        store_misses.count(catalog.database, REGION, today, f"词语{'甲乙丙丁'[number]}", 5)
    store_misses.count(catalog.database, REGION, today, "词语甲", 1)
    assert [(one.words, one.times) for one in store_misses.most(catalog.database, REGION, today, 1)] == [
        ("词语甲", 6),
        ("词语乙", 5),
    ]
    store_misses.forget(catalog.database, today + timedelta(days=90))
    assert len(store_misses.most(catalog.database, REGION, today, 30)) == 2
    store_misses.forget(catalog.database, today + timedelta(days=91))
    assert store_misses.most(catalog.database, REGION, today, 30) == []
