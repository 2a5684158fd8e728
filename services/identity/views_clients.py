"""Clients as administrators see them."""

from collections.abc import Iterable, Mapping

from chassis.records import Record
from services.identity.model_clients import Client
from yiwang.identity.v1 import clients_pb2 as pb

BEGUN, FINISHED, REFUSED = "begun", "finished", "refused."


def client(record: Record[Client]) -> pb.Client:
    """A registered system; its secret is nowhere to be read."""
    own = record.state
    return pb.Client(
        id=record.id,
        version=record.version,
        code=own.code,
        name=own.name,
        kind=own.kind,  # type: ignore[arg-type]
        proof=own.proof,  # type: ignore[arg-type]
        department=own.department,
        region=own.region,
        jwks_json=own.jwks_json,
        certificate_sha256=own.certificate_sha256,
        redirect_uris=own.redirect_uris,
        post_logout_redirect_uris=own.post_logout_redirect_uris,
        scopes=own.scopes,
        rpcs=own.rpcs,
        quota_per_minute=own.quota_per_minute,
        disabled=own.disabled,
        id_token_alg=own.id_token_alg,
    )


def days(counts: Iterable[tuple[str, Mapping[str, int]]]) -> pb.GetClientFiguresResponse:
    """Days with their counts by kind. Who finished has begun; it counts on the day it was finished."""
    found = [
        pb.ClientDay(
            day=day,
            begun=kinds.get(BEGUN, 0) + kinds.get(FINISHED, 0),
            succeeded=kinds.get(FINISHED, 0),
            refused={kind.removeprefix(REFUSED): n for kind, n in kinds.items() if kind.startswith(REFUSED)},
        )
        for day, kinds in counts
    ]
    return pb.GetClientFiguresResponse(days=found)
