"""Files that go with a rating or a ticket: looked through by their content, sealed under the key of who brought them, claimed once."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pymongo.database import Database

from chassis.acts import Actor, Cause
from chassis.errors import Violation, invalid
from chassis.files import Files, own_and_fresh
from chassis.sealed import Keyring
from services.rating import store_files
from standards import content as contents
from standards.content_signs import EMPTY, SIZE, TYPE, ContentRefused
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

MOST_BYTES: Final = 5 * 1024 * 1024
TAKEN: Final = frozenset(("application/pdf", "image/jpeg", "image/png"))
# Whatever else is wrong with it, it is broken to who brings it.
_PICTURES: Final = {"image/jpeg": "JPEG", "image/png": "PNG"}
_REASONS: Final[Mapping[str, str]] = {EMPTY: "FILE_EMPTY", SIZE: "FILE_TOO_LARGE", TYPE: "FILE_TYPE"}


def upload(
    files: Files, keyring: Keyring, request: pb.UploadRatingFileRequest, actor: Actor, cause: Cause
) -> pb.RatingFile:
    """Stores one picture or PDF of the actor's. The same request_id again answers with the stored file, another content is refused.

    INVALID_ARGUMENT FILENAME at `filename`; FILE_EMPTY, FILE_TOO_LARGE, FILE_TYPE, FILE_BROKEN (not whole, locked, two formats in one, or
    it would hurt who opens it) at `content`.
    """
    kind = _inspect(request.content, request.filename)
    content = _bare(request.content, kind)
    stored = files.upload(keyring, actor.id, actor.by, cause, request.filename, kind, content)
    return pb.RatingFile(file_id=stored["upload"], filename=request.filename, media_type=kind, size=stored["size"])


def _inspect(content: bytes, filename: str) -> str:
    fault = contents.name_fault(filename)
    found = [Violation("filename", "FILENAME", fault)] if fault else []
    kind = ""
    try:
        kind = contents.media_type(content, MOST_BYTES)
        if kind not in TAKEN:
            found.append(Violation("content", "FILE_TYPE", "只接受JPG、PNG图片和PDF文件"))
    except ContentRefused as refused:
        found.append(Violation("content", _REASONS.get(refused.reason, "FILE_BROKEN"), refused.message))
    if found:
        raise invalid(*found)
    return kind


def _bare(content: bytes, kind: str) -> bytes:
    """A picture without what the camera wrote into it (where, when, whose): it would tell who rated. Other files as they are."""
    if kind not in _PICTURES:
        return content
    from PIL import Image, ImageOps  # late: few calls need it, every process would carry it

    written = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content)) as picture:
            # A new picture of the same points: nothing of the old one's head is left.
            upright = ImageOps.exif_transpose(picture).convert("RGBA" if kind == "image/png" else "RGB")
            bare = Image.new(upright.mode, upright.size)
            bare.paste(upright)
            bare.save(written, _PICTURES[kind], quality=90)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise invalid(Violation("content", "FILE_BROKEN", "图片损坏，无法打开，请重新拍摄后上传")) from None
    return written.getvalue()


def claim(
    database: Database[dict[str, Any]], file_ids: Sequence[str], actor: Actor, sealer: str, record: str
) -> list[events.AttachedFile]:
    """The files a record takes, in their order; each must have been uploaded lately by the actor, under the key of `sealer` (who is also
    whose texts of the record are sealed), and be no other record's. `record` is the id of the one that takes them: it may do so again.

    INVALID_ARGUMENT FILE_UNKNOWN at `file_ids`, whichever of these it is.
    """
    files, taken = store_files.files(database), []
    for id in file_ids:
        stored = files.get(id)
        mine = stored is not None and stored["owner"] == sealer and own_and_fresh(stored, actor)
        if stored is None or not mine or not store_files.take(database, id, record):
            raise invalid(Violation("file_ids", "FILE_UNKNOWN", "找不到上传的文件，请重新上传"))
        taken.append(
            events.AttachedFile(
                file_id=id,
                sealed_filename=stored["sealed_filename"],
                media_type=stored["media_type"],
                size=stored["size"],
                sha256=stored["sha256"],
            )
        )
    return taken
