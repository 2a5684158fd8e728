"""How long nobody may try again after so many failures, as pure functions."""

from datetime import datetime, timedelta

from chassis.errors import RESOURCE_EXHAUSTED, UNAUTHENTICATED, Refused

# Failures that cost nothing: those of an account, and those of an address, behind which many may sit.
ACCOUNT_FREE, ADDRESS_FREE = 5, 20
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
# After so long without a failure earlier ones are forgotten.
QUIET = timedelta(days=1)
REGISTRATIONS_AN_HOUR = 30


def wait(failures: int, free: int) -> timedelta:
    """How long the account or address is locked after its last failure: a minute, doubled by each further one, an hour at most."""
    over = failures - free
    return timedelta() if over < 0 else min(FIRST * 2 ** min(over, 12), LONGEST)


def locked(until: datetime, now: datetime) -> Refused:
    """RESOURCE_EXHAUSTED SIGN_IN_LOCKED; says in how many minutes to try again."""
    minutes = max(1, -(-int((until - now).total_seconds()) // 60))
    return Refused(RESOURCE_EXHAUSTED, "SIGN_IN_LOCKED", f"登录失败次数过多，请{minutes}分钟后重试")


def refused() -> Refused:
    """UNAUTHENTICATED SIGN_IN_REFUSED: the one answer to every sign-in that proves nothing."""
    return Refused(UNAUTHENTICATED, "SIGN_IN_REFUSED", "账号或密码不正确，或该账号暂不能登录")


def too_many_registrations() -> Refused:
    """RESOURCE_EXHAUSTED TOO_MANY_REGISTRATIONS."""
    return Refused(RESOURCE_EXHAUSTED, "TOO_MANY_REGISTRATIONS", "该网络的注册次数过多，请一小时后重试")
