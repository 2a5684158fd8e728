"""The county's name and look: followed beside the requests, readable in every colour, shown while identity is away."""

import time

import pytest

from services.gateway import county
from tests.unit.gateway.told import Services, Site, refuse
from yiwang.identity.v1 import counties_pb2 as counties

SET = counties.County(
    region="990121",
    name="测试县",
    color="#b3261e",
    slogan="高效办成一件事",
    hotline="0990-12345",
    channels=counties.ChannelSwitch(web=True),
)


def settle(site: Site) -> None:
    """Lets the task beside the requests take one answer."""
    app = site.client._transport.app.app.app.app  # type: ignore[attr-defined]
    site.run(app.state.county.refresh(app.state.backends))


def test_pages_follow_the_settings(site: Site, services: Services):
    assert "示范县" in site.get("/").text
    services.on("GetCounty", SET)
    settle(site)
    page = site.get("/").text
    assert "测试县" in page and "高效办成一件事" in page and "0990-12345" in page and "示范县" not in page
    sheet = page.partition('href="/county.css?v=')[2].partition('"')[0]
    answer = site.get(f"/county.css?v={sheet}")
    assert "--button: #b3261e;" in answer.text and answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in site.get("/county.css?v=old").headers["cache-control"]


def test_without_a_colour_no_sheet_is_named(site: Site):
    assert "county.css" not in site.get("/").text


def test_the_look_stays_while_identity_is_away_and_no_page_waits(site: Site, services: Services):
    services.on("GetCounty", SET)
    settle(site)
    services.on("GetCounty", refuse("UNAVAILABLE", "STORE_AWAY"))
    with pytest.raises(Exception, match="STORE_AWAY"):
        settle(site)
    began = time.monotonic()
    assert "测试县" in site.get("/").text and time.monotonic() - began < 1


def test_a_closed_web_channel_is_said_where_one_would_apply():
    closed = counties.County(name="测试县", channels=counties.ChannelSwitch(window=True))
    assert not county.look_of(closed, "").web
    assert county.look_of(counties.County(), "示范县") == county.Look("示范县")


@pytest.mark.parametrize("color", ["#767676", "#b3261e", "#17479a", "#007a33", "#6b2fb3", "#000000"])
def test_text_on_the_bars_can_be_read_whatever_the_colour(color: str):
    tokens = dict(
        part.strip().removeprefix("--").split(": ") for part in county.sheet(color)[8:-3].split(";") if ":" in part
    )
    assert county.contrast("#ffffff", color) >= 4.5, "the service takes no paler one"
    for dim in ("#e3b75a", "#b9cbea", "#d5e1f5", "#e6eefc", "#ffffff"):
        assert county.contrast(dim, tokens["brand-deep"]) >= 4.5
    assert tokens["button"] == color and county.contrast("#ffffff", tokens["button-hover"]) >= 4.5


def test_the_emblem_is_the_countys_wherever_there_is_one(site: Site, services: Services):
    assert "/static/emblem.svg" in site.get("/").text
    digest = "ab" * 32
    services.on("GetCounty", counties.County(name="测试县", emblem=digest))
    settle(site)
    page = site.get("/").text
    assert page.count(f"/county-emblem/{digest}.png") == 3 and "/static/emblem.svg" not in page
    services.on("GetEmblem", counties.Emblem(content=b"\x89PNG"))
    answer = site.get(f"/county-emblem/{digest}.png")
    assert (answer.content, answer.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert "immutable" in answer.headers["cache-control"] and answer.headers["x-content-type-options"] == "nosniff"
    services.on("GetEmblem", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get("/county-emblem/nothing.png").status_code == 404
    services.on("GetEmblem", refuse("UNAVAILABLE", "AWAY"))
    assert site.get(f"/county-emblem/{digest}.png").status_code == 503


def test_hotlines_stand_in_the_footer(site: Site, services: Services):
    lines = [
        counties.Hotline(name="企业服务", phone="0990-0000102", hours="工作日"),
        counties.Hotline(name="医保", phone="0990 0103"),
    ]
    services.on("GetCounty", counties.County(name="测试县", hotlines=lines))
    settle(site)
    page = site.get("/").text
    assert 'href="tel:0990-0000102"' in page and "工作日" in page and 'href="tel:09900103"' in page


@pytest.mark.parametrize(
    ("part", "path"), [("THEMES", "/themes"), ("POLICIES", "/policies/items"), ("MARKET", "/market/agencies")]
)
def test_a_part_the_county_does_not_offer_is_in_no_menu_and_says_so_by_its_address(
    site: Site, services: Services, part: str, path: str
):
    entrance = "/" + path.split("/")[1]
    assert f'href="{entrance}"' in site.get("/").text
    services.on("GetCounty", counties.County(name="测试县", closed_parts=[f"SITE_PART_{part}"]))
    settle(site)
    page = site.get("/").text
    assert f'href="{entrance}"' not in page and 'href="/ratings"' in page
    refused = site.get(path)
    assert refused.status_code == 404 and "本地未开通这项服务" in refused.text


def test_what_people_have_under_way_in_a_closed_part_stays_and_nothing_new_begins():
    every = frozenset(one.name for one in county.PARTS.values())
    look = county.Look("测试县", closed=every)
    assert look.closes("/themes/1/apply", public=False), "a new one"
    assert not look.closes("/bundles/1", public=False) and not look.closes("/policies/claims/1", public=False)
    assert look.closes("/policies", public=True) and not look.closes("/policies-and-more", public=True)
    assert not county.Look("测试县").closes("/themes", public=True)
