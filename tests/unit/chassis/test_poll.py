"""The thread an api polls in."""

import threading
from typing import Any

import pytest

from chassis import poll
from tests.support.waiting import wait_until


def test_a_poll_that_fails_makes_the_api_unready_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stage, parked, said = ["begins"], threading.Event(), list[bool]()

    def once(*_: Any) -> None:
        if stage[-1] == "fails":
            raise RuntimeError("张三丰 13912345678")
        if stage[-1] == "ends":
            parked.set()
            threading.Event().wait()  # as long as the process lives

    monkeypatch.setattr(poll, "_once", once)
    monkeypatch.setattr(poll, "POLL_SECONDS", 0.001)
    poll.start(None, None, said.append, [])  # type: ignore[arg-type]
    try:
        stage.append("fails")
        wait_until(lambda: said.count(False) >= 2, "polls that go on", 5)
        stage.append("is well")
        wait_until(lambda: said[-1], "ready again", 5)
    finally:
        stage.append("ends")
        assert parked.wait(5)
    told = capfd.readouterr().err
    assert "poll_failed" in told and "RuntimeError" in told and "张三丰" not in told
