"""Organisations as their reader may see them."""

from chassis.acts import Actor
from chassis.errors import not_found
from chassis.parts import Parts
from yiwang.identity.v1 import service_pb2 as pb


def file(parts: Parts, id: str) -> tuple[Actor, pb.Me]:
    """What a session that acts for an organisation is; NOT_FOUND when it is none any more."""
    raise not_found()
