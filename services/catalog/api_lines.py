"""What DirectoryService does alike for entries and implementations: write, review, return, publish, withdraw, read, list. Every act reads
parse → load → decide → write → reply."""

from collections.abc import Callable
from typing import Any

from chassis import telemetry
from chassis.errors import NOT_FOUND, Refused, Violation, invalid
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.catalog import model_life, model_lines, store, store_directory, views_directory
from services.catalog.model_lines import Kind, Line


class LineApi:
    """The methods both kinds have, by kind."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database

    def save(self, kind: Kind, request: Any, call: Call) -> Any:
        """Writes the working definition, new or known by its code. INVALID_ARGUMENT CODE_TAKEN when the code is another region's."""
        definition, id = request.definition, store_directory.id_of(kind, request.definition.code)
        model_life.require_region(call.actor, definition.region)

        def decide(line: Line | None) -> Any:
            return model_lines.save(kind, line, id, definition, request.version)

        try:
            record = store.write(
                self._all(kind), id, call.cause, decide, model_life.visible(call.actor), room=store.ROOM
            )
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise
            raise invalid(Violation("definition.code", "CODE_TAKEN", "该编码已由其他地区使用")) from None
        return self._draft(kind, record, call)

    def review(self, kind: Kind, request: Any, call: Call) -> Any:
        """Approves what stands at the version looked at."""
        by, seen = call.actor.by, request.version
        return self._change(kind, request, call, lambda line: model_lines.review(kind, line, by, seen, request.note))

    def give_back(self, kind: Kind, request: Any, call: Call) -> Any:
        """Sends it back with a reason."""
        return self._change(kind, request, call, lambda line: model_lines.give_back(kind, line, request.reason))

    def publish(self, kind: Kind, request: Any, call: Call) -> Any:
        """Makes the reviewed definition the next edition."""
        return self._change(kind, request, call, lambda line: model_lines.publish(kind, line))

    def withdraw(self, kind: Kind, request: Any, call: Call) -> Any:
        """Ends it for ever."""
        return self._change(kind, request, call, lambda line: model_lines.withdraw(kind, line, request.reason), room=0)

    def published(self, kind: Kind, request: Any) -> Any:
        """What everyone may read of it."""
        return views_directory.published(kind, self._all(kind).get(request.id, model_life.published()))

    def draft(self, kind: Kind, request: Any, call: Call) -> Any:
        """Its working definition, for officers whose region covers it."""
        return views_directory.draft(kind, self._all(kind).get(request.id, model_life.visible(call.actor)))

    def drafts(self, kind: Kind, request: Any, call: Call) -> tuple[list[Any], str]:
        """Those of the officer's region as they are worked on."""
        visible = model_life.visible(call.actor)
        rows, token = store_directory.drafts_page(self._all(kind), visible, request)
        return [views_directory.draft(kind, row) for row in rows], token

    def _all(self, kind: Kind) -> Any:
        return store_directory.of_kind(self.database, kind)

    def _change(
        self, kind: Kind, request: Any, call: Call, decide: Callable[[Line], Any], room: int = store.ROOM
    ) -> Any:
        visible = model_life.visible(call.actor)
        return self._draft(kind, self._all(kind).change(request.id, call.cause, decide, visible, room), call)

    def _draft(self, kind: Kind, record: Record[Line], call: Call) -> Any:
        call.span.set(telemetry.RECORD, record.id)
        return views_directory.draft(kind, record)
