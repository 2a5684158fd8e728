"""Every check of the conformance kit is right about a good log, and fails on a bad one: the table has both for each."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from standards.exchange_rows import faults
from tests.support.kit import DEPARTMENT, REGION, accepted, applied, asked, closed, row, special, step, uscc, whole_case
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.checks import CHECKS, conforms, lines, needed
from yiwang_kit.recorder import Entry, Log
from yiwang_kit.server_report import write_down
from yiwang_kit.settings import Settings

BY_ID = {check.id: check for check in CHECKS}
CASE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
DAY = "2026-11-20"


class Told:
    """A log in the making: calls come one after another, a second apart unless said."""

    def __init__(self) -> None:
        self.log = Log()
        self.at = 0.0
        self.number = 0

    def add(self, what: str, **data: Any) -> "Told":
        self.log.entries.append(Entry(self.at, what, self.number, data))
        return self

    def call(
        self, rpc: str, reason: str = "", after: float = 2.0, token: int = 1, deadline: bool = True, **parts: Any
    ) -> "Told":
        """A call with what it brought (`what=data`), which ended by a reason."""
        self.at += after
        self.number += 1
        self.add("call", rpc=rpc, token=token, deadline=deadline)
        for what, data in parts.items():
            for one in data if isinstance(data, list) else [data]:
                self.add(what, **one)
        code = {"": "OK", "REQUIRED": "INVALID_ARGUMENT", "FIELD_RULE": "INVALID_ARGUMENT"}.get(reason, "UNAVAILABLE")
        return self.add("end", code=code, reason=reason)

    def report(
        self, rows: list[pb.ReportRow], reason: str = "", became: Any = "landed", after: float = 2.0, **answer: Any
    ) -> "Told":
        """A stream of rows; `became` for all, or for each."""
        self.call("ReportCases", reason, after)
        end = self.log.entries.pop()
        self.add("batch", rows=len(rows), profile="")
        for position, one in enumerate(rows):
            found = faults(one, "gbt39046", DEPARTMENT, REGION, datetime.now(UTC))
            result = became if isinstance(became, str) else became[position]
            write_down(self.log, self.number, position, one, "", result, found)
        if not reason:
            self.add("answer", **({"read": len(rows), "stopped": False, "rows": len(rows)} | answer))
        self.log.entries.append(end)
        return self

    def watch(
        self, token: str = "", sent: tuple[str, ...] = (), reason: str = "AWAY", after: float = 2.0, types: Any = ()
    ) -> "Told":
        """A stream that told these: a token is an event, one in brackets a heartbeat."""
        told = [{"token": one.strip("()"), "type": "" if one.startswith("(") else "CaseAccepted"} for one in sent]
        return self.call("WatchCases", reason, after, watch={"token": token, "types": list(types)}, sent=told)

    def push(self, case: str = CASE, id: str = "one", content: str = "a", reason: str = "") -> "Told":
        return self.call("PushResult", reason, push={"case_id": case, "request_id": id, "digest": content})

    def compare(
        self, entries: Any, here: Any = (), lost: Any = (), handled_here: bool = False, reason: str = ""
    ) -> "Told":
        told = {
            "day": DAY,
            "handled_here": handled_here,
            "entries": list(entries),
            "here": list(here),
            "lost": list(lost),
        }
        return self.call("Reconcile", reason, reconcile=told | {"wanted": list(lost)})


def proof(**changes: Any) -> dict[str, Any]:
    return {"faults": [], "seconds": 60, "jti": "a", "signed": True} | changes


def issue(*proofs: dict[str, Any]) -> Told:
    told = Told()
    for one in proofs:
        told.call("IssueMachineToken", assertion=one, token=0)
    return told


def tokens(issued: int) -> Told:
    told = Told()
    for number in range(8):
        told.call("PushResult", token=number)
    for _ in range(issued):
        told.add("token", number=1, life=300)
    return told


def rows(*records: Any) -> list[pb.ReportRow]:
    return [row("A", seq, record) for seq, record in enumerate(records, 1)]


def sent(*records: Any) -> Told:
    return Told().report(rows(*records))


def with_last(**changes: Any) -> Told:
    last = row("A", 2, step(), **changes)
    return Told().report([*rows(applied()), last])


A = rows(applied(), accepted(), step(), closed())
B = rows(applied(item_name="另一名称"), accepted(), step(), closed())
STEP = row("A", 3, step("复审"))
MOVED = row("A", 9, step("复审"), hours=3)
HERE = [("A", 4, 0.0)]
WATCHED = [("N", 2, 5.0)]
BATCH = {"rows": 1, "profile": ""}

# By check: a log on which it passes, and one on which it fails.
LOGS: dict[str, tuple[Callable[[], Told], Callable[[], Told]]] = {
    "K01": (lambda: issue(proof()), lambda: issue(proof(faults=["aud"]))),
    "K02": (lambda: issue(proof(seconds=300)), lambda: issue(proof(seconds=301))),
    "K03": (lambda: issue(proof(), proof(jti="b")), lambda: issue(proof(), proof())),
    "K04": (lambda: issue(proof()), lambda: issue(proof(signed=False))),
    "K05": (lambda: Told().call("Reconcile"), lambda: Told().call("Reconcile", token=0)),
    "K06": (
        lambda: Told().call("Reconcile", "TOKEN_EXPIRED").call("Reconcile", token=2),
        lambda: Told().call("Reconcile", "TOKEN_EXPIRED").call("PushResult", token=2),
    ),
    "K07": (
        lambda: Told().call("Reconcile", "TOKEN_EXPIRED").call("PushResult", token=2),
        lambda: Told().call("Reconcile", "TOKEN_EXPIRED").call("PushResult", token=1),
    ),
    "K08": (lambda: tokens(2), lambda: tokens(8)),
    "K09": (lambda: Told().call("Reconcile"), lambda: Told().call("Reconcile", deadline=False)),
    "K10": (
        lambda: Told().call("ReportCases", "QUOTA_EXHAUSTED").call("ReportCases", after=1.0),
        lambda: Told().call("ReportCases", "QUOTA_EXHAUSTED").call("ReportCases", after=0.5),
    ),
    "K11": (
        lambda: Told().call("PushResult", "AWAY").call("PushResult", after=0.2),
        lambda: Told().call("PushResult", "AWAY").call("PushResult", after=0.1),
    ),
    "R01": (lambda: Told().call("ReportCases", batch=BATCH), lambda: Told().call("ReportCases", batch=BATCH | {"rows": 2001})),
    "R02": (
        lambda: Told().call("ReportCases", batch=BATCH),
        lambda: Told().call("ReportCases", batch=[BATCH, BATCH | {"profile": "spgl"}]),
    ),
    "R03": (lambda: sent(applied()), lambda: sent(applied(item_name=""))),
    "R04": (lambda: sent(applied()), lambda: with_last(department=uscc("11990121MB0000002"))),
    "R05": (lambda: sent(applied()), lambda: with_last(at="2026-01-01 10:00:00")),
    "R06": (lambda: sent(applied()), lambda: sent(step())),
    "R07": (lambda: Told().report(A, "AWAY").report(A), lambda: Told().report(A, "AWAY").report(A[1:])),
    "R08": (lambda: Told().report(A, "AWAY").report(A), lambda: Told().report(A, "AWAY").report(B)),
    "R09": (
        lambda: Told().report(A, became=["landed", "landed", "unread", "unread"], stopped=True).report(A[2:]),
        lambda: Told().report(A, became=["landed", "landed", "unread", "unread"], stopped=True).report(A[3:]),
    ),
    "R10": (
        lambda: Told().report(A, became=["landed", "landed", "unread", "unread"], stopped=True).report(A[2:]),
        lambda: Told().report(A, became=["landed", "landed", "unread", "unread"], stopped=True).report(A),
    ),
    "R11": (
        lambda: Told().report(A, became="unread", stopped=True).report(A, after=1.0),
        lambda: Told().report(A, became="unread", stopped=True).report(A, after=0.5),
    ),
    "R12": (
        lambda: Told().report([STEP], became="refused").report([STEP], became="refused").report([STEP], became="refused"),
        lambda: Told().report([STEP], became="refused").report([STEP]).report([STEP]).report([STEP]),
    ),
    "R13": (
        lambda: Told().report([STEP], became="refused").report([row("A", 3, step("复核"))]),
        lambda: Told().report([STEP], became="refused").report([MOVED]),
    ),
    "R14": (
        lambda: Told().report(A).compare([], lost=[("A", 2)]).report(A[1:2]),
        lambda: Told().report(A).report(A, became="known").report(A, became="known").report(A, became="known"),
    ),
    "R15": (lambda: Told().report(A), lambda: Told().report(A).report(B[:1], became="changed")),
    "C01": (lambda: Told().report(A), lambda: Told().report([A[0], A[2]])),
    "C02": (lambda: sent(applied()), lambda: sent(accepted())),
    "C03": (lambda: sent(applied()), lambda: sent(applied(), applied())),
    "C04": (lambda: sent(applied(), step()), lambda: Told().report([A[0], row("A", 2, step(), hours=0)])),
    "C05": (lambda: sent(applied(), accepted()), lambda: sent(applied(), accepted(), accepted())),
    "C06": (lambda: sent(applied(), asked()), lambda: sent(applied(), asked(), asked(True), asked())),
    "C07": (lambda: sent(applied(), asked(), asked(True)), lambda: sent(applied(), asked(True), asked())),
    "C08": (lambda: sent(applied(), accepted()), lambda: sent(applied(), accepted(hours=1))),
    "C09": (lambda: sent(*(applied(), accepted(), closed())), lambda: sent(applied(), accepted(), closed(), closed())),
    "C10": (lambda: sent(*(applied(), accepted(), closed())), lambda: sent(applied(), accepted(), closed(), step())),
    "C11": (lambda: sent(*(applied(), accepted(), closed())), lambda: sent(applied(), step(), closed())),
    "C12": (
        lambda: sent(applied(), special(), special(True), accepted(), closed()),
        lambda: sent(applied(), special(), accepted(), closed()),
    ),
    "C13": (lambda: sent(applied(), special(), special(True)), lambda: sent(applied(), special(True))),
    "W01": (lambda: Told().watch("", ("t1",)).watch("t1"), lambda: Told().watch("", ("t1",)).watch("")),
    "W02": (
        lambda: Told().watch("", ("t1", "t2", "t3")).watch("t3"),
        lambda: Told().watch("", ("t1", "t2", "t3")).watch("t1"),
    ),
    "W03": (lambda: Told().watch("", ("t1", "(t2)")).watch("t2"), lambda: Told().watch("", ("t1", "(t2)")).watch("t1")),
    "W04": (lambda: Told().watch("", ("t1",)).watch("t1", reason=""), lambda: Told().watch("", ("t1",)).call("Reconcile")),
    "W05": (
        lambda: Told().watch(reason="TOO_MANY_WATCHERS").watch(after=1.0),
        lambda: Told().watch(reason="TOO_MANY_WATCHERS").watch(after=0.3),
    ),
    "W06": (
        lambda: Told().watch("t", reason="RECONCILE_NEEDED").compare([], handled_here=True).watch(),
        lambda: Told().watch("t", reason="RECONCILE_NEEDED").watch().compare([], handled_here=True),
    ),
    "W07": (
        lambda: Told().watch("t", reason="RECONCILE_NEEDED").watch(),
        lambda: Told().watch("t", reason="RECONCILE_NEEDED").watch("t"),
    ),
    "W08": (lambda: Told().watch().watch(), lambda: both_open()),
    "W09": (
        lambda: Told().call("WatchCases", silence={"given_up": True, "seconds": 45.0}),
        lambda: Told().call("WatchCases", silence={"given_up": False, "seconds": 60.0}),
    ),
    "W10": (lambda: Told().watch(types=["CaseAccepted"]), lambda: Told().watch(types=["CaseEvaporated"])),
    "P01": (lambda: Told().push(reason="AWAY").push(), lambda: Told().push(reason="AWAY").push(id="two")),
    "P02": (
        lambda: Told().push(reason="CHANGED_MEANWHILE").push(),
        lambda: Told().push(reason="CHANGED_MEANWHILE").push(OTHER),
    ),
    "P03": (
        lambda: Told().push(reason="MOVE_NOT_ALLOWED"),
        lambda: Told().push(reason="MOVE_NOT_ALLOWED").push(reason="MOVE_NOT_ALLOWED").push(reason="MOVE_NOT_ALLOWED").push(
            reason="MOVE_NOT_ALLOWED"
        ),
    ),
    "P04": (lambda: Told().push().push(OTHER, "two"), lambda: Told().push().push(OTHER)),
    "P05": (lambda: Told().push(), lambda: Told().push(reason="NOT_FOUND")),
    "P06": (lambda: Told().push(), lambda: Told().push(reason="REQUIRED")),
    "P07": (lambda: Told().push(reason="AWAY").push(), lambda: Told().push().push()),
    "D01": (lambda: Told().compare([("A", 4)], HERE), lambda: Told().compare([("B", 4)], HERE)),
    "D02": (lambda: Told().compare([("A", 5)], HERE), lambda: Told().compare([("A", 3)], HERE)),
    "D03": (lambda: Told().compare([("A", 4)]), lambda: Told().compare([("A", 4), ("A", 3)])),
    "D04": (lambda: Told().compare([], reason="AWAY").compare([]), lambda: Told().compare([], reason="AWAY")),
    "D05": (
        lambda: Told().report(A).compare([], HERE, [("A", 2)]).report(A[1:2]),
        lambda: Told().report(A).compare([], HERE, [("A", 2)]).report(A[2:]),
    ),
    "D06": (
        lambda: Told().report(A).compare([], HERE, [("A", 1)]).report(A),
        lambda: Told().report(A).compare([], HERE, [("A", 1)]).report(B),
    ),
    "D07": (
        lambda: Told().compare([("N", 2)], WATCHED, handled_here=True),
        lambda: Told().compare([], WATCHED, handled_here=True),
    ),
    "D08": (
        lambda: Told().compare([("N", 2)], WATCHED, handled_here=True),
        lambda: Told().compare([("N", 1)], WATCHED, handled_here=True),
    ),
}  # fmt: skip


def both_open() -> Told:
    told = Told().watch()
    told.log.entries.pop()
    return told.watch()


def test_every_check_has_a_good_and_a_bad_log() -> None:
    assert list(LOGS) == [check.id for check in CHECKS]
    assert len(CHECKS) >= 30


@pytest.mark.parametrize("id", LOGS)
def test_a_good_log_passes(id: str) -> None:
    result = BY_ID[id].run(LOGS[id][0]().log)
    assert result.state == "passed", result.evidence


@pytest.mark.parametrize("id", LOGS)
def test_a_bad_log_fails_with_evidence(id: str) -> None:
    result = BY_ID[id].run(LOGS[id][1]().log)
    assert result.state == "failed"
    assert result.evidence and all(result.evidence)


@pytest.mark.parametrize("id", LOGS)
def test_nothing_seen_is_neither_passed_nor_failed(id: str) -> None:
    assert BY_ID[id].run(Log()).state == "none"


def test_a_whole_case_breaks_no_rule_of_cases() -> None:
    log = Told().report(whole_case("A")).log
    assert {check.id: check.run(log).evidence for check in CHECKS if check.run(log).state == "failed"} == {}


def test_a_special_procedure_beyond_its_end_is_told_and_one_under_way_is_not() -> None:
    assert BY_ID["C12"].run(sent(applied(), special(until=2000)).log).state == "passed"
    assert BY_ID["C12"].run(sent(applied(), special(until=10)).log).state == "failed"


def test_what_was_answered_is_told_by_the_first_twenty() -> None:
    result = BY_ID["R03"].run(Told().report([row(f"A{n}", 1, applied(item_name="")) for n in range(30)]).log)
    assert len(result.evidence) == 21 and "10" in result.evidence[-1]


def test_a_run_needs_what_its_plan_can_show() -> None:
    full, quick = (
        Settings(DEPARTMENT, REGION),
        Settings(DEPARTMENT, REGION, plan="quick", proof="certificate", silence=0),
    )
    assert needed(BY_ID["W09"], full) and not needed(BY_ID["W09"], quick)
    assert needed(BY_ID["K01"], full) and not needed(BY_ID["K01"], quick)
    assert not needed(BY_ID["C12"], full)


def test_a_system_conforms_when_nothing_failed_and_what_is_needed_was_seen() -> None:
    settings = Settings(DEPARTMENT, REGION)
    found = lines(Told().report(whole_case("A")).log, settings)
    assert not conforms(found)
    assert conforms([line for line in found if line.result.state == "passed" or not line.needed])
