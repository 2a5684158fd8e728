"""Draws made up for tests, and the stand-alone verifier as a module and as the program it is."""

import hashlib
import importlib.util
import json
import subprocess  # nosec
import sys
from collections.abc import Collection
from pathlib import Path
from types import ModuleType
from typing import Any

from standards import draw
from tests.support.sources import ROOT

VERIFIER = ROOT / "services/gateway/static/verify_draw.py"
BEACON = {"source": "drand", "round": 7, "at": "2026-11-23T10:00:00+00:00"}


def nonce(number: int) -> str:
    """A party's nonce."""
    return hashlib.sha256(f"nonce {number}".encode()).hexdigest()


def drawn(count: int = 5, missing: Collection[int] = (), beacon: bool = True, value: str = "5f" * 32) -> dict[str, Any]:
    """The transcript of a draw; `missing` are the parties, from 0, who withheld their nonces."""
    notice = {
        "id": "a procurement",
        "title": "某产业园环境影响评价",
        "signup_end": "2026-11-23T08:00:00+00:00",
        "selection_at": "2026-11-23T09:00:00+00:00",
        "beacon": BEACON if beacon else None,
        "rules": {"candidates_least": 3},
    }
    parties = [
        {
            "party": name,
            "commitment": draw.commitment(nonce(number)),
            "committed_at": "2026-11-22T08:00:00+00:00",
            "nonce": None if number in missing else nonce(number),
            "revealed_at": None if number in missing else "2026-11-23T08:30:00+00:00",
        }
        for number, name in enumerate(draw.PARTIES)
    ]
    made: dict[str, Any] = draw.transcript(
        notice=notice,
        candidates=[{"uscc": f"91990121MA{n:08}", "name": f"某机构{n}"} for n in range(count)],
        excluded=[{"uscc": "91990121MB00000000", "name": "回避机构", "reason": "AVOIDED"}],
        parties=parties,
        beacon={**BEACON, "value": value} if beacon else None,
        drawn=True,
    )
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_draw", VERIFIER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verifier = _module()


def verified(told: Any) -> list[str]:
    """The steps the verifier says do not hold; a text for what it cannot read."""
    try:
        return [step for step, holds, _ in verifier.steps(told) if not holds]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return ["unreadable"]


def run(path: Path) -> subprocess.CompletedProcess[str]:
    """The verifier as anybody runs it."""
    return subprocess.run(  # nosec
        [sys.executable, "-I", str(VERIFIER), str(path)], capture_output=True, text=True, check=False, timeout=30
    )
