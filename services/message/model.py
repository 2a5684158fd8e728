"""A notice: what somebody is to be told, what was sent, and what became of it. Pure.

It is known by its template and by fields that name nobody; where to send it is asked of identity each time and kept nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from chassis.acts import AGENT, OFFICER, PERSON, Actor, Evolve, Moment
from services.message.model_texts import CENTRE
from standards.codes import region_covers, region_prefix, region_valid
from standards.instants import instant
from standards.workdays import local_day
from yiwang.message.v1 import events_pb2 as events
from yiwang.message.v1 import service_pb2 as pb

COUNTY_DIGITS: Final = 6
WAITING, TOLD, KEPT = pb.NOTICE_STATUS_WAITING, pb.NOTICE_STATUS_TOLD, pb.NOTICE_STATUS_KEPT
FAILED, EXPIRED, GONE = pb.NOTICE_STATUS_FAILED, pb.NOTICE_STATUS_EXPIRED, pb.NOTICE_STATUS_GONE
STATUSES: Final[Mapping[int, str]] = {
    WAITING: "发送中",
    TOLD: "已送达",
    KEPT: "站内消息",
    FAILED: "未能送达",
    EXPIRED: "已过期",
    GONE: "接收人已注销",
}
DESK_ROLES: Final = frozenset(("receive", "review", "decide", "issue"))
SUPERVISE: Final = "supervise"
# What is told of nothing any office deals with: who signs in, acts for whom, matches what.
PRIVATE: Final = frozenset(("account", "session", "delegation", "organization", "match", "digest"))


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt by a channel and a provider; open until it ended."""

    number: int
    channel: int
    provider: str
    begun_at: datetime
    ended_at: datetime | None = None
    delivered: bool = False
    outcome: int = 0
    code: str = ""
    reference: str = ""
    # How often the provider was asked what became of it.
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `channel` is what is tried next, or now; `due` when there is something to do about it, `due_of` what."""

    id: str
    template: str
    edition: int
    template_region: str
    kind: int
    recipient: str
    region: str
    county: str
    subject: str
    subject_id: str
    subject_number: str
    department: str
    fields: dict[str, str]
    told_event: str
    must: str
    urgent: bool
    channels: list[int]
    expires_at: datetime | None
    raised_at: datetime
    member_ids: list[str]
    status: int = WAITING
    channel: int = 0
    sendings: list[Sending] = field(default_factory=list)
    told_at: datetime | None = None
    told_by: int = 0
    told_number: int = 0
    read_at: datetime | None = None
    read_by: str = ""
    # In its recipient's words: whether nobody has opened it yet.
    unread: bool = True
    digest_id: str = ""
    # Waits for the digest of the day; empty = it does not.
    digest: str = ""
    due: datetime | None = None
    # What it is counted under.
    buckets: list[str] = field(default_factory=list)
    counted: str = ""


def message_id(notice_id: str, number: int) -> str:
    """What a provider knows a sending by."""
    return f"{notice_id}.{number}"


def open_sending(notice: Notice) -> Sending | None:
    """The sending nobody knows the end of."""
    return next((one for one in reversed(notice.sendings) if one.ended_at is None), None)


# -- who sees it ---------------------------------------------------------------------------------------------------------


def recipients_of(actor: Actor) -> list[str]:
    """The recipients an actor reads for: himself, or whom he acts for; an officer's desks, too."""
    if actor.realm in (PERSON, AGENT):
        return [actor.principal]
    if actor.realm != OFFICER:
        return []
    desks = [f"desk:{actor.department}:{role}" for role in sorted(actor.roles) if actor.department]
    over = [f"region:{actor.region}:{SUPERVISE}"] if SUPERVISE in actor.roles and actor.region else []
    return [actor.principal, *desks, *over]


def visible(actor: Actor) -> list[dict[str, Any]]:
    """The filters of the notices somebody is told: one for each he reads for."""
    return [{"state.recipient": one} for one in recipients_of(actor)]


def reads(actor: Actor, notice: Notice) -> bool:
    """The same as a predicate."""
    return notice.recipient in recipients_of(actor)


def sees_proof(actor: Actor, notice: Notice) -> bool:
    """Whether somebody may see what became of it: who was told; of what an office deals with, officers with work at the desk of its
    department and supervisors of its region."""
    if reads(actor, notice):
        return True
    if actor.realm != OFFICER or notice.subject in PRIVATE:
        return False
    at_desk = not actor.roles.isdisjoint(DESK_ROLES) and bool(actor.department)
    if at_desk and notice.department == actor.department:
        return True
    return SUPERVISE in actor.roles and region_valid(actor.region) and region_covers(actor.region, notice.region)


def overseen(actor: Actor) -> dict[str, Any]:
    """The filter of a supervisor's region."""
    prefix = region_prefix(actor.region)
    return {"state.region": {"$gte": prefix, "$lt": f"{prefix}~"}}


# -- events --------------------------------------------------------------------------------------------------------------

# Seconds within which a notice was told, by the place in MessageFigures.delays; later than the last is the last place.
DELAYS: Final = (10, 60, 600, 3600, 86400)


def _counted(notice: Notice) -> Notice:
    """What it counts as: template, status, channels tried, channel that told, how long it took."""
    tried = ",".join(str(one) for one in sorted({sending.channel for sending in notice.sendings}))
    late = ""
    if notice.told_at:
        seconds = (notice.told_at - notice.raised_at).total_seconds()
        late = str(sum(seconds > limit for limit in DELAYS))
    kind = f"{notice.template}|{notice.status}|{tried}|{notice.told_by}|{late}"
    return replace(notice, counted=kind)


def _raised(_before: None, event: events.NoticeRaised, moment: Moment) -> Notice:
    county, day = event.region[:COUNTY_DIGITS], local_day(moment.at).isoformat()
    first = event.channels[0] if event.channels else 0
    return _counted(
        Notice(
            id=event.notice_id,
            template=event.template,
            edition=event.edition,
            template_region=event.template_region,
            kind=event.kind,
            recipient=event.recipient,
            region=event.region,
            county=county,
            subject=event.subject,
            subject_id=event.subject_id,
            subject_number=event.subject_number,
            department=event.department,
            fields={one.name: one.value for one in event.fields},
            told_event=event.told_event,
            must=event.must,
            urgent=event.urgent,
            channels=list(event.channels),
            expires_at=instant(event.expires_at),
            raised_at=moment.at,
            member_ids=list(event.member_ids),
            status=WAITING if first else KEPT,
            channel=first,
            digest=f"{event.recipient}|{first}" if event.digest and first else "",
            due=instant(event.send_at) if first else None,
            buckets=[f"{county}:{day}"],
        )
    )


def _begun(notice: Notice, event: events.SendingBegun, moment: Moment) -> Notice:
    new = Sending(event.number, event.channel, event.provider, moment.at)
    return _counted(replace(notice, sendings=[*notice.sendings, new], due=instant(event.ask_at)))


def _change(notice: Notice, number: int, **changes: Any) -> list[Sending]:
    return [replace(one, **changes) if one.number == number else one for one in notice.sendings]


def _asked(notice: Notice, event: events.SendingAsked, _moment: Moment) -> Notice:
    asked = next(one.asked for one in notice.sendings if one.number == event.number) + 1
    due = instant(event.ask_at) if notice.status == WAITING else None
    return replace(notice, sendings=_change(notice, event.number, asked=asked), due=due)


def _ended(notice: Notice, event: events.SendingEnded, moment: Moment) -> Notice:
    ended = {"ended_at": moment.at, "outcome": event.outcome, "code": event.code, "delivered": not event.outcome}
    sendings = _change(notice, event.number, **ended)
    return replace(notice, sendings=sendings, due=instant(event.next_at) if notice.status == WAITING else None)


def _skipped(notice: Notice, event: events.ChannelSkipped, _moment: Moment) -> Notice:
    rest = notice.channels[notice.channels.index(event.channel) + 1 :]
    return replace(notice, channel=rest[0] if rest else 0, due=instant(event.next_at))


def _put_off(notice: Notice, event: events.SendingPutOff, _moment: Moment) -> Notice:
    return replace(notice, due=instant(event.until))


def _told(notice: Notice, event: events.NoticeTold | events.NoticeProven, moment: Moment) -> Notice:
    told, sendings = event.arrival, notice.sendings
    if told.channel != CENTRE:
        ended = {"delivered": True, "ended_at": moment.at, "reference": told.reference, "outcome": 0}
        sendings = _change(notice, told.number, **ended)
    first = replace(notice, told_at=instant(told.at), told_by=told.channel, told_number=told.number)
    return _counted(replace(first, sendings=sendings, status=TOLD, due=None, channel=0, digest=""))


def _read(notice: Notice, event: events.NoticeRead, moment: Moment) -> Notice:
    return replace(notice, read_at=moment.at, read_by=event.by, unread=False)


def _over(notice: Notice, event: events.NoticeEnded, _moment: Moment) -> Notice:
    return _counted(replace(notice, status=event.status, due=None, channel=0, digest="", digest_id=event.digest_id))


def _untold(notice: Notice, _event: events.NoticeUntold, _moment: Moment) -> Notice:
    return _counted(replace(notice, status=FAILED, due=None, channel=0))


EVOLVE: Evolve = {
    events.NoticeRaised: _raised,
    events.SendingBegun: _begun,
    events.SendingAsked: _asked,
    events.SendingEnded: _ended,
    events.ChannelSkipped: _skipped,
    events.SendingPutOff: _put_off,
    events.NoticeTold: _told,
    events.NoticeProven: _told,
    events.NoticeUntold: _untold,
    events.NoticeRead: _read,
    events.NoticeEnded: _over,
}
