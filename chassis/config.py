"""Configuration: one dataclass per kind of process, read from the environment and nowhere else.

The fields, in capitals, are the keys; a test compares them with the manifests. (pydantic-settings costs 9 MB in every process.)
"""

import base64
import os
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import TypeVar

T = TypeVar("T")


class ConfigurationError(Exception):
    """A key is missing or malformed; the text names it and never its value."""


def read(settings: type[T]) -> T:
    """Settings from the environment. ConfigurationError names every key that is missing or malformed."""
    values, faults = {}, []
    for field in fields(settings):  # type: ignore[arg-type]
        key = field.name.upper()
        if key in os.environ:
            values[field.name] = os.environ[key]
        elif field.default is MISSING:
            faults.append(f"{key} is not set")
    if faults:
        raise ConfigurationError("; ".join(faults))
    return settings(**values)


@dataclass(frozen=True)
class BrokerSettings:
    """What the topology and dead-letter commands are told."""

    # The broker, with its virtual host.
    amqp_uri: str = "amqp://guest:guest@127.0.0.1:5672//"


@dataclass(frozen=True, kw_only=True)
class Settings(BrokerSettings):
    """What every service is told."""

    # Base64 of 32 random bytes: wraps the keys per person and derives the blind indexes.
    master_key: str
    # Connection string of the service's own store; the database is the service's name unless the string names one.
    mongodb_uri: str = "mongodb://127.0.0.1:27017"
    # Where the api listens, host:port.
    grpc_listen: str = "127.0.0.1:50051"
    # A second port for callers from outside, with mutual TLS; empty = none. The three files are PEM.
    grpc_tls_listen: str = ""
    tls_key_file: str = ""
    tls_certificate_file: str = ""
    tls_client_ca_file: str = ""
    # Where signing keys are fetched from, host:port of identity.
    identity_address: str = "127.0.0.1:50051"
    # Folder for span files where no OTLP endpoint is given (the standard OTEL_* variables); empty = no spans.
    trace_dir: str = ""
    # File the worker touches while it is alive and its store answers; empty = none.
    heartbeat_file: str = ""
    log_level: str = "INFO"

    @cached_property
    def master(self) -> bytes:
        """The master key as 32 bytes; ConfigurationError when it is anything else."""
        with suppress(ValueError):
            key = base64.b64decode(self.master_key, validate=True)
            if len(key) == 32:
                return key
        raise ConfigurationError("MASTER_KEY must be the base64 of exactly 32 bytes")

    def __repr__(self) -> str:
        return "Settings(…)"  # nothing secret in a log or a trace back
