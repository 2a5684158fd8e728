"""Verifies the exported journal of a case offline, with nothing but the standard library (SM3: OpenSSL's, or gmalg's when there is one).

Each entry's digest is over the digest before it and the entry itself as canonical JSON (RFC 8785), so that none can be changed, taken
out or put in between. What is cut off at the end a chain alone does not show: compare number and digest of the last entry with the
platform's.
This file runs by itself, too: python journal.py FILE.json
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

ALGORITHMS = ("sha256", "sm3")
MOST_BYTES = 64 * 1024 * 1024


class Verdict(NamedTuple):
    """What became of it: entries, the seq where the chain breaks (0 = whole), why, and the last digest that holds."""

    number: str
    entries: int
    broken_at: int
    why: str
    head: str


def canonical(entry: dict[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785) of an entry without its digest: sorted keys, no blanks. Journals have no fractions."""
    plain = {key: value for key, value in entry.items() if key != "digest"}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(previous: str, entry: dict[str, Any]) -> str:
    """The digest an entry must have, over the one before it (empty for the first) and itself. ValueError for an unknown algorithm."""
    algorithm = entry.get("alg", "sha256")
    if algorithm not in ALGORITHMS:
        raise ValueError("摘要算法未知")
    return _hash(algorithm, previous.encode() + canonical(entry))


def verify(exported: dict[str, Any]) -> Verdict:
    """Whether an exported journal is whole. ValueError when it is none."""
    entries = entries_of(exported)
    head = ""
    for number, entry in enumerate(entries, 1):
        if why := _fault(entry, number, head):
            return Verdict(str(exported.get("number", "")), len(entries), number, why, head)
        head = entry["digest"]
    return Verdict(str(exported.get("number", "")), len(entries), 0, "", head)


def entries_of(exported: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of an export: objects in `entries`, or texts in `entries_json` (as proto3 JSON: `entriesJson`)."""
    found = next((exported[name] for name in ("entries", "entries_json", "entriesJson") if name in exported), None)
    if not isinstance(found, list) or not found:
        raise ValueError("文件中没有流水记录（entries）")
    read = [read_json(one) if isinstance(one, str) else one for one in found]
    if not all(isinstance(one, dict) for one in read):
        raise ValueError("流水记录不是 JSON 对象")
    return read


def read_json(text: str) -> Any:
    """A text as JSON in which no name stands twice and no number has a fraction: such a text could be read in two ways."""
    return json.loads(text, object_pairs_hook=_once, parse_float=_no_fraction, parse_constant=_no_fraction)


def lines(verdict: Verdict) -> list[str]:
    """The verdict in Chinese."""
    name = f"办件 {verdict.number}" if verdict.number else "办件"
    if verdict.broken_at:
        return [f"{name}：流水链在第 {verdict.broken_at} 条断开（共 {verdict.entries} 条）：{verdict.why}"]
    head = f"最后一条摘要 {verdict.head}（请与平台公布的条数和摘要核对：链本身不能显示末尾是否被截去）"
    return [f"{name}：流水链完整，共 {verdict.entries} 条", head]


def main(file: str) -> int:
    """Prints the verdict on a file. 0: whole, 1: broken, 2: it cannot be read."""
    try:
        path = Path(file)
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("文件过大")
        exported = read_json(path.read_text(encoding="utf-8"))
        if not isinstance(exported, dict):
            raise ValueError("文件不是流水导出文件")
        verdict = verify(exported)
    except (OSError, ValueError, RecursionError) as error:
        print(f"无法读取 {file}：{error}", file=sys.stderr)
        return 2
    print("\n".join(lines(verdict)))
    return 1 if verdict.broken_at else 0


def _fault(entry: dict[str, Any], number: int, previous: str) -> str:
    if entry.get("seq") != number:
        return f"序号应为 {number}"
    if entry.get("alg", "sha256") not in ALGORITHMS:
        return "摘要算法未知"
    return "" if entry.get("digest") == digest_of(previous, entry) else "摘要与内容不符"


def _hash(algorithm: str, content: bytes) -> str:
    try:
        return hashlib.new(algorithm, content).hexdigest()
    except ValueError:
        pass  # this Python's OpenSSL was built without SM3
    try:
        import gmalg
    except ImportError:
        raise ValueError("本机不支持 SM3：请安装 gmalg 或使用带 SM3 的 OpenSSL") from None
    hashed = gmalg.SM3()
    hashed.update(content)
    return str(hashed.value().hex())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("同一名称出现两次")
    return found


def _no_fraction(text: str) -> Any:
    raise ValueError(f"不应出现的数值 {text}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python journal.py FILE.json")
    sys.exit(main(sys.argv[1]))
