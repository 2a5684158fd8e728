"""An evaluator's pages: asking to be in the pool, the choices he is drawn for, their proposals, his scores, his own word on an interest."""

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, only, shown, texts
from services.gateway.calls import CallError, backends
from services.gateway.desk_inputs import wrong
from services.gateway.forms import text
from services.gateway.market_forms import act, refused
from services.gateway.market_reading import PAGE_SIZE, procurement_id
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.intermediary.v1 import selection_pb2 as selection

AT: Final = "/market/evaluator"
ONE: Final = "/market/evaluations/{procurement_id:uuid}"


def _applied(form: FormData) -> dict[str, Any]:
    ties = [one.upper() for one in texts(form, "ties")]
    typed = only("name", "region")(form)
    return typed | {"id_number": text(form, "id_number").upper(), "fields": texts(form, "fields"), "ties": ties}


APPLY: Final = act("selection.ApplyAsEvaluator", selection.ApplyAsEvaluatorRequest, "market-applied", _applied)
SCORE: Final = act("selection.GiveScores", selection.GiveScoresRequest, "market-scored")
RECUSE: Final = act("selection.RecuseEvaluator", selection.RecuseEvaluatorRequest, "market-recused", only("reason"))


async def mine(request: Request, tried: Tried) -> Response:
    """The visitor's entry in the pool, and the choices he is drawn for; the form to ask for it."""
    page = request.query_params.get("page", "")[:200]
    try:
        one = await ask(request, backends(request).selection.GetMyEvaluator, selection.GetMyEvaluatorRequest())
    except CallError as error:
        if error.status != 404:
            raise
        one = None
    message = selection.ListMyEvaluationsRequest(page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).selection.ListMyEvaluations, message) if one else None
    context: dict[str, Any] = {"one": one, "found": found, "page": page, "tried": tried}
    context["region"] = str(request.app.state.settings.region)
    return show(request, "market_evaluator.html", tried.status, problems=tried.problems, **context)


async def apply(request: Request) -> Response:
    """Asks to be in the pool."""
    try:
        await do(request, APPLY)
    except CallError as error:
        return await mine(request, await refused(request, APPLY, error))
    return go(AT, done=APPLY.done)


async def evaluation(request: Request, tried: Tried) -> Response:
    """One choice: proposals and criteria, the visitor's own scores; everybody's once all are in."""
    one = await _evaluation(request)
    seat = next((seat for seat in one.seats if seat.mine), None)
    context: dict[str, Any] = {"one": one, "seat": seat, "points": _points(seat), "tried": tried}
    return show(request, "market_evaluation.html", tried.status, problems=tried.problems, **context)


async def _evaluation(request: Request) -> selection.Evaluation:
    message = selection.GetEvaluationRequest(procurement_id=procurement_id(request))
    return await ask(request, backends(request).selection.GetEvaluation, message)


def _points(seat: selection.Seat | None) -> dict[str, int]:
    """Scores by the inputs they were typed into."""
    return {f"points_{one.uscc}_{one.criterion}": one.points for one in seat.scores} if seat else {}


def scores_of(form: FormData, one: selection.Evaluation) -> list[selection.Score]:
    """Every candidate by every criterion, as typed. CallError names the first that is none."""
    found = []
    for candidate in one.candidates:
        for at, criterion in enumerate(one.criteria):
            name = f"points_{candidate.uscc}_{at}"
            typed = text(form, name)
            if not (typed.isascii() and typed.isdecimal() and int(typed[:9]) <= 100):
                raise wrong("scores", f"{candidate.name}的“{criterion.name}”应为 0 到 100 的整数")
            found.append(selection.Score(uscc=candidate.uscc, criterion=at, points=int(typed)))
    return found


async def score(request: Request) -> Response:
    """Hands the scores in, once."""
    try:
        stated = scores_of(await request.form(), await _evaluation(request))
        await do(request, SCORE, scores=stated)
    except CallError as error:
        return await evaluation(request, await refused(request, SCORE, error))
    return go(f"/market/evaluations/{procurement_id(request)}", done=SCORE.done)


async def recuse(request: Request) -> Response:
    """Says that he has an interest."""
    try:
        await do(request, RECUSE)
    except CallError as error:
        return await evaluation(request, await refused(request, RECUSE, error))
    return go(AT, done=RECUSE.done)


PAGES = (
    Page(AT, shown(mine), apply, "person"),
    Page(ONE, shown(evaluation), score, "person", fields=3000),
    Page(ONE + "/recuse", None, recuse, "person"),
)
