"""Complaints at the desk of supervision, who alone sees them; and what supervision asks a department, which sees the question and
nothing else. Whoever works at both desks has two pages, and neither leads to the other."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, do, only, refused, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.moves import Move, offered
from services.gateway.pages import Handler, Page, at, go
from services.gateway.pages_policy_portal_complaints import private
from services.gateway.pages_rating_desk import county_of
from services.gateway.policy_portal_words import COMPLAINTS, FIELD, OUTCOME
from services.gateway.policy_reading import PAGE_SIZE
from services.gateway.rating_moves import Entry
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.policy.v1 import complaints_pb2 as pb

DESK: Final = "/desk/policies/complaints"
ONE: Final = DESK + "/{complaint_id:uuid}"
QUESTIONS: Final = "/desk/policies/questions"
QUESTION: Final = QUESTIONS + "/{question_id:uuid}"
SUPERVISES: Final = ("supervise",)
ANSWERS: Final = ("receive", "review", "decide", "policy", "payout")


def _act(rpc: str, request: type[Any], done: str, fields: Any = lambda form: {}) -> Act:
    return Act(rpc.partition(".")[2].lower(), rpc, request, done, fields, FIELD)


def _concluded(form: FormData) -> dict[str, Any]:
    outcome = text(form, "outcome")
    known = {str(one) for one in OUTCOME}
    return {"outcome": int(outcome) if outcome in known else 0, **only("reply", "measures")(form)}


MOVES: Final[Mapping[str, Move]] = {
    "AcceptComplaint": Move(
        _act("complaints.AcceptComplaint", pb.AcceptComplaintRequest, "complaint-accepted"), "受理", (),
        "受理后办结期限开始计算。", True,
    ),
    "AskDepartment": Move(
        _act("complaints.AskDepartment", pb.AskDepartmentRequest, "complaint-asked", only("text")), "询问被投诉部门",
        (Entry("text", "询问内容", most=2000, hint="用自己的话写，不得摘录投诉内容，不得透露投诉人。对方只看到这段文字。"),),
    ),
    "ConcludeComplaint": Move(
        _act("complaints.ConcludeComplaint", pb.ConcludeComplaintRequest, "complaint-concluded", _concluded), "办结",
        (
            Entry("outcome", "调查结论", "choice", options=[(str(number), word.text) for number, word in OUTCOME.items()]),
            Entry("reply", "给投诉人的答复", most=4000),
            Entry("measures", "整改措施", required=False, most=2000, hint="不属实的可以不填。"),
        ),
        "办结后不再显示投诉人的姓名和联系方式。",
    ),
}  # fmt: skip
ANSWER: Final = _act(
    "complaints.AnswerSupervisionQuestion", pb.AnswerSupervisionQuestionRequest, "question-answered", only("text")
)


async def desk(request: Request) -> Response:
    """Those of the supervisor's region that are not about his own department: numbers and dates."""
    asked = request.query_params
    tab, page, county = asked.get("status", ""), asked.get("page", "")[:200], county_of(asked.get("county", ""))
    message = pb.ListComplaintDeskRequest(
        status=COMPLAINTS.get(tab, 0),  # type: ignore[arg-type]
        overdue=tab == "overdue",
        county=county,
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).complaints.ListComplaintDesk, message)
    context: dict[str, Any] = {"found": found, "chosen": tab, "page": page, "county_code": county}
    context["at"] = lambda tab, page="": at(DESK, county=county, status=tab, page=page)
    return show(request, "desk_policy_portal_complaints.html", **context)


async def one_complaint(request: Request, tried: Tried) -> Response:
    """One, with what was asked and answered about it. Each opening is on record, and who complained sees it."""
    message = pb.GetComplaintRequest(complaint_id=str(request.path_params["complaint_id"]))
    one = await ask(request, backends(request).complaints.GetComplaint, message)
    moves = offered(MOVES, list(one.open_moves))
    context: dict[str, Any] = {"one": one, "moves": moves, "tried": tried}
    return show(request, "desk_policy_portal_complaint.html", tried.status, problems=tried.problems, **context)


def _moved(act: Act) -> Handler:
    """A form of the desk, back to the complaint's page."""

    async def handler(request: Request) -> Response:
        try:
            await do(request, act)
        except CallError as error:
            return await one_complaint(request, await refused(request, act, error))
        return go(f"{DESK}/{request.path_params['complaint_id']}", done=act.done)

    return private(handler)


async def questions(request: Request, tried: Tried) -> Response:
    """What supervision asks the officer's department; each with the form of its answer."""
    asked = request.query_params
    tab, page = asked.get("status", ""), asked.get("page", "")[:200]
    message = pb.ListSupervisionQuestionsRequest(open=tab == "open", page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).complaints.ListSupervisionQuestions, message)
    context: dict[str, Any] = {"found": found, "chosen": tab, "page": page, "tried": tried}
    context["at"] = lambda tab, page="": at(QUESTIONS, status=tab, page=page)
    # A form leads to the question's own address, and an answer that is refused back to the same part of the list.
    context["to"] = lambda id: at(f"{QUESTIONS}/{id}", status=tab, page=page)
    # Of several forms of the page, the one that was refused.
    context["about"] = str(request.path_params.get("question_id", ""))
    return show(request, "desk_policy_portal_questions.html", tried.status, problems=tried.problems, **context)


async def answer(request: Request) -> Response:
    """Answers one question."""
    try:
        await do(request, ANSWER)
    except CallError as error:
        return await questions(request, await refused(request, ANSWER, error))
    return go(QUESTIONS, done=ANSWER.done)


PAGES = (
    Page(DESK, private(desk), None, "officer", SUPERVISES),
    Page(ONE, private(shown(one_complaint)), None, "officer", SUPERVISES),
    *(Page(f"{ONE}/{one.act.name}", None, _moved(one.act), "officer", SUPERVISES) for one in MOVES.values()),
    Page(QUESTIONS, private(shown(questions)), None, "officer", ANSWERS),
    Page(QUESTION, private(shown(questions)), private(answer), "officer", ANSWERS),
)
