"""The five stages of a case as the steps indicator shows them."""

from typing import NamedTuple

from services.gateway.words import short_day_text
from yiwang.case.v1 import service_pb2 as cases

STAGES = ("提交", "受理", "审查", "决定", "办结")

# Where a case stands: how many stages are behind it, and how the next one looks.
_STANDING = {
    cases.CASE_STATUS_SUBMITTED: (1, "current", "等待受理"),
    cases.CASE_STATUS_CORRECTION: (1, "attention", "待补正"),
    cases.CASE_STATUS_IN_REVIEW: (2, "current", "进行中"),
    cases.CASE_STATUS_REVIEWED: (3, "current", "等待决定"),
    cases.CASE_STATUS_GRANTED: (4, "current", "制证中"),
    cases.CASE_STATUS_DENIED: (4, "current", "等待办结"),
    cases.CASE_STATUS_ISSUED: (4, "current", "等待办结"),
    cases.CASE_STATUS_CLOSED: (5, "done", ""),
    cases.CASE_STATUS_REFUSED: (1, "stopped", "不予受理"),
    cases.CASE_STATUS_WITHDRAWN: (1, "stopped", "已撤回"),
    cases.CASE_STATUS_PRE_REVIEW: (0, "current", "预审中"),
    cases.CASE_STATUS_PRE_PASSED: (0, "attention", "待递交"),
    cases.CASE_STATUS_PRE_REJECTED: (0, "attention", "预审未通过"),
    cases.CASE_STATUS_RECEIVED: (1, "current", "待移交"),
    cases.CASE_STATUS_SUSPENDED: (2, "current", "特别程序中"),
    cases.CASE_STATUS_DELIVERED: (4, "current", "等待办结"),
    cases.CASE_STATUS_NOT_ACCEPTED: (1, "stopped", "不属受理范围"),
    cases.CASE_STATUS_WITHDRAW_PENDING: (2, "attention", "待确认撤回"),
    cases.CASE_STATUS_VOIDED: (1, "stopped", "已作废"),
    cases.CASE_STATUS_TRANSFERRED: (2, "stopped", "已转报"),
    cases.CASE_STATUS_CORRECTION_LAPSED: (1, "stopped", "逾期未补正"),
    cases.CASE_STATUS_REVOKED: (4, "stopped", "决定已撤销"),
    cases.CASE_STATUS_CANCELLED: (4, "stopped", "结果已注销"),
}


class Stage(NamedTuple):
    """One stage: its name, how it looks (done, current, attention, stopped, ahead), and a few words."""

    name: str
    state: str
    note: str


def stages(case: cases.Case | cases.Progress) -> list[Stage]:
    """The stages of a case, or of the little a progress query shows of it."""
    behind, state, note = _STANDING.get(case.status, (0, "current", ""))
    notes = {0: short_day_text(case.submitted_at), 4: short_day_text(case.closed_at) if behind == 5 else ""}
    if isinstance(case, cases.Case):
        notes[1] = short_day_text(case.accepted_at)
        # Withdrawn after acceptance: the stop is at the review, not before it.
        behind = 2 if case.status == cases.CASE_STATUS_WITHDRAWN and case.accepted_at else behind
        if case.status == cases.CASE_STATUS_IN_REVIEW and case.review_steps:
            note = f"第 {case.review_steps_passed + 1} 步，共 {len(case.review_steps)} 步"
    return [
        Stage(name, "done", notes.get(index, ""))
        if index < behind
        else Stage(name, state, note)
        if index == behind
        else Stage(name, "ahead", "")
        for index, name in enumerate(STAGES)
    ]
