"""One thing at once (一件事): one application becomes a case at every department, and each of them goes its own way."""

from typing import Any

import pytest

from services.case import store, store_bundles, store_items, worker
from services.case.bundling_children import Children
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, delegate, handler, officer, person, supervisor
from tests.support.bundles import IGNORE, LEAD, STOP, WHO, OneThing, item, overall, part
from tests.support.calling import As, refused
from tests.support.case_service import DENIED, INVALID, NOT_FOUND, PRECONDITION, Db, drifted, handed_in, hear, upload
from tests.support.items import publish
from tests.support.serving import Here
from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1.events_pb2 import PersonErased

PROJECT = "2026-990121-47-01-123456"


@pytest.fixture
def thing(case_api: Here, citizen: As) -> OneThing:
    return OneThing(case_api, citizen)


def statuses(thing: OneThing, id: str) -> dict[str, str]:
    return {one.key: thing.status(id, one.key) for one in thing.get(id).branches}


# --- the application --------------------------------------------------------------------------------------------------------


def test_one_application_becomes_a_case_at_every_department(thing: OneThing) -> None:
    theme = thing.theme(part("a"), part("b"), part("sign", item_code=""))
    submitted = thing.submit(theme, form=WHO | {"of_a": "甲", "of_b": "乙"})
    assert (submitted.theme_name, overall(submitted), submitted.total) == ("开办餐馆一件事", "RUNNING", 2)
    assert len(submitted.number) == 19 and len(submitted.receipt_digest) == 64
    seen = thing.run(submitted.id)
    assert [(one.key, thing.status(seen.id, one.key)) for one in seen.branches] == [
        ("a", "OPEN"),
        ("b", "OPEN"),
        ("sign", "OUTSIDE"),
    ]
    for key, department in (("a", DEPARTMENT), ("b", OTHER_DEPARTMENT)):
        case = thing.citizen.GetCase(case_id=thing.case_of(seen.id, key))
        assert (case.bundle_id, case.department, case.item_id) == (seen.id, department, thing.items[key])
        told = {one.field.key: one.value for one in case.answers}
        assert told == WHO | {f"of_{key}": {"a": "甲", "b": "乙"}[key]}
        (material,) = case.materials
        assert [one.filename for one in material.attachments] == ["申请书.pdf"]
    assert drifted(thing.api) == {}


def test_what_the_merged_guide_asks_for_is_what_is_demanded(thing: OneThing, database: Db) -> None:
    asks = catalog.Question(key="rented", text="是否租赁？", kind=catalog.QUESTION_KIND_YES_NO)
    lease = catalog.Material(key="lease", name="租赁合同", necessity=catalog.NECESSITY_REQUIRED)
    thing.items["a"] = publish(database, item("a", questions=[asks], materials=[*item("a").materials, lease]))
    theme = thing.theme(part("a"), part("b"))
    with refused(INVALID) as refusal:
        thing.submit(theme)
    assert refusal.fields == {"answers[rented]": "REQUIRED"}
    answers = {"rented": catalog.Answer(values=["yes"])}
    with refused(INVALID) as refusal:
        thing.submit(theme, answers={"rented": catalog.Answer(values=["maybe"])})
    assert list(refusal.fields) == ["answers[rented]"]
    with refused(INVALID) as refusal:
        thing.submit(theme, answers=answers, form={"phone": "12", "more": "x"})
    assert refusal.fields == {
        "form[more]": "FIELD_NOT_LISTED",
        "form[name]": "REQUIRED",
        "form[phone]": "MALFORMED",
        "materials[lease]": "MATERIAL_MISSING",
    }
    with refused(INVALID) as refusal:
        thing.submit(theme, answers=answers, materials=handed_in(thing.citizen, "card", "lease", "other"))
    assert refusal.fields == {"materials[other]": "MATERIAL_NOT_LISTED"}
    assert thing.mine.ListMyBundles().bundles == [], "a refused application leaves nothing behind"
    submitted = thing.submit(theme, answers=answers, materials=handed_in(thing.citizen, "card", "lease"))
    assert [one.name for one in submitted.materials] == ["身份证", "租赁合同"]
    assert [list(one.branches) for one in submitted.materials] == [["a", "b"], ["a"]]


def test_what_may_not_be_applied_for_is_refused_and_leaves_nothing(
    thing: OneThing, database: Db, case_api: Here
) -> None:
    theme = thing.theme(part("a"), part("b"))
    with refused(PRECONDITION, "THEME_CHANGED"):
        thing.submit(theme, edition=2)
    with refused(INVALID, "THEME_UNKNOWN"):
        thing.submit(thing.items["a"])
    with refused(PRECONDITION, "BUNDLE_EMPTY"):
        thing.submit(thing.theme(part("bank", item_code="")), form={}, materials=[])
    store_items.Items(database).suspend(thing.items["b"], 5)
    case_api.poll()
    with refused(PRECONDITION, "ITEM_SUSPENDED"):
        thing.submit(theme)
    thing.items["c"] = publish(database, item("c", required_level=4))
    thing.items["d"] = publish(database, item("d", online=False))
    with refused(PRECONDITION, "LEVEL_TOO_LOW"):
        thing.submit(thing.theme(part("a"), part("c")))
    with refused(PRECONDITION, "NOT_ONLINE"):
        thing.submit(thing.theme(part("d")))
    thing.api.servicers["BundleService"].bundling.themes.withdraw(theme, 9)
    with refused(PRECONDITION, "THEME_WITHDRAWN"):
        thing.submit(theme)
    assert store_bundles.bundles(database).select({}) == []


def test_the_same_request_is_one_application(thing: OneThing) -> None:
    theme, files = thing.theme(part("a")), handed_in(thing.citizen, "card")
    first, again = (thing.submit(theme, materials=files, request_id="once-only-1") for _ in range(2))
    assert first == again
    with refused(INVALID, "REQUEST_ID_REUSED"):
        thing.submit(theme, materials=files, form=WHO | {"name": "别人"}, request_id="once-only-1")


@pytest.mark.parametrize(
    "code", ["2026-990121-47-01-12345", "2026-990121-47-09-123456", "0" * 24, "２０２６-990121-47-01-123456"]
)
def test_a_project_code_with_a_fault_is_refused(thing: OneThing, code: str) -> None:
    theme = thing.theme(part("a"), project=True)
    with refused(INVALID) as refusal:
        thing.submit(theme, project_code=code)
    assert refusal.fields == {"project_code": "PROJECT_CODE"}


def test_a_project_names_its_code_and_everything_of_it_is_found_by_it(thing: OneThing) -> None:
    theme = thing.theme(part("a", stage="立项"), part("b", "a", stage="施工"), project=True)
    with refused(INVALID) as refusal:
        thing.submit(theme)
    assert refusal.fields == {"project_code": "REQUIRED"}
    first, second = (thing.submit(theme, project_code=PROJECT).id for _ in range(2))
    for id in (first, second):
        thing.run(id)
    seen = thing.by(officer("review", department="11990121MB0000005C")).ListProject(project_code=PROJECT)
    assert {one.id for one in seen.bundles} == {first, second}
    assert {one.id for one in seen.cases} == {thing.case_of(id, "a") for id in (first, second)}
    assert not any(one.answers or one.materials for one in seen.bundles)
    elsewhere = thing.by(supervisor(region="990221")).ListProject(project_code=PROJECT)
    assert not elsewhere.bundles and not elsewhere.cases
    with refused(INVALID, "PROJECT_CODE"):
        thing.by(officer("review")).ListProject(project_code="1")


def test_a_delegate_applies_for_what_was_delegated(thing: OneThing) -> None:
    theme = thing.theme(part("a"), part("b"))
    applicant = thing.mine.actor
    assert applicant
    narrow = delegate(applicant, items=["C-a"])
    files = [
        case_pb.HandedIn(material="card", attachments=[upload(thing.api.by(narrow)).id]),
    ]
    with refused(DENIED, "ITEM_NOT_DELEGATED"):
        thing.by(narrow).SubmitBundle(theme_id=theme, form=WHO, materials=files)
    helper = delegate(applicant, items=["C-a", "C-b"])
    files = [case_pb.HandedIn(material="card", attachments=[upload(thing.api.by(helper)).id])]
    mine = thing.by(helper)
    id = mine.SubmitBundle(theme_id=theme, form=WHO, materials=files).id
    thing.run(id)
    assert mine.GetBundle(bundle_id=id).agent_name == "王某（某某社区）代办"
    assert [one.id for one in mine.ListMyBundles().bundles] == [id]
    for key in "ab":
        case = thing.api.by(helper).GetCase(case_id=thing.case_of(id, key))
        assert case.agent_name == "王某（某某社区）代办" and case.channel == case_pb.CHANNEL_AGENT
    with refused(NOT_FOUND):
        thing.by(narrow).GetBundle(bundle_id=id)
    assert [one.id for one in thing.by(handler(applicant)).ListMyBundles().bundles] == [id]


# --- the course -------------------------------------------------------------------------------------------------------------


def test_a_branch_begins_when_what_it_waits_for_was_granted(thing: OneThing) -> None:
    id = thing.submit(thing.theme(part("a"), part("b", "a"))).id
    thing.run(id)
    assert statuses(thing, id) == {"a": "OPEN", "b": "WAITING"}
    assert list(thing.branch(id, "b").waits_for) == ["a"]
    thing.decide(id, "a", close=False)
    thing.run(id)
    assert statuses(thing, id) == {"a": "WELL", "b": "OPEN"}
    thing.desk(id, "a", "issue").CloseCase(case_id=thing.case_of(id, "a"))
    thing.decide(id, "b")
    ended = thing.run(id)
    assert (overall(ended), ended.well, bool(ended.ended_at)) == ("DONE", 2, True)
    assert drifted(thing.api) == {}


@pytest.mark.parametrize(
    ("policy", "behind", "beside", "whole"),
    [
        (0, "GIVEN_UP", "OPEN", "PARTLY_DONE"),
        (IGNORE, "OPEN", "OPEN", "DONE"),
        (STOP, "GIVEN_UP", "OPEN", "PARTLY_DONE"),
    ],
)
def test_what_a_denial_means_for_the_others_is_as_the_theme_says(
    thing: OneThing, policy: int, behind: str, beside: str, whole: str
) -> None:
    id = thing.submit(thing.theme(part("a", on_failure=policy), part("b", "a"), part("c"))).id
    thing.run(id)
    thing.decide(id, "a", granted=False)
    thing.run(id)
    assert statuses(thing, id) == {"a": "FAILED", "b": behind, "c": beside}
    for key in "bc":
        if thing.status(id, key) == "OPEN":
            thing.decide(id, key)
    assert overall(thing.run(id)) == whole


def test_stop_gives_up_even_what_does_not_wait_for_it(thing: OneThing) -> None:
    id = thing.submit(thing.theme(part("a", on_failure=STOP), part("b"), part("c", "b"))).id
    thing.run(id)
    thing.decide(id, "a", granted=False)
    thing.run(id)
    assert statuses(thing, id) == {"a": "FAILED", "b": "OPEN", "c": "GIVEN_UP"}


def test_of_alternatives_the_one_that_was_chosen_becomes_a_case(thing: OneThing) -> None:
    theme = thing.theme(part("a", one_of="kind"), part("b", one_of="kind"), part("c", "a", "b"))
    with refused(INVALID) as refusal:
        thing.submit(theme)
    assert refusal.fields == {"answers[choose_kind]": "REQUIRED"}
    id = thing.submit(theme, answers={"choose_kind": catalog.Answer(values=["b"])}).id
    thing.run(id)
    assert statuses(thing, id) == {"a": "NOT_PART", "b": "OPEN", "c": "WAITING"}
    thing.decide(id, "b")
    thing.run(id)
    assert statuses(thing, id) == {"a": "NOT_PART", "b": "WELL", "c": "OPEN"}


def test_a_stage_closes_when_all_of_it_ended_well(thing: OneThing) -> None:
    theme = thing.theme(
        part("a", stage="立项"), part("b", stage="立项"), part("c", "a", "b", stage="施工"), project=True
    )
    id = thing.submit(theme, project_code=PROJECT).id
    thing.run(id)
    thing.decide(id, "a")
    assert [one.closed for one in thing.run(id).stages] == [False, False]
    thing.decide(id, "b")
    seen = thing.run(id)
    assert [(one.name, one.closed) for one in seen.stages] == [("立项", True), ("施工", False)]
    assert thing.status(id, "c") == "OPEN"
    thing.decide(id, "c", granted=False)
    assert [one.broken for one in thing.run(id).stages] == [False, True]


def test_one_late_child_leaves_the_clocks_of_the_others_alone(thing: OneThing, database: Db) -> None:
    thing.items["a"] = publish(
        database, item("a", promised_limit=catalog.Limit(amount=1, unit=catalog.TIME_UNIT_WORKING_DAY))
    )
    id = thing.submit(thing.theme(part("a"), part("b"))).id
    thing.run(id)
    for key in "ab":
        thing.desk(id, key, "receive").AcceptCase(case_id=thing.case_of(id, key))
    clocks = ("accepted_at", "promised_due", "statutory_due", "light", "version")
    before = thing.citizen.GetCase(case_id=thing.case_of(id, "b"))
    # A is asked for something else for ever, and its clock runs out.
    database["cases"].update_one(
        {"_id": thing.case_of(id, "a")},
        {"$set": {"state.promised_due": store.cases(database).get(id=thing.case_of(id, "a")).state.submitted_at}},
    )
    seen = thing.run(id)
    assert thing.branch(id, "a").light == case_pb.LIGHT_RED
    after = thing.citizen.GetCase(case_id=thing.case_of(id, "b"))
    assert [getattr(after, one) for one in clocks] == [getattr(before, one) for one in clocks]
    assert seen.longest == "b" and "事项b" in seen.waits_for


def test_half_a_day_is_half_a_day_and_no_fee_is_shown_as_none(thing: OneThing, database: Db) -> None:
    free = catalog.Fee(name="登记费", standard="免费")
    half = catalog.Limit(amount=1, unit=catalog.TIME_UNIT_HALF_DAY)
    for key in "ab":
        thing.items[key] = publish(database, item(key, fees=[free], promised_limit=half))
    submitted = thing.submit(thing.theme(part("a"), part("b"), stated_limit=half))
    assert submitted.promised_due > submitted.submitted_at
    thing.run(submitted.id)
    for key in "ab":
        case = thing.citizen.GetCase(case_id=thing.case_of(submitted.id, key))
        assert [(one.name, one.amount, one.open) for one in case.fees] == [("登记费", 0, False)]
    assert all(one.fees_owed == 0 for one in thing.get(submitted.id).branches)


def test_results_are_shown_one_by_one_only_where_the_theme_says_so(thing: OneThing, database: Db) -> None:
    for key in "ab":
        thing.items[key] = publish(database, item(key, result_name="许可证"))
    found = {}
    for partial in (True, False):
        id = thing.submit(thing.theme(part("a"), part("b"), partial_results=partial)).id
        thing.run(id)
        thing.decide(id, "a", close=False)
        thing.desk(id, "a", "issue").IssueResult(case_id=thing.case_of(id, "a"), result_number="许1号")
        thing.run(id)
        found[partial] = thing.branch(id, "a").result_number
    assert found == {True: "许1号", False: ""}


# --- what goes wrong ----------------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_between_two_children_opens_the_rest_later(
    thing: OneThing, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    id = thing.submit(thing.theme(part("a"), part("b"), part("c"))).id
    real, opened = Children._create, list[str]()

    def dies(self: Children, asked: Any) -> Any:
        if opened:
            raise Died
        opened.append(asked.bundle_key)
        return real(self, asked)

    monkeypatch.setattr(Children, "_create", dies)
    with pytest.raises(Died):
        thing.hear(id, only=["BundleSubmitted"])
    monkeypatch.setattr(Children, "_create", real)
    assert not any(one.case_id for one in thing.state(id).branches), "the parent knows of none"
    (first,) = store_bundles.children(store.cases(thing.database), id)
    thing.sweep()
    assert set(statuses(thing, id).values()) == {"OPEN"}
    assert thing.case_of(id, opened[0]) == first.id
    thing.sweep()
    assert len(store_bundles.children(store.cases(thing.database), id)) == 3


def test_an_item_that_is_suspended_meanwhile_blocks_its_branch_until_it_resumes(thing: OneThing, database: Db) -> None:
    items = store_items.Items(database)
    id = thing.submit(thing.theme(part("a"), part("b", "a"))).id
    thing.run(id)
    items.suspend(thing.items["b"], 5)
    thing.decide(id, "a")
    thing.run(id)
    for reader in (thing.mine, thing.by(officer("decide", department=LEAD))):
        seen = next(one for one in reader.GetBundle(bundle_id=id).branches if one.key == "b")
        assert (seen.status, seen.fault, seen.fault_title) == (
            2,
            "ITEM_SUSPENDED",
            "该事项已暂停受理，恢复后自动办理",
        )
    for _ in range(3):
        thing.sweep()
    version = thing.get(id).version
    thing.sweep()
    assert thing.get(id).version == version, "what stays as it is is not written again"
    items.resume(thing.items["b"], 6, 1)
    thing.sweep()
    assert thing.status(id, "b") == "OPEN" and thing.branch(id, "b").fault == ""


def test_an_item_that_changed_meanwhile_takes_what_still_does_for_it(thing: OneThing, database: Db) -> None:
    id = thing.submit(thing.theme(part("a"), part("b", "a"), part("d", "a"))).id
    thing.run(id)
    publish(database, item("b", name="新的事项b"), thing.items["b"], 2)
    more = catalog.Material(key="more", name="新材料", necessity=catalog.NECESSITY_REQUIRED)
    publish(database, item("d", materials=[more]), thing.items["d"], 2)
    thing.decide(id, "a")
    thing.run(id)
    assert statuses(thing, id) == {"a": "WELL", "b": "OPEN", "d": "BLOCKED"}
    assert thing.citizen.GetCase(case_id=thing.case_of(id, "b")).edition == 2
    assert thing.branch(id, "d").fault_title == "该事项的要求已变更，原提交的内容不再适用"
    with refused(PRECONDITION, "NOT_THE_LEAD"):
        thing.by(officer("decide", department=OTHER_DEPARTMENT)).GiveUpBranch(bundle_id=id, key="d", reason="已变更")
    lead = thing.by(officer("decide", department=LEAD))
    with refused(INVALID, "BRANCH_UNKNOWN"):
        lead.GiveUpBranch(bundle_id=id, key="zzz", reason="已变更")
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        lead.GiveUpBranch(bundle_id=id, key="b", reason="已变更")
    lead.GiveUpBranch(bundle_id=id, key="d", reason="要求变更，请另行申请")
    thing.decide(id, "b")
    assert overall(thing.run(id)) == "PARTLY_DONE"
    assert any(one.text == "要求变更，请另行申请" for one in thing.get(id).timeline)


def test_taking_it_back_gives_up_what_has_not_begun_and_withdraws_what_has(thing: OneThing) -> None:
    id = thing.submit(thing.theme(part("a"), part("b"), part("c", "a"), part("e"))).id
    thing.run(id)
    thing.desk(id, "b", "receive").AcceptCase(case_id=thing.case_of(id, "b"))
    thing.decide(id, "e")
    thing.run(id)
    thing.mine.WithdrawBundle(bundle_id=id, reason="不办了")
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        thing.mine.WithdrawBundle(bundle_id=id)
    thing.run(id)
    assert statuses(thing, id) == {"a": "FAILED", "b": "OPEN", "c": "GIVEN_UP", "e": "WELL"}
    waits = thing.citizen.GetCase(case_id=thing.case_of(id, "b"))
    assert waits.status == case_pb.CASE_STATUS_WITHDRAW_PENDING
    thing.desk(id, "b", "receive").ConfirmWithdrawal(case_id=waits.id)
    ended = thing.run(id)
    assert (overall(ended), thing.status(id, "b")) == ("WITHDRAWN", "FAILED")
    assert drifted(thing.api) == {}


def test_a_case_that_opened_while_the_whole_was_taken_back_is_withdrawn_too(thing: OneThing) -> None:
    id = thing.submit(thing.theme(part("a"))).id
    bundle = thing.state(id)
    thing.mine.WithdrawBundle(bundle_id=id)
    # A worker that had read the parent before opens the branch now.
    worker.build(thing.api.parts)
    thing.run(id)
    assert overall(thing.get(id)) == "WITHDRAWN"
    worker.Worker.children._open(bundle, "a")
    worker.Worker.children.advance(id)
    (case,) = store_bundles.children(store.cases(thing.database), id)
    assert thing.citizen.GetCase(case_id=case.id).status == case_pb.CASE_STATUS_WITHDRAWN
    assert overall(thing.get(id)) == "WITHDRAWN" and thing.status(id, "a") == "FAILED"


def test_an_erased_person_leaves_branches_that_never_begin(thing: OneThing, case_api: Here) -> None:
    applicant = thing.mine.actor
    assert applicant
    id = thing.submit(thing.theme(part("a"), part("b", "a")), form=WHO | {"of_a": "甲"}).id
    thing.run(id)
    hear(case_api, "forget_person", PersonErased(person_id=applicant.id), applicant.id, 1)
    thing.decide(id, "a")
    seen = thing.run(id)
    assert (seen.erased, list(seen.answers)) == (True, [])
    assert (thing.status(id, "b"), thing.branch(id, "b").fault) == ("GIVEN_UP", "PERSON_ERASED")
    assert overall(seen) == "PARTLY_DONE"
    assert drifted(case_api) == {}


def test_files_of_an_application_whose_branches_have_not_begun_are_not_swept(thing: OneThing, case_api: Here) -> None:
    only = catalog.Material(key="wish", name="联办申请表", necessity=catalog.NECESSITY_REQUIRED)
    theme = thing.theme(part("a"), materials=[only])
    submitted = thing.submit(theme, materials=handed_in(thing.citizen, "wish", "card"))
    thing.database["attachments.files"].update_many(
        {}, {"$set": {"metadata.at": thing.state(submitted.id).submitted_at.replace(year=2025)}}
    )
    worker.build(case_api.parts)().sweep_uploads()
    wish = next(one for one in submitted.materials if one.key == "wish")
    file = {"bundle_id": submitted.id, "attachment_id": wish.attachments[0].id}
    assert thing.mine.DownloadBundleFile(**file).content.startswith(b"%PDF")
    assert thing.by(officer("receive", department=LEAD)).DownloadBundleFile(**file).content
    with refused(NOT_FOUND):
        thing.by(officer("receive", department=DEPARTMENT)).DownloadBundleFile(**file)


# --- who sees it ----------------------------------------------------------------------------------------------------------------


def test_a_department_sees_what_its_branch_is_filled_by_and_masked(thing: OneThing) -> None:
    id = thing.submit(thing.theme(part("a"), part("b")), form=WHO | {"of_a": "甲", "of_b": "乙"}).id
    seen = {
        name: {one.field.key: one.value for one in thing.by(actor).GetBundle(bundle_id=id).answers}
        for name, actor in {
            "lead": officer("receive", department=LEAD),
            "a": officer("receive", department=DEPARTMENT),
            "b": officer("receive", department=OTHER_DEPARTMENT),
            "supervisor": supervisor(department="11990121MB0000005C"),
        }.items()
    }
    masked = {"name": "张三丰", "phone": "139****5678"}
    assert seen["a"] == masked | {"of_a": "甲"}
    assert seen["b"] == masked | {"of_b": "乙"}
    assert seen["lead"] == masked | {"of_a": "甲", "of_b": "乙"}
    assert seen["supervisor"] == {}
    assert {one.field.key: one.value for one in thing.get(id).answers} == WHO | {"of_a": "甲", "of_b": "乙"}


def test_nobody_else_sees_it_and_a_supervisors_look_is_noted(thing: OneThing) -> None:
    id = thing.submit(thing.theme(part("a"))).id
    strangers = (
        person(),
        officer("receive", department=OTHER_DEPARTMENT),
        officer("catalog", department=DEPARTMENT),
        supervisor(region="990221"),
    )
    for actor in strangers:
        with refused():
            thing.by(actor).GetBundle(bundle_id=id)
        if actor.realm != person().realm and not actor.roles.isdisjoint({"receive", "supervise"}):
            assert thing.by(actor).ListBundles(department=DEPARTMENT).bundles == []
    watches = supervisor(department="11990121MB0000005C")
    assert [one.id for one in thing.by(watches).ListBundles(department=DEPARTMENT).bundles] == [id]
    assert not thing.citizen.ListCaseAccesses().accesses
    thing.by(watches).GetBundle(bundle_id=id)
    (look,) = thing.citizen.ListCaseAccesses().accesses
    assert (look.case_id, look.what) == (id, "监督查阅")
    with refused(INVALID, "REQUIRED"):
        thing.by(supervisor(department="")).ListBundles()


def test_lists_show_the_lead_the_departments_and_the_applicant_theirs(thing: OneThing) -> None:
    theme = thing.theme(part("a"), part("b"))
    ids = [thing.submit(theme).id for _ in range(3)][::-1]
    for department in (LEAD, DEPARTMENT, OTHER_DEPARTMENT):
        desk = thing.by(officer("review", department=department))
        first = desk.ListBundles(page_size=2)
        rest = desk.ListBundles(page_size=2, page_token=first.next_page_token)
        assert [one.id for one in [*first.bundles, *rest.bundles]] == ids
    assert [one.id for one in thing.mine.ListMyBundles().bundles] == ids
    assert thing.by(person()).ListMyBundles().bundles == []


# --- bounds -----------------------------------------------------------------------------------------------------------------------


def test_forty_branches_fit_into_one_journal_whatever_becomes_of_them(thing: OneThing, database: Db) -> None:
    names = [f"n{number}" for number in range(40)]
    for name in names:
        thing.items[name] = publish(database, item(name, form_fields=[], materials=[]))
    theme = thing.theme(*(part(name, stage=f"第{number}阶段") for number, name in enumerate(names)))
    id = thing.submit(theme, form={}, materials=[]).id
    items = store_items.Items(database)
    for round in range(1, 8):
        for name in names:
            (items.suspend if round % 2 else items.withdraw)(thing.items[name], 10 + round)
        database["items"].update_many({}, {"$set": {"withdrawn": not round % 2}})
        thing.sweep()
    database["items"].update_many({}, {"$set": {"withdrawn": False, "suspended": False}})
    thing.sweep()
    assert len(store_bundles.children(store.cases(database), id)) == 40
    for row in store_bundles.children(store.cases(database), id):
        database["cases"].update_one(
            {"_id": row.id},
            {
                "$set": {"state.decided_at": row.state.submitted_at, "state.deliver_due": row.state.submitted_at},
                "$inc": {"version": 1},
            },
        )
        worker.Worker.children.follow(row.id)
        database["cases"].update_one(
            {"_id": row.id}, {"$set": {"state.status": case_pb.CASE_STATUS_CLOSED}, "$inc": {"version": 1}}
        )
        worker.Worker.children.follow(row.id)
    seen = thing.get(id)
    assert overall(seen) == "DONE" and seen.version <= 400
