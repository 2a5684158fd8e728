"""A file of ratings on its page: what became of its rows, and what was wrong with it."""

from services.gateway import pages_rating_import
from services.rating import importing_csv
from tests.unit.gateway.told import Services, Site, hidden, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.rating.v1 import records_pb2 as records

AT = "/desk/ratings/import"
FILE = {"content": ("三月.csv", "评价编号\n".encode(), "text/csv")}
ANSWER = records.ImportRatingsResponse(
    landed=9,
    known=2,
    refused=1,
    rows=[records.ImportedRow(number=7, reference=SCRIPT, field="grade", message="不在允许的取值内")],
)


def test_what_became_of_each_row_is_told(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("ImportFile", ANSWER)
    page = site.send(AT, files=FILE).text
    (sent,) = services.requests("ImportFile")
    assert (sent.filename, sent.content) == ("三月.csv", "评价编号\n".encode())
    for part in ("9 行", "2 行", "1 行", "满意度：不在允许的取值内"):
        assert part in page
    assert SCRIPT not in page


def test_a_file_that_takes_longer_than_a_call_goes_on_under_the_same_request(site: Site, services: Services):
    site.sign_in(as_officer=True)
    answers = iter([refuse("UNAVAILABLE", "IMPORT_GOES_ON"), refuse("UNAVAILABLE", "IMPORT_GOES_ON"), ANSWER])

    services.on("ImportFile", lambda _: next(answers))
    assert "9 行" in site.send(AT, files=FILE).text
    assert len({one.request_id for one in services.requests("ImportFile")}) == 1
    services.on("ImportFile", refuse("UNAVAILABLE", "IMPORT_GOES_ON", "已处理500行，请再次提交同一内容"))
    told = site.send(AT, files=FILE)
    assert told.status_code == 503 and "已处理500行" in told.text
    assert hidden(told.text, "request_id") == "act-00000001", "sent again it is the same act"


def test_a_file_at_fault_is_told_at_its_input_and_nothing_else(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("ImportFile", refuse("INVALID_ARGUMENT", "FILE_HEADER", "表头缺少：满意度", content="表头缺少：满意度"))
    page = site.send(AT, files=FILE)
    assert page.status_code == 400 and page.text.count('id="import-content-error"') == 1
    services.on("ImportFile", refuse("FAILED_PRECONDITION", "FILE_IMPORTED", "该文件已导入过，本次未计入任何评价"))
    assert "该文件已导入过" in site.send(AT, files=FILE).text
    before = len(services.requests("ImportFile"))
    assert "请选择文件" in site.send(AT).text and len(services.requests("ImportFile")) == before


def test_who_does_not_supervise_brings_none(site: Site, services: Services):
    site.sign_in()
    assert site.get(AT).status_code in (303, 403)
    assert site.send(AT, files=FILE).status_code in (303, 403)
    assert services.requests("ImportFile") == []


def test_every_column_of_a_file_is_called_on_the_page_as_in_the_file():
    assert {name: column for column, name in importing_csv.COLUMNS.items()} == pages_rating_import.COLUMNS
