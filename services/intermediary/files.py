"""Files of the supermarket: proofs, proposals, contracts, deliverables. Looked through, sealed and claimed by chassis.uploads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pymongo.database import Database

from chassis import uploads
from chassis.acts import OFFICER, Actor, Cause
from chassis.errors import not_found
from chassis.parts import Parts
from services.intermediary import store_files
from services.intermediary.model_parts import File
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1.performance_pb2 import MarketFileContent
from yiwang.intermediary.v1.service_pb2 import MarketFile

Document = dict[str, Any]
_ENDINGS: Final[Mapping[str, str]] = {"image/jpeg": "jpg", "image/png": "png"}


def sealer(actor: Actor) -> str:
    """Whose key seals what the actor brings: of an officer the department's, so that his colleagues go on with it."""
    return actor.department if actor.realm == OFFICER else actor.id


def upload(parts: Parts, request: pb.UploadMarketFileRequest, actor: Actor, cause: Cause) -> MarketFile:
    """Stores one picture or PDF of the actor's. Refused as chassis.uploads.upload."""
    stored = uploads.upload(
        store_files.files(parts.database),
        parts.keyring,
        request.filename,
        request.content,
        sealer(actor),
        actor,
        cause,
    )
    return MarketFile(
        file_id=stored["upload"],
        filename=request.filename,
        media_type=stored["media_type"],
        size=stored["size"],
        sha256=stored["sha256"],
    )


def claim(
    database: Database[Document], file_ids: Sequence[str], actor: Actor, record: str, field: str = "file_ids"
) -> list[events.KeptFile]:
    """The files a record takes from the actor, in their order, as its event carries them; `record` is its id, and may take them again.
    INVALID_ARGUMENT FILE_UNKNOWN at `field`."""
    all, users = store_files.files(database), store_files.users(database)
    return [kept(stored) for stored in uploads.claim(all, users, file_ids, actor, sealer(actor), record, field)]


def kept(stored: Mapping[str, Any]) -> events.KeptFile:
    """A stored file as an event carries it."""
    return events.KeptFile(
        file_id=stored["upload"],
        sealed_filename=stored["sealed_filename"],
        media_type=stored["media_type"],
        size=stored["size"],
        sha256=stored["sha256"],
        sealer_id=stored["owner"],
    )


def shown(parts: Parts, file: File, number: int = 1, own: bool = True) -> MarketFile:
    """A file as it is shown: by its own name to its own side (`own`), else as the attachment of this number; so also when who brought it
    was erased."""
    name = parts.keyring.open_text(file.sealer_id, file.sealed_filename) if own else ""
    return MarketFile(
        file_id=file.file_id,
        filename=name or neutral_name(number, file.media_type),
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
    )


def download(parts: Parts, file: File, number: int = 1, own: bool = True) -> MarketFileContent:
    """A file with its content; NOT_FOUND when it is gone, or who brought it was erased. Who may have it is for the caller to know."""
    sealed = store_files.files(parts.database).read(file.file_id)
    content = parts.keyring.open_bytes(file.sealer_id, sealed) if sealed is not None else None
    if content is None:
        raise not_found()
    return MarketFileContent(file=shown(parts, file, number, own), content=content)


def neutral_name(number: int, media_type: str) -> str:
    """What a file is called where its own name is not for the reader."""
    return f"附件{number}.{_ENDINGS.get(media_type, 'pdf')}"
