"""Whether an agency may take part, as a rule with a reason at every condition (chassis.rules); and who counts as one. Pure.

Same legal representative, shareholder or address = one chance (招标投标法实施条例第三十四条; C.9): of those who signed up together the
earliest stays.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

from chassis import rules
from services.intermediary import model_agencies as agencies
from services.intermediary import model_qualifications as kinds
from services.intermediary.model_agencies import ACTIVE, Agency
from yiwang.intermediary.v1 import service_pb2 as pb
from yiwang.rules.v1 import rules_pb2

AVOIDANCE: Final = "招标投标法实施条例第三十四条；采购公告载明的回避单位"
NOTICE: Final = "采购公告载明的资格要求"
MARKET: Final = "中介服务网上超市管理规则"
CREDIT: Final = "中介服务网上超市信用评价规则"
# Conditions that say of owner and agency that they keep away from each other.
AVOIDED: Final = frozenset(("not_avoided", "does_not_avoid"))


def check(
    agency: Agency,
    requirement: pb.Requirement,
    owner_uscc: str,
    owner_avoids: Collection[str],
    score: int,
    now: datetime,
) -> rules_pb2.Verdict:
    """The verdict, with ✓ ✗ at every condition. `owner_uscc` is empty for a natural person; `owner_avoids` are USCCs; `score` is the
    agency's credit."""
    rule = _rule(requirement.SerializeToString(deterministic=True))
    return rules.judge(rule, _facts(agency, requirement, owner_uscc, owner_avoids, score, now))


def eligible(verdict: rules_pb2.Verdict) -> bool:
    """Whether every condition holds."""
    return verdict.truth == rules.TRUE


def reasons(verdict: rules_pb2.Verdict) -> list[str]:
    """What does not hold, or is not known, in words."""
    return [leaf.says for leaf in failing(verdict)]


def failing(verdict: rules_pb2.Verdict) -> list[rules_pb2.Verdict]:
    """The conditions that do not hold, or are not known."""
    if verdict.kind == rules_pb2.NODE_KIND_LEAF:
        return [] if verdict.truth == rules.TRUE else [verdict]
    return [leaf for part in verdict.parts for leaf in failing(part)]


@lru_cache(maxsize=256)
def _rule(requirement: bytes) -> rules_pb2.Rule:
    """The rule of a requirement: all of its leaves. Kept, since one notice is checked for thousands."""
    told = pb.Requirement.FromString(requirement)
    leaves = [
        _leaf("active", "active", "机构已入驻且状态正常", MARKET),
        _leaf("not_blacklisted", "!blacklisted", "机构不在黑名单内", MARKET),
        *(
            _leaf(f"qualification.{at}", f'"{_need(at)}" in qualifications', _says(need), _basis(need))
            for at, need in enumerate(told.qualifications, 1)
        ),
        _leaf("not_avoided", "!avoided_by_owner", "不是业主的回避单位", AVOIDANCE),
        _leaf("does_not_avoid", "!avoids_owner", "未声明回避该业主", AVOIDANCE),
        _leaf("not_owner", "!is_owner", "不是业主本身", AVOIDANCE),
    ]
    if told.people:
        kind = told.certificate_kind.strip()
        says = f"具有有效{kind or '执业'}证书的人员不少于{told.people}人"
        leaves.append(_leaf("people", f"people >= {told.people}", says, NOTICE))
    if told.credit_min:
        leaves.append(_leaf("credit", f"credit_score >= {told.credit_min}", f"信用分不低于{told.credit_min}分", CREDIT))
    return rules_pb2.Rule(all=rules_pb2.RuleList(rules=leaves))


def _leaf(id: str, cel: str, says: str, basis: str) -> rules_pb2.Rule:
    return rules_pb2.Rule(leaf=rules_pb2.Leaf(id=id, cel=cel, says=says[:200], basis=basis[:500]))


def _need(at: int) -> str:
    """What a met need is called among the facts: its place, since a kind's own text may be anything."""
    return f"need_{at}"


def _says(need: pb.QualificationNeed) -> str:
    wanted = f"（{need.grade}及以上）" if need.grade else ""
    return f"具有有效的{kinds.name_of(need.kind)}资质{wanted}"


def _basis(need: pb.QualificationNeed) -> str:
    return kinds.KINDS[need.kind].basis if need.kind in kinds.KINDS else NOTICE


def _facts(
    agency: Agency,
    requirement: pb.Requirement,
    owner_uscc: str,
    owner_avoids: Collection[str],
    score: int,
    now: datetime,
) -> dict[str, Any]:
    valid = [one for one in agency.qualifications if agencies.valid(one, now)]
    entry = agencies.listed(agency)
    return {
        # The clock may be a second behind a qualification that ended: what counts is this instant.
        "active": agency.standing == ACTIVE and bool(valid),
        "blacklisted": entry is not None and now < entry.until,
        "qualifications": [
            _need(at)
            for at, need in enumerate(requirement.qualifications, 1)
            if any(one.kind == need.kind and kinds.grade_at_least(one.kind, one.grade, need.grade) for one in valid)
        ],
        "people": _people(agency, requirement.certificate_kind.strip(), now),
        "credit_score": score,
        "avoided_by_owner": agency.uscc in owner_avoids,
        "avoids_owner": bool(owner_uscc) and owner_uscc in agency.avoids,
        "is_owner": bool(owner_uscc) and owner_uscc == agency.uscc,
    }


def _people(agency: Agency, kind: str, now: datetime) -> int:
    """How many of its people have a valid certificate of this kind (empty = any); each counts once."""
    return len(
        {
            one.person_key
            for one in agency.staff
            if (not kind or one.certificate_kind == kind) and agencies.within("", one.valid_to, now)
        }
    )


# -- one chance ----------------------------------------------------------------------------------------------------------


class Entered(Protocol):
    """A sign-up, as far as it is asked here: whose, and when."""

    @property
    def uscc(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class Tied(Protocol):
    """What an agency is tied to others by: blind indexes."""

    @property
    def legal_key(self) -> str: ...
    @property
    def shareholder_keys(self) -> list[str]: ...
    @property
    def address_key(self) -> str: ...


class Group(NamedTuple):
    """Agencies that count as one: who stays, who is left out in the order they signed up, and what ties them."""

    stays: str
    excluded: tuple[str, ...]
    ties: tuple[str, ...]


LEGAL, SHAREHOLDER, ADDRESS = "LEGAL", "SHAREHOLDER", "ADDRESS"
TIES: Final[Mapping[str, str]] = {LEGAL: "法定代表人相同", SHAREHOLDER: "股东相同", ADDRESS: "地址相同"}


def clusters(entries: Sequence[tuple[Entered, Tied]]) -> dict[str, str]:
    """Of each USCC that is left out why, in words: with whom it is one, and what ties them."""
    return {
        uscc: f"{'、'.join(TIES[tie] for tie in group.ties)}，同组最早报名的为{group.stays}"
        for group in groups(entries)
        for uscc in group.excluded
    }


def groups(entries: Sequence[tuple[Entered, Tied]]) -> list[Group]:
    """Those of more than one agency, by who stays: the earliest sign-up, of the same instant the lower USCC. The order the entries come
    in does not matter; a tie may run over others (A with B, B with C: one chance for the three)."""
    ordered = sorted(entries, key=lambda entry: (entry[0].at, entry[0].uscc))
    first: dict[tuple[str, str], int] = {}
    parent, tied = list(range(len(ordered))), list[tuple[int, str]]()
    for at, (_, agency) in enumerate(ordered):
        for key in _keys(agency):
            if key in first:
                tied.append((at, key[0]))
                _join(parent, at, first[key])
            else:
                first[key] = at
    members: dict[int, list[int]] = {}
    for at in range(len(ordered)):
        members.setdefault(_root(parent, at), []).append(at)
    ties: dict[int, set[str]] = {}
    for at, tie in tied:
        ties.setdefault(_root(parent, at), set()).add(tie)
    return [
        Group(ordered[root][0].uscc, tuple(ordered[at][0].uscc for at in group[1:]), _sorted(ties[root]))
        for root, group in members.items()
        if len(group) > 1
    ]


def _sorted(ties: set[str]) -> tuple[str, ...]:
    return tuple(tie for tie in TIES if tie in ties)


def _keys(agency: Tied) -> list[tuple[str, str]]:
    told = [(LEGAL, agency.legal_key), (ADDRESS, agency.address_key)]
    told += [(SHAREHOLDER, key) for key in sorted(set(agency.shareholder_keys))]
    return [(tie, key) for tie, key in told if key]


def _root(parent: list[int], at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


def _join(parent: list[int], one: int, other: int) -> None:
    # The earlier sign-up is the root: it is who stays.
    earlier, later = sorted((_root(parent, one), _root(parent, other)))
    parent[later] = earlier
