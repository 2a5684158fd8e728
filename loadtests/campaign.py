"""Runs loads against a suite and reckons afterwards: what was asked, acknowledged, found and doubled."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.suite import Suite
from loadtests import world

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Campaign:
    """A suite with tokens and items to put load on it. `prepare` once, then `load` as often as wanted."""

    suite: Suite
    folder: Path
    spec: dict[str, Any] = field(default_factory=dict)

    def prepare(self) -> "Campaign":
        """Puts the key and the items where the services find them, and mints the tokens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stores = {name: world.database(self.suite.store(name).uri, name) for name in self.suite.services}
        key = world.signing_key(*stores.values())
        self.spec = {
            "address": self.suite.address("case"),
            "items": world.keep_items(stores["case"]),
            "tokens": [world.person_token(key, number) for number in range(world.PERSONS)],
            "receivers": [world.officer_token(key, number, "receive", "review") for number in range(world.DEPARTMENTS)],
            "supervisor": world.officer_token(key, 0, "supervise"),
            "officers": [world.officer_token(key, number, "receive") for number in range(world.DEPARTMENTS)],
        }
        if "rating" in self.suite.services:
            self.spec["rating"] = self.suite.address("rating")
        if "catalog" in self.suite.services:
            self.spec["catalog"] = self.suite.address("catalog")
        if self.suite.gateway_url:
            self.spec["gateway"] = self.suite.gateway_url
        return self

    @property
    def cases(self) -> Any:
        """The collection of cases, to reckon with."""
        return world.database(self.suite.store("case").uri, "case")["cases"]

    def start(self, act: str, rate: float, seconds: float, **more: Any) -> "Load":
        """Starts a load in a process of its own."""
        run = uuid.uuid4().hex[:12]
        ledger = self.folder / f"{run}.ledger"
        spec = {**self.spec, "act": act, "rate": rate, "seconds": seconds, "run": run, "ledger": str(ledger), **more}
        file = self.folder / f"{run}.json"
        file.write_text(json.dumps(spec))
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "PYTHONWARNINGS": "ignore"}
        process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.drive", str(file)],
            stdout=subprocess.PIPE,
            stderr=(self.folder / f"{run}.log").open("w"),
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment,
            text=True,
        )
        return Load(run, process, ledger)

    def load(self, act: str, rate: float, seconds: float, **more: Any) -> dict[str, Any]:
        """Runs a load to its end; the result has `cpu_by`: CPU milliseconds per act of every process, the load's own as `client`."""
        before = self.suite.cpu_seconds()
        result = self.start(act, rate, seconds, **more).result(seconds + 150)
        after = self.suite.cpu_seconds()
        count = max(1, result["asked"])
        result["cpu_by"] = {name: (after[name] - before[name]) * 1000 / count for name in after}
        result["cpu_by"]["client"] = result["cpu"] * 1000 / count
        return result

    def reckon(self, ledger: Path, wait: float = 60) -> "Reckoning":
        """Compares the ledger with the store: every acknowledged request has its one case, and every event was sent."""
        lines = [json.loads(line) for line in ledger.read_text().splitlines()]
        asked = {line["asked"] for line in lines if "asked" in line}
        acknowledged = {line["acknowledged"]: line["case"] for line in lines if "acknowledged" in line}
        until_true(lambda: self.cases.find_one({"unsent": True}) is None, wait)
        causes: Counter[str] = Counter()
        run = next(iter(asked)).rsplit("-", 1)[0]
        for document in self.cases.find({}, {"journal.cause": 1}):
            request_id = document["journal"][0]["cause"].rsplit("/", 1)[-1]
            if request_id.startswith(run):
                causes[request_id] += 1
        lost = [id for id in acknowledged if causes[id] == 0]
        doubled = [id for id, count in causes.items() if count > 1]
        return Reckoning(len(asked), len(acknowledged), len(causes), len(lost), len(doubled))


@dataclass(frozen=True)
class Reckoning:
    """The four numbers of a resilience test."""

    submitted: int
    acknowledged: int
    found: int
    lost: int
    duplicated: int

    def __str__(self) -> str:
        return (
            f"submitted {self.submitted} · acknowledged {self.acknowledged} · found {self.found} · "
            f"lost {self.lost} · duplicated {self.duplicated}"
        )


@dataclass
class Load:
    """A load that runs."""

    run: str
    process: "subprocess.Popen[str]"
    ledger: Path

    def result(self, seconds: float) -> dict[str, Any]:
        """Waits for the end; RuntimeError with the load's own words when it failed."""
        out, _ = self.process.communicate(timeout=seconds)
        if self.process.returncode:
            log = self.ledger.with_suffix(".log").read_text()[-2000:]
            raise RuntimeError(f"load {self.run} ended with {self.process.returncode}: {log}")
        return json.loads(out.splitlines()[-1])  # type: ignore[no-any-return]


def until_true(condition: Callable[[], Any], seconds: float, step: float = 0.1) -> None:
    """Waits until the condition holds; TimeoutError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {getattr(condition, '__name__', condition)}")
        time.sleep(step)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scratch(name: str) -> Path:
    """A folder for one run's files."""
    return Path(tempfile.mkdtemp(prefix=f"yiwang-{name}-"))
