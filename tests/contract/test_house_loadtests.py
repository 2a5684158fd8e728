"""What load and benches call is there: mypy does not read them, and a bench that fails at its tenth minute has measured nothing."""

import ast
import importlib
from types import ModuleType
from typing import Any

from tests.support.sources import ROOT, source_files, tree, where

# Not `loadtests`: locust puts other sockets and threads into whatever process imports it.
OURS = ("chassis.", "deploy.", "services.", "standards.", "tests.", "yiwang.")


def _modules(parsed: ast.Module) -> dict[str, ModuleType]:
    """The modules of ours a file imports, by the names it has for them; names it gives to something else as well are left out."""
    found: dict[str, ModuleType] = {}
    for node in ast.walk(parsed):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(OURS):
            package = importlib.import_module(str(node.module))
            for name in node.names:
                value: Any = getattr(package, name.name, None) or importlib.import_module(f"{node.module}.{name.name}")
                if isinstance(value, ModuleType):
                    found[name.asname or name.name] = value
    bound = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(parsed) if isinstance(node, ast.arg)}
    return {name: module for name, module in found.items() if name not in bound}


def _missing(parsed: ast.Module) -> list[tuple[str, int]]:
    modules = _modules(parsed)
    return [
        (f"{node.value.id}.{node.attr}", node.lineno)
        for node in ast.walk(parsed)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
        and not hasattr(modules[node.value.id], node.attr)
    ]


def test_what_load_and_benches_name_is_there() -> None:
    files = [path for path in source_files("loadtests") if path.name != "locustfile.py"]
    assert len(files) > 15 and any(_modules(tree(path)) for path in files)
    gone = [f"{where(path, line)}: {name}" for path in files for name, line in _missing(tree(path))]
    assert not gone, gone


def test_a_name_that_is_gone_is_found() -> None:
    parsed = ast.parse("from services.rating import store\nstore.Counties(1)\nstore.counties(1)\n", str(ROOT))
    assert _missing(parsed) == [("store.Counties", 2)]
