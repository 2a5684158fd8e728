"""The api and the worker of intermediary inside the test's process: agencies, needs, and the way of a procurement."""

import hashlib
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Actor, Cause, holder
from chassis.events import Heard
from services.intermediary import model_rules, store, store_agencies, worker
from standards import bids
from tests.support import agencies
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.serving import Here
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import market_pb2
from yiwang.intermediary.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
SERVICE = "建设项目环境影响评价"
NONCES = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("platform", "owner", "supervisor")}
# A county where nothing is waited for, so that a life fits into a test.
AT_ONCE = {
    "signup_days": 0,
    "result_notice_days": 0,
    "agency_notice_days": 0,
    "reveal_minutes": 0,
    "rotation": 0,
    "direct_most_fen": 5_000_000,
    "candidates_least": 1,
    "proposals_least": 1,
}
BY = "system:test"


class Agent(NamedTuple):
    """An agency in the market, and its handler."""

    id: str
    uscc: str
    name: str
    actor: Actor


class MarketHere(Here):
    """The api and the worker of intermediary inside this process."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.worker = worker.build(self.parts)()
        self.operator = officer("market", department=OTHER_DEPARTMENT)
        self.supervisor = supervisor(department=OTHER_DEPARTMENT)
        self.other_supervisor = supervisor(department=OTHER_DEPARTMENT)
        self.procurer = officer("procure", department=DEPARTMENT)
        self.owner = self.company()
        self.rules()

    @property
    def procurements(self) -> store.Procurements:
        """The records of procurements."""
        return store.procurements(self.parts.database)

    def state(self, id: str) -> Any:
        """A procurement as it stands."""
        return self.procurements.get(id).state

    def rules(self, **told: int) -> None:
        """The county's rules from now on."""
        id, said = store.rules_id(REGION), market_pb2.MarketRules(**AT_ONCE | told)
        cause = Cause(key=f"test/{uuid.uuid4()}", by=BY)
        saved = model_rules.saved(REGION, "officer", said)
        all = store.rules(self.parts.database)
        if all.find({"_id": id}):
            all.change(id, cause, lambda _: saved)
        else:
            all.create(cause, lambda _: saved, id)

    def company(self, code: str = "") -> Actor:
        """A handler of an organisation with a USCC of its own."""
        code = code or agencies.uscc()
        company = person(level=3)
        return handler(replace(company, holder=holder(company.id, code)))

    def agent(self, *qualifications: events.StatedQualification, code: str = "", **stated: Any) -> Agent:
        """An agency in the market."""
        code = code or agencies.uscc()
        actor = self.company(code)
        id, name = store_agencies.agency_id(code), f"某环评公司{code[-6:]}"
        key = uuid.uuid4().hex
        said = {"legal_key": f"l{key}", "address_key": f"a{key}", "person_keys": [f"l{key}"], **stated}
        start = agencies.entered(
            *qualifications,
            agency_id=id,
            organization_id=actor.id,
            uscc=code,
            agency_name=name,
            stated=said,
        )
        approved = [agencies.approved(one.qualification_id) for one in start.qualifications]
        steps: list[Message] = [start, *approved, agencies.noticed(), events.AgencyAdmitted()]
        store.counties(self.parts.database, store_agencies.COUNTIES).know(REGION)
        cause = Cause(key=f"test/{code}", by=BY)
        store_agencies.agencies(self.parts.database).create(cause, lambda _: steps, id)
        return Agent(id, code, name, actor)

    def need(self, **told: Any) -> pb.Need:
        """What is needed, by a draw that closes in a moment unless told otherwise."""
        said: dict[str, Any] = {
            "title": "某产业园环境影响评价",
            "description": "编制环境影响报告书，配合评审与报批",
            "service": SERVICE,
            "region": REGION,
            "budget_fen": 30_000_000,
            "mode": pb.MODE_DRAW,
            "contact": "19900000556",
        }
        if told.get("mode") != pb.MODE_DIRECT:
            closes = now() + timedelta(hours=1)
            said |= {"signup_end": closes.isoformat(), "selection_at": (closes + timedelta(hours=1)).isoformat()}
        return pb.Need(**said | told)

    def submit(self, by: Actor | None = None, code: str = "", id: str = "", **told: Any) -> pb.Procurement:
        """A need laid before the operator."""
        by = by or self.procurer
        answer: pb.Procurement = self.by(by).SubmitProcurement(
            procurement_id=id, owner_uscc=code, owner_name="某水务局", need=self.need(**told)
        )
        return answer

    def publish(self, by: Actor | None = None, code: str = "", **told: Any) -> str:
        """A notice; its id."""
        id = self.submit(by, code, **told).id
        self.by(self.operator).ReviewProcurement(procurement_id=id, approved=True)
        return id

    def sign_up(self, id: str, *agents: Agent, **told: Any) -> None:
        """These agencies sign up."""
        for one in agents:
            self.by(one.actor, service="SignUpService").SignUp(procurement_id=id, **told)

    def sealed(self, id: str, one: Agent, value: int, nonce: str = NONCES["owner"]) -> str:
        """The commitment to a bid."""
        return bids.commitment(id, one.uscc, value, nonce)

    def ahead(self, id: str, **instants: datetime) -> None:
        """As if its times were these: sign-up that ended, a selection whose time has come."""
        changes = {f"state.{name}": instant for name, instant in instants.items()}
        state = self.state(id)
        task = "signup_end" if state.task == "freeze" else "selection_at"
        if task in instants:
            changes["state.task_due"] = instants[task]
        self.procurements.collection.update_one({"_id": id}, {"$set": changes})
        # Nothing but the tests changes a record without its version.
        self.servicers["SignUpService"]._kept.clear()
        for number in range(state.sheets if "signup_end" in instants else 0):
            path = {"$set": {"state.closes_at": instants["signup_end"]}}
            store.sheets(self.parts.database).collection.update_one({"_id": store.sheet_id(id, number)}, path)

    def freeze(self, id: str) -> Any:
        """Sign-up is over, and the worker came round."""
        self.ahead(id, signup_end=now() - timedelta(milliseconds=1))
        self.worker.tasks.round()
        return self.state(id)

    def select(self, id: str) -> Any:
        """The selection's time has come, and the worker came round."""
        self.ahead(id, selection_at=now() - timedelta(milliseconds=1))
        self.worker.tasks._left_alone.clear()
        self.worker.tasks.round()
        return self.state(id)

    def award(self, id: str) -> Any:
        """The notice of the result is over."""
        self.worker.timing.round()
        return self.state(id)

    def hear(self, name: str, event: Message, record: str, seq: int, at: str = "2026-11-22T00:00:00Z") -> None:
        """As if the worker's handler had heard it."""
        heard: Heard[Any] = Heard(f"{record}.{seq}", record, seq, "", at, event, f"intermediary.{name}", "")
        getattr(self.worker, name)(heard)


def now() -> datetime:
    """The present instant at the store's precision."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def until(holds: Callable[[], Any], seconds: float = 10) -> Any:
    """What holds in the end."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found
