"""Electronic supervision on pages: findings listed, answered, sent back and closed; a case urged."""

from tests.unit.gateway.test_desk_pages import ID, OTHER, a_finding, as_officer
from tests.unit.gateway.told import CASE, Services, Site, refuse
from yiwang.case.v1 import supervision_pb2 as supervision


def test_findings_are_filtered_by_status_and_for_supervisors_by_department(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("ListFindings", supervision.ListFindingsResponse(findings=[a_finding()], next_page_token="p2"))
    page = site.get(f"/desk/findings?status=open&department={OTHER.uscc}").text
    asked = services.requests("ListFindings")[-1]
    assert (asked.status, asked.department) == (supervision.FINDING_STATUS_OPEN, "") and "<select" not in page
    assert f"/desk/findings/{ID}" in page and "已超期" in page and "page=p2" in page and "status=open" in page
    as_officer(site, services, "supervise")
    page = site.get(f"/desk/findings?status=closed&department={OTHER.uscc}").text
    asked = services.requests("ListFindings")[-1]
    assert (asked.status, asked.department, asked.county) == (supervision.FINDING_STATUS_CLOSED, OTHER.uscc, "")
    assert f"department={OTHER.uscc}&amp;status=open" in page and 'name="county"' not in page
    as_officer(site, services, "supervise", region="990100")
    assert 'name="county"' in site.get("/desk/findings?county=990121").text
    assert services.requests("ListFindings")[-1].county == "990121"


def test_the_department_answers_and_the_supervisor_closes_or_returns(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("GetFinding", a_finding())
    page = site.get(f"/desk/findings/{ID}").text
    assert "正在补办" in page and "第7条记录" in page and f"/desk/findings/{ID}/answer" in page and "/close" not in page
    services.on("AnswerFinding", a_finding(supervision.FINDING_STATUS_ANSWERED))
    answer = site.send(f"/desk/findings/{ID}/answer", {"text": "已办理完毕"})
    assert answer.headers["location"] == f"/desk/findings/{ID}?done=finding-answered"
    assert services.requests("AnswerFinding")[-1].text == "已办理完毕"
    as_officer(site, services, "supervise")
    services.on("GetFinding", a_finding(supervision.FINDING_STATUS_ANSWERED, OTHER.uscc))
    page = site.get(f"/desk/findings/{ID}").text
    assert "/answer" not in page and f"/desk/findings/{ID}/close" in page and f"/desk/findings/{ID}/return" in page
    for act, rpc in (("close", "CloseFinding"), ("return", "ReturnFinding")):
        services.on(rpc, a_finding())
        assert site.send(f"/desk/findings/{ID}/{act}", {"text": "请说明原因"}).status_code == 303
        assert services.requests(rpc)[-1].finding_id == ID
    services.on("ReturnFinding", refuse("INVALID_ARGUMENT", "STRING_MIN_LEN", "有误", text="至少 4 字"))
    wrong = site.send(f"/desk/findings/{ID}/return", {"text": "不"})
    assert (
        wrong.status_code == 400
        and 'id="return-text-error"' in wrong.text
        and '<details class="fold" open>' in wrong.text
    )


def test_a_supervisor_urges_a_case_once(site: Site, services: Services):
    as_officer(site, services, "supervise")
    assert 'name="text"' in site.get(f"/desk/{CASE}/urge").text and not services.requests("GetCase")
    services.on("UrgeCase", a_finding())
    answer = site.send(f"/desk/{CASE}/urge", {"text": "请尽快办理", "days": "5"})
    assert answer.headers["location"] == f"/desk/findings/{ID}?done=case-urged"
    (request,) = services.requests("UrgeCase")
    assert (request.case_id, request.text, request.days) == (CASE, "请尽快办理", 5)
    services.on("UrgeCase", refuse("FAILED_PRECONDITION", "URGED_ALREADY", "该办件已有督办尚未答复"))
    again = site.send(f"/desk/{CASE}/urge", {"text": "请尽快办理"})
    assert again.status_code == 409 and "已有督办尚未答复" in again.text and ">请尽快办理</textarea>" in again.text
