"""`send [--once]`: sends what is due, one thread a channel, until it is told to stop; or until nothing is due any more."""

import argparse
import signal
import threading
from pathlib import Path
from typing import Final

import pymongo
from pymongo.errors import PyMongoError

from chassis.masters import KeysUnavailable
from chassis.parts import Parts
from chassis.telemetry import log
from services.message import settings
from services.message.contacts import Contacts
from services.message.model_texts import EMAIL, LETTER, PUSH, SMS
from services.message.sending import Sending

# The last is no channel: what none of them could tell.
CHANNELS: Final = (SMS, PUSH, EMAIL, LETTER, 0)
# Between two looks when nothing was due, and after a fault.
REST_SECONDS, FAULT_SECONDS, BEAT_SECONDS = 0.5, 2.0, 5.0
STORE_SECONDS: Final = 4


def main(parts: Parts, arguments: list[str]) -> None:
    """The job."""
    parser = argparse.ArgumentParser(prog="message send")
    parser.add_argument("--once", action="store_true", help="end when nothing is due")
    wanted = parser.parse_args(arguments)
    told = settings.of(parts)
    sending = Sending(parts, Contacts(told.identity_address, settings.require_service_secret(told)))
    if wanted.once:
        print(f"message: {drain(sending)} looks at notices")
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=_run, args=(sending, one, stop), name=f"send-{one}") for one in CHANNELS]
    for thread in threads:
        thread.start()
    _beat(parts, threads, stop)
    for thread in threads:
        thread.join()


def drain(sending: Sending) -> int:
    """Rounds until nothing is due by any channel that can be sent now; how many notices were looked at."""
    done = 0
    while found := sum(sending.round(channel) for channel in CHANNELS):
        done += found
    return done


def _run(sending: Sending, channel: int, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            rest = 0.0 if sending.round(channel) else REST_SECONDS
        except (PyMongoError, KeysUnavailable) as error:
            log("send").warning("store_away", error=type(error).__name__)
            rest = FAULT_SECONDS
        except Exception as error:  # a thread that ended would leave a whole channel silent
            log("send").error("round_failed", error=type(error).__name__)
            rest = FAULT_SECONDS
        stop.wait(rest)


def _beat(parts: Parts, threads: list[threading.Thread], stop: threading.Event) -> None:
    """Touches the heartbeat file while every channel is served and the store answers."""
    file = Path(parts.settings.heartbeat_file) if parts.settings.heartbeat_file else None
    while not stop.wait(BEAT_SECONDS if file is None or file.exists() else 0.1):
        try:
            with pymongo.timeout(STORE_SECONDS):
                parts.database.command("ping")
            if file and all(thread.is_alive() for thread in threads):
                file.touch()
        except (PyMongoError, OSError) as error:
            log("send").warning("no_heartbeat", error=type(error).__name__)
