"""The conformance kit over real gRPC: the sample system conforms, a wrong one fails what it does wrong and nothing else."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support import kit
from tests.support.kit_wrong import Wrong
from tests.support.sources import ROOT
from yiwang_kit import sample
from yiwang_kit.checks import CHECKS, conforms, lines
from yiwang_kit.sample_calls import System, keys_of

# What Wrong does wrong, see its methods.
WRONG = (
    *("K02", "K03", "K07", "K09", "K10", "K11"),
    *("R04", "R05", "R08", "R10", "R11", "R12", "R14", "R15", "C09"),
    *("W01", "W02", "W03", "W05", "W06", "W07", "W10"),
    *("P01", "P02", "P03", "P04", "P05", "P06", "P07"),
    *("D01", "D02", "D03", "D04", "D05", "D07"),
)


def run_sample(address: str, folder: Path, rows: list[Any]) -> System:
    system = System(address, "sample", keys_of(None, folder), folder, pause=0.3)
    system.silence = 1.0
    threading.Thread(target=sample.run, args=(system, rows, 60.0), daemon=True).start()
    return system


def test_the_sample_system_conforms_also_when_the_watch_falls_silent(tmp_path: Path) -> None:
    keys_of(None, tmp_path)
    told = {"silence": 3.0, "jwks": (tmp_path / "public.json").read_text()}
    with kit.standing_in(**told) as (run, address):
        system = run_sample(address, tmp_path, kit.many_cases())
    system.stopping.set()
    assert run.lessons.over()
    found = kit.states(run)
    assert {id: line.result.evidence for id, line in found.items() if line.result.state != "passed"} == {}
    assert conforms(lines(run.log, run.settings))
    assert sorted(found) == sorted(check.id for check in CHECKS) and len(found) >= 30


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with kit.standing_in(seconds=30.0) as (run, address):
        system = Wrong(address, tmp_path_factory.mktemp("wrong"))
        system.tokens()
        system.report()
        cases = system.watch()
        system.push(cases)
        system.reconcile()
        run.stopping.set()
    return kit.states(run)


def test_a_wrong_system_fails_what_it_does_wrong_and_nothing_else(wrong: dict[str, Any]) -> None:
    failed = {id for id, line in wrong.items() if line.result.state == "failed"}
    assert failed == set(WRONG)


def test_what_a_wrong_system_gave_no_occasion_for_is_told_apart(wrong: dict[str, Any]) -> None:
    assert {id for id, line in wrong.items() if line.result.state == "none"} == {"D06", "D08", "K04", "W09"}


def test_each_fault_is_told_with_evidence_and_how_to_mend_it(wrong: dict[str, Any]) -> None:
    for line in wrong.values():
        if line.result.state == "failed":
            assert line.result.evidence and line.check.mend and line.check.source


def test_serve_and_sample_as_commands_give_the_reports(tmp_path: Path) -> None:
    rows = kit.write_rows(tmp_path / "rows.json", kit.many_cases(2))
    reports = [part for kind in ("html", "json", "text") for part in (f"--{kind}", str(tmp_path / f"report.{kind}"))]
    who = ["--department", kit.DEPARTMENT, "--region", kit.REGION]
    times = ["--plan", "quick", "--seconds", "40", "--idle", "1.5"]
    serving = command("serve", *who, *times, "--listen", "127.0.0.1:0", *reports)
    ready = serving.stdout.readline()
    address = re.search(r"127\.0\.0\.1:\d+", ready)[0]
    folder = str(tmp_path / "folder")
    sending = command(
        "sample", "--platform", address, "--rows", str(rows), "--folder", folder, "--seconds", "15", "--pause", "0.3"
    )
    told, _ = serving.communicate(timeout=60)
    sending.terminate()
    sending.communicate(timeout=20)
    assert serving.returncode == 0, told
    assert "结论：符合" in told and "结论：符合" in (tmp_path / "report.html").read_text()
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["conforms"] and len(report["checks"]) == len(CHECKS) and report["log"]
    # The applicant's name and the number of his document stand in the rows, and nowhere in what is written of them.
    for file in ("report.html", "report.json", "report.text"):
        content = (tmp_path / file).read_text()
        assert "试验商行" not in content and kit.APPLICANT not in content
    assert "试验商行" in rows.read_text()


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "yiwang_kit", *arguments],
        cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "PATH": ""}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_run_nobody_takes_part_in_does_not_conform() -> None:
    with kit.standing_in(seconds=0.3) as (run, _):
        pass
    found = lines(run.log, run.settings)
    assert not conforms(found) and not any(line.result.state == "failed" for line in found)
