"""OrganizationService over gRPC."""

from collections.abc import Callable
from typing import Any

from chassis import quota
from chassis.acts import now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.identity import model_organizations, model_verifications, people, settings, store, store_organizations
from services.identity import views_organizations as views
from services.identity.model_organizations import Organization
from services.identity.opening import Opening
from standards.identifiers import name_mask
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import organizations_pb2 as pb
from yiwang.identity.v1 import service_pb2

CLAIMS_A_MINUTE = 5


class OrganizationApi:
    """The methods of yiwang.identity.v1.OrganizationService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.keyring = parts.keyring
        self.opening = opening
        self.organizations = store_organizations.organizations(parts.database)

    def RegisterOrganization(self, request: pb.RegisterOrganizationRequest, call: Call) -> pb.Organization:
        if not settings.of(self.parts).verification_url:
            raise model_verifications.not_configured()
        model_organizations.check_registration(request.uscc, request.name, request.address)
        people.present(self.parts, call.actor.id)
        quota.take(self.parts.database, f"claims/{call.actor.id}", CLAIMS_A_MINUTE, now())
        id = store_organizations.organization_id(request.uscc)
        sealed = self.keyring.seal(id, {"name": request.name.strip(), "address": request.address.strip()})
        record = store.put(
            self.organizations,
            id,
            call.cause,
            lambda one: model_organizations.claim(one, id, request.uscc, sealed, call.actor.id),
            model_organizations.ROOM,
        )
        return views.organization(self.parts, record, call.actor)

    def GetOrganization(self, request: pb.GetOrganizationRequest, call: Call) -> pb.Organization:
        record = self._seen(call, request.organization_id, request.min_version)
        return views.organization(self.parts, record, call.actor)

    def ListMyOrganizations(self, request: pb.ListMyOrganizationsRequest, call: Call) -> pb.ListMyOrganizationsResponse:
        rows = store_organizations.of_member(self.organizations, model_organizations.visible(call.actor))
        seen = [row for row in rows if model_organizations.sees(call.actor, row.state, views.today())]
        found = [views.organization(self.parts, row, call.actor) for row in seen]
        return pb.ListMyOrganizationsResponse(organizations=found)

    def AuthorizeHandler(self, request: pb.AuthorizeHandlerRequest, call: Call) -> pb.Organization:
        # Who may not authorise anybody learns nothing about who is registered.
        one = self._seen(call, request.organization_id)
        model_organizations.require_representative(one.state, call.actor.id)
        first = getattr(request, "from")
        model_organizations.check_days(first, request.until, views.today())
        if not store.caused(one, call.cause):
            name = f"{call.actor.principal}/handlers"
            quota.take(self.parts.database, name, model_organizations.LOOK_UPS_A_DAY, now(), quota.DAY)
        handler = people.named(self.parts, request.name, request.id_number)
        told = self.keyring.seal(handler.id, self._told(one, call.actor.id))
        wanted = events.HandlerAuthorized(
            organization_id=one.id,
            person_id=handler.id,
            until=request.until,
            sealed_name=told,
            **{"from": first},
        )
        return self._changed(
            call,
            one.id,
            lambda state: model_organizations.authorize(state, wanted, call.actor.id, views.today()),
            model_organizations.ROOM,
        )

    def RevokeHandler(self, request: pb.RevokeHandlerRequest, call: Call) -> pb.Organization:
        one = self._seen(call, request.organization_id)
        return self._changed(
            call, one.id, lambda state: model_organizations.revoke(state, request.person_id, call.actor.id)
        )

    def ActForOrganization(self, request: pb.ActForOrganizationRequest, call: Call) -> service_pb2.Session:
        one = self.organizations.find({"_id": request.organization_id})
        # The same answer for an organisation that is not there.
        if one is None or not model_organizations.may_act(one.state, call.actor.id, views.today()):
            raise model_organizations.not_a_handler()
        person = people.present(self.parts, call.actor.id)
        name = people.known(self.parts, person).get("name", "")
        acting = events.ActingAs(
            agent=call.actor.principal,
            sealed_name=self.keyring.seal(call.actor.id, name),
            channel="handler",
            until=model_organizations.acts_until(one.state, call.actor.id),
        )
        here = store.sessions(self.parts.database).get(call.actor.session).state
        return self.opening.start(call.cause, f"person:{one.id}", here.methods, acting)

    def _seen(self, call: Call, id: str, min_version: int = 0) -> Record[Organization]:
        record = self.organizations.get(id, model_organizations.visible(call.actor), min_version)
        if not model_organizations.sees(call.actor, record.state, views.today()):
            raise not_found()
        return record

    def _changed(self, call: Call, id: str, decide: Callable[[Organization], Any], room: int = 0) -> pb.Organization:
        record = self.organizations.change(id, call.cause, decide, room=room)
        return views.organization(self.parts, record, call.actor)

    def _told(self, one: Record[Organization], representative_id: str) -> str:
        """What the handler reads in his access record: the organisation and, masked, who let him act for it."""
        known = self.keyring.open(one.id, one.state.sealed) or {}
        person = people.present(self.parts, representative_id)
        name = name_mask(people.known(self.parts, person).get("name", ""))
        return f"{known.get('name', '')} 法定代表人 {name}"
