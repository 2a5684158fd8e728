"""Drafts: begun on one device, gone on with on another, ended by the submission; nothing of them can be read in the store."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import bson
import pytest

from chassis.acts import now
from chassis.files import GOOD_FOR
from services.case import model_drafts, store, store_drafts, worker
from tests.support.actors import delegate, handler, person
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
    assert timedelta(days=30) > GOOD_FOR
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        citizen.SubmitCase(item_id=item, form=FORM, materials=whole.content.materials)
    citizen.SubmitCase(item_id=item, form=FORM, materials=whole.content.materials, draft_id=draft.id)


def test_files_of_a_draft_that_ended_are_swept_with_it_and_those_of_a_case_stay(
    case_api: Here, citizen: As, own: As, item: str, database: Db
) -> None:
    discarded, submitted = (own.SaveDraft(item_id=item, content=content(citizen)) for _ in range(2))
    database["attachments.files"].update_many({}, {"$set": {"metadata.at": now() - timedelta(days=800)}})
    working = worker.build(case_api.parts)()
    for _ in range(2):
        working.sweep_uploads()
    assert len(list(database["attachments.files"].find({}))) == 2, "kept, however often it is asked"
    whole = own.GetDraft(draft_id=submitted.id)
    told = {"form": FORM, "materials": whole.content.materials, "draft_id": submitted.id}
    case = citizen.SubmitCase(item_id=item, **told)
    own.DiscardDraft(draft_id=discarded.id)
    own.DiscardDraft(draft_id=submitted.id)
    working.sweep_uploads()
    left = [one["metadata"]["upload"] for one in database["attachments.files"].find({})]
    assert left == [case.materials[0].attachments[0].id]


@pytest.mark.parametrize("kind", ["helper", "handler"])
def test_who_goes_on_with_a_draft_hands_in_the_files_that_are_in_it_whoever_put_them_there(
    case_api: Here, item: str, kind: str
) -> None:
    who = person()
    first, second = (handler(who), handler(who, name="赵乙")) if kind == "handler" else (delegate(who), who)
    begun = case_api.by(first, service="DraftService").SaveDraft(item_id=item, content=content(case_api.by(first)))
    going_on = case_api.by(second, service="DraftService")
    whole = going_on.GetDraft(draft_id=begun.id)
    going_on.SaveDraft(draft_id=begun.id, item_id=item, content=whole.content)
    told = {"item_id": item, "form": FORM, "materials": whole.content.materials}
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        case_api.by(second).SubmitCase(**told)
    assert status(case_api.by(second).SubmitCase(**told, draft_id=begun.id)) == "SUBMITTED"


def test_nobody_gets_at_another_files_by_a_draft_of_his_own(case_api: Here, citizen: As, own: As, item: str) -> None:
    own.SaveDraft(item_id=item, content=content(citizen))
    others = content(case_api.by(person()))
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        own.SaveDraft(item_id=item, content=others)
    assert citizen.actor is not None
    helper = case_api.by(delegate(citizen.actor), service="DraftService")
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        helper.SaveDraft(item_id=item, content=content(citizen))


def test_a_draft_that_was_saved_on_another_device_is_not_written_over(citizen: As, own: As, item: str) -> None:
    phone = own.SaveDraft(item_id=item, content=pb.DraftContent(step="form"))
    told = {"draft_id": phone.id, "item_id": item}
    desk = own.SaveDraft(**told, version=phone.version, content=pb.DraftContent(form={"name": "张"}))
    with refused(reason="VERSION_MOVED"):
        own.SaveDraft(**told, version=phone.version, content=pb.DraftContent(form={"name": "李"}))
    assert own.GetDraft(draft_id=phone.id).content.form["name"] == "张"
    again = {**told, "version": desk.version, "request_id": "saved-again-1", "content": pb.DraftContent(step="form")}
    assert own.SaveDraft(**again).version == own.SaveDraft(**again).version == 3, "the same request is one save"


def test_a_draft_takes_so_much_and_says_when_it_is_full(own: As, item: str, database: Db) -> None:
    long = pb.DraftContent(form={f"f{at}": "长" * 4000 for at in range(40)})
    draft = own.SaveDraft(item_id=item, content=long)
    with refused(PRECONDITION, "DRAFT_FULL"):
        own.SaveDraft(draft_id=draft.id, item_id=item, content=long)
    assert len(bson.encode(database["drafts"].find_one({"_id": draft.id}) or {})) < 2_000_000
    own.DiscardDraft(draft_id=draft.id)
    assert not own.ListDrafts().drafts


def test_a_delegates_pages_end_with_his_last_draft_and_none_is_empty_before(case_api: Here, own: As, item: str) -> None:
    assert own.actor is not None
    helper = case_api.by(delegate(own.actor, delegation="d"), service="DraftService")
    mine = helper.SaveDraft(item_id=item, content=pb.DraftContent())
    for _ in range(3):
        own.SaveDraft(item_id=item, content=pb.DraftContent())
    page = helper.ListDrafts(page_size=2)
    assert [one.id for one in page.drafts] == [mine.id]
    assert not page.next_page_token or not helper.ListDrafts(page_token=page.next_page_token).drafts


def test_a_submission_that_is_heard_of_after_its_draft_ended_or_was_lost_changes_nothing(
    case_api: Here, citizen: As, own: As, item: str, database: Db
) -> None:
    draft = own.SaveDraft(item_id=item, content=content(citizen))
    own.DiscardDraft(draft_id=draft.id)
    for id in (draft.id, str(uuid.uuid4())):
        for _ in range(2):
            hear(case_api, "end_draft", events.DraftSubmitted(case_id="a-case", draft_id=id), f"case-of-{id}", 2)
    stored = store_drafts.drafts(database).get(draft.id)
    assert [one["type"] for one in stored.journal] == ["DraftSaved", "DraftEnded"] and drifted(case_api) == {}


def test_after_erasure_a_draft_says_nothing_and_ends_by_itself(
    case_api: Here, citizen: As, own: As, item: str, database: Db
) -> None:
    draft = own.SaveDraft(item_id=item, content=content(citizen))
    assert citizen.actor is not None
    case_api.keyring.erase(citizen.actor.id, now())
    seen = own.GetDraft(draft_id=draft.id)
    assert not seen.HasField("content") and not seen.attachments
    with refused(PRECONDITION, "PERSON_ERASED"):
        own.SaveDraft(item_id=item, content=pb.DraftContent())
    database["drafts"].update_one({"_id": draft.id}, {"$set": {"state.ends_at": now() - timedelta(seconds=1)}})
    worker.build(case_api.parts)().end_left_alone()
    assert not own.ListDrafts().drafts


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
    past = now() - timedelta(minutes=1)
    database["drafts"].update_one({"_id": old.id}, {"$set": {"state.ends_at": past}})
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
