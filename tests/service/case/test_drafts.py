"""Drafts: begun on one device, gone on with on another, ended by the submission; nothing of them can be read in the store."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from chassis.acts import now
from services.case import attachments, model_drafts, store, store_drafts, worker
from tests.support.actors import delegate, person
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, NOT_FOUND, PRECONDITION, Db, drifted, hear, journal, status, upload
from tests.support.items import FORM, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import intake_pb2 as pb
from yiwang.case.v1 import service_pb2


@pytest.fixture
def own(case_api: Here, citizen: As) -> As:
    assert citizen.actor is not None
    return case_api.by(citizen.actor, service="DraftService")


def content(citizen: As, form: Mapping[str, str] = FORM) -> pb.DraftContent:
    handed_in = service_pb2.HandedIn(material="application", attachments=[upload(citizen).id])
    return pb.DraftContent(form=form, materials=[handed_in], step="materials")


def test_a_draft_goes_on_on_another_device_and_ends_with_its_submission(
    case_api: Here, citizen: As, own: As, item: str, database: Db
) -> None:
    first = own.SaveDraft(item_id=item, content=content(citizen, {"name": "张"}))
    assert citizen.actor is not None
    elsewhere = case_api.by(citizen.actor, service="DraftService")
    seen = elsewhere.GetDraft(draft_id=first.id)
    assert (dict(seen.content.form), seen.content.step, seen.item_name) == (
        {"name": "张"},
        "materials",
        "公共场所卫生许可",
    )
    assert [one.filename for one in seen.attachments] == ["申请书.pdf"]
    elsewhere.SaveDraft(draft_id=first.id, item_id=item, content=content(citizen))
    whole = own.GetDraft(draft_id=first.id)
    assert [one.id for one in own.ListDrafts().drafts] == [first.id]
    case = citizen.SubmitCase(
        item_id=item, form=whole.content.form, materials=whole.content.materials, draft_id=first.id
    )
    entry = journal(database, case.id)[1]
    for _ in range(2):
        hear(case_api, "end_draft", store.cases(database).event(entry), case.id, entry["seq"])
    assert not own.ListDrafts().drafts
    with refused(NOT_FOUND):
        own.GetDraft(draft_id=first.id)
    assert drifted(case_api) == {} and status(case) == "SUBMITTED"


def test_files_of_a_draft_are_kept_as_long_as_it_is(
    case_api: Here, citizen: As, own: As, item: str, database: Db
) -> None:
    draft = own.SaveDraft(item_id=item, content=content(citizen))
    old = now() - timedelta(days=30)
    database["attachments.files"].update_many({}, {"$set": {"metadata.at": old}})
    worker.build(case_api.parts)().sweep_uploads()
    whole = own.GetDraft(draft_id=draft.id)
    assert timedelta(days=30) > attachments.GOOD_FOR
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        citizen.SubmitCase(item_id=item, form=FORM, materials=whole.content.materials)
    citizen.SubmitCase(item_id=item, form=FORM, materials=whole.content.materials, draft_id=draft.id)


def test_a_draft_is_its_persons_and_of_a_delegate_that_of_his_delegation(
    case_api: Here, citizen: As, own: As, item: str
) -> None:
    draft = own.SaveDraft(item_id=item, content=content(citizen))
    assert citizen.actor is not None
    for other in (person(), delegate(citizen.actor, delegation="d1")):
        stranger = case_api.by(other, service="DraftService")
        with refused(NOT_FOUND):
            stranger.GetDraft(draft_id=draft.id)
        with refused(NOT_FOUND):
            stranger.DiscardDraft(draft_id=draft.id)
        assert not stranger.ListDrafts().drafts
    with refused(INVALID, "DRAFT_UNKNOWN"):
        case_api.by(person()).SubmitCase(item_id=item, form=FORM, draft_id=draft.id)


def test_a_draft_stays_of_its_item_and_they_are_not_too_many(
    citizen: As, own: As, item: str, plain_item: str, database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = own.SaveDraft(item_id=item, content=pb.DraftContent())
    with refused(PRECONDITION, "DRAFT_OF_ANOTHER_ITEM"):
        own.SaveDraft(draft_id=draft.id, item_id=plain_item, content=pb.DraftContent())
    with refused(INVALID, "ITEM_UNKNOWN"):
        own.SaveDraft(item_id=draft.id, content=pb.DraftContent())
    monkeypatch.setattr(model_drafts, "MOST_OPEN", 2)
    again = {"item_id": item, "content": pb.DraftContent(), "request_id": "draft-0002"}
    assert own.SaveDraft(**again).id == own.SaveDraft(**again).id, "the same request is the same draft"
    with refused(reason="TOO_MANY_DRAFTS"):
        own.SaveDraft(item_id=item, content=pb.DraftContent())
    own.DiscardDraft(draft_id=draft.id)
    own.SaveDraft(item_id=item, content=pb.DraftContent())


def test_a_draft_nobody_touches_ends_and_one_of_an_older_edition_says_so(
    case_api: Here, citizen: As, own: As, database: Db
) -> None:
    item = publish(database, simple())
    old = own.SaveDraft(item_id=item, edition=1, content=pb.DraftContent(form={"a": "b"}))
    publish(database, simple(name="新的许可"), item, edition=2)
    case_api.poll()
    assert own.GetDraft(draft_id=old.id).outdated
    past = now() - timedelta(days=91)
    database["drafts"].update_one({"_id": old.id}, {"$set": {"state.saved_at": past}})
    working = worker.build(case_api.parts)()
    for _ in range(2):
        working.end_left_alone()
    assert not own.ListDrafts().drafts
    assert store_drafts.drafts(database).get(old.id).state.sealed_content == ""


def test_nothing_that_was_filled_in_can_be_read_in_the_store(citizen: As, own: As, item: str, database: Db) -> None:
    own.SaveDraft(item_id=item, content=content(citizen))
    stored: Any = str(list(database["drafts"].find({})))
    assert "张三丰" not in stored and "13912345678" not in stored
    assert events.DraftSaved.DESCRIPTOR.name in stored
