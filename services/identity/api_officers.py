"""OfficerService over gRPC."""

from typing import Any

from chassis.errors import Refused
from chassis.parts import Parts
from chassis.rpc import Call
from services.identity import model, store, views
from services.identity.opening import Opening
from services.identity.registry import Registry
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.identity.v1 import service_pb2 as pb

PAGE = 50


class OfficerApi:
    """The methods of yiwang.identity.v1.OfficerService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.opening = opening
        self.registry = Registry(parts)
        self.keyring = parts.keyring

    def AppointOfficer(self, request: officers.AppointOfficerRequest, call: Call) -> pb.Officer:
        return views.officer(self.registry.appoint(request, call.cause, call.actor), self.keyring)

    def ListOfficers(self, request: officers.ListOfficersRequest, call: Call) -> officers.ListOfficersResponse:
        size = request.page_size or PAGE
        rows = store.officers_page(self.registry.officers, model.visible(call.actor), request.page_token, size)
        return officers.ListOfficersResponse(
            officers=[views.officer(row, self.keyring) for row in rows],
            next_page_token=rows[-1].state.staff_number if len(rows) == size else "",
        )

    def __getattr__(self, name: str) -> Any:  # TODO: stub while being built
        if not name[:1].isupper():
            raise AttributeError(name)

        def pending(request: Any, call: Any) -> Any:
            raise Refused(12, "NOT_BUILT", name)

        return pending
