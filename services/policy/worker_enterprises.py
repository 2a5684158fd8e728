"""What policy does when it hears of facts, of organisations and agencies, and of items that were opened; and its walks through the base."""

import time
from datetime import datetime
from typing import Any

from chassis.acts import now
from chassis.errors import NotYet
from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.policy import correcting, matching, store_corrections, store_enterprises, store_hearsay, store_matches
from services.policy.model_facts import EVENT
from services.policy.model_sheets import IDENTITY, INTERMEDIARY, SOURCES, Told
from standards.workdays import local_day
from yiwang.identity.v1.events_pb2 import OrganizationClaimed, OrganizationConfirmed
from yiwang.intermediary.v1.events_pb2 import (
    AgencyBlacklisted,
    AgencyEntered,
    BlacklistAppealDecided,
    BlacklistingEnded,
)
from yiwang.policy.v1.events_pb2 import (
    CorrectionDecided,
    EnterpriseOpened,
    FactsStated,
    PayoutItemOpened,
    PayoutItemResumed,
)

# So long, in seconds, a round walks through the base: handlers come in between.
SPELL = 0.5


class HearsEnterprises:
    """The handlers of the enterprise base."""

    parts: Parts
    plans: matching.Plans

    @on(FactsStated)
    def keep_facts(self, event: Heard[FactsStated]) -> None:
        """Read model: what a source told, where it ranks higher; and the items that read it are looked at again."""
        database = self.parts.database
        store_enterprises.keep(database, event.body, event.seq, store_enterprises.kinds(database))
        # Whether or not anything changed here: the api may have kept it before.
        names = [one.name for one in event.body.facts]
        matching.facts_told(database, self.plans.now(), event.body.uscc, names, event.trace)

    @on(CorrectionDecided)
    def correct_fact(self, event: Heard[CorrectionDecided]) -> None:
        """Act: a correction that was accepted becomes a fact."""
        record = store_corrections.corrections(self.parts.database).get(event.record)
        if record.version < event.seq:
            raise NotYet
        correcting.correct(self.parts.database, record, event.trace)

    @on(PayoutItemOpened)
    def match_opened(self, event: Heard[PayoutItemOpened]) -> None:
        """Act: a walk through the base begins for the item."""
        store_matches.begin(self.parts.database, event.id, item=event.record)

    @on(PayoutItemResumed)
    def match_resumed(self, event: Heard[PayoutItemResumed]) -> None:
        """Act: facts may have changed while the item was paused."""
        store_matches.begin(self.parts.database, event.id, item=event.record)

    @on(EnterpriseOpened)
    def match_joined(self, event: Heard[EnterpriseOpened]) -> None:
        """Act: who comes to the platform is told of what it matches already."""
        plan = self.plans.now()
        matching.rematch(self.parts.database, plan, event.body.uscc, list(plan.items), event.trace)

    @on(OrganizationClaimed)
    def note_organization(self, event: Heard[OrganizationClaimed]) -> None:
        """Read model: the USCC of an organisation of identity; nothing is known of it yet."""
        store_hearsay.note(self.parts.database, f"{IDENTITY}/{event.body.organization_id}", event.body.uscc)

    @on(OrganizationConfirmed)
    def confirm_organization(self, event: Heard[OrganizationConfirmed]) -> None:
        """Act: an organisation whose representative was confirmed is known to be there."""
        _tell(self.parts, event, IDENTITY, event.body.organization_id, platform_registered=True)

    @on(AgencyEntered)
    def note_agency(self, event: Heard[AgencyEntered]) -> None:
        """Read model: the USCC of an agency of the market."""
        store_hearsay.note(self.parts.database, f"{INTERMEDIARY}/{event.body.agency_id}", event.body.uscc)

    @on(AgencyBlacklisted)
    def note_blacklisting(self, event: Heard[AgencyBlacklisted]) -> None:
        """Act: an agency is on the market's black list."""
        _tell(self.parts, event, INTERMEDIARY, event.body.agency_id, market_blacklisted=True)

    @on(BlacklistingEnded)
    def note_blacklisting_end(self, event: Heard[BlacklistingEnded]) -> None:
        """Act: it is off the list."""
        _tell(self.parts, event, INTERMEDIARY, event.body.agency_id, market_blacklisted=False)

    @on(BlacklistAppealDecided)
    def note_blacklist_appeal(self, event: Heard[BlacklistAppealDecided]) -> None:
        """Act: it should never have been on the list."""
        if event.body.overturned:
            _tell(self.parts, event, INTERMEDIARY, event.body.agency_id, market_blacklisted=False)

    @every(interval=1)
    def walk_base(self) -> None:
        """Some parts further on the walks that are under way."""
        day, until = local_day(now()), time.monotonic() + SPELL
        while time.monotonic() < until and matching.walk(self.parts.database, self.plans, day):
            time.sleep(0)  # lets handlers in


def prepare(worker: Any, parts: Parts) -> None:
    """Gives the worker what these handlers use."""
    worker.plans = matching.Plans(parts.database)


def _tell(parts: Parts, event: Heard[Any], source: str, id: str, **facts: bool) -> None:
    """What another service's event tells of an enterprise; waits for the event that tells its USCC."""
    uscc = store_hearsay.uscc_of(parts.database, f"{source}/{id}")
    if uscc is None:
        raise NotYet
    values = tuple((name, "true" if value else "false") for name, value in facts.items())
    told = Told(uscc, values, datetime.fromisoformat(event.time))
    kinds = store_enterprises.kinds(parts.database)
    store_enterprises.tell(parts.database, told, (source, SOURCES[source], EVENT), event.cause, kinds)
