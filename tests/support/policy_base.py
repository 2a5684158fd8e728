"""The enterprise base of policy inside the test's process: enterprises, what departments report of them, items that are open, and the
worker that hears of both."""

import itertools
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Actor, Cause, holder
from chassis.events import Heard
from chassis.records import Records, broken_at
from services.policy import (
    matching,
    model_items,
    store,
    store_corrections,
    store_enterprises,
    store_items,
    store_matches,
    worker_enterprises,
)
from standards.workdays import local_day
from tests.support import agencies
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, machine, officer, person, supervisor
from tests.support.serving import Here, serving
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

Db = Database[dict[str, Any]]
SERVICE = "EnterpriseService"
REPORT = "yiwang.policy.v1.EnterpriseService/ReportFacts"
NAME = "某某县科学技术局"
ELSEWHERE = "990122"
# A fact that departments report.
HIGH = "national_high_tech"
_seqs = itertools.count(1)


class Enterprise(NamedTuple):
    """An enterprise and who handles its matters."""

    uscc: str
    actor: Actor


class BaseHere(Here):
    """The api of policy inside this process, and the worker's handlers of the base."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.worker = worker_enterprises.HearsEnterprises()
        self.worker.parts = self.parts
        worker_enterprises.prepare(self.worker, self.parts)
        self.reporter = officer("policy", department=DEPARTMENT)
        self.machine = machine(REPORT, department=DEPARTMENT)
        self.stranger = officer("policy", "payout", department=OTHER_DEPARTMENT)
        self.boss = supervisor(department=OTHER_DEPARTMENT)
        self.elsewhere = replace(
            officer("policy", "payout", "supervise", department=OTHER_DEPARTMENT), region=ELSEWHERE
        )

    def ask(self, actor: Actor | None) -> Any:
        """EnterpriseService as this actor calls it."""
        return self.by(actor, service=SERVICE)

    # -- enterprises

    def enterprise(self, **facts: Any) -> Enterprise:
        """Another enterprise each time, of which a department told these facts."""
        uscc = agencies.uscc()
        company = person(level=3)
        found = Enterprise(uscc, handler(replace(company, holder=holder(company.id, uscc))))
        if facts:
            assert self.report(uscc, **facts).taken
        return found

    def row(self, uscc: str, at: str = "", region: str = REGION, **facts: Any) -> pb.FactRow:
        """What a department tells of an enterprise."""
        told = [pb.RowFact(name=name, value=orjson.dumps(value).decode()) for name, value in facts.items()]
        return pb.FactRow(uscc=uscc, name=f"某公司{uscc[-6:]}", region=region, facts=told, at=at or instant())

    def report(self, uscc: str, by: Actor | None = None, at: str = "", **facts: Any) -> pb.RowOutcome:
        """A department reports of one enterprise; the outcome."""
        (outcome,) = self.reported(self.row(uscc, at, **facts), by=by)
        return outcome

    def reported(self, *rows: pb.FactRow, by: Actor | None = None, **told: Any) -> list[pb.RowOutcome]:
        """A department reports; the outcomes."""
        answer = self.ask(by or self.reporter).ReportFacts(department_name=NAME, rows=rows, **told)
        return list(answer.outcomes)

    def claim(self, one: Enterprise, **facts: Any) -> pb.Enterprise:
        """An enterprise states facts of itself."""
        told = [pb.FactTold(name=name, value=orjson.dumps(value).decode()) for name, value in facts.items()]
        answer: pb.Enterprise = self.ask(one.actor).StateFacts(uscc=one.uscc, facts=told)
        return answer

    def known(self, one: Enterprise) -> dict[str, Any]:
        """What the base knows of an enterprise, by name."""
        return {name: fact.value for name, fact in store_enterprises.facts_of(self.database, one.uscc).items()}

    # -- items

    def open(self, cel: str, amount: str = "100000", id: str = "", **told: Any) -> str:
        """An item that is open, or its next edition; and the worker hears of it. Its id."""
        id = id or str(uuid.uuid4())
        said: dict[str, Any] = {
            "policy_id": str(uuid.uuid4()),
            "title": f"某奖补{id[:4]}",
            "mode": items_pb2.PAYOUT_MODE_PROACTIVE,
            "period": items_pb2.PERIOD_KIND_YEAR,
            "region": REGION,
            "rule": rules_pb2.Rule(leaf=rules_pb2.Leaf(id="only", cel=cel, says="条件")),
            "amount": items_pb2.AmountFormula(cel=amount),
        }
        definition = items_pb2.PayoutItemDefinition(**said | told)
        all = store_items.items(self.database)
        if (found := all.find({"_id": id})) is None:
            saved = events.PayoutItemSaved(item_id=id, number=f"DF-{id[:6]}", definition=definition)
            found = all.create(cause(), lambda _: saved, id)
        opened = events.PayoutItemOpened(
            item_id=id, edition=found.state.edition + 1, definition=definition, payable=model_items.payable(definition)
        )
        record = all.change(id, cause(), lambda _: opened)
        self.hear("match_opened", opened, id, record.version)
        return id

    def paused(self, id: str) -> None:
        """An item takes no claims."""
        store_items.items(self.database).change(
            id, cause(), lambda _: events.PayoutItemPaused(item_id=id, reason="暂停")
        )

    def resumed(self, id: str) -> None:
        """It takes claims again, and the worker hears of it."""
        told = events.PayoutItemResumed(item_id=id)
        record = store_items.items(self.database).change(id, cause(), lambda _: told)
        self.hear("match_resumed", told, id, record.version)

    # -- the worker

    def hear(self, name: str, event: Message, record: str, seq: int, at: str = "") -> None:
        """As if the worker's handler had heard it."""
        heard: Heard[Any] = Heard(f"{record}.{seq}", record, seq, "", at or instant(), event, f"policy.{name}", "")
        getattr(self.worker, name)(heard)

    def hear_facts(self, uscc: str = "") -> None:
        """The worker hears whatever was told of an enterprise, or of all."""
        for document in store_enterprises.sheets(self.database).collection.find({}):
            if uscc in ("", document["state"]["uscc"]):
                self._hear_journal("keep_facts", store_enterprises.sheets(self.database), document)

    def hear_corrections(self) -> None:
        """The worker hears of every decision."""
        all = store_corrections.corrections(self.database)
        for document in all.collection.find({}):
            self._hear_journal("correct_fact", all, document, "CorrectionDecided")

    def hear_entries(self) -> None:
        """The worker hears of every enterprise that came."""
        all = store_enterprises.entries(self.database)
        for document in all.collection.find({}):
            self._hear_journal("match_joined", all, document, "EnterpriseOpened")

    def _hear_journal(self, name: str, all: Records[Any], document: Mapping[str, Any], kind: str = "") -> None:
        for entry in document["journal"]:
            if kind in ("", entry["type"]):
                self.hear(name, all.event(entry), document["_id"], entry["seq"], entry["at"].isoformat())

    def walked(self) -> None:
        """All walks through the base come to their end."""
        day = local_day(datetime.now(UTC))
        while matching.walk(self.database, self.worker.plans, day):
            pass

    def matches(self, one: Enterprise) -> dict[str, int]:
        """Which items an enterprise gets by its kept matches, and how much of each."""
        found = store_matches.get(self.database, one.uscc)
        return {id: told["fen"] for id, told in (found["items"] if found else {}).items() if told["qualifies"]}

    def told(self, one: Enterprise) -> list[tuple[str, int]]:
        """Items and editions an enterprise was told that it matches."""
        record = store_enterprises.entries(self.database).get(store_enterprises.entry_id(one.uscc))
        told = [entry["data"] for entry in record.journal if entry["type"] == "EnterpriseMatched"]
        return [(data["itemId"], data["edition"]) for data in told]


def instant() -> str:
    """Now, as events and rows carry it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def cause() -> Cause:
    """Another cause each time."""
    return Cause(key=f"test/{uuid.uuid4()}", by="system:test")


@contextmanager
def base_here(database: Db) -> Iterator[BaseHere]:
    """Serves policy on a socket."""
    with serving("policy", database, BaseHere) as here:
        yield here


def ago(**told: float) -> str:
    """An instant of the past, as rows carry it."""
    return (datetime.now(UTC) - timedelta(**told)).isoformat(timespec="milliseconds")


def sound(database: Db) -> None:
    """Every journal of policy is whole, and replays to its state."""
    for all in store.records(database):
        for document in all.collection.find({}):
            assert broken_at(document["journal"]) is None
            assert all.drift(document) == [], all.collection.name
