"""A tiny stand-in for a process of the suite: `python standin.py NAME [api | worker | send | store]`, healthy at once.

FAIL=<service>-<mode> in the environment makes that one print 20 lines and end with code 3.
"""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()


def api() -> None:
    import grpc
    from grpc_health.v1 import health, health_pb2_grpc

    server = grpc.server(ThreadPoolExecutor(1))
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    server.add_insecure_port(os.environ["GRPC_LISTEN"])
    server.start()
    server.wait_for_termination()


def worker() -> None:
    while True:
        Path(os.environ["HEARTBEAT_FILE"]).touch()
        time.sleep(0.1)


def gateway() -> None:
    host, port = os.environ["HTTP_LISTEN"].split(":")
    HTTPServer((host, int(port)), Ready).serve_forever()


def store() -> None:
    signal.pause()


if __name__ == "__main__":
    service, mode = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else sys.argv[1]
    if os.environ.get("FAIL") == f"{service}-{mode}":
        print("\n".join(f"line {number}" for number in range(1, 21)))
        sys.exit(3)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    {"api": api, "worker": worker, "send": worker, "gateway": gateway, "store": store}[mode]()
