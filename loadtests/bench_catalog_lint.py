"""The guide lint over 50,000 generated items of forty elements and more, as the command does it, reading and reports included; one core."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import psutil
from google.protobuf import json_format

from loadtests.figures import Figure
from loadtests.items import full_items

ITEMS = 50_000
ELEMENTS = 40
ROOT = Path(__file__).resolve().parent.parent


def figures(folder: Path, count: int = ITEMS) -> list[Figure]:
    """Seconds and memory of `lint` over an own JSON Lines file of so many items (goal for 50,000), with both reports."""
    file = folder / "lint.jsonl"
    elements = _write(file, count)
    command = [
        sys.executable,
        "-m",
        "services.catalog",
        "lint",
        str(file),
        "--html",
        str(folder / "lint.html"),
        "--json",
        str(folder / "lint.json"),
    ]
    started, before = time.monotonic(), _children()
    with (folder / "lint.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}"}, stdout=log, stderr=log
        )
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        most = max(_resident(process))
    code = process.wait()
    seconds, cpu = time.monotonic() - started, _children() - before
    if code not in (0, 1):
        raise RuntimeError(f"lint: {(folder / 'lint.log').read_text()[-2000:]}")
    found = orjson.loads((folder / "lint.json").read_bytes())["summary"]
    if found["rows"] != count:
        raise RuntimeError(f"lint: {found['rows']} rows of {count}")
    return [
        Figure("catalog.lint_50k_seconds", seconds * ITEMS / count, "s", 60),
        Figure("catalog.lint_50k_cpu_seconds", cpu * ITEMS / count, "s"),
        Figure("catalog.lint_elements_an_item", elements, "elements"),
        Figure("catalog.lint_findings_an_item", sum(found["levels"].values()) / count, "findings"),
        Figure("catalog.lint_rss", most / 2**20, "MB"),
    ]


def _write(file: Path, count: int) -> float:
    """Writes the items; the least elements (fields of the definition that are filled) any of them has."""
    least = 1000
    with file.open("wb") as lines:
        for item in full_items(count, 1):
            least = min(least, len(item.ListFields()))
            lines.write(orjson.dumps(json_format.MessageToDict(item)) + b"\n")
    if least < ELEMENTS:
        raise RuntimeError(f"an item has {least} elements, {ELEMENTS} are wanted")
    return least


def _children() -> float:
    """CPU seconds of the processes this one waited for."""
    used = os.times()
    return used.children_user + used.children_system


def _resident(process: "subprocess.Popen[bytes]") -> Iterator[int]:
    yield 0
    while process.poll() is None:
        try:
            yield psutil.Process(process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            return
        time.sleep(0.2)


if __name__ == "__main__":
    import tempfile

    from loadtests.figures import publish

    with tempfile.TemporaryDirectory() as scratch:
        publish("bench-lint", figures(Path(scratch), int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS))
