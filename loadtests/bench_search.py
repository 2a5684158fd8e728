"""Search over 50,000 generated items, measured at the catalogue's api."""

import subprocess
import sys
import time

import grpc
import orjson
from google.protobuf import json_format

from loadtests.campaign import Campaign, until_true
from loadtests.figures import Figure
from loadtests.items import synthetic_items
from yiwang.catalog.v1 import lists_pb2, lists_pb2_grpc, service_pb2, service_pb2_grpc

ITEMS = 50_000
QUERIES = [
    "食品经营许可", "申请", "办理 证", "开饭店", "身份证", "营业执照 变更", "建设工程 施工许可", "社保", "医疗机构 执业登记", "道路运输",
    "养老", "注销登记", "shipin", "yyzz", "农药经营", "特种设备使用登记 新办", "补贴 申领", "人力资源 服务", "公共场所 卫生", "排水",
]  # fmt: skip


def figures(campaign: Campaign) -> list[Figure]:
    """Latency of SearchItems, from the intended start, at 50 requests/s."""
    _import(campaign)
    time.sleep(5)
    result = campaign.load("search", 50, 10, queries=QUERIES, warm=40)
    if result["errors"]:
        raise RuntimeError(f"search: {result['errors']}")
    return [
        Figure("catalog.search_p50", result["p50"], "ms"),
        Figure("catalog.search_p99", result["p99"], "ms", 30),
        Figure("catalog.search_cpu", result["cpu_by"]["catalog-api"], "ms"),
        Figure("catalog.search_api_rss", campaign.suite.process("catalog", "api").rss / 2**20, "MB"),
        Figure("catalog.rates_50k_ms", _rates(campaign), "ms", 1000),
    ]


def _rates(campaign: Campaign) -> float:
    """The slowest of a few calls for all rates of all items."""
    stub = lists_pb2_grpc.ListServiceStub(grpc.insecure_channel(campaign.suite.address("catalog")))
    took = []
    for _ in range(5):
        begin = time.perf_counter()
        answer = stub.GetRates(lists_pb2.GetRatesRequest(), timeout=10)
        took.append((time.perf_counter() - begin) * 1000)
    if answer.items < ITEMS / 2:
        raise RuntimeError(f"rates: of {answer.items} items only")
    return max(took)


def _import(campaign: Campaign) -> None:
    """Imports generated items the way a county does; the catalogue's relay is frozen, since nobody here wants the events."""
    campaign.suite.process("catalog", "worker").pause()
    file = campaign.folder / "items.json"
    rows = (json_format.MessageToDict(item) for item in synthetic_items(ITEMS, 1))
    file.write_bytes(orjson.dumps({"items": list(rows)}))
    environment = campaign.suite.places.environment("catalog", "api")
    command = [sys.executable, "-m", "services.catalog", "import", str(file)]
    with (campaign.folder / "import.log").open("w") as log:
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    stub = service_pb2_grpc.CatalogServiceStub(grpc.insecure_channel(campaign.suite.address("catalog")))
    request = service_pb2.SearchItemsRequest(query=QUERIES[0])
    found = [-1, -2]

    def settled() -> bool:  # the api reads what was published in the background
        time.sleep(3)
        found.append(stub.SearchItems(request, timeout=10).total)
        return found[-1] > 0 and found[-1] == found[-2]

    until_true(settled, 240)
