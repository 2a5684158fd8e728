"""A case as it stands: its statuses, and everything its journal tells. Pure.

Who may move it where is the table in `model_moves`; acts are in the `model_*` of their subject; events turn into state in
`model_evolve` and `model_evolve_parts`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from yiwang.case.v1 import service_pb2 as pb

SUBMITTED, CORRECTION = pb.CASE_STATUS_SUBMITTED, pb.CASE_STATUS_CORRECTION
PRE_REVIEW, PRE_PASSED = pb.CASE_STATUS_PRE_REVIEW, pb.CASE_STATUS_PRE_PASSED
PRE_REJECTED, RECEIVED = pb.CASE_STATUS_PRE_REJECTED, pb.CASE_STATUS_RECEIVED
IN_REVIEW, REVIEWED, SUSPENDED = pb.CASE_STATUS_IN_REVIEW, pb.CASE_STATUS_REVIEWED, pb.CASE_STATUS_SUSPENDED
WITHDRAW_PENDING = pb.CASE_STATUS_WITHDRAW_PENDING
GRANTED, DENIED, ISSUED = pb.CASE_STATUS_GRANTED, pb.CASE_STATUS_DENIED, pb.CASE_STATUS_ISSUED
DELIVERED, CLOSED = pb.CASE_STATUS_DELIVERED, pb.CASE_STATUS_CLOSED
REFUSED, NOT_ACCEPTED = pb.CASE_STATUS_REFUSED, pb.CASE_STATUS_NOT_ACCEPTED
WITHDRAWN, VOIDED = pb.CASE_STATUS_WITHDRAWN, pb.CASE_STATUS_VOIDED
TRANSFERRED, CORRECTION_LAPSED = pb.CASE_STATUS_TRANSFERRED, pb.CASE_STATUS_CORRECTION_LAPSED
REVOKED, CANCELLED = pb.CASE_STATUS_REVOKED, pb.CASE_STATUS_CANCELLED

# On nobody's desk any more.
ENDED = frozenset(
    (CLOSED, REFUSED, NOT_ACCEPTED, WITHDRAWN, VOIDED, TRANSFERRED, CORRECTION_LAPSED, REVOKED, CANCELLED)
)
# Before anybody said that it is an application to decide.
UNACCEPTED = frozenset((PRE_REVIEW, PRE_PASSED, PRE_REJECTED, RECEIVED, SUBMITTED, CORRECTION))
# Accepted, and with the department: both clocks count, or stand still for a special procedure.
RUNNING = frozenset((IN_REVIEW, REVIEWED, SUSPENDED))
# Accepted, and not decided yet. Who asked for it back waits for no decision any more.
UNDECIDED = RUNNING | {WITHDRAW_PENDING}
COUNTY_DIGITS = 6
# 行政许可法 art. 34: two or more.
INSPECTORS = 2
# Clocks of two services may differ by so much.
CLOCKS_DIFFER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class File:
    """A file handed in for a material; its name is sealed."""

    attachment_id: str
    material: str
    sealed_filename: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoodFor:
    """A material a licence, a data share or a promise stands for. `settled` = an officer looked where the source did not answer."""

    material: str
    waiver: int
    proof_id: str
    manual: bool
    settled: bool = False


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee in fen; `open` until an officer has set what only words tell."""

    name: str
    amount: int
    open: bool


@dataclass(frozen=True, slots=True)
class Procedure:
    """A special procedure (特别程序), and whether the clocks stand still during it."""

    number: int
    kind: int
    started_at: datetime
    expected_until: datetime
    pauses: bool
    sealed_notice: str
    ended_at: datetime | None = None
    # Day of a hearing; empty for other kinds.
    hearing_on: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another department was asked."""

    number: int
    department: str
    department_name: str
    asked_by: str
    asked_at: datetime
    due: datetime
    sealed_question: str
    given_at: datetime | None = None
    agrees: bool = False
    sealed_text: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What one inspector found on site."""

    officer_id: str
    passed: bool
    at: datetime
    sealed_findings: str


@dataclass(frozen=True, slots=True)
class Visit:
    """An inspection on site."""

    number: int
    slot_id: str
    start: datetime
    end: datetime
    cancelled: bool = False
    signatures: list[Signature] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Deliverable:
    """A file of an intermediary's result, by the hash of its content; it is kept with its procurement."""

    file_id: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Intermediary:
    """An intermediary's result that was asked for. `material` is the one it is by its wording."""

    number: int
    service: str
    status: int
    requested_at: datetime
    procurement_id: str = ""
    procurement_number: str = ""
    finished_at: datetime | None = None
    reason: str = ""
    agency_name: str = ""
    agency_uscc: str = ""
    files: list[Deliverable] = field(default_factory=list)
    material: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """The present state of a case. What names a person is sealed under the applicant's key."""

    id: str
    number: str
    applicant_id: str
    item_id: str
    edition: int
    item_code: str
    item_name: str
    result_name: str
    department: str
    department_name: str
    region: str
    channel: int
    status: int
    sealed_form: str
    files: list[File]
    review_steps: list[str]
    promised: list[int]
    statutory: list[int]
    submitted_at: datetime
    # The department while the case is open, empty afterwards: the key of its inbox.
    desk: str
    steps_passed: int = 0
    correction_materials: list[str] = field(default_factory=list)
    sealed_notice: str = ""
    correction_asked: bool = False
    # Who received it last, and everybody who took part in receiving it: none of them may decide it.
    received_by: str = ""
    receivers: list[str] = field(default_factory=list)
    # Whose work it is, and since when: the officer who acted last, or who took over from him.
    handler_id: str = ""
    # Everybody whose work it ever was.
    handlers: list[str] = field(default_factory=list)
    handled_at: datetime | None = None
    accepted_at: datetime | None = None
    promised_due: datetime | None = None
    statutory_due: datetime | None = None
    provisional: bool = False
    decided_by: str = ""
    result_number: str = ""
    closed_at: datetime | None = None
    # Who submitted it for the applicant (agent:<id> or person:<id>), under which delegation, of which organisation.
    agent: str = ""
    sealed_agent_name: str = ""
    delegation_id: str = ""
    agent_organization_id: str = ""
    # Answers to the scenario questions, with the digest of their guide; empty when none were asked.
    sealed_answers: str = ""
    # What was handed in, told by one digest; the receipt (收件凭证) names it.
    receipt_digest: str = ""
    # The item's way of handling, by the names of yiwang.catalog.v1.Handling, defaults filled in.
    handling: dict[str, int] = field(default_factory=dict)
    # Pre-review: what passed, and until when it binds.
    pre_passed_digest: str = ""
    pre_passed_form: str = ""
    pre_valid_until: datetime | None = None
    pre_reviewed: bool = False
    # The window that received it for another department, and the way of its materials there.
    receiving_department: str = ""
    receiving_region: str = ""
    window_id: str = ""
    sent_at: datetime | None = None
    taken_at: datetime | None = None
    # When what a correction notice asked for came in: five days to accept it run from there.
    corrected_at: datetime | None = None
    # Clocks: where they run from, when they turn yellow, how long they were extended, and ends of their own.
    clock_from: datetime | None = None
    yellow_at: datetime | None = None
    accept_due: datetime | None = None
    answer_due: datetime | None = None
    deliver_due: datetime | None = None
    deferred_due: datetime | None = None
    verify_due: datetime | None = None
    confirm_due: datetime | None = None
    hand_over_due: datetime | None = None
    renews_until: datetime | None = None
    deemed: bool = False
    extended_days: int = 0
    extension_days: int = 0
    extension_by: str = ""
    sealed_extension: str = ""
    procedures: list[Procedure] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    # Departments that were asked, for who sees it until it ends; and those of them that have not answered.
    consulted: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    # Ends that were told already: `PROCEDURE/1`.
    told: list[str] = field(default_factory=list)
    # The earliest instant something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""
    stood_for: list[StoodFor] = field(default_factory=list)
    # Materials that nothing stands for any more: an officer looked, and the licence does not hold.
    lacking: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    promise_digest: str = ""
    promise_materials: list[str] = field(default_factory=list)
    # None = not verified yet.
    promise_kept: bool | None = None
    mend_due: datetime | None = None
    automatic_truth: str = ""
    decision_kind: int = 0
    decided_at: datetime | None = None
    visits: list[Visit] = field(default_factory=list)
    fees: list[FeeLine] = field(default_factory=list)
    order_id: str = ""
    paid_at: datetime | None = None
    paid_amount: int = 0
    delivery: int = 0
    sealed_delivery: str = ""
    parcel_id: str = ""
    parcel_state: str = ""
    tracking_number: str = ""
    delivered_at: datetime | None = None
    bundle_id: str = ""
    bundle_key: str = ""
    project_code: str = ""
    intermediaries: list[Intermediary] = field(default_factory=list)
    # First six digits of the region: timers go county by county.
    county: str = ""


def open_procedure(case: Case) -> Procedure | None:
    """The special procedure that is under way and stands the clocks still, if any."""
    return next((one for one in case.procedures if one.ended_at is None and one.pauses), None)


def open_visit(case: Case) -> Visit | None:
    """The inspection on site that is booked, until two inspectors have signed it, or it is cancelled."""
    return next((one for one in case.visits if not one.cancelled and len(one.signatures) < INSPECTORS), None)


def complete_since(case: Case) -> datetime:
    """When it was received as it is: silence makes it accepted from then (行政许可法 art. 32(4))."""
    return case.corrected_at or case.submitted_at


def granted(case: Case) -> bool:
    """Whether it was decided, and not against the applicant: a grant has a day by which it is delivered, or a result from before such
    days were kept."""
    return case.deliver_due is not None or bool(case.result_number)


def unchecked(case: Case) -> bool:
    """Whether a licence that its source did not tell of stands for a material, and nobody has looked yet."""
    return any(one.manual and not one.settled for one in case.stood_for)


def owed(case: Case) -> int:
    """Fen that are still to be paid; what only words tell counts when an officer has set it."""
    return 0 if case.paid_at else sum(one.amount for one in case.fees)
