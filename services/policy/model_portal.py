"""Who comes to the portal's desks (企业诉求、营商环境投诉、资讯), and what all their texts and tables have in common. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from chassis.acts import OFFICER, PERSON, Actor
from chassis.errors import Violation, invalid
from standards import personal_data
from standards.codes import region_covers
from standards.instants import after

POLICY, SUPERVISE = "policy", "supervise"
# Whoever works at a desk of a department that answers.
DESK_ROLES: Final = frozenset(("receive", "review", "decide", "policy", "payout"))
COUNTY_DIGITS: Final = 6


class Move(NamedTuple):
    """One move: what it is called, who makes it, from which statuses to which."""

    title: str
    by: tuple[str, ...]
    sources: tuple[int, ...]
    targets: tuple[int, ...]


# What beside the status has to hold at an instant; its reason and message otherwise.
Guard = tuple[Callable[[Any, datetime], bool], str, str]


def along(move: Move) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    return [] if move.sources == move.targets else [(a, b) for a in move.sources for b in move.targets if a != b]


def acts_for_itself(actor: Actor) -> bool:
    """Whether the actor is a person for himself, or a handler for his organisation; no delegate speaks in another's name here."""
    return actor.realm == PERSON and bool(actor.id) and (actor.acting is None or actor.acting.channel == "handler")


def is_handler(actor: Actor) -> bool:
    """Whether the actor acts for an organisation."""
    return acts_for_itself(actor) and actor.acting is not None


def works_at(actor: Actor, department: str) -> bool:
    """Whether the actor works at a desk of this department."""
    at_desk = actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES)
    return at_desk and bool(department) and actor.department == department


def looks_after(actor: Actor, role: str, region: str) -> bool:
    """Whether the actor is an officer with this role whose region covers that one."""
    return actor.realm == OFFICER and role in actor.roles and region_covers(actor.region, region)


def end(at: datetime, days: int, region: str) -> datetime:
    """The end of so many working days after an instant."""
    return after(at, days, region)


def plain_text(field: str, said: str) -> Iterator[Violation]:
    """What others than the writer will read must lead to no person."""
    if personal_data.found(said):
        yield Violation(field, "PERSONAL_DATA", "文字中不得有姓名、电话、证件号码等个人信息")


def said(field: str, told: str, least: int) -> str:
    """A text without the blanks around it. INVALID_ARGUMENT TOO_SHORT when too little is left."""
    text = told.strip()
    if len(text) < least:
        raise invalid(Violation(field, "TOO_SHORT", f"至少{least}个字"))
    return text
