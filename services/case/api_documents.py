"""DocumentService over gRPC: the documents of a case as PDF, and whether one that somebody holds is good."""

import hashlib
import hmac
from collections.abc import Sequence

from chassis import telemetry
from chassis.errors import Violation, invalid, not_found
from chassis.records import Record
from chassis.rpc import Call
from services.case import documents, documents_pdf, documents_texts, model_access, model_seeing, settings
from services.case.acting_on import Desk
from services.case.documents import Made
from services.case.documents_words import Facts, is_licence
from services.case.model import Case
from services.case.timeline import time_text
from yiwang.case.v1 import documents_pb2 as pb


class DocumentApi:
    """The methods of yiwang.case.v1.DocumentService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.base = settings.of(desk.parts).public_url

    def ListDocuments(self, request: pb.ListDocumentsRequest, call: Call) -> pb.ListDocumentsResponse:
        record, supervised = self._read(request.case_id, call)
        if supervised:
            self.desk.accesses.looked(call, record.state, model_access.VIEWED)
        return pb.ListDocumentsResponse(documents=[self._told(made) for made in self._documents(record)])

    def GetDocument(self, request: pb.GetDocumentRequest, call: Call) -> pb.GetDocumentResponse:
        record, supervised = self._read(request.case_id, call)
        all = self._documents(record)
        made = _numbered(all, request.number)
        if supervised:
            self.desk.accesses.looked(call, record.state, model_access.DOWNLOADED, [made.title])
        content = self._pdf(record, all, made)[0]
        return pb.GetDocumentResponse(
            document=self._told(made),
            content=content,
            filename=f"{made.title}-{made.number}.pdf",
            sha256=hashlib.sha256(content).hexdigest(),
        )

    def VerifyDocument(self, request: pb.VerifyDocumentRequest, call: Call) -> pb.VerifyDocumentResponse:
        number, code = documents.read_number(request.number), documents.read_code(request.code)
        wrong = [name for name, read in (("number", number), ("code", code)) if not read]
        if wrong:
            raise invalid(*(Violation(name, "CHECK_CHARACTER", "编号或验证码不正确，请核对") for name in wrong))
        # Before the store is asked, so that the time it takes tells nothing about a number without its code.
        if not hmac.compare_digest(code, self._code(number)):
            raise not_found()
        record = self.desk.cases.find({"state.number": documents.case_of(number)})
        if record is None:
            raise not_found()
        all = self._documents(record)
        made = _numbered(all, number)
        case, ended = record.state, made.ended_by
        return pb.VerifyDocumentResponse(
            kind=made.kind.kind,  # type: ignore[arg-type]
            title=made.title,
            number=documents.masked_number(number),
            department_name=case.department_name,
            item_name=case.item_name,
            made_at=time_text(made.made_at),
            state=made.state,  # type: ignore[arg-type]
            ended_at=time_text(ended["at"]) if ended else "",
            ended_by=made.ended_title,
            file=self._match(record, all, made, request.sha256),  # type: ignore[arg-type]
        )

    def _read(self, id: str, call: Call) -> tuple[Record[Case], bool]:
        record, supervised = self.desk.read(id, call)
        if model_seeing.shut_out(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        call.span.set(telemetry.LABEL, record.state.number)
        return record, supervised

    def _documents(self, record: Record[Case]) -> list[Made]:
        case = record.state
        licence = is_licence(self.desk.item_of(case))
        return documents.documents(case.number, record.journal, self.desk.cases.event, licence)

    def _told(self, made: Made) -> pb.Document:
        return pb.Document(
            kind=made.kind.kind,  # type: ignore[arg-type]
            number=made.number,
            title=made.title,
            made_at=time_text(made.made_at),
            code=self._code(made.number),
            state=made.state,  # type: ignore[arg-type]
        )

    def _code(self, number: str) -> str:
        return documents.code_of(self.desk.keyring.blind("document", number))

    def _pdf(self, record: Record[Case], all: Sequence[Made], made: Made) -> tuple[bytes, bool]:
        """The document, and whether the person is erased, so that it lacks what named him."""
        # As the case stood after the entry: what came later changes no document.
        case = self.desk.cases.replay(record.journal[: made.seq])
        person, keyring = case.applicant_id, self.desk.keyring
        facts = Facts(
            made=made,
            case=case,
            item=self.desk.item_of(case),
            form=keyring.open(person, case.sealed_form) if case.sealed_form else {},
            opened=lambda sealed: keyring.open_text(person, sealed),
            earlier=[one for one in all if one.seq < made.seq],
        )
        sheet = documents_texts.sheet(facts)
        return documents_pdf.pdf(sheet, self.base, self._code(made.number)), sheet.erased

    def _match(self, record: Record[Case], all: Sequence[Made], made: Made, sha256: str) -> int:
        """Whether a file of this digest is the document as it is given out."""
        if not sha256:
            return pb.FILE_MATCH_UNSPECIFIED
        content, erased = self._pdf(record, all, made)
        if hmac.compare_digest(hashlib.sha256(content).hexdigest(), sha256):
            return pb.FILE_MATCH_SAME
        return pb.FILE_MATCH_UNKNOWN if erased else pb.FILE_MATCH_DIFFERS


def _numbered(all: Sequence[Made], number: str) -> Made:
    found = next((one for one in all if one.number == number), None)
    if found is None:
        raise not_found()
    return found
