"""ThemeService over gRPC."""

from bisect import bisect_right
from collections.abc import Mapping

from chassis import paging
from chassis.parts import Parts
from chassis.rpc import Call
from services.catalog import model_life, model_themes, store, store_themes, views_themes
from services.catalog.model_life import SUSPENDED, WITHDRAWN
from standards.themes import Known
from yiwang.catalog.v1 import service_pb2
from yiwang.catalog.v1 import themes_pb2 as pb

PAGE = 20


class ThemeApi:
    """The methods of yiwang.catalog.v1.ThemeService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.themes = store_themes.themes(parts.database)
        self.items = store.items(parts.database)

    def SaveTheme(self, request: pb.SaveThemeRequest, call: Call) -> pb.Theme:
        definition = request.definition
        model_life.require_region(call.actor, definition.region)
        id = store_themes.theme_id(definition.code, definition.region)
        visible = model_life.visible(call.actor)
        record = store.write(
            self.themes,
            id,
            call.cause,
            lambda theme: model_themes.save(theme, id, definition, request.version),
            visible,
            room=store.ROOM,
        )
        return views_themes.draft(record)

    def ReviewTheme(self, request: pb.ReviewThemeRequest, call: Call) -> pb.Theme:
        by, visible = call.actor.by, model_life.visible(call.actor)
        record = self.themes.change(
            request.id,
            call.cause,
            lambda theme: model_themes.review(theme, by, request.version, request.note),
            visible,
            store.ROOM,
        )
        return views_themes.draft(record)

    def ReturnTheme(self, request: pb.ReturnThemeRequest, call: Call) -> pb.Theme:
        visible = model_life.visible(call.actor)
        record = self.themes.change(
            request.id, call.cause, lambda theme: model_themes.give_back(theme, request.reason), visible, store.ROOM
        )
        return views_themes.draft(record)

    def PublishTheme(self, request: pb.PublishThemeRequest, call: Call) -> pb.Theme:
        visible = model_life.visible(call.actor)
        record = self.themes.change(request.id, call.cause, model_themes.publish, visible, store.ROOM)
        return views_themes.draft(record)

    def WithdrawTheme(self, request: pb.WithdrawThemeRequest, call: Call) -> pb.Theme:
        visible = model_life.visible(call.actor)
        record = self.themes.change(
            request.id, call.cause, lambda theme: model_themes.withdraw(theme, request.reason), visible
        )
        return views_themes.draft(record)

    def ListThemes(self, request: pb.ListThemesRequest, call: Call) -> pb.ListThemesResponse:
        near, size = store_themes.nearest(self.themes, request.region), request.page_size or PAGE
        begin = bisect_right(near, request.page_token, key=lambda one: one[0]) if request.page_token else 0
        chosen = near[begin : begin + size]
        views = [views_themes.published(self.themes, self.themes.get(id)) for _, id in chosen]
        token = chosen[-1][0] if begin + size < len(near) else ""
        return pb.ListThemesResponse(themes=views, next_page_token=token)

    def GetTheme(self, request: pb.GetThemeRequest, call: Call) -> pb.ThemeGuide:
        record = self.themes.get(request.id, model_life.published())
        return self._guide(views_themes.published(self.themes, record), request.answers)

    def GetThemeDraft(self, request: pb.GetThemeDraftRequest, call: Call) -> pb.ThemeGuide:
        return self._guide(views_themes.draft(self.themes.get(request.id, model_life.visible(call.actor))), {})

    def ListThemeDrafts(self, request: pb.ListThemeDraftsRequest, call: Call) -> pb.ListThemesResponse:
        match = model_life.visible(call.actor)
        if request.draft_status:
            match = {**match, "state.life.draft": request.draft_status}
        size = request.page_size or PAGE
        rows, token = paging.newest(self.themes, match, "changed_at", request.page_token, size)
        return pb.ListThemesResponse(themes=[views_themes.draft(row) for row in rows], next_page_token=token)

    def _guide(self, theme: pb.Theme, answers: Mapping[str, service_pb2.Answer]) -> pb.ThemeGuide:
        known = {item.key: found for item in theme.definition.items if (found := self._known(item.item_code))}
        guide = model_themes.guide(theme.definition, known, answers)
        guide.theme.CopyFrom(theme)
        return guide

    def _known(self, code: str) -> Known | None:
        """The item of a code in its newest edition; None when it has none."""
        record = self.items.find({"_id": store.item_id(code)}) if code else None
        found = record and store.edition(self.items, record, record.state.life.edition)
        if record is None or not found:
            return None
        event, _ = found
        status = record.state.life.status
        return Known(record.id, event.edition, event.definition, status == SUSPENDED, status == WITHDRAWN)
