"""ClientService over gRPC."""

from datetime import datetime, timedelta

from google.protobuf.message import Message

from chassis import sessions as chassis_sessions
from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.identity import (
    machines,
    model_clients,
    model_clients_checks,
    model_officers,
    model_regions,
    oauth_refusals,
    store,
    store_clients,
    store_counties,
    store_officers,
    views_clients,
)
from services.identity.model_clients import SECRET, Client
from services.identity.opening import Opening
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import clients_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import service_pb2


class ClientApi:
    """The methods of yiwang.identity.v1.ClientService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.opening = opening
        self.clients = store_clients.clients(parts.database)
        self.figures = store_clients.figures(parts.database)

    def SaveClient(self, request: pb.SaveClientRequest, call: Call) -> pb.SaveClientResponse:
        id = store_clients.client_id(request.code)
        department = store_officers.department_of(self.parts.database, request.department)
        most = self._most(request.region)

        def decide(client: Client | None) -> list[Message] | None:
            # The department's too: a machine sees what its department does, wherever that is.
            present = [one.region for one in (client, department) if one]
            model_officers.own_region_only(call.actor, request.region, *present)
            model_clients_checks.check(client, request, department is not None, machines.open_rpcs(), most)
            return model_clients.save(client, _stated(id, request), now(), request.new_secret)

        record = store.put(self.clients, id, call.cause, decide)
        self._refuse_ended(record, call.cause)
        secret = self._new_secret(record, request, call)
        return pb.SaveClientResponse(client=views_clients.client(record), secret=secret)

    def DisableClient(self, request: pb.DisableClientRequest, call: Call) -> pb.Client:
        visible = model_regions.within(call.actor.region)
        record = self.clients.change(
            request.client_id,
            call.cause,
            lambda client: model_clients.disable(client, request.reason.strip(), now()),
            visible,
        )
        self._refuse_ended(record, call.cause)
        return views_clients.client(record)

    def EnableClient(self, request: pb.EnableClientRequest, call: Call) -> pb.Client:
        visible = model_regions.within(call.actor.region)
        return views_clients.client(self.clients.change(request.client_id, call.cause, model_clients.enable, visible))

    def ListClients(self, request: pb.ListClientsRequest, call: Call) -> pb.ListClientsResponse:
        visible = model_regions.within(call.actor.region)
        rows, token = store_clients.clients_page(self.clients, visible, request.page_token, request.page_size)
        return pb.ListClientsResponse(clients=[views_clients.client(row) for row in rows], next_page_token=token)

    def GetClientFigures(self, request: pb.GetClientFiguresRequest, call: Call) -> pb.GetClientFiguresResponse:
        client = self.clients.get(request.client_id, model_regions.within(call.actor.region))
        today = datetime.now(SHANGHAI).date()
        days = [(today - timedelta(days=back)).isoformat() for back in reversed(range(request.days))]
        return views_clients.days(
            (day, self.figures.totals([store_clients.day_bucket(client.id, day)])) for day in days
        )

    def IssueMachineToken(self, request: pb.IssueMachineTokenRequest, call: Call) -> service_pb2.Token:
        try:
            if request.assertion:
                client = machines.by_assertion(self.parts, request.assertion)
            else:
                client = machines.by_certificate(self.parts, request.client_code, call.certificate)
            return machines.token(self.opening.keys.signing_key(), client)
        except Refused:
            id = oauth_refusals.claimed(request.assertion) or store_clients.client_id(request.client_code)
            oauth_refusals.note(self.parts, id, "invalid_client", call.span.traceparent)
            raise

    def _most(self, region: str) -> int:
        """The most calls a minute the county gives one system."""
        county = store_counties.county_of(self.parts.database, region)
        return county.machine_calls_per_minute or model_clients.MOST_CALLS

    def _new_secret(self, record: Record[Client], request: pb.SaveClientRequest, call: Call) -> str:
        """The secret this act makes, kept as a hash beside the record; empty when it makes none."""
        saved = [entry for entry in record.journal if entry["type"] == "ClientSaved"]
        place = next((n for n, entry in enumerate(saved) if entry["cause"] == call.cause.key), None)
        if request.proof != SECRET or place is None:
            return ""
        if place > 0 and not request.new_secret and saved[place - 1]["data"].get("proof") == SECRET:
            return ""
        secret = machines.secret_of(self.parts, record.id, call.cause.key)
        hashed = machines.secret_hash(self.parts, secret)
        store_clients.keep_secret(self.parts.database, record.id, hashed, saved[place]["seq"])
        return secret

    def _refuse_ended(self, record: Record[Client], cause: Cause) -> None:
        """Identity itself refuses at once the tokens this act ended; the other services hear SessionEnded."""
        for entry in record.journal:
            if entry["type"] == "SessionEnded" and entry["cause"] == cause.key:
                data = entry["data"]
                chassis_sessions.refuse(self.parts.database, data["sessionId"], data["tokensEnd"])


def _stated(id: str, request: pb.SaveClientRequest) -> events.ClientSaved:
    """The client as the request states it, in one form, so that the same client is the same event."""
    return events.ClientSaved(
        client_id=id,
        code=request.code,
        name=request.name.strip(),
        kind=request.kind,
        proof=request.proof,
        department=request.department,
        region=request.region,
        jwks_json=model_clients_checks.canonical_keys(request.jwks_json),
        certificate_sha256=request.certificate_sha256,
        redirect_uris=request.redirect_uris,
        post_logout_redirect_uris=request.post_logout_redirect_uris,
        scopes=sorted(request.scopes),
        rpcs=sorted(request.rpcs),
        quota_per_minute=request.quota_per_minute,
        id_token_alg=request.id_token_alg,
    )
