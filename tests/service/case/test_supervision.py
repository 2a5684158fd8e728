"""Supervision and unmasking: any case of the region is readable, none is movable, and every look is told to the applicant."""

import bson
import pytest

from chassis.acts import now
from services.case import accesses
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, handler, machine, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, submit, upload
from tests.support.items import FORM, definition, publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as pb

PURPOSE = "核实申请人联系方式"
GET = "yiwang.case.v1.CaseService/GetCase"
INBOX = "yiwang.case.v1.CaseService/ListInbox"
DOWNLOAD = "yiwang.case.v1.CaseService/DownloadAttachment"


def values(answers: object) -> dict[str, str]:
    return {one.field.key: one.value for one in answers if one.value}  # type: ignore[attr-defined]


def test_a_supervisor_reads_any_case_of_his_region_and_each_look_is_a_line_the_applicant_reads(
    case_api: Here, citizen: As, item: str
) -> None:
    case = submit(citizen, item)
    watcher = case_api.by(supervisor())
    for _ in range(2):
        seen = watcher.GetCase(case_id=case.id)
        assert (list(seen.moves), values(seen.answers)["phone"]) == ([], "139****5678")
    file = seen.materials[0].attachments[0].id
    assert watcher.DownloadAttachment(case_id=case.id, attachment_id=file).content
    lines = citizen.ListCaseAccesses().accesses
    assert [(one.what, list(one.fields)) for one in lines] == [("监督查阅附件", ["申请书"]), *[("监督查阅", [])] * 2]
    assert {one.by for one in lines} == {f"officer:{watcher.actor.id}"}  # type: ignore[union-attr]
    assert {one.by_name for one in lines} == {f"{OTHER_DEPARTMENT} 监督人员"}, "no case tells the department's name yet"
    assert {(one.case_id, one.case_number) for one in lines} == {(case.id, case.number)}
    assert len({one.id for one in lines}) == 3 and drifted(case_api) == {}


def test_the_supervisors_department_is_named_where_it_is_known(
    case_api: Here, citizen: As, plain_item: str, database: Db
) -> None:
    department = definition().department
    department.code, department.name = OTHER_DEPARTMENT, "示范县行政审批局"
    citizen.SubmitCase(item_id=publish(database, simple(department=department)))
    case = citizen.SubmitCase(item_id=plain_item)
    case_api.by(supervisor()).GetCase(case_id=case.id)
    assert [one.by_name for one in citizen.ListCaseAccesses().accesses] == ["示范县行政审批局 监督人员"]


@pytest.mark.parametrize(
    ("region", "sees"), [("9901", True), ("990121", True), ("990122", False), ("990121101", False)]
)
def test_a_supervisor_sees_his_region_and_below_it_and_nothing_beside_it(
    case_api: Here, citizen: As, plain_item: str, region: str, sees: bool
) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    watcher = case_api.by(supervisor(region=region))
    assert len(watcher.ListCases(department=DEPARTMENT).cases) == sees
    if sees:
        assert watcher.GetCase(case_id=case.id).id == case.id
        return
    for call in (
        lambda: watcher.GetCase(case_id=case.id),
        lambda: watcher.UnmaskCase(case_id=case.id, fields=["phone"], purpose=PURPOSE),
    ):
        with refused(NOT_FOUND):
            call()
    assert not citizen.ListCaseAccesses().accesses, "what is not seen is not noted"


def test_a_supervisor_who_may_decide_in_his_own_department_moves_no_case_of_another(
    case_api: Here, citizen: As, desk: dict[str, As], database: Db
) -> None:
    case = citizen.SubmitCase(item_id=publish(database, simple(steps=[])))
    both = case_api.by(supervisor("receive", "review", "decide", "issue"))
    assert list(both.GetCase(case_id=case.id).moves) == []
    moves = {
        "AcceptCase": {},
        "RefuseCase": {"reason": "不受理"},
        "RequestCorrection": {"notice": "补正"},
        "DecideCase": {"granted": True},
        "PassReviewStep": {"opinion": "同意"},
        "IssueResult": {"result_number": "1"},
        "CloseCase": {},
    }
    for name, fields in moves.items():
        with refused(NOT_FOUND):
            getattr(both, name)(case_id=case.id, **fields)
    desk["receive"].AcceptCase(case_id=case.id)
    with refused(NOT_FOUND):
        both.DecideCase(case_id=case.id, granted=True)


def test_a_supervisors_own_department_is_his_work_when_he_has_a_role_there_and_is_supervised_when_not(
    case_api: Here, citizen: As, plain_item: str
) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    works_there = case_api.by(supervisor("receive", department=DEPARTMENT))
    assert "AcceptCase" in works_there.GetCase(case_id=case.id).moves
    assert not citizen.ListCaseAccesses().accesses
    only_watches = case_api.by(supervisor(department=DEPARTMENT))
    assert list(only_watches.GetCase(case_id=case.id).moves) == []
    assert len(citizen.ListCaseAccesses().accesses) == 1
    with refused(DENIED):
        only_watches.ListInbox()


def test_supervisors_list_a_departments_cases_open_and_ended_newest_first_and_page_by_page(
    case_api: Here, citizen: As, desk: dict[str, As], plain_item: str
) -> None:
    ids = [citizen.SubmitCase(item_id=plain_item).id for _ in range(5)]
    desk["receive"].RefuseCase(case_id=ids[0], reason="不受理")
    watcher = case_api.by(supervisor())
    found, token = [], ""
    while True:
        page = watcher.ListCases(department=DEPARTMENT, page_size=2, page_token=token)
        found += list(page.cases)
        token = page.next_page_token
        if not token:
            break
    assert {one.id for one in found} == set(ids) and len(found) == 5
    times = [one.submitted_at for one in found]
    assert times == sorted(times, reverse=True)
    assert not any(one.answers or one.timeline or one.moves for one in found)
    assert not watcher.ListCases(department=OTHER_DEPARTMENT).cases
    assert not citizen.ListCaseAccesses().accesses, "a list shows nobody's data"
    for other in (desk["receive"], citizen, case_api.by(officer("administer"))):
        with refused(DENIED):
            other.ListCases(department=DEPARTMENT)


def test_when_the_look_cannot_be_noted_there_is_no_look(
    case_api: Here, citizen: As, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, watcher = submit(citizen, item), case_api.by(supervisor())

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the store is full")

    monkeypatch.setattr(accesses.Accesses, "looked", fails)
    monkeypatch.setattr(accesses.Accesses, "unmasked", fails)
    for call in (
        lambda: watcher.GetCase(case_id=case.id),
        lambda: watcher.UnmaskCase(case_id=case.id, fields=["phone"], purpose=PURPOSE),
        lambda: watcher.DownloadAttachment(case_id=case.id, attachment_id=case.materials[0].attachments[0].id),
    ):
        with refused():
            call()


def test_officers_read_masked_and_unmask_for_a_purpose_that_the_applicant_reads(
    case_api: Here, citizen: As, desk: dict[str, As], item: str, database: Db
) -> None:
    note = "备用电话13800001111，证号990121199003071234"
    case = submit(citizen, item, form=FORM | {"note": note}, materials=[file_named(citizen, "13912345678.pdf")])
    assert values(citizen.GetCase(case_id=case.id).answers) == FORM | {"note": note}, "his own he reads in clear"
    seen = desk["receive"].GetCase(case_id=case.id)
    assert values(seen.answers) == {
        "name": "张三丰",
        "phone": "139****5678",
        "note": "备用电话138****1111，证号990121**********34",
    }
    assert [one.field.key for one in seen.answers if one.masked] == ["phone", "note"]
    assert seen.materials[0].attachments[0].filename == "139****5678.pdf"
    answer = desk["receive"].UnmaskCase(case_id=case.id, fields=["note", "phone"], purpose=PURPOSE)
    assert values(answer.answers) == {"phone": FORM["phone"], "note": note}
    (line,) = citizen.ListCaseAccesses().accesses
    assert (line.what, list(line.fields), line.purpose) == ("查看明文", ["备注", "联系电话"], PURPOSE)
    assert line.by_name == "示范县卫生健康局 办理人员"
    stored = b"".join(bson.encode(one) for one in database["accesses"].find({}))
    assert PURPOSE.encode() not in stored and FORM["phone"].encode() not in stored


def file_named(citizen: As, name: str) -> pb.HandedIn:
    return pb.HandedIn(material="application", attachments=[upload(citizen, filename=name).id])


def test_texts_of_the_way_are_masked_too(citizen: As, desk: dict[str, As], item: str) -> None:
    case = submit(citizen, item)
    citizen.WithdrawCase(case_id=case.id, reason="改用13800001111联系")
    assert citizen.GetCase(case_id=case.id).timeline[-1].text == "改用13800001111联系"
    assert desk["receive"].GetCase(case_id=case.id).timeline[-1].text == "改用138****1111联系"


def test_the_same_unmasking_again_is_one_line_and_another_under_its_id_is_refused(
    citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    request = {"case_id": case.id, "fields": ["phone"], "request_id": "unmask-this-once"}
    for _ in range(2):
        answer = desk["review"].UnmaskCase(purpose=PURPOSE, **request)
        assert values(answer.answers) == {"phone": FORM["phone"]}
    assert len(citizen.ListCaseAccesses().accesses) == 1
    with refused(INVALID, "REQUEST_ID_REUSED"):
        desk["review"].UnmaskCase(purpose="另有目的的查看", **request)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": "看看"}, "purpose"),
        ({"purpose": "看" * 201}, "purpose"),
        ({"purpose": " 看看 \u3000 "}, "purpose"),
        ({"fields": []}, "fields"),
        ({"fields": ["phone", "phone"]}, "fields"),
        ({"fields": ["$where"]}, "fields[0]"),
        ({"fields": ["passport"]}, "fields[passport]"),
    ],
)
def test_unmasking_needs_a_purpose_and_fields_of_the_item_and_is_else_refused_unwritten(
    citizen: As, desk: dict[str, As], item: str, changes: dict[str, object], field: str
) -> None:
    case = submit(citizen, item)
    with refused(INVALID) as refusal:
        desk["decide"].UnmaskCase(**({"case_id": case.id, "fields": ["phone"], "purpose": PURPOSE} | changes))
    assert list(refusal.fields) == [field]
    assert not citizen.ListCaseAccesses().accesses


def test_nobody_unmasks_what_he_may_not_see(case_api: Here, citizen: As, item: str) -> None:
    case = submit(citizen, item)
    request = {"case_id": case.id, "fields": ["phone"], "purpose": PURPOSE}
    with refused(NOT_FOUND):
        case_api.by(officer("receive", department=OTHER_DEPARTMENT)).UnmaskCase(**request)
    for other in (citizen, case_api.by(officer("administer")), case_api.by(machine(GET))):
        with refused(DENIED):
            other.UnmaskCase(**request)


def test_an_erased_applicant_leaves_nothing_to_unmask_and_the_looks_at_his_case_are_still_counted(
    case_api: Here, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    watcher = case_api.by(supervisor())
    watcher.GetCase(case_id=case.id)
    assert citizen.actor is not None
    case_api.keyring.erase(citizen.actor.id, now())
    with refused(PRECONDITION, "PERSON_ERASED"):
        desk["receive"].UnmaskCase(case_id=case.id, fields=["phone"], purpose=PURPOSE)
    assert watcher.GetCase(case_id=case.id).erased
    lines = citizen.ListCaseAccesses().accesses
    assert [(one.what, one.by_name) for one in lines] == [("监督查阅", "")] * 2
    assert drifted(case_api) == {}, "the journal stays whole"


def test_everybody_reads_his_own_access_record_page_by_page_and_nobody_elses(
    case_api: Here, citizen: As, plain_item: str
) -> None:
    organization = person()
    case = citizen.SubmitCase(item_id=plain_item)
    theirs = case_api.by(handler(organization)).SubmitCase(item_id=plain_item)
    watcher = case_api.by(supervisor())
    for _ in range(5):
        watcher.GetCase(case_id=case.id)
    watcher.GetCase(case_id=theirs.id)
    found, token = [], "first"
    while token:
        page = citizen.ListCaseAccesses(page_size=2, page_token="" if token == "first" else token)
        found += [one.id for one in page.accesses]
        token = page.next_page_token
    assert len(found) == len(set(found)) == 5
    assert [one.case_id for one in case_api.by(handler(organization)).ListCaseAccesses().accesses] == [theirs.id]
    assert not case_api.by(person()).ListCaseAccesses().accesses
    with refused(INVALID, "MALFORMED"):
        citizen.ListCaseAccesses(page_token="x")
    with refused(DENIED):
        watcher.ListCaseAccesses()


def test_a_departments_system_reads_its_cases_masked_and_nothing_else(
    case_api: Here, citizen: As, desk: dict[str, As], item: str
) -> None:
    case = submit(citizen, item)
    system = case_api.by(machine(GET, INBOX, DOWNLOAD))
    desk["receive"].AcceptCase(case_id=case.id)
    seen = system.GetCase(case_id=case.id)
    assert values(seen.answers)["phone"] == "139****5678" and list(seen.moves) == [] and not seen.query_code
    assert seen.timeline[1].by == f"officer:{desk['receive'].actor.id}"  # type: ignore[union-attr]
    assert [one.id for one in system.ListInbox().cases] == [case.id] and not system.ListInbox(mine=True).cases
    assert system.DownloadAttachment(case_id=case.id, attachment_id=seen.materials[0].attachments[0].id).content
    other = case_api.by(machine(GET, INBOX, DOWNLOAD, department=OTHER_DEPARTMENT))
    assert not other.ListInbox().cases
    with refused(NOT_FOUND):
        other.GetCase(case_id=case.id)
    with refused(NOT_FOUND):
        other.DownloadAttachment(case_id=case.id, attachment_id=seen.materials[0].attachments[0].id)
    with refused(DENIED):
        case_api.by(machine(GET)).ListInbox()
    with refused(DENIED):
        system.RefuseCase(case_id=case.id, reason="无权")


def test_who_has_no_department_has_no_inbox(case_api: Here, citizen: As, desk: dict[str, As], plain_item: str) -> None:
    case = citizen.SubmitCase(item_id=plain_item)
    desk["receive"].RefuseCase(case_id=case.id, reason="不受理")
    for nowhere in (officer("receive", department=""), machine(INBOX, department="")):
        with refused(PRECONDITION, "NO_DEPARTMENT"):
            case_api.by(nowhere).ListInbox()
