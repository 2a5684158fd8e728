"""A rating as it is given, whichever way it comes: what is sealed, marked and checked on the way into its record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.acts import ANONYMOUS, DEVICE, OFFICER, Actor, Cause, now
from chassis.parts import Parts
from chassis.records import Filter, Record
from services.rating import files, flags, model_flags, model_giving, store
from services.rating.model import Rating
from services.rating.model_rules import Rules
from standards.instants import text
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What somebody entered. `device` and `address` are digests of where it came from; `given_at` is set for imports alone."""

    grade: int
    channel: int
    tags: Sequence[str] = ()
    comment: str = ""
    anonymous: bool = False
    contact: str = ""
    file_ids: Sequence[str] = ()
    device: str = ""
    address: str = ""
    given_at: datetime | None = None


class Giving:
    """Takes ratings into their records; shared by every way in."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.keyring = parts.keyring
        self.ratings = store.ratings(parts.database)
        self.timing = store.timing(parts.database, self.ratings)
        self.rules = store.rules(parts.database)
        self.counties = store.counties(parts.database)

    def give(
        self,
        id: str,
        entered: Entered,
        cause: Cause,
        visible: Filter | None,
        actor: Actor,
        origin: tuple[str, str] = ("", ""),
        officers: Sequence[str] = (),
        window_id: str = "",
    ) -> Record[Rating]:
        """Rates a service node somebody was asked about; `origin` as in `begin`, `officers` are concerned beside those of the node: on duty
        at `window_id`, where it is given. Refused as GiveRating."""

        def decide(rating: Rating) -> list[events.RatingGiven]:
            model_giving.require_open(rating)
            sealer = rating.applicant_id or rating.id
            given = self.given(entered, rating.id, rating.department, sealer, actor)
            rules = self.rules_of(rating.region)
            name = self.agent_name(actor)
            told = (origin, officers, window_id)
            return model_giving.give(rating, sealer, given, name, rules, now(), *told)  # type: ignore[return-value]

        return self.timing.change(id, cause, decide, visible)  # type: ignore[arg-type]

    def begin(
        self,
        served: events.ServiceServed,
        entered: Entered,
        cause: Cause,
        *,
        id: str | None = None,
        person: str = "",
        origin: tuple[str, str] = ("", ""),
        actor: Actor = ANONYMOUS,
    ) -> Record[Rating]:
        """A rating nobody was asked for, as a record of its own. `person` is who rated, as far as he is known; `origin` the other system
        and its reference; `actor` who asks, where that is whoever rates."""
        self.counties.know(served.region)
        rules = self.rules_of(served.region)

        def decide(new: str) -> list[events.RatingGiven]:
            given = self.given(entered, new, served.department, person or new, actor)
            name = self.agent_name(actor) if person else ""
            return model_giving.begin(new, served, person, given, rules, now(), origin, name)  # type: ignore[return-value]

        return self.ratings.create(cause, decide, id)  # type: ignore[arg-type]

    def given(self, entered: Entered, id: str, department: str, sealer: str, actor: Actor) -> events.GivenRating:
        """What was entered as its event carries it: texts sealed, marks blind, files taken, and what was found about it at once.

        INVALID_ARGUMENT TAG_UNKNOWN, FILE_UNKNOWN.
        """
        comment, contact = entered.comment.strip(), entered.contact.strip()
        flags.require_known(entered.tags)
        device, address, words = self._marks(entered, actor)
        own = actor.realm == OFFICER and actor.department == department
        seen = flags.Seen(id, department, sealer, entered.given_at or now(), device, words, own)
        return events.GivenRating(
            grade=entered.grade,  # type: ignore[arg-type]
            tags=entered.tags,
            sealed_comment=self.keyring.seal(sealer, comment) if comment else "",
            anonymous=entered.anonymous,
            channel=entered.channel,  # type: ignore[arg-type]
            files=files.claim(self.database, entered.file_ids, actor, sealer, id),
            sealed_contact=self.keyring.seal(sealer, contact) if contact and not entered.anonymous else "",
            device_mark=device,
            address_mark=address,
            text_mark=words,
            given_at=text(entered.given_at),
            flags=flags.found(self.database, entered.grade, entered.tags, seen),
        )

    def _marks(self, entered: Entered, actor: Actor) -> tuple[str, str, str]:
        """Of device, address and text, each empty where there is none. A terminal of a hall is known by its own token."""
        device = f"terminal:{actor.id}" if actor.realm == DEVICE else entered.device
        told = {"device": device, "address": entered.address, "text": model_flags.plain(entered.comment)}
        return tuple(self.keyring.blind(kind, value) if value else "" for kind, value in told.items())  # type: ignore[return-value]

    def rules_of(self, region: str) -> Rules | None:
        """The days of a region's county."""
        return store.rules_of(self.rules, region)

    def agent_name(self, actor: Actor) -> str:
        """Who rates for an organisation, sealed under his own key; empty when nobody does."""
        acting = actor.acting
        return self.keyring.seal(acting.id, f"{acting.name}经办") if acting else ""


def channel_of(channel: int) -> int:
    """The channel of the web when none was told: a computer's."""
    return channel or pb.RATING_CHANNEL_PC
