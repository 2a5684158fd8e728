"""What a procurement is made of beside itself: its files, the parties of its draw, its winner, what was agreed and delivered. Pure."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file of a procurement or an agency; its name is sealed under the key of who brought it."""

    file_id: str
    sealed_filename: str
    media_type: str
    size: int
    sha256: str
    sealer_id: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """One of the three whose nonces make a draw: what it committed to before the freeze, and what it told afterwards."""

    name: str
    commitment: str
    committed_at: datetime
    nonce: str = ""
    revealed_at: datetime | None = None
    officer_id: str = ""


@dataclass(frozen=True, slots=True)
class Winner:
    """Who has the award now."""

    agency_id: str
    organization_id: str
    uscc: str
    name: str
    place: int
    value: int = 0


@dataclass(frozen=True, slots=True)
class Passed:
    """A place of the order that has it no more."""

    place: int
    agency_id: str
    uscc: str
    name: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Objection:
    """What somebody who signed up says against the result; the text is sealed under the organisation's key."""

    id: str
    agency_id: str
    agency_name: str
    organization_id: str
    sealed_text: str
    at: datetime
    decision: str = ""
    reason: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of the performance."""

    number: int
    name: str
    # YYYY-MM-DD in China.
    due: str
    share: int
    # OPEN, REPORTED, CONFIRMED
    status: str = "OPEN"
    overdue: bool = False
    reported_at: datetime | None = None
    confirmed_at: datetime | None = None
    sealed_note: str = ""


@dataclass(frozen=True, slots=True)
class Performance:
    """What happens between the award and the archive. What the sides write is sealed under the key of who wrote it."""

    # filed, returned, confirmed; empty before.
    contract: str = ""
    # owner, agency: who filed it.
    contract_by: str = ""
    amount_fen: int = 0
    signed_on: str = ""
    contract_files: list[File] = field(default_factory=list)
    sealed_contract_note: str = ""
    contract_late: bool = False
    contracted_at: datetime | None = None
    milestones: list[Milestone] = field(default_factory=list)
    deliverables: list[File] = field(default_factory=list)
    sealed_delivery_note: str = ""
    delivered_at: datetime | None = None
    deliveries: int = 0
    returns: int = 0
    sealed_returned_reason: str = ""
    confirmed_at: datetime | None = None
    sealed_by_owner: str = ""
    owner_rated_at: datetime | None = None
    sealed_by_agency: str = ""
    agency_rated_at: datetime | None = None
    rating_due: datetime | None = None
    owner_grade: int = 0
    agency_grade: int = 0
    # asked, declined, ended, lapsed; empty without.
    break_off: str = ""
    break_off_by: str = ""
    sealed_break_off: str = ""
    break_off_reason: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """An evaluator of a choice; his scores are sealed under the procurement's key until all are in."""

    evaluator_id: str
    person_id: str
    sealed_scores: str = ""
    digest: str = ""
    scored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An evaluator of the pool who was not drawn, or is no more, and about whom."""

    evaluator_id: str
    reason: str
    uscc: str = ""
