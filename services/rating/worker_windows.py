"""What rating does when it hears of windows, of who is on duty at them, and of their devices."""

from datetime import datetime

from chassis.events import Heard, on
from chassis.parts import Parts
from services.rating import store_windows
from yiwang.identity.v1.events_pb2 import (
    DepartmentSaved,
    DeviceRegistered,
    DeviceRevoked,
    DutyEnded,
    DutyStarted,
    WindowSaved,
)


class HearsWindows:
    """Handlers."""

    parts: Parts

    @on(DepartmentSaved)
    def keep_department(self, event: Heard[DepartmentSaved]) -> None:
        """Read model: what a department is called."""
        store_windows.keep_department(self.parts.database, event.body, event.seq)

    @on(WindowSaved)
    def keep_window(self, event: Heard[WindowSaved]) -> None:
        """Read model: a window, and whose it is."""
        store_windows.keep_window(self.parts.database, event.body, event.seq)

    @on(DutyStarted)
    def keep_duty(self, event: Heard[DutyStarted]) -> None:
        """Read model: who is on duty at a window."""
        store_windows.keep_duty(self.parts.database, event.body, datetime.fromisoformat(event.time))

    @on(DutyEnded)
    def end_duty(self, event: Heard[DutyEnded]) -> None:
        """Read model: until when he was."""
        store_windows.end_duty(self.parts.database, event.body)

    @on(DeviceRegistered)
    def keep_device(self, event: Heard[DeviceRegistered]) -> None:
        """Read model: the window a device belongs to."""
        store_windows.keep_device(self.parts.database, event.body)

    @on(DeviceRevoked)
    def drop_device(self, event: Heard[DeviceRevoked]) -> None:
        """Read model: a device nobody rates at any more."""
        store_windows.drop_device(self.parts.database, event.body.device_id)
