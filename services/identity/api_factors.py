"""FactorService over gRPC."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from google.protobuf.message import Message

from chassis.acts import Cause, now
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, require
from chassis.parts import Parts
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.identity import (
    challenges,
    credentials,
    model_factors,
    model_lockout,
    model_sessions,
    passkeys,
    settings,
    store,
    store_factors,
    views_factors,
)
from services.identity.challenges import Challenges
from services.identity.lockout import Attempt, account_key
from services.identity.model_factors import Factors
from services.identity.opening import Opening
from services.identity.proving import Proving
from services.identity.registry import Registry
from yiwang.identity.v1 import factors_pb2 as pb
from yiwang.identity.v1 import service_pb2 as identity_pb

# The recovery codes are answered again to the same request for so long: its answer may have been lost.
SHOWN_FOR = timedelta(minutes=5)


class FactorApi:
    """The methods of yiwang.identity.v1.FactorService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.parts = parts
        self.database = parts.database
        self.opening = opening
        self.proving = Proving(parts)
        self.challenges = Challenges(parts.database, parts.keyring)
        self.factors = store_factors.factors(parts.database)
        self.registry = Registry(parts)
        self.site = passkeys.site_of(settings.of(parts).public_url)

    def AnswerChallenge(self, request: pb.AnswerChallengeRequest, call: Call) -> identity_pb.Session:
        cause, lockout = self._public_cause(request, call), self.proving.lockout
        told = self.challenges.open(challenges.SECOND_FACTOR, request.challenge)
        principal = told["principal"] if told else ""
        account = account_key(principal.partition(":")[2]) if told else ""
        attempt = Attempt(account, told["login"] if told else "", lockout.address_key(request.address))
        # In a slot, as passwords are: many guesses at once do not get round the counts.
        with credentials.slot():
            lockout.require_open(attempt)
            proved = told is not None and self.proving.spend_code(principal, request.code, cause)
            if told is None or not proved or not self.challenges.use(told, cause):
                lockout.failed(attempt)
                raise model_lockout.refused()
        session = self.opening.start(cause, principal, [model_sessions.PASSWORD, model_sessions.TOTP])
        lockout.passed(attempt)
        return session

    def BeginTotp(self, request: pb.BeginTotpRequest, call: Call) -> pb.BeginTotpResponse:
        self._require_fresh(call)
        id, principal = record_id(f"totp/{call.cause.key}"), call.actor.principal
        model_factors.require_no_totp(store_factors.of(self.database, principal))
        # Follows from the request, so that a repeated one has the same answer.
        fresh = self.parts.keyring.blind("totp", id)[: 2 * model_factors.SECRET_BYTES]
        sealed = self.parts.keyring.seal(call.actor.id, fresh)
        kept = store_factors.keep_pending(self.database, principal, id, sealed)
        secret = bytes.fromhex(self.parts.keyring.open_text(call.actor.id, kept))
        account, _ = views_factors.account(self.opening.welcome(principal))
        return pb.BeginTotpResponse(
            secret=base64.b32encode(secret).decode(), uri=model_factors.totp_uri(secret, account)
        )

    def ConfirmTotp(self, request: pb.ConfirmTotpRequest, call: Call) -> pb.ConfirmTotpResponse:
        principal, known = call.actor.principal, self._record(call)
        if known is None or not store.caused(known, call.cause):
            self._confirm(principal, request.code, call)
        # The same again, or what was just confirmed: `put` refuses another request under this id.
        known = self.factors.change(store_factors.factors_id(principal), call.cause, lambda _: None)
        entry = next(one for one in known.journal if one["cause"] == call.cause.key)
        shown = now() - entry["at"] <= SHOWN_FOR
        codes = self.proving.recovery_codes(self.factors.event(entry).factor_id) if shown else []  # type: ignore[attr-defined]
        return pb.ConfirmTotpResponse(factors=views_factors.factors(self.parts, principal), recovery_codes=codes)

    def _confirm(self, principal: str, code: str, call: Call) -> None:
        model_factors.require_no_totp(store_factors.of(self.database, principal))
        pending = store_factors.pending(self.database, principal)
        if pending is None:
            raise Refused(FAILED_PRECONDITION, "TOTP_NOT_BEGUN", "请先获取动态验证码密钥")
        secret = bytes.fromhex(self.parts.keyring.open_text(call.actor.id, pending["sealed"]))
        step, id = model_factors.totp_step(secret, code, now()), pending["factor"]
        if step is None:
            raise model_factors.code_wrong()
        store_factors.keep(self.database, id, principal, sealed=pending["sealed"], step=step, used=[])
        self._put(call.cause, principal, lambda factors: model_factors.add_totp(factors, principal, id))
        store_factors.drop(self.database, pending["_id"])

    def RemoveTotp(self, request: pb.RemoveTotpRequest, call: Call) -> pb.Factors:
        principal, known = call.actor.principal, self._record(call)
        attempt = Attempt(account_key(call.actor.id))
        if known is None or not store.caused(known, call.cause):
            require(bool(known and known.state.totp), "TOTP_OFF", "未开启动态验证码")
            with credentials.slot():
                self.proving.lockout.require_open(attempt)
                if not self.proving.spend_code(principal, request.code, call.cause):
                    self.proving.lockout.failed(attempt)
                    raise model_factors.code_wrong()
        self.factors.change(store_factors.factors_id(principal), call.cause, model_factors.remove_totp)
        return views_factors.factors(self.parts, principal)

    def BeginPasskey(self, request: pb.BeginPasskeyRequest, call: Call) -> pb.BeginPasskeyResponse:
        self._require_fresh(call)
        principal = call.actor.principal
        challenge, nonce = self.challenges.seal(challenges.NEW_PASSKEY, principal=principal)
        known = store_factors.of(self.database, principal)
        kept = [store_factors.secret(self.database, one.id) for one in (known.passkeys if known else [])]
        account, name = views_factors.account(self.opening.welcome(principal))
        options = passkeys.creation_options(
            self.site,
            passkeys.user_handle(self.parts.keyring, principal),
            account,
            name,
            nonce,
            [one["credential_id"] for one in kept if one],
        )
        return pb.BeginPasskeyResponse(options_json=options, challenge=challenge)

    def FinishPasskey(self, request: pb.FinishPasskeyRequest, call: Call) -> pb.Factors:
        principal, known = call.actor.principal, self._record(call)
        if known is None or not store.caused(known, call.cause):
            self._keep_passkey(principal, request, call.cause)
        else:
            self.factors.change(known.id, call.cause, lambda _: None)
        return views_factors.factors(self.parts, principal)

    def _require_fresh(self, call: Call) -> None:
        model_sessions.require_fresh(self.opening.sessions.get(call.actor.session).state, now())

    def _keep_passkey(self, principal: str, request: pb.FinishPasskeyRequest, cause: Cause) -> None:
        told = self.challenges.open(challenges.NEW_PASSKEY, request.challenge)
        if told is None or told["principal"] != principal:
            raise model_factors.passkey_refused()
        made = passkeys.made(self.site, request.credential_json, bytes.fromhex(told["nonce"]))
        if made is None or not self.challenges.use(told, cause):
            raise model_factors.passkey_refused()
        label = request.label.strip()
        if not label:
            raise invalid(Violation("label", "REQUIRED", "请给通行密钥起个名称"))
        id = store_factors.passkey_id(made.credential_id)
        checked_with = {"credential_id": made.credential_id, "public_key": made.public_key}
        counter = {"count": made.counter, "before": made.counter, "used_at": None}
        if not store_factors.keep(self.database, id, principal, **checked_with, **counter):
            raise model_factors.passkey_refused()
        sealed = self.parts.keyring.seal(principal.partition(":")[2], label)
        self._put(cause, principal, lambda factors: model_factors.add_passkey(factors, principal, id, sealed))

    def RemovePasskey(self, request: pb.RemovePasskeyRequest, call: Call) -> pb.Factors:
        id = store_factors.factors_id(call.actor.principal)
        self.factors.change(id, call.cause, lambda one: model_factors.remove_passkey(one, request.passkey_id))
        return views_factors.factors(self.parts, call.actor.principal)

    def ListFactors(self, request: pb.ListFactorsRequest, call: Call) -> pb.Factors:
        return views_factors.factors(self.parts, call.actor.principal)

    def BeginPasskeySignIn(self, request: pb.BeginPasskeySignInRequest, call: Call) -> pb.BeginPasskeySignInResponse:
        challenge, nonce = self.challenges.seal(challenges.PASSKEY_SIGN_IN)
        options = passkeys.request_options(self.site, nonce)
        return pb.BeginPasskeySignInResponse(options_json=options, challenge=challenge)

    def FinishPasskeySignIn(self, request: pb.FinishPasskeySignInRequest, call: Call) -> identity_pb.Session:
        cause, lockout = self._public_cause(request, call), self.proving.lockout
        # A passkey cannot be guessed, so the lock of an account, which anybody may cause, does not shut its owner out here.
        attempt = Attempt("", address=lockout.address_key(request.address))
        lockout.require_open(attempt)
        principal = self._shown(request, cause)
        if not principal:
            lockout.failed(attempt)
            raise model_lockout.refused()
        return self.opening.start(cause, principal, [model_sessions.PASSKEY])

    def _shown(self, request: pb.FinishPasskeySignInRequest, cause: Cause) -> str:
        """Whose passkey was shown; empty for every fault."""
        told = self.challenges.open(challenges.PASSKEY_SIGN_IN, request.challenge)
        credential_id, handle = passkeys.named(request.credential_json)
        id = store_factors.passkey_id(credential_id)
        kept = store_factors.secret(self.database, id)
        again = kept is not None and kept.get("spent_by") == f"{cause.key}/{cause.request}"
        count = (kept["before"] if again else kept["count"]) if kept else 0
        key = kept["public_key"] if kept else passkeys.nobody()
        nonce = bytes.fromhex(told["nonce"]) if told else b""
        shown = passkeys.shown(self.site, request.credential_json, nonce, key, count)
        principal = kept["principal"] if kept else ""
        own = base64.urlsafe_b64encode(passkeys.user_handle(self.parts.keyring, principal)).decode().rstrip("=")
        there = model_factors.has_passkey(store_factors.of(self.database, principal), id)
        if told is None or shown is None or kept is None or handle != own or not there:
            return ""
        good = self.challenges.use(told, cause) and store_factors.spend(
            self.database, id, cause, lambda one: model_factors.count_passkey(one, shown, now())
        )
        return principal if good else ""

    def _record(self, call: Call) -> Record[Factors] | None:
        return self.factors.find({"_id": store_factors.factors_id(call.actor.principal)})

    def _put(self, cause: Cause, principal: str, decide: Callable[[Factors | None], Message | None]) -> None:
        store.put(self.factors, store_factors.factors_id(principal), cause, decide)

    def _public_cause(self, request: Message, call: Call) -> Cause:
        return replace(call.cause, request=self.registry.digest(request))
