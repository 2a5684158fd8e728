"""A licence is looked up for somebody who would otherwise hand it in (免证办). Whatever the source says is a record before it is told; a
source that gives no answer, or none that can be read, lets nobody pass.
"""

from dataclasses import asdict
from datetime import datetime

from chassis import acts
from chassis.acts import OFFICER, Actor, now
from chassis.answers import Fault
from chassis.errors import Violation, invalid, not_found, require
from chassis.outside import Away
from chassis.records import Record
from chassis.rpc import Call
from chassis.telemetry import log
from services.case import licences, model_application, model_lookups, settings, store_lookups, submitting, views
from services.case.acting_on import Desk
from services.case.licences import Licence
from services.case.model_lookups import LookUp
from services.case.timeline import time_text
from standards import identifiers, real_names, workdays
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import promises_pb2 as pb
from yiwang.case.v1 import trace_pb2
from yiwang.catalog.v1 import service_pb2 as catalog

# As UnmaskCase, blanks around it not counted.
SHORTEST_PURPOSE = 4
WINDOW, HIMSELF = "窗口人员", "本人"


class LookingUp:
    """The look-ups of one store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._url = settings.of(desk.parts).licence_source_url
        self.lookups = store_lookups.lookups(desk.parts.database)
        self._uses = store_lookups.Uses(desk.parts.database)

    def look_up(self, request: pb.LookUpLicenceRequest, call: Call) -> Record[LookUp]:
        """The look-up a request asks for; the same request again is the same look-up, and asks nobody."""
        return self.lookups.create(call.cause, lambda id: self._looked_up(request, call, id))

    def _looked_up(self, request: pb.LookUpLicenceRequest, call: Call, id: str) -> events.LicenceLookedUp:
        if self.lookups.find({"_id": id}) is not None:
            raise not_found()  # done before: `create` answers with what was said then
        require(bool(self._url), "LICENCE_SOURCE_MISSING", "本地暂未接入电子证照，请上传该材料")
        item = submitting.open_item(self._desk.items, request.item_id).definition
        material, instant = _material(item, request.material), now()
        model_application.check_delegated(call.actor, item)
        applicant, number = _applicant(request, call.actor), request.holder_number.strip().upper()
        kind = _holder_kind(number)
        _check_holder(call.actor, number)
        purpose = request.purpose.strip()
        if len(purpose) < SHORTEST_PURPOSE:
            raise invalid(Violation("purpose", "PURPOSE_TOO_SHORT", "请写明查询证照的事由"))
        outcome, licence, unfit = self._asked(id, kind, number, material, purpose, item.code, instant)
        content = {
            "purpose": purpose,
            "by": _who(call.actor),
            "holder_number": number,
            "unfit": unfit,
            "licence": _kept(licence),
        }
        sealed = self._desk.keyring.seal(applicant, content)
        return model_lookups.looked_up(id, applicant, request.item_id, item, material, outcome, sealed, instant)

    def _asked(
        self, id: str, kind: str, number: str, material: catalog.Material, purpose: str, item: str, instant: datetime
    ) -> tuple[str, Licence | None, str]:
        """What the source says: the outcome, the licence, and why it stands for nothing."""
        try:
            found = licences.look_up(self._url, id, kind, number, material.licence_code, purpose, "", item)
        except (Away, Fault) as error:
            # Neither text has anything of anybody in it.
            log("licences").warning("licence_source_away", record=id, reason=str(error))
            return model_lookups.AWAY, None, ""
        if found is None:
            return model_lookups.NONE, None, ""
        unfit = licences.unfit(found, instant.astimezone(workdays.SHANGHAI).date())
        return model_lookups.VOID if unfit else model_lookups.FOUND, found, unfit

    def view(self, record: Record[LookUp]) -> pb.LicenceLookUp:
        """A look-up as its person, or who looked for him, may see it."""
        one = record.state
        told = self._desk.keyring.open(one.applicant_id, one.sealed) or {}
        licence = told.get("licence") or {}
        view = pb.LicenceLookUp(
            id=record.id,
            outcome=model_lookups.OUTCOMES[one.outcome],  # type: ignore[arg-type]
            item_id=one.item_id,
            item_name=one.item_name,
            material=one.material,
            licence_type=one.licence_type,
            at=time_text(one.at),
            expires_at=time_text(one.expires_at),
            case_id=self._uses.case_of(record.id),
            purpose=told.get("purpose", ""),
            by=told.get("by", ""),
            unfit=told.get("unfit", ""),
            holder_number=identifiers.id_number_mask(told.get("holder_number", "")),
        )
        if licence:
            view.licence.CopyFrom(
                pb.LicenceFacts(**licence | {"number": model_lookups.masked_number(licence["number"])})
            )
        return view

    def readings(self, case_id: str) -> list[trace_pb2.TraceReading]:
        """The look-ups that stand in an application, as the applicant's trace tells them."""
        return [self._reading(self.lookups.get(id)) for id in self._uses.of_case(case_id)]

    def _reading(self, record: Record[LookUp]) -> trace_pb2.TraceReading:
        view, words = self.view(record), model_lookups.WORDS[record.state.outcome]
        what = "、".join(part for part in ("查询电子证照", view.licence.name, words) if part)
        return trace_pb2.TraceReading(at=view.at, by=view.by, what=what, purpose=view.purpose)


def _material(item: catalog.ItemDefinition, key: str) -> catalog.Material:
    material = next((one for one in item.materials if one.key == key), None)
    if material is None:
        raise invalid(Violation("material", "MATERIAL_NOT_LISTED", "事项没有此材料"))
    if not model_lookups.offered(material):
        raise invalid(Violation("material", "WAIVER_NOT_OFFERED", "该材料不能以电子证照代替"))
    return material


def _applicant(request: pb.LookUpLicenceRequest, actor: Actor) -> str:
    """Whose licence it is: the caller's, or whose application an officer takes at his window."""
    if actor.realm != OFFICER:
        if request.applicant_id not in ("", actor.id):
            raise invalid(Violation("applicant_id", "NOT_YOURS_TO_NAME", "只能查询本人的证照"))
        return actor.id
    if not request.applicant_id:
        raise invalid(Violation("applicant_id", "REQUIRED", "请指明申请人"))
    return request.applicant_id


def _holder_kind(number: str) -> str:
    if identifiers.id_number_valid(number):
        return licences.ID_CARD
    if identifiers.uscc_valid(number):
        return licences.ORGANISATION
    raise invalid(Violation("holder_number", "MALFORMED", "证件号码不正确，请核对"))


def _check_holder(actor: Actor, number: str) -> None:
    """A number somebody types is his own; the officer at a window has the document before him."""
    if actor.realm == OFFICER:
        return
    require(actor.level >= real_names.MEDIUM, "LEVEL_TOO_LOW", "查询证照须先完成实名核验，请在“我的账户”中完成")
    if not actor.holder or acts.holder(actor.id, number) != actor.holder:
        raise invalid(Violation("holder_number", "HOLDER_NOT_YOURS", "只能查询本人的证照，请填写本人的证件号码"))


def _who(actor: Actor) -> str:
    return WINDOW if actor.realm == OFFICER else views.agent_text(actor) or HIMSELF


def _kept(licence: Licence | None) -> dict[str, str]:
    """What is kept of a licence: as much as its holder needs to know it again."""
    if licence is None:
        return {}
    told = asdict(licence)
    until = licence.expires_on.isoformat() if licence.expires_on else ""
    return {name: told[name] for name in ("name", "number", "issuer")} | {"valid_until": until}
