"""The Chinese words of a person's pages, beside those of `words`. Tables, and the texts made from them."""

from datetime import datetime
from typing import Final

from services.gateway import words
from services.gateway.words import SHANGHAI, Word
from yiwang.case.v1 import bundles_pb2 as bundles
from yiwang.case.v1 import fulfilment_pb2 as fulfilment
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

PAYMENT: Final = {
    fulfilment.PAYMENT_STATE_NOTHING_OWED: Word("无需缴费", "good"),
    fulfilment.PAYMENT_STATE_OPEN: Word("待缴费", "warn"),
    fulfilment.PAYMENT_STATE_ORDERED: Word("正在生成缴款单", "wait"),
    fulfilment.PAYMENT_STATE_READY: Word("待缴费", "warn"),
    fulfilment.PAYMENT_STATE_PAID: Word("已缴费", "good"),
    fulfilment.PAYMENT_STATE_REFUNDED: Word("已退费", "quiet"),
}

LOOK_UP: Final = {
    promises.LOOK_UP_OUTCOME_FOUND: Word("已查到，不再提交文件", "good"),
    promises.LOOK_UP_OUTCOME_NONE: Word("没有查到，请上传文件", "warn"),
    promises.LOOK_UP_OUTCOME_VOID: Word("证照不可用，请上传文件", "warn"),
    promises.LOOK_UP_OUTCOME_AWAY: Word("证照库没有应答，可由工作人员核验", "wait"),
}
UNFIT: Final = {"NOT_SIGNED": "证照没有有效签章", "NOT_IN_FORCE": "证照已不在有效状态", "EXPIRED": "证照已过有效期"}
# What stood for a material.
STOOD_FOR: Final = {
    catalog.WAIVER_LICENCE: "电子证照代替",
    catalog.WAIVER_DATA: "数据共享核验",
    catalog.WAIVER_COMMITMENT: "告知承诺代替",
}

FIELD: Final = words.FIELD | {
    "slot_id": "预约时段",
    "way": "送达方式",
    "delivery": "送达方式",
    "delivery.way": "送达方式",
    "delivery.name": "收件人",
    "delivery.phone": "联系电话",
    "delivery.address": "详细地址",
    "renews_until": "原证有效期至",
    "project_code": "投资项目统一代码",
    "promise_digest": "告知承诺",
    "holder_number": "证件号码",
    "materials": "材料",
}

BUNDLE: Final = {
    bundles.BUNDLE_STATUS_RUNNING: Word("办理中", "go"),
    bundles.BUNDLE_STATUS_PARTLY_DONE: Word("部分办结", "warn"),
    bundles.BUNDLE_STATUS_DONE: Word("全部办结", "done"),
    bundles.BUNDLE_STATUS_FAILED: Word("未办成", "bad"),
    bundles.BUNDLE_STATUS_WITHDRAWN: Word("已撤回", "quiet"),
}
BRANCH: Final = {
    bundles.BRANCH_STATUS_WAITING: Word("等待中", "wait"),
    bundles.BRANCH_STATUS_BLOCKED: Word("暂不能办理", "warn"),
    bundles.BRANCH_STATUS_OPEN: Word("办理中", "go"),
    bundles.BRANCH_STATUS_WELL: Word("已准予", "good"),
    bundles.BRANCH_STATUS_FAILED: Word("未办成", "bad"),
    bundles.BRANCH_STATUS_GIVEN_UP: Word("不再办理", "quiet"),
    bundles.BRANCH_STATUS_OUTSIDE: Word("在其他平台办理", "quiet"),
    bundles.BRANCH_STATUS_NOT_PART: Word("不涉及", "quiet"),
}

# How a result may come: value of the input, name, what it means.
WAYS: Final = (
    ("DELIVERY_WAY_PICK_UP", "窗口领取", "带身份证到政务服务窗口领取"),
    ("DELIVERY_WAY_EXPRESS", "快递送达", "需要填写收件信息，可以查询快递"),
    ("DELIVERY_WAY_ELECTRONIC", "电子送达", "在办件页面直接下载"),
)

# After a redirect, as in `words`.
# How far an intermediary's result is.
INTERMEDIARY: Final = {
    cases.INTERMEDIARY_STATUS_REQUESTED: Word("已申请", "wait"),
    cases.INTERMEDIARY_STATUS_RUNNING: Word("采购中", "go"),
    cases.INTERMEDIARY_STATUS_DELIVERED: Word("成果已回", "good"),
    cases.INTERMEDIARY_STATUS_ENDED: Word("已终止", "quiet"),
}
DONE: Final = {
    "person-pre-review": "已提交网上预审。预审不是受理，请留意预审结果。",
    "person-decided": "符合条件，已经自动办结。结果和文书见下方。",
    "person-withdraw-asked": "撤回申请已提交，等待部门确认；两个工作日内没有确认的，视为撤回。",
    "person-handed-in": "申请已正式递交。",
    "person-revised": "已重新提交预审。",
    "person-supplied": "材料已补交。",
    "person-booked": "预约成功，请按时到场。",
    "person-cancelled": "预约已取消，时段已归还。",
    "person-delivery": "送达方式已更改。",
    "person-intermediary": "已申请。中介超市建立采购后，请到采购页面完善需求并提交。",
    "case-intermediary": "已申请。采购由申请人作为项目业主完善和提交。",
    "person-ordered": "缴款单已申请。",
    "person-draft": "草稿已保存，换一台设备登录也可以继续填写。",
    "person-draft-deleted": "草稿已删除。",
    "person-bundle": "已一次提交，各部门同时办理。",
    "person-branch-given-up": "该事项不再办理。",
    "person-bundle-withdrawn": "撤回已提交，各事项的结果见下方。",
}

_DAYS: Final = "一二三四五六日"


def _at(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(SHANGHAI)
    except ValueError:
        return None


def hours_text(start: str, end: str) -> str:
    """The hours of a time to be somewhere: 09:00—11:00."""
    begins, ends = _at(start), _at(end)
    return "—".join(f"{at:%H:%M}" for at in (begins, ends) if at)


def span_text(start: str, end: str) -> str:
    """A time to be somewhere: 9月28日（周一）09:00—11:00."""
    return date_text(start) + hours_text(start, end)


def date_text(text: str) -> str:
    """A day in China with its weekday: 9月28日（周一）."""
    at = _at(text)
    return f"{at.month}月{at.day}日（周{_DAYS[at.weekday()]}）" if at else ""


def yuan(fen: int) -> str:
    """An amount as it is to be paid; zero is an amount, too: ￥0.00."""
    return f"￥{fen / 100:,.2f}"
