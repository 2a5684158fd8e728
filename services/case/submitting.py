"""An application becomes a case: whoever brings it (the applicant, who acts for him, a window, a branch of one thing), it goes this way.

Needs the own store alone: not catalog, not identity, not the broker.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Actor, Moment, now
from chassis.errors import Violation, invalid, require
from chassis.sealed import Keyring
from services.case import model_application, model_automatic, model_scenario, store_counties, store_items, store_timers
from services.case.model_evolve import EVOLVE
from services.case.model_scenario import Scenario
from services.case.standing_in import StandingIn
from standards import identifiers, workdays
from standards.instants import after_natural, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog


class Application(NamedTuple):
    """What is brought, and by whom for whom."""

    item_id: str
    edition: int
    form: Mapping[str, str]
    files: Sequence[events.HandedInFile]
    answers: Mapping[str, catalog.Answer]
    channel: int
    applicant_id: str
    # Identity level of the applicant.
    level: int
    # Who does it: the applicant, who acts for him, or an officer at a window.
    actor: Actor
    pre_review: bool = False
    # What is stated instead of files, and the text that was promised by.
    stand_ins: Sequence[pb.StandIn] = ()
    promise_digest: str = ""
    # What that amounts to: `begin` fills these in.
    stood_for: Sequence[events.StoodFor] = ()
    licences: Mapping[str, bool] = {}
    promise: events.Promise | None = None
    delivery: pb.DeliveryChoice | None = None
    renews_until: str = ""
    project_code: str = ""
    draft_id: str = ""
    window_id: str = ""
    receiving_department: str = ""
    receiving_region: str = ""
    bundle_id: str = ""
    bundle_key: str = ""
    # Name of who acts for the applicant, sealed under his own key.
    sealed_agent_name: str = ""
    # Where the files are looked up only when all else is right: the materials that are named, and what finds their files.
    named: Sequence[str] = ()
    claim: Callable[[], Sequence[events.HandedInFile]] | None = None


# What the event has as the application tells it.
_TOLD = (
    *("item_id", "channel", "files", "sealed_agent_name", "pre_review", "window_id", "receiving_department"),
    *("receiving_region", "stood_for", "promise", "bundle_id", "bundle_key", "project_code"),
)


class Submitting:
    """The way in, over one store."""

    def __init__(self, database: Database[dict[str, Any]], items: store_items.Items, keyring: Keyring) -> None:
        self._items = items
        self._keyring = keyring
        self.counties = store_counties.Counties(database)
        self._timers = store_timers.Timers(database)
        self._standing_in = StandingIn(database)

    def begin(self, asked: Application, id: str, attempt: int = 0) -> list[Message]:
        """The events a new case begins with: its submission, and, where a rule decides it, all that follows. `attempt` gives another
        number.

        Refuses what the item does not allow, naming every field at fault, and writes nothing but the key of a new applicant and that
        a proof stands in this application.
        """
        item = open_item(self._items, asked.item_id, asked.edition)
        definition, instant = item.definition, now()
        model_application.check_delegated(asked.actor, definition)
        county = self.counties.of(definition.region)
        # A branch of one thing came in with its parent, which was counted.
        came_with_parent = bool(asked.bundle_id)
        if not came_with_parent:
            model_application.check_channel(county.channels, asked.channel)
        if wrong := model_scenario.wrong(definition, asked.answers):
            raise invalid(*wrong)
        scenario = model_scenario.of(definition, asked.answers, asked.item_id, item.edition)
        form = {key: value.strip() for key, value in asked.form.items()}
        asked = self._stood(asked, definition, instant)
        handed_in = asked.named or list(dict.fromkeys(file.material for file in asked.files))
        here = [*handed_in, *(one.material for one in asked.stood_for if one.material not in handed_in)]
        at_window = bool(asked.window_id)
        model_application.check_application(definition, scenario, form, here, asked.level, at_window)
        asked = asked._replace(files=asked.claim()) if asked.claim else asked
        submitted = self._submitted(asked, item, scenario, form, id, attempt, instant)
        if not came_with_parent:
            self.counties.take(definition.region, county)
        self._timers.know(definition.region)
        follows = self._automatic(asked, definition, scenario, form, submitted, instant)
        self._standing_in.claim(asked.stood_for, id, instant)
        begun_as: list[Message] = [events.DraftSubmitted(case_id=id, draft_id=asked.draft_id)] if asked.draft_id else []
        return [submitted, *begun_as, *follows]

    def _stood(self, asked: Application, definition: catalog.ItemDefinition, instant: datetime) -> Application:
        """With what its statements amount to."""
        stood = self._standing_in.resolve(
            definition, asked.item_id, asked.applicant_id, asked.stand_ins, asked.promise_digest, instant
        )
        return asked._replace(stood_for=stood.stood_for, licences=stood.licences, promise=stood.promise)

    def _submitted(
        self,
        asked: Application,
        item: store_items.KeptItem,
        scenario: Scenario,
        form: Mapping[str, str],
        id: str,
        attempt: int,
        instant: datetime,
    ) -> events.CaseSubmitted:
        definition, seal = item.definition, self._keyring.seal
        handling = definition.handling
        if asked.pre_review:
            require(handling.pre_review, "PRE_REVIEW_NOT_OFFERED", "该事项不提供网上预审")
        day = instant.astimezone(workdays.SHANGHAI).date()
        renews = _renews_until(asked.renews_until, handling, day, instant)
        _check_project(asked.project_code)
        sealed_delivery = delivery_of(asked.delivery)
        random = self._keyring.blind("number", f"{id}/{attempt}")
        submitted = events.CaseSubmitted(
            case_id=id,
            number=identifiers.case_number(definition.region, day, bytes.fromhex(random)),
            applicant_id=asked.applicant_id,
            edition=item.edition,
            sealed_form=seal(asked.applicant_id, form),
            sealed_answers=seal(asked.applicant_id, scenario.content) if scenario.answers else "",
            renews_until=renews,
            delivery=asked.delivery.way if asked.delivery else pb.DELIVERY_WAY_UNSPECIFIED,
            sealed_delivery=seal(asked.applicant_id, sealed_delivery) if sealed_delivery else "",
            **{name: getattr(asked, name) for name in _TOLD},
        )
        return model_application.submit(submitted, definition, scenario.guide, instant, asked.actor)

    def _automatic(
        self,
        asked: Application,
        item: catalog.ItemDefinition,
        scenario: Scenario,
        form: Mapping[str, str],
        submitted: events.CaseSubmitted,
        instant: datetime,
    ) -> list[Message]:
        if not model_automatic.applies(item, submitted):
            return []
        handed_in = [file.material for file in asked.files]
        facts = model_automatic.facts_of(item, scenario, form, asked.level, handed_in, asked.licences)
        found = model_automatic.judge(item.automatic.rule, facts)
        judged = model_automatic.judged(submitted.case_id, found, self._keyring.seal(asked.applicant_id, facts))
        if found.truth != "TRUE":
            return [judged]
        case = EVOLVE[events.CaseSubmitted](None, submitted, Moment(instant, asked.actor.by))
        return [judged, *model_automatic.decide(case, instant)]


def open_item(items: store_items.Items, id: str, edition: int = 0) -> store_items.KeptItem:
    """The item in the edition in force, which has to be the one stated unless that is 0. INVALID_ARGUMENT ITEM_UNKNOWN;
    FAILED_PRECONDITION ITEM_WITHDRAWN, ITEM_SUSPENDED, ITEM_CHANGED."""
    item = items.current(id)
    if item is None:
        raise invalid(Violation("item_id", "ITEM_UNKNOWN", "没有此事项，或尚未发布"))
    require(not item.withdrawn, "ITEM_WITHDRAWN", "该事项已取消，不再受理新的申请")
    require(not item.suspended, "ITEM_SUSPENDED", "该事项已暂停受理")
    require(edition in (0, item.edition), "ITEM_CHANGED", "办事指南已更新，请重新查看后提交")
    return item


def _renews_until(stated: str, handling: catalog.Handling, today: date, instant: datetime) -> str:
    """The end of the last day of the licence that is renewed (art. 50); empty where none is."""
    if not stated:
        return ""
    require(handling.renewal, "RENEWAL_NOT_OFFERED", "该事项不是延续事项，不需要填写原证有效期")
    try:
        last = date.fromisoformat(stated)
    except ValueError:
        raise invalid(Violation("renews_until", "MALFORMED", "原证有效期不是有效的日期")) from None
    if last < today:
        raise invalid(Violation("renews_until", "RENEWAL_LATE", "原证已过有效期，请重新申请"))
    return text(after_natural(instant, (last - today).days))


def _check_project(code: str) -> None:
    if code and not identifiers.project_code_valid(code):
        raise invalid(Violation("project_code", "PROJECT_CODE", "投资项目统一代码不正确，应为24位"))


def delivery_of(choice: pb.DeliveryChoice | None) -> dict[str, str]:
    """What is sealed of a choice of delivery; express needs all of it."""
    if choice is None or choice.way != pb.DELIVERY_WAY_EXPRESS:
        return {}
    told = {name: getattr(choice, name).strip() for name in ("name", "phone", "address")}
    words = {"name": "收件人", "phone": "联系电话", "address": "详细地址"}
    if lacking := [name for name, value in told.items() if not value]:
        raise invalid(*(Violation(f"delivery.{name}", "REQUIRED", f"快递送达请填写{words[name]}") for name in lacking))
    return told
