"""The Chinese words of messages. Tables."""

from collections.abc import Iterable
from typing import Final

from services.gateway import words
from services.gateway.calls import CallError, FieldError
from services.gateway.words import Word
from yiwang.message.v1 import service_pb2 as messages

KIND: Final = {
    messages.NOTICE_KIND_LEGAL: "法定通知",
    messages.NOTICE_KIND_PROGRESS: "办理进展",
    messages.NOTICE_KIND_DUE: "限期办理",
    messages.NOTICE_KIND_RATING: "服务评价",
    messages.NOTICE_KIND_MATCH: "政策推荐",
    messages.NOTICE_KIND_ACCOUNT: "账号安全",
    messages.NOTICE_KIND_WORK: "工作提醒",
}
# What each kind is about, where people choose what they are sent.
MEANS: Final = {
    messages.NOTICE_KIND_LEGAL: "受理、补正、延期、决定、送达等。依法必须告知，不能关闭",
    messages.NOTICE_KIND_PROGRESS: "申请、申报、咨询到了哪一步",
    messages.NOTICE_KIND_DUE: "到期前要您办的事",
    messages.NOTICE_KIND_RATING: "请您评价一次服务",
    messages.NOTICE_KIND_MATCH: "您的企业可能符合的政策",
    messages.NOTICE_KIND_ACCOUNT: "登录、委托和密码变动",
    messages.NOTICE_KIND_WORK: "待办、预警和监察事项",
}
# The kinds by whom they are told.
_OF_STAFF: Final = (
    messages.NOTICE_KIND_WORK,
    messages.NOTICE_KIND_DUE,
    messages.NOTICE_KIND_PROGRESS,
    messages.NOTICE_KIND_ACCOUNT,
)
KINDS_OF: Final[dict[str, tuple[int, ...]]] = {
    "person": tuple(kind for kind in KIND if kind != messages.NOTICE_KIND_WORK),
    "officer": _OF_STAFF,
    "agent": _OF_STAFF,
}
CHANNEL: Final = {
    messages.CHANNEL_CENTRE: "消息中心",
    messages.CHANNEL_SMS: "短信",
    messages.CHANNEL_EMAIL: "电子邮件",
    messages.CHANNEL_PUSH: "小程序消息",
    messages.CHANNEL_LETTER: "信函",
}
STATUS: Final = {
    messages.NOTICE_STATUS_WAITING: Word("发送中", "wait"),
    messages.NOTICE_STATUS_TOLD: Word("已送达", "good"),
    messages.NOTICE_STATUS_KEPT: Word("站内消息", "quiet"),
    messages.NOTICE_STATUS_FAILED: Word("未能送达", "bad"),
    messages.NOTICE_STATUS_EXPIRED: Word("已过期", "quiet"),
    messages.NOTICE_STATUS_GONE: Word("接收人已注销", "quiet"),
}
OUTCOME: Final = {
    messages.SENDING_OUTCOME_UNREACHED: "服务商没有接通",
    messages.SENDING_OUTCOME_REFUSED: "服务商拒绝",
    messages.SENDING_OUTCOME_BAD_ADDRESS: "地址无效",
    messages.SENDING_OUTCOME_UNDELIVERED: "未能送达",
    messages.SENDING_OUTCOME_LOST: "没有回音",
}
# In the order of MessageFigures.delays.
DELAYS: Final = ("10 秒内", "1 分钟内", "10 分钟内", "1 小时内", "1 天内", "1 天以上")
DONE: Final = {
    "message-read": "已记录您的阅读时间。",
    "preferences-saved": "消息设置已保存。",
    "template-saved": "已保存，等待其他管理人员发布。",
    "template-published": "已发布，从现在起按新文字通知。",
    "template-returned": "已退回。",
    "message-rules-saved": "消息规则已保存，几秒内生效。",
}
# The parts of a text as its form has them, and as the plain-language test names them.
PARTS: Final = {"title": "标题", "body": "正文", "short": "短消息"}
FIELD: Final = (
    words.FIELD
    | PARTS
    | {
        "first": "开始日期",
        "last": "结束日期",
        "preferences": "消息设置",
        "quiet_from": "免打扰开始",
        "quiet_until": "免打扰结束",
        "digest_at": "汇总时间",
        "sms_a_day": "每日短信上限",
        "letters_a_day": "每日信函上限",
    }
)
MOVED: Final = "保存之前，这里刚刚被别处改过。您填写的内容还在，请核对后再次保存；再次保存将以您填写的为准。"


def clock(minute: int) -> str:
    """A minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def ways(channels: Iterable[messages.Channel.ValueType]) -> str:
    """Channels beside the message centre, in their order."""
    return "、".join(CHANNEL[one] for one in channels if one != messages.CHANNEL_CENTRE) or "只在消息中心"


def state(one: messages.Notice) -> Word:
    """Where a notice stands; of one that arrived, by which channel."""
    word = STATUS.get(one.status, Word(one.status_title))
    by = CHANNEL.get(one.told_by, "")
    return Word(f"{word.text}（{by}）", word.tone) if by else word


def sent(one: messages.Sending) -> str:
    """What became of a sending."""
    if one.delivered or (one.ended_at and not one.outcome):
        return "已送达"
    return OUTCOME.get(one.outcome, "未能送达") if one.ended_at else "等待回执"


def moved(error: CallError) -> CallError:
    """A refusal because of another version, in words that say what to do now."""
    return CallError(error.code, error.reason, MOVED) if error.reason == "VERSION_MOVED" else error


def named(error: CallError, outer: str) -> CallError:
    """The refusal with the paths of a message within the request as its inputs are called: text.short → short."""
    fields = [FieldError(one.field.removeprefix(f"{outer}."), one.text, one.code) for one in error.fields]
    return CallError(error.code, error.reason, error.message, fields)
