"""The file of the index: taken up again, thrown away when it does not fit, read while it is written; and the history in it."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadtests.items import synthetic_items
from services.catalog import search_file
from services.catalog.model_facts import Chapter, facts_of
from services.catalog.search import Index, Query
from services.catalog.search_columns import Wanted
from services.catalog.store import Listed
from tests.support.listing import SINCE, listed
from tests.support.listing import listed_item as item
from yiwang.catalog.v1 import service_pb2 as pb


def found(index: Index, text: str) -> list[str]:
    return [hit.name for hit in index.find(Query(text), 0, 20).hits]


def test_a_process_that_starts_again_has_what_it_had(tmp_path: Path) -> None:
    first = Index(str(tmp_path))
    first.keep(
        [
            item(1, "取水许可", topics=["生态"]),
            item(2, "旧货业备案"),
            item(3, "旧事项", status=pb.ITEM_STATUS_WITHDRAWN),
        ]
    )
    known, facets = first.known(), first.find(Query("", facets=True)).facets
    first.close()
    del first
    again = Index(str(tmp_path))
    assert (found(again, "取水"), len(again), again.known()) == (["取水许可"], 2, known)
    assert again.find(Query("", facets=True)).facets == facets
    assert again.keep([item(2, "旧货业备案二", version=3)]) == 1
    assert found(again, "旧货") == ["旧货业备案二"]


def test_a_file_written_by_other_rules_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Index(str(tmp_path)).keep([item(1, "取水许可")])
    assert len(Index(str(tmp_path))) == 1
    monkeypatch.setattr(search_file, "fingerprint", lambda: "of tomorrow's rules")
    assert len(Index(str(tmp_path))) == 0


@pytest.mark.parametrize("place", [0, 4096 * 3, 4096 * 20])
def test_a_damaged_file_is_thrown_away(tmp_path: Path, place: int) -> None:
    index = Index(str(tmp_path))
    index.keep(listed(one) for one in synthetic_items(300, 1))
    index.tidy()
    index.close()
    del index
    (file,) = tmp_path.glob("*.sqlite")
    with file.open("r+b") as out:
        out.seek(place)
        out.write(b"\xa5" * 4096)
    again = Index(str(tmp_path))
    assert len(again) == 0
    again.keep([item(1, "取水许可")])
    assert found(again, "取水") == ["取水许可"]


def test_processes_of_one_folder_have_files_of_their_own(tmp_path: Path) -> None:
    first, second = Index(str(tmp_path)), Index(str(tmp_path))
    first.keep([item(1, "取水许可")])
    assert found(second, "取水") == [] and len(list(tmp_path.glob("*.sqlite"))) == 2


def test_a_folder_of_its_own_goes_with_the_process() -> None:
    index = Index()
    path = index._file.path
    assert path.exists()
    del index
    assert not path.parent.exists()


def test_what_the_store_no_longer_has_is_forgotten() -> None:
    index = Index()
    one, other = item(1, "取水许可"), item(2, "旧货业备案")
    index.keep([one, other])
    assert index.drop([one.id, "nobody"]) == 1
    assert found(index, "取水") == [] and list(index.known()) == [other.id]
    assert [copy.item_id for copy in index.copies("", 10)] == [other.id]
    assert index.keep([one]) == 1 and found(index, "取水") == ["取水许可"]


def test_searches_run_while_the_index_is_written() -> None:
    index, stop = Index(), threading.Event()
    index.keep(listed(one) for one in synthetic_items(200, 1))
    faults: list[BaseException] = []
    served = [0]

    def search() -> None:
        try:
            while not stop.is_set():
                answer = index.find(Query("许可证", Wanted(type_code="01"), True), 0, 20)
                assert answer.hits
                served[0] += 1
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=search) for _ in range(6)]
    for thread in threads:
        thread.start()
    for version in (3, 4):
        index.keep(listed(one, version) for one in synthetic_items(200, version))
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults and served[0] > 10
    assert len(index) == len({one.code for version in (1, 3, 4) for one in synthetic_items(200, version)})


# -- history -----------------------------------------------------------------------------------------------------------


def told(number: int, *chapters: tuple[int, int, int], **changes: object) -> Listed:
    """An item's history as (edition, status, day of 2026 it began on)."""
    facts = facts_of(
        pb.ItemDefinition(
            **{"code": f"C{number}", "name": "取水许可", "region": "990121", "type_code": "01", "visits": 2}  # type: ignore[arg-type]
            | {"department": pb.Department(code="D1", name="水务局"), "duty_codes": ["Q1"], "online_depths": [1, 4]}
            | changes
        )
    )
    history = [
        Chapter(edition, status, SINCE + timedelta(days=day), facts, "因故" if status == 3 else "")
        for edition, status, day in chapters
    ]
    return Listed(f"id{number}", 2, "", "", history)


def on(index: Index, day: int, region: str = "", department: str = "") -> list[tuple[str, int, int]]:
    rows = index.chapters(region, department, SINCE + timedelta(days=day, hours=1))
    return sorted((row.item_id, row.edition, row.status) for row in rows)


def test_each_day_has_the_chapter_that_was_in_force() -> None:
    index = Index()
    index.keep([told(1, (1, 2, 0), (2, 2, 10), (2, 3, 20), (2, 4, 30)), told(2, (1, 2, 15), region="990122")])
    assert on(index, -1) == []
    assert on(index, 0) == [("id1", 1, 2)]
    assert on(index, 10) == [("id1", 2, 2)]
    assert on(index, 20) == [("id1", 2, 3), ("id2", 1, 2)]
    assert on(index, 400) == [("id1", 2, 4), ("id2", 1, 2)]
    assert on(index, 400, "9901") == on(index, 400, department="D1") == on(index, 400)
    assert (
        on(index, 400, "990122000000") == [("id2", 1, 2)]
        and on(index, 400, "9902") == on(index, 400, department="D") == []
    )


def test_an_edition_ends_at_the_instant_the_next_begins() -> None:
    index = Index()
    index.keep([told(1, (1, 2, 0), (2, 2, 10))])
    border = SINCE + timedelta(days=10)
    assert [row.edition for row in index.chapters("", "", border)] == [2]
    assert [row.edition for row in index.chapters("", "", border - timedelta(milliseconds=1))] == [1]


def test_a_row_tells_what_lists_and_rates_ask_for() -> None:
    index = Index()
    index.keep([told(1, (1, 3, 0), online=True, fee_note="不收费")])
    (row,) = index.chapters("", "", datetime.now(UTC))
    assert (row.visits, row.online, row.duties, row.department_name) == (2, 1, 1, "水务局")
    assert row.depths == 1 << 1 | 1 << 4 and row.has(pb.TRAIT_ONLINE) and not row.has(pb.TRAIT_ONE_VISIT)
    assert row.more["duty_codes"] == ["Q1"] and row.more["fee"] == "不收费" and row.more["reason"] == "因故"
    assert "successors" not in row.more


def test_a_newer_history_replaces_the_older() -> None:
    index = Index()
    index.keep([told(1, (1, 2, 0))])
    index.keep([told(1, (1, 2, 0), (2, 2, 5))._replace(version=5)])
    assert on(index, 4) == [("id1", 1, 2)] and on(index, 6) == [("id1", 2, 2)]


def test_copies_come_in_pages_by_id() -> None:
    index = Index()
    index.keep([told(number, (1, 2, 0)) for number in range(7)] + [told(7, (1, 2, 0), (1, 3, 5))])
    pages, after = [], ""
    while page := index.copies(after, 3):
        pages += page
        after = page[-1].item_id
    assert [(copy.item_id, copy.live) for copy in pages] == [(f"id{number}", number < 7) for number in range(8)]
