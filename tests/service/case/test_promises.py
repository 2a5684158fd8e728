"""告知承诺 and 容缺: what is promised is verified afterwards, what is not kept has consequences, what follows later does follow."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chassis.acts import Actor, now
from chassis.errors import NotYet
from services.case import model_blocks, store, store_blocks
from services.case.model_promises import text_digest
from tests.support.actors import OTHER_DEPARTMENT, officer, person
from tests.support.calling import As, refused
from tests.support.case_service import (
    DENIED,
    INVALID,
    NOT_FOUND,
    PRECONDITION,
    Db,
    drifted,
    handed_in,
    hear,
    journal,
    status,
)
from tests.support.items import publish, simple
from tests.support.serving import Here
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

WORDS = "本人承诺：场所符合公共场所卫生要求，所填内容真实；不实的，自愿承担撤销决定等后果。"
PROMISE = text_digest(WORDS)
PROOF = catalog.Material(
    key="proof", name="场所证明", necessity=catalog.NECESSITY_REQUIRED, waiver=catalog.WAIVER_COMMITMENT
)
LATER = catalog.Material(key="report", name="检测报告", necessity=catalog.NECESSITY_DEFERRABLE)
BY_PROMISE = pb.StandIn(material="proof", waiver=catalog.WAIVER_COMMITMENT)
HANDLING = catalog.Handling(commitment_text=WORDS)


def on_promise(**more: Any) -> catalog.ItemDefinition:
    """An item that is done on promise as a whole."""
    steps = [catalog.Step(name="材料审查", kind=catalog.STEP_KIND_REVIEW)]
    return simple(**{"commitment": True, "handling": HANDLING, "steps": steps, **more})


def at(api: Here, actor: Actor) -> As:
    return api.by(actor, service="PromiseService")


@pytest.fixture
def citizen() -> Actor:
    return person()


Granted = Callable[..., str]


@pytest.fixture
def granted(case_api: Here, database: Db, citizen: Actor) -> Granted:
    """A case granted on promise; its id."""

    def grant(**more: Any) -> str:
        item = publish(database, on_promise(**more))
        case = case_api.by(citizen).SubmitCase(item_id=item, promise_digest=PROMISE)
        case_api.by(officer("receive")).AcceptCase(case_id=case.id)
        case_api.by(officer("decide")).DecideCase(case_id=case.id, granted=True)
        return str(case.id)

    return grant


def verify(api: Here, case: str, kept: bool, actor: Actor | None = None, **more: Any) -> pb.Case:
    fields = {"case_id": case, "kept": kept, "finding": "现场查看了经营场所", **more}
    return at(api, actor or officer("review")).VerifyPromise(**fields)  # type: ignore[no-any-return]


def heard(api: Here, case: str, times: int = 2) -> None:
    """Case hears, in reverse order and more than once, all that stands in the journal and says something of a promise."""
    handlers = {"PromiseVerified": "block_promises", "DecisionRevoked": "block_revoked"}
    cases = store.cases(api.database)
    for entry in [one for one in reversed(journal(api.database, case)) if one["type"] in handlers] * times:
        hear(api, handlers[entry["type"]], cases.event(entry), case, entry["seq"])


def passed(api: Here, case: str) -> None:
    """The time to make it good is over."""
    past = now() - timedelta(seconds=1)
    api.database["cases"].update_one({"_id": case}, {"$set": {"state.mend_due": past}})
    api.database["promise_blocks"].update_many({"state.case_id": case}, {"$set": {"state.since": past}})


# -- promising ---------------------------------------------------------------------------------------------------------


def test_a_whole_item_on_promise_goes_from_acceptance_straight_to_the_decision(
    case_api: Here, database: Db, citizen: Actor
) -> None:
    item = publish(database, on_promise())
    case = case_api.by(citizen).SubmitCase(item_id=item, promise_digest=PROMISE)
    assert case.promise_digest == PROMISE and list(case.review_steps) == []
    assert status(case_api.by(officer("receive")).AcceptCase(case_id=case.id)) == "REVIEWED"
    decided = case_api.by(officer("decide")).DecideCase(case_id=case.id, granted=True)
    assert decided.decision_kind == pb.DECISION_KIND_COMMITMENT and decided.verify_due
    ordinary = case_api.by(citizen).SubmitCase(item_id=item)
    assert list(ordinary.review_steps) == ["材料审查"], "who promises nothing is reviewed as ever"


def test_a_promise_stands_for_the_materials_that_say_so_and_only_with_the_text(
    case_api: Here, database: Db, citizen: Actor
) -> None:
    item = publish(database, on_promise(commitment=False, materials=[PROOF]))
    applicant = case_api.by(citizen)
    with refused(INVALID) as refusal:
        applicant.SubmitCase(item_id=item, stand_ins=[BY_PROMISE])
    assert refusal.fields == {"promise_digest": "REQUIRED"}
    with refused(PRECONDITION, "PROMISE_NOT_OFFERED"):
        applicant.SubmitCase(item_id=item, promise_digest=PROMISE)
    case = applicant.SubmitCase(item_id=item, promise_digest=PROMISE, stand_ins=[BY_PROMISE])
    assert [one.material for one in case.stood_for] == ["proof"]
    assert list(case.review_steps) == ["材料审查"], "the rest is looked at"


@pytest.mark.parametrize(
    ("item", "digest", "code", "reason"),
    [
        (on_promise(), text_digest(WORDS + " "), INVALID, "PROMISE_CHANGED"),
        (on_promise(handling=catalog.Handling()), PROMISE, PRECONDITION, "PROMISE_NOT_OFFERED"),
        (simple(), PROMISE, PRECONDITION, "PROMISE_NOT_OFFERED"),
    ],
)
def test_what_is_promised_is_word_for_word_the_text_of_the_edition_in_force(
    case_api: Here, database: Db, citizen: Actor, item: Any, digest: str, code: Any, reason: str
) -> None:
    id = publish(database, item)
    with refused(code, reason):
        case_api.by(citizen).SubmitCase(item_id=id, promise_digest=digest)
    assert database["cases"].find_one({}) is None


# -- verifying ---------------------------------------------------------------------------------------------------------


def test_a_kept_promise_is_done_with(case_api: Here, granted: Granted, citizen: Actor) -> None:
    case = granted()
    assert verify(case_api, case, kept=True).promise_state == "KEPT"
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        verify(case_api, case, kept=False)
    heard(case_api, case)
    assert store_blocks.blocks(case_api.database).find({}) is None
    assert "现场查看" not in str(journal(case_api.database, case))
    assert "现场查看了经营场所" in [one.text for one in case_api.by(citizen).GetCase(case_id=case).timeline]


def test_what_was_not_kept_can_be_made_good_until_its_day_and_no_longer(case_api: Here, granted: Granted) -> None:
    case, cases = granted(), store.cases(case_api.database)
    assert verify(case_api, case, kept=False).promise_state == "BROKEN"
    due = cases.get(case).state.mend_due
    assert due is not None and due > now() + timedelta(days=9)
    verify(case_api, case, kept=False)
    assert cases.get(case).state.mend_due == due, "a second look in vain moves nothing"
    passed(case_api, case)
    with refused(PRECONDITION, "MEND_OVERDUE"):
        verify(case_api, case, kept=True)


def test_a_promise_mended_in_time_blocks_nobody_in_whatever_order_it_is_heard(
    case_api: Here, database: Db, granted: Granted, citizen: Actor
) -> None:
    case = granted()
    verify(case_api, case, kept=False)
    heard(case_api, case, 1)
    verify(case_api, case, kept=True)
    heard(case_api, case)
    assert drifted(case_api) == {}
    passed(case_api, case)
    assert submit_again(case_api, database, citizen)
    (block,) = at(case_api, citizen).ListPromiseBlocks().blocks
    assert block.mended and not block.blocked
    with refused(PRECONDITION, "BLOCK_OVER"):
        at(case_api, officer("decide")).LiftPromiseBlock(block_id=block.id, reason="已整改到位")


def submit_again(api: Here, database: Db, actor: Actor, **more: Any) -> pb.Case:
    item = publish(database, on_promise(code="TEST-9", **more))
    return api.by(actor).SubmitCase(item_id=item, promise_digest=PROMISE)  # type: ignore[no-any-return]


def test_who_broke_a_promise_makes_no_other_in_the_county_until_an_officer_lets_him(
    case_api: Here, database: Db, granted: Granted, citizen: Actor
) -> None:
    case = granted()
    verify(case_api, case, kept=False)
    heard(case_api, case)
    assert submit_again(case_api, database, citizen), "he may still make it good"
    passed(case_api, case)
    with refused(PRECONDITION, "PROMISE_BLOCKED"):
        submit_again(case_api, database, citizen)
    assert submit_again(case_api, database, citizen, region="990122"), "another county"
    assert submit_again(case_api, database, person()), "somebody else"
    plain = publish(database, on_promise())
    assert case_api.by(citizen).SubmitCase(item_id=plain), "without a promise"
    (mine,) = at(case_api, citizen).ListPromiseBlocks().blocks
    assert mine.blocked and mine.case_id == case
    decider = officer("decide")
    for _ in range(2):
        lifted = at(case_api, decider).LiftPromiseBlock(
            block_id=mine.id, reason="信用已修复，材料齐全", request_id="lift-block-0001"
        )
    assert lifted.lifted_at and not lifted.blocked
    assert submit_again(case_api, database, citizen)
    assert at(case_api, citizen).ListPromiseBlocks().blocks[0].reason == "信用已修复，材料齐全"
    assert "信用已修复" not in str(database["promise_blocks"].find_one({}))


def test_a_decision_revoked_for_a_broken_promise_blocks_at_once_and_once(
    case_api: Here, database: Db, granted: Granted, citizen: Actor
) -> None:
    case = granted()
    verify(case_api, case, kept=False)
    case_api.by(officer("decide")).RevokeDecision(case_id=case, reason="承诺不实，未整改")
    heard(case_api, case)
    with refused(PRECONDITION, "PROMISE_BLOCKED"):
        submit_again(case_api, database, citizen)
    assert len(list(database["promise_blocks"].find({}))) == 1


def test_a_revocation_shortens_the_time_to_make_it_good(case_api: Here, database: Db, granted: Granted) -> None:
    case, blocks = granted(), store_blocks.blocks(case_api.database)
    verify(case_api, case, kept=False)
    heard(case_api, case)
    block = blocks.get(store_blocks.id_of(case)).state
    assert not model_blocks.blocks(block, block.county, now())
    case_api.by(officer("decide")).RevokeDecision(case_id=case, reason="承诺不实")
    heard(case_api, case)
    block = blocks.get(store_blocks.id_of(case)).state
    assert model_blocks.blocks(block, block.county, now())


def test_a_revocation_for_another_reason_blocks_nobody(case_api: Here, database: Db, granted: Granted) -> None:
    case = granted()
    case_api.by(officer("decide")).RevokeDecision(case_id=case, reason="许可条件已不具备")
    heard(case_api, case)
    assert database["promise_blocks"].find_one({}) is None


def test_what_is_heard_of_a_case_that_is_not_there_yet_waits(case_api: Here) -> None:
    with pytest.raises(NotYet):
        hear(case_api, "block_promises", events.PromiseVerified(case_id="nowhere"), "nowhere", 5)
    with pytest.raises(NotYet):
        hear(case_api, "block_revoked", events.DecisionRevoked(case_id="nowhere", promise_broken=True), "nowhere", 6)


def test_blocks_are_read_and_lifted_by_their_department_and_read_by_their_person(
    case_api: Here, granted: Granted, citizen: Actor
) -> None:
    case = granted()
    verify(case_api, case, kept=False)
    heard(case_api, case)
    block = store_blocks.id_of(case)
    own = at(case_api, officer("decide"))
    assert [one.id for one in own.ListPromiseBlocks().blocks] == [block]
    stranger = at(case_api, officer("decide", department=OTHER_DEPARTMENT))
    assert list(stranger.ListPromiseBlocks().blocks) == list(at(case_api, person()).ListPromiseBlocks().blocks) == []
    with refused(NOT_FOUND):
        stranger.LiftPromiseBlock(block_id=block, reason="信用修复")
    for actor in (citizen, officer("review")):
        with refused(DENIED):
            at(case_api, actor).LiftPromiseBlock(block_id=block, reason="信用修复")
    with refused(NOT_FOUND):
        verify(case_api, case, kept=True, actor=officer("review", department=OTHER_DEPARTMENT))
    with refused(DENIED):
        verify(case_api, case, kept=True, actor=citizen)


def test_nothing_is_verified_of_an_application_that_was_denied(case_api: Here, database: Db, citizen: Actor) -> None:
    item = publish(database, on_promise())
    case = case_api.by(citizen).SubmitCase(item_id=item, promise_digest=PROMISE)
    case_api.by(officer("receive")).AcceptCase(case_id=case.id)
    decider = case_api.by(officer("decide"))
    decider.DecideCase(case_id=case.id, granted=False, reason="不符合规划")
    decider.CloseCase(case_id=case.id)
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        verify(case_api, case.id, kept=False)


# -- what follows later ------------------------------------------------------------------------------------------------


def test_what_may_follow_later_follows_before_the_result_is_made(case_api: Here, database: Db, citizen: Actor) -> None:
    item = publish(database, simple(materials=[LATER, PROOF], steps=[]))
    applicant, decider, issuer = case_api.by(citizen), case_api.by(officer("decide")), case_api.by(officer("issue"))
    case = applicant.SubmitCase(item_id=item, materials=handed_in(applicant, "proof"))
    assert list(case.deferred) == ["report"]
    with refused(PRECONDITION, "MOVE_NOT_ALLOWED"):
        at(case_api, citizen).SupplyDeferred(case_id=case.id, materials=handed_in(applicant, "report"))
    case_api.by(officer("receive")).AcceptCase(case_id=case.id)
    assert decider.DecideCase(case_id=case.id, granted=True).decision_kind == pb.DECISION_KIND_DEFERRED
    with refused(PRECONDITION, "DEFERRED_OPEN"):
        issuer.IssueResult(case_id=case.id, result_number="N1")
    with refused(INVALID) as refusal:
        at(case_api, citizen).SupplyDeferred(case_id=case.id, materials=handed_in(applicant, "report", "proof"))
    assert refusal.fields == {"materials[proof]": "DEFERRED_NOT_OPEN"}
    with refused(INVALID, "ATTACHMENT_UNKNOWN"):
        theirs = handed_in(case_api.by(person()), "report")
        at(case_api, citizen).SupplyDeferred(case_id=case.id, materials=theirs)
    with refused(NOT_FOUND):
        stranger = person()
        theirs = handed_in(case_api.by(stranger), "report")
        at(case_api, stranger).SupplyDeferred(case_id=case.id, materials=theirs)
    supplied = at(case_api, citizen).SupplyDeferred(case_id=case.id, materials=handed_in(applicant, "report"))
    assert list(supplied.deferred) == [] and supplied.receipt_digest != case.receipt_digest
    assert status(issuer.IssueResult(case_id=case.id, result_number="N1")) == "ISSUED"
    assert drifted(case_api) == {}
