"""What is known of an enterprise: every fact with who said it and when; stating facts, asking for a correction."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import policy_forms
from services.gateway.acts import Tried, do, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, text
from services.gateway.market_forms import refused
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.pages_policy_enterprise import nobody
from services.gateway.policy_forms import VALUE, act, at_facts, fact_value, facts_of, renamed
from services.gateway.policy_reading import MINE, enterprise_of, kinds_of, own
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.policy.v1 import enterprises_pb2 as pb

FACTS: Final = MINE + "/facts"
STATE: Final = FACTS + "/state"
CORRECT: Final = FACTS + "/{fact}/correct"
# Kinds one form asks for at most.
MOST: Final = 30
REPORTED: Final = ("REPORTED", "CORRECTED")

STATING: Final = act("enterprises.StateFacts", pb.StateFactsRequest, "policy-facts")
CORRECTING: Final = act(
    "enterprises.AskCorrection",
    pb.AskCorrectionRequest,
    "policy-correction",
    lambda form: {"reason": text(form, "reason")},
)
NOTHING: Final = Tried(STATING.name, (Problem("", "请至少填写一项"),), {}, "", 400)


async def facts(request: Request) -> Response:
    """All facts with their sources, corrections that were asked for, and what could be stated."""
    mine = await own(request)
    if not mine.uscc:
        return nobody(request)
    message = pb.ListCorrectionsRequest(uscc=mine.uscc, page_size=50)
    one, kinds, asked = await asyncio.gather(
        enterprise_of(request, mine.uscc),
        kinds_of(request),
        or_none(ask(request, backends(request).enterprises.ListCorrections, message)),
    )
    by_departments = {fact.name for fact in one.facts if fact.kind in REPORTED}
    context: dict[str, Any] = {
        "own": mine,
        "one": one,
        "reported": REPORTED,
        "open": [kind for name, kind in sorted(kinds.items()) if kind.cost and name not in by_departments],
        "corrections": list(asked.corrections) if asked else [],
        "kinds": kinds,
    }
    return show(request, "policy_facts.html", **context)


async def _picked(request: Request) -> list[pb.FactKind]:
    """The kinds the form is for: of its address, or of its hidden input when it was sent."""
    typed = text(await request.form(), "names") if request.method == "POST" else ""
    names = [name for part in request.query_params.getlist("names") or [typed] for name in part.split(",")]
    kinds = await kinds_of(request)
    return [kinds[name] for name in dict.fromkeys(names) if name in kinds][:MOST]


async def state(request: Request, tried: Tried) -> Response:
    """The form for the facts of the address."""
    mine = await own(request)
    if not mine.uscc:
        return nobody(request)
    picked, one = await asyncio.gather(_picked(request), enterprise_of(request, mine.uscc))
    if not picked:
        return go(FACTS)
    known = {fact.name: fact for fact in one.facts}
    values = {
        kind.name: policy_forms.typed(known[kind.name].value, kind.type) if kind.name in known else ""
        for kind in picked
    }
    context: dict[str, Any] = {
        "own": mine,
        "picked": picked,
        "values": values,
        "known": known,
        "back": _back(request, text(await request.form(), "back") if request.method == "POST" else ""),
        "tried": tried,
    }
    return show(request, "policy_state.html", tried.status, problems=tried.problems, **context)


def _back(request: Request, typed: str) -> str:
    """Where the visitor came from to state facts: an item or a claim of his own; nowhere else."""
    told = typed or request.query_params.get("back", "")
    kind, _, id = told.partition(":")
    plain = len(id) == 36 and id.replace("-", "").isalnum()
    return told if plain and kind in ("item", "claim") else ""


def _to(back: str) -> str:
    kind, _, id = back.partition(":")
    return {"item": f"{MINE}/items/{id}", "claim": f"/policies/claims/{id}"}.get(kind, FACTS)


async def say(request: Request) -> Response:
    """States the facts that were filled in."""
    mine = await own(request)
    if not mine.uscc:
        return nobody(request)
    told: Sequence[pb.FactTold] = ()
    try:
        form = await request.form()
        told = facts_of(form, await _picked(request))
        if not told:
            return await state(request, NOTHING)
        await do(request, STATING, uscc=mine.uscc, facts=told)
    except CallError as error:
        return await state(request, await refused(request, STATING, at_facts(error, told)))
    return go(_to(_back(request, text(form, "back"))), done=STATING.done)


async def correction(request: Request, tried: Tried) -> Response:
    """A fact a department reported, and the form to say that it is wrong."""
    mine = await own(request)
    if not mine.uscc:
        return nobody(request)
    one, kinds = await asyncio.gather(enterprise_of(request, mine.uscc), kinds_of(request))
    name = str(request.path_params["fact"])
    fact = next((fact for fact in one.facts if fact.name == name and fact.kind in REPORTED), None)
    if fact is None:
        raise HTTPException(404)
    kind = kinds.get(name) or pb.FactKind(name=name, type=fact.type, title=fact.title, unit=fact.unit)
    context: dict[str, Any] = {"own": mine, "fact": fact, "kind": kind, "tried": tried}
    return show(request, "policy_correct_fact.html", tried.status, problems=tried.problems, **context)


async def correct(request: Request) -> Response:
    """Asks the department to correct it."""
    mine = await own(request)
    if not mine.uscc:
        return nobody(request)
    name, form = str(request.path_params["fact"]), await request.form()
    try:
        kind = (await kinds_of(request)).get(name) or pb.FactKind(name=name, type=pb.FACT_TYPE_TEXT, title=name)
        wanted = fact_value(form, VALUE + name, kind)
        await do(request, CORRECTING, uscc=mine.uscc, wanted=wanted)
    except CallError as error:
        return await correction(request, await refused(request, CORRECTING, renamed(error, "wanted", VALUE + name)))
    return go(FACTS, done=CORRECTING.done)


PAGES = (
    Page(FACTS, facts, None, "person", acting=True),
    Page(STATE, shown(state), say, "person", acting=True),
    Page(CORRECT, shown(correction), correct, "person", acting=True),
)
