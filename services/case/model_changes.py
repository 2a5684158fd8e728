"""Small changes that several events make to a case alike. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from chassis.acts import Moment
from services.case.model import Case, File
from standards.instants import instant
from yiwang.case.v1 import events_pb2 as events


def handled(case: Case, officer_id: str, moment: Moment) -> Case:
    """The officer who acted last handles it."""
    return replace(took_part(case, officer_id), handler_id=officer_id, handled_at=moment.at)


def took_part(case: Case, officer_id: str) -> Case:
    """The officer had a part in it, so that he never deals with its rating."""
    known = not officer_id or officer_id in case.handlers
    return case if known else replace(case, handlers=[*case.handlers, officer_id])


def received(case: Case, officer_id: str, moment: Moment) -> Case:
    """The officer takes part in receiving it, and may not decide it."""
    known = officer_id in case.receivers
    receivers = case.receivers if known else [*case.receivers, officer_id]
    return replace(handled(case, officer_id, moment), received_by=officer_id, receivers=receivers)


def with_files(case: Case, files: Iterable[events.HandedInFile]) -> Case:
    """With these files in the place of those of the same materials; what was still to come (容缺) or
    lacking and came is here."""
    new = files_of(files)
    handed_in = {file.material for file in new}
    return replace(
        case,
        files=[file for file in case.files if file.material not in handed_in] + new,
        deferred=[key for key in case.deferred if key not in handed_in],
        lacking=[key for key in case.lacking if key not in handed_in],
    )


def with_dues(case: Case, dues: events.Dues) -> Case:
    """With the clocks as they end now."""
    return replace(
        case,
        promised_due=instant(dues.promised_due),
        statutory_due=instant(dues.statutory_due),
        yellow_at=instant(dues.yellow_at),
        provisional=dues.provisional,
    )


def files_of(files: Iterable[events.HandedInFile]) -> list[File]:
    """Files of an event as the state has them."""
    return [
        File(one.attachment_id, one.material, one.sealed_filename, one.media_type, one.size, one.sha256)
        for one in files
    ]
