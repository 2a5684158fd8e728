"""Appeals, complaints, news and the bulletin as services tell them in tests of pages; every text has a script in it, which no
page may run."""

from collections.abc import Sequence
from typing import Any

from tests.unit.gateway.told import Services, Site, session
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.identity.v1 import officers_pb2 as officers
from yiwang.policy.v1 import appeals_pb2 as appeals
from yiwang.policy.v1 import bulletins_pb2 as bulletins
from yiwang.policy.v1 import complaints_pb2 as complaints
from yiwang.policy.v1 import news_pb2 as news

APPEAL = "7b0f3c1e-0000-4000-8000-0000000000d1"
COMPLAINT = "7b0f3c1e-0000-4000-8000-0000000000d2"
QUESTION = "7b0f3c1e-0000-4000-8000-0000000000d3"
NEWS = "7b0f3c1e-0000-4000-8000-0000000000d4"
USCC = "919901219901A01006"
DEPARTMENT = "11990121000001185L"
AT = "2026-11-20T06:07:00Z"
CODE = "ABCDEFGHIJKLMNOP"
DEPARTMENTS = officers.ListDepartmentsResponse(
    departments=[officers.Department(uscc=DEPARTMENT, name=f"经信局{SCRIPT}", region="990121")]
)


def an_appeal(status: int = appeals.APPEAL_STATUS_ROUTED, *moves: str, **facts: Any) -> appeals.Appeal:
    """An appeal that is late, was late, extended, rated and opened again."""
    line = {"at": AT, "text": SCRIPT, "department_name": SCRIPT}
    told: dict[str, Any] = {
        "appeal_id": APPEAL, "version": 4, "number": "990121261120ABCDEFGH", "kind": appeals.APPEAL_KIND_PAYMENT, "status": status,
        "title": f"奖补没到账{SCRIPT}", "text": SCRIPT, "contact": f"联系人{SCRIPT}", "uscc": USCC, "enterprise_name": f"甲公司{SCRIPT}",
        "region": "990121", "department": DEPARTMENT, "department_name": f"经信局{SCRIPT}", "submitted_at": AT, "due": AT,
        "overdue": True, "late": ["ROUTING"], "extended": True, "returns": 1, "reopened": 1, "reopen_until": AT, "open_moves": moves,
        "ratings": [appeals.AppealRating(score=2, reason=SCRIPT, at=AT), appeals.AppealRating(at=AT)],
        "lines": [appeals.AppealLine(who="企业", what="提交", **line), appeals.AppealLine(who="承办部门", what="答复", **line)],
    }  # fmt: skip
    return appeals.Appeal(**told | facts)


SECRETS = ("马场街乱收费", "投诉人甲", "私人电话", "某股长")


def a_question(answer: str = "") -> complaints.SupervisionQuestion:
    """What supervision asks."""
    return complaints.SupervisionQuestion(
        question_id=QUESTION, version=2, text=f"请说明收费依据{SCRIPT}", asked_at=AT, due=AT, overdue=True, answer=answer,
        answered_at=AT if answer else "",
    )  # fmt: skip


def a_complaint(status: int = complaints.COMPLAINT_STATUS_ACCEPTED, *moves: str, **facts: Any) -> complaints.Complaint:
    """A complaint with everything in it."""
    text, who, contact, officer = SECRETS
    told: dict[str, Any] = {
        "complaint_id": COMPLAINT, "version": 3, "number": "990121261120QRSTUVWX", "status": status, "title": f"{text}{SCRIPT}",
        "text": f"{text}{SCRIPT}", "complainant_name": who, "contact": contact, "department": DEPARTMENT,
        "department_name": f"经信局{SCRIPT}", "officer_name": officer, "region": "990121", "submitted_at": AT, "due": AT,
        "overdue": True, "late": ["ACCEPTANCE"], "questions": [a_question(), a_question("有依据")], "open_moves": moves,
        "looks": [complaints.ComplaintLook(at=AT, department=USCC)],
    }  # fmt: skip
    return complaints.Complaint(**told | facts)


CONCLUDED: dict[str, Any] = {
    "outcome": complaints.COMPLAINT_OUTCOME_PARTLY, "reply": f"已经退还{SCRIPT}", "measures": f"规范收费{SCRIPT}", "concluded_at": AT,
}  # fmt: skip
KINDS = news.NewsKinds(
    kinds=[
        news.NewsKindFields(
            kind=news.NEWS_KIND_PARK, title="产业园区",
            fields=[
                news.NewsFieldKind(name="area", title="规划面积", type="NUMBER", unit="平方米", required=True),
                news.NewsFieldKind(name="rent_fen", title="租金", type="FEN", unit="分/平方米·月"),
                news.NewsFieldKind(name="industries", title="主导产业", type="LIST", required=True),
                news.NewsFieldKind(name="open_on", title="开园", type="DAY"),
            ],
        )
    ]
)  # fmt: skip


def a_content(**facts: Any) -> news.NewsContent:
    """A park."""
    fields = {"area": "12000", "rent_fen": "300050", "industries": f"纺织、机械{SCRIPT}", "open_on": "2026-01-31"}
    told: dict[str, Any] = {
        "kind": news.NEWS_KIND_PARK, "title": f"东河产业园{SCRIPT}", "summary": SCRIPT, "text": SCRIPT, "region": "990121",
        "fields": [news.NewsField(name=name, value=value) for name, value in fields.items()], "review_on": "2027-01-31",
        "expires_on": "2027-06-30",
    }  # fmt: skip
    return news.NewsContent(**told | facts)


def a_news(*moves: str, **facts: Any) -> news.News:
    """A piece of news that is published, and written anew."""
    told: dict[str, Any] = {
        "news_id": NEWS, "version": 5, "status": news.NEWS_STATUS_PUBLISHED, "content": a_content(), "edition": 2,
        "department": DEPARTMENT, "department_name": SCRIPT, "published_at": AT, "unconfirmed": True, "open_moves": moves,
    }  # fmt: skip
    return news.News(**told | facts)


BULLETIN = bulletins.Bulletin(
    region="990121", first_month="2026-01", last_month="2026-02", policies=31, payable_policies=17, items=43, payable_items=29,
    enterprises=4321, enterprises_joined=765, claims=88, payments=61, enterprises_paid=57, paid_fen=123_456_789_00,
    proactive_fen=61_728_394_50, refused=9, visits=10203, appeals=12, appeals_closed=11, appeals_satisfied=2, appeals_rated=3,
    complaints=6, news={"PARK": 4, "INVESTMENT_PROJECT": 14}, counted_at=AT,
    months=[bulletins.BulletinMonth(month="2026-01", claims=50, payments=30, paid_fen=100_00),
            bulletins.BulletinMonth(month="2026-02", claims=38, payments=31, paid_fen=123_456_689_00)],
    modes=[bulletins.BulletinPart(key="PAYOUT_MODE_PROACTIVE", claims=40, payments=40, paid_fen=61_728_394_50)],
    departments=[bulletins.BulletinPart(key=DEPARTMENT, name=f"经信局{SCRIPT}", claims=88, payments=61, paid_fen=123_456_789_00)],
    items_paid=[bulletins.BulletinPart(key=NEWS, name=f"上规奖励{SCRIPT}", claims=20, payments=19, paid_fen=5_00)],
)  # fmt: skip


def officer(site: Site, services: Services, roles: Sequence[str]) -> None:
    """Signs an officer with these roles in."""
    reply = session(True)
    del reply.me.officer.roles[:]
    reply.me.officer.roles.extend(roles)
    services.on("SignIn", reply)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})
