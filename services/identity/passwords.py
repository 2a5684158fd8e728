"""A principal changes his password, or sets one. The credentials are changed by one guarded write, which is the act; what follows from
it, the line in the journal and the end of other sessions, is done at once, and by the worker when a crash cut it off."""

from dataclasses import replace

from chassis.acts import Actor, Cause, now
from chassis.errors import ABORTED, Refused, Violation, invalid
from chassis.parts import Parts
from services.identity import credentials, endings, model_factors, model_sessions, store, store_factors
from services.identity.credentials import Credentials
from services.identity.lockout import Attempt, account_key
from services.identity.proving import Proving
from yiwang.identity.v1 import service_pb2 as pb


def change(parts: Parts, proving: Proving, request: pb.ChangePasswordRequest, actor: Actor, cause: Cause) -> None:
    """Sets the new password, by the old one or in a session that needs none. The same act again finishes what is not finished yet."""
    principal, salt = actor.principal, parts.keyring.blind("salt", cause.key)
    with credentials.slot():
        hashed = credentials.hashed(request.new_password, salt)
    plain = pb.ChangePasswordRequest(request_id=request.request_id, new_password=hashed)
    own = replace(cause, request=parts.keyring.request_digest(plain.SerializeToString(deterministic=True)))
    found = proving.credentials.find(actor.id)
    record = store_factors.factors(parts.database).find({"_id": store_factors.factors_id(principal)})
    done = record is not None and store.caused(record, own)
    if not done and not (found and found["hash"] == hashed):
        before = _proved(parts, proving, actor, request.old_password)
        if "changed" in before:
            finish(parts, before)
        mark = {"key": own.key, "by": own.by, "request": own.request, "trace": own.trace, "keep": actor.session}
        if not proving.credentials.swap(before, hashed, mark | {"principal": principal}):
            raise Refused(ABORTED, "CHANGED_MEANWHILE", "密码正被修改，请稍后重试")
    if done:
        journal(parts, principal, own)  # the same act with another body is refused
    found = proving.credentials.find(actor.id)
    if found and "changed" in found:
        finish(parts, found)


def _proved(parts: Parts, proving: Proving, actor: Actor, old: str) -> credentials.Document:
    """The credentials of who may set a password. INVALID_ARGUMENT REQUIRED when the old one is due, and as `require_password`."""
    if old:
        return proving.require_password(actor.id, old)
    session, found = store.sessions(parts.database).find({"_id": actor.session}), proving.credentials.find(actor.id)
    if session is None or found is None or not model_sessions.sets_password(session.state, now()):
        text = "请填写原密码；忘记或没有密码的，请用通行密钥或上级平台重新登录，并在10分钟内设置"
        raise invalid(Violation("old_password", "REQUIRED", text))
    proving.lockout.passed(Attempt(account_key(actor.id)))
    return found


def finish(parts: Parts, changed: credentials.Document) -> None:
    """What follows from a change: the journal, the end of every session but the one it was made in. Again is no fault."""
    mark = changed["changed"]
    cause = Cause(mark["key"], mark["by"], mark["request"], mark["trace"])
    journal(parts, mark["principal"], cause)
    sessions = store.sessions(parts.database)
    own = store.open_sessions_by(sessions, "actor", mark["principal"], mark["at"])
    endings.end_all(parts, own, cause, model_sessions.PASSWORD_CHANGED, but=mark["keep"])
    Credentials(parts.database).settle(changed)


def journal(parts: Parts, principal: str, cause: Cause) -> None:
    """The line in the journal of how the principal proves himself."""
    all = store_factors.factors(parts.database)
    store.put(all, store_factors.factors_id(principal), cause, lambda _: model_factors.change_password(principal))
