"""What is read of agencies: one's own, those of the market, what waits on desks, credit and kinds of qualifications; the part of
AgencyService that changes nothing."""

from collections.abc import Callable
from datetime import datetime

from chassis import telemetry
from chassis.acts import Actor, now
from chassis.errors import Violation, invalid, not_found
from chassis.parts import Parts
from chassis.records import Filter, Record
from chassis.rpc import Call
from services.intermediary import model_agencies as agencies
from services.intermediary import (
    model_credits,
    model_qualifications,
    model_rules,
    store,
    store_agencies,
    store_credits,
)
from services.intermediary import views_agencies as views
from services.intermediary.model_agencies import Agency
from standards.codes import region_covers
from yiwang.intermediary.v1 import agencies_pb2 as pb

PAGE = 20
# More below the line than this, and the worst are told first.
MOST_BELOW = 100


class ListsApi:
    """Methods of yiwang.intermediary.v1.AgencyService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.database = parts.database
        self.keyring = parts.keyring
        self.agencies = store_agencies.agencies(parts.database)
        self.counties = store.counties(parts.database, store_agencies.COUNTIES)
        self.rules = store.rules(parts.database)
        self.timing = store_agencies.timing(self.agencies, self.counties.all)

    def GetMyAgency(self, request: pb.GetMyAgencyRequest, call: Call) -> pb.Agency:
        found = store_agencies.of_organization(self.agencies, call.actor.id)
        if found is None or not agencies.belongs(call.actor, found.state):
            raise not_found()
        return self._view(self.agencies.get(found.id, min_version=request.min_version), call)

    def GetAgency(self, request: pb.GetAgencyRequest, call: Call) -> pb.Agency:
        return self._view(self.agencies.get(request.agency_id), call)

    def ListAgencies(self, request: pb.ListAgenciesRequest, call: Call) -> pb.ListAgenciesResponse:
        instant = now()
        counties = self.counties.within(request.region) if request.region else self.counties.all()
        matches: list[Filter] = [{"state.county": county} for county in counties]

        def wanted(agency: Agency) -> bool:
            return agency.standing in agencies.PUBLIC and _wanted(agency, request, instant)

        return self._list(matches, wanted, request.page_token, request.page_size, call.actor)

    def ListAgencyDesk(self, request: pb.ListAgencyDeskRequest, call: Call) -> pb.ListAgenciesResponse:
        actor, asked = call.actor, request.county
        if not actor.region or (asked and not (region_covers(actor.region, asked) or actor.region.startswith(asked))):
            raise invalid(Violation("county", "COUNTY", "不在您的管理区域内"))
        counties = self.counties.within(asked or actor.region)
        if request.wait == pb.AGENCY_WAIT_BELOW_LINE:
            return pb.ListAgenciesResponse(agencies=self._below(counties, actor))
        matches: list[Filter] = [{"state.county": county, "state.waiting": True} for county in counties]

        def wanted(agency: Agency) -> bool:
            return agencies.at_desk(actor, agency) and (not request.wait or request.wait in agency.waits)

        return self._list(matches, wanted, request.page_token, request.page_size, actor)

    def ListCredits(self, request: pb.ListCreditsRequest, call: Call) -> pb.ListCreditsResponse:
        agency, instant = self._seen(self.agencies.get(request.agency_id), call.actor), now()
        size = request.page_size or PAGE
        rows, token = store_credits.newest(self.database, agency.id, request.page_token, size)
        return pb.ListCreditsResponse(
            marks=[views.mark(row.state, instant) for row in rows],
            next_page_token=token,
            rules=model_credits.rules(),
            score=store_credits.score(self.database, agency.id, instant),
            formula=model_credits.FORMULA,
        )

    def ListQualificationKinds(
        self, _request: pb.ListQualificationKindsRequest, _call: Call
    ) -> pb.ListQualificationKindsResponse:
        told = [
            pb.QualificationKind(id=id, name=kind.name, grades=kind.grades, basis=kind.basis)
            for id, kind in model_qualifications.KINDS.items()
        ]
        return pb.ListQualificationKindsResponse(kinds=told)

    def _below(self, counties: list[str], actor: Actor) -> list[pb.Agency]:
        """Agencies below their county's line, the worst first."""
        instant = now()
        found: list[tuple[int, str]] = []
        for county in counties:
            low = store_credits.below(self.database, county, self._line(county), instant)
            found += [(score, id) for id, score in low.items()]
        rows = [(score, self.agencies.find({"_id": id})) for score, id in sorted(found)[:MOST_BELOW]]
        return [
            views.brief(row, actor, self.parts, views.Credit(score, self._line(row.state.county)), instant)
            for score, row in rows
            if row and agencies.at_desk(actor, row.state) and row.state.standing in agencies.PUBLIC
        ]

    def _list(
        self, matches: list[Filter], keep: Callable[[Agency], bool], token: str, size: int, actor: Actor
    ) -> pb.ListAgenciesResponse:
        rows, next = store_agencies.newest(self.agencies, matches, keep, token, size or PAGE)
        instant = now()
        lines = {county: self._line(county) for county in {row.state.county for row in rows}}
        told = [
            views.brief(row, actor, self.parts, self._credit(row, lines[row.state.county], instant), instant)
            for row in rows
        ]
        return pb.ListAgenciesResponse(agencies=told, next_page_token=next)

    def _line(self, county: str) -> int:
        return model_rules.value(store.rules_of(self.rules, county), "credit_line")

    def _credit(self, row: Record[Agency], line: int, instant: datetime) -> views.Credit:
        return views.Credit(store_credits.score(self.database, row.id, instant), line)

    def _seen(self, record: Record[Agency], actor: Actor) -> Agency:
        if not agencies.sees(actor, record.state):
            raise not_found()
        return record.state

    def _view(self, record: Record[Agency], call: Call) -> pb.Agency:
        """What stands above every answer that shows one."""
        agency, instant = self._seen(record, call.actor), now()
        call.span.set(telemetry.RECORD, record.id)
        credit = self._credit(record, self._line(agency.county), instant)
        return views.full(record, call.actor, self.parts, credit, instant)


def _wanted(agency: Agency, request: pb.ListAgenciesRequest, now: datetime) -> bool:
    """Whether the public list shows it to who asks so."""
    having = [one.kind for one in agency.qualifications if agencies.valid(one, now)]
    within = not request.region or region_covers(request.region, agency.region)
    words = request.words.strip()
    return (
        within
        and request.standing in (0, agency.standing)
        and (not request.kind or request.kind in having)
        and all(any(word in text for text in (agency.name, *agency.services)) for word in words.split())
    )
