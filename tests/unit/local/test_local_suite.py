import http.client
from pathlib import Path

import pytest

from deploy.local import county, run
from deploy.local.faults import LocalFault
from deploy.local.reset import reset
from deploy.local.suite import Suite

pytestmark = pytest.mark.usefixtures("standins")


def test_a_suite_starts_in_order_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    suite = Suite(tmp_path, services=("identity", "case"))
    suite.start(lambda *words: said.append(words))
    assert said.index(("queues", "ready")) < said.index(("case-worker", "starting"))
    assert set(suite.cpu_seconds()) == {
        *("broker", "identity-store", "case-store", "gateway"),
        *(f"{service}-{mode}" for service in ("identity", "case") for mode in ("api", "worker")),
    }
    connection = http.client.HTTPConnection(suite.gateway_url.removeprefix("http://"))
    connection.request("GET", "/readyz")
    assert connection.getresponse().status == 200
    daemons = suite.daemons()
    suite.stop()
    assert not any(daemon.alive for daemon in daemons)


def test_a_process_can_be_killed_and_brought_back(tmp_path: Path) -> None:
    with Suite(tmp_path, services=("case",), gateway=False) as suite:
        worker = suite.process("case", "worker")
        pid = worker.pid
        worker.kill()
        assert not worker.answers()
        worker.restart()
        assert worker.answers() and worker.pid != pid
        assert suite.gateway_url == "" and suite.process("case", "api").answers()


def test_a_second_start_in_the_same_folder_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    with Suite(tmp_path, services=("case",), gateway=False) as suite:
        with pytest.raises(LocalFault, match=r"the suite in .* is in use by another run"):
            Suite(tmp_path, services=("case",), gateway=False).start()
        with pytest.raises(LocalFault, match="is in use by another run"):
            reset(tmp_path)
        assert all(daemon.alive for daemon in suite.daemons())
        address = suite.address("case")
    with Suite(tmp_path, services=("case",), gateway=False) as suite:
        assert suite.address("case") == address


def test_one_process_that_fails_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIL", "case-worker")
    suite = Suite(tmp_path, services=("case",), gateway=False)
    with pytest.raises(LocalFault, match="case-worker ended with code 3 while starting") as fault:
        suite.start()
    assert str(fault.value).splitlines()[1:] == [f"line {number}" for number in range(6, 21)]
    assert not suite.running and not any(daemon.alive for daemon in suite.daemons())


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalFault, match=r"cannot write .*file/run.lock"):
        Suite(tmp_path / "file").start()


def test_run_once_loads_what_is_new_and_only_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, folder = tmp_path / "items.json", tmp_path / "folder"
    data.write_text("{}")
    monkeypatch.setattr(county, "sources", lambda: [("catalog", data, ["json.tool"])])
    assert run.main(["--once", "--folder", str(folder)]) == 0
    first = capsys.readouterr().out
    assert "items.json: loaded" in first and "http://127.0.0.1:" in first and "make trace" in first
    assert run.main(["--once", "--folder", str(folder)]) == 0
    assert "items.json" not in capsys.readouterr().out
    data.write_text("{")
    assert run.main(["--once", "--folder", str(folder)]) == 1
    assert "items.json: not loaded wholly" in capsys.readouterr().out


def test_reset_empties_a_suites_folder_and_no_other(tmp_path: Path) -> None:
    with Suite(tmp_path / "a", services=("case",), gateway=False):
        pass
    reset(tmp_path / "a")
    assert not (tmp_path / "a").exists()
    reset(tmp_path / "a")
    (tmp_path / "b").mkdir()
    with pytest.raises(LocalFault, match="is not the folder of a suite: nothing removed"):
        reset(tmp_path / "b")


def test_accounts_of_the_demonstration_are_shown() -> None:
    shown = county.accounts()
    titles = [who.split()[0] for who, _, _ in shown]
    items = ["事项人员"] * 4
    assert titles == [
        *("群众", "收件人员", "审批人员", "管理员", "管理员", *items, "监督人员", "中介超市人员", "采购人员"),
        *(title for title in ("惠企政策人员", "兑付审核人员", "财政人员") for _ in range(2)),
        *("中介机构", "项目业主", "帮办人员", "银行柜员"),
    ]
    # The county's and the city's: one writes, another reviews.
    assert [login for who, login, _ in shown if who.startswith("事项人员")] == ["zw-901", "zw-903", "cs-901", "cs-902"]
    assert county.accounts(Path("/no/such/file")) == []
