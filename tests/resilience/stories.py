"""Short stories over gRPC that make every event somebody hears."""

import uuid
from typing import Any

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor
from loadtests import world
from loadtests.campaign import Campaign, until_true
from tests.resilience import (
    stories_case,
    stories_case_bundles,
    stories_case_intermediary,
    stories_case_promises,
    stories_case_visits,
    stories_catalog,
    stories_identity,
    stories_market,
    stories_message,
    stories_policy,
    stories_rating,
    stories_rating_windows,
)
from yiwang.case.v1 import service_pb2 as case
from yiwang.case.v1.service_pb2_grpc import CaseServiceStub
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.identity.v1.service_pb2_grpc import IdentityServiceStub
from yiwang.rating.v1 import service_pb2 as rating
from yiwang.rating.v1.service_pb2_grpc import RatingServiceStub

CASES = 6
PERSONS = (("990101199003077778", "19900000901"), ("990101199003078893", "19900000902"))
PASSWORD = "Story-2026-yiwang"


def _id() -> str:
    return uuid.uuid4().hex


def _as(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


class _Desk:
    """An officer of the story's department with a token of our own making."""

    def __init__(self, key: OKPKey, name: str, *roles: str) -> None:
        actor = Actor(name, OFFICER, frozenset(roles), world.department(0), "990121", 0, name)
        self.metadata = _as(tokens.mint(key, actor))


def live(campaign: Campaign) -> None:
    """Items come and go; persons register, sign out, one is erased; cases are closed and rated."""
    suite = campaign.suite
    stores = [world.database(suite.store(name).uri, name) for name in suite.services if name != "identity"]
    key = world.signing_key(*stores)
    stubs: dict[str, Any] = {
        "identity": IdentityServiceStub(grpc.insecure_channel(suite.address("identity"))),
        "case": CaseServiceStub(grpc.insecure_channel(suite.address("case"))),
        "rating": RatingServiceStub(grpc.insecure_channel(suite.address("rating"))),
    }
    stories_message.awake(stories_message.Place(suite, key))
    stories_catalog.live_in(suite, key)
    cases(campaign, stubs, key)
    stories_case.live_in(suite, key)
    stories_case_bundles.live_in(suite, key)
    stories_case_visits.live_in(suite, key)
    stories_case_promises.live_in(suite, key)
    stories_case_intermediary.live_in(suite, key)
    stories_market.live_in(suite, key)
    stories_policy.live_in(suite, key)
    persons(stubs["identity"])
    stories_identity.live_in(suite, key)
    stories_rating.live_in(suite, key)
    stories_rating_windows.live_in(suite, key)
    stories_message.live_in(suite, key)


def cases(campaign: Campaign, stubs: dict[str, Any], key: OKPKey) -> None:
    """Cases from submission to rating, some left unrated."""
    receiver = _Desk(key, "story-receiver", "receive", "review")
    decider = _Desk(key, "story-decider", "decide", "issue")
    for number in range(CASES):
        person = _as(tokens.mint(key, Actor(f"story-person-{number}", PERSON, level=1, session=f"story-{number}")))
        stub = stubs["case"]
        request = case.SubmitCaseRequest(request_id=_id(), item_id=campaign.spec["items"][0], form=world.FORM)
        id = stub.SubmitCase(request, metadata=person).id
        stub.AcceptCase(case.AcceptCaseRequest(request_id=_id(), case_id=id), metadata=receiver.metadata)
        passed = case.PassReviewStepRequest(request_id=_id(), case_id=id, opinion="好")
        stub.PassReviewStep(passed, metadata=receiver.metadata)
        decision = case.DecideCaseRequest(request_id=_id(), case_id=id, granted=bool(number % 2), reason="理由")
        stub.DecideCase(decision, metadata=decider.metadata)
        if number % 2:
            issue = case.IssueResultRequest(request_id=_id(), case_id=id, result_number=f"N{number}")
            stub.IssueResult(issue, metadata=decider.metadata)
        stub.CloseCase(case.CloseCaseRequest(request_id=_id(), case_id=id), metadata=decider.metadata)
        if number < CASES - 1:
            _rate(stubs["rating"], id, person, 1 + number % 5)


def _rate(stub: Any, case: str, person: Any, grade: int) -> None:
    def invitation() -> str:
        """The rating asked for when the case was closed; empty until it is."""
        found = stub.ListRatings(rating.ListRatingsRequest(case_id=case, open_only=True), metadata=person).ratings
        return next((one.id for one in found if one.node == rating.SERVICE_NODE_CLOSE), "")

    until_true(invitation, 30)
    given = rating.GiveRatingRequest(request_id=_id(), rating_id=invitation(), grade=grade, comment="话")
    stub.GiveRating(given, metadata=person)


def persons(stub: Any) -> None:
    """Two persons register and sign in; one signs out, the other is erased."""
    for number, (id_number, phone) in enumerate(PERSONS):
        register = identity.RegisterPersonRequest(
            request_id=_id(), name="故事人", id_number=id_number, phone=phone, password=PASSWORD
        )
        stub.RegisterPerson(register)
        session = stub.SignIn(identity.SignInRequest(request_id=_id(), login=phone, password=PASSWORD))
        metadata = _as(session.access_token)
        if number == 0:
            stub.SignOut(identity.SignOutRequest(request_id=_id()), metadata=metadata)
        else:
            stub.ErasePerson(identity.ErasePersonRequest(request_id=_id()), metadata=metadata)
