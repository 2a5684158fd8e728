import re
import subprocess
from pathlib import Path

import pytest

from deploy.local import install
from deploy.local.faults import LocalFault
from deploy.local.install import find_rabbitmq, need_browser, need_rabbitmq

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMQP_URI", raising=False)
    monkeypatch.setattr(install, "RABBITMQ_PLACES", ("/no/such/rabbitmq-server",))
    monkeypatch.setattr(install, "BROWSERS", ("no-such-browser",))


def test_without_rights_one_sentence_says_the_two_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_root_prefix", lambda: None)
    with pytest.raises(LocalFault) as fault:
        need_rabbitmq(print)
    text = str(fault.value)
    assert "apt-get install rabbitmq-server" in text and "AMQP_URI=amqp://" in text and "neither root" in text
    assert "\n" not in text


def test_a_given_broker_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://somewhere")
    need_rabbitmq(print)
    assert find_rabbitmq() is None


def test_stale_package_lists_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    answers = iter(["E: Unable to locate package", None, None])
    monkeypatch.setattr(install, "_root_prefix", lambda: ["sudo", "-n"])
    monkeypatch.setattr(install.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(install, "has_chinese_font", lambda: True)
    monkeypatch.setattr(install, "_quiet", lambda command: (ran.append(command), next(answers))[1])
    need_browser(print)
    assert [("update" if "update" in command else command[-1]) for command in ran] == ["chromium", "update", "chromium"]
    assert all(command[:4] == ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"] for command in ran)


def test_a_failed_installation_shows_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_root_prefix", list)
    monkeypatch.setattr(install.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(install, "_quiet", lambda command: "E: no network")
    with pytest.raises(LocalFault, match=r"RabbitMQ is missing.*apt-get failed: E: no network"):
        need_rabbitmq(lambda text: None)


def test_make_shows_one_line_for_each_target() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text())
    assert phony
    assert {line.split()[1] for line in shown.splitlines()} == set(phony[1].split())
