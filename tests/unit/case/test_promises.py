"""What stands for materials, promises and blocks, as the model sees them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.acts import Moment
from chassis.errors import Refused
from services.case import (
    model,
    model_acts,
    model_blocks,
    model_lookups,
    model_pre_review,
    model_promises,
    model_receipts,
)
from services.case.model import Case, StoodFor
from services.case.model_blocks import PromiseBlock
from services.case.model_evolve import EVOLVE
from services.case.model_lookups import LookUp
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, delegate, handler, officer, person
from tests.support.cases import APPLICANT, case_in
from tests.support.items import simple
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

NOW = datetime(2026, 9, 30, 2, tzinfo=UTC)
DAY = timedelta(days=1)
BUSINESS = catalog.Material(key="business", waiver=catalog.WAIVER_LICENCE, licence_code="BIZ-1")
PROOF = catalog.Material(key="proof", waiver=catalog.WAIVER_COMMITMENT)
ITEM = simple(materials=[BUSINESS, PROOF], handling=catalog.Handling(commitment_text="本人承诺"))
DIGEST = model_promises.text_digest("本人承诺")
FOUND = LookUp(
    "proof-1", "p", "i", "TEST-1", "", "business", "BIZ-1", model_lookups.FOUND, "", "person:p", NOW, NOW + DAY
)


@pytest.mark.parametrize(
    ("changed", "proves"),
    [
        ({}, True),
        ({"outcome": model_lookups.AWAY}, True),
        ({"outcome": model_lookups.NONE}, False),
        ({"outcome": model_lookups.VOID}, False),
        ({"applicant_id": "q"}, False),
        ({"item_id": "j"}, False),
        ({"material": "other"}, False),
        ({"licence_type": "BIZ-2"}, False),
        ({"expires_at": NOW}, False),
    ],
)
def test_a_proof_is_of_this_person_item_material_and_kind_and_in_time(changed: dict[str, Any], proves: bool) -> None:
    assert model_lookups.proves(replace(FOUND, **changed), "p", "i", BUSINESS, NOW) is proves
    assert not model_lookups.proves(None, "p", "i", BUSINESS, NOW)


def test_every_stand_in_at_fault_is_named_at_once() -> None:
    given = [
        pb.StandIn(material="business", waiver=catalog.WAIVER_LICENCE, proof_id="nobody's"),
        pb.StandIn(material="proof", waiver=catalog.WAIVER_LICENCE, proof_id="proof-1"),
        pb.StandIn(material="nothing", waiver=catalog.WAIVER_COMMITMENT),
    ]
    with pytest.raises(Refused) as refusal:
        model_promises.stood_for(ITEM, "i", given, {"proof-1": FOUND}, "p", NOW)
    assert {one.field: one.reason for one in refusal.value.violations} == {
        "stand_ins[business]": "PROOF_VOID",
        "stand_ins[proof]": "WAIVER_NOT_OFFERED",
        "stand_ins[nothing]": "MATERIAL_NOT_LISTED",
    }


def test_the_text_of_a_promise_is_told_by_every_character_of_it() -> None:
    assert len({model_promises.text_digest(one) for one in ("本人承诺", "本人承诺 ", "本人承諾", "")}) == 4


def test_a_whole_item_on_promise_is_one_promise_whatever_materials_it_saves() -> None:
    stood = [events.StoodFor(material="proof", waiver=catalog.WAIVER_COMMITMENT)]
    part = model_promises.promise(ITEM, DIGEST, stood, False)
    assert part is not None and list(part.materials) == ["proof"]
    whole = catalog.ItemDefinition()
    whole.CopyFrom(ITEM)
    whole.commitment = True
    found = model_promises.promise(whole, DIGEST, stood, False)
    assert found is not None and list(found.materials) == []
    assert model_promises.promise(whole, "", [], True) is None
    with pytest.raises(Refused, match="PROMISE_BLOCKED"):
        model_promises.promise(whole, DIGEST, stood, True)


def test_the_number_of_a_licence_is_shown_as_much_as_its_holder_needs() -> None:
    assert model_lookups.masked_number("91990121MA00000001") == "9199**********0001"
    assert model_lookups.masked_number("12345678") == "12****78"
    assert model_lookups.masked_number("123") == "***" and model_lookups.masked_number("") == ""


# -- what does not hold ------------------------------------------------------------------------------------------------


def manual(status: int = model.SUBMITTED) -> Case:
    return case_in(status, stood_for=[StoodFor("business", catalog.WAIVER_LICENCE, "proof-1", True)])


def test_what_does_not_hold_is_lacking_until_it_is_handed_in() -> None:
    case = manual()
    checked = model_promises.check_licence(case, officer("receive"), "business", False, "")
    case = EVOLVE[events.LicenceChecked](case, checked, Moment(NOW, "officer:o"))
    assert (case.lacking, case.stood_for) == (["business"], [])
    with pytest.raises(Refused, match="STAND_IN_MISSING"):
        model_acts.accept(case, officer("receive"), NOW)
    file = events.HandedInFile(attachment_id="a", material="business", sha256="0" * 64)
    corrected = events.CaseCorrected(case_id=case.id, files=[file])
    case = EVOLVE[events.CaseCorrected](case, corrected, Moment(NOW, "person:p"))
    assert case.lacking == [] and model_acts.accept(case, officer("receive"), NOW)


def test_nothing_is_granted_before_somebody_looked_and_a_denial_needs_no_look() -> None:
    case, decider = manual(model.REVIEWED), officer("decide")
    with pytest.raises(Refused, match="LICENCE_UNCHECKED"):
        model_acts.decide(case, decider, True, "", "", NOW)
    assert not model_acts.decide(case, decider, False, "理由", "sealed", NOW).granted


def test_a_pre_review_that_passed_does_not_bind_while_a_licence_is_unchecked() -> None:
    passed: dict[str, Any] = {"pre_passed_digest": model_receipts.digest([]), "pre_valid_until": NOW + DAY}
    plain, open_ = case_in(model.PRE_PASSED, **passed), replace(manual(model.PRE_PASSED), **passed)
    kinds = [
        [type(one) for one in model_pre_review.hand_in(case, ITEM, [], "", True, None, NOW, "person:p")]
        for case in (plain, open_)
    ]
    assert kinds == [[events.CaseHandedIn, events.CaseAccepted], [events.CaseHandedIn]]


# -- blocks ------------------------------------------------------------------------------------------------------------


def broken(**more: Any) -> Case:
    fields = {"promise_digest": DIGEST, "promise_kept": False, "mend_due": NOW + 10 * DAY, "deliver_due": NOW}
    return case_in(model.CLOSED, **{**fields, **more})


def block_of(case: Case, seq: int = 5) -> PromiseBlock:
    event = model_blocks.begin("b", case, seq, NOW)
    return model_blocks.EVOLVE[events.PromiseBlocked](None, event, Moment(NOW, "system:case"))  # type: ignore[no-any-return]


def test_a_broken_promise_blocks_from_the_day_it_had_to_be_made_good_by() -> None:
    block = block_of(broken())
    assert not model_blocks.blocks(block, "990121", NOW + 9 * DAY)
    assert model_blocks.blocks(block, "990121", NOW + 10 * DAY)
    assert not model_blocks.blocks(block, "990122", NOW + 10 * DAY)


def test_what_is_known_already_is_not_followed_again() -> None:
    case = broken()
    block = block_of(case, 5)
    revoked = replace(case, status=model.REVOKED)
    assert model_blocks.follow(block, revoked, 5, NOW) is None
    again = model_blocks.follow(block, revoked, 6, NOW)
    assert isinstance(again, events.PromiseBlocked) and getattr(again, "from") == NOW.isoformat()
    mended = model_blocks.follow(block, replace(case, promise_kept=True), 6, NOW)
    assert isinstance(mended, events.PromiseMended)
    assert model_blocks.follow(block, case, 6, NOW) is None, "nothing new"


def test_blocks_and_look_ups_are_seen_alike_by_filter_and_predicate() -> None:
    block, me = block_of(broken()), person(id=APPLICANT)
    actors = [
        me,
        person(),
        delegate(me),
        handler(me),
        officer("decide"),
        officer("receive"),
        officer("decide", department=OTHER_DEPARTMENT),
    ]
    seen = [model_blocks.sees(one, block) for one in actors]
    assert seen == [True, False, False, True, True, False, False]
    for actor, sees in zip(actors, seen, strict=True):
        found = model_blocks.visible(actor)
        state = {"department": DEPARTMENT, "applicant_id": APPLICANT}
        assert all(state.get(key.removeprefix("state.")) == value for key, value in found.items()) is sees
    lookup = replace(FOUND, applicant_id=APPLICANT)
    assert [model_lookups.sees(one, lookup) for one in actors] == [True, False, False, True, False, False, False]


def test_a_lifted_block_is_over() -> None:
    block = block_of(broken(mend_due=None))
    lifted = model_blocks.lift(block, officer("decide"), "")
    block = model_blocks.EVOLVE[events.PromiseBlockLifted](block, lifted, Moment(NOW, "officer:o"))
    assert not model_blocks.blocks(block, "990121", NOW)
    with pytest.raises(Refused, match="BLOCK_OVER"):
        model_blocks.lift(block, officer("decide"), "")
