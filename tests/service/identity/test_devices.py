"""Devices: trusted by their key, known by their token, refused once revoked; and what a county sets for itself."""

import hashlib
import time
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import grpc
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey
from pymongo.database import Database

from chassis.acts import DEVICE, OFFICER, Actor
from tests.support import actors
from tests.support.calling import refused
from tests.support.files import png
from tests.support.halls import MARKET, Halls
from tests.support.identity_here import identity_here
from yiwang.identity.v1 import counties_pb2

Status = grpc.StatusCode
KIOSK, TABLET = counties_pb2.DEVICE_KIND_KIOSK, counties_pb2.DEVICE_KIND_TABLET
FAR = Actor("far", OFFICER, frozenset({"administer"}), region="990200", session="far.1")
KEY = OKPKey.generate_key("Ed25519")


@pytest.fixture
def halls(database: Database[dict[str, Any]]) -> Iterator[Halls]:
    with identity_here(database, SimpleNamespace(url="")) as here:  # type: ignore[arg-type]
        yield Halls(here)


def public(key: Any) -> str:
    return orjson.dumps(key.as_dict(private=False)).decode()


def register(halls: Halls, key: Any = KEY, **changes: Any) -> counties_pb2.Device:
    fields = {"kind": KIOSK, "label": "一楼自助机", "region": "990121", "jwk_json": public(key)}
    device: counties_pb2.Device = halls.counties().RegisterDevice(**(fields | changes))
    return device


def assertion(id: str, key: Any = KEY, alg: str = "EdDSA", **changes: Any) -> str:
    instant = int(time.time())
    claims = {"iss": id, "sub": id, "aud": "yiwang.identity", "exp": instant + 120, "jti": uuid.uuid4().hex}
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode({"alg": alg}, kept, key, algorithms=[alg])


def token(halls: Halls, proof: str) -> Any:
    return halls.here.by(None, service="CountyService").IssueDeviceToken(assertion=proof)


def test_a_device_proves_itself_and_its_token_says_where_it_stands(halls: Halls) -> None:
    window = halls.window()
    elliptic = ECKey.generate_key("P-256")
    device = register(halls, elliptic, kind=TABLET, window_id=window.id)
    assert (device.key_thumbprint, device.seen_at) == (elliptic.thumbprint(), "")
    answer = token(halls, assertion(device.id, elliptic, "ES256"))
    assert answer.expires_in == 600
    actor = halls.here.verifier.actor(answer.access_token)
    assert (actor.realm, actor.id, actor.region) == (DEVICE, device.id, "990121")
    assert (actor.department, actor.session) == (MARKET, f"{device.id}.1")
    assert [one.seen_at != "" for one in halls.counties().ListDevices().devices] == [True]
    listing = halls.counties(access=answer.access_token).ListWindows(region="990121")
    assert [one.id for one in listing.windows] == [window.id]
    assert token(halls, assertion(register(halls).id)).access_token


@pytest.mark.parametrize(
    "fault",
    [
        {"aud": "somebody.else"},
        {"aud": None},
        {"iss": "another"},
        {"exp": 1},
        {"exp": int(time.time()) + 3600},
        {"exp": None},
        {"nbf": int(time.time()) + 3600},
        {"jti": None},
        {"sub": {"$gt": ""}},
        {"key": OKPKey.generate_key("Ed25519")},
    ],
)
def test_every_fault_of_an_assertion_has_one_answer(halls: Halls, fault: dict[str, Any]) -> None:
    device = register(halls)
    with refused(Status.UNAUTHENTICATED, "ASSERTION_REFUSED") as told:
        token(halls, assertion(device.id, **fault))
    with refused(Status.UNAUTHENTICATED, "ASSERTION_REFUSED") as unknown:
        token(halls, assertion(str(uuid.uuid4())))
    with refused(Status.UNAUTHENTICATED, "ASSERTION_REFUSED") as nonsense:
        token(halls, "nonsense" * 10)
    assert told.message == unknown.message == nonsense.message
    assert halls.counties().ListDevices().devices[0].seen_at == ""


def test_an_assertion_is_good_once(halls: Halls) -> None:
    proof = assertion(register(halls).id)
    token(halls, proof)
    with refused(Status.UNAUTHENTICATED, "ASSERTION_REFUSED"):
        token(halls, proof)


def test_a_revoked_device_is_refused_with_its_token_by_who_did_it_and_by_the_handler(halls: Halls) -> None:
    device = register(halls)
    access = token(halls, assertion(device.id)).access_token
    with refused(Status.NOT_FOUND):
        halls.counties(FAR).RevokeDevice(device_id=device.id)
    request = {"request_id": "revoke-0001", "device_id": device.id}
    gone = halls.counties().RevokeDevice(**request)
    assert gone.revoked and halls.counties().RevokeDevice(**request) == gone
    assert halls.here.refuses(access)
    with refused(Status.UNAUTHENTICATED, "ASSERTION_REFUSED"):
        token(halls, assertion(device.id))
    document = halls.here.parts.database["devices"].find_one({"_id": device.id})
    assert [entry["type"] for entry in document["journal"]] == ["DeviceRegistered", "DeviceRevoked", "SessionEnded"]
    # As after a crash: identity's own note of it is gone, and comes back with the event.
    halls.here.parts.database["refused_sessions"].delete_one({"_id": f"{device.id}.1"})
    halls.here.work()
    assert halls.here.parts.database["refused_sessions"].find_one({"_id": f"{device.id}.1"})


def test_devices_are_registered_and_seen_within_the_region_only(halls: Halls) -> None:
    for place in range(3):
        register(halls, label=f"{place}号机")
    with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
        register(halls, region="990200")
    seen, page = [], ""
    while True:
        answer = halls.counties().ListDevices(page_size=2, page_token=page)
        seen += [one.label for one in answer.devices]
        page = answer.next_page_token
        if not page:
            break
    assert seen == ["0号机", "1号机", "2号机"]
    assert list(halls.counties(FAR).ListDevices().devices) == []
    for actor in (actors.person(), halls.as_actor(halls.appoint())):
        with refused(Status.PERMISSION_DENIED):
            halls.counties(actor).ListDevices()


def test_a_private_key_is_refused_and_nothing_of_it_kept(halls: Halls) -> None:
    private = KEY.as_dict(private=True)
    with refused(Status.INVALID_ARGUMENT, "KEY_PRIVATE") as told:
        register(halls, jwk_json=orjson.dumps(private).decode())
    assert set(told.fields) == {"jwk_json"} and private["d"] not in told.message
    assert halls.here.parts.database["devices"].find_one({}) is None
    with refused(Status.INVALID_ARGUMENT, "WINDOW_UNKNOWN"):
        register(halls, kind=TABLET, window_id=str(uuid.uuid4()))


# -- what a county sets for itself -----------------------------------------------------------------------------------------


def county(**changes: Any) -> dict[str, Any]:
    channels = counties_pb2.ChannelSwitch(web=True, mobile=True, window=True)
    fields = {"region": "990121", "name": "示范县", "color": "#1A5FB4", "channels": channels}
    quotas = counties_pb2.Quotas(submits_per_minute=120)
    return fields | {"slogan": "一网通办", "hotline": "0990-12345", "quotas": quotas} | changes


def test_a_county_sets_name_look_channels_and_quotas_and_everybody_reads_them(halls: Halls) -> None:
    public = halls.here.by(None, service="CountyService")
    default = public.GetCounty(region="990121101")
    assert (default.version, default.region, default.channels.bank) == (0, "990121", True)
    saved = halls.counties().SaveCounty(**county())
    assert (saved.id, saved.version, saved.color, saved.channels.bank) == (default.id, 1, "#1a5fb4", False)
    assert public.GetCounty(region="990121101001") == public.GetCounty(region="990121") == saved
    assert public.GetCounty(region="990200").version == 0
    assert halls.counties().SaveCounty(**county()).version == 1
    changed = halls.counties().SaveCounty(**county(slogan="最多跑一次"))
    assert (changed.version, public.GetCounty(region="990121").slogan) == (2, "最多跑一次")


def test_a_county_is_set_by_its_own_administrators_and_in_a_colour_that_can_be_read(halls: Halls) -> None:
    with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
        halls.counties(FAR).SaveCounty(**county())
    with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
        halls.counties(halls.as_actor(halls.appoint())).SaveCounty(**county())
    with refused(Status.INVALID_ARGUMENT, "COLOR_TOO_LIGHT") as told:
        halls.counties().SaveCounty(**county(color="#ff7f50"))
    assert set(told.fields) == {"color"}
    assert halls.counties().GetCounty(region="990121").version == 0


def test_an_emblem_is_read_by_its_digest_and_stays_until_another_comes(halls: Halls) -> None:
    public, picture = halls.here.by(None, service="CountyService"), png(64, 48)
    lines = [counties_pb2.Hotline(name="企业服务", phone="0990-0000102", hours="工作日")]
    asked = county(new_emblem=picture, hotlines=lines, closed_parts=[counties_pb2.SITE_PART_MARKET])
    saved = halls.counties().SaveCounty(**asked)
    assert public.GetEmblem(digest=saved.emblem).content == picture
    assert (list(saved.hotlines), list(saved.closed_parts)) == (lines, [counties_pb2.SITE_PART_MARKET])
    kept = halls.counties().SaveCounty(**county(slogan="最多跑一次"))
    assert (kept.emblem, list(kept.hotlines), list(kept.closed_parts)) == (saved.emblem, [], [])
    gone = halls.counties().SaveCounty(**county(no_emblem=True))
    assert gone.emblem == "" and public.GetEmblem(digest=saved.emblem).content == picture, "old pages still name it"


def test_no_other_picture_is_an_emblem_and_nothing_of_it_is_kept(halls: Halls) -> None:
    drawn = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    for content in (drawn, png(16, 16), png(64, 64)[:-4]):
        with refused(Status.INVALID_ARGUMENT, "EMBLEM_UNFIT") as told:
            halls.counties().SaveCounty(**county(new_emblem=content))
        assert set(told.fields) == {"new_emblem"}
    with refused(Status.INVALID_ARGUMENT) as told:
        halls.counties().SaveCounty(**county(new_emblem=png(64, 64) + bytes(70_000)))
    assert set(told.fields) == {"new_emblem"}
    with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
        halls.counties(FAR).SaveCounty(**county(new_emblem=png(64, 64)))
    with refused(Status.NOT_FOUND):
        halls.counties().GetEmblem(digest=hashlib.sha256(png(64, 64)).hexdigest())


def test_a_hotline_or_a_part_that_is_none_is_named(halls: Halls) -> None:
    lines = [counties_pb2.Hotline(name="企业服务", phone="0990-1"), counties_pb2.Hotline(name="x", phone="打电话")]
    with refused(Status.INVALID_ARGUMENT) as told:
        halls.counties().SaveCounty(**county(hotlines=lines, closed_parts=[0]))
    assert {"hotlines[1].name", "hotlines[1].phone", "closed_parts[0]"} <= set(told.fields)
