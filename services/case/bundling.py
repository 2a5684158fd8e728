"""An application for a theme (一件事) becomes a parent: what the merged guide demands under its answers is what is checked here.

Needs the own store alone: case's copies of the themes and of their items. The branches become cases afterwards (bundling_children).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database

from chassis import rules
from chassis.acts import Actor, now
from chassis.errors import PERMISSION_DENIED, Refused, Violation, invalid, require
from chassis.sealed import Keyring
from services.case import model_application, model_deadlines, model_receipts, store_items, store_themes
from services.case.bundling_shares import shares
from services.case.submitting import Submitting, delivery_of
from standards import clocks, identifiers, instants, real_names, scenarios, themes, themes_children, workdays
from standards.scenarios import TRUE
from standards.themes import Known, Merged
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2


class Asked(NamedTuple):
    """What is applied for, and by whom; answers, form and materials by the keys of the merged guide."""

    theme_id: str
    edition: int
    answers: Mapping[str, catalog.Answer]
    form: Mapping[str, str]
    # Keys of the materials as they were handed in, and what finds their files, which is asked only when all else is right.
    handed_in: Sequence[str]
    claim: Callable[[], Sequence[events.HandedInFile]]
    channel: int
    actor: Actor
    delivery: pb.DeliveryChoice | None
    project_code: str
    sealed_agent_name: str


class Bundling:
    """The way in for themes, over one store."""

    def __init__(
        self, database: Database[dict[str, Any]], items: store_items.Items, keyring: Keyring, submitting: Submitting
    ) -> None:
        self.themes = store_themes.Themes(database)
        self._items = items
        self._keyring = keyring
        self._counties = submitting.counties

    def begin(self, asked: Asked, id: str, attempt: int = 0) -> events.BundleSubmitted:
        """The event a new parent begins with; `attempt` gives another number. Refuses what SubmitBundle says, naming every field at fault,
        and writes nothing but the key of a new applicant."""
        theme = self._theme(asked)
        definition, instant = theme.definition, now()
        county = self._counties.of(definition.region)
        model_application.check_channel(county.channels, asked.channel)
        merged = self._merged(definition, asked.answers)
        taking_part = {key: merged.shares[key].definition for key in themes.taking_part(merged.guide)}
        self._check_items(merged, definition, taking_part, asked.actor)
        form = {key: value.strip() for key, value in asked.form.items()}
        _check_project(definition, asked.project_code)
        if found := _form_faults(merged, form, taking_part) + _material_faults(merged, asked.handed_in):
            raise invalid(*found)
        submitted = self._submitted(asked, theme, merged, form, id, attempt, instant)
        self._counties.take(definition.region, county)
        return submitted

    def _theme(self, asked: Asked) -> store_themes.KeptTheme:
        theme = self.themes.current(asked.theme_id)
        if theme is None:
            raise invalid(Violation("theme_id", "THEME_UNKNOWN", "没有此主题，或尚未发布"))
        require(not theme.withdrawn, "THEME_WITHDRAWN", "该主题已取消，不再受理新的申请")
        require(asked.edition in (0, theme.edition), "THEME_CHANGED", "办事指南已更新，请重新查看后提交")
        return theme

    def _merged(self, theme: themes_pb2.ThemeDefinition, answers: Mapping[str, catalog.Answer]) -> Merged:
        """The guide under these answers; all that is asked is answered."""
        known = {item.key: found for item in theme.items if (found := self._known(item.item_code))}
        if wrong := themes.wrong_answers(theme, known, answers):
            raise invalid(*(Violation(*one) for one in wrong))
        merged = themes.merged(theme, known, answers, rules.judge)
        if merged.guide.open:
            faults = scenarios.unanswered(merged.guide.open, merged.guide.questions)
            raise invalid(*(Violation(*one) for one in faults))
        require(not themes.undecided(merged.guide), "THEME_UNDECIDED", "按您的回答无法确定需要办理的事项，请到窗口咨询")
        require(bool(themes.taking_part(merged.guide)), "BUNDLE_EMPTY", "按您的回答，没有需要在本平台办理的事项")
        return merged

    def _known(self, code: str) -> Known | None:
        id = self._items.by_code(code) if code else None
        item = self._items.current(id) if id else None
        return Known(id, item.edition, item.definition, item.suspended, item.withdrawn) if id and item else None

    def _check_items(
        self,
        merged: Merged,
        theme: themes_pb2.ThemeDefinition,
        taking_part: Mapping[str, catalog.ItemDefinition],
        actor: Actor,
    ) -> None:
        """Everything that would keep one of them from being applied for."""
        ids = {branch.key: branch.item_id for branch in merged.guide.branches}
        for key, definition in taking_part.items():
            item = self._items.current(ids[key])
            running = item is not None and not item.suspended
            require(running, "ITEM_SUSPENDED", f"该主题包含的“{definition.name}”已暂停受理")
            require(definition.online, "NOT_ONLINE", f"“{definition.name}”暂不支持网上申请，请到窗口办理")
            acting = actor.acting
            if acting and acting.channel != "handler" and not acting.covers(definition.code, ""):
                message = f"本人没有委托您办理“{definition.name}”"
                raise Refused(PERMISSION_DENIED, "ITEM_NOT_DELEGATED", message)
        level = max(definition.required_level for definition in taking_part.values())
        wanted = real_names.WORDS.get(level, "")
        message = f"“{theme.name}”要求实名等级达到“{wanted}”，请完成该项核验后再提交申请"
        require(actor.level >= level, "LEVEL_TOO_LOW", message)

    def _submitted(
        self,
        asked: Asked,
        theme: store_themes.KeptTheme,
        merged: Merged,
        form: Mapping[str, str],
        id: str,
        attempt: int,
        instant: datetime,
    ) -> events.BundleSubmitted:
        definition, actor, files = theme.definition, asked.actor, asked.claim()
        random = self._keyring.blind("number", f"{id}/{attempt}")
        day = instant.astimezone(workdays.SHANGHAI).date()
        to = delivery_of(asked.delivery)
        return events.BundleSubmitted(
            bundle_id=id,
            number=identifiers.case_number(definition.region, day, bytes.fromhex(random)),
            applicant_id=actor.id,
            theme_id=asked.theme_id,
            edition=theme.edition,
            theme_code=definition.code,
            theme_title=definition.name,
            department=definition.lead.code,
            department_name=definition.lead.name,
            region=definition.region,
            channel=asked.channel,  # type: ignore[arg-type]
            items=_items(definition, merged),
            files=files,
            sealed_form=self._keyring.seal(actor.id, form),
            sealed_shares=self._keyring.seal(actor.id, shares(merged, asked.handed_in)),
            receipt_digest=model_receipts.digest(files),
            project_code=asked.project_code,
            level=actor.level,
            delivery=asked.delivery.way if asked.delivery else pb.DELIVERY_WAY_UNSPECIFIED,
            sealed_delivery=self._keyring.seal(actor.id, to) if to else "",
            sealed_agent_name=asked.sealed_agent_name,
            partial_results=definition.partial_results,
            promised_due=_stated_due(definition, instant),
            **_agent(actor),
        )


def _agent(actor: Actor) -> dict[str, str]:
    """Who acts for the applicant, as the event tells it; nothing when nobody does."""
    acting = actor.acting
    if acting is None:
        return {}
    told = {"agent": acting.agent, "agent_channel": acting.channel}
    return told | {"delegation_id": acting.delegation, "agent_organization_id": acting.organization}


def _items(theme: themes_pb2.ThemeDefinition, merged: Merged) -> list[events.BundleItem]:
    """The graph of the theme with what each item of it is here."""
    found = []
    for item, branch in zip(theme.items, merged.guide.branches, strict=True):
        share = merged.shares.get(item.key)
        department = share.definition.department if share and branch.item_id else catalog.Department()
        found.append(
            events.BundleItem(
                key=item.key,
                item_id=branch.item_id,
                edition=branch.edition,
                item_name=item.name,
                department=department.code,
                department_name=department.name,
                after=item.after,
                on_failure=item.on_failure,
                stage=item.stage,
                applies=branch.applies == TRUE,
            )
        )
    return found


def _stated_due(theme: themes_pb2.ThemeDefinition, instant: datetime) -> str:
    limit = theme.stated_limit
    span = model_deadlines.span_of([limit.amount, limit.unit])
    due = clocks.due(instant, span, [], None, theme.region) if span else None
    return instants.text(due.instant if due else None)


def _check_project(theme: themes_pb2.ThemeDefinition, code: str) -> None:
    if theme.project and not code:
        raise invalid(Violation("project_code", "REQUIRED", "请填写投资项目统一代码"))
    if code and not identifiers.project_code_valid(code):
        raise invalid(Violation("project_code", "PROJECT_CODE", "投资项目统一代码不正确，应为24位"))


def _form_faults(
    merged: Merged, form: Mapping[str, str], taking_part: Mapping[str, catalog.ItemDefinition]
) -> list[Violation]:
    """What is wrong with the merged form, and what an item would say to its share of it; each field once."""
    whole = catalog.ItemDefinition(form_fields=[one.field for one in merged.guide.fields])
    found = {fault.field: fault for fault in model_application.check_form(whole, form)}
    for key, definition in taking_part.items():
        here = {f"form[{one.fills[key]}]": f"form[{one.field.key}]" for one in merged.guide.fields if key in one.fills}
        own = themes_children.child_form(merged.guide, key, form)
        for fault in model_application.check_form(definition, own):
            place = here[fault.field]
            found.setdefault(place, Violation(place, fault.reason, fault.message))
    return list(found.values())


def _material_faults(merged: Merged, handed_in: Sequence[str]) -> list[Violation]:
    return [Violation(*one) for one in themes_children.missing(merged, handed_in)]
