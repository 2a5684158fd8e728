"""Probes: alive (this process answers) and ready (every service behind it answers)."""

import asyncio

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.gateway.calls import backends

PATIENCE = 2.0


async def alive(request: Request) -> Response:
    """The process answers; says nothing about the services, or their fault would restart the gateway."""
    return JSONResponse({"status": "alive"})


async def ready(request: Request) -> Response:
    """200 when every service says SERVING, else 503 with the names of those that do not."""
    channels = backends(request).channels
    states = await asyncio.gather(*(_serving(channel) for channel in channels.values()))
    away = [name for name, serving in zip(channels, states, strict=True) if not serving]
    if away:
        return JSONResponse({"status": "waiting", "away": away}, 503)
    return JSONResponse({"status": "ready"})


async def _serving(channel: grpc.aio.Channel) -> bool:
    """What the standard health service of one server says."""
    try:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


ROUTES = [Route("/healthz", alive), Route("/readyz", ready)]
