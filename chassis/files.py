"""Files in GridFS, sealed under the key of whose they are, kept apart from the record that is to use them; what none uses is swept."""

import hashlib
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from gridfs import GridFSBucket
from gridfs.errors import FileExists, NoFile
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import paging
from chassis.acts import Actor, Cause, now
from chassis.errors import Violation, invalid
from chassis.records import record_id
from chassis.sealed import Keyring

Document = dict[str, Any]
# An upload can be used this long; the sweep deletes unused ones only later, so the two never meet.
GOOD_FOR, UNUSED_FOR = timedelta(hours=20), timedelta(hours=24)


class Files:
    """The files of one bucket. The metadata of one: `upload` (its id), `owner`, `by`, `sealed_filename`, `media_type`, `size`, `sha256`,
    `kept`, `at`, `request`."""

    def __init__(self, database: Database[Document], name: str) -> None:
        self._bucket = GridFSBucket(database, name)
        self._files: Collection[Document] = database[f"{name}.files"]

    def ensure_indexes(self) -> None:
        """Files by their id, and those that are not known to be used."""
        self._files.create_index("metadata.upload", name="upload_unique", unique=True, sparse=True)
        self._files.create_index([("metadata.kept", 1), ("metadata.at", 1)], name="kept_at")

    def upload(
        self, keyring: Keyring, owner: str, by: str, cause: Cause, filename: str, media_type: str, content: bytes
    ) -> Document:
        """Stores what somebody brings, sealed under its owner's key; its metadata. The same cause again answers with the stored file.

        INVALID_ARGUMENT REQUEST_ID_REUSED for the cause with another content.
        """
        id = record_id(cause.key)
        metadata = {
            "owner": owner,
            "by": by,
            "sealed_filename": keyring.seal(owner, filename),
            "media_type": media_type,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "kept": False,
            "at": now(),
            "request": cause.request,
        }
        stored = self.get(id) or self.put(id, keyring.seal_bytes(owner, content), metadata)
        if stored["request"] != cause.request:
            raise invalid(Violation("request_id", "REQUEST_ID_REUSED", "同一 request_id 已用于另一请求"))
        return stored

    def put(self, id: str, content: bytes, metadata: Document) -> Document:
        """Stores a file as this upload; the same id again answers with what is stored.

        Each attempt writes under an id of its own and is the upload only when it is whole: one may have died half way.
        """
        attempt = uuid.uuid4().hex
        try:
            with self._bucket.open_upload_stream_with_id(
                attempt, "sealed", metadata=metadata | {"upload": id}
            ) as stream:
                stream.write(content)
        except (FileExists, DuplicateKeyError):  # the same upload, again
            with suppress(NoFile):
                self._bucket.delete(attempt)
        return self.get(id) or metadata | {"upload": id}

    def get(self, id: str) -> Document | None:
        """The metadata of a file."""
        found = self._files.find_one({"metadata.upload": id})
        return found["metadata"] if found else None

    def read(self, id: str) -> bytes | None:
        """The stored bytes."""
        found = self._files.find_one({"metadata.upload": id}, {"_id": 1})
        try:
            return self._bucket.open_download_stream(found["_id"]).read() if found else None
        except NoFile:
            return None

    def sweep(
        self, older: datetime, used: Callable[[str], bool], waits: Callable[[str], bool] = lambda _upload: False
    ) -> int:
        """Deletes uploads older than this that no record uses; returns how many. What a record uses is not asked about again; what only
        `waits` to be used, in a draft, is asked about each time, since drafts end."""
        bounds = {"$gte": older - paging.OLDEST, "$lt": older}
        deleted = 0
        fields = {"metadata.upload": 1}
        for file in list(self._files.find({"metadata.kept": False, "metadata.at": bounds}, fields)):
            upload = file["metadata"]["upload"]
            # A draft that is submitted ends after its record has the files: asked in this order, none falls between.
            if waits(upload):
                continue
            if used(upload):
                self._files.update_one({"_id": file["_id"]}, {"$set": {"metadata.kept": True}})
            else:
                self._bucket.delete(file["_id"])
                deleted += 1
        return deleted


def own_and_fresh(stored: Document, actor: Actor) -> bool:
    """Whether the actor himself uploaded it, lately enough to use it."""
    # An upload of before it was noted who acts is the owner's own.
    own = stored.get("by", f"person:{stored['owner']}") == actor.by
    return bool(own and stored["at"] >= now() - GOOD_FOR)
