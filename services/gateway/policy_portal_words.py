"""The Chinese words of the portal beside policies: appeals, complaints, news, the bulletin. Tables, and the texts made from them."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from services.gateway import words
from services.gateway.market_words import typed
from services.gateway.policy_words import day, yuan
from services.gateway.words import Word
from yiwang.policy.v1 import appeals_pb2 as appeals
from yiwang.policy.v1 import complaints_pb2 as complaints
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import news_pb2 as news

APPEAL_KIND: Final = {
    appeals.APPEAL_KIND_POLICY: "政策咨询与落实",
    appeals.APPEAL_KIND_PAYMENT: "政策兑付与账款拖欠",
    appeals.APPEAL_KIND_LAND: "用地规划",
    appeals.APPEAL_KIND_FINANCE: "融资",
    appeals.APPEAL_KIND_LABOUR: "用工",
    appeals.APPEAL_KIND_LICENCES: "证照办理",
    appeals.APPEAL_KIND_TAX: "税费",
    appeals.APPEAL_KIND_OTHER: "其他",
}
APPEAL: Final = {
    appeals.APPEAL_STATUS_RECEIVED: Word("待转办", "wait"),
    appeals.APPEAL_STATUS_ROUTED: Word("待受理", "wait"),
    appeals.APPEAL_STATUS_ACCEPTED: Word("办理中", "go"),
    appeals.APPEAL_STATUS_ANSWERED: Word("待评价", "warn"),
    appeals.APPEAL_STATUS_CLOSED: Word("已办结", "done"),
}
# What is due at `due`, by status.
APPEAL_DUE: Final = {
    appeals.APPEAL_STATUS_RECEIVED: "转办期限",
    appeals.APPEAL_STATUS_ROUTED: "受理期限",
    appeals.APPEAL_STATUS_ACCEPTED: "答复期限",
    appeals.APPEAL_STATUS_ANSWERED: "评价期限",
}
# As an address has them.
APPEALS: Final[Mapping[str, int]] = {
    "received": appeals.APPEAL_STATUS_RECEIVED,
    "routed": appeals.APPEAL_STATUS_ROUTED,
    "accepted": appeals.APPEAL_STATUS_ACCEPTED,
    "answered": appeals.APPEAL_STATUS_ANSWERED,
    "closed": appeals.APPEAL_STATUS_CLOSED,
}
LATE: Final = {
    "ROUTING": "转办曾超期",
    "ACCEPTANCE": "受理曾超期",
    "ANSWER": "答复曾超期",
    "CONCLUSION": "办结曾超期",
}
SCORE: Final = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}

COMPLAINT: Final = {
    complaints.COMPLAINT_STATUS_RECEIVED: Word("待受理", "wait"),
    complaints.COMPLAINT_STATUS_ACCEPTED: Word("调查中", "go"),
    complaints.COMPLAINT_STATUS_CONCLUDED: Word("已办结", "done"),
    complaints.COMPLAINT_STATUS_WITHDRAWN: Word("已撤回", "quiet"),
}
COMPLAINTS: Final[Mapping[str, int]] = {
    "received": complaints.COMPLAINT_STATUS_RECEIVED,
    "accepted": complaints.COMPLAINT_STATUS_ACCEPTED,
    "concluded": complaints.COMPLAINT_STATUS_CONCLUDED,
    "withdrawn": complaints.COMPLAINT_STATUS_WITHDRAWN,
}
OUTCOME: Final = {
    complaints.COMPLAINT_OUTCOME_SUBSTANTIATED: Word("属实", "bad"),
    complaints.COMPLAINT_OUTCOME_PARTLY: Word("部分属实", "warn"),
    complaints.COMPLAINT_OUTCOME_UNFOUNDED: Word("不属实", "quiet"),
}

NEWS_KIND: Final = {
    news.NEWS_KIND_INVESTMENT_PROJECT: "招商项目",
    news.NEWS_KIND_PARK: "产业园区",
    news.NEWS_KIND_TALENT: "人才资讯",
    news.NEWS_KIND_NOTICE: "通知公告",
}
# As an address has them.
NEWS_KINDS: Final[Mapping[str, int]] = {
    "project": news.NEWS_KIND_INVESTMENT_PROJECT,
    "park": news.NEWS_KIND_PARK,
    "talent": news.NEWS_KIND_TALENT,
    "notice": news.NEWS_KIND_NOTICE,
}
NEWS: Final = {
    news.NEWS_STATUS_DRAFT: Word("未发布", "quiet"),
    news.NEWS_STATUS_PUBLISHED: Word("已发布", "good"),
    news.NEWS_STATUS_TAKEN_DOWN: Word("已下架", "bad"),
}
TAKEN_DOWN: Final = {"WITHDRAWN": "工作人员下架", "EXPIRED": "有效期已过", "UNCONFIRMED": "逾期没有确认是否仍然有效"}
# As the bulletin names modes.
MODE_NAME: Final = {
    items.PayoutMode.Name(items.PAYOUT_MODE_PROACTIVE): "免申即享",
    items.PayoutMode.Name(items.PAYOUT_MODE_INSTANT): "即申即享",
    items.PayoutMode.Name(items.PAYOUT_MODE_ORDINARY): "申报审核",
}

FIELD: Final = words.FIELD | {
    "kind": "类别",
    "title": "标题",
    "text": "内容",
    "region": "行政区划代码",
    "contact": "联系方式",
    "uscc": "统一社会信用代码",
    "department": "部门",
    "department_name": "部门名称",
    "days": "延长工作日数",
    "score": "满意程度",
    "outcome": "调查结论",
    "reply": "给投诉人的答复",
    "measures": "整改措施",
    "code": "查询码",
    "summary": "摘要",
    "review_on": "确认期限",
    "expires_on": "失效日期",
    "first_month": "起始月份",
    "last_month": "截止月份",
}
DONE: Final = {
    "appeal-submitted": "诉求已提交，一个工作日内转办到承办部门。",
    "appeal-rated": "评价已提交，感谢您的反馈。",
    "appeal-reopened": "已再次提出，将重新转办。",
    "appeal-routed": "已转办。",
    "appeal-accepted": "已受理，答复期限开始计算。",
    "appeal-returned": "已退回转办人员。",
    "appeal-answered": "已答复，等待企业评价。",
    "appeal-extended": "答复期限已延长。",
    "complaint-accepted": "已受理。",
    "complaint-asked": "询问已发给被投诉部门，对方只看到询问内容。",
    "complaint-concluded": "已办结，投诉人可以看到答复。",
    "complaint-withdrawn": "投诉已撤回。",
    "question-answered": "已答复监察部门。",
    "news-saved": "已保存，等待另一名工作人员审核。",
    "news-published": "已审核发布。",
    "news-returned": "已退回修改。",
    "news-confirmed": "已确认仍然有效。",
    "news-withdrawn": "已下架。",
}


def code(told: str) -> str:
    """A retrieval code in groups of four, to be written down."""
    return " ".join(told[at : at + 4] for at in range(0, len(told), 4))


def field_value(kind: news.NewsFieldKind, value: str) -> str:
    """A field of what is published, for people: 3,000 元/平方米·月, 12,000 平方米, 2026年1月31日."""
    if kind.type == "FEN" and _whole(value):
        return yuan(int(value)).removesuffix(" 元") + f" {unit(kind)}"
    if kind.type == "NUMBER" and _whole(value):
        return f"{int(value):,} {kind.unit}".strip()
    return day(value) if kind.type == "DAY" else value


def field_typed(kind: news.NewsFieldKind, value: str) -> str:
    """The same as its input has it: yuan instead of fen."""
    return (typed(int(value)) or "0") if kind.type == "FEN" and _whole(value) else value


def unit(kind: news.NewsFieldKind) -> str:
    """A field's unit as people type it: yuan, not fen."""
    return "元" + kind.unit.removeprefix("分") if kind.type == "FEN" else kind.unit


def _whole(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def share(part: int, whole: int) -> str:
    """A part of a whole in percent: 66.7%; a dash for a part of nothing."""
    return f"{part * 100 / whole:.1f}%" if whole else "—"


def month(told: str) -> str:
    """A month for people: 2026年1月."""
    try:
        found = date.fromisoformat(told + "-01")
    except ValueError:
        return told
    return f"{found.year}年{found.month}月"
