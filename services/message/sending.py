"""What is due is sent: channel by channel, county by county, a batch at a time, so that no county waits for another's flood.

A sending is written before its provider hears of it, and the writer of that entry alone gives it away; what no provider answered is asked
for before it is given again, under the same id. So a crash at any line, and any two of these processes, tell nobody twice.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from google.protobuf.message import Message
from pymongo.errors import PyMongoError

from chassis import quota
from chassis.acts import Cause, now
from chassis.errors import RESOURCE_EXHAUSTED, Refused
from chassis.masters import KeysUnavailable
from chassis.parts import Parts
from chassis.records import Record
from chassis.telemetry import log
from services.message import model, model_rules, model_sending, store
from services.message.contacts import Contacts
from services.message.digesting import Digesting
from services.message.giving import BY, Giving
from services.message.model import Notice
from services.message.model_rules import Rules
from services.message.model_sending import Step
from services.message.settled import Settled

BATCH: Final = 200
# What could not be done now is left alone for so long; of one county not more than so many.
SHORT, LONG = timedelta(seconds=5), timedelta(minutes=1)
LOOK_BACK, LATE = timedelta(seconds=10), timedelta(seconds=5)
Due = Record[Notice]


class Sending:
    """Sends the notices of one store. Done by whoever comes first; done by two it is done once."""

    def __init__(self, parts: Parts, contacts: Contacts) -> None:
        self._database = parts.database
        self._notices = store.notices(parts.database)
        self._counties = store.counties(parts.database)
        self._settled = Settled(parts)
        self._digesting = Digesting(self._notices, self._settled)
        self.giving = Giving(parts, contacts, self._notices)
        self._left_alone: dict[str, datetime] = {}
        # How far each county was looked through by each channel, and when it is looked through from the start again.
        self._since: dict[tuple[int, str], tuple[datetime, datetime]] = {}

    def round(self, channel: int) -> int:
        """One batch of every county by one channel; how many notices were looked at."""
        instant = now()
        self._left_alone = {id: until for id, until in self._left_alone.items() if until > instant}
        return sum(self._county(channel, county) for county in self._counties.all())

    def _county(self, channel: int, county: str) -> int:
        instant, rules = now(), self._settled.rules(county)
        found = self._due(channel, county, instant)
        groups: dict[tuple[str, str], list[Due]] = defaultdict(list)
        for row in found:
            step = model_sending.step(row.state, instant, rules, self.giving.known, self.giving.health.well)
            if step.do in (model_sending.SEND, model_sending.ASK):
                groups[step.do, step.provider].append(row)
            else:
                self._guarded([row], partial(self._alone, step=step, rules=rules, at=instant))
        for (do, provider), rows in groups.items():
            act = self._send if do == model_sending.SEND else self._ask
            self._guarded(rows, partial(act, provider=provider, rules=rules))
        return len(found)

    def _due(self, channel: int, county: str, at: datetime) -> list[Due]:
        """What is due. What was put off is due later than what is due now, so the next batch begins where this one did; what was left alone
        meanwhile is found when it is looked through from the start."""
        since, until = self._since.get((channel, county), (at, at))
        if until <= at:
            since, until = at - store.REACH, at + LOOK_BACK
        # A notice that is raised this very moment is due now: the end is open.
        soon = at + timedelta(milliseconds=1)
        found = store.due(self._notices, channel, county, since, soon, BATCH, self._left_alone)
        oldest = found[0].state.due if found else at
        # What was raised this moment is written some moments later, by a clock that may be behind.
        self._since[channel, county] = (min(oldest or at, at - LATE), until)
        return found

    def _guarded(self, rows: list[Due], act: Callable[[list[Due]], None]) -> None:
        """Does it, to halves where it cannot be done to all: one that is wrong spoils no other."""
        try:
            act(rows)
        except (PyMongoError, KeysUnavailable):
            raise
        except Exception as error:  # whatever is wrong with one of these
            if len(rows) > 1:
                self._guarded(rows[: len(rows) // 2], act)
                self._guarded(rows[len(rows) // 2 :], act)
                return
            reason = error.reason if isinstance(error, Refused) else type(error).__name__
            self._leave(rows, LONG)
            log("sending").error("sending_refused", record=rows[0].id, reason=reason)

    def _leave(self, rows: list[Due], span: timedelta) -> None:
        until = now() + span
        self._left_alone.update((row.id, until) for row in rows)

    def _alone(self, rows: list[Due], step: Step, rules: Rules, at: datetime) -> None:
        """What is done about one notice without any provider."""
        (row,) = rows
        if step.do == model_sending.REST:
            self._leave([row], SHORT)
        elif step.do == model_sending.DIGEST:
            self._digesting.digest(row.state, rules, at)
        else:
            self.change(row, step.do, lambda notice: decided(notice, step, rules, at))

    def change(self, row: Due, what: str, decide: Callable[[Notice], Message | list[Message] | None]) -> None:
        """One act on a notice as it was read: whoever did it first did it."""
        self._notices.change(row.id, Cause(key=f"{what}/{row.version}", by=BY), decide)

    def _send(self, rows: list[Due], provider: str, rules: Rules) -> None:
        if not self.giving.health.proven(provider):
            self._leave(rows[1:], SHORT)
            rows = rows[:1]
        rows = self._within_quota(rows, rules)
        if rows and not self.giving.send(rows, provider, rules):
            self._leave(rows, SHORT)

    def _ask(self, rows: list[Due], provider: str, rules: Rules) -> None:
        self.giving.ask(rows, provider)

    def _within_quota(self, rows: list[Due], rules: Rules) -> list[Due]:
        """Those that may go out today; what the law has told, and what is urgent, goes out all the same."""
        most = model_rules.quota(rules, rows[0].state.channel)
        if not most:
            return rows
        sure = [row for row in rows if row.state.must or row.state.urgent]
        others = [row for row in rows if row not in sure]
        self._count(rows[0].state, len(sure), 1 << 31)
        if self._count(rows[0].state, len(others), most):
            return rows
        may = []
        for row in others:
            if self._count(row.state, 1, most):
                may.append(row)
            else:
                self.change(row, "quota", partial(_tomorrow, until=model_rules.next_at(now(), rules.quiet_until)))
        return [*sure, *may]

    def _count(self, notice: Notice, count: int, most: int) -> bool:
        try:
            if count:
                quota.take(self._database, quota_name(notice.channel, notice.county), most, now(), quota.DAY, count)
        except Refused as refused:
            if refused.code != RESOURCE_EXHAUSTED:
                raise
            return False
        return True


def decided(notice: Notice, step: Step, rules: Rules, at: datetime) -> Message | list[Message] | None:
    """What a step without a provider writes."""
    if step.do == model_sending.SKIP:
        return model_sending.skipped(notice, step.reason, rules, at)
    if step.do == model_sending.PUT_OFF and step.until:
        return model_sending.put_off(notice, step.reason, step.until)
    if step.do == model_sending.GIVE_UP:
        return model_sending.give_up(notice)
    return model_sending.over(notice, model.EXPIRED)


def _tomorrow(notice: Notice, until: datetime) -> Message | None:
    return model_sending.put_off(notice, model_sending.QUOTA, until)


def quota_name(channel: int, county: str) -> str:
    """What a county's notices of a day by a channel are counted under."""
    return f"sent/{channel}/{county}"
