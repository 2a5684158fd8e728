"""Whoever may see a case is told how it went, and can check that nothing was changed afterwards."""

import json

from services.case import store
from tests.support.actors import OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import NOT_FOUND, Db, submit
from tests.support.serving import Here


def test_the_applicant_reads_who_held_his_case_which_clock_counts_and_what_was_read_about_him(
    case_api: Here, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    desk["receive"].RequestCorrection(case_id=case.id, materials=["plan"], notice="请补平面图")
    trace = case_api.by(citizen.actor, service="TraceService")
    held = [(one.holder, one.status, bool(one.until)) for one in trace.GetTrace(case_id=case.id).holdings]
    assert held == [("示范县卫生健康局", "已提交，待受理", True), ("申请人", "待补正", False)]
    case_api.by(supervisor()).GetCase(case_id=case.id)
    desk["receive"].UnmaskCase(case_id=case.id, fields=["phone"], purpose="联系申请人补正")
    told = trace.GetTrace(case_id=case.id)
    assert [(one.what.split("、")[0], one.purpose) for one in told.readings] == [
        ("查看明文", "联系申请人补正"),
        ("监督查阅", ""),
    ]
    assert told.verdict.whole and told.verdict.entries == 2


def test_an_accepted_case_tells_both_clocks_with_what_is_used_of_them(
    case_api: Here, citizen: As, desk: dict[str, As], plain_item: str
) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    desk["receive"].AcceptCase(case_id=case.id)
    clocks = case_api.by(citizen.actor, service="TraceService").GetTrace(case_id=case.id).clocks
    assert [clock.title for clock in clocks] == ["承诺时限", "法定时限"]
    assert clocks[0].used.startswith("已用0个工作日") and clocks[1].basis and not clocks[0].overdue
    assert all(getattr(clock, "from") and clock.due for clock in clocks)


def test_who_may_not_see_a_case_is_told_nothing_of_its_way(case_api: Here, citizen: As, item: str) -> None:
    case = submit(citizen, item)
    for stranger in (person(), officer("receive", department=OTHER_DEPARTMENT)):
        one = case_api.by(stranger, service="TraceService")
        for call in (one.GetTrace, one.GetCaseVersion, one.VerifyJournal):
            with refused(NOT_FOUND):
                call(case_id=case.id)


def test_who_waits_for_news_of_a_case_is_told_its_version_and_that_is_no_look(
    case_api: Here, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    own = case_api.by(citizen.actor, service="TraceService")
    readers = [own, *(case_api.by(one, service="TraceService") for one in (officer("receive"), supervisor()))]
    assert {reader.GetCaseVersion(case_id=case.id).version for reader in readers} == {1}
    moved = desk["receive"].AcceptCase(case_id=case.id)
    assert {reader.GetCaseVersion(case_id=case.id).version for reader in readers} == {moved.version} == {2}
    assert not own.GetTrace(case_id=case.id).readings


def test_a_journal_that_was_changed_in_the_store_is_found_out(
    case_api: Here, citizen: As, desk: dict[str, As], item: str, database: Db
) -> None:
    case = submit(citizen, item)
    desk["receive"].AcceptCase(case_id=case.id)
    trace = case_api.by(citizen.actor, service="TraceService")
    assert trace.VerifyJournal(case_id=case.id).whole
    export = trace.ExportJournal(case_id=case.id)
    entries = [json.loads(one) for one in export.entries_json]
    assert [one["seq"] for one in entries] == [1, 2] and entries[-1]["digest"] == trace.VerifyJournal(
        case_id=case.id
    ).head
    journal = (database["cases"].find_one({"_id": case.id}) or {})["journal"]
    journal[0]["data"]["itemName"] = "别的事项"
    database["cases"].update_one({"_id": case.id}, {"$set": {"journal": journal}})
    verdict = trace.VerifyJournal(case_id=case.id)
    assert (verdict.whole, verdict.broken_at) == (False, 1) and "item_name" in verdict.drifted
    assert store.cases(database).get(case.id).state.item_name == case.item_name, "the state is as it was"
