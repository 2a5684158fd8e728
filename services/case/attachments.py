"""Files people hand in: looked through (content.py), sealed, kept apart from the case until it is submitted."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from chassis.acts import Actor, now
from chassis.errors import Violation, invalid
from chassis.records import record_id
from chassis.rpc import Call
from chassis.sealed import Keyring
from services.case import content
from services.case.store import Attachments
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb

# An upload can be handed in this long; the sweep deletes unused ones only later, so the two never meet.
GOOD_FOR = timedelta(hours=20)


def upload(
    files: Attachments, keyring: Keyring, request: pb.UploadAttachmentRequest, call: Call, owner: str = ""
) -> pb.Attachment:
    """Stores one file the caller brings, sealed under its owner's key (his own unless one is given). The same request_id again answers
    with the stored file, another content is refused.

    INVALID_ARGUMENT as content.inspect says, which looks at the file before anything is written.
    """
    kind = content.inspect(request.content, request.filename)
    id, owner, digest = record_id(call.cause.key), owner or call.actor.id, hashlib.sha256(request.content).hexdigest()
    metadata = {
        "owner": owner,
        "by": call.actor.by,
        "sealed_filename": keyring.seal(owner, request.filename),
        "media_type": kind,
        "size": len(request.content),
        "sha256": digest,
        "kept": False,
        "at": now(),
        "request": call.cause.request,
    }
    known = files.get(id)
    stored = known or files.put(id, keyring.seal_bytes(owner, request.content), metadata)
    if stored["request"] != call.cause.request:
        raise invalid(Violation("request_id", "REQUEST_ID_REUSED", "同一 request_id 已用于另一请求"))
    return pb.Attachment(
        id=id, filename=request.filename, media_type=stored["media_type"], size=stored["size"], sha256=stored["sha256"]
    )


def claim(
    files: Attachments,
    materials: Iterable[pb.HandedIn],
    actor: Actor,
    owner: str = "",
    kept: Collection[str] = (),
) -> list[events.HandedInFile]:
    """The files named for materials; each must be the owner's (the caller's own unless one is given), and uploaded lately by the same who
    acts now, or be `kept` in a draft he goes on with, whenever and by whomever it was put there."""
    claimed, found = [], []
    for handed_in in materials:
        for id in handed_in.attachments:
            stored = files.get(id)
            mine = stored is not None and stored["owner"] == (owner or actor.id)
            if stored is None or not mine or not (id in kept or _own_and_fresh(stored, actor)):
                found.append(
                    Violation(f"materials[{handed_in.material}]", "ATTACHMENT_UNKNOWN", "找不到上传的文件，请重新上传")
                )
                continue
            claimed.append(
                events.HandedInFile(
                    attachment_id=id,
                    material=handed_in.material,
                    sealed_filename=stored["sealed_filename"],
                    media_type=stored["media_type"],
                    size=stored["size"],
                    sha256=stored["sha256"],
                )
            )
    if found:
        raise invalid(*found)
    return claimed


def _own_and_fresh(stored: dict[str, Any], actor: Actor) -> bool:
    # An upload of before it was noted who acts is the applicant's own.
    own = stored.get("by", f"person:{stored['owner']}") == actor.by
    return bool(own and stored["at"] >= now() - GOOD_FOR)
