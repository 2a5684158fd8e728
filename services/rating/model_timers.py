"""What the clock makes of a rating: the default rating, a step that is overdue, a loop that ends by itself. Pure."""

from datetime import datetime

from google.protobuf.message import Message

from services.rating import model, model_giving
from services.rating import model_moves as moves
from services.rating.model import Rating
from standards.instants import text
from yiwang.rating.v1 import events_pb2 as events


def fire(rating: Rating, now: datetime) -> Message | list[Message] | None:
    """What is due by now; nothing where it was done meanwhile."""
    if rating.due is None or rating.due > now:
        return None
    if rating.status == model.OPEN:
        return model_giving.default(rating)
    loop = rating.loop
    if loop is None:
        return None
    if loop.status == moves.PUBLISHED:
        return events.LoopClosed(rating_id=rating.id)
    return events.StepOverdue(rating_id=rating.id, status=loop.status, due=text(rating.due))  # type: ignore[arg-type]
