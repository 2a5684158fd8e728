"""What a run is told, and how long waiting has to be."""

from dataclasses import dataclass
from typing import Final

# Seconds a system waits at least before it asks again: after a quota or a stop, and after a server that was away.
QUOTA_WAIT: Final = 1.0
RETRY_WAIT: Final = 0.2
# Seconds after which a stream that was cut is open again, and one that is silent is given up (a heartbeat comes every 15).
REOPEN_WITHIN: Final = 120.0
# Times a call that is refused for good, or a row at fault, may be sent unchanged once more.
MOST_AGAIN: Final = 2
MOST_ROWS: Final = 2000
ASSERTION_SECONDS: Final = 300 + 30


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told: whose system it is, how much is played, and when it ends."""

    department: str
    region: str
    plan: str = "full"
    # "assertion", or "certificate" for a system that proves itself over mutual TLS: then its assertions are not asked for.
    proof: str = "assertion"
    # Seconds until the run ends, whatever was played; and without anything heard, once all was played.
    seconds: float = 1800.0
    idle: float = 20.0
    # Seconds a token is good, a watch stays silent (0 = is not tried), and heartbeats are apart.
    token_life: int = 60
    silence: float = 60.0
    heartbeat: float = 5.0
    # Public keys of the system (JWK set), to verify the signatures of assertions; None = they are not.
    jwks: str | None = None


def settings_of(plan: str, **told: object) -> dict[str, object]:
    """What a plan means, with what was told over it: `quick` tries no silent stream and keeps tokens their whole five minutes."""
    quick: dict[str, object] = {"token_life": 300, "silence": 0.0, "idle": 8.0, "seconds": 600.0}
    return (
        {"plan": plan}
        | (quick if plan == "quick" else {})
        | {key: value for key, value in told.items() if value is not None}
    )
