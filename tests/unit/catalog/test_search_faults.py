"""The index when things go wrong: changes beside a search, a store that fails half way, a disk that is full, filters people make up."""

import queue
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from services.catalog import search_file
from services.catalog.search import BATCH, Index, Query
from services.catalog.search_columns import Wanted
from services.catalog.search_terms import Term
from services.catalog.store import Listed
from tests.support.listing import listed_item as item


def found(index: Index, text: str) -> list[str]:
    return [hit.name for hit in index.find(Query(text), 0, 20).hits]


def test_what_is_published_while_a_search_reads_is_found_by_the_next() -> None:
    index = Index()
    index.keep([item(1, "取水许可")])
    terms, state = index._terms, index._terms.state
    with index.reading() as reader:
        reader.execute("SELECT count(*) FROM items").fetchone()
        index.keep([item(2, "旧货业备案")])
        late = partial(terms.rows, reader, state)
        assert late(Term("title", "旧货业")) == 0, "a search sees the index as it was when it began"
    assert found(index, "旧货业") == ["旧货业备案"]


def test_what_was_read_before_the_store_failed_is_found() -> None:
    index = Index()
    index.keep([item(1, "取水许可")])

    def failing() -> Iterator[Listed]:
        yield from (item(number, f"旧货业备案{number}") for number in range(2, BATCH + 2))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        index.keep(failing())
    assert index.keep([item(2, "旧货业备案2")]) == 0, "it is there already"
    assert found(index, "旧货业备案2")[0] == "旧货业备案2"
    assert index.find(Query(""), 0, 1).total == len(index.find(Query(""), 0, 1000).hits) == BATCH + 1


def test_filters_people_make_up_take_no_memory() -> None:
    index = Index()
    index.keep([item(1, "取水许可")])
    index.find(Query(wanted=Wanted(region="990121")))
    kept = len(index._columns._sets)
    for number in range(50):
        made_up = Wanted(region=f"11{number:04}", department=f"D{number}", topic=f"T{number}", traits=(f"R{number}",))
        assert index.find(Query(wanted=made_up)).total == 0
    assert len(index._columns._sets) == kept


def test_a_search_that_waits_for_a_connection_goes_on_with_the_new_file(tmp_path: Path) -> None:
    index = Index(str(tmp_path))
    old = index._file._readers
    index.begin_anew()
    fresh, index._file._readers = index._file._readers, queue.LifoQueue()
    waited: list[queue.LifoQueue[sqlite3.Connection]] = []

    class Emptied(queue.LifoQueue[sqlite3.Connection]):
        def get(self, block: bool = True, timeout: float | None = None) -> sqlite3.Connection:
            waited.append(self)
            index._file._readers = fresh
            raise queue.Empty

    index._file._readers = Emptied()
    assert found(index, "") == [] and len(waited) == 1 and old.empty()


def test_a_search_waits_for_no_connection_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_file, "LOOK_SECONDS", 0.001)
    index = Index()
    index.close()
    with pytest.raises(sqlite3.OperationalError):
        index.find(Query("取水"))


def test_a_batch_that_cannot_be_written_leaves_the_next_one_free() -> None:
    index = Index()
    writer = index._file.writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(sqlite3.OperationalError):
        index.keep(item(number, f"取水许可第{number}类" * 5) for number in range(1, BATCH))
    assert found(index, "取水") == []
    writer.execute("PRAGMA max_page_count = 100000")
    assert index.keep([item(1, "取水许可")]) == 1 and found(index, "取水") == ["取水许可"]
