"""What the Python packages cannot bring: RabbitMQ, and for the tests a browser and Chinese fonts.

Only the standard library is used here, since the Makefile runs it before anything is installed.

    python -m deploy.local.install [--tests | --venv]
"""

import os
import shutil
import subprocess  # nosec B404
import sys
from collections.abc import Callable
from pathlib import Path

from .faults import LocalFault

RABBITMQ_PLACES = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
    "/opt/rabbitmq/sbin/rabbitmq-server",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Say = Callable[[str], None]


def find_rabbitmq() -> Path | None:
    """The server's own start script; Debian's /usr/sbin/rabbitmq-server changes the user and is no use here."""
    return next((Path(place) for place in RABBITMQ_PLACES if os.access(place, os.X_OK)), None)


def has_browser() -> bool:
    """Whether a Chromium is on the PATH."""
    return any(shutil.which(browser) for browser in BROWSERS)


def has_chinese_font() -> bool:
    """Whether a font with Chinese characters is installed."""
    names = ("*CJK*", "*wqy*", "*SourceHan*")
    return any(next(Path("/usr/share/fonts").rglob(name), None) for name in names)


def need_rabbitmq(say: Say) -> None:
    """Installs RabbitMQ when it is missing; a given AMQP_URI makes it needless."""
    if os.environ.get("AMQP_URI") or find_rabbitmq():
        return
    _apt(
        ["rabbitmq-server"],
        "RabbitMQ is missing: install it (apt-get install rabbitmq-server), or give a broker with "
        "AMQP_URI=amqp://user:password@host:5672/vhost",
        say,
    )
    if find_rabbitmq() is None:
        raise LocalFault(f"rabbitmq-server is installed, but not in {RABBITMQ_PLACES[0]}: give a broker with AMQP_URI")


def need_browser(say: Say) -> None:
    """Installs Chromium and a Chinese font when they are missing: the journey tests walk through real pages."""
    missing = [] if has_browser() else ["chromium"]
    missing += [] if has_chinese_font() else ["fonts-noto-cjk"]
    if missing:
        names = " ".join(missing)
        _apt(
            missing, f"the tests need {names}: install it (apt-get install {names}), or run the phases without it", say
        )


def need_npm(say: Say) -> None:
    """Installs npm when it is missing: the charts of the pages are fetched with it."""
    if not shutil.which("npm"):
        _apt(["npm"], "npm is missing: install it (apt-get install npm)", say)


def need_venv(say: Say) -> None:
    """Debian's Python comes without ensurepip; python3-venv brings it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    _apt(
        [version],
        f"this Python cannot make a venv: install it (apt-get install {version}), or another Python >= 3.11",
        say,
    )


def _apt(packages: list[str], otherwise: str, say: Say) -> None:
    """Installs Debian packages quietly; LocalFault with the ways out when this machine or user cannot."""
    prefix = _root_prefix()
    if prefix is None or not shutil.which("apt-get"):
        reason = "no apt-get here" if prefix is not None else "neither root nor passwordless sudo"
        raise LocalFault(f"{otherwise} ({reason}, so it was not installed for you)")
    say(f"installing {' '.join(packages)} with apt")
    # env instead of our own environment: sudo does not hand it on.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120"]
    install = [*apt, "install", "--no-install-recommends", *packages]
    if _quiet(install) is None:
        return
    # Fresh images have no package lists, old ones outdated ones.
    fault = _quiet([*apt, "update"]) or _quiet(install)
    if fault is not None:
        raise LocalFault(f"{otherwise} (apt-get failed: {fault})")


def _root_prefix() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:  # nosec B603
        return [sudo, "-n"]
    return None


def _quiet(command: list[str]) -> str | None:
    """Runs a command; None when it went well, else its last line."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")  # nosec B603
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return lines[-1] if lines else f"code {done.returncode}"


def main(arguments: list[str]) -> int:
    """Installs what is missing and says what it does."""

    def say(text: str) -> None:
        print(text, flush=True)

    try:
        if "--venv" in arguments:
            need_venv(say)
            return 0
        need_rabbitmq(say)
        if "--tests" in arguments:
            need_browser(say)
    except LocalFault as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
