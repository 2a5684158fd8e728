"""The selection: at its time the order of a procurement's candidates is computed, by its mode, and fixed in one write. Every step is the
same when it is done again, so that two processes, or one that died half way, come to one result."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.acts import Cause, now
from chassis.errors import FAILED_PRECONDITION, Refused
from chassis.guards import Guard
from chassis.parts import Parts
from services.intermediary import (
    beacon,
    choosing,
    model,
    model_acts,
    model_sheets,
    settings,
    store,
    store_agencies,
    store_credits,
    store_frozen,
)
from services.intermediary.freezing import BY, WORDS, Freezing
from services.intermediary.model import FROZEN, PLATFORM, Procurement, need_of
from services.intermediary.model_sheets import Entry
from standards import bids, draw
from standards.instants import text
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2 as pb

NOT_YET = Refused(FAILED_PRECONDITION, "NOT_YET", "尚未到选取时间")
# What is missing so long after its time is told to supervisors.
PATIENCE: Final = timedelta(minutes=15)
METHODS: Final[Mapping[int, str]] = {
    pb.PRICE_METHOD_LOWEST: "LOWEST",
    pb.PRICE_METHOD_DISCOUNT: "DISCOUNT",
    pb.PRICE_METHOD_AVERAGE: "AVERAGE",
}


@dataclass(frozen=True, slots=True)
class Found:
    """An order: `places` from the first on (uscc, name, agency_id, organization_id, value, why), who is left out only now, and what the
    transcript tells beside."""

    places: list[dict[str, Any]]
    seed: str = ""
    excluded: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


class Selecting:
    """Selects the winners of procurements."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.database = parts.database
        self.procurements = store.procurements(parts.database)
        self.sheets = store.sheets(parts.database)
        self.freezing = Freezing(parts)
        self.agencies = store_agencies.agencies(parts.database)

    def select(self, id: str) -> bool:
        """Finds the result, once; False when it waits for something."""
        procurement = self.procurements.get(id).state
        if procurement.status != FROZEN:
            return True
        found = _BY_MODE[procurement.mode](self, procurement)
        if found is None:
            self._late(procurement)
            return False
        content = {"places": found.places, "excluded": found.excluded, "told": found.told}
        digest = store_frozen.put(self.database, content)

        def decide(one: Procurement) -> Any:
            if one.status != FROZEN:
                return None
            if not found.places:
                return model_acts.ended(one, model.TOO_FEW)
            winner, organization = winner_of(found.places[0])
            return model_acts.find_result(one, winner, organization, len(found.places), digest, found.seed, now())

        self.procurements.change(id, _cause(procurement, "select"), decide)
        return True

    def _late(self, procurement: Procurement) -> None:
        """Supervisors see what waits for too long, once."""
        waits_for = "BEACON" if procurement.mode == model.DRAW else "SCORES"
        since = procurement.selection_at
        if waits_for == "BEACON":
            since = datetime.fromisoformat(need_of(procurement).beacon.at)
        if procurement.late or since is None or now() < since + PATIENCE:
            return

        def decide(one: Procurement) -> events.SelectionLate | None:
            told = one.status == FROZEN and not one.late
            return events.SelectionLate(procurement_id=one.id, waits_for=waits_for) if told else None

        self.procurements.change(procurement.id, _cause(procurement, "late"), decide)

    def draw(self, procurement: Procurement) -> Found | None:
        """The platform reveals last, the beacon is asked for, then the order follows."""
        procurement = self._revealed(procurement)
        value = self._beacon(procurement)
        if value is None:
            return None
        listed = store_frozen.get(self.database, procurement.list_digest)
        seed = seed_of(procurement, value)
        by_uscc = {one["uscc"]: one for one in listed["candidates"]}
        order = draw.order(seed, by_uscc)
        places = [_place(by_uscc[uscc], 0, "") for uscc in order]
        return Found(places, seed.hex(), told={"beacon": value})

    def _revealed(self, procurement: Procurement) -> Procurement:
        """With the platform's nonce told, not before the selection time by the store's clock: whoever else has not told his by then does
        not."""
        own = model.party(procurement, PLATFORM)
        if own is None or own.nonce:
            return procurement
        nonce = self.parts.keyring.open_text(procurement.id, procurement.sealed_nonce)
        # A nonce that cannot be read any more is a missing one: it is replaced as the notice says.
        sound = len(nonce) == 64 and hmac.compare_digest(draw.commitment(nonce), own.commitment)

        def decide(one: Procurement) -> events.NonceRevealed | None:
            party = model.party(one, PLATFORM)
            untold = one.status == FROZEN and party is not None and not party.nonce
            told = events.NonceRevealed(procurement_id=one.id, party=PLATFORM, nonce=nonce if sound else "")
            return told if untold else None

        assert procurement.selection_at is not None
        guard = Guard(NOT_YET, after=procurement.selection_at)
        return self.procurements.change(procurement.id, _cause(procurement, "reveal"), decide, guard=guard).state

    def _beacon(self, procurement: Procurement) -> str | None:
        """The beacon's value; empty where the notice names none, None while it is not known."""
        need = need_of(procurement)
        if not need.HasField("beacon") or procurement.beacon_value:
            return procurement.beacon_value
        url = settings.of(self.parts).beacon_url
        if not url or now() < datetime.fromisoformat(need.beacon.at):
            return None
        value = beacon.fetch(url, need.beacon.source, need.beacon.round)
        if value is None:
            return None

        def decide(one: Procurement) -> events.BeaconRecorded | None:
            untold = one.status == FROZEN and not one.beacon_value
            return events.BeaconRecorded(procurement_id=one.id, value=value) if untold else None

        return self.procurements.change(procurement.id, _cause(procurement, "beacon"), decide).state.beacon_value

    def price(self, procurement: Procurement) -> Found | None:
        """The bids that were opened in time are ranked; who opened none is left out."""
        listed = store_frozen.get(self.database, procurement.list_digest)
        need, by_uscc = need_of(procurement), {one["uscc"]: one for one in listed["candidates"]}
        entries = {one.uscc: one for one in self.entries(procurement)}
        opened = [(by_uscc[uscc], entries[uscc]) for uscc in by_uscc if entries[uscc].opened_at is not None]
        told = [bids.Bid(row["uscc"], entry.value, row["credit"], row["at"]) for row, entry in opened]
        ranked = bids.rank(METHODS[need.price_method], told, procurement.root)
        places = [_place(by_uscc[one.uscc], one.value, one.why) for one in ranked]
        shut = [row for uscc, row in by_uscc.items() if entries[uscc].opened_at is None]
        excluded = [_unopened(row) for row in shut]
        return Found(places, excluded=excluded, told={"bids": [_told(entry) for _, entry in opened]})

    def entries(self, procurement: Procurement) -> list[Entry]:
        """Who signed up, from the sheets, which take no bid any more: by the store's clock not before the selection time."""
        assert procurement.selection_at is not None
        guard, cause = Guard(NOT_YET, after=procurement.selection_at), _cause(procurement, "bids")
        ids = [store.sheet_id(procurement.id, number) for number in range(procurement.sheets)]
        rows = [self.sheets.change(id, cause, model_sheets.end_bids, guard=guard) for id in ids]
        return model_sheets.signed_up([row.state for row in rows])

    def direct(self, procurement: Procurement) -> Found | None:
        """The agency the owner named, if it may."""
        uscc, at = need_of(procurement).direct_uscc, now()
        found = store_agencies.of_uscc(self.agencies, uscc)
        if found is None:
            return Found([])
        agency = found.state
        score = store_credits.score(self.database, found.id, at)
        reason, note = self.freezing.reason(procurement, need_of(procurement), agency, score, at)
        row = {
            "uscc": uscc,
            "name": agency.name,
            "agency_id": found.id,
            "organization_id": agency.organization_id,
        }
        if reason:
            return Found([], excluded=[{"uscc": uscc, "name": agency.name, "reason": reason, "note": note}])
        return Found([_place(row, 0, "")])

    def choice(self, procurement: Procurement) -> Found | None:
        """The scores of all evaluators, once they are in."""
        found = choosing.attempt(self.parts, procurement)
        return Found(found.places, told=found.told) if found else None

    def following(self, procurement: Procurement) -> tuple[Sequence[pb.PassedPlace], pb.Winner | None, str]:
        """Who is next in the order after the present winner, with his organisation, and the places between that may not have it now."""
        assert procurement.winner is not None
        at, need, skipped = now(), need_of(procurement), list[pb.PassedPlace]()
        places = store_frozen.get(self.database, procurement.order_digest)["places"]
        for number, row in enumerate(places[procurement.winner.place :], procurement.winner.place + 1):
            found = store_agencies.of_uscc(self.agencies, row["uscc"])
            score = store_credits.score(self.database, row["agency_id"], at)
            if found and not self.freezing.reason(procurement, need, found.state, score, at)[0]:
                winner, organization = winner_of(row | {"place": number})
                return skipped, winner, organization
            reason = model_acts.NOT_ELIGIBLE
            skipped.append(pb.PassedPlace(place=number, uscc=row["uscc"], name=row["name"], reason=reason))
        return skipped, None, ""


_BY_MODE: Final[Mapping[int, Callable[[Selecting, Procurement], Found | None]]] = {
    model.DRAW: Selecting.draw,
    model.PRICE: Selecting.price,
    model.CHOICE: Selecting.choice,
    model.DIRECT: Selecting.direct,
}


def seed_of(procurement: Procurement, beacon_value: str) -> bytes:
    """What a draw's order follows from."""
    parties = (model.party(procurement, name) for name in model.PARTIES)
    nonces = [draw.nonce_of(one.nonce if one else "", one.commitment if one else "", beacon_value) for one in parties]
    return draw.seed(bytes.fromhex(procurement.root), procurement.notice_digest, nonces, beacon_value)


def winner_of(row: Mapping[str, Any]) -> tuple[pb.Winner, str]:
    """A place of an order as winner, and its organisation."""
    winner = pb.Winner(
        agency_id=row["agency_id"],
        uscc=row["uscc"],
        name=row["name"],
        place=row.get("place", 1),
        value=row["value"],
    )
    return winner, row["organization_id"]


def _place(row: Mapping[str, Any], value: int, why: str) -> dict[str, Any]:
    kept = {name: row[name] for name in ("uscc", "name", "agency_id", "organization_id")}
    return kept | {"value": value, "why": why}


def _unopened(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"uscc": row["uscc"], "name": row["name"], "reason": "NOT_OPENED", "note": WORDS["NOT_OPENED"]}


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "uscc": entry.uscc,
        "commitment": entry.bid_commitment,
        "value": entry.value,
        "nonce": entry.nonce,
        "opened_at": text(entry.opened_at),
    }


def _cause(procurement: Procurement, what: str) -> Cause:
    return Cause(key=f"timer/{what}/{text(procurement.selection_at)}", by=BY)
