"""Evaluators in the pool, and proposals to choose among."""

import uuid
from dataclasses import replace
from typing import Any, NamedTuple

from chassis.acts import Actor, Cause, holder
from chassis.parts import Parts
from services.intermediary import store, store_evaluators, store_frozen
from tests.support import agencies
from tests.support.actors import REGION, person
from tests.support.files import pdf
from tests.support.market import SERVICE, Agent, MarketHere
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import selection_pb2 as pb
from yiwang.intermediary.v1 import service_pb2

SELECTION = "SelectionService"
CRITERIA = [service_pb2.Criterion(name="技术方案", weight=6000), service_pb2.Criterion(name="人员业绩", weight=4000)]


class Expert(NamedTuple):
    """An evaluator in the pool, and who he is."""

    id: str
    actor: Actor
    number: str


def expert(market: MarketHere, ties: list[str] | None = None, fields: tuple[str, ...] = (SERVICE,)) -> Expert:
    """Somebody who applied and was taken in."""
    number, citizen = agencies.id_number(), person(level=3)
    actor = replace(citizen, holder=holder(citizen.id, number))
    told: dict[str, Any] = {"name": "上官评审", "id_number": number, "region": REGION, "fields": fields}
    made = market.by(actor, service=SELECTION).ApplyAsEvaluator(ties=ties or [], **told)
    market.by(market.operator, service=SELECTION).ReviewEvaluator(evaluator_id=made.id, approved=True)
    return Expert(made.id, actor, number)


def proposing(market: MarketHere, count: int = 3, evaluators: int = 3, **told: Any) -> tuple[str, list[Agent]]:
    """A choice that is frozen, with so many proposals."""
    mode = service_pb2.MODE_CHOICE
    id = market.publish(mode=mode, criteria=CRITERIA, evaluators=evaluators, **told)
    agents = [market.agent() for _ in range(count)]
    for one in agents:
        market.sign_up(id, one, proposal=uploaded(market, one))
    market.freeze(id)
    return id, agents


def uploaded(market: MarketHere, one: Agent) -> str:
    """A proposal's file."""
    sent = market.by(one.actor, service="AgencyService").UploadMarketFile(
        request_id=uuid.uuid4().hex, filename="技术方案.pdf", content=pdf(b"1 0 obj\n<< /Type /Catalog >>\nendobj\n")
    )
    return str(sent.file_id)


def scores(agents: list[Agent], *points: tuple[int, int]) -> list[pb.Score]:
    """The points of each agency by both criteria."""
    return [
        pb.Score(uscc=one.uscc, criterion=criterion, points=given)
        for one, row in zip(agents, points, strict=True)
        for criterion, given in enumerate(row)
    ]


def pool(market: MarketHere) -> Any:
    """The records of the pool."""
    return store_evaluators.evaluators(market.database)


def plant(parts: Parts, department: str) -> str:
    """Writes a choice of this department that is frozen, and was never published: to whom it is nothing it is not there."""
    id, cause = str(uuid.uuid4()), Cause(key=f"plant/{uuid.uuid4()}", by="test")
    need = service_pb2.Need(title="某项目评审", service=SERVICE, region=REGION, mode=service_pb2.MODE_CHOICE)
    submitted = events.ProcurementSubmitted(
        procurement_id=id, number="ZJ-PLANTED", owner_id=department, owner_name="某局", need=need
    )
    digest = store_frozen.put(parts.database, {"candidates": [], "excluded": [], "root": ""})
    frozen = events.CandidatesFrozen(procurement_id=id, root="00" * 32, list_digest=digest)
    store.counties(parts.database).know(REGION)
    store.procurements(parts.database).create(cause, lambda _: [submitted, frozen], id)
    return id


def plant_evaluator(parts: Parts) -> str:
    """Writes somebody who asks to be in the pool."""
    citizen = str(uuid.uuid4())
    id, cause = store_evaluators.evaluator_id(citizen), Cause(key=f"plant/{citizen}", by="test")
    told = events.EvaluatorApplied(
        evaluator_id=id, person_id=citizen, sealed_name=parts.keyring.seal(citizen, "上官评审"), region=REGION
    )
    store.counties(parts.database, store_evaluators.COUNTIES).know(REGION)
    store_evaluators.evaluators(parts.database).create(cause, lambda _: told, id)
    return id
