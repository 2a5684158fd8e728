"""The visitor's own agency: entry with qualifications, people, shareholders and avoidances; its state; changes; the appeal."""

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, do, only, shown, texts
from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.forms import text
from services.gateway.market_forms import act, attach, basis_points, day, more_rows, numbered, refused, row_count, rows
from services.gateway.market_reading import kinds_of, my_agency, own_name
from services.gateway.pages import Page, go
from services.gateway.pages_market_notice import sent
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import service_pb2 as pb

AT: Final = "/market/agency"
PEOPLE: Final = ("name", "number", "certificate_kind", "certificate_number", "valid_to")
PROOFS: Final = ("kind", "grade", "certificate_number", "valid_from", "valid_to", "file_id")
# The rows of the form, by what they are called.
TABLES: Final = {
    "qualifications": PROOFS,
    "people": PEOPLE,
    "shareholders": ("name", "number", "share"),
    "avoidances": ("uscc", "reason"),
}


def profile_of(form: FormData) -> agencies.AgencyProfile:
    """What an agency states of itself, as typed."""
    plain = only("address", "legal_name", "promise", "contact_name", "contact")(form)
    return agencies.AgencyProfile(
        **plain,
        legal_number=text(form, "legal_number").upper(),
        shareholders=[
            agencies.Shareholder(
                name=row["name"],
                number=row["number"].upper(),
                share=basis_points(form, f"shareholders_{at}_share", "持股比例"),
            )
            for at, row in numbered(form, "shareholders", TABLES["shareholders"])
        ],
        people=[
            agencies.AgencyPerson(**row | {"number": row["number"].upper(), "valid_to": day(row["valid_to"])})
            for row in rows(form, "people", PEOPLE)
        ],
        services=texts(form, "services"),
        avoidances=[
            pb.Avoidance(uscc=row["uscc"].upper(), reason=row["reason"])
            for row in rows(form, "avoidances", TABLES["avoidances"])
        ],
    )


def _qualification(row: dict[str, str]) -> agencies.NewQualification:
    days = {name: day(row[name]) for name in ("valid_from", "valid_to")}
    return agencies.NewQualification(**row | days)


ENTER: Final = act(
    "market_agencies.EnterAgency",
    agencies.EnterAgencyRequest,
    "market-entered",
    lambda form: {
        "uscc": text(form, "uscc").upper(),
        "name": text(form, "name"),
        "region": text(form, "region"),
        "profile": profile_of(form),
    },
)
CHANGE: Final = act(
    "market_agencies.ChangeAgency",
    agencies.ChangeAgencyRequest,
    "market-changed",
    lambda form: {"profile": profile_of(form)},
)
ADD: Final = act("market_agencies.AddQualification", agencies.AddQualificationRequest, "market-qualification")
LEAVE: Final = act("market_agencies.LeaveMarket", agencies.LeaveMarketRequest, "market-left")
APPEAL: Final = act(
    "market_agencies.AppealBlacklisting", agencies.AppealBlacklistingRequest, "market-appealed", only("text")
)


async def mine(request: Request, tried: Tried) -> Response:
    """How the agency stands, and the forms for what it may do; the form of its entry before."""
    one = await my_agency(request)
    if one is None or "EnterAgency" in one.moves:
        return await _entry(request, tried, one)
    context: dict[str, Any] = {"one": one, "kinds": await kinds_of(request), "tried": tried}
    return show(request, "market_my_agency.html", tried.status, problems=tried.problems, **context)


async def _entry(request: Request, tried: Tried, one: agencies.Agency | None) -> Response:
    if not session_of(request).own:
        return show(request, "market_enter.html", tried.status, acting=False)
    uscc, name = (one.uscc, one.name) if one else await own_name(request)
    context = _form(tried, ENTER, one) | {"owner": (uscc, name), "kinds": await kinds_of(request), "acting": True}
    context["region"] = one.region if one else str(request.app.state.settings.region)
    return show(request, "market_enter.html", tried.status, problems=tried.problems, **context)


def _form(tried: Tried, what: Act, one: agencies.Agency | None) -> dict[str, Any]:
    """What the form of a profile shows at first, and how many rows."""
    profile = one.profile if one else agencies.AgencyProfile()
    filled = {
        "people": (len(profile.people), 2),
        "shareholders": (len(profile.shareholders), 2),
        "avoidances": (len(profile.avoidances), 1),
        "qualifications": (0, 1),
    }
    counts = {key: row_count(tried, what.name, key, number, least) for key, (number, least) in filled.items()}
    if tried.form != what.name and not (one and one.qualifications):
        counts["qualifications"] = 1
    return {"one": one, "profile": profile, "counts": counts, "form": what.name, "tried": tried}


async def edit(request: Request, tried: Tried) -> Response:
    """The form to state the profile anew."""
    one = await my_agency(request)
    if one is None:
        return go(AT)
    return show(request, "market_profile.html", tried.status, problems=tried.problems, **_form(tried, CHANGE, one))


async def enter(request: Request) -> Response:
    """Lays the agency before the operator, with the proofs of its qualifications."""
    form = await request.form()
    if text(form, "do") == "more":
        return await mine(request, await more_rows(request, ENTER, TABLES))
    kept: dict[str, list[str]] = {}
    try:
        stated = []
        for position, (at, row) in enumerate(numbered(form, "qualifications", PROOFS)):
            files = await attach(request, form, f"qualifications_{at}_file", f"qualifications_{position}_file_id")
            row["file_id"] = next(iter(files), row["file_id"])
            kept[f"qualifications_{position}_file_id"] = [row["file_id"]]
            stated.append(_qualification(row))
        await do(request, ENTER, qualifications=stated)
    except CallError as error:
        told = await refused(request, ENTER, error, TABLES)
        # A file that was taken needs no second upload.
        again = Tried(told.form, told.problems, {**told.typed, **kept}, told.act, told.status)
        return await mine(request, again)
    return go(AT, done=ENTER.done)


async def change(request: Request) -> Response:
    """States the profile anew."""
    if text(await request.form(), "do") == "more":
        return await edit(request, await more_rows(request, CHANGE, TABLES))
    try:
        one = await do(request, CHANGE)
    except CallError as error:
        return await edit(request, await refused(request, CHANGE, error, TABLES))
    return go(AT, done=CHANGE.done, at=one.version)


async def add(request: Request) -> Response:
    """Adds a qualification, or the renewed one of an old."""

    async def made(form: FormData) -> dict[str, Any]:
        files = await attach(request, form, "file", "file_id")
        row = {name: text(form, name) for name in PROOFS}
        return {"qualification": _qualification(row | {"file_id": next(iter(files), row["file_id"])})}

    return await _act(request, ADD, made)


async def _nothing(_form: FormData) -> dict[str, Any]:
    return {}


async def leave(request: Request) -> Response:
    """Takes the agency out."""
    return await _act(request, LEAVE, _nothing)


async def appeal(request: Request) -> Response:
    """Appeals against the black list."""
    return await _act(request, APPEAL, _nothing)


async def _act(request: Request, what: Act, made: Any) -> Response:
    try:
        one = await do(request, what, **await made(await request.form()))
    except CallError as error:
        return await mine(request, await refused(request, what, error))
    return go(AT, done=what.done, at=one.version)


async def proof(request: Request) -> Response:
    """The proof of a qualification, for the agency and for officers."""
    ids = {name: str(value) for name, value in request.path_params.items()}
    message = agencies.DownloadMarketFileRequest(**ids)
    return sent(await ask(request, backends(request).market_agencies.DownloadMarketFile, message, FILE_DEADLINE))


PAGES = (
    Page(AT, shown(mine), enter, "person", acting=True, fields=3000),
    Page(AT + "/edit", shown(edit), change, "person", acting=True, fields=3000),
    Page(AT + "/qualifications", None, add, "person", acting=True),
    Page(AT + "/leave", None, leave, "person", acting=True),
    Page(AT + "/appeal", None, appeal, "person", acting=True),
    Page("/market/agencies/{agency_id:uuid}/files/{file_id:uuid}", proof, None, "anyone", acting=True),
)
