"""News of a page: told within two seconds, never of what somebody may not see, and never longer than his token lasts."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from services.gateway import live
from tests.unit.gateway.test_desk_pages import as_officer
from tests.unit.gateway.told import CASE, Services, Site, a_case, refuse
from yiwang.case.v1 import board_pb2 as boards
from yiwang.case.v1 import supervision_pb2 as supervision
from yiwang.case.v1 import trace_pb2 as traces

STREAM = f"/live/cases/{CASE}"


def version(number: int) -> traces.GetCaseVersionResponse:
    return traces.GetCaseVersionResponse(version=number)


class Listener:
    """A browser that keeps a stream open until it has heard enough."""

    def __init__(self, site: Site, path: str, **headers: str) -> None:
        self.site, self.heard, self.status = site, "", 0
        self.headers: dict[str, str] = {}
        cookies = "; ".join(f"{name}={value}" for name, value in site.client.cookies.items())
        self._sent = {"cookie": cookies, "host": "county.test", **headers}
        self._path, _, self._query = path.partition("?")
        self._gone = asyncio.Event()

    def listen(self, enough: Callable[[str], bool], seconds: float = 6) -> str:
        """What was heard until it is enough, or the stream ended."""
        self.site.run(asyncio.wait_for(self._listen(enough), seconds))
        return self.heard

    async def _listen(self, enough: Callable[[str], bool]) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
            "path": self._path, "raw_path": self._path.encode(), "query_string": self._query.encode(), "root_path": "",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in self._sent.items()],
            "client": ("127.0.0.1", 1), "server": ("county.test", 443), "state": {},
        }  # fmt: skip

        async def receive() -> Any:
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self.heard += message.get("body", b"").decode()
            if self.status != 200 or enough(self.heard):
                self._gone.set()

        await self.site.client._transport.app(scope, receive, send)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SECONDS", 0.05)


def test_a_change_is_told_with_its_version_and_again_only_for_the_next(site: Site, services: Services) -> None:
    site.sign_in()
    versions = iter([4, 4, 5, 5, 5, 6])
    services.on("GetCaseVersion", lambda _: version(next(versions, 6)))
    listener = Listener(site, STREAM + "?from=4")
    heard = listener.listen(lambda said: "data: 6" in said)
    assert [line for line in heard.splitlines() if line.startswith("data")] == ["data: 5", "data: 6"]
    assert listener.headers["content-type"].startswith("text/event-stream")
    assert listener.headers["cache-control"] == "no-store"


def test_what_changed_between_page_and_stream_is_told_at_once(site: Site, services: Services) -> None:
    site.sign_in()
    services.on("GetCaseVersion", version(9))
    assert "data: 9" in Listener(site, STREAM + "?from=4").listen(lambda said: "data" in said)
    # A browser that comes again says what it heard last.
    heard = Listener(site, STREAM + "?from=4", last_event_id="8").listen(lambda said: "data" in said)
    assert "id: 9" in heard


def test_the_visitors_own_token_asks_and_nobody_elses(site: Site, services: Services) -> None:
    site.sign_in()
    services.on("GetCaseVersion", version(9))
    Listener(site, STREAM + "?from=4").listen(lambda said: "data" in said)
    assert services.metadata("GetCaseVersion")["authorization"] == "Bearer access-1"


def test_who_may_not_see_a_case_has_no_stream_of_it(site: Site, services: Services) -> None:
    listener = Listener(site, STREAM)
    listener.listen(lambda _: True)
    assert listener.status == 303 and "/sign-in" in listener.headers["location"]
    site.sign_in()
    services.on("GetCaseVersion", refuse("NOT_FOUND", "NOT_FOUND", "没有找到"))
    listener = Listener(site, STREAM)
    listener.listen(lambda _: True)
    assert listener.status == 404


def test_who_may_see_it_no_more_is_told_that_it_is_over(site: Site, services: Services) -> None:
    site.sign_in()
    answers = iter([version(4)])
    services.on("GetCaseVersion", lambda _: next(answers, refuse("NOT_FOUND", "NOT_FOUND", "没有找到")))
    heard = Listener(site, STREAM + "?from=4").listen(lambda said: "over" in said)
    assert "event: over" in heard and "changed" not in heard


def test_while_the_service_is_away_the_stream_stays(site: Site, services: Services) -> None:
    site.sign_in()
    answers = iter([version(4), *[refuse("UNAVAILABLE", "AWAY")] * 2])
    services.on("GetCaseVersion", lambda _: next(answers, version(5)))
    assert "data: 5" in Listener(site, STREAM + "?from=4").listen(lambda said: "data" in said)


def test_a_stream_ends_before_its_token_does(site: Site, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in()
    services.on("GetCaseVersion", version(4))
    monkeypatch.setattr(live, "LIFETIME", 0.3)
    listener = Listener(site, STREAM + "?from=4")
    assert listener.listen(lambda _: False) == f"retry: {live.RETRY_MS}\n\n"


def test_a_visitor_has_so_many_streams_and_no_more(site: Site) -> None:
    streams = live.Streams()
    for _ in range(live.MOST_OF_ONE):
        streams.enter("one")
    with pytest.raises(Exception, match="TOO_MANY_STREAMS"):
        streams.enter("one")
    streams.enter("other")
    streams.leave("one")
    streams.enter("one")


def test_a_page_names_its_stream_but_not_while_a_form_was_refused(site: Site, services: Services) -> None:
    site.sign_in()
    assert f'data-stream="/live/cases/{CASE}?from=4"' in site.get(f"/cases/{CASE}").text
    site.client.cookies.clear()
    site.sign_in(as_officer=True)
    services.on("ListFindings", supervision.ListFindingsResponse())
    services.on("GetCase", a_case(1, "AcceptCase"))
    assert f'data-stream="/live/cases/{CASE}?from=4"' in site.get(f"/desk/{CASE}").text
    services.on("AcceptCase", refuse("INVALID_ARGUMENT", "BAD", "不行", opinion="不行"))
    page = site.send(f"/desk/{CASE}/accept", {})
    assert page.status_code == 400 and "data-stream" not in page.text


def test_a_supervisor_is_only_told_since_each_of_his_looks_is_noted(site: Site, services: Services) -> None:
    site.sign_in(as_officer=True)
    case = a_case()
    case.department = "11990121MB0000003F"
    services.on("GetCase", case)
    page = site.get(f"/desk/{CASE}").text
    assert 'data-live="ask"' in page


def test_the_news_of_a_board_are_its_versions(site: Site, services: Services) -> None:
    as_officer(site, services, "supervise")
    versions = iter(["a" * 32, "a" * 32, "b" * 32])
    services.on("GetBoard", lambda _: boards.Board(version=next(versions, "b" * 32)))
    listener = Listener(site, f"/live/board?region=990121&from={'a' * 32}")
    heard = listener.listen(lambda said: "data" in said)
    assert [line for line in heard.splitlines() if line.startswith("data")] == [f"data: {'b' * 32}"]
    first, *later = services.requests("GetBoard")
    assert (first.region, first.if_version) == ("990121", "")
    assert {one.if_version for one in later} == {"a" * 32}


def test_a_citizen_has_no_news_of_a_board(site: Site) -> None:
    site.sign_in()
    listener = Listener(site, "/live/board")
    listener.listen(lambda _: True)
    assert listener.status in (303, 403)
