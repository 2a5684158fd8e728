"""Search over 50,000 generated items of forty elements, measured at the catalogue's api; and how soon a publication is seen."""

import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import orjson
from google.protobuf import json_format

from deploy.local.ports import Ports
from deploy.local.processes import command, is_serving
from loadtests import relevance, world
from loadtests.campaign import Campaign, until_true
from loadtests.figures import Figure
from loadtests.items import full_items
from services.catalog import store
from services.catalog.model_facts import Chapter, facts_of
from services.catalog.model_life import PUBLISHED
from services.catalog.search import Index
from services.catalog.search_words import spelled
from services.catalog.store import Listed
from yiwang.case.v1 import service_pb2 as case_pb2
from yiwang.case.v1 import service_pb2_grpc as case_grpc
from yiwang.catalog.v1 import (
    directory_pb2,
    directory_pb2_grpc,
    items_pb2,
    items_pb2_grpc,
    service_pb2,
    service_pb2_grpc,
)

ITEMS, BUILT = 50_000, 10_000
RATE, SECONDS, FACETS = 50, 20, 4
PUBLICATIONS = 5
DUTY = "LOADDUTY"
SAID = (
    *(
        "食品经营许可",
        "申请",
        "办理 证",
        "开饭店",
        "身份证",
        "营业执照 变更",
        "建设工程 施工许可",
        "社保",
        "医疗机构 执业登记",
        "道路运输",
    ),
    *(
        "养老",
        "注销登记",
        "shipin",
        "yyzz",
        "农药经营",
        "特种设备使用登记 新办",
        "补贴 申领",
        "人力资源 服务",
        "公共场所 卫生",
        "排水",
    ),
    *(
        "身份证丢了怎么补",
        "想开一家火锅店要什么证",
        "食品经莹许可",
        "房子过户",
        "孩子上户口",
        "公司不干了",
        "证",
        "许可证",
        "登记",
        "老人补贴",
    ),
)
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def figures(campaign: Campaign) -> list[Figure]:
    """Everything of search; the suite's catalogue is empty before."""
    seen = _publications(campaign)
    before = campaign.suite.process("catalog", "api").rss
    found = import_items(campaign)
    said = [*queries(1200)]
    mixed = _checked(campaign.load("search", RATE, SECONDS, queries=said, facets=FACETS, warm=20))
    rss = campaign.suite.process("catalog", "api").rss
    counted = _checked(campaign.load("search", RATE, SECONDS, queries=said[::-1], facets=1))
    return [
        Figure("catalog.search_items", found, "items"),
        Figure("catalog.search_p50", mixed["p50"], "ms"),
        Figure("catalog.search_p99", mixed["p99"], "ms", 30),
        Figure("catalog.facets_p99", counted["p99"], "ms", 30),
        Figure("catalog.search_cpu", mixed["cpu_by"]["catalog-api"], "ms"),
        Figure("catalog.search_api_rss", rss / 2**20, "MB"),
        Figure("catalog.memory_per_10k", (rss - before) / 2**20 * 10_000 / max(found, 1), "MB"),
        *_built(),
        *(Figure(f"catalog.visible_{name}", seconds, "s", 5) for name, seconds in seen.items()),
        *relevance.figures(),
    ]


def _checked(result: dict[str, Any]) -> dict[str, Any]:
    if result["errors"]:
        raise RuntimeError(f"search: {result['errors']}")
    return result


def queries(count: int) -> Iterator[str]:
    """Different queries: what people say, pieces of names, slips, pinyin."""
    draw = random.Random(5)
    names = [item.name for item in full_items(3_000, 2)]
    yield from SAID
    for _ in range(count - len(SAID)):
        name, kind = draw.choice(names), draw.random()
        piece = name[: draw.randint(2, 8)]
        if kind < 0.1:
            piece = spelled([piece]).split()[0]
        elif kind < 0.2:
            place = draw.randrange(len(piece))
            piece = piece[:place] + draw.choice("经营许可办理登记莹") + piece[place + 1 :]
        elif kind < 0.4:
            piece = draw.choice(("怎么办", "我想办", "哪里办")) + piece + draw.choice(("", "证", "要什么材料"))
        yield piece


def _built() -> list[Figure]:
    """How quickly an index is made of items, and taken up again."""
    listed = [
        Listed(store.item_id(item.code), 1, "", "", [Chapter(1, PUBLISHED, _SINCE, facts_of(item))])
        for item in full_items(BUILT, 3)
    ]
    index = Index()
    started = time.perf_counter()
    index.keep(listed)
    index.tidy()
    seconds = time.perf_counter() - started
    return [
        Figure("catalog.index_build", BUILT / seconds, "items/s"),
        Figure("catalog.index_file_per_10k", index.size / 2**20 * 10_000 / BUILT, "MB"),
    ]


def _publications(campaign: Campaign) -> dict[str, float]:
    """Seconds from the answer of PublishItem until a second process of the api finds it, and until case has it: the slowest."""
    suite = campaign.suite
    stub = items_pb2_grpc.ItemServiceStub(grpc.insecure_channel(suite.address("catalog")))
    key = world.signing_key(world.database(suite.store("catalog").uri, "catalog"))
    writer, reviewer = (
        [("authorization", f"Bearer {world.officer_token(key, number, 'catalog')}")] for number in (1, 2)
    )
    _power(directory_pb2_grpc.DirectoryServiceStub(grpc.insecure_channel(suite.address("catalog"))), writer, reviewer)
    address = f"127.0.0.1:{Ports(suite.folder / 'ports.json').take('catalog-second')}"
    environment = suite.places.environment("catalog", "api") | {"GRPC_LISTEN": address}
    with (campaign.folder / "second.log").open("w") as log:
        other = subprocess.Popen(command("catalog", "api"), env=environment, stdin=subprocess.DEVNULL, stderr=log)
    try:
        until_true(lambda: is_serving(address), 60)
        readers = [
            service_pb2_grpc.CatalogServiceStub(grpc.insecure_channel(one))
            for one in (suite.address("catalog"), address)
        ]
        case = case_grpc.CaseServiceStub(grpc.insecure_channel(suite.address("case")))
        took: dict[str, list[float]] = {"api": [], "second_api": [], "case": []}
        for number in range(PUBLICATIONS):
            id, name = _published(stub, number, writer, reviewer)
            seen = {
                "api": lambda name=name: _finds(readers[0], name),
                "second_api": lambda name=name: _finds(readers[1], name),
                "case": lambda id=id: any(
                    copy.item_id == id
                    for copy in case.ListItemCopies(case_pb2.ListItemCopiesRequest(page_size=5000)).copies
                ),
            }
            for reader, seconds in _until_all(seen).items():
                took[reader].append(seconds)
    finally:
        other.terminate()
        other.wait()
    return {reader: max(seconds) for reader, seconds in took.items()}


def _power(stub: Any, writer: Any, reviewer: Any) -> None:
    """The entry of the 权责清单 the publications belong to, without which none is let through."""
    department = service_pb2.Department(code="LOAD", name="压力测试部门")
    power = directory_pb2.ImplementationDefinition(
        code=DUTY, name="压力测试职权", type_code="01", department=department, region="990121"
    )
    save = directory_pb2.SaveImplementationRequest(request_id=uuid.uuid4().hex, definition=power)
    saved = stub.SaveImplementation(save, metadata=writer)
    told = {"request_id": uuid.uuid4().hex, "id": saved.id}
    stub.ReviewImplementation(
        directory_pb2.ReviewImplementationRequest(version=saved.version, **told), metadata=reviewer
    )
    stub.PublishImplementation(directory_pb2.PublishImplementationRequest(**told), metadata=writer)


def _published(stub: Any, number: int, writer: Any, reviewer: Any) -> tuple[str, str]:
    _, definition = world.item(90_000 + number)
    definition.name = f"水晶宫{'甲乙丙丁戊'[number]}类许可"
    definition.duty_codes[:] = [DUTY]
    saved = stub.SaveItem(
        items_pb2.SaveItemRequest(request_id=uuid.uuid4().hex, definition=definition), metadata=writer
    )
    review = items_pb2.ReviewItemRequest(request_id=uuid.uuid4().hex, item_id=saved.id, version=saved.version)
    stub.ReviewItem(review, metadata=reviewer)
    stub.PublishItem(items_pb2.PublishItemRequest(request_id=uuid.uuid4().hex, item_id=saved.id), metadata=writer)
    return saved.id, definition.name


def _finds(reader: Any, name: str) -> bool:
    hits = reader.SearchItems(service_pb2.SearchItemsRequest(query=name)).hits
    return bool(hits) and hits[0].name == name


def _until_all(seen: dict[str, Callable[[], bool]]) -> dict[str, float]:
    started, took = time.monotonic(), dict[str, float]()
    while len(took) < len(seen):
        if time.monotonic() - started > 60:
            raise TimeoutError(f"not seen within a minute: {set(seen) - set(took)}")
        took |= {name: time.monotonic() - started for name, has in seen.items() if name not in took and has()}
        time.sleep(0.02)
    return took


def import_items(campaign: Campaign, count: int = ITEMS) -> int:
    """Imports generated items the way a county does; the catalogue's relay is frozen, since nobody here wants the events."""
    campaign.suite.process("catalog", "worker").pause()
    file = campaign.folder / "items.jsonl"
    with file.open("wb") as out:
        for item in full_items(count, 1):
            out.write(orjson.dumps(json_format.MessageToDict(item)) + b"\n")
    environment = campaign.suite.places.environment("catalog", "api")
    importing = [sys.executable, "-m", "services.catalog", "import", str(file)]
    with (campaign.folder / "import.log").open("w") as log:
        subprocess.run(importing, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    stub = service_pb2_grpc.CatalogServiceStub(grpc.insecure_channel(campaign.suite.address("catalog")))
    found = [-1, -2]

    def settled() -> bool:  # the api reads what was published in the background
        time.sleep(3)
        found.append(_copies(stub))
        return found[-1] > 0 and found[-1] == found[-2]

    until_true(settled, 240)
    return found[-1]


def _copies(stub: Any) -> int:
    count, token = 0, ""
    while True:
        answer = stub.ListCopies(service_pb2.ListCopiesRequest(page_size=5000, page_token=token), timeout=20)
        count += sum(copy.live for copy in answer.copies)
        if not (token := answer.next_page_token):
            return count
