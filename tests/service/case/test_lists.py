"""Lists and the inbox: pages that lose nothing, only what may be seen, the most urgent first."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.acts import now
from services.case import store
from tests.support.actors import OTHER_DEPARTMENT, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import INVALID, Db, submit
from tests.support.serving import Here
from tests.support.waiting import wait_until
from yiwang.case.v1 import service_pb2 as pb


def spread(database: Db, instants: list[datetime]) -> None:
    """Moves the cases to these instants of submission."""
    documents = list(database["cases"].find({}, {"_id": 1}))
    for document, instant in zip(documents, instants, strict=True):
        database["cases"].update_one({"_id": document["_id"]}, {"$set": {"state.submitted_at": instant}})


def pages(call: Any, **fields: Any) -> list[list[str]]:
    """Ids by page, walked to the end."""
    found, token = [], ""
    while True:
        answer = call(page_token=token, **fields)
        found.append([case.id for case in answer.cases])
        token = answer.next_page_token
        if not token:
            return found
        assert len(found) < 100, "the pages end some time"


@pytest.mark.parametrize("distinct", [2, 7, 30])
def test_pages_lose_and_double_nothing_although_many_cases_share_a_millisecond(
    citizen: As, desk: dict[str, As], plain_item: str, database: Db, distinct: int
) -> None:
    ids = {citizen.SubmitCase(item_id=plain_item).id for _ in range(30)}
    base = now() - timedelta(days=3)
    spread(database, [base + timedelta(hours=number % distinct) for number in range(30)])
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        for size in (1, 7, 30, 100):
            walked = [id for page in pages(call, page_size=size) for id in page]
            assert len(walked) == len(set(walked)) and set(walked) == ids
    newest = [case.submitted_at for case in citizen.ListMyCases(page_size=100).cases]
    assert newest == sorted(newest, reverse=True)


def test_a_page_is_no_longer_than_asked_for_where_instants_differ(
    citizen: As, desk: dict[str, As], plain_item: str, database: Db
) -> None:
    for _ in range(25):
        citizen.SubmitCase(item_id=plain_item)
    spread(database, [now() - timedelta(hours=number) for number in range(25)])
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        assert [len(page) for page in pages(call, page_size=10)][:2] == [10, 10]
        assert len(call().cases) == 20, "twenty unless another size is asked for"


def test_old_cases_are_in_the_list_too(citizen: As, desk: dict[str, As], plain_item: str, database: Db) -> None:
    for _ in range(3):
        citizen.SubmitCase(item_id=plain_item)
    spread(database, [now() - timedelta(days=days) for days in (0, 200, 800)])
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        assert len({id for page in pages(call, page_size=2) for id in page}) == 3


def test_lists_show_only_what_may_be_seen_and_no_form_and_no_timeline(
    case_api: Here, citizen: As, desk: dict[str, As], item: str, plain_item: str
) -> None:
    mine = submit(citizen, item).id
    case_api.by(person()).SubmitCase(item_id=plain_item)
    assert [case.id for case in citizen.ListMyCases().cases] == [mine]
    assert len(desk["receive"].ListInbox().cases) == 2
    assert not case_api.by(officer("receive", department=OTHER_DEPARTMENT)).ListInbox().cases
    for case in [*citizen.ListMyCases().cases, *desk["receive"].ListInbox().cases]:
        assert not case.answers and not case.timeline and not case.materials and not case.query_code


def test_the_inbox_holds_open_cases_only(citizen: As, desk: dict[str, As], plain_item: str) -> None:
    closed, stays = (citizen.SubmitCase(item_id=plain_item).id for _ in range(2))
    desk["receive"].RefuseCase(case_id=closed, reason="不受理")
    assert [case.id for case in desk["receive"].ListInbox().cases] == [stays]
    assert len(citizen.ListMyCases().cases) == 2


def test_the_inbox_by_light_lists_what_is_overdue_or_due_soon_the_most_urgent_first(
    citizen: As, desk: dict[str, As], plain_item: str, database: Db
) -> None:
    ids = [citizen.SubmitCase(item_id=plain_item).id for _ in range(6)]
    for id in ids:
        desk["receive"].AcceptCase(case_id=id)
    hours = {ids[0]: -48, ids[1]: -1, ids[2]: 1, ids[3]: 3, ids[4]: 24 * 40, ids[5]: 24 * 60}
    for id, offset in hours.items():
        due = now() + timedelta(hours=offset)
        database["cases"].update_one(
            {"_id": id}, {"$set": {"state.promised_due": due, "state.yellow_at": due - timedelta(days=2)}}
        )
    inbox = desk["receive"].ListInbox
    assert [case.id for case in inbox(light=pb.LIGHT_RED).cases] == [ids[0], ids[1]]
    assert [case.id for case in inbox(light=pb.LIGHT_YELLOW).cases] == [ids[2], ids[3]]
    assert {case.light for case in inbox(light=pb.LIGHT_RED).cases} == {pb.LIGHT_RED}
    assert len(inbox().cases) == 6


@pytest.mark.parametrize(
    "token", ["x", "1.5", "-1", "-62135596800000", "9" * 18, "9" * 100, "１２", "NaN", "-62135596800000.x"]
)
def test_a_made_up_page_token_is_refused_and_breaks_nothing(
    citizen: As, desk: dict[str, As], plain_item: str, token: str
) -> None:
    citizen.SubmitCase(item_id=plain_item)
    for call in (citizen.ListMyCases, desk["receive"].ListInbox):
        with refused(INVALID, "MALFORMED") as refusal:
            call(page_token=token)
        assert refusal.fields == {"page_token": "MALFORMED"}


def test_arrivals_of_the_day_are_shown_to_the_department(
    case_api: Here, citizen: As, desk: dict[str, As], plain_item: str, database: Db
) -> None:
    from standards.workdays import SHANGHAI
    from tests.support.actors import DEPARTMENT

    arrivals = store.arrivals(database)
    today = datetime.now(SHANGHAI).date()
    for number in range(3):
        arrivals.contribute(f"case{number}", [f"{DEPARTMENT}/{today}"], "arrived", 1)
    wait_until(lambda: arrivals.recount() >= 0 and desk["receive"].ListInbox().arrived_today == 3, "three arrived")
    assert case_api.by(officer("receive", department=OTHER_DEPARTMENT)).ListInbox().arrived_today == 0
