"""AgencyService over gRPC: entry, review, notice, qualifications and black list of agencies, and their credit."""

from collections.abc import Callable

from google.protobuf.message import Message

from chassis.acts import Actor, now
from chassis.errors import not_found
from chassis.records import Record, record_id
from chassis.rpc import Call
from services.intermediary import agencies as stating
from services.intermediary import api_agencies_lists, files, model_rules, store, store_agencies
from services.intermediary import model_agencies as agencies
from services.intermediary import model_agencies_acts as acts
from services.intermediary import model_agencies_moves as moves
from services.intermediary import views_agencies as views
from services.intermediary.model_agencies import Agency
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1.performance_pb2 import MarketFileContent
from yiwang.intermediary.v1.service_pb2 import MarketFile

Decide = Callable[[Agency], Message | list[Message] | None]
# What of a journal is kept for what officers and the clock do: an agency does not lock them out by its own changes.
ROOM = 150


class AgencyApi(api_agencies_lists.ListsApi):
    """The methods of yiwang.intermediary.v1.AgencyService, by name."""

    def EnterAgency(self, request: pb.EnterAgencyRequest, call: Call) -> pb.Agency:
        stating.require_right(request, call.actor)
        id = store_agencies.agency_id(request.uscc)
        before = self.agencies.find({"_id": id})

        def entered() -> events.AgencyEntered:
            told, path = request.qualifications, "qualifications[{}]"
            added = stating.qualifications_of(self.parts, told, call.actor, id, call.cause.key, path)
            return events.AgencyEntered(
                agency_id=id,
                organization_id=call.actor.id,
                uscc=request.uscc,
                agency_name=request.name.strip(),
                region=request.region,
                stated=stating.profile_of(self.keyring, call.actor.id, request.profile),
                qualifications=added,
            )

        if before is None:
            acts.require_any(len(request.qualifications))
            self.counties.know(request.region)
            return self._view(self.agencies.create(call.cause, lambda _: entered(), id), call)
        self.counties.know(request.region)
        return self._act(id, call, lambda agency: acts.enter_again(agency, entered(), now()), ROOM, stranger=True)

    def ChangeAgency(self, request: pb.ChangeAgencyRequest, call: Call) -> pb.Agency:
        stating.require_right_profile(request.profile)
        stated = stating.profile_of(self.keyring, call.actor.id, request.profile)
        return self._act(self._own(call.actor), call, lambda agency: acts.change(agency, stated, now()), ROOM)

    def AddQualification(self, request: pb.AddQualificationRequest, call: Call) -> pb.Agency:
        stating.require_right_qualification(request.qualification)

        def decide(agency: Agency) -> Message:
            moves.require_move(agency, "AddQualification", now())
            told, key = [request.qualification], call.cause.key
            (one,) = stating.qualifications_of(self.parts, told, call.actor, agency.id, key, "qualification")
            return acts.add_qualification(agency, one, now())

        return self._act(self._own(call.actor), call, decide, ROOM)

    def LeaveMarket(self, _request: pb.LeaveMarketRequest, call: Call) -> pb.Agency:
        return self._act(self._own(call.actor), call, lambda agency: acts.leave(agency, now()))

    def UploadMarketFile(self, request: pb.UploadMarketFileRequest, call: Call) -> MarketFile:
        return files.upload(self.parts, request, call.actor, call.cause)

    def DownloadMarketFile(self, request: pb.DownloadMarketFileRequest, call: Call) -> MarketFileContent:
        agency = self.agencies.get(request.agency_id).state
        own = agencies.belongs(call.actor, agency)
        if own or agencies.at_desk(call.actor, agency):
            for number, one in enumerate(agency.qualifications, 1):
                if one.file.file_id == request.file_id:
                    return files.download(self.parts, one.file, number, own)
        raise not_found()

    def ReviewAgency(self, request: pb.ReviewAgencyRequest, call: Call) -> pb.Agency:
        def decide(agency: Agency) -> Message:
            days = self._rule(agency, "agency_notice_days")
            sealed = self._sealed(agency, request.reason)
            return acts.review(agency, call.actor, request.approved, sealed, days, now())

        return self._act(request.agency_id, call, decide)

    def ReviewQualification(self, request: pb.ReviewQualificationRequest, call: Call) -> pb.Agency:
        def decide(agency: Agency) -> Message:
            told = events.QualificationReviewed(
                qualification_id=request.qualification_id,
                decision=request.decision,
                sealed_reason=self._sealed(agency, request.reason),
                false_statement=request.false_statement,
            )
            return acts.review_qualification(agency, call.actor, told, now())

        return self._act(request.agency_id, call, decide)

    def ObjectToAgency(self, request: pb.ObjectToAgencyRequest, call: Call) -> pb.AgencyObjection:
        id = record_id(f"agency_objection/{call.cause.key}")

        def decide(agency: Agency) -> Message:
            if agency.standing not in agencies.PUBLIC:
                raise not_found()
            sealed = self.keyring.seal(call.actor.id, request.text.strip())
            return acts.object_to(agency, call.actor, id, sealed, now())

        changed = self._change(request.agency_id, call, decide, ROOM).state
        found = agencies.objection(changed, id)
        assert found is not None
        return views.objection(found, changed, self.parts, told=True)

    def DecideAgencyObjection(self, request: pb.DecideAgencyObjectionRequest, call: Call) -> pb.Agency:
        def decide(agency: Agency) -> Message:
            sealed = self._sealed(agency, request.reason)
            return acts.decide_objection(agency, call.actor, request.objection_id, request.upheld, sealed, now())

        return self._act(request.agency_id, call, decide)

    def SuspendAgency(self, request: pb.SuspendAgencyRequest, call: Call) -> pb.Agency:
        def decide(agency: Agency) -> Message:
            return acts.suspend(agency, call.actor, self._sealed(agency, request.reason), now())

        return self._act(request.agency_id, call, decide)

    def ResumeAgency(self, request: pb.ResumeAgencyRequest, call: Call) -> pb.Agency:
        return self._act(request.agency_id, call, lambda agency: acts.resume(agency, call.actor, now()))

    def BlacklistAgency(self, request: pb.BlacklistAgencyRequest, call: Call) -> pb.Agency:
        def decide(agency: Agency) -> Message:
            days, sealed = self._rule(agency, "appeal_days"), self._sealed(agency, request.reason)
            return acts.blacklist(agency, call.actor, request.months, sealed, days, now())

        return self._act(request.agency_id, call, decide)

    def AppealBlacklisting(self, request: pb.AppealBlacklistingRequest, call: Call) -> pb.Agency:
        def decide(agency: Agency) -> Message:
            return acts.appeal(agency, self._sealed(agency, request.text), now())

        return self._act(self._own(call.actor), call, decide)

    def DecideBlacklistAppeal(self, request: pb.DecideBlacklistAppealRequest, call: Call) -> pb.Agency:
        def decide(agency: Agency) -> Message:
            sealed = self._sealed(agency, request.reason)
            return acts.decide_appeal(agency, call.actor, request.overturned, sealed, now())

        return self._act(request.agency_id, call, decide)

    def _own(self, actor: Actor) -> str:
        found = store_agencies.of_organization(self.agencies, actor.id)
        if found is None or not agencies.belongs(actor, found.state):
            raise not_found()
        return found.id

    def _act(self, id: str, call: Call, decide: Decide, room: int = 0, stranger: bool = False) -> pb.Agency:
        """One move by who may make it; to everybody else the agency is not there. `stranger`: whose USCC it is was asked already, though
        the record may still be of the organisation's former account."""

        def decided(agency: Agency) -> Message | list[Message] | None:
            if not stranger:
                moves.require_by(agency, call.method, call.actor)
            return decide(agency)

        return self._view(self._change(id, call, decided, room), call)

    def _change(self, id: str, call: Call, decide: Decide, room: int) -> Record[Agency]:
        """What is due by itself happens first, whether or not the timer came round."""
        if not room:
            return self.timing.change(id, call.cause, decide)
        self.timing.catch_up(id)
        return self.agencies.change(id, call.cause, decide, room=room)

    def _rule(self, agency: Agency, name: str) -> int:
        return model_rules.value(store.rules_of(self.rules, agency.region), name)

    def _sealed(self, agency: Agency, text: str) -> str:
        said = text.strip()
        return self.keyring.seal(agency.organization_id, said) if said else ""
