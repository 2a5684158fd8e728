"""Who hears what: the queues the contracts name, and the handlers that stand behind them."""

import inspect
from importlib import import_module

import amqp
import pytest
from google.protobuf.descriptor import Descriptor

from chassis import bus
from services import topology
from services.topology import EVENTS
from tests.support.sources import SERVICES
from yiwang.case.v1 import events_pb2 as case
from yiwang.catalog.v1 import events_pb2 as catalog

QUEUES = {
    "case.keep_proof": "yiwang.message.v1.NoticeProven",
    "case.raise_untold": "yiwang.message.v1.NoticeUntold",
    "case.advance_bundle": "yiwang.case.v1.BundleChildMoved",
    "case.block_promises": "yiwang.case.v1.PromiseVerified",
    "case.block_revoked": "yiwang.case.v1.DecisionRevoked",
    "case.count_accepted": "yiwang.case.v1.CaseAccepted",
    "case.count_closed": "yiwang.case.v1.CaseClosed",
    "case.count_decided": "yiwang.case.v1.CaseDecided",
    "case.end_draft": "yiwang.case.v1.DraftSubmitted",
    "case.follow_closed": "yiwang.case.v1.CaseClosed",
    "case.follow_decided": "yiwang.case.v1.CaseDecided",
    "case.follow_ended": "yiwang.case.v1.CaseNotAccepted",
    "case.follow_lapsed": "yiwang.case.v1.CorrectionLapsed",
    "case.follow_pushed": "yiwang.case.v1.ResultPushed",
    "case.follow_refused": "yiwang.case.v1.CaseRefused",
    "case.follow_transferred": "yiwang.case.v1.CaseTransferred",
    "case.follow_voided": "yiwang.case.v1.CaseVoided",
    "case.follow_withdrawn": "yiwang.case.v1.CaseWithdrawn",
    "case.forget_person": "yiwang.identity.v1.PersonErased",
    "case.free_slot": "yiwang.case.v1.VisitCancelled",
    "case.hand_over": "yiwang.identity.v1.OfficerTransferred",
    "case.keep_county": "yiwang.identity.v1.CountySaved",
    "case.keep_deliverable": "yiwang.intermediary.v1.DeliverableConfirmed",
    "case.keep_item": "yiwang.catalog.v1.ItemPublished",
    "case.keep_theme": "yiwang.catalog.v1.ThemePublished",
    "case.note_arrival": "yiwang.case.v1.CaseSubmitted",
    "case.note_closing": "yiwang.case.v1.CaseClosed",
    "case.note_procurement": "yiwang.intermediary.v1.ProcurementLinked",
    "case.note_procurement_end": "yiwang.intermediary.v1.ProcurementEnded",
    "case.note_deemed": "yiwang.case.v1.CaseAccepted",
    "case.open_children": "yiwang.case.v1.BundleSubmitted",
    "case.order_payment": "yiwang.case.v1.PaymentOrdered",
    "case.raise_finding": "yiwang.case.v1.DueReached",
    "case.refund_withdrawn": "yiwang.case.v1.CaseWithdrawn",
    "case.refuse_session": "yiwang.identity.v1.SessionEnded",
    "case.resume_item": "yiwang.catalog.v1.ItemResumed",
    "case.send_parcel": "yiwang.case.v1.ResultDispatched",
    "case.settle_slot": "yiwang.case.v1.VisitBooked",
    "case.suspend_item": "yiwang.catalog.v1.ItemSuspended",
    "case.take_back": "yiwang.identity.v1.OfficerDismissed",
    "case.withdraw_children": "yiwang.case.v1.BundleWithdrawn",
    "case.withdraw_item": "yiwang.catalog.v1.ItemWithdrawn",
    "case.withdraw_theme": "yiwang.catalog.v1.ThemeWithdrawn",
    "catalog.open_parts": "yiwang.catalog.v1.ItemSplit",
    "catalog.refuse_session": "yiwang.identity.v1.SessionEnded",
    "catalog.retire_predecessors": "yiwang.catalog.v1.ItemPublished",
    "catalog.take_over_resumed": "yiwang.catalog.v1.ItemResumed",
    "catalog.take_over_standard": "yiwang.catalog.v1.EntryPublished",
    "identity.answer_source": "yiwang.identity.v1.VerificationAnswered",
    "identity.ask_representative": "yiwang.identity.v1.OrganizationClaimed",
    "identity.ask_source": "yiwang.identity.v1.VerificationRequested",
    "identity.clear_window": "yiwang.identity.v1.WindowSaved",
    "identity.count_agent": "yiwang.identity.v1.AgentAppointed",
    "identity.count_agent_dismissed": "yiwang.identity.v1.AgentDismissed",
    "identity.count_begun": "yiwang.identity.v1.SignOnBegun",
    "identity.count_dismissed": "yiwang.identity.v1.OfficerDismissed",
    "identity.count_erased": "yiwang.identity.v1.PersonErased",
    "identity.count_finished": "yiwang.identity.v1.SignOnFinished",
    "identity.count_level": "yiwang.identity.v1.PersonLevelRaised",
    "identity.count_officer": "yiwang.identity.v1.OfficerAppointed",
    "identity.count_organization": "yiwang.identity.v1.OrganizationConfirmed",
    "identity.count_person": "yiwang.identity.v1.PersonRegistered",
    "identity.count_refused": "yiwang.identity.v1.SignOnRefused",
    "identity.end_agent": "yiwang.identity.v1.AgentDismissed",
    "identity.end_agents": "yiwang.identity.v1.AgentOrganizationClosed",
    "identity.end_client": "yiwang.identity.v1.ClientDisabled",
    "identity.end_consent": "yiwang.identity.v1.ConsentRevoked",
    "identity.end_delegation": "yiwang.identity.v1.DelegationRevoked",
    "identity.end_handler": "yiwang.identity.v1.HandlerRevoked",
    "identity.end_moved_agent": "yiwang.identity.v1.AgentAppointed",
    "identity.end_post": "yiwang.identity.v1.OfficerAppointed",
    "identity.end_post_approved": "yiwang.identity.v1.AppointmentApproved",
    "identity.end_post_dismissed": "yiwang.identity.v1.OfficerDismissed",
    "identity.end_representative": "yiwang.identity.v1.OrganizationConfirmed",
    "identity.end_suspended": "yiwang.identity.v1.PersonSuspended",
    "identity.forget_factor": "yiwang.identity.v1.FactorRemoved",
    "identity.note_acting": "yiwang.identity.v1.SessionStarted",
    "identity.note_delegation": "yiwang.identity.v1.DelegationGranted",
    "identity.note_delegation_request": "yiwang.identity.v1.DelegationRequested",
    "identity.note_handler": "yiwang.identity.v1.HandlerAuthorized",
    "identity.raise_level": "yiwang.identity.v1.VerificationPassed",
    "identity.refuse_device": "yiwang.identity.v1.DeviceRevoked",
    "identity.settle_duty": "yiwang.identity.v1.DutyStarted",
    "identity.void_delegations": "yiwang.identity.v1.PersonErased",
    "intermediary.open_linked": "yiwang.case.v1.IntermediaryRequested",
    "intermediary.forget_person": "yiwang.identity.v1.PersonErased",
    "intermediary.refuse_session": "yiwang.identity.v1.SessionEnded",
    "intermediary.keep_item": "yiwang.catalog.v1.ItemPublished",
    "intermediary.resume_item": "yiwang.catalog.v1.ItemResumed",
    "intermediary.suspend_item": "yiwang.catalog.v1.ItemSuspended",
    "intermediary.withdraw_item": "yiwang.catalog.v1.ItemWithdrawn",
    "intermediary.mark_archived": "yiwang.intermediary.v1.ProcurementArchived",
    "intermediary.mark_broken_off": "yiwang.intermediary.v1.BreakOffDecided",
    "intermediary.mark_contract": "yiwang.intermediary.v1.ContractFiled",
    "intermediary.mark_delivered": "yiwang.intermediary.v1.DeliverableConfirmed",
    "intermediary.mark_false_statement": "yiwang.intermediary.v1.QualificationReviewed",
    "intermediary.mark_milestone": "yiwang.intermediary.v1.MilestoneReported",
    "intermediary.mark_replaced": "yiwang.intermediary.v1.WinnerReplaced",
    "intermediary.mark_returned": "yiwang.intermediary.v1.DeliverableReturned",
    "policy.ask_bank": "yiwang.policy.v1.BankNotified",
    "policy.confirm_organization": "yiwang.identity.v1.OrganizationConfirmed",
    "policy.correct_fact": "yiwang.policy.v1.CorrectionDecided",
    "policy.forget_person": "yiwang.identity.v1.PersonErased",
    "policy.keep_facts": "yiwang.policy.v1.FactsStated",
    "policy.match_opened": "yiwang.policy.v1.PayoutItemOpened",
    "policy.match_resumed": "yiwang.policy.v1.PayoutItemResumed",
    "policy.note_agency": "yiwang.intermediary.v1.AgencyEntered",
    "policy.note_blacklist_appeal": "yiwang.intermediary.v1.BlacklistAppealDecided",
    "policy.note_blacklisting": "yiwang.intermediary.v1.AgencyBlacklisted",
    "policy.note_blacklisting_end": "yiwang.intermediary.v1.BlacklistingEnded",
    "policy.note_organization": "yiwang.identity.v1.OrganizationClaimed",
    "policy.post_approved": "yiwang.policy.v1.ClaimApproved",
    "policy.post_budget": "yiwang.policy.v1.BudgetChangeApplied",
    "policy.post_closed": "yiwang.policy.v1.BudgetClosed",
    "policy.post_ordered": "yiwang.policy.v1.PaymentOrdered",
    "policy.post_recovered": "yiwang.policy.v1.RecoveryReceived",
    "policy.post_rejected": "yiwang.policy.v1.PaymentRejected",
    "policy.post_released": "yiwang.policy.v1.ReservationReleased",
    "policy.post_reserved": "yiwang.policy.v1.ClaimReserved",
    "policy.post_returned": "yiwang.policy.v1.PaymentReturned",
    "policy.post_roll": "yiwang.policy.v1.RollPublished",
    "policy.post_roll_issued": "yiwang.policy.v1.RollIssued",
    "policy.post_settled": "yiwang.policy.v1.PaymentSettled",
    "policy.post_spent": "yiwang.policy.v1.ReservationSpent",
    "policy.refuse_session": "yiwang.identity.v1.SessionEnded",
    "policy.tie_claims": "yiwang.policy.v1.EnterpriseOpened",
    "policy.match_joined": "yiwang.policy.v1.EnterpriseOpened",
    "rating.drop_device": "yiwang.identity.v1.DeviceRevoked",
    "rating.end_duty": "yiwang.identity.v1.DutyEnded",
    "rating.follow_answered": "yiwang.rating.v1.TicketAnswered",
    "rating.follow_closed": "yiwang.rating.v1.TicketClosed",
    "rating.forget_person": "yiwang.identity.v1.PersonErased",
    "rating.invite_applied": "yiwang.case.v1.CaseAccepted",
    "rating.invite_closed": "yiwang.case.v1.CaseClosed",
    "rating.invite_corrected": "yiwang.case.v1.CaseCorrected",
    "rating.invite_not_accepted": "yiwang.case.v1.CaseNotAccepted",
    "rating.invite_paid": "yiwang.case.v1.PaymentReceived",
    "rating.invite_refused": "yiwang.case.v1.CaseRefused",
    "rating.keep_department": "yiwang.identity.v1.DepartmentSaved",
    "rating.keep_device": "yiwang.identity.v1.DeviceRegistered",
    "rating.keep_duty": "yiwang.identity.v1.DutyStarted",
    "rating.keep_window": "yiwang.identity.v1.WindowSaved",
    "rating.refuse_session": "yiwang.identity.v1.SessionEnded",
}
# Messages that are parts of events.
# What several events share: message tells by a table.
SHARED = {
    "message.keep_county": [
        "yiwang.identity.v1.CountySaved",
    ],
    "message.know": [
        "yiwang.case.v1.CaseSubmitted",
        "yiwang.case.v1.FindingRaised",
        "yiwang.intermediary.v1.ProcurementOpened",
        "yiwang.intermediary.v1.ProcurementSubmitted",
        "yiwang.policy.v1.AppealSubmitted",
        "yiwang.policy.v1.ClaimSubmitted",
        "yiwang.policy.v1.ClaimTied",
        "yiwang.policy.v1.CorrectionAsked",
        "yiwang.rating.v1.InvitationOpened",
        "yiwang.rating.v1.TicketOpened",
    ],
    "message.refuse_session": [
        "yiwang.identity.v1.SessionEnded",
    ],
    "message.tell_account": [
        "yiwang.identity.v1.DelegationGranted",
        "yiwang.identity.v1.DelegationRequested",
        "yiwang.identity.v1.DelegationRevoked",
        "yiwang.identity.v1.FactorAdded",
        "yiwang.identity.v1.FactorRemoved",
        "yiwang.identity.v1.HandlerAuthorized",
        "yiwang.identity.v1.PasswordChanged",
        "yiwang.identity.v1.SessionStarted",
    ],
    "message.tell_case": [
        "yiwang.case.v1.CaseAccepted",
        "yiwang.case.v1.CaseCorrected",
        "yiwang.case.v1.CaseDecided",
        "yiwang.case.v1.CaseHandedIn",
        "yiwang.case.v1.CaseHandedOver",
        "yiwang.case.v1.CaseNotAccepted",
        "yiwang.case.v1.CaseRefused",
        "yiwang.case.v1.CaseSubmitted",
        "yiwang.case.v1.CaseTransferred",
        "yiwang.case.v1.CaseVoided",
        "yiwang.case.v1.CorrectionLapsed",
        "yiwang.case.v1.CorrectionRequested",
        "yiwang.case.v1.DeadlinesRecalculated",
        "yiwang.case.v1.DecisionRevoked",
        "yiwang.case.v1.DueReached",
        "yiwang.case.v1.ExtensionProposed",
        "yiwang.case.v1.FeesSet",
        "yiwang.case.v1.FindingRaised",
        "yiwang.case.v1.LimitExtended",
        "yiwang.case.v1.OpinionRequested",
        "yiwang.case.v1.PreReviewPassed",
        "yiwang.case.v1.PreReviewRejected",
        "yiwang.case.v1.PromiseVerified",
        "yiwang.case.v1.ResultCancelled",
        "yiwang.case.v1.ResultDelivered",
        "yiwang.case.v1.ResultDispatched",
        "yiwang.case.v1.ResultPushed",
        "yiwang.case.v1.SpecialProcedureEnded",
        "yiwang.case.v1.SpecialProcedureStarted",
        "yiwang.case.v1.VisitBooked",
        "yiwang.case.v1.VisitCancelled",
    ],
    "message.tell_market": [
        "yiwang.intermediary.v1.Delivered",
        "yiwang.intermediary.v1.ProcurementEnded",
        "yiwang.intermediary.v1.ProcurementPublished",
        "yiwang.intermediary.v1.ProcurementReturned",
        "yiwang.intermediary.v1.ResultFound",
    ],
    "message.tell_policy": [
        "yiwang.policy.v1.AccountAsked",
        "yiwang.policy.v1.AppealAnswered",
        "yiwang.policy.v1.AppealRouted",
        "yiwang.policy.v1.ClaimApproved",
        "yiwang.policy.v1.ClaimLapsed",
        "yiwang.policy.v1.ClaimRefused",
        "yiwang.policy.v1.ClaimReturned",
        "yiwang.policy.v1.CorrectionDecided",
        "yiwang.policy.v1.EnterpriseMatched",
        "yiwang.policy.v1.PaymentRejected",
        "yiwang.policy.v1.PaymentReturned",
        "yiwang.policy.v1.PaymentSettled",
        "yiwang.policy.v1.SpotCheckConcluded",
    ],
    "message.tell_rating": [
        "yiwang.rating.v1.InvitationOpened",
        "yiwang.rating.v1.RatingAssigned",
        "yiwang.rating.v1.RatingPublished",
        "yiwang.rating.v1.TicketAnswered",
        "yiwang.rating.v1.TicketAssigned",
    ],
}
PARTS = (
    "CountyHotline",
    "ActingAs",
    "HandedInFile",
    "StoodFor",
    "Promise",
    "FeeLine",
    "Dues",
    "BundleItem",
    "Served",
    "ServiceServed",
    "AttachedFile",
    "GivenRating",
    "Raised",
    "KeptFile",
    "EvaluatorSeat",
    "EvaluatorLeftOut",
    "AgencyStated",
    "StaffCertificate",
    "StatedQualification",
    "ClaimTerms",
    "ExceptionFound",
    "FactStated",
    "KeptClaimFile",
    "NoticeField",
    "Arrival",
    "Matter",
)
MESSAGES = [event for module in EVENTS for event in module.DESCRIPTOR.message_types_by_name.values()]


def test_the_contracts_name_these_queues_and_no_others() -> None:
    named = [(name, event.full_name) for name, event in bus.queues(EVENTS)]
    shared = [(name, event) for name, events in SHARED.items() for event in events]
    assert sorted(named) == sorted([*QUEUES.items(), *shared])


@pytest.mark.parametrize(("name", "event"), list(bus.queues(EVENTS)), ids=lambda value: getattr(value, "name", value))
def test_a_queue_is_bound_to_its_event_at_the_service_that_publishes_it(name: str, event: Descriptor) -> None:
    queue = bus.queue_of(name, event)
    assert queue.exchange.name == f"{event.full_name.split('.')[1]}.events"
    assert (queue.name, queue.routing_key, queue.durable) == (name, event.name, True)


@pytest.mark.parametrize(("name", "event"), list(bus.queues(EVENTS)), ids=lambda value: getattr(value, "name", value))
def test_what_a_queue_gives_up_goes_to_its_own_dead_queue(name: str, event: Descriptor) -> None:
    arguments, dead = bus.queue_of(name, event).queue_arguments, bus.dead_of(name)
    assert arguments["x-queue-type"] == dead.queue_arguments["x-queue-type"] == "quorum"
    assert arguments["x-dead-letter-exchange"] == dead.exchange.name
    assert (arguments["x-dead-letter-routing-key"], dead.name) == (dead.routing_key, f"{name}.dead")
    assert arguments["x-dead-letter-strategy"] == "at-least-once" and arguments["x-delivery-limit"] == 20


def test_a_failing_handler_is_given_about_an_hour_and_each_delay_is_no_shorter_than_the_one_before() -> None:
    delays = [bus.RETRIES[name] for name in bus.SCHEDULE]
    assert delays == sorted(delays)
    assert 50 * 60_000 < sum(delays) < 70 * 60_000


def test_every_event_is_heard_or_published_for_others() -> None:
    silent = [
        event.full_name for event in MESSAGES if not (bus.rule_of(event).consumers or bus.rule_of(event).published)
    ]
    assert [name for name in silent if name.rpartition(".")[2] not in PARTS] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_handles_exactly_what_the_contracts_say_it_hears(service: str) -> None:
    worker = import_module(f"services.{service}.worker").Worker
    methods = inspect.getmembers(worker, inspect.isfunction)
    handled = {
        f"{service}.{name}": sorted(event.DESCRIPTOR.full_name for event in method.hears)
        for name, method in methods
        if hasattr(method, "hears")
    }
    known = {name: [event] for name, event in QUEUES.items()} | SHARED
    assert handled == {name: events for name, events in known.items() if name.startswith(f"{service}.")}


def test_the_exchange_of_an_event_is_its_service() -> None:
    exchanges = [bus.exchange_of(one.DESCRIPTOR) for one in (case.CaseClosed, catalog.ItemPublished)]
    assert [(exchange.name, exchange.type, exchange.durable) for exchange in exchanges] == [
        ("case.events", "topic", True),
        ("catalog.events", "topic", True),
    ]


def test_streams_that_a_broker_has_not_brought_back_yet_are_waited_for_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [amqp.NotFound(), amqp.NotFound()]

    def declare(uri: str, _modules: object) -> list[str]:
        if answers:
            raise answers.pop()
        return [uri]

    monkeypatch.setattr(bus, "declare", declare)
    assert topology.declare("amqp://") == ["amqp://"]
    monkeypatch.setattr(topology, "RETURN_SECONDS", 0.1)
    answers[:] = [amqp.NotFound()] * 3
    with pytest.raises(amqp.NotFound):
        topology.declare("amqp://")
