"""How counties, windows and devices are set up: by the api, and by the loading of files. `actor` is the administrator; None is the
installation's operator."""

from chassis.acts import Actor, Cause
from chassis.parts import Parts
from chassis.records import Record
from services.identity import (
    model_counties,
    model_devices,
    model_officers,
    model_windows,
    store,
    store_counties,
    store_devices,
    store_officers,
    store_windows,
)
from services.identity.model_counties import County
from services.identity.model_devices import Device
from services.identity.model_windows import Window
from yiwang.identity.v1 import counties_pb2 as counties_pb
from yiwang.identity.v1 import events_pb2 as events


def save_county(
    parts: Parts, request: counties_pb.SaveCountyRequest, cause: Cause, actor: Actor | None
) -> Record[County]:
    """Sets what a county sets for itself."""
    wanted = model_counties.wanted(request)

    def decide(county: County | None) -> events.CountySaved | None:
        model_counties.check(wanted, request.new_emblem)
        _own_region(actor, wanted.region)
        saved = model_counties.save(county, wanted, model_counties.keeps_emblem(request))
        if saved and request.new_emblem:
            # Before its name stands in the record; a picture nobody names harms nobody.
            store_counties.keep_emblem(parts.database, wanted.emblem, request.new_emblem)
        return saved

    counties = store_counties.counties(parts.database)
    return store.put(counties, store_counties.county_id(request.region), cause, decide)


def save_window(
    parts: Parts, request: counties_pb.SaveWindowRequest, cause: Cause, actor: Actor | None
) -> Record[Window]:
    """Opens or changes a window. Its department may be one above the region, as those of a vertical system are."""
    hall = request.hall.strip()
    wanted = events.WindowSaved(
        window_id=store_windows.window_id(request.region, hall, request.number),
        number=request.number,
        hall=hall,
        region=request.region,
        department=request.department,
        label=request.label.strip(),
    )
    department = store_officers.department_of(parts.database, request.department)

    def decide(window: Window | None) -> events.WindowSaved | None:
        model_windows.check(wanted, department)
        _own_region(actor, wanted.region)
        return model_windows.save(window, wanted)

    return store.put(store_windows.windows(parts.database), wanted.window_id, cause, decide)


def register_device(
    parts: Parts, request: counties_pb.RegisterDeviceRequest, cause: Cause, actor: Actor
) -> Record[Device]:
    """Trusts a device's public key."""
    window = store_windows.window_of(parts.database, request.window_id) if request.window_id else None

    def decide(id: str) -> events.DeviceRegistered:
        wanted = events.DeviceRegistered(
            device_id=id,
            kind=request.kind,
            label=request.label.strip(),
            region=request.region,
            window_id=request.window_id,
            jwk_json=model_devices.jwk_of(model_devices.public_key(request.jwk_json)),
        )
        model_devices.check(wanted, window)
        _own_region(actor, wanted.region)
        return wanted

    return store_devices.devices(parts.database).create(cause, decide)


def _own_region(actor: Actor | None, region: str) -> None:
    if actor is not None:
        model_officers.own_region_only(actor, region)
