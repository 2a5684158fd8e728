"""The Chinese words of messages. Tables."""

from typing import Final

from services.gateway import words
from services.gateway.words import Word
from yiwang.message.v1 import service_pb2 as messages

KIND: Final = {
    messages.NOTICE_KIND_LEGAL: "法定通知",
    messages.NOTICE_KIND_PROGRESS: "办理进展",
    messages.NOTICE_KIND_DUE: "待您办理",
    messages.NOTICE_KIND_RATING: "服务评价",
    messages.NOTICE_KIND_MATCH: "政策推荐",
    messages.NOTICE_KIND_ACCOUNT: "账号安全",
    messages.NOTICE_KIND_WORK: "工作提醒",
}
# What each kind is about, where people choose what they are sent.
MEANS: Final = {
    messages.NOTICE_KIND_LEGAL: "补正、受理、延期、决定、送达等，依法必须告知",
    messages.NOTICE_KIND_PROGRESS: "申请、申报、咨询到了哪一步",
    messages.NOTICE_KIND_DUE: "到期前要您办的事",
    messages.NOTICE_KIND_RATING: "请您评价一次服务",
    messages.NOTICE_KIND_MATCH: "您的企业可能符合的政策",
    messages.NOTICE_KIND_ACCOUNT: "登录、委托和密码变动",
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
    messages.SENDING_OUTCOME_UNSPECIFIED: "已送达",
    messages.SENDING_OUTCOME_UNREACHED: "没有接通，换一家再发",
    messages.SENDING_OUTCOME_REFUSED: "服务商拒绝",
    messages.SENDING_OUTCOME_BAD_ADDRESS: "地址无效",
    messages.SENDING_OUTCOME_UNDELIVERED: "未能送达",
    messages.SENDING_OUTCOME_LOST: "没有回音",
}
DELAYS: Final = ("10秒内", "1分钟内", "10分钟内", "1小时内", "1天内", "1天以上")
DONE: Final = {
    "message-read": "已记录您的阅读时间。",
    "preferences-saved": "消息设置已保存。",
    "template-saved": "已保存，等待其他管理人员发布。",
    "template-published": "已发布，从现在起按新文字通知。",
    "template-returned": "已退回。",
    "message-rules-saved": "消息规则已保存，几秒内生效。",
}
FIELD: Final = words.FIELD | {
    "text.title": "标题",
    "text.body": "正文",
    "text.short": "短消息",
    "reason": "退回原因",
    "preferences.off": "消息种类",
    "rules.quiet_from": "免打扰开始",
    "rules.quiet_until": "免打扰结束",
    "rules.digest_at": "汇总时间",
    "rules.sms_a_day": "每日短信上限",
    "rules.letters_a_day": "每日信函上限",
    "rules.templates": "渠道",
}


def clock(minute: int) -> str:
    """A minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def sent(one: messages.Sending) -> str:
    """What became of a sending."""
    if one.delivered:
        return "已送达"
    return OUTCOME[one.outcome] if one.ended_at else "等待回执"
