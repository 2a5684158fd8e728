"""What may be done to an agency as data: every move with who makes it, from which standing to which. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from chassis.acts import PERSON, Actor
from chassis.errors import not_found, require
from services.intermediary import model_agencies as agencies
from services.intermediary.model_agencies import (
    ACTIVE,
    BLACKLISTED,
    LEFT,
    NOTICED,
    RETURNED,
    STANDINGS,
    SUBMITTED,
    SUSPENDED,
    Agency,
)
from services.intermediary.model_moves import Move, along

AGENCY, OPERATOR, SUPERVISOR, ANYBODY, SYSTEM = "agency", "operator", "supervisor", "anybody", "system"
_IN: Final = (ACTIVE, SUSPENDED)
_PRESENT: Final = (SUBMITTED, NOTICED, ACTIVE, SUSPENDED, BLACKLISTED)
_ENTERED: Final = (NOTICED, ACTIVE, SUSPENDED)
# Where it is once it is off the black list.
_BACK: Final = (NOTICED, ACTIVE, SUSPENDED, LEFT)

# By the name of the RPC, or of the event where the clock does it. What a qualification's review or its days change follows from them.
MOVES: Final[Mapping[str, Move]] = {
    "EnterAgency": Move("提交入驻申请", (AGENCY,), (RETURNED, LEFT), (SUBMITTED,)),
    "ChangeAgency": Move("变更信息", (AGENCY,), _PRESENT, _PRESENT),
    "AddQualification": Move("增加资质", (AGENCY,), _PRESENT, _PRESENT),
    "LeaveMarket": Move("退出", (AGENCY,), (SUBMITTED, RETURNED, NOTICED, ACTIVE, SUSPENDED), (LEFT,)),
    "ReviewAgency": Move("审核入驻", (OPERATOR,), (SUBMITTED,), (NOTICED, RETURNED)),
    "ReviewQualification": Move("核实资质", (OPERATOR,), _PRESENT, _PRESENT),
    "ObjectToAgency": Move("提出异议", (ANYBODY,), (NOTICED,), (NOTICED,)),
    "DecideAgencyObjection": Move("处理异议", (OPERATOR,), (NOTICED,), (NOTICED, RETURNED)),
    "SuspendAgency": Move("暂停", (SUPERVISOR,), _IN, (SUSPENDED,)),
    "ResumeAgency": Move("恢复", (SUPERVISOR,), (SUSPENDED,), (ACTIVE, SUSPENDED)),
    "BlacklistAgency": Move("列入黑名单", (SUPERVISOR,), (*_ENTERED, LEFT), (BLACKLISTED,)),
    "AppealBlacklisting": Move("申诉", (AGENCY,), (BLACKLISTED,), (BLACKLISTED,)),
    "DecideBlacklistAppeal": Move("处理申诉", (SUPERVISOR,), (BLACKLISTED,), (BLACKLISTED, *_BACK)),
    # By the clock.
    "AgencyAdmitted": Move("公示期满入驻", (SYSTEM,), (NOTICED,), _IN),
    "QualificationTurned": Move("资质到期或生效", (SYSTEM,), _PRESENT, _PRESENT),
    "BlacklistingEnded": Move("移出黑名单", (SYSTEM,), (BLACKLISTED,), _BACK),
}

Guard = tuple[Callable[[Agency, datetime], bool], str, str]


def _listing_open(agency: Agency, now: datetime) -> bool:
    entry = agencies.listed(agency)
    return entry is not None and now < entry.appeal_until


def _appeal(agency: Agency) -> str:
    entry = agencies.listed(agency)
    return entry.appeal if entry else agencies.NONE


# What beside the standing has to hold at an instant; its reason and message otherwise.
_GUARDS: Final[Mapping[str, tuple[Guard, ...]]] = {
    "ObjectToAgency": (
        (
            lambda agency, now: agency.notice_until is not None and now < agency.notice_until,
            "NOTICE_OVER",
            "公示期已满，不能再提出异议",
        ),
    ),
    "ReviewAgency": (
        (
            lambda agency, now: any(agencies.valid(one, now) for one in agency.qualifications),
            "NO_QUALIFICATION",
            "没有已核实且在有效期内的资质，请先核实资质",
        ),
    ),
    "ResumeAgency": ((lambda agency, _: agency.held, "NOT_HELD", "该机构因资质失效暂停，资质核实后自动恢复"),),
    "SuspendAgency": ((lambda agency, _: not agency.held, "HELD_ALREADY", "该机构已被暂停"),),
    "AppealBlacklisting": (
        (lambda agency, _: _appeal(agency) == agencies.NONE, "APPEALED_ALREADY", "只能申诉一次"),
        (_listing_open, "APPEAL_OVER", "申诉期限已过"),
    ),
    "DecideBlacklistAppeal": ((lambda agency, _: _appeal(agency) == agencies.ASKED, "NO_APPEAL", "没有待处理的申诉"),),
}
# A return needs no qualification: its guard is asked by the act, where it is approved.
_BY_THE_ACT: Final = frozenset(("ReviewAgency",))


# What follows from its qualifications, whoever or whatever turns one of them.
_TURNS: Final = frozenset(("ReviewQualification", "QualificationTurned"))


def leads(name: str) -> list[tuple[int, int]]:
    """The (standing, standing) pairs a move leads along; none when it stays."""
    return [(ACTIVE, SUSPENDED), (SUSPENDED, ACTIVE)] if name in _TURNS else along(MOVES[name])


def require_move(agency: Agency, name: str, now: datetime, guarded: bool = True) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED where the standing does not allow the move, or the guard's own reason."""
    move = MOVES[name]
    told = STANDINGS[agency.standing]
    require(agency.standing in move.sources, "MOVE_NOT_ALLOWED", f"该机构处于“{told}”状态，不能{move.title}")
    for holds, reason, message in _GUARDS.get(name, ()) if guarded else ():
        require(holds(agency, now), reason, message)


def require_by(agency: Agency, name: str, actor: Actor) -> None:
    """NOT_FOUND for whoever is none of those who make the move."""
    if not made_by(agency, name, actor):
        raise not_found()


def made_by(agency: Agency, name: str, actor: Actor) -> str:
    """As whom the actor makes a move; empty when he is none of those who may."""
    return next((who for who in MOVES[name].by if _IS[who](actor, agency)), "")


def open_moves(agency: Agency, actor: Actor, now: datetime) -> list[str]:
    """Names of the moves the actor may make on an agency he sees."""
    return [
        name
        for name, move in MOVES.items()
        if agency.standing in move.sources
        and made_by(agency, name, actor)
        and (name in _BY_THE_ACT or all(holds(agency, now) for holds, _, _ in _GUARDS.get(name, ())))
        and _left_to(agency, name, actor)
    ]


def _left_to(agency: Agency, name: str, actor: Actor) -> bool:
    """What is another's to do: who decided first does not look into it again; and there must be something to do."""
    entry = agencies.listed(agency)
    if name == "DecideAgencyObjection":
        return bool(agencies.open_objections(agency)) and agency.reviewer_id != actor.id
    if name == "DecideBlacklistAppeal":
        return entry is not None and entry.officer_id != actor.id
    return name != "ObjectToAgency" or not agencies.belongs(actor, agency)


# Whether the actor is the one a move is made by.
_IS: Final[Mapping[str, Callable[[Actor, Agency], bool]]] = {
    AGENCY: agencies.belongs,
    OPERATOR: agencies.operates,
    SUPERVISOR: agencies.supervises,
    ANYBODY: lambda actor, _: actor.realm == PERSON,
    SYSTEM: lambda _actor, _agency: False,
}
