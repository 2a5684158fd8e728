"""What of the facts may decide when no officer looks: of an instant payout and of a list nobody sees the materials. Pure.

What only the enterprise says of itself and has to prove, and what is of another year than it is read as, is not known there: the claim
goes to an officer, with a word why.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from services.policy import model_explain, model_sheets
from services.policy.model_explain import Taken
from services.policy.model_facts import CLAIMED, KINDS, YEARLY, Fact, Kind
from standards.codes import region_covers
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

# Who is paid, and where it belongs: nobody says so of himself.
OF_WHOM: Final = ("name", "region")
UNPROVEN: Final = "企业已自行填报，须由工作人员核实证明材料后认定"
STALE: Final = "现有数据不是本年度报送的，须由工作人员核实"
NOT_CONFIRMED: Final = "尚无部门数据可核对，须由工作人员核实"


def doubt(fact: Fact, kind: Kind | None, day: date) -> str:
    """Why a fact decides nothing by itself on a day, for people; empty when it may."""
    stated = kind is not None and kind.cost == 1 and fact.name not in OF_WHOM
    if fact.kind == CLAIMED and not stated:
        return UNPROVEN
    return STALE if fact.name in YEARLY and model_sheets.year_of(fact.at) < day.year else ""


def decided(
    definition: pb.PayoutItemDefinition,
    item_id: str,
    edition: int,
    uscc: str,
    period: str,
    day: date,
    facts: Mapping[str, Fact],
    taken: Taken,
    kinds: Mapping[str, Kind] = KINDS,
) -> pb.Explanation:
    """As model_explain.explain; a yes of an item no officer reviews rests on facts without doubt alone, and is not known otherwise."""
    about = (definition, item_id, edition, uscc, period, day)
    told = model_explain.explain(*about, facts, taken, kinds)
    if told.result != rules_pb2.TRUTH_TRUE or definition.mode == pb.PAYOUT_MODE_ORDINARY:
        return told
    doubts = {name: why for name, fact in facts.items() if (why := doubt(fact, kinds.get(name), day))}
    told = model_explain.explain(*about, {k: v for k, v in facts.items() if k not in doubts}, taken, kinds)
    for one in told.missing:
        one.how = doubts.get(one.name, one.how)
    return told


def of_whom(region: str, facts: Mapping[str, Fact], kinds: Mapping[str, Kind] = KINDS) -> list[pb.FactWanted]:
    """What of its name and its place no department told, or not as an item of this region wants it: somebody has to look before it is
    paid."""
    found = []
    for name in OF_WHOM:
        fact, kind = facts.get(name), kinds[name]
        if fact is None or fact.kind == CLAIMED or not fact.value or (name == "region" and not _covers(region, fact)):
            found.append(pb.FactWanted(name=name, title=kind.title, cost=kind.cost, how=NOT_CONFIRMED))
    return found


def _covers(region: str, fact: Fact) -> bool:
    return region_covers(region, str(fact.value))
