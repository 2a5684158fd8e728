"""An exported journal is verified offline as the chassis verifies it in the store."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from chassis.records import broken_at, canonical, chain
from tests.support.sources import ROOT
from yiwang_kit import journal


def entries(*algorithms: str) -> list[dict[str, Any]]:
    """A journal as the store has it, chained by the chassis."""
    found: list[dict[str, Any]] = []
    head = ""
    for seq, algorithm in enumerate(algorithms, 1):
        at = datetime(2026, 11, 20, 1, 2, 3, seq * 1000, UTC)
        data = {
            "caseId": "一",
            "text": '引号 " 反斜 \\ 控制 \x01\t\n é \U0001f600 \u2028',
            "granted": True,
            "count": seq,
            "none": None,
        }
        entry: dict[str, Any] = {
            "seq": seq,
            "type": "CaseSubmitted",
            "schema": 1,
            "at": at,
            "by": "person:1",
            "data": data,
        }
        if algorithm != "sha256":
            entry["alg"] = algorithm
        head = entry["digest"] = chain(head, entry)
        found.append(entry)
    return found


def exported(stored: list[dict[str, Any]]) -> dict[str, Any]:
    """The export of it: each entry as the chassis writes it canonically, with its digest."""
    return {"case_id": "1", "number": "990121", "entries": [plain(entry) for entry in stored]}


def plain(entry: dict[str, Any]) -> dict[str, Any]:
    return json.loads(canonical(entry)) | {"digest": entry["digest"]}


@pytest.mark.parametrize("algorithms", [("sha256",) * 3, ("sm3",) * 3, ("sha256", "sm3", "sm3")])
def test_a_journal_of_the_chassis_is_whole(algorithms: tuple[str, ...]) -> None:
    stored = entries(*algorithms)
    assert broken_at(stored) is None
    verdict = journal.verify(exported(stored))
    assert (verdict.entries, verdict.broken_at, verdict.head) == (3, 0, stored[-1]["digest"])


def test_canonical_texts_are_those_of_the_chassis() -> None:
    for entry in entries("sha256", "sm3"):
        assert journal.canonical(plain(entry)) == canonical(entry)


def test_entries_as_texts_are_taken_too() -> None:
    whole = exported(entries("sha256", "sha256"))
    texts = [orjson.dumps(entry).decode() for entry in whole.pop("entries")]
    for name in ("entries_json", "entriesJson", "entries"):
        assert journal.verify(whole | {name: texts}).broken_at == 0


def changed(found: list[dict[str, Any]]) -> None:
    found[1]["data"]["granted"] = False


def left_out(found: list[dict[str, Any]]) -> None:
    del found[1]


def put_in(found: list[dict[str, Any]]) -> None:
    found.insert(1, dict(found[0]))


def swapped(found: list[dict[str, Any]]) -> None:
    found[1], found[2] = found[2], found[1]


def unknown_digest(found: list[dict[str, Any]]) -> None:
    found[1]["alg"] = "md5"


def no_digest(found: list[dict[str, Any]]) -> None:
    del found[1]["digest"]


@pytest.mark.parametrize("spoil", [changed, left_out, put_in, swapped, unknown_digest, no_digest])
def test_the_first_entry_that_does_not_follow_is_told(spoil: Any) -> None:
    whole = exported(entries("sha256", "sha256", "sha256"))
    spoil(whole["entries"])
    verdict = journal.verify(whole)
    assert verdict.broken_at == 2 and verdict.why


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"entries": []}', '{"entries": [1]}', '{"entries": ["1"]}', '{"entries": [{"seq": 1.5}]}',
        '{"entries": [{"seq": NaN}]}', '{"entries": [{"seq": 1, "seq": 1}]}', "[" * 100_000, '{"entries": [{"a": "\\ud800"}]}',
    ],
)  # fmt: skip
def test_what_is_no_journal_is_not_called_whole(text: str, tmp_path: Path) -> None:
    file = tmp_path / "j.json"
    file.write_text(text)
    assert journal.main(str(file)) in (1, 2)


def test_it_runs_by_itself_with_the_standard_library_alone(tmp_path: Path) -> None:
    file = tmp_path / "j.json"
    file.write_bytes(orjson.dumps(exported(entries("sha256", "sha256"))))
    command = [sys.executable, "-S", "-I", str(ROOT / "yiwang_kit/journal.py"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "完整" in done.stdout
    spoiled = exported(entries("sha256", "sha256"))
    spoiled["entries"][1]["by"] = "person:2"
    file.write_bytes(orjson.dumps(spoiled))
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "第 2 条" in done.stdout
