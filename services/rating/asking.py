"""A ticket on its way into its record: where it belongs, what it is about, what is sealed. From people, and from the 12345 platform."""

import re
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chassis.acts import PERSON, Actor, Cause, now
from chassis.errors import FAILED_PRECONDITION, PERMISSION_DENIED, UNAUTHENTICATED, Refused, Violation, invalid
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.rating import files, model_codes, model_tickets_acts, store, store_tickets, views_tickets
from services.rating import model_tickets as tickets
from services.rating.model import COUNTY_DIGITS, Rating
from services.rating.model_tickets import Ticket
from services.rating.windows import Windows
from standards.codes import region_covers, region_valid
from standards.instants import stated
from standards.workdays import local_day
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import tickets_pb2 as pb

_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
# So far the platform's clock may be ahead of ours.
SKEW: Final = timedelta(minutes=2)
LEAST_TITLE, LEAST_TEXT = 2, 4
# Entries of a journal kept for what ends a ticket.
ROOM: Final = 50


class About(NamedTuple):
    """What a ticket is about, as far as it names something."""

    region: str = ""
    case_id: str = ""
    case_number: str = ""
    item_name: str = ""
    window_id: str = ""
    # The department it happened at: its officers are not those who look into a complaint.
    department: str = ""
    officers: tuple[str, ...] = ()


class Asking:
    """Takes tickets into their records."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.keyring = parts.keyring
        self.tickets = store_tickets.tickets(parts.database)
        self.ratings = store.ratings(parts.database)
        self.rules = store.rules(parts.database)
        self.windows = Windows(parts)
        self.counties = store.counties(parts.database, store_tickets.COUNTIES)

    def open(self, request: pb.OpenTicketRequest, call: Call) -> Record[Ticket]:
        """A ticket of a person's, or of somebody at a window. Refused as OpenTicket."""

        def decide(id: str) -> events.TicketOpened:
            instant = now()
            _may_ask(request, call.actor)
            _said(request.title, request.text)
            asker = call.actor.id if tickets.is_asker(call.actor) else ""
            about = self._about(request, asker, instant)
            sealer = asker or id
            claimed = files.claim(self.database, request.file_ids, call.actor, sealer, id) if request.file_ids else ()
            told = {"name": request.contact_name.strip(), "contact": request.contact.strip()}
            opened = self._opened(id, request, about, sealer, told)
            opened.asker_id, opened.confidential = asker, request.confidential
            opened.files.extend(claimed)
            return self._received(opened, instant)

        return self.tickets.create(call.cause, decide)

    def receive(self, request: pb.ReceiveHotlineTicketRequest, call: Call) -> Record[Ticket]:
        """A ticket of the 12345 platform; the same number is the same ticket. Refused as ReceiveHotlineTicket."""
        region = call.actor.region
        id = store_tickets.hotline_id(region, request.hotline_number)

        def decide(_: str) -> events.TicketOpened:
            instant = now()
            if not region_covers(region, request.region):
                raise Refused(PERMISSION_DENIED, "REGION_NOT_COVERED", "该区划不在贵平台的区域内")
            _said(request.title, request.text)
            plain_numbers(hotline_number=request.hotline_number, case_number=request.case_number)
            called, due = _times(request, instant)
            found = store_tickets.of_case(self.ratings, request.case_number) if request.case_number else []
            here = [one for one in found if region_covers(region, one.region)]
            # A number nobody here knows is kept as it was told: the platform's agents will ask by it.
            about = _of_case(here) if here else About(case_number=request.case_number)
            told = {"name": request.caller_name.strip(), "contact": request.caller_phone.strip()}
            told["called_at"] = called.isoformat()
            opened = self._opened(id, request, about._replace(region=request.region), id, told)
            opened.hotline_number = request.hotline_number
            return self._received(opened, instant, due)

        key = f"hotline/{id}/received"
        try:
            return self.tickets.create(_cause(key, request, call), decide, id)
        except Refused as refused:
            if refused.reason != "REQUEST_ID_REUSED":
                raise
            message = "该热线工单号已用于另一内容的工单"
            raise invalid(Violation("hotline_number", "HOTLINE_NUMBER_REUSED", message)) from None

    def hear(self, request: pb.TellHotlineStatusRequest, call: Call) -> Record[Ticket]:
        """What the platform says of its ticket, once by each callback. Refused as TellHotlineStatus."""
        id = store_tickets.hotline_id(call.actor.region, request.hotline_number)

        def decide(ticket: Ticket) -> events.HotlineTold:
            plain_numbers(callback_id=request.callback_id)
            rules = store.rules_of(self.rules, ticket.region)
            sealed = self.sealed(ticket, request.text)
            return model_tickets_acts.hear_hotline(ticket, request.callback_id, request.status, sealed, rules, now())

        cause = _cause(f"hotline/{id}/{request.callback_id}", request, call)
        try:
            return self.tickets.change(id, cause, decide, room=ROOM)
        except Refused as refused:
            if refused.reason != "REQUEST_ID_REUSED":
                raise
            raise invalid(Violation("callback_id", "CALLBACK_REUSED", "该回调号已用于另一内容")) from None

    def sealed(self, ticket: Ticket, text: str) -> str:
        """What was said to a ticket, sealed under the key of its asker. Of one who is erased meanwhile nothing more is kept, and the ticket
        goes its way."""
        try:
            return self.keyring.seal(ticket.sealer_id, text.strip()) if text.strip() else ""
        except Refused as refused:
            if (refused.code, refused.reason) != (FAILED_PRECONDITION, "PERSON_ERASED"):
                raise
            return ""

    def _opened(
        self,
        id: str,
        request: pb.OpenTicketRequest | pb.ReceiveHotlineTicketRequest,
        about: About,
        sealer: str,
        told: dict[str, str],
    ) -> events.TicketOpened:
        known = store_tickets.department(self.database, request.department) if request.department else None
        # A department nobody heard of, or of elsewhere, would leave it lying: supervision finds who answers.
        fits = known is not None and region_covers(known.region, about.region)
        meant = (known.name if known else request.department) or about.department
        content = {"title": request.title.strip(), "text": request.text.strip(), "meant_for": meant, **told}
        return events.TicketOpened(
            ticket_id=id,
            kind=request.kind if isinstance(request, pb.OpenTicketRequest) else pb.TICKET_KIND_HOTLINE,
            sealer_id=sealer,
            sealed=self.keyring.seal(sealer, {name: value for name, value in content.items() if value}),
            region=about.region,
            department=request.department if fits else "",
            department_name=known.name if known and fits else "",
            case_id=about.case_id,
            case_number=about.case_number,
            item_name=about.item_name,
            window_id=about.window_id,
            officer_ids=about.officers,
        )

    def _received(
        self, opened: events.TicketOpened, instant: datetime, due: datetime | None = None
    ) -> events.TicketOpened:
        self.counties.know(opened.region)
        county, day = opened.region[:COUNTY_DIGITS], local_day(instant).isoformat()
        opened.number = views_tickets.number(self.keyring, opened.ticket_id, county, day)
        rules = store.rules_of(self.rules, opened.region)
        return model_tickets_acts.receive(opened, rules, instant, due)

    def _about(self, request: pb.OpenTicketRequest, asker: str, instant: datetime) -> About:
        """The window and the case it names, and the region of whichever there is. INVALID_ARGUMENT CASE_UNKNOWN, CODE_…, REGION."""
        window = self._window(request.window_code, asker, instant) if request.window_code else About()
        case = self._case(request.case_number, asker) if request.case_number else About()
        about = About(
            region=case.region or window.region or request.region,
            case_id=case.case_id or window.case_id,
            case_number=case.case_number or window.case_number,
            item_name=case.item_name or window.item_name,
            window_id=window.window_id,
            department=window.department or case.department,
            officers=tuple(dict.fromkeys((*window.officers, *case.officers))),
        )
        if len(about.region) < COUNTY_DIGITS or not region_valid(about.region):
            raise invalid(Violation("region", "REGION_MISSING", "请选择事情发生的地区"))
        return about

    def _window(self, text: str, asker: str, instant: datetime) -> About:
        try:
            code, window = self.windows.read(text, instant)
        except Refused as refused:
            raise invalid(Violation("window_code", refused.reason, refused.message)) from None
        # Whoever was on duty when the code was shown served him, even if another one is there by now.
        at = instant if code.printed else model_codes.issued_at(code)
        officers = self.windows.officers(window, at)
        found = self.ratings.find({"_id": code.case_rating_id}) if code.case_rating_id else None
        # Whose case the code was shown for; another one who read it complains of the window alone.
        his = found is not None and asker in ("", found.state.applicant_id)
        about = _of_case([found.state]) if found and his else About()
        return about._replace(
            region=window.region,
            window_id=window.id,
            department=self.windows.department_name(window) or window.department,
            officers=(*officers, *about.officers),
        )

    def _case(self, number: str, asker: str) -> About:
        found = [one for one in store_tickets.of_case(self.ratings, number) if asker and one.applicant_id == asker]
        if not found:
            raise invalid(Violation("case_number", "CASE_UNKNOWN", "未找到您的这一办件，请核对办件编号"))
        return _of_case(found)


def _of_case(found: list[Rating]) -> About:
    """A case from what is known of its service nodes: the officers of all of them are concerned."""
    first = found[0]
    return About(
        region=first.region,
        case_id=first.case_id,
        case_number=first.case_number,
        item_name=first.subject,
        department=first.department_name or first.department,
        officers=tuple(dict.fromkeys(officer for one in found for officer in one.officers)),
    )


def _may_ask(request: pb.OpenTicketRequest, actor: Actor) -> None:
    """UNAUTHENTICATED without a session and a window's code; PERMISSION_DENIED for a delegate, who complains in nobody's name;
    INVALID_ARGUMENT where a kind lacks what it is about."""
    by_code = request.kind == pb.TICKET_KIND_SUPERVISION and request.window_code
    if actor.realm == PERSON and not tickets.is_asker(actor):
        raise Refused(PERMISSION_DENIED, "NOT_ALLOWED", "代办人不能代为提交诉求，请由本人提交")
    if not tickets.is_asker(actor) and not by_code:
        raise Refused(UNAUTHENTICATED, "TOKEN_MISSING", "请先登录")
    if request.kind == pb.TICKET_KIND_SUPERVISION and not request.window_code:
        raise invalid(Violation("window_code", "WINDOW_CODE_MISSING", "码上监督须扫描窗口二维码提交"))
    if request.kind == pb.TICKET_KIND_STUCK and not request.case_number:
        raise invalid(Violation("case_number", "CASE_UNKNOWN", "请填写没有办成的办件编号"))


def _said(title: str, text: str) -> None:
    """INVALID_ARGUMENT for a title or a text that is nothing but blanks."""
    rows = (("title", title, LEAST_TITLE), ("text", text, LEAST_TEXT))
    found = [Violation(field, "TOO_SHORT", "内容过短") for field, said, least in rows if len(said.strip()) < least]
    if found:
        raise invalid(*found)


def plain_numbers(**numbers: str) -> None:
    """INVALID_ARGUMENT MALFORMED, or PERSONAL for one that is a phone's or a person's: these numbers stand in clear."""
    for field, number in numbers.items():
        if number and not _NUMBER.fullmatch(number):
            raise invalid(Violation(field, "MALFORMED", "编号只能由字母、数字和短横线组成"))
        if tickets.names_somebody(number):
            raise invalid(Violation(field, "PERSONAL", "编号不能是电话号码或身份证号"))


def _times(request: pb.ReceiveHotlineTicketRequest, now: datetime) -> tuple[datetime, datetime | None]:
    """When the call was, and by when the platform wants it answered, if it says so."""
    called, due = stated(request.called_at), stated(request.due) if request.due else None
    if called is None:
        raise invalid(Violation("called_at", "MALFORMED", "时间须为RFC 3339格式"))
    if called > now + SKEW:
        raise invalid(Violation("called_at", "IN_FUTURE", "来电时间晚于当前时间，请校时后重试"))
    if request.due and due is None:
        raise invalid(Violation("due", "MALFORMED", "时间须为RFC 3339格式"))
    if due is not None and due <= called:
        raise invalid(Violation("due", "BEFORE_CALL", "答复期限早于来电时间"))
    return called, due


def _cause(key: str, request: pb.ReceiveHotlineTicketRequest | pb.TellHotlineStatusRequest, call: Call) -> Cause:
    """A cause by the platform's own id, whichever request brings it; the request counts without its request_id."""
    told = type(request).FromString(request.SerializeToString())
    told.request_id = ""
    digest = call.digest(told.SerializeToString(deterministic=True))
    return Cause(key=key, by=call.actor.by, request=digest, trace=call.cause.trace)
