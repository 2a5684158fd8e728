"""CountyService over gRPC."""

from joserfc.jwk import Key

from chassis import sessions, tokens
from chassis.acts import now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.rpc import Call
from services.identity import (
    assertions,
    duties,
    halls,
    model_devices,
    model_regions,
    store_counties,
    store_devices,
    store_windows,
    views_counties,
)
from services.identity.opening import Opening
from yiwang.identity.v1 import counties_pb2 as counties_pb
from yiwang.identity.v1 import service_pb2 as pb


class CountyApi:
    """The methods of yiwang.identity.v1.CountyService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.keys = opening.keys
        self.windows = store_windows.windows(parts.database)
        self.duties = store_windows.duties(parts.database)
        self.devices = store_devices.devices(parts.database)

    def SaveCounty(self, request: counties_pb.SaveCountyRequest, call: Call) -> counties_pb.County:
        record = halls.save_county(self.parts, request, call.cause, call.actor)
        return views_counties.county(record.state, record.version)

    def GetCounty(self, request: counties_pb.GetCountyRequest, call: Call) -> counties_pb.County:
        id = store_counties.county_id(model_regions.county(request.region))
        found = store_counties.counties(self.parts.database).find({"_id": id})
        if found is None:
            return views_counties.county(store_counties.county_of(self.parts.database, request.region))
        return views_counties.county(found.state, found.version)

    def GetEmblem(self, request: counties_pb.GetEmblemRequest, call: Call) -> counties_pb.Emblem:
        content = store_counties.emblem(self.parts.database, request.digest)
        if not content:
            raise not_found()
        return counties_pb.Emblem(content=content)

    def SaveWindow(self, request: counties_pb.SaveWindowRequest, call: Call) -> counties_pb.Window:
        record = halls.save_window(self.parts, request, call.cause, call.actor)
        return views_counties.window(self.parts, record, now())

    def ListWindows(self, request: counties_pb.ListWindowsRequest, call: Call) -> counties_pb.ListWindowsResponse:
        region = model_regions.narrower(call.actor.region, request.region)
        rows, token = store_windows.windows_page(self.windows, region, request.page_token, request.page_size)
        found = [views_counties.window(self.parts, row, now()) for row in rows]
        return counties_pb.ListWindowsResponse(windows=found, next_page_token=token)

    def SignOnWindow(self, request: counties_pb.SignOnWindowRequest, call: Call) -> counties_pb.Duty:
        return views_counties.duty(duties.sign_on(self.parts, request.window_id, call.cause, call.actor), now())

    def SignOffWindow(self, request: counties_pb.SignOffWindowRequest, call: Call) -> counties_pb.Duty:
        return views_counties.duty(duties.sign_off(self.parts, call.cause, call.actor), now())

    def ListDuties(self, request: counties_pb.ListDutiesRequest, call: Call) -> counties_pb.ListDutiesResponse:
        self.windows.get(request.window_id, model_regions.within(call.actor.region))
        rows, token = store_windows.duties_page(self.duties, request.window_id, request.page_token, request.page_size)
        found = [views_counties.duty(row, now()) for row in rows]
        return counties_pb.ListDutiesResponse(duties=found, next_page_token=token)

    def RegisterDevice(self, request: counties_pb.RegisterDeviceRequest, call: Call) -> counties_pb.Device:
        return views_counties.device(self.parts, halls.register_device(self.parts, request, call.cause, call.actor))

    def RevokeDevice(self, request: counties_pb.RevokeDeviceRequest, call: Call) -> counties_pb.Device:
        visible = model_devices.visible(call.actor)
        record = self.devices.change(
            request.device_id, call.cause, lambda device: model_devices.revoke(device, now()), visible
        )
        # The other services hear SessionEnded; a crash here is mended by the handler of DeviceRevoked.
        sessions.refuse(self.parts.database, model_devices.session_of(record.id), model_devices.tokens_end(now()))
        return views_counties.device(self.parts, record)

    def ListDevices(self, request: counties_pb.ListDevicesRequest, call: Call) -> counties_pb.ListDevicesResponse:
        visible = model_devices.visible(call.actor)
        rows, token = store_devices.devices_page(self.devices, visible, request.page_token, request.page_size)
        found = [views_counties.device(self.parts, row) for row in rows]
        return counties_pb.ListDevicesResponse(devices=found, next_page_token=token)

    def IssueDeviceToken(self, request: counties_pb.IssueDeviceTokenRequest, call: Call) -> pb.Token:
        database = self.parts.database
        id = assertions.verify(
            database, request.assertion, self._keys_of, {tokens.ISSUER}, now(), model_devices.REFUSED
        )
        device = self.devices.get(id).state
        window = store_windows.window_of(database, device.window_id) if device.window_id else None
        store_devices.see(database, id, now())
        seconds = model_devices.TOKEN_SECONDS
        token = tokens.mint(self.keys.signing_key(), model_devices.principal(device, window), seconds)
        return pb.Token(access_token=token, expires_in=seconds)

    def _keys_of(self, id: str) -> list[Key]:
        device = store_devices.device_of(self.parts.database, id)
        return [model_devices.public_key(device.jwk_json)] if device and not device.revoked else []
