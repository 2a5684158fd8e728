"""The rules of a county's market."""

from datetime import UTC, datetime

import pytest

from chassis.acts import Moment
from services.intermediary import model_rules
from services.intermediary.model_rules import DEFAULTS, NOUGHT, Rules
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import market_pb2 as pb

# A Monday, in China 10:00.
MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)


def saved(before: Rules | None = None, **told: int) -> Rules:
    event = model_rules.saved("990121", "officer", pb.MarketRules(county="990199", version=7, **told))
    rules: Rules = model_rules.EVOLVE[events.MarketRulesSaved](before, event, Moment(MONDAY, "officer:1"))
    return rules


def test_a_county_that_states_nothing_has_the_defaults() -> None:
    assert model_rules.values(None) == DEFAULTS


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_nought_is_the_default_but_where_it_is_a_number_of_its_own(name: str) -> None:
    assert model_rules.value(saved(), name) == (0 if name in NOUGHT else DEFAULTS[name])
    assert model_rules.value(saved(**{name: 7}), name) == 7


def test_what_is_stated_anew_is_all_that_holds() -> None:
    again = saved(saved(contract_days=30, rotation=2), rating_days=4)
    assert (again.county, again.values["rating_days"]) == ("990121", 4)
    assert model_rules.value(again, "contract_days") == DEFAULTS["contract_days"]
    assert model_rules.value(again, "rotation") == 0


def test_every_number_of_the_contract_has_a_default_and_is_told() -> None:
    names = {field.name for field in pb.MarketRules.DESCRIPTOR.fields} - {"county", "version"}
    assert names == set(DEFAULTS) and names >= NOUGHT
    told = model_rules.view("990121", model_rules.values(None), 3)
    assert model_rules.of_message(told) == DEFAULTS and (told.county, told.version) == ("990121", 3)


def test_days_end_with_their_last_working_day_and_none_at_once() -> None:
    assert model_rules.end(MONDAY, 0, "990121") == MONDAY
    assert model_rules.end(MONDAY, 1, "990121") > MONDAY
