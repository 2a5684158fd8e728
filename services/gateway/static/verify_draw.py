#!/usr/bin/env python3
"""Checks the transcript of a draw: `python verify_draw.py transcript.json` (Python 3.8 or newer, nothing else is needed).

leaf = SHA-256(0x00, candidate), node = SHA-256(0x01, left, right); seed = SHA-256(root, notice digest, the three nonces, beacon);
order = candidates by HMAC-SHA256(seed, USCC). JSON is hashed with sorted keys and without blanks (RFC 8785).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PARTIES = {"platform": "平台", "owner": "业主", "supervisor": "监管"}


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def plain(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def root_of(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha(b"\x01", root_of(leaves[:half]), root_of(leaves[half:]))


def nonce_of(party: Any, beacon: str) -> bytes:
    if party["nonce"]:
        return bytes.fromhex(party["nonce"])
    if beacon:
        return sha(beacon.encode())
    return bytes.fromhex(party["commitment"]) if party["commitment"] else bytes(32)


def steps(told: Any) -> Iterator[tuple[str, bool, str]]:
    """Every step: what is checked, whether it holds, and the value computed here."""
    notice, codes = told["notice"], [one["uscc"] for one in told["candidates"]]
    digest, root = sha(plain(notice)).hex(), root_of([sha(b"\x00", plain(one)) for one in told["candidates"]]).hex()
    yield "公告与摘要相符", digest == told["notice_digest"], digest
    yield "候选名单按代码排序且不重复", codes == sorted(set(codes)), f"{len(codes)}家"
    left_out = sorted({one["uscc"] for one in told["excluded"]} & set(codes))
    yield "被排除的机构不在名单中", not left_out, "、".join(left_out) or "无"
    yield "候选名单与名单根相符", root == told["root"], root
    parties = told["parties"]
    yield "三方依次为平台、业主、监管", [one["party"] for one in parties] == list(PARTIES), f"{len(parties)}方"
    for one in parties:
        title, nonce, closes = PARTIES[one["party"]], one["nonce"], notice["signup_end"]
        made = sha(bytes.fromhex(nonce)).hex() if nonce else one["commitment"]
        yield title + "的随机数与承诺相符", made == one["commitment"] and len(nonce or "0" * 64) == 64, made or "未承诺"
        yield title + "的承诺不晚于报名截止", (one["committed_at"] or "") <= closes, one["committed_at"] or "未承诺"
        over = bool(nonce) and one["party"] != "platform" and one["revealed_at"] > notice["selection_at"]
        yield title + "的随机数公开不晚于选取时间", not over, one["revealed_at"] or "未公开，按公告代替"
    named, used = notice["beacon"], told["beacon"]
    same = named is used is None or {**named, "value": used["value"]} == used
    yield "公共随机数与公告的约定相符", same, used["value"] if used else "未约定"
    value = (used or {}).get("value") or ""
    yield "公共随机数已公布", bool(value) or used is None, value or "未约定"
    if told["order"] is None:
        yield "抽取已经完成", False, "尚无结果"
        return
    seed = sha(
        bytes.fromhex(told["root"]),
        bytes.fromhex(told["notice_digest"]),
        *[nonce_of(one, value) for one in parties],
        value.encode(),
    )
    yield "种子由以上各项算出", seed.hex() == told["seed"], seed.hex()
    order = sorted(
        codes, key=lambda code: (hmac.new(bytes.fromhex(told["seed"]), code.encode(), "sha256").digest(), code)
    )
    wrong = [n for n, (a, b) in enumerate(zip(order + [None] * 9, told["order"] + [None] * 9), 1) if a != b]  # noqa: B905 (Python 3.8)
    yield "抽取顺序由种子算出", order == told["order"], f"第{wrong[0]}位不符" if wrong else f"{len(order)}位"
    yield "中选机构是顺序的第一位", told["winner"] == (order or [None])[0], (order or ["无"])[0]


def main(path: str) -> int:
    good, last = True, "打开文件"
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        last = "读取记录"
        for last, holds, value in steps(told):
            good &= holds
            print("✓" if holds else "✗", last, value)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        print(f"✗ “{last}”之后的记录缺失或格式有误（{type(error).__name__}）")
        good = False
    print("记录完整一致" if good else "记录不一致，请勿采信")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else "用法：python verify_draw.py transcript.json")
