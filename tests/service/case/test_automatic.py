"""秒批: what a rule holds for is decided in one write, everything else goes to a person, and it can be judged again."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from chassis.acts import Actor, holder, now
from services.case import replaying, store
from services.case.model_promises import text_digest
from tests.fakes.licence_source import LicenceSource
from tests.fakes.program import running
from tests.support.actors import delegate, officer, person
from tests.support.calling import refused
from tests.support.case_service import INVALID, Db, drifted, handed_in, hear, journal, status
from tests.support.items import FORM, definition, publish, simple
from tests.support.rules import all_of, any_of, leaf
from tests.support.serving import Here, case_here
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

NUMBER = "990101199003071018"
SMALL = leaf("area <= 60", "small", "经营面积不超过60平方米", "办法第三条")
RULE = all_of(SMALL, leaf("applicant_level >= 3", "level", "经实名核验"))
AREA = catalog.FormField(key="area", label="面积", kind=catalog.FIELD_KIND_NUMBER)
BUSINESS = catalog.Material(
    key="business",
    name="营业执照",
    necessity=catalog.NECESSITY_OPTIONAL,
    waiver=catalog.WAIVER_LICENCE,
    licence_code="BIZ-1",
)
EVENTS = ["CaseSubmitted", "AutomaticJudged", "CaseAccepted", "CaseDecided", "ResultIssued", "CaseClosed"]


def instant(rule: Any = RULE, **more: Any) -> catalog.ItemDefinition:
    """An item that is decided by this rule."""
    fields = {"form_fields": [AREA], "automatic": catalog.Automatic(rule=rule), "handling": catalog.Handling(), **more}
    return simple(**fields)


@pytest.fixture
def citizen() -> Actor:
    actor = person(level=3)
    return replace(actor, holder=holder(actor.id, NUMBER))


def types(database: Db, case: pb.Case) -> list[str]:
    return [entry["type"] for entry in journal(database, case.id)]


def test_what_the_rule_holds_for_is_submitted_decided_issued_and_closed_by_one_call(
    case_api: Here, database: Db, citizen: Actor
) -> None:
    item = publish(database, instant())
    began = time.perf_counter()
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"area": "58"})
    print(f"instant approval: {time.perf_counter() - began:.3f} s")
    assert status(case) == "CLOSED" and case.result_number == case.number
    assert case.decision_kind == pb.DECISION_KIND_AUTOMATIC and case.automatic == "TRUE"
    entries = journal(database, case.id)
    assert [entry["type"] for entry in entries] == EVENTS
    assert len({(entry["cause"], entry["at"]) for entry in entries}) == 1, "one write"
    assert drifted(case_api) == {}


def test_the_same_request_again_decides_nothing_twice(case_api: Here, database: Db, citizen: Actor) -> None:
    item = publish(database, instant())
    first, again = (
        case_api.by(citizen).SubmitCase(item_id=item, form={"area": "58"}, request_id="instant-0001") for _ in range(2)
    )
    assert first.id == again.id and types(database, first) == EVENTS


@pytest.mark.parametrize(
    ("form", "level", "truth", "lacking"),
    [
        ({"area": "61"}, 3, "FALSE", ["small"]),
        ({}, 3, "UNKNOWN", ["small"]),
        ({"area": "58.5"}, 3, "UNKNOWN", ["small"]),
        ({"area": "58"}, 2, "FALSE", ["level"]),
    ],
)
def test_false_and_unknown_go_to_a_person_and_are_never_a_refusal(
    case_api: Here, database: Db, form: dict[str, str], level: int, truth: str, lacking: list[str]
) -> None:
    item = publish(database, instant())
    case = case_api.by(person(level=level)).SubmitCase(item_id=item, form=form)
    assert (status(case), case.automatic, types(database, case)) == (
        "SUBMITTED",
        truth,
        ["CaseSubmitted", "AutomaticJudged"],
    )
    assert journal(database, case.id)[1]["data"]["openLeaves"] == lacking
    inbox = case_api.by(officer("receive")).ListInbox().cases
    assert [one.id for one in inbox] == [case.id]
    assert status(case_api.by(officer("receive")).AcceptCase(case_id=case.id)) == "IN_REVIEW"


def test_a_fee_that_is_owed_stops_at_the_grant(case_api: Here, database: Db, citizen: Actor) -> None:
    item = publish(database, instant(fees=[catalog.Fee(name="工本费", least=500, most=500)]))
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"area": "58"})
    assert status(case) == "GRANTED" and case.fees_owed == 500
    free = publish(database, instant(code="TEST-2", fees=[catalog.Fee(name="登记费", standard="免费")]))
    assert status(case_api.by(citizen).SubmitCase(item_id=free, form={"area": "58"})) == "CLOSED"


def test_what_is_sent_by_express_is_issued_and_waits_for_its_delivery(
    case_api: Here, database: Db, citizen: Actor
) -> None:
    item = publish(database, instant())
    home = pb.DeliveryChoice(way=pb.DELIVERY_WAY_EXPRESS, name="张三丰", phone="13912345678", address="一街9号")
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"area": "58"}, delivery=home)
    assert status(case) == "ISSUED"


def test_what_may_follow_later_is_granted_and_not_issued_before(case_api: Here, database: Db, citizen: Actor) -> None:
    later = catalog.Material(key="report", name="检测报告", necessity=catalog.NECESSITY_DEFERRABLE)
    case = case_api.by(citizen).SubmitCase(item_id=publish(database, instant(materials=[later])), form={"area": "58"})
    assert status(case) == "GRANTED" and list(case.deferred) == ["report"]


def test_a_promise_beside_the_rule_is_verified_afterwards(case_api: Here, database: Db, citizen: Actor) -> None:
    handling = catalog.Handling(commitment_text="本人承诺：内容真实。")
    item = publish(database, instant(commitment=True, handling=handling))
    digest = text_digest(handling.commitment_text)
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"area": "58"}, promise_digest=digest)
    assert status(case) == "CLOSED" and case.verify_due


def test_facts_and_the_version_of_the_rule_are_kept_and_nobody_reads_the_facts(
    case_api: Here, database: Db, citizen: Actor
) -> None:
    item = publish(
        database, instant(leaf('name == "张三丰"'), form_fields=[catalog.FormField(key="name", label="姓名")])
    )
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"name": "张三丰"})
    judged = journal(database, case.id)[1]["data"]
    assert len(judged["ruleDigest"]) == 64 and judged["engine"] == "1"
    assert "张三丰" not in str(database["cases"].find_one({"_id": case.id}))
    facts = case_api.keyring.open(citizen.id, judged["sealedFacts"])
    assert facts == {"name": "张三丰", "applicant_level": 3, "handed_in": []}


def test_a_pre_review_waits_for_a_person(case_api: Here, database: Db, citizen: Actor) -> None:
    item = publish(database, instant(handling=catalog.Handling(pre_review=True)))
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"area": "58"}, pre_review=True)
    assert status(case) == "PRE_REVIEW" and types(database, case) == ["CaseSubmitted"]


@pytest.mark.parametrize("channel", [pb.CHANNEL_WEB, pb.CHANNEL_MOBILE, pb.CHANNEL_KIOSK, pb.CHANNEL_WINDOW])
def test_the_same_rule_decides_whatever_way_it_comes(
    case_api: Here, database: Db, citizen: Actor, channel: Any
) -> None:
    item = publish(database, instant())
    for form, truth in (({"area": "58"}, "TRUE"), ({"area": "99"}, "FALSE")):
        assert case_api.by(citizen).SubmitCase(item_id=item, form=form, channel=channel).automatic == truth
    helped = case_api.by(delegate(citizen)).SubmitCase(item_id=item, form={"area": "58"})
    assert helped.automatic == "TRUE"


def test_only_answers_that_count_are_judged(case_api: Here, database: Db, citizen: Actor) -> None:
    """An answer to a question that is not asked under the others changes nothing."""
    kind = catalog.Question(key="kind", text="经营方式", kind=catalog.QUESTION_KIND_ONE)
    for key in ("shop", "online"):
        kind.options.add(key=key, text=key)
    rented = catalog.Question(key="rented", text="是否租赁", kind=catalog.QUESTION_KIND_YES_NO)
    rented.when.CopyFrom(leaf('kind == "shop"'))
    rule = any_of(leaf("rented", "rented"), leaf('kind == "shop" && !rented', "owned"))
    item = publish(database, instant(rule, questions=[kind, rented], form_fields=[]))
    answers = {"kind": catalog.Answer(values=["online"]), "rented": catalog.Answer(values=["yes"])}
    assert case_api.by(citizen).SubmitCase(item_id=item, answers=answers).automatic != "TRUE"
    answers["kind"] = catalog.Answer(values=["shop"])
    assert case_api.by(citizen).SubmitCase(item_id=item, answers=answers).automatic == "TRUE"


# -- licences ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(database: Db) -> Iterator[tuple[Here, LicenceSource]]:
    with ExitStack() as outside:
        program = outside.enter_context(running(LicenceSource()))
        yield outside.enter_context(case_here(database, licence_source_url=program.url)), program


def test_a_licence_that_was_found_is_a_fact_and_one_the_source_did_not_tell_of_goes_to_a_person(
    source: tuple[Here, LicenceSource], database: Db, citizen: Actor
) -> None:
    api, program = source
    item = publish(database, instant(leaf("licence_business", "has"), materials=[BUSINESS], form_fields=[]))
    asked = {"item_id": item, "material": "business", "holder_number": NUMBER, "purpose": "免提交营业执照"}

    def apply() -> pb.Case:
        proof = api.by(citizen, service="PromiseService").LookUpLicence(**asked).id
        stand_in = pb.StandIn(material="business", waiver=catalog.WAIVER_LICENCE, proof_id=proof)
        return api.by(citizen).SubmitCase(item_id=item, stand_ins=[stand_in])  # type: ignore[no-any-return]

    assert status(apply()) == "CLOSED"
    program.away = True
    waiting = apply()
    assert status(waiting) == "SUBMITTED" and waiting.stood_for[0].manual
    assert "CaseDecided" not in types(database, waiting)
    paper = api.by(citizen).SubmitCase(item_id=item, materials=handed_in(api.by(citizen), "business"))
    assert (status(paper), paper.automatic) == ("SUBMITTED", "UNKNOWN"), "paper is looked at by a person"


def test_what_a_form_says_never_stands_for_what_was_looked_up(case_api: Here, database: Db, citizen: Actor) -> None:
    spoof = catalog.FormField(key="licence_business", label="执照", kind=catalog.FIELD_KIND_TEXT)
    item = publish(database, instant(leaf('licence_business == "yes"'), materials=[BUSINESS], form_fields=[spoof]))
    assert case_api.by(citizen).SubmitCase(item_id=item, form={"licence_business": "yes"}).automatic == "UNKNOWN"


# -- judged again ------------------------------------------------------------------------------------------------------


def replay(api: Here, number: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code, and what was printed."""
    code = 0
    try:
        replaying.main(api.parts, [number])
    except SystemExit as exit:
        code = int(exit.code or 0)
    return code, capsys.readouterr().out


@pytest.mark.parametrize(("form", "sign"), [({"area": "58"}, "✓"), ({"area": "61"}, "✗"), ({}, "?")])
def test_a_replay_gives_the_same_answer_with_its_reasons(
    case_api: Here, database: Db, citizen: Actor, capsys: pytest.CaptureFixture[str], form: dict[str, str], sign: str
) -> None:
    case = case_api.by(citizen).SubmitCase(item_id=publish(database, instant()), form=form)
    capsys.readouterr()
    code, printed = replay(case_api, case.number.lower(), capsys)
    assert code == 0 and "重放一致" in printed and "规则：一致" in printed
    assert f"  {sign} 经营面积不超过60平方米（办法第三条）" in printed and "  ✓ 经实名核验" in printed
    assert "58" not in printed.replace(case.number, "").replace(
        journal(database, case.id)[1]["data"]["ruleDigest"][:16], ""
    )


def test_a_newer_edition_of_the_item_changes_no_replay(
    case_api: Here, database: Db, citizen: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    item = publish(database, instant())
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"area": "58"})
    publish(database, instant(leaf("area <= 10")), item, 2)
    assert replay(case_api, case.number, capsys)[0] == 0


def test_facts_a_rule_or_a_verdict_that_were_tampered_with_are_told(
    case_api: Here, database: Db, citizen: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    item = publish(database, instant())
    case = case_api.by(citizen).SubmitCase(item_id=item, form={"area": "61"})
    number, id = case.number, case.id
    kept = database["cases"].find_one({"_id": id}) or {}

    def tampered(**data: Any) -> tuple[int, str]:
        journal = [dict(entry, data=dict(entry["data"])) for entry in kept["journal"]]
        journal[1]["data"].update(data)
        database["cases"].update_one({"_id": id}, {"$set": {"journal": journal}})
        return replay(case_api, number, capsys)

    other = case_api.keyring.seal(citizen.id, {"area": 58, "applicant_level": 3, "handed_in": []})
    for data, words in (
        ({"sealedFacts": other}, "重放不一致"),
        ({"sealedFacts": kept["journal"][1]["data"]["sealedFacts"][:-8] + "AAAAAAA="}, "事实被改动"),
        ({"truth": "TRUE"}, "重放不一致"),
        ({"ruleDigest": "0" * 64}, "规则：不一致"),
    ):
        code, printed = tampered(**data)
        assert code == 1 and words in printed and "自第2条起被改动" in printed


def test_there_is_nothing_to_replay_of_other_cases_and_of_who_was_forgotten(
    case_api: Here, database: Db, citizen: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = case_api.by(citizen).SubmitCase(item_id=publish(database, simple()))
    assert replay(case_api, plain.number, capsys) == (2, f"{plain.number}：没有经过自动审查\n")
    assert replay(case_api, "990121260928ABCDEF0", capsys)[0] == 2
    case = case_api.by(citizen).SubmitCase(item_id=publish(database, instant()), form={"area": "58"})
    case_api.keyring.erase(citizen.id, now())
    code, printed = replay(case_api, case.number, capsys)
    assert code == 1 and "不可再读" in printed


# -- what follows ------------------------------------------------------------------------------------------------------


def test_events_that_come_all_at_once_are_heard_like_those_of_weeks(
    case_api: Here, database: Db, citizen: Actor
) -> None:
    """Arrivals count it once, no supervision finding comes of it, and the close carries what a rating needs."""
    case = case_api.by(citizen).SubmitCase(item_id=publish(database, instant()), form={"area": "58"})
    cases = store.cases(database)
    entries = {entry["type"]: entry for entry in journal(database, case.id)}
    for _ in range(2):
        for kind, handler in (("CaseAccepted", "note_deemed"), ("CaseSubmitted", "note_arrival")):
            hear(case_api, handler, cases.event(entries[kind]), case.id, entries[kind]["seq"])
    assert database["findings"].find_one({}) is None
    assert len(list(database["arrivals"].find({}))) == 1
    closed = cases.event(entries["CaseClosed"])
    assert isinstance(closed, events.CaseClosed)
    assert closed.granted and closed.applicant_id == citizen.id and closed.item_code == "TEST-1"


def test_a_faulty_application_is_refused_before_any_rule_is_run(case_api: Here, database: Db, citizen: Actor) -> None:
    item = publish(database, definition(automatic=catalog.Automatic(rule=leaf("true"))))
    with refused(INVALID):
        case_api.by(citizen).SubmitCase(item_id=item, form=FORM)
    assert database["cases"].find_one({}) is None
