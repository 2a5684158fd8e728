"""Who is told what when something happens: event → whom → template. Pure; the channels stand with the templates, and counties change them.

What an event does not tell of its matter was kept when that began (`model_matters`). An event may tell several people.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from services.message.model_raising import Matter
from services.message.model_words import CLOCKS, day, minute, person, procedure, yuan
from yiwang.case.v1 import events_pb2 as case
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.intermediary.v1 import events_pb2 as market
from yiwang.policy.v1 import events_pb2 as policy
from yiwang.rating.v1 import events_pb2 as rating

Fields = Callable[[Any], Mapping[str, str]]
Audience = Callable[[Any, Matter], str]


def owner(_event: Any, matter: Matter) -> str:
    """Whose matter it is."""
    return matter.who


def desk(role: str) -> Audience:
    """The officers with a role in the department it is at: the event's, else the matter's."""

    def of(event: Any, matter: Matter) -> str:
        department = getattr(event, "department", "") or matter.department
        return f"desk:{department}:{role}" if department else ""

    return of


def _officer(field: str) -> Audience:
    return lambda event, _matter: f"officer:{getattr(event, field)}" if getattr(event, field) else ""


def _none(_event: Any) -> Mapping[str, str]:
    return {}


def _due(name: str) -> Fields:
    return lambda event: {"due": day(getattr(event, name))}


class Row(NamedTuple):
    """One line: the event, the template, whom it goes to, what it says beside what is known of the matter, and whether it does."""

    event: type[Message]
    template: str
    # The kind of matter the event's first field is the id of; `award` is a procurement as its winner sees it.
    subject: str
    to: Audience = owner
    fields: Fields = _none
    when: Callable[[Any], bool] = lambda event: True


def _ends(event: Any) -> Mapping[str, str]:
    dues = getattr(event, "dues", event)
    return {"due": day(dues.promised_due or dues.statutory_due)}


def _accepted(event: case.CaseAccepted) -> Mapping[str, str]:
    # An item may state no limit: art. 42 gives twenty working days, which the acceptance notice tells.
    return {"due": day(event.promised_due or event.statutory_due) or "法定期限"}


def _decision(event: Any) -> Mapping[str, str]:
    return {"outcome": "准予" if event.granted else "不予许可"}


CASE: Final = (
    Row(case.CaseSubmitted, "case.received", "case", when=lambda event: not event.pre_review),
    Row(case.CaseHandedIn, "case.received", "case"),
    Row(case.PreReviewPassed, "case.pre_passed", "case", fields=_due("valid_until")),
    Row(case.PreReviewRejected, "case.pre_rejected", "case"),
    Row(case.CorrectionRequested, "case.correction", "case", fields=_due("answer_due")),
    Row(case.CaseCorrected, "work.corrected", "case", desk("review")),
    Row(case.CorrectionLapsed, "case.lapsed", "case"),
    Row(case.CaseAccepted, "case.accepted", "case", fields=_accepted),
    Row(case.CaseRefused, "case.refused", "case"),
    Row(case.CaseNotAccepted, "case.not_accepted", "case"),
    Row(
        case.SpecialProcedureStarted,
        "case.procedure",
        "case",
        fields=lambda event: {"procedure": procedure(event.kind), "due": day(event.expected_until)},
    ),
    Row(case.SpecialProcedureEnded, "case.procedure_ended", "case"),
    Row(case.ExtensionProposed, "work.extension", "case", desk("decide"), lambda event: {"days": str(event.days)}),
    Row(case.LimitExtended, "case.extended", "case", fields=lambda event: {"days": str(event.days), **_ends(event)}),
    Row(
        case.DeadlinesRecalculated,
        "case.recalculated",
        "case",
        fields=_ends,
        when=lambda event: bool(event.dues.promised_due or event.dues.statutory_due),
    ),
    Row(case.CaseDecided, "case.decided", "case", fields=_decision),
    Row(case.ResultPushed, "case.decided", "case", fields=_decision),
    Row(case.ResultDispatched, "case.dispatched", "case"),
    Row(case.ResultDelivered, "case.delivered", "case"),
    Row(
        case.FeesSet,
        "case.fees",
        "case",
        fields=lambda event: {"amount": yuan(sum(fee.amount for fee in event.fees))},
        when=lambda event: any(fee.amount for fee in event.fees),
    ),
    Row(case.VisitBooked, "case.visit", "case", fields=lambda event: {"time": minute(event.start)}),
    Row(case.VisitCancelled, "case.visit_cancelled", "case"),
    Row(
        case.PromiseVerified,
        "case.promise_broken",
        "case",
        fields=_due("mend_due"),
        when=lambda event: not event.kept and bool(event.mend_due),
    ),
    Row(case.CaseVoided, "case.voided", "case"),
    Row(
        case.CaseTransferred, "case.transferred", "case", fields=lambda event: {"department": event.to_department_name}
    ),
    Row(case.DecisionRevoked, "case.revoked", "case"),
    Row(case.ResultCancelled, "case.cancelled", "case"),
    Row(
        case.DueReached,
        "work.due",
        "case",
        desk("review"),
        lambda event: {"clock": CLOCKS.get(event.clock, "时限提醒"), "due": day(event.due)},
    ),
    Row(case.OpinionRequested, "work.opinion", "case", desk("review"), _due("due")),
    Row(case.CaseHandedOver, "work.handed_over", "case", _officer("to_officer_id")),
    Row(case.FindingRaised, "work.finding", "finding", desk("decide"), lambda event: {"rule": event.rule}),
)
RATING: Final = (
    Row(rating.InvitationOpened, "rating.invited", "rating"),
    Row(rating.RatingPublished, "rating.answered", "rating"),
    Row(rating.RatingAssigned, "work.rating", "rating", desk("review"), _due("step_due")),
    Row(rating.TicketAssigned, "work.ticket", "ticket", desk("review")),
    Row(rating.TicketAnswered, "ticket.answered", "ticket"),
)
POLICY: Final = (
    Row(policy.EnterpriseMatched, "policy.matched", "match"),
    Row(policy.CorrectionDecided, "policy.fact_decided", "correction", fields=lambda event: _answer(event.accepted)),
    Row(policy.ClaimReturned, "policy.returned", "claim", fields=_due("due"), when=lambda event: not event.second),
    Row(policy.AccountAsked, "policy.account", "claim", fields=_due("due")),
    Row(policy.ClaimApproved, "policy.approved", "claim", fields=lambda event: {"amount": yuan(event.fen)}),
    Row(policy.ClaimRefused, "policy.refused", "claim"),
    Row(policy.ClaimLapsed, "policy.lapsed", "claim"),
    Row(policy.PaymentSettled, "policy.paid", "claim", fields=lambda event: {"amount": yuan(event.fen)}),
    Row(policy.PaymentRejected, "policy.payment_failed", "claim", fields=_due("due")),
    Row(policy.PaymentReturned, "policy.payment_failed", "claim", fields=_due("due")),
    Row(
        policy.SpotCheckConcluded,
        "policy.recovery",
        "claim",
        fields=lambda event: {"amount": yuan(event.recover_fen), "due": day(event.due)},
        when=lambda event: event.recover_fen > 0,
    ),
    Row(policy.AppealRouted, "work.appeal", "appeal", desk("policy"), _due("due")),
    Row(policy.AppealAnswered, "appeal.answered", "appeal", fields=_due("reopen_until")),
)
MARKET: Final = (
    Row(market.ProcurementReturned, "market.returned", "procurement"),
    Row(market.ProcurementPublished, "market.published", "procurement", fields=_due("signup_end")),
    Row(market.ResultFound, "market.result", "procurement", fields=_due("until")),
    Row(
        market.ResultFound,
        "market.won",
        "award",
        lambda event, _matter: person(event.organization_id),
        _due("until"),
    ),
    Row(market.Delivered, "market.delivered", "procurement"),
    Row(market.ProcurementEnded, "market.ended", "procurement"),
)


def _answer(accepted: bool) -> Mapping[str, str]:
    return {"outcome": "已更正" if accepted else "没有更正"}


def _changed(what: str) -> Fields:
    return lambda event: {"what": what}


def _is_person(event: Any) -> bool:
    return bool(event.principal.startswith("person:"))


IDENTITY: Final = (
    Row(identity.DelegationRequested, "account.delegation_asked", "delegation", fields=_due("until")),
    Row(identity.DelegationGranted, "account.delegated", "delegation", fields=_due("until")),
    Row(identity.DelegationRevoked, "account.delegation_ended", "delegation"),
    Row(
        identity.HandlerAuthorized,
        "account.handler",
        "organization",
        lambda event, _matter: person(event.person_id),
        _due("until"),
    ),
    Row(identity.FactorAdded, "account.changed", "account", fields=_changed("新增了一种登录方式"), when=_is_person),
    Row(identity.FactorRemoved, "account.changed", "account", fields=_changed("删除了一种登录方式"), when=_is_person),
    Row(identity.PasswordChanged, "account.changed", "account", fields=_changed("修改了密码"), when=_is_person),
    Row(
        identity.SessionStarted,
        "account.acted_for",
        "session",
        when=lambda event: event.realm == "person" and bool(event.acting.delegation_id),
    ),
    Row(
        identity.SessionStarted,
        "account.signed_in",
        "session",
        when=lambda event: event.realm == "person" and not event.acting.agent,
    ),
)
ROWS: Final = (*CASE, *RATING, *POLICY, *MARKET, *IDENTITY)


def rows_of(event: Message) -> list[Row]:
    """What is told when this happens."""
    return [row for row in ROWS if isinstance(event, row.event) and row.when(event)]


def heard(rows: tuple[Row, ...]) -> tuple[type[Message], ...]:
    """The events of some rows, each once."""
    return tuple(dict.fromkeys(row.event for row in rows))
