"""A principal changes his password. The credentials are changed by one guarded write, which is the act; what follows from it, the
line in the journal and the end of other sessions, is done at once, and by the worker when a crash cut it off."""

from dataclasses import replace

from chassis.acts import Actor, Cause
from chassis.errors import ABORTED, Refused
from chassis.parts import Parts
from services.identity import credentials, endings, model_factors, model_sessions, store, store_factors
from services.identity.credentials import Credentials
from services.identity.proving import Proving
from yiwang.identity.v1 import service_pb2 as pb


def change(parts: Parts, proving: Proving, request: pb.ChangePasswordRequest, actor: Actor, cause: Cause) -> None:
    """Sets the new password, by the old one. The same act again finishes what is not finished yet."""
    principal, salt = actor.principal, parts.keyring.blind("salt", cause.key)
    with credentials.slot():
        hashed = credentials.hashed(request.new_password, salt)
    plain = pb.ChangePasswordRequest(request_id=request.request_id, new_password=hashed)
    own = replace(cause, request=parts.keyring.request_digest(plain.SerializeToString(deterministic=True)))
    found = proving.credentials.find(actor.id)
    record = store_factors.factors(parts.database).find({"_id": store_factors.factors_id(principal)})
    done = record is not None and store.caused(record, own)
    if not done and not (found and found["hash"] == hashed):
        before = proving.require_password(actor.id, request.old_password)
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
