"""A draw anyone can check: who may be drawn is fixed under a Merkle root, three parties commit to nonces before and reveal them after, a
public beacon may join; the order follows from these alone. Pure.

    leaf  = SHA-256(0x00 ‖ canonical JSON of a candidate)      node = SHA-256(0x01 ‖ left ‖ right)      (RFC 6962, section 2.1)
    seed  = SHA-256(root ‖ notice digest ‖ nonce of platform ‖ of owner ‖ of supervisor ‖ beacon value)
    order = candidates by HMAC-SHA256(seed, USCC), then by USCC; the first is drawn, the others are the reserve list

A missing nonce is replaced (`nonce_of`), so that nobody who withholds his forces another draw.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

VERSION: Final = 1
PARTIES: Final[Mapping[str, str]] = {"platform": "平台", "owner": "业主", "supervisor": "监管"}
NOTHING: Final = bytes(32)


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of what has text keys, texts, whole numbers, truths and nothing else; TypeError for a fraction."""
    _require_whole(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _require_whole(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("no fractions in what is signed or hashed")
    if isinstance(value, Mapping):
        for one in value.values():
            _require_whole(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _require_whole(one)


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _leaf(candidate: Mapping[str, Any]) -> bytes:
    return _hash(b"\x00", canonical(candidate))


def _split(size: int) -> int:
    """The largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return _hash()
    if len(leaves) == 1:
        return leaves[0]
    at = _split(len(leaves))
    return _hash(b"\x01", _root(leaves[:at]), _root(leaves[at:]))


def merkle_root(candidates: Sequence[Mapping[str, Any]]) -> bytes:
    """The root over the candidates in their order."""
    return _root([_leaf(one) for one in candidates])


def proof(candidates: Sequence[Mapping[str, Any]], position: int) -> list[str]:
    """The path (hex, from the leaf up) that shows a candidate to be in the list."""

    def path(leaves: Sequence[bytes], at: int) -> list[bytes]:
        if len(leaves) < 2:
            return []
        split = _split(len(leaves))
        if at < split:
            return [*path(leaves[:split], at), _root(leaves[split:])]
        return [*path(leaves[split:], at - split), _root(leaves[:split])]

    return [one.hex() for one in path([_leaf(one) for one in candidates], position)]


def proof_holds(candidate: Mapping[str, Any], position: int, size: int, path: Sequence[str], root: str) -> bool:
    """Whether a path shows that the candidate is at this position of a list of this size with this root."""

    def climb(at: int, size: int, rest: list[bytes]) -> bytes | None:
        if size < 2:
            return None if rest else _leaf(candidate)
        if not rest:
            return None
        split, beside = _split(size), rest[-1]
        if at < split:
            below = climb(at, split, rest[:-1])
            return _hash(b"\x01", below, beside) if below else None
        below = climb(at - split, size - split, rest[:-1])
        return _hash(b"\x01", beside, below) if below else None

    if not 0 <= position < size:
        return False
    try:
        found = climb(position, size, [bytes.fromhex(one) for one in path])
    except ValueError:
        return False
    return found is not None and found.hex() == root


def notice_digest(notice: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the notice."""
    return _hash(canonical(notice)).hex()


def commitment(nonce: str) -> str:
    """What a party publishes before: SHA-256 (hex) of its nonce's bytes (hex)."""
    return _hash(bytes.fromhex(nonce)).hex()


def nonce_of(nonce: str, committed: str, beacon_value: str) -> bytes:
    """A party's part of the seed: its nonce; a missing one (not committed to, or not revealed) is the beacon's SHA-256 where there is a
    beacon, else the commitment itself, else nothing but noughts."""
    if nonce:
        return bytes.fromhex(nonce)
    if beacon_value:
        return _hash(beacon_value.encode())
    return bytes.fromhex(committed) if committed else NOTHING


def seed(root: bytes, notice: str, nonces: Sequence[bytes], beacon_value: str) -> bytes:
    """What the order follows from; `notice` is its digest (hex), `nonces` are those of platform, owner and supervisor."""
    return _hash(root, bytes.fromhex(notice), *nonces, beacon_value.encode())


def order(seed: bytes, usccs: Iterable[str]) -> list[str]:
    """The candidates from the one who is drawn to the last of the reserve list."""
    return sorted(usccs, key=lambda uscc: (hmac.digest(seed, uscc.encode(), "sha256"), uscc))


def transcript(
    *,
    notice: Mapping[str, Any],
    candidates: Sequence[Mapping[str, Any]],
    excluded: Sequence[Mapping[str, Any]],
    parties: Sequence[Mapping[str, Any]],
    beacon: Mapping[str, Any] | None,
    drawn: bool,
) -> dict[str, Any]:
    """All a draw is checked by; `drawn` = its result stands in it."""
    digest, root = notice_digest(notice), merkle_root(candidates)
    found: dict[str, Any] = {
        "version": VERSION,
        "notice": dict(notice),
        "notice_digest": digest,
        "candidates": [dict(one) for one in candidates],
        "root": root.hex(),
        "excluded": [dict(one) for one in excluded],
        "parties": [dict(one) for one in parties],
        "beacon": dict(beacon) if beacon else None,
        "seed": None,
        "order": None,
        "winner": None,
    }
    if drawn:
        value = (beacon or {}).get("value") or ""
        nonces = [nonce_of(one["nonce"] or "", one["commitment"] or "", value) for one in parties]
        drawn_by = seed(root, digest, nonces, value)
        ranked = order(drawn_by, (one["uscc"] for one in candidates))
        found |= {"seed": drawn_by.hex(), "order": ranked, "winner": ranked[0] if ranked else None}
    return found


def faults(told: Any) -> list[str]:
    """What does not hold in a transcript, in Chinese; empty when all of it does. For any JSON whatever."""
    if not isinstance(told, dict):
        return ["记录不是一个JSON对象"]
    found: list[str] = []
    for check in (_list_faults, _notice_faults, _party_faults, _order_faults):
        try:
            found += check(told)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            found.append(_UNREADABLE[check.__name__])
    return found


_UNREADABLE: Final = {
    "_list_faults": "候选名单缺失或格式有误",
    "_notice_faults": "公告缺失或格式有误",
    "_party_faults": "三方随机数缺失或格式有误",
    "_order_faults": "种子或抽取顺序缺失或格式有误",
}


def _list_faults(told: Mapping[str, Any]) -> list[str]:
    codes = [one["uscc"] for one in told["candidates"]]
    out = {one["uscc"] for one in told["excluded"]}
    found = ["候选名单有重复的机构"] if len(set(codes)) != len(codes) else []
    if codes != sorted(codes):
        found.append("候选名单未按统一社会信用代码排序")
    found += [f"被排除的机构{code}仍在候选名单中" for code in codes if code in out]
    if merkle_root(told["candidates"]).hex() != told["root"]:
        found.append("候选名单与名单根不符")
    return found


def _notice_faults(told: Mapping[str, Any]) -> list[str]:
    found = ["公告与公告摘要不符"] if notice_digest(told["notice"]) != told["notice_digest"] else []
    named, used = told["notice"].get("beacon"), told["beacon"]
    if (named is None) != (used is None):
        found.append("公共随机数与公告的约定不符")
    elif named is not None and any(named[name] != used[name] for name in ("source", "round", "at")):
        found.append("公共随机数的来源或轮次与公告的约定不符")
    return found


def _party_faults(told: Mapping[str, Any]) -> list[str]:
    names = [one["party"] for one in told["parties"]]
    if names != list(PARTIES):
        return ["三方不是依次为平台、业主、监管"]
    closes = told["notice"].get("signup_end") or ""
    selects = told["notice"].get("selection_at") or ""
    found = []
    for one in told["parties"]:
        title, nonce, committed = PARTIES[one["party"]], one["nonce"], one["commitment"]
        if nonce and (not committed or commitment(nonce) != committed or len(nonce) != 64):
            found.append(f"{title}的随机数与承诺不符")
        if committed and closes and one["committed_at"] and one["committed_at"] > closes:
            found.append(f"{title}的承诺晚于报名截止")
        # The platform reveals last, at the selection time.
        if nonce and selects and one["party"] != "platform" and one["revealed_at"] > selects:
            found.append(f"{title}的随机数公开晚于选取时间")
    return found


def _order_faults(told: Mapping[str, Any]) -> list[str]:
    if told["order"] is None and told["seed"] is None and told["winner"] is None:
        return []
    value = (told["beacon"] or {}).get("value") or ""
    nonces = [nonce_of(one["nonce"] or "", one["commitment"] or "", value) for one in told["parties"]]
    expected = seed(bytes.fromhex(told["root"]), told["notice_digest"], nonces, value)
    found = ["公共随机数缺失"] if told["beacon"] is not None and not value else []
    if expected.hex() != told["seed"]:
        found.append("种子与名单根、公告摘要、随机数不符")
    ranked = order(bytes.fromhex(told["seed"]), (one["uscc"] for one in told["candidates"]))
    if ranked != told["order"]:
        at = next((n for n, pair in enumerate(zip(ranked, told["order"], strict=False), 1) if pair[0] != pair[1]), 0)
        found.append(f"抽取顺序第{at or min(len(ranked), len(told['order'])) + 1}位不符")
    if told["winner"] != (ranked[0] if ranked else None):
        found.append("中选机构不是顺序的第一位")
    return found
