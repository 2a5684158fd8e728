"""DelegationService over gRPC. Who acts under a delegation does so in a session of its own, opened by ActFor."""

from datetime import datetime
from typing import Any

from chassis import quota
from chassis.acts import AGENT, Actor, Cause, now
from chassis.errors import Refused, Violation, invalid, not_found, require
from chassis.parts import Parts
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.identity import (
    accesses,
    model_agents,
    model_delegations,
    people,
    settings,
    store_agents,
    store_delegations,
    views_agents,
    views_delegations,
)
from services.identity.certificates import DocumentKeys
from services.identity.model_agents import AgentOrganization
from services.identity.model_delegations import Delegation
from services.identity.opening import Opening
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import delegations_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import service_pb2


class DelegationApi:
    """The methods of yiwang.identity.v1.DelegationService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.opening = opening
        self.delegations = store_delegations.delegations(parts.database)
        self.organizations = store_agents.organizations(parts.database)
        self.document_keys = DocumentKeys(parts)

    def GrantDelegation(self, request: pb.GrantDelegationRequest, call: Call) -> pb.Delegation:
        if (done := self._done(call)) is not None:
            return self._view(done, call.actor)
        organization, holder, person = None, "", call.actor.id
        if model_delegations.holder_of(request) == "organization":
            organization = self._open_organization(request.agent_organization_id)
        scope = model_delegations.scope_of(request.scope, request.until, organization, now())
        if organization is None:
            holder = self._named(request, call.actor, model_delegations.LOOK_UPS_A_DAY)
        held_by = organization.id if organization else ""
        record = self.delegations.create(
            call.cause, lambda id: model_delegations.grant(id, person, held_by, holder, scope)
        )
        return self._view(record, call.actor)

    def RequestDelegation(self, request: pb.RequestDelegationRequest, call: Call) -> pb.Delegation:
        if (done := self._done(call)) is not None:
            return self._view(done, call.actor)
        _, organization = views_agents.working(self.parts, call.actor.id)
        scope = model_delegations.scope_of(request.scope, request.until, organization, now())
        person = self._named(request, call.actor, model_delegations.REQUESTS_A_DAY)
        asked = (person, organization.id, scope, call.actor.principal)
        record = self.delegations.create(call.cause, lambda id: model_delegations.request(id, *asked))
        return self._view(record, call.actor)

    def ConfirmDelegation(self, request: pb.ConfirmDelegationRequest, call: Call) -> pb.Delegation:
        given = store_delegations.side(store_delegations.GIVEN, call.actor.id)
        found = self.delegations.get(request.delegation_id, given).state
        asks = self.organizations.find({"_id": found.agent_organization_id})
        organization = asks.state if asks else None
        record = self.delegations.change(
            found.id, call.cause, lambda one: model_delegations.confirm(one, organization, now()), given
        )
        return self._view(record, call.actor)

    def DeclineDelegation(self, request: pb.DeclineDelegationRequest, call: Call) -> pb.Delegation:
        given = store_delegations.side(store_delegations.GIVEN, call.actor.id)
        id = request.delegation_id
        record = self.delegations.change(id, call.cause, lambda one: model_delegations.decline(one, now()), given)
        return self._view(record, call.actor)

    def RevokeDelegation(self, request: pb.RevokeDelegationRequest, call: Call) -> pb.Delegation:
        id, by = self._seen(request.delegation_id, call.actor).id, call.actor.principal
        record = self.delegations.change(id, call.cause, lambda one: model_delegations.revoke(one, by, now()))
        return self._view(record, call.actor)

    def GetDelegation(self, request: pb.GetDelegationRequest, call: Call) -> pb.Delegation:
        return self._view(self._seen(request.delegation_id, call.actor, request.min_version), call.actor)

    def ListDelegations(self, request: pb.ListDelegationsRequest, call: Call) -> pb.ListDelegationsResponse:
        if call.actor.realm == AGENT:  # who holds only
            match = store_delegations.side(store_delegations.HELD_BY_ORGANIZATION, self._organization_of(call.actor))
        else:
            field = store_delegations.HELD_BY_PERSON if request.held else store_delegations.GIVEN
            match = store_delegations.side(field, call.actor.id)
        rows, token = store_delegations.page(self.delegations, match, request.page_token, request.page_size)
        memo: dict[str, Any] = {}
        found = [self._view(row, call.actor, memo) for row in rows]
        return pb.ListDelegationsResponse(delegations=found, next_page_token=token)

    def GetDelegationCertificate(
        self, request: pb.GetDelegationCertificateRequest, call: Call
    ) -> pb.DelegationCertificate:
        state = self._seen(request.delegation_id, call.actor).state
        two, instant = views_delegations.sides(self.parts, state), now()
        active = model_delegations.status_at(state, instant, two.void) == model_delegations.ACTIVE
        require(active, "DELEGATION_VOID", "该委托未生效或已终止，不能出具委托书")
        if self._side(state, call.actor) == "holder":
            self._note_name_shown(state, call.actor, instant)
        issuer = settings.of(self.parts).public_url
        return self.document_keys.signed(views_delegations.certificate(state, two, issuer, instant))

    def GetDocumentKeys(self, request: pb.GetDocumentKeysRequest, call: Call) -> pb.GetDocumentKeysResponse:
        return pb.GetDocumentKeysResponse(keys=self.document_keys.published())

    def ActFor(self, request: pb.ActForRequest, call: Call) -> service_pb2.Session:
        state = self._seen(request.delegation_id, call.actor, working=False).state
        if self._side(state, call.actor, working=False) != "holder":
            raise not_found()
        acts = call.actor.principal
        views_delegations.level_under(self.parts, state.id, acts, 0)
        acting, methods = self._acting(state, acts), self.opening.sessions.get(call.actor.session).state.methods
        try:
            return self.opening.start(call.cause, f"person:{state.person_id}", methods, acting)
        except Refused:
            # Ended between the look above and the start: the session looks once more before it gives a token.
            views_delegations.level_under(self.parts, state.id, acts, 0)
            raise

    def _acting(self, state: Delegation, acts: str) -> events.ActingAs:
        kind, _, id = acts.partition(":")
        if kind == "agent":
            agent, organization = views_agents.working(self.parts, id)
            name = views_agents.shown_name(self.parts, agent, organization)
            channel = model_agents.CHANNELS[organization.kind]
        else:
            name, channel = people.known(self.parts, people.present(self.parts, id)).get("name", ""), "person"
        return events.ActingAs(
            agent=acts,
            sealed_name=self.parts.keyring.seal(id, name),
            delegation_id=state.id,
            item_codes=state.item_codes,
            case_id=state.case_id,
            channel=channel,
            agent_organization_id=state.agent_organization_id,
            until=state.until.isoformat(),
        )

    def _done(self, call: Call) -> Record[Delegation] | None:
        """What this very request made before; INVALID_ARGUMENT REQUEST_ID_REUSED when it was another one."""
        found = self.delegations.find({"_id": record_id(call.cause.key)})
        return self.delegations.change(found.id, call.cause, lambda _: None) if found else None

    def _named(self, request: pb.GrantDelegationRequest | pb.RequestDelegationRequest, actor: Actor, most: int) -> str:
        """The person with this name and number. Every look counts, so that nobody finds out who is registered."""
        quota.take(self.parts.database, f"{actor.principal}/named", most, now(), quota.DAY)
        id = people.named(self.parts, request.name, request.id_number).id
        if id == actor.id:
            raise invalid(Violation("id_number", "ONESELF", "不能委托本人"))
        return id

    def _open_organization(self, id: str) -> AgentOrganization:
        found = self.organizations.find({"_id": id})
        if found is None:
            raise invalid(Violation("agent_organization_id", "AGENT_ORGANIZATION_UNKNOWN", "没有该机构"))
        if found.state.closed:
            raise invalid(Violation("agent_organization_id", "AGENT_ORGANIZATION_CLOSED", "该机构已撤销"))
        return found.state

    def _organization_of(self, actor: Actor, working: bool = True) -> str:
        if actor.realm != AGENT:
            return ""
        if working:
            return views_agents.working(self.parts, actor.id)[1].id
        return store_agents.agents(self.parts.database).get(actor.id).state.agent_organization_id

    def _side(self, state: Delegation, actor: Actor, working: bool = True) -> str:
        return model_delegations.side_of(state, actor, self._organization_of(actor, working))

    def _seen(self, id: str, actor: Actor, min_version: int = 0, working: bool = True) -> Record[Delegation]:
        """A delegation the caller gave or holds; NOT_FOUND for every other."""
        record = self.delegations.get(id, min_version=min_version)
        if not self._side(record.state, actor, working):
            raise not_found()
        return record

    def _view(self, record: Record[Delegation], actor: Actor, memo: dict[str, Any] | None = None) -> pb.Delegation:
        two = views_delegations.sides(self.parts, record.state, memo)
        side = "person" if record.state.person_id == actor.id else "holder"
        return views_delegations.delegation(record, two, side)

    def _note_name_shown(self, state: Delegation, actor: Actor, instant: datetime) -> None:
        """Who holds it reads the person's full name in the certificate; once a day that is a line of the person's record."""
        key = f"{actor.principal}/certificate/{state.id}/{instant.astimezone(SHANGHAI).date()}"
        name = views_delegations.holder_name(views_delegations.sides(self.parts, state))
        cause = Cause(key=key, by=actor.principal)
        noted = (cause, state.person_id, actor.principal, accesses.UNMASKED, name)
        accesses.note(self.parts, *noted, fields=["姓名"], purpose="出具委托书")
