"""ComplaintService over gRPC: the confidential track to supervision."""

import uuid
from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import Message

from chassis import quota
from chassis.acts import Actor, Cause, now
from chassis.errors import Violation, invalid, not_found, require
from chassis.parts import Parts
from chassis.records import Filter, Record
from chassis.rpc import Call
from services.policy import model_complaints as complaints
from services.policy import model_complaints_acts as acts
from services.policy import model_complaints_moves as moves
from services.policy import model_questions, store_complaints, views_complaints
from services.policy.model_complaints import Complaint, Marks
from services.policy.model_portal import acts_for_itself, said
from services.policy.model_questions import Question
from standards.codes import region_covers
from yiwang.policy.v1 import complaints_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events

PAGE = 20
# A minute: complaints without a session, and tries of codes that begin alike. Who guesses one code tries its first signs.
MOST_PUBLIC, MOST_TRIES, ALIKE = 60, 10, 4
# Whom a journal names for who complains.
COMPLAINANT: Final = "complainant"


class ComplaintApi:
    """The methods of yiwang.policy.v1.ComplaintService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.keyring = parts.keyring
        self.complaints = store_complaints.complaints(parts.database)
        self.looks = store_complaints.looks(parts.database)
        self.questions = store_complaints.questions(parts.database)
        self.counties = store_complaints.counties(parts.database)

    def SubmitComplaint(self, request: pb.SubmitComplaintRequest, call: Call) -> pb.Complaint:
        named = acts_for_itself(call.actor) and not request.anonymous
        if not call.actor.id:
            quota.take(self.database, "complaints/public", MOST_PUBLIC, now())

        def begin(id: str) -> Message:
            acts.require_sound(request)
            self.counties.know(request.region)
            marks = Marks(
                store_complaints.complainant_index(self.keyring, call.actor.id) if named else "",
                store_complaints.department_index(self.keyring, id, request.department),
            )
            content = {field: getattr(request, field).strip() for field in views_complaints.FIELDS}
            code = store_complaints.code_index(self.keyring, views_complaints.code(self.keyring, id))
            number = views_complaints.number(self.keyring, id, request.region, now())
            return acts.submit(id, number, request.region, marks, code, self.keyring.seal(id, content), now())

        record = self.complaints.create(self._quiet(call), begin)
        view = self._own(record)
        view.retrieval_code = views_complaints.code(self.keyring, record.id)
        return view

    def AcceptComplaint(self, request: pb.AcceptComplaintRequest, call: Call) -> pb.Complaint:
        return self._act(request, call, lambda one: acts.accept(one, call.actor, now()))

    def AskDepartment(self, request: pb.AskDepartmentRequest, call: Call) -> pb.SupervisionQuestion:
        complaint = self._supervised(request.complaint_id, call).state

        def begin(id: str) -> Message:
            moves.require_move(complaint, call.method)
            content, text = views_complaints.said(self.keyring, complaint), said("text", request.text, 4)
            acts.require_own_words(content, text)
            asked = store_complaints.questions_of(self.database, self.keyring, complaint.id)
            require(len(asked) < model_questions.MOST, "TOO_MANY_QUESTIONS", "对同一投诉的询问已达上限")
            index = store_complaints.question_index(self.keyring, complaint.id)
            sealed = self.keyring.seal(id, text)
            return model_questions.ask(id, index, content["department"], complaint.region, call.actor, sealed, now())

        return views_complaints.question(self.questions.create(call.cause, begin), self.keyring)

    def ListSupervisionQuestions(
        self, request: pb.ListSupervisionQuestionsRequest, call: Call
    ) -> pb.ListSupervisionQuestionsResponse:
        def wanted(one: Question) -> bool:
            return model_questions.is_asked(call.actor, one) and not (request.open and one.answered_at)

        size = request.page_size or PAGE
        rows, token = store_complaints.newest_questions(
            self.questions, call.actor.department, wanted, request.page_token, size
        )
        found = [views_complaints.question(row, self.keyring) for row in rows]
        return pb.ListSupervisionQuestionsResponse(questions=found, next_page_token=token)

    def AnswerSupervisionQuestion(
        self, request: pb.AnswerSupervisionQuestionRequest, call: Call
    ) -> pb.SupervisionQuestion:
        def decide(one: Question) -> Message:
            if not model_questions.is_asked(call.actor, one):
                raise not_found()
            return model_questions.answer(one, call.actor, self.keyring.seal(one.id, said("text", request.text, 4)))

        record = self.questions.change(request.question_id, call.cause, decide)
        return views_complaints.question(record, self.keyring)

    def ConcludeComplaint(self, request: pb.ConcludeComplaintRequest, call: Call) -> pb.Complaint:
        def decide(one: Complaint) -> Message:
            content = {"reply": said("reply", request.reply, 4), "measures": request.measures.strip()}
            sealed = self.keyring.seal(one.id, content)
            return acts.conclude(one, call.actor, request.outcome, request.measures, sealed)

        return self._act(request, call, decide)

    def WithdrawComplaint(self, request: pb.WithdrawComplaintRequest, call: Call) -> pb.Complaint:
        if bool(request.code) == bool(request.complaint_id):
            raise invalid(Violation("code", "ONE_OF", "请填写查询码，或者登录后选择本人的投诉"))
        found = self._by_code(request.code) if request.code else self.complaints.get(request.complaint_id)

        def decide(one: Complaint) -> Message:
            if not request.code:
                moves.require_by(one, call.method, call.actor, self._marks(call.actor, one))
            reason = request.reason.strip()
            return acts.withdraw(one, self.keyring.seal(one.id, reason) if reason else "")

        return self._own(self.complaints.change(found.id, self._quiet(call), decide))

    def GetComplaint(self, request: pb.GetComplaintRequest, call: Call) -> pb.Complaint:
        record = self.complaints.get(request.complaint_id, min_version=request.min_version)
        marks = self._marks(call.actor, record.state)
        if complaints.complains(call.actor, record.state, marks):
            return self._own(record)
        if not complaints.supervises(call.actor, record.state, marks):
            raise not_found()
        self._looked(record.id, call)
        return self._for_supervisor(record, call.actor, marks)

    def GetComplaintByCode(self, request: pb.GetComplaintByCodeRequest, _call: Call) -> pb.Complaint:
        return self._own(self._by_code(request.code))

    def ListMyComplaints(self, request: pb.ListMyComplaintsRequest, call: Call) -> pb.ListComplaintsResponse:
        match = {"state.complainant_index": store_complaints.complainant_index(self.keyring, call.actor.id)}

        def wanted(one: Complaint) -> bool:
            return complaints.complains(call.actor, one, self._marks(call.actor, one))

        return self._list([match], wanted, request)

    def ListComplaintDesk(self, request: pb.ListComplaintDeskRequest, call: Call) -> pb.ListComplaintsResponse:
        actor, asked = call.actor, request.county
        if asked and not (region_covers(actor.region, asked) or actor.region.startswith(asked)):
            raise invalid(Violation("county", "COUNTY", "不在您的监察区域内"))

        def wanted(one: Complaint) -> bool:
            return (
                complaints.supervises(actor, one, self._marks(actor, one))
                and request.status in (0, one.status)
                and (not request.overdue or one.overdue)
            )

        matches: list[Filter] = []
        for county in self.counties.within(asked or actor.region):
            bound: Filter = {"state.county": county}
            matches.append({**bound, "state.status": request.status} if request.status else bound)
        return self._list(matches, wanted, request)

    def _marks(self, actor: Actor, one: Complaint) -> Marks:
        department = actor.department
        return Marks(
            store_complaints.complainant_index(self.keyring, actor.id) if acts_for_itself(actor) else "",
            store_complaints.department_index(self.keyring, one.id, department) if department else "",
        )

    def _quiet(self, call: Call) -> Cause:
        """The cause of what who complains does: nothing in a journal or an event leads to him, and no span of his call either."""
        key = self.keyring.blind("complaint_cause", call.cause.key)
        return Cause(key=key, by=COMPLAINANT, request=call.cause.request)

    def _by_code(self, code: str) -> Record[Complaint]:
        plain = store_complaints.plain_code(code)
        alike = self.keyring.blind("complaint_tries", plain[:ALIKE])
        quota.take(self.database, f"complaint_codes/{alike}", MOST_TRIES, now())
        found = store_complaints.by_code(self.complaints, self.keyring, plain)
        if found is None:
            raise not_found()
        return found

    def _supervised(self, id: str, call: Call) -> Record[Complaint]:
        record = self.complaints.get(id)
        moves.require_by(record.state, call.method, call.actor, self._marks(call.actor, record.state))
        return record

    def _looked(self, complaint: str, call: Call) -> None:
        """Notes a look before anything is shown, each one by itself, although a read has no request_id."""
        actor = call.actor
        cause = Cause(f"{actor.by}/{call.method}/{uuid.uuid4().hex}", actor.by, "", call.span.traceparent)
        self.looks.create(
            cause,
            lambda id: events.ComplaintRead(
                read_id=id, complaint_id=complaint, officer_id=actor.id, department=actor.department
            ),
        )

    def _act(self, request: Any, call: Call, decide: Callable[[Complaint], Message]) -> pb.Complaint:
        """One move of a supervisor; to everybody else it is not there."""

        def decided(one: Complaint) -> Message:
            moves.require_by(one, call.method, call.actor, self._marks(call.actor, one))
            moves.require_move(one, call.method)
            return decide(one)

        record = self.complaints.change(request.complaint_id, call.cause, decided)
        marks = self._marks(call.actor, record.state)
        if not complaints.supervises(call.actor, record.state, marks):
            raise not_found()
        return self._for_supervisor(record, call.actor, marks)

    def _for_supervisor(self, record: Record[Complaint], actor: Actor, marks: Marks) -> pb.Complaint:
        asked = store_complaints.questions_of(self.database, self.keyring, record.id)
        return views_complaints.supervised(record, self.keyring, asked, actor, marks)

    def _own(self, record: Record[Complaint]) -> pb.Complaint:
        """The complaint for who complained; whether it is he was asked before."""
        open_moves = ["WithdrawComplaint"] if record.state.status in complaints.OPEN else []
        looks = store_complaints.looks_at(self.database, record.id)
        return views_complaints.own(record, self.keyring, looks, open_moves)

    def _list(
        self, matches: list[Filter], keep: Callable[[Complaint], bool], request: Any
    ) -> pb.ListComplaintsResponse:
        size = request.page_size or PAGE
        rows, token = store_complaints.newest(self.complaints, matches, keep, request.page_token, size)
        return pb.ListComplaintsResponse(
            complaints=[views_complaints.brief(row) for row in rows], next_page_token=token
        )
