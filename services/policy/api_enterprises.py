"""EnterpriseService over gRPC: what is known of enterprises, and who tells it. Corrections and matches are in files of their own."""

from collections.abc import Mapping
from typing import Any

from chassis import telemetry
from chassis.acts import Cause, now
from chassis.errors import Refused, Violation, invalid, not_found
from chassis.paging import malformed
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.policy import (
    model_corrections,
    model_enterprises,
    model_sheets,
    store_corrections,
    store_enterprises,
    views_enterprises,
)
from services.policy.api_corrections import CorrectionsApi
from services.policy.api_matches import MatchesApi
from services.policy.model_corrections import OwnKind
from services.policy.model_enterprises import Enterprise
from services.policy.model_facts import CLAIMED, REPORTED, Kind
from services.policy.model_sheets import ENTERPRISE, SOURCES, Told
from standards.codes import region_covers
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events

PAGE = 20


class EnterpriseApi(CorrectionsApi, MatchesApi):
    """The methods of yiwang.policy.v1.EnterpriseService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.database = parts.database
        self.keyring = parts.keyring
        self.corrections = store_corrections.corrections(parts.database)
        self.entries = store_enterprises.entries(parts.database)

    def GetMyEnterprise(self, request: pb.GetMyEnterpriseRequest, call: Call) -> pb.Enterprise:
        return self._own_view(request.uscc, self.own_entry(request.uscc, call))

    def StateFacts(self, request: pb.StateFactsRequest, call: Call) -> pb.Enterprise:
        entry = self.own_entry(request.uscc, call)
        kinds = store_enterprises.kinds(self.database)
        rows = [(one.name, one.value) for one in request.facts]
        facts, faults = model_sheets.listed(rows, kinds, claimed=True)
        if faults:
            raise invalid(*faults)
        by = (ENTERPRISE, SOURCES[ENTERPRISE], CLAIMED)
        store_enterprises.tell(self.database, Told(request.uscc, tuple(facts), now()), by, call.cause, kinds)
        return self._own_view(request.uscc, entry)

    def ReportFacts(self, request: pb.ReportFactsRequest, call: Call) -> pb.ReportFactsResponse:
        kinds = store_enterprises.kinds(self.database)
        found = [self._report(place, row, request, call, kinds) for place, row in enumerate(request.rows)]
        return pb.ReportFactsResponse(outcomes=[_outcome(faults) for faults in found])

    def _report(
        self, place: int, row: pb.FactRow, request: pb.ReportFactsRequest, call: Call, kinds: Mapping[str, Kind]
    ) -> list[Violation]:
        """Takes one row, or tells what is wrong with it."""
        told, faults = model_sheets.row(row, kinds, call.actor.region, now())
        if told is None:
            return faults
        # Where it is by a department's word: by its own it keeps no department out.
        region = store_enterprises.reported_region(self.database, told.uscc)
        if region and not region_covers(call.actor.region, region):
            return [model_sheets.fault("uscc", "REGION")]
        cause = Cause(f"{call.cause.key}/{place}", call.cause.by, call.cause.request, call.cause.trace)
        by = (call.actor.department, request.department_name.strip(), REPORTED)
        try:
            store_enterprises.tell(self.database, told, by, cause, kinds)
        except Refused as refused:
            if refused.reason != "JOURNAL_FULL":
                raise
            return [model_sheets.fault("facts", "JOURNAL_FULL")]
        return []

    def GetEnterprise(self, request: pb.GetEnterpriseRequest, call: Call) -> pb.Enterprise:
        found = store_enterprises.enterprise(self.database, request.uscc)
        if found is None or not model_enterprises.sees(call.actor, request.uscc, found["region"]):
            raise not_found()
        return views_enterprises.enterprise(request.uscc, found, store_enterprises.kinds(self.database))

    def SearchEnterprises(self, request: pb.SearchEnterprisesRequest, call: Call) -> pb.SearchEnterprisesResponse:
        region = request.region or call.actor.region
        if not region_covers(call.actor.region, region):
            raise invalid(Violation("region", "REGION_NOT_COVERED", "该区域不在您的管辖范围内"))
        words = request.words.strip()
        if len(words) == 18 and (one := store_enterprises.heading(self.database, words.upper())):
            rows = [one] if region_covers(region, one["region"]) else []
            return pb.SearchEnterprisesResponse(enterprises=[views_enterprises.brief(row) for row in rows])
        size = request.page_size or PAGE
        rows, (bucket, uscc) = store_enterprises.search(self.database, region, words, _place(request.page_token), size)
        end = bucket == model_enterprises.BUCKETS
        found = [views_enterprises.brief(row) for row in rows]
        return pb.SearchEnterprisesResponse(enterprises=found, next_page_token="" if end else f"{bucket}-{uscc}")

    def SaveFactKind(self, request: pb.SaveFactKindRequest, call: Call) -> pb.FactKind:
        def decide(known: OwnKind | None, id: str) -> events.FactKindSaved:
            return model_corrections.save_kind(known, id, request.kind, call.actor)

        saved = store_corrections.save_kind(self.database, request.kind.name, call.cause, decide).state
        return views_enterprises.kind(saved.fact, model_corrections.kind_of(saved), saved.region)

    def ListFactKinds(self, _request: pb.ListFactKindsRequest, _call: Call) -> pb.ListFactKindsResponse:
        regions = store_corrections.regions(self.database)
        kinds = sorted(store_enterprises.kinds(self.database).items())
        found = [views_enterprises.kind(name, kind, regions.get(name, "")) for name, kind in kinds]
        return pb.ListFactKindsResponse(kinds=found)

    def SetSubscription(self, request: pb.SetSubscriptionRequest, call: Call) -> pb.Enterprise:
        def decide(one: Enterprise) -> Any:
            return model_enterprises.subscribe(one, request.subscribed, request.modes)

        return self._change(request.uscc, call, decide)

    def OptOut(self, request: pb.OptOutRequest, call: Call) -> pb.Enterprise:
        def decide(one: Enterprise) -> Any:
            return model_enterprises.opt_out(one, request.item_id, request.out)

        return self._change(request.uscc, call, decide)

    def _change(self, uscc: str, call: Call, decide: Any) -> pb.Enterprise:
        entry = self.own_entry(uscc, call)
        return self._own_view(uscc, self.entries.change(entry.id, call.cause, decide))

    def own_entry(self, uscc: str, call: Call) -> Record[Enterprise]:
        """The entry of the caller's own organisation, opened if it is not there."""
        model_enterprises.require_own(call.actor, uscc)
        call.span.set(telemetry.RECORD, store_enterprises.entry_id(uscc))
        return store_enterprises.opened(self.database, uscc, call.actor.id, call.actor.by, call.span.traceparent)

    def _own_view(self, uscc: str, entry: Record[Enterprise]) -> pb.Enterprise:
        found = store_enterprises.enterprise(self.database, uscc)
        return views_enterprises.enterprise(uscc, found, store_enterprises.kinds(self.database), entry)


def _outcome(faults: list[Violation]) -> pb.RowOutcome:
    told = [pb.RowFault(field=one.field, reason=one.reason, message=one.message) for one in faults]
    return pb.RowOutcome(taken=not faults, faults=told)


def _place(token: str) -> tuple[int, str]:
    """The part of the base and the USCC a page ended with; from the start without a token."""
    if not token:
        return 0, ""
    bucket, _, uscc = token.partition("-")
    if not (bucket.isascii() and bucket.isdigit() and int(bucket) < model_enterprises.BUCKETS and uscc.isalnum()):
        raise malformed()
    return int(bucket), uscc
