"""Who acts for an applicant: what he may, what he sees, and that both names stand on everything he does."""

import bson
import pytest

from chassis.acts import Actor
from tests.support.actors import delegate, handler, officer, person
from tests.support.calling import refused
from tests.support.case_service import (
    DENIED,
    INVALID,
    NOT_FOUND,
    PRECONDITION,
    Db,
    drifted,
    handed_in,
    journal,
    status,
    submit,
    upload,
)
from tests.support.items import FORM, definition, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb

HELPER = "王某（某某社区）"


@pytest.fixture
def applicant() -> Actor:
    return person()


def test_a_helper_takes_a_case_its_way_and_both_names_are_on_every_act(
    case_api: Here, applicant: Actor, item: str, database: Db
) -> None:
    helping = delegate(applicant, items=["TEST-1"])
    helper, himself, desk = case_api.by(helping), case_api.by(applicant), case_api.by(officer("receive"))
    case = submit(helper, item, channel=pb.CHANNEL_WEB)
    assert (case.applicant_id, case.agent_name) == (applicant.id, f"{HELPER}代办")
    assert case.channel == pb.CHANNEL_AGENT, "told by who acts, whatever the request says"
    assert helping.acting is not None
    assert (case.delegation_id, case.agent_organization_id) == (helping.acting.delegation, "organisation-of-agents")
    assert case.query_code == "" != himself.GetCase(case_id=case.id).query_code, "the applicant's own"
    desk.RequestCorrection(case_id=case.id, materials=["application"], notice="请重新提交")
    helper.CorrectCase(case_id=case.id, materials=handed_in(helper, "application"), form={"phone": "13900000000"})
    assert status(helper.WithdrawCase(case_id=case.id, reason="改日再办")) == "WITHDRAWN"
    both = f"{helping.acting.agent}/person:{applicant.id}"
    assert [entry["by"] for entry in journal(database, case.id)] == [both, f"officer:{desk.actor.id}", both, both]  # type: ignore[union-attr]
    for reader in (himself, helper, desk):
        read = reader.GetCase(case_id=case.id)
        shown = [(entry.type, entry.agent_name) for entry in read.timeline]
        assert shown == [
            ("CaseSubmitted", f"{HELPER}代办"),
            ("CorrectionRequested", ""),
            ("CaseCorrected", f"{HELPER}代办"),
            ("CaseWithdrawn", f"{HELPER}代办"),
        ]
        assert read.agent_name == f"{HELPER}代办"
    assert drifted(case_api) == {}
    stored = b"".join(bson.encode(one) for one in database["cases"].find({}))
    assert "王某".encode() not in stored and "某某社区".encode() not in stored, "sealed like the applicant's own data"


def test_an_applicant_acts_on_what_his_helper_submitted_and_is_named_alone_there(
    case_api: Here, applicant: Actor, plain_item: str
) -> None:
    case = case_api.by(delegate(applicant)).SubmitCase(item_id=plain_item)
    himself = case_api.by(applicant)
    assert [one.id for one in himself.ListMyCases().cases] == [case.id]
    himself.WithdrawCase(case_id=case.id)
    assert [entry.agent_name for entry in himself.GetCase(case_id=case.id).timeline] == [f"{HELPER}代办", ""]


@pytest.mark.parametrize("channel", ["helper", "bank", "person"])
def test_who_acts_sees_the_cases_of_his_delegation_and_no_other(
    case_api: Here, applicant: Actor, plain_item: str, channel: str
) -> None:
    own = case_api.by(applicant).SubmitCase(item_id=plain_item)
    through_another = case_api.by(delegate(applicant, channel, delegation="another")).SubmitCase(item_id=plain_item)
    stranger = case_api.by(person()).SubmitCase(item_id=plain_item)
    acting = case_api.by(delegate(applicant, channel))
    mine = acting.SubmitCase(item_id=plain_item)
    assert acting.GetCase(case_id=mine.id).id == mine.id
    assert [one.id for one in acting.ListMyCases().cases] == [mine.id]
    for case in (own, through_another, stranger):
        for call in (acting.GetCase, acting.WithdrawCase, acting.CorrectCase):
            with refused(NOT_FOUND):
                call(case_id=case.id)


def test_pages_of_who_acts_end_with_his_last_case_and_none_is_empty_before(
    case_api: Here, applicant: Actor, plain_item: str
) -> None:
    helper, himself = case_api.by(delegate(applicant)), case_api.by(applicant)
    mine = [helper.SubmitCase(item_id=plain_item).id for _ in range(2)]
    for _ in range(5):
        himself.SubmitCase(item_id=plain_item)
    mine.append(helper.SubmitCase(item_id=plain_item).id)
    found, token, pages = [], "", 0
    while pages == 0 or token:
        page = helper.ListMyCases(page_size=2, page_token=token)
        token, pages = page.next_page_token, pages + 1
        assert page.cases or not token
        found += [one.id for one in page.cases]
    assert sorted(found) == sorted(mine)


def test_who_acts_for_one_case_sees_that_case_and_can_submit_no_other(
    case_api: Here, applicant: Actor, plain_item: str
) -> None:
    one, other = (case_api.by(applicant).SubmitCase(item_id=plain_item) for _ in range(2))
    helper = case_api.by(delegate(applicant, case=one.id))
    assert [case.id for case in helper.ListMyCases().cases] == [one.id]
    with refused(NOT_FOUND):
        helper.GetCase(case_id=other.id)
    with refused(DENIED, "ITEM_NOT_DELEGATED"):
        helper.SubmitCase(item_id=plain_item)
    assert status(helper.WithdrawCase(case_id=one.id)) == "WITHDRAWN"
    assert case_api.by(applicant).GetCase(case_id=one.id).timeline[-1].agent_name == f"{HELPER}代办"
    assert case_api.by(applicant).GetCase(case_id=one.id).agent_name == "", "he submitted it himself"


def test_an_item_that_was_not_delegated_is_refused_and_nothing_is_written(
    case_api: Here, applicant: Actor, database: Db
) -> None:
    named, other = publish(database, simple(code="NAMED")), publish(database, simple(code="OTHER"))
    helper = case_api.by(delegate(applicant, items=["NAMED"]))
    with refused(DENIED, "ITEM_NOT_DELEGATED"):
        helper.SubmitCase(item_id=other)
    assert database["cases"].find_one({}) is None and database["keys"].find_one({"_id": applicant.id}) is None
    assert helper.SubmitCase(item_id=named).item_code == "NAMED"


def test_an_uploaded_file_is_claimed_by_who_uploaded_it_and_nobody_else(
    case_api: Here, applicant: Actor, item: str
) -> None:
    himself, first, second = (case_api.by(one) for one in (applicant, delegate(applicant), delegate(applicant)))
    files = {
        caller: [pb.HandedIn(material="application", attachments=[upload(caller).id])] for caller in (himself, first)
    }
    for caller, whose in ((himself, first), (first, himself), (second, first), (second, himself)):
        with refused(INVALID, "ATTACHMENT_UNKNOWN"):
            caller.SubmitCase(item_id=item, form=FORM, materials=files[whose])
    for caller in (himself, first):
        case = caller.SubmitCase(item_id=item, form=FORM, materials=files[caller])
        file = case.materials[0].attachments[0].id
        assert himself.DownloadAttachment(case_id=case.id, attachment_id=file).content, "it is the applicant's"


def test_a_bank_sees_no_files_and_no_answers_once_the_department_has_the_case(
    case_api: Here, applicant: Actor, item: str
) -> None:
    teller, desk = case_api.by(delegate(applicant, "bank", items=["TEST-1"])), case_api.by(officer("receive"))
    helper = case_api.by(delegate(applicant, "helper", items=["TEST-1"]))
    case = submit(teller, item)
    assert case.channel == pb.CHANNEL_BANK
    file = case.materials[0].attachments[0].id
    assert {one.field.key: one.value for one in case.answers}["phone"] == "139****5678", "masked for him even before"
    assert teller.DownloadAttachment(case_id=case.id, attachment_id=file).content
    desk.AcceptCase(case_id=case.id)
    seen = teller.GetCase(case_id=case.id)
    assert not seen.answers and not any(one.attachments for one in seen.materials) and not seen.erased
    assert [one.title for one in seen.timeline] == ["提交申请", "予以受理"]
    with refused(NOT_FOUND):
        teller.DownloadAttachment(case_id=case.id, attachment_id=file)
    helped = submit(helper, item)
    desk.AcceptCase(case_id=helped.id)
    read = helper.GetCase(case_id=helped.id)
    assert {one.field.key: one.value for one in read.answers if one.value} == FORM, "a helper reads on, in clear"


def test_every_handler_of_an_organisation_sees_all_its_cases_and_is_named(case_api: Here, plain_item: str) -> None:
    organization = person()
    first, second = (case_api.by(handler(organization, name=name)) for name in ("李甲", "赵乙"))
    case = first.SubmitCase(item_id=plain_item, channel=pb.CHANNEL_MOBILE)
    assert (case.applicant_id, case.agent_name, case.channel) == (organization.id, "李甲经办", pb.CHANNEL_MOBILE)
    assert case.query_code
    assert [one.id for one in second.ListMyCases().cases] == [case.id]
    second.WithdrawCase(case_id=case.id)
    assert [one.agent_name for one in first.GetCase(case_id=case.id).timeline] == ["李甲经办", "赵乙经办"]
    with refused(NOT_FOUND):
        case_api.by(handler(person())).GetCase(case_id=case.id)


@pytest.mark.parametrize("stated", [pb.CHANNEL_AGENT, pb.CHANNEL_BANK])
def test_nobody_comes_as_a_helper_or_a_bank_by_saying_so(
    case_api: Here, applicant: Actor, plain_item: str, stated: pb.Channel
) -> None:
    with refused(INVALID, "CHANNEL_NOT_OPEN_TO_YOU") as refusal:
        case_api.by(applicant).SubmitCase(item_id=plain_item, channel=stated)
    assert refusal.fields == {"channel": "CHANNEL_NOT_OPEN_TO_YOU"}


def test_a_delegate_has_the_level_of_whom_he_acts_for(case_api: Here, database: Db) -> None:
    strict = publish(database, definition(required_level=3, materials=[], form_fields=[]))
    with refused(PRECONDITION, "LEVEL_TOO_LOW") as refusal:
        case_api.by(delegate(person(level=2))).SubmitCase(item_id=strict)
    assert "姓名与身份证号码核验" in refusal.message and "我的账户" in refusal.message
    assert case_api.by(delegate(person(level=3))).SubmitCase(item_id=strict).id


def test_the_same_request_of_two_who_act_is_two_requests(case_api: Here, applicant: Actor, plain_item: str) -> None:
    ids = {
        case_api.by(actor).SubmitCase(item_id=plain_item, request_id="the-same-request").id
        for actor in (applicant, delegate(applicant, agent="agent:a"), delegate(applicant, agent="agent:b"))
    }
    assert len(ids) == 3


def test_the_access_record_and_the_desk_are_closed_to_who_acts(case_api: Here, applicant: Actor, item: str) -> None:
    helper = case_api.by(delegate(applicant))
    case = submit(helper, item)
    with refused(DENIED, "NOT_ALLOWED"):
        helper.ListCaseAccesses()
    with refused(DENIED, "NOT_ALLOWED"):
        helper.UnmaskCase(case_id=case.id, fields=["phone"], purpose="核对电话")
    with refused(DENIED, "NOT_ALLOWED"):
        helper.AcceptCase(case_id=case.id)
