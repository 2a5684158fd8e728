"""The officers' list, codes that are proposed, and short codes that lead on for ever."""

import time
from dataclasses import replace

import grpc
import pytest

from services.catalog import model_evolve, store
from services.catalog.drafts import Drafts, Wanted
from standards import item_addresses
from tests.support.actors import officer
from tests.support.calling import refused
from tests.support.catalog_service import ANN, BEN, CatalogHere, Db, catalog_here, item
from yiwang.catalog.v1 import service_pb2 as pb

Code = grpc.StatusCode
IMPLEMENTATION = "11990121MB0000001K3990103001000"


def names(catalog: CatalogHere, **wanted: object) -> list[str]:
    return [line.name for line in catalog.desk().ListDrafts(**wanted).lines]


def test_the_list_shows_what_an_officer_has_just_written_newest_change_first(catalog: CatalogHere) -> None:
    for number in range(3):
        catalog.desk().SaveItem(definition=item(code=f"TEST-{number}", name=f"事项{number}"))
    assert names(catalog) == ["事项2", "事项1", "事项0"]
    catalog.publish(item(code="TEST-0", name="事项0"))
    assert names(catalog) == ["事项0", "事项2", "事项1"]
    line = catalog.desk().ListDrafts().lines[0]
    assert (line.status, line.draft_status, line.edition, line.version) == (
        pb.ITEM_STATUS_PUBLISHED,
        pb.DRAFT_STATUS_NONE,
        1,
        3,
    )
    assert line.department.name == item().department.name and line.changed_at and line.warnings > 0


def test_the_list_is_narrowed_by_where_things_stand_department_and_words(catalog: CatalogHere) -> None:
    catalog.publish(item(code="A-1", name="取水许可"))
    catalog.reviewed(item(code="A-2", name="打井备案"))
    catalog.desk().SaveItem(
        definition=item(code="B-1", name="取水登记", department=pb.Department(code="W", name="水利局"))
    )
    assert names(catalog, draft_status=pb.DRAFT_STATUS_WRITTEN) == ["取水登记"]
    assert names(catalog, draft_status=pb.DRAFT_STATUS_REVIEWED) == ["打井备案"]
    assert names(catalog, status=pb.ITEM_STATUS_PUBLISHED) == ["取水许可"]
    assert names(catalog, department="W") == ["取水登记"]
    assert names(catalog, query="取水") == ["取水登记", "取水许可"]
    assert names(catalog, query="a-") == ["打井备案", "取水许可"]
    assert names(catalog, query="%") == names(catalog, query="-1") == []


def test_every_line_is_on_one_page_however_many_share_an_instant(catalog: CatalogHere, database: Db) -> None:
    for number in range(25):
        catalog.desk().SaveItem(definition=item(code=f"TEST-{number}", name=f"事项{number}"))
    changed = database["items"].find_one({})["state"]["life"]["changed_at"]  # type: ignore[index]
    database["items"].update_many({}, {"$set": {"state.life.changed_at": changed}})
    seen, token = list[str](), ""
    with catalog_here(database) as fresh:
        while True:
            page = fresh.desk().ListDrafts(page_size=7, page_token=token)
            seen += [line.code for line in page.lines]
            if not (token := page.next_page_token):
                break
    assert sorted(seen) == sorted(f"TEST-{number}" for number in range(25))
    with refused(Code.INVALID_ARGUMENT, "MALFORMED"):
        catalog.desk().ListDrafts(page_token="zwölf")


def test_officers_see_the_drafts_of_what_their_region_covers(catalog: CatalogHere, database: Db) -> None:
    catalog.desk().SaveItem(definition=item(region="990121101", name="镇里的事项"))
    city, other = (replace(officer("catalog"), region=region) for region in ("990100", "990122"))
    nowhere = replace(officer("catalog"), region="")
    shown = [[line.name for line in catalog.desk(who).ListDrafts().lines] for who in (ANN, city, other, nowhere)]
    assert shown == [["镇里的事项"], ["镇里的事项"], [], []]


def test_another_api_shows_what_was_written_at_this_one_at_once(catalog: CatalogHere, database: Db) -> None:
    with catalog_here(database) as beside:
        for number in range(3):
            catalog.desk().SaveItem(definition=item(name=f"事项{number}"))
            assert [line.name for line in beside.desk().ListDrafts().lines] == [f"事项{number}"]


def test_a_page_of_fifty_thousand_takes_milliseconds(database: Db) -> None:
    table = Drafts(store.items(database))
    rows = [
        (f"{n:08d}", 1, 10**12 + n, "990121", "D", "某局", f"C{n}", f"第{n}号事项", 1, 2, 0, 0, 3)
        for n in range(50_000)
    ]
    table._sql.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    began = time.perf_counter()
    lines, _ = table.page(Wanted("990100", query="事项"), "", 100)
    none, _ = table.page(Wanted("990100", query="没有这样的词"), "", 100)
    assert (len(lines), lines[0].code, none) == (100, "C49999", [])
    assert time.perf_counter() - began < 0.5


def test_the_next_free_code_of_an_implementation_is_proposed(catalog: CatalogHere) -> None:
    desk = catalog.desk()
    assert desk.ProposeCode(implementation_code=IMPLEMENTATION).code == IMPLEMENTATION + "01"
    for number in (1, 2, 4):
        desk.SaveItem(definition=item(code=f"{IMPLEMENTATION}{number:02d}"))
    assert desk.ProposeCode(implementation_code=IMPLEMENTATION).code == IMPLEMENTATION + "03"
    with refused(Code.INVALID_ARGUMENT, "MALFORMED") as said:
        desk.ProposeCode(implementation_code="X" * 31)
    assert list(said.fields) == ["implementation_code"]


def test_codes_that_are_used_up_are_said_to_be(catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "known_codes", lambda _, codes: codes)
    with refused(Code.FAILED_PRECONDITION, "CODES_USED_UP"):
        catalog.desk().ProposeCode(implementation_code=IMPLEMENTATION)


def test_a_short_code_leads_to_its_item_whatever_becomes_of_it(catalog: CatalogHere) -> None:
    draft = catalog.desk().SaveItem(definition=item())
    citizen = catalog.by(None)
    with refused(Code.NOT_FOUND):  # nothing printed leads to what was never published
        citizen.ResolveShortCode(short_code=draft.short_code)
    published = catalog.publish(item())
    typed = published.short_code.lower().replace("0", "o").replace("1", "l")
    found = citizen.ResolveShortCode(short_code=typed)
    assert (found.item_id, found.name, found.status) == (published.id, item().name, pb.ITEM_STATUS_PUBLISHED)
    catalog.publish(item(name="新的名称"))
    assert citizen.ResolveShortCode(short_code=published.short_code).name == "新的名称"
    new = catalog.publish(item(code="TEST-2", name="替代事项"))
    catalog.desk().WithdrawItem(item_id=published.id, reason="职权取消", successors=[new.id])
    ended = citizen.ResolveShortCode(short_code=published.short_code)
    assert (ended.status, ended.reason) == (pb.ITEM_STATUS_WITHDRAWN, "职权取消")
    assert [(one.item_id, one.name) for one in ended.successors] == [(new.id, "替代事项")]
    with refused(Code.NOT_FOUND):
        citizen.ResolveShortCode(short_code="ZZZZZZZZZZ")


def test_of_two_items_that_share_a_short_code_the_one_published_first_keeps_it(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_evolve, "short_code", lambda id: "SAMESAME00")
    younger = catalog.desk().SaveItem(definition=item(code="TEST-1"))
    older = catalog.publish(item(code="TEST-2"))
    catalog.desk(BEN).ReviewItem(item_id=younger.id, version=younger.version)
    catalog.desk().PublishItem(item_id=younger.id)
    assert catalog.by(None).ResolveShortCode(short_code="SAMESAME00").item_id == older.id
    assert len(item_addresses.short_code(older.id)) == item_addresses.LENGTH
