"""What pages of the supermarket ask for: a procurement as its reader sees it, its proof, kinds of qualifications, the visitor's agency."""

from typing import Final

from starlette.requests import Request

from services.gateway.calls import CallError, Req, Res, backends
from services.gateway.forms import whole
from services.gateway.market_proof import Proof, proof_of
from services.gateway.overview import or_none
from services.gateway.session import ask, ask_public, session_of
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb

PAGE_SIZE: Final = 20
ONE: Final = "/market/procurements/{procurement_id:uuid}"


async def seen(request: Request, rpc: object, message: Req) -> Res:
    """Asks a public method in the visitor's name, so that he sees what is his; without one when he has none, or his session is over."""
    if session_of(request).realm:
        try:
            return await ask(request, rpc, message)  # type: ignore[arg-type]
        except CallError as error:
            if error.status != 401:
                raise
    return await ask_public(request, rpc, message)  # type: ignore[arg-type]


def procurement_id(request: Request) -> str:
    """The procurement of the path."""
    return str(request.path_params["procurement_id"])


async def procurement_of(request: Request) -> pb.Procurement:
    """The procurement of the path as the visitor may see it, at least as new as his own last act."""
    newer = whole(request.query_params.get("at", ""))
    message = pb.GetProcurementRequest(procurement_id=procurement_id(request), min_version=newer)
    return await seen(request, backends(request).procurements.GetProcurement, message)


async def transcript_of(request: Request) -> selection.Transcript:
    """All that its selection was computed from. CallError NOT_FROZEN before the freeze."""
    message = selection.GetTranscriptRequest(procurement_id=procurement_id(request))
    return await seen(request, backends(request).selection.GetTranscript, message)


async def proof(request: Request, one: pb.Procurement) -> Proof | None:
    """The same as a page shows it; None before the freeze, and while it cannot be told."""
    if not one.frozen_at and one.need.mode != pb.MODE_DIRECT:
        return None
    found = await or_none(transcript_of(request))
    return proof_of(found) if found else None


async def kinds_of(request: Request) -> dict[str, agencies.QualificationKind]:
    """Kinds of qualifications by id; none while they cannot be told."""
    message = agencies.ListQualificationKindsRequest()
    found = await or_none(ask_public(request, backends(request).market_agencies.ListQualificationKinds, message))
    return {one.id: one for one in found.kinds} if found else {}


async def my_agency(request: Request) -> agencies.Agency | None:
    """The agency the visitor acts for; None before it entered, and for who acts for no organisation."""
    session = session_of(request)
    if session.realm != "person" or not session.own:
        return None
    newer = whole(request.query_params.get("at", ""))
    try:
        message = agencies.GetMyAgencyRequest(min_version=newer)
        return await ask(request, backends(request).market_agencies.GetMyAgency, message)
    except CallError as error:
        if error.status not in (403, 404):
            raise
        return None


async def own_name(request: Request) -> tuple[str, str]:
    """USCC and name the visitor acts as: the organisation's, the department's (whose USCC is known), or the person's own without one."""
    session = session_of(request)
    if session.realm == "officer":
        return "", session.department_name
    me = await or_none(ask(request, backends(request).identity.GetMe, identity.GetMeRequest()))
    if me is not None and me.HasField("organization"):
        return me.organization.uscc, me.organization.name
    return "", session.name
