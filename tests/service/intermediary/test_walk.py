"""The whole life of procurements, walked at random over gRPC: whoever does whatever whenever, each record is one its journal gives, each
status is reached by a move of the table, and nothing is ever drawn twice."""

import json
import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import grpc

from services.intermediary import model, model_moves, store
from services.intermediary.model_moves import MOVES
from standards import draw
from tests.support.choosing import CRITERIA, SELECTION, expert, scores, uploaded
from tests.support.items import PDF
from tests.support.market import NONCES, Agent, MarketHere, now
from yiwang.intermediary.v1 import service_pb2 as pb

LIVES, STEPS = 24, 45
# What nothing decides but a refusal of the house: anything else is a fault.
REFUSALS = {
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
}
# What mostly happens in a status, so that lives get far; anything at all happens now and then.
FITTING = {
    model.OPEN: ("do_sign_up", "do_sign_up", "do_sign_up", "do_commit", "do_time_passes"),
    model.FROZEN: ("do_open_bids", "do_reveal", "do_draw_evaluators", "do_give_scores", "do_time_passes"),
    model.SELECTED: ("do_time_passes", "do_time_passes", "do_time_passes", "do_object", "do_give_up"),
    model.OBJECTED: ("do_decide",),
    model.AWARDED: ("do_file_contract", "do_confirm", "do_confirm", "do_time_passes"),
    model.CONTRACTED: ("do_perform", "do_perform", "do_deliver", "do_time_passes"),
    model.DELIVERED: ("do_accept", "do_perform"),
    model.COMPLETED: ("do_rate", "do_rate", "do_time_passes"),
}


class Walk:
    """One procurement, and everybody who may do something about it."""

    def __init__(self, market: MarketHere, seed: int, agents: list[Agent], experts: list[Any]) -> None:
        self.market, self.dice, self.agents, self.experts = market, random.Random(seed), agents, experts
        self.mode = (model.DRAW, model.PRICE, model.CHOICE, model.DIRECT)[seed % 4]
        told: dict[str, Any] = {
            model.PRICE: {"price_method": pb.PRICE_METHOD_AVERAGE},
            model.CHOICE: {"criteria": CRITERIA, "evaluators": 3},
            model.DIRECT: {"direct_uscc": agents[0].uscc, "direct_reason": "限额以下自行选取", "budget_fen": 1_000_000},
        }.get(self.mode, {})
        self.id = market.publish(mode=self.mode, **told)
        self.made: Counter[str] = Counter()

    def step(self) -> None:
        """Somebody does something; or time passes."""
        fitting = FITTING.get(self.market.state(self.id).status, ()) if self.dice.random() < 0.8 else ()
        name = self.dice.choice(fitting or [name for name in dir(self) if name.startswith("do_")])
        try:
            getattr(self, name)()
        except grpc.RpcError as error:
            assert error.code() in REFUSALS, (name, error.details())
        else:
            self.made[name] += 1

    def call(self, actor: Any, service: str, method: str, **told: Any) -> Any:
        return getattr(self.market.by(actor, service=service), method)(procurement_id=self.id, **told)

    def winner(self) -> Any:
        """The winner's handler, or anybody's."""
        state = self.market.state(self.id)
        found = [one for one in self.agents if state.winner and one.uscc == state.winner.uscc]
        return (found or self.agents)[0].actor

    def file(self, actor: Any) -> str:
        sent = self.market.by(actor, service="AgencyService").UploadMarketFile(filename="合同.pdf", content=PDF)
        return str(sent.file_id)

    def do_sign_up(self) -> None:
        one = self.dice.choice(self.agents)
        told = {}
        if self.mode == model.PRICE:
            told = {"bid_commitment": self.market.sealed(self.id, one, 1000 + self.agents.index(one))}
        if self.mode == model.CHOICE:
            told = {"proposal": uploaded(self.market, one)}
        self.call(one.actor, "SignUpService", "SignUp", **told)

    def do_withdraw_sign_up(self) -> None:
        self.call(self.agents[0].actor, "SignUpService", "WithdrawSignUp")

    def do_open_bids(self) -> None:
        for number, one in enumerate(self.agents):
            self.call(one.actor, "SignUpService", "OpenBid", value=1000 + number, nonce=NONCES["owner"])

    def do_commit(self) -> None:
        self.call(self.market.procurer, SELECTION, "CommitNonce", commitment=draw.commitment(NONCES["owner"]))

    def do_reveal(self) -> None:
        self.call(self.market.procurer, SELECTION, "RevealNonce", nonce=NONCES["owner"])

    def do_draw_evaluators(self) -> None:
        self.call(self.market.operator, SELECTION, "DrawEvaluators")

    def do_give_scores(self) -> None:
        seen = self.market.by(self.market.operator, service=SELECTION).GetEvaluation(procurement_id=self.id)
        listed = [one for one in self.agents if one.uscc in {row.uscc for row in seen.candidates}]
        points = [(self.dice.randrange(101), self.dice.randrange(101)) for _ in listed]
        for one in self.experts:
            self.call(one.actor, SELECTION, "GiveScores", scores=scores(listed, *points))

    def do_time_passes(self) -> None:
        state = self.market.state(self.id)
        if state.status == model.OPEN and self.dice.random() < 0.5:
            self.market.freeze(self.id)
        elif state.status == model.FROZEN and self.dice.random() < 0.6:
            self.market.select(self.id)
        elif state.due is not None and self.dice.random() < 0.5:
            self.market.procurements.collection.update_one(
                {"_id": self.id}, {"$set": {"state.due": now() - timedelta(minutes=1)}}
            )
            self.market.worker.timing.round()

    def do_end(self) -> None:
        if self.dice.random() < 0.15:
            actor, method = self.dice.choice(
                [(self.market.procurer, "WithdrawProcurement"), (self.market.supervisor, "StopProcurement")]
            )
            self.call(actor, "ProcurementService", method, reason="项目暂停实施")

    def do_object(self) -> None:
        one = self.dice.choice(self.agents)
        self.call(one.actor, "ProcurementService", "ObjectToResult", text="对中选结果有异议")

    def do_decide(self) -> None:
        waits = [one for one in self.market.state(self.id).objections if not one.decision]
        for one in waits[:1]:
            decision = self.dice.choice(["DISMISSED", "DISMISSED", "PASSED_OVER", "ANNULLED"])
            told = {"objection_id": one.id, "decision": decision, "reason": "经核实作出处理"}
            self.call(self.market.supervisor, "ProcurementService", "DecideResultObjection", **told)

    def do_give_up(self) -> None:
        if self.dice.random() < 0.3:
            self.call(self.winner(), "ProcurementService", "GiveUpAward", reason="人员不足，无法承接")

    def do_file_contract(self) -> None:
        state = self.market.state(self.id)
        price = state.winner.value if state.winner and self.mode == model.PRICE else 900
        today = f"{now() + timedelta(hours=8):%Y-%m-%d}"
        steps = [{"name": "交付报告", "due": "2031-01-01", "share": 10_000}]
        told = {"amount_fen": price, "signed_on": today, "file_ids": [self.file(self.winner())], "milestones": steps}
        self.call(self.winner(), "PerformanceService", "FileContract", **told)

    def do_confirm(self) -> None:
        self.call(self.market.procurer, "PerformanceService", "ConfirmContract")

    def do_perform(self) -> None:
        self.call(self.winner(), "PerformanceService", "ReportMilestone", number=1)
        self.call(self.market.procurer, "PerformanceService", "AnswerMilestone", number=1, confirmed=True)

    def do_deliver(self) -> None:
        actor = self.winner()
        self.call(actor, "PerformanceService", "Deliver", file_ids=[self.file(actor)])

    def do_accept(self) -> None:
        method = self.dice.choice(["ConfirmDeliverable", "ConfirmDeliverable", "ReturnDeliverable"])
        told = {"reason": "缺少附图，请补充"} if method == "ReturnDeliverable" else {}
        self.call(self.market.procurer, "PerformanceService", method, **told)

    def do_rate(self) -> None:
        self.call(self.dice.choice([self.market.procurer, self.winner()]), "PerformanceService", "RatePartner", grade=4)

    def course(self, leads: set[tuple[int, int]]) -> int:
        """The status it ends with; every one it went through, event by event, follows the one before by a move of the table."""
        journal = self.market.procurements.get(self.id).journal
        statuses = [self.market.procurements.replay(journal[:length]).status for length in range(1, len(journal) + 1)]
        for before, after in pairwise(statuses):
            assert before == after or (before, after) in leads, (before, after, statuses)
        return statuses[-1]

    def check(self) -> None:
        """What holds after every step."""
        state = self.market.state(self.id)
        types = Counter(entry["type"] for entry in self.market.procurements.get(self.id).journal)
        for once in ("CandidatesFrozen", "ResultFound", "EvaluatorsDrawn", "ProcurementEnded", "ProcurementArchived"):
            assert types[once] <= 1, once
        assert (state.winner is None) == (state.winner_organization == "")
        assert state.status not in (model.SELECTED, model.AWARDED, model.CONTRACTED) or state.winner
        if state.order_digest and self.mode == model.DRAW:
            told = self.market.by(None, service=SELECTION).GetTranscript(procurement_id=self.id)
            assert draw.faults(json.loads(told.json)) == []


def test_whatever_is_done_in_whatever_order_a_life_is_one_of_the_table(market: MarketHere) -> None:
    market.rules(candidates_least=1, result_notice_days=1)
    agents, experts = [market.agent() for _ in range(3)], [expert(market) for _ in range(3)]
    leads = {pair for name in MOVES for pair in model_moves.leads(name)}
    made: Counter[str] = Counter()
    ends: Counter[int] = Counter()
    for seed in range(LIVES):
        walk = Walk(market, seed, agents, experts)
        for _ in range(STEPS):
            walk.step()
            walk.check()
        ends[walk.course(leads)] += 1
        made += walk.made
    # Every way of theirs is taken, and lives come to both their ends.
    assert {model.ENDED, model.ARCHIVED} <= set(ends), ends
    assert set(made) == {name for name in dir(Walk) if name.startswith("do_")}, made
    for all in (market.procurements, store.sheets(market.database)):
        for document in all.collection.find({}):
            # The tests move the times themselves.
            drifted = set(all.drift(document)) - {"due", "task_due", "signup_end", "selection_at", "closes_at"}
            assert drifted == set(), drifted
