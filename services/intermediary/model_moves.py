"""What may be done to a procurement as data: every move with who makes it, and from where. Pure."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from chassis.acts import Actor
from chassis.errors import not_found, require
from services.intermediary import model
from services.intermediary.model import (
    ARCHIVED,
    AWARDED,
    CHOICE,
    COMPLETED,
    CONTRACTED,
    DELIVERED,
    DRAFT,
    DRAW,
    ENDED,
    FROZEN,
    OBJECTED,
    OPEN,
    RETURNED,
    SELECTED,
    STATUSES,
    SUBMITTED,
    Procurement,
)

# Who makes a move.
OWNER, WINNER, OPERATOR, SUPERVISOR, BIDDER = "owner", "winner", "operator", "supervisor", "bidder"
EVALUATOR, SYSTEM = "evaluator", "system"


class Move(NamedTuple):
    """One move: what it is called, who makes it, from which statuses to which; `modes` are those it is for (none named = all)."""

    title: str
    by: tuple[str, ...]
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    modes: tuple[int, ...] = ()


_BEFORE_CONTRACT: Final = (OPEN, FROZEN, SELECTED, OBJECTED, AWARDED)
_PARTNERS: Final = (OWNER, WINNER)
_NEXT: Final = (SELECTED, ENDED)
_PERFORMING: Final = (CONTRACTED, DELIVERED)

# By the name of the RPC, or of what happens where the clock does it.
MOVES: Final[Mapping[str, Move]] = {
    "SubmitProcurement": Move("提交需求", (OWNER,), (DRAFT, RETURNED), (SUBMITTED,)),
    "ReviewProcurement": Move("审核需求", (OPERATOR,), (SUBMITTED,), (OPEN, FROZEN, RETURNED)),
    # Not after the freeze: an owner who does not like the list, or the result, forces no other one.
    "WithdrawProcurement": Move("撤回需求", (OWNER,), (DRAFT, SUBMITTED, RETURNED, OPEN), (ENDED,)),
    "StopProcurement": Move("终止采购", (SUPERVISOR,), _BEFORE_CONTRACT, (ENDED,)),
    "SignUp": Move("报名", (BIDDER,), (OPEN,), (OPEN,)),
    "WithdrawSignUp": Move("撤回报名", (BIDDER,), (OPEN,), (OPEN,)),
    "OpenBid": Move("公开报价", (BIDDER,), (OPEN, FROZEN), (OPEN, FROZEN), (model.PRICE,)),
    "CommitNonce": Move("提交随机数承诺", (OWNER, SUPERVISOR), (OPEN,), (OPEN,), (DRAW,)),
    "RevealNonce": Move("公开随机数", (OWNER, SUPERVISOR), (FROZEN,), (FROZEN,), (DRAW,)),
    "RecordBeacon": Move("录入公共随机数", (SUPERVISOR,), (FROZEN,), (FROZEN,), (DRAW,)),
    "DrawEvaluators": Move("抽取评审专家", (OPERATOR,), (FROZEN,), (FROZEN,), (CHOICE,)),
    "ReplaceEvaluator": Move("更换评审专家", (OPERATOR,), (FROZEN,), (FROZEN,), (CHOICE,)),
    "RecuseEvaluator": Move("申请回避", (EVALUATOR,), (FROZEN,), (FROZEN,), (CHOICE,)),
    "GiveScores": Move("评分", (EVALUATOR,), (FROZEN,), (FROZEN,), (CHOICE,)),
    "ObjectToResult": Move("提出异议", (BIDDER,), (SELECTED, OBJECTED), (OBJECTED,)),
    "DecideResultObjection": Move("处理异议", (SUPERVISOR,), (OBJECTED,), (OBJECTED, SELECTED, ENDED)),
    "GiveUpAward": Move("放弃中选", (WINNER,), (SELECTED, OBJECTED, AWARDED), _NEXT),
    "PassOverWinner": Move("取消中选资格", (SUPERVISOR,), (AWARDED,), _NEXT),
    "FileContract": Move("备案合同", _PARTNERS, (AWARDED,), (AWARDED,)),
    "ConfirmContract": Move("确认合同", _PARTNERS, (AWARDED,), (CONTRACTED,)),
    "ReturnContract": Move("退回合同", _PARTNERS, (AWARDED,), (AWARDED,)),
    # The last milestone may be the deliverable itself: both go on while that waits for its confirmation.
    "ReportMilestone": Move("报告节点完成", (WINNER,), _PERFORMING, _PERFORMING),
    "AnswerMilestone": Move("确认节点", (OWNER,), _PERFORMING, _PERFORMING),
    "Deliver": Move("提交成果", (WINNER,), (CONTRACTED,), (DELIVERED,)),
    "ConfirmDeliverable": Move("确认成果", (OWNER,), (DELIVERED,), (COMPLETED,)),
    "ReturnDeliverable": Move("退回成果", (OWNER,), (DELIVERED,), (CONTRACTED,)),
    "RatePartner": Move("评价对方", _PARTNERS, (COMPLETED,), (COMPLETED, ARCHIVED)),
    "AskBreakOff": Move("申请提前终止", _PARTNERS, _PERFORMING, _PERFORMING),
    "DecideBreakOff": Move("处理提前终止", (SUPERVISOR,), _PERFORMING, (*_PERFORMING, ENDED)),
    # By the clock.
    "Freeze": Move("报名截止", (SYSTEM,), (OPEN,), (FROZEN, ENDED)),
    "Select": Move("选取", (SYSTEM,), (FROZEN,), (SELECTED, ENDED)),
    "IssueAward": Move("发出中选通知书", (SYSTEM,), (SELECTED,), (AWARDED,)),
    "ContractOverdue": Move("合同逾期", (SYSTEM,), (AWARDED,), (AWARDED,)),
    "MilestoneOverdue": Move("节点逾期", (SYSTEM,), _PERFORMING, _PERFORMING),
    "Archive": Move("归档", (SYSTEM,), (COMPLETED,), (ARCHIVED,)),
}

# What beside the status has to hold; its reason and message otherwise.
Guard = tuple[Callable[[Procurement], bool], str, str]
_FILED: Final[Guard] = (lambda one: one.performance.contract == "filed", "NO_CONTRACT", "还没有待确认的合同")
_NOT_FILED: Final[Guard] = (
    lambda one: one.performance.contract != "filed",
    "FILED_ALREADY",
    "合同已备案，等待对方确认",
)
_ASKED: Final[Guard] = (lambda one: one.performance.break_off == "asked", "NOT_ASKED", "没有待处理的提前终止申请")
_NOT_ASKED: Final[Guard] = (
    lambda one: one.performance.break_off != "asked",
    "ASKED_ALREADY",
    "已有待处理的提前终止申请",
)
_CONFIRMED: Final[Guard] = (
    lambda one: all(step.status == "CONFIRMED" for step in one.performance.milestones),
    "MILESTONES_OPEN",
    "还有节点没有确认，请先确认各节点",
)
_TO_REPORT: Final[Guard] = (
    lambda one: any(step.status == "OPEN" for step in one.performance.milestones),
    "MILESTONE_NOT_OPEN",
    "各节点都已报告",
)
_TO_ANSWER: Final[Guard] = (
    lambda one: any(step.status == "REPORTED" for step in one.performance.milestones),
    "MILESTONE_NOT_REPORTED",
    "没有待确认的节点报告",
)
# The winner did what he had to, and waits for the owner.
_NOT_IN_TIME: Final[Guard] = (
    lambda one: (
        one.performance.contract != "filed" or one.performance.contract_by == OWNER or one.performance.contract_late
    ),
    "FILED_IN_TIME",
    "中选机构已按期备案合同，等待业主确认，不能取消中选资格",
)
_GUARDS: Final[Mapping[str, tuple[Guard, ...]]] = {
    "PassOverWinner": (
        (lambda one: one.contract_overdue, "NOT_OVERDUE", "合同备案期限未到，不能取消中选资格"),
        _NOT_IN_TIME,
    ),
    "DrawEvaluators": ((lambda one: not one.seats, "DRAWN_ALREADY", "评审专家已抽取"),),
    "ReplaceEvaluator": ((lambda one: bool(one.seats), "NOT_DRAWN", "还没有抽取评审专家"),),
    "RecordBeacon": ((lambda one: bool(one.need.get("beacon")), "NO_BEACON", "公告没有约定公共随机数"),),
    "FileContract": (_NOT_FILED,),
    "ConfirmContract": (_FILED,),
    "ReturnContract": (_FILED,),
    "ReportMilestone": (_TO_REPORT,),
    "AnswerMilestone": (_TO_ANSWER,),
    "ConfirmDeliverable": (_CONFIRMED,),
    "AskBreakOff": (_NOT_ASKED,),
    "DecideBreakOff": (_ASKED,),
}


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    return along(MOVES[name])


def along(move: Move) -> list[tuple[int, int]]:
    """The same of a move of any table."""
    return [] if move.sources == move.targets else [(a, b) for a in move.sources for b in move.targets if a != b]


def require_move(procurement: Procurement, name: str) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED where status or mode do not allow the move, or the guard's own reason."""
    move = MOVES[name]
    told = STATUSES[procurement.status]
    require(procurement.status in move.sources, "MOVE_NOT_ALLOWED", f"该采购处于“{told}”状态，不能{move.title}")
    require(not move.modes or procurement.mode in move.modes, "MOVE_NOT_ALLOWED", f"该选取方式不能{move.title}")
    for holds, reason, message in _GUARDS.get(name, ()):
        require(holds(procurement), reason, message)


def require_by(procurement: Procurement, name: str, actor: Actor) -> str:
    """As whom the actor makes the move. To whom it is not there: NOT_FOUND; to whom it is, but who is none of those: PERMISSION_DENIED
    is the interceptor's, so MOVE_NOT_ALLOWED."""
    who = made_by(procurement, name, actor)
    if not who and not model.sees(actor, procurement):
        raise not_found()
    own = not who and model.own_department(actor, procurement)
    require(not own, "OWN_DEPARTMENT", "本部门的采购需求由其他部门的人员处理")
    require(bool(who), "MOVE_NOT_ALLOWED", f"您不能{MOVES[name].title}")
    return who


def made_by(procurement: Procurement, name: str, actor: Actor) -> str:
    """As whom the actor makes a move; empty when he is none of those who may."""
    return next((who for who in MOVES[name].by if _IS[who](actor, procurement)), "")


def open_moves(procurement: Procurement, actor: Actor) -> list[str]:
    """Names of the moves the actor may make on a procurement he sees, as far as status, mode and guards tell."""
    return [
        name
        for name, move in MOVES.items()
        if procurement.status in move.sources
        and (not move.modes or procurement.mode in move.modes)
        and made_by(procurement, name, actor)
        and all(holds(procurement) for holds, _, _ in _GUARDS.get(name, ()))
        and not _done(procurement, name, actor)
    ]


def _done(procurement: Procurement, name: str, actor: Actor) -> bool:
    """Whether the actor's part of a move that more than one makes is done already."""
    performance = procurement.performance
    side = OWNER if model.owns(actor, procurement) else "agency"
    if name in ("ConfirmContract", "ReturnContract"):
        return performance.contract_by == side
    if name == "RatePartner":
        return bool(performance.sealed_by_owner if side == OWNER else performance.sealed_by_agency)
    mine = model.party(procurement, OWNER if side == OWNER else SUPERVISOR)
    if name == "CommitNonce":
        return mine is not None
    if name == "RevealNonce":
        return mine is None or bool(mine.nonce)
    return False


# Whether the actor is the one a move is made by. Whoever may sign up is told by his own records.
_IS: Final[Mapping[str, Callable[[Actor, Procurement], bool]]] = {
    OWNER: model.owns,
    WINNER: model.won,
    OPERATOR: model.operates,
    SUPERVISOR: model.supervises,
    BIDDER: lambda actor, one: model.is_handler(actor) and not model.owns(actor, one),
    EVALUATOR: lambda actor, one: any(seat.person_id == actor.id for seat in one.seats) and actor.acting is None,
    SYSTEM: lambda _actor, _one: False,
}
