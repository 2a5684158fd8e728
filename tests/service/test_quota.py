"""Quotas on a real store: all processes of a service share one count a minute, however they race, and none gets one too many."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis import quota
from chassis.errors import RESOURCE_EXHAUSTED, Refused
from tests.support.actors import machine, officer
from tests.support.calling import refused
from tests.support.serving import Here
from tests.support.sources import ROOT

Db = Database[dict[str, Any]]
NOON = datetime(2026, 9, 30, 12, 0, 30, tzinfo=UTC)
INBOX = "yiwang.case.v1.CaseService/ListInbox"
# Takes as often as it may by eight threads, and says how often it was let.
TAKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pymongo import MongoClient
from chassis import quota
from chassis.errors import Refused

database = MongoClient(sys.argv[1], tz_aware=True).get_default_database()
now = datetime.fromisoformat(sys.argv[2])

def take(_):
    try:
        quota.take(database, "machine:m", int(sys.argv[3]), now)
    except Refused:
        return 0
    return 1

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(take, range(60))))
"""


@pytest.fixture(autouse=True)
def indexes(database: Db) -> None:
    quota.ensure_indexes(database)


def taken(database: Db, name: str, most: int, times: int, now: datetime = NOON) -> int:
    """How often of so many times it was let."""
    found = 0
    for _ in range(times):
        try:
            quota.take(database, name, most, now)
        except Refused as refusal:
            assert (refusal.code, refusal.reason) == (RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED")
        else:
            found += 1
    return found


@pytest.mark.parametrize("most", [0, 1, 3])
def test_so_many_a_minute_are_let_and_no_more(database: Db, most: int) -> None:
    assert taken(database, "machine:m", most, most + 3) == most


def test_the_next_minute_and_another_name_begin_anew(database: Db) -> None:
    assert taken(database, "machine:m", 2, 3) == 2
    assert taken(database, "machine:m", 2, 3, NOON + timedelta(seconds=30)) == 2
    assert taken(database, "machine:m", 2, 3, NOON + timedelta(days=1)) == 2, "not yesterday's count of this minute"
    assert taken(database, "machine:n", 2, 3) == 2


def test_threads_that_begin_a_minute_at_once_share_its_count(database: Db) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(lambda _: taken(database, "machine:m", 10, 5), range(8))) == 10


@pytest.mark.parametrize("most", [1, 50])
def test_two_processes_that_race_let_exactly_so_many(database: Db, mongodb_uri: str, most: int) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}"}
    command = [sys.executable, "-c", TAKER, mongodb_uri, NOON.isoformat(), str(most)]
    racers = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    let = [int(racer.communicate(timeout=60)[0]) for racer in racers]
    assert sum(let) == most
    assert [one["count"] for one in database["quotas"].find({})] == [most]


def test_a_machine_is_counted_by_call_and_nobody_else_is(case_api: Here) -> None:
    limited = machine(INBOX, quota=2)
    calls = case_api.by(limited)
    for _ in range(2):
        calls.ListInbox()
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        calls.ListInbox()
    desk = case_api.by(officer("receive"))
    for _ in range(5):
        desk.ListInbox()
