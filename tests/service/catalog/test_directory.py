"""The basic directory and the implementations: written by whom they belong to, public once published, read as a tree."""

from typing import Any

import grpc
import pytest

from chassis.records import broken_at
from services.catalog import store_directory
from services.catalog.model_directory import ENTRY
from services.catalog.model_implementations import IMPLEMENTATION
from standards.identifiers import uscc_check_digit
from tests.support.actors import person
from tests.support.calling import refused
from tests.support.catalog_service import CatalogHere, item
from tests.support.directory import (
    BASE,
    BODY,
    CARL,
    CITY,
    CLARA,
    MAIN,
    SUB,
    at,
    desk,
    entry,
    implementation,
    publish,
    standard,
)
from yiwang.catalog.v1 import service_pb2 as items

Code = grpc.StatusCode
COUNTY = at("990121")


def whole(catalog: CatalogHere, kind: str, id: str) -> list[str]:
    """The journal of a line, which is unbroken and replays to the state."""
    all = store_directory.of_kind(catalog.database, ENTRY if kind == "Entry" else IMPLEMENTATION)
    document = all.collection.find_one({"_id": id})
    assert document is not None and broken_at(document["journal"]) is None and all.drift(document) == []
    return [one["type"] for one in document["journal"]]


@pytest.mark.parametrize(("kind", "definition"), [("Entry", entry()), ("Implementation", implementation())])
def test_a_line_is_written_reviewed_by_another_published_and_ended(
    catalog: CatalogHere, kind: str, definition: Any
) -> None:
    clara, carl = desk(catalog, CLARA), desk(catalog, CARL)
    saved = getattr(clara, f"Save{kind}")(definition=definition)
    assert (saved.edition, saved.status, saved.draft_status) == (0, items.ITEM_STATUS_DRAFT, items.DRAFT_STATUS_WRITTEN)
    with refused(Code.NOT_FOUND):
        getattr(desk(catalog, None), f"Get{kind}")(id=saved.id)
    with refused(Code.PERMISSION_DENIED, "WRITER_MAY_NOT_REVIEW"):
        getattr(clara, f"Review{kind}")(id=saved.id, version=saved.version)
    with refused(Code.FAILED_PRECONDITION, "NOT_REVIEWED"):
        getattr(clara, f"Publish{kind}")(id=saved.id)
    returned = getattr(carl, f"Return{kind}")(id=saved.id, reason="名称不规范")
    assert (returned.draft_status, returned.reason) == (items.DRAFT_STATUS_RETURNED, "名称不规范")
    renamed = type(definition)()
    renamed.CopyFrom(definition)
    renamed.name = "公共场所卫生许可证核发"
    saved = getattr(clara, f"Save{kind}")(definition=renamed, version=returned.version)
    with refused(Code.ABORTED, "VERSION_MOVED"):
        getattr(carl, f"Review{kind}")(id=saved.id, version=saved.version - 1)
    getattr(carl, f"Review{kind}")(id=saved.id, version=saved.version)
    getattr(clara, f"Publish{kind}")(id=saved.id)
    with refused(Code.FAILED_PRECONDITION, "NOTHING_TO_PUBLISH"):
        getattr(clara, f"Publish{kind}")(id=saved.id)
    shown = getattr(desk(catalog, person()), f"Get{kind}")(id=saved.id)
    assert (shown.edition, shown.definition.name) == (1, "公共场所卫生许可证核发")
    getattr(clara, f"Save{kind}")(definition=definition)
    assert getattr(desk(catalog, None), f"Get{kind}")(id=saved.id).definition.name == "公共场所卫生许可证核发"
    assert getattr(clara, f"Get{kind}Draft")(id=saved.id).definition.name == "公共场所卫生许可"
    getattr(clara, f"Withdraw{kind}")(id=saved.id, reason="已取消")
    over = getattr(desk(catalog, None), f"Get{kind}")(id=saved.id)
    assert (over.status, over.reason, over.edition) == (items.ITEM_STATUS_WITHDRAWN, "已取消", 1)
    with refused(Code.FAILED_PRECONDITION, "WITHDRAWN"):
        getattr(clara, f"Save{kind}")(definition=renamed)
    names = ["Saved", "Returned", "Saved", "Reviewed", "Published", "Saved", "Withdrawn"]
    assert whole(catalog, kind, saved.id) == [f"{kind}{name}" for name in names]


def test_a_county_writes_nothing_of_its_citys_and_sees_none_of_its_drafts(catalog: CatalogHere) -> None:
    theirs = desk(catalog).SaveEntry(definition=entry())
    county = desk(catalog, COUNTY)
    with refused(Code.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        county.SaveEntry(definition=entry())
    with refused(Code.INVALID_ARGUMENT) as said:
        county.SaveEntry(definition=entry(region="990121"))
    assert said.fields == {"definition.code": "CODE_TAKEN"}
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("ReviewEntry", {"version": 1}),
        ("ReturnEntry", {"reason": "退回"}),
        ("PublishEntry", {}),
        ("WithdrawEntry", {"reason": "取消"}),
        ("GetEntryDraft", {}),
    )
    for name, more in asked:
        with refused(Code.NOT_FOUND):
            getattr(county, name)(id=theirs.id, **more)
    assert list(county.ListEntryDrafts().entries) == []
    # The city covers its counties.
    own = county.SaveEntry(definition=entry(code="OWN-1", region="990121"))
    assert [one.id for one in desk(catalog).ListEntryDrafts().entries] == [own.id, theirs.id]


def test_drafts_are_listed_newest_change_first_by_state_and_words_page_by_page(catalog: CatalogHere) -> None:
    clara = desk(catalog)
    ids = [clara.SaveEntry(definition=entry(code=f"LOCAL-{n}", name=f"事项{n}")).id for n in range(5)]
    clara.SaveEntry(definition=entry(code="LOCAL-1", name="事项1（改）"))
    newest = [ids[1], ids[4], ids[3], ids[2], ids[0]]
    found, token = [], ""
    while True:
        page = clara.ListEntryDrafts(page_size=2, page_token=token)
        found += [one.id for one in page.entries]
        if not (token := page.next_page_token):
            break
    assert found == newest
    desk(catalog, CARL).ReviewEntry(id=ids[3], version=1)
    reviewed = clara.ListEntryDrafts(draft_status=items.DRAFT_STATUS_REVIEWED).entries
    assert [one.id for one in reviewed] == [ids[3]]
    assert [one.id for one in clara.ListEntryDrafts(query="（改）").entries] == [ids[1]]
    assert len(clara.ListEntryDrafts(query="LOCAL-").entries) == 5


def test_the_tree_runs_from_main_items_to_sub_items_to_implementations(catalog: CatalogHere) -> None:
    publish(catalog, "Entry", entry(code=MAIN, name="水事许可"))
    publish(catalog, "Entry", entry(code=SUB, name="取水许可", parent_code=MAIN))
    publish(catalog, "Entry", entry())
    desk(catalog).SaveEntry(definition=entry(code="000112345002", name="未公布", parent_code=MAIN))
    public = desk(catalog, None)
    assert [one.definition.code for one in public.ListEntries().entries] == [BASE, MAIN]
    assert [one.definition.code for one in public.ListEntries(parent_code=MAIN).entries] == [SUB]
    assert [one.definition.code for one in public.ListEntries(query="水事").entries] == [MAIN]
    assert list(public.ListEntries(type_code="07").entries) == []
    first = public.ListEntries(page_size=1)
    assert [one.definition.code for one in public.ListEntries(page_token=first.next_page_token).entries] == [MAIN]
    ours = implementation(code=f"{BODY}4{SUB}", base_code=SUB, name="取水许可")
    publish(catalog, "Implementation", ours)
    publish(catalog, "Implementation", implementation())
    wanted: list[dict[str, str]] = [
        {"base_code": SUB},
        {"region": "990121", "base_code": SUB},
        {"department": BODY, "base_code": SUB},
        {"region": "9901", "base_code": SUB, "type_code": "01"},
    ]
    for filters in wanted:
        found = public.ListImplementations(**filters).implementations
        assert [one.definition.code for one in found] == [ours.code], filters
    assert len(public.ListImplementations(region="990000").implementations) == 2
    assert list(public.ListImplementations(region="990122").implementations) == []
    assert list(public.ListImplementations(department=BODY, type_code="20").implementations) == []


def test_a_main_item_is_not_ended_above_its_sub_items(catalog: CatalogHere) -> None:
    main = publish(catalog, "Entry", entry(code=MAIN))
    sub = publish(catalog, "Entry", entry(code=SUB, parent_code=MAIN))
    with refused(Code.FAILED_PRECONDITION, "HAS_SUB_ITEMS"):
        desk(catalog).WithdrawEntry(id=main.id, reason="取消")
    desk(catalog).WithdrawEntry(id=sub.id, reason="取消")
    desk(catalog).WithdrawEntry(id=main.id, reason="取消")
    assert list(desk(catalog, None).ListEntries().entries) == []


def test_no_entry_stands_below_itself_however_it_is_tried(catalog: CatalogHere) -> None:
    clara = desk(catalog)
    clara.SaveEntry(definition=entry(code="A-1"))
    clara.SaveEntry(definition=entry(code="B-1", parent_code="A-1"))
    for definition, reason in (
        (entry(code="A-1", parent_code="A-1"), "PARENT_ITSELF"),
        (entry(code="A-1", parent_code="B-1"), "PARENT_NOT_MAIN"),
        (entry(code="C-1", parent_code="B-1"), "PARENT_NOT_MAIN"),
        (entry(code="C-1", parent_code="D-1"), "PARENT_UNKNOWN"),
        (entry(code="B-1"), "LEVEL_FIXED"),
    ):
        with refused(Code.INVALID_ARGUMENT) as said:
            clara.SaveEntry(definition=definition)
        assert said.fields["definition.parent_code"] in (reason, "LEVEL_FIXED")


def test_codes_contradict_nothing_else_that_is_said(catalog: CatalogHere) -> None:
    clara = desk(catalog)
    for definition, field in (
        (entry(parent_code=MAIN), "parent_code"),
        (entry(code=SUB), "parent_code"),
        (entry(code=SUB, parent_code=BASE), "parent_code"),
        (entry(type_code="07"), "type_code"),
        (entry(code="0001123I0000"), "code"),
    ):
        clara.SaveEntry(definition=entry(code=MAIN))
        with refused(Code.INVALID_ARGUMENT) as said:
            clara.SaveEntry(definition=definition)
        assert f"definition.{field}" in said.fields
    wrong_digit = BODY[:17] + ("A" if BODY[17] != "A" else "B")
    for changes, fields in (
        ({"exercise_level": "3"}, {"exercise_level"}),
        ({"base_code": MAIN, "type_code": "07"}, {"base_code", "type_code"}),
        ({"code": f"{wrong_digit}4{BASE}"}, {"code", "department.code"}),
        ({"department": items.Department(code=wrong_digit, name="某局"), "code": "OWN"}, {"department.code"}),
    ):
        with refused(Code.INVALID_ARGUMENT) as said:
            clara.SaveImplementation(definition=implementation(**changes))
        assert set(said.fields) == {f"definition.{field}" for field in fields}
    clara.SaveImplementation(definition=implementation(code="本地-1", exercise_level="3"))
    other = "11990121MB0000009" + uscc_check_digit("11990121MB0000009")
    with refused(Code.INVALID_ARGUMENT) as said:
        department = items.Department(code=other, name="另一局")
        clara.SaveImplementation(definition=implementation(department=department))
    assert set(said.fields) == {"definition.department.code"}


def test_a_standard_is_checked_like_an_item_and_says_nothing_of_places(catalog: CatalogHere) -> None:
    clara = desk(catalog)
    for definition, fields in (
        (standard(phone="0990-1"), {"standard.phone": "NEVER_STANDARD"}),
        (standard("fees", "price"), {"open_fields[1]": "FIELD_UNKNOWN"}),
        (standard("phone"), {"open_fields[0]": "FIELD_UNKNOWN"}),
        (standard(visits=99), {"standard.visits": "UINT32_LTE"}),
        (standard(materials=[items.Material(key="a", name="一")]), {"standard.materials[0].necessity": "ENUM_NOT_IN"}),
    ):
        with refused(Code.INVALID_ARGUMENT) as said:
            clara.SaveEntry(definition=definition)
        assert said.fields == {f"definition.{path}": reason for path, reason in fields.items()}
    assert clara.SaveEntry(definition=standard("fees", conditions="条件")).version == 1


def test_the_next_free_code_is_proposed_and_none_is_given_twice(catalog: CatalogHere) -> None:
    clara = desk(catalog)

    def main() -> str:
        return str(clara.ProposeEntryCode(area="99", type_code="01", guiding_code="12").code)

    assert main() == "990112001000"
    clara.SaveEntry(definition=entry(code="990112001000"))
    withdrawn = publish(catalog, "Entry", entry(code="99011200200Y"))
    clara.WithdrawEntry(id=withdrawn.id, reason="取消")
    # An item of an entry that is not here has its code, too.
    catalog.desk(CLARA).SaveItem(definition=items.ItemDefinition(**_item("990112003000")))
    assert main() == "990112004000"
    clara.SaveEntry(definition=entry(code="99011200500Y"))
    assert clara.ProposeEntryCode(parent_code="99011200500Y").code == "990112005001"
    clara.SaveEntry(definition=entry(code="990112005001", parent_code="99011200500Y"))
    assert clara.ProposeEntryCode(parent_code="99011200500Y").code == "990112005002"
    with refused(Code.INVALID_ARGUMENT) as said:
        clara.ProposeEntryCode(area="99")
    assert set(said.fields) == {"type_code", "guiding_code"}
    with refused(Code.INVALID_ARGUMENT) as said:
        clara.ProposeEntryCode(parent_code="990112005001")
    assert said.fields == {"parent_code": "NOT_MAIN"}
    with refused(Code.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        clara.ProposeEntryCode(area="44", type_code="01", guiding_code="12")


def _item(base: str) -> dict[str, Any]:
    department = items.Department(code=BODY, name="某局")
    return {
        "code": "X-1",
        "name": "某事项",
        "type_code": "01",
        "region": CITY,
        "department": department,
        "base_code": base,
    }


def test_the_same_line_again_is_one_and_the_same_request_one_act(catalog: CatalogHere) -> None:
    clara = desk(catalog)
    one = clara.SaveEntry(request_id="request-1", definition=entry())
    assert clara.SaveEntry(request_id="request-1", definition=entry()) == one
    assert clara.SaveEntry(definition=entry()).version == one.version
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        clara.SaveEntry(request_id="request-1", definition=entry(name="另一个名称"))
    assert whole(catalog, "Entry", one.id) == ["EntrySaved"]


def test_the_items_of_an_implementation_name_it_or_go_on_from_its_code(catalog: CatalogHere) -> None:
    ours = implementation().code
    named = catalog.publish(item(code="OWN-2", name="某办理项甲", implementation_code=ours))
    numbered = catalog.publish(item(code=f"{ours}01", name="某办理项乙"))
    catalog.publish(item(code="OWN-3", name="某别的事项", implementation_code="OTHER"))
    catalog.desk().SaveItem(definition=item(code="OWN-4", name="某未公布事项", implementation_code=ours))
    gone = catalog.publish(item(code="OWN-5", name="某暂停事项", implementation_code=ours))
    catalog.desk().SuspendItem(item_id=gone.id, reason="暂停")
    public = desk(catalog, None)
    first = public.ListImplementationItems(implementation_code=ours, page_size=1)
    second = public.ListImplementationItems(implementation_code=ours, page_token=first.next_page_token)
    found = [*first.items, *second.items]
    assert [(one.id, one.name, one.edition) for one in found] == [
        (numbered.id, "某办理项乙", 1),
        (named.id, "某办理项甲", 1),
    ]
    assert second.next_page_token == ""
