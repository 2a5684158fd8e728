"""What there is to tell: every template as it is shipped, and what may stand in it. Pure.

A template has a code, whom it is for, the law that has it told, the channels that are tried beside the message centre, and its text.
Counties word it anew in editions of their own (`model_templates`); what a template may say, and whom it goes to, they do not change.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from yiwang.message.v1 import service_pb2 as pb

LEGAL: Final[int] = pb.NOTICE_KIND_LEGAL
PROGRESS: Final[int] = pb.NOTICE_KIND_PROGRESS
DUE: Final[int] = pb.NOTICE_KIND_DUE
RATING: Final[int] = pb.NOTICE_KIND_RATING
MATCH: Final[int] = pb.NOTICE_KIND_MATCH
ACCOUNT: Final[int] = pb.NOTICE_KIND_ACCOUNT
WORK: Final[int] = pb.NOTICE_KIND_WORK
CENTRE: Final[int] = pb.CHANNEL_CENTRE
SMS: Final[int] = pb.CHANNEL_SMS
EMAIL: Final[int] = pb.CHANNEL_EMAIL
PUSH: Final[int] = pb.CHANNEL_PUSH
LETTER: Final[int] = pb.CHANNEL_LETTER
# What the law has told goes on to paper when nothing else arrives (民事诉讼法 art. 87-92 by analogy, 行政许可法 art. 44).
SURE: Final = (SMS, EMAIL, LETTER)
SOON: Final = (SMS, PUSH)
LIGHT: Final = (PUSH,)


class Field(NamedTuple):
    """Something a template may say: its name in Chinese, and a made-up value."""

    title: str
    sample: str


FIELDS: Final[Mapping[str, Field]] = {
    "item": Field("事项名称", "食品经营许可"),
    "number": Field("编号", "990121-261123-7K2M9Q"),
    "department": Field("部门", "示范县市场监督管理局"),
    "due": Field("截止日期", "2026年12月3日"),
    "outcome": Field("结果", "准予许可"),
    "procedure": Field("特别程序种类", "现场勘验"),
    "days": Field("天数", "10"),
    "time": Field("时间", "2026年12月3日 9:30"),
    "clock": Field("时限", "承诺时限即将届满"),
    "title": Field("名称", "科技型企业研发补助"),
    "amount": Field("金额", "50,000.00元"),
    "rule": Field("监察规则", "超过承诺时限未作出决定"),
    "what": Field("操作", "新增通行密钥"),
    "county": Field("县（市、区）", "示范县"),
    "count": Field("条数", "3"),
}


class Template(NamedTuple):
    """One template as it is shipped."""

    code: str
    purpose: str
    kind: int
    # Law and article; empty = it need not be told.
    must: str
    channels: tuple[int, ...]
    fields: tuple[str, ...]
    title: str
    body: str
    short: str
    # Days after which it is too late to send it; 0 = never. What must be told does not expire: it fails.
    days: int = 7
    urgent: bool = False
    # May wait for the digest of the day.
    digest: bool = False


# Where on the site each kind of thing is dealt with.
LINKS: Final[Mapping[str, str]] = {
    "case": "/cases/{id}",
    "rating": "/rate/{id}",
    "ticket": "/tickets/{id}",
    "claim": "/policies/claims/{id}",
    "appeal": "/appeals/{id}",
    "match": "/policies",
    "correction": "/policies/enterprise",
    "procurement": "/market/needs/{id}",
    "award": "/market/awards/{id}",
    "account": "/account/security",
    "delegation": "/account/delegations",
    "session": "/account/security/sessions",
    "organization": "/account/organizations/{id}",
    "digest": "/messages",
}
# The same for who deals with it.
DESK_LINKS: Final[Mapping[str, str]] = {
    "case": "/desk/{id}",
    "finding": "/desk/findings/{id}",
    "rating": "/desk/ratings/{id}",
    "ticket": "/desk/tickets/{id}",
    "appeal": "/desk/policies/appeals/{id}",
    "procurement": "/market/needs/{id}",
}


def link(subject: str, id: str, desk: bool) -> str:
    """Where something is dealt with; empty when there is no page of it."""
    pattern = (DESK_LINKS if desk else LINKS).get(subject, "")
    return pattern.format(id=id)
