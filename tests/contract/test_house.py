"""The rules of the house that no linter knows: who hears what, what chassis may not know, what the store is asked, how long a file is.

Every test covers every service that has a folder in proto/.
"""

import ast
import inspect
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from google.protobuf.descriptor import Descriptor

from yiwang.access.v1 import access_pb2

ROOT = Path(__file__).resolve().parents[2]
SERVICES = tuple(sorted(path.parents[1].name for path in (ROOT / "proto/yiwang").glob("*/v1/service.proto")))
CODE = ("chassis", "services", "standards", "deploy")
MOST_LINES, MOST_FUNCTION_LINES, MOST_CHASSIS_LINES = 320, 40, 1600

# Words of the domain, which chassis serves and does not know. Allowed: PERSON and OFFICER (realms of yiwang.access, and what
# tokens say of an officer: roles, department, region), identity (who issues tokens), person (whose keys `sealed` keeps).
DOMAIN_WORDS = (
    *("citizen", "applicant", "enterprise", "county", "counties", "government"),
    *("catalog", "rating", "ratings", "intermediary", "procurement", "payout"),
    *("item_id", "items_of", "ItemDefinition", "ItemPublished", "case_id", "CaseSubmitted", "CaseClosed"),
    *("attachment", "attachments", "invitation", "inbox", "timeline", "approval", "licence", "license"),
    *("事项", "办件", "受理", "补正", "审批", "好差评", "材料", "办结"),
)

# Operators that mean the same on a MongoDB and on the embedded store, and use an index on both. Not here because they scan or
# fail on one of the two: $or, $text, $where, $regex, $elemMatch with a positional $. A new one is tried on both first.
OPERATORS = frozenset(
    (
        *("$set", "$setOnInsert", "$unset", "$inc", "$max", "$push", "$each", "$addToSet"),
        *("$lt", "$lte", "$gt", "$gte", "$exists"),
        *("$match", "$group", "$sum"),
        "$$NOW",
    )
)
# findAndModify scans the collection on the embedded store; counts come from tallies.
BANNED_CALLS = (
    *("find_one_and_update", "find_one_and_replace", "find_one_and_delete", "find_and_modify"),
    *("count_documents", "estimated_document_count", "map_reduce", "distinct"),
)

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

every_service = pytest.mark.parametrize("service", SERVICES)


def source_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def events(service: str) -> list[Descriptor]:
    """The events of a service: messages with the option."""
    module = import_module(f"yiwang.{service}.v1.events_pb2")
    messages = module.DESCRIPTOR.message_types_by_name.values()
    return [message for message in messages if message.GetOptions().HasExtension(access_pb2.event)]


# -- who hears what ----------------------------------------------------------------------------------------------------


def named_consumers() -> set[tuple[str, str]]:
    """(queue, event) as the contracts say."""
    heard = [event for service in SERVICES for event in events(service)]
    rules = {event.full_name: event.GetOptions().Extensions[access_pb2.event] for event in heard}
    return {(queue, name) for name, rule in rules.items() for queue in rule.consumers}


@cache
def worker(service: str) -> type:
    module = import_module(f"services.{service}.worker")
    found: type = module.Worker
    return found


@every_service
def test_handlers_are_those_the_contracts_name(service: str) -> None:
    methods = inspect.getmembers(worker(service), lambda one: hasattr(one, "hears"))
    handlers = {(f"{service}.{name}", method.hears.DESCRIPTOR.full_name) for name, method in methods}
    assert handlers == {edge for edge in named_consumers() if edge[0].startswith(f"{service}.")}


@every_service
def test_a_worker_has_its_services_name(service: str) -> None:
    assert worker(service).name == service


def test_every_consumer_is_a_service() -> None:
    assert {queue.partition(".")[0] for queue, _ in named_consumers()} <= set(SERVICES)


def test_topology_declares_the_events_of_every_service() -> None:
    declared = {module.DESCRIPTOR.package for module in import_module("services.topology").EVENTS}
    assert declared == {f"yiwang.{service}.v1" for service in SERVICES}


# -- what contracts ask of the code ------------------------------------------------------------------------------------


@every_service
def test_every_method_of_the_contract_is_served(service: str) -> None:
    contract = import_module(f"yiwang.{service}.v1.service_pb2").DESCRIPTOR.services_by_name.values()
    wanted = {method.name for one in contract for method in one.methods}
    module = import_module(f"services.{service}.api")
    classes = [one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__]
    served = [{name for name in dir(one) if name[0].isupper()} for one in classes]
    assert wanted in served, f"missing {wanted - set().union(*served)}, unknown {set().union(*served) - wanted}"


@every_service
def test_every_event_of_a_journal_has_its_evolution(service: str) -> None:
    records = import_module(f"services.{service}.store").records(MagicMock())
    assert records
    evolved = {message.DESCRIPTOR.full_name for kind in records for message in kind.evolve}
    assert evolved == {event.full_name for event in events(service)}


# -- chassis -----------------------------------------------------------------------------------------------------------


def test_chassis_has_no_word_of_the_domain() -> None:
    latin = [word for word in DOMAIN_WORDS if word.isascii()]
    pattern = re.compile(
        rf"(?<![a-zA-Z])({'|'.join(latin)})(?![a-zA-Z])|{'|'.join(set(DOMAIN_WORDS) - set(latin))}", re.I
    )
    found = []
    for path in source_files("chassis"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found += [f"{where(path, number)} {match[0]}" for match in pattern.finditer(line)]
    assert found == []


def test_chassis_knows_no_contract_but_access_and_the_signing_keys() -> None:
    for path in source_files("chassis"):
        knows = ("tokens.py", "people.py")  # who signs, and whose sessions end
        allowed = ("yiwang.access.", "yiwang.identity.") if path.name in knows else ("yiwang.access.",)
        for name, line in imports(path):
            assert not name.startswith("yiwang.") or name.startswith(allowed), f"{where(path, line)} {name}"


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


# -- the store ---------------------------------------------------------------------------------------------------------


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


# -- size --------------------------------------------------------------------------------------------------------------


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


# -- what may be imported ----------------------------------------------------------------------------------------------


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports, in full: `from services.case import model` gives services.case.model."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


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


def models() -> list[Path]:
    return sorted(path for service in SERVICES for path in (ROOT / "services" / service).glob("model*.py"))


@every_service
def test_a_service_has_its_five_files(service: str) -> None:
    files = {path.name for path in (ROOT / "services" / service).iterdir()}
    assert {"model.py", "store.py", "api.py", "worker.py", "__main__.py"} <= files


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


# -- what is committed -------------------------------------------------------------------------------------------------

# Spelled so that this file does not find itself.
MACHINE_PATHS = r"(?<![\w.])/(wor[k]|hom[e]|roo[t]|User[s])/|/opt/pyp[i]|[A-Z]:\\User[s]"
REGISTRIES = (
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|deb[.]debian[.]org|crates[.]io|proxy[.]golang[.]org"
    r"|docker[.]io|ghcr[.]io|gcr[.]io|quay[.]io"
)


def committed() -> list[Path]:
    """Files git tracks, or would: everything that is not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_nothing_names_a_machine_or_a_registry() -> None:
    pattern = re.compile(f"{MACHINE_PATHS}|{REGISTRIES}")
    found = []
    for path in committed():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue  # a picture or the like
        found += [
            f"{where(path, number)} {match[0]}"
            for number, line in enumerate(lines, 1)
            for match in pattern.finditer(line)
        ]
    assert found == []


def test_the_pattern_finds_what_it_is_for() -> None:
    pattern = re.compile(f"{MACHINE_PATHS}|{REGISTRIES}")
    home, host = "/" + "home/me/x", "https://" + "pypi" + ".org/simple"
    assert pattern.search(home) and pattern.search(host)
    assert not pattern.search("deploy/" + "work/x")
