"""WindowService over gRPC: codes of windows, and what is rated at them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from chassis.acts import DEVICE, OFFICER, PERSON, Actor, now
from chassis.errors import (
    FAILED_PRECONDITION,
    PERMISSION_DENIED,
    Refused,
    Violation,
    invalid,
    not_found,
)
from chassis.parts import Parts
from chassis.records import Filter, Record, record_id
from chassis.rpc import Call
from services.rating import model, model_codes, model_windows, store, store_imports, store_windows
from services.rating.giving import Entered, Giving
from services.rating.model import Rating
from services.rating.model_codes import Code
from services.rating.model_windows import Window
from services.rating.windows import Windows
from standards.codes import region_covers
from standards.instants import stated, text
from yiwang.rating.v1 import service_pb2 as pb
from yiwang.rating.v1 import windows_pb2 as windows_pb

ADMINISTER: Final = "administer"
# Who serves at windows.
SERVING: Final = frozenset(("receive", "review", "decide", "issue"))
# So far the clock of a tablet may be off.
SKEW: Final = timedelta(minutes=2)


class _Served(NamedTuple):
    """Where something is rated, and the officers on duty then."""

    window: Window
    officers: list[str]


class WindowApi:
    """The methods of yiwang.rating.v1.WindowService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.ratings = store.ratings(parts.database)
        self.giving = Giving(parts)
        self.windows = Windows(parts)

    def IssueWindowCode(self, request: windows_pb.IssueWindowCodeRequest, call: Call) -> windows_pb.WindowCode:
        window = self._issuing(request.window_id, call.actor)
        if request.printed:
            _may_print(window, request.case_number, call.actor)
        case = self._case(request.case_number, window) if request.case_number else None
        code = self.windows.issue(window, request.printed, call.cause, now(), case.id if case else "")
        return windows_pb.WindowCode(
            code=self.windows.text_of(code), window_id=window.id, expires_at=text(code.expires_at)
        )

    def RevokeWindowCodes(self, request: windows_pb.RevokeWindowCodesRequest, call: Call) -> windows_pb.WindowCodes:
        window = store_windows.window(self.database, request.window_id)
        if window is None or not _administers(call.actor, window):
            raise not_found()
        codes = store_windows.revoke(self.database, window, call.cause).state
        return windows_pb.WindowCodes(window_id=codes.window_id, generation=codes.generation)

    def ReadWindowCode(self, request: windows_pb.ReadWindowCodeRequest, _call: Call) -> windows_pb.WindowOfCode:
        code, window = self.windows.read(request.code, now())
        duty = self.windows.on_duty(window, now())
        case = self.ratings.get(code.case_rating_id).state if code.case_rating_id else None
        return windows_pb.WindowOfCode(
            window_id=window.id,
            window_number=window.number,
            hall=window.hall,
            label=window.label,
            department=window.department,
            department_name=self.windows.department_name(window),
            region=window.region,
            staff_number=duty.staff_number if duty else "",
            case_number_masked=model_windows.masked(case.case_number) if case else "",
            item_name=case.subject if case else "",
            expires_at=text(code.expires_at),
            printed=code.printed,
        )

    def RateAtWindow(self, request: windows_pb.RateAtWindowRequest, call: Call) -> windows_pb.RatingReceipt:
        code = self.windows.parse(request.code)
        id = record_id(call.cause.key) if code.printed else model_codes.rating_id(code)
        if again := self._again([id], call):
            return _receipt(again)
        window = self.windows.holding(code, now())
        person = _rater(call.actor)
        entered = Entered(
            grade=request.grade,
            channel=pb.RATING_CHANNEL_QR,
            tags=request.tags,
            comment=request.comment,
            # Of whom nothing is known, not even how to reach him, that rating is an anonymous one.
            anonymous=request.anonymous or not (person or code.case_rating_id or request.contact),
            contact=request.contact,
            device=request.source.device,
            address=request.source.address,
        )
        # Whoever was on duty when the code was shown served him, even if another one is there by now.
        at = now() if code.printed else model_codes.issued_at(code)
        served = _Served(window, self.windows.officers(window, at))
        return _receipt(self._by_code(code, id, served, entered, call))

    def RateOnTablet(self, request: windows_pb.RateOnTabletRequest, call: Call) -> windows_pb.RatingReceipt:
        window = self._window_of(call.actor)
        of_case = store_imports.of_case_number(self.ratings, request.case_number) if request.case_number else []
        own = record_id(call.cause.key)
        if again := self._again([own, *(one.id for one in of_case)], call):
            return _receipt(again)
        tapped = stated(request.at)
        if tapped is None:
            raise invalid(Violation("at", "MALFORMED", "时间须为RFC 3339格式"))
        if abs(now() - tapped) > SKEW:
            raise invalid(Violation("at", "CLOCK_SKEW", "平板时钟与系统时间相差超过两分钟，请校时后重试"))
        entered = Entered(
            grade=request.grade,
            channel=pb.RATING_CHANNEL_TABLET,
            tags=request.tags,
            comment=request.comment,
            anonymous=not request.case_number,
        )
        officers = self.windows.officers(window, tapped)
        if not request.case_number:
            served = self.windows.served(window, officers, now())
            return _receipt(self.giving.begin(served, entered, call.cause, id=own, actor=call.actor))
        case = model_windows.of_case((one.state for one in of_case), window.department)
        return _receipt(self._of_case(case.id, _Served(window, officers), entered, call))

    def _by_code(self, code: Code, id: str, served: _Served, entered: Entered, call: Call) -> Record[Rating]:
        """A rating by a code that holds. FAILED_PRECONDITION CODE_USED for a live one that gave its rating, RATED_ALREADY for a case that
        was rated in another way."""
        person = _rater(call.actor)
        try:
            if code.case_rating_id:
                # A person's token says who rates: another's case is none of his. Else the code is what lets him rate.
                visible = model.visible(call.actor) if call.actor.realm == PERSON else None
                return self._of_case(id, served, entered, call, visible)
            body = self.windows.served(served.window, served.officers, now())
            return self.giving.begin(body, entered, call.cause, id=id, person=person, actor=call.actor)
        except Refused as refused:
            found = self.ratings.find({"_id": id})
            given_here = found is not None and found.state.channel == pb.RATING_CHANNEL_QR
            if code.printed or not given_here or refused.reason not in ("REQUEST_ID_REUSED", "RATED_ALREADY"):
                raise
            raise Refused(FAILED_PRECONDITION, "CODE_USED", "该二维码已用于评价，请在窗口重新获取") from None

    def _of_case(
        self, id: str, here: _Served, entered: Entered, call: Call, visible: Filter | None = None
    ) -> Record[Rating]:
        """Rates a node of a case. NOT_FOUND also where the applicant is erased: nobody else learns of that."""
        try:
            window = here.window.id
            return self.giving.give(
                id, entered, call.cause, visible, call.actor, officers=here.officers, window_id=window
            )
        except Refused as refused:
            raise (not_found() if refused.reason == "PERSON_ERASED" else refused) from None

    def _again(self, ids: Iterable[str], call: Call) -> Record[Rating] | None:
        """The rating this very request gave before, whatever holds by now; INVALID_ARGUMENT REQUEST_ID_REUSED when it was another request
        of that id."""
        for id in ids:
            found = self.ratings.find({"_id": id})
            if found and any(entry["cause"] == call.cause.key for entry in found.journal):
                return self.ratings.change(id, call.cause, lambda _: None)
        return None

    def _issuing(self, window_id: str, actor: Actor) -> Window:
        """The window a caller may issue a code of; NOT_FOUND for any other."""
        if actor.realm == DEVICE and not window_id:
            return self._window_of(actor)
        window = store_windows.window(self.database, window_id)
        if window is None or not (self._serves(actor, window) or _administers(actor, window)):
            raise not_found()
        return window

    def _serves(self, actor: Actor, window: Window) -> bool:
        if actor.realm == DEVICE:
            return store_windows.window_of_device(self.database, actor.id) == window.id
        return actor.realm == OFFICER and not actor.roles.isdisjoint(SERVING) and actor.department == window.department

    def _window_of(self, actor: Actor) -> Window:
        window = store_windows.window(self.database, store_windows.window_of_device(self.database, actor.id))
        if window is None:
            raise Refused(FAILED_PRECONDITION, "DEVICE_WITHOUT_WINDOW", "该设备没有登记在窗口")
        return window

    def _case(self, number: str, window: Window) -> Rating:
        """The rating of a case a code is for, whether it was given or not: who shows the code is not to find out who has rated."""
        found = store_imports.of_case_number(self.ratings, number)
        return model_windows.node_of((one.state for one in found), window.department)


def _rater(actor: Actor) -> str:
    """The person whose rating it is; empty when nobody says who he is. A delegate rates nothing in another's name."""
    own = actor.acting is None or actor.acting.channel == "handler"
    return actor.id if actor.realm == PERSON and own else ""


def _administers(actor: Actor, window: Window) -> bool:
    return actor.realm == OFFICER and ADMINISTER in actor.roles and region_covers(actor.region, window.region)


def _may_print(window: Window, case_number: str, actor: Actor) -> None:
    """PERMISSION_DENIED NOT_ALLOWED but for administrators; INVALID_ARGUMENT for a case, which is over long before such a code is."""
    if not _administers(actor, window):
        raise Refused(PERMISSION_DENIED, "NOT_ALLOWED", "只有管理员可以签发张贴用的二维码")
    if case_number:
        raise invalid(Violation("case_number", "PRINTED_WITHOUT_CASE", "张贴用的二维码不能对应办件"))


def _receipt(record: Record[Rating]) -> windows_pb.RatingReceipt:
    rating = record.state
    return windows_pb.RatingReceipt(
        rating_id=record.id,
        grade=rating.grade,  # type: ignore[arg-type]
        rated_at=text(rating.rated_at),
    )
