"""The officer's desk: masked answers and why they are shown in clear, who acts for whom, supervision, his own work."""

import pytest

from tests.unit.gateway.told import CASE, Services, Site, a_case, an_item, refuse, session
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import officers_pb2 as officers

PURPOSE = "核实申请人联系方式"


def masked_case(*moves: str) -> cases.Case:
    case = a_case(cases.CASE_STATUS_SUBMITTED, *moves)
    for key, label, value, masked in (("phone", "联系电话", "139****5678", True), ("name", "姓名", "张三丰", False)):
        case.answers.add(value=value, masked=masked).field.CopyFrom(catalog.FormField(key=key, label=label))
    return case


def as_officer(site: Site, services: Services, *roles: str) -> None:
    reply = session(as_officer=True)
    reply.me.officer.roles[:] = roles
    reply.me.officer.region = "990121"
    services.on("SignIn", reply)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})


def test_masked_answers_can_be_asked_for_and_clear_ones_are_not_offered(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("GetCase", masked_case())
    page = site.get(f"/desk/{CASE}").text
    assert "139****5678" in page and 'value="phone"' in page and 'value="name"' not in page
    assert f'action="/desk/{CASE}/unmask"' in page and "申请人能看到" in page
    services.on("GetCase", a_case())
    assert "unmask" not in site.get(f"/desk/{CASE}").text


def test_answers_are_shown_in_clear_on_the_answer_to_the_form_and_nowhere_else(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("GetCase", masked_case())
    clear = cases.Answer(value="13912345678", field=catalog.FormField(key="phone", label="联系电话"))
    services.on("UnmaskCase", cases.UnmaskCaseResponse(answers=[clear]))
    answer = site.send(f"/desk/{CASE}/unmask", {"fields": ["phone"], "purpose": PURPOSE})
    assert answer.status_code == 200 and "13912345678" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (asked,) = services.requests("UnmaskCase")
    assert (asked.case_id, list(asked.fields), asked.purpose) == (CASE, ["phone"], PURPOSE)
    assert asked.request_id == "act-00000001"
    assert "13912345678" not in site.get(f"/desk/{CASE}").text
    assert site.get(f"/desk/{CASE}/unmask").headers["location"] == f"/desk/{CASE}"


def test_a_purpose_that_does_not_do_comes_back_beside_its_field(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("GetCase", masked_case())
    told = {"purpose": "必填或过短", "fields": "至少一项"}
    services.on("UnmaskCase", refuse("INVALID_ARGUMENT", "STRING_MIN_LEN", "有误", **told))
    answer = site.send(f"/desk/{CASE}/unmask", {"fields": ["phone"], "purpose": "看看"})
    assert answer.status_code == 400
    assert 'id="unmask-purpose-error"' in answer.text and 'value="看看"' in answer.text
    assert '<details class="fold" open>' in answer.text and 'value="phone" checked' in answer.text


def test_who_acted_for_the_applicant_is_named_to_both_sides(site: Site, services: Services):
    case = a_case()
    case.agent_name = "王某（某某社区）代办"
    case.timeline.add(title="提交申请", by="agent:a/person:p", agent_name=case.agent_name)
    case.timeline.add(title="已补正材料", by="person:p")
    services.on("GetCase", case)
    site.sign_in()
    assert site.get(f"/cases/{CASE}").text.count("王某（某某社区）代办") == 2
    as_officer(site, services, "receive")
    page = site.get(f"/desk/{CASE}").text
    assert page.count("王某（某某社区）代办") == 2 and ">申请人</span>" in page


def test_who_may_not_rate_is_not_asked_to(site: Site, services: Services):
    site.sign_in()
    services.on("GetCase", a_case(cases.CASE_STATUS_CLOSED))
    services.on("ListRatings", refuse("PERMISSION_DENIED", "NOT_ALLOWED"))
    page = site.get(f"/cases/{CASE}")
    assert page.status_code == 200 and "服务评价" not in page.text


def test_an_officer_lists_what_he_handles_himself(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("ListInbox", cases.ListInboxResponse(cases=[a_case()], next_page_token="p2"))
    page = site.get("/desk?mine=1").text
    assert services.requests("ListInbox")[-1].mine and "mine=1&amp;page=p2" in page
    site.get("/desk")
    assert not services.requests("ListInbox")[-1].mine


def test_who_only_supervises_is_led_to_supervision_and_who_works_at_the_desk_finds_it_there(
    site: Site, services: Services
):
    as_officer(site, services, "supervise")
    assert site.get("/desk").headers["location"] == "/desk/supervision"
    as_officer(site, services, "supervise", "receive")
    services.on("ListInbox", cases.ListInboxResponse())
    assert 'href="/desk/supervision"' in site.get("/desk").text
    as_officer(site, services, "receive")
    assert "/desk/supervision" not in site.get("/desk").text


def test_a_supervisor_chooses_a_department_and_reads_its_cases(site: Site, services: Services):
    as_officer(site, services, "supervise")
    listed = officers.Department(uscc="11990121MB0000001K", name="示范县卫生健康局")
    services.on("ListDepartments", officers.ListDepartmentsResponse(departments=[listed]))
    page = site.get("/desk/supervision").text
    assert "示范县卫生健康局" in page and not services.requests("ListCases")
    assert services.requests("ListDepartments")[-1].region == "990121"
    services.on("ListCases", cases.ListCasesResponse(cases=[a_case()], next_page_token="p2"))
    found = site.get("/desk/supervision?department=11990121MB0000001K").text
    assert f'href="/desk/{CASE}"' in found and "page=p2" in found and "selected" in found
    assert services.requests("ListCases")[-1].department == "11990121MB0000001K"


def test_supervision_works_while_identity_is_away(site: Site, services: Services):
    as_officer(site, services, "supervise")
    services.on("ListDepartments", refuse("UNAVAILABLE", "STORE_AWAY"))
    assert 'name="department"' in site.get("/desk/supervision").text


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [("RESOURCE_EXHAUSTED", "QUOTA_EXHAUSTED", 429), ("PERMISSION_DENIED", "ITEM_NOT_DELEGATED", 403),
     ("FAILED_PRECONDITION", "CHANNEL_CLOSED", 409), ("FAILED_PRECONDITION", "LEVEL_TOO_LOW", 409)],
)  # fmt: skip
def test_an_application_that_cannot_be_taken_now_keeps_what_was_typed(
    site: Site, services: Services, code: str, reason: str, status: int
):
    site.sign_in()
    services.on("GetItem", an_item())
    services.on("SubmitCase", refuse(code, reason, "请稍后再办理"))
    item = an_item().id
    answer = site.send(f"/items/{item}/apply", {"form.contact_phone": "13800000001"})
    assert answer.status_code == status and "请稍后再办理" in answer.text and "13800000001" in answer.text
