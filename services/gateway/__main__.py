"""`python -m services.gateway`: one process, stopped gracefully by SIGTERM; `python -m services.gateway qr …` writes QR codes."""

import sys

import uvicorn

from chassis import telemetry
from services.gateway.app import build
from services.gateway.settings import Settings

# Kubernetes waits 30 s before it kills; requests under way get most of that.
GRACE = 20


def main() -> None:
    """Reads the environment, sets up telemetry and serves until told to stop."""
    settings = Settings.from_environment()
    telemetry.setup("gateway", "web", settings.trace_dir, settings.log_level)
    host, port = settings.listen
    uvicorn.run(
        build(settings),
        host=host,
        port=port,
        # Addresses may hold what is personal: observe.py logs templates instead.
        access_log=False,
        log_level="warning",
        server_header=False,
        # X-Forwarded-For is read where it matters, and only as far as TRUSTED_PROXIES says (security.py).
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    telemetry.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["qr"]:
        from services.gateway import qr_batch

        sys.exit(qr_batch.main(sys.argv[2:]))
    main()
