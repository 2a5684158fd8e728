"""What else lies on an officer's desk: the whole case, opinions, slots, broken promises, reported cases, and electronic supervision."""

import pytest

from tests.unit.gateway.told import CASE, USCC, Services, Site, a_case, refuse, session
from yiwang.case.v1 import documents_pb2 as documents
from yiwang.case.v1 import exchange_pb2 as exchange
from yiwang.case.v1 import procedures_pb2 as procedures
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import supervision_pb2 as supervision
from yiwang.case.v1 import trace_pb2 as traces
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import officers_pb2 as officers

ID = "7b0f3c1e-0000-4000-8000-000000000009"
AT = "2026-03-05T06:07:00Z"
OTHER = officers.Department(uscc="11990121MB0000001K", name="示范县卫生健康局")


def as_officer(site: Site, services: Services, *roles: str, region: str = "990121") -> None:
    reply = session(as_officer=True)
    reply.me.officer.roles[:] = roles
    reply.me.officer.region = region
    services.on("SignIn", reply)
    services.on("ListDepartments", officers.ListDepartmentsResponse(departments=[OTHER]))
    site.send("/sign-in", {"login": "who", "password": "secret-password"})


# -- the whole case ----------------------------------------------------------------------------------------------------


def a_whole_case() -> cases.Case:
    case = a_case(cases.CASE_STATUS_SUSPENDED)
    case.department = USCC
    case.deemed, case.receipt_digest, case.statutory_due = True, "ab" * 32, AT
    case.accepted_at, case.deliver_due, case.automatic = AT, AT, "UNKNOWN"
    case.procedures.add(
        number=1,
        title="听证",
        pauses=True,
        started_at=AT,
        expected_until=AT,
        notice="定于下周听证",
        hearing_on="2026-03-12",
    )
    case.opinions.add(department_name="示范县消防救援大队", due=AT, question="是否符合消防要求")
    case.opinions.add(department_name="示范县自然资源局", given_at=AT, agrees=True, text="符合规划")
    visit = case.visits.add(number=1, start=AT, end=AT)
    visit.signatures.add(passed=True, at=AT, findings="布局合理").evidence.add(id=ID, filename="现场.jpg", size=2048)
    case.fees.add(name="工本费", amount=0)
    case.fees.add(name="检测费", open=True)
    case.fees_owed, case.delivery, case.parcel_state, case.tracking_number = (
        8050,
        cases.DELIVERY_WAY_EXPRESS,
        "IN_TRANSIT",
        "SF1",
    )
    case.stood_for.add(material="m1", waiver=catalog.WAIVER_LICENCE, manual=True)
    case.deferred.append("m1")
    case.deferred_due, case.promise_digest, case.promise_state = AT, "cd" * 32, "BROKEN"
    case.extension_asked = 10
    return case


def the_rest(services: Services, whole: bool = True) -> None:
    paper = documents.Document(
        number="990121260305ABCDEF0-A3", title="受理通知书", made_at=AT, state=documents.DOCUMENT_STATE_REPLACED
    )
    services.on("ListDocuments", documents.ListDocumentsResponse(documents=[paper]))
    trace = traces.Trace(
        verdict=traces.JournalVerdict(whole=whole, entries=7, broken_at=0 if whole else 4, head="ef" * 32)
    )
    trace.holdings.add(holder="测试局", status="特别程序中", **{"from": AT})
    trace.clocks.add(
        title="法定时限",
        used="已用3个工作日，剩17个工作日",
        due=AT,
        basis="行政许可法第四十二条",
        notes=["听证期间暂停"],
    )
    services.on("GetTrace", trace)
    services.on("ListFindings", supervision.ListFindingsResponse(findings=[a_finding()]))


def a_finding(status: int = supervision.FINDING_STATUS_OPEN, department: str = USCC) -> supervision.Finding:
    finding = supervision.Finding(
        id=ID, status=status, rule="J02", title="超过承诺时限未作出决定", warning=supervision.WARNING_KIND_YELLOW, case_id=CASE,
        case_number="990121260305ABCDEF0", item_name="测试事项", department=department, raised_at=AT, evidence="第7条记录",
        answer_due=AT, answer_overdue=True,
    )  # fmt: skip
    finding.lines.add(at=AT, by="责任部门", text="正在补办")
    return finding


def test_everything_about_a_case_stands_on_its_page(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("GetCase", a_whole_case())
    the_rest(services)
    page = site.get(f"/desk/{CASE}").text
    for said in (
        "时限暂停", "定于下周听证", "听证日期 2026年3月12日", "是否符合消防要求", "符合规划", "待反馈", "布局合理", "1 人已签字",
        f"/cases/{CASE}/files/{ID}", "0 元", "待核定", "应缴 80.50 元", "快递送达", "运送中", "待人工核验", "容缺待补", "与承诺不符",
        "已申请延长 10 个工作日", "逾期未告知，视为受理", "事实不全，转人工", "ab" * 32, "受理通知书",
        f"/desk/cases/{CASE}/documents/990121260305ABCDEF0-A3", "期限已变更", "已用3个工作日", "听证期间暂停", "完整", "共 7 条",
        f"/desk/findings/{ID}", "黄牌",
    ):  # fmt: skip
        assert said in page, said
    assert services.requests("ListFindings")[-1].case_id == CASE


def test_a_journal_that_was_tampered_with_is_said_so(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("GetCase", a_whole_case())
    the_rest(services, whole=False)
    page = site.get(f"/desk/{CASE}").text
    assert "被改动" in page and "自第 4 条起" in page


def test_a_case_is_worked_on_while_what_stands_beside_it_is_away(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("GetCase", a_whole_case())
    for method in ("ListDocuments", "GetTrace", "ListFindings"):
        services.on(method, refuse("UNAVAILABLE", "STORE_AWAY"))
    page = site.get(f"/desk/{CASE}")
    assert page.status_code == 200 and "文书暂时无法读取" in page.text and "办件轨迹暂时无法读取" in page.text


def test_another_departments_case_is_looked_at_once_unless_more_is_asked_for(site: Site, services: Services):
    """Each of a supervisor's looks is a line the applicant reads."""
    as_officer(site, services, "supervise")
    case = a_whole_case()
    case.department = OTHER.uscc
    services.on("GetCase", case)
    the_rest(services)
    page = site.get(f"/desk/{CASE}").text
    assert not services.requests("GetTrace") and f"/desk/{CASE}?all=1" in page and f"/desk/{CASE}/urge" in page
    assert "完整" in site.get(f"/desk/{CASE}?all=1").text and services.requests("ListDocuments")


def test_a_window_whose_case_was_taken_over_is_shown_nothing_that_was_handed_in(site: Site, services: Services):
    as_officer(site, services, "receive")
    case = a_case(cases.CASE_STATUS_RECEIVED)
    case.department, case.department_name, case.receiving_department = OTHER.uscc, OTHER.name, USCC
    services.on("GetCase", case)
    the_rest(services)
    assert "申请材料" in site.get(f"/desk/{CASE}").text
    case.taken_at = AT
    page = site.get(f"/desk/{CASE}").text
    assert "不再向收件窗口显示" in page and "申请材料" not in page and "受理通知书" not in page


# -- opinions, slots, promises, reported cases -------------------------------------------------------------------------


def test_opinions_that_were_asked_for_lead_to_their_cases_page_by_page(site: Site, services: Services):
    as_officer(site, services, "review")
    one = procedures.OpinionAsked(
        case_id=CASE, item_name="测试事项", department_name="示范县住建局", open=True, opinion=cases.CaseOpinion(due=AT)
    )
    services.on("ListOpinionsAsked", procedures.ListOpinionsAskedResponse(opinions=[one], next_page_token="p2"))
    page = site.get("/desk/opinions?page=p1").text
    assert f'href="/desk/{CASE}"' in page and "示范县住建局" in page and "待反馈" in page and "page=p2" in page
    assert services.requests("ListOpinionsAsked")[-1].page_token == "p1" and "回到第一页" in page
    services.on("ListOpinionsAsked", procedures.ListOpinionsAskedResponse())
    assert "没有征求意见的办件" in site.get("/desk/opinions").text


def test_slots_are_opened_for_some_weeks_at_once(site: Site, services: Services):
    as_officer(site, services, "review")
    services.on(
        "ListSlots",
        procedures.ListSlotsResponse(slots=[procedures.Slot(start=AT, end=AT, capacity=2, available=1, place="城东")]),
    )
    services.on("OpenSlots", procedures.OpenSlotsResponse())
    assert "1 / 2" in site.get("/desk/slots").text
    typed = {"day": "2026-12-07", "start": "09:00", "end": "11:30", "capacity": "2", "place": "城东", "weeks": "3"}
    assert site.send("/desk/slots", typed).headers["location"] == "/desk/slots?done=slots-opened"
    (request,) = services.requests("OpenSlots")
    assert [one.start for one in request.slots] == [f"2026-12-{day}T09:00:00+08:00" for day in ("07", "14", "21")]
    assert {(one.end[10:], one.capacity, one.place) for one in request.slots} == {("T11:30:00+08:00", 2, "城东")}


@pytest.mark.parametrize(
    ("typed", "told", "field"),
    [
        ({"day": "", "weeks": "1"}, None, "day"),
        ({"day": "2026-12-07", "weeks": "0"}, None, "weeks"),
        ({"day": "2026-12-07", "weeks": "13"}, None, "weeks"),
        ({"day": "2026-12-07", "weeks": "2", "start": "x"}, {"slots[0].start": "不是时间", "slots[1].start": "不是时间"}, "start"),
        ({"day": "2026-12-07", "weeks": "1"}, {"slots[0].capacity": "至少 1"}, "capacity"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_slots_stands_at_its_input_once(site: Site, services: Services, typed, told, field):
    as_officer(site, services, "review")
    services.on("ListSlots", procedures.ListSlotsResponse())
    services.on("OpenSlots", refuse("INVALID_ARGUMENT", "FIELD", "有误", **(told or {})))
    answer = site.send("/desk/slots", {"start": "09:00", "end": "10:00", "capacity": "1", **typed})
    assert answer.status_code == 400 and answer.text.count(f'href="#slots-{field}"') == 1
    assert f'id="slots-{field}-error"' in answer.text and bool(services.requests("OpenSlots")) == bool(told)


def test_who_does_not_review_sees_slots_and_opens_none(site: Site, services: Services):
    as_officer(site, services, "receive")
    services.on("ListSlots", procedures.ListSlotsResponse())
    assert 'name="weeks"' not in site.get("/desk/slots").text


def a_block(**more: object) -> promises.PromiseBlock:
    return promises.PromiseBlock(
        id=ID, case_id=CASE, case_number="990121", item_name="测试事项", **{"from": AT, "blocked": True, **more}
    )


def test_a_broken_promise_is_listed_and_its_block_lifted_with_a_reason(site: Site, services: Services):
    as_officer(site, services, "decide")
    lifted = a_block(blocked=False, lifted_at=AT, reason="已履行义务")
    services.on(
        "ListPromiseBlocks", promises.ListPromiseBlocksResponse(blocks=[a_block(), lifted], next_page_token="p2")
    )
    page = site.get("/desk/promise-blocks").text
    assert page.count('name="block_id"') == 1 and "限制中" in page and "已履行义务" in page and "page=p2" in page
    services.on("LiftPromiseBlock", lifted)
    answer = site.send("/desk/promise-blocks/lift", {"block_id": ID, "reason": "已履行义务"})
    assert answer.headers["location"] == "/desk/promise-blocks?done=block-lifted"
    services.on("LiftPromiseBlock", refuse("INVALID_ARGUMENT", "STRING_MIN_LEN", "有误", reason="至少 4 字"))
    wrong = site.send("/desk/promise-blocks/lift", {"block_id": ID, "reason": "好"})
    assert wrong.status_code == 400 and 'id="lift-reason-error"' in wrong.text and ">好</textarea>" in wrong.text


def test_reported_cases_are_of_the_own_department_and_for_a_supervisor_of_any(site: Site, services: Services):
    as_officer(site, services, "receive")
    one = exchange.ReportedCase(
        department=USCC,
        number="内-1/2",
        status=exchange.REPORTED_STATUS_INCOMPLETE,
        item_name="测试事项",
        missing_seqs=[2, 3],
        result="GRANTED",
    )
    services.on("ListReportedCases", exchange.ListReportedCasesResponse(cases=[one], next_page_token="p2"))
    page = site.get(f"/desk/reported?department={OTHER.uscc}").text
    assert services.requests("ListReportedCases")[-1].department == USCC and "数据不全" in page and "page=p2" in page
    one.lines.add(seq=1, at=AT, title="提交申请", text="网上")
    services.on("GetReportedCase", one)
    shown = site.get(f"/desk/reported/case?department={USCC}&number=%E5%86%85-1/2").text
    assert services.requests("GetReportedCase")[-1].number == "内-1/2" and "缺第 2、3 条" in shown and "准予" in shown
    as_officer(site, services, "supervise")
    assert "<select" in site.get(f"/desk/reported?department={OTHER.uscc}").text
    assert services.requests("ListReportedCases")[-1].department == OTHER.uscc


CLOSED = [
    ("/desk/opinions", ("supervise",)),
    ("/desk/slots", ("supervise",)),
    ("/desk/promise-blocks", ("receive", "review", "issue", "supervise")),
    ("/desk/findings", ("catalog", "administer")),
    ("/desk/reported", ("catalog", "administer")),
    (f"/desk/{CASE}/urge", ("receive", "review", "decide", "issue")),
]


@pytest.mark.parametrize(("path", "roles"), CLOSED)
def test_pages_are_closed_to_roles_that_have_no_business_there(
    site: Site, services: Services, path: str, roles: tuple[str, ...]
):
    as_officer(site, services, *roles)
    assert site.get(path).status_code == 403
    assert f'href="{path}"' not in site.get("/desk", follow_redirects=True).text


def test_who_is_no_officer_sees_none_of_it(site: Site, services: Services):
    site.sign_in()
    for path, _ in CLOSED:
        assert site.get(path).status_code == 403
