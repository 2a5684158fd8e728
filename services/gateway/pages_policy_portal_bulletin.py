"""The bulletin (统计公报): what policies, payouts and the portal amount to, by month, mode, department and item, for everybody."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import charts, policy_words
from services.gateway.calls import CallError, backends
from services.gateway.forms import problems_of
from services.gateway.pages import Page
from services.gateway.policy_portal_words import FIELD, MODE_NAME, NEWS_KIND, month
from services.gateway.policy_reading import AT as POLICIES
from services.gateway.policy_reading import TABS, region
from services.gateway.render import show
from services.gateway.session import ask_public
from services.gateway.words import SHANGHAI
from yiwang.policy.v1 import bulletins_pb2 as pb
from yiwang.policy.v1 import news_pb2 as news

AT: Final = POLICIES + "/bulletin"
# So many bars fit a chart; the table beside has all.
BARS: Final = 10
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")


async def bulletin(request: Request) -> Response:
    """The numbers of a region in some months, with charts and the same numbers as tables."""
    today = datetime.now(UTC).astimezone(SHANGHAI).date()
    asked = {
        "region": region(request),
        "first_month": _month(request, "first_month", f"{today.year}-01"),
        "last_month": _month(request, "last_month", f"{today:%Y-%m}"),
    }
    context: dict[str, Any] = {"asked": asked, "tabs": TABS, "found": None}
    try:
        found = await ask_public(
            request, backends(request).policy_bulletins.GetBulletin, pb.GetBulletinRequest(**asked)
        )
    except CallError as error:
        if error.status != 400:
            raise
        return show(request, "policy_portal_bulletin.html", 400, problems=problems_of(error, FIELD), **context)
    modes = [pb.BulletinPart(name=MODE_NAME.get(one.key, one.name)) for one in found.modes]
    for named, one in zip(modes, found.modes, strict=True):
        named.MergeFrom(pb.BulletinPart(claims=one.claims, payments=one.payments, paid_fen=one.paid_fen))
    context |= {
        "found": found,
        "columns": charts.columns([(month(one.month), one.claims, one.payments) for one in found.months]),
        "month_bars": charts.bars(
            [(one.month, one.paid_fen, _short_money(one.paid_fen), "go") for one in found.months]
        ),
        "parts": [
            (key, title, rows, _bars(rows))
            for key, title, rows in (
                ("modes", "兑付方式", modes),
                ("departments", "部门", list(found.departments)),
                ("items", "事项", list(found.items_paid)),
            )
        ],
        "news": [
            (name, found.news.get(news.NewsKind.Name(kind).removeprefix("NEWS_KIND_"), 0))
            for kind, name in NEWS_KIND.items()
        ],
    }
    return show(request, "policy_portal_bulletin.html", **context)


def _month(request: Request, name: str, otherwise: str) -> str:
    typed = request.query_params.get(name, "").strip()
    return typed if _MONTH.fullmatch(typed) else otherwise


def _bars(rows: Sequence[pb.BulletinPart]) -> charts.Bars:
    """How much was paid by each, most first."""
    paid = sorted(rows, key=lambda one: -one.paid_fen)[:BARS]
    return charts.bars([(_short(one.name), one.paid_fen, _short_money(one.paid_fen), "go") for one in paid])


def _short(name: str, most: int = 7) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _short_money(fen: int) -> str:
    """An amount that has little room: 12.3万; the table has it exactly."""
    yuan = fen / 100
    for size, said in ((10**8, "亿"), (10**4, "万")):
        if yuan >= size:
            return f"{yuan / size:.1f}{said}"
    return policy_words.yuan(fen).removesuffix(" 元")


PAGES = (Page(AT, bulletin),)
