"""A session that ends is refused everywhere within five seconds, by services that cannot reach identity at all."""

import time
from pathlib import Path
from typing import Any

import grpc
from pymongo.database import Database

from chassis.relay import Relay
from services.identity import store
from tests.support.actors import trust
from tests.support.calling import As
from tests.support.handling import Bench
from tests.support.identity_service import Identity, own_key, sign_in
from tests.support.serving import CASE, CaseApart
from tests.support.waiting import wait_until
from yiwang.identity.v1 import events_pb2 as events


def accepted(case: CaseApart, access: str) -> bool:
    try:
        As(case.channel, CASE, None, access).ListMyCases()
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNAUTHENTICATED
        return False
    return True


def test_signing_out_takes_effect_in_a_service_that_knows_identity_by_its_events_only(
    identity: Identity,
    registered: Any,
    bench: Bench,
    database: Database[dict[str, Any]],
    mongodb_uri: str,
    tmp_path: Path,
) -> None:
    for document in identity.parts.database["signing_keys"].find({}):
        trust(database, own_key(identity, document["_id"]))
    relay = Relay("identity", [store.sessions(identity.parts.database).collection], events, bench.amqp_uri)
    ended, other = (sign_in(identity, registered[0].phone) for _ in range(2))
    bench.start()
    case = CaseApart(tmp_path / "case", mongodb_uri, bench.amqp_uri)
    case.process.launch()
    try:
        wait_until(lambda: case.health() == 1, "case serves", 30)
        assert accepted(case, ended.access_token) and accepted(case, other.access_token)
        identity.by(ended.access_token, "IdentityService").SignOut()
        started = time.monotonic()
        while relay.once():
            pass
        wait_until(lambda: not accepted(case, ended.access_token), "case refuses the session", 10)
        assert time.monotonic() - started < 5
        assert accepted(case, other.access_token)
    finally:
        relay.publisher.close()
        case.end()
