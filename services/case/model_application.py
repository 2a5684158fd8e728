"""What an application must be: form, answers and materials against the item's definition. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from chassis.acts import Actor
from chassis.errors import PERMISSION_DENIED, Refused, Violation, invalid, require
from services.case import model_deadlines, model_receipts, model_scenario
from services.case.model_scenario import Scenario
from standards import fees, identifiers, real_names
from standards.instants import after, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

# How who acts comes in, whatever the request says; a relative comes as he says, and so does a handler.
AGENT_CHANNELS: Mapping[str, int] = {"helper": pb.CHANNEL_AGENT, "bank": pb.CHANNEL_BANK}
# Which of a county's switches a way in hangs on. A province's app, and who does not say, come over the web.
SWITCHES: Mapping[int, str] = {
    pb.CHANNEL_UNSPECIFIED: "web",
    pb.CHANNEL_WEB: "web",
    pb.CHANNEL_API: "web",
    pb.CHANNEL_MOBILE: "mobile",
    pb.CHANNEL_WINDOW: "window",
    pb.CHANNEL_KIOSK: "kiosk",
    pb.CHANNEL_AGENT: "agent",
    pb.CHANNEL_BANK: "bank",
}


def check_form(item: catalog.ItemDefinition, form: Mapping[str, str]) -> list[Violation]:
    """What is wrong with the answers: required ones missing, unknown ones, ones too long or of the wrong kind."""
    fields = {field.key: field for field in item.form_fields}
    found = [Violation(f"form[{key}]", "FIELD_NOT_LISTED", "事项没有此填报项") for key in form if key not in fields]
    for key, field in fields.items():
        value = form.get(key, "").strip()
        if field.required and not value:
            found.append(Violation(f"form[{key}]", "REQUIRED", f"请填写{field.label}"))
        elif value and field.max_length and len(value) > field.max_length:
            found.append(Violation(f"form[{key}]", "TOO_LONG", f"{field.label}不得超过{field.max_length}字"))
        elif value and field.kind == catalog.FIELD_KIND_CHOICE and value not in field.options:
            found.append(Violation(f"form[{key}]", "OPTION_UNKNOWN", f"请从所列选项中选择{field.label}"))
        elif value and not _KINDS.get(field.kind, _any)(value):
            found.append(Violation(f"form[{key}]", "MALFORMED", f"{field.label}格式不正确"))
    return found


def _any(_value: str) -> bool:
    return True


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).removeprefix("-").isdecimal()


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_phone(value: str) -> bool:
    digits = value.replace("-", "").removeprefix("+86")
    return digits.isdecimal() and 7 <= len(digits) <= 12


def _is_id_number(value: str) -> bool:
    return identifiers.id_number_valid(value.upper())


def _is_uscc(value: str) -> bool:
    return identifiers.uscc_valid(value.upper())


_KINDS: Mapping[int, Callable[[str], bool]] = {
    catalog.FIELD_KIND_NUMBER: _is_number,
    catalog.FIELD_KIND_DATE: _is_date,
    catalog.FIELD_KIND_PHONE: _is_phone,
    catalog.FIELD_KIND_ID_NUMBER: _is_id_number,
    catalog.FIELD_KIND_USCC: _is_uscc,
}


def check_application(
    item: catalog.ItemDefinition,
    scenario: Scenario,
    form: Mapping[str, str],
    handed_in: Sequence[str],
    level: int,
    at_window: bool = False,
) -> None:
    """Refuses an application the item does not allow under the applicant's answers; every fault at once, each with its field."""
    require(item.online or at_window, "NOT_ONLINE", "该事项暂不支持网上申请，请到窗口办理")
    require(level >= item.required_level, "LEVEL_TOO_LOW", _level_text(item.required_level, level))
    if found := check_form(item, form) + model_scenario.lacking(item, scenario, handed_in):
        raise invalid(*found)


def _level_text(needed: int, level: int) -> str:
    names = real_names.WORDS
    wanted, has = names.get(needed, ""), names.get(level, names[real_names.NONE])
    where = "请携带身份证到政务服务窗口核验" if needed == real_names.IN_PERSON else "请在“我的账户”中完成该项核验"
    return f"该事项要求实名等级达到“{wanted}”，您目前是“{has}”。{where}，再提交申请"


def channel_of(actor: Actor, stated: int) -> int:
    """The way an application came: of a helper or a teller the service knows it; nobody else can state theirs."""
    if actor.acting and actor.acting.channel in AGENT_CHANNELS:
        return AGENT_CHANNELS[actor.acting.channel]
    if stated in AGENT_CHANNELS.values():
        raise invalid(Violation("channel", "CHANNEL_NOT_OPEN_TO_YOU", "该渠道仅供帮办代办点和银行网点使用"))
    return stated


def check_delegated(actor: Actor, item: catalog.ItemDefinition) -> None:
    """PERMISSION_DENIED ITEM_NOT_DELEGATED for who acts for a person outside of what was delegated: another item, or a new case
    where the delegation is for one case."""
    acting = actor.acting
    if acting and acting.channel != "handler" and not acting.covers(item.code, ""):
        raise Refused(PERMISSION_DENIED, "ITEM_NOT_DELEGATED", "本人没有委托您办理该事项")


def check_channel(open_channels: frozenset[str] | None, channel: int) -> None:
    """FAILED_PRECONDITION CHANNEL_CLOSED where the county closed this way in; None = it has not said, and all are open."""
    if open_channels is not None:
        is_open = SWITCHES[channel] in open_channels
        require(is_open, "CHANNEL_CLOSED", "本县暂未开放该办事渠道，请换一种方式办理或到窗口办理")


def submit(
    submitted: events.CaseSubmitted,
    item: catalog.ItemDefinition,
    guide: catalog.ScenarioGuide,
    now: datetime,
    actor: Actor | None = None,
) -> events.CaseSubmitted:
    """The event of an application that was checked, completed with what the item's edition says for its answers, with who acts
    for the applicant, and with the receipt: digest, and by when it is accepted or deemed to be."""
    if actor and actor.acting:
        submitted.agent = actor.acting.agent
        submitted.delegation_id = actor.acting.delegation
        submitted.agent_organization_id = actor.acting.organization
    submitted.item_code = item.code
    submitted.item_name = item.name
    submitted.department = item.department.code
    submitted.department_name = item.department.name
    submitted.region = item.region
    submitted.result_name = item.result_name
    steps = [item.steps[at] for at in guide.steps]
    if not on_promise(submitted):
        submitted.review_steps.extend(step.name for step in steps if step.kind == catalog.STEP_KIND_REVIEW)
    submitted.promised_limit.CopyFrom(guide.promised_limit)
    submitted.statutory_limit.CopyFrom(guide.statutory_limit)
    submitted.promised_limit.note = submitted.statutory_limit.note = ""
    submitted.handling.CopyFrom(model_deadlines.handling_of(item))
    here = {file.material for file in submitted.files} | {one.material for one in submitted.stood_for}
    later = [one.key for one in guide.materials if one.demand == catalog.DEMAND_DEFERRABLE and one.key not in here]
    submitted.deferred.extend(later)
    submitted.receipt_digest = model_receipts.digest(submitted.files)
    if not submitted.pre_review:
        submitted.accept_due = text(after(now, model_deadlines.ACCEPT_DAYS, item.region))
    if submitted.receiving_department:
        submitted.hand_over_due = text(after(now, model_deadlines.HAND_OVER_DAYS, item.region))
    submitted.fees.extend(_fee_line(item.fees[at]) for at in guide.fees)
    return submitted


def on_promise(submitted: events.CaseSubmitted) -> bool:
    """Whether a promise stands for the whole item: it is decided at once, and looked at afterwards (国办发〔2020〕42号)."""
    return submitted.HasField("promise") and not submitted.promise.materials


def _fee_line(fee: catalog.Fee) -> events.FeeLine:
    """A fixed fee by its amount, zero too; a range, or one that only words tell, is set by an officer."""
    fixed = fee.least == fee.most and (fee.most > 0 or fees.is_none(fee.standard))
    return events.FeeLine(name=fee.name, amount=fee.most if fixed else 0, open=not fixed)
