"""The route table walked through: every page as somebody who may come, with real records in its address, and as nobody."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from services.gateway.app import PAGES
from services.gateway.pages import Page
from services.gateway.security import own_path
from tests.service.gateway.outside import Outside

SECONDS = 30
STREAM = "text/event-stream"
# Of names in paths, by the first pattern that fits the path: the record of the world that is meant.
REAL: tuple[tuple[str, str, Callable[[Any], object]], ...] = (
    ("item_id", r"/policies/", lambda w: w.policy.item),
    ("item_id", r"/desk/receive/", lambda w: w.item_anywhere),
    ("item_id", r"/desk/catalog/", lambda w: w.item),
    ("item_id", r"/", lambda w: w.merged_item),
    ("id", r"/desk/catalog/directory/", lambda w: w.entry),
    ("id", r"/desk/catalog/implementations/", lambda w: w.implementation),
    ("id", r"/desk/catalog/themes/", lambda w: w.theme),
    ("id", r"/directory/implementations/", lambda w: w.implementation),
    ("id", r"/directory/", lambda w: w.entry),
    ("id", r"/themes/.*/apply", lambda w: w.theme_to_apply_for),
    ("id", r"/themes/", lambda w: w.theme),
    ("id", r"/guide-files/", lambda w: "0" * 64),
    ("code", r"/admin/messages/", lambda w: "case-correction"),
    ("section", r"/desk/catalog/items/", lambda w: "basic"),
    ("section", r"/desk/catalog/themes/", lambda w: "basic"),
    ("section", r"/desk/catalog/", lambda w: "basic"),
    ("size", r"/", lambda w: "large"),
    ("topic", r"/", lambda w: "设立变更"),
    ("kind", r"/lists", lambda w: "fees"),
    ("service", r"/open/", lambda w: "yiwang.case.v1.CaseService"),
    ("method", r"/open/", lambda w: "GetCase"),
    ("kind", r"/rates", lambda w: "online"),
    ("case_id", r"/desk/", lambda w: w.case),
    ("case_id", r"/", lambda w: w.case),
    ("attachment_id", r"/bundles/", lambda w: w.bundle_file),
    ("attachment_id", r"/", lambda w: w.file),
    ("bundle_id", r"/", lambda w: w.bundle),
    ("draft_id", r"/", lambda w: w.draft),
    ("delegation_id", r"/", lambda w: w.delegation),
    ("verification_id", r"/", lambda w: w.verification),
    ("client_id", r"/", lambda w: w.client),
    ("organization_id", r"/", lambda w: w.organization),
    ("person_id", r"/", lambda w: w.bystander_id),
    ("rating_id", r"/desk/", lambda w: w.negative),
    ("rating_id", r"/", lambda w: w.rating),
    ("record_id", r"/", lambda w: w.ticket_with_file),
    ("file_id", r"/rating-files/", lambda w: w.file_of_ticket),
    ("file_id", r"/market/agencies/", lambda w: w.agency.file),
    ("file_id", r"/market/", lambda w: w.deal.file),
    ("file_id", r"/policies/", lambda w: w.policy.file),
    ("window_id", r"/", lambda w: w.window),
    ("ticket_id", r"/", lambda w: w.ticket),
    ("agency_id", r"/", lambda w: w.agency.agency),
    ("procurement_id", r"/market/(needs|awards)/", lambda w: w.deal.done),
    ("procurement_id", r"/", lambda w: w.deal.done),
    ("evaluator_id", r"/", lambda w: w.evaluator),
    ("policy_id", r"/", lambda w: w.policy.policy),
    ("claim_id", r"/policies/published/", lambda w: w.policy.public_claim),
    ("claim_id", r"/", lambda w: w.policy.claim),
    ("roll_id", r"/policies/", lambda w: w.policy.public_roll),
    ("roll_id", r"/", lambda w: w.policy.roll),
    ("appeal_id", r"/", lambda w: w.policy.appeal),
    ("complaint_id", r"/policies/", lambda w: w.policy.own_complaint),
    ("complaint_id", r"/", lambda w: w.policy.complaint),
    ("question_id", r"/", lambda w: w.policy.question),
    ("news_id", r"/", lambda w: w.policy.news),
    ("reconciliation_id", r"/", lambda w: w.policy.reconciliation),
    ("period", r"/", lambda w: w.policy.period),
    ("uscc", r"/", lambda w: w.policy.uscc),
    ("edition", r"/", lambda w: "1"),
    ("notice_id", r"/", lambda w: w.message.notice),
    ("finding_id", r"/", lambda w: w.finding),
    ("applicant_id", r"/", lambda w: w.owner_id),
    ("officer_id", r"/", lambda w: w.spare_officer),
    ("device_id", r"/", lambda w: w.device),
    ("agent_organization_id", r"/", lambda w: w.point),
    ("agent_id", r"/", lambda w: w.agent_id),
)
# Nothing in the world has one of these; the page says so.
NOTHING = "7b0f3c1e-0000-4000-8000-00000000000f"


def address_of(page: Page, world: Any) -> str:
    """The page's path with records of the world in it."""

    def real(found: re.Match[str]) -> str:
        values = (value for name, where, value in REAL if name == found[1] and re.search(where, page.path))
        return str(next(values, lambda _: NOTHING)(world))

    return re.sub(r"\{(\w+)(?::\w+)?\}", real, page.path)


class Seen(NamedTuple):
    """A page as it was answered; `by` is the kind of visitor, empty for nobody."""

    page: Page
    by: str
    answer: requests.Response

    @property
    def html(self) -> bool:
        return self.answer.headers.get("content-type", "").startswith("text/html")

    def __str__(self) -> str:
        return f"{self.page.path} by {self.by or 'nobody'}: {self.answer.status_code}"


def walk(outside: Outside) -> Iterator[Seen]:
    """Every page of the table by GET: as somebody who may come, and as nobody."""
    world = outside.world
    browsers = {
        "": outside.browser(),
        "person": outside.browser(outside.session(f"person:{world.owner_id}")),
        "officer": outside.browser(outside.session(f"officer:{outside.officer}")),
        "agent": outside.browser(outside.session(f"agent:{world.agent_id}")),
        "organization": outside.browser(outside.handler()),
    }
    for page in PAGES:
        where = outside.url + address_of(page, world)
        for by in dict.fromkeys((_who(page), "")):
            yield Seen(page, by, _answer(browsers[by], where))


def _answer(browser: requests.Session, where: str) -> requests.Response:
    """The answer of a page; of a stream, which does not end by itself, its head alone."""
    answer = browser.get(where, timeout=SECONDS, allow_redirects=False, stream=True)
    if answer.headers.get("content-type", "").startswith(STREAM):
        answer.close()
    else:
        _ = answer.content
    return answer


def _who(page: Page) -> str:
    """A kind of visitor who may come, and sees most there."""
    if page.needs == "person" and page.acting and re.match(r"/policies/|/market/", page.path):
        return "organization"
    return "person" if page.needs in ("", "anyone") else page.needs


class Read(HTMLParser):
    """What stands in a page that must not: code of its own, and addresses of other sites."""

    FORBIDDEN = ("style", "base", "object", "embed", "iframe", "frame", "applet", "portal")
    ADDRESSES = (
        "href",
        "src",
        "action",
        "formaction",
        "poster",
        "data",
        "srcset",
        "background",
        "cite",
        "ping",
        "manifest",
        "xlink:href",
    )

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        # Forms that are sent, and those of them that bring the token of the session.
        self.forms, self.tokens = 0, 0
        self._script = self._posts = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.faults += [f"<{tag}>"] if tag in self.FORBIDDEN else []
        self.faults += [f"<{tag} {name}>" for name in told if name == "style" or name.startswith("on")]
        self.faults += [
            f"{tag} {name} {told[name]}" for name in self.ADDRESSES if name in told and not _own(tag, told[name])
        ]
        if tag == "script":
            self._script = True
            self.faults += [] if told.get("src", "").startswith("/static/") else ["<script> without a file of ours"]
        if tag == "meta" and told.get("http-equiv"):
            self.faults.append(f"<meta {told['http-equiv']}>")
        if tag == "form" and told.get("method", "").lower() == "post":
            self.forms, self._posts = self.forms + 1, True
        if tag == "input" and self._posts and told.get("name") == "csrf" and len(told.get("value", "")) >= 32:
            self.tokens, self._posts = self.tokens + 1, False

    def handle_endtag(self, tag: str) -> None:
        self._script = self._script and tag != "script"
        self._posts = self._posts and tag != "form"

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.faults.append(f"<script>{data[:40]}")


def _own(tag: str, address: str) -> bool:
    """Whether an address is one of this site. A link may also call, or write a letter."""
    if tag == "a" and address.startswith(("tel:", "mailto:")):
        return True
    split = urlsplit(address)
    return not split.scheme and not split.netloc and (not address.startswith("/") or own_path(address, "") == address)
