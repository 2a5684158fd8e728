"""What a county sets for itself, as pure functions: name, look, what it offers, channels, quotas."""

import hashlib
import struct
from dataclasses import dataclass, field

from chassis.acts import Evolve, Moment
from chassis.errors import Violation, invalid
from standards import content_picture
from standards.codes import region_valid
from standards.content_signs import ContentRefused
from yiwang.identity.v1 import counties_pb2 as counties_pb
from yiwang.identity.v1 import events_pb2 as events

CHANNELS = tuple(one.name for one in counties_pb.ChannelSwitch.DESCRIPTOR.fields)
# WCAG 2.2, 1.4.3 (level AA): text in the county's colour on white, and white on it.
LEAST_CONTRAST = 4.5
# Pixels of an emblem, a side: shown at 44, and as the picture of a bookmark.
LEAST_SIDE, MOST_SIDE = 32, 1024


@dataclass(frozen=True, slots=True)
class Hotline:
    """Whom people call about something; without hours always."""

    name: str
    phone: str
    hours: str = ""


@dataclass(frozen=True, slots=True)
class County:
    """The settings of a county; empty and 0 are the defaults, and every channel is open unless it was closed."""

    region: str
    name: str = ""
    color: str = ""
    slogan: str = ""
    hotline: str = ""
    channels: list[str] = field(default_factory=lambda: list(CHANNELS))
    submits_per_minute: int = 0
    machine_calls_per_minute: int = 0
    emblem: str = ""
    hotlines: list[Hotline] = field(default_factory=list)
    closed_parts: list[int] = field(default_factory=list)


def contrast_with_white(color: str) -> float:
    """The contrast of a colour (#rrggbb) with white, 1 to 21: relative luminance by WCAG 2.2."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def wanted(request: counties_pb.SaveCountyRequest) -> events.CountySaved:
    """What a request asks for."""
    return events.CountySaved(
        region=request.region,
        name=request.name.strip(),
        color=request.color.lower(),
        slogan=request.slogan.strip(),
        hotline=request.hotline.strip(),
        channels=[one for one in CHANNELS if getattr(request.channels, one)],
        submits_per_minute=request.quotas.submits_per_minute,
        machine_calls_per_minute=request.quotas.machine_calls_per_minute,
        emblem=hashlib.sha256(request.new_emblem).hexdigest() if request.new_emblem else "",
        hotlines=[
            events.CountyHotline(name=one.name.strip(), phone=one.phone.strip(), hours=one.hours.strip())
            for one in request.hotlines
        ],
        closed_parts=sorted(request.closed_parts),
    )


def keeps_emblem(request: counties_pb.SaveCountyRequest) -> bool:
    """Whether a request leaves the emblem as it is."""
    return not request.new_emblem and not request.no_emblem


def emblem_fault(content: bytes) -> str:
    """Why a picture is no emblem; empty when it is one. Only PNG: what is drawn by instructions may have some for who looks at it."""
    if not content.startswith(content_picture.PNG_SIGN):
        return "徽标须为PNG图片"
    try:
        content_picture.check_png(content)
    except ContentRefused as fault:
        return fault.message
    sides = struct.unpack_from(">II", content, 16)
    if not LEAST_SIDE <= min(sides) <= max(sides) <= MOST_SIDE:
        return f"徽标的边长须为{LEAST_SIDE}至{MOST_SIDE}像素"
    return ""


def check(wanted: events.CountySaved, emblem: bytes = b"") -> None:
    """INVALID_ARGUMENT for every field at fault."""
    found = []
    if not region_valid(wanted.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码不正确"))
    if not wanted.name:
        found.append(Violation("name", "REQUIRED", "请填写名称"))
    if wanted.color and contrast_with_white(wanted.color) < LEAST_CONTRAST:
        found.append(Violation("color", "COLOR_TOO_LIGHT", "颜色过浅，与白色的对比度须不低于4.5:1"))
    if emblem and (fault := emblem_fault(emblem)):
        found.append(Violation("new_emblem", "EMBLEM_UNFIT", fault))
    if found:
        raise invalid(*found)


def save(county: County | None, wanted: events.CountySaved, keeps: bool = False) -> events.CountySaved | None:
    """The settings as wanted, with the emblem there is where that stays; nothing when they are so already."""
    if keeps and county is not None:
        wanted.emblem = county.emblem
    return None if county == _county(wanted) else wanted


def _county(event: events.CountySaved) -> County:
    return County(
        region=event.region,
        name=event.name,
        color=event.color,
        slogan=event.slogan,
        hotline=event.hotline,
        channels=list(event.channels),
        submits_per_minute=event.submits_per_minute,
        machine_calls_per_minute=event.machine_calls_per_minute,
        emblem=event.emblem,
        hotlines=[Hotline(one.name, one.phone, one.hours) for one in event.hotlines],
        closed_parts=list(event.closed_parts),
    )


def _saved(_before: County | None, event: events.CountySaved, _moment: Moment) -> County:
    return _county(event)


EVOLVE: Evolve = {events.CountySaved: _saved}
