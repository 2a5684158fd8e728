"""BundleService over gRPC: one thing at once (一件事)."""

from functools import partial

from pymongo.errors import DuplicateKeyError

from chassis import telemetry
from chassis.acts import OFFICER, PERSON, Actor, now
from chassis.errors import NOT_FOUND, RESOURCE_EXHAUSTED, Refused, Violation, invalid, not_found
from chassis.records import Record
from chassis.rpc import Call
from services.case import (
    attachments,
    model_access,
    model_application,
    model_bundles,
    model_bundles_course,
    model_seeing,
    store,
    store_bundles,
    views,
    views_bundles,
)
from services.case.acting_on import Desk
from services.case.bundling import Asked, Bundling
from services.case.model import Case
from services.case.model_bundles import Bundle
from standards import identifiers
from standards.codes import region_covers
from standards.themes_parts import shell
from yiwang.case.v1 import bundles_pb2 as pb
from yiwang.case.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as catalog

PAGE = 20


class BundleApi:
    """The methods of yiwang.case.v1.BundleService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.bundles = store_bundles.bundles(desk.parts.database)
        self.bundling = Bundling(desk.parts.database, desk.items, desk.keyring, desk.submitting)

    def SubmitBundle(self, request: pb.SubmitBundleRequest, call: Call) -> pb.Bundle:
        for attempt in range(3):
            try:
                record = self.bundles.create(call.cause, partial(self._submission, request, call, attempt))
                break
            except DuplicateKeyError:  # another one has that number: one in a billion per county and day
                continue
        else:
            raise Refused(RESOURCE_EXHAUSTED, "NO_NUMBER", "暂时无法生成办件编号，请稍后重试")
        return self._reply(record, call)

    def _submission(self, request: pb.SubmitBundleRequest, call: Call, attempt: int, id: str) -> events.BundleSubmitted:
        asked = Asked(
            theme_id=request.theme_id,
            edition=request.edition,
            answers=request.answers,
            form=request.form,
            handed_in=[one.material for one in request.materials],
            claim=partial(attachments.claim, self.desk.files, request.materials, call.actor),
            channel=model_application.channel_of(call.actor, request.channel),
            actor=call.actor,
            delivery=request.delivery if request.HasField("delivery") else None,
            project_code=request.project_code,
            sealed_agent_name=self.desk.agent_name(call),
        )
        return self.bundling.begin(asked, id, attempt)

    def GetBundle(self, request: pb.GetBundleRequest, call: Call) -> pb.Bundle:
        record = self._read(request.bundle_id, call, request.min_version)
        if not model_bundles.sees(call.actor, record.state):
            self.desk.accesses.looked(call, record.state, model_access.VIEWED)
        return self._reply(record, call)

    def _read(self, id: str, call: Call, min_version: int = 0) -> Record[Bundle]:
        """As the caller may read it: as his own or his department's, or as a supervisor of its region."""
        try:
            return self.bundles.get(id, model_bundles.visible(call.actor), min_version)
        except Refused as refused:
            if refused.code != NOT_FOUND or call.actor.realm != OFFICER:
                raise
        return self.bundles.get(id, model_seeing.overseen(call.actor), min_version)

    def ListMyBundles(self, request: pb.ListMyBundlesRequest, call: Call) -> pb.ListMyBundlesResponse:
        match = {"state.applicant_id": call.actor.id}
        seen = partial(model_bundles.sees, call.actor)
        size = request.page_size or PAGE
        rows, token = store_bundles.newest(self.bundles, match, seen, request.page_token, size)
        return pb.ListMyBundlesResponse(bundles=[self._line(row, call) for row in rows], next_page_token=token)

    def ListBundles(self, request: pb.ListBundlesRequest, call: Call) -> pb.ListBundlesResponse:
        department = request.department or call.actor.department
        if not department:
            raise invalid(Violation("department", "REQUIRED", "请指明部门"))
        match, size = {"state.departments": department}, request.page_size or PAGE
        seen = partial(_may_read, call.actor)
        rows, token = store_bundles.newest(self.bundles, match, seen, request.page_token, size)
        return pb.ListBundlesResponse(bundles=[self._line(row, call) for row in rows], next_page_token=token)

    def ListProject(self, request: pb.ListProjectRequest, call: Call) -> pb.ListProjectResponse:
        code, size, instant = request.project_code, request.page_size or PAGE, now()
        if not identifiers.project_code_valid(code):
            raise invalid(Violation("project_code", "PROJECT_CODE", "投资项目统一代码不正确，应为24位"))
        bundles: list[Record[Bundle]] = []
        if not request.page_token:
            bundles, _ = store_bundles.newest(
                self.bundles, {"state.project_code": code}, partial(_in_region, call.actor), "", PAGE * 5
            )
        keep = partial(_in_region, call.actor)
        rows, token = store.project_cases(self.desk.cases, code, keep, request.page_token, size)
        return pb.ListProjectResponse(
            bundles=[self._line(row, call) for row in bundles],
            cases=[views.brief(row, call.actor, instant) for row in rows],
            next_page_token=token,
        )

    def WithdrawBundle(self, request: pb.WithdrawBundleRequest, call: Call) -> pb.Bundle:
        agent = self.desk.agent_name(call)
        record = self.bundles.change(
            request.bundle_id,
            call.cause,
            lambda bundle: model_bundles_course.withdraw(bundle, self._sealed(bundle, request.reason), agent, now()),
            model_bundles.visible(call.actor),
        )
        return self._reply(record, call)

    def GiveUpBranch(self, request: pb.GiveUpBranchRequest, call: Call) -> pb.Bundle:
        agent = self.desk.agent_name(call)
        record = self.bundles.change(
            request.bundle_id,
            call.cause,
            lambda bundle: model_bundles_course.give_up(
                bundle, request.key, call.actor, self._sealed(bundle, request.reason), agent, now()
            ),
            model_bundles.visible(call.actor),
        )
        return self._reply(record, call)

    def DownloadBundleFile(self, request: pb.DownloadBundleFileRequest, call: Call) -> pb.DownloadBundleFileResponse:
        bundle = self.bundles.get(request.bundle_id, model_bundles.visible(call.actor)).state
        file = next((one for one in bundle.files if one.attachment_id == request.attachment_id), None)
        if file is None or not views_bundles.file_shown(bundle, file.attachment_id, call.actor, self.desk.keyring):
            raise not_found()
        sealed = self.desk.files.read(file.attachment_id)
        content = self.desk.keyring.open_bytes(bundle.applicant_id, sealed) if sealed else None
        if content is None:
            raise not_found()
        shown = views.attachment(file, bundle.applicant_id, call.actor, self.desk.keyring)
        return pb.DownloadBundleFileResponse(attachment=shown, content=content)

    def _sealed(self, bundle: Bundle, text: str) -> str:
        return self.desk.keyring.seal(bundle.applicant_id, text) if text else ""

    def _cases(self, bundle: Bundle) -> dict[str, Case]:
        return {row.state.bundle_key: row.state for row in store_bundles.children(self.desk.cases, bundle.id)}

    def _line(self, row: Record[Bundle], call: Call) -> pb.Bundle:
        return views_bundles.brief(row, self._cases(row.state), call.actor, now())

    def _reply(self, record: Record[Bundle], call: Call) -> pb.Bundle:
        """The whole of it, for its reader."""
        bundle = record.state
        call.span.set(telemetry.RECORD, record.id)
        call.span.set(telemetry.LABEL, bundle.number)
        theme = self.bundling.themes.edition(bundle.theme_id, bundle.edition)
        items = {
            one.key: definition
            for one in model_bundles.parts(bundle)
            if (definition := self.desk.items.edition(one.item_id, one.edition))
        }
        named = views_bundles.definitions(shell(theme) if theme else catalog.ItemDefinition(), items)
        return views_bundles.full(record, self._cases(bundle), named, call.actor, self.desk.keyring, now())


def _may_read(actor: Actor, bundle: Bundle) -> bool:
    return model_bundles.sees(actor, bundle) or model_bundles.oversees(actor, bundle)


def _in_region(actor: Actor, one: Bundle | Case) -> bool:
    return actor.realm != PERSON and region_covers(actor.region, one.region)
