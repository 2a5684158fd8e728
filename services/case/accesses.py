"""The access record: a line is written before anything is shown, and when it cannot be, nothing is shown."""

import uuid
from collections.abc import Sequence

from chassis.acts import Actor, Cause
from chassis.errors import Refused
from chassis.records import Record, Records
from chassis.rpc import Call
from chassis.sealed import Keyring
from services.case import model_access, model_bundles, model_seeing, store
from services.case.model import Case
from services.case.model_access import Access
from services.case.model_bundles import Bundle
from services.case.timeline import time_text
from yiwang.case.v1 import service_pb2 as pb


class Accesses:
    """The access records of one store."""

    def __init__(self, accesses: Records[Access], cases: Records[Case], keyring: Keyring) -> None:
        self._accesses = accesses
        self._cases = cases
        self._keyring = keyring

    def looked(self, call: Call, case: Case | Bundle, what: str, fields: Sequence[str] = ()) -> None:
        """Notes a supervisor's look: each one a line of its own, although a read has no request_id."""
        cause = Cause(f"{call.actor.by}/{call.method}/{uuid.uuid4().hex}", call.actor.by, "", call.span.traceparent)
        try:
            sealed = self._sealed(call.actor, case, fields, "")
        except Refused as refused:
            if refused.reason != "PERSON_ERASED":
                raise
            sealed = ""  # nothing personal is left to see, and nothing to seal it under
        self._accesses.create(cause, lambda id: model_access.noted(id, case, cause.by, what, sealed))

    def unmasked(self, call: Call, case: Case, fields: Sequence[str], purpose: str) -> None:
        """Notes that answers are shown in clear; FAILED_PRECONDITION PERSON_ERASED when there are none any more."""
        self._accesses.create(
            call.cause,
            lambda id: model_access.noted(
                id, case, call.actor.by, model_access.UNMASKED, self._sealed(call.actor, case, fields, purpose)
            ),
        )

    def _sealed(self, actor: Actor, case: Case | Bundle, fields: Sequence[str], purpose: str) -> str:
        content = {"by_name": self._name(actor, case), "fields": list(fields), "purpose": purpose}
        return self._keyring.seal(case.applicant_id, content)

    def _name(self, actor: Actor, case: Case | Bundle) -> str:
        """Department and capacity, as they are now."""
        own = model_seeing.sees(actor, case) if isinstance(case, Case) else model_bundles.sees(actor, case)
        if own:
            return f"{case.department_name} 办理人员"
        return f"{store.department_name(self._cases, actor.department) or actor.department} 监督人员"

    def page(self, actor: Actor, token: str, count: int) -> pb.ListCaseAccessesResponse:
        """A page of the caller's own, newest first."""
        rows, next_token = store.newest_accesses(self._accesses, model_access.visible(actor), token, count)
        return pb.ListCaseAccessesResponse(accesses=[self._view(row) for row in rows], next_page_token=next_token)

    def _view(self, record: Record[Access]) -> pb.CaseAccess:
        access = record.state
        content = self._keyring.open(access.person_id, access.sealed) or {}
        return pb.CaseAccess(
            id=record.id,
            at=time_text(access.at),
            by=access.by,
            by_name=content.get("by_name", ""),
            what=model_access.WORDS.get(access.what, ""),
            fields=content.get("fields", ()),
            purpose=content.get("purpose", ""),
            case_id=access.case_id,
            case_number=access.case_number,
        )
