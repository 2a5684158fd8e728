"""The search box for other portals: shown where it may be, without a session, and everything leads to the site itself."""

import re
from typing import Any

import pytest

from tests.unit.gateway.told import Site

PORTAL = "https://portal.county.example"


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: dict[str, Any]) -> dict[str, Any]:
    return settings | getattr(request, "param", {})


def ancestors(answer: Any) -> str:
    policy: str = answer.headers["content-security-policy"]
    return next(one for one in policy.split("; ") if one.startswith("frame-ancestors"))


def test_nobody_may_show_it_unless_that_is_set(site: Site) -> None:
    assert ancestors(site.get("/embed")) == "frame-ancestors 'none'"


@pytest.mark.parametrize("settings", [{"embed_origins": f"{PORTAL} https://other.example"}], indirect=True)
def test_who_is_named_may_show_it_and_no_other_page(site: Site) -> None:
    assert ancestors(site.get("/embed")) == f"frame-ancestors {PORTAL} https://other.example"
    for path in ("/", "/sign-in", "/items"):
        assert ancestors(site.get(path)) == "frame-ancestors 'none'"


@pytest.mark.usefixtures("catalogue")
def test_it_has_no_session_and_all_of_it_opens_on_the_site(site: Site) -> None:
    site.sign_in()
    answer = site.get("/embed")
    assert "set-cookie" not in answer.headers and "测试人甲" not in answer.text and 'name="csrf"' not in answer.text
    ways = re.findall(r"<(?:a|form) [^>]*>", answer.text)
    assert len(ways) >= 3 and all('target="_blank"' in way and 'rel="noopener"' in way for way in ways)


@pytest.mark.usefixtures("catalogue")
def test_topics_are_those_that_are_asked_for(site: Site) -> None:
    persons, none = site.get("/embed").text, site.get("/embed?topics=none").text
    assert "/topics/" in persons and "/topics/" not in none


def test_while_the_catalogue_is_away_one_can_search_all_the_same(site: Site, services: Any) -> None:
    services.answers.pop("SearchItems")
    answer = site.get("/embed")
    assert answer.status_code == 200 and 'action="/items"' in answer.text
