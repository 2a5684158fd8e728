"""What identity does about windows and devices when it hears something, and by the clock."""

from datetime import datetime

from chassis import sessions
from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.identity import duties, model_devices, store_windows
from yiwang.identity.v1.events_pb2 import DeviceRevoked, DutyStarted, WindowSaved


class HearsCounties:
    """Handlers and timers."""

    parts: Parts

    @on(WindowSaved)
    def clear_window(self, event: Heard[WindowSaved]) -> None:
        """Act: who was on duty for the department that served the window before goes off."""
        window, time = event.body, datetime.fromisoformat(event.time)
        duties.clear(self.parts, window.window_id, window.department, time, event.cause)

    @on(DutyStarted)
    def settle_duty(self, event: Heard[DutyStarted]) -> None:
        """Act: the officer leaves the window he was at, and somebody else on duty at his window goes off."""
        duty = store_windows.duties(self.parts.database).get(event.body.duty_id).state
        duties.settle(self.parts, duty, event.cause)

    @on(DeviceRevoked)
    def refuse_device(self, event: Heard[DeviceRevoked]) -> None:
        """Read model: identity itself refuses the device's tokens, too."""
        end = model_devices.tokens_end(datetime.fromisoformat(event.time))
        sessions.refuse(self.parts.database, model_devices.session_of(event.body.device_id), end)

    @every(interval=60)
    def end_duties(self) -> None:
        """Duties end at midnight."""
        duties.end_overdue(self.parts)
