"""A selection's transcript as a page shows it, step by step. Pure; what is shown is computed from it, not taken on trust."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from services.gateway import market_words
from yiwang.intermediary.v1 import selection_pb2 as selection

# So many rows of a list stand on a page; the rest is in the file.
MOST_ROWS: Final = 500
ZEROS: Final = "0" * 64


class Part(NamedTuple):
    """What one party put into a draw: its commitment, what it told, and what was used."""

    party: str
    name: str
    commitment: str
    committed_at: str
    nonce: str
    revealed_at: str
    # revealed, beacon, commitment, nothing; empty while it may still come.
    used: str
    value: str


class Place(NamedTuple):
    """A place of the order: who, with the HMAC of a draw, or the value and why of the others."""

    place: int
    uscc: str
    name: str
    hmac: str
    value: int
    why: str


@dataclass(frozen=True)
class Proof:
    """The transcript in parts."""

    digest: str
    complete: bool
    notice_digest: str
    root: str
    candidates: Sequence[Mapping[str, Any]]
    excluded: Sequence[Mapping[str, Any]]
    parts: Sequence[Part] = ()
    beacon: Mapping[str, Any] | None = None
    seed: str = ""
    places: Sequence[Place] = ()
    bids: Sequence[Mapping[str, Any]] = ()
    notice: Mapping[str, Any] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """How many rows of a list a page shows."""
        return MOST_ROWS


def proof_of(found: selection.Transcript) -> Proof:
    """The transcript as the service tells it."""
    told: dict[str, Any] = orjson.loads(found.json)
    beacon = told.get("beacon")
    known = beacon if isinstance(beacon, dict) else None
    value = str(known.get("value") or "") if known else ""
    return Proof(
        digest=found.digest,
        complete=found.complete,
        notice_digest=told.get("notice_digest") or "",
        notice=told.get("notice") or {},
        root=told.get("root") or "",
        candidates=told.get("candidates") or [],
        excluded=told.get("excluded") or [],
        parts=[_part(one, value, found.complete) for one in told.get("parties") or []],
        beacon=known,
        seed=told.get("seed") or "",
        places=_places(told),
        bids=told.get("bids") or [],
    )


def _part(told: Mapping[str, Any], beacon: str, complete: bool) -> Part:
    commitment, nonce = told.get("commitment") or "", told.get("nonce") or ""
    used, value = ("revealed", nonce) if nonce else _replaced(commitment, beacon) if complete else ("", "")
    return Part(
        told["party"],
        market_words.PARTY.get(told["party"], told["party"]),
        commitment,
        told.get("committed_at") or "",
        nonce,
        told.get("revealed_at") or "",
        used,
        value,
    )


def _replaced(commitment: str, beacon: str) -> tuple[str, str]:
    """What stands for a nonce that was not told, as the notice says."""
    if beacon:
        return "beacon", hashlib.sha256(beacon.encode()).hexdigest()
    return ("commitment", commitment) if commitment else ("nothing", ZEROS)


def _places(told: Mapping[str, Any]) -> list[Place]:
    names = {one["uscc"]: one["name"] for one in told.get("candidates") or []}
    seed = bytes.fromhex(told.get("seed") or "")
    found = []
    for at, one in enumerate(told.get("order") or [], 1):
        if isinstance(one, str):
            code = hmac.new(seed, one.encode(), hashlib.sha256).hexdigest()
            found.append(Place(at, one, names.get(one, ""), code, 0, ""))
        else:
            found.append(Place(at, one["uscc"], one["name"], "", int(one.get("value") or 0), one.get("why") or ""))
    return found
