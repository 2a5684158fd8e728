"""Who reads what between award and archive: words, files and ratings of both sides."""

import uuid
from dataclasses import replace

import grpc
import pytest
from google.protobuf.message import Message

from chassis.acts import Actor, Cause
from services.intermediary import store_files
from tests.support.actors import officer, person, supervisor
from tests.support.calling import refused
from tests.support.items import PDF
from tests.support.market import MarketHere
from tests.support.performing import CASE_DEPARTMENT, REASON, Deal, deal, far
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2 as pb

Code = grpc.StatusCode
NAMED = "请联系张伟先生13912345678核对"
OWN_NAME, ITS_NAME = "业主合同.pdf", "报告书.pdf"


def desk(*roles: str) -> Actor:
    """An officer of the department whose case it serves."""
    return officer(*roles, department=CASE_DEPARTMENT)


def outside(one: Deal) -> dict[str, Actor | None]:
    """Who may read no more than what was published."""
    return {
        "nobody": None,
        "a person": person(),
        "another agency": one.market.agent().actor,
        "another owner": officer("procure", department="11990121MB0000003F"),
        "an operator of elsewhere": replace(one.market.operator, region="350000"),
        "a supervisor of elsewhere": supervisor(region="350000"),
        "a supervisor of the owner's own department": supervisor(department=one.owner.department),
        "an operator of the owner's own department": officer("market", department=one.owner.department),
        "the owner's colleague without the role": officer("review", department=one.owner.department),
        "a desk of another department": officer("review", department="11990121MB0000003F"),
        "who procures for the case's department": desk("procure"),
    }


def within(one: Deal) -> dict[str, Actor]:
    """Both sides, who runs and who supervises the market there."""
    market = one.market
    return {"owner": one.owner, "winner": one.agent.actor, "operator": market.operator, "supervisor": market.supervisor}


def download(one: Deal, actor: Actor | None, file: str, id: str = "") -> bytes:
    content: bytes = one.to(actor).DownloadDeliverable(procurement_id=id or one.id, file_id=file).content
    return content


def test_words_are_both_sides_and_masked_for_officers_of_the_market(market: MarketHere) -> None:
    one = deal(market, case=str(uuid.uuid4()))
    one.contracted()
    one.win.ReportMilestone(procurement_id=one.id, number=1, note=NAMED)
    one.own.AskBreakOff(procurement_id=one.id, reason=NAMED)
    for who, actor in within(one).items():
        seen = one.seen(actor).performance
        for text in (seen.milestones[0].note, seen.break_off_reason):
            shown = text == NAMED if who in ("owner", "winner") else "1391" not in text and "张伟" not in text and text
            assert shown, (who, text)
    for who, other in outside(one).items():
        assert not one.seen(other).HasField("performance"), who
        assert "13912345678" not in str(one.seen(other)), who


def test_names_of_files_are_both_sides_alone(market: MarketHere) -> None:
    one = deal(market)
    one.filed(one.owner, file_ids=[one.file(one.owner, OWN_NAME)])
    for who, actor in within(one).items():
        (file,) = one.seen(actor).performance.contract_files
        assert file.filename == (OWN_NAME if who in ("owner", "winner") else "附件1.pdf"), who
    assert "业主合同" not in str(market.procurements.collection.find_one({"_id": one.id}))


def test_the_desk_of_the_case_reads_the_result_once_it_is_confirmed_and_nothing_else(market: MarketHere) -> None:
    one, reviewer = deal(market, case=str(uuid.uuid4())), desk("review")
    one.filed(amount_fen=12_345_678)
    contract = one.seen(one.owner).performance.contract_files[0].file_id
    one.own.ConfirmContract(procurement_id=one.id)
    one.reached()
    one.handed(note=NAMED)
    file = one.seen(one.owner).performance.deliverables[0].file_id
    assert one.seen(reviewer).performance == pb.Performance()
    for wanted in (file, contract):
        with refused(Code.NOT_FOUND):
            download(one, reviewer, wanted)
    one.own.ConfirmDeliverable(procurement_id=one.id)
    seen = one.seen(reviewer).performance
    assert [(told.file_id, told.filename) for told in seen.deliverables] == [(file, "附件1.pdf")]
    assert seen.confirmed_at and not (seen.amount_fen or seen.milestones or seen.contract_files or seen.delivery_note)
    for role in ("receive", "review", "decide"):
        assert download(one, desk(role), file) == PDF
        with refused(Code.NOT_FOUND, "NOT_FOUND"):
            download(one, desk(role), contract)


def test_files_are_downloaded_by_those_within_and_are_not_there_for_others(market: MarketHere) -> None:
    one, other = deal(market, case=str(uuid.uuid4())), deal(market)
    one.completed()
    told = one.seen(one.owner).performance
    files = [told.contract_files[0].file_id, told.deliverables[0].file_id]
    for file in files:
        for actor in within(one).values():
            assert download(one, actor, file) == PDF
        for who, stranger in outside(one).items():
            with refused() as refusal:
                download(one, stranger, file)
            assert refusal.reason == ("TOKEN_MISSING" if stranger is None else "NOT_FOUND"), who
        with refused(Code.NOT_FOUND, "NOT_FOUND"):
            download(other, one.owner, file)
        with refused(Code.NOT_FOUND, "NOT_FOUND"):
            download(one, one.owner, file, str(uuid.uuid4()))
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        download(one, one.owner, str(uuid.uuid4()))
    unused = one.file(one.owner)
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        download(one, one.owner, unused)


def test_what_was_sent_back_and_what_was_filed_before_is_not_there_any_more(market: MarketHere) -> None:
    one = deal(market)
    one.filed()
    first = one.seen(one.owner).performance.contract_files[0].file_id
    one.own.ReturnContract(procurement_id=one.id, reason=REASON)
    assert download(one, one.owner, first) == PDF, "who returns it still looks at it"
    one.filed()
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        download(one, one.owner, first)


def test_a_stored_file_that_is_not_the_one_the_record_names_is_a_bug_and_not_an_answer(market: MarketHere) -> None:
    one = deal(market)
    one.filed(one.owner)
    file = one.seen(one.owner).performance.contract_files[0].file_id
    bucket = store_files.files(market.database)
    kept = bucket.get(file) or {}
    forged = market.keyring.seal_bytes(kept["owner"], PDF + b"forged")
    market.database["market_files.files"].delete_one({"metadata.upload": file})
    bucket.put(file, forged, kept)
    with refused(Code.INTERNAL, "INTERNAL"):
        download(one, one.owner, file)


def test_a_file_that_was_lost_is_not_there(market: MarketHere) -> None:
    one = deal(market)
    one.filed(one.owner)
    file = one.seen(one.owner).performance.contract_files[0].file_id
    market.database["market_files.files"].delete_one({"metadata.upload": file})
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        download(one, one.owner, file)


@pytest.mark.parametrize("first", ["owner", "winner"])
def test_a_rating_is_its_own_sides_until_both_are_in(market: MarketHere, first: str) -> None:
    one = deal(market)
    one.completed()
    by = within(one)
    second = "winner" if first == "owner" else "owner"
    one.to(by[first]).RatePartner(procurement_id=one.id, grade=1, text=NAMED)
    for who, actor in by.items():
        seen = one.seen(actor).performance
        own, other = (seen.by_owner, seen.by_agency) if first == "owner" else (seen.by_agency, seen.by_owner)
        assert (own.grade, own.text) == ((1, NAMED) if who == first else (0, "")), who
        assert other == pb.PartnerRating(), who
        assert ("13912345678" in str(seen)) == (who == first), who
    assert "RatePartner" not in one.seen(by[first]).moves and "RatePartner" in one.seen(by[second]).moves
    with refused(Code.FAILED_PRECONDITION, "RATED_ALREADY"):
        one.to(by[first]).RatePartner(procurement_id=one.id, grade=5)
    one.to(by[second]).RatePartner(procurement_id=one.id, grade=4)
    for who, actor in by.items():
        seen = one.seen(actor).performance
        assert {seen.by_owner.grade, seen.by_agency.grade} == {1, 4}, who
        text = seen.by_owner.text or seen.by_agency.text
        assert (text == NAMED) if who in ("owner", "winner") else ("13912345678" not in text and text), who
    for stranger in outside(one).values():
        assert not one.seen(stranger).HasField("performance")
    assert NAMED not in str(market.procurements.collection.find_one({"_id": one.id}))


def test_a_proposal_is_its_agencys_then_the_evaluators_and_after_the_result_the_owners(market: MarketHere) -> None:
    criteria = [{"name": "技术方案", "weight": 10_000}]
    id = market.publish(mode=pb.MODE_CHOICE, criteria=criteria, evaluators=3)
    agent, rival, evaluator = market.agent(), market.agent(), person()
    deal_of = Deal(market, id, market.procurer, agent)
    files = {one.id: deal_of.file(one.actor, "服务方案.pdf", PDF + one.id.encode()) for one in (agent, rival)}
    for one in (agent, rival):
        market.sign_up(id, one, proposal=files[one.id])
    own = files[agent.id]
    callers = {
        "agency": agent.actor,
        "rival": rival.actor,
        "evaluator": evaluator,
        "another person": person(),
        "owner": market.procurer,
        "operator": market.operator,
        "supervisor": market.supervisor,
        "another department": officer("procure", department="11990121MB0000003F"),
    }

    def readers() -> set[str]:
        found = set()
        for who, actor in callers.items():
            try:
                assert download(deal_of, actor, own) == PDF + agent.id.encode()
                found.add(who)
            except grpc.RpcError as error:
                assert error.code() == Code.NOT_FOUND, who
        return found

    def happen(event: Message) -> None:
        market.procurements.change(id, Cause(key=uuid.uuid4().hex, by="test"), lambda _: event)

    assert readers() == {"agency"}
    assert market.freeze(id).status == pb.PROCUREMENT_STATUS_FROZEN
    assert readers() == {"agency"}
    seats = [events.EvaluatorSeat(evaluator_id=str(uuid.uuid4()), person_id=evaluator.id)]
    happen(events.EvaluatorsDrawn(procurement_id=id, seats=seats))
    assert readers() == {"agency", "evaluator"}
    winner = pb.Winner(agency_id=rival.id, uscc=rival.uscc, name=rival.name, place=1)
    until = far(3).isoformat()
    happen(events.ResultFound(procurement_id=id, places=2, winner=winner, organization_id=rival.actor.id, until=until))
    assert readers() == {"agency", "evaluator", "owner", "operator", "supervisor"}
    told = deal_of.to(agent.actor).DownloadDeliverable(procurement_id=id, file_id=own).file
    shown = deal_of.to(market.procurer).DownloadDeliverable(procurement_id=id, file_id=own).file
    assert (told.filename, shown.filename) == ("服务方案.pdf", "附件1.pdf")
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        download(deal(market), market.procurer, own)
