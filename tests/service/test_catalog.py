"""catalog over the wire: editions, who may write, search that follows the store, and the import, on a real store."""

import csv
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from pymongo.database import Database

from chassis import poll, rpc, sessions, tokens
from chassis.acts import Actor
from chassis.config import Settings
from chassis.events import Heard
from chassis.parts import Parts
from chassis.records import broken_at
from chassis.sealed import Keyring
from deploy.local.ports import Ports
from services.catalog import api as catalog_api
from services.catalog import importing, store, worker
from tests.support.actors import officer, person, service, trust
from tests.support.calling import As, refused
from tests.support.items import definition as sample
from tests.support.serving import MASTER
from tests.support.waiting import wait_until
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.identity.v1.events_pb2 import SessionEnded

ROOT = Path(__file__).resolve().parents[2]
CATALOG = pb.DESCRIPTOR.services_by_name["CatalogService"]
Db = Database[dict[str, Any]]
ANN = officer("catalog")
AWAY = replace(officer("catalog"), region="511602")


def item(**changes: Any) -> pb.ItemDefinition:
    return sample(**({"type_code": "01"} | changes))


@dataclass
class Here:
    """The api of catalog inside this process."""

    parts: Parts
    channel: grpc.Channel
    api: Any
    verifier: tokens.Verifier

    def by(self, actor: Actor | None) -> As:
        return As(self.channel, CATALOG, actor)

    def poll(self) -> None:
        for one in self.api.polls:
            one()

    def journal(self, id: str) -> list[str]:
        document = self.parts.database["items"].find_one({"_id": id})
        assert document is not None and broken_at(document["journal"]) is None
        assert store.items(self.parts.database).drift(document) == []
        return [entry["type"] for entry in document["journal"]]

    def publish(self, definition: pb.ItemDefinition) -> pb.Item:
        saved = self.by(ANN).SaveItem(definition=definition)
        published: pb.Item = self.by(ANN).PublishItem(item_id=saved.id)
        return published

    def found(self, text: str, **filters: Any) -> list[str]:
        self.poll()
        return [hit.name for hit in self.by(None).SearchItems(query=text, **filters).hits]


@contextmanager
def catalog_here(database: Db) -> Iterator[Here]:
    trust(database)
    settings = Settings(master_key=MASTER)
    keyring = Keyring(database["keys"], settings.master)
    keyring.ensure_indexes()
    sessions.ensure_indexes(database)
    store.ensure_indexes(database)
    parts = Parts("catalog", settings, database, keyring)
    api = catalog_api.build(parts)
    verifier = tokens.Verifier(tokens.KeyBook(database["signing_keys_heard"], lambda: '{"keys": []}').find)
    address = f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = rpc.Server(address)
    server.add(CATALOG, api.servicer, rpc.Guard(verifier, keyring.request_digest))
    server.start()
    channel = grpc.insecure_channel(address)
    try:
        yield Here(parts, channel, api, verifier)
    finally:
        channel.close()
        server._server.stop(0).wait()


@pytest.fixture
def catalog(database: Db) -> Iterator[Here]:
    with catalog_here(database) as here:
        yield here


# -- editions ----------------------------------------------------------------------------------------------------------


def test_every_edition_stays_readable_and_a_draft_is_not_published(catalog: Here) -> None:
    first = catalog.publish(item(name="取水许可"))
    assert (first.edition, first.latest_edition, first.status) == (1, 1, pb.ITEM_STATUS_PUBLISHED)
    second = catalog.publish(item(name="取水许可（新）"))
    catalog.by(ANN).SaveItem(definition=item(name="取水许可（再改）"))
    citizen = catalog.by(None)
    assert citizen.GetItem(item_id=first.id).definition.name == "取水许可（新）"
    old = citizen.GetItem(item_id=first.id, edition=1)
    assert (old.definition.name, old.edition, old.latest_edition) == ("取水许可", 1, 2)
    assert old.published_at == first.published_at < second.published_at
    draft = catalog.by(ANN).GetItemDraft(item_id=first.id)
    assert (draft.definition.name, draft.edition, draft.version) == ("取水许可（再改）", 2, 5)
    with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
        citizen.GetItem(item_id=first.id, edition=3)
    assert catalog.journal(first.id) == ["ItemSaved", "ItemPublished"] * 2 + ["ItemSaved"]


def test_what_was_never_published_is_found_by_nobody_but_its_officers(catalog: Here) -> None:
    saved = catalog.by(ANN).SaveItem(definition=item())
    assert (saved.edition, saved.status, saved.published_at) == (0, pb.ITEM_STATUS_DRAFT, "")
    for actor in (None, person(), ANN):
        with refused(grpc.StatusCode.NOT_FOUND):
            catalog.by(actor).GetItem(item_id=saved.id)
    assert catalog.found("公共场所") == []


def test_the_same_definition_again_writes_nothing_and_is_not_published_twice(catalog: Here) -> None:
    published = catalog.publish(item())
    assert catalog.by(ANN).SaveItem(definition=item()).version == published.version == 2
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_TO_PUBLISH"):
        catalog.by(ANN).PublishItem(item_id=published.id)


def test_the_same_request_twice_is_one_act_and_with_another_body_none(catalog: Here) -> None:
    ann = catalog.by(ANN)
    one = ann.SaveItem(request_id="request-1", definition=item())
    assert ann.SaveItem(request_id="request-1", definition=item()) == one
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        ann.SaveItem(request_id="request-1", definition=item(name="另一个名称"))
    published = ann.PublishItem(request_id="request-2", item_id=one.id)
    assert ann.PublishItem(request_id="request-2", item_id=one.id) == published


def test_one_code_is_one_item_whoever_saves_it_first(catalog: Here) -> None:
    def save(number: int) -> str:
        return str(catalog.by(ANN).SaveItem(definition=item(name=f"取水许可{number}")).id)

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(save, range(8)))
    assert ids == {store.item_id("TEST-1")}
    assert catalog.journal(ids.pop()) == ["ItemSaved"] * 8


def test_what_is_wrong_with_a_definition_is_named_by_field(catalog: Here) -> None:
    material = pb.Material(key="plan", name="平面图", necessity=pb.NECESSITY_REQUIRED)
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
        catalog.by(ANN).SaveItem(definition=item(materials=[material, material]))
    assert said.fields == {"definition.materials[1].key": "KEY_TWICE"}
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as said:
        catalog.by(ANN).SaveItem(definition=item(type_code="一"))
    assert list(said.fields) == ["definition.type_code"]
    assert catalog.parts.database["items"].find_one({}) is None


# -- who may -----------------------------------------------------------------------------------------------------------


def test_an_officer_of_another_region_neither_sees_nor_writes(catalog: Here) -> None:
    published, away = catalog.publish(item()), catalog.by(AWAY)
    for call in (away.GetItemDraft, away.PublishItem, lambda item_id: away.SuspendItem(item_id=item_id, reason="x")):
        with refused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND"):
            call(item_id=published.id)
    with refused(grpc.StatusCode.PERMISSION_DENIED, "REGION_NOT_COVERED"):
        away.SaveItem(definition=item(code="TEST-2"))
    with refused(grpc.StatusCode.NOT_FOUND):  # the code is taken, elsewhere
        away.SaveItem(definition=item(region="511602"))
    assert catalog.journal(published.id) == ["ItemSaved", "ItemPublished"]


@pytest.mark.parametrize("actor", [None, person(), officer("receive", "decide"), service()])
def test_whoever_is_no_catalog_officer_writes_nothing(catalog: Here, actor: Actor | None) -> None:
    published = catalog.publish(item())
    caller = catalog.by(actor)
    code = grpc.StatusCode.PERMISSION_DENIED if actor else grpc.StatusCode.UNAUTHENTICATED
    for call in (
        lambda: caller.SaveItem(definition=item(name="改名")),
        lambda: caller.PublishItem(item_id=published.id),
        lambda: caller.SuspendItem(item_id=published.id, reason="x"),
        lambda: caller.GetItemDraft(item_id=published.id),
    ):
        with refused(code):
            call()


def test_a_session_that_ended_is_refused(catalog: Here) -> None:
    event = SessionEnded(session_id=ANN.session, reason="SIGNED_OUT", tokens_end="2999-01-01T00:00:00Z")
    heard = Heard("s.2", "s", 2, "", "2026-11-22T00:00:00Z", event, "catalog.refuse_session", "")
    Worker = worker.build(catalog.parts)
    for _ in range(2):
        Worker().refuse_session(heard)
    poll._once(catalog.parts, catalog.verifier, [], poll.datetime.now(poll.UTC) - poll.OVERLAP)
    with refused(grpc.StatusCode.UNAUTHENTICATED):
        catalog.by(ANN).SaveItem(definition=item())


# -- search ------------------------------------------------------------------------------------------------------------


def test_what_is_published_is_found_and_what_is_suspended_vanishes(catalog: Here) -> None:
    published = catalog.publish(item(name="取水许可", aliases=["打井"]))
    assert catalog.found("打井") == ["取水许可"]
    hit = catalog.by(None).SearchItems(query="打井").hits[0]
    assert (hit.id, hit.edition, hit.promised_limit.amount, hit.department.name) == (
        published.id,
        1,
        5,
        "示范县卫生健康局",
    )
    suspended = catalog.by(ANN).SuspendItem(item_id=published.id, reason="法律已修改")
    assert suspended.status == pb.ITEM_STATUS_SUSPENDED
    assert catalog.found("打井") == catalog.found("") == []
    guide = catalog.by(None).GetItem(item_id=published.id)
    assert (guide.definition.name, guide.status) == ("取水许可", pb.ITEM_STATUS_SUSPENDED)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_PUBLISHED"):
        catalog.by(ANN).SuspendItem(item_id=published.id, reason="法律已修改")
    assert catalog.by(ANN).PublishItem(item_id=published.id).edition == 2
    assert catalog.found("打井") == ["取水许可"]


def test_search_shows_the_published_name_and_not_the_draft(catalog: Here) -> None:
    catalog.publish(item(name="取水许可"))
    catalog.by(ANN).SaveItem(definition=item(name="打井备案"))
    assert catalog.found("取水") == ["取水许可"] and catalog.found("打井备案") == []
    catalog.publish(item(name="打井备案"))
    assert catalog.found("取水") == [] and catalog.found("打井备案") == ["打井备案"]


def test_an_api_that_starts_later_finds_the_same(catalog: Here, database: Db) -> None:
    for number in range(30):
        catalog.publish(item(code=f"TEST-{number}", name=f"取水许可第{number}类"))
    with catalog_here(database) as other:
        assert other.found("取水", page_size=100) == catalog.found("取水", page_size=100)
        assert len(other.found("", page_size=100)) == 30


def test_pages_lead_through_the_hits(catalog: Here) -> None:
    for number in range(25):
        catalog.publish(item(code=f"TEST-{number}", name=f"取水许可第{number}类"))
    catalog.poll()
    citizen, seen, token = catalog.by(None), [], ""
    for _ in range(4):
        answer = citizen.SearchItems(query="取水", page_size=8, page_token=token)
        seen += [hit.id for hit in answer.hits]
        token = answer.next_page_token
        assert answer.total == 25
    assert len(set(seen)) == 25 and token == ""
    for bad in ("x", "-1", "99999999", "1 OR 1"):
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED"):
            citizen.SearchItems(query="取水", page_token=bad)


# -- import ------------------------------------------------------------------------------------------------------------


def bring(catalog: Here, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[str, str, int]:
    """The summary, what it said on stderr, and the exit code of an import."""
    code = 0
    try:
        importing.main(catalog.parts, [str(one) for one in arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return said.out, said.err, code


def write(path: Path, *items: pb.ItemDefinition) -> Path:
    path.write_text(json.dumps({"items": [MessageToDict(one) for one in items]}, ensure_ascii=False))
    return path


def test_an_import_twice_changes_nothing_the_second_time(
    catalog: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "items.json", *(item(code=f"T-{n}", name=f"取水许可第{n}类") for n in range(40)))
    summary, _, code = bring(catalog, capsys, file)
    assert summary.startswith("读取 40，新增 40，变更 0，未变 0，有误 0") and code == 0
    assert len(catalog.found("取水", page_size=100)) == 40
    before = list(catalog.parts.database["items"].find({}))
    summary, _, _ = bring(catalog, capsys, file)
    assert "新增 0，变更 0，未变 40，有误 0" in summary
    assert list(catalog.parts.database["items"].find({})) == before
    write(file, item(code="T-0", name="打井备案"), item(code="T-1", name="取水许可第1类"))
    summary, _, _ = bring(catalog, capsys, file)
    assert "新增 0，变更 1，未变 1，有误 0" in summary
    assert catalog.by(None).GetItem(item_id=store.item_id("T-0")).edition == 2
    assert catalog.journal(store.item_id("T-0")) == ["ItemSaved", "ItemPublished"] * 2
    assert catalog.found("打井") == ["打井备案"]


def test_bad_rows_are_named_and_good_ones_kept(
    catalog: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.csv"
    columns = ["code", "name", "typeCode", "department.code", "department.name", "region", "visits"]
    with file.open("w", newline="") as text:
        table = csv.writer(text)
        table.writerow(columns)
        table.writerow(["A-1", "取水许可", "01", "11990121000001134C", "水务局", "990121", "0"])
        table.writerow(["A-2", "河道采砂", "01", "11990121000001134C", "水务局", "99", "0"])
        table.writerow(["A-3", "河道采砂", "01", "11990121000001134C", "水务局", "990121", "很多"])
        table.writerow(["A-1", "取水许可", "01", "11990121000001134C", "水务局", "990121", "0"])
    summary, said, code = bring(catalog, capsys, file)
    assert "读取 4，新增 1，变更 0，未变 0，有误 3" in summary and code == 0
    assert [line for line in said.splitlines() if line.startswith("list.csv")] == [
        "list.csv 第3行 region：格式不正确",
        "list.csv 第4行 visits：“很多”无法识别",
        "list.csv 第5行 code：编码与第 2 行重复",
    ]
    report = tmp_path / "report.tsv"
    _, said, _ = bring(catalog, capsys, file, "--report", report)
    assert "list.csv" not in said
    assert [line.split("\t")[1] for line in report.read_text().splitlines() if "存疑" not in line] == [
        "第3行",
        "第4行",
        "第5行",
    ]


def test_an_import_without_a_good_row_fails(catalog: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.csv").write_text("a,b\n1,2\n")
    _, said, code = bring(catalog, capsys, tmp_path / "none.csv", tmp_path / "away.json")
    assert code == 1 and "无法识别的格式" in said and "无法读取文件" in said


def test_drafts_are_published_by_the_import_without_the_option(
    catalog: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "items.json", item())
    bring(catalog, capsys, file, "--draft")
    assert catalog.found("公共场所") == []
    assert catalog.by(ANN).GetItemDraft(item_id=store.item_id("TEST-1")).edition == 0
    summary, _, _ = bring(catalog, capsys, file)
    assert "变更 1" in summary and catalog.found("公共场所") == ["公共场所卫生许可"]


def test_an_officers_edit_outlives_the_same_file(
    catalog: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "items.json", item())
    bring(catalog, capsys, file)
    catalog.publish(item(name="公共场所卫生许可（修订）"))
    summary, _, _ = bring(catalog, capsys, file)
    assert "未变 1" in summary
    assert catalog.by(None).GetItem(item_id=store.item_id("TEST-1")).definition.name == "公共场所卫生许可（修订）"


def test_two_imports_side_by_side_write_each_item_once(catalog: Here, tmp_path: Path) -> None:
    file = write(tmp_path / "items.json", *(item(code=f"T-{n}", name=f"取水许可第{n}类") for n in range(60)))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: importing.main(catalog.parts, [str(file)]), range(2)))
    for number in range(60):
        assert catalog.journal(store.item_id(f"T-{number}")) == ["ItemSaved", "ItemPublished"]


def test_a_running_api_finds_what_a_job_imports_within_five_seconds(
    mongodb_uri: str, database: Db, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{Ports(tmp_path / 'ports.json').take('catalog')}"
    environment = os.environ | {
        "MONGODB_URI": mongodb_uri,
        "MASTER_KEY": MASTER,
        "GRPC_LISTEN": address,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
    }
    command = [sys.executable, "-m", "services.catalog"]
    api = subprocess.Popen([*command, "api"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        channel = grpc.insecure_channel(address)
        grpc.channel_ready_future(channel).result(30)
        citizen = As(channel, CATALOG, None)
        file = write(tmp_path / "items.json", item(name="取水许可"))
        done = subprocess.run(
            [*command, "import", str(file)], env=environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0 and done.stdout.startswith("读取 1，新增 1"), done.stderr
        began = time.monotonic()
        wait_until(lambda: citizen.SearchItems(query="取水").total == 1, "the imported item")
        assert time.monotonic() - began < 5
    finally:
        api.terminate()
        api.wait(30)
