"""The Chinese words of the officers' desks of claims, lists, money and facts. Tables."""

from typing import Final

from services.gateway import policy_words
from services.gateway.words import Word
from yiwang.policy.v1 import enterprises_pb2 as enterprises

BUDGET: Final = {
    "OPEN": Word("使用中", "good"),
    "CLOSING": Word("关闭中", "warn"),
    "CLOSED": Word("已关闭", "quiet"),
}
CHANGE: Final = {
    "APPLIED": Word("已生效", "good"),
    "REFUSED": Word("未生效", "bad"),
    "ASKED": Word("处理中", "wait"),
}
# Accounts of the ledger.
ACCOUNT: Final = {
    "appropriation": "财政拨款",
    "available": "可用",
    "reserved": "已预留",
    "payable": "应付",
    "in_transit": "在途",
    "paid": "已付",
}
DAY: Final = {
    "OPEN": Word("等待银行对账单", "wait"),
    "EXCEPTIONS": Word("有差异", "bad"),
    "CLOSED": Word("已平账", "good"),
}
EXCEPTION: Final = {
    "UNKNOWN_ORDER": "银行流水没有对应的支付指令",
    "WRONG_AMOUNT": "金额与支付指令不一致",
    "TWICE": "同一指令支付了两次",
    "NOT_IN_STATEMENT": "已付的指令不在对账单里",
    "UNKNOWN_INCOME": "来源不明的入账",
    "RETURN_OF_UNPAID": "退回了没有支付的指令",
}
TYPE: Final = {
    enterprises.FACT_TYPE_BOOL: "是否",
    enterprises.FACT_TYPE_INT: "整数",
    enterprises.FACT_TYPE_MONEY: "金额",
    enterprises.FACT_TYPE_DATE: "日期",
    enterprises.FACT_TYPE_TEXT: "文字",
    enterprises.FACT_TYPE_LIST: "多项文字",
}

FIELD: Final = policy_words.FIELD | {
    "total_fen": "预算总额",
    "document": "资金文号",
    "period": "期间",
    "item_id": "兑付事项",
    "resolution": "处理结果",
    "amount_fen": "核定金额",
    "recover_fen": "应退回金额",
    "decision": "意见",
    "at": "日期",
    "region": "行政区划代码",
}
KIND_FIELD: Final = FIELD | {"name": "代号", "title": "名称", "type": "类型", "unit": "单位", "reporter": "提供部门"}
DONE: Final = {
    "policy-reviewed": "审核意见已提交。",
    "policy-objection-decided": "异议已处理。",
    "policy-approved": "审批意见已提交。",
    "policy-check-opened": "抽查已开始。",
    "policy-check-concluded": "抽查结论已提交。",
    "policy-roll-computing": "名单正在生成，稍后刷新。",
    "policy-roll-reviewed": "审核意见已提交。",
    "policy-roll-excluded": "已移出名单。",
    "policy-budget-set": "预算已提交。",
    "policy-period-closed": "本期已开始关闭，预留的处理完以后余额收回。",
    "policy-exception-settled": "处理结果已登记。",
    "policy-reported": "信息已保存，匹配结果已重新计算。",
    "policy-correction-decided": "已处理，企业会看到结果。",
    "policy-kind-saved": "信息种类已保存。",
}
