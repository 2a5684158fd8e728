"""An act that is asked for again is done once and answered as before."""

from concurrent.futures import ThreadPoolExecutor

from services.case import store_items
from tests.support.actors import person
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, PRECONDITION, Db, handed_in, submit
from tests.support.items import FORM, definition, publish
from tests.support.serving import Here


def test_same_request_id_gives_the_same_case_and_another_body_is_refused(
    case_api: Here, citizen: As, item: str
) -> None:
    materials = handed_in(citizen)
    first = submit(citizen, item, request_id="request-1", materials=materials)
    again = submit(citizen, item, request_id="request-1", materials=materials)
    assert (again.id, again.number, again.query_code) == (first.id, first.number, first.query_code)
    with refused(INVALID, "REQUEST_ID_REUSED") as refusal:
        submit(citizen, item, request_id="request-1", materials=materials, form=FORM | {"name": "另一人"})
    assert refusal.fields == {"request_id": "REQUEST_ID_REUSED"}
    assert case_api.database["cases"].count_documents({}) == 1


def test_two_persons_with_the_same_request_id_have_two_cases(case_api: Here, plain_item: str) -> None:
    ids = {case_api.by(person()).SubmitCase(item_id=plain_item, request_id="request-1").id for _ in range(2)}
    assert len(ids) == 2


def test_the_same_submission_eight_times_at_once_is_one_case(case_api: Here, citizen: As, item: str) -> None:
    materials = handed_in(citizen)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: submit(citizen, item, request_id="request-1", materials=materials).id, range(8)))
    assert len(set(made)) == 1 and case_api.database["cases"].count_documents({}) == 1


def test_an_act_repeated_with_its_request_id_is_done_once(citizen: As, desk: dict[str, As], plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    one = desk["receive"].AcceptCase(case_id=case.id, request_id="accept-1")
    desk["review"].PassReviewStep(case_id=case.id, opinion="好")
    again = desk["receive"].AcceptCase(case_id=case.id, request_id="accept-1")
    assert (again.version, again.accepted_at) == (3, one.accepted_at)


def test_a_repeated_submission_answers_after_the_item_was_changed_suspended_or_its_uploads_swept(
    case_api: Here, citizen: As, database: Db, item: str
) -> None:
    materials = handed_in(citizen)
    first = submit(citizen, item, request_id="request-1", materials=materials, edition=1)
    publish(database, definition(form_fields=[], name="新名称"), item, edition=2)
    case_api.servicer.desk.items.refresh()
    again = submit(citizen, item, request_id="request-1", materials=materials, edition=1)
    assert (again.id, again.edition, again.item_name) == (first.id, 1, "公共场所卫生许可")
    store_items.Items(database).suspend(item, 3)
    case_api.servicer.desk.items.refresh()
    assert submit(citizen, item, request_id="request-1", materials=materials, edition=1).id == first.id
    with refused(PRECONDITION, "ITEM_SUSPENDED"):
        submit(citizen, item, materials=materials)
