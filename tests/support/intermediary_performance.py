"""A procurement that was awarded, and the acts of its owner and its winner as the model has them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.message import Message

from chassis.acts import Moment
from services.intermediary import model, model_performance, model_rules
from services.intermediary.model import Procurement
from services.intermediary.model_evolve import EVOLVE
from services.intermediary.model_parts import Winner
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import performance_pb2 as pb

OWNER_ID, ORGANIZATION, AGENCY_ID = "owner-1", "organization-1", "agency-1"
WINNER_USCC = "91990121MA0XA8M03A"
# A Monday, in China 10:00.
AWARDED_AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
CONTRACT_DUE = AWARDED_AT + timedelta(days=14)
SIGNED = date(2026, 11, 24)
BUDGET = 10_000_00


def procurement(**told: Any) -> Procurement:
    """A procurement of an organisation that was awarded by draw; `need` is added to its need."""
    need = {"title": "水资源论证", "service": "论证报告编制", "budgetFen": str(BUDGET)} | told.pop("need", {})
    value = told.pop("value", 0)
    return Procurement(
        **(
            {
                "id": "11111111-1111-4111-8111-111111111111",
                "number": "ZJ990121261123ABCDEFGH",
                "owner_id": OWNER_ID,
                "region": "990121",
                "county": "990121",
                "service": "论证报告编制",
                "status": model.AWARDED,
                "opened_at": AWARDED_AT - timedelta(days=20),
                "need": need,
                "mode": model.DRAW,
                "published_at": AWARDED_AT - timedelta(days=19),
                "rules": dict(model_rules.DEFAULTS),
                "selected_at": AWARDED_AT - timedelta(days=3),
                "awarded_at": AWARDED_AT,
                "contract_due": CONTRACT_DUE,
                "winner": Winner(AGENCY_ID, ORGANIZATION, WINNER_USCC, "示范测绘公司", 1, value),
                "winner_organization": ORGANIZATION,
            }
            | told
        )
    )


def after(one: Procurement, *told: Message, at: datetime = AWARDED_AT) -> Procurement:
    """The procurement after these events."""
    for event in told:
        one = EVOLVE[type(event)](one, event, Moment(at, "person:test"))
    return one


def kept(id: str = "file-1") -> events.KeptFile:
    """A file as an event has it."""
    return events.KeptFile(
        file_id=id, sealed_filename="sealed", media_type="application/pdf", size=3, sha256="a" * 64, sealer_id=OWNER_ID
    )


def contract(amount: int = 9_000_00, steps: tuple[tuple[int, int], ...] = ((10, 4000), (20, 6000)), **told: Any) -> Any:
    """A request to file a contract; `steps` are days after its signing and shares."""
    day = date.fromisoformat(told.get("signed_on", str(SIGNED)))
    return pb.FileContractRequest(
        amount_fen=amount,
        milestones=[
            pb.MilestonePlan(name=f"第{n}步", due=str(day + timedelta(days=days)), share=share)
            for n, (days, share) in enumerate(steps, 1)
        ],
        **({"signed_on": str(SIGNED)} | told),
    )


def signed_at() -> datetime:
    """An instant of the day the contract is filed."""
    return AWARDED_AT + timedelta(days=1)


def filed(side: str = "agency", **told: Any) -> Procurement:
    """One whose contract was filed."""
    one = procurement(**told)
    return after(one, model_performance.file_contract(one, side, contract(), [kept()], signed_at()), at=signed_at())


def contracted(**told: Any) -> Procurement:
    """One whose contract stands."""
    one = filed(**told)
    return after(one, model_performance.confirm_contract(one, "owner"), at=signed_at())


def with_milestones(one: Procurement, at: datetime) -> Procurement:
    """The same with every milestone confirmed."""
    for step in one.performance.milestones:
        one = after(one, model_performance.report_milestone(one, step.number, "", at), at=at)
        one = after(one, model_performance.answer_milestone(one, step.number, True, ""), at=at)
    return one


def delivered(at: datetime | None = None, **told: Any) -> Procurement:
    """One whose deliverables wait for the owner."""
    when = at or signed_at()
    one = with_milestones(contracted(**told), when)
    return after(one, model_performance.deliver(one, [kept("file-2")], ""), at=when)


def completed(**told: Any) -> Procurement:
    """One that waits for both ratings."""
    one = delivered(**told)
    return after(one, model_performance.confirm_deliverable(one, signed_at()), at=signed_at())
