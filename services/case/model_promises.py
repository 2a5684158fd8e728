"""What needs no paper: what stands for materials in an application, promises (告知承诺) and their verification, and materials that follow
later (容缺). Pure.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.case import model_deadlines, model_lookups, model_receipts
from services.case.model import Case
from services.case.model_lookups import BY_LICENCE, LookUp
from services.case.model_moves import require_move
from standards.instants import after, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog


def text_digest(words: str) -> str:
    """The digest a promise names its text by: SHA-256 of its UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(words.encode()).hexdigest()


def stood_for(
    item: catalog.ItemDefinition,
    item_id: str,
    given: Sequence[pb.StandIn],
    found: Mapping[str, LookUp | None],
    applicant_id: str,
    now: datetime,
) -> list[events.StoodFor]:
    """What stands for materials of an application, from what was stated and the look-ups found; INVALID_ARGUMENT names every one at
    fault as `stand_ins[material]`."""
    listed = {one.key: one for one in item.materials}
    often = Counter(one.material for one in given)
    used = Counter(one.proof_id for one in given if one.waiver in BY_LICENCE)
    stood, wrong = [], []
    for one in given:
        material = listed.get(one.material)
        fault = _fault(one, material, found, (applicant_id, item_id), now)
        if often[one.material] > 1 or used[one.proof_id] > 1:
            fault = "STAND_IN_TWICE"
        if fault or material is None:
            wrong.append(Violation(f"stand_ins[{one.material}]", fault, _FAULTS[fault]))
            continue
        lookup = found.get(one.proof_id) if one.waiver in BY_LICENCE else None
        manual = lookup is not None and lookup.outcome == model_lookups.AWAY
        proof = lookup.id if lookup else ""
        stood.append(events.StoodFor(material=one.material, waiver=one.waiver, proof_id=proof, manual=manual))
    if wrong:
        raise invalid(*dict.fromkeys(wrong))
    return stood


_FAULTS: Mapping[str, str] = {
    "MATERIAL_NOT_LISTED": "事项没有此材料",
    "WAIVER_NOT_OFFERED": "该材料不能以此方式免提交",
    "PROOF_VOID": "证照核验结果无效或已过期，请重新核验，或上传该材料",
    "STAND_IN_TWICE": "同一材料或同一核验结果重复",
}


def _fault(
    given: pb.StandIn,
    material: catalog.Material | None,
    found: Mapping[str, LookUp | None],
    whose: tuple[str, str],
    now: datetime,
) -> str:
    if material is None:
        return "MATERIAL_NOT_LISTED"
    if given.waiver != material.waiver:
        return "WAIVER_NOT_OFFERED"
    if given.waiver == catalog.WAIVER_COMMITMENT:
        return ""
    if not model_lookups.offered(material):
        return "WAIVER_NOT_OFFERED"
    applicant_id, item_id = whose
    proves = model_lookups.proves(found.get(given.proof_id), applicant_id, item_id, material, now)
    return "" if proves else "PROOF_VOID"


def promise(
    item: catalog.ItemDefinition, digest: str, stood: Sequence[events.StoodFor], blocked: bool
) -> events.Promise | None:
    """The promise an applicant makes by naming the text he was shown; None when he makes none. Where the item is done on promise it
    stands for the whole of it, else for the materials stated.

    INVALID_ARGUMENT `promise_digest` REQUIRED, PROMISE_CHANGED; FAILED_PRECONDITION PROMISE_NOT_OFFERED, PROMISE_BLOCKED.
    """
    materials = [one.material for one in stood if one.waiver == catalog.WAIVER_COMMITMENT]
    if not digest:
        if materials:
            raise invalid(Violation("promise_digest", "REQUIRED", "以承诺代替材料的，请阅读并作出承诺"))
        return None
    words = item.handling.commitment_text
    require(bool(words and (item.commitment or materials)), "PROMISE_NOT_OFFERED", "该事项不适用告知承诺")
    if digest != text_digest(words):
        raise invalid(Violation("promise_digest", "PROMISE_CHANGED", "承诺书内容已更新，请重新阅读后承诺"))
    require(not blocked, "PROMISE_BLOCKED", "您有未履行的承诺，暂不能以告知承诺方式办理，请提交全部材料")
    return events.Promise(text_digest=digest, materials=[] if item.commitment else materials)


def check_licence(case: Case, officer: Actor, material: str, holds: bool, sealed_note: str) -> events.LicenceChecked:
    """An officer looked at what the source could not tell."""
    require_move(case, "CheckLicence")
    if not any(one.material == material and one.manual and not one.settled for one in case.stood_for):
        raise invalid(Violation("material", "LICENCE_NOT_OPEN", "该材料没有待核验的证照"))
    return events.LicenceChecked(
        case_id=case.id, officer_id=officer.id, material=material, holds=holds, sealed_note=sealed_note
    )


def supply_deferred(case: Case, files: Sequence[events.HandedInFile]) -> events.DeferredSupplied:
    """Materials that could follow later are here; also one whose licence did not hold when an officer looked."""
    require_move(case, "SupplyDeferred")
    handed_in = dict.fromkeys(file.material for file in files)
    still_open = {*case.deferred, *case.lacking}
    if wrong := [key for key in handed_in if key not in still_open]:
        raise invalid(*(Violation(f"materials[{key}]", "DEFERRED_NOT_OPEN", "该材料不在待补交之列") for key in wrong))
    kept = [file for file in case.files if file.material not in handed_in]
    return events.DeferredSupplied(case_id=case.id, files=files, receipt_digest=model_receipts.digest([*kept, *files]))


def verify(case: Case, officer: Actor, kept: bool, sealed_finding: str, now: datetime) -> events.PromiseVerified:
    """Whether what was promised is so. What is not can be made good until one day, which a second look in vain does not move."""
    require_move(case, "VerifyPromise")
    overdue = case.mend_due is not None and now > case.mend_due
    require(not (kept and overdue), "MEND_OVERDUE", "整改期限已过，应依法撤销决定")
    mend_due = case.mend_due or after(now, model_deadlines.MEND_DAYS, case.region)
    return events.PromiseVerified(
        case_id=case.id,
        officer_id=officer.id,
        kept=kept,
        sealed_finding=sealed_finding,
        applicant_id=case.applicant_id,
        item_code=case.item_code,
        department=case.department,
        region=case.region,
        mend_due="" if kept else text(mend_due),
    )
