"""What people ask and complain of: where it goes, and who sees it."""

import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import Cause
from chassis.records import broken_at
from services.rating import store, store_windows
from services.rating.model_windows import Window
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, delegate, handler, officer, person, supervisor
from tests.support.calling import refused
from tests.support.items import PDF
from tests.support.rating_service import RatingHere
from tests.support.tickets import ANSWER, NAME, PHONE, SECRETS, TEXT, TicketsHere
from yiwang.identity.v1.events_pb2 import PersonErased
from yiwang.rating.v1 import tickets_pb2 as pb

Code = grpc.StatusCode
CONSULT, COMPLAINT, SUPERVISION = pb.TICKET_KIND_CONSULT, pb.TICKET_KIND_COMPLAINT, pb.TICKET_KIND_SUPERVISION
STUCK, SUGGESTION = pb.TICKET_KIND_STUCK, pb.TICKET_KIND_SUGGESTION
RECEIVED, ASSIGNED, ANSWERED = pb.TICKET_STATUS_RECEIVED, pb.TICKET_STATUS_ASSIGNED, pb.TICKET_STATUS_ANSWERED


@pytest.fixture
def desk(rating: RatingHere) -> TicketsHere:
    return TicketsHere(rating)


def shown(answer: pb.ListTicketsResponse) -> list[str]:
    return [one.id for one in answer.tickets]


# -- where it goes --------------------------------------------------------------------------------------------------------


def test_a_question_goes_to_the_department_it_names_and_a_complaint_to_supervision(desk: TicketsHere) -> None:
    ann = person()
    for kind in (CONSULT, SUGGESTION):
        asked = desk.open(ann, kind, department=DEPARTMENT)
        assert (asked.status, asked.department, asked.department_name) == (ASSIGNED, DEPARTMENT, "水务局")
        assert desk.open(ann, kind).status == RECEIVED
        assert desk.open(ann, kind, department="11990121MB0000009X").status == RECEIVED, "nobody heard of it"
    told = desk.open(ann, COMPLAINT, department=DEPARTMENT)
    assert (told.status, told.department) == (RECEIVED, "")
    assert "水务局" in desk.by(desk.supervisor).GetTicket(ticket_id=told.id).lines[0].text
    with refused(Code.NOT_FOUND):
        desk.by(desk.officer).GetTicket(ticket_id=told.id)


def test_a_case_that_failed_is_brought_by_its_applicant_alone(desk: TicketsHere) -> None:
    ann = person()
    number = desk.case(ann, "officer-of-the-case")
    stuck = desk.open(ann, STUCK, case_number=number, region="")
    assert (stuck.status, stuck.case_number, stuck.item_name) == (RECEIVED, number, "取水许可")
    assert stuck.region == "990121101"
    for who, told in ((person(), number), (ann, "990121000000000000"), (ann, "")):
        with refused(Code.INVALID_ARGUMENT, "CASE_UNKNOWN") as said:
            desk.open(who, STUCK, case_number=told)
        assert list(said.fields) == ["case_number"]
    for who in (officer("review", id="officer-of-the-case"), supervisor()):
        found = shown(desk.by(who).ListTickets(case_number=number))
        assert found == ([stuck.id] if "supervise" in who.roles else [])


def test_without_a_session_only_a_windows_code_lets_somebody_complain(desk: TicketsHere) -> None:
    window = desk.window(duty="on-duty")
    opened = desk.open(None, SUPERVISION, window_code=desk.code(window), region="")
    assert (opened.status, opened.department, opened.window_id) == (RECEIVED, "", window)
    assert opened.query_code and opened.number
    for kind in (COMPLAINT, CONSULT):
        with refused(Code.UNAUTHENTICATED, "TOKEN_MISSING"):
            desk.open(None, kind, window_code=desk.code(window))
    with refused(Code.UNAUTHENTICATED, "TOKEN_MISSING"):
        desk.open(None, SUPERVISION)
    with refused(Code.INVALID_ARGUMENT, "WINDOW_CODE_MISSING") as said:
        desk.open(person(), SUPERVISION)
    assert list(said.fields) == ["window_code"]
    with refused(Code.PERMISSION_DENIED):
        desk.open(delegate(person()), COMPLAINT)
    progress = desk.by(None).FollowTicket(number=opened.number, query_code=opened.query_code)
    assert (progress.status, progress.kind) == (RECEIVED, SUPERVISION)
    assert not any(secret in str(progress) for secret in SECRETS)


def test_a_code_that_does_not_hold_lets_nobody_complain(desk: TicketsHere) -> None:
    window = desk.window()
    good = desk.code(window)
    wrong = {
        "CODE_FORGED": good[:-6] + "AAAAAA",
        "CODE_EXPIRED": desk.code(window, printed=False, issued=timedelta(hours=1)),
    }
    for reason, code in wrong.items():
        with refused(Code.INVALID_ARGUMENT, reason) as said:
            desk.open(None, SUPERVISION, window_code=code)
        assert said.fields == {"window_code": reason}
    store_windows.revoke(
        desk.rating.parts.database, Window(window, "", "", "", DEPARTMENT, REGION), Cause("revoked", "officer:o")
    )
    with refused(Code.INVALID_ARGUMENT, "CODE_REVOKED"):
        desk.open(None, SUPERVISION, window_code=good)
    foreign = desk.code(window)
    desk.rating.parts.database["windows"].delete_one({"_id": window})
    with refused(Code.INVALID_ARGUMENT, "CODE_FOREIGN"):
        desk.open(None, SUPERVISION, window_code=foreign)
    assert desk.records.collection.count_documents({}) == 0


def test_a_code_of_a_case_binds_the_complaint_to_it_for_nobody_elses_eyes(desk: TicketsHere) -> None:
    ann, eve, window = person(), person(), desk.window(duty="on-duty")
    number = desk.case(ann, "of-the-case")
    rating = store.ratings(desk.rating.parts.database).find({"state.case_number": number})
    assert rating is not None
    code = desk.code(window, printed=False, case=rating.id)
    for who in (ann, None, eve):
        opened = desk.open(who, SUPERVISION, window_code=code)
        ticket = desk.records.get(opened.id).state
        assert opened.case_number == (number if who is ann else "")
        assert ticket.case_number == ("" if who is eve else number)
        assert set(ticket.officers) == ({"on-duty"} if who is eve else {"on-duty", "of-the-case"})


def test_it_needs_a_place_and_says_something(desk: TicketsHere) -> None:
    ann = person()
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"region": ""}, "region"),
        ({"text": "    "}, "text"),
        ({"title": "  "}, "title"),
    )
    for told, field in wrong:
        with refused(Code.INVALID_ARGUMENT) as said:
            desk.open(ann, **told)
        assert list(said.fields) == [field]
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        desk.open(ann, file_ids=[str(uuid.uuid4())])
    assert desk.records.collection.count_documents({}) == 0


# -- who sees it ----------------------------------------------------------------------------------------------------------


def test_the_officer_it_is_about_sees_neither_it_nor_its_answer(desk: TicketsHere) -> None:
    his = officer("receive", "review", "decide", "supervise")
    window = desk.window(duty=his.id)
    told = desk.open(person(), SUPERVISION, window_code=desk.code(window))
    desk.assign(told.id)
    about, reads = desk.by(his), [desk.by(desk.officer), desk.by(desk.supervisor)]
    for step in (lambda: None, lambda: desk.answer(told.id)):
        step()
        with refused(Code.NOT_FOUND):
            about.GetTicket(ticket_id=told.id)
        with refused(Code.NOT_FOUND):
            about.LinkCall(ticket_id=told.id, call_number="CALL-1")
        assert shown(about.ListTickets()) == []
        assert all(shown(one.ListTickets()) == [told.id] for one in reads)
    for name, more in (
        ("AssignTicket", {"department": DEPARTMENT}),
        ("AnswerTicket", {"text": ANSWER}),
        ("AskTicketExtension", {"days": 1, "reason": "案情复杂"}),
        ("DecideTicketExtension", {"granted": True}),
        ("CloseTicket", {}),
    ):
        with refused(Code.NOT_FOUND):
            getattr(about, name)(ticket_id=told.id, **more)


def test_a_ticket_is_read_by_who_asked_the_department_it_is_with_and_the_regions_supervisor(desk: TicketsHere) -> None:
    ann, organization = person(), person()
    told = desk.assigned(ann)
    by_handler = desk.open(handler(organization))
    assert shown(desk.by(handler(organization)).ListMyTickets()) == [by_handler.id]
    may = [ann, desk.officer, desk.supervisor, officer("receive"), supervisor(region="9901")]
    may_not = [person(), officer("review", department=OTHER_DEPARTMENT), supervisor(region="990221")]
    for who in may:
        assert desk.by(who).GetTicket(ticket_id=told.id).text == TEXT
    for who in may_not:
        with refused(Code.NOT_FOUND):
            desk.by(who).GetTicket(ticket_id=told.id)
    assert shown(desk.by(may_not[0]).ListMyTickets()) == []
    for who in may_not[1:]:
        assert shown(desk.by(who).ListTickets()) == []
        assert shown(desk.by(who).ListTickets(department=DEPARTMENT)) == []
    with refused(Code.INVALID_ARGUMENT, "COUNTY"):
        desk.by(may_not[2]).ListTickets(county=REGION)
    for who in (officer("issue"), officer("catalog")):
        with refused(Code.PERMISSION_DENIED):
            desk.by(who).GetTicket(ticket_id=told.id)


def test_who_wants_to_stay_unknown_is_unknown_to_the_department(desk: TicketsHere) -> None:
    ann = person()
    number = desk.case(ann)
    told = desk.assigned(ann, kind=STUCK, confidential=True, case_number=number)
    plain = desk.assigned(ann, kind=STUCK, case_number=number)
    for who, named in ((desk.officer, False), (desk.supervisor, True), (ann, True)):
        view = desk.by(who).GetTicket(ticket_id=told.id)
        assert (view.asker_name, view.contact) == ((NAME, PHONE) if named else ("", ""))
        assert (view.case_number, view.item_name) == ((number, "取水许可") if named else ("", ""))
        assert bool(view.query_code) == (who is ann)
    assert shown(desk.by(desk.officer).ListTickets(case_number=number)) == [plain.id]
    assert shown(desk.by(desk.supervisor).ListTickets(case_number=number)) == [plain.id, told.id]
    view = desk.by(desk.officer).GetTicket(ticket_id=plain.id)
    assert (view.asker_name, view.contact) == (NAME, PHONE)
    masked = desk.answer(plain.id)
    assert (masked.asker_name, masked.contact) == ("诸葛***", "199****0777"), "nobody has to call any more"


def test_what_names_somebody_in_a_text_is_masked_but_for_who_has_to_answer(desk: TicketsHere) -> None:
    ann, said = person(), f"请回电{PHONE}，谢谢"
    plain, unknown = (desk.assigned(ann, text=said, confidential=one) for one in (False, True))

    def texts(id: str) -> list[str]:
        return [desk.by(who).GetTicket(ticket_id=id).text for who in (ann, desk.supervisor, desk.officer)]

    masked = said.replace(PHONE, "*" * len(PHONE))
    assert texts(plain.id) == [said, said, said]
    assert texts(unknown.id) == [said, said, masked]
    desk.answer(plain.id)
    assert texts(plain.id) == [said, masked, masked]


def test_a_file_goes_with_it_to_who_may_read_it(desk: TicketsHere) -> None:
    ann, eve = person(), person()
    bring = desk.rating.by(ann).UploadRatingFile
    file = bring(filename="现场照片.pdf", content=PDF)
    with refused(Code.INVALID_ARGUMENT, "FILE_UNKNOWN"):
        desk.open(eve, file_ids=[file.file_id])
    told = desk.assigned(ann, file_ids=[file.file_id])
    for who in (ann, desk.officer, desk.supervisor):
        (seen,) = desk.by(who).GetTicket(ticket_id=told.id).files
        name = "现场照片.pdf" if who is ann else "附件1.pdf"
        assert (seen.filename, seen.size) == (name, len(PDF))
        read = desk.rating.by(who).DownloadRatingFile(record_id=told.id, file_id=file.file_id)
        assert read.content == PDF
    for who in (eve, officer("review", department=OTHER_DEPARTMENT)):
        with refused(Code.NOT_FOUND):
            desk.rating.by(who).DownloadRatingFile(record_id=told.id, file_id=file.file_id)


def test_a_number_without_its_code_tells_nothing(desk: TicketsHere) -> None:
    told = desk.open(person())
    other = desk.open(person())
    for number, code in ((told.number, other.query_code), ("990121000000AAAAAAAA", told.query_code)):
        with refused(Code.NOT_FOUND):
            desk.by(None).FollowTicket(number=number, query_code=code)
    assert desk.by(None).FollowTicket(number=told.number.lower(), query_code=told.query_code.lower()).due == told.due


def test_nothing_that_names_anybody_stands_in_clear_and_all_goes_with_the_person(desk: TicketsHere) -> None:
    ann = person()
    told = desk.assigned(ann)
    desk.answer(told.id)
    again = desk.by(ann).ConfirmTicket(ticket_id=told.id, satisfied=False, text="还是不行啊")
    assert (again.status, again.department) == (RECEIVED, "")
    document = desk.records.collection.find_one({})
    assert document is not None and broken_at(document["journal"]) is None
    assert desk.records.drift(document) == []
    assert not any(secret in str(document) for secret in (*SECRETS, ANSWER, "还是不行啊", "请尽快答复"))
    desk.rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    view = desk.by(desk.supervisor).GetTicket(ticket_id=told.id)
    assert not any(secret in str(view) for secret in (*SECRETS, ANSWER))
    # It goes its way: nobody is left to read what is said.
    desk.assign(told.id)
    assert desk.answer(told.id).status == ANSWERED


def test_a_supervisor_of_a_city_lists_its_counties_together(desk: TicketsHere) -> None:
    here, there = (desk.open(person(), region=region).id for region in (REGION, "990122101"))
    desk.open(person(), region="990221101")
    city = desk.by(supervisor(region="990100"))
    assert [one.id for one in city.ListTickets().tickets] == [there, here]
    assert [one.id for one in city.ListTickets(county="990122").tickets] == [there]
    first = city.ListTickets(page_size=1)
    rest = city.ListTickets(page_size=1, page_token=first.next_page_token)
    assert [one.id for page in (first, rest) for one in page.tickets] == [there, here]
    with refused(Code.INVALID_ARGUMENT, "COUNTY"):
        city.ListTickets(county="990221")
