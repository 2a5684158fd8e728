"""Files of ratings and tickets, what may be ticked beside a grade, and at which devices officers sign in: the part of RatingService that
stands beside the ratings."""

from collections.abc import Callable
from typing import Any

from chassis import telemetry
from chassis.acts import PERSON, Actor, now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Records
from chassis.rpc import Call
from services.rating import files, model, model_tickets, store, store_files, store_flags, store_tickets
from services.rating.model import File, Rating
from standards.rating_codes import TAGS
from yiwang.rating.v1 import service_pb2 as pb


class FilesApi:
    """Methods of yiwang.rating.v1.RatingService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.files = store_files.files(parts.database)
        # Where a record may be, and who may read it there.
        self._readable: tuple[tuple[Records[Any], Callable[[Actor, Any], bool]], ...] = (
            (store.ratings(parts.database), _reads),
            (store_tickets.tickets(parts.database), model_tickets.sees),
        )

    def UploadRatingFile(self, request: pb.UploadRatingFileRequest, call: Call) -> pb.RatingFile:
        return files.upload(self.files, self.parts.keyring, request, call.actor, call.cause)

    def DownloadRatingFile(self, request: pb.DownloadRatingFileRequest, call: Call) -> pb.DownloadRatingFileResponse:
        call.span.set(telemetry.RECORD, request.record_id)
        number, file = self._file(request.record_id, request.file_id, call.actor)
        stored, sealed = self.files.get(file.file_id), self.files.read(file.file_id)
        if stored is None or sealed is None:
            raise not_found()
        owner, keyring = stored["owner"], self.parts.keyring
        content = keyring.open_bytes(owner, sealed)
        if content is None:  # who brought it was erased
            raise not_found()
        own = call.actor.realm == PERSON
        name = keyring.open_text(owner, file.sealed_filename) if own else model.neutral_name(number, file.media_type)
        told = pb.RatingFile(file_id=file.file_id, filename=name, media_type=file.media_type, size=file.size)
        return pb.DownloadRatingFileResponse(file=told, content=content)

    def ListTags(self, _request: pb.ListTagsRequest, _call: Call) -> pb.ListTagsResponse:
        told = [
            pb.Tag(code=tag.code, grade=tag.grade, name=tag.name, hall=tag.hall)  # type: ignore[arg-type]
            for tag in TAGS.values()
        ]
        return pb.ListTagsResponse(tags=told)

    def NoteOfficerDevice(self, request: pb.NoteOfficerDeviceRequest, call: Call) -> pb.NoteOfficerDeviceResponse:
        actor = call.actor
        if request.source.device and actor.department:
            mark = self.parts.keyring.blind("device", request.source.device)
            store_flags.note_device(self.parts.database, mark, actor.id, actor.department, now())
        return pb.NoteOfficerDeviceResponse()

    def _file(self, record_id: str, file_id: str, actor: Actor) -> tuple[int, File]:
        """The file, and which one of them, of a rating or a ticket the actor may read; NOT_FOUND whatever is not there for him."""
        for records, reads in self._readable:
            found = records.find({"_id": record_id})
            if found and reads(actor, found.state):
                for number, file in enumerate(found.state.files, 1):
                    if file.file_id == file_id:
                        return number, file
        raise not_found()


def _reads(actor: Actor, rating: Rating) -> bool:
    """Whoever may read the rating: the rater, the department that deals with it, the supervisor; never who was rated."""
    overseen = model.oversees(actor, rating) and not model.concerned(actor, rating)
    return model.sees(actor, rating) or model.handles(actor, rating) or overseen
