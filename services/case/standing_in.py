"""What an application states instead of files, looked at: proofs of licences, and promises."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database

from chassis.errors import Violation, invalid
from services.case import model_lookups, model_promises, store_blocks, store_lookups
from services.case.model import COUNTY_DIGITS
from services.case.model_lookups import BY_LICENCE
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog


class Stood(NamedTuple):
    """What stands for materials, whether a licence was found for each (absent where the source was away), and the promise made."""

    stood_for: Sequence[events.StoodFor]
    licences: Mapping[str, bool]
    promise: events.Promise | None


class StandingIn:
    """The look-ups and broken promises of one store."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._cases = database["cases"]
        self._lookups = store_lookups.lookups(database)
        self._uses = store_lookups.Uses(database)
        self._blocks = store_blocks.blocks(database)

    def resolve(
        self,
        item: catalog.ItemDefinition,
        item_id: str,
        applicant_id: str,
        given: Sequence[pb.StandIn],
        promise_digest: str,
        now: datetime,
    ) -> Stood:
        """What the statements of an application amount to; refuses as model_promises says, and writes nothing."""
        found = {one.proof_id: self._lookup(one.proof_id) for one in given if one.waiver in BY_LICENCE}
        stood = model_promises.stood_for(item, item_id, given, found, applicant_id, now)
        licences = {one.material: True for one in stood if one.proof_id and not one.manual}
        county = item.region[:COUNTY_DIGITS]
        blocked = bool(promise_digest) and store_blocks.is_blocked(self._blocks, applicant_id, county, now)
        return Stood(stood, licences, model_promises.promise(item, promise_digest, stood, blocked))

    def claim(self, stood_for: Sequence[events.StoodFor], case_id: str, now: datetime) -> None:
        """Each proof stands in this application from now on, and in no other: INVALID_ARGUMENT PROOF_VOID."""
        for one in stood_for:
            if one.proof_id and not self._uses.claim(one.proof_id, case_id, now, self._exists):
                raise invalid(
                    Violation(f"stand_ins[{one.material}]", "PROOF_VOID", "该证照核验结果已用于另一申请，请重新核验")
                )

    def _lookup(self, id: str) -> model_lookups.LookUp | None:
        record = self._lookups.find({"_id": id})
        return record.state if record else None

    def _exists(self, case_id: str) -> bool:
        return self._cases.find_one({"_id": case_id}, {"_id": 1}) is not None
