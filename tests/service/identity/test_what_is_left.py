"""What all the tests of this folder leave behind in store, spans, log and journals; its name makes this file the last."""

import base64
import json
import time
from typing import Any

from chassis.records import broken_at
from services.identity import store
from tests.support.identity_service import NAME, PASSWORD, Identity, dump, person_request, refusal, sign_in
from yiwang.identity.v1 import service_pb2 as pb


def test_nothing_personal_is_in_the_store_the_spans_or_the_log(identity: Identity, registered: Any) -> None:
    request, _ = registered
    session = sign_in(identity, request.id_number)
    refusal(sign_in, identity, request.phone, "a wrong password")
    refusal(identity.stub.RegisterPerson, person_request(id_number=request.id_number))
    time.sleep(2.5)  # spans are written every two seconds
    places = {"store": dump(identity), "log": (identity.folder / "log").read_bytes()}
    places["spans"] = b"".join(file.read_bytes() for file in (identity.folder / "traces").iterdir())
    assert b"RegisterPerson" in places["spans"] and b"state" in places["store"]
    secrets = [NAME, request.id_number, request.phone, PASSWORD, session.refresh_token, session.access_token]
    for secret in secrets:
        forms = {
            secret.encode(),
            json.dumps(secret).strip('"').encode(),
            base64.b64encode(secret.encode()).rstrip(b"="),
        }
        assert not [(place, secret) for place, content in places.items() for form in forms if form in content]


def test_every_journal_holds_and_replays_to_its_state(identity: Identity, registered: Any, admin: pb.Session) -> None:
    for kind in store.records(identity.parts.database):
        documents = list(kind.collection.find({}))
        # What other folders' tests write is looked through there.
        assert documents or kind.collection.name not in ("persons", "officers", "sessions")
        for document in documents:
            assert broken_at(document["journal"]) is None and kind.drift(document) == []
