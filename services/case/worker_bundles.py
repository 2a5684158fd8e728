"""One thing at once (一件事): what case hears of themes, of parents and of their cases."""

from typing import Any

from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.case import store_themes
from services.case.bundling_children import Children
from yiwang.case.v1.events_pb2 import (
    BundleChildMoved,
    BundleSubmitted,
    BundleWithdrawn,
    CaseClosed,
    CaseDecided,
    CaseNotAccepted,
    CaseRefused,
    CaseTransferred,
    CaseVoided,
    CaseWithdrawn,
    CorrectionLapsed,
    ResultPushed,
)
from yiwang.catalog.v1.events_pb2 import ThemePublished, ThemeWithdrawn


class HearsBundles:
    """The handlers and timers of themes and parents."""

    parts: Parts
    children: Children

    @on(ThemePublished)
    def keep_theme(self, event: Heard[ThemePublished]) -> None:
        """Read model: the theme's newest edition, and every edition it had."""
        themes = store_themes.Themes(self.parts.database)
        themes.keep(event.body.theme_id, event.seq, event.body.edition, event.body.definition)

    @on(ThemeWithdrawn)
    def withdraw_theme(self, event: Heard[ThemeWithdrawn]) -> None:
        """Read model: no new applications for ever; those under way go on."""
        store_themes.Themes(self.parts.database).withdraw(event.body.theme_id, event.seq)

    @on(BundleSubmitted)
    def open_children(self, event: Heard[BundleSubmitted]) -> None:
        """Act: the branches that wait for nothing become cases."""
        self.children.advance(event.record, event.trace)

    @on(BundleChildMoved)
    def advance_bundle(self, event: Heard[BundleChildMoved]) -> None:
        """Act: the branches that waited for this one become cases."""
        self.children.advance(event.record, event.trace)

    @on(BundleWithdrawn)
    def withdraw_children(self, event: Heard[BundleWithdrawn]) -> None:
        """Act: the cases under way are withdrawn."""
        self.children.advance(event.record, event.trace)

    @on(CaseRefused)
    def follow_refused(self, event: Heard[CaseRefused]) -> None:
        """Act: the parent notes it; so do all that follow."""
        self._follow(event)

    @on(CaseNotAccepted)
    def follow_ended(self, event: Heard[CaseNotAccepted]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @on(CorrectionLapsed)
    def follow_lapsed(self, event: Heard[CorrectionLapsed]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @on(CaseDecided)
    def follow_decided(self, event: Heard[CaseDecided]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @on(ResultPushed)
    def follow_pushed(self, event: Heard[ResultPushed]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @on(CaseClosed)
    def follow_closed(self, event: Heard[CaseClosed]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @on(CaseWithdrawn)
    def follow_withdrawn(self, event: Heard[CaseWithdrawn]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @on(CaseVoided)
    def follow_voided(self, event: Heard[CaseVoided]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @on(CaseTransferred)
    def follow_transferred(self, event: Heard[CaseTransferred]) -> None:
        """Act: the parent notes it."""
        self._follow(event)

    @every(interval=60)
    def sweep_bundles(self) -> None:
        """Opens what a death left unopened, and tries again what could not begin."""
        self.children.sweep()

    def _follow(self, event: Heard[Any]) -> None:
        self.children.follow(event.record, event.trace)
