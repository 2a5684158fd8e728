"""Templates in their editions: as they are shipped, and as a county words them. Pure.

Editions are never changed: a notice tells which one it was made from, so that its text is the same for ever.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import FAILED_PRECONDITION, PERMISSION_DENIED, Refused, Violation, invalid, not_found, require
from services.message import (
    model_plain,
    model_texts_account,
    model_texts_case,
    model_texts_market,
    model_texts_policy,
    model_texts_work,
)
from services.message.model_rules import require_version
from services.message.model_texts import PUSH, SMS, Template
from standards.codes import region_covers
from yiwang.message.v1 import events_pb2 as events
from yiwang.message.v1 import service_pb2 as pb

_SUBJECTS: Final = (model_texts_case, model_texts_policy, model_texts_market, model_texts_account, model_texts_work)
TEMPLATES: Final[Mapping[str, Template]] = {one.code: one for subject in _SUBJECTS for one in subject.TEMPLATES}
# Of a long SMS each part has 67 characters, a single one 70.
ONE_PART, LONG_PART = 70, 67


@dataclass(frozen=True, slots=True)
class Text:
    """What an edition says."""

    title: str
    body: str
    short: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A published text."""

    edition: int
    text: Text
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Wordings:
    """A template's wordings: of everybody's (no region) or of a county."""

    id: str
    code: str
    region: str
    working: Text | None = None
    writers: list[str] = field(default_factory=list)
    # Why it was sent back, sealed; empty = it was not.
    returned: str = ""
    editions: list[Edition] = field(default_factory=list)
    # Entries of its journal so far: what a writer saw.
    version: int = 0


def template(code: str) -> Template:
    """The template of a code; NOT_FOUND when there is none."""
    if code not in TEMPLATES:
        raise not_found()
    return TEMPLATES[code]


def text_of(wordings: Wordings, edition: int) -> Text:
    """What an edition says."""
    return next(one.text for one in wordings.editions if one.edition == edition)


def shipped(one: Template) -> pb.TemplateText:
    """The text a template is shipped with."""
    return pb.TemplateText(title=one.title, body=one.body, short=one.short)


def told(text: Text) -> pb.TemplateText:
    """A text as answers have it."""
    return pb.TemplateText(title=text.title, body=text.body, short=text.short)


def _text(one: pb.TemplateText) -> Text:
    return Text(one.title, one.body, one.short)


# -- acts ----------------------------------------------------------------------------------------------------------------


def ship(
    before: Wordings | None, id: str, one: Template
) -> list[events.TemplateSaved | events.TemplatePublished] | None:
    """The text a release brings is everybody's next edition; nothing when it is so already."""
    text = shipped(one)
    if before and before.editions and before.editions[-1].text == _text(text):
        return None
    number = len(before.editions) + 1 if before else 1
    saved = events.TemplateSaved(template_id=id, code=one.code, text=text)
    return [saved, events.TemplatePublished(template_id=id, edition=number)]


def save(
    before: Wordings | None, seen: int, id: str, code: str, region: str, text: pb.TemplateText, actor: Actor
) -> events.TemplateSaved:
    """The working text of a county; `seen` is the version its writer saw. Refused as SaveTemplate."""
    _require_covered(actor, region)
    if found := [one for one in model_plain.findings(template(code), text) if one.rule in model_plain.UNREADABLE]:
        reasons = model_plain.UNREADABLE
        raise invalid(*(Violation(f"text.{one.field}", reasons[one.rule], one.message) for one in found))
    require_version(before.version if before else 0, seen)
    return events.TemplateSaved(template_id=id, code=code, region=region, text=text)


def publish(before: Wordings, seen: int, actor: Actor) -> events.TemplatePublished:
    """The working text is the county's next edition. Refused as PublishTemplate."""
    _require_covered(actor, before.region)
    require_version(before.version, seen)
    working = _written(before)
    require(actor.id not in before.writers, "WRITER_MAY_NOT_PUBLISH", "编写人不得发布，请由其他管理人员发布")
    errors = [one for one in model_plain.findings(TEMPLATES[before.code], told(working)) if one.error]
    if errors:
        raise Refused(FAILED_PRECONDITION, "NOT_PLAIN", f"文字检查未通过：{errors[0].message}")
    return events.TemplatePublished(template_id=before.id, edition=len(before.editions) + 1)


def send_back(before: Wordings, sealed_reason: str, actor: Actor) -> events.TemplateReturned:
    """The working text goes back to its writers. Refused as ReturnTemplate."""
    _require_covered(actor, before.region)
    _written(before)
    return events.TemplateReturned(template_id=before.id, sealed_reason=sealed_reason)


def _written(before: Wordings) -> Text:
    if before.working is None or before.returned:
        raise Refused(FAILED_PRECONDITION, "NOTHING_TO_PUBLISH", "没有待发布的文字")
    return before.working


def _require_covered(actor: Actor, region: str) -> None:
    if not region_covers(actor.region, region):
        raise Refused(PERMISSION_DENIED, "REGION_NOT_COVERED", "只能编写本辖区的模板")


# -- what is said --------------------------------------------------------------------------------------------------------


def rendered(text: Text, fields: Mapping[str, str]) -> Text:
    """A text with its fields filled in."""
    return Text(text.title.format_map(fields), text.body.format_map(fields), text.short.format_map(fields))


def carried(text: Text, channel: int, signature: str) -> tuple[str, str]:
    """What a channel carries of a rendered text: title and text. An SMS begins with who sends it, as its rules want."""
    if channel == SMS:
        return "", f"【{signature}】{text.short}"
    return text.title, text.short if channel == PUSH else text.body


def digest(text: Text) -> str:
    """SHA-256 of a rendered text, whatever channel carries it."""
    return hashlib.sha256("\n".join((text.title, text.body, text.short)).encode()).hexdigest()


def parts(text: str) -> int:
    """How many SMS a text is paid for as."""
    return 1 if len(text) <= ONE_PART else -(-len(text) // LONG_PART)


# -- events --------------------------------------------------------------------------------------------------------------


def _saved(before: Wordings | None, event: events.TemplateSaved, moment: Moment) -> Wordings:
    own = before or Wordings(event.template_id, event.code, event.region)
    writer = moment.by.partition(":")[2]
    # Whoever wrote any of what is to be published; of what was published nobody did.
    writers = sorted({*(own.writers if own.working else []), writer})
    return replace(own, working=_text(event.text), writers=writers, returned="", version=own.version + 1)


def _published(before: Wordings, event: events.TemplatePublished, moment: Moment) -> Wordings:
    assert before.working is not None
    editions = [*before.editions, Edition(event.edition, before.working, moment.at)]
    return replace(before, working=None, writers=[], editions=editions, version=before.version + 1)


def _returned(before: Wordings, event: events.TemplateReturned, _moment: Moment) -> Wordings:
    return replace(before, returned=event.sealed_reason, version=before.version + 1)


EVOLVE: Evolve = {
    events.TemplateSaved: _saved,
    events.TemplatePublished: _published,
    events.TemplateReturned: _returned,
}
