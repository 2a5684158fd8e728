"""The broker: `AMQP_URI` when it is given, else a private node of the installed RabbitMQ, all its own in one folder.

Its ports, node name, cookie, password, name server (epmd) and data belong to the folder, so several nodes run side by
side and a second start finds the data. It listens on loopback only and loads no plugin.
"""

import json
import os
import re
import secrets
import shutil
import subprocess  # nosec B404
import time
from contextlib import suppress
from pathlib import Path

from kombu.connection import Connection

from .daemon import Daemon, Progress, silent
from .faults import LocalFault
from .install import find_rabbitmq, need_rabbitmq
from .ports import Ports, accepts

USER = VHOST = "yiwang"
CONFIGURATION = """\
listeners.tcp.local = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
default_vhost = {vhost}
log.file.level = warning
log.console = false
vm_memory_high_watermark.absolute = 512MiB
disk_free_limit.absolute = 100MB
# A quorum queue's log is written here first and kept in memory up to this size; the default of 512 MB is for servers.
raft.wal_max_size_bytes = 67108864
"""


class Broker(Daemon):
    """A running broker; `uri` names its main virtual host."""

    def __init__(self, folder: Path, uri: str, command: list[str], environment: dict[str, str]) -> None:
        super().__init__("broker", command, environment, folder / "log" / "broker.log", folder / "broker.pid")
        self.uri = uri
        self._epmd_port = int(environment.get("ERL_EPMD_PORT", "0"))
        epmd = ["epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port)] if command else []
        self._epmd = Daemon("broker (epmd)", epmd, environment, folder / "log" / "epmd.log", folder / "epmd.pid")

    def launch(self) -> None:
        """Starts the name server, then the node. Erlang would start one by itself, but that one outlives the node."""
        self._epmd.launch()
        deadline = time.monotonic() + 10
        while self._epmd.alive and not accepts(self._epmd_port) and time.monotonic() < deadline:
            time.sleep(0.02)
        super().launch()

    def answers(self) -> bool:
        """Whether a client can sign in. RabbitMQ opens its port at the very end of its start."""
        # Not Connection.connect(): that one tries twice and sleeps two seconds between.
        with suppress(Exception):
            transport = Connection(self.uri, connect_timeout=5).transport
            transport.close_connection(transport.establish_connection())
            return True
        return False

    def stop(self, grace: float = 30.0) -> None:
        """Ends the node cleanly, then its name server."""
        super().stop(grace)
        self._epmd.stop(5)

    def cpu_seconds(self) -> float:
        """CPU time of the node and its name server."""
        return super().cpu_seconds() + self._epmd.cpu_seconds()

    def vhost(self, name: str) -> str:
        """Makes a virtual host (or finds it) and returns its URI."""
        host = _checked(name)
        allow = ",".join(['<<".*">>'] * 3)
        self._call(
            f'rabbit_vhost:add({host}, <<"{USER}">>), '
            f'rabbit_auth_backend_internal:set_permissions(<<"{USER}">>, {host}, {allow}, <<"{USER}">>).\n'
        )
        return self.uri.rpartition("/")[0] + "/" + name

    def drop_vhost(self, name: str) -> None:
        """Removes a virtual host with all its queues."""
        self._call(f'rabbit_vhost:delete({_checked(name)}, <<"{USER}">>).\n')

    def _call(self, erlang: str) -> None:
        """Has the node evaluate an expression. erl_call is a C program: 20 ms; rabbitmqctl takes 0.4 to 2 s."""
        if self.given:
            raise LocalFault("the broker of AMQP_URI is not ours: virtual hosts cannot be made there")
        command = [
            shutil.which("erl_call") or "erl_call",
            "-timeout",
            "20",
            "-sname",
            self._environment["RABBITMQ_NODENAME"],
        ]
        try:
            answer = subprocess.run(  # nosec B603
                [*command, "-e"], input=erlang, env=self._environment, capture_output=True, text=True, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LocalFault(f"the broker could not be told to make a virtual host: {error}") from error
        if answer.stdout.strip() != "{ok, ok}":
            raise LocalFault(f"the broker refused: {answer.stdout}{answer.stderr}".strip())


def make_broker(folder: Path, progress: Progress = silent) -> Broker:
    """The broker of this folder, not started yet. RabbitMQ is installed when it is missing and we may."""
    if uri := os.environ.get("AMQP_URI"):
        broker = Broker(folder, uri, [], {})
        broker.patience = 60.0
        return broker
    if find_rabbitmq() is None:
        need_rabbitmq(lambda text: progress("broker", text))
    folder = folder.resolve()
    node, password = _identity(folder)
    port, environment = _environment(folder, node, progress)
    _write_configuration(folder, port, password)
    return Broker(folder, f"amqp://{USER}:{password}@127.0.0.1:{port}/{VHOST}", [str(find_rabbitmq())], environment)


def start_broker(folder: Path, progress: Progress = silent) -> Broker:
    """Starts the broker of this folder, or finds the given one, and waits until clients can sign in."""
    broker = make_broker(folder, progress)
    broker.start(progress)
    return broker


def _identity(folder: Path) -> tuple[str, str]:
    """Node name and password, made once: the data is bound to the name, and the folder may be moved."""
    file, home = folder / "node.json", folder / "home"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _write_private(home / ".erlang.cookie", secrets.token_hex(16), 0o400)
            _write_private(
                file, json.dumps({"node": f"yiwang{secrets.token_hex(4)}@localhost", "password": secrets.token_hex(12)})
            )
        known = json.loads(file.read_text())
        return str(known["node"]), str(known["password"])
    except OSError as error:
        raise LocalFault(f"cannot write the broker's folder {folder}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LocalFault(f"{file} is damaged: put it back, or remove {folder} to start with an empty broker") from error


def _environment(folder: Path, node: str, progress: Progress) -> tuple[int, dict[str, str]]:
    """The node's port and environment; nothing of /etc/rabbitmq and no RABBITMQ_ variable of the caller gets in."""
    ports = Ports(folder / "ports.json", progress)
    port, distribution, epmd = (ports.take(name) for name in ("amqp", "distribution", "epmd"))
    own = {
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": node,
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_BASE": str(folder),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        # One scheduler: 136 MB instead of 146, a faster start, and as fast as two where other programs share two cores.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
        # Makes the start script become the Erlang machine, so that the pid we know is the broker's own.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("RABBITMQ_", "ERL_", "NOTIFY_SOCKET"))
    }
    return port, {**kept, **own}


def _write_configuration(folder: Path, port: int, password: str) -> None:
    configuration = CONFIGURATION.format(port=port, user=USER, password=password, vhost=VHOST)
    _write_private(folder / "rabbitmq.conf", configuration)
    (folder / "advanced.config").write_text("[].\n")
    (folder / "enabled_plugins").write_text("[].\n")
    (folder / "rabbitmq-env.conf").touch()
    for name in ("mnesia", "log"):
        (folder / name).mkdir(exist_ok=True)


def _write_private(file: Path, text: str, mode: int = 0o600) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
        out.write(text)


def _checked(name: str) -> str:
    """The name as an Erlang binary; letters, digits and .-_ only, since it becomes part of an expression."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", name):
        raise LocalFault(f"a virtual host cannot be called {name!r}: letters, digits and . - _ only")
    return f'<<"{name}">>'
