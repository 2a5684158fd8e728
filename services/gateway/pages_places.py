"""Administration of windows, who is on duty at them, devices, and helper points with their agents; and signing on to a window."""

import asyncio
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, form, only, post, shown, texts
from services.gateway.calls import backends
from services.gateway.forms import text
from services.gateway.pages import Page
from services.gateway.pages_officers import ADMINISTER, ALL, OVERSEE, departments_of, names
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from services.gateway.terms import PLACE
from yiwang.identity.v1 import agents_pb2 as agents
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.identity.v1 import verifications_pb2 as verifications

PAGE_SIZE = 50
WINDOWS, DEVICES, POINTS, DUTY = "/admin/windows", "/admin/devices", "/admin/agents", "/desk/window"


async def windows_of(request: Request) -> list[counties.Window]:
    """The windows of the officer's region."""
    message = counties.ListWindowsRequest(region=session_of(request).region, page_size=ALL)
    return list((await ask(request, backends(request).counties.ListWindows, message)).windows)


async def windows(request: Request, tried: Tried) -> Response:
    """The windows of the region with who is on duty, and the form to open or change one."""
    found, known = await asyncio.gather(windows_of(request), departments_of(request))
    edited = next((one for one in found if one.id == request.query_params.get("window")), counties.Window())
    manages = "administer" in session_of(request).roles
    context = {"found": found, "departments": known, "names": names(known), "edited": edited, "tried": tried}
    return show(request, "admin_windows.html", tried.status, problems=tried.problems, manages=manages, **context)


async def duties(request: Request) -> Response:
    """Who was on duty at a window."""
    id, page = str(request.path_params["window_id"]), request.query_params.get("page", "")[:200]
    message = counties.ListDutiesRequest(window_id=id, page_size=PAGE_SIZE, page_token=page)
    found, known = await asyncio.gather(
        ask(request, backends(request).counties.ListDuties, message), windows_of(request)
    )
    window = next((one for one in known if one.id == id), counties.Window(id=id))
    return show(request, "admin_duties.html", found=found, window=window, page=page)


async def duty(request: Request, tried: Tried) -> Response:
    """The windows of the officer's own department: sign on to one, or off."""
    session = session_of(request)
    found = [one for one in await windows_of(request) if one.department == session.department]
    here = next((one for one in found if one.officer_id == session.id), None)
    context = {"found": found, "here": here, "tried": tried}
    return show(request, "desk_window.html", tried.status, problems=tried.problems, **context)


def _window(form: FormData) -> dict[str, Any]:
    return only("number", "hall", "region", "department", "label")(form)


SAVE_WINDOW = Act("window", "counties.SaveWindow", counties.SaveWindowRequest, "saved", _window, PLACE)
SIGN_ON = Act("on", "counties.SignOnWindow", counties.SignOnWindowRequest, "signed-on")
SEEN = only("name", "id_number", "phone", "document_type")
VERIFY = Act("verify", "verifications.VerifyInPerson", verifications.VerifyInPersonRequest, "seen-in-person", SEEN)
SIGN_OFF = Act("off", "counties.SignOffWindow", counties.SignOffWindowRequest, "signed-off")


async def devices(request: Request, tried: Tried) -> Response:
    """The devices of the region, and the form to trust another."""
    page = request.query_params.get("page", "")[:200]
    message = counties.ListDevicesRequest(page_size=PAGE_SIZE, page_token=page)
    found, known = await asyncio.gather(
        ask(request, backends(request).counties.ListDevices, message), windows_of(request)
    )
    context = {"found": found, "windows": {one.id: one for one in known}, "page": page, "tried": tried}
    return show(request, "admin_devices.html", tried.status, problems=tried.problems, **context)


def _device(form: FormData) -> dict[str, Any]:
    kind = dict(counties.DeviceKind.items()).get(text(form, "kind"), 0)
    return {**only("label", "region", "window_id", "jwk_json")(form), "kind": kind}


TRUST = Act("device", "counties.RegisterDevice", counties.RegisterDeviceRequest, "device-added", _device, PLACE)
DISTRUST = Act("revoke", "counties.RevokeDevice", counties.RevokeDeviceRequest, "device-revoked")


async def points(request: Request, tried: Tried) -> Response:
    """Helper points and bank branches of the region, and the agents of all or of one."""
    asked = request.query_params
    message = agents.ListAgentOrganizationsRequest(region=session_of(request).region, page_size=ALL)
    at, page = asked.get("point", "")[:36], asked.get("page", "")[:200]
    people = agents.ListAgentsRequest(agent_organization_id=at, page_size=PAGE_SIZE, page_token=page)
    stub = backends(request).agents
    found, staff = await asyncio.gather(
        ask_public(request, stub.ListAgentOrganizations, message), ask(request, stub.ListAgents, people)
    )
    known = sorted(found.agent_organizations, key=lambda one: (one.closed, one.kind, one.level, one.name))
    edited = next((one for one in known if one.id == at), agents.AgentOrganization())
    context = {"points": known, "staff": staff, "edited": edited, "at": at, "page": page, "tried": tried}
    return show(request, "admin_agents.html", tried.status, problems=tried.problems, **context)


def _point(form: FormData) -> dict[str, Any]:
    kind = dict(agents.AgentKind.items()).get(text(form, "kind"), 0)
    typed = only("code", "name", "region", "parent_id", "address", "phone")(form)
    return {**typed, "kind": kind, "item_codes": texts(form, "item_codes")}


def _agent(form: FormData) -> dict[str, Any]:
    typed = only("agent_number", "name", "agent_organization_id")(form)
    return {**typed, "password": str(form.get("password", ""))}


SAVE_POINT = Act("point", "agents.SaveAgentOrganization", agents.SaveAgentOrganizationRequest, "saved", _point, PLACE)
CLOSE_POINT = Act("close", "agents.CloseAgentOrganization", agents.CloseAgentOrganizationRequest, "closed-point")
APPOINT = Act("agent", "agents.AppointAgent", agents.AppointAgentRequest, "appointed", _agent)
DISMISS = Act("dismiss", "agents.DismissAgent", agents.DismissAgentRequest, "dismissed")

PAGES = (
    Page(DUTY, shown(duty), None, "officer"),
    form(DUTY + "/off", SIGN_OFF, duty, DUTY, "officer"),
    form(DUTY + "/verify", VERIFY, duty, DUTY, "officer", ("receive",)),
    form(DUTY + "/{window_id:uuid}/on", SIGN_ON, duty, DUTY, "officer"),
    Page(WINDOWS, shown(windows), post(SAVE_WINDOW, windows, WINDOWS), "officer", OVERSEE),
    Page(WINDOWS + "/{window_id:uuid}", duties, None, "officer", OVERSEE),
    Page(DEVICES, shown(devices), post(TRUST, devices, DEVICES), "officer", ADMINISTER),
    form(DEVICES + "/{device_id:uuid}/revoke", DISTRUST, devices, DEVICES, "officer", ADMINISTER),
    Page(POINTS, shown(points), post(SAVE_POINT, points, POINTS), "officer", ADMINISTER),
    form(POINTS + "/{agent_organization_id:uuid}/close", CLOSE_POINT, points, POINTS, "officer", ADMINISTER),
    form(POINTS + "/people", APPOINT, points, POINTS, "officer", ADMINISTER),
    form(POINTS + "/people/{agent_id:uuid}/dismiss", DISMISS, points, POINTS, "officer", ADMINISTER),
)
