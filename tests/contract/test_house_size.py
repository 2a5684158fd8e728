"""How long things may be: a file, a function, chassis as a whole."""

import ast
import io
import tokenize
from pathlib import Path

from tests.support.sources import ROOT, source_files, tree, where

CODE = ("chassis", "services", "standards", "yiwang_kit", "deploy")
MOST_LINES, MOST_FUNCTION_LINES, MOST_CHASSIS_LINES = 320, 40, 3000


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in source_files(*CODE)}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_functions_are_short() -> None:
    found = {}
    for path in source_files(*CODE):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MOST_FUNCTION_LINES:
                    found[f"{where(path, node.lineno)} {node.name}"] = length
    assert found == {}


def code_lines(path: Path) -> int:
    """Lines with code: no blanks, comments and docstrings."""
    text = path.read_text()
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            docstrings |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    used: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            used |= set(range(token.start[0], token.end[0] + 1))
    return len(used - docstrings)


def test_chassis_stays_small() -> None:
    lines = {path.name: code_lines(path) for path in source_files("chassis")}
    assert sum(lines.values()) <= MOST_CHASSIS_LINES, lines
