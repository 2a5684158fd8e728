"""The branches of a parent (一件事) become cases, and what becomes of these moves the parent.

Everything here is done by how things stand, not by what was heard: whoever calls `advance`, however often and in whatever order,
the same comes of it. A case is opened under an id that follows from parent and branch, so twice is once; a death between its opening
and the parent's note is mended by the next call. No case waits for another one's clock.
"""

import hashlib
from dataclasses import replace
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import PERSON, Acting, Actor, Cause, now
from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, PERMISSION_DENIED, NotYet, Refused
from chassis.records import Record
from chassis.sealed import Keyring
from chassis.telemetry import log
from services.case import (
    bundling_shares,
    model_asides,
    model_bundles,
    model_bundles_course,
    model_moves,
    store,
    store_bundles,
    store_items,
)
from services.case.model import WITHDRAW_PENDING, Case
from services.case.model_bundles import Bundle
from services.case.submitting import Application, Submitting
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb

BY = "system:case"
# What is no fault of the branch, and passes by itself, is tried again without a word: anything else stands in the parent.
FAULTS = (FAILED_PRECONDITION, INVALID_ARGUMENT, PERMISSION_DENIED)
NUMBERS = 3


class Children:
    """The parents of one store and their cases."""

    def __init__(self, database: Database[dict[str, Any]], keyring: Keyring) -> None:
        self._keyring = keyring
        self._items = store_items.Items(database)
        self._submitting = Submitting(database, self._items, keyring)
        self.cases = store.cases(database)
        self.bundles = store_bundles.bundles(database)

    def advance(self, id: str, trace: str = "") -> None:
        """Opens the branches whose turn has come, or withdraws the cases of a parent that was taken back, until nothing is left
        to do now."""
        self._items.refresh()
        tried = dict[str, str]()
        while True:
            bundle = self.bundles.get(id).state
            if bundle.withdrawn:
                self._withdraw(bundle)
            before = len(tried)
            for key in model_bundles.ready(bundle):
                if key not in tried:
                    tried[key] = self._open(bundle, key)
            if not self._settle(id, {key: fault for key, fault in tried.items() if fault}, trace) and before == len(
                tried
            ):
                return

    def follow(self, case_id: str, trace: str = "") -> None:
        """What became of a case, for its parent if it has one."""
        try:
            case = self.cases.get(case_id).state
        except Refused as refused:
            raise NotYet from refused
        if case.bundle_id:
            self._settle(case.bundle_id, {}, trace)

    def sweep(self) -> None:
        """Goes on with everything that waits: what a death left undone, and branches that could not begin. One that fails keeps no other
        waiting."""
        for id in store_bundles.waiting(self.bundles):
            try:
                self.advance(id)
            except Refused as refused:
                log("bundles").warning("bundle_refused", record=id, reason=refused.reason)

    def _settle(self, id: str, faults: dict[str, str], trace: str) -> bool:
        """Writes what follows from how the cases stand; whether anything did. The cause tells what was seen at which version, so that two
        who saw the same write it once."""
        found = store_bundles.seen_of(self.cases, id)
        before = self.bundles.get(id)
        told = hashlib.sha256(repr((found, sorted(faults.items()))).encode()).hexdigest()[:16]
        cause = Cause(f"bundle/{before.version}/{told}", BY, trace=trace)
        after = self.bundles.change(id, cause, lambda bundle: model_bundles_course.settle(bundle, found, faults, now()))
        return after.version > before.version

    # --- opening ----------------------------------------------------------------------------------------------------------

    def _open(self, bundle: Bundle, key: str) -> str:
        """Opens the case of a branch; the code of why it cannot be, empty when it is open or may be in a moment."""
        form = self._keyring.open(bundle.applicant_id, bundle.sealed_form)
        shares = self._keyring.open(bundle.applicant_id, bundle.sealed_shares)
        if form is None or shares is None:
            return model_bundles.ERASED
        asked = self._application(bundle, key, form, shares[key])
        try:
            self._create(asked)
        except Refused as refused:
            if refused.code not in FAULTS:
                log("bundles").warning("child_waits", record=bundle.id, branch=key, reason=refused.reason)
                return ""
            return refused.reason
        return ""

    def _create(self, asked: Application) -> Record[Case]:
        cause = Cause(f"bundle/{asked.bundle_id}/{asked.bundle_key}", BY)
        for attempt in range(NUMBERS):
            try:
                return self.cases.create(cause, lambda id, attempt=attempt: self._submitting.begin(asked, id, attempt))  # type: ignore[misc]
            except DuplicateKeyError:  # another case has that number: one in a billion per county and day
                continue
        raise NotYet

    def _application(self, bundle: Bundle, key: str, form: dict[str, str], share: dict[str, Any]) -> Application:
        branch = next(one for one in bundle.branches if one.key == key)
        return Application(
            item_id=branch.item_id,
            # The newest: what was handed in has to do for it, or the branch says why not.
            edition=0,
            form=bundling_shares.form_for(share, form),
            files=bundling_shares.files_for(share, bundle.files),
            answers=bundling_shares.answers_for(share),
            channel=bundle.channel,
            applicant_id=bundle.applicant_id,
            level=bundle.level,
            actor=_actor(bundle),
            delivery=self._delivery(bundle),
            project_code=bundle.project_code,
            bundle_id=bundle.id,
            bundle_key=key,
            sealed_agent_name=bundle.sealed_agent_name,
        )

    def _delivery(self, bundle: Bundle) -> pb.DeliveryChoice | None:
        to = self._keyring.open(bundle.applicant_id, bundle.sealed_delivery) or {}
        return pb.DeliveryChoice(way=bundle.delivery, **to) if bundle.delivery else None  # type: ignore[arg-type]

    # --- taking back ------------------------------------------------------------------------------------------------------

    def _withdraw(self, bundle: Bundle) -> None:
        """Withdraws the cases under way, each by itself; after acceptance an officer confirms, or silence does."""
        for row in store_bundles.children(self.cases, bundle.id):
            if _may_withdraw(row.state):
                cause = Cause(f"bundle/{bundle.id}/withdraw", BY)
                self.cases.change(row.id, cause, lambda case: _withdrawal(case, bundle))


def _may_withdraw(case: Case) -> bool:
    return case.status != WITHDRAW_PENDING and model_moves.may_come(case, "WithdrawCase")


def _withdrawal(case: Case, bundle: Bundle) -> events.CaseWithdrawn | events.WithdrawalAsked | None:
    if not _may_withdraw(case):
        return None
    return model_asides.withdraw(case, bundle.sealed_withdrawal, now(), bundle.withdrawal_agent_name)


def _actor(bundle: Bundle) -> Actor:
    """Who applied, as he was when he did: that items were delegated was checked then."""
    actor = Actor(id=bundle.applicant_id, realm=PERSON, level=bundle.level)
    if not bundle.agent:
        return actor
    acting = Acting(
        bundle.agent, "", bundle.agent_channel, bundle.delegation_id, organization=bundle.agent_organization_id
    )
    return replace(actor, acting=acting)
