"""Administration: the start page with its figures, departments, and officers with their posts and roles."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Shown, Tried, do, form, number, only, post, refused, shown, texts
from services.gateway.calls import CallError, backends
from services.gateway.pages import Handler, Page, go
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from services.gateway.terms import PLACE
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.identity.v1 import service_pb2 as identity

PAGE_SIZE = 50
ALL = 200
ADMINISTER = ("administer",)
OVERSEE = ("administer", "supervise")


async def home(request: Request) -> Response:
    """Where everything is, how much there is of it, and what waits for approval."""
    manages = "administer" in session_of(request).roles
    counts, waiting = await asyncio.gather(_counts(request), _officers(request, proposed=True) if manages else _none())
    return show(request, "admin.html", counts=counts, waiting=waiting.officers, manages=manages)


async def _counts(request: Request) -> identity.CountPrincipalsResponse:
    return await ask(request, backends(request).identity.CountPrincipals, identity.CountPrincipalsRequest())


async def _none() -> officers.ListOfficersResponse:
    return officers.ListOfficersResponse()


async def departments_of(request: Request, region: str = "") -> list[officers.Department]:
    """The departments of a region, the visitor's where none is named, and below it, all pages of them."""
    found: list[officers.Department] = []
    message = officers.ListDepartmentsRequest(region=region or session_of(request).region, page_size=ALL)
    while True:
        page = await ask_public(request, backends(request).officers.ListDepartments, message)
        found += page.departments
        message.page_token = page.next_page_token
        if not page.next_page_token:
            return found


async def departments(request: Request, tried: Tried) -> Response:
    """The departments, and the form to bring one in or to change one."""
    found = await departments_of(request)
    edited = next((one for one in found if one.uscc == request.query_params.get("uscc")), officers.Department())
    context: dict[str, Any] = {"found": found, "edited": edited, "names": names(found), "tried": tried}
    return show(request, "admin_departments.html", tried.status, problems=tried.problems, **context)


def names(found: list[officers.Department]) -> Mapping[str, str]:
    """Departments' names by their code."""
    return {one.uscc: one.name for one in found}


def _department(form: FormData) -> dict[str, Any]:
    typed = only("uscc", "name", "region", "parent")(form)
    return typed | {"uscc": typed["uscc"].upper(), "parent": typed["parent"].upper()}


SAVE_DEPARTMENT = Act(
    "department", "officers.SaveDepartment", officers.SaveDepartmentRequest, "saved", _department, PLACE
)


async def _officers(
    request: Request, department: str = "", proposed: bool = False, size: int = PAGE_SIZE, page: str = ""
) -> officers.ListOfficersResponse:
    message = officers.ListOfficersRequest(department=department, proposed=proposed, page_size=size, page_token=page)
    return await ask(request, backends(request).officers.ListOfficers, message)


async def staff(request: Request) -> Response:
    """The officers of the region, all, of one department, or those with a proposal."""
    asked = request.query_params
    department, proposed, page = asked.get("department", "")[:18], "proposed" in asked, asked.get("page", "")[:200]
    found, known = await asyncio.gather(_officers(request, department, proposed, page=page), departments_of(request))
    context: dict[str, Any] = {"department": department, "proposed": proposed, "page": page}
    return show(request, "admin_officers.html", found=found, departments=known, **context)


async def appoint_page(request: Request, tried: Tried) -> Response:
    """The form of a new officer."""
    context = {"departments": await departments_of(request), "officer": None, "tried": tried}
    return show(request, "admin_appoint.html", tried.status, problems=tried.problems, **context)


async def officer(request: Request, tried: Tried) -> Response:
    """One officer: his post, what is proposed for him and by whom, and the forms to change it."""
    one = await _get(request, str(request.path_params["officer_id"]))
    known, colleagues, proposer = await asyncio.gather(
        departments_of(request), _officers(request, one.department, size=ALL), _proposer(request, one.proposed_by)
    )
    others = [other for other in colleagues.officers if other.id != one.id and not other.dismissed]
    context = {"officer": one, "departments": known, "others": others, "proposer": proposer, "tried": tried}
    own = one.proposed_by == f"officer:{session_of(request).id}"
    return show(request, "admin_officer.html", tried.status, problems=tried.problems, own=own, **context)


async def _get(request: Request, officer_id: str) -> identity.Officer:
    message = officers.GetOfficerRequest(officer_id=officer_id)
    return await ask(request, backends(request).officers.GetOfficer, message)


async def _proposer(request: Request, by: str) -> str:
    """Name and number of who proposed; his id when he is of another region."""
    kind, _, id = by.partition(":")
    if kind != "officer":
        return by
    try:
        one = await _get(request, id)
    except CallError:
        return by
    return f"{one.name}（{one.staff_number}）"


def _post(form: FormData) -> dict[str, Any]:
    # A password is as it was typed: spaces belong to it.
    typed = only("staff_number", "name", "department", "region", "post")(form)
    return {**typed, "roles": texts(form, "roles"), "password": str(form.get("password", ""))}


def _approval(form: FormData) -> dict[str, Any]:
    return {"version": number(form, "version")}


def _transfer(form: FormData) -> dict[str, Any]:
    return {**only("department", "post", "successor_id")(form), "roles": texts(form, "roles")}


APPOINT = Act("appoint", "officers.AppointOfficer", officers.AppointOfficerRequest, "appointed", _post)
APPROVE = Act("approve", "officers.ApproveAppointment", officers.ApproveAppointmentRequest, "approved", _approval)
REJECT = Act("reject", "officers.RejectAppointment", officers.RejectAppointmentRequest, "rejected", only("reason"))
TRANSFER = Act("transfer", "officers.TransferOfficer", officers.TransferOfficerRequest, "transferred", _transfer)
DISMISS = Act(
    "dismiss", "officers.DismissOfficer", officers.DismissOfficerRequest, "dismissed", only("successor_id", "reason")
)


def appointing(page: Shown) -> Handler:
    """Serves the form that opens or changes an officer's file, and says whether a second administrator is needed."""

    async def handler(request: Request) -> Response:
        try:
            saved = await do(request, APPOINT)
        except CallError as error:
            return await page(request, await refused(request, APPOINT, error))
        return go(f"{OFFICERS}/{saved.id}", done="proposed" if saved.proposed_roles else APPOINT.done)

    return handler


OFFICERS = "/admin/officers"
ONE = OFFICERS + "/{officer_id:uuid}"
BACK = OFFICERS + "/{officer_id}"

PAGES = (
    Page("/admin", home, None, "officer", OVERSEE, counts=True),
    Page(
        "/admin/departments",
        shown(departments),
        post(SAVE_DEPARTMENT, departments, "/admin/departments"),
        "officer",
        ADMINISTER,
    ),
    Page(OFFICERS, staff, None, "officer", ADMINISTER),
    Page(OFFICERS + "/new", shown(appoint_page), appointing(appoint_page), "officer", ADMINISTER),
    Page(ONE, shown(officer), appointing(officer), "officer", ADMINISTER),
    form(ONE + "/approve", APPROVE, officer, BACK, "officer", ADMINISTER),
    form(ONE + "/reject", REJECT, officer, BACK, "officer", ADMINISTER),
    form(ONE + "/transfer", TRANSFER, officer, BACK, "officer", ADMINISTER),
    form(ONE + "/dismiss", DISMISS, officer, BACK, "officer", ADMINISTER),
)
