"""IntermediaryService over gRPC."""

from chassis.rpc import Call
from services.case import model_intermediaries, model_seeing
from services.case.acting_on import Desk
from services.case.model import Case
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import intermediary_pb2 as pb
from yiwang.case.v1.service_pb2 import Case as View


class IntermediaryApi:
    """The methods of yiwang.case.v1.IntermediaryService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def RequestIntermediary(self, request: pb.RequestIntermediaryRequest, call: Call) -> View:
        def decide(case: Case) -> events.IntermediaryRequested:
            item, agent = self.desk.item_of(case), self.desk.agent_name(call)
            return model_intermediaries.request(case, item, request.service, call.actor, agent)

        visible = model_seeing.visible(call.actor)
        return self.desk.reply(self.desk.change(request.case_id, call, decide, visible), call)
