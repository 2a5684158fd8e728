"""docs/map.md says what the contracts say, and docs/moves.md what the table of moves says."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("maker", ["docs/make_map.py", "docs/make_moves.py"])
def test_what_is_drawn_is_true(maker: str) -> None:
    done = subprocess.run(
        [sys.executable, maker, "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
