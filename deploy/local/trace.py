"""`make trace CASE=<public number>`: every trace of one record as a tree, from the span files of the local run."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Span = dict[str, Any]
FOLDER = Path(".local/traces")


def read(folder: Path) -> Iterator[Span]:
    """Every span of every process; a line that is not whole yet is left out."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_bytes().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def traces_of(spans: Iterable[Span], label: str) -> dict[str, list[Span]]:
    """The spans of every trace that touched the record with this label, by trace id, oldest first."""
    spans = list(spans)
    records = {span["attributes"].get("record.id") for span in spans if span["attributes"].get("record.label") == label}
    wanted = {span["trace"] for span in spans if span["attributes"].get("record.id") in records - {None}}
    found = defaultdict(list)
    for span in sorted(spans, key=lambda one: one["start"]):
        if span["trace"] in wanted:
            found[span["trace"]].append(span)
    return dict(found)


def lines(spans: list[Span]) -> Iterator[str]:
    """One trace as an indented tree; a span whose parent is not in the files stands at the root."""
    known = {span["span"] for span in spans}
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in spans:
        children[span["parent"] if span["parent"] in known else None].append(span)
    first = spans[0]["start"]

    def walk(parent: str | None, depth: int) -> Iterator[str]:
        for span in children[parent]:
            mark = "" if span["ok"] else f"  ✗ {span['attributes'].get('error.reason', '')}"
            begun, took = (span["start"] - first) / 1e6, (span["end"] - span["start"]) / 1e6
            yield f"{begun:9.1f} ms {took:8.1f} ms  {'  ' * depth}{span['service']}: {span['name']} ({span['kind']}){mark}"
            yield from walk(span["span"], depth + 1)

    yield from walk(None, 0)


def main() -> None:
    """Prints the traces; exit code 1 when there are none."""
    label, folder = sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER
    found = traces_of(read(folder), label)
    if not found:
        sys.exit(f"no trace of {label} in {folder}: is the number right, and is the suite (make run) of this folder?")
    for trace, spans in sorted(found.items(), key=lambda one: one[1][0]["start"]):
        print(f"trace {trace}")
        print("\n".join(lines(spans)))


if __name__ == "__main__":
    main()
