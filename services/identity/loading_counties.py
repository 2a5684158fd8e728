"""Rows of counties' settings and of windows."""

from collections.abc import Mapping
from typing import Final

from chassis.fields import check
from services.identity import halls, store_counties, store_windows
from services.identity.loading_rows import Desk, cause_of, changed, fill
from yiwang.identity.v1 import counties_pb2 as counties_pb

COUNTY_FIELDS: Final[Mapping[str, str]] = {
    "region": "region",
    "name": "name",
    "color": "color",
    "slogan": "slogan",
    "hotline": "hotline",
    "channels": "channels",
    "quotas": "quotas",
    "hotlines": "hotlines",
    "closed_parts": "closed_parts",
}
WINDOW_FIELDS: Final[Mapping[str, str]] = {
    "number": "number",
    "hall": "hall",
    "region": "region",
    "department": "department",
    "label": "label",
}


def load_county(desk: Desk, row: object) -> bool:
    """Sets what a county sets for itself; False when it is so already."""
    request = counties_pb.SaveCountyRequest()
    fill(request, row, COUNTY_FIELDS, ("color", "slogan", "hotline", "quotas", "hotlines", "closed_parts"))
    id = store_counties.county_id(request.region)
    request.request_id = f"load-{id}"
    check(request)
    before = store_counties.counties(desk.parts.database).find({"_id": id})
    return changed(before, halls.save_county(desk.parts, request, cause_of(id, before), None))


def load_window(desk: Desk, row: object) -> bool:
    """Opens or changes a window; False when it is so already."""
    request = counties_pb.SaveWindowRequest()
    fill(request, row, WINDOW_FIELDS, ("label",))
    id = store_windows.window_id(request.region, request.hall.strip(), request.number)
    request.request_id = f"load-{id}"
    check(request)
    before = store_windows.windows(desk.parts.database).find({"_id": id})
    return changed(before, halls.save_window(desk.parts, request, cause_of(id, before), None))
