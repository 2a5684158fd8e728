"""Ratings of a call centre or an SMS gateway that come as a file: a supervisor brings it, and is told what became of each row."""

from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import FRESH, SHOWN, Tried, shown, tried
from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, next_request_id, problems_of, request_id
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.rating.v1 import records_pb2 as records

AT: Final = "/desk/ratings/import"
FORM: Final = "import"
FIELD: Final = {"content": "文件", "filename": "文件"}
# What a field of a row is called in the file.
COLUMNS: Final = {
    "reference": "评价编号",
    "channel": "评价渠道",
    "grade": "满意度",
    "rated_at": "评价时间",
    "tags": "评价指标",
    "comment": "评价内容",
    "anonymous": "是否匿名",
    "case_number": "办件编号",
    "node": "服务环节",
    "department": "部门代码",
    "department_name": "部门名称",
    "item_code": "事项编码",
    "item_name": "事项名称",
    "region": "行政区划",
    "contact": "联系电话",
}
# A file that takes longer than a call: the same request goes on where it ended, as the gateway does by itself a few times.
GOES_ON: Final = "IMPORT_GOES_ON"


async def page(request: Request, form: Tried, answer: records.ImportRatingsResponse | None = None) -> Response:
    """The form, and what became of the file that was sent last."""
    return show(
        request,
        "desk_ratings_import.html",
        form.status,
        problems=form.problems,
        tried=form,
        answer=answer,
        columns=COLUMNS,
    )


async def send(request: Request) -> Response:
    """Brings a file; the rows that were refused are told by number and reason."""
    form = await request.form()
    file = form.get("content")
    if not isinstance(file, UploadFile) or not file.filename:
        missing = Problem(f"{FORM}-content", "请选择文件")
        return await page(request, tried(form, FORM, [missing], 400, request_id(form)))
    try:
        message = records.ImportFileRequest(
            request_id=request_id(form), filename=file.filename[-200:], content=await file.read()
        )
        return await page(request, FRESH, await ask(request, backends(request).records.ImportFile, message))
    except CallError as error:
        if error.status not in SHOWN and error.reason != GOES_ON:
            raise
        # The same act goes on where it ended; another one begins anew.
        act = request_id(form) if error.reason == GOES_ON else next_request_id(form, error)
        problems = problems_of(error, FIELD, f"{FORM}-")
        return await page(request, tried(form, FORM, problems, error.status, act))


PAGES = (Page(AT, shown(page), send, "officer", ("supervise",)),)
