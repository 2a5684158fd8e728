"""Files people hand in: looked through (content.py), sealed, kept apart from the case until it is submitted."""

from collections.abc import Collection, Iterable

from chassis.acts import Actor
from chassis.errors import Violation, invalid
from chassis.files import Files, own_and_fresh
from chassis.rpc import Call
from chassis.sealed import Keyring
from services.case import content
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb


def upload(
    files: Files, keyring: Keyring, request: pb.UploadAttachmentRequest, call: Call, owner: str = ""
) -> pb.Attachment:
    """Stores one file the caller brings, sealed under its owner's key (his own unless one is given). The same request_id again answers
    with the stored file, another content is refused.

    INVALID_ARGUMENT as content.inspect says, which looks at the file before anything is written.
    """
    kind = content.inspect(request.content, request.filename)
    stored = files.upload(
        keyring, owner or call.actor.id, call.actor.by, call.cause, request.filename, kind, request.content
    )
    return pb.Attachment(
        id=stored["upload"],
        filename=request.filename,
        media_type=stored["media_type"],
        size=stored["size"],
        sha256=stored["sha256"],
    )


def claim(
    files: Files,
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
            if stored is None or not mine or not (id in kept or own_and_fresh(stored, actor)):
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
