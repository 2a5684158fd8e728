"""Records by region, as filters: a region and what lies within it is one bounded range of codes (GB/T 2260)."""

from typing import Any

from standards.codes import region_covers, region_prefix, region_valid


def within(region: str, field: str = "state.region") -> dict[str, Any]:
    """The filter of what lies in a region; of nothing when it is no region code."""
    if not region_valid(region):
        return {field: ""}
    prefix = region_prefix(region)
    return {field: {"$gte": prefix, "$lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)}}


def county(region: str) -> str:
    """The county a region lies in: its first six digits."""
    return region[:6]


def narrower(own: str, asked: str) -> str:
    """What of a region that was asked for lies in one's own; empty when they have nothing in common."""
    if region_covers(own, asked):
        return asked
    return own if region_covers(asked, own) else ""
