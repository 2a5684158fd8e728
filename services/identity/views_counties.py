"""Counties, windows, duties and devices as they are shown."""

from datetime import datetime

from chassis.parts import Parts
from chassis.records import Record
from services.identity import model_counties, model_devices, model_windows, store_counties, store_devices, store_windows
from services.identity.model_counties import County
from services.identity.model_devices import Device
from services.identity.model_windows import Duty, Window
from services.identity.store_officers import officers
from yiwang.identity.v1 import counties_pb2 as counties_pb


def county(state: County, version: int = 0) -> counties_pb.County:
    """The settings of a county; version 0 for the defaults, which nobody saved."""
    return counties_pb.County(
        id=store_counties.county_id(state.region),
        version=version,
        region=state.region,
        name=state.name,
        color=state.color,
        slogan=state.slogan,
        hotline=state.hotline,
        channels=counties_pb.ChannelSwitch(**{one: one in state.channels for one in model_counties.CHANNELS}),
        quotas=counties_pb.Quotas(
            submits_per_minute=state.submits_per_minute, machine_calls_per_minute=state.machine_calls_per_minute
        ),
        emblem=state.emblem,
        hotlines=[counties_pb.Hotline(name=one.name, phone=one.phone, hours=one.hours) for one in state.hotlines],
        closed_parts=state.closed_parts,  # type: ignore[arg-type]
    )


def window(parts: Parts, record: Record[Window], now: datetime) -> counties_pb.Window:
    """A window with who is on duty now, by name; nobody when he has left its department meanwhile."""
    state = record.state
    shown = counties_pb.Window(
        id=record.id,
        version=record.version,
        number=state.number,
        hall=state.hall,
        region=state.region,
        department=state.department,
        label=state.label,
    )
    duty = store_windows.in_force(parts.database, f"window/{record.id}", now)
    officer = officers(parts.database).get(duty.officer_id) if duty else None
    if duty and officer and not officer.state.dismissed and officer.state.department == state.department:
        shown.officer_id = duty.officer_id
        shown.officer_name = parts.keyring.open_text(officer.id, officer.state.sealed)
        shown.on_duty_since = duty.since.isoformat()
    return shown


def duty(record: Record[Duty], now: datetime) -> counties_pb.Duty:
    """A duty; its end is empty while it lasts."""
    state = record.state
    until = state.until or (None if model_windows.lasts(state, now) else state.due)
    return counties_pb.Duty(
        id=record.id,
        window_id=state.window_id,
        officer_id=state.officer_id,
        staff_number=state.staff_number,
        since=state.since.isoformat(),
        until=until.isoformat() if until else "",
    )


def device(parts: Parts, record: Record[Device]) -> counties_pb.Device:
    """A device; of its key the thumbprint only."""
    state = record.state
    return counties_pb.Device(
        id=record.id,
        version=record.version,
        kind=state.kind,  # type: ignore[arg-type]
        label=state.label,
        region=state.region,
        window_id=state.window_id,
        key_thumbprint=model_devices.public_key(state.jwk_json).thumbprint(),
        revoked=state.revoked,
        seen_at=store_devices.seen_at(parts.database, record.id),
    )
