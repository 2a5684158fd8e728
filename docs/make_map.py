"""Writes docs/map.md from the contracts: `python docs/make_map.py`; with `--check` it only says whether the file is true."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2

from chassis import bus, contracts
from services.topology import EVENTS
from yiwang.access.v1 import access_pb2

ROOT = Path(__file__).resolve().parent.parent
SERVICES = tuple(module.DESCRIPTOR.package.split(".")[1] for module in EVENTS)
KEEPS = {
    "identity": "people, organisations, agents, officers, windows, devices, systems; delegations, sessions, keys, who saw whom",
    "catalog": "the directory, items, themes and lists with every edition, files of guides, synonyms, the search index",
    "case": "cases, parent cases, drafts, findings, files, slots, what departments reported, its copies of items, themes, counties",
    "rating": "ratings with their loops, days of counties, windows and who is on duty there, tickets, imports, bulletins, counts",
    "policy": "policies, payout items, the enterprise base, claims, lists, budgets, the ledger, reconciliations, appeals, complaints, news",
    "message": "notices and what became of each, templates in editions, what counties and recipients set; no address",
    "intermediary": "agencies with their credit, procurements, sheets of sign-ups, evaluators, rules of counties, files, frozen lists",
    "gateway": "nothing: pages and the JSON API",
}
HEAD = """# Map

Generated from `proto/` by `python docs/make_map.py`; a test compares. Every RPC with who may call it, every event with who hears it.

"""


def comments() -> dict[str, str]:
    """The first sentence of the comment of every method and message, by full name."""
    image = descriptor_pb2.FileDescriptorSet.FromString((ROOT / "gen/image.binpb").read_bytes())
    found = {}
    for file in image.file:
        for place in file.source_code_info.location:
            if name := _name(file, list(place.path)):
                text = " ".join(place.leading_comments.split())
                found[f"{file.package}.{name}"] = text.split(". ")[0].rstrip(".")
    return found


def _name(file: Any, path: list[int]) -> str:
    match path:
        case [6, service, 2, method]:
            return f"{file.service[service].name}.{file.service[service].method[method].name}"
        case [4, message]:
            return str(file.message_type[message].name)
    return ""


def grant(one: access_pb2.Grant) -> str:
    """One way to be allowed, in short."""
    realm = access_pb2.Realm.Name(one.realm).removeprefix("REALM_").lower()
    scope = access_pb2.Scope.Name(one.scope).removeprefix("SCOPE_").lower()
    roles = f" ({', '.join(one.roles)})" if one.roles else ""
    level = access_pb2.IdentityLevel.Name(one.level).removeprefix("IDENTITY_LEVEL_") if one.level else ""
    acting = access_pb2.Acting.Name(one.acting).removeprefix("ACTING_").lower() if one.acting else ""
    return f"{realm}{roles}: {scope}" + (f", {level}" if level else "") + (f", or {acting}" if acting else "")


def overview() -> Iterator[str]:
    """The services in one table."""
    yield "| service | what it keeps | RPCs | events |\n|---|---|---|---|"
    for name, events in zip(SERVICES, EVENTS, strict=True):
        methods = sum(len(service.methods) for service in contracts.services(name))
        count = sum(
            event.GetOptions().HasExtension(access_pb2.event)
            for event in events.DESCRIPTOR.message_types_by_name.values()
        )
        yield f"| `{name}` | {KEEPS[name]} | {methods} | {count} |"
    yield f"| `gateway` | {KEEPS['gateway']} | – | – |\n"


def lines() -> Iterator[str]:
    """The map, line by line."""
    said = comments()
    yield from overview()
    for name, events in zip(SERVICES, EVENTS, strict=True):
        yield f"## {name}\n\n`services/{name}` · `proto/yiwang/{name}/v1`\n"
        for service in contracts.services(name):
            yield f"{service.name}\n\n| RPC | who | what |\n|---|---|---|"
            for method in service.methods:
                rule = contracts.rule_of(method)
                who = "public" if rule.public else " · ".join(grant(one) for one in rule.grants)
                yield f"| {method.name} | {who} | {said.get(method.full_name, '').removeprefix(method.name).strip()} |"
            yield ""
        yield "| event | heard by | what |\n|---|---|---|"
        for event in events.DESCRIPTOR.message_types_by_name.values():
            if event.GetOptions().HasExtension(access_pb2.event):
                hears = ", ".join(bus.rule_of(event).consumers) or "published"
                yield f"| {event.name} | {hears} | {said.get(event.full_name, '').partition(':')[2].strip()} |"
        yield ""


def main() -> None:
    """Writes or checks the file."""
    text, file = HEAD + "\n".join(lines()), ROOT / "docs/map.md"
    if "--check" not in sys.argv:
        file.write_text(text)
    elif file.read_text() != text:
        sys.exit("docs/map.md is not what the contracts say: run python docs/make_map.py")


if __name__ == "__main__":
    main()
