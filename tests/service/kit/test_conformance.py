"""The conformance kit over real gRPC: the sample system conforms, a wrong one fails what it does wrong and nothing else."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.support import kit
from tests.support.kit_wrong import Wrong
from tests.support.sources import ROOT
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit import sample
from yiwang_kit.checks import CHECKS, conforms, lines
from yiwang_kit.refusals import reason_of
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


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[tuple[Any, System]]:
    """A stand-in that plays nothing more, and the sample beside it."""
    with kit.standing_in(seconds=30.0, idle=30.0) as (run, address):
        for left in run.lessons.left.values():
            left.clear()
        system = System(address, "sample", keys_of(None, tmp_path), tmp_path, pause=0.1)
        yield run, system
        system.stopping.set()
        run.stopping.set()


def test_the_sample_sends_nothing_again_after_a_restart_and_a_corrected_row_under_its_seq(
    calm: Any, tmp_path: Path
) -> None:
    run, system = calm
    rows = kit.many_cases(2)
    refused = sample.report(system, rows)
    assert {(fault.number, fault.seq) for fault in refused} == set(run.stage.held_back)
    calls = len(run.log.calls("ReportCases"))
    assert sample.report(system, rows) == [] and len(run.log.calls("ReportCases")) == calls
    number, seq = next(iter(run.stage.held_back))
    mended = next(one for one in rows if (one.number, one.seq) == (number, seq))
    mended.at = mended.at.replace("+00:00", "Z")
    assert sample.report(system, rows) == []
    assert [entry["became"] for entry in run.log.of("row")][-1] == "landed"


def test_a_stream_that_is_broken_off_is_written_down_and_no_fault_of_the_stand_in(calm: Any) -> None:
    run, system = calm
    begun, go_on = threading.Event(), threading.Event()

    def batches() -> Iterator[pb.ReportCasesRequest]:
        yield pb.ReportCasesRequest(rows=kit.whole_case("A"))
        begun.set()
        go_on.wait(5)

    stream = system.exchange.ReportCases.future(batches(), metadata=[("authorization", f"Bearer {system.bearer()}")])
    assert begun.wait(5)
    wait_for(lambda: any(run.log.of("batch")))
    stream.cancel()
    wait_for(lambda: [entry["reason"] for entry in run.log.of("end")][-1] == "BY_CLIENT")
    go_on.set()


def test_fields_at_fault_are_named_as_on_the_platform(calm: Any) -> None:
    run, system = calm
    told = [("authorization", f"Bearer {system.bearer()}")]
    with pytest.raises(grpc.RpcError) as refused:
        system.exchange.PushResult(pb.PushResultRequest(request_id="short", case_id="x"), metadata=told, timeout=5)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT and reason_of(refused.value) == "FIELD_RULE"
    with pytest.raises(grpc.RpcError) as refused:
        system.exchange.ReportCases(iter([pb.ReportCasesRequest(profile="nobodys")]), metadata=told, timeout=5)
    assert reason_of(refused.value) == "PROFILE_UNKNOWN"
    assert kit.states(run)["R02"].result.state == "failed"


def test_without_a_token_nothing_is_answered(calm: Any) -> None:
    _, system = calm
    with pytest.raises(grpc.RpcError) as refused:
        system.exchange.Reconcile(pb.ReconcileRequest(day="2026-11-20"), timeout=5)
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)
