"""The authority matrix: every RPC against every kind of caller, as a table and as the grants of the contracts say."""

import itertools
from collections.abc import Callable

import grpc_health.v1.health_pb2 as health_pb2
import pytest
from google.protobuf.descriptor import MethodDescriptor

from chassis import contracts, rpc
from chassis.acts import ANONYMOUS, MACHINE, OFFICER, PERSON, SERVICE, Actor
from chassis.errors import PERMISSION_DENIED, UNAUTHENTICATED, Refused
from chassis.streams import Streams
from chassis.tokens import Verifier
from tests.support.actors import agent, delegate, device, find_key, handler, machine, officer, person, service, token
from tests.support.sources import SERVICES
from yiwang.access.v1 import access_pb2

ROLES = (
    "receive",
    "review",
    "decide",
    "issue",
    "supervise",
    "catalog",
    "administer",
    "market",
    "procure",
    "policy",
    "payout",
    "finance",
)
METHODS = {
    f"{contract.name}/{method.name}": method
    for name in SERVICES
    for contract in contracts.services(name)
    for method in contract.methods
}
# By the path of the method they call: a machine's registration names it.
CALLERS: dict[str, Callable[[str], Actor]] = {
    "anonymous": lambda _: ANONYMOUS,
    "person": lambda _: PERSON_2,
    "strong": lambda _: PERSON_3,
    "handler": lambda _: HANDLER,
    "delegate": lambda _: DELEGATE,
    "officer": lambda _: OFFICERS_BY_ROLE[""],
    **{role: (lambda _, role=role: OFFICERS_BY_ROLE[role]) for role in ROLES},  # type: ignore[misc]
    "agent": lambda _: AGENT_ITSELF,
    "device": lambda _: DEVICE_ITSELF,
    "service": lambda _: GATEWAY,
    "machine": lambda path: MACHINES[path],
    "machine for another": lambda _: IDLE,
}
PERSON_2, PERSON_3 = person(level=2), person(level=3)
HANDLER, DELEGATE = handler(person(level=3)), delegate(person(level=3))
OFFICERS_BY_ROLE = {role: officer(role) if role else officer() for role in ("", *ROLES)}
AGENT_ITSELF, DEVICE_ITSELF, GATEWAY, IDLE = agent(), device(), service(), machine("yiwang.case.v1.CaseService/Other")
MACHINES = {contracts.path(method): machine(contracts.path(method)) for method in METHODS.values()}

PUBLIC = frozenset(CALLERS)
# A person herself; then also as the handler of an organisation; then also as a delegate.
HERSELF = frozenset({"person", "strong"})
HANDLERS = HERSELF | {"handler"}
DELEGATES = HANDLERS | {"delegate"}
STRONG = frozenset({"strong"})
DESK = frozenset({"receive", "review", "decide", "issue"})
REVIEWERS, ANSWERERS = frozenset({"review", "decide"}), frozenset({"receive", "review", "decide"})
SUPERVISE, ADMINISTER, CATALOG = frozenset({"supervise"}), frozenset({"administer"}), frozenset({"catalog"})
MARKET, PROCURE, HANDLER_TOO = frozenset({"market"}), frozenset({"procure"}), frozenset({"handler"})
POLICY, PAYOUT, FINANCE = frozenset({"policy"}), frozenset({"payout"}), frozenset({"finance"})
APPEAL_DESK = ANSWERERS | POLICY | PAYOUT
OFFICERS = frozenset({"officer", *ROLES})
AGENT, MACHINES_TOO, DEVICE = frozenset({"agent"}), frozenset({"machine"}), frozenset({"device"})
SERVICES_TOO = frozenset({"service"})
SIGNED_IN = HERSELF | OFFICERS | AGENT

# Who may call what. A change of rights in a contract has to be made here too, by somebody who means it.
TABLE: list[tuple[str, frozenset[str], str]] = [
    ("CaseService", PUBLIC, "GetProgress ListItemCopies"),
    ("CaseService", DELEGATES | frozenset({"receive", "review"}), "UploadAttachment"),
    ("CaseService", DELEGATES, "SubmitCase ListMyCases CorrectCase WithdrawCase"),
    ("CaseService", DELEGATES | DESK | SUPERVISE | MACHINES_TOO, "DownloadAttachment GetCase"),
    ("CaseService", HANDLERS, "ListCaseAccesses"),
    ("CaseService", DESK | MACHINES_TOO, "ListInbox"),
    ("CaseService", SUPERVISE, "ListCases"),
    ("CaseService", DESK | SUPERVISE, "UnmaskCase"),
    ("CaseService", frozenset({"receive"}), "RequestCorrection AcceptCase RefuseCase NotAcceptCase VoidCase"),
    ("CaseService", frozenset({"receive", "review"}), "ConfirmWithdrawal"),
    ("CaseService", frozenset({"review"}), "PassReviewStep TransferCase"),
    ("CaseService", frozenset({"decide"}), "DecideCase RevokeDecision"),
    ("CaseService", frozenset({"issue"}), "IssueResult CancelResult"),
    ("CaseService", frozenset({"issue", "decide"}), "CloseCase"),
    ("ExchangeService", MACHINES_TOO, "ReportCases WatchCases PushResult Reconcile"),
    ("ExchangeService", MACHINES_TOO | DESK | SUPERVISE, "GetReportedCase ListReportedCases"),
    ("ExchangeService", PUBLIC, "GetReportedProgress"),
    ("TraceService", DELEGATES | DESK | SUPERVISE, "GetTrace"),
    ("TraceService", DELEGATES | DESK | SUPERVISE | MACHINES_TOO, "GetCaseVersion"),
    ("TraceService", HANDLERS | DESK | SUPERVISE | MACHINES_TOO, "VerifyJournal"),
    ("TraceService", HANDLERS | SUPERVISE | MACHINES_TOO, "ExportJournal"),
    ("FulfilmentService", DELEGATES, "PayFees GetPayment ChooseDelivery"),
    ("FulfilmentService", frozenset({"review", "decide", "issue"}), "SetFees"),
    ("FulfilmentService", frozenset({"issue"}), "RecordPayment DispatchResult DeliverResult"),
    ("BoardService", DESK | SUPERVISE, "GetBoard ListBoardCases"),
    ("BoardService", DESK, "GetMyDesk"),
    ("SupervisionService", DESK | SUPERVISE, "ListFindings GetFinding CountCases"),
    ("SupervisionService", SUPERVISE, "UrgeCase ReturnFinding CloseFinding"),
    ("SupervisionService", DESK, "AnswerFinding"),
    (
        "ProcedureService",
        frozenset({"review"}),
        "StartSpecialProcedure EndSpecialProcedure ProposeExtension RequestOpinion",
    ),
    ("ProcedureService", frozenset({"decide"}), "ApproveExtension DeclineExtension"),
    ("ProcedureService", frozenset({"review", "decide"}), "GiveOpinion"),
    ("ProcedureService", DESK, "ListOpinionsAsked"),
    ("VisitService", DELEGATES | DESK, "ListSlots"),
    ("VisitService", DELEGATES, "BookVisit CancelVisit"),
    ("VisitService", frozenset({"review"}), "OpenSlots RescheduleVisit SignVisit"),
    ("IntakeService", frozenset({"receive"}), "ReceiveApplication HandOverCase TakeOverCase ListReceived"),
    ("PreReviewService", frozenset({"receive"}), "PassPreReview RejectPreReview"),
    ("PreReviewService", DELEGATES, "RevisePreReview HandInCase"),
    ("DraftService", DELEGATES, "SaveDraft GetDraft ListDrafts DiscardDraft"),
    ("PromiseService", DELEGATES | frozenset({"receive"}), "LookUpLicence"),
    ("PromiseService", HANDLERS, "ListLicenceLookUps"),
    ("PromiseService", frozenset({"receive", "review"}), "CheckLicence"),
    ("PromiseService", DELEGATES, "SupplyDeferred"),
    ("PromiseService", frozenset({"review"}), "VerifyPromise"),
    ("PromiseService", HANDLERS | frozenset({"decide"}), "ListPromiseBlocks"),
    ("PromiseService", frozenset({"decide"}), "LiftPromiseBlock"),
    ("BundleService", DELEGATES, "SubmitBundle ListMyBundles WithdrawBundle"),
    ("BundleService", DELEGATES | DESK | SUPERVISE, "GetBundle"),
    ("BundleService", DESK | SUPERVISE, "ListBundles ListProject"),
    ("BundleService", DELEGATES | frozenset({"receive", "decide"}), "GiveUpBranch"),
    ("BundleService", DELEGATES | DESK, "DownloadBundleFile"),
    ("IntermediaryService", DELEGATES | frozenset({"review"}), "RequestIntermediary"),
    ("DocumentService", PUBLIC, "VerifyDocument"),
    ("DocumentService", DELEGATES | DESK | SUPERVISE | MACHINES_TOO, "ListDocuments GetDocument"),
    (
        "CatalogService",
        PUBLIC,
        "SearchItems GetItem ListEditions GuideItem ResolveShortCode DownloadGuideFile ListCopies",
    ),
    (
        "ItemService",
        CATALOG,
        "ListDrafts GetItemDraft SaveItem ReviewItem ReturnItem PublishItem SuspendItem ResumeItem WithdrawItem SplitItem "
        "MergeItems CompareEditions LintDefinition UploadGuideFile ProposeCode",
    ),
    ("DirectoryService", PUBLIC, "GetEntry ListEntries GetImplementation ListImplementations ListImplementationItems"),
    (
        "DirectoryService",
        CATALOG,
        "SaveEntry ReviewEntry ReturnEntry PublishEntry WithdrawEntry ListEntryDrafts GetEntryDraft ProposeEntryCode "
        "SaveImplementation ReviewImplementation ReturnImplementation PublishImplementation WithdrawImplementation "
        "GetImplementationDraft ListImplementationDrafts",
    ),
    ("ThemeService", PUBLIC, "ListThemes GetTheme"),
    (
        "ThemeService",
        CATALOG,
        "SaveTheme ReviewTheme ReturnTheme PublishTheme WithdrawTheme GetThemeDraft ListThemeDrafts",
    ),
    ("ListService", PUBLIC, "GetRates ListRateItems GetList ListPublications GetReductions"),
    ("ListService", CATALOG, "PublishList"),
    ("VocabularyService", CATALOG, "GetVocabulary SaveVocabulary ListMisses"),
    ("RatingService", PUBLIC, "GetTotals ListTags"),
    (
        "RatingService",
        HANDLERS,
        "ListRatings GetRating GiveRating RateAgain AppealRating ReopenRating UploadRatingFile",
    ),
    ("RatingService", HANDLERS | ANSWERERS | SUPERVISE, "DownloadRatingFile"),
    ("RatingService", OFFICERS, "NoteOfficerDevice"),
    ("LoopService", PUBLIC, "GetRatingRules"),
    ("LoopService", REVIEWERS | SUPERVISE, "ListNegative GetNegative CallBackRating"),
    ("LoopService", REVIEWERS, "VerifyRating RectifyRating"),
    ("LoopService", frozenset({"decide"}), "ContestRating"),
    ("LoopService", SUPERVISE, "AssignRating ReviewRating ExtendRectification PublishRating CloseRating LiftFlag"),
    ("LoopService", ADMINISTER, "SaveRatingRules"),
    ("WindowService", DESK | ADMINISTER | DEVICE, "IssueWindowCode"),
    ("WindowService", ADMINISTER, "RevokeWindowCodes"),
    ("WindowService", PUBLIC, "ReadWindowCode RateAtWindow"),
    ("WindowService", DEVICE, "RateOnTablet"),
    ("ResultService", PUBLIC, "ListFormulas GetResults GetCoverage ListPublished ListBehind"),
    ("ResultService", PUBLIC, "ListBulletins GetBulletin GetBulletinPdf"),
    ("RecordService", MACHINES_TOO, "ImportRatings ExportRecords ReceiveRecords"),
    ("RecordService", SUPERVISE, "ImportFile"),
    ("TicketService", PUBLIC, "OpenTicket FollowTicket CountTickets"),
    ("TicketService", HANDLERS, "ListMyTickets ConfirmTicket WithdrawTicket"),
    ("TicketService", HANDLERS | ANSWERERS | SUPERVISE, "GetTicket"),
    ("TicketService", ANSWERERS | SUPERVISE, "ListTickets AnswerTicket LinkCall"),
    ("TicketService", ANSWERERS, "AskTicketExtension"),
    ("TicketService", SUPERVISE, "AssignTicket DecideTicketExtension CloseTicket"),
    ("TicketService", MACHINES_TOO, "ReceiveHotlineTicket TellHotlineStatus"),
    ("IdentityService", PUBLIC, "RegisterPerson SignIn RefreshSession GetSigningKeys"),
    ("IdentityService", SIGNED_IN | DELEGATES, "SignOut GetMe"),
    ("IdentityService", SIGNED_IN, "ListSessions EndSessions ChangePassword"),
    ("IdentityService", HERSELF, "ErasePerson"),
    ("IdentityService", ADMINISTER, "SuspendPerson ResumePerson"),
    ("IdentityService", ADMINISTER | SUPERVISE, "CountPrincipals"),
    ("FactorService", PUBLIC, "AnswerChallenge BeginPasskeySignIn FinishPasskeySignIn"),
    (
        "FactorService",
        SIGNED_IN,
        "BeginTotp ConfirmTotp RemoveTotp BeginPasskey FinishPasskey RemovePasskey ListFactors",
    ),
    ("VerificationService", HERSELF, "RequestVerification AnswerVerification GetVerification ListVerifications"),
    ("VerificationService", frozenset({"receive"}), "VerifyInPerson"),
    ("OrganizationService", STRONG, "RegisterOrganization AuthorizeHandler ActForOrganization"),
    ("OrganizationService", HERSELF, "ListMyOrganizations RevokeHandler"),
    ("OrganizationService", HANDLERS, "GetOrganization"),
    ("AgentService", PUBLIC, "ListAgentOrganizations"),
    ("AgentService", ADMINISTER, "SaveAgentOrganization CloseAgentOrganization AppointAgent DismissAgent ListAgents"),
    ("DelegationService", PUBLIC, "GetDocumentKeys"),
    ("DelegationService", HERSELF, "GrantDelegation ConfirmDelegation DeclineDelegation"),
    ("DelegationService", AGENT, "RequestDelegation"),
    (
        "DelegationService",
        HERSELF | AGENT,
        "RevokeDelegation GetDelegation ListDelegations GetDelegationCertificate ActFor",
    ),
    ("OfficerService", PUBLIC, "ListDepartments"),
    (
        "OfficerService",
        ADMINISTER,
        "SaveDepartment AppointOfficer ApproveAppointment RejectAppointment TransferOfficer DismissOfficer GetOfficer "
        "ListOfficers",
    ),
    ("CountyService", PUBLIC, "GetCounty GetEmblem IssueDeviceToken"),
    ("CountyService", ADMINISTER, "SaveCounty SaveWindow RegisterDevice RevokeDevice ListDevices"),
    ("CountyService", OFFICERS | DEVICE, "ListWindows"),
    ("CountyService", DESK, "SignOnWindow"),
    ("CountyService", OFFICERS, "SignOffWindow"),
    ("CountyService", ADMINISTER | SUPERVISE, "ListDuties"),
    ("ClientService", PUBLIC, "IssueMachineToken"),
    ("ClientService", ADMINISTER, "SaveClient DisableClient EnableClient ListClients"),
    ("ClientService", ADMINISTER | SUPERVISE, "GetClientFigures"),
    (
        "SsoService",
        PUBLIC,
        "GetProviderConfiguration CheckAuthorization ExchangeToken GetUserInfo EndAuthorization ListUpstreams BeginUpstream "
        "FinishUpstream",
    ),
    ("SsoService", HERSELF | OFFICERS, "Authorize ListConsents RevokeConsent"),
    ("PrivacyService", DESK, "FindPerson"),
    ("PrivacyService", DESK | SUPERVISE, "UnmaskPerson"),
    ("PrivacyService", HERSELF, "ListAccesses"),
    ("ContactService", SIGNED_IN, "GetContact SaveContact"),
    ("ContactService", SERVICES_TOO, "LookUpContacts"),
    ("MessageService", SIGNED_IN | HANDLER_TOO, "ListNotices GetNotice ReadNotice CountUnread"),
    ("MessageService", SIGNED_IN | HANDLER_TOO, "GetPreferences SavePreferences"),
    ("TemplateService", ADMINISTER | SUPERVISE, "ListTemplates GetTemplate PreviewTemplate"),
    ("TemplateService", ADMINISTER, "SaveTemplate PublishTemplate ReturnTemplate"),
    ("RuleService", ADMINISTER | SUPERVISE, "GetMessageRules GetMessageFigures"),
    ("RuleService", ADMINISTER, "SaveMessageRules"),
    ("ProofService", HANDLERS | DESK | SUPERVISE, "ListProofs GetProof"),
    ("ProofService", SUPERVISE, "ListFailed"),
    ("CallbackService", PUBLIC, "TellDeliveries"),
    ("ProcurementService", STRONG | HANDLER_TOO | PROCURE, "SubmitProcurement"),
    ("ProcurementService", HANDLERS | PROCURE, "WithdrawProcurement ListMyProcurements"),
    ("ProcurementService", HANDLERS, "ObjectToResult GiveUpAward"),
    ("ProcurementService", MARKET, "ReviewProcurement"),
    ("ProcurementService", SUPERVISE, "StopProcurement DecideResultObjection PassOverWinner"),
    ("ProcurementService", MARKET | SUPERVISE, "ListProcurementDesk"),
    ("ProcurementService", PUBLIC, "GetProcurement ListProcurements"),
    ("SignUpService", HANDLERS, "CheckQualification SignUp WithdrawSignUp OpenBid GetMySignUp"),
    ("SelectionService", HANDLERS | PROCURE | SUPERVISE, "CommitNonce RevealNonce"),
    ("SelectionService", SUPERVISE, "RecordBeacon"),
    ("SelectionService", PUBLIC, "GetTranscript"),
    ("SelectionService", STRONG, "ApplyAsEvaluator"),
    ("SelectionService", HERSELF, "GetMyEvaluator RecuseEvaluator ListMyEvaluations GiveScores"),
    ("SelectionService", MARKET, "ReviewEvaluator DrawEvaluators ReplaceEvaluator"),
    ("SelectionService", MARKET | SUPERVISE, "ListEvaluators"),
    ("SelectionService", HANDLERS | PROCURE | MARKET | SUPERVISE, "GetEvaluation"),
    (
        "PerformanceService",
        HANDLERS | PROCURE,
        "FileContract ConfirmContract ReturnContract AnswerMilestone ConfirmDeliverable ReturnDeliverable RatePartner AskBreakOff",
    ),
    ("PerformanceService", HANDLERS, "ReportMilestone Deliver"),
    ("PerformanceService", HANDLERS | PROCURE | ANSWERERS | MARKET | SUPERVISE, "DownloadDeliverable"),
    ("PerformanceService", SUPERVISE, "DecideBreakOff"),
    ("AgencyService", HANDLERS, "EnterAgency ChangeAgency AddQualification LeaveMarket GetMyAgency AppealBlacklisting"),
    ("AgencyService", HANDLERS | PROCURE, "UploadMarketFile"),
    ("AgencyService", HANDLERS | MARKET | SUPERVISE, "DownloadMarketFile"),
    ("AgencyService", MARKET, "ReviewAgency ReviewQualification DecideAgencyObjection"),
    ("AgencyService", STRONG | HANDLER_TOO, "ObjectToAgency"),
    ("AgencyService", SUPERVISE, "SuspendAgency ResumeAgency BlacklistAgency DecideBlacklistAppeal"),
    ("AgencyService", MARKET | SUPERVISE, "ListAgencyDesk"),
    ("AgencyService", PUBLIC, "ListAgencies GetAgency ListCredits ListQualificationKinds"),
    ("MarketService", PUBLIC, "GetMarketRules ListServices GetStatistics"),
    ("MarketService", SUPERVISE, "SaveMarketRules ListConcentrations"),
    ("PolicyService", POLICY, "SavePolicy PublishPolicy ReturnPolicy WithdrawPolicy ListPolicyDesk"),
    ("PolicyService", PUBLIC, "GetPolicy ListPolicies ListPolicyEditions GetPolicyEdition"),
    ("AppealService", HANDLERS, "RateAppeal ReopenAppeal ListMyAppeals"),
    ("AppealService", STRONG | HANDLER_TOO, "SubmitAppeal"),
    ("AppealService", POLICY | SUPERVISE, "RouteAppeal"),
    ("AppealService", APPEAL_DESK, "AcceptAppeal ReturnRouting AnswerAppeal ExtendAppeal"),
    ("AppealService", HANDLERS | APPEAL_DESK | SUPERVISE, "GetAppeal"),
    ("AppealService", APPEAL_DESK | SUPERVISE, "ListAppealDesk"),
    ("BulletinService", PUBLIC, "GetBulletin"),
    ("ClaimService", HANDLERS, "SubmitClaim CorrectClaim ConfirmAccount WithdrawClaim ListMyClaims UploadClaimFile"),
    ("ClaimService", STRONG | HANDLER_TOO, "ObjectToClaim"),
    ("ClaimService", PAYOUT, "ReviewClaim SecondReviewClaim"),
    ("ClaimService", SUPERVISE, "DecideClaimObjection OpenSpotCheck ConcludeSpotCheck"),
    ("ClaimService", FINANCE, "ApproveClaim EndRecovery"),
    ("ClaimService", HANDLERS | PAYOUT | FINANCE | SUPERVISE, "GetClaim ReplayClaim GetReceipt DownloadClaimFile"),
    ("ClaimService", PAYOUT | FINANCE | SUPERVISE, "ListClaimDesk"),
    ("ClaimService", PUBLIC, "ListPublishedClaims"),
    ("ComplaintService", PUBLIC, "SubmitComplaint WithdrawComplaint GetComplaintByCode"),
    ("ComplaintService", SUPERVISE, "AcceptComplaint AskDepartment ConcludeComplaint ListComplaintDesk"),
    ("ComplaintService", APPEAL_DESK, "ListSupervisionQuestions AnswerSupervisionQuestion"),
    ("ComplaintService", HANDLERS | SUPERVISE, "GetComplaint"),
    ("ComplaintService", HANDLERS, "ListMyComplaints"),
    (
        "EnterpriseService",
        HANDLERS,
        "GetMyEnterprise StateFacts AskCorrection ListMyMatches ExplainMatch ListNewMatches",
    ),
    ("EnterpriseService", HANDLERS, "AcknowledgeMatches SetSubscription OptOut"),
    ("EnterpriseService", MACHINES_TOO | POLICY | PAYOUT, "ReportFacts"),
    ("EnterpriseService", POLICY | PAYOUT | FINANCE | SUPERVISE, "GetEnterprise SearchEnterprises"),
    ("EnterpriseService", HANDLERS | POLICY | PAYOUT | SUPERVISE, "ListCorrections"),
    ("EnterpriseService", POLICY | PAYOUT, "DecideCorrection"),
    ("EnterpriseService", POLICY, "SaveFactKind"),
    ("EnterpriseService", PUBLIC, "ListFactKinds"),
    ("PayoutItemService", POLICY, "SavePayoutItem OpenPayoutItem ReturnPayoutItem PausePayoutItem ResumePayoutItem"),
    ("PayoutItemService", POLICY, "ClosePayoutItem TryPayoutItem StartDryRun GetDryRun"),
    ("PayoutItemService", PUBLIC, "GetPayoutItem ListPayoutItems"),
    ("PayoutItemService", POLICY | PAYOUT | FINANCE | SUPERVISE, "ListPayoutItemDesk"),
    ("MoneyService", FINANCE, "SetBudget ClosePeriod SettleException"),
    ("MoneyService", POLICY | PAYOUT | FINANCE | SUPERVISE, "GetBudget ListBudgets"),
    ("MoneyService", MACHINES_TOO, "NotifyPayment"),
    ("MoneyService", FINANCE | SUPERVISE, "ListPostings GetTrialBalance ListReconciliations GetReconciliation"),
    ("NewsService", POLICY, "SaveNews ReviewNews ReturnNews ConfirmNews"),
    ("NewsService", POLICY | SUPERVISE, "WithdrawNews ListNewsDesk"),
    ("NewsService", PUBLIC, "GetNews ListNews GetNewsKinds"),
    ("RollService", PAYOUT, "ComputeRoll ExcludeFromRoll ReviewRoll"),
    ("RollService", STRONG | HANDLER_TOO, "ObjectToRoll"),
    ("RollService", SUPERVISE, "DecideRollObjection"),
    ("RollService", PUBLIC, "GetRoll ListRollLines ListRolls"),
    ("RollService", PAYOUT | FINANCE | SUPERVISE, "ListRollDesk"),
]
MAY = {f"{contract}/{name}": who for contract, who, names in TABLE for name in names.split()}
VERIFIER = Verifier(find_key)
_tokens: dict[Actor, str] = {ANONYMOUS: ""}


def authorization(actor: Actor) -> str:
    """The actor's header; one token each, so that a verified one is remembered as in life."""
    if actor not in _tokens:
        _tokens[actor] = f"Bearer {token(actor)}"
    return _tokens[actor]


def is_admitted(method: MethodDescriptor, caller: str) -> bool:
    path = contracts.path(method)
    who = CALLERS[caller](path)
    try:
        actor = rpc.admit(path, contracts.rule_of(method), authorization(who), VERIFIER)
    except Refused as refused:
        assert refused.code == (PERMISSION_DENIED if who.realm else UNAUTHENTICATED)
        return False
    assert actor == who
    return True


def is_granted(method: MethodDescriptor, actor: Actor) -> bool:
    """What the contract's own words say, read without the pipeline."""
    rule = method.GetOptions().Extensions[access_pb2.access]
    kind = actor.acting.kind if actor.acting else access_pb2.ACTING_UNSPECIFIED
    named = [grant for grant in rule.grants if grant.realm == actor.realm and actor.level >= grant.level]
    named = [grant for grant in named if not grant.roles or set(grant.roles) & actor.roles]
    registered = actor.realm != MACHINE or contracts.path(method) in actor.rpcs
    return rule.public or (registered and any(kind <= grant.acting for grant in named))


def test_the_table_names_every_method_of_every_service_once() -> None:
    assert METHODS.keys() == MAY.keys()
    assert len(MAY) == sum(len(names.split()) for _, _, names in TABLE)


@pytest.mark.parametrize("name", METHODS)
def test_only_those_of_the_table_are_admitted(name: str) -> None:
    assert {caller for caller in CALLERS if is_admitted(METHODS[name], caller)} == MAY[name]


@pytest.mark.parametrize("name", METHODS)
def test_the_pipeline_admits_whom_the_grants_name(name: str) -> None:
    method = METHODS[name]
    for caller, actor in CALLERS.items():
        assert is_admitted(method, caller) == is_granted(method, actor(contracts.path(method))), caller


@pytest.mark.parametrize("name", METHODS)
def test_every_grant_says_for_whom_and_on_which_records(name: str) -> None:
    rule = contracts.rule_of(METHODS[name])
    assert rule.public != bool(rule.grants), "public, or granted: exactly one"
    for grant in rule.grants:
        assert grant.realm and grant.scope
        assert set(grant.roles) <= set(ROLES)
        assert grant.realm == access_pb2.REALM_OFFICER or not grant.roles
        assert grant.realm == access_pb2.REALM_PERSON or not (grant.acting or grant.level)


def test_a_method_without_an_access_rule_cannot_be_served_at_all() -> None:
    bare = health_pb2.DESCRIPTOR.services_by_name["Health"].methods_by_name["Check"]
    with pytest.raises(LookupError, match="access rule"):
        contracts.rule_of(bare)
    guard = rpc.Guard(VERIFIER, lambda command: "", lambda actor: None)
    with pytest.raises(LookupError, match="access rule"):
        rpc.pipeline(bare, lambda request, call: request, guard, Streams(1, 1))


def test_an_empty_rule_admits_nobody() -> None:
    for caller in CALLERS.values():
        with pytest.raises(Refused):
            rpc.admit("any", access_pb2.Access(), authorization(caller("yiwang.case.v1.CaseService/GetCase")), VERIFIER)


@pytest.mark.parametrize("name", [name for name, may in MAY.items() if may == PUBLIC])
def test_a_public_method_refuses_a_bad_token_all_the_same(name: str) -> None:
    method = METHODS[name]
    with pytest.raises(Refused) as caught:
        rpc.admit(contracts.path(method), contracts.rule_of(method), "Bearer garbage", VERIFIER)
    assert caught.value.code == UNAUTHENTICATED


@pytest.mark.parametrize(("wanted", "has"), list(itertools.product(range(6), range(6))))
def test_a_grant_with_a_level_admits_that_level_and_higher(wanted: int, has: int) -> None:
    rule = access_pb2.Access(grants=[access_pb2.Grant(realm=access_pb2.REALM_PERSON, level=wanted)])  # type: ignore[arg-type]
    access = f"Bearer {token(person(level=has))}"
    if has >= wanted:
        assert rpc.admit("any", rule, access, VERIFIER).level == has
    else:
        with pytest.raises(Refused):
            rpc.admit("any", rule, access, VERIFIER)


def test_one_of_several_roles_is_enough_and_the_realm_must_fit_too() -> None:
    rule = access_pb2.Access(grants=[access_pb2.Grant(realm=access_pb2.REALM_OFFICER, roles=["issue", "decide"])])
    assert rpc.admit("any", rule, f"Bearer {token(officer('decide', 'review'))}", VERIFIER).realm == OFFICER
    for realm in (PERSON, SERVICE):
        pretender = Actor(id="x", realm=realm, roles=frozenset({"decide"}))
        with pytest.raises(Refused):
            rpc.admit("any", rule, f"Bearer {token(pretender)}", VERIFIER)


@pytest.mark.parametrize("channel", ["handler", "helper", "bank", "person"])
@pytest.mark.parametrize("allowed", access_pb2.Acting.values())
def test_who_acts_for_another_needs_it_said_in_the_grant(channel: str, allowed: int) -> None:
    rule = access_pb2.Access(grants=[access_pb2.Grant(realm=access_pb2.REALM_PERSON, acting=allowed)])  # type: ignore[arg-type]
    access = authorization(handler(person()) if channel == "handler" else delegate(person(), channel))
    needed = access_pb2.ACTING_HANDLER if channel == "handler" else access_pb2.ACTING_DELEGATE
    if allowed >= needed:
        assert rpc.admit("any", rule, access, VERIFIER).acting is not None
    else:
        with pytest.raises(Refused):
            rpc.admit("any", rule, access, VERIFIER)


def test_a_machine_may_call_what_it_is_registered_for_and_nothing_else_that_its_realm_may() -> None:
    rule = access_pb2.Access(grants=[access_pb2.Grant(realm=access_pb2.REALM_MACHINE)])
    access = authorization(machine("yiwang.x.v1.X/Get"))
    assert rpc.admit("yiwang.x.v1.X/Get", rule, access, VERIFIER).realm == MACHINE
    for path in ("yiwang.x.v1.X/List", "yiwang.y.v1.X/Get", "Get", ""):
        with pytest.raises(Refused):
            rpc.admit(path, rule, access, VERIFIER)
    with pytest.raises(Refused):
        rpc.admit("yiwang.x.v1.X/Get", access_pb2.Access(), access, VERIFIER)
