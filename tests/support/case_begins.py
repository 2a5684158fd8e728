"""How a case can begin: random items, and random applications for them, whichever way they come."""

import hashlib
import random
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf.message import Message

from chassis.acts import OFFICER, Actor
from services.case import model_application, model_automatic, model_scenario
from services.case.model import Case
from services.case.model_scenario import Scenario
from standards import instants
from tests.support.actors import OTHER_DEPARTMENT, delegate, machine, officer, person
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

ITEMS = 300
THIRD_DEPARTMENT = "11990121MB0000003F"
OFFICERS = [
    officer("receive", "review", id="ann"),
    officer("review", "decide", id="bob"),
    officer("decide", "issue", id="cai"),
    officer("receive", "review", "decide", "issue", id="dan"),
]
OUTSIDE = {
    where: [officer("receive", "review", id=f"{name}-at-{where}", department=where) for name in ("eve", "fan")]
    for where in (OTHER_DEPARTMENT, THIRD_DEPARTMENT)
}
APPLICANT = person("p")
APPLICANTS = [APPLICANT, APPLICANT, delegate(APPLICANT, delegation="d")]
SYSTEM = machine("yiwang.case.v1.ExchangeService/PushResult")
UNITS = (catalog.TIME_UNIT_WORKING_DAY, catalog.TIME_UNIT_NATURAL_DAY, catalog.TIME_UNIT_HALF_DAY)
KINDS = [kind for kind in catalog.ProcedureKind.values() if kind]


class Known(NamedTuple):
    """An item with what its guide says, both drawn once."""

    item: catalog.ItemDefinition
    scenario: Scenario


@lru_cache(maxsize=ITEMS)
def item_of(number: int) -> Known:
    """One of a few hundred items: with and without steps, result, fees, limits of every unit, and every way of handling."""
    dice = random.Random(number)
    flags = ("pre_review", "visit_pauses", "decided_on_site", "renewal", "joint", "in_order", "refunds")
    handling: dict[str, Any] = {name: dice.random() < 0.4 for name in flags}
    handling |= {name: dice.choice((0, 1, 5, 20)) for name in ("correction_days", "deferral_days", "verify_days")}
    handling |= {"visit": dice.choice(catalog.VisitNeed.values()), "commitment_text": dice.choice(("", "我承诺"))}
    steps = [catalog.Step(name=f"环节{n}", kind=catalog.STEP_KIND_REVIEW) for n in range(dice.randint(0, 3))]
    cap = catalog.Limit(amount=30, unit=catalog.TIME_UNIT_WORKING_DAY)
    item = definition(
        steps=steps,
        result_name=dice.choice(("", "卫生许可证")),
        promised_limit=_limit(dice, 5),
        statutory_limit=_limit(dice, 20),
        handling=catalog.Handling(**handling),
        special_procedures=[catalog.SpecialProcedure(kind=kind, name="程序", cap=cap) for kind in KINDS],
        fees=_fees(dice),
    )
    return Known(item, model_scenario.of(item, {}, "item", 1))


def _limit(dice: random.Random, most: int) -> catalog.Limit:
    return (
        catalog.Limit(amount=dice.randint(1, most), unit=dice.choice(UNITS)) if dice.random() < 0.9 else catalog.Limit()
    )


def _fees(dice: random.Random) -> list[catalog.Fee]:
    fixed = catalog.Fee(name="工本费", standard="10元", least=1000, most=1000)
    free = catalog.Fee(name="公告费", standard="免费")
    said = catalog.Fee(name="检测费", standard="按实际收取", least=0, most=9000)
    return dice.sample([fixed, free, said], dice.randint(0, 3)) if dice.random() < 0.6 else []


def files(dice: random.Random, *materials: str) -> list[events.HandedInFile]:
    """A file for each material, another one each time."""
    return [
        events.HandedInFile(
            attachment_id=f"{dice.random()}", material=key, size=7, sha256=f"{dice.getrandbits(64):064x}"
        )
        for key in materials
    ]


def some(dice: random.Random, *keys: str) -> list[str]:
    """Some of these, now and then what no item lists."""
    chosen = [key for key in keys if dice.random() < 0.7]
    return [*chosen, "passport"] if dice.random() < 0.05 else chosen


def submission(known: Known, now: datetime, dice: random.Random) -> tuple[Actor, list[Message]]:
    """An application, whichever way it comes, and what follows at once: who brought it, and the events."""
    item, handling = known.item, known.item.handling
    actor, told = dice.choice(APPLICANTS), dict[str, Any]()
    if dice.random() < 0.25:
        actor = dice.choice(OUTSIDE[OTHER_DEPARTMENT])
        told = {"receiving_department": OTHER_DEPARTMENT, "receiving_region": "990122", "window_id": "w"}
    elif handling.pre_review and dice.random() < 0.7:
        told = {"pre_review": True}
    if handling.renewal and dice.random() < 0.5:
        told["renews_until"] = instants.text(instants.after_natural(now, dice.choice((5, 30, 31, 33, 36, 45))))
    stood = [("plan", catalog.WAIVER_LICENCE, "proof", True), ("plan", catalog.WAIVER_COMMITMENT, "", False)]
    if handling.commitment_text and dice.random() < 0.6:
        told["promise"] = events.Promise(text_digest=hashlib.sha256(handling.commitment_text.encode()).hexdigest())
    if dice.random() < 0.4:
        material, waiver, proof, manual = dice.choice(stood)
        told["stood_for"] = [events.StoodFor(material=material, waiver=waiver, proof_id=proof, manual=manual)]  # type: ignore[arg-type]
    submitted = events.CaseSubmitted(
        case_id="c",
        number="n",
        applicant_id="p",
        item_id="item",
        edition=1,
        sealed_form="sealed",
        files=files(dice, *dice.choice((("application",), ("application", "report")))),
        delivery=dice.choice(pb.DeliveryWay.values()),  # type: ignore[arg-type]
        **told,
    )
    bound = None if actor.realm == OFFICER else actor
    return actor, [model_application.submit(submitted, item, known.scenario.guide, now, bound)]


def automatic(case: Case, now: datetime, truth: str) -> list[Message]:
    """What the rule of 秒批 leads to."""
    judged = model_automatic.judged(case.id, model_automatic.Judged(truth, "rule", []), "sealed facts")
    return [judged, *model_automatic.decide(case, now)] if truth == "TRUE" else [judged]
