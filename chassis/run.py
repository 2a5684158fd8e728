"""Runs a service in one of its modes: `python -m services.<name> api | worker | republish | verify | rewrap | <job>`.

Nothing that eventlet patches may be imported before the mode is known, so this file imports late on purpose.
"""

import importlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chassis.parts import Api, Parts
    from chassis.records import Records


def start(name: str, jobs: dict[str, str] | None = None, settings: str = "chassis.config") -> None:
    """The whole of a service's `__main__`. `jobs` maps a job's name to the module whose `main(parts, arguments)` does it;
    `settings` is the module whose `Settings` the service reads."""
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    modes = {"api": _api, "worker": _worker, "republish": _republish, "verify": _verify, "rewrap": _rewrap}
    jobs = jobs or {}
    if mode not in modes and mode not in jobs:
        sys.exit(f"usage: python -m services.{name} {' | '.join([*modes, *jobs])}")
    if mode == "worker":
        os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # dnspython costs 19 MB; a look-up blocks for milliseconds
        warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")  # known, see docs/decisions.md
        import eventlet

        eventlet.monkey_patch()
    parts = _parts(name, mode, settings)
    if mode in jobs:
        importlib.import_module(jobs[mode]).main(parts, sys.argv[2:])
    else:
        modes[mode](parts)
    from chassis import telemetry

    telemetry.flush()


def _parts(name: str, mode: str, told: str) -> "Parts":
    from chassis import quota, records, sessions, store, telemetry, wait
    from chassis.config import read
    from chassis.masters import KeysUnavailable, masters_of
    from chassis.parts import Parts
    from chassis.sealed import Keyring

    settings = read(importlib.import_module(told).Settings)
    telemetry.setup(name, mode, settings.trace_dir, settings.log_level)
    database = store.connect(settings.mongodb_uri, name)
    store.wait_for(database)
    keyring = Keyring(database["keys"], masters_of(settings), settings.profile)
    wait.until("keys", keyring.prepare, KeysUnavailable)
    records.digest_by(settings.profile.digest)
    sessions.ensure_indexes(database)
    quota.ensure_indexes(database)
    importlib.import_module(f"services.{name}.store").ensure_indexes(database)
    return Parts(name, settings, database, keyring)


def _api(parts: "Parts") -> None:
    from chassis import contracts, poll, rpc, tokens

    settings = parts.settings
    files = (settings.tls_key_file, settings.tls_certificate_file, settings.tls_client_ca_file)
    server = rpc.Server(
        settings.grpc_listen, rpc.Tls(settings.grpc_tls_listen, *files) if settings.grpc_tls_listen else None
    )
    api: Api = importlib.import_module(f"services.{parts.name}.api").build(parts)
    book = tokens.KeyBook(parts.database["signing_keys_heard"], tokens.keys_from(parts.settings.identity_address))
    verifier = tokens.Verifier(api.find_key or book.find)
    for service in contracts.services(parts.name):
        server.add(service, api.servicers[service.name], rpc.guard_of(parts, verifier))
    server.start()
    poll.start(parts, verifier, server.ready, api.polls)
    server.wait()


def _relay(parts: "Parts") -> "tuple[Any, list[Records[Any]]]":
    from chassis.relay import Relay

    events = importlib.import_module(f"yiwang.{parts.name}.v1.events_pb2")
    records = importlib.import_module(f"services.{parts.name}.store").records(parts.database)
    collections = [one.collection for one in records]
    return Relay(parts.name, collections, events, parts.settings.amqp_uri), records


def _worker(parts: "Parts") -> None:
    import signal

    import eventlet

    from chassis import events, poll
    from chassis.relay import Lease

    worker = importlib.import_module(f"services.{parts.name}.worker").build(parts)
    events.wait_for_broker(parts.settings.amqp_uri)
    relay, _ = _relay(parts)
    lease = Lease(parts.database)
    eventlet.spawn(relay.run, lease)
    eventlet.spawn(poll.heartbeat, parts, relay.alive)
    runner = events.host(worker, parts.settings.amqp_uri)
    endings = (signal.SIGTERM, signal.SIGINT)

    def end(*_: object) -> None:
        # Once: nameko fails on stopping what is being stopped, and then never ends.
        for number in endings:
            signal.signal(number, signal.SIG_IGN)
        eventlet.spawn(runner.stop)

    for number in endings:
        signal.signal(number, end)
    runner.wait()
    lease.release()


def _republish(parts: "Parts") -> None:
    """`republish --to QUEUE [--since RFC3339]`: the journals again, to one queue."""
    import argparse
    from datetime import datetime

    from chassis import relay

    parser = argparse.ArgumentParser(prog=f"{parts.name} republish")
    parser.add_argument("--to", required=True, metavar="QUEUE")
    parser.add_argument("--since", type=datetime.fromisoformat, metavar="RFC3339")
    wanted = parser.parse_args(sys.argv[2:])
    own, records = _relay(parts)
    collections = [one.collection for one in records]
    count = relay.republish(own, collections, wanted.to, parts.settings.amqp_uri, wanted.since)
    print(f"{count} events sent to {wanted.to}")


def _verify(parts: "Parts") -> None:
    """`verify`: every journal's digests hold, and every journal replays to its state. Exit code 1 when one does not."""
    from chassis.records import broken_at

    _, records = _relay(parts)
    checked, bad = 0, 0
    for kind in records:
        for document in kind.collection.find({}):
            checked += 1
            entry, fields = broken_at(document["journal"]), kind.drift(document)
            if entry or fields:
                bad += 1
                print(f"{kind.collection.name} {document['_id']}: digest breaks at {entry}, drifted fields {fields}")
    print(f"{parts.name}: {checked} records verified, {bad} bad")
    if bad:
        sys.exit(1)


def _rewrap(parts: "Parts") -> None:
    """`rewrap`: all that is wrapped by a former master is wrapped by the current one. Stopped, it is simply run again."""
    from chassis.masters import KeysUnavailable

    others = getattr(importlib.import_module(f"services.{parts.name}.store"), "wrapped", None)
    try:
        for collection in [*parts.keyring.own_collections(), *(others(parts.database) if others else ())]:
            counts = list(parts.keyring.rewrap(collection))
            needed, all = (sum(column) for column in zip((0, 0), *counts, strict=True))
            print(f"{parts.name}: {collection.name}: {needed} of {all} keys rewrapped")
    except KeysUnavailable:
        sys.exit(f"{parts.name}: a master is away or unknown (see the log); run again when it is back")
