"""What officers may do with a negative rating or a ticket, as forms: one row per move, its inputs as data. Pages draw what is offered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import Message
from starlette.datastructures import FormData

from services.gateway import rating_words
from services.gateway.acts import Act, number
from services.gateway.desk_inputs import wrong
from services.gateway.forms import text
from services.gateway.moves import Move
from yiwang.rating.v1 import loop_pb2 as loop
from yiwang.rating.v1 import tickets_pb2 as tickets


@dataclass(frozen=True)
class Entry:
    """One input: how it looks, and the words around it."""

    name: str
    label: str
    # area, text, number, yes (two words for yes and no), choice, department (of `empty` when none is chosen).
    kind: str = "area"
    required: bool = True
    hint: str = ""
    most: int = 1000
    options: Sequence[tuple[str, str]] = ()
    words: tuple[str, str] = ("", "")
    empty: str = ""


def _read(entry: Entry, form: FormData) -> dict[str, Any]:
    typed = text(form, entry.name)
    if entry.kind == "number":
        return {entry.name: number(form, entry.name, 1000)}
    if entry.kind == "yes":
        if typed not in ("yes", "no"):
            # A bool has no third value, so only the form can tell that nothing was chosen.
            raise wrong(entry.name, f"请选择{entry.words[0]}或者{entry.words[1]}")
        return {entry.name: typed == "yes"}
    if entry.kind == "choice":
        return {entry.name: int(typed) if typed in dict(entry.options) else 0}
    if entry.kind == "department":
        return {entry.name: typed.partition(" ")[0][:18]}
    return {entry.name: typed}


def _named(entries: Sequence[Entry]) -> Callable[[FormData], dict[str, Any]]:
    return lambda form: {name: value for entry in entries for name, value in _read(entry, form).items()}


def _move(
    rpc: str, request: type[Message], title: str, done: str, entries: Sequence[Entry] = (), hint: str = "",
    first: bool = False,
) -> Move:  # fmt: skip
    name = rpc.partition(".")[2].lower()
    return Move(Act(name, rpc, request, done, _named(entries), rating_words.FIELD), title, entries, hint, first)


def _options(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [(str(value), word) for value, word in words.items()]


_DEPARTMENT: Final = "department"
_TO: Final = Entry(_DEPARTMENT, "责任部门", _DEPARTMENT, False, empty="被评价的部门")
_NOTE: Final = Entry("note", "说明", required=False, most=500)
_CALLED: Final = (
    Entry("outcome", "回访结果", "choice", options=_options(rating_words.OUTCOME)),
    Entry("note", "回访情况"),
)
_PUBLIC: Final = (
    Entry(
        "public_comment", "公开的评价内容", required=False, hint="去掉姓名、电话、住址等个人信息；留空则只公开等级。"
    ),
    Entry("public_reply", "公开的答复", hint="写明核实和整改情况，不写任何人的姓名、电话。"),
)
LOOP: Final[Mapping[str, Move]] = {
    "AssignRating": _move(
        "loop.AssignRating", loop.AssignRatingRequest, "转办", "rating-assigned", (_TO, _NOTE), first=True
    ),
    "VerifyRating": _move(
        "loop.VerifyRating", loop.VerifyRatingRequest, "登记核实结论", "rating-verified",
        (Entry("verdict", "核实结论", "choice", options=_options(rating_words.VERDICT)), Entry("finding", "核实情况")),
        "属实的进入整改；其他结论须经监察部门复核。", True,
    ),
    "ReviewRating": _move(
        "loop.ReviewRating", loop.ReviewRatingRequest, "复核", "rating-reviewed",
        (Entry("verdict", "复核结论", "choice", options=_options(rating_words.VERDICT)), Entry("reason", "理由")),
        "认定属实的，责任部门须整改。", True,
    ),
    "RectifyRating": _move(
        "loop.RectifyRating", loop.RectifyRatingRequest, "登记整改", "rating-rectified",
        (Entry("measures", "整改措施", most=2000),), first=True,
    ),
    "ExtendRectification": _move(
        "loop.ExtendRectification", loop.ExtendRectificationRequest, "延长整改期限", "rating-extended",
        (Entry("days", "延长工作日数", "number", hint="1 到 30 个工作日，只能延长一次。"), Entry("reason", "理由")),
    ),
    "CallBackRating": _move(
        "loop.CallBackRating", loop.CallBackRatingRequest, "登记回访", "rating-called", _CALLED,
        "不满意的，再次整改一次。", True,
    ),
    "ContestRating": _move(
        "loop.ContestRating", loop.ContestRatingRequest, "提出申诉", "rating-contested", (Entry("reason", "理由"),)
    ),
    "PublishRating": _move(
        "loop.PublishRating", loop.PublishRatingRequest, "公开处理结果", "rating-published", _PUBLIC, first=True
    ),
    "CloseRating": _move("loop.CloseRating", loop.CloseRatingRequest, "办结", "rating-closed", first=True),
}  # fmt: skip
LIFT: Final = _move(
    "loop.LiftFlag", loop.LiftFlagRequest, "解除标记", "flag-lifted",
    (Entry("kind", "标记", "choice", options=_options(rating_words.FLAG)), Entry("reason", "理由", most=500)),
    "核查后确认属于正常评价的，解除标记，重新计入统计。",
)  # fmt: skip

TICKETS: Final[Mapping[str, Move]] = {
    "AssignTicket": _move(
        "tickets.AssignTicket", tickets.AssignTicketRequest, "转办", "ticket-assigned",
        (Entry(_DEPARTMENT, "答复部门", _DEPARTMENT, False, empty="监察部门自己答复"), _NOTE), first=True,
    ),
    "AnswerTicket": _move(
        "tickets.AnswerTicket", tickets.AnswerTicketRequest, "答复", "ticket-answered",
        (Entry("text", "答复内容", most=2000),), "诉求人会看到这段文字。", True,
    ),
    "AskTicketExtension": _move(
        "tickets.AskTicketExtension", tickets.AskTicketExtensionRequest, "申请延期", "ticket-extension",
        (Entry("days", "延长工作日数", "number", hint="1 到 30 个工作日，只能申请一次。"), Entry("reason", "理由", most=500)),
    ),
    "DecideTicketExtension": _move(
        "tickets.DecideTicketExtension", tickets.DecideTicketExtensionRequest, "延期审批", "ticket-decided",
        (Entry("granted", "审批结果", "yes", words=("同意", "不同意")), Entry("reason", "理由", required=False, most=500)),
        first=True,
    ),
    "LinkCall": _move(
        "tickets.LinkCall", tickets.LinkCallRequest, "关联来电", "ticket-call",
        (Entry("call_number", "来电编号", "text", most=40),),
    ),
    "CloseTicket": _move("tickets.CloseTicket", tickets.CloseTicketRequest, "办结", "ticket-closed", (_NOTE,)),
}  # fmt: skip


def needs_departments(found: Sequence[tuple[str, Move]]) -> bool:
    """Whether a form offered chooses a department."""
    return any(entry.kind == _DEPARTMENT for _, move in found for entry in move.inputs)
