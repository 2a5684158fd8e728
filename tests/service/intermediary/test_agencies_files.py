"""Proofs of agencies: told by their content, read by who may, swept when no record has them."""

from datetime import timedelta

import grpc
import pytest

from chassis.acts import now
from tests.support.actors import OTHER_DEPARTMENT, person, supervisor
from tests.support.agencies import agent_of, uscc
from tests.support.agencies_here import AgenciesHere
from tests.support.calling import refused
from tests.support.files import docx, jpeg
from tests.support.items import PDF
from tests.support.rating_service import Db

Code = grpc.StatusCode


def test_a_proof_is_read_by_the_agency_and_the_officers_of_its_region_alone(agencies: AgenciesHere) -> None:
    actor, agency = agencies.entered()
    file = agency.qualifications[0].file.file_id
    mine = agencies.to(actor).DownloadMarketFile(agency_id=agency.id, file_id=file)
    assert (mine.content, mine.file.filename) == (PDF, "资质证书.pdf")
    for one in (agencies.operator, agencies.boss):
        theirs = agencies.to(one).DownloadMarketFile(agency_id=agency.id, file_id=file)
        assert (theirs.content, theirs.file.filename) == (PDF, "附件1.pdf")
    strangers = (person(), agent_of(uscc()), supervisor("market", region="990122", department=OTHER_DEPARTMENT))
    for stranger in strangers:
        with refused(Code.NOT_FOUND):
            agencies.to(stranger).DownloadMarketFile(agency_id=agency.id, file_id=file)
    with refused(Code.NOT_FOUND):
        agencies.to(actor).DownloadMarketFile(agency_id=agency.id, file_id=agencies.file(actor))


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "FILE_EMPTY"), (docx(), "FILE_TYPE"), (jpeg(), "FILE_BROKEN"), (PDF + bytes(5 << 20), "FILE_TOO_LARGE")],
    ids=["nothing", "a DOCX", "a picture nobody can open", "more than five megabytes"],
)
def test_what_is_no_picture_or_pdf_is_refused(agencies: AgenciesHere, content: bytes, reason: str) -> None:
    with refused(Code.INVALID_ARGUMENT, reason) as refusal:
        agencies.file(agent_of(uscc()), content)
    assert refusal.fields == {"content": reason}
    with refused(Code.INVALID_ARGUMENT, "FILENAME"):
        agencies.file(agent_of(uscc()), filename="../a.pdf")


def test_unused_files_go_after_a_day_and_those_of_records_stay(agencies: AgenciesHere, database: Db) -> None:
    actor, agency = agencies.entered()
    unused, fresh = agencies.file(actor), agencies.file(actor)
    used = agency.qualifications[0].file.file_id
    database["market_file_users"].insert_one({"_id": unused, "record": "a record that died half way"})
    old = {"$set": {"metadata.at": now() - timedelta(days=2)}}
    for file in (used, unused):
        database["market_files.files"].update_many({"metadata.upload": file}, old)
    for _ in range(2):
        agencies.agencies_worker.sweep_market_files()
    left = {row["metadata"]["upload"] for row in database["market_files.files"].find({})}
    assert left == {used, fresh}
    assert [row["_id"] for row in database["market_file_users"].find({})] == [used]
