"""DraftService over gRPC."""

from functools import partial

from google.protobuf.json_format import MessageToDict, ParseDict

from chassis.errors import RESOURCE_EXHAUSTED, Refused, Violation, invalid
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.case import attachments, model_drafts, store_drafts
from services.case.acting_on import Desk
from services.case.model_drafts import Draft
from services.case.timeline import time_text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import intake_pb2 as pb
from yiwang.case.v1 import service_pb2

PAGE = 20


class DraftApi:
    """The methods of yiwang.case.v1.DraftService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.drafts = store_drafts.drafts(desk.parts.database)

    def SaveDraft(self, request: pb.SaveDraftRequest, call: Call) -> pb.Draft:
        if self.desk.items.current(request.item_id) is None:
            raise invalid(Violation("item_id", "ITEM_UNKNOWN", "没有此事项，或尚未发布"))
        known = self.drafts.get(request.draft_id, model_drafts.visible(call.actor)).state if request.draft_id else None
        files = attachments.claim(
            self.desk.files, request.content.materials, call.actor, kept=known.attachments if known else ()
        )
        ids = [file.attachment_id for file in files]
        sealed = self.desk.keyring.seal(call.actor.id, MessageToDict(request.content))

        def saved(id: str) -> events.DraftSaved:
            return model_drafts.save(id, call.actor, request.item_id, request.edition, sealed, ids)

        def again(draft: Draft) -> events.DraftSaved:
            return model_drafts.save_again(draft, saved(draft.id), request.version)

        if known is not None:
            return self._view(self.drafts.change(known.id, call.cause, again, model_drafts.visible(call.actor)))
        self._require_room(call)
        return self._view(self.drafts.create(call.cause, saved))

    def _require_room(self, call: Call) -> None:
        """So that nobody fills the store; the same request again is no further draft."""
        again = self.drafts.find({"_id": record_id(call.cause.key)}) is not None
        if not again and store_drafts.count_open(self.drafts, call.actor.id) >= model_drafts.MOST_OPEN:
            raise Refused(
                RESOURCE_EXHAUSTED, "TOO_MANY_DRAFTS", f"最多保留{model_drafts.MOST_OPEN}份草稿，请先删除不用的草稿"
            )

    def GetDraft(self, request: pb.GetDraftRequest, call: Call) -> pb.Draft:
        record = self.drafts.get(request.draft_id, model_drafts.visible(call.actor))
        view, draft = self._view(record), record.state
        content = self.desk.keyring.open(draft.person_id, draft.sealed_content)
        if content is not None:
            ParseDict(content, view.content, ignore_unknown_fields=True)
            view.attachments.extend(self._attachment(id, draft) for id in draft.attachments)
        return view

    def _attachment(self, id: str, draft: Draft) -> service_pb2.Attachment:
        stored = self.desk.files.get(id) or {}
        name = self.desk.keyring.open_text(draft.person_id, stored.get("sealed_filename", ""))
        told = {key: stored[key] for key in ("media_type", "size", "sha256") if key in stored}
        return service_pb2.Attachment(id=id, filename=name, **told)

    def ListDrafts(self, request: pb.ListDraftsRequest, call: Call) -> pb.ListDraftsResponse:
        size = request.page_size or PAGE
        seen = partial(model_drafts.sees, call.actor)
        rows, token = store_drafts.newest(self.drafts, call.actor.id, seen, request.page_token, size)
        return pb.ListDraftsResponse(drafts=[self._view(row) for row in rows], next_page_token=token)

    def DiscardDraft(self, request: pb.DiscardDraftRequest, call: Call) -> pb.Draft:
        visible = model_drafts.visible(call.actor)
        return self._view(
            self.drafts.change(request.draft_id, call.cause, lambda draft: model_drafts.end(draft, False), visible)
        )

    def _view(self, record: Record[Draft]) -> pb.Draft:
        draft = record.state
        current = self.desk.items.current(draft.item_id)
        closed = current is None or current.withdrawn or current.suspended
        known = self.desk.items.edition(draft.item_id, draft.edition or (current.edition if current else 0))
        return pb.Draft(
            id=record.id,
            version=record.version,
            item_id=draft.item_id,
            item_name=known.name if known else "",
            edition=draft.edition,
            outdated=closed or (current is not None and draft.edition not in (0, current.edition)),
            saved_at=time_text(draft.saved_at),
            ends_at=time_text(draft.ends_at),
            ended=not draft.open_of,
        )
