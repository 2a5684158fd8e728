"""Templates to pages: one environment, what every page needs, and the pages that say no."""

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from services.gateway import (
    catalog_terms,
    county,
    desk_words,
    editing_words,
    market_words,
    message_words,
    person_words,
    policy_desk_words,
    policy_portal_words,
    policy_stages,
    policy_words,
    rating_words,
    terms,
    words,
)
from services.gateway.calls import CallError
from services.gateway.forms import Problem, problem_at
from services.gateway.observe import trace_id
from services.gateway.session import keep_session, session_of
from services.gateway.unread import has_centre

HERE = Path(__file__).parent
STATIC = HERE / "static"
SHEETS = (
    "tokens.css",
    "base.css",
    "layout.css",
    "forms.css",
    "components.css",
    "account.css",
    "catalog.css",
    "editing.css",
    "person.css",
    "rating.css",
    "market.css",
    "policy.css",
)
LETTERS = "yiwang-letters"
_DONE = (
    words.DONE
    | terms.DONE
    | desk_words.DONE
    | person_words.DONE
    | rating_words.DONE
    | market_words.DONE
    | policy_words.DONE
    | policy_desk_words.DONE
    | policy_portal_words.DONE
    | message_words.DONE
)

# What people read when a page cannot be shown: title, and what to do.
REFUSALS = {
    400: ("请求有误", "提交的内容无法识别，请返回检查后重试。"),
    401: ("请先登录", "此页面需要登录后访问。"),
    403: ("无权访问", "您的账号没有办理此操作的权限。如需办理，请更换账号登录。"),
    404: ("没有找到这个页面", "地址可能有误，内容可能已经变更，或者您无权查看。"),
    405: ("不支持这样访问", "请从页面上的链接或按钮进入。"),
    409: ("现在不能这样办理", "办件的状态可能已经变化，请返回查看最新情况。"),
    413: ("提交的文件过大", "一次提交的全部文件合计不能超过 12 MB。请压缩或减少文件后重新提交。"),
    429: ("操作过于频繁", "请稍等几分钟后再试。"),
    500: ("系统出了点问题", "问题已被记录，请稍后再试。如持续出现，请联系政务服务大厅。"),
    503: ("服务暂时繁忙", "相关服务正在恢复，请稍等片刻后刷新本页重试。重复提交不会产生重复的办件。"),
}
CODES = {
    "FORM_EXPIRED": ("页面已过期", "为保护您的账号安全，页面打开过久需要重新进入。请返回上一页、刷新后重新提交。"),
    "FORM_FOREIGN": ("请求来自其他网站", "为保护您的账号安全，已拒绝来自其他网站的提交。"),
    "PERSONS_ONLY": ("此页面供办事人使用", "您登录的不是个人账号。如需办事，请使用个人账号登录。"),
    "OFFICERS_ONLY": ("此页面供工作人员使用", "您登录的不是工作人员账号。工作人员请使用工号登录。"),
    "AGENTS_ONLY": ("此页面供帮办代办人员使用", "您登录的不是帮办代办账号。帮办代办人员请使用代办员编号登录。"),
    "ROLE_NEEDED": ("您的岗位没有这项权限", "如因工作需要使用此页面，请联系本地管理员调整岗位权限。"),
    "UPSTREAM_REFUSED": (
        "上级平台登录未成功",
        "请返回登录页重试，或使用账号密码登录。如多次失败，请联系政务服务大厅。",
    ),
    "NOTICE_NOT_YOURS": (
        "没有找到这条消息",
        "它可能是发给别人的。发给企业的消息，请先在“我的企业”里代企业办理，再打开这个地址。",
    ),
    "NO_DEVICE": ("这台设备没有登记", "请在“管理 · 设备”里登记为自助终端，再用登记后的设备编号启用。"),
    "PART_CLOSED": (
        "本地未开通这项服务",
        "可以从首页查找其他服务，或者拨打页面下方的热线咨询。已经在办的事不受影响，在“我的”里可以继续查看。",
    ),
    "NOT_WHILE_ACTING": ("代办期间不能使用此页面", "您正在代他人办理。请先结束代办，再回到您自己的页面。"),
}


def _asset(name: str) -> str:
    """The address of a static file, with a mark of its content so that browsers may keep it for a year."""
    return f"/static/{name}?v={_MARKS[name]}"


_MARKS = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:10] for file in STATIC.iterdir() if file.is_file()}

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.globals.update(
    words=words,
    terms=terms,
    catalog_terms=catalog_terms,
    desk_words=desk_words,
    person_words=person_words,
    rating_words=rating_words,
    market_words=market_words,
    policy_words=policy_words,
    finance_words=policy_desk_words,
    policy_stages=policy_stages,
    portal_words=policy_portal_words,
    message_words=message_words,
    comparisons=editing_words.COMPARISONS,
    asset=_asset,
    # Fetched by npm where they can be; without them charts stay as they are drawn here, and a list is loaded with its page.
    charts_too="echarts.simple.min.js" in _MARKS,
    quiet_too="htmx.min.js" in _MARKS,
    sheets=SHEETS,
)
_ENVIRONMENT.filters.update(
    limit=words.limit_text,
    time=words.time_text,
    day=words.day_text,
    size=words.size_text,
    money=desk_words.money,
    yuan=person_words.yuan,
    who=words.who_text,
    problem_at=problem_at,
)

# Compiled at start: a template with a mistake stops the process, not the first visitor.
for _name in _ENVIRONMENT.list_templates():
    _ENVIRONMENT.get_template(_name)


def show(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Renders a page. `csrf` is a function: only a page with a form makes an anonymous visitor a session."""
    session, look = session_of(request), county.look(request)
    common = {
        "session": session,
        "csrf": session.form_token,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query and request.method == "GET" else ""),
        "path": request.url.path,
        "large": request.cookies.get(LETTERS) == "large",
        "county": look,
        "region_name": look.name,
        "has_centre": has_centre(session),
        "unread": getattr(request.state, "unread", None),
        "done": _DONE.get(request.query_params.get("done", ""), ""),
        "problems": list[Problem](),
        # The device whose browser this is, at a self-service machine.
        "kiosk": getattr(request.state, "kiosk", ""),
        # The address of news of what is shown (live.py); and whether it is only told, since reading it again would be noted.
        "stream": "",
        "stream_asks": False,
    }
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(common | context), status)


def show_refusal(
    request: Request, status: int, code: str = "", message: str = "", fields: tuple[str, ...] = ()
) -> HTMLResponse:
    """The page that says why something cannot be shown or done, and what to do instead."""
    # A time-out is the same to people as a service that is away.
    status = 503 if status == 504 else status
    title, advice = CODES.get(code) or REFUSALS.get(status) or REFUSALS[500 if status >= 500 else 400]
    trace = trace_id(request.state.traceparent)
    page = show(
        request, "refusal.html", status, title=title, advice=advice, message=message, fields=fields, trace=trace
    )
    if status == 503:
        page.headers["Retry-After"] = "10"
    keep_session(request, page)
    return page


def show_call_error(request: Request, error: CallError) -> HTMLResponse:
    """The page for a refusal of a service that no form on the page can show."""
    message = error.message if error.status in (400, 403, 409, 429) else ""
    return show_refusal(request, error.status, error.reason, message, tuple(field.text for field in error.fields))
