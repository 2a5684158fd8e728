"""The desk of messages: templates by two, rules and figures of a county, proofs, and callbacks that are believed only when signed."""

import json
import time
import uuid
from dataclasses import replace
from typing import Any

import pytest

from chassis.acts import now
from services.message import letters, model
from tests.fakes.message_provider import signed
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer, person, supervisor
from tests.support.calling import refused
from tests.support.messages import MessageHere, somebody
from yiwang.identity.v1.events_pb2 import FactorAdded
from yiwang.message.v1 import service_pb2 as pb

CODE = "case.correction"
TEXT = pb.TemplateText(
    title="请补材料",
    body="您申请的“{item}”（编号{number}）还缺材料。\n请在{due}前补交，要补什么写在办件页面。",
    short="您申请的“{item}”还缺材料，请在{due}前补交。编号{number}。",
)


def desk(here: MessageHere, actor: Any = None) -> Any:
    return here.told(actor or officer("administer"), "TemplateService")


def test_a_county_words_a_template_anew_and_a_second_administrator_publishes_it(here: MessageHere) -> None:
    writer, second = officer("administer"), officer("administer")
    before = desk(here).GetTemplate(region=REGION, code=CODE)
    assert (before.own, before.edition, before.version) == (False, 1, 0)
    saved = desk(here, writer).SaveTemplate(region=REGION, code=CODE, text=TEXT)
    assert saved.working == TEXT and saved.written_by_me and not saved.findings
    with refused() as refusal:
        desk(here, writer).PublishTemplate(region=REGION, code=CODE, version=saved.version)
    assert refusal.reason == "WRITER_MAY_NOT_PUBLISH"
    published = desk(here, second).PublishTemplate(region=REGION, code=CODE, version=saved.version)
    assert (published.own, published.text, published.HasField("working")) == (True, TEXT, False)
    here.worker.telling._settled._fresh._known.clear()
    one, actor = somebody(here)
    notice = here.correction(one.id)
    assert notice.state.template_region == REGION
    assert here.told(actor).GetNotice(notice_id=notice.id).title == "请补材料"
    elsewhere = here.correction(one.id, "990122")
    assert here.told(actor).GetNotice(notice_id=elsewhere.id).title == "请补齐申请材料（补正告知）"


def test_a_notice_keeps_the_words_it_was_told_in(here: MessageHere) -> None:
    one, actor = somebody(here)
    notice = here.correction(one.id)
    digest = here.told(actor).GetNotice(notice_id=notice.id).text_digest
    version = desk(here).SaveTemplate(region=REGION, code=CODE, text=TEXT).version
    desk(here).PublishTemplate(region=REGION, code=CODE, version=version)
    assert here.told(actor).GetNotice(notice_id=notice.id).text_digest == digest


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("text.body", {"body": "您的{secret}请在{due}前补交材料。"}, "UNKNOWN_FIELD"),
        ("text.short", {"short": "您的{item请在{due}前补交材料。"}, "BRACES"),
        ("text.title", {"title": "请补{item.__class__}"}, "BRACES"),
        ("text.body", {"body": "短"}, "STRING_MIN_LEN"),
    ],
)
def test_a_text_nothing_can_be_made_of_is_refused_by_its_field(
    here: MessageHere, field: str, text: dict[str, str], reason: str
) -> None:
    wrong = pb.TemplateText()
    wrong.CopyFrom(TEXT)
    for name, value in text.items():
        setattr(wrong, name, value)
    with refused() as refusal:
        desk(here).SaveTemplate(region=REGION, code=CODE, text=wrong)
    assert refusal.fields == {field: reason}
    assert desk(here).GetTemplate(region=REGION, code=CODE).version == 0


def test_a_text_that_is_not_plain_is_saved_and_not_published(here: MessageHere) -> None:
    dark = pb.TemplateText()
    dark.CopyFrom(TEXT)
    dark.body = "兹通知您，鉴于“{item}”（编号{number}）材料不齐，请于{due}前补交。"
    saved = desk(here).SaveTemplate(region=REGION, code=CODE, text=dark)
    assert {one.rule for one in saved.findings if one.error} == {"T04"}
    with refused() as refusal:
        desk(here).PublishTemplate(region=REGION, code=CODE, version=saved.version)
    assert refusal.reason == "NOT_PLAIN"


def test_a_returned_text_has_to_be_saved_again(here: MessageHere) -> None:
    saved = desk(here).SaveTemplate(region=REGION, code=CODE, text=TEXT)
    returned = desk(here).ReturnTemplate(region=REGION, code=CODE, reason="请写明在哪里补交")
    assert returned.returned_reason == "请写明在哪里补交"
    with refused() as refusal:
        desk(here).PublishTemplate(region=REGION, code=CODE, version=returned.version)
    assert refusal.reason == "NOTHING_TO_PUBLISH"
    with refused() as refusal:
        desk(here).SaveTemplate(region=REGION, code=CODE, text=TEXT, version=saved.version)
    assert refusal.reason == "VERSION_MOVED"


def test_a_preview_shows_what_each_channel_carries(here: MessageHere) -> None:
    shown = desk(here).PreviewTemplate(region=REGION, code=CODE, text=TEXT)
    by_channel = {one.channel: one for one in shown.previews}
    assert set(by_channel) == {pb.CHANNEL_CENTRE, pb.CHANNEL_SMS, pb.CHANNEL_EMAIL, pb.CHANNEL_LETTER}
    assert by_channel[pb.CHANNEL_SMS].text.startswith("【") and by_channel[pb.CHANNEL_SMS].parts == 1
    assert "食品经营许可" in by_channel[pb.CHANNEL_LETTER].text


def test_another_county_is_not_ones_own(here: MessageHere) -> None:
    stranger = replace(officer("administer"), region="990221")
    for call in (
        lambda: desk(here, stranger).SaveTemplate(region=REGION, code=CODE, text=TEXT),
        lambda: desk(here, stranger).GetTemplate(region=REGION, code=CODE),
        lambda: here.told(stranger, "RuleService").SaveMessageRules(rules=pb.MessageRules(region=REGION)),
        lambda: here.told(stranger, "RuleService").GetMessageFigures(
            region=REGION, first="2026-11-01", last="2026-11-02"
        ),
    ):
        with refused() as refusal:
            call()
        assert refusal.reason == "REGION_NOT_COVERED"


def test_rules_name_templates_there_are_and_leave_the_law_a_channel(here: MessageHere) -> None:
    rules = here.told(officer("administer"), "RuleService")
    own = rules.GetMessageRules(region=REGION)
    own.templates.add(code="case.nothing", channels=[pb.CHANNEL_SMS])
    own.templates.add(code=CODE)
    own.templates.add(code=CODE, channels=[pb.CHANNEL_SMS])
    with refused() as refusal:
        rules.SaveMessageRules(rules=own)
    assert refusal.fields == {
        "rules.templates[0].code": "UNKNOWN",
        "rules.templates[1].channels": "MUST_BE_SENT",
        "rules.templates[2].code": "TWICE",
    }
    own = rules.GetMessageRules(region=REGION)
    own.templates.add(code=CODE, channels=[pb.CHANNEL_LETTER])
    assert [one.code for one in rules.SaveMessageRules(rules=own).templates] == [CODE]
    here.worker.telling._settled._fresh._known.clear()
    assert here.correction(somebody(here)[0].id).state.channels == [pb.CHANNEL_LETTER]


def test_figures_tell_what_was_told_by_which_channel_and_how_fast(here: MessageHere) -> None:
    one, actor = somebody(here)
    read = here.correction(one.id)
    here.told(actor).ReadNotice(notice_id=read.id)
    here.correction(one.id)
    here.finish()
    here.first.bad.add(one.phone)
    here.second.bad.add(one.phone)
    here.correction(one.id)
    here.finish()
    here.worker.figures.recount()
    told = here.told(supervisor(), "RuleService").GetMessageFigures(
        region=REGION, first="2026-11-01", last="2027-01-30"
    )
    assert (told.all.raised, told.all.told, told.all.failed) == (3, 2, 1)
    channels = {row.channel: (row.sent, row.told) for row in told.all.channels}
    assert channels == {pb.CHANNEL_CENTRE: (1, 1), pb.CHANNEL_SMS: (2, 1)}
    assert list(told.all.delays) == [2, 0, 0, 0, 0, 0]
    assert [row.title for row in told.templates] == ["一次性告知补正"]


# -- proofs -----------------------------------------------------------------------------------------------------------------


def test_a_proof_is_for_who_was_told_his_department_and_supervision(here: MessageHere) -> None:
    one, actor = somebody(here)
    notice = here.correction(one.id)
    here.finish()
    case = notice.state.subject_id
    may = [actor, officer("receive"), supervisor()]
    may_not = [
        person(str(uuid.uuid4())),
        officer("receive", department=OTHER_DEPARTMENT),
        replace(supervisor(), region="990221"),
    ]
    for who in may:
        proofs = here.told(who, "ProofService")
        assert [row.id for row in proofs.ListProofs(subject="case", subject_id=case).notices] == [notice.id]
        assert proofs.GetProof(notice_id=notice.id).pdf.startswith(b"%PDF")
    for who in may_not:
        proofs = here.told(who, "ProofService")
        assert not proofs.ListProofs(subject="case", subject_id=case).notices
        with refused() as refusal:
            proofs.GetProof(notice_id=notice.id)
        assert refusal.reason == "NOT_FOUND"
    assert notice.state.department == DEPARTMENT


def test_what_is_told_of_an_account_no_office_sees(here: MessageHere) -> None:
    one, actor = somebody(here)
    change = FactorAdded(factor_id=str(uuid.uuid4()), principal=f"person:{one.id}")
    (notice,) = here.of_event(here.hear("tell_account", change, change.factor_id, 1))
    assert here.told(actor, "ProofService").GetProof(notice_id=notice.id).pdf
    for who in (supervisor(), officer("receive", "review")):
        proofs = here.told(who, "ProofService")
        assert not proofs.ListProofs(subject="account", subject_id=notice.state.subject_id).notices
        with refused() as refusal:
            proofs.GetProof(notice_id=notice.id)
        assert refusal.reason == "NOT_FOUND"


def test_a_proof_tells_digest_channel_and_time_and_is_always_the_same(here: MessageHere) -> None:
    one, actor = somebody(here)
    notice = here.correction(one.id)
    here.finish()
    digest = here.told(actor).GetNotice(notice_id=notice.id).text_digest
    state = here.state(notice.id)
    told = dict(letters.lines(state, digest))
    assert told["内容摘要（SHA-256）"] == digest and told["送达时间"].endswith("（短信）")
    assert letters.sending_words(state.sendings[0]).startswith("1. 短信　first")
    first, again = (here.told(actor, "ProofService").GetProof(notice_id=notice.id).pdf for _ in range(2))
    assert first == again


def test_a_supervisor_sees_what_had_to_be_told_and_was_not(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.first.bad.add(one.phone)
    here.second.bad.add(one.phone)
    notice = here.correction(one.id)
    here.finish()
    listed = here.told(supervisor(), "ProofService").ListFailed().notices
    assert [row.id for row in listed] == [notice.id]
    assert not here.told(replace(supervisor(), region="990221"), "ProofService").ListFailed().notices


# -- callbacks --------------------------------------------------------------------------------------------------------------


def call_back(here: MessageHere, body: bytes, **told: str) -> Any:
    timestamp, signature = signed("callback-secret-of-first", body)
    fields = {"provider": "first", "timestamp": timestamp, "signature": signature} | told
    return here.by(None, service="CallbackService").TellDeliveries(body=body, **fields)


def said(id: str, state: str = "DELIVERED", **more: str) -> bytes:
    row = {"id": id, "state": state, **({"at": now().isoformat()} if state == "DELIVERED" else {}), **more}
    return json.dumps({"messages": [row]}).encode()


def test_a_callback_tells_that_it_arrived_and_again_changes_nothing(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.first.answers = "never"
    notice = here.correction(one.id)
    here.send()
    assert here.state(notice.id).status == model.WAITING
    assert call_back(here, said(f"{notice.id}.1", reference="R-1")).known == 1
    told = here.notices.get(notice.id)
    assert told.state.status == model.TOLD and told.state.sendings[0].reference == "R-1"
    for state in ("DELIVERED", "ACCEPTED", "FAILED", "UNKNOWN"):
        call_back(here, said(f"{notice.id}.1", state))
    assert here.notices.get(notice.id).version == told.version


def test_a_forged_callback_is_refused_whatever_is_wrong_with_it(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.first.answers = "never"
    notice = here.correction(one.id)
    here.send()
    body = said(f"{notice.id}.1")
    old, signature = signed("callback-secret-of-first", body, time.time() - 600)
    _, of_another = signed("callback-secret-of-second", body)
    forged = (
        {"signature": "0" * 64},
        {"timestamp": old, "signature": signature},
        {"signature": of_another},
        {"provider": "nobody"},
        {"signature": ""},
    )
    for told in forged:
        with refused() as refusal:
            call_back(here, body, **told)
        assert refusal.reason == "CALLBACK_REFUSED"
    assert here.state(notice.id).status == model.WAITING


def test_a_provider_says_nothing_of_what_another_was_given(here: MessageHere) -> None:
    one, _ = somebody(here)
    notice = here.correction(one.id)
    here.send()
    body = said(f"{notice.id}.1")
    timestamp, signature = signed("callback-secret-of-second", body)
    told = here.by(None, service="CallbackService").TellDeliveries(
        provider="second", body=body, timestamp=timestamp, signature=signature
    )
    assert told.known == 0 and here.state(notice.id).status == model.WAITING


@pytest.mark.parametrize("body", [b"{}", b"no json", b'{"messages": [{"id": "x", "state": "PERHAPS"}]}'])
def test_a_callback_that_is_none_names_the_body(here: MessageHere, body: bytes) -> None:
    with refused() as refusal:
        call_back(here, body)
    assert refusal.fields == {"body": "MALFORMED"}
