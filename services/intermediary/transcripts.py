"""The transcript of a selection: all it was computed from and what came out, public, so that anyone can compute it again."""

from typing import Any

import orjson
from pymongo.database import Database

from services.intermediary import model, store_frozen
from services.intermediary.model import Procurement, need_of
from services.intermediary.model_parts import Party
from standards import draw
from standards.instants import text


def of(database: Database[dict[str, Any]], procurement: Procurement) -> dict[str, Any]:
    """What is public of it by now. A draw's is what the stand-alone verifier reads (standards/draw.py); the others' tell their bids, or
    their scores, once the result stands."""
    listed = (
        store_frozen.get(database, procurement.list_digest)
        if procurement.list_digest
        else {"candidates": [], "excluded": []}
    )
    candidates = [{"uscc": one["uscc"], "name": one["name"]} for one in listed["candidates"]]
    notice = orjson.loads(procurement.notice)
    if procurement.mode == model.DRAW:
        found = draw.transcript(
            notice=notice,
            candidates=candidates,
            excluded=listed["excluded"],
            parties=[_party(name, model.party(procurement, name)) for name in model.PARTIES],
            beacon=_beacon(procurement),
            drawn=bool(procurement.order_digest),
        )
    else:
        found = _otherwise(database, procurement, notice, candidates, listed["excluded"])
    return found | {"frozen_at": text(procurement.frozen_at), "selected_at": text(procurement.selected_at)}


def _party(name: str, party: Party | None) -> dict[str, Any]:
    return {
        "party": name,
        "commitment": party.commitment if party else None,
        "committed_at": text(party.committed_at) if party else None,
        "nonce": (party.nonce or None) if party else None,
        "revealed_at": text(party.revealed_at) if party and party.nonce else None,
    }


def _beacon(procurement: Procurement) -> dict[str, Any] | None:
    need = need_of(procurement)
    if not need.HasField("beacon"):
        return None
    told = need.beacon
    return {"source": told.source, "round": told.round, "at": told.at, "value": procurement.beacon_value or None}


def _otherwise(
    database: Database[dict[str, Any]],
    procurement: Procurement,
    notice: dict[str, Any],
    candidates: list[dict[str, Any]],
    excluded: list[dict[str, Any]],
) -> dict[str, Any]:
    found = {
        "version": 1,
        "notice": notice,
        "notice_digest": procurement.notice_digest,
        "candidates": candidates,
        "root": procurement.root or None,
        "excluded": excluded,
        "order": None,
        "winner": None,
    }
    if procurement.order_digest:
        order = store_frozen.get(database, procurement.order_digest)
        places = [{name: one[name] for name in ("uscc", "name", "value", "why")} for one in order["places"]]
        left_out = [*excluded, *order["excluded"]]
        found |= {"order": places, "winner": places[0]["uscc"], "excluded": left_out, **order["told"]}
    return found
