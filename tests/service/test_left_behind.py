"""The scan after the run finds what it is there to find, in every place and form; otherwise its silence would mean nothing."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest
from pymongo.database import Database

from chassis import store as chassis_store
from deploy.local.stores import start_store
from tests.support import left_behind
from tests.support.identity_service import fresh_number, fresh_phone
from tests.support.left_behind import LeftBehind

Db = Database[dict[str, Any]]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Db]:
    """A database whose files are outside of what is looked through after the run."""
    with TemporaryDirectory() as folder:
        store = start_store("left", Path(folder))
        if store.given:
            pytest.skip("the files of the store of MONGODB_URI are not ours")
        yield chassis_store.connect(store.uri, "left")
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
