"""A procurement that was awarded, in the store, and its two sides as they call PerformanceService."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from chassis import store as stores
from chassis.acts import Actor, Cause, now
from chassis.parts import Parts
from services.intermediary import files, linking, model_rules, store, store_files
from standards.instants import text
from standards.workdays import local_day
from tests.support import agencies
from tests.support.actors import DEPARTMENT, REGION
from tests.support.calling import As
from tests.support.items import PDF
from tests.support.market import BY, SERVICE, Agent, MarketHere
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import performance_pb2 as perf
from yiwang.intermediary.v1 import service_pb2 as pb

# Where the time of an act comes from.
CLOCKS = ("chassis.timers", "chassis.records", "chassis.files", "services.intermediary.api_performance")
AMOUNT = 28_000_000
CASE_DEPARTMENT = "11990121MB0000009X"
REASON = "与约定不符，请更正"


@contextmanager
def at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> Iterator[None]:
    """It is this instant for this service; the store's clock agrees."""
    with monkeypatch.context() as patch:
        for place in CLOCKS:
            patch.setattr(f"{place}.now", lambda: instant)
        patch.setattr(stores, "clocks_agree", lambda _: True)
        yield


def day(after: int) -> str:
    """The day so many days from today, in China."""
    return str(local_day(now()) + timedelta(days=after))


def plan(*steps: tuple[int, int]) -> list[perf.MilestonePlan]:
    """Milestones so many days from today, with their shares."""
    return [
        perf.MilestonePlan(name=f"第{n}步成果", due=day(days), share=share) for n, (days, share) in enumerate(steps, 1)
    ]


@dataclass
class Deal:
    """A procurement with its owner and its winner."""

    market: MarketHere
    id: str
    owner: Actor
    agent: Agent

    def to(self, actor: Actor | None) -> As:
        """PerformanceService as this actor calls it."""
        return self.market.by(actor, service="PerformanceService")

    @property
    def own(self) -> As:
        """The owner's way in."""
        return self.to(self.owner)

    @property
    def win(self) -> As:
        """The winner's way in."""
        return self.to(self.agent.actor)

    def seen(self, actor: Actor | None) -> pb.Procurement:
        """As this actor sees it."""
        found: pb.Procurement = self.market.by(actor, service="ProcurementService").GetProcurement(
            procurement_id=self.id
        )
        return found

    @property
    def state(self) -> Any:
        """As it stands."""
        return self.market.state(self.id)

    @property
    def journal(self) -> list[str]:
        """What happened to it."""
        document = self.market.procurements.collection.find_one({"_id": self.id}) or {}
        return [entry["type"] for entry in document["journal"]]

    def file(self, actor: Actor, filename: str = "合同.pdf", content: bytes = PDF) -> str:
        """A file the actor uploads."""
        stored = self.market.by(actor, service="AgencyService").UploadMarketFile(filename=filename, content=content)
        return str(stored.file_id)

    def terms(self, actor: Actor, **told: Any) -> dict[str, Any]:
        """What a contract says that is in order; the file is the actor's."""
        said: dict[str, Any] = {
            "procurement_id": self.id,
            "amount_fen": AMOUNT,
            "signed_on": day(0),
            "milestones": plan((10, 4000), (20, 6000)),
        }
        if "file_ids" not in told:
            said["file_ids"] = [self.file(actor)]
        return said | told

    def filed(self, by: Actor | None = None, **told: Any) -> pb.Procurement:
        """The contract is filed, by the winner unless said otherwise."""
        by = by or self.agent.actor
        found: pb.Procurement = self.to(by).FileContract(**self.terms(by, **told))
        return found

    def contracted(self, **told: Any) -> pb.Procurement:
        """The contract stands."""
        self.filed(**told)
        found: pb.Procurement = self.own.ConfirmContract(procurement_id=self.id)
        return found

    def reached(self) -> None:
        """Every milestone is reported and confirmed."""
        for one in self.state.performance.milestones:
            if one.status == "OPEN":
                self.win.ReportMilestone(procurement_id=self.id, number=one.number)
            if one.status != "CONFIRMED":
                self.own.AnswerMilestone(procurement_id=self.id, number=one.number, confirmed=True)

    def handed(self, **told: Any) -> pb.Procurement:
        """The deliverables are handed over."""
        said = {"file_ids": [self.file(self.agent.actor, "报告书.pdf")]} | told
        found: pb.Procurement = self.win.Deliver(procurement_id=self.id, **said)
        return found

    def delivered(self) -> pb.Procurement:
        """They wait for the owner, everything before is done."""
        self.contracted()
        self.reached()
        return self.handed()

    def completed(self) -> pb.Procurement:
        """The owner has what he wanted."""
        self.delivered()
        found: pb.Procurement = self.own.ConfirmDeliverable(procurement_id=self.id)
        return found


def deal(market: MarketHere, owner: Actor | None = None, case: str = "", status: str = "awarded", **told: Any) -> Deal:
    """A procurement of the department's, or of this owner's, that was awarded to an agency; for a `case` where one is named. `status` is
    how far it came: submitted, published, selected, awarded."""
    owner, agent, id = owner or market.procurer, market.agent(), str(uuid.uuid4())
    steps = {
        "submitted": [_submitted(market, id, owner, **told)],
        "published": [_published(id)],
        "selected": [_found(id, agent)],
        "awarded": [events.AwardIssued(procurement_id=id, contract_due=text(now() + timedelta(days=14)))],
    }
    names = list(steps)
    taken = [event for name in names[: names.index(status) + 1] for event in steps[name]]
    if case:
        taken.insert(0, _opened(market, id, owner, case))
    store.counties(market.parts.database).know(REGION)
    market.procurements.create(Cause(key=f"test/{id}", by=BY), lambda _: taken, id)
    return Deal(market, id, owner, agent)


def _owner_id(owner: Actor) -> str:
    return owner.department or owner.id


def _opened(market: MarketHere, id: str, owner: Actor, case: str) -> events.ProcurementOpened:
    return events.ProcurementOpened(
        procurement_id=id,
        number=linking.number_of(market.keyring, id, REGION, now()),
        owner_id=_owner_id(owner),
        case_id=case,
        case_number="990121261122000001",
        service=SERVICE,
        region=REGION,
        case_department=CASE_DEPARTMENT,
    )


def _submitted(market: MarketHere, id: str, owner: Actor, name: str = "诸葛试真名", **told: Any) -> Any:
    department, person = bool(owner.department), not owner.department and owner.acting is None
    return events.ProcurementSubmitted(
        procurement_id=id,
        number=linking.number_of(market.keyring, id, REGION, now()),
        owner_id=_owner_id(owner),
        owner_uscc=DEPARTMENT if department else "",
        owner_name="" if person else "某水务局",
        sealed_owner_name=market.keyring.seal(owner.id, name) if person else "",
        owner_department=DEPARTMENT if department else "",
        need=market.need(contact="", **told),
    )


def _published(id: str) -> events.ProcurementPublished:
    rules = model_rules.view(REGION, model_rules.DEFAULTS)
    instant = text(now() - timedelta(days=1))
    return events.ProcurementPublished(
        procurement_id=id, notice="{}", rules=rules, sheets=1, signup_end=instant, selection_at=instant
    )


def _found(id: str, agent: Agent) -> events.ResultFound:
    winner = pb.Winner(agency_id=agent.id, uscc=agent.uscc, name=agent.name, place=1)
    return events.ResultFound(
        procurement_id=id,
        places=1,
        winner=winner,
        organization_id=agent.actor.id,
        until=text(now() + timedelta(days=3)),
    )


def far(days: int) -> datetime:
    """So many days from now."""
    return now() + timedelta(days=days)


class Planted(NamedTuple):
    """For the authority matrix: a contract under way, one that was performed, and its deliverable."""

    open: str
    done: str
    file: str


def plant(parts: Parts, department: str, organization: str) -> Planted:
    """Writes both by their events, as if they had come about: of this department, for a case of its, performed by this organisation.
    Neither was published, so that to whom they are nothing they are not there."""
    cause = Cause(key=f"plant/{uuid.uuid4()}", by=BY)
    stored = store_files.files(parts.database).upload(
        parts.keyring, organization, f"person:{organization}", cause, "报告书.pdf", "application/pdf", PDF
    )
    step = pb.Milestone(number=1, name="第一步", due=day(30), share=10_000)
    under_way = [events.ContractFiled(side="agency", milestones=[step]), events.ContractConfirmed()]
    confirmed = events.DeliverableConfirmed(rating_due=text(far(30)))
    done = [*under_way, events.Delivered(files=[files.kept(stored)]), confirmed]
    return Planted(
        _planted(parts, department, organization, under_way),
        _planted(parts, department, organization, done),
        stored["upload"],
    )


def _planted(parts: Parts, department: str, organization: str, steps: list[Any]) -> str:
    id = str(uuid.uuid4())
    number = linking.number_of(parts.keyring, id, REGION, now())
    begun = events.ProcurementOpened(
        procurement_id=id,
        number=number,
        owner_id=department,
        case_id=str(uuid.uuid4()),
        service=SERVICE,
        region=REGION,
        case_department=department,
    )
    # No department in the sense of its own officers, who would not decide about it.
    told = events.ProcurementSubmitted(
        procurement_id=id, number=number, need=pb.Need(title="某项服务", service=SERVICE, region=REGION)
    )
    winner = pb.Winner(agency_id=str(uuid.uuid4()), uscc=agencies.uscc(), name="某公司", place=1)
    found = events.ResultFound(procurement_id=id, places=1, winner=winner, organization_id=organization)
    taken = [begun, told, found, events.AwardIssued(contract_due=text(far(14))), *steps]
    store.counties(parts.database).know(REGION)
    store.procurements(parts.database).create(Cause(key=f"plant/{id}", by=BY), lambda _: taken, id)
    return id
