"""A hall as rating hears of it: windows, who is on duty at them, their tablets."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

from chassis.acts import Actor, now
from tests.support.actors import DEPARTMENT, REGION, device
from tests.support.calling import As
from tests.support.rating_service import RatingHere
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.rating.v1 import windows_pb2 as pb

HALL = "示范县政务服务中心"
_turns = itertools.count(1)


class Hall:
    """Windows of the tests' department, unless told."""

    def __init__(self, here: RatingHere) -> None:
        self.here = here
        department = identity.DepartmentSaved(
            department_id=str(uuid.uuid4()), uscc=DEPARTMENT, name="示范县水务局", region=REGION
        )
        here.hear("keep_department", department, department.department_id, 1)

    def window(self, id: str = "", seq: int = 1, **changes: Any) -> str:
        """A window; its id."""
        told = {"number": "3", "hall": HALL, "region": REGION, "department": DEPARTMENT, "label": "综合受理"} | changes
        event = identity.WindowSaved(window_id=id or str(uuid.uuid4()), **told)
        self.here.hear("keep_window", event, event.window_id, seq)
        return event.window_id

    def start(self, window: str, officer: str, since: datetime | None = None, turn: int = 0) -> str:
        """An officer goes on duty, a minute ago unless told; the id of the duty."""
        event = identity.DutyStarted(
            duty_id=str(uuid.uuid4()),
            window_id=window,
            officer_id=officer,
            staff_number=f"sw-{officer[:4]}",
            region=REGION,
            department=DEPARTMENT,
            turn=turn or next(_turns),
        )
        since = since or now() - timedelta(minutes=1)
        self.here.hear("keep_duty", event, event.duty_id, 1, since.isoformat())
        return event.duty_id

    def end(self, duty: str, until: datetime) -> None:
        """A duty ends."""
        event = identity.DutyEnded(duty_id=duty, until=until.isoformat())
        self.here.hear("end_duty", event, duty, 2)

    def tablet(self, window: str) -> Actor:
        """A tablet of a window."""
        one = device()
        event = identity.DeviceRegistered(device_id=one.id, kind=2, region=REGION, window_id=window)
        self.here.hear("keep_device", event, one.id, 1)
        return one

    def drop(self, tablet: Actor) -> None:
        """A device is revoked."""
        self.here.hear("drop_device", identity.DeviceRevoked(device_id=tablet.id), tablet.id, 2)

    def by(self, actor: Actor | None) -> As:
        """WindowService as this actor calls it."""
        return self.here.by(actor, service="WindowService")

    def live(self, window: str, **told: Any) -> str:
        """A live code of a window, shown by its own tablet."""
        code: pb.WindowCode = self.by(self.tablet(window)).IssueWindowCode(**told)
        return code.code

    def printed(self, window: str, by: Actor) -> str:
        """A printed code of a window."""
        code: pb.WindowCode = self.by(by).IssueWindowCode(window_id=window, printed=True)
        return code.code

    def count(self) -> int:
        """How many ratings there are."""
        return len(list(self.here.ratings.collection.find({}, {"_id": 1})))
