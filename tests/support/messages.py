"""message inside the test's process: its api, its worker, its sending job; identity beside it, and providers outside."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Actor, now
from chassis.events import Heard
from chassis.records import Record
from services.message import job_send, model, store, worker
from services.message.contacts import Contacts
from services.message.model import Notice
from services.message.sending import Sending
from tests.fakes import program, verification_source
from tests.fakes.message_provider import Provider, signed
from tests.support.actors import DEPARTMENT, REGION, officer, person
from tests.support.identity_here import IdentityHere, Person, identity_here
from tests.support.serving import Here, serving
from yiwang.case.v1 import events_pb2 as case
from yiwang.message.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
SECRET = "c2VydmljZSBzZWNyZXQgb2YgdGhlIHRlc3RzLCAzMiBieXRlcw=="
CALLBACKS = "first=callback-secret-of-first second=callback-secret-of-second"
ITEM, NAME = "食品经营许可", "示范县市场监督管理局"


def event_of(body: Message, record: str, seq: int, handler: str) -> Heard[Any]:
    """An event as a handler of message hears it."""
    return Heard(f"{record}.{seq}", record, seq, "", now().isoformat(), body, f"message.{handler}", "")


class MessageHere(Here):
    """The api of message inside this process, with its worker and its job."""

    identity: IdentityHere
    first: Provider
    second: Provider

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.notices = store.notices(self.database)
        self.worker = worker.build(self.parts)()

    def job(self) -> Sending:
        """A sending job as it starts: it knows nothing of what others did."""
        return Sending(self.parts, Contacts(self.identity.address, SECRET))

    # -- what happens ----------------------------------------------------------------------------------------------------

    def hear(self, handler: str, body: Message, record: str, seq: int, times: int = 2) -> str:
        """The worker hears an event; twice unless told otherwise. Its id."""
        heard = event_of(body, record, seq, handler)
        for _ in range(times):
            getattr(self.worker, handler)(heard)
        return heard.id

    def case(self, applicant: str, region: str = REGION, department: str = DEPARTMENT) -> str:
        """A case of the applicant's begins; its id. Nobody is told of that here."""
        id = str(uuid.uuid4())
        submitted = case.CaseSubmitted(
            case_id=id,
            number=f"{region}-261123-{id[:6].upper()}",
            applicant_id=applicant,
            item_name=ITEM,
            department=department,
            department_name=NAME,
            region=region,
        )
        self.hear("know", submitted, id, 1)
        return id

    def correction(self, applicant: str, region: str = REGION) -> Record[Notice]:
        """A case of the applicant's is to be corrected; his notice."""
        id = self.case(applicant, region)
        requested = case.CorrectionRequested(case_id=id, answer_due="2026-12-03T15:59:59+00:00")
        told = self.hear("tell_case", requested, id, 2)
        return self.of_event(told)[0]

    def of_event(self, told_event: str) -> list[Record[Notice]]:
        """The notices of an event."""
        rows = self.notices.collection.find({"state.told_event": told_event})
        return [self.notices.get(row["_id"]) for row in rows]

    def call_back(self, name: str, provider: Provider, times: int = 1) -> None:
        """A provider tells what became of all it was given, signed."""
        body = provider.callback([*provider.messages])
        timestamp, signature = signed(f"callback-secret-of-{name}", body)
        for _ in range(times):
            self.by(None, service="CallbackService").TellDeliveries(
                provider=name, body=body, timestamp=timestamp, signature=signature
            )

    def leave(self, name: str) -> None:
        """Nobody is where a provider was: connections to it are refused."""
        gone = {"sms_providers": f"first=http://127.0.0.1:9 second={self.second.url}"}
        self.parts = replace(self.parts, settings=replace(self.parts.settings, **gone))

    # -- what is sent ----------------------------------------------------------------------------------------------------

    def send(self, sending: Sending | None = None) -> None:
        """The job sends what is due."""
        job_send.drain(sending or self.job())

    def hurry(self) -> int:
        """As if what waits were due; how many do."""
        waiting = {"state.status": model.WAITING}
        self.notices.collection.update_many(waiting, {"$set": {"state.due": now() - timedelta(seconds=1)}})
        return self.notices.collection.count_documents(waiting)

    def finish(self, most: int = 30) -> None:
        """Sends until nothing waits any more, each time by a job that was just started; as if every wait were over."""
        for _ in range(most):
            if not self.hurry():
                return
            self.send()
        raise AssertionError("notices wait for ever")

    def state(self, id: str) -> Notice:
        """A notice as it stands."""
        return self.notices.get(id).state

    def told(self, actor: Actor, service: str = "MessageService") -> Any:
        """message as somebody calls it."""
        return self.by(actor, service=service)

    def arrivals(self, ids: Sequence[str]) -> list[int]:
        """How often each notice arrived at somebody's phone, whoever carried it."""
        phones = self.first.phones + self.second.phones
        return [sum(count for message, count in phones.items() if message.startswith(f"{id}.")) for id in ids]


def awake(here: MessageHere, region: str = REGION) -> None:
    """No night in this county: the tests run at any hour."""
    desk = here.by(replace(officer("administer"), region=region), service="RuleService")
    desk.SaveMessageRules(rules=pb.MessageRules(region=region, digest_at=18 * 60))


@contextmanager
def message_here(database: Db, beside: Db, **told: str) -> Iterator[MessageHere]:
    """message with identity, on a database beside it, and two providers of SMS; `told` are settings."""
    with (
        verification_source.running() as source,
        identity_here(beside, source, service_secrets=f"message={SECRET}") as identity,
        program.running(Provider()) as first,
        program.running(Provider()) as second,
    ):
        settings = {
            "identity_address": identity.address,
            "service_secret": SECRET,
            "callback_secrets": CALLBACKS,
            "region": REGION,
            "sms_providers": f"first={first.url} second={second.url}",
        }
        with serving("message", database, MessageHere, **settings | told) as here:
            here.identity, here.first, here.second = identity, first, second
            awake(here)
            yield here


def somebody(here: MessageHere) -> tuple[Person, Actor]:
    """A registered person, and he as he calls message."""
    one = here.identity.person(4)
    return one, person(one.id)
