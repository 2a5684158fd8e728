"""Pictures and PDFs that people bring for a record: looked through by content, sealed under the key of whose they are, claimed once."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from chassis.acts import Actor, Cause
from chassis.errors import Violation, invalid
from chassis.files import Files, own_and_fresh
from chassis.sealed import Keyring
from standards import content as contents
from standards.content_signs import EMPTY, SIZE, TYPE, ContentRefused

Document = dict[str, Any]
MOST_BYTES: Final = 5 * 1024 * 1024
TAKEN: Final = frozenset(("application/pdf", "image/jpeg", "image/png"))
# Whatever else is wrong with it, it is broken to who brings it.
_PICTURES: Final = {"image/jpeg": "JPEG", "image/png": "PNG"}
_REASONS: Final[Mapping[str, str]] = {EMPTY: "FILE_EMPTY", SIZE: "FILE_TOO_LARGE", TYPE: "FILE_TYPE"}


def upload(
    files: Files, keyring: Keyring, filename: str, content: bytes, owner: str, actor: Actor, cause: Cause
) -> Document:
    """Stores one picture or PDF of the actor's under its owner's key; its metadata. The same request_id again answers with the stored
    file, another content is refused.

    INVALID_ARGUMENT FILENAME at `filename`; FILE_EMPTY, FILE_TOO_LARGE, FILE_TYPE, FILE_BROKEN (not whole, locked, two formats in one, or
    it would hurt who opens it) at `content`.
    """
    kind = _inspect(content, filename)
    return files.upload(keyring, owner, actor.by, cause, filename, kind, _bare(content, kind))


def claim(
    files: Files,
    users: Collection[Document],
    file_ids: Sequence[str],
    actor: Actor,
    owner: str,
    record: str,
    field: str = "file_ids",
) -> list[Document]:
    """The metadata of the files a record takes, in their order; each must have been uploaded lately by the actor, under the key of
    `owner`, and be no other record's. `record` is the id of the one that takes them: it may do so again.

    INVALID_ARGUMENT FILE_UNKNOWN at `field`, whichever of these it is.
    """
    taken = []
    for id in file_ids:
        stored = files.get(id)
        mine = stored is not None and stored["owner"] == owner and own_and_fresh(stored, actor)
        if stored is None or not mine or not take(users, id, record):
            raise invalid(Violation(field, "FILE_UNKNOWN", "找不到上传的文件，请重新上传"))
        taken.append(stored)
    return taken


def take(users: Collection[Document], id: str, record: str) -> bool:
    """Whether the file is this record's from now on: it was nobody's, or its already. Two records at once: one has it.

    Whoever takes a file and then does not come about keeps it from others until it is swept: it is uploaded again.
    """
    try:
        users.insert_one({"_id": id, "record": record})
    except DuplicateKeyError:
        found = users.find_one({"_id": id})
        return found is not None and found["record"] == record
    return True


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
    """A picture without what the camera wrote into it (where, when, whose): it would tell who took it. Other files as they are."""
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
