"""rating as the tests of this folder call it."""

import os
import uuid
from collections.abc import Iterator

import grpc
import pytest

from chassis import rpc, sessions, tally, tokens
from chassis.config import Settings
from chassis.parts import Parts
from chassis.sealed import Keyring
from services.rating import api as rating_api
from services.rating import store, worker
from tests.support.actors import trust
from tests.support.rating_service import RATING, Db, RatingHere
from tests.support.serving import MASTER


@pytest.fixture
def rating(database: Db, monkeypatch: pytest.MonkeyPatch) -> Iterator[RatingHere]:
    monkeypatch.setattr(tally, "SHARE", 1e9)  # recount whenever asked
    trust(database)
    settings = Settings(master_key=MASTER)
    keyring = Keyring(database["keys"], settings.master)
    keyring.ensure_indexes()
    sessions.ensure_indexes(database)
    store.ensure_indexes(database)
    parts = Parts("rating", settings, database, keyring)
    verifier = tokens.Verifier(tokens.KeyBook(database["signing_keys_heard"], lambda: '{"keys": []}').find)
    address = f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = rpc.Server(address)
    server.add(RATING, rating_api.build(parts).servicer, rpc.Guard(verifier, keyring.request_digest))
    server.start()
    channel = grpc.insecure_channel(address)
    yield RatingHere(parts, channel, worker.build(parts)(), verifier)
    channel.close()
    server._server.stop(0).wait()
