"""The scan after the run finds what it is there to find, in every place and form; otherwise its silence would mean nothing."""

import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest
from pymongo.database import Database

from chassis import store as chassis_store
from deploy.local.stores import Store, start_store, with_database
from tests.support import left_behind
from tests.support.identity_service import fresh_number, fresh_phone
from tests.support.left_behind import LeftBehind

Db = Database[dict[str, Any]]


@pytest.fixture
def elsewhere(beside: Store) -> Iterator[Db]:
    """A database nobody else looks through."""
    database = chassis_store.connect(with_database(beside.uri, f"left_{uuid.uuid4().hex[:8]}"), "left")
    yield database
    database.client.close()


@pytest.fixture(scope="module")
def beside() -> Iterator[Store]:
    """A store whose files and databases are outside of what is looked through after the run."""
    with TemporaryDirectory() as folder:
        store = start_store("left", Path(folder))
        if store.given:
            pytest.skip("the store of MONGODB_URI is looked through by others")
        yield store
        store.stop()


@pytest.mark.parametrize(
    "text",
    [
        fresh_number(),
        fresh_phone(),
        "诸葛试真名",
        ascii("诸葛试真名"),
        quote("金丝雀路八号"),
        f'{{"phone":"{fresh_phone()}"}}',
        f"login={fresh_number()}&x=1",
    ],
    ids=["number", "phone", "name", "escaped name", "quoted address", "json", "form"],
)
def test_personal_data_in_clear_is_found_in_a_store_and_in_a_file(text: str, elsewhere: Db, tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text(f"一行 {text} 其他")
    assert left_behind.in_files(tmp_path)
    log.unlink()
    elsewhere["notes"].insert_one({"_id": "1", "deep": [{"in": f"a {text} b"}]})
    with pytest.raises(LeftBehind, match="notes 1"):
        left_behind.require_clean(elsewhere)
    elsewhere["notes"].delete_one({"_id": "1"})


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("broker0/mnesia/node/quorum/node/00000001.wal", "broker files"),
        ("broker0/mnesia/node/msg_stores/vhosts/1/0.rdq", "broker files"),
        ("suite/traces/case-api-1.jsonl", "span files"),
        ("suite/logs/case-api.log", "log files"),
        ("identity0/log", "log files"),
        ("suite/stores/case.log", left_behind.OTHER),
    ],
)
def test_each_kind_of_file_is_looked_through_and_counted(
    file: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_behind, "seen", Counter())
    place = tmp_path / file
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\0\x83" + fresh_phone().encode() + b"\0")
    assert len(left_behind.in_files(tmp_path)) == 1
    assert left_behind.seen == {kind: 1}
    place.unlink()


def test_what_a_store_keeps_of_its_own_is_left_out_and_its_documents_are_not(elsewhere: Db) -> None:
    with TemporaryDirectory() as folder:
        for kind in ("embedded", "mongod"):
            blocks = Path(folder) / f"tests-{kind}" / "oplog.wt"
            blocks.parent.mkdir()
            blocks.write_text(fresh_phone())
        assert left_behind.in_files(Path(folder)) == []
    elsewhere["notes"].insert_one({"_id": "2", "phone": fresh_phone()})
    with pytest.raises(LeftBehind, match="notes 2"):
        left_behind.require_clean(elsewhere)


def test_a_kind_of_place_nothing_was_seen_of_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_behind, "seen", Counter({"documents": 3, "log files": 1}))
    assert left_behind.unseen() == ["broker files", "span files"]
    assert left_behind.unseen(without=["broker files"]) == ["span files"]


@pytest.mark.parametrize(
    "text",
    [
        "1795363712345",  # milliseconds
        "11990121MB0000001K",  # an authority's code
        "6c1f1d0a2f3b13812345678d52",  # part of a digest
        "990121-261122-ABC123-K",  # a case number
        "0472-1234567",
    ],
)
def test_what_only_looks_alike_is_left_alone(text: str) -> None:
    assert left_behind.found_in(f"x {text} y".encode()) == []
