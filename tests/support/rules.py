"""Rules as tests write them: `all_of(leaf('a'), not_(leaf('b > 1')))`."""

import hashlib

from yiwang.rules.v1 import rules_pb2 as pb


def leaf(cel: str, id: str = "", says: str = "", basis: str = "") -> pb.Rule:
    """One condition. Without an id it has one that follows from what it says."""
    name = id or f"x{hashlib.sha256(cel.encode()).hexdigest()[:8]}"
    return pb.Rule(leaf=pb.Leaf(id=name, cel=cel, says=says, basis=basis))


def all_of(*parts: pb.Rule) -> pb.Rule:
    """True when all are."""
    return pb.Rule(all=pb.RuleList(rules=parts))


def any_of(*parts: pb.Rule) -> pb.Rule:
    """True when one is."""
    return pb.Rule(any=pb.RuleList(rules=parts))


def not_(part: pb.Rule) -> pb.Rule:
    """The opposite."""
    return pb.Rule(**{"not": part})
