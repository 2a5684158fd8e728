"""Devices as pure functions: kiosks, tablets of windows and gates, each trusted by a public key of its own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from google.protobuf.message import Message
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from chassis.acts import DEVICE, OFFICER, Actor, Evolve, Moment
from chassis.errors import Refused, Violation, invalid
from services.identity import model_regions
from services.identity.model_sessions import GRACE, KEY_REVOKED
from services.identity.model_windows import Window
from standards.codes import region_valid
from yiwang.identity.v1 import counties_pb2 as counties_pb
from yiwang.identity.v1 import events_pb2 as events

TOKEN_SECONDS = 600
TABLET = counties_pb.DEVICE_KIND_TABLET
REFUSED = "ASSERTION_REFUSED"
# A device is registered once and revoked once; one that comes back is another device.
GENERATION = 1
KEY_KINDS = frozenset({("OKP", "Ed25519"), ("EC", "P-256")})


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the public key (JWK) it is trusted by. A tablet belongs to a window."""

    id: str
    kind: int
    label: str
    region: str
    window_id: str
    jwk_json: str
    revoked: bool = False


def visible(actor: Actor) -> dict[str, Any]:
    """The filter of devices an officer may see: those of his region and below."""
    return model_regions.within(actor.region if actor.realm == OFFICER else "")


def session_of(device_id: str) -> str:
    """The session the tokens of a device carry; ending it stops them everywhere."""
    return f"{device_id}.{GENERATION}"


def public_key(jwk_json: str) -> Key:
    """The public key of a JWK (RFC 7517): Ed25519 or P-256. INVALID_ARGUMENT for another, and for one with its private part."""
    try:
        given = orjson.loads(jwk_json)
        if not isinstance(given, dict) or (given.get("kty"), given.get("crv")) not in KEY_KINDS:
            raise _key_fault("KEY_KIND", "仅支持 Ed25519 或 P-256 公钥")
        if "d" in given:
            raise _key_fault("KEY_PRIVATE", "请只提交公钥，切勿提交私钥")
        return import_key({name: given[name] for name in ("kty", "crv", "x", "y") if name in given})
    except (JoseError, ValueError, TypeError, KeyError):
        raise _key_fault("KEY_MALFORMED", "公钥格式不正确") from None


def jwk_of(key: Key) -> str:
    """A public key as it is kept: the members that make it, and nothing else."""
    return orjson.dumps(key.as_dict(private=False), option=orjson.OPT_SORT_KEYS).decode()


def _key_fault(reason: str, message: str) -> Refused:
    return invalid(Violation("jwk_json", reason, message))


def check(wanted: events.DeviceRegistered, window: Window | None) -> None:
    """INVALID_ARGUMENT for every field at fault. The key is looked at before."""
    found = []
    if not wanted.label.strip():
        found.append(Violation("label", "REQUIRED", "请填写设备名称"))
    if not region_valid(wanted.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码不正确"))
    if wanted.kind == TABLET and window is None:
        found.append(Violation("window_id", "WINDOW_UNKNOWN", "窗口平板须登记所在窗口"))
    if wanted.kind != TABLET and wanted.window_id:
        found.append(Violation("window_id", "WINDOW_NOT_FOR_KIND", "该类设备不属于某一窗口"))
    if window is not None and window.region != wanted.region:
        found.append(Violation("region", "REGION_OF_WINDOW", "设备的行政区划须与所在窗口一致"))
    if found:
        raise invalid(*found)


def revoke(device: Device, now: datetime) -> list[Message] | None:
    """It is trusted no more, and its tokens are refused; nothing when that happened already."""
    if device.revoked:
        return None
    ended = events.SessionEnded(session_id=session_of(device.id), reason=KEY_REVOKED, tokens_end=tokens_end(now))
    return [events.DeviceRevoked(device_id=device.id), ended]


def tokens_end(revoked_at: datetime) -> str:
    """RFC 3339: when the last token of a device that is revoked at an instant is over."""
    return (revoked_at + timedelta(seconds=TOKEN_SECONDS) + GRACE).isoformat()


def principal(device: Device, window: Window | None) -> Actor:
    """What a device's token says. The department is that of its window now."""
    department = window.department if window else ""
    return Actor(id=device.id, realm=DEVICE, region=device.region, department=department, session=session_of(device.id))


def _registered(_before: None, event: events.DeviceRegistered, _moment: Moment) -> Device:
    return Device(
        id=event.device_id,
        kind=event.kind,
        label=event.label,
        region=event.region,
        window_id=event.window_id,
        jwk_json=event.jwk_json,
    )


def _revoked(device: Device, _event: events.DeviceRevoked, _moment: Moment) -> Device:
    return replace(device, revoked=True)


def _session_ended(device: Device, _event: events.SessionEnded, _moment: Moment) -> Device:
    return device  # told for the services that refuse its tokens


EVOLVE: Evolve = {
    events.DeviceRegistered: _registered,
    events.DeviceRevoked: _revoked,
    events.SessionEnded: _session_ended,
}
