"""Who meets whom conspicuously often: pairs of owner and agency over twelve months. Pure. A pattern is no proof; a supervisor looks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from standards.workdays import SHANGHAI, add_months, local_day
from yiwang.intermediary.v1 import market_pb2 as pb


class Award(NamedTuple):
    """One award: by whom to whom, how, and out of how many; `list_digest` names the list of them (store_frozen)."""

    owner: str
    owner_name: str
    uscc: str
    agency_name: str
    direct: bool
    amount_fen: int
    candidates: int
    list_digest: str


# Who lost, as one text that is the same for the same agencies: by the list's digest and the winner's USCC.
Losers = Callable[[str, str], str]


class Pair(NamedTuple):
    """What an owner and an agency had with each other."""

    awards: int
    pair: int
    direct: int
    alone: int
    # How often the most frequent set of others lost to it.
    runners_up: int


class Pattern(NamedTuple):
    """A pattern: what is shown, and in words."""

    shows: Callable[[Pair], bool]
    says: str


# From so many awards on the losers of each are looked at.
LOOKED_AT: Final = 3
PATTERNS: Final[Mapping[str, Pattern]] = {
    "SHARE": Pattern(
        lambda one: one.pair >= 3 and one.pair * 2 >= one.awards, "同一业主的采购有三次以上且半数以上由同一机构中选"
    ),
    "DIRECT": Pattern(lambda one: one.direct >= 2, "同一业主两次以上直接选取同一机构"),
    "ALONE": Pattern(lambda one: one.alone >= 2, "同一机构两次以上作为唯一候选机构中选"),
    "RUNNERS_UP": Pattern(
        lambda one: one.runners_up >= LOOKED_AT, "同一机构三次以上在其他候选机构完全相同的采购中中选"
    ),
}
RULE: Final = "近十二个月内：" + "；".join(one.says for one in PATTERNS.values())


def since(now: datetime) -> datetime:
    """From when on awards are looked at: the beginning of this day twelve months ago, in China."""
    return datetime.fromisoformat(f"{add_months(local_day(now), -12)}T00:00:00").replace(tzinfo=SHANGHAI)


def concentrations(awards: Iterable[Award], losers: Losers) -> list[pb.Concentration]:
    """The pairs that show any pattern, those with most first."""
    by_owner: dict[str, list[Award]] = defaultdict(list)
    for one in awards:
        by_owner[one.owner].append(one)
    found = []
    for own in by_owner.values():
        pairs: dict[str, list[Award]] = defaultdict(list)
        for one in own:
            pairs[one.uscc].append(one)
        found += [shown for met in pairs.values() if (shown := _shown(len(own), met, losers)).patterns]
    return sorted(found, key=lambda one: (-len(one.patterns), -one.pair, one.owner, one.uscc))


def _runners_up(met: list[Award], losers: Losers) -> int:
    """How often the same others lost. Only awards out of equally many can have them, so that few lists are read."""
    alike: dict[int, list[Award]] = defaultdict(list)
    for one in met:
        if one.candidates > 1:
            alike[one.candidates].append(one)
    looked_at = [one for some in alike.values() if len(some) >= LOOKED_AT for one in some]
    return max(Counter(losers(one.list_digest, one.uscc) for one in looked_at).values(), default=0)


def _shown(awards: int, met: list[Award], losers: Losers) -> pb.Concentration:
    pair = Pair(
        awards=awards,
        pair=len(met),
        direct=sum(one.direct for one in met),
        alone=sum(not one.direct and one.candidates == 1 for one in met),
        runners_up=_runners_up(met, losers),
    )
    first = met[0]
    return pb.Concentration(
        owner=first.owner if first.owner_name else "",
        owner_name=first.owner_name or "个人业主",
        uscc=first.uscc,
        agency_name=first.agency_name,
        awards=pair.awards,
        pair=pair.pair,
        direct=pair.direct,
        share=round(pair.pair * 10_000 / pair.awards),
        amount_fen=sum(one.amount_fen for one in met),
        patterns=[name for name, pattern in PATTERNS.items() if pattern.shows(pair)],
    )
