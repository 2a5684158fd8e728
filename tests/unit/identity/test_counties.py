"""A county's settings and its devices, with nothing running."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from chassis.acts import OFFICER, PERSON, Actor, Moment
from chassis.errors import Refused
from services.identity import model_counties, model_devices
from services.identity.model_counties import EVOLVE, County
from services.identity.model_windows import Window
from tests.support.files import png
from yiwang.identity.v1 import counties_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CHANNELS = pb.ChannelSwitch(web=True, window=True, bank=True)
WINDOW = Window("w1", "3", "政务大厅", "990121", "11990121000001011B", "")


def request(**changes: Any) -> pb.SaveCountyRequest:
    fields = {"region": "990121", "name": "示范县", "channels": CHANNELS}
    return pb.SaveCountyRequest(**(fields | changes))


def fields(act: Any, *arguments: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return [(one.field, one.reason) for one in caught.value.violations]


@pytest.mark.parametrize(
    ("color", "contrast"),
    [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#777777", 4.48), ("#ff0000", 4.0), ("#0000ff", 8.59)],
)
def test_contrast_with_white_is_that_of_the_standard(color: str, contrast: float) -> None:
    assert model_counties.contrast_with_white(color) == pytest.approx(contrast, abs=0.01)


def test_a_colour_too_light_for_white_is_refused() -> None:
    for color in ("#777777", "#FF0000", "#ffffff"):
        assert fields(model_counties.check, model_counties.wanted(request(color=color))) == [
            ("color", "COLOR_TOO_LIGHT")
        ]
    for color in ("", "#767676", "#000000"):
        model_counties.check(model_counties.wanted(request(color=color)))


def test_a_county_without_name_or_region_names_the_field() -> None:
    wanted = model_counties.wanted(request(name="  ", region="012345"))
    assert fields(model_counties.check, wanted) == [("region", "REGION_UNKNOWN"), ("name", "REQUIRED")]


def test_settings_saved_as_they_are_are_no_event_and_every_channel_is_open_by_default() -> None:
    assert County("990121").channels == ["web", "mobile", "window", "kiosk", "agent", "bank"]
    wanted = model_counties.wanted(request(quotas=pb.Quotas(submits_per_minute=30)))
    county = EVOLVE[events.CountySaved](None, wanted, Moment(NOW, "officer:a1"))
    assert (county.channels, county.submits_per_minute) == (["web", "window", "bank"], 30)
    assert model_counties.save(county, wanted) is None
    assert model_counties.save(None, wanted) == wanted


@pytest.mark.parametrize("key", [OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256")])
def test_of_a_devices_key_only_the_public_members_are_kept(key: Any) -> None:
    public = key.as_dict(private=False) | {"kid": "mine", "use": "sig", "x5u": "http://elsewhere"}
    kept = model_devices.jwk_of(model_devices.public_key(orjson.dumps(public).decode()))
    assert set(orjson.loads(kept)) == {"kty", "crv", "x"} | ({"y"} if key.key_type == "EC" else set())
    assert model_devices.public_key(kept).thumbprint() == key.thumbprint()


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        (OKPKey.generate_key("Ed25519").as_dict(private=True), "KEY_PRIVATE"),
        (ECKey.generate_key("P-256").as_dict(private=True), "KEY_PRIVATE"),
        (ECKey.generate_key("P-384").as_dict(private=False), "KEY_KIND"),
        (OKPKey.generate_key("X25519").as_dict(private=False), "KEY_KIND"),
        (RSAKey.generate_key(2048).as_dict(private=False), "KEY_KIND"),
        ({"kty": "oct", "k": "c2VjcmV0"}, "KEY_KIND"),
        ({"kty": {"$gt": ""}, "crv": "Ed25519"}, "KEY_MALFORMED"),
        ({"kty": "OKP", "crv": "Ed25519"}, "KEY_MALFORMED"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AA"}, "KEY_MALFORMED"),
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "KEY_MALFORMED"),
        ([], "KEY_KIND"),
        ("Ed25519", "KEY_KIND"),
    ],
)
def test_a_key_that_is_private_of_another_kind_or_none_is_refused(jwk: Any, reason: str) -> None:
    assert fields(model_devices.public_key, orjson.dumps(jwk).decode()) == [("jwk_json", reason)]


def registered(**changes: Any) -> events.DeviceRegistered:
    given = {"device_id": "d1", "kind": pb.DEVICE_KIND_KIOSK, "label": "一号机", "region": "990121"}
    return events.DeviceRegistered(**(given | changes))


@pytest.mark.parametrize(
    ("changes", "window", "fault"),
    [
        ({"kind": pb.DEVICE_KIND_TABLET}, None, ("window_id", "WINDOW_UNKNOWN")),
        ({"window_id": "w1"}, WINDOW, ("window_id", "WINDOW_NOT_FOR_KIND")),
        (
            {"kind": pb.DEVICE_KIND_TABLET, "window_id": "w1", "region": "990122"},
            WINDOW,
            ("region", "REGION_OF_WINDOW"),
        ),
        ({"label": " "}, None, ("label", "REQUIRED")),
        ({"region": "012345"}, None, ("region", "REGION_UNKNOWN")),
    ],
)
def test_a_wrong_device_names_its_field(changes: Any, window: Window | None, fault: tuple[str, str]) -> None:
    assert fields(model_devices.check, registered(**changes), window) == [fault]


def test_a_device_is_revoked_once_and_its_tokens_with_it() -> None:
    device = model_devices.EVOLVE[events.DeviceRegistered](None, registered(), Moment(NOW, "officer:a1"))
    found = model_devices.revoke(device, NOW) or []
    assert [type(one).__name__ for one in found] == ["DeviceRevoked", "SessionEnded"]
    ended: Any = found[1]
    assert (ended.session_id, ended.reason) == ("d1.1", "KEY_REVOKED")
    assert model_devices.principal(device, None).session == ended.session_id
    for event in found:
        device = model_devices.EVOLVE[type(event)](device, event, Moment(NOW, "officer:a1"))
    assert device.revoked and model_devices.revoke(device, NOW) is None


def test_a_device_speaks_for_the_department_of_its_window() -> None:
    device = model_devices.EVOLVE[events.DeviceRegistered](None, registered(), Moment(NOW, "officer:a1"))
    assert model_devices.principal(device, WINDOW).department == WINDOW.department
    assert model_devices.principal(device, None).department == ""


def test_devices_are_seen_by_officers_of_their_region_only() -> None:
    assert model_devices.visible(Actor("a", OFFICER, region="990121")) == {
        "state.region": {"$gte": "990121", "$lt": "990122"}
    }
    assert model_devices.visible(Actor("p", PERSON, region="990121")) == {"state.region": ""}


@pytest.mark.parametrize(
    ("content", "fits"),
    [
        (png(32, 32), True),
        (png(1024, 1024), True),
        (png(31, 64), False),
        (png(64, 1025), False),
        (png(64, 64)[:-6], False),
        (png(64, 64) + b"PK\x03\x04" * 400, False),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", False),
        (b"\xff\xd8\xff\xe0", False),
    ],
)
def test_an_emblem_is_a_small_png(content: bytes, fits: bool) -> None:
    assert (not model_counties.emblem_fault(content)) is fits
    if not fits:
        wanted = model_counties.wanted(request(new_emblem=content))
        assert fields(model_counties.check, wanted, content) == [("new_emblem", "EMBLEM_UNFIT")]


def test_the_emblem_stays_until_another_comes_or_it_is_given_up() -> None:
    def after(county: County | None, asked: pb.SaveCountyRequest) -> events.CountySaved | None:
        return model_counties.save(county, model_counties.wanted(asked), model_counties.keeps_emblem(asked))

    first = after(None, request(new_emblem=png(44, 44)))
    assert first and len(first.emblem) == 64
    county = EVOLVE[events.CountySaved](None, first, Moment(NOW, "officer:a1"))
    assert after(county, request()) is None, "nothing changes"
    named = after(county, request(name="别名县"))
    assert named and named.emblem == first.emblem
    none = after(county, request(no_emblem=True))
    assert none and none.emblem == ""


def test_hotlines_and_parts_are_kept_as_they_were_sent() -> None:
    asked = request(hotlines=[pb.Hotline(name=" 企业服务 ", phone="0990-102")], closed_parts=[3, 1])
    county = EVOLVE[events.CountySaved](None, model_counties.wanted(asked), Moment(NOW, "officer:a1"))
    assert county.hotlines == [model_counties.Hotline("企业服务", "0990-102")] and county.closed_parts == [1, 3]
