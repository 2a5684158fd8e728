"""Themes (一件事): written, reviewed by somebody else, published in variants for regions, and merged of the items in force."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import orjson
import pytest

from chassis.acts import Actor, Cause
from chassis.records import broken_at
from services.catalog import importing_themes, model, model_themes, store, store_themes
from tests.support.actors import officer, person
from tests.support.calling import As, refused
from tests.support.catalog_service import ANN, BEN, CatalogHere, item
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2

GUIDES = Path(__file__).parents[4] / "shared/data/items/hunan_guides.json"
AWAY = replace(officer("catalog"), region="511602")


def theme(**changes: Any) -> themes_pb2.ThemeDefinition:
    items = [
        themes_pb2.ThemeItem(key="food", name="食品经营许可", item_code="TEST-1"),
        themes_pb2.ThemeItem(
            key="sign", name="户外招牌", item_code="TEST-2", after=["food"], limit=pb.Limit(amount=3, unit=1)
        ),
    ]
    fields: dict[str, Any] = {
        "code": "CAFE",
        "region": "990121",
        "name": "开餐饮店一件事",
        "items": items,
        "stated_limit": pb.Limit(amount=4, unit=pb.TIME_UNIT_WORKING_DAY),
    }
    return themes_pb2.ThemeDefinition(**(fields | changes))


def themes(catalog: CatalogHere, actor: Actor | None = ANN) -> As:
    return catalog.by(actor, service="ThemeService")


def published(catalog: CatalogHere, definition: themes_pb2.ThemeDefinition, by: Actor = ANN) -> themes_pb2.Theme:
    saved = themes(catalog, by).SaveTheme(definition=definition)
    reviewer = replace(BEN, region=by.region)
    themes(catalog, reviewer).ReviewTheme(id=saved.id, version=saved.version)
    done: themes_pb2.Theme = themes(catalog, by).PublishTheme(id=saved.id)
    return done


def bring(catalog: CatalogHere, definition: pb.ItemDefinition) -> str:
    """As an import writes an item."""
    all, id = store.items(catalog.database), store.item_id(definition.code)
    cause = Cause(uuid.uuid4().hex, model.IMPORTER)
    return str(store.write(all, id, cause, lambda one: model.bring(one, id, definition, True)).id)


def bring_theme(catalog: CatalogHere, definition: themes_pb2.ThemeDefinition) -> int:
    """As an import writes a theme; the version it has then."""
    all, id = store_themes.themes(catalog.database), store_themes.theme_id(definition.code, definition.region)
    cause = Cause(uuid.uuid4().hex, model.IMPORTER)
    return store.write(all, id, cause, lambda one: model_themes.bring(one, id, definition) or None).version


def test_a_theme_is_seen_once_it_was_reviewed_by_somebody_else_and_published(catalog: CatalogHere) -> None:
    ann, ben = themes(catalog), themes(catalog, BEN)
    saved = ann.SaveTheme(definition=theme())
    assert (saved.status, saved.draft_status, saved.edition) == (pb.ITEM_STATUS_DRAFT, pb.DRAFT_STATUS_WRITTEN, 0)
    assert ann.SaveTheme(definition=theme()).version == saved.version  # the same again writes nothing
    with refused(grpc.StatusCode.PERMISSION_DENIED, "WRITER_MAY_NOT_REVIEW"):
        ann.ReviewTheme(id=saved.id, version=saved.version)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_REVIEWED"):
        ann.PublishTheme(id=saved.id)
    for actor in (None, person(), ANN):
        with refused(grpc.StatusCode.NOT_FOUND):
            themes(catalog, actor).GetTheme(id=saved.id)
    assert ben.ReturnTheme(id=saved.id, reason="请补充材料").reason == "请补充材料"
    returned = ann.SaveTheme(definition=theme(conditions="已取得营业执照"))
    with refused(grpc.StatusCode.ABORTED, "VERSION_MOVED"):
        ben.ReviewTheme(id=saved.id, version=saved.version)
    ben.ReviewTheme(id=saved.id, version=returned.version)
    assert ann.PublishTheme(id=saved.id).edition == 1
    shown = themes(catalog, None).GetTheme(id=saved.id).theme
    assert (shown.edition, shown.definition.conditions, shown.draft_status) == (1, "已取得营业执照", 0)
    ann.SaveTheme(definition=theme(name="开店一件事"))
    assert themes(catalog, None).GetTheme(id=saved.id).theme.definition.name == "开餐饮店一件事"
    assert ann.GetThemeDraft(id=saved.id).theme.definition.name == "开店一件事"
    document = catalog.database["themes"].find_one({"_id": saved.id})
    assert document is not None and broken_at(document["journal"]) is None
    assert store_themes.themes(catalog.database).drift(document) == []


def test_a_withdrawn_theme_is_listed_no_more_and_stays_readable(catalog: CatalogHere) -> None:
    one = published(catalog, theme())
    themes(catalog).WithdrawTheme(id=one.id, reason="已并入其他主题")
    assert list(themes(catalog, None).ListThemes(region="990121").themes) == []
    shown = themes(catalog, None).GetTheme(id=one.id).theme
    assert (shown.status, shown.reason) == (pb.ITEM_STATUS_WITHDRAWN, "已并入其他主题")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "WITHDRAWN"):
        themes(catalog).SaveTheme(definition=theme(name="又来一次"))


def test_a_place_is_shown_the_variant_nearest_to_it(catalog: CatalogHere) -> None:
    city = replace(ANN, region="990100")
    for region, name in (("990100", "全市版"), ("990121", "全县版"), ("990121001", "乡镇版"), ("990122", "邻县版")):
        published(catalog, theme(region=region, name=name), city)
    published(catalog, theme(code="BIRTH", region="990100", name="新生儿一件事"), city)

    def shown(region: str) -> list[str]:
        return [one.definition.name for one in themes(catalog, None).ListThemes(region=region).themes]

    assert shown("990121") == shown("990121000000") == ["新生儿一件事", "全县版"]
    assert shown("990121001002") == ["新生儿一件事", "乡镇版"]
    assert shown("990121002") == ["新生儿一件事", "全县版"]
    assert shown("990123") == shown("990100") == shown("9901") == ["新生儿一件事", "全市版"]
    assert shown("511602") == []
    assert shown("") == ["新生儿一件事", "全市版"]
    county = store_themes.theme_id("CAFE", "990121")
    themes(catalog, city).WithdrawTheme(id=county, reason="改用全市版")
    assert shown("990121") == ["新生儿一件事", "全市版"]
    first = themes(catalog, None).ListThemes(region="990121", page_size=1)
    second = themes(catalog, None).ListThemes(region="990121", page_size=1, page_token=first.next_page_token)
    assert [one.definition.code for one in (*first.themes, *second.themes)] == ["BIRTH", "CAFE"]
    assert second.next_page_token == ""


def test_the_same_code_and_place_is_one_variant_however_the_region_is_written(catalog: CatalogHere) -> None:
    one = published(catalog, theme())
    assert themes(catalog).SaveTheme(definition=theme(region="990121000000")).id == one.id


def test_a_guide_is_merged_of_the_editions_in_force_under_the_answers(catalog: CatalogHere) -> None:
    rented = pb.Question(key="rented", text="是否租赁？", kind=pb.QUESTION_KIND_YES_NO)
    bring(catalog, item(code="TEST-1", name="食品经营许可", questions=[rented]))
    bring(catalog, item(code="TEST-2", name="户外招牌"))
    one = published(catalog, theme())
    guide = themes(catalog, None).GetTheme(id=one.id)
    assert [(branch.key, branch.edition, branch.ends_after) for branch in guide.branches] == [
        ("food", 1, 5),
        ("sign", 1, 8),
    ]
    assert (guide.longest_days, list(guide.longest)) == (8, ["food", "sign"])
    assert [oddity.reason for oddity in guide.oddities] == ["STATED_BELOW_LONGEST"]
    assert (len(guide.fields), guide.fields_before) == (5, 10)
    assert (len(guide.materials), guide.materials_before) == (3, 6)
    assert list(guide.open) == ["rented"]
    answered = themes(catalog, None).GetTheme(id=one.id, answers={"rented": pb.Answer(values=["no"])})
    assert list(answered.open) == []
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
        themes(catalog, None).GetTheme(id=one.id, answers={"rented": pb.Answer(values=["perhaps"])})
    assert said.fields == {"answers[rented]": "OPTION_UNKNOWN"}
    bring(catalog, item(code="TEST-2", name="户外招牌", form_fields=[], materials=[]))
    assert themes(catalog, None).GetTheme(id=one.id).branches[1].edition == 2
    assert themes(catalog, None).GetTheme(id=one.id).fields_before == 5
    assert themes(catalog, None).GetTheme(id=one.id) == themes(catalog, None).GetTheme(id=one.id)


def test_what_is_wrong_with_a_theme_is_named_and_nothing_is_written(catalog: CatalogHere) -> None:
    ring = [
        themes_pb2.ThemeItem(key="a", name="事项甲", after=["b"]),
        themes_pb2.ThemeItem(key="b", name="事项乙", after=["a"]),
    ]
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "CIRCULAR") as said:
        themes(catalog).SaveTheme(definition=theme(items=ring))
    assert said.messages == {"definition.items[0].after": "先后关系成环：a → b → a"}
    assert catalog.database["themes"].find_one({}) is None


def test_officers_of_other_regions_neither_see_nor_write_a_theme(catalog: CatalogHere) -> None:
    one, away = published(catalog, theme()), themes(catalog, AWAY)
    for call in (
        lambda: away.GetThemeDraft(id=one.id),
        lambda: away.ReviewTheme(id=one.id, version=1),
        lambda: away.ReturnTheme(id=one.id, reason="不行"),
        lambda: away.PublishTheme(id=one.id),
        lambda: away.WithdrawTheme(id=one.id, reason="不行"),
    ):
        with refused(grpc.StatusCode.NOT_FOUND):
            call()
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        away.SaveTheme(definition=theme(name="改名"))
    assert list(away.ListThemeDrafts().themes) == []
    drafts = themes(catalog).ListThemeDrafts(draft_status=pb.DRAFT_STATUS_NONE).themes
    assert [draft.id for draft in drafts] == [one.id]
    assert list(themes(catalog).ListThemeDrafts(draft_status=pb.DRAFT_STATUS_WRITTEN).themes) == []


def test_an_import_brings_a_theme_once_and_leaves_what_officers_wrote(catalog: CatalogHere) -> None:
    assert bring_theme(catalog, theme()) == bring_theme(catalog, theme()) == 2
    id = store_themes.theme_id("CAFE", "990121")
    assert themes(catalog, None).GetTheme(id=id).theme.edition == 1
    themes(catalog).SaveTheme(definition=theme(name="干部改过的名称"))
    assert bring_theme(catalog, theme()) == 3
    assert themes(catalog).GetThemeDraft(id=id).theme.definition.name == "干部改过的名称"
    assert bring_theme(catalog, theme(name="来源改过的名称")) == 5
    assert themes(catalog, None).GetTheme(id=id).theme.definition.name == "来源改过的名称"


@pytest.mark.skipif(not GUIDES.exists(), reason="the shared data is not here")
def test_the_real_themes_are_merged_whole_and_their_oddities_named(catalog: CatalogHere) -> None:
    source = orjson.loads(GUIDES.read_bytes())
    rows = [importing_themes.read(number, one, "430000", {}) for number, one in enumerate(source["themes"], 1)]
    for row in rows:
        bring_theme(catalog, row.definition)
    listed = themes(catalog, None).ListThemes(region="430121").themes
    assert len(listed) == len(source["themes"]) == 3
    for one, raw in zip(sorted(listed, key=lambda one: one.definition.code), source["themes"], strict=True):
        guide = themes(catalog, None).GetTheme(id=one.id)
        assert one.definition.code == raw["theme_id"]
        assert guide.longest_days == max(days for _, days in raw["joint_items"])
        flagged = "STATED_BELOW_LONGEST" in [oddity.reason for oddity in guide.oddities]
        assert flagged == (raw["promise_limit_days"] < guide.longest_days)
        assert len(guide.branches) == len(raw["joint_items"])
        assert len(guide.materials) == len(raw["materials"])
    cafe = themes(catalog, None).GetTheme(id=store_themes.theme_id("43TCN0003", "430000"))
    assert (cafe.theme.definition.stated_limit.amount, cafe.longest_days) == (4, 10)
    choices = {question.key: question.options[0].key for question in cafe.questions}
    assert len(choices) == len(cafe.open) == 2
    answers = {key: pb.Answer(values=[option]) for key, option in choices.items()}
    chosen = themes(catalog, None).GetTheme(id=cafe.theme.id, answers=answers)
    assert list(chosen.open) == []
    assert sum(branch.applies == 1 for branch in chosen.branches) == len(chosen.branches) - 2
