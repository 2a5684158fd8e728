"""The contracts: linted, commented, each method with its rule, each event with its listeners, and nobody's name in the clear."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from chassis import contracts
from yiwang.access.v1 import access_pb2

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "gen/image.binpb"
SERVICES = tuple(sorted(path.parents[1].name for path in (ROOT / "proto/yiwang").glob("*/v1/service.proto")))

# First words of methods that change nothing. Every other method is a write.
READS = (
    "Get",
    "List",
    "Search",
    "Download",
    "CheckAuthorization",
    "CheckQualification",
    "Count",
    "ProposeCode",
    "ProposeEntryCode",
    "Guide",
    "Resolve",
    "Compare",
    "Reconcile",
    "Lint",
    "Watch",
    "Export",
    "Explain",
    "Replay",
)
# Writes that are what they are by their content: repeated, they answer the same or are refused, as their standards say.
WITHOUT_REQUEST_ID = {
    "yiwang.identity.v1.ClientService.IssueMachineToken": "an assertion is good once, by its jti (RFC 7523)",
    "yiwang.identity.v1.CountyService.IssueDeviceToken": "the same",
    "yiwang.identity.v1.FactorService.BeginPasskeySignIn": "a fresh challenge for nobody in particular",
    "yiwang.identity.v1.SsoService.ExchangeToken": "a code is good once, a refresh token has one successor (RFC 6749, RFC 9700)",
    "yiwang.identity.v1.SsoService.EndAuthorization": "an ended session stays ended",
    "yiwang.identity.v1.SsoService.BeginUpstream": "a fresh state for nobody in particular",
    "yiwang.case.v1.DocumentService.VerifyDocument": "a look; it changes nothing",
    "yiwang.rating.v1.WindowService.ReadWindowCode": "the same",
    "yiwang.rating.v1.TicketService.FollowTicket": "the same",
    "yiwang.case.v1.TraceService.VerifyJournal": "the same",
    "yiwang.case.v1.ExchangeService.ReportCases": "a row is good once, by department, number and seq",
    "yiwang.policy.v1.PayoutItemService.TryPayoutItem": "a look; it changes nothing",
    "yiwang.message.v1.TemplateService.PreviewTemplate": "the same",
    "yiwang.message.v1.CallbackService.TellDeliveries": "a callback is good once, by message and state",
    "yiwang.identity.v1.ContactService.LookUpContacts": "a line in the access record is written once, by what it is asked for",
}
# Lists that end by themselves.
WITHOUT_PAGES = {
    "yiwang.identity.v1.IdentityService.ListSessions": "one person's own, still open",
    "yiwang.identity.v1.FactorService.ListFactors": "one person's own, at most a few",
    "yiwang.identity.v1.OrganizationService.ListMyOrganizations": "one person's own",
    "yiwang.identity.v1.SsoService.ListConsents": "one person's own",
    "yiwang.identity.v1.SsoService.ListUpstreams": "of the configuration",
    "yiwang.rating.v1.RatingService.ListTags": "of a table of ours",
    "yiwang.message.v1.TemplateService.ListTemplates": "of a table of ours",
    "yiwang.message.v1.ProofService.ListProofs": "of one case, some dozens",
    "yiwang.rating.v1.ResultService.ListFormulas": "the same",
    "yiwang.intermediary.v1.AgencyService.ListQualificationKinds": "the same",
    "yiwang.intermediary.v1.MarketService.ListServices": "at most 500, of the published items",
    "yiwang.intermediary.v1.MarketService.ListConcentrations": "the pairs of one county and one year that are conspicuous",
    "yiwang.policy.v1.EnterpriseService.ListFactKinds": "of a table of ours, and a county's few",
    "yiwang.policy.v1.EnterpriseService.ListMyMatches": "the open items of one region",
    "yiwang.policy.v1.EnterpriseService.ListNewMatches": "the same",
    "yiwang.catalog.v1.VocabularyService.ListMisses": "the 200 most frequent",
    "yiwang.case.v1.DocumentService.ListDocuments": "one case's own, no more than its journal has entries",
    "yiwang.catalog.v1.CatalogService.ListEditions": "one item's own, no more than its journal has entries",
    "yiwang.policy.v1.PolicyService.ListPolicyEditions": "one policy's own, no more than its journal has entries",
}
# Events whose record has no id of its own name it by what it is of.
FIRST_FIELDS = ("principal", "region", "county")
# Words that make a field personal: who somebody is, or what somebody wrote.
PERSONAL = frozenset(
    (
        *("name", "phone", "form", "notice", "reason", "opinion", "comment", "filename", "number"),
        *("address", "email", "birth", "gender", "password", "login", "text"),
    )
)
# Fields of events that have such a word and may stand in the clear, with the reason why.
IN_THE_CLEAR = {
    "yiwang.intermediary.v1.ProcurementReturned.reason": "looked through for personal data before it is taken",
    "item_name": "published with the item",
    "notice_id": "the id of a notice",
    "subject_number": "public number of what a notice is about",
    "yiwang.message.v1.NoticeField.name": "of a field of a template",
    "yiwang.message.v1.Arrival.text_digest": "a digest of a text that names nobody",
    "yiwang.case.v1.NoticeProofKept.text_digest": "the same",
    "result_name": "published with the item: what kind of document it is",
    "department_name": "an authority, no person",
    "number": "public number of a case; says nothing without the query code",
    "case_number": "the same",
    "result_number": "number of an official document; without the register it names nobody",
    "staff_number": "an officer's public number",
    "agent_number": "an agent's public number",
    "yiwang.case.v1.CaseTransferred.to_department_name": "an authority, no person",
    "yiwang.case.v1.FeeLine.name": "published with the item",
    "yiwang.catalog.v1.Handling.commitment_text": "published with the item",
    "yiwang.case.v1.Promise.text_digest": "a digest of a published text",
    "yiwang.case.v1.ParcelMoved.tracking_number": "the courier's; without his register it names nobody",
    "yiwang.identity.v1.SessionEnded.reason": "a code",
    "yiwang.identity.v1.VerificationFailed.reason": "a code",
    "yiwang.identity.v1.OrganizationRefused.reason": "a code",
    "yiwang.identity.v1.ClientDisabled.reason": "of a department's system, no person",
    "yiwang.identity.v1.ClientSaved.name": "of a department's system, no person",
    "yiwang.identity.v1.CountySaved.name": "a county's",
    "yiwang.identity.v1.CountyHotline.name": "of an office's line, as its first page shows it",
    "yiwang.identity.v1.CountyHotline.phone": "the same",
    "yiwang.identity.v1.DepartmentSaved.name": "an authority's",
    "yiwang.identity.v1.AgentOrganizationSaved.name": "of a help point or a bank's branch; the public list shows it",
    "yiwang.identity.v1.AgentOrganizationSaved.address": "the same",
    "yiwang.identity.v1.AgentOrganizationSaved.phone": "the same",
    "yiwang.rating.v1.GivenRating.device_mark": "a keyed digest",
    "yiwang.rating.v1.GivenRating.address_mark": "the same",
    "yiwang.rating.v1.GivenRating.text_mark": "the same",
    "yiwang.rating.v1.Raised.reason": "of a table of ours, with figures",
    "yiwang.rating.v1.RatingPublished.public_comment": "scanned: nothing of a person is in it, and everybody may read it",
    "yiwang.rating.v1.ResultRow.name": "of a department, an item, a window or a channel",
    "procurement_number": "public number of a procurement, in its notice",
    "agency_name": "of an organisation; the public list shows it",
    "yiwang.policy.v1.NewsReturned.reason": "scanned: nothing of a person is in it",
    "yiwang.policy.v1.NewsTakenDown.reason": "the same, and everybody may read it",
    "enterprise_name": "of an organisation; names of organisations are public",
    "document_number": "of a published policy",
    "yiwang.policy.v1.PolicyReturned.reason": "about a text, no person",
    "yiwang.policy.v1.FactWanted.name": "of a kind of fact",
    "yiwang.policy.v1.PolicyWithdrawn.reason": "scanned: nothing of a person is in it, and everybody may read it",
    "yiwang.policy.v1.PayoutItemReturned.reason": "about a definition, no person",
    "yiwang.policy.v1.PayoutItemPaused.reason": "scanned: nothing of a person is in it, and everybody may read it",
    "yiwang.policy.v1.PayoutItemClosed.reason": "the same",
    "yiwang.policy.v1.BudgetChangeRefused.reason": "a code",
    "yiwang.policy.v1.ReservationRefused.reason": "a code",
    "yiwang.policy.v1.ClaimRefused.reason_code": "a code",
    "yiwang.policy.v1.RollReservationRefused.reason": "a code",
    "yiwang.policy.v1.ClaimSubmitted.name": "of an organisation; the published result shows it",
    "yiwang.policy.v1.FactUsed.name": "of a kind of fact",
    "yiwang.policy.v1.AccountStated.bank_name": "of a bank",
    "yiwang.policy.v1.RollLineExcluded.name": "of an organisation; the published list shows it",
    "yiwang.policy.v1.RollLineExcluded.reason": "scanned: nothing of a person is in it, and everybody may read it",
    "yiwang.policy.v1.RollObjectionDecided.reason": "the same",
    "yiwang.policy.v1.RollDropped.reason": "the same, of a list that was never public",
    "yiwang.case.v1.ProcurementEndNoted.reason": "a code",
    "yiwang.intermediary.v1.ProcurementEnded.reason": "a code",
    "yiwang.intermediary.v1.WinnerReplaced.reason": "a code",
    "yiwang.intermediary.v1.PassedPlace.reason": "a code",
    "yiwang.intermediary.v1.EvaluatorLeftOut.reason": "a code",
    "yiwang.intermediary.v1.EvaluatorReplaced.reason": "a code",
    "yiwang.intermediary.v1.BreakOffDecided.reason": "scanned: nothing of a person is in it, and everybody may read it",
    "yiwang.intermediary.v1.PassedPlace.name": "of an organisation; the result shows it",
    "yiwang.intermediary.v1.Winner.name": "the same",
    "yiwang.intermediary.v1.AgencySignedUp.name": "the same",
    "yiwang.intermediary.v1.ProcurementSubmitted.owner_name": "of an organisation or a department; a person's is sealed",
    "yiwang.intermediary.v1.ProcurementPublished.notice": "public; a natural person's name is masked in it",
    "yiwang.intermediary.v1.ProcurementPublished.notice_digest": "a digest of a published text",
    "yiwang.intermediary.v1.AgencyReviewed.notice_until": "an instant",
    "yiwang.intermediary.v1.AgencyStated.address_key": "a blind index",
    "yiwang.intermediary.v1.StatedQualification.certificate_number": "of an organisation's certificate; the public list shows it",
    "yiwang.intermediary.v1.Need.direct_reason": "scanned: nothing of a person is in it, and the notice shows it",
    "yiwang.intermediary.v1.Avoidance.reason": "the same",
    "yiwang.intermediary.v1.Criterion.name": "of what is scored; the notice shows it",
    "yiwang.intermediary.v1.Milestone.name": "of a step of a contract",
    "yiwang.intermediary.v1.ResultObjectionDecided.reason": "scanned: nothing of a person is in it, and everybody may read it",
    "yiwang.policy.v1.FactStated.name": "of a kind of fact",
    "yiwang.policy.v1.FactsStated.source_name": "of a department",
    "hotline_number": "of a ticket, given by the 12345 platform; without its register it names nobody",
    "yiwang.rating.v1.CallLinked.call_number": "the same, of a call",
    "yiwang.catalog.v1.ItemSuspended.reason": "published with the item",
    "yiwang.catalog.v1.ItemWithdrawn.reason": "the same",
    "yiwang.catalog.v1.ItemReturned.reason": "about a guide, no person",
    "yiwang.catalog.v1.ThemeReturned.reason": "about a theme, no person",
    "yiwang.catalog.v1.ThemeWithdrawn.reason": "published with the theme",
    "yiwang.catalog.v1.EntryReturned.reason": "of an entry of the directory, no person",
    "yiwang.catalog.v1.EntryWithdrawn.reason": "published with the entry",
    "yiwang.catalog.v1.ImplementationReturned.reason": "of a line of a list, no person",
    "yiwang.catalog.v1.ImplementationWithdrawn.reason": "published with the line",
}
# Messages of events that hold published facts about items, no person.
PUBLISHED = (
    "yiwang.message.v1.TemplateText",
    "yiwang.catalog.v1.ItemDefinition",
    "yiwang.catalog.v1.Limit",
    "yiwang.catalog.v1.EntryDefinition",
    "yiwang.catalog.v1.ImplementationDefinition",
    "yiwang.catalog.v1.ThemeDefinition",
    "yiwang.policy.v1.PolicyText",
    "yiwang.policy.v1.PayoutItemDefinition",
    "yiwang.policy.v1.NewsContent",
)


def methods() -> list[MethodDescriptor]:
    return [method for name in SERVICES for one in contracts.services(name) for method in one.methods]


def messages_of_events() -> list[Descriptor]:
    """Every top-level message of every events.proto."""
    modules = [import_module(f"yiwang.{name}.v1.events_pb2") for name in SERVICES]
    return [message for module in modules for message in module.DESCRIPTOR.message_types_by_name.values()]


def rule(message: Descriptor) -> access_pb2.Event | None:
    options = message.GetOptions()
    return options.Extensions[access_pb2.event] if options.HasExtension(access_pb2.event) else None


EVENTS = [message for message in messages_of_events() if rule(message)]
every_method = pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.full_name)


@cache
def comments() -> dict[str, str]:
    """Leading comments by full name: services, methods and messages."""
    image = descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes())
    found = {}
    for file in image.file:
        for location in file.source_code_info.location:
            path = tuple(location.path)
            if len(path) == 2 and path[0] in (4, 6):
                named = (file.message_type if path[0] == 4 else file.service)[path[1]].name
            elif len(path) == 4 and path[0] == 6 and path[2] == 2:
                named = f"{file.service[path[1]].name}.{file.service[path[1]].method[path[3]].name}"
            else:
                continue
            found[f"{file.package}.{named}"] = location.leading_comments.strip()
    return found


# -- lint, comments ----------------------------------------------------------------------------------------------------


def test_buf_finds_nothing() -> None:
    buf = Path(sys.executable).parent / "buf"
    command = [str(buf), "lint", str(IMAGE), "--path", "yiwang"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_generated_code_is_that_of_the_contracts() -> None:
    newest = max(path.stat().st_mtime for path in (ROOT / "proto").rglob("*.proto"))
    assert IMAGE.stat().st_mtime >= newest, "make gen"


@every_method
def test_every_method_says_what_it_does(method: MethodDescriptor) -> None:
    assert comments()[method.full_name].startswith(f"{method.name} ")


@every_event
def test_every_event_says_what_happened(event: Descriptor) -> None:
    assert comments()[event.full_name].startswith(f"{event.name}: ")


# -- who may call ------------------------------------------------------------------------------------------------------


@every_method
def test_every_method_has_an_access_rule(method: MethodDescriptor) -> None:
    assert method.GetOptions().HasExtension(access_pb2.access)
    access = method.GetOptions().Extensions[access_pb2.access]
    assert access.public != bool(access.grants), "public, or granted to somebody"
    for grant in access.grants:
        assert grant.realm != access_pb2.REALM_UNSPECIFIED
        assert grant.scope != access_pb2.SCOPE_UNSPECIFIED


# -- writes ------------------------------------------------------------------------------------------------------------


@every_method
def test_writes_and_only_writes_have_a_request_id(method: MethodDescriptor) -> None:
    without = method.name.startswith(READS) or method.full_name in WITHOUT_REQUEST_ID
    assert ("request_id" in method.input_type.fields_by_name) != without


@every_method
def test_every_request_is_a_message_of_its_own(method: MethodDescriptor) -> None:
    assert method.input_type.name == f"{method.name}Request"


def test_every_request_id_has_the_same_rules() -> None:
    fields = [method.input_type.fields_by_name.get("request_id") for method in methods()]
    rules = {field.GetOptions().Extensions[validate_pb2.field].SerializeToString() for field in fields if field}
    assert len(rules) == 1
    (text,) = (validate_pb2.FieldRules.FromString(one).string for one in rules)
    assert text.min_len >= 8 and text.max_len and text.pattern


def test_every_list_has_pages_that_end() -> None:
    for method in methods():
        given = method.input_type.fields_by_name
        if method.name.startswith(("List", "Search")) and method.full_name not in WITHOUT_PAGES:
            assert {"page_size", "page_token"} <= set(given), method.full_name
            assert "next_page_token" in method.output_type.fields_by_name
            assert given["page_size"].GetOptions().Extensions[validate_pb2.field].uint32.lte


# -- events ------------------------------------------------------------------------------------------------------------


@every_event
def test_every_event_is_heard_or_published(event: Descriptor) -> None:
    heard = rule(event)
    assert heard is not None
    assert heard.published or heard.consumers
    for consumer in heard.consumers:
        assert re.fullmatch(rf"({'|'.join(SERVICES)})\.[a-z][a-z_]*", consumer), consumer
    assert len(set(heard.consumers)) == len(heard.consumers)


def test_every_handler_hears_one_event_but_those_that_tell() -> None:
    queues = Counter(consumer for event in EVENTS for consumer in rule(event).consumers)
    shared = {name for name, count in queues.items() if count > 1}
    # Of message a table says what is told of each event; a queue for each would be a hundred more.
    assert all(re.fullmatch(r"message\.(know|tell_[a-z]+)", name) for name in shared), shared


def test_messages_without_a_rule_are_parts_of_events() -> None:
    parts = {message.full_name for message in messages_of_events() if rule(message) is None}
    used: set[str] = set()
    left = list(EVENTS)
    while left:
        inside = [field.message_type for field in left.pop().fields if field.message_type]
        left += [part for part in inside if part.full_name not in used]
        used |= {part.full_name for part in inside}
    assert parts <= used, "an event without option (yiwang.access.v1.event)"


@every_event
def test_the_first_field_of_an_event_names_its_record(event: Descriptor) -> None:
    first = event.fields[0]
    assert first.name.endswith("_id") or first.name in FIRST_FIELDS
    assert first.type == FieldDescriptor.TYPE_STRING


def texts(message: Descriptor, seen: frozenset[str] = frozenset()) -> Iterator[FieldDescriptor]:
    """Text and byte fields of a message and of its parts, except published facts."""
    for field in message.fields:
        part = field.message_type
        if part is not None and part.GetOptions().map_entry:
            yield field
        elif part is None:
            if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
                yield field
        elif part.full_name not in PUBLISHED and part.full_name not in seen:
            yield from texts(part, seen | {part.full_name})


def personal(field: FieldDescriptor) -> bool:
    """Whether a field's name says that a person's data is in it, readable."""
    if field.name.startswith("sealed") or field.name.endswith("_index"):
        return False
    if field.name in IN_THE_CLEAR or field.full_name in IN_THE_CLEAR:
        return False
    return not PERSONAL.isdisjoint(field.name.split("_"))


@every_event
def test_no_event_carries_a_person_in_the_clear(event: Descriptor) -> None:
    assert [field.full_name for field in texts(event) if personal(field)] == []


def test_every_exception_is_used() -> None:
    fields = [field for event in EVENTS for field in texts(event)]
    names = {field.name for field in fields} | {field.full_name for field in fields}
    assert set(IN_THE_CLEAR) <= names
    assert WITHOUT_REQUEST_ID.keys() | WITHOUT_PAGES.keys() <= {method.full_name for method in methods()}
