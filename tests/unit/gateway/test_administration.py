"""Administration: what each form asks of its service, who may open it, and how two administrators meet."""

import pytest

from services.gateway.app import PAGES
from tests.unit.gateway.told import USCC, Services, Site, hidden, refuse, session
from yiwang.identity.v1 import agents_pb2 as agents
from yiwang.identity.v1 import clients_pb2 as clients
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.identity.v1 import service_pb2 as identity

ID = "7b0f3c1e-0000-4000-8000-00000000000a"
OTHER = "7b0f3c1e-0000-4000-8000-00000000000b"
ADMIN = [page for page in PAGES if page.path.startswith("/admin")]


def officer(**change: object) -> identity.Officer:
    fields = {
        "id": ID,
        "version": 7,
        "staff_number": "sj-201",
        "name": "李演示",
        "roles": ["issue"],
        "department": USCC,
    }
    return identity.Officer(**fields | change)


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    department = officers.Department(uscc=USCC, name="测试局", region="990121")
    services.on("ListDepartments", officers.ListDepartmentsResponse(departments=[department]))
    services.on("ListOfficers", officers.ListOfficersResponse(officers=[officer()]))
    services.on("GetOfficer", officer())
    services.on("CountPrincipals", identity.CountPrincipalsResponse(persons_by_level={"MEDIUM": 12345}, officers=7))
    services.on("ListWindows", counties.ListWindowsResponse(windows=[
        {"id": ID, "number": "A01", "hall": "一楼", "department": USCC, "officer_id": "o-9", "officer_name": "张示范"},
        {"id": OTHER, "number": "B01", "hall": "二楼", "department": "other"},
    ]))  # fmt: skip
    services.on(
        "ListDuties", counties.ListDutiesResponse(duties=[{"staff_number": "sj-101", "since": "2026-03-01T00:00:00Z"}])
    )
    services.on("ListDevices", counties.ListDevicesResponse(devices=[{"id": ID, "label": "一号机", "kind": 1}]))
    services.on(
        "ListAgentOrganizations",
        agents.ListAgentOrganizationsResponse(agent_organizations=[{"id": ID, "name": "测试点"}]),
    )
    services.on(
        "ListAgents", agents.ListAgentsResponse(agents=[{"id": OTHER, "name": "丙示例", "agent_number": "bb-1"}])
    )
    services.on(
        "ListClients",
        clients.ListClientsResponse(clients=[{"id": ID, "code": "bdc", "name": "测试系统", "kind": 1, "proof": 3}]),
    )
    days = [{"day": "2026-03-01", "begun": 10, "succeeded": 9, "refused": {"access_denied": 1}}]
    services.on("GetClientFigures", clients.GetClientFiguresResponse(days=days))
    services.on("GetCounty", counties.County(region="990121", name="示范县", channels=counties.ChannelSwitch(web=True)))


def test_every_page_opens_for_an_administrator_and_for_nobody_without_the_role(site: Site, services: Services):
    paths = [page.path.replace("{client_id:uuid}", ID) for page in ADMIN if page.get]
    paths = [
        path.replace("{officer_id:uuid}", ID).replace("{window_id:uuid}", ID) for path in paths if "{" not in path[:30]
    ]
    site.sign_in(as_officer=True)
    opened = [path for path in paths if "{" not in path and site.get(path).status_code == 200]
    assert len(opened) >= 10
    plain = session(as_officer=True)
    plain.me.officer.roles[:] = ["receive", "decide"]
    services.on("SignIn", plain)
    site.send("/sign-in", {"login": "a", "password": "b"})
    services.heard.clear()
    for path in opened:
        answer = site.get(path)
        assert answer.status_code == 403 and "您的岗位没有这项权限" in answer.text, path
    assert services.heard == [] and 'href="/admin"' not in site.get("/").text


def test_a_supervisor_reads_figures_and_duties_and_changes_nothing(site: Site, services: Services):
    only = session(as_officer=True)
    only.me.officer.roles[:] = ["supervise"]
    services.on("SignIn", only)
    site.send("/sign-in", {"login": "a", "password": "b"})
    home = site.get("/admin").text
    assert "12345" in home and "/admin/officers" not in home and not services.requests("ListOfficers")
    page = site.get("/admin/windows").text
    assert "张示范" in page and "新设窗口" not in page
    assert "sj-101" in site.get(f"/admin/windows/{ID}").text
    assert site.get("/admin/county").status_code == 403


FORMS = [
    ("/admin/departments", "SaveDepartment", {"uscc": USCC.lower(), "name": "测试局", "region": "990121", "parent": ""},
     {"uscc": USCC, "name": "测试局", "region": "990121", "parent": ""}),
    ("/admin/windows", "SaveWindow", {"number": "A1", "hall": "一楼", "region": "990121", "department": USCC, "label": "开办"},
     {"number": "A1", "hall": "一楼", "region": "990121", "department": USCC, "label": "开办"}),
    ("/admin/devices", "RegisterDevice",
     {"kind": "DEVICE_KIND_TABLET", "label": "平板", "region": "990121", "window_id": ID, "jwk_json": "{}"},
     {"kind": 2, "label": "平板", "window_id": ID, "jwk_json": "{}"}),
    (f"/admin/devices/{ID}/revoke", "RevokeDevice", {}, {"device_id": ID}),
    ("/admin/agents", "SaveAgentOrganization",
     {"code": "c-1", "name": "点", "kind": "AGENT_KIND_BANK", "region": "990121", "item_codes": "X1\n\n X2 \nX1"},
     {"code": "c-1", "kind": 2, "item_codes": ["X1", "X2"]}),
    (f"/admin/agents/{ID}/close", "CloseAgentOrganization", {}, {"agent_organization_id": ID}),
    ("/admin/agents/people", "AppointAgent", {"agent_number": "b-1", "name": "丙", "agent_organization_id": ID, "password": " p w "},
     {"agent_number": "b-1", "password": " p w "}),
    (f"/admin/agents/people/{OTHER}/dismiss", "DismissAgent", {}, {"agent_id": OTHER}),
    (f"/admin/officers/{ID}/reject", "RejectAppointment", {"reason": "无此需要"}, {"officer_id": ID, "reason": "无此需要"}),
    (f"/admin/officers/{ID}/transfer", "TransferOfficer",
     {"department": USCC, "roles": ["receive", "review"], "post": "窗口", "successor_id": OTHER},
     {"officer_id": ID, "roles": ["receive", "review"], "successor_id": OTHER}),
    (f"/admin/officers/{ID}/dismiss", "DismissOfficer", {"successor_id": "", "reason": "退休"}, {"officer_id": ID, "reason": "退休"}),
    (f"/admin/clients/{ID}/disable", "DisableClient", {"reason": "泄露"}, {"client_id": ID, "reason": "泄露"}),
    (f"/admin/clients/{ID}/enable", "EnableClient", {}, {"client_id": ID}),
    ("/admin/persons/suspend", "SuspendPerson", {"person_id": ID, "reason": "本人报失"}, {"person_id": ID, "reason": "本人报失"}),
    ("/admin/persons/resume", "ResumePerson", {"person_id": ID}, {"person_id": ID}),
    (f"/desk/window/{ID}/on", "SignOnWindow", {}, {"window_id": ID}),
    ("/desk/window/off", "SignOffWindow", {}, {}),
    ("/desk/window/verify", "VerifyInPerson",
     {"name": "诸葛试真名", "id_number": "990101199003070017", "phone": "19900000009", "document_type": "111"},
     {"name": "诸葛试真名", "id_number": "990101199003070017", "phone": "19900000009", "document_type": "111"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "rpc", "typed", "sent"), FORMS, ids=[form[1] for form in FORMS])
def test_each_form_sends_what_was_typed(site: Site, services: Services, path, rpc, typed, sent):
    site.sign_in(as_officer=True)
    answer = {"SaveDepartment": officers.Department, "SaveWindow": counties.Window, "SignOnWindow": counties.Duty,
              "SignOffWindow": counties.Duty, "RegisterDevice": counties.Device, "RevokeDevice": counties.Device,
              "SaveAgentOrganization": agents.AgentOrganization, "CloseAgentOrganization": agents.AgentOrganization,
              "AppointAgent": identity.Agent, "DismissAgent": identity.Agent, "DisableClient": clients.Client,
              "EnableClient": clients.Client, "SuspendPerson": identity.PersonSummary,
              "ResumePerson": identity.PersonSummary}.get(rpc, identity.Officer)  # fmt: skip
    services.on(rpc, answer())
    done = site.send(path, typed)
    assert done.status_code == 303 and "done=" in done.headers["location"]
    (request,) = services.requests(rpc)
    assert request.request_id == "act-00000001"
    shown = {name: getattr(request, name) for name in sent}
    assert {name: list(value) if isinstance(sent[name], list) else value for name, value in shown.items()} == sent


def test_every_form_of_administration_is_tried(site: Site):
    tried = {path.replace(ID, "*").replace(OTHER, "*") for path, *_ in FORMS}
    elsewhere = {
        "/admin/officers/new",
        "/admin/officers/*",
        "/admin/officers/*/approve",
        "/admin/county",
        "/admin/clients/new",
        "/admin/clients/*",
        "/admin/windows/*/code",
        "/admin/windows/*/code/revoke",
        "/admin/rating-rules",
        "/admin/messages/rules",
        "/admin/messages/templates/*/text",
        "/admin/messages/templates/*/publish",
        "/admin/messages/templates/*/return",
    }
    forms = {"/".join("*" if "{" in part else part for part in page.path.split("/")) for page in ADMIN if page.post}
    assert forms - tried == elsewhere


def test_a_role_to_decide_is_said_to_wait_and_a_second_one_approves_what_he_read(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("AppointOfficer", officer(proposed_roles=["decide"], proposed_by="officer:o-1"))
    typed = {
        "staff_number": "sj-201",
        "name": "李演示",
        "department": USCC,
        "region": "990121",
        "roles": ["issue", "decide"],
        "password": "secret-pass",
    }
    answer = site.send("/admin/officers/new", typed)
    assert answer.headers["location"] == f"/admin/officers/{ID}?done=proposed"
    (request,) = services.requests("AppointOfficer")
    assert list(request.roles) == ["issue", "decide"] and request.password == "secret-pass"
    services.on("GetOfficer", officer(proposed_roles=["decide"], proposed_by="officer:o-1"))
    own = site.get(f"/admin/officers/{ID}").text
    assert f"/admin/officers/{ID}/approve" not in own and "须由另一名管理员批准" in own

    proposer = identity.Officer(id=OTHER, staff_number="zw-902", name="甲管理")
    proposed = officer(proposed_roles=["decide"], proposed_by=f"officer:{OTHER}")
    services.on("GetOfficer", lambda r: proposer if r.officer_id == OTHER else proposed)
    page = site.get(f"/admin/officers/{ID}").text
    assert "甲管理（zw-902）" in page and "测试官乙（您）" in page and hidden(page, "version") == "7"
    services.on("ApproveAppointment", officer())
    site.send(f"/admin/officers/{ID}/approve", {"version": "7"})
    (approved,) = services.requests("ApproveAppointment")
    assert (approved.officer_id, approved.version) == (ID, 7)
    services.on("ApproveAppointment", refuse("ABORTED", "CHANGED_MEANWHILE", "任职信息已有变化，请重新核对"))
    assert "请重新核对" in site.send(f"/admin/officers/{ID}/approve", {"version": "7"}).text


def test_a_password_is_never_shown_again(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("AppointOfficer", refuse("INVALID_ARGUMENT", "FIELD", "有误", department="没有这个部门"))
    typed = {"staff_number": "sj-9", "name": "甲", "roles": "receive", "password": "secret-pass"}
    answer = site.send("/admin/officers/new", typed)
    assert answer.status_code == 400 and "secret-pass" not in answer.text and 'value="sj-9"' in answer.text
    assert 'id="appoint-department-error"' in answer.text and 'value="receive" checked' in answer.text


def test_county_settings_send_switches_quotas_and_the_colour_only_when_wanted(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("SaveCounty", counties.County())
    typed = {
        "region": "990121",
        "name": "示范县",
        "color": "#8a1f2b",
        "channels": ["web", "kiosk"],
        "submits_per_minute": "600",
        "machine_calls_per_minute": "x",
    }
    site.send("/admin/county", typed)
    site.send("/admin/county", typed | {"own_color": "1"})
    without, with_color = services.requests("SaveCounty")
    assert (without.color, with_color.color) == ("", "#8a1f2b")
    assert without.channels == counties.ChannelSwitch(web=True, kiosk=True)
    assert (without.quotas.submits_per_minute, without.quotas.machine_calls_per_minute) == (600, 0)
    services.on("SaveCounty", refuse("INVALID_ARGUMENT", "CONTRAST", "有误", color="与白色的对比度只有 2.1 : 1"))
    pale = site.send("/admin/county", typed | {"own_color": "1", "color": "#ffcc00"})
    assert pale.status_code == 400 and "2.1 : 1" in pale.text and 'value="#ffcc00"' in pale.text


def test_the_county_page_sends_emblem_hotlines_and_what_is_offered(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("SaveCounty", counties.County())
    typed = {
        "region": "990121",
        "name": "示范县",
        "parts": ["themes", "market"],
        "hotlines": "企业服务，0990-102，工作日\n\n医保,0990-103\n坏的",
    }
    picture = {"new_emblem": ("emblem.png", b"\x89PNG...", "image/png")}
    site.send("/admin/county", typed, files=picture)
    (sent,) = services.requests("SaveCounty")
    assert (sent.new_emblem, sent.no_emblem, list(sent.closed_parts)) == (
        b"\x89PNG...",
        False,
        [counties.SITE_PART_POLICIES],
    )
    assert [(one.name, one.phone, one.hours) for one in sent.hotlines] == [
        ("企业服务", "0990-102", "工作日"),
        ("医保", "0990-103", ""),
        ("坏的", "", ""),
    ]
    fault = {"hotlines[2].phone": "电话不正确", "new_emblem": "徽标须为PNG图片"}
    services.on("SaveCounty", refuse("INVALID_ARGUMENT", "INVALID", "有误", **fault))
    page = site.send("/admin/county", typed, files=picture)
    assert page.status_code == 400 and "第3行：电话不正确" in page.text and "徽标须为PNG图片" in page.text
    assert "坏的</textarea>" in page.text


def test_a_secret_is_shown_once_and_stands_in_no_address(site: Site, services: Services):
    site.sign_in(as_officer=True)
    saved = clients.SaveClientResponse(client={"id": ID, "name": "测试系统"}, secret="only-once-secret")
    services.on("SaveClient", saved)
    typed = {"code": "bdc", "name": "测试系统", "kind": "CLIENT_KIND_SIGN_ON", "proof": "CLIENT_PROOF_SECRET", "department": USCC,
             "region": "990121", "redirect_uris": "https://a.test/cb\r\nhttps://b.test/cb", "scopes": ["openid", "phone"],
             "new_secret": "1",
             "certificate_sha256": "AB:CD", "quota_per_minute": "60"}  # fmt: skip
    answer = site.send("/admin/clients/new", typed)
    assert (
        answer.status_code == 200
        and "only-once-secret" in answer.text
        and answer.headers["cache-control"] == "no-store"
    )
    (request,) = services.requests("SaveClient")
    assert list(request.redirect_uris) == ["https://a.test/cb", "https://b.test/cb"] and request.new_secret
    assert (request.certificate_sha256, request.quota_per_minute, list(request.scopes)) == (
        "abcd",
        60,
        ["openid", "phone"],
    )
    services.on("SaveClient", clients.SaveClientResponse(client={"id": ID}))
    assert site.send(f"/admin/clients/{ID}", typed).headers["location"] == f"/admin/clients/{ID}?done=saved"


def test_figures_are_a_table_with_bars_beside_it(site: Site):
    site.sign_in(as_officer=True)
    page = site.get(f"/admin/clients/{ID}").text
    assert "90.0%" in page and "9/10" in page and "access_denied" in page and page.count('class="bar"') == 1
    assert site.get(f"/admin/clients/{OTHER}").status_code == 404


def test_an_officer_signs_on_to_windows_of_his_own_department_only(site: Site, services: Services):
    site.sign_in(as_officer=True)
    page = site.get("/desk/window").text
    assert "A01" in page and "B01" not in page and f"/desk/window/{ID}/on" in page
    services.on("SignOnWindow", refuse("FAILED_PRECONDITION", "WINDOW_OF_OTHER_DEPARTMENT", "不是本部门的窗口"))
    answer = site.send(f"/desk/window/{ID}/on")
    assert answer.status_code == 409 and "不是本部门的窗口" in answer.text


def test_who_only_administers_begins_there(site: Site, services: Services):
    office = session(as_officer=True)
    office.me.officer.roles[:] = ["administer", "catalog"]
    services.on("SignIn", office)
    assert site.send("/sign-in", {"login": "a", "password": "b"}).headers["location"] == "/admin"
