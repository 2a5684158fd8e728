"""Erasure: the case stays, without what names the person."""

from chassis.acts import now
from tests.support.calling import As, refused
from tests.support.case_service import NOT_FOUND, PRECONDITION, submit, upload
from tests.support.items import PDF, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb


def test_after_erasure_a_case_is_there_without_what_names_the_person(
    case_api: Here, citizen: As, desk: dict[str, As], item: str
) -> None:
    stored = upload(citizen)
    case = submit(citizen, item, materials=[pb.HandedIn(material="application", attachments=[stored.id])])
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图")
    case_api.keyring.erase(case.applicant_id, now())
    seen = desk["receive"].GetCase(case_id=case.id)
    assert (seen.erased, list(seen.answers), seen.correction_notice) == (True, [], "")
    assert {entry.text for entry in seen.timeline} == {""}
    assert [one.filename for material in seen.materials for one in material.attachments] == [""]
    with refused(NOT_FOUND):
        desk["receive"].DownloadAttachment(case_id=case.id, attachment_id=stored.id)
    with refused(PRECONDITION, "PERSON_ERASED"):
        citizen.UploadAttachment(filename="申请书.pdf", content=PDF)
    with refused(PRECONDITION, "PERSON_ERASED"):
        citizen.SubmitCase(item_id=publish(case_api.database, simple()))
