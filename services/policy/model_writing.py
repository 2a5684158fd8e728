"""What is written by one officer and made public by another: policies and payout items share it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from chassis import contracts
from chassis.acts import Moment
from chassis.errors import ABORTED, Refused, Violation, invalid, require

# A record keeps every content it ever had and stays below 1 MB; so much it may have in all.
MOST_BYTES: Final = 850_000


@dataclass(frozen=True, slots=True)
class Writing:
    """Where the working content of a record stands."""

    # Entries of the journal so far: the record's version.
    version: int = 0
    # As proto3 JSON; empty = nothing is being written.
    working: dict[str, Any] = field(default_factory=dict)
    # Principals who wrote any of it.
    writers: list[str] = field(default_factory=list)
    # Why it went back; it is to be saved again.
    return_reason: str = ""
    # Bytes of all contents in the journal.
    written: int = 0
    # Digest of the content made public last.
    public_digest: str = ""

    @property
    def waiting(self) -> bool:
        """Whether something is to be made public."""
        return bool(self.working) and not self.return_reason


def size(content: Mapping[str, Any]) -> int:
    """Bytes of a content as JSON."""
    return len(orjson.dumps(content))


def require_version(writing: Writing, seen: int) -> None:
    """ABORTED VERSION_MOVED when it is no longer what was looked at; 0 = whatever it is."""
    if seen and seen != writing.version:
        raise Refused(ABORTED, "VERSION_MOVED", "内容已被他人修改，请重新查看后再操作")


def require_room(writing: Writing | None, content: Mapping[str, Any], path: str, most: int, copies: int) -> None:
    """INVALID_ARGUMENT TOO_LARGE for a content beyond `most` bytes, or when the record has no room for so many copies of it."""
    bytes = size(content)
    if bytes > most:
        raise invalid(Violation(path, "TOO_LARGE", f"内容过大，不得超过{most // 1000}KB"))
    if (writing.written if writing else 0) + copies * bytes > MOST_BYTES:
        raise invalid(Violation(path, "TOO_LARGE", "内容连同历次版本过大，无法保存"))


def changes(writing: Writing | None, content: Mapping[str, Any]) -> bool:
    """Whether saving this content changes anything. What went back is saved again as it is, too."""
    if writing is None or (writing.working and writing.return_reason):
        return True
    if writing.working:
        return writing.working != content
    return writing.public_digest != contracts.digest(content)


def require_other(writing: Writing, by: str, nothing: str, writer: str) -> None:
    """FAILED_PRECONDITION: `nothing` when nothing waits to be made public, `writer` for whoever wrote any of it (四眼)."""
    require(writing.waiting, nothing, "没有待发布的修改")
    require(by not in writing.writers, writer, "编写人不得发布自己编写的内容，请由他人核发")


def after_saved(writing: Writing | None, content: dict[str, Any], moment: Moment) -> Writing:
    """Written. What is public already, brought back, waits for nothing."""
    base = writing or Writing()
    back = base.public_digest == contracts.digest(content)
    return replace(
        base,
        version=base.version + 1,
        working={} if back else content,
        writers=[] if back else list(dict.fromkeys((*base.writers, moment.by))),
        return_reason="",
        written=base.written + size(content),
    )


def after_returned(writing: Writing, reason: str) -> Writing:
    """Back to its writers."""
    return replace(writing, version=writing.version + 1, return_reason=reason)


def after_public(writing: Writing, bytes: int = 0) -> Writing:
    """Public, with so many bytes more in the journal; nothing is being written any more."""
    return Writing(
        version=writing.version + 1,
        written=writing.written + bytes,
        public_digest=contracts.digest(writing.working),
    )


def after_dropped(writing: Writing) -> Writing:
    """Over: what was being written ends with it."""
    return Writing(version=writing.version + 1, written=writing.written, public_digest=writing.public_digest)


def moved(writing: Writing) -> Writing:
    """Anything else that happened: one entry more."""
    return replace(writing, version=writing.version + 1)


def twice(keys: Sequence[str]) -> list[int]:
    """Positions of the keys that stood there before."""
    return [position for position, key in enumerate(keys) if key in keys[:position]]
