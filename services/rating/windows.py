"""Codes of windows and what they are for, for every act that takes one."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from chassis.acts import Cause
from chassis.parts import Parts
from services.rating import model_codes, model_windows, store_windows
from services.rating.model_codes import Code
from services.rating.model_windows import Duty, Window
from yiwang.rating.v1 import events_pb2 as events


class AtWindow(NamedTuple):
    """A code that holds, and its window."""

    code: Code
    window: Window


class Windows:
    """Issues and reads codes; knows windows and who is on duty."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.keyring = parts.keyring

    def issue(self, window: Window, printed: bool, cause: Cause, now: datetime, case_rating_id: str = "") -> Code:
        """A code for a window. The same act again gives the same one, so that both together are good for one rating."""
        nonce = bytes.fromhex(self.keyring.blind("window_code_nonce", f"{cause.key}/{case_rating_id}"))[
            : model_codes.NONCE_BYTES
        ]
        generation = store_windows.generation(self.database, window.id)
        return model_codes.issue(window.id, printed, generation, nonce, now, case_rating_id)

    def text_of(self, code: Code) -> str:
        """The signed text of a code."""
        return model_codes.text_of(code, self._sign)

    def parse(self, text: str) -> Code:
        """INVALID_ARGUMENT CODE_FORGED; nothing else is asked."""
        return model_codes.parse(text, self._sign)

    def holding(self, code: Code, now: datetime) -> Window:
        """The window of a code that holds; INVALID_ARGUMENT CODE_FOREIGN for a window this place does not have, CODE_EXPIRED,
        CODE_REVOKED."""
        window = store_windows.window(self.database, code.window_id)
        if window is None:
            raise model_codes.refused("CODE_FOREIGN", "二维码不是本地窗口的，无法使用")
        model_codes.hold(code, store_windows.generation(self.database, window.id), now)
        return window

    def read(self, text: str, now: datetime) -> AtWindow:
        """A code that holds now, and its window; refused as `parse` and `holding`."""
        code = self.parse(text)
        return AtWindow(code, self.holding(code, now))

    def on_duty(self, window: Window, at: datetime) -> Duty | None:
        """Who was on duty at an instant."""
        return store_windows.on_duty(self.database, window.id, at)

    def officers(self, window: Window, at: datetime) -> list[str]:
        """The officers concerned by what was done at a window at an instant: nobody, or the one on duty."""
        duty = self.on_duty(window, at)
        return [duty.officer_id] if duty else []

    def served(self, window: Window, officers: list[str], now: datetime) -> events.ServiceServed:
        """The window's service as it is rated."""
        return model_windows.served(window, self.department_name(window), officers, now)

    def department_name(self, window: Window) -> str:
        """The name of the department that serves a window; empty while it was not heard of."""
        return store_windows.department_name(self.database, window.department)

    @property
    def _sign(self) -> Callable[[str], bytes]:
        # The keyring signs each kind of value apart: no other blind index is a signature of a code.
        return lambda told: bytes.fromhex(self.keyring.blind("window_code", told))
