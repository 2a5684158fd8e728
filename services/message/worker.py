"""What message does when it hears something, and by the clock. What is sent is sent by the job: workers know nobody's address."""

from typing import Any

from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.people import HearsSessions
from chassis.tally import Tally
from services.message import model_matters, model_table, shipping, store
from services.message.telling import Telling
from yiwang.identity.v1.events_pb2 import CountySaved


class Worker(HearsSessions):
    """The handlers and timers of message; a queue each, `message.<method>`. Who is told what stands in model_table."""

    name = "message"
    telling: Telling
    figures: Tally

    @on(*model_matters.OPENINGS, *model_matters.CHANGES)
    def know(self, event: Heard[Any]) -> None:
        """Read model: what is told about, whose it is and what it is called."""
        self.telling.know(event)

    @on(CountySaved)
    def keep_county(self, event: Heard[CountySaved]) -> None:
        """Read model: what a county is called, and its hotline."""
        body = event.body
        store.keep_county(self.parts.database, body.region, body.name, body.hotline, event.seq)

    @on(*model_table.heard(model_table.CASE))
    def tell_case(self, event: Heard[Any]) -> None:
        """Act: the applicant, or who deals with it, is told, once."""
        self.telling.hear(event)

    @on(*model_table.heard(model_table.RATING))
    def tell_rating(self, event: Heard[Any]) -> None:
        """Act: who was served or asked, or who has to answer, is told, once."""
        self.telling.hear(event)

    @on(*model_table.heard(model_table.POLICY))
    def tell_policy(self, event: Heard[Any]) -> None:
        """Act: the enterprise, or who deals with it, is told, once."""
        self.telling.hear(event)

    @on(*model_table.heard(model_table.MARKET))
    def tell_market(self, event: Heard[Any]) -> None:
        """Act: the owner and the winner are told, once each."""
        self.telling.hear(event)

    @on(*model_table.heard(model_table.IDENTITY))
    def tell_account(self, event: Heard[Any]) -> None:
        """Act: whose account it is is told, once."""
        self.telling.hear(event)

    @every(interval=2)
    def count_notices(self) -> None:
        """Recounts the days that changed."""
        self.figures.recount()


def build(parts: Parts) -> type[Worker]:
    """The worker of message, from its parts; the texts of the release are there before anything is told."""
    shipping.ship(parts)
    Worker.parts = parts
    Worker.telling = Telling(parts)
    Worker.figures = store.figures(parts.database)
    return Worker
