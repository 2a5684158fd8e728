"""What complainants, supervisors and the clock do to a complaint. Pure: one function per act, refusing is raising. What is said comes
sealed; whether the caller may is asked before (`model_complaints_moves.require_by`), since who has the code needs no name."""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid
from services.policy import model_complaints as complaints
from services.policy.model_complaints import Complaint, Marks
from services.policy.model_complaints_moves import require_move
from services.policy.model_portal import end, plain_text
from standards.codes import region_valid
from standards.instants import text
from yiwang.policy.v1 import complaints_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events


def require_sound(request: pb.SubmitComplaintRequest) -> None:
    """INVALID_ARGUMENT with everything that is wrong, each by its field."""
    found = []
    if not region_valid(request.region):
        found.append(Violation("region", "REGION_UNKNOWN", "没有这个行政区划"))
    for field, least in (("title", 2), ("text", 4)):
        if len(getattr(request, field).strip()) < least:
            found.append(Violation(field, "TOO_SHORT", f"至少{least}个字"))
    if found:
        raise invalid(*found)


def submit(
    id: str, number: str, region: str, marks: Marks, code_index: str, sealed: str, now: datetime
) -> events.ComplaintSubmitted:
    """Somebody complains; `marks` tell who (empty = nobody is known) and about which department."""
    return events.ComplaintSubmitted(
        complaint_id=id,
        number=number,
        complainant_index=marks.complainant,
        department_index=marks.department,
        code_index=code_index,
        region=region,
        sealed=sealed,
        due=text(end(now, complaints.ACCEPT_DAYS, region)),
    )


def accept(complaint: Complaint, actor: Actor, now: datetime) -> events.ComplaintAccepted:
    """Supervision looks into it."""
    require_move(complaint, "AcceptComplaint")
    due = end(now, complaints.CONCLUDE_DAYS, complaint.region)
    return events.ComplaintAccepted(complaint_id=complaint.id, officer_id=actor.id, due=text(due))


def require_own_words(said: dict[str, str], question: str) -> None:
    """INVALID_ARGUMENT `text` QUOTES_COMPLAINT, PERSONAL_DATA: from a question nobody learns who complained."""
    if faults := list(plain_text("text", question)):
        raise invalid(*faults)
    if complaints.quotes(said, question):
        raise invalid(Violation("text", "QUOTES_COMPLAINT", "请用自己的话询问，不得摘录投诉内容或透露投诉人"))


def conclude(
    complaint: Complaint, actor: Actor, outcome: pb.ComplaintOutcome.ValueType, measures: str, sealed: str
) -> events.ComplaintConcluded:
    """What was found. INVALID_ARGUMENT `measures` REQUIRED unless it was unfounded; `sealed` has reply and measures."""
    require_move(complaint, "ConcludeComplaint")
    if outcome != complaints.UNFOUNDED and len(measures.strip()) < 4:
        raise invalid(Violation("measures", "REQUIRED", "请说明整改措施"))
    return events.ComplaintConcluded(complaint_id=complaint.id, officer_id=actor.id, outcome=outcome, sealed=sealed)


def withdraw(complaint: Complaint, sealed_reason: str) -> events.ComplaintWithdrawn:
    """Who complained takes it back."""
    require_move(complaint, "WithdrawComplaint")
    return events.ComplaintWithdrawn(complaint_id=complaint.id, sealed_reason=sealed_reason)


def complainant_erased(complaint: Complaint) -> Message | None:
    """Who complained is erased: what is not concluded ends; None when nothing is left to end."""
    return events.ComplaintWithdrawn(complaint_id=complaint.id) if complaint.status in complaints.OPEN else None


def fire(complaint: Complaint, now: datetime) -> Message | None:
    """What the clock makes of it; nothing where it was done meanwhile."""
    if complaint.due is None or complaint.due > now:
        return None
    return events.ComplaintOverdue(complaint_id=complaint.id, step=complaints.STEPS[complaint.status])
