"""RecordService over gRPC: ratings of other systems in, records of the national interface out."""

import hashlib
from functools import partial
from typing import Any, Final, NoReturn

from chassis.acts import now
from chassis.config import ConfigurationError
from chassis.errors import Violation, invalid
from chassis.parts import Parts
from chassis.rpc import Call
from services.rating import exporting, importing_csv, model_imports, settings, store, store_exports
from services.rating.importing import Importing
from services.rating.importing_csv import Row
from services.rating.model import Rating
from standards import envelope, rating_codes, rating_records
from standards.codes import region_covers
from standards.envelope import EnvelopeFault, Keys
from standards.instants import text
from standards.rating_records import Rated, RecordFaults
from yiwang.rating.v1 import records_pb2 as pb

PAGE = 100
# As many as an export gives at once: more is more than a call's time.
MOST_RECORDS = 1000
# Characters of a name a row holds, where a record holds more.
MOST_DEPARTMENT, MOST_ITEM = 60, 200
# What the fields of a row are called in a record.
_NAMES: Final = {
    "reference": "projectNo",
    "case_number": "projectNo",
    "rated_at": "assessTime",
    "department": "deptCode",
    "region": "areaCode",
    "contact": "telPhone",
    "comment": "writingEvaluation",
    "item_code": "taskCode",
}


class RecordApi:
    """The methods of yiwang.rating.v1.RecordService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.ratings = store.ratings(parts.database)
        self.importing = Importing(parts)
        self.keyring = parts.keyring
        self.keys = _keys(settings.of(parts))

    def ImportRatings(self, request: pb.ImportRatingsRequest, call: Call) -> pb.ImportRatingsResponse:
        return self.importing.take([Row(one) for one in request.ratings], request.system, call)

    def ImportFile(self, request: pb.ImportFileRequest, call: Call) -> pb.ImportRatingsResponse:
        rows = importing_csv.rows(request.content)
        return self.importing.take_file(rows, hashlib.sha256(request.content).hexdigest(), call)

    def ExportRecords(self, request: pb.ExportRecordsRequest, call: Call) -> pb.ExportRecordsResponse:
        def keep(rating: Rating) -> bool:
            return region_covers(call.actor.region, rating.region) and exporting.goes_out(request.profile, rating)

        size = request.page_size or PAGE
        region, instant = call.actor.region, now()
        rows, token = store_exports.after(self.ratings, region, keep, request.page_token, size, instant)
        record = partial(exporting.records_of, request.profile, keyring=self.keyring)
        records = [one for row in rows for one in record(row.state)]
        body = rating_records.dump(records)
        if self.keys:
            body = envelope.seal(self.keys, body, instant)
        return pb.ExportRecordsResponse(
            body=body, sealed=self.keys is not None, count=len(records), next_page_token=token
        )

    def ReceiveRecords(self, request: pb.ReceiveRecordsRequest, call: Call) -> pb.ImportRatingsResponse:
        told = self._told(request.body)
        if len(told) > MOST_RECORDS:
            raise invalid(Violation("body", "TOO_MANY", f"一次最多{MOST_RECORDS}条记录"))
        region = call.actor.region
        answer = self.importing.take([self._row(request.profile, one, region) for one in told], request.system, call)
        for row in answer.rows:
            row.field = _NAMES.get(row.field, row.field)
        return answer

    def _told(self, body: str) -> list[Any]:
        """The list a body holds, in clear or in an envelope."""
        if envelope.is_envelope(body):
            if self.keys is None:
                _refuse(envelope.UNREADABLE)
            try:
                body = envelope.opened(self.keys, body, now())
            except EnvelopeFault as fault:
                _refuse(fault.reason)
        try:
            return rating_records.load(body)
        except ValueError:
            _refuse(envelope.UNREADABLE)

    def _row(self, profile: str, told: Any, region: str) -> Row:
        """A record as a row; what it cannot be stands beside it."""
        try:
            rated = rating_records.parse(profile, told if isinstance(told, dict) else {})
        except RecordFaults as error:
            fault = error.faults[0]
            return Row(pb.ImportedRating(), Violation(fault.field, fault.reason, fault.message))
        row = _imported(rated)
        # The case it names may be one of ours; what is none, or another region's, is a service by itself.
        if self.importing.has_case(rated.project_no, region):
            row.case_number = rated.project_no
        return Row(row, _untaken(rated), rated.occasion, rated.second)


def _imported(rated: Rated) -> pb.ImportedRating:
    """What a record says as a row."""
    return pb.ImportedRating(
        reference=model_imports.reference_of(rated.project_no, rated.node, rated.occasion, rated.second),
        channel=rated.channel if isinstance(rated.channel, int) else 0,  # type: ignore[arg-type]
        grade=rated.grade,  # type: ignore[arg-type]
        tags=rated.tags,
        comment=rated.comment,
        anonymous=rated.anonymous,
        rated_at=text(rated.rated_at),
        node=rated.node,  # type: ignore[arg-type]
        department=rated.department,
        department_name=(rated.department_name or rated.department)[:MOST_DEPARTMENT],
        item_code=rated.task_code,
        item_name=rated.task_name[:MOST_ITEM],
        region=rated.region,
        contact=rated.phone,
    )


def _untaken(rated: Rated) -> Violation | None:
    if rated.channel == rating_codes.DEFAULT:
        return Violation("pf", "DEFAULT_RATING", "系统默认评价不是评价人的评价，不予接收")
    if rated.channel is None:
        return Violation("pf", "REQUIRED", "评价渠道必填")
    return None


def _refuse(reason: str) -> NoReturn:
    raise invalid(Violation("body", reason, envelope.MESSAGES[reason]))


def _keys(told: settings.Settings) -> Keys | None:
    """The keys of the envelope; None where none are told. ConfigurationError for some of them, or wrong ones."""
    parts = (
        told.envelope_mark,
        told.envelope_private_key,
        told.envelope_peer_mark,
        told.envelope_peer_key,
        told.envelope_shared_key,
    )
    if not any(parts):
        return None
    try:
        return envelope.keys(*parts)
    except ValueError as error:
        raise ConfigurationError(f"ENVELOPE_*: {error}") from None
