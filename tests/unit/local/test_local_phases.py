from pathlib import Path

import pytest

from deploy.local import phases


def test_phases_stop_at_the_first_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "ran $2"\ntest "$2" != unit\n')
    make.chmod(0o755)
    monkeypatch.setenv("MAKE", str(make))
    assert phases.main(["lint", "unit", "service"]) == 1
    shown = capfd.readouterr().out
    assert "ran lint" in shown and "ran unit" in shown and "ran service" not in shown
    rows = [line for line in shown.splitlines() if "│" in line]
    assert ["ok" in rows[0], "failed" in rows[1], "not run" in rows[2]] == [True] * 3
    assert phases.main(["lint"]) == 0
