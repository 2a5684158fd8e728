"""The unified query of what departments' own systems report."""

from tests.unit.gateway.told import Services, Site, refuse
from yiwang.case.v1 import exchange_pb2 as exchange

PAGE = "/progress/reported"


def test_a_reported_case_is_found_by_number_and_the_end_of_the_document(site: Site, services: Services):
    found = exchange.ReportedProgress(number="JG-1", item_name="测试事项", status=exchange.REPORTED_STATUS_ACCEPTED)
    found.lines.add(title="受理", at="2026-11-20T01:00:00Z")
    services.on("GetReportedProgress", found)
    page = site.send(PAGE, {"number": " JG-1 ", "last_six": "71018x"}).text
    assert "测试事项" in page and "已受理" in page and "2026年11月20日 09:00" in page
    (request,) = services.requests("GetReportedProgress")
    assert (request.number, request.last_six) == ("JG-1", "71018X")
    assert "authorization" not in services.metadata("GetReportedProgress")


def test_an_unknown_one_a_wrong_one_and_too_many_tries_are_told_calmly(site: Site, services: Services):
    assert PAGE in site.get("/progress").text and site.get(PAGE).status_code == 200
    services.on("GetReportedProgress", refuse("NOT_FOUND", "NOT_FOUND", "没有"))
    unknown = site.send(PAGE, {"number": "JG-1", "last_six": "000000"})
    assert unknown.status_code == 404 and "没有查到。" in unknown.text and 'value="JG-1"' in unknown.text
    services.on("GetReportedProgress", refuse("INVALID_ARGUMENT", "X", "有误", last_six="应为6位"))
    assert 'id="last_six-error"' in site.send(PAGE, {"number": "JG-1", "last_six": "1"}).text
    services.on("GetReportedProgress", refuse("RESOURCE_EXHAUSTED", "TOO_MANY_TRIES", "查询过于频繁"))
    many = site.send(PAGE, {"number": "JG-1", "last_six": "000000"})
    assert many.status_code == 429 and "查询过于频繁" in many.text
