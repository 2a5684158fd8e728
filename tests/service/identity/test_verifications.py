"""Real-name levels: a person asks, the source answers, the level rises. Every event is heard twice, and all again in the end."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from bson import encode
from pymongo.database import Database

from chassis import outside
from chassis.acts import now
from services.identity import source as adapter
from services.identity import store_verifications, worker_verifications
from standards.real_names import IN_PERSON, MEDIUM, NONE, STRONG, WEAK
from tests.fakes.verification_source import CODE, TICKET, Source, running
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere, Person, identity_here
from yiwang.identity.v1 import verifications_pb2 as pb

Status = grpc.StatusCode
PHONE, NAME_NUMBER = pb.VERIFICATION_METHOD_PHONE, pb.VERIFICATION_METHOD_NAME_NUMBER
FACE, BANK_CARD = pb.VERIFICATION_METHOD_FACE, pb.VERIFICATION_METHOD_BANK_CARD
REQUESTED, CHALLENGED = pb.VERIFICATION_STATUS_REQUESTED, pb.VERIFICATION_STATUS_CHALLENGED
PASSED, FAILED = pb.VERIFICATION_STATUS_PASSED, pb.VERIFICATION_STATUS_FAILED
CARD = "6222020200012345678"


def ask(person: Person, method: int, **fields: str) -> pb.Verification:
    return person.at("VerificationService").RequestVerification(method=method, **fields)


def answer(person: Person, one: pb.Verification, text: str) -> pb.Verification:
    return person.at("VerificationService").AnswerVerification(verification_id=one.id, answer=text)


def present(person: Person, one: pb.Verification) -> pb.Verification:
    return person.at("VerificationService").GetVerification(verification_id=one.id)


# -- what raises a level -------------------------------------------------------------------------------------------------


def test_name_and_number_raise_the_level_and_the_next_token_carries_it(here: IdentityHere) -> None:
    person = here.person()
    one = ask(person, NAME_NUMBER)
    assert (one.status, one.level, person.level) == (REQUESTED, MEDIUM, NONE)
    here.work()
    done = present(person, one)
    assert (done.status, done.finished_at != "", person.level) == (PASSED, True, MEDIUM)
    refresh = here.by(None).RefreshSession(refresh_token=person.session.refresh_token)
    assert here.verifier.actor(refresh.access_token).level == MEDIUM
    assert here.source.of("NAME_NUMBER") == [
        {"id": one.id, "method": "NAME_NUMBER", "name": person.name, "id_number": person.number}
    ]


def test_a_phone_is_verified_by_the_code_the_source_sent(here: IdentityHere) -> None:
    person = here.person()
    one = ask(person, PHONE)
    here.work()
    asked = present(person, one)
    assert (asked.status, asked.prompt) == (CHALLENGED, f"请输入发送到尾号{person.phone[-4:]}手机的验证码")
    assert answer(person, one, CODE).prompt == ""
    here.work()
    assert (present(person, one).status, person.level) == (PASSED, WEAK)
    # For a phone the source is told the phone, and no name or number.
    assert here.source.of("PHONE") == [{"id": one.id, "method": "PHONE", "phone": person.phone}]
    assert len(here.source.of("ANSWER")) == 1


def test_a_wrong_code_fails_and_raises_nothing(here: IdentityHere) -> None:
    person = here.person()
    one = ask(person, PHONE)
    here.work()
    answer(person, one, "000000")
    here.work()
    done = present(person, one)
    assert (done.status, done.reason, person.level) == (FAILED, "所填信息与核验结果不一致", NONE)
    with refused(Status.FAILED_PRECONDITION, "NOT_CHALLENGED"):
        answer(person, one, CODE)


def test_a_face_and_a_bank_card_give_strong(here: IdentityHere) -> None:
    first, second = here.person(), here.person()
    face = ask(first, FACE)
    here.work()
    answer(first, face, TICKET)
    card = ask(second, BANK_CARD, card_number=CARD)
    here.work()
    assert (first.level, second.level) == (STRONG, STRONG)
    assert here.source.of("BANK_CARD")[0] == {
        "id": card.id,
        "method": "BANK_CARD",
        "name": second.name,
        "id_number": second.number,
        "phone": second.phone,
        "card_number": CARD,
    }


def test_the_source_may_ask_again_and_not_for_ever(here: IdentityHere) -> None:
    person = here.person()
    one = ask(person, PHONE)
    here.source.script("ANSWER", *[{"result": "challenged", "prompt": "验证码有误，请重新输入"}] * 5)
    for _ in range(4):
        here.work()
        assert present(person, one).status == CHALLENGED
        answer(person, one, "111111")
    here.work()
    assert present(person, one).prompt == "验证码有误，请重新输入"
    answer(person, one, "111111")
    here.work()
    assert present(person, one).status == FAILED


def test_no_level_ever_falls(here: IdentityHere) -> None:
    person = here.person()
    phone = ask(person, PHONE)
    ask(person, NAME_NUMBER)
    here.work()
    answer(person, phone, CODE)
    here.work()
    assert person.level == MEDIUM
    events = [entry["type"] for entry in person.record.journal]
    assert events == ["PersonRegistered", "PersonLevelRaised"]
    for method in (PHONE, NAME_NUMBER):
        with refused(Status.FAILED_PRECONDITION, "LEVEL_HELD"):
            ask(person, method)


# -- what the source does -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 429, 302, 404, 401])
def test_a_source_that_is_away_is_asked_again(here: IdentityHere, status: int) -> None:
    person = here.person()
    one = ask(person, NAME_NUMBER)
    here.source.script("NAME_NUMBER", status)
    [(handler, heard)] = [found for found in here.unsent() if found[0] == "ask_source"]
    with pytest.raises(outside.Away) as caught:
        here.handle(handler, heard)
    assert str(caught.value) == f"HTTP {status}"
    assert present(person, one).status == REQUESTED
    here.handle(handler, heard)
    assert present(person, one).status == PASSED
    assert [body["id"] for body in here.source.of("NAME_NUMBER")] == [one.id, one.id]


def test_a_source_nobody_reaches_or_that_never_ends_is_away(
    database: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.3)
    with running() as slow:
        slow.slow = 1.0
        for url in ("http://127.0.0.1:1", slow.url):
            with pytest.raises(outside.Away):
                adapter.verify(url, "one", NAME_NUMBER, {"name": "某", "id_number": "x"})


@pytest.mark.parametrize(
    "said",
    [
        b"<html>not JSON</html>",
        b'"passed"',
        {"result": "PASSED"},
        {"result": "challenged"},
        {"result": "challenged", "prompt": "长" * 201},
        {"result": "failed", "reason": "WHATEVER"},
        b'{"result": "passed", "reference": "' + b"x" * 70_000 + b'"}',
        400,
        422,
    ],
)
def test_an_answer_nobody_can_read_is_a_refusal(here: IdentityHere, said: Any) -> None:
    person = here.person()
    one = ask(person, NAME_NUMBER)
    here.source.script("NAME_NUMBER", said)
    here.work()
    done = present(person, one)
    assert (done.status, person.level) == (FAILED, NONE)
    assert "未能受理" in done.reason


def test_a_reference_with_personal_data_in_it_is_not_kept(here: IdentityHere) -> None:
    person = here.person()
    here.source.script("NAME_NUMBER", {"result": "passed", "reference": f"order-{person.number}"})
    ask(person, NAME_NUMBER)
    here.work()
    assert person.level == MEDIUM
    stored = b"".join(encode(document) for document in here.parts.database["verifications"].find())
    assert person.number.encode() not in stored


def test_what_was_answered_twice_is_asked_under_one_id(here: IdentityHere) -> None:
    """A crash between the source's answer and its writing: the same question again has the same answer."""
    person = here.person()
    one = ask(person, PHONE)
    here.work()
    answer(person, one, CODE)
    [(handler, heard)] = [found for found in here.unsent() if found[0] == "answer_source"]
    adapter.answer(here.source.url, one.id, heard.id, CODE)
    here.handle(handler, heard)
    assert [body["answer_id"] for body in here.source.of("ANSWER")] == [heard.id, heard.id]
    assert present(person, one).status == PASSED


def test_credentials_of_the_address_go_to_the_source_and_nowhere_else(here: IdentityHere) -> None:
    url = here.source.url.replace("http://", "http://county:s%40cret@")
    adapter.verify(url, str(uuid.uuid4()), NAME_NUMBER, {"name": "某", "id_number": "x"})
    assert here.source.asked[-1].authorization == "Basic Y291bnR5OnNAY3JldA=="


# -- what is refused ---------------------------------------------------------------------------------------------------------


def test_one_of_a_method_is_open_at_a_time_also_under_a_race(here: IdentityHere) -> None:
    person = here.person()

    def attempt(method: int) -> str:
        try:
            ask(person, method)
        except grpc.RpcError as error:
            assert error.code() == Status.FAILED_PRECONDITION
            return "refused"
        return "open"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, [NAME_NUMBER] * 6 + [FACE] * 4))
    assert outcomes.count("open") == 2
    with refused(Status.FAILED_PRECONDITION, "VERIFICATION_OPEN"):
        ask(person, FACE)


def test_ten_in_a_day_are_enough(here: IdentityHere) -> None:
    person = here.person(name="慕容不符")
    for _ in range(10):
        ask(person, NAME_NUMBER)
        here.worker.ask_source(here.unsent()[-1][1])
    with refused(Status.RESOURCE_EXHAUSTED, "TOO_MANY_VERIFICATIONS"):
        ask(person, NAME_NUMBER)


def test_the_same_request_again_is_the_same_verification(here: IdentityHere) -> None:
    person = here.person()
    request = pb.RequestVerificationRequest(request_id="same-request", method=NAME_NUMBER)
    first = person.at("VerificationService").RequestVerification(request)
    assert person.at("VerificationService").RequestVerification(request) == first
    here.work()
    assert person.at("VerificationService").RequestVerification(request).status == PASSED
    other = pb.RequestVerificationRequest(request_id="same-request", method=FACE)
    with refused(Status.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        person.at("VerificationService").RequestVerification(other)


def test_a_card_number_belongs_to_a_bank_card_and_is_never_shown_again(here: IdentityHere) -> None:
    person = here.person()
    with refused(Status.INVALID_ARGUMENT, "REQUIRED") as refusal:
        ask(person, BANK_CARD)
    assert list(refusal.fields) == ["card_number"]
    with refused(Status.INVALID_ARGUMENT, "NOT_FOR_METHOD"):
        ask(person, FACE, card_number=CARD)
    one = ask(person, BANK_CARD, card_number=CARD)
    here.work()
    assert CARD not in str(present(person, one))
    names = here.parts.database.list_collection_names()
    stored = b"".join(encode(row) for name in names for row in here.parts.database[name].find())
    assert CARD.encode() not in stored
    assert person.number.encode() not in stored
    assert person.phone.encode() not in stored


def test_a_challenge_nobody_answers_expires_in_a_quarter_of_an_hour(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = here.person()
    one = ask(person, PHONE)
    here.work()
    here.worker.expire_verifications()
    assert present(person, one).status == CHALLENGED
    monkeypatch.setattr(worker_verifications, "now", lambda: now() + timedelta(minutes=16))
    here.worker.expire_verifications()
    here.worker.expire_verifications()
    done = present(person, one)
    assert (done.status, done.reason) == (FAILED, "超过时限未完成，请重新发起核验")
    with refused(Status.FAILED_PRECONDITION, "NOT_CHALLENGED"):
        answer(person, one, CODE)
    assert ask(person, PHONE).status == REQUESTED


def test_who_asks_for_erasure_leaves_nothing_to_ask_about(here: IdentityHere) -> None:
    person = here.person()
    one = ask(person, NAME_NUMBER)
    person.at("IdentityService").ErasePerson()
    here.work()
    assert here.source.asked == []
    state = store_verifications.verifications(here.parts.database).get(one.id).state
    assert state.status == REQUESTED
    assert person.level == NONE


def test_verifications_are_listed_newest_first_and_only_to_their_own_person(here: IdentityHere) -> None:
    person, other = here.person(), here.person()
    ids = [ask(person, method).id for method in (PHONE, NAME_NUMBER, FACE)]
    first = person.at("VerificationService").ListVerifications(page_size=2)
    rest = person.at("VerificationService").ListVerifications(page_size=2, page_token=first.next_page_token)
    assert [one.id for one in [*first.verifications, *rest.verifications]] == ids[::-1]
    assert not other.at("VerificationService").ListVerifications().verifications
    with refused(Status.NOT_FOUND):
        other.at("VerificationService").GetVerification(verification_id=ids[0])
    with refused(Status.NOT_FOUND):
        other.at("VerificationService").AnswerVerification(verification_id=ids[0], answer=CODE)


def test_without_a_source_nothing_is_asked(database: Database[dict[str, Any]]) -> None:
    with identity_here(database, Source(), verification_url="") as here:
        person = here.person()
        with refused(Status.FAILED_PRECONDITION, "SOURCE_NOT_CONFIGURED"):
            ask(person, NAME_NUMBER)


# -- at a window -----------------------------------------------------------------------------------------------------------------


def test_an_officer_who_saw_the_document_raises_to_in_person_and_the_person_reads_it(here: IdentityHere) -> None:
    person, officer = here.person(), here.officer("receive")
    window = here.by(officer, service="VerificationService")
    typed = f"\u3000{person.name} "
    summary = window.VerifyInPerson(
        name=typed, id_number=person.number.lower(), phone=person.phone, document_type="111"
    )
    assert (summary.id, summary.level, summary.name_masked) == (person.id, IN_PERSON, "诸葛***")
    assert person.number not in str(summary)
    [entry] = person.at("PrivacyService").ListAccesses().accesses
    assert (entry.by, entry.what, entry.purpose) == (officer.principal, "现场核验", "窗口核验居民身份证")
    assert entry.by_name == "示范县水务局 窗口岗 慕容**"
    assert list(entry.fields) == ["姓名", "身份证号码"]


def test_name_number_and_phone_at_the_window_must_all_be_right_and_the_refusal_is_one(here: IdentityHere) -> None:
    person, other = here.person(), here.person(name="上官别名")
    window = here.by(here.officer("receive"), service="VerificationService")
    said = []
    wrong = (
        (other.name, person.number, person.phone),
        (person.name, other.number, person.phone),
        (person.name, "110105194912310021", person.phone),
        # Somebody else registered his name and number, with a phone that is not his.
        (person.name, person.number, other.phone),
        (person.name, person.number, ""),
    )
    for name, number, phone in wrong:
        with refused(Status.FAILED_PRECONDITION, "PERSON_UNKNOWN") as refusal:
            window.VerifyInPerson(name=name, id_number=number, phone=phone, document_type="111")
        said.append(refusal.message)
    assert len(set(said)) == 1
    assert (person.level, other.level) == (NONE, NONE)
    assert not person.at("PrivacyService").ListAccesses().accesses


@pytest.mark.parametrize("roles", [("decide",), ("administer",), ("supervise", "review", "issue", "catalog")])
def test_who_does_not_receive_verifies_nobody(here: IdentityHere, roles: tuple[str, ...]) -> None:
    person = here.person()
    window = here.by(here.officer(*roles), service="VerificationService")
    with refused(Status.PERMISSION_DENIED):
        window.VerifyInPerson(name=person.name, id_number=person.number, document_type="111")
    with refused(Status.PERMISSION_DENIED):
        person.at("VerificationService").VerifyInPerson(name=person.name, id_number=person.number, document_type="111")
    with refused(Status.PERMISSION_DENIED):
        window.RequestVerification(method=NAME_NUMBER)
