"""Nothing personal stands in clear anywhere outside of an answer to who may read it: not in store, broker, logs or spans."""

from pathlib import Path
from typing import Any

import bson
import grpc
from pymongo.database import Database

from tests.support import broking
from tests.support.actors import officer, person, trust
from tests.support.calling import refused
from tests.support.items import PDF, definition, publish
from tests.support.serving import CaseApart, odd_worker, places_for, text_of
from yiwang.case.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
Code = grpc.StatusCode


def test_nothing_personal_stands_in_clear_in_store_broker_logs_or_spans(
    tmp_path: Path, mongodb_uri: str, database: Db, amqp_uri: str
) -> None:
    canaries = {"name": "欧阳测试金丝雀", "phone": "13998765432", "note": "990121199003077654"}
    texts = {
        "filename": "欧阳测试金丝雀的身份证.pdf",
        "notice": "请欧阳测试金丝雀补交",
        "opinion": "欧阳测试金丝雀合格",
    }
    content = PDF + "欧阳测试金丝雀".encode()
    trust(database)
    item = publish(database, definition(steps=definition().steps[1:2]))
    apart = CaseApart(tmp_path, mongodb_uri, amqp_uri)
    worker = odd_worker(places_for(tmp_path / "worker", mongodb_uri, amqp_uri))
    apart.process.start()
    worker.launch()
    try:
        with broking.spying(amqp_uri) as spy:
            citizen, desk = apart.by(person()), apart.by(officer("receive", "review", "issue"))
            stored = citizen.UploadAttachment(filename=texts["filename"], content=content)
            files = [pb.HandedIn(material="application", attachments=[stored.id])]
            with refused(Code.INVALID_ARGUMENT):
                citizen.SubmitCase(item_id=item, form=canaries | {"area": canaries["name"]}, materials=files)
            case = citizen.SubmitCase(item_id=item, form=canaries, materials=files)
            desk.RequestCorrection(case_id=case.id, materials=["plan"], notice=texts["notice"])
            more = citizen.UploadAttachment(filename=texts["filename"], content=content)
            plan = [pb.HandedIn(material="plan", attachments=[more.id])]
            citizen.CorrectCase(case_id=case.id, materials=plan, form={"note": canaries["note"]})
            desk.AcceptCase(case_id=case.id)
            desk.PassReviewStep(case_id=case.id, opinion=texts["opinion"])
            with refused():
                desk.RefuseCase(case_id=case.id, reason=texts["opinion"])
            decider = apart.by(officer("decide"))
            decider.DecideCase(case_id=case.id, granted=False, reason=texts["notice"])
            decider.CloseCase(case_id=case.id)
            seen = citizen.GetCase(case_id=case.id)
            assert texts["notice"] in {entry.text for entry in seen.timeline}, "readable where it may be read"
            messages = spy.take(7, 30)
        apart.process.stop()
        worker.stop()
    finally:
        apart.end()
        if worker.alive:
            worker.kill()
        worker.stop()
    places = {
        "the store": b"".join(
            bson.encode(document) for name in database.list_collection_names() for document in database[name].find()
        ),
        "the broker": b"".join(bytes(m.body if isinstance(m.body, bytes) else m.body.encode()) for m in messages)
        + str([m.headers for m in messages]).encode(),
        "logs and spans": text_of(tmp_path).encode(),
    }
    assert b"CaseSubmitted" in places["the store"] and b'"SubmitCase"' not in places["the broker"]
    assert b"SubmitCase" in places["logs and spans"], "there are spans to look into"
    for place, found in places.items():
        for secret in (*canaries.values(), "金丝雀"):
            assert secret.encode() not in found, f"{secret} in {place}"
            assert ascii(secret)[1:-1].encode() not in found, f"{secret}, escaped, in {place}"
