"""How principals are counted: persons by level. Pure."""

from collections.abc import Mapping

from yiwang.access.v1 import access_pb2

OFFICER, AGENT, ORGANIZATION, GONE = "officer", "agent", "organization", "gone"
_PERSON, _LEVEL = "person/", "IDENTITY_LEVEL_"
# 256 buckets by the first byte of the id: one registration recounts one of them, not a million persons.
FIRST, LAST = "principals/00", "principals/ff"


def bucket(id: str) -> str:
    """The bucket a principal is counted in."""
    return f"principals/{id[:2]}"


def of_level(level: int) -> str:
    """What a person of this level counts as."""
    return _PERSON + access_pb2.IdentityLevel.Name(level).removeprefix(_LEVEL)  # type: ignore[arg-type]


def by_level(counts: Mapping[str, int]) -> dict[str, int]:
    """Persons by the name of their level."""
    return {kind.removeprefix(_PERSON): count for kind, count in counts.items() if kind.startswith(_PERSON)}
