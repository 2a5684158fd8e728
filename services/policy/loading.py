"""`python -m services.policy load [--draft] [--enterprises N] FILE…`: policies, payout items and enterprises from files; what is there
already stays as it is. The format is in sample/README.md.

A bad row is reported by its place, field and reason; the good ones are kept. With `--draft` officers publish and open what was loaded.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from pymongo.errors import PyMongoError
from rich.console import Console

from chassis import contracts, fields
from chassis.acts import Cause, now
from chassis.errors import Refused, Violation, invalid
from chassis.parts import Parts
from chassis.records import Record, record_id
from services.policy import (
    model_items,
    model_items_faults,
    model_policies,
    model_sheets,
    sampling,
    store_enterprises,
    store_items,
    store_policies,
)
from services.policy.model_facts import REPORTED, written
from services.policy.model_items_faults import Known
from standards.workdays import SHANGHAI
from yiwang.policy.v1 import enterprises_pb2, items_pb2, service_pb2
from yiwang.policy.v1 import events_pb2 as events

# Who writes, and who makes public: two, as it has to be.
WRITER, PUBLISHER = "job:policy-load", "job:policy-load-publish"
# When facts of a file are of: the same one every time, so that loading again tells nothing new.
FACTS_OF: Final = datetime(2026, 1, 15, tzinfo=SHANGHAI)
SOURCE: Final = ("119901210000011502", "示范县数据局", REPORTED)


class Desk(NamedTuple):
    """What loading needs: the parts, and whether what is written is made public, too."""

    parts: Parts
    live: bool


class Row(NamedTuple):
    """One row of a file: where it stands, what it says, and how it is loaded."""

    place: str
    content: Any
    load: Callable[[Desk, Any], bool]


def main(parts: Parts, arguments: list[str]) -> None:
    """Loads the files. Exit code 1 only when no row was good, 2 when the store went away."""
    wanted = _arguments(arguments)
    desk = Desk(parts, not wanted.draft)
    console = Console(stderr=True, markup=False, highlight=False)
    counts: Counter[str] = Counter()
    try:
        for row in (*(row for path in wanted.files for row in _rows(path)), *_sampled(wanted.enterprises)):
            counts[_loaded(desk, row, console)] += 1
    except PyMongoError as error:
        console.print(f"store went away ({type(error).__name__}); load the files again, what is done stays done")
        sys.exit(2)
    told = f"{counts['loaded']} rows loaded, {counts['there']} there already, {counts['refused']} refused"
    console.print(f"policy: {told}")
    if counts["loaded"] + counts["there"] == 0:
        sys.exit(1)


def _loaded(desk: Desk, row: Row, console: Console) -> str:
    try:
        return "loaded" if row.load(desk, row.content) else "there"
    except Refused as refused:
        found = refused.violations or [Violation("", refused.reason, refused.message)]
    except (ParseError, KeyError, TypeError, ValueError, AttributeError) as error:
        # What a row says may be anybody's: the kind of fault, and no word of it.
        found = [Violation("", "MALFORMED", type(error).__name__)]
    for one in found:
        console.print(f"{row.place} {one.field} {one.reason} {one.message}", soft_wrap=True)
    return "refused"


# -- the kinds of rows -------------------------------------------------------------------------------------------------


def load_policy(desk: Desk, row: Mapping[str, Any]) -> bool:
    """Writes and publishes a policy; False when it is there already."""
    text = ParseDict(row["text"], service_pb2.PolicyText())
    fields.check(text)
    database, id = desk.parts.database, policy_id(row["key"])
    policies = store_policies.policies(database)
    saved = events.PolicySaved(
        policy_id=id, department=row["department"], department_name=row["departmentName"], text=text
    )

    def begin(_id: str) -> Message:
        found = model_policies.save(None, saved, 0, text.region)
        assert found is not None
        store_policies.counties(database).know(text.region)
        return found

    record, new = _begun(policies, id, begin)
    if desk.live and not record.state.editions and WRITER in record.state.writing.writers:
        cause = Cause(f"{id}/publish", PUBLISHER)
        policies.change(id, cause, lambda policy: model_policies.publish(policy, PUBLISHER, 0, now()))
        return True
    return new


def load_item(desk: Desk, row: Mapping[str, Any]) -> bool:
    """Writes and opens a payout item of a policy that was loaded; False when it is there already."""
    told = {**row["definition"], "policyId": policy_id(row["policy"])}
    definition = ParseDict(told, items_pb2.PayoutItemDefinition())
    fields.check(definition)
    database, id = desk.parts.database, item_id(row["key"])
    policy = store_policies.state(database, definition.policy_id)
    known = Known(store_enterprises.kinds(database), policy, definition.region)
    items = store_items.items(database)

    def begin(_id: str) -> Message:
        faults = model_items_faults.faults(definition, known)
        if faults or policy is None:
            raise invalid(*faults)
        saved = events.PayoutItemSaved(
            item_id=id,
            number=f"DF-{definition.region}-{desk.parts.keyring.code(f'payout_item/{id}')}",
            department=policy.department,
            department_name=policy.department_name,
            definition=definition,
        )
        store_items.counties(database).know(definition.region)
        found = model_items.save(None, saved, 0, [])
        assert found is not None
        return found

    record, new = _begun(items, id, begin)
    if not desk.live or record.state.edition or WRITER not in record.state.writing.writers:
        return new
    standing = policy is not None and policy.status == model_policies.PUBLISHED

    def open_it(item: model_items.PayoutItem) -> Message:
        written = model_items.definition_of(item.writing.working)
        faults = model_items_faults.faults(written, known._replace(item=item, opening=True))
        return model_items.open_next(item, PUBLISHER, 0, standing, faults)

    items.change(id, Cause(f"{id}/open", PUBLISHER), open_it)
    return True


def load_enterprise(desk: Desk, row: Mapping[str, Any]) -> bool:
    """Tells the facts of an enterprise; False when they were told already."""
    kinds = store_enterprises.kinds(desk.parts.database)
    told = enterprises_pb2.FactRow(uscc=row["uscc"], name=row["name"], region=row["region"], at=FACTS_OF.isoformat())
    for name, value in row["facts"].items():
        told.facts.add(name=name, value=written(value))
    facts, faults = model_sheets.row(told, kinds, row["region"], now())
    if facts is None:
        raise invalid(*faults)
    cause = Cause(f"load/{row['uscc']}/{contracts.digest(dict(row))}", WRITER)
    return bool(store_enterprises.tell(desk.parts.database, facts, SOURCE, cause, kinds))


KINDS: Final[Mapping[str, Callable[[Desk, Any], bool]]] = {
    "policies": load_policy,
    "items": load_item,
    "enterprises": load_enterprise,
}


def policy_id(key: str) -> str:
    """The id of the policy a file calls by this key."""
    return record_id(f"load/policy/{key}")


def item_id(key: str) -> str:
    """The id of the payout item a file calls by this key."""
    return record_id(f"load/payout-item/{key}")


def _begun(records: Any, id: str, begin: Callable[[str], Message]) -> tuple[Record[Any], bool]:
    """The record, written if it is not there; and whether it was not."""
    if found := next(iter(records.select({"_id": id})), None):
        return found, False
    return records.create(Cause(id, WRITER), begin, id), True


# -- files -------------------------------------------------------------------------------------------------------------


def _rows(path: Path) -> Iterator[Row]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{path} cannot be read as JSON: {type(error).__name__}")
    if not isinstance(content, dict) or content.keys() - KINDS.keys():
        sys.exit(f'{path} must be {{"{next(iter(KINDS))}": [...], ...}}, of {", ".join(KINDS)}')
    for kind, load in KINDS.items():
        for number, row in enumerate(content.get(kind, []), 1):
            yield Row(f"{path.name} {kind}[{number}]", row, load)


def _sampled(count: int) -> Iterator[Row]:
    for number, one in enumerate(sampling.enterprises(count), 1):
        yield Row(f"sampled[{number}]", one._asdict(), load_enterprise)


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="policy load", description="导入政策、兑付事项和企业")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--draft", action="store_true", help="只保存，不发布、不开放")
    parser.add_argument("--enterprises", type=int, default=0, metavar="N", help="另造N家演示企业")
    return parser.parse_args(arguments)
