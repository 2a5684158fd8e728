"""The enterprise base as it is told: enterprises, facts, corrections, kinds of facts."""

from collections.abc import Mapping
from typing import Any

from chassis.records import Record
from chassis.sealed import Keyring
from services.policy import model_facts, store_enterprises
from services.policy.model_corrections import NUMBERS, Correction
from services.policy.model_enterprises import Enterprise
from services.policy.model_facts import Fact, Kind
from standards import instants
from yiwang.policy.v1 import enterprises_pb2 as pb

Document = dict[str, Any]


def enterprise(
    uscc: str, document: Document | None, kinds: Mapping[str, Kind], entry: Record[Enterprise] | None = None
) -> pb.Enterprise:
    """What is known of an enterprise; with its own entry when it is told to itself."""
    told = brief(document) if document else pb.Enterprise(uscc=uscc)
    facts = store_enterprises.facts_in(document) if document else {}
    told.facts.extend(fact(facts[name], kinds[name]) for name in sorted(facts) if name in kinds)
    if entry:
        told.version = entry.version
        told.subscribed = entry.state.subscribed
        told.modes.extend(entry.state.modes)  # type: ignore[arg-type]
        told.opted_out.extend(entry.state.opted_out)
    return told


def brief(document: Document) -> pb.Enterprise:
    """An enterprise without its facts."""
    return pb.Enterprise(uscc=document["_id"], name=document["name"], region=document["region"])


def fact(one: Fact, kind: Kind) -> pb.FactKnown:
    """A fact as it is known."""
    return pb.FactKnown(
        name=one.name,
        title=kind.title,
        type=NUMBERS[kind.type],  # type: ignore[arg-type]
        unit=kind.unit,
        value=model_facts.written(one.value),
        source=one.source,
        source_name=one.source_name,
        kind=one.kind,
        at=instants.text(one.at),
    )


def kind(name: str, one: Kind, region: str) -> pb.FactKind:
    """A kind of fact."""
    return pb.FactKind(
        name=name,
        type=NUMBERS[one.type],  # type: ignore[arg-type]
        title=one.title,
        unit=one.unit,
        cost=one.cost,
        reporter=one.reporter,
        region=region,
    )


def correction(record: Record[Correction], name: str, kinds: Mapping[str, Kind], keyring: Keyring) -> pb.Correction:
    """A correction; `name` is the enterprise's."""
    one = record.state
    known = kinds.get(one.fact)
    return pb.Correction(
        correction_id=one.id,
        version=record.version,
        uscc=one.uscc,
        name=name,
        fact=one.fact,
        title=known.title if known else "",
        value=one.value,
        wanted=one.wanted,
        reason=keyring.open_text(one.organization_id, one.sealed_reason),
        department=one.department,
        department_name=one.department_name,
        status=one.status,
        answer=keyring.open_text(one.organization_id, one.sealed_answer),
        asked_at=instants.text(one.asked_at),
        decided_at=instants.text(one.decided_at),
    )
