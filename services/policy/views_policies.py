"""Policies and payout items as their readers may see them: the newest edition everybody, what is being written its officers."""

from collections.abc import Mapping
from typing import Any

from chassis.acts import Actor
from chassis.records import Record
from services.policy import model_items, model_policies
from services.policy.model_items import PayoutItem
from services.policy.model_policies import Policy
from standards.instants import text
from yiwang.policy.v1 import items_pb2
from yiwang.policy.v1 import service_pb2 as pb


def policy(record: Record[Policy], actor: Actor, payable: int, brief: bool = False) -> pb.Policy:
    """A policy for its reader; `payable` is how many of its items can be claimed now, `brief` leaves bodies and clauses out."""
    one = record.state
    view = pb.Policy(
        policy_id=record.id,
        version=record.version,
        status=one.status,  # type: ignore[arg-type]
        edition=len(one.editions),
        department=one.department,
        department_name=one.department_name,
        payable_items=payable,
        published_at=text(one.published_at),
        status_reason=one.status_reason,
    )
    if one.text:
        view.text.CopyFrom(_text(model_policies.text_of(one.text), brief))
    if model_policies.writes(actor, one) and one.writing.working:
        view.working.CopyFrom(_text(model_policies.text_of(one.writing.working), brief))
        view.writers.extend(one.writing.writers)
        view.return_reason = one.writing.return_reason
    return view


def _text(told: pb.PolicyText, brief: bool) -> pb.PolicyText:
    if brief:
        told.ClearField("body")
        told.ClearField("clauses")
    return told


def edition(id: str, number: int, at: str, told: pb.PolicyText, brief: bool = False) -> pb.PolicyEdition:
    """One edition of a policy."""
    return pb.PolicyEdition(policy_id=id, edition=number, published_at=at, text=_text(told, brief))


def item(record: Record[PayoutItem], actor: Actor, policy_title: str, brief: bool = False) -> items_pb2.PayoutItem:
    """A payout item for its reader; `brief` leaves rules out."""
    one = record.state
    view = items_pb2.PayoutItem(
        item_id=record.id,
        version=record.version,
        number=one.number,
        status=one.status,  # type: ignore[arg-type]
        edition=one.edition,
        department=one.department,
        department_name=one.department_name,
        payable=one.payable,
        opened_at=text(one.opened_at),
        policy_title=policy_title,
        status_reason=one.status_reason,
    )
    if one.edition:
        view.definition.CopyFrom(_definition(one.definition, brief))
    if model_items.works(actor, one) and one.writing.working:
        view.working.CopyFrom(_definition(one.writing.working, brief))
        view.writers.extend(one.writing.writers)
        view.return_reason = one.writing.return_reason
    return view


def _definition(content: Mapping[str, Any], brief: bool) -> items_pb2.PayoutItemDefinition:
    told = {name: value for name, value in content.items() if name != "rule"} if brief else content
    return model_items.definition_of(told)
