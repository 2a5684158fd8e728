"""What identity does about verifications when it hears something, and by the clock: it asks the source, and raises levels."""

from collections.abc import Callable
from typing import Any

from chassis import outside
from chassis.acts import Cause, now
from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.telemetry import log
from services.identity import model, model_verifications, settings, source, store, store_verifications
from services.identity.model_verifications import Answer, Verification
from yiwang.identity.v1.events_pb2 import VerificationAnswered, VerificationPassed, VerificationRequested


class HearsVerifications:
    """Handlers and timers."""

    parts: Parts

    @on(VerificationRequested)
    def ask_source(self, event: Heard[VerificationRequested]) -> None:
        """Act: the source is asked, and what it says is written. A source that is away is asked again later."""
        self._ask(
            event.body.verification_id,
            event.cause,
            "",
            lambda url, one, told: source.verify(url, one.id, one.method, told),
            event.body.sealed,
        )

    @on(VerificationAnswered)
    def answer_source(self, event: Heard[VerificationAnswered]) -> None:
        """Act: the source is told what the person answered, and what it says is written."""
        self._ask(
            event.body.verification_id,
            event.cause,
            event.body.sealed,
            lambda url, one, told: source.answer(url, one.id, event.id, told),
            event.body.sealed,
        )

    @on(VerificationPassed)
    def raise_level(self, event: Heard[VerificationPassed]) -> None:
        """Act: the person's level rises; his next token carries it."""
        body = event.body
        store.persons(self.parts.database).change(
            body.person_id,
            event.cause,
            lambda person: model.raise_level(person, body.level, f"verification:{body.verification_id}"),
        )

    @every(interval=60)
    def expire_verifications(self) -> None:
        """Ends verifications whose time is over: nobody answered, or the source was away for a day."""
        verifications, instant = store_verifications.verifications(self.parts.database), now()
        for one in store_verifications.due(verifications, instant):
            due = one.state.due
            cause = Cause(key=f"timer/expire_verifications/{due.isoformat() if due else ''}", by="system:identity")
            verifications.change(one.id, cause, lambda state: model_verifications.expire(state, instant))

    def _ask(
        self, id: str, cause: Cause, answer: str, ask: Callable[[str, Verification, Any], Answer], sealed: str
    ) -> None:
        verifications = store_verifications.verifications(self.parts.database)
        one = verifications.get(id).state
        told = self.parts.keyring.open(one.person_id, sealed)
        if not model_verifications.waits(one, answer) or told is None:
            return  # done already, or the person is erased
        url = settings.of(self.parts).verification_url
        if not url:
            raise outside.Away("no source is configured")
        said = ask(url, one, told)
        log("verifications").info("source_answered", verification=id, status=said.status, reason=said.reason)
        prompt = self.parts.keyring.seal(one.person_id, said.prompt) if said.prompt else ""
        verifications.change(
            id,
            cause,
            lambda now_: (
                model_verifications.heard(now_, said, prompt) if model_verifications.waits(now_, answer) else None
            ),
        )
