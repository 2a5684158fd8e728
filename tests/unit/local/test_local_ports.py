import json
import socket
from pathlib import Path

import pytest

from deploy.local.faults import LocalFault
from deploy.local.ports import HIGHEST, LOWEST, Ports, is_free


def listen(port: int = 0) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def test_a_port_is_remembered(tmp_path: Path) -> None:
    port = Ports(tmp_path / "ports.json").take("case")
    assert LOWEST <= port < HIGHEST
    assert Ports(tmp_path / "ports.json").take("case") == port


def test_a_taken_port_gives_another_and_says_so(tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    old = Ports(tmp_path / "ports.json").take("case")
    with listen(old):
        new = Ports(tmp_path / "ports.json", lambda *words: said.append(words)).take("case")
    assert new != old
    assert said == [("case", f"port {old} is taken now, using {new}")]


def test_the_preferred_port_is_taken_or_the_next_free_one(tmp_path: Path) -> None:
    with listen() as server:
        taken = server.getsockname()[1]
        port = Ports(tmp_path / "ports.json").take("gateway", taken)
    assert taken < port < taken + 100


def test_two_names_never_share_a_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    first = ports.take("a", 25000)
    assert ports.take("b", first) != first


@pytest.mark.parametrize("text", ["{", "[]", '{"case": "x"}', '{"case": true}', '{"case": 70000}', "\x00"])
def test_a_damaged_file_is_said_and_replaced(tmp_path: Path, text: str) -> None:
    said: list[str] = []
    file = tmp_path / "ports.json"
    file.write_text(text)
    port = Ports(file, lambda name, state: said.append(state)).take("case")
    assert said == [f"{file} is damaged: choosing new ports"]
    assert json.loads(file.read_text()) == {"case": port}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalFault, match=r"cannot write .*/file/ports.json"):
        Ports(tmp_path / "file" / "ports.json").take("case")


def test_a_listening_port_is_not_free() -> None:
    with listen() as server:
        assert not is_free(server.getsockname()[1])
