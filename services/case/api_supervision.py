"""SupervisionService over gRPC: findings are listed, answered, sent back and closed; a supervisor urges a case."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from google.protobuf.message import Message

from chassis.acts import Actor, now
from chassis.errors import Violation, invalid, not_found, require
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.case import masking, model_access, model_findings, model_seeing, store
from services.case.acting_on import Desk
from services.case.model_findings import RULES, Finding
from services.case.timeline import time_text
from standards import workdays
from standards.codes import region_covers
from yiwang.case.v1 import supervision_pb2 as pb

PAGE, MOST_DAYS = 20, 92


class SupervisionApi:
    """The methods of yiwang.case.v1.SupervisionService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.findings = store.findings(desk.parts.database)
        self.tallies = (store.arrivals(desk.parts.database), store.closings(desk.parts.database))

    def ListFindings(self, request: pb.ListFindingsRequest, call: Call) -> pb.ListFindingsResponse:
        match, actor = _where(request, call.actor), call.actor

        def wanted(finding: Finding) -> bool:
            return model_findings.sees(actor, finding) and request.status in (0, finding.status)

        rows, token = store.newest_findings(self.findings, match, wanted, request.page_token, request.page_size or PAGE)
        return pb.ListFindingsResponse(findings=[self._view(row) for row in rows], next_page_token=token)

    def CountCases(self, request: pb.CountCasesRequest, call: Call) -> pb.CountCasesResponse:
        name, days = self._counted(request, call.actor), _days(request)
        answer = pb.CountCasesResponse()
        for day in days:
            found = [tally.totals([f"{name}/{day}"]) for tally in self.tallies]
            answer.days.add(day=str(day), arrived=found[0].get("arrived", 0), closed=found[1].get("closed", 0))
        return answer

    def _counted(self, request: pb.CountCasesRequest, actor: Actor) -> str:
        """The bucket that is asked for, when the officer may: his own department, or what lies in the region he supervises."""
        if model_seeing.SUPERVISE not in actor.roles:
            return actor.department
        county = request.county or actor.region[:6]
        if not request.department and not request.item_code:
            if not region_covers(actor.region, county):
                raise invalid(Violation("county", "COUNTY", "不在您的监察区域内"))
            return f"county:{county}"
        where = (
            {"state.department": request.department} if request.department else {"state.item_code": request.item_code}
        )
        field, value = next(iter(where.items()))
        region = store.region_of(self.desk.cases, field, value)
        if not region_covers(actor.region, region):
            raise not_found()
        return request.department or f"item:{request.item_code}"

    def GetFinding(self, request: pb.GetFindingRequest, call: Call) -> pb.Finding:
        return self._view(self.findings.get(request.finding_id, model_findings.visible(call.actor)))

    def UrgeCase(self, request: pb.UrgeCaseRequest, call: Call) -> pb.Finding:
        case = self.desk.cases.get(request.case_id, model_seeing.overseen(call.actor)).state
        again = store.urged(self.findings, case.id)
        require(again in (None, record_id(call.cause.key)), "URGED_ALREADY", "该办件已有督办尚未答复")
        self.desk.accesses.looked(call, case, model_access.VIEWED)
        sealed = self.desk.sealed(case, request.text.strip())
        decide = partial(model_findings.urge, case=case, days=request.days, sealed_text=sealed, now=now())
        return self._view(self.findings.create(call.cause, decide))

    def AnswerFinding(self, request: pb.AnswerFindingRequest, call: Call) -> pb.Finding:
        return self._say(request, call, model_findings.answer, model_findings.answerable(call.actor))

    def ReturnFinding(self, request: pb.ReturnFindingRequest, call: Call) -> pb.Finding:
        decide = partial(model_findings.send_back, now=now())
        return self._say(request, call, decide, _supervised(call.actor))

    def CloseFinding(self, request: pb.CloseFindingRequest, call: Call) -> pb.Finding:
        return self._say(request, call, model_findings.close, _supervised(call.actor))

    def _say(
        self, request: Any, call: Call, decide: Callable[[Finding, str], Message], visible: dict[str, Any]
    ) -> pb.Finding:
        said = request.text.strip()

        def act(finding: Finding) -> Message:
            return decide(finding, self.desk.keyring.seal(finding.applicant_id, said) if said else "")

        return self._view(self.findings.change(request.finding_id, call.cause, act, visible))

    def _view(self, record: Record[Finding]) -> pb.Finding:
        one = record.state
        rule = RULES[one.rule]
        view = pb.Finding(
            id=record.id,
            version=record.version,
            status=one.status,  # type: ignore[arg-type]
            rule=one.rule,
            title=rule.title,
            warning=rule.warning,  # type: ignore[arg-type]
            case_id=one.case_id,
            case_number=one.case_number,
            item_name=one.item_name,
            department=one.department,
            region=one.region,
            raised_at=time_text(one.raised_at),
            evidence=_evidence(one),
            case_seq=one.case_seq,
            due=time_text(one.due),
            answer_due=time_text(one.answer_due),
            answer_overdue=one.status == model_findings.OPEN and one.answer_due is not None and now() > one.answer_due,
        )
        for said in one.said:
            by = "监察" if said.supervisor else "责任部门"
            text = masking.masked_text(self.desk.keyring.open_text(one.applicant_id, said.sealed))
            view.lines.add(at=time_text(said.at), by=by, text=text)
        return view


def _days(request: pb.CountCasesRequest) -> list[date]:
    """The days asked for; INVALID_ARGUMENT for one that is none, or too many."""
    found = []
    for name in ("from", "until"):
        try:
            found.append(date.fromisoformat(getattr(request, name)))
        except ValueError:
            raise invalid(Violation(name, "MALFORMED", "不是有效的日期")) from None
    count = (found[1] - found[0]).days + 1
    if not 0 < count <= MOST_DAYS:
        raise invalid(Violation("until", "TOO_MANY_DAYS", f"一次最多统计{MOST_DAYS}天，结束日期不得早于开始日期"))
    return [found[0] + timedelta(days=number) for number in range(count)]


def _evidence(finding: Finding) -> str:
    if not finding.case_seq:
        return "监察人员提出"
    due = finding.due.astimezone(workdays.SHANGHAI).strftime("%Y年%-m月%-d日%H:%M") if finding.due else ""
    return f"办件{finding.case_number}第{finding.case_seq}条记录，期限{due}"


def _supervised(actor: Actor) -> dict[str, Any]:
    """Only a supervisor's own filter, whatever else he is."""
    return model_findings.visible(actor) if model_seeing.SUPERVISE in actor.roles else model_seeing.NOBODY


def _where(request: pb.ListFindingsRequest, actor: Actor) -> dict[str, Any]:
    """What is looked through: one case, the own department, or one department or county of the supervisor's region."""
    if request.case_id:
        return {"state.case_id": request.case_id}
    if model_seeing.SUPERVISE not in actor.roles:
        return {"state.department": actor.department}
    if request.department:
        return {"state.department": request.department}
    county = request.county or actor.region[:6]
    if not region_covers(actor.region, county):
        raise invalid(Violation("county", "COUNTY", "不在您的监察区域内"))
    return {"state.county": county}
