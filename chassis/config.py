"""Configuration: one settings class, read from the environment and nowhere else. The keys are the contract with the manifests."""

import base64
from functools import cached_property

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BrokerSettings(BaseSettings):
    """What the topology and dead-letter commands are told."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore")

    # The broker, with its virtual host.
    amqp_uri: str = "amqp://guest:guest@127.0.0.1:5672//"


class Settings(BrokerSettings):
    """What every service is told. Every key stands in deploy/k8s too (a test compares)."""

    # Connection string of the service's own store; the database is the service's name unless the string names one.
    mongodb_uri: str = "mongodb://127.0.0.1:27017"
    # Where the api listens, host:port.
    grpc_listen: str = "127.0.0.1:50051"
    # Where signing keys are fetched from, host:port of identity.
    identity_address: str = "127.0.0.1:50051"
    # Base64 of 32 random bytes: wraps the keys per person and derives the blind indexes.
    master_key: SecretStr
    # Folder for span files where no OTLP endpoint is given (the standard OTEL_* variables); empty = no spans.
    trace_dir: str = ""
    # File the worker touches while it is alive and its store and broker answer; empty = none.
    heartbeat_file: str = ""
    log_level: str = "INFO"

    @cached_property
    def master(self) -> bytes:
        """The master key as 32 bytes; ValueError when it is anything else."""
        key = base64.b64decode(self.master_key.get_secret_value(), validate=True)
        if len(key) != 32:
            raise ValueError("MASTER_KEY must be the base64 of exactly 32 bytes")
        return key
