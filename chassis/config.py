"""Configuration: one dataclass per kind of process, read from the environment and nowhere else.

The fields, in capitals, are the keys; a test compares them with the manifests. (pydantic-settings costs 9 MB in every process.)
"""

import os
from dataclasses import MISSING, dataclass, fields
from typing import TypeVar

from standards.ciphers import PROFILES, Profile

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

    # The masters that wrap all other keys, exactly one of three (chassis/masters.py): base64 of 32 random bytes;
    master_key: str = ""
    # or a JSON file of several such, one of them current;
    master_key_file: str = ""
    # or the transit engine of a Vault or OpenBao: its address, the file its token is in, the name of its key,
    kms_url: str = ""
    kms_token_file: str = ""
    kms_key: str = ""
    # and, while keys move there, the key file they come from.
    kms_former_key_file: str = ""
    # international or gm (国密): what seals, chains and signs documents from now on (standards/ciphers.py).
    cipher_profile: str = "international"
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

    @property
    def profile(self) -> Profile:
        """The cipher profile; ConfigurationError when there is none of this name."""
        if self.cipher_profile not in PROFILES:
            raise ConfigurationError(f"CIPHER_PROFILE must be one of {', '.join(PROFILES)}")
        return PROFILES[self.cipher_profile]

    def __repr__(self) -> str:
        return "Settings(…)"  # nothing secret in a log or a trace back
