"""What message is told beside what every service is told."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

from chassis.config import ConfigurationError
from chassis.config import Settings as Common
from chassis.parts import Parts
from services.message.model_texts import EMAIL, LETTER, PUSH, SMS

LEAST_SECRET: Final = 16


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of message. Providers (see docs/integrating.md) are written `name=http(s)://host:port`, blanks between them: the first
    is asked first. None = nothing is sent by this channel."""

    # Where people reach the suite, without a slash at the end: printed on letters, and linked to in e-mail and push messages.
    public_url: str = "http://127.0.0.1:8000"
    sms_providers: str = ""
    email_providers: str = ""
    push_providers: str = ""
    letter_providers: str = ""
    # What providers sign their callbacks with: `name=secret`, blanks between them; none = its callbacks are not believed.
    callback_secrets: str = ""
    # Base64 of 32 random bytes, known to identity too: with it this service asks identity for addresses.
    service_secret: str = ""
    # The county that what belongs to no place, such as sign-ins, is counted under.
    region: str = ""

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of message, from its parts."""
    return cast(Settings, parts.settings)


def providers(settings: Settings) -> Mapping[int, Mapping[str, str]]:
    """The providers of each channel, name → address, in their order. ConfigurationError for what is none, or for one name twice."""
    told = {
        SMS: ("SMS_PROVIDERS", settings.sms_providers),
        EMAIL: ("EMAIL_PROVIDERS", settings.email_providers),
        PUSH: ("PUSH_PROVIDERS", settings.push_providers),
        LETTER: ("LETTER_PROVIDERS", settings.letter_providers),
    }
    found = {channel: _pairs(key, text) for channel, (key, text) in told.items()}
    for channel, (key, _) in told.items():
        for url in found[channel].values():
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
                raise ConfigurationError(f"{key} has an address that is none")
    names = [name for one in found.values() for name in one]
    if len(set(names)) != len(names):
        raise ConfigurationError("two providers have one name")
    return found


def secrets(settings: Settings) -> Mapping[str, bytes]:
    """What each provider signs with. ConfigurationError for one that is too short."""
    found = {name: secret.encode() for name, secret in _pairs("CALLBACK_SECRETS", settings.callback_secrets).items()}
    if any(len(secret) < LEAST_SECRET for secret in found.values()):
        raise ConfigurationError(f"CALLBACK_SECRETS has one shorter than {LEAST_SECRET} characters")
    return found


def require_service_secret(settings: Settings) -> str:
    """The secret shared with identity. ConfigurationError when it is none."""
    try:
        if len(base64.b64decode(settings.service_secret, validate=True)) >= 32:
            return settings.service_secret
    except binascii.Error:
        pass
    raise ConfigurationError("SERVICE_SECRET must be base64 of at least 32 bytes")


def _pairs(key: str, text: str) -> dict[str, str]:
    found = dict[str, str]()
    for one in text.split():
        name, equals, value = one.partition("=")
        if not (name and equals and value) or name in found:
            raise ConfigurationError(f"{key} is not name=value pairs with blanks between")
        found[name] = value
    return found
