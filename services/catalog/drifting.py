"""`drift [--catalog ADDR…] [--case ADDR…]`: every reader's copy of the items beside the source, which is the store.

A copy is behind for moments, so what differs is looked at again until nothing about it is younger than SETTLED_SECONDS. Exit code 1
when something still differs then, or a reader does not answer.
"""

import argparse
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import grpc

from chassis import rpc
from chassis.acts import now
from chassis.parts import Parts
from services.catalog import settings, store
from services.catalog.model_life import PUBLISHED
from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.case.v1 import service_pb2_grpc as case_grpc
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2_grpc as catalog_grpc

SETTLED_SECONDS: Final = 10.0
MOST_LOOKS: Final = 4
PAGE, CALL_SECONDS = 1000, 10.0
_SHOWN: Final = 50

# One page of a reader's copies, after a token.
List = Callable[[str], Any]


class Source(NamedTuple):
    """What a copy of an item should say, and since when."""

    edition: int
    live: bool
    digest: str
    changed_at: datetime


class Drift(NamedTuple):
    """One item of one reader, and what is wrong with its copy."""

    item_id: str
    what: str


def main(parts: Parts, arguments: list[str]) -> None:
    """The command."""
    told = settings.of(parts)
    parser = argparse.ArgumentParser(prog="catalog drift")
    parser.add_argument("--catalog", action="append", metavar="ADDR", help="host:port of an api of catalog")
    parser.add_argument("--case", action="append", metavar="ADDR", help="host:port of an api of case")
    wanted = parser.parse_args(arguments)
    readers = {
        "catalog": [one for address in wanted.catalog or told.catalog_address.split(",") for one in everyone(address)],
        "case": [one for address in wanted.case or told.case_address.split(",") for one in everyone(address)],
    }
    items = store.items(parts.database)
    if not report(lambda: sources(store.published_keys(items)), list(_listings(readers))):
        sys.exit(1)


def report(
    read: Callable[[], Mapping[str, Source]], readers: Iterable[tuple[str, List]], wait: float = SETTLED_SECONDS
) -> bool:
    """Prints what each reader's copy lacks; whether all are as the source says."""
    whole = True
    for name, listing in readers:
        try:
            count, drifts = settled(read, listing, wait)
        except grpc.RpcError as error:
            print(f"{name}: not reached ({error.code().name})")
            whole = False
            continue
        print(f"{name}: {count} copies, {len(drifts)} drifted")
        for drift in drifts[:_SHOWN]:
            print(f"  {drift.item_id}: {drift.what}")
        whole = whole and not drifts
    return whole


def settled(
    read: Callable[[], Mapping[str, Source]],
    listing: List,
    wait: float,
    sleep: Callable[[float], object] = time.sleep,
) -> tuple[int, list[Drift]]:
    """How many copies a reader has, and what drifted: looked at again as long as what differs may still be on its way."""
    for look in range(1, MOST_LOOKS + 1):
        copies = {copy.item_id: copy for copy in copies_of(listing)}
        known = read()
        drifts = list(compare(known, copies))
        since = now() - timedelta(seconds=wait)
        young = [one for one in drifts if one.item_id in known and known[one.item_id].changed_at > since]
        if not young or look == MOST_LOOKS:
            break
        sleep(wait)
    return len(copies), [one for one in drifts if one not in young]


def compare(known: Mapping[str, Source], copies: Mapping[str, pb.Copy]) -> Iterator[Drift]:
    """What is missing, too much, of an older (or newer) edition, of other content, or live where it should not be."""
    for id in sorted({*known, *copies}):
        source, copy = known.get(id), copies.get(id)
        if source is None:
            yield Drift(id, "extra: the store has no such item")
        elif copy is None:
            yield Drift(id, "missing")
        elif copy.edition != source.edition:
            yield Drift(id, f"edition {copy.edition} instead of {source.edition}")
        elif copy.digest and copy.digest != source.digest:
            yield Drift(id, "the content differs from the published one")
        elif copy.live != source.live:
            yield Drift(id, "live, and should not be" if copy.live else "not live, and should be")


def sources(rows: Iterable[dict[str, Any]]) -> dict[str, Source]:
    """What every copy should say, by item id."""
    return {
        row["_id"]: Source(
            row["state"]["life"]["edition"],
            row["state"]["life"]["status"] == PUBLISHED,
            row["state"]["life"]["published_digest"],
            row["state"]["listed_at"],
        )
        for row in rows
    }


def copies_of(listing: List) -> Iterator[pb.Copy]:
    """All copies of one reader, page by page."""
    token = ""
    while True:
        answer = listing(token)
        yield from answer.copies
        if not (token := answer.next_page_token):
            return


def everyone(address: str) -> list[str]:
    """Every process behind a name, as ip:port: a headless service has several. The address itself where nothing resolves it."""
    host, _, port = address.strip().rpartition(":")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return [address]
    return sorted({f"[{ip[0]}]:{port}" if ":" in str(ip[0]) else f"{ip[0]}:{port}" for *_, ip in found})


def _listings(readers: Mapping[str, list[str]]) -> Iterator[tuple[str, List]]:
    for name, addresses in readers.items():
        for address in addresses:
            channel = grpc.insecure_channel(address, options=rpc.OPTIONS)
            yield f"{name} {address}", partial(_page, *_METHODS[name](channel))


def _page(call: Callable[..., Any], request: Callable[..., Any], token: str) -> Any:
    return call(request(page_size=PAGE, page_token=token), timeout=CALL_SECONDS)


_METHODS: Final[Mapping[str, Callable[[grpc.Channel], tuple[Callable[..., Any], Callable[..., Any]]]]] = {
    "catalog": lambda channel: (catalog_grpc.CatalogServiceStub(channel).ListCopies, pb.ListCopiesRequest),
    "case": lambda channel: (case_grpc.CaseServiceStub(channel).ListItemCopies, case_pb.ListItemCopiesRequest),
}
