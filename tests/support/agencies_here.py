"""The api of intermediary inside the test's process, as tests of agencies call it, with the timers and handlers of agencies."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from google.protobuf.message import Message

from chassis.acts import Actor, Cause, now
from chassis.events import Heard
from chassis.parts import Parts
from chassis.records import Record, Records
from services.intermediary import (
    agencies,
    files,
    model_credits,
    store,
    store_agencies,
    store_credits,
    store_files,
    worker_agencies,
    worker_credits,
)
from services.intermediary.model_agencies import Agency
from services.intermediary.model_credits import Mark
from standards.instants import text
from tests.support.actors import REGION, officer, supervisor
from tests.support.agencies import (
    REASON,
    agent_of,
    approved,
    entered,
    noticed,
    profile,
    qualification,
    stated_qualification,
    uscc,
)
from tests.support.calling import As
from tests.support.items import PDF
from tests.support.serving import Here
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events

SERVICE = "AgencyService"
# Where the time of an act on agencies comes from.
CLOCKS = (
    *("chassis.timers", "chassis.records", "chassis.files"),
    *(f"services.intermediary.{name}" for name in ("api_agencies", "api_agencies_lists", "agencies")),
)
NAME = "某县测绘有限公司"


class _Worker(worker_agencies.HearsAgencies, worker_credits.HearsCredits):
    """The timers and handlers of agencies alone."""


class AgenciesHere(Here):
    """Agencies as tests enter and move them."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.operator, self.other_operator = officer("market"), officer("market")
        self.boss, self.other_boss = supervisor(), supervisor()
        _Worker.parts = self.parts
        worker_agencies.prepare(_Worker, self.parts)
        self.agencies_worker = _Worker()

    @property
    def agencies(self) -> Records[Agency]:
        """The records of agencies."""
        return store_agencies.agencies(self.database)

    @property
    def marks(self) -> list[Mark]:
        """All marks there are."""
        return [row.state for row in store_credits.credits(self.database).select({})]

    def to(self, actor: Actor | None) -> As:
        """AgencyService as this actor calls it."""
        return self.by(actor, service=SERVICE)

    def file(self, actor: Actor, content: bytes = PDF, filename: str = "资质证书.pdf") -> str:
        """A file as an agency uploads it."""
        stored: Any = self.to(actor).UploadMarketFile(filename=filename, content=content)
        return str(stored.file_id)

    def qualification(self, actor: Actor, **told: Any) -> pb.NewQualification:
        """A qualification with its proof."""
        return qualification(self.file(actor), **told)

    def entered(self, code: str = "", actor: Actor | None = None, **told: Any) -> tuple[Actor, pb.Agency]:
        """A handler and his agency, just entered."""
        code = code or uscc()
        actor = actor or agent_of(code)
        said: dict[str, Any] = {"uscc": code, "name": NAME, "region": REGION, "profile": profile()}
        if "qualifications" not in told:
            said["qualifications"] = [self.qualification(actor)]
        entered: pb.Agency = self.to(actor).EnterAgency(**{**said, **told})
        return actor, entered

    def noticed(self, **told: Any) -> tuple[Actor, pb.Agency]:
        """One whose entry and qualifications the operator approved; its notice runs."""
        actor, agency = self.entered(**told)
        self.approve(agency)
        noticed: pb.Agency = self.to(self.operator).ReviewAgency(agency_id=agency.id, approved=True)
        return actor, noticed

    def approve(self, agency: pb.Agency) -> pb.Agency:
        """The operator approves its pending qualifications."""
        for one in agency.qualifications:
            if one.status == pb.QUALIFICATION_STATUS_PENDING:
                self.to(self.operator).ReviewQualification(
                    agency_id=agency.id, qualification_id=one.id, decision=pb.QUALIFICATION_STATUS_APPROVED
                )
        return self.seen(agency.id)

    def active(self, monkeypatch: pytest.MonkeyPatch, **told: Any) -> tuple[Actor, pb.Agency]:
        """One in the market: its notice is over."""
        actor, agency = self.noticed(**told)
        self.later(monkeypatch, datetime.fromisoformat(agency.notice_until))
        return actor, self.seen(agency.id)

    def seen(self, id: str, actor: Actor | None = None) -> pb.Agency:
        """The agency as the operator sees it, or another."""
        found: pb.Agency = self.to(actor or self.operator).GetAgency(agency_id=id)
        return found

    @contextmanager
    def at(self, monkeypatch: pytest.MonkeyPatch, instant: datetime) -> Iterator[None]:
        """It is this instant for this service; the store's clock agrees."""
        with monkeypatch.context() as patch:
            for place in CLOCKS:
                patch.setattr(f"{place}.now", lambda: instant)
            patch.setattr("chassis.store.clocks_agree", lambda _: True)
            yield

    def later(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        """The timers come round when it is this instant."""
        with self.at(monkeypatch, at):
            self.agencies_worker.fire_agencies()

    def blacklist(self, id: str, months: int = 6) -> pb.Agency:
        """The supervisor puts it on the black list."""
        done: pb.Agency = self.to(self.boss).BlacklistAgency(agency_id=id, months=months, reason=REASON)
        return done

    def record(self, id: str) -> Record[Agency]:
        """The record of an agency."""
        return self.agencies.get(id)

    def hear(self, name: str, event: Message, record: str, seq: int, at: datetime | None = None) -> None:
        """As if the worker's handler had heard it."""
        time = text(at or now())
        heard: Heard[Any] = Heard(f"{record}.{seq}", record, seq, "", time, event, f"intermediary.{name}", "")
        getattr(self.agencies_worker, name)(heard)

    def marked(self, agency: str, rule: str, at: datetime | None = None, occasion: str = "") -> None:
        """A mark it got then."""
        id = store_credits.mark_id(agency, rule, str(uuid.uuid4()), occasion)
        given = model_credits.marked(id, agency, REGION[:6], rule, at or now())
        store_credits.credits(self.database).create(Cause(key=id, by="test"), lambda _: given, id)


class Planted(NamedTuple):
    """An agency in its notice that no test's actor has: a qualification that was approved with its proof, one that waits, an objection."""

    agency: str
    qualification: str
    file: str
    objection: str


def plant(parts: Parts, region: str = REGION) -> Planted:
    """Writes one by its events, as if it had come about."""
    organization, cause = str(uuid.uuid4()), Cause(key=f"plant/{uuid.uuid4()}", by="test")
    stored = store_files.files(parts.database).upload(
        parts.keyring, organization, f"person:{organization}", cause, "资质证书.pdf", "application/pdf", PDF
    )
    first, second = stated_qualification(file=files.kept(stored)), stated_qualification()
    start = entered(first, organization_id=organization, region=region)
    id, objection = store_agencies.agency_id(start.uscc), str(uuid.uuid4())
    start.agency_id = id
    start.stated.CopyFrom(agencies.profile_of(parts.keyring, organization, profile()))
    steps = [
        start,
        approved(first.qualification_id),
        noticed(now() + timedelta(days=30)),
        events.QualificationAdded(agency_id=id, qualification=second),
        events.AgencyObjected(agency_id=id, objection_id=objection, person_id=str(uuid.uuid4())),
    ]
    store.counties(parts.database, store_agencies.COUNTIES).know(region)
    store_agencies.agencies(parts.database).create(cause, lambda _: steps, id)
    return Planted(id, first.qualification_id, first.file.file_id, objection)
