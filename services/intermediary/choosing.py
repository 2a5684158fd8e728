"""The result of a choice among proposals: the scores of all evaluators, opened at once."""

from dataclasses import dataclass
from typing import Any

import orjson

from chassis.parts import Parts
from chassis.sealed import Keyring
from services.intermediary import model, model_choice, store_frozen
from services.intermediary.model import Procurement
from standards import bids


@dataclass(frozen=True, slots=True)
class Chosen:
    """The order by the scores, and what the transcript tells of them."""

    places: list[dict[str, Any]]
    told: dict[str, Any]


def attempt(parts: Parts, procurement: Procurement) -> Chosen | None:
    """The order by the scores; None while some are missing."""
    if not model_choice.opened(procurement):
        return None
    sheets = open_sheets(parts.keyring, procurement)
    listed = {one["uscc"]: one for one in store_frozen.get(parts.database, procurement.list_digest)["candidates"]}
    weights = [one.weight for one in model.need_of(procurement).criteria]
    given = {one["evaluator"]: one["scores"] for one in sheets}
    facts = {uscc: (one["credit"], one["at"]) for uscc, one in listed.items()}
    ranked = bids.scores(weights, given, facts, procurement.root)
    kept = ("uscc", "name", "agency_id", "organization_id")
    places = [{name: listed[one.uscc][name] for name in kept} | {"value": one.value, "why": one.why} for one in ranked]
    left_out = [{"evaluator": one.evaluator_id, "reason": one.reason} for one in procurement.left_out]
    told = [one | {"digest": model_choice.digest_of(one)} for one in sheets]
    return Chosen(places, {"scores": told, "evaluators_left_out": left_out})


def open_sheets(keyring: Keyring, procurement: Procurement) -> list[dict[str, Any]]:
    """The score sheets that are in; nobody may see them before all are."""
    texts = (keyring.open_text(procurement.id, one.sealed_scores) for one in procurement.seats if one.sealed_scores)
    return [orjson.loads(text) for text in texts]
