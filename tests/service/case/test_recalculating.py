"""A notice of the State Council that lands moves the ends of open clocks, once, and never those of a case that is decided; and a new
release brings cases of the one before under its timer."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.case import recalculating, restating, store, timing
from standards import workdays
from tests.support.actors import officer
from tests.support.calling import As
from tests.support.case_service import Db, drifted, journal
from tests.support.items import publish, simple
from tests.support.serving import Here


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    notices = tmp_path / "calendars"
    notices.mkdir()
    yield notices
    empty = tmp_path / "none"
    empty.mkdir()
    workdays.use_folder(empty)


def land(folder: Path, *off: str) -> None:
    """Another notice of this year: these days are free."""
    year = datetime.now(UTC).year
    notice = {"year": year, "published": "2099-01-01", "notice": "测试通知", "off": list(off), "work": []}
    (folder / f"{year}-test.json").write_text(json.dumps(notice, ensure_ascii=False))
    recalculating.reread(str(folder))


def accepted(case_api: Here, citizen: As, database: Db) -> str:
    case = citizen.SubmitCase(item_id=publish(database, simple(steps=[]))).id
    case_api.by(officer("receive")).AcceptCase(case_id=case)
    return str(case)


def test_a_holiday_that_lands_within_an_open_clock_moves_its_end_back_and_says_so_once(
    case_api: Here, citizen: As, database: Db, folder: Path
) -> None:
    case, decided = accepted(case_api, citizen, database), accepted(case_api, citizen, database)
    case_api.by(officer("decide")).DecideCase(case_id=decided, granted=False, reason="不符合条件")
    before = citizen.GetCase(case_id=case)
    last = datetime.fromisoformat(before.promised_due).astimezone(workdays.SHANGHAI).date()
    land(folder, last.isoformat())
    cases = store.cases(database)
    assert recalculating.run(database, cases) == 1
    assert recalculating.run(database, cases) == 0
    after = citizen.GetCase(case_id=case)
    assert after.promised_due > before.promised_due
    assert journal(database, case)[-1]["type"] == "DeadlinesRecalculated"
    assert journal(database, decided)[-1]["type"] == "CaseDecided"
    assert drifted(case_api) == {}, "the journal gives the state without any calendar"


def test_a_notice_that_moves_nothing_writes_nothing(case_api: Here, citizen: As, database: Db, folder: Path) -> None:
    case = accepted(case_api, citizen, database)
    far = datetime.now(workdays.SHANGHAI).date() - timedelta(days=30)
    land(folder, far.isoformat())
    assert recalculating.run(database, store.cases(database)) == 0
    assert journal(database, case)[-1]["type"] == "CaseAccepted"


def test_a_broken_notice_leaves_the_calendar_in_force(folder: Path) -> None:
    before = workdays.calendar_digest()
    (folder / "bad.json").write_text('{"year": "soon"}')
    recalculating.reread(str(folder))
    assert workdays.calendar_digest() == before


# What the release before kept of a case.
KEPT = (
    *("id", "number", "applicant_id", "item_id", "edition", "item_code", "item_name", "result_name", "department"),
    *(
        "department_name",
        "region",
        "channel",
        "status",
        "sealed_form",
        "files",
        "review_steps",
        "promised",
        "statutory",
    ),
    *(
        "submitted_at",
        "desk",
        "steps_passed",
        "correction_materials",
        "sealed_notice",
        "correction_asked",
        "received_by",
    ),
    *("receivers", "handler_id", "handled_at", "accepted_at", "promised_due", "statutory_due", "provisional"),
    *("decided_by", "result_number", "closed_at", "agent", "sealed_agent_name", "delegation_id"),
    *("agent_organization_id", "sealed_answers"),
)


def test_a_case_of_the_release_before_is_worked_on_and_comes_under_the_timer_once_it_is_restated(
    case_api: Here, citizen: As, database: Db
) -> None:
    case = accepted(case_api, citizen, database)
    state = database["cases"].find_one({"_id": case})["state"]
    database["cases"].update_one({"_id": case}, {"$set": {"state": {name: state[name] for name in KEPT}}})
    database["timer_counties"].delete_many({})
    assert citizen.GetCase(case_id=case).item_name, "it loads"
    assert "county" in drifted(case_api)[case]
    assert restating.run(database) == 1
    assert restating.run(database) == 0, "and changes nothing that stands there"
    assert drifted(case_api) == {}
    due = database["cases"].find_one({"_id": case})["state"]["due"]
    database["cases"].update_one({"_id": case}, {"$set": {"state.due": due - timedelta(days=400)}})
    assert timing.timing_of(database, store.cases(database)).round() == 1
    assert journal(database, case)[-1]["type"] == "DueReached"
