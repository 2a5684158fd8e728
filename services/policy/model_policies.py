"""A policy as it stands, and what its officers do with it. Pure: each act checks, and returns the event; `model_policies_evolve` turns
events into state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from chassis.acts import OFFICER, Actor
from chassis.errors import Violation, invalid, require
from chassis.plain import plain
from services.policy import model_writing
from services.policy.model import POLICY
from services.policy.model_writing import Writing
from standards import personal_data
from standards.codes import region_covers, region_valid
from standards.identifiers import uscc_valid
from standards.workdays import SHANGHAI, local_day
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import service_pb2 as pb

DRAFT, PUBLISHED = pb.POLICY_STATUS_DRAFT, pb.POLICY_STATUS_PUBLISHED
EXPIRED, WITHDRAWN = pb.POLICY_STATUS_EXPIRED, pb.POLICY_STATUS_WITHDRAWN
# A text as JSON.
MOST_TEXT: Final = 150_000
EXPIRE: Final = "expire"


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition in brief; its text stands in the journal."""

    number: int
    # Of the journal: the entry that has its text.
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """The present state of a policy."""

    id: str
    department: str
    department_name: str
    # Of the working text before the first edition, then of the newest edition: who looks after it.
    region: str
    county: str
    status: int
    created_at: datetime
    changed_at: datetime
    writing: Writing = field(default_factory=Writing)
    # The journal's entry with what is being written.
    saved_seq: int = 0
    # The newest edition, as proto3 JSON.
    text: dict[str, Any] = field(default_factory=dict)
    editions: list[Edition] = field(default_factory=list)
    published_at: datetime | None = None
    # Why it was withdrawn.
    status_reason: str = ""
    due: datetime | None = None
    due_of: str = ""


def text_of(content: Mapping[str, Any]) -> pb.PolicyText:
    """A text from its proto3 JSON; unknown fields are a newer writer's and are ignored."""
    return ParseDict(dict(content), pb.PolicyText(), ignore_unknown_fields=True)


def writes(actor: Actor, policy: Policy) -> bool:
    """Whether the actor writes and publishes it: the policy officers of its department."""
    return actor.realm == OFFICER and POLICY in actor.roles and actor.department == policy.department


def sees(actor: Actor, policy: Policy) -> bool:
    """Whether it is there for the actor: everybody once it was published."""
    return bool(policy.editions) or writes(actor, policy)


def near(region: str, other: str) -> bool:
    """Whether what holds in `other` is to be shown to who asks for a region: it lies above or below it; all without one."""
    return not region or region_covers(region, other) or region_covers(other, region)


def words(policy: Policy) -> list[str]:
    """What of its newest edition is looked through for words."""
    found = [str(policy.text.get(name, "")) for name in ("title", "documentNumber", "summary", "issuerName")]
    return [*found, *policy.text.get("tags", ())]


def day_of(told: str) -> date | None:
    """A stated day; None when it is none."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def ends_at(text: pb.PolicyText) -> datetime | None:
    """The instant its last day in China is over; None when it has none."""
    last = day_of(text.expires_on)
    if last is None or last == date.max:
        return None
    return datetime.combine(last + timedelta(days=1), time.min, SHANGHAI).astimezone(UTC)


def faults(text: pb.PolicyText, region: str) -> list[Violation]:
    """What is wrong with a text an officer of this region writes."""
    return [*_public(text), *_days(text), *_place(text, region), *_clauses(text)]


def _place(text: pb.PolicyText, region: str) -> Iterator[Violation]:
    if not region_valid(text.region):
        yield Violation("text.region", "REGION_UNKNOWN", "没有这个行政区划")
    elif not region_covers(region, text.region):
        yield Violation("text.region", "REGION_NOT_COVERED", "不在您的区域内")
    if text.issuer and not uscc_valid(text.issuer):
        yield Violation("text.issuer", "USCC", "统一社会信用代码有误")


def _days(text: pb.PolicyText) -> Iterator[Violation]:
    for name in ("effective_on", "expires_on"):
        if getattr(text, name) and day_of(getattr(text, name)) is None:
            yield Violation(f"text.{name}", "MALFORMED", "不是有效的日期")
            return
    if text.expires_on and text.expires_on < text.effective_on:
        yield Violation("text.expires_on", "BEFORE_EFFECTIVE", "失效日期早于生效日期")


def _clauses(text: pb.PolicyText) -> Iterator[Violation]:
    for position in model_writing.twice([one.id for one in text.clauses]):
        yield Violation(f"text.clauses[{position}].id", "TWICE", "条款标识重复")


def _public(text: pb.PolicyText) -> Iterator[Violation]:
    said = {f"text.{name}": getattr(text, name) for name in ("title", "document_number", "summary", "body")}
    said |= {"text.issuer_name": text.issuer_name, "text.tags": " ".join(text.tags)}
    said |= {f"text.clauses[{position}].text": one.text for position, one in enumerate(text.clauses)}
    for name in ("title", "issuer_name"):
        if not getattr(text, name).strip():
            yield Violation(f"text.{name}", "REQUIRED", "必填")
    yield from public(said)


def public(said: Mapping[str, str]) -> Iterator[Violation]:
    """What is published must lead to no person; texts by the fields they stand in."""
    for path, words in said.items():
        if found := personal_data.found(words):
            yield Violation(path, "PERSONAL_DATA", f"公开的文字中不得有个人信息（{found[0].kind}）")


def save(policy: Policy | None, told: events.PolicySaved, seen: int, region: str) -> events.PolicySaved | None:
    """The working text, new or changed, by an officer of this region; nothing for the same one again. `seen` is the version it was read
    at, 0 = any."""
    content, writing = plain(told.text), policy.writing if policy else None
    if policy is not None and writing is not None:
        model_writing.require_version(writing, seen)
        require(policy.status != WITHDRAWN, "WITHDRAWN", "已废止的政策不能再修改")
    if found := faults(told.text, region):
        raise invalid(*found)
    model_writing.require_room(writing, content, "text", MOST_TEXT, 1)
    return told if model_writing.changes(writing, content) else None


def publish(policy: Policy, by: str, seen: int, now: datetime) -> events.PolicyPublished:
    """The working text as the next edition, by somebody who wrote none of it."""
    model_writing.require_version(policy.writing, seen)
    require(policy.status != WITHDRAWN, "WITHDRAWN", "已废止的政策不能再发布")
    model_writing.require_other(policy.writing, by, "NOTHING_TO_PUBLISH", "WRITER_MAY_NOT_PUBLISH")
    text = text_of(policy.writing.working)
    require(not text.expires_on or local_day(now).isoformat() <= text.expires_on, "EXPIRED", "该政策已过失效日期")
    return events.PolicyPublished(
        policy_id=policy.id,
        edition=len(policy.editions) + 1,
        title=text.title,
        document_number=text.document_number,
        region=text.region,
        kind=text.kind,
        effective_on=text.effective_on,
        expires_on=text.expires_on,
    )


def give_back(policy: Policy, reason: str) -> events.PolicyReturned:
    """Back to its writers."""
    require(policy.writing.waiting, "NOTHING_TO_RETURN", "没有可退回的修改")
    return events.PolicyReturned(policy_id=policy.id, reason=reason)


def withdraw(policy: Policy, reason: str, items_open: bool) -> events.PolicyWithdrawn:
    """Over before its time; `items_open` tells whether an item of it takes claims."""
    require(policy.status != WITHDRAWN, "WITHDRAWN", "该政策已经废止")
    require(not items_open, "ITEMS_OPEN", "该政策还有开放的兑付事项，请先结束或暂停")
    if found := list(public({"reason": reason})):
        raise invalid(*found)
    return events.PolicyWithdrawn(policy_id=policy.id, reason=reason)


def fire(policy: Policy, now: datetime) -> events.PolicyExpired | None:
    """What an end that is reached makes of it."""
    if policy.status != PUBLISHED or policy.due is None or policy.due > now:
        return None
    return events.PolicyExpired(policy_id=policy.id)
