"""The portal's desks of policy inside the test's process: appeals, complaints and news, with their timers."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Actor, Evolve, Moment, holder
from services.policy import store_appeals, store_complaints, store_news
from standards.workdays import local_day
from tests.support import agencies
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.serving import Here, serving
from yiwang.policy.v1 import appeals_pb2, complaints_pb2, news_pb2

Db = Database[dict[str, Any]]
# A working day at noon in China.
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
ENOUGH = timedelta(days=1)
# All that is said in a complaint.
COMPLAINT = {
    "department": DEPARTMENT,
    "department_name": "某某市场监管局",
    "officer_name": "欧阳科长",
    "title": "反复要求补件",
    "text": "同一份食品经营许可材料被要求补正四次，每次理由都不一样，并暗示找指定中介代办",
    "region": REGION,
    "complainant_name": "某某食品商行",
    "contact": "19900000559",
}
COMPLAINT_SECRETS = tuple(value for name, value in COMPLAINT.items() if name != "region")


class Enterprise(NamedTuple):
    """An enterprise's handler and its USCC."""

    actor: Actor
    uscc: str


def enterprise() -> Enterprise:
    """Another enterprise each time."""
    code = agencies.uscc()
    company = person(level=3)
    return Enterprise(handler(replace(company, holder=holder(company.id, code))), code)


class PortalHere(Here):
    """The portal's desks of policy inside this process."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.enterprise = enterprise()
        self.router = officer("policy", department=OTHER_DEPARTMENT)
        self.boss = supervisor(department=OTHER_DEPARTMENT)
        self.desk = officer("review", department=DEPARTMENT)
        self.writer, self.reviewer = (officer("policy", department=DEPARTMENT) for _ in range(2))

    # -- appeals

    def appeals(self, actor: Actor | None) -> Any:
        """AppealService as this actor calls it."""
        return self.by(actor, service="AppealService")

    def appeal(self, by: Enterprise | None = None, **told: Any) -> appeals_pb2.Appeal:
        """An appeal that was submitted."""
        by = by or self.enterprise
        said: dict[str, Any] = {
            "kind": appeals_pb2.APPEAL_KIND_LAND,
            "title": "扩建用地指标",
            "text": "厂房扩建用地预审已半年没有结果",
            "contact": "19900000558",
            "region": REGION,
            "uscc": by.uscc,
            "enterprise_name": "某某食品有限公司",
        }
        answer: appeals_pb2.Appeal = self.appeals(by.actor).SubmitAppeal(**said | told)
        return answer

    def appeal_in(self, status: int, by: Enterprise | None = None) -> str:
        """An appeal that stands so; its id."""
        by = by or self.enterprise
        id = self.appeal(by).appeal_id
        steps: list[tuple[int, Callable[[], Any]]] = [
            (appeals_pb2.APPEAL_STATUS_ROUTED, lambda: self.route(id)),
            (appeals_pb2.APPEAL_STATUS_ACCEPTED, lambda: self.appeals(self.desk).AcceptAppeal(appeal_id=id)),
            (
                appeals_pb2.APPEAL_STATUS_ANSWERED,
                lambda: self.appeals(self.desk).AnswerAppeal(appeal_id=id, text="指标已于本月下达"),
            ),
            (appeals_pb2.APPEAL_STATUS_CLOSED, lambda: self.appeals(by.actor).RateAppeal(appeal_id=id, score=5)),
        ]
        for reached, step in steps:
            if reached <= status:
                step()
        return id

    def route(self, id: str, department: str = DEPARTMENT) -> appeals_pb2.Appeal:
        """It is handed to a department."""
        answer: appeals_pb2.Appeal = self.appeals(self.router).RouteAppeal(
            appeal_id=id, department=department, department_name="自然资源局", note="请按时受理"
        )
        return answer

    def appeals_come_due(self, id: str) -> Any:
        """As if what is due in an appeal were due now, and the timer came round; its state."""
        all = store_appeals.appeals(self.database)
        _make_due(all.collection, id, "step_due")
        store_appeals.timing(self.database, all).round()
        return all.get(id).state

    # -- complaints

    def complaints(self, actor: Actor | None) -> Any:
        """ComplaintService as this actor calls it."""
        return self.by(actor, service="ComplaintService")

    def complain(self, actor: Actor | None, **told: Any) -> complaints_pb2.Complaint:
        """A complaint about DEPARTMENT that was submitted."""
        answer: complaints_pb2.Complaint = self.complaints(actor).SubmitComplaint(**COMPLAINT | told)
        return answer

    def accept(self, id: str) -> complaints_pb2.Complaint:
        """Supervision looks into it."""
        answer: complaints_pb2.Complaint = self.complaints(self.boss).AcceptComplaint(complaint_id=id)
        return answer

    def complaints_come_due(self, id: str, collection: str = "complaints") -> Any:
        """As if what is due in a complaint, or in a question, were due now, and the timers came round; its state."""
        _make_due(self.database[collection], id)
        for timing in store_complaints.timings(self.database):
            timing.round()
        records = {one.collection.name: one for one in store_complaints.records(self.database)}
        return records[collection].get(id).state

    # -- news

    def news(self, actor: Actor | None) -> Any:
        """NewsService as this actor calls it."""
        return self.by(actor, service="NewsService")

    def write(self, id: str = "", **told: Any) -> news_pb2.News:
        """What is to be published, written."""
        answer: news_pb2.News = self.news(self.writer).SaveNews(
            news_id=id, content=news_content(**told), department_name="招商局"
        )
        return answer

    def publish(self, **told: Any) -> str:
        """Something that is published; its id."""
        written = self.write(**told)
        self.news(self.reviewer).ReviewNews(news_id=written.news_id, version=written.version)
        return written.news_id

    def news_come_due(self, id: str, **instants: datetime) -> Any:
        """As if its instants were these and what is due were due now, and the timer came round; its state."""
        all = store_news.news(self.database)
        _make_due(all.collection, id, **instants)
        store_news.timing(self.database).round()
        return all.get(id).state


def news_content(**told: Any) -> news_pb2.NewsContent:
    """An investment project that is sound, but for what is told otherwise; fields by name."""
    today = local_day(told.pop("now", datetime.now(UTC)))
    fields = {
        "industry": "食品加工",
        "amount_fen": "5000000000",
        "location": "某县工业园区",
        "office_phone": "0826-2345678",
    }
    fields = told.pop("fields", fields | told.pop("more", {}))
    said: dict[str, Any] = {
        "kind": news_pb2.NEWS_KIND_INVESTMENT_PROJECT,
        "title": "年产五万吨柚子深加工项目",
        "summary": "拟引进一家龙头企业",
        "text": "园区提供标准厂房",
        "region": REGION,
        "review_on": str(today + timedelta(days=90)),
    }
    rows = [news_pb2.NewsField(name=name, value=value) for name, value in fields.items()]
    return news_pb2.NewsContent(**said | told, fields=rows)


def _make_due(collection: Any, id: str, *others: str, **instants: datetime) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    changed = dict.fromkeys(("due", *others), past) | instants
    collection.update_one({"_id": id}, {"$set": {f"state.{name}": at for name, at in changed.items()}})


def evolved(evolve: Evolve, state: Any, *said: Message | None, at: datetime = NOW, by: str = "system:test") -> Any:
    """The state after these events."""
    for event in said:
        assert event is not None
        state = evolve[type(event)](state, event, Moment(at, by))
    return state


def portal_here(database: Db) -> AbstractContextManager[PortalHere]:
    """policy inside this process, as tests of its portal ask it."""
    return serving("policy", database, PortalHere)
