"""秒批: a decision by rules only. Pure.

Facts are what the applicant told and what was looked up for him; the rule is that of the item's edition. True decides; false and unknown
go to a person, so that nothing is refused by a machine. Facts and rule version are kept, and a replay gives the same truth.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from chassis import rules
from services.case import model, model_acts
from services.case.model import Case
from services.case.model_scenario import Scenario
from standards import scenarios
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rules.v1 import rules_pb2

# Raised when the engine would judge the same facts otherwise; an old version is replayed by the release that had it.
ENGINE = "1"
LOOKED_UP = "licence_"
Facts = Mapping[str, Any]


class Judged(NamedTuple):
    """What the rule said."""

    truth: str
    rule_digest: str
    open_leaves: list[str]


def facts_of(
    item: catalog.ItemDefinition,
    scenario: Scenario,
    form: Mapping[str, str],
    level: int,
    handed_in: Sequence[str],
    licences: Mapping[str, bool],
) -> dict[str, Any]:
    """What a rule of 秒批 may read: answers by question, form fields by key (whole numbers as numbers), `applicant_level`, `handed_in`, and
    `licence_<material>` for each licence that was looked up. What was not told is absent, so the rule cannot pass over it."""
    asked = {question.key: question for question in item.questions}
    told: dict[str, Any] = {
        key: scenarios.fact(asked[key], list(values)) for key, values in scenario.answers.items() if key in asked
    }
    for field in item.form_fields:
        if value := form.get(field.key, ""):
            told[field.key] = _value(field.kind, value)
    # What the applicant says never stands for what was looked up.
    told = {key: value for key, value in told.items() if not key.startswith(LOOKED_UP)}
    told |= {f"{LOOKED_UP}{key}": found for key, found in licences.items()}
    return told | {"applicant_level": level, "handed_in": sorted(set(handed_in))}


def _value(kind: int, value: str) -> Any:
    whole = value.removeprefix("-").isdecimal() and value.isascii() and len(value) <= 15
    return int(value) if kind == catalog.FIELD_KIND_NUMBER and whole else value


def judge(rule: rules_pb2.Rule, facts: Facts) -> Judged:
    """The truth of the rule over these facts, and the leaves that are not true."""
    verdict = rules.judge(rule, facts)
    truth = rules_pb2.Truth.Name(verdict.truth).removeprefix("TRUTH_")
    return Judged(truth, digest(rule), [leaf.id for leaf in _leaves(verdict) if leaf.truth != rules.TRUE])


def digest(rule: rules_pb2.Rule) -> str:
    """The version of a rule: SHA-256 of its JSON with sorted keys, and of the engine."""
    content = json.dumps({"rule": MessageToDict(rule), "engine": ENGINE}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _leaves(verdict: rules_pb2.Verdict) -> Iterator[rules_pb2.Verdict]:
    if verdict.kind == rules_pb2.NODE_KIND_LEAF:
        yield verdict
    for part in verdict.parts:
        yield from _leaves(part)


def applies(item: catalog.ItemDefinition, submitted: events.CaseSubmitted) -> bool:
    """Whether the rule is run: the item has one, and nothing waits for a person (pre-review, another window, an unchecked licence)."""
    waits = submitted.pre_review or submitted.receiving_department or any(one.manual for one in submitted.stood_for)
    return item.HasField("automatic") and not waits


def judged(case_id: str, found: Judged, sealed_facts: str) -> events.AutomaticJudged:
    """That the rule was run, whatever it said."""
    return events.AutomaticJudged(
        case_id=case_id,
        truth=found.truth,
        rule_digest=found.rule_digest,
        engine=ENGINE,
        sealed_facts=sealed_facts,
        open_leaves=found.open_leaves,
    )


def decide(case: Case, now: datetime) -> list[Message]:
    """What follows when the rule holds: accepted and granted at once; issued under the case's own number and closed, too, unless a fee, a
    material that is still to come or a delivery by hand stands before that."""
    accepted = model_acts.accept_automatically(case, now)
    granted = model_acts.decided(case, True, pb.DECISION_KIND_AUTOMATIC, now)
    return [accepted, granted, *_finish(case)]


def _finish(case: Case) -> list[Message]:
    at_hand = case.delivery in (pb.DELIVERY_WAY_UNSPECIFIED, pb.DELIVERY_WAY_ELECTRONIC)
    if model.owed(case) or any(one.open for one in case.fees) or case.deferred:
        return []
    if not case.result_name:
        return [model_acts.closed(case, True)]
    issued = events.ResultIssued(case_id=case.id, result_number=case.number, result_name=case.result_name)
    return [issued, model_acts.closed(case, True)] if at_hand else [issued]
