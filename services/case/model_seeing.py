"""Who may see which cases, and what of them. Pure: every read, get, list and download alike, goes through these filters."""

from typing import Any

from chassis.acts import MACHINE, OFFICER, PERSON, Actor
from services.case import model, model_moves
from services.case.model import Case
from standards.codes import region_covers, region_prefix, region_valid

DESK_ROLES = frozenset(("receive", "review", "decide", "issue"))
SUPERVISE, BANK = "supervise", "bank"
# No case has this: who gets it sees none.
NOBODY: dict[str, Any] = {"state.applicant_id": ""}


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of every read and every move: persons see their own cases, who acts for them those of the delegation (or the
    one case it names), officers with work at the desk and departments' systems those of their department."""
    if actor.realm == PERSON:
        return _of_person(actor)
    at_desk = actor.realm == MACHINE or (actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES))
    if at_desk and actor.department:
        return {"state.department": actor.department}
    return NOBODY


def _of_person(actor: Actor) -> dict[str, Any]:
    own, acting = {"state.applicant_id": actor.id}, actor.acting
    if acting is None or handles(actor):
        return own if actor.id else NOBODY
    if acting.case:
        return own | {"state.id": acting.case}
    return own | {"state.delegation_id": acting.delegation} if acting.delegation else NOBODY


def sees(actor: Actor, case: Case) -> bool:
    """The same as `visible`, as a predicate."""
    if actor.realm == PERSON:
        return bool(actor.id) and case.applicant_id == actor.id and _delegated(actor, case)
    at_desk = actor.realm == MACHINE or (actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES))
    return at_desk and bool(actor.department) and case.department == actor.department


def _delegated(actor: Actor, case: Case) -> bool:
    acting = actor.acting
    if acting is None or handles(actor):
        return True
    if acting.case:
        return case.id == acting.case
    return bool(acting.delegation) and case.delegation_id == acting.delegation


def received_here(actor: Actor) -> dict[str, Any]:
    """The filter of who received cases at a window for other departments."""
    at_window = actor.realm == OFFICER and "receive" in actor.roles and bool(actor.department)
    return {"state.receiving_department": actor.department} if at_window else NOBODY


def receives(actor: Actor, case: Case) -> bool:
    """The same as `received_here`, as a predicate."""
    at_window = actor.realm == OFFICER and "receive" in actor.roles and bool(actor.department)
    return at_window and case.receiving_department == actor.department


def consulted(actor: Actor) -> dict[str, Any]:
    """The filter of officers whose department was asked for its opinion."""
    asked = actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES) and bool(actor.department)
    return {"state.consulted": actor.department} if asked else NOBODY


def is_consulted(actor: Actor, case: Case) -> bool:
    """The same as `consulted`, as a predicate."""
    asked = actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES) and bool(actor.department)
    return asked and actor.department in case.consulted


def inside(actor: Actor, case: Case) -> bool:
    """Whether an officer or a department's system reads what officers wrote for officers: not who reads the case only since his department
    was asked, or since his window received it for another one."""
    if actor.realm not in (OFFICER, MACHINE):
        return False
    return sees(actor, case) or not (is_consulted(actor, case) or receives(actor, case))


def overseen(actor: Actor) -> dict[str, Any]:
    """The filter of what a supervisor may read, and only read: any case of his region and below it."""
    if actor.realm != OFFICER or SUPERVISE not in actor.roles or not region_valid(actor.region):
        return NOBODY
    prefix = region_prefix(actor.region)
    return {"state.region": {"$gte": prefix, "$lt": f"{prefix}~"}}


def oversees(actor: Actor, case: Case) -> bool:
    """The same as `overseen`, as a predicate."""
    supervises = actor.realm == OFFICER and SUPERVISE in actor.roles
    return supervises and region_covers(actor.region, case.region)


def moves(case: Case, actor: Actor) -> list[str]:
    """Names of the moves the actor may make now, each by the way he sees the case; none on a case he only supervises."""
    ways = {name: sees(actor, case) for name in (model_moves.DEPARTMENT, model_moves.APPLICANT)}
    ways |= {model_moves.RECEIVER: receives(actor, case), model_moves.CONSULTED: is_consulted(actor, case)}
    return [
        name
        for name, move in model_moves.MOVES.items()
        if ways.get(move.sees) and model_moves.allowed(case, name, actor)
    ]


def handles(actor: Actor) -> bool:
    """Whether a person acts for an organisation as its handler (经办人), who sees all it sees."""
    return actor.acting is not None and actor.acting.channel == "handler"


def is_applicant(actor: Actor) -> bool:
    """Whether this is the applicant himself, or a handler of the organisation that applies."""
    return actor.realm == PERSON and (actor.acting is None or handles(actor))


def reads_clear(actor: Actor) -> bool:
    """Whether answers are shown unmasked: to the applicant's side, but not to a bank's teller."""
    return actor.realm == PERSON and not _teller(actor)


def shut_out(actor: Actor, case: Case) -> bool:
    """Whether who received it (a bank's teller, another department's window) sees neither files nor answers any more: the case was handed
    over to the department that decides."""
    if _teller(actor):
        return case.status not in model.UNACCEPTED
    # Taken over, or deemed accepted before anybody handed it over.
    handed_over = case.status != model.RECEIVED and receives(actor, case)
    return handed_over and not sees(actor, case) and not is_consulted(actor, case)


def _teller(actor: Actor) -> bool:
    return actor.acting is not None and actor.acting.channel == BANK
