"""The index against the store, however they came apart; and the drift check that would tell."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from chassis import store as chassis_store
from services.catalog import drifting, search_file, search_following, store
from services.catalog.drifting import Source, compare, report, settled, sources
from tests.support import left_behind
from tests.support.calling import refused
from tests.support.case_service import hear
from tests.support.catalog_service import CatalogHere, Db, item
from tests.support.serving import Here, case_here, serving
from yiwang.catalog.v1 import service_pb2 as pb


@pytest.fixture
def own_database(mongodb_uri: str) -> Iterator[Db]:
    """Where case keeps its copies."""
    database: Db = chassis_store.connect(mongodb_uri.replace("/test_", "/test_case_"), "tests")
    yield database
    left_behind.drop(database)


def read(database: Db) -> dict[str, Source]:
    return sources(store.published_keys(store.items(database)))


def listing(catalog: CatalogHere) -> Callable[[str], pb.ListCopiesResponse]:
    return lambda token: catalog.by(None).ListCopies(page_token=token)  # type: ignore[no-any-return]


def test_an_api_that_starts_again_reads_what_changed_and_drops_what_is_gone(
    catalog: CatalogHere, database: Db, tmp_path: Path
) -> None:
    kept, changed, gone = (
        catalog.publish(item(code=f"TEST-{number}", name=name))
        for number, name in enumerate(("取水许可", "旧货业备案", "户口迁移"))
    )
    with serving("catalog", database, CatalogHere, index_dir=str(tmp_path)) as first:
        assert len(first.found("")) == 3
        first.servicer.index.close()
    catalog.desk().SuspendItem(item_id=changed.id, reason="法律已修改")
    database["items"].delete_one({"_id": gone.id})
    with serving("catalog", database, CatalogHere, index_dir=str(tmp_path)) as again:
        assert again.servicer.index.known().keys() == {kept.id, changed.id, gone.id}, "the file was taken up"
        assert again.found("") == ["取水许可"]
        assert report(lambda: read(database), [("catalog", listing(again))], wait=0.01)


def test_a_store_brought_back_to_an_older_state_is_followed_at_the_next_start(
    catalog: CatalogHere, database: Db, tmp_path: Path
) -> None:
    published = catalog.publish(item(name="取水许可"))
    before = database["items"].find_one({"_id": published.id})
    assert before is not None
    catalog.publish(item(name="取水许可证"))
    with serving("catalog", database, CatalogHere, index_dir=str(tmp_path)) as first:
        assert first.found("") == ["取水许可证"]
        first.servicer.index.close()
    database["items"].replace_one({"_id": published.id}, before)
    with serving("catalog", database, CatalogHere, index_dir=str(tmp_path)) as again:
        assert again.found("") == ["取水许可"]


def test_an_import_of_many_is_followed_in_steps_that_end(catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.poll()
    for number in range(3):
        catalog.publish(item(code=f"TEST-{number}", name=f"取水许可{number}"))
    monkeypatch.setattr(search_following, "STEP_SECONDS", 0.0)
    counts = []
    for _ in range(3):
        catalog.poll()
        counts.append(len(catalog.servicer.index))
    assert counts == [1, 2, 3]


def test_a_damaged_index_is_replaced_by_the_next_poll(catalog: CatalogHere) -> None:
    catalog.publish(item(name="取水许可"))
    assert catalog.found("取水") == ["取水许可"]
    catalog.servicer._follower.replace()
    assert catalog.found("取水") == ["取水许可"]
    catalog.servicer.index._file.path.write_bytes(b"\xa5" * 40960)
    for _ in range(3):
        catalog.poll()
    assert catalog.found("") == ["取水许可"]


def test_an_index_that_cannot_begin_anew_yet_does_so_later(
    catalog: CatalogHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.publish(item(name="取水许可"))
    assert catalog.found("取水") == ["取水许可"]
    catalog.servicer.index._file.path.write_bytes(b"\xa5" * 40960)
    catalog.servicer._follower.replace()
    create, failed = search_file._create, list[int]()

    def full(connection: sqlite3.Connection) -> None:
        failed.append(1)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(search_file, "_create", full)
    monkeypatch.setattr(search_file, "LOOK_SECONDS", 0.001)
    for _ in range(2):
        catalog.poll()
        with refused(grpc.StatusCode.UNAVAILABLE, "INDEX_AWAY"):
            catalog.by(None).SearchItems(query="取水")
        with refused(grpc.StatusCode.UNAVAILABLE, "INDEX_AWAY"):
            catalog.by(None).ListCopies()
    assert len(failed) == 2, "each poll tries again"
    monkeypatch.setattr(search_file, "_create", create)
    assert catalog.found("取水") == ["取水许可"]


def test_whole_copies_are_not_drifted(catalog: CatalogHere, database: Db, capsys: pytest.CaptureFixture[str]) -> None:
    one, other, third = (catalog.publish(item(code=f"TEST-{number}", name=f"取水许可{number}")) for number in range(3))
    catalog.desk().SuspendItem(item_id=one.id, reason="法律已修改")
    catalog.desk().WithdrawItem(item_id=other.id, reason="法律已废止")
    catalog.desk().SaveItem(definition=item(code="TEST-9", name="从未发布"))
    catalog.desk().SaveItem(definition=item(code="TEST-2", name="取水许可草稿"))
    catalog.poll()
    assert report(lambda: read(database), [("catalog here", listing(catalog))], wait=0.01)
    assert capsys.readouterr().out == "catalog here: 3 copies, 0 drifted\n"
    answer = catalog.by(None).ListCopies(page_size=2)
    assert [copy.item_id for copy in answer.copies] == sorted((one.id, other.id, third.id))[:2]
    rest = catalog.by(None).ListCopies(page_size=2, page_token=answer.next_page_token)
    assert len(rest.copies) == 1 and rest.next_page_token == ""


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda index, id: index.drop([id]), "missing"),
        (lambda index, id: _set(index, "edition = 7", id), "edition 7 instead of 1"),
        (lambda index, id: _set(index, "digest = 'x'", id), "the content differs from the published one"),
        (lambda index, id: _set(index, "live = 0", id), "not live, and should be"),
    ],
)
def test_every_kind_of_drift_is_told(catalog: CatalogHere, database: Db, damage: Any, what: str) -> None:
    published = catalog.publish(item(name="取水许可"))
    catalog.poll()
    damage(catalog.servicer.index, published.id)
    _, drifts = settled(lambda: read(database), listing(catalog), wait=0.0)
    assert [(one.item_id, one.what) for one in drifts] == [(published.id, what)]


def _set(index: Any, change: str, id: str) -> None:
    index._file.writer.execute(f"UPDATE items SET {change} WHERE id = ?", (id,))


def test_what_is_on_its_way_is_looked_at_again(catalog: CatalogHere, database: Db) -> None:
    catalog.publish(item(name="取水许可"))
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        catalog.poll()

    assert settled(lambda: read(database), listing(catalog), wait=600.0, sleep=wait) == (1, [])
    assert waited == [600.0]


def test_the_copies_of_case_are_those_of_the_store_or_are_told(
    catalog: CatalogHere, database: Db, own_database: Db, capsys: pytest.CaptureFixture[str]
) -> None:
    here, suspended, gone, lost = (
        catalog.publish(item(code=f"TEST-{number}", name=f"取水许可{number}")) for number in range(4)
    )
    catalog.publish(item(code="TEST-0", name="取水许可二版", charged=True, aliases=["打井"]))
    catalog.desk().SuspendItem(item_id=suspended.id, reason="法律已修改")
    catalog.desk().WithdrawItem(item_id=gone.id, reason="法律已废止")
    catalog.desk().SaveItem(definition=item(code="TEST-9", name="从未发布"))
    catalog.poll()
    with case_here(own_database) as case:
        for one in (here, suspended, gone, lost):
            _tell(case, database, one.id)
        addresses = ["--catalog", catalog.address, "--case", case.address]
        drifting.main(catalog.parts, addresses)
        assert capsys.readouterr().out.splitlines() == [
            f"{name} {reader.address}: 4 copies, 0 drifted" for name, reader in (("catalog", catalog), ("case", case))
        ]
        own_database["items"].delete_one({"_id": lost.id})
        own_database["item_editions"].update_one({"_id": f"{here.id}/2"}, {"$set": {"digest": "x"}})
        own_database["items"].update_one({"_id": suspended.id}, {"$set": {"suspended": False}})
        _, drifts = settled(lambda: read(database), dict(drifting._listings({"case": [case.address]})).popitem()[1], 0)
    assert {one.item_id: one.what for one in drifts} == {
        lost.id: "missing",
        here.id: "the content differs from the published one",
        suspended.id: "live, and should not be",
    }


HANDLERS = {
    "ItemPublished": "keep_item",
    "ItemSuspended": "suspend_item",
    "ItemWithdrawn": "withdraw_item",
}


def _tell(case: Here, database: Db, id: str) -> None:
    """What case's worker hears of an item's life, as it stands in its journal."""
    items = store.items(database)
    record = items.get(id)
    for entry in record.journal:
        if handler := HANDLERS.get(entry["type"]):
            hear(case, handler, items.event(entry), id, entry["seq"])


def test_copies_are_compared_one_by_one(catalog: CatalogHere, database: Db) -> None:
    published = catalog.publish(item(name="取水许可"))
    known = read(database)
    live = pb.Copy(item_id=published.id, edition=1, live=True, digest="")
    assert list(compare(known, {published.id: live})) == [], "a copy of some facts has no digest"
    extra = pb.Copy(item_id="nobody", edition=1, live=True)
    assert [one.what for one in compare(known, {published.id: live, "nobody": extra})] == [
        "extra: the store has no such item"
    ]
    known = {published.id: known[published.id]._replace(live=False)}
    assert [one.what for one in compare(known, {published.id: live})] == ["live, and should not be"]


def test_the_command_asks_every_reader_and_ends_with_a_code(
    catalog: CatalogHere, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog.publish(item(name="取水许可"))
    catalog.poll()
    with pytest.raises(SystemExit) as ended:
        drifting.main(catalog.parts, ["--catalog", catalog.address, "--case", "127.0.0.1:1"])
    told = capsys.readouterr().out.splitlines()
    assert ended.value.code == 1
    assert told == [f"catalog {catalog.address}: 1 copies, 0 drifted", "case 127.0.0.1:1: not reached (UNAVAILABLE)"]


def test_a_reader_that_does_not_answer_is_no_whole_copy(database: Db, capsys: pytest.CaptureFixture[str]) -> None:
    readers = dict(drifting._listings({"catalog": ["127.0.0.1:1"]}))
    assert not report(lambda: read(database), readers.items(), wait=0.0)
    assert capsys.readouterr().out == "catalog 127.0.0.1:1: not reached (UNAVAILABLE)\n"


def test_a_name_stands_for_every_process_behind_it() -> None:
    assert drifting.everyone("localhost:50051") and all(
        one.endswith(":50051") for one in drifting.everyone("localhost:50051")
    )
    assert drifting.everyone("no-such-host.invalid:50051") == ["no-such-host.invalid:50051"]
