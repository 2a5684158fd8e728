"""What people of a region call things: the synonyms officers keep, as pure functions."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.acts import Evolve, Moment
from chassis.errors import ABORTED, Refused, Violation, invalid
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import vocabulary_pb2 as pb


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The synonyms of one region: groups of words that mean the same. `saved_at` is the key of the api's poll."""

    region: str
    version: int
    groups: list[list[str]]
    saved_at: datetime


def save(
    vocabulary: Vocabulary | None, region: str, groups: Sequence[pb.Synonyms], seen: int
) -> events.VocabularySaved | None:
    """All groups of a region; nothing for the same ones again. `seen` is the version they were read at, 0 = any.

    INVALID_ARGUMENT names words that stand in two groups (WORD_TWICE) or say nothing (WORD_EMPTY); ABORTED VERSION_MOVED.
    """
    if found := _faults(groups):
        raise invalid(*found)
    if seen and seen != (vocabulary.version if vocabulary else 0):
        raise Refused(ABORTED, "VERSION_MOVED", "内容已被他人修改，请重新查看后再操作")
    if vocabulary and vocabulary.groups == [list(group.words) for group in groups]:
        return None
    return events.VocabularySaved(region=region, groups=groups)


def _faults(groups: Sequence[pb.Synonyms]) -> list[Violation]:
    stands: dict[str, int] = {}
    found = []
    for number, group in enumerate(groups):
        for place, word in enumerate(group.words):
            path, plain = f"groups[{number}].words[{place}]", _plain(word)
            if not plain:
                found.append(Violation(path, "WORD_EMPTY", "词语不能为空"))
            elif plain in stands:
                found.append(Violation(path, "WORD_TWICE", f"“{word}”已在第{stands[plain] + 1}组中"))
            stands.setdefault(plain, number)
    return found


def _plain(word: str) -> str:
    """A word as search takes it: without blanks and signs, in small letters and plain width."""
    normal = unicodedata.normalize("NFKC", word).lower()
    return "".join(character for character in normal if character.isalnum())


def _saved(vocabulary: Vocabulary | None, event: events.VocabularySaved, moment: Moment) -> Vocabulary:
    groups = [list(group.words) for group in event.groups]
    return Vocabulary(event.region, (vocabulary.version if vocabulary else 0) + 1, groups, moment.at)


EVOLVE: Evolve = {events.VocabularySaved: _saved}
