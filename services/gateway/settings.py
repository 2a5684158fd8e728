"""What the gateway is told from outside: environment variables, nothing else."""

import base64
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _key_bytes(value: object) -> object:
    """A key travels in the environment as base64; what is not base64 stays as it is and fails the length rule."""
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


Address = Annotated[str, Field(pattern=r"^.+:[0-9]{1,5}$")]


class Settings(BaseSettings):
    """One field per environment variable; the field's name in capitals is the variable's name."""

    # An error at start names the variable, never its value: one of them is a key.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    http_listen: Address = "127.0.0.1:8000"
    identity_address: Address
    catalog_address: Address
    case_address: Address
    rating_address: Address
    intermediary_address: Address
    policy_address: Address
    message_address: Address
    # 32 bytes as base64. Sessions are sealed under a key derived from it; another key ends every session.
    master_key: Annotated[bytes, BeforeValidator(_key_bytes), Field(min_length=32, max_length=32, repr=False)]
    # Spans go to files here when no OTLP endpoint is configured; empty = nowhere.
    trace_dir: str = ""
    log_level: str = "INFO"
    # false only for a local run over plain http: browsers drop Secure cookies there.
    secure_cookies: bool = True
    # How many proxies of ours stand before the gateway; so many addresses from the right of X-Forwarded-For are theirs to tell.
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    # How much of services/gateway/limits.py is let through: 2 = twice as much, 0 = nobody is counted.
    rate_limit: Annotated[float, Field(ge=0, le=100)] = 1.0
    # The county whose settings (name, look, channels) the pages follow; and its name until identity has told them.
    region: Annotated[str, Field(pattern=r"^[0-9]{6}$")] = "990121"
    region_name: str = "示范县"
    # Where browsers reach the site, as it is printed into QR codes; empty = as the request was addressed.
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/\s]+)?$")] = ""

    # Sites that may show the search box of /embed in a frame: origins, blanks between them; empty = none.
    embed_origins: Annotated[str, Field(pattern=r"^(https?://[A-Za-z0-9.:-]+( https?://[A-Za-z0-9.:-]+)*)?$")] = ""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Reads the variables; an error names each one that is missing or wrong."""
        # pydantic fills the fields from the environment, which the signature mypy sees does not say.
        given: dict[str, Any] = {}
        return cls(**given)

    @property
    def listen(self) -> tuple[str, int]:
        """Host and port to bind."""
        host, _, port = self.http_listen.rpartition(":")
        return host, int(port)
