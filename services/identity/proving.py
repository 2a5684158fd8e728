"""How somebody proves that he is who he says, by a password or a code: what is counted, locked and told.

No answer, nor its time, tells whether an account exists: every fault is SIGN_IN_REFUSED, and unknown logins are hashed, counted and
locked as others are.
"""

from typing import NamedTuple

from chassis.acts import Cause, now
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid
from chassis.parts import Parts
from services.identity import credentials, model_factors, model_lockout, store, store_factors
from services.identity.credentials import Credentials
from services.identity.lockout import Attempt, Lockout, account_key


class Proof(NamedTuple):
    """Who it is (`person:<id>` …), and under which keys his failures were counted."""

    principal: str
    attempt: Attempt


class Proving:
    """Passwords and codes, with the counts of failures."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.keyring = parts.keyring
        self.credentials = Credentials(parts.database)
        self.lockout = Lockout(parts.database, parts.keyring)

    def by_password(self, login: str, password: str, address: str) -> Proof:
        """Whose login and password these are; SIGN_IN_REFUSED, SIGN_IN_LOCKED, or SIGN_IN_BUSY."""
        typed = store.plain_login(login)
        login_key, address_key = self.lockout.login_key(typed), self.lockout.address_key(address)
        with credentials.slot():
            # Read inside the slot: as many guesses at once as there are slots cannot get round the counts.
            self.lockout.require_open((login_key, address_key))
            principal = store.principal_of(self.database, self.keyring, typed)
            id = principal.partition(":")[2] if principal else ""
            # An unknown login has an account too, which nobody owns, so that it takes as many steps.
            attempt = Attempt(account_key(id or login_key), login_key, address_key)
            found = self.credentials.find(id) if self.lockout.is_open(attempt.account) else None
            if not credentials.matches(found, password) or principal is None:
                self.lockout.failed(attempt)
                raise model_lockout.refused()
        return Proof(principal, attempt)

    def require_password(self, id: str, password: str) -> credentials.Document:
        """The credentials of who is signed in, by his password: INVALID_ARGUMENT PASSWORD_WRONG, SIGN_IN_LOCKED, SIGN_IN_BUSY;
        FAILED_PRECONDITION NO_PASSWORD when he has none. The caller holds no slot."""
        attempt = Attempt(account_key(id))
        with credentials.slot():
            self.lockout.require_open(attempt)
            found = self.credentials.find(id)
            if found is None or not found["hash"]:
                raise Refused(FAILED_PRECONDITION, "NO_PASSWORD", "您的账号没有设置密码，原密码请留空")
            if not credentials.matches(found, password):
                self.lockout.failed(attempt)
                raise invalid(Violation("old_password", "PASSWORD_WRONG", "原密码不正确"))
        self.lockout.passed(attempt)
        return found

    def spend_code(self, principal: str, code: str, cause: Cause) -> bool:
        """Uses up a code of the authenticator or a recovery code; False for one that is wrong or was used. The same act again is True."""
        factors = store_factors.of(self.database, principal)
        id = factors.totp if factors else ""
        kept = store_factors.secret(self.database, id) if id else None
        secret = self.keyring.open(principal.partition(":")[2], kept["sealed"]) if kept else None
        if not secret:
            return False
        codes = self.recovery_codes(id)
        plain, instant = bytes.fromhex(secret), now()
        return store_factors.spend(
            self.database, id, cause, lambda one: model_factors.spend(one, plain, codes, code, instant)
        )

    def recovery_codes(self, factor_id: str) -> list[str]:
        """The recovery codes of an authenticator."""
        return model_factors.recovery_codes(lambda of: self.keyring.blind("recovery", of), factor_id)
