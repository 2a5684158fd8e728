"""What the law has told is told: every event that says so has a template, a way to the applicant, and a place where its proof is kept."""

from importlib import import_module

import pytest
from google.protobuf.descriptor import Descriptor

from services.case import timeline
from services.message import model_plain, model_table, model_templates
from services.message.model_texts import LEGAL, LETTER
from tests.support.sources import SERVICES
from yiwang.access.v1 import access_pb2


def rule_of(event: Descriptor) -> access_pb2.Event:
    return event.GetOptions().Extensions[access_pb2.event]


def legal() -> list[Descriptor]:
    """The events some law has the applicant told of."""
    modules = [import_module(f"yiwang.{service}.v1.events_pb2") for service in SERVICES]
    all = [event for module in modules for event in module.DESCRIPTOR.message_types_by_name.values()]
    return [event for event in all if rule_of(event).must_tell]


every_legal = pytest.mark.parametrize("event", legal(), ids=lambda one: one.name)


def test_the_notices_of_the_licence_law_are_among_them() -> None:
    names = {event.name for event in legal()}
    assert {
        "CorrectionRequested",
        "LimitExtended",
        "SpecialProcedureStarted",
        "CaseDecided",
        "ResultDelivered",
    } <= names


@every_legal
def test_what_the_law_has_told_has_a_template_that_names_the_law(event: Descriptor) -> None:
    rows = [row for row in model_table.ROWS if row.event.DESCRIPTOR is event and row.to is model_table.owner]
    assert rows, "nobody is told of it"
    for row in rows:
        template = model_templates.TEMPLATES[row.template]
        assert (template.must, template.kind) == (rule_of(event).must_tell, LEGAL)
        assert template.channels and template.channels[-1] == LETTER, "paper is the last resort"


@every_legal
def test_its_proof_has_a_name_in_the_timeline_of_the_case(event: Descriptor) -> None:
    templates = [row.template for row in model_table.ROWS if row.event.DESCRIPTOR is event]
    assert all(code in timeline.NOTICES for code in templates if code.startswith("case."))


def test_no_template_claims_a_law_no_event_names() -> None:
    laws = {rule_of(event).must_tell for event in legal()}
    assert {one.must for one in model_templates.TEMPLATES.values() if one.must} == laws


@pytest.mark.parametrize("code", sorted(model_templates.TEMPLATES))
def test_every_shipped_text_passes_the_plain_language_test(code: str) -> None:
    template = model_templates.TEMPLATES[code]
    found = model_plain.findings(template, model_templates.shipped(template))
    assert not [one for one in found if one.error]


@pytest.mark.parametrize("code", sorted(model_templates.TEMPLATES))
def test_every_template_is_told_by_something(code: str) -> None:
    by_hand = {"digest.day"}
    assert code in by_hand | {row.template for row in model_table.ROWS}
