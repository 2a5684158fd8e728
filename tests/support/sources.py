"""The repository as the tests of files read it: its root, its services, its Python files and what they import."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = tuple(sorted(path.parents[1].name for path in (ROOT / "proto/yiwang").glob("*/v1/service.proto")))
every_service = pytest.mark.parametrize("service", SERVICES)


def source_files(*folders: str) -> list[Path]:
    """The Python files of these folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    """A file as Python parses it."""
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports, in full: `from services.case import model` gives services.case.model."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


def where(path: Path, line: int) -> str:
    """A place as an assertion names it: file and line."""
    return f"{path.relative_to(ROOT)}:{line}"
