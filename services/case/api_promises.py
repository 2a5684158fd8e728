"""PromiseService over gRPC: licences that are looked up, promises that are verified, materials that follow later."""

from functools import partial

from chassis.acts import now
from chassis.records import Record
from chassis.rpc import Call
from services.case import attachments, model_blocks, model_lookups, model_promises, store_blocks, store_lookups
from services.case.acting_on import Desk
from services.case.looking_up import LookingUp
from services.case.model import Case
from services.case.model_blocks import PromiseBlock
from services.case.timeline import time_text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import promises_pb2 as pb
from yiwang.case.v1 import service_pb2

PAGE = 20


class PromiseApi:
    """The methods of yiwang.case.v1.PromiseService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.looking_up = LookingUp(desk)
        self.blocks = store_blocks.blocks(desk.parts.database)

    def LookUpLicence(self, request: pb.LookUpLicenceRequest, call: Call) -> pb.LicenceLookUp:
        return self.looking_up.view(self.looking_up.look_up(request, call))

    def ListLicenceLookUps(self, request: pb.ListLicenceLookUpsRequest, call: Call) -> pb.ListLicenceLookUpsResponse:
        visible, size = model_lookups.visible(call.actor), request.page_size or PAGE
        rows, token = store_lookups.newest(self.looking_up.lookups, visible, request.page_token, size)
        return pb.ListLicenceLookUpsResponse(look_ups=map(self.looking_up.view, rows), next_page_token=token)

    def CheckLicence(self, request: pb.CheckLicenceRequest, call: Call) -> service_pb2.Case:
        def check(case: Case) -> events.LicenceChecked:
            note = self.desk.sealed(case, request.note.strip())
            return model_promises.check_licence(case, call.actor, request.material, request.holds, note)

        return self.desk.move(request, call, check)

    def SupplyDeferred(self, request: pb.SupplyDeferredRequest, call: Call) -> service_pb2.Case:
        def supply(case: Case) -> events.DeferredSupplied:
            files = attachments.claim(self.desk.files, request.materials, call.actor)
            return model_promises.supply_deferred(case, files)

        return self.desk.move(request, call, supply)

    def VerifyPromise(self, request: pb.VerifyPromiseRequest, call: Call) -> service_pb2.Case:
        def verify(case: Case) -> events.PromiseVerified:
            finding = self.desk.sealed(case, request.finding.strip())
            return model_promises.verify(case, call.actor, request.kept, finding, now())

        return self.desk.move(request, call, verify)

    def ListPromiseBlocks(self, request: pb.ListPromiseBlocksRequest, call: Call) -> pb.ListPromiseBlocksResponse:
        seen = partial(model_blocks.sees, call.actor)
        visible, size = model_blocks.visible(call.actor), request.page_size or PAGE
        rows, token = store_blocks.newest(self.blocks, visible, seen, request.page_token, size)
        return pb.ListPromiseBlocksResponse(blocks=map(self._block, rows), next_page_token=token)

    def LiftPromiseBlock(self, request: pb.LiftPromiseBlockRequest, call: Call) -> pb.PromiseBlock:
        def lift(block: PromiseBlock) -> events.PromiseBlockLifted:
            reason = self.desk.keyring.seal(block.applicant_id, request.reason.strip())
            return model_blocks.lift(block, call.actor, reason)

        visible = model_blocks.visible(call.actor)
        return self._block(self.blocks.change(request.block_id, call.cause, lift, visible))

    def _block(self, record: Record[PromiseBlock]) -> pb.PromiseBlock:
        one = record.state
        return pb.PromiseBlock(
            id=record.id,
            version=record.version,
            applicant_id=one.applicant_id,
            case_id=one.case_id,
            case_number=one.case_number,
            item_name=one.item_name,
            department=one.department,
            county=one.county,
            blocked=model_blocks.blocks(one, one.county, now()),
            mended=one.mended,
            lifted_at=time_text(one.lifted_at),
            reason=self.desk.keyring.open_text(one.applicant_id, one.sealed_reason),
            **{"from": time_text(one.since)},
        )
