"""Notices given to providers, and what providers say of them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from google.protobuf.message import Message

from chassis.acts import Cause, now
from chassis.answers import Fault
from chassis.outside import Away, Unreached
from chassis.parts import Parts
from chassis.records import Record
from chassis.telemetry import log
from services.message import contacts, model, model_sending, providers, settings, store
from services.message.carrying import Carrying
from services.message.contacts import Contact, Contacts
from services.message.health import Health
from services.message.model import Notice, message_id, open_sending
from services.message.model_rules import Rules
from services.message.model_templates import TEMPLATES
from services.message.model_texts import EMAIL, LETTER, PUSH, SMS
from services.message.providers import Said

BY: Final = "system:message"
NAMES: Final[Mapping[int, str]] = {SMS: "sms", EMAIL: "email", PUSH: "push", LETTER: "letter"}
# Letters are large: a few at a time.
AT_ONCE: Final[Mapping[int, int]] = {LETTER: 10}
IDENTITY: Final = "identity"
Due = Record[Notice]


class Giving:
    """Speaks with the providers of one process, and writes what they say."""

    def __init__(self, parts: Parts, asked: Contacts, notices: store.Notices) -> None:
        told = settings.of(parts)
        self._urls = {name: url for channel in settings.providers(told).values() for name, url in channel.items()}
        self.known = {channel: tuple(one) for channel, one in settings.providers(told).items()}
        self._contacts, self._notices = asked, notices
        self._carrying = Carrying(parts.database, told.public_url)
        self.health = Health()
        # While identity looks up one batch another is written and given away.
        self._pool = ThreadPoolExecutor(2, "give")

    def send(self, rows: Sequence[Due], provider: str, rules: Rules) -> bool:
        """Sends by a provider, a batch or two at a time. Whether addresses could be had: nothing happened to some otherwise."""
        if not self.health.well(IDENTITY):
            return False
        channel = rows[0].state.channel
        most = AT_ONCE.get(channel, providers.MOST)
        batches = [rows[start : start + most] for start in range(0, len(rows), most)]
        return all([*self._pool.map(lambda batch: self._send_batch(batch, channel, provider, rules), batches)])

    def _send_batch(self, rows: Sequence[Due], channel: int, provider: str, rules: Rules) -> bool:
        try:
            found = self._look_up(channel, rows)
        except Away as away:
            self.health.failed(IDENTITY)
            log("giving").warning("identity_away", error=str(away))
            return False
        self.health.answered(IDENTITY)
        self._send(rows, found, channel, provider, rules)
        return True

    def _look_up(self, channel: int, rows: Sequence[Due]) -> list[Contact]:
        """Addresses for what each is told; one question for each purpose, since that is what people read in their access record."""
        found: dict[str, Contact] = {}
        by_purpose: dict[str, list[Due]] = {}
        for row in rows:
            by_purpose.setdefault(TEMPLATES[row.state.template].purpose, []).append(row)
        for purpose, some in by_purpose.items():
            wanted = [_wanted(row.state, channel) for row in some]
            answers = self._contacts.look_up(channel, f"发送通知：{purpose}", wanted)
            found |= {row.id: contact for row, contact in zip(some, answers, strict=True)}
        return [found[row.id] for row in rows]

    def _send(self, rows: Sequence[Due], found: Sequence[Contact], channel: int, provider: str, rules: Rules) -> None:
        messages, begun = [], dict[str, Notice]()
        for row, contact in zip(rows, found, strict=True):
            if contact.status != contacts.FOUND:
                self._without(row, contact, rules)
            elif notice := self._begin(row, provider):
                number = notice.sendings[-1].number
                begun[message_id(notice.id, number)] = notice
                messages.append(self._carrying.message(notice, number, channel, contact))
        if messages:
            self._give(provider, channel, messages, begun)

    def _without(self, row: Due, contact: Contact, rules: Rules) -> None:
        def decide(notice: Notice) -> Message | list[Message] | None:
            if contact.status == contacts.GONE:
                return model_sending.over(notice, model.GONE)
            return model_sending.skipped(notice, model_sending.NO_ADDRESS, rules, now())

        self._notices.change(row.id, Cause(key=f"address/{row.version}", by=BY), decide)

    def _begin(self, row: Due, provider: str) -> Notice | None:
        """The notice with its sending, when it was this process that began it."""
        mine = Cause(key=f"begin/{row.version}", by=BY)
        wrote = list[bool]()

        def decide(notice: Notice) -> Message | None:
            wrote[:] = []
            if notice.status != model.WAITING or open_sending(notice) or notice.channel != row.state.channel:
                return None
            wrote.append(True)
            return model_sending.begin(notice, provider, now())

        changed = self._notices.change(row.id, mine, decide)
        return changed.state if wrote else None

    def _give(
        self, provider: str, channel: int, messages: Sequence[Mapping[str, Any]], begun: Mapping[str, Notice]
    ) -> None:
        said: Mapping[str, Said] = {}
        try:
            said = providers.give(self._urls[provider], NAMES[channel], messages)
            self.health.answered(provider)
        except Unreached as away:
            self._away(provider, away)
            said = {id: Said(UNREACHED) for id in begun}
        except (Away, Fault) as away:
            self._away(provider, away)
        for id, notice in begun.items():
            # What was not answered nobody knows of: it is asked for soon. What was taken arrives, or is asked for later.
            one = said.get(id, Said(SILENT))
            if one.state != providers.ACCEPTED:
                self.note(notice, id, one)

    def _away(self, provider: str, away: Exception) -> None:
        self.health.failed(provider)
        log("giving").warning("provider_away", provider=provider, error=str(away))

    def ask(self, rows: Sequence[Due], provider: str) -> None:
        """Asks what became of sendings; what the provider never had is given again, under the same id."""
        notices = {message_id(row.id, one.number): row for row in rows if (one := open_sending(row.state))}
        said: Mapping[str, Said] = {}
        if self.health.well(provider) and provider in self._urls:
            try:
                said = providers.ask(self._urls[provider], [*notices])
                self.health.answered(provider)
            except (Away, Fault) as away:
                self._away(provider, away)
        never = {id: row for id, row in notices.items() if id in said and said[id].state == providers.UNKNOWN}
        for id, row in notices.items():
            # Counted as asked for, so that it does not come back at once.
            self.note(row.state, id, Said(SILENT) if id in never else said.get(id, Said(providers.ACCEPTED)))
        if never:
            self._again(never, provider)

    def _again(self, rows: Mapping[str, Due], provider: str) -> None:
        channel = next(iter(rows.values())).state.channel
        found = self._look_up(channel, [*rows.values()])
        messages, begun = list[Mapping[str, Any]](), dict[str, Notice]()
        for (id, row), contact in zip(rows.items(), found, strict=True):
            if contact.status == contacts.FOUND:
                begun[id] = row.state
                messages.append(self._carrying.message(row.state, number_of(id), channel, contact))
        if messages:
            self._give(provider, channel, messages, begun)

    def note(self, notice: Notice, id: str, said: Said) -> None:
        """Writes what is said of a sending; what is known already is written no more."""
        note(self._notices, self._carrying.texts.digest(notice), notice.id, id, said, f"asked/{id}")


# Beside what providers say: it could not be reached; it said nothing of this one.
UNREACHED: Final = "UNREACHED"
SILENT: Final = "SILENT"
OUTCOMES: Final[Mapping[str, int]] = {
    UNREACHED: model_sending.UNREACHED,
    providers.REFUSED: model_sending.REFUSED,
    providers.FAILED: model_sending.UNDELIVERED,
}


def note(notices: store.Notices, digest: str, notice_id: str, id: str, said: Said, cause: str) -> None:
    """What is said of a message becomes an entry of its notice, or nothing when it is known. A callback that brings no news writes
    nothing; who was asked is asked again later. Refused as Records.change."""
    number, at = number_of(id), now()

    def decide(notice: Notice) -> Message | None:
        if said.state == providers.DELIVERED:
            return model_sending.delivered(notice, number, said.at or at, said.reference, digest, at)
        if said.state in OUTCOMES:
            bad = said.code == providers.BAD_ADDRESS
            outcome = model_sending.BAD_ADDRESS if bad else OUTCOMES[said.state]
            return model_sending.ended(notice, number, outcome, said.code, at)
        if cause.startswith("told/"):
            return None
        return model_sending.unknown(notice, number, at, taken=said.state == providers.ACCEPTED)

    notices.change(notice_id, Cause(key=f"{cause}/{said.state}/{at.isoformat()}", by=BY), decide)


def number_of(id: str) -> int:
    """The number of the sending in a message's id."""
    return int(id.rpartition(".")[2])


def _wanted(notice: Notice, channel: int) -> contacts.Wanted:
    number = notice.subject_number if notice.subject == "case" else ""
    return contacts.Wanted(notice.recipient, f"{notice.id}/{NAMES[channel]}", number)
