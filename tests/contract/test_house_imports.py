"""What may be imported and called: workers do without grpc, models without stores, brokers, clocks and chance."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.support.sources import ROOT, SERVICES, every_service, imports, tree, where

# What a model may not know: stores, brokers, servers, clocks, chance.
IMPURE_MODULES = (
    *("pymongo", "bson", "gridfs", "grpc", "nameko", "eventlet", "kombu", "amqp", "opentelemetry", "structlog"),
    *("time", "os", "random", "secrets", "socket", "subprocess", "threading", "pathlib", "requests", "httpx"),
)
IMPURE_CALLS = (
    "now",
    "utcnow",
    "today",
    "time",
    "monotonic",
    "perf_counter",
    "uuid1",
    "uuid4",
    "urandom",
    "open",
    "print",
)


# -- workers -----------------------------------------------------------------------------------------------------------

# Imports what a worker process imports, as chassis/run.py does it, while grpc is not to be had.
WITHOUT_GRPC = """
import importlib, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name == "grpc" or name.startswith(("grpc.", "grpc_")):
            raise ImportError(f"a worker reaches {name}")

sys.meta_path.insert(0, Refuse())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def run_imports(*functions: str) -> list[str]:
    """The modules that functions of chassis/run.py import when they run."""
    found = []
    for node in ast.walk(tree(ROOT / "chassis/run.py")):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom) and inner.module == "chassis":
                    found += [f"chassis.{name.name}" for name in inner.names]
                elif isinstance(inner, ast.ImportFrom) and inner.module:
                    found.append(inner.module)
    return [name for name in found if name.startswith("chassis.")]


def import_without_grpc(*modules: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT_GRPC, *modules]
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "PATH": ""}
    done = subprocess.run(command, cwd=ROOT, env=path, capture_output=True, text=True)
    return done.stderr


@every_service
def test_no_worker_reaches_grpc(service: str) -> None:
    assert import_without_grpc(f"services.{service}.worker", f"services.{service}.store") == ""


def test_what_runs_a_worker_reaches_no_grpc() -> None:
    modules = run_imports("_parts", "_worker", "_relay")
    assert "chassis.events" in modules
    assert import_without_grpc(*modules) == ""


# -- models ------------------------------------------------------------------------------------------------------------


def models() -> list[Path]:
    return sorted(path for service in SERVICES for path in (ROOT / "services" / service).glob("model*.py"))


def test_models_import_nothing_impure() -> None:
    assert models()
    for path in models():
        for name, line in imports(path):
            assert name.partition(".")[0] not in IMPURE_MODULES, f"{where(path, line)} {name}"
            assert not name.startswith("services.") or ".model" in name, f"{where(path, line)} {name}"
            assert "_pb2_grpc" not in name, f"{where(path, line)} {name}"


def test_models_are_told_the_time() -> None:
    for path in models():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in IMPURE_CALLS, f"{where(path, node.lineno)} {called}()"
            elif isinstance(node, ast.ImportFrom) and node.module == "chassis.acts":
                assert "now" not in [name.name for name in node.names], where(path, node.lineno)
