"""The import of generated items of forty elements and more, as the command does it, into a store of its own."""

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import psutil  # type: ignore[import-untyped]

from chassis.plain import plain
from deploy.local.stores import start_store
from loadtests.figures import Figure
from loadtests.items import full_items

# FULL=1 imports as many as a city has; the rate does not fall with them, since an item is found by its id.
ITEMS = 50_000 if os.environ.get("FULL") == "1" else 5_000
ROOT = Path(__file__).resolve().parent.parent
# Catalog keeps nothing sealed; a key is asked for all the same.
_KEY = base64.b64encode(bytes(32)).decode()
_SUMMARY = re.compile(r"读取 (\d+)，新增 (\d+)")


def figures(folder: Path, count: int = ITEMS) -> list[Figure]:
    """Items a second into an empty catalogue and again over it, CPU and memory of the import."""
    file = folder / "import.jsonl"
    with file.open("wb") as out:
        for item in full_items(count, 1):
            out.write(orjson.dumps(plain(item)) + b"\n")
    store = start_store("catalog", folder / "import-store")
    try:
        first, rss, cpu = _run(store.uri, file, folder)
        again, _, _ = _run(store.uri, file, folder, "--again")
    finally:
        store.stop()
    return [
        Figure("catalog.import_items_per_s", count / first, "items/s"),
        Figure("catalog.import_again_items_per_s", count / again, "items/s"),
        Figure("catalog.import_cpu_per_item", cpu * 1000 / count, "ms"),
        Figure("catalog.import_rss", rss / 2**20, "MB"),
    ]


def _run(uri: str, file: Path, folder: Path, *options: str) -> tuple[float, int, float]:
    """Seconds, the most memory, and CPU seconds of one import; every row must be good."""
    environment = os.environ | {"MONGODB_URI": uri, "MASTER_KEY": _KEY, "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}"}
    command = [sys.executable, "-m", "services.catalog", "import", str(file), *options]
    log = folder / "import.log"
    began, before = time.monotonic(), _children()
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        most = max(_resident(process), default=0)
    seconds = time.monotonic() - began
    if process.wait() or not _SUMMARY.search(log.read_text()) or "有误 0" not in log.read_text():
        raise RuntimeError(f"import: {log.read_text()[-2000:]}")
    return seconds, most, _children() - before


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _resident(process: subprocess.Popen[bytes]) -> Iterator[int]:
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            yield watched.memory_info().rss
        except psutil.NoSuchProcess:
            return
        time.sleep(0.1)
