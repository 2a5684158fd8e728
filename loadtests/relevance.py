"""How well search finds what people mean: the questions of tests/relevance/questions.csv, ours beside plain BM25.

python -m loadtests.relevance [--misses]

Two catalogues: the sample, which the project ships, and the real items of ../shared/data where they are. A third of the questions,
chosen by their hash, is held out: nothing was ever tuned on them. Plain BM25 (bm25s) ranks the same words of the same texts.
"""

import csv
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.figures import Figure
from services.catalog import importing_files, store
from services.catalog.model_facts import Chapter, facts_of
from services.catalog.model_life import PUBLISHED
from services.catalog.search import Index, Query
from services.catalog.search_words import indexed
from services.catalog.store import Listed
from yiwang.catalog.v1 import service_pb2 as pb

ROOT: Final = Path(__file__).resolve().parent.parent
QUESTIONS: Final = ROOT / "tests/relevance/questions.csv"
SAMPLE: Final = ROOT / "services/catalog/sample/items.json"
REAL: Final = tuple(ROOT.parent / "shared/data/items" / name for name in ("guangan_items.csv", "hunan_guides.json"))
DEPTH: Final = 10
_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)

Find = Callable[[str], list[str]]


class Question(NamedTuple):
    """What somebody types, and the names that answer it."""

    corpus: str
    kind: str
    text: str
    expected: frozenset[str]

    @property
    def held_out(self) -> bool:
        """Whether it is one of the third that nothing is tuned on."""
        return hashlib.sha256(self.text.encode()).digest()[0] % 3 == 0


class Score(NamedTuple):
    """Shares of questions answered by the first hit, within five, and the mean of 1/place (of ten)."""

    count: int
    first: float
    five: float
    reciprocal: float


def questions() -> list[Question]:
    """All questions."""
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        return [
            Question(row["corpus"], row["kind"], row["question"], frozenset(row["expected"].split("|")))
            for row in csv.DictReader(file)
        ]


def corpora() -> dict[str, list[Listed]]:
    """The catalogues that are there, by name."""
    found = {"sample": [*listed((SAMPLE,))]}
    return found | ({"real": [*listed(REAL)]} if all(path.exists() for path in REAL) else {})


def listed(paths: Iterable[Path]) -> Iterator[Listed]:
    """The items of files as published ones."""
    for path in paths:
        for row in importing_files.rows(path):
            if isinstance(row.definition, pb.ItemDefinition):
                chapter = Chapter(1, PUBLISHED, _SINCE, facts_of(row.definition))
                yield Listed(store.item_id(row.definition.code), 1, "", "", [chapter])


def ours(items: list[Listed]) -> Find:
    """The names search finds."""
    index = Index()
    index.keep(items)
    return lambda text: [hit.name for hit in index.find(Query(text), 0, DEPTH).hits]


def plain(items: list[Listed]) -> Find:
    """The names BM25 finds over the same words of name, aliases, department and topics, with nothing else."""
    import bm25s

    facts = [one.history[-1].facts for one in items]
    texts = [indexed([one.name, *one.aliases, one.department_name, *one.topics]).split() for one in facts]
    ranker = bm25s.BM25()
    ranker.index(texts, show_progress=False)
    known = {word for text in texts for word in text}

    def find(text: str) -> list[str]:
        words = [word for word in indexed([text]).split() if word in known]
        if not words:
            return []
        rows, scores = ranker.retrieve([words], k=min(DEPTH, len(facts)), show_progress=False)
        return [facts[int(row)].name for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    return find


def score(asked: list[Question], find: Find) -> Score:
    """How a way of finding answers questions."""
    places = [_place(one, find(one.text)) for one in asked]
    count = max(len(places), 1)
    within = [sum(place <= depth for place in places) / count for depth in (1, 5)]
    return Score(len(places), *within, sum(1 / place for place in places if place <= DEPTH) / count)


def _place(asked: Question, names: list[str]) -> int:
    return next((place for place, name in enumerate(names, 1) if name in asked.expected), DEPTH + 1)


def measure() -> dict[tuple[str, str, str], Score]:
    """Scores by (who, corpus, part): parts are all, tuned, held out."""
    found = {}
    for corpus, items in corpora().items():
        asked = [one for one in questions() if one.corpus == corpus]
        parts = {"all": asked, "tuned": [one for one in asked if not one.held_out]}
        parts["held out"] = [one for one in asked if one.held_out]
        for who, make in (("ours", ours), ("bm25", plain)):
            find = make(items)
            found |= {(who, corpus, part): score(some, find) for part, some in parts.items()}
    return found


def figures() -> list[Figure]:
    """Rows for `make bench`: over all questions of all catalogues that are there."""
    measured = measure()
    rows = []
    for who, prefix in (("ours", "catalog."), ("bm25", "catalog.bm25_")):
        scores = [one for (by, _, part), one in measured.items() if by == who and part == "all"]
        count = sum(one.count for one in scores)
        for name, field in (("hit1", "first"), ("hit5", "five")):
            rows.append(Figure(prefix + name, sum(getattr(one, field) * one.count for one in scores) / count, "share"))
    return rows


def main(arguments: list[str]) -> int:
    """Prints the table, and with --misses the tuned questions the first hit does not answer, with the place of the one that does."""
    print(f"{'':6}{'corpus':8}{'questions':12}{'n':>4}{'hit@1':>8}{'hit@5':>8}{'MRR@10':>8}")
    for (who, corpus, part), one in measure().items():
        print(f"{who:6}{corpus:8}{part:12}{one.count:4}{one.first:8.3f}{one.five:8.3f}{one.reciprocal:8.3f}")
    if "--misses" in arguments:
        for corpus, items in corpora().items():
            find = ours(items)
            for asked in questions():
                if (
                    asked.corpus == corpus
                    and not asked.held_out
                    and (place := _place(asked, names := find(asked.text))) > 1
                ):
                    print(f"{place:2} {asked.text} → {'|'.join(sorted(asked.expected))}: {names[: min(place, 3)]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
