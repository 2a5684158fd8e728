"""Officers' pages of the words people use, of what they looked for in vain, and of the lists a county publishes."""

import asyncio
import re
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import catalog_terms
from services.gateway.acts import Act, Tried, number, only, post, shown
from services.gateway.calls import backends
from services.gateway.forms import text
from services.gateway.pages import Page
from services.gateway.pages_catalog import CATALOG, DESK
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.catalog.v1 import lists_pb2 as lists
from yiwang.catalog.v1 import vocabulary_pb2 as vocabulary

WORDS, LISTS = DESK + "/words", DESK + "/lists"
PUBLICATIONS = 20
_BETWEEN = re.compile(r"[、，,;；\s]+")


async def words(request: Request, tried: Tried) -> Response:
    """The synonyms of the officer's region, and what was looked for there in vain."""
    region, stub = session_of(request).region, backends(request).vocabulary
    known, missed = await asyncio.gather(
        ask(request, stub.GetVocabulary, vocabulary.GetVocabularyRequest(region=region)),
        ask(request, stub.ListMisses, vocabulary.ListMissesRequest(region=region)),
    )
    groups = "\n".join("、".join(group.words) for group in known.groups)
    context = {"known": known, "groups": groups, "misses": missed.misses, "tried": tried}
    return show(request, "catalog_words.html", tried.status, problems=tried.problems, **context)


def _groups(form: FormData) -> dict[str, Any]:
    """A group a line, its words parted by 、 or blanks. A line of one word is refused by the service, with its place."""
    lines = [line.strip() for line in text(form, "groups").splitlines()]
    parted = ([word for word in _BETWEEN.split(line) if word] for line in lines if line)
    return {
        "region": text(form, "region"),
        "version": number(form, "version"),
        "groups": [vocabulary.Synonyms(words=one) for one in parted],
    }


async def published(request: Request, tried: Tried) -> Response:
    """The lists of the officer's region: what was published when, and the form that publishes one as it stands now."""
    region, stub = session_of(request).region, backends(request).lists
    message = lists.ListPublicationsRequest(region=region, page_size=PUBLICATIONS)
    found = await ask_public(request, stub.ListPublications, message)
    options = [(kind, listed.title) for kind, listed in catalog_terms.LIST.items()]
    context = {"publications": found.publications, "options": options, "list_terms": catalog_terms.LIST, "tried": tried}
    return show(request, "catalog_lists.html", tried.status, problems=tried.problems, **context)


def _list(form: FormData) -> dict[str, Any]:
    return {"kind": number(form, "kind", 99), **only("region", "note")(form)}


LABELS = {"groups": "同义词", "kind": "清单", "region": "区划", "note": "说明"}
SAVE = Act("words", "vocabulary.SaveVocabulary", vocabulary.SaveVocabularyRequest, "item-saved", _groups, LABELS)
PUBLISH = Act("list", "lists.PublishList", lists.PublishListRequest, "list-published", _list, LABELS)

PAGES = (
    Page(WORDS, shown(words), post(SAVE, words, WORDS), "officer", CATALOG),
    Page(LISTS, shown(published), post(PUBLISH, published, LISTS), "officer", CATALOG),
)
