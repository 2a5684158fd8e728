"""NewsService over gRPC: what departments publish beside policies."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import Actor, now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Filter, Record
from chassis.rpc import Call
from services.policy import model_news, model_news_content, store_news
from services.policy import model_news_acts as acts
from services.policy.model_news import News
from services.policy.model_portal import SUPERVISE
from standards.codes import region_covers
from standards.instants import text
from yiwang.policy.v1 import news_pb2 as pb

PAGE = 20


class NewsApi:
    """The methods of yiwang.policy.v1.NewsService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.news = store_news.news(parts.database)
        self.timing = store_news.timing(parts.database)
        self.counties = store_news.counties(parts.database)

    def SaveNews(self, request: pb.SaveNewsRequest, call: Call) -> pb.News:
        if request.news_id:
            return self._act(request, call, lambda one: acts.save(one.id, one, request, call.actor, now()))

        def begin(id: str) -> Message:
            written = acts.save(id, None, request, call.actor, now())
            assert written is not None  # nothing was there before
            # Only of a sound one: whoever is refused leaves no county behind that timers and lists walk through.
            self.counties.know(request.content.region)
            return written

        return self._view(self.news.create(call.cause, begin), call)

    def ReviewNews(self, request: pb.ReviewNewsRequest, call: Call) -> pb.News:
        return self._act(request, call, lambda one: acts.review(one, call.actor, request.version, now()))

    def ReturnNews(self, request: pb.ReturnNewsRequest, call: Call) -> pb.News:
        return self._act(request, call, lambda one: acts.send_back(one, call.actor, request.reason))

    def ConfirmNews(self, request: pb.ConfirmNewsRequest, call: Call) -> pb.News:
        return self._act(request, call, lambda one: acts.confirm(one, call.actor, request.review_on, now()))

    def WithdrawNews(self, request: pb.WithdrawNewsRequest, call: Call) -> pb.News:
        return self._act(request, call, lambda one: acts.withdraw(one, call.actor, request.reason))

    def GetNews(self, request: pb.GetNewsRequest, call: Call) -> pb.News:
        return self._view(self.news.get(request.news_id, min_version=request.min_version), call)

    def ListNews(self, request: pb.ListNewsRequest, _call: Call) -> pb.ListNewsResponse:
        words = request.words.split()

        def wanted(one: News) -> bool:
            near = not request.region or region_covers(request.region, one.region)
            return near and all(any(word in said for said in _texts(one)) for word in words)

        counties = self.counties.within(request.region) if request.region else self.counties.all()
        size = request.page_size or PAGE
        rows, token = store_news.published(self.news, counties, request.kind, wanted, request.page_token, size)
        return pb.ListNewsResponse(news=[_public(row) for row in rows], next_page_token=token)

    def ListNewsDesk(self, request: pb.ListNewsDeskRequest, call: Call) -> pb.ListNewsResponse:
        actor = call.actor

        def wanted(one: News) -> bool:
            return (
                model_news.works_on(actor, one)
                and request.kind in (0, one.kind)
                and (not request.waiting or one.writing.waiting)
                and (not request.unconfirmed or one.unconfirmed)
            )

        matches: list[Filter] = [{"state.department": actor.department}]
        if SUPERVISE in actor.roles:
            matches = [{"state.county": county} for county in self.counties.within(actor.region)]
        rows, token = store_news.desk(self.news, matches, wanted, request.page_token, request.page_size or PAGE)
        return pb.ListNewsResponse(news=[_working(row, actor) for row in rows], next_page_token=token)

    def GetNewsKinds(self, _request: pb.GetNewsKindsRequest, _call: Call) -> pb.NewsKinds:
        return model_news_content.kinds()

    def _act(self, request: Any, call: Call, decide: Callable[[News], Message | None]) -> pb.News:
        """One move, after what is due by now; to whom what is being written is not there it is not there."""
        return self._view(self.timing.change(request.news_id, call.cause, decide), call)

    def _view(self, record: Record[News], call: Call) -> pb.News:
        if not model_news.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return _working(record, call.actor) if model_news.works_on(call.actor, record.state) else _public(record)


def _public(record: Record[News]) -> pb.News:
    """What everybody may read of what is published."""
    one = record.state
    view = pb.News(
        news_id=record.id,
        version=record.version,
        status=one.status,  # type: ignore[arg-type]
        edition=one.edition,
        department=one.department,
        department_name=one.department_name,
        published_at=text(one.published_at),
        unconfirmed=one.unconfirmed,
    )
    if one.content:
        view.content.CopyFrom(model_news.content_of(one.content))
    return view


def _working(record: Record[News], actor: Actor) -> pb.News:
    """All of it, for its officers."""
    one, view = record.state, _public(record)
    view.taken_down, view.taken_down_reason = one.taken_down, one.taken_down_reason
    if one.writing.working:
        view.working.CopyFrom(model_news.content_of(one.writing.working))
    view.waiting, view.return_reason = one.writing.waiting, one.writing.return_reason
    view.writers.extend(one.writing.writers)
    view.open_moves.extend(model_news.open_moves(one, actor))
    return view


def _texts(one: News) -> list[str]:
    content = model_news.content_of(one.content)
    return [content.title, content.summary, content.text, *(field.value for field in content.fields)]
