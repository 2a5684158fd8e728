"""What a county sets for itself, as pure functions: name, look, channels, quotas."""

from dataclasses import dataclass, field

from chassis.acts import Evolve, Moment
from chassis.errors import Violation, invalid
from standards.codes import region_valid
from yiwang.identity.v1 import counties_pb2 as counties_pb
from yiwang.identity.v1 import events_pb2 as events

CHANNELS = tuple(one.name for one in counties_pb.ChannelSwitch.DESCRIPTOR.fields)
# WCAG 2.2, 1.4.3 (level AA): text in the county's colour on white, and white on it.
LEAST_CONTRAST = 4.5


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
    )


def check(wanted: events.CountySaved) -> None:
    """INVALID_ARGUMENT for every field at fault."""
    found = []
    if not region_valid(wanted.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码不正确"))
    if not wanted.name:
        found.append(Violation("name", "REQUIRED", "请填写名称"))
    if wanted.color and contrast_with_white(wanted.color) < LEAST_CONTRAST:
        found.append(Violation("color", "COLOR_TOO_LIGHT", "颜色过浅，与白色的对比度须不低于4.5:1"))
    if found:
        raise invalid(*found)


def save(county: County | None, wanted: events.CountySaved) -> events.CountySaved | None:
    """The settings as wanted; nothing when they are so already."""
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
    )


def _saved(_before: County | None, event: events.CountySaved, _moment: Moment) -> County:
    return _county(event)


EVOLVE: Evolve = {events.CountySaved: _saved}
