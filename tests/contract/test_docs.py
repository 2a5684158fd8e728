"""What the documents name exists.

`docs/way-of-a-case.md`: every code span (between single backticks, outside of fenced blocks) is one of these:

* a path from the root of the repository, with a slash: `services/case/model.py`, `proto/yiwang/case/v1/`. It exists. What is
  made at run time may be named too: below `gen/`, `build/` and `.local/`. A path that begins with a slash is an address of
  the gateway as its table of routes has it: `/healthz`; a method may stand before it: `POST /sign-in`.
* a dotted name of ours, with or without (): `services.case.model_acts.accept`, `chassis.records.Records.change`. It resolves by
  import; a field of a dataclass or of a message counts.
* a queue or an exchange: `rating.invite_closed`, `case.events`. The events' contracts name it.
* a command, beginning with make or python: `make trace CASE=…`, `python -m services.case worker`. Target or module exist.
* anything else: every word of it (letters, digits, _; at least three) stands somewhere in proto/, chassis/, standards/,
  services/ or deploy/ as a whole word: `CaseAccepted`, `MOVE_NOT_ALLOWED`, `{_id, version: 7}`, `@on(CaseClosed)`.

`docs/map.md`: each line of a table whose first cell is a code span names a service by its folder, `| `case` | … |`; the services
so named are exactly those in services/. `README.md` names `make run` and `make test`, and no target that the Makefile lacks;
links to files, in all documents, lead somewhere. Its demonstration accounts are in the sample. Files a service's README names
exist, and identity's map has each of its files.
"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from yiwang.access.v1 import access_pb2

ROOT = Path(__file__).resolve().parents[2]
WAY, MAP, README = ROOT / "docs/way-of-a-case.md", ROOT / "docs/map.md", ROOT / "README.md"
SERVICES = tuple(sorted(path.parents[1].name for path in (ROOT / "proto/yiwang").glob("*/v1/service.proto")))
OURS = ("chassis", "services", "standards", "yiwang_kit", "deploy", "loadtests", "tests", "yiwang")
MADE = ("gen/", "build/", ".local/")
DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in [README, *(ROOT / "docs").glob("*.md")])


def spans(text: str) -> Iterator[tuple[int, str]]:
    """(line, content) of every code span outside of fenced blocks."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield from ((number, match) for match in re.findall(r"`([^`]+)`", line))


@cache
def targets() -> frozenset[str]:
    """The targets of the Makefile."""
    return frozenset(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.M))


@cache
def words() -> frozenset[str]:
    """Every word of the contracts and the code."""
    files = [path for folder in ("chassis", "standards", "services", "deploy") for path in (ROOT / folder).rglob("*")]
    files += (ROOT / "proto").rglob("*.proto")
    text = "\n".join(path.read_text() for path in files if path.suffix in (".py", ".proto", ".yaml", ".html"))
    return frozenset(re.findall(r"\w+", text))


@cache
def routes() -> frozenset[str]:
    """The addresses of the gateway."""
    listed = import_module("services.gateway.app")._routes()
    return frozenset(route.path for route in listed)


@cache
def queues() -> frozenset[str]:
    """Queues and exchanges of the events' contracts."""
    found = {f"{service}.events" for service in SERVICES}
    for service in SERVICES:
        for message in import_module(f"yiwang.{service}.v1.events_pb2").DESCRIPTOR.message_types_by_name.values():
            found |= set(message.GetOptions().Extensions[access_pb2.event].consumers)
    return frozenset(found)


def has_member(one: Any, name: str) -> bool:
    """Whether something has a member, a declared field or a field of its message by this name."""
    return (
        hasattr(one, name)
        or name in getattr(one, "__annotations__", {})
        or name in getattr(one, "__dataclass_fields__", {})
        or name in getattr(getattr(one, "DESCRIPTOR", None), "fields_by_name", {})
    )


def resolves(dotted: str) -> bool:
    """Whether a dotted name of ours is a module, or something in one."""
    first, *rest = dotted.split(".")
    one: Any = import_module(first)
    name = first
    for part in rest:
        name = f"{name}.{part}"
        if hasattr(one, "__path__") and find_spec(name) is not None:
            one = import_module(name)
        elif has_member(one, part):
            one = getattr(one, part, None)
        else:
            return False
    return True


def fault(span: str) -> str:
    """What is wrong with a code span; empty when nothing is."""
    text = span.strip()
    if re.match(r"(make|python) ", text):
        return command_fault(text)
    if address := re.fullmatch(r"(?:(?:GET|POST|PUT|DELETE) )?(/\S*)", text):
        return "" if address[1] in routes() else "no such address of the gateway"
    if re.fullmatch(r"[\w.@*-]+(/[\w.@*-]*)+", text):
        there = text.startswith(MADE) or (ROOT / text).exists()
        return "" if there else "no such file or folder"
    name = text.removesuffix("()")
    if re.fullmatch(r"\w+(\.\w+)+", name):
        if name in queues() or (name.split(".")[0] in OURS and resolves(name)):
            return ""
        if name.split(".")[0] in OURS:
            return "does not resolve"
    unknown = [word for word in re.findall(r"[A-Za-z_]\w{2,}", text) if word not in words()]
    return f"not in the code: {', '.join(unknown)}" if unknown else ""


def command_fault(text: str) -> str:
    """What is wrong with a command."""
    program, *arguments = text.split()
    if program == "make":
        missing = [one for one in arguments if re.fullmatch(r"[a-z][\w-]*", one) and one not in targets()]
        return f"no such target: {', '.join(missing)}" if missing else ""
    if arguments[:1] == ["-m"] and len(arguments) > 1:
        return "" if find_spec(arguments[1]) is not None else "no such module"
    return "" if arguments and (ROOT / arguments[0]).exists() else "no such program"


def faults(text: str) -> list[str]:
    """Every code span that names nothing."""
    found = [(number, span, fault(span)) for number, span in spans(text)]
    return [f"line {number}: `{span}` {wrong}" for number, span, wrong in found if wrong]


def named_services(text: str) -> list[str]:
    """The services a map names: code spans in the first cells of table lines."""
    return re.findall(r"^\|\s*`([\w-]+)`\s*\|", text, re.M)


# -- the documents -----------------------------------------------------------------------------------------------------


def test_the_way_of_a_case_names_only_what_exists() -> None:
    assert WAY.exists(), "docs/way-of-a-case.md is not written yet"
    text = WAY.read_text()
    assert faults(text) == []
    assert len(list(spans(text))) > 20, "the way of a case names files and symbols"


def test_the_map_shows_every_service() -> None:
    assert MAP.exists(), "docs/map.md is not made yet"
    folders = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}
    named = named_services(MAP.read_text())
    assert sorted(named) == sorted(folders)
    assert set(SERVICES) <= set(named)


def test_the_readme_has_the_two_commands() -> None:
    code = "\n".join(re.findall(r"```.*?```|`[^`]+`", README.read_text(), re.S))
    named = set(re.findall(r"\bmake ([a-z][\w-]*)", code))
    assert {"run", "test"} <= named
    assert named <= targets()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    linked = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", path.read_text())
    assert [link for link in linked if not (path.parent / link).exists()] == []


def test_the_demonstration_accounts_of_the_readme_are_in_the_sample() -> None:
    sample = json.loads((ROOT / "services/catalog/sample/people.json").read_text())
    kinds = (("people", "phone"), ("officers", "staffNumber"), ("agents", "agentNumber"))
    logins = {row[login]: row["password"] for kind, login in kinds for row in sample[kind]}
    table = README.read_text().partition("## Demonstration accounts")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z]{2}-\d{3}|1\d{10})`", table))
    assert len(named) >= 8 and named <= set(logins)
    assert {logins[one] for one in named} == set(re.findall(r"`(Demo[^`]*)`", table))


@pytest.mark.parametrize("readme", sorted((ROOT / "services").glob("*/README.md")), ids=lambda path: path.parent.name)
def test_files_a_service_names_exist(readme: Path) -> None:
    named = {name for _, name in spans(readme.read_text()) if re.fullmatch(r"[\w*]+\.py", name)}
    assert [name for name in named if not any(readme.parent.glob(name))] == []


def test_every_file_of_identity_is_in_its_map() -> None:
    named = [name for _, name in spans((ROOT / "services/identity/README.md").read_text()) if name.endswith(".py")]
    files = [path.name for path in (ROOT / "services/identity").glob("*.py") if not path.name.startswith("__")]
    assert [file for file in files if not any(fnmatch(file, name) for name in named)] == []


# -- and the tests of this test ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "span",
    [
        "services/case/model.py",
        "proto/yiwang/case/v1/",
        "build/spine.json",
        "services.case.model_acts.accept",
        "services.case.model_acts.accept()",
        "services.case.model.Case.status",
        "chassis.records.Records.change",
        "chassis.relay",
        "yiwang.case.v1.events_pb2.CaseClosed.case_id",
        "rating.invite_closed",
        "case.events",
        "make run",
        "make trace CASE=…",
        "python -m services.case worker",
        "CaseAccepted",
        "MOVE_NOT_ALLOWED",
        "@on(CaseClosed)",
        "{_id, version: 7}",
        "/healthz",
        "GET /readyz",
    ],
)
def test_right_names_are_taken(span: str) -> None:
    assert fault(span) == ""


@pytest.mark.parametrize(
    "span",
    [
        "services/case/modell.py",
        "services.case.model_acts.accepted_never",
        "services.case.modell.accept",
        "chassis.records.Records.alter",
        "services.case.model.Case.colour",
        "yiwang.case.v1.events_pb2.CaseClosed.colour",
        "rating.never_heard_of_this",
        "make coffee",
        "python -m services.nobody api",
        "CaseEvaporated",
        "MOVE_NOT_FORBIDDEN",
        "/no/such/address",
    ],
)
def test_wrong_names_are_told(span: str) -> None:
    assert fault(span) != ""


def test_fenced_blocks_are_no_spans() -> None:
    assert list(spans("a `b`\n```\n`c`\n```\n`d`")) == [(1, "b"), (5, "d")]


def test_a_map_is_read_by_its_first_cells() -> None:
    assert named_services("| Service | What |\n|---|---|\n| `case` | hears `rating` |\n| `rating` | |\n") == [
        "case",
        "rating",
    ]
