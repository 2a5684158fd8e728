"""docs/map.md says what the contracts say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_map_is_true() -> None:
    done = subprocess.run(
        [sys.executable, "docs/make_map.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
