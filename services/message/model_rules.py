"""What a county sets for its notices, and what a recipient wants of them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import ABORTED, PERMISSION_DENIED, Refused, Violation, invalid
from services.message.model_texts import LEGAL, LETTER, PUSH, SMS, Template
from standards.codes import region_covers
from standards.workdays import SHANGHAI
from yiwang.message.v1 import events_pb2 as events
from yiwang.message.v1 import service_pb2 as pb

# 21:00 to 8:00, and 18:00.
QUIET_FROM, QUIET_UNTIL, DIGEST_AT = 21 * 60, 8 * 60, 18 * 60
# Notices a day by a channel that is paid by the piece.
A_DAY: Final[Mapping[int, int]] = {SMS: 100_000, LETTER: 1_000}
# What makes a noise in somebody's pocket.
LOUD: Final = frozenset((SMS, PUSH))
MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Rules:
    """A county's own settings."""

    region: str
    quiet_from: int = QUIET_FROM
    quiet_until: int = QUIET_UNTIL
    digest_at: int = DIGEST_AT
    a_day: dict[str, int] = field(default_factory=dict)
    channels: dict[str, list[int]] = field(default_factory=dict)
    # Entries of its journal so far: what a writer saw.
    version: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a recipient stated."""

    recipient: str
    off: list[int]
    channels_off: list[int]
    digest: bool
    version: int = 0


NOTHING_STATED: Final = Wanted("", [], [], False)


def quota(rules: Rules, channel: int) -> int:
    """How many a day go out by a channel; 0 = as many as there are."""
    return rules.a_day.get(str(channel), 0) or A_DAY.get(channel, 0)


def channels(rules: Rules, template: Template, wanted: Wanted) -> list[int]:
    """What is tried beside the message centre, in this order. Of what the law has told nothing is left out."""
    usual = rules.channels.get(template.code, list(template.channels))
    if template.must:
        return usual
    if template.kind in wanted.off:
        return []
    return [one for one in usual if one not in wanted.channels_off]


def awake(rules: Rules, channel: int, urgent: bool, at: datetime) -> datetime:
    """The first instant from this one on at which a channel may be used: not at night, but for what is urgent."""
    if urgent or channel not in LOUD or rules.quiet_from == rules.quiet_until:
        return at
    local = at.astimezone(SHANGHAI)
    minute = local.hour * 60 + local.minute
    asleep = (minute - rules.quiet_from) % MINUTES < (rules.quiet_until - rules.quiet_from) % MINUTES
    return next_at(at, rules.quiet_until) if asleep else at


def next_at(at: datetime, minute: int) -> datetime:
    """The next time a clock in China shows this minute of the day, after an instant."""
    local = at.astimezone(SHANGHAI)
    there = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return (there if there > local else there + timedelta(days=1)).astimezone(UTC)


def saved(
    before: Rules | None, id: str, wanted: pb.MessageRules, templates: Mapping[str, Template], actor: Actor
) -> events.MessageRulesSaved:
    """A county's settings, anew. Refused as SaveMessageRules."""
    if not region_covers(actor.region, wanted.region):
        raise Refused(PERMISSION_DENIED, "REGION_NOT_COVERED", "只能设置本辖区的消息规则")
    if found := list(_faults(wanted, templates)):
        raise invalid(*found)
    require_version(before.version if before else 0, wanted.version)
    told = events.MessageRulesSaved(rules_id=id, rules=wanted)
    told.rules.ClearField("version")
    return told


def require_version(known: int, wanted: int) -> None:
    """ABORTED VERSION_MOVED when the caller saw another one."""
    if known != wanted:
        raise Refused(ABORTED, "VERSION_MOVED", "内容已被他人修改，请刷新后再试")


def _faults(wanted: pb.MessageRules, templates: Mapping[str, Template]) -> Iterator[Violation]:
    seen = set[str]()
    for place, one in enumerate(wanted.templates):
        if one.code not in templates:
            yield Violation(f"rules.templates[{place}].code", "UNKNOWN", "没有这个模板")
        elif one.code in seen:
            yield Violation(f"rules.templates[{place}].code", "TWICE", "同一模板只能设置一次")
        elif templates[one.code].must and not one.channels:
            yield Violation(f"rules.templates[{place}].channels", "MUST_BE_SENT", "依法应当告知的，至少保留一个渠道")
        seen.add(one.code)


def preferences(before: Wanted | None, id: str, recipient: str, wanted: pb.Preferences) -> events.PreferencesSaved:
    """What a recipient wants, anew. Refused as SavePreferences."""
    found = [
        Violation(f"preferences.off[{place}]", "MUST_BE_TOLD", "依法应当告知的消息不能关闭")
        for place, kind in enumerate(wanted.off)
        if kind == LEGAL
    ]
    if found:
        raise invalid(*found)
    require_version(before.version if before else 0, wanted.version)
    told = events.PreferencesSaved(preferences_id=id, recipient=recipient, preferences=wanted)
    told.preferences.ClearField("version")
    return told


def _rules_saved(before: Rules | None, event: events.MessageRulesSaved, _moment: Moment) -> Rules:
    told = event.rules
    return Rules(
        region=told.region,
        quiet_from=told.quiet_from,
        quiet_until=told.quiet_until,
        digest_at=told.digest_at,
        a_day={str(SMS): told.sms_a_day, str(LETTER): told.letters_a_day},
        channels={one.code: list(one.channels) for one in told.templates},
        version=before.version + 1 if before else 1,
    )


def _preferences_saved(before: Wanted | None, event: events.PreferencesSaved, _moment: Moment) -> Wanted:
    told, version = event.preferences, before.version + 1 if before else 1
    return Wanted(event.recipient, list(told.off), list(told.channels_off), told.digest, version)


RULES_EVOLVE: Evolve = {events.MessageRulesSaved: _rules_saved}
PREFERENCES_EVOLVE: Evolve = {events.PreferencesSaved: _preferences_saved}


def rules_view(own: Rules) -> pb.MessageRules:
    """A county's settings, the defaults filled in."""
    view = pb.MessageRules(
        region=own.region,
        version=own.version,
        quiet_from=own.quiet_from,
        quiet_until=own.quiet_until,
        digest_at=own.digest_at,
        sms_a_day=quota(own, SMS),
        letters_a_day=quota(own, LETTER),
    )
    for code, ways in sorted(own.channels.items()):
        view.templates.add(code=code, channels=ways)
    return view


def preferences_view(own: Wanted) -> pb.Preferences:
    """What a recipient stated; the defaults when he stated nothing."""
    return pb.Preferences(version=own.version, off=own.off, channels_off=own.channels_off, digest=own.digest)  # type: ignore[arg-type]
