"""Questions and rules of a definition against the rule engine, and the guide of an edition under answers. Pure."""

from chassis import rules
from chassis.errors import Violation, invalid
from standards import scenario_faults, scenarios
from yiwang.catalog.v1 import service_pb2 as pb


def faults(definition: pb.ItemDefinition) -> list[Violation]:
    """What refuses the questions and the rules of a definition: each with its path and the reason."""
    if large := scenario_faults.oversized(scenario_faults.rules_of(definition)):
        return [Violation(*one) for one in large]
    known = {question.key for question in definition.questions}
    found = [
        violation
        for path, rule in scenario_faults.rules_of(definition)
        for violation in rules.faults(rule, known, path)
    ]
    if definition.HasField("automatic"):
        # 秒批 reads facts of the application, too, which case knows.
        found += rules.faults(definition.automatic.rule, None, "automatic.rule")
    return [Violation(*one) for one in scenario_faults.faults(definition, rules.reads)] + found


def guide(definition: pb.ItemDefinition, request: pb.GuideItemRequest, edition: int) -> pb.ScenarioGuide:
    """What applies under the answers of a request. INVALID_ARGUMENT names an answer that fits no question or option."""
    if wrong := scenarios.wrong_answers(definition.questions, request.answers):
        raise invalid(*(Violation(*one) for one in wrong))
    return scenarios.resolve(definition, request.answers, rules.judge, request.item_id, edition)
