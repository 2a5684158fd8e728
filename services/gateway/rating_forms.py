"""What the forms of ratings and tickets share: the fields of a rating, its files, the channel it came by."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request

from services.gateway import forms
from services.gateway.calls import FILE_DEADLINE, backends
from services.gateway.forms import request_id, text, whole
from services.gateway.overview import or_none
from services.gateway.session import ask, ask_public
from yiwang.rating.v1 import service_pb2 as rating

# At the input of the form; more are refused by the service.
MOST_FILES: Final = 3


def grade_of(typed: str) -> int:
    """A grade as a form or an address has it, 1 to 5 (5 = 非常满意); 0 for anything else."""
    return int(typed) if len(typed) == 1 and typed in "12345" else 0


def given(form: FormData) -> dict[str, Any]:
    """The fields of a rating. Tags stand in the form by grade and only those of the chosen one are on the screen: what was ticked
    before another grade was chosen is left out."""
    grade = grade_of(text(form, "grade"))
    tags = [tag for tag in form.getlist(f"tags-{grade}") if isinstance(tag, str)]
    return {
        "grade": grade,
        "tags": list(dict.fromkeys(tags)),
        "comment": text(form, "comment"),
        "anonymous": text(form, "anonymous") == "1",
        "contact": text(form, "contact"),
    }


def again(form: FormData) -> dict[str, Any]:
    """The fields of a second rating."""
    return {"grade": grade_of(text(form, "grade")), "comment": text(form, "comment")}


def channel_of(request: Request) -> rating.RatingChannel.ValueType:
    """Telephone or computer, as the browser says of itself."""
    mobile = request.headers.get("sec-ch-ua-mobile", "") == "?1" or "Mobi" in request.headers.get("user-agent", "")
    return rating.RATING_CHANNEL_MOBILE if mobile else rating.RATING_CHANNEL_PC


async def tags_by_grade(request: Request, hall: bool) -> dict[int, list[rating.Tag]]:
    """What may be ticked beside each grade, in a hall or on the web; nothing while rating does not answer."""
    tags: dict[int, list[rating.Tag]] = {}
    for tag in await _tags(request):
        if tag.hall == hall:
            tags.setdefault(tag.grade, []).append(tag)
    return tags


async def tag_names(request: Request) -> dict[str, str]:
    """What all of them are called, by code."""
    return {tag.code: tag.name for tag in await _tags(request)}


async def _tags(request: Request) -> Sequence[rating.Tag]:
    found = await or_none(ask_public(request, backends(request).rating.ListTags, rating.ListTagsRequest()))
    return found.tags if found else ()


async def attach(request: Request, form: FormData) -> list[str]:
    """Uploads the files of a form; their ids."""

    async def send(act: str, name: str, content: bytes) -> str:
        message = rating.UploadRatingFileRequest(request_id=act, filename=name, content=content)
        kept = await ask(request, backends(request).rating.UploadRatingFile, message, FILE_DEADLINE)
        return str(kept.file_id)

    return await forms.attach(form, "files", request_id(form), send, most=MOST_FILES)


def whole_number(form: FormData, name: str, most: int = 1000) -> int:
    """A number as typed; 0 when it is none, which the service judges."""
    return min(whole(text(form, name)), most)
