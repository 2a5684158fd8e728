"""The Chinese words for codes, and times as people read them. Tables only."""

from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from standards import codes, limits
from yiwang.access.v1 import access_pb2 as access
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

# China has had one time zone without summer time since 1991; no table of zones is needed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Word(NamedTuple):
    """A text and the tone it is shown in (a CSS class of components.css)."""

    text: str
    tone: str = "quiet"


STATUS = {
    cases.CASE_STATUS_SUBMITTED: Word("待受理", "wait"),
    cases.CASE_STATUS_CORRECTION: Word("待补正", "warn"),
    cases.CASE_STATUS_IN_REVIEW: Word("审查中", "go"),
    cases.CASE_STATUS_REVIEWED: Word("待决定", "go"),
    cases.CASE_STATUS_GRANTED: Word("准予，待制证", "good"),
    cases.CASE_STATUS_DENIED: Word("不予许可，待办结", "bad"),
    cases.CASE_STATUS_ISSUED: Word("已制证，待办结", "good"),
    cases.CASE_STATUS_CLOSED: Word("已办结", "done"),
    cases.CASE_STATUS_REFUSED: Word("不予受理", "bad"),
    cases.CASE_STATUS_WITHDRAWN: Word("已撤回", "quiet"),
    cases.CASE_STATUS_PRE_REVIEW: Word("预审中", "wait"),
    cases.CASE_STATUS_PRE_PASSED: Word("预审通过，待递交", "good"),
    cases.CASE_STATUS_PRE_REJECTED: Word("预审未通过", "warn"),
    cases.CASE_STATUS_RECEIVED: Word("已收件，待移交", "wait"),
    cases.CASE_STATUS_SUSPENDED: Word("特别程序中", "warn"),
    cases.CASE_STATUS_DELIVERED: Word("已送达，待办结", "good"),
    cases.CASE_STATUS_NOT_ACCEPTED: Word("不属于受理范围", "bad"),
    cases.CASE_STATUS_WITHDRAW_PENDING: Word("申请撤回，待确认", "warn"),
    cases.CASE_STATUS_VOIDED: Word("已作废", "quiet"),
    cases.CASE_STATUS_TRANSFERRED: Word("已转报", "go"),
    cases.CASE_STATUS_CORRECTION_LAPSED: Word("逾期未补正", "quiet"),
    cases.CASE_STATUS_REVOKED: Word("决定已撤销", "bad"),
    cases.CASE_STATUS_CANCELLED: Word("结果已注销", "bad"),
}

# What the applicant may expect next.
OUTLOOK = {
    cases.CASE_STATUS_SUBMITTED: "部门将在收到申请之日起 5 个工作日内告知您是否受理。",
    cases.CASE_STATUS_CORRECTION: "部门已一次性告知需要补正的内容，请尽快补正，补正后继续办理。",
    cases.CASE_STATUS_IN_REVIEW: "申请已受理，办理时限从受理次日起计算。",
    cases.CASE_STATUS_REVIEWED: "审查已完成，正在等待部门作出决定。",
    cases.CASE_STATUS_GRANTED: "部门已准予您的申请，正在制作结果文书。",
    cases.CASE_STATUS_DENIED: "部门作出不予许可的决定，理由见办理经过。",
    cases.CASE_STATUS_ISSUED: "结果文书已制作完成，即将办结。",
    cases.CASE_STATUS_CLOSED: "本办件已办结。欢迎对这次服务作出评价。",
    cases.CASE_STATUS_REFUSED: "部门未受理本申请，理由见办理经过。",
    cases.CASE_STATUS_WITHDRAWN: "您已撤回本申请。如有需要，可以重新申请。",
    cases.CASE_STATUS_PRE_REVIEW: "部门正在预审您提交的材料，结果会显示在这里。",
    cases.CASE_STATUS_PRE_PASSED: "预审已通过。请在有效期内正式递交，同样的材料不再重复审查。",
    cases.CASE_STATUS_PRE_REJECTED: "预审没有通过，原因见办理经过。修改后可以再次提交预审。",
    cases.CASE_STATUS_RECEIVED: "窗口已经收件，正在移交审批部门。",
    cases.CASE_STATUS_SUSPENDED: "正在进行法定的特别程序，所需时间不计入办理时限。",
    cases.CASE_STATUS_DELIVERED: "结果已送达，即将办结。",
    cases.CASE_STATUS_NOT_ACCEPTED: "这件事不由本部门许可，原因见办理经过。",
    cases.CASE_STATUS_WITHDRAW_PENDING: "您申请撤回，正在等待部门确认；两个工作日内未确认的，视为撤回。",
    cases.CASE_STATUS_VOIDED: "本办件已作废，原因见办理经过。如有需要，可以重新申请。",
    cases.CASE_STATUS_TRANSFERRED: "本申请已转报上级机关，由该机关作出决定。",
    cases.CASE_STATUS_CORRECTION_LAPSED: "您没有在规定期限内补正，本申请已终止。如有需要，可以重新申请。",
    cases.CASE_STATUS_REVOKED: "部门已依法撤销原来的决定，理由见办理经过。",
    cases.CASE_STATUS_CANCELLED: "据此颁发的结果已依法注销，理由见办理经过。",
}

LIGHT = {
    cases.LIGHT_GREEN: Word("时限内", "green"),
    cases.LIGHT_YELLOW: Word("临近期限", "yellow"),
    cases.LIGHT_RED: Word("已超期", "red"),
}

CHANNEL = {
    cases.CHANNEL_WINDOW: "窗口",
    cases.CHANNEL_WEB: "网上",
    cases.CHANNEL_MOBILE: "移动端",
    cases.CHANNEL_API: "部门系统",
    cases.CHANNEL_KIOSK: "自助终端",
    cases.CHANNEL_AGENT: "帮办代办",
    cases.CHANNEL_BANK: "银行网点",
}

# Those that are begun by an application.
ITEM_TYPES = {code: name for code, name in codes.ITEM_TYPES.items() if code in codes.APPLIED_FOR}

NECESSITY = {
    catalog.NECESSITY_REQUIRED: Word("必要", "must"),
    catalog.NECESSITY_OPTIONAL: Word("非必要", "quiet"),
    catalog.NECESSITY_DEFERRABLE: Word("容缺后补", "warn"),
    catalog.NECESSITY_CONDITIONAL: Word("部分需要", "warn"),
}

# What is asked of an applicant for a material under his answers.
DEMAND = {
    catalog.DEMAND_REQUIRED: Word("必要", "must"),
    catalog.DEMAND_DEFERRABLE: Word("容缺后补", "warn"),
    catalog.DEMAND_OPTIONAL: Word("非必要", "quiet"),
    catalog.DEMAND_ONE_OF: Word("任选其一", "must"),
    catalog.DEMAND_CONDITIONAL: Word("部分需要", "warn"),
    catalog.DEMAND_OPEN: Word("待确认", "quiet"),
    catalog.DEMAND_NOT_BY_APPLICANT: Word("无需提交", "good"),
}

STEP_KIND = {
    catalog.STEP_KIND_ACCEPT: "受理",
    catalog.STEP_KIND_REVIEW: "审查",
    catalog.STEP_KIND_DECIDE: "决定",
    catalog.STEP_KIND_ISSUE: "制证送达",
}

TIME_UNIT = {
    catalog.TIME_UNIT_WORKING_DAY: "个工作日",
    catalog.TIME_UNIT_NATURAL_DAY: "个自然日",
    catalog.TIME_UNIT_HOUR: "小时",
    catalog.TIME_UNIT_MONTH: "个月",
}

LEVEL = {
    access.IDENTITY_LEVEL_WEAK: "手机号已核验",
    access.IDENTITY_LEVEL_MEDIUM: "实名已核验",
    access.IDENTITY_LEVEL_STRONG: "人脸或银行卡核验",
    access.IDENTITY_LEVEL_IN_PERSON: "窗口当面核验",
}

ROLE = {
    "receive": "受理",
    "review": "审查",
    "decide": "决定",
    "issue": "制证",
    "supervise": "监督",
    "catalog": "事项管理",
    "administer": "系统管理",
    "market": "中介超市管理",
    "procure": "项目采购",
    "policy": "惠企政策",
    "payout": "兑付审核",
    "finance": "财政资金",
}

# How somebody signed in.
METHOD = {"pwd": "密码", "otp": "动态验证码", "passkey": "通行密钥", "upstream": "上级平台"}

WHO = {"person": "申请人", "officer": "办理人员", "system": "系统", "machine": "部门系统"}

# What our own forms call their fields.
FIELD = {
    "login": "账号",
    "password": "密码",
    "old_password": "原密码",
    "new_password": "新密码",
    "code": "验证码",
    "name": "姓名",
    "id_number": "公民身份号码",
    "phone": "手机号",
    "number": "办件编号",
    "query_code": "查询码",
    "grade": "满意程度",
    "comment": "想说的话",
    "materials": "需要补正的材料",
    "notice": "告知内容",
    "reason": "理由",
    "opinion": "审查意见",
    "granted": "审批决定",
    "result_number": "结果文书编号",
    "purpose": "查看目的",
    "fields": "查看的内容",
}

# After a redirect the page says what was done; the key travels in the address, the text stays here.
DONE = {
    "kiosk-over": "已退出，您的信息没有留在这台设备上。",
    "submitted": "申请已提交。请记下办件编号和查询码，可随时查询进度。",
    "corrected": "补正材料已提交，部门将继续办理。",
    "withdrawn": "申请已撤回。",
    "accepted": "已受理，办理时限开始计算。",
    "asked": "补正通知已发出，等待申请人补正。",
    "refused": "已作出不予受理的处理。",
    "passed": "本审查环节已通过。",
    "decided": "决定已作出。",
    "issued": "结果文书已登记。",
    "closed": "办件已办结，申请人将收到评价邀请。",
    "signed-out": "您已安全退出。",
    "registered": "注册成功，请登录。",
    "password-changed": "密码已修改，其他设备上的登录已全部退出。",
    "totp-off": "动态验证码已关闭。",
    "passkey-added": "通行密钥已添加，下次可以直接用它登录。",
    "passkey-off": "通行密钥已删除。",
    "session-ended": "该登录已退出。",
    "item-saved": "已保存为编写稿。",
    "file-kept": "文件已上传，并填到材料里。",
    "item-reviewed": "已审核通过，可以发布。",
    "item-returned": "已退回编写人。",
    "item-published": "已发布。",
    "item-suspended": "已暂停办理。",
    "item-resumed": "已恢复办理。",
    "item-withdrawn": "已取消。",
    "item-split": "已建立拆分后的草稿。",
    "item-merged": "已建立合并后的草稿。",
    "list-published": "清单已发布。",
    "sessions-ended": "其他设备上的登录已全部退出。",
}


def limit_text(limit: catalog.Limit) -> str:
    """A time limit in words; empty when none is stated."""
    if limit.unit == catalog.TIME_UNIT_AT_ONCE:
        return "当场办结"
    if limit.unit == catalog.TIME_UNIT_HALF_DAY and limit.amount:
        return limits.half_days(limit.amount)
    unit = TIME_UNIT.get(limit.unit)
    return f"{limit.amount} {unit}" if unit and limit.amount else ""


def _moment(text: str) -> datetime | None:
    """An RFC 3339 time in Shanghai's clock; None when there is none or it cannot be read."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(SHANGHAI)


def time_text(text: str) -> str:
    """Date and time in China: 2026年3月5日 14:07."""
    moment = _moment(text)
    return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}" if moment else ""


def day_text(text: str) -> str:
    """Date in China: 2026年3月5日."""
    moment = _moment(text)
    return f"{moment.year}年{moment.month}月{moment.day}日" if moment else ""


def short_day_text(text: str) -> str:
    """Date in China without its year, for places that are narrow: 3月5日."""
    moment = _moment(text)
    return f"{moment.month}月{moment.day}日" if moment else ""


def size_text(size: int) -> str:
    """A file size for people."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, round(size / 1024))} KB"


def who_text(by: str) -> str:
    """The kind of actor; ids are of no use to readers. Who acts for another is named beside it."""
    return "" if "/" in by else WHO.get(by.partition(":")[0], "")
