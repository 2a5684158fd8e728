"""Files that go with a rating or a ticket (chassis.uploads does the work)."""

from collections.abc import Sequence
from typing import Any

from pymongo.database import Database

from chassis import uploads
from chassis.acts import Actor, Cause
from chassis.files import Files
from chassis.sealed import Keyring
from services.rating import store_files
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb


def upload(
    files: Files, keyring: Keyring, request: pb.UploadRatingFileRequest, actor: Actor, cause: Cause
) -> pb.RatingFile:
    """Stores one picture or PDF of the actor's. Refused as chassis.uploads.upload."""
    stored = uploads.upload(files, keyring, request.filename, request.content, actor.id, actor, cause)
    return pb.RatingFile(
        file_id=stored["upload"], filename=request.filename, media_type=stored["media_type"], size=stored["size"]
    )


def claim(
    database: Database[dict[str, Any]], file_ids: Sequence[str], actor: Actor, sealer: str, record: str
) -> list[events.AttachedFile]:
    """The files a record takes, under the key of `sealer` (who is also whose texts of the record are sealed), as its event carries them.
    Refused as chassis.uploads.claim."""
    files, users = store_files.files(database), store_files.users(database)
    taken = uploads.claim(files, users, file_ids, actor, sealer, record)
    return [
        events.AttachedFile(
            file_id=stored["upload"],
            sealed_filename=stored["sealed_filename"],
            media_type=stored["media_type"],
            size=stored["size"],
            sha256=stored["sha256"],
        )
        for stored in taken
    ]
