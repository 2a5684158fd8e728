"""What is done next about a notice that is due, and what providers' answers come to. Pure.

One channel after the other, a provider after the other. Nothing is given to a second provider while the first may have it: what nobody
knows is asked for, under the same id, until somebody does. So a notice reaches its recipient once by a channel.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from google.protobuf.message import Message

from services.message import model, model_rules
from services.message.model import Notice, Sending, open_sending
from services.message.model_rules import Rules
from services.message.model_texts import CENTRE, EMAIL, LETTER, PUSH, SMS
from standards.instants import text
from yiwang.message.v1 import events_pb2 as events
from yiwang.message.v1 import service_pb2 as pb

UNREACHED, REFUSED = pb.SENDING_OUTCOME_UNREACHED, pb.SENDING_OUTCOME_REFUSED
BAD_ADDRESS, UNDELIVERED = pb.SENDING_OUTCOME_BAD_ADDRESS, pb.SENDING_OUTCOME_UNDELIVERED
LOST = pb.SENDING_OUTCOME_LOST
# After it was told by another way.
ARRIVED: Final = pb.SENDING_OUTCOME_UNSPECIFIED
NO_ADDRESS, NO_PROVIDER = pb.SKIP_REASON_NO_ADDRESS, pb.SKIP_REASON_NO_PROVIDER
QUOTA, NIGHT, TRIED = pb.SKIP_REASON_QUOTA, pb.SKIP_REASON_NIGHT, pb.SKIP_REASON_TRIED
OUTCOMES: Final[Mapping[int, str]] = {
    UNREACHED: "没有接通",
    REFUSED: "服务商拒绝",
    BAD_ADDRESS: "地址无效",
    UNDELIVERED: "未能送达",
    LOST: "没有回音",
}
# So often a notice is given to providers of one channel, and how long it rests between.
MOST_TRIES: Final = 3
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
# A provider that cannot be reached costs no try; but a journal has an end.
MOST_UNREACHED: Final = 60
SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=30)
# Without an answer the provider is asked after this; without word of a delivery, after that, each time later, until patience ends.
ANSWER: Final = timedelta(seconds=20)
RECEIPT: Final[Mapping[int, timedelta]] = {
    SMS: timedelta(minutes=5),
    EMAIL: timedelta(minutes=5),
    PUSH: timedelta(minutes=5),
    LETTER: timedelta(days=1),
}
SELDOM: Final = timedelta(hours=6)
PATIENCE: Final[Mapping[int, timedelta]] = {
    SMS: timedelta(days=1),
    EMAIL: timedelta(days=1),
    PUSH: timedelta(days=1),
    LETTER: timedelta(days=20),
}

# What the law has told and no channel could tell may still be opened in the message centre; not before then is it a finding.
TO_READ: Final = timedelta(days=1)

SEND, ASK, SKIP, PUT_OFF, DIGEST, EXPIRE, REST = "send", "ask", "skip", "put_off", "digest", "expire", "rest"
GIVE_UP: Final = "give_up"


class Step(NamedTuple):
    """What is to be done: SEND by a provider, ASK the provider of a sending, SKIP the channel for a reason, PUT_OFF until then, put it
    into the DIGEST, EXPIRE, GIVE_UP: no channel is left and nobody read it, or REST: nothing can be done by this channel now."""

    do: str
    provider: str = ""
    reason: int = 0
    until: datetime | None = None


def step(
    notice: Notice, at: datetime, rules: Rules, known: Mapping[int, Sequence[str]], well: Callable[[str], bool]
) -> Step:
    """The next step of a notice that waits. `known` are the providers of each channel in their order, `well` tells which answer."""
    if notice.expires_at and at >= notice.expires_at:
        return Step(EXPIRE)
    if last := open_sending(notice):
        return Step(ASK, last.provider) if well(last.provider) else Step(REST)
    if not notice.channel:
        return Step(GIVE_UP)
    names = known.get(notice.channel, ())
    if not names:
        return Step(SKIP, reason=NO_PROVIDER)
    tries = [one for one in notice.sendings if one.channel == notice.channel]
    if over := _over(tries):
        return Step(SKIP, reason=over)
    until = model_rules.awake(rules, notice.channel, notice.urgent, at)
    if until > at:
        return Step(PUT_OFF, reason=NIGHT, until=until)
    if notice.digest:
        return Step(DIGEST)
    provider = _provider(names, tries, well)
    return Step(SEND, provider) if provider else Step(REST)


def _over(tries: Sequence[Sending]) -> int:
    """Why nothing more is tried by a channel; 0 = something is."""
    if tries and tries[-1].outcome == BAD_ADDRESS:
        return NO_ADDRESS
    unreached = sum(one.outcome == UNREACHED for one in tries)
    # What may have arrived is not sent by the same channel again.
    lost = any(one.outcome == LOST for one in tries)
    return TRIED if lost or len(tries) - unreached >= MOST_TRIES or unreached >= MOST_UNREACHED else 0


def _provider(names: Sequence[str], tries: Sequence[Sending], well: Callable[[str], bool]) -> str:
    """Who is tried least so far, the first of them; nobody who does not answer."""
    tried = [one.provider for one in tries]
    return next((name for name in sorted(names, key=tried.count) if well(name)), "")


# -- what happened -------------------------------------------------------------------------------------------------------


def begin(notice: Notice, provider: str, at: datetime) -> events.SendingBegun:
    """A provider is about to be given it."""
    return events.SendingBegun(
        notice_id=notice.id,
        number=len(notice.sendings) + 1,
        channel=notice.channel,  # type: ignore[arg-type]
        provider=provider,
        # Most are taken at once, and then nothing more is written until they arrive.
        ask_at=text(at + RECEIPT[notice.channel]),
    )


def _sending(notice: Notice, number: int) -> Sending | None:
    return next((one for one in notice.sendings if one.number == number), None)


def unknown(notice: Notice, number: int, at: datetime, taken: bool = True) -> Message | None:
    """The provider has no news, or did not answer (`taken` is then not known): asked again later, until patience ends."""
    one = _sending(notice, number)
    if one is None or one.ended_at:
        return None
    if at - one.begun_at >= PATIENCE[one.channel]:
        return ended(notice, number, LOST, "", at)
    first = RECEIPT[one.channel] if taken else ANSWER
    wait = min(first * (1 << min(one.asked, 20)), max(SELDOM, RECEIPT[one.channel]))
    return events.SendingAsked(notice_id=notice.id, number=number, ask_at=text(at + wait))


def ended(notice: Notice, number: int, outcome: int, code: str, at: datetime) -> Message | None:
    """It did not arrive by this sending; nothing when its end is known already."""
    one = _sending(notice, number)
    if one is None or one.ended_at:
        return None
    return events.SendingEnded(
        notice_id=notice.id,
        number=number,
        outcome=outcome,  # type: ignore[arg-type]
        code=code,
        next_at=text(at + _pause(notice, one, outcome)),
    )


def _pause(notice: Notice, one: Sending, outcome: int) -> timedelta:
    before = [other for other in notice.sendings if other.channel == one.channel and other.outcome == outcome]
    if outcome == UNREACHED:
        return min(SOONEST * (1 << min(len(before), 20)), LATEST)
    if outcome == UNDELIVERED:
        return PAUSES[min(len(before), len(PAUSES) - 1)]
    # Refused, wrong or lost: the next provider or channel need not wait.
    return timedelta(0)


def delivered(
    notice: Notice, number: int, delivered_at: datetime, reference: str, digest: str, at: datetime
) -> Message | None:
    """It arrived by this sending; nothing when that is known. A provider's time is not later than ours, nor before it was sent."""
    one = _sending(notice, number)
    if one is None or one.delivered:
        return None
    when = min(max(delivered_at, one.begun_at), at)
    if notice.told_at:
        # By another way before: only the sending ends.
        return ended(notice, number, ARRIVED, "", at)
    return _arrived(notice, one.channel, number, when, reference, digest)


def _arrived(
    notice: Notice, channel: int, number: int, at: datetime, reference: str, digest: str
) -> events.NoticeTold | events.NoticeProven:
    arrival = events.Arrival(
        channel=channel,  # type: ignore[arg-type]
        number=number,
        at=text(at),
        reference=reference,
        text_digest=digest,
    )
    if notice.must:
        return events.NoticeProven(notice_id=notice.id, arrival=arrival, matter=_matter(notice))
    return events.NoticeTold(notice_id=notice.id, arrival=arrival)


def _matter(notice: Notice) -> events.Matter:
    return events.Matter(
        subject=notice.subject,
        subject_id=notice.subject_id,
        told_event=notice.told_event,
        must=notice.must,
        template=notice.template,
    )


def read(notice: Notice, by: str, digest: str, at: datetime) -> list[Message] | None:
    """Its recipient opened it: told, unless it was before; nothing when somebody has opened it already."""
    if notice.read_at:
        return None
    told = [] if notice.told_at else [_arrived(notice, CENTRE, 0, at, "", digest)]
    return [events.NoticeRead(notice_id=notice.id, by=by), *told]


def skipped(notice: Notice, reason: int, rules: Rules, at: datetime) -> list[Message] | None:
    """Nothing is sent by this channel; the next one is tried, or nothing is left."""
    if notice.status != model.WAITING or not notice.channel:
        return None
    rest = notice.channels[notice.channels.index(notice.channel) + 1 :]
    if rest:
        begin_at = model_rules.awake(rules, rest[0], notice.urgent, at)
        return [_skip(notice, reason, text(begin_at))]
    if notice.must:
        return [_skip(notice, reason, text(max(at, notice.raised_at + TO_READ)))]
    # It stands in the message centre all the same: who has no address misses nothing he could have had.
    status = model.FAILED if notice.sendings else model.KEPT
    return [_skip(notice, reason, ""), events.NoticeEnded(notice_id=notice.id, status=status)]


def _skip(notice: Notice, reason: int, next_at: str) -> events.ChannelSkipped:
    return events.ChannelSkipped(
        notice_id=notice.id,
        channel=notice.channel,  # type: ignore[arg-type]
        reason=reason,  # type: ignore[arg-type]
        next_at=next_at,
    )


def give_up(notice: Notice) -> Message | None:
    """No channel could tell what the law has told, and nobody opened it."""
    if notice.status != model.WAITING or notice.channel:
        return None
    return events.NoticeUntold(notice_id=notice.id, matter=_matter(notice))


def put_off(notice: Notice, reason: int, until: datetime) -> Message | None:
    """It waits for another hour."""
    if notice.status != model.WAITING:
        return None
    return events.SendingPutOff(notice_id=notice.id, reason=reason, until=text(until))  # type: ignore[arg-type]


def over(notice: Notice, status: int, digest_id: str = "") -> Message | None:
    """Nothing more is sent: too late, told in a digest, or the recipient is erased."""
    if notice.status != model.WAITING:
        return None
    return events.NoticeEnded(notice_id=notice.id, status=status, digest_id=digest_id)  # type: ignore[arg-type]
