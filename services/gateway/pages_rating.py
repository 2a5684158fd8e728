"""Rating as the person served does it: two taps, what may be said beside, the second rating, and what became of a negative one."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import rating_forms, rating_words, sources
from services.gateway.acts import FRESH, Act, Tried, do, only, refused
from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.case_acts import act_page
from services.gateway.pages import Page, go
from services.gateway.pages_person import PAGE_SIZE, SAFE_TYPES
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.rating.v1 import service_pb2 as rating

AT: Final = "/rate"
ONE: Final = AT + "/{rating_id:uuid}"
BACK: Final = AT + "/{rating_id}"
# As long as the second rating may follow the first.
AGAIN_DAYS: Final = timedelta(days=90)
NEGATIVE: Final = (rating.GRADE_DISSATISFIED, rating.GRADE_VERY_DISSATISFIED)

GIVE = Act(
    "give", "rating.GiveRating", rating.GiveRatingRequest, "rating-given", rating_forms.given, rating_words.FIELD
)
AGAIN = Act(
    "again", "rating.RateAgain", rating.RateAgainRequest, "rating-again", rating_forms.again, rating_words.FIELD
)
APPEAL = Act(
    "appeal", "rating.AppealRating", rating.AppealRatingRequest, "rating-appealed", only("reason"), rating_words.FIELD
)
REOPEN = Act(
    "reopen", "rating.ReopenRating", rating.ReopenRatingRequest, "rating-reopened", only("reason"), rating_words.FIELD
)


async def mine(request: Request) -> Response:
    """The visitor's ratings and what waits for one, newest first."""
    page, waits = request.query_params.get("page", "")[:200], "open" in request.query_params
    message = rating.ListRatingsRequest(page_size=PAGE_SIZE, page_token=page, open_only=waits)
    found = await ask(request, backends(request).rating.ListRatings, message)
    return show(request, "ratings_mine.html", found=found, page=page, waits=waits)


async def one_rating(request: Request, tried: Tried) -> Response:
    """A service node to be rated, or how it was rated and what became of it."""
    message = rating.GetRatingRequest(rating_id=str(request.path_params["rating_id"]))
    one = await ask(request, backends(request).rating.GetRating, message)
    tags = await rating_forms.tags_by_grade(request, hall=False)
    context: dict[str, Any] = {
        "one": one,
        "tags": tags,
        "names": {tag.code: tag.name for some in tags.values() for tag in some},
        "chosen": rating_forms.grade_of(request.query_params.get("grade", "")),
        "may_again": _may_again(one),
        "tried": tried,
        "problems": tried.problems,
    }
    return show(request, "rating.html", tried.status, **context)


def _may_again(one: rating.Rating) -> bool:
    """Whether a second rating may still follow."""
    if one.status != rating.RATING_STATUS_RATED or one.again_grade or not one.rated_at:
        return False
    return datetime.now(UTC) - datetime.fromisoformat(one.rated_at) < AGAIN_DAYS


async def opened(request: Request) -> Response:
    """The page as it is opened."""
    return await one_rating(request, FRESH)


async def give(request: Request) -> Response:
    """Gives the rating, its files first."""
    try:
        files = await rating_forms.attach(request, await request.form())
        told = {"source": sources.of_browser(request), "channel": rating_forms.channel_of(request)}
        one = await do(request, GIVE, file_ids=files, **told)
    except CallError as error:
        return await one_rating(request, await refused(request, GIVE, error))
    return go(f"{AT}/{one.id}", done="rating-negative" if one.grade in NEGATIVE else GIVE.done)


async def download(request: Request) -> Response:
    """A file of a rating or a ticket, for whoever may read that; always saved, never shown as a page of this site."""
    ids = {name: str(value) for name, value in request.path_params.items()}
    message = rating.DownloadRatingFileRequest(**ids)
    found = await ask(request, backends(request).rating.DownloadRatingFile, message, FILE_DEADLINE)
    kind = found.file.media_type
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file.filename, safe='')}"}
    return Response(found.content, 200, headers, kind if kind in SAFE_TYPES else "application/octet-stream")


PAGES = (
    Page(AT, mine, None, "person", acting=True),
    Page(ONE, opened, give, "person", acting=True),
    act_page(ONE + "/again", AGAIN, one_rating, BACK),
    act_page(ONE + "/appeal", APPEAL, one_rating, BACK),
    act_page(ONE + "/reopen", REOPEN, one_rating, BACK),
    Page("/rating-files/{record_id:uuid}/{file_id:uuid}", download, None, "anyone", acting=True),
)
