"""The freeze: when sign-up is over, the gate is closed first, then it is listed who takes part. Whatever dies in between is done again."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from chassis.acts import Cause, now
from chassis.errors import FAILED_PRECONDITION, Refused
from chassis.guards import Guard
from chassis.parts import Parts
from services.intermediary import (
    model_acts,
    model_check,
    model_sheets,
    store,
    store_agencies,
    store_credits,
    store_frozen,
)
from services.intermediary.model import OPEN, Procurement, need_of
from services.intermediary.model_sheets import Entry, Sheet
from standards import draw
from standards.instants import text
from yiwang.intermediary.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2

BY = "system:intermediary"
NOT_YET = Refused(FAILED_PRECONDITION, "NOT_YET", "报名尚未截止")
# Why somebody who signed up does not take part, beside the conditions by their own ids.
WORDS = {
    "NOT_QUALIFIED": "不符合资格条件",
    "AVOIDED": "回避单位",
    "SAME_GROUP": "与其他报名机构为同一法定代表人、股东或者地址",
    "ROTATED": "按公开的轮空规则轮空",
    "GONE": "机构已退出",
    "NOT_OPENED": "未在规定时间公开报价",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """Who takes part, sorted by USCC, and who does not with the reason."""

    candidates: list[dict[str, Any]]
    excluded: list[dict[str, Any]]


class Freezing:
    """Freezes procurements."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.procurements = store.procurements(parts.database)
        self.sheets = store.sheets(parts.database)
        self.agencies = store_agencies.agencies(parts.database)

    def freeze(self, id: str) -> None:
        """Closes the gate and fixes the list; nothing where that was done."""
        procurement = self.procurements.get(id).state
        if procurement.status != OPEN:
            return
        entries = self.close(procurement)
        listed = self.listed(procurement, entries, now())
        root = draw.merkle_root([{"uscc": one["uscc"], "name": one["name"]} for one in listed.candidates]).hex()
        digest = store_frozen.put(
            self.database, {"candidates": listed.candidates, "excluded": listed.excluded, "root": root}
        )
        cause = Cause(key=f"timer/freeze/{text(procurement.signup_end)}", by=BY)
        counted = len(listed.candidates), len(listed.excluded)
        self.procurements.change(id, cause, lambda one: model_acts.freeze(one, root, *counted, digest))

    def close(self, procurement: Procurement) -> list[Entry]:
        """Closes every sheet, by the store's clock not before the closing instant; whose sign-ups stand on them, earliest first."""
        assert procurement.signup_end is not None
        guard = Guard(NOT_YET, after=procurement.signup_end)
        cause = Cause(key=f"timer/close/{text(procurement.signup_end)}", by=BY)
        found: list[Sheet] = []
        for number in range(procurement.sheets):
            sheet_id = store.sheet_id(procurement.id, number)
            self._there(sheet_id, procurement.id, procurement.signup_end, cause)
            found.append(self.sheets.change(sheet_id, cause, model_sheets.close, guard=guard).state)
        return model_sheets.signed_up(found)

    def _there(self, id: str, procurement: str, closes_at: datetime, cause: Cause) -> None:
        """A sheet nobody stands on is opened only to be closed: a sign-up on its way finds it closed."""
        if self.sheets.find({"_id": id}) is None:
            opening = Cause(key=f"open/{id}", by=cause.by)
            self.sheets.create(opening, lambda _: model_sheets.opened(id, procurement, closes_at), id)

    def listed(self, procurement: Procurement, entries: list[Entry], at: datetime) -> Listed:
        """Who takes part: every condition is looked at once more, then of each group the earliest stays."""
        need, excluded, fit = need_of(procurement), list[dict[str, Any]](), list[tuple[Entry, Any, int]]()
        scores = store_credits.scores(self.database, at)
        rotated = store.last_winners(
            self.procurements, procurement.owner_id, procurement.service, procurement.rules["rotation"]
        )
        for entry in entries:
            found, score = store_agencies.of_id(self.agencies, entry.agency_id), scores(entry.agency_id)
            reason = self.reason(procurement, need, found.state, score, at) if found else ("GONE", "")
            if not reason[0] and entry.uscc in rotated:
                reason = ("ROTATED", "")
            if found is None or reason[0]:
                excluded.append(_out(entry, *reason))
            else:
                fit.append((entry, found.state, score))
        grouped = model_check.clusters([(entry, agency) for entry, agency, _ in fit])
        excluded += [_out(entry, "SAME_GROUP", grouped[entry.uscc]) for entry, _, _ in fit if entry.uscc in grouped]
        candidates = [_in(entry, score) for entry, _, score in fit if entry.uscc not in grouped]
        return Listed(_sorted(candidates), _sorted(excluded))

    def reason(self, procurement: Procurement, need: pb.Need, agency: Any, score: int, at: datetime) -> tuple[str, str]:
        """Why an agency may not take part, with the conditions that do not hold; two empty texts when it may."""
        verdict = check(procurement, need, agency, score, at)
        if model_check.eligible(verdict):
            return "", ""
        failed = model_check.failing(verdict)
        avoided = {one.id for one in failed} & model_check.AVOIDED
        return "AVOIDED" if avoided else "NOT_QUALIFIED", "；".join(one.says for one in failed)


def check(procurement: Procurement, need: pb.Need, agency: Any, score: int, at: datetime) -> rules_pb2.Verdict:
    """Whether an agency may take part, with the reason of every condition."""
    avoided = [one.uscc for one in need.avoidances]
    return model_check.check(agency, need.requirement, procurement.owner_uscc, avoided, score, at)


def _in(entry: Entry, score: int) -> dict[str, Any]:
    return {
        "uscc": entry.uscc,
        "name": entry.name,
        "agency_id": entry.agency_id,
        "organization_id": entry.organization_id,
        "at": text(entry.at),
        "credit": score,
        "proposal": asdict(entry.proposal) if entry.proposal else None,
    }


def _out(entry: Entry, reason: str, note: str) -> dict[str, Any]:
    told = f"{WORDS[reason]}：{note}" if note else WORDS[reason]
    return {"uscc": entry.uscc, "name": entry.name, "reason": reason, "note": told, "at": text(entry.at)}


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda one: str(one["uscc"]))
