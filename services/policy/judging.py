"""What the rules say of an enterprise and an item, with everything they read: the facts of the base, what it has of the item and of its
group already, and what somebody states beside it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson
from pymongo.database import Database

from services.policy import model_doubts, model_explain, model_periods, store_claims, store_enterprises, store_pots
from services.policy.model import ENDED
from services.policy.model_explain import Taken
from services.policy.model_facts import Fact
from services.policy.model_values import CLAIMED_THIS_PERIOD, GROUP_CLAIMS, GROUP_FEN
from services.policy.store_items import OpenItem
from standards.workdays import SHANGHAI
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2


def day_of(at: datetime) -> date:
    """The day an instant is in, in China."""
    return at.astimezone(SHANGHAI).date()


def explain(
    database: Database[dict[str, Any]],
    item: OpenItem,
    uscc: str,
    day: date,
    stated: Mapping[str, Fact] | None = None,
    beside: str = "",
    had: Taken | None = None,
) -> pb.Explanation:
    """The answer for an enterprise on a day. `stated` comes before the facts of the base; what the claim `beside` has is left out of what
    the enterprise has already, which is `had` where that stands fast."""
    facts = {**store_enterprises.facts_of(database, uscc), **(stated or {})}
    period = model_periods.period_of(item.definition.period, day)
    had = taken(database, item, uscc, period, beside) if had is None else had
    kinds = store_enterprises.kinds(database)
    return model_explain.explain(item.definition, item.id, item.edition, uscc, period, day, facts, had, kinds)


def decided(
    database: Database[dict[str, Any]], item: OpenItem, uscc: str, day: date, beside: str = ""
) -> tuple[pb.Explanation, bool]:
    """The answer as it counts where no officer looks (model_doubts.decided), and whether a department told who and where the enterprise is;
    if not, what is to be looked at is told as missing."""
    facts = store_enterprises.facts_of(database, uscc)
    period = model_periods.period_of(item.definition.period, day)
    had, kinds = taken(database, item, uscc, period, beside), store_enterprises.kinds(database)
    told = model_doubts.decided(item.definition, item.id, item.edition, uscc, period, day, facts, had, kinds)
    lacking = model_doubts.of_whom(item.region, facts, kinds) if told.result == rules_pb2.TRUTH_TRUE else []
    told.missing.extend(lacking)
    return told, not lacking


def had_by(told: pb.Explanation) -> Taken:
    """What an enterprise had when it was told this: of a benefit it holds by it, what came later has taken account."""
    read = {one.name: orjson.loads(one.value) for one in told.facts}
    return Taken(read.get(CLAIMED_THIS_PERIOD, 0), read.get(GROUP_FEN, 0), read.get(GROUP_CLAIMS, 0))


def taken(database: Database[dict[str, Any]], item: OpenItem, uscc: str, period: str, beside: str = "") -> Taken:
    """What an enterprise has of an item and of its group in a period, but for one claim."""
    claims = store_claims.claims(database)
    own = store_claims.of_item(claims, uscc, item.id)
    same = [one for one in own if one.period == period and one.id != beside and one.status not in ENDED]
    group = item.definition.benefit_group
    held = store_pots.taken(database, group, period, uscc) if group else {}
    others = [fen for hold, fen in held.items() if not (beside and hold.startswith(beside))]
    return Taken(claims=len(same), group_fen=sum(others), group_claims=len(others))
