"""What the store is asked: only what means the same, and uses an index, on a MongoDB and on the embedded store."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import SERVICES, source_files, tree, where

# Operators that mean the same on a MongoDB and on the embedded store, and use an index on both. Not here because they scan or
# fail on one of the two: $or, $text, $where, $regex, $elemMatch with a positional $. A new one is tried on both first.
OPERATORS = frozenset(
    (
        *("$set", "$setOnInsert", "$unset", "$inc", "$max", "$push", "$each", "$addToSet"),
        *("$lt", "$lte", "$gt", "$gte", "$exists"),
        *("$match", "$group", "$sum"),
        *("$expr", "$$NOW"),
    )
)
# findAndModify scans the collection on the embedded store; counts come from tallies.
BANNED_CALLS = (
    *("find_one_and_update", "find_one_and_replace", "find_one_and_delete", "find_and_modify"),
    *("count_documents", "estimated_document_count", "map_reduce", "distinct"),
)


def with_store() -> list[Path]:
    """Files that may speak to a store: the gateway has none."""
    return source_files("chassis", *(f"services/{service}" for service in SERVICES))


def literals(path: Path) -> Iterator[tuple[str, int]]:
    """Strings of a file, but not its docstrings."""
    parsed = tree(path)
    spoken = {id(node.value) for node in ast.walk(parsed) if isinstance(node, ast.Expr)}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.value, node.lineno


def dictionaries(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """(key, value) of every dictionary that is spelled out."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def test_only_known_operators_are_sent_to_the_store() -> None:
    for path in with_store():
        for key, value in dictionaries(path):
            assert not key.startswith("$") or key in OPERATORS, f"{where(path, value.lineno)} {key}"
        for text, line in literals(path):
            assert not text.startswith("$$") or text in OPERATORS, f"{where(path, line)} {text}"


def test_records_are_found_by_one_id_not_by_many() -> None:
    """`_id` with an operator scans the collection on the embedded store."""
    for path in with_store():
        for key, value in dictionaries(path):
            if key == "_id" and isinstance(value, ast.Dict):
                operators = [one.value for one in value.keys if isinstance(one, ast.Constant)]
                assert not any(str(one).startswith("$") for one in operators), where(path, value.lineno)


def test_no_call_scans_a_collection() -> None:
    for path in with_store():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute):
                assert node.attr not in BANNED_CALLS, f"{where(path, node.lineno)} {node.attr}"
