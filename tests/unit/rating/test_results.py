"""Counters, rates, scores and periods as the public results are made of them: each by rows made by hand."""

import inspect
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rating import model, model_bulletins, model_kinds, model_results, model_splits
from services.rating.model_bulletins import DAILY, MONTHLY, WEEKLY
from services.rating.model_kinds import Kind
from services.rating.model_results import COUNTERS, RATES, SCORE
from services.rating.model_splits import COVERED, Group, Span, Split
from yiwang.rating.v1 import results_pb2 as pb
from yiwang.rating.v1 import service_pb2

FIVE = Kind(model.RATED, 5, 5, 2, True, "plain", "none", "", False, 0)
ONE = FIVE._replace(grade=1)
OPEN = Kind(model.OPEN, 5, 0, 0, False, "plain", "none", "", False, 0)
GOOD = {"invited", "active", "very_satisfied", "good", "contented", "named"}
BAD = {"invited", "active", "very_dissatisfied", "negative", "negative_named", "named"}
ROWS: dict[str, tuple[Kind, set[str]]] = {
    "nobody rated yet": (OPEN, {"invited", "open"}),
    "nobody rated in time": (OPEN._replace(status=model.DEFAULTED, grade=4), {"invited", "defaulted"}),
    "very satisfied": (FIVE, GOOD),
    "satisfied": (FIVE._replace(grade=4), GOOD - {"very_satisfied"} | {"satisfied"}),
    "fairly satisfied is good and not content": (
        FIVE._replace(grade=3),
        GOOD - {"very_satisfied", "contented"} | {"fairly_satisfied"},
    ),
    "dissatisfied": (FIVE._replace(grade=2), BAD - {"very_dissatisfied"} | {"dissatisfied"}),
    "very dissatisfied": (ONE, BAD),
    "anonymous is called back by nobody": (ONE._replace(named=False), BAD - {"named", "negative_named"}),
    "flagged is counted apart": (ONE._replace(mark="flagged"), {"invited", "apart", "flagged"}),
    "mistaken is counted apart": (ONE._replace(mark="mistaken", called="satisfied"), {"invited", "apart", "mistaken"}),
    "malicious is counted apart": (ONE._replace(mark="malicious", published=True), {"invited", "apart", "malicious"}),
    "another's fault counts as given": (ONE._replace(mark="unattributable"), BAD | {"not_attributable"}),
    "being rectified is not due": (ONE._replace(rectification="running"), BAD | {"valid", "rectifying"}),
    "rectified in time": (
        ONE._replace(rectification="on_time"),
        BAD | {"valid", "rectification_due", "rectified_on_time"},
    ),
    "rectified late": (ONE._replace(rectification="late"), BAD | {"valid", "rectification_due", "rectified_late"}),
    "not rectified in time": (
        ONE._replace(rectification="overdue"),
        BAD | {"valid", "rectification_due", "rectification_overdue"},
    ),
    "what is flagged is not due": (
        ONE._replace(rectification="on_time", mark="flagged"),
        {"invited", "apart", "flagged"},
    ),
    "called back and content": (
        ONE._replace(called="satisfied"),
        BAD | {"called_back", "call_back_reached", "call_back_satisfied"},
    ),
    "called back and not content": (ONE._replace(called="not_satisfied"), BAD | {"called_back", "call_back_reached"}),
    "called three times": (ONE._replace(called="unreached"), BAD | {"called_back"}),
    "published": (ONE._replace(published=True), BAD | {"negative_published"}),
    "rated again": (FIVE._replace(again=5), GOOD | {"again"}),
    "negative when rated again": (
        FIVE._replace(again=1, rectification="running", called="satisfied"),
        GOOD | {"again", "again_negative", "valid", "rectifying"},
    ),
}


@pytest.mark.parametrize("said", ROWS)
def test_a_service_is_in_these_counters_and_no_other(said: str) -> None:
    kind, wanted = ROWS[said]
    assert set(model_results.counted(model_kinds.text(kind))) == wanted


def test_every_counter_and_rate_was_shown_by_a_row() -> None:
    assert set.union(*(wanted for _, wanted in ROWS.values())) == set(COUNTERS)
    for one in RATES.values():
        over = [kind for kind, wanted in ROWS.values() if one.numerator in wanted and one.denominator not in wanted]
        # A numerator is part of its denominator: no rate is more than a hundred percent.
        assert over == [], one.name


kinds = st.builds(
    Kind,
    st.sampled_from((model.OPEN, model.RATED, model.DEFAULTED)),
    *(st.integers(1, 6), st.integers(0, 5), st.integers(0, 7), st.booleans()),
    st.sampled_from(("plain", "flagged", "mistaken", "malicious", "unattributable")),
    st.sampled_from(("none", "running", "overdue", "on_time", "late")),
    st.sampled_from(("", "satisfied", "not_satisfied", "unreached")),
    *(st.booleans(), st.integers(0, 5)),
)


@given(kinds)
def test_whatever_it_counts_as_no_rate_is_more_than_everything_and_every_service_is_somewhere(kind: Kind) -> None:
    keys = set(model_results.counted(model_kinds.text(kind)))
    assert all(one.denominator in keys for one in RATES.values() if one.numerator in keys)
    assert "invited" in keys and len(keys & {"open", "defaulted", "active", "apart"}) == 1
    assert len(keys & {"good", "negative"}) == len(keys & {"active"}) or kind.grade == 0
    assert model_kinds.parse(model_kinds.text(kind)) == kind


def test_every_number_is_told_in_words() -> None:
    formulas = {one.key: one for one in model_results.formulas()}
    assert set(formulas) == {*COUNTERS, *RATES, *model_results.COVERAGE, "score"}
    for key, one in formulas.items():
        assert one.name and one.formula and one.source, key
        assert bool(one.numerator) == bool(one.denominator) == (key in RATES)
        assert {one.numerator, one.denominator} <= {"", *COUNTERS}
    assert len({one.name for one in formulas.values()}) == len(formulas)
    # What the policy wants published is there.
    assert {"active_rate", "good_rate", "rectified_on_time_rate", "called_back_rate", "satisfaction"} <= set(RATES)
    score = formulas["score"].formula
    assert sum(SCORE.values()) == 100 and all(f"{RATES[key].name}×{weight}%" in score for key, weight in SCORE.items())


@pytest.mark.parametrize(
    ("numerator", "denominator", "points"),
    [(0, 0, 0), (0, 7, 0), (1, 1, 10_000), (1, 3, 3333), (2, 3, 6667), (1, 20_000, 1), (1, 20_001, 0), (3, 20_000, 2)],
)
def test_basis_points_are_rounded_half_up(numerator: int, denominator: int, points: int) -> None:
    assert model_results.basis_points(numerator, denominator) == points


def test_a_score_leaves_out_what_has_no_denominator_and_is_nothing_without_a_rating() -> None:
    assert model_results.score({"invited": 9, "open": 9}) == 0
    assert model_results.score({"invited": 1, "active": 1, "good": 1}) == 10_000
    assert model_results.score({"invited": 2, "active": 1, "good": 1}) == 9167
    late = {"invited": 1, "active": 1, "negative": 1, "negative_named": 1, "rectification_due": 1}
    assert model_results.score(late) == 1000
    assert model_results.score(late | {"called_back": 1, "rectified_on_time": 1}) == 5000


# -- splits and periods ------------------------------------------------------------------------------------------------

groups = st.lists(
    st.tuples(
        st.builds(
            Group,
            st.sampled_from(("D1", "D2")),
            st.just("水务局"),
            st.sampled_from(("", "i.1", "$i")),
            st.just("取水许可"),
            st.sampled_from(("", "w1")),
            kinds.map(model_kinds.text),
        ),
        st.integers(1, 5),
    ),
    max_size=12,
)


@given(groups)
def test_every_breakdown_adds_up_to_the_whole_and_the_order_does_not_matter(told: list[tuple[Group, int]]) -> None:
    found = model_splits.split(told)
    assert found == model_splits.split(reversed(told))
    whole = found["whole"].rows.get("", {})
    for name in ("department", "node"):
        assert model_results.summed(found[name].rows.values()) == whole
    channels = model_results.summed(found["channel"].rows.values())
    asked = sum(count for group, count in told if model_kinds.parse(group.kind).channel)
    assert channels.get("invited", 0) == asked
    assert sum(row["invited"] for row in found[COVERED].rows.values()) == whole.get("invited", 0)
    covered = sum(count for row in found[COVERED].rows.values() for key, count in row.items() if key != "invited")
    assert covered == whole.get("active", 0)
    cut = len(told) // 2
    halves = [model_splits.split(told[:cut]), model_splits.split(told[cut:])]
    for name in model_splits.SPLITS:
        assert model_splits.added(half[name] for half in halves).rows == found[name].rows


days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def each(span: Span) -> list[str]:
    """The days of a span of days or months."""
    months = span.first[0] == "m"
    one, found = date.fromisoformat(span.first[2:] + ("-01" if months else "")), []
    while f"{span.first[0]}:{one}"[: len(span.last)] <= span.last:
        found.append(str(one))
        one += timedelta(days=1)
    return found


@given(days, st.integers(0, 400))
def test_months_and_days_make_up_a_period_each_day_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    spans = model_splits.spans(first, last)
    added = Counter(day for span in spans.added for day in each(span))
    taken = Counter(day for span in spans.taken for day in each(span))
    assert set(added.values()) | set(taken.values()) == {1}
    assert sorted(added - taken) == [str(first + timedelta(days=n)) for n in range(length + 1)]
    assert not taken - added
    # However long it is, no more than a month of days is read.
    assert sum(len(each(span)) for span in (*spans.added, *spans.taken) if span.first[0] == "d") <= 31


@given(groups)
def test_what_is_taken_away_leaves_what_was_there_before(told: list[tuple[Group, int]]) -> None:
    cut = len(told) // 2
    parts = [model_splits.split(told[:cut]), model_splits.split(told[cut:])]
    for name in model_splits.SPLITS:
        both = model_splits.added(part[name] for part in parts)
        assert model_splits.less(both, parts[1][name]).rows == parts[0][name].rows
        assert model_splits.less(parts[0][name], both).rows == {}


def test_a_period_that_bounds_nothing_is_all_months() -> None:
    months = [span for span in model_splits.spans(date.min, date.max).added if span.first[0] == "m"]
    assert min(span.first for span in months) == "m:0001-01" and max(span.last for span in months) == "m:9999-12"
    assert model_splits.spans(date(2026, 2, 1), date(2026, 1, 1)) == ([], [])


def test_periods_are_days_weeks_from_monday_and_months() -> None:
    sunday = date(2026, 11, 22)
    for kind, first, last in (
        (DAILY, sunday, sunday),
        (WEEKLY, date(2026, 11, 16), sunday),
        (MONTHLY, date(2026, 11, 1), date(2026, 11, 30)),
    ):
        assert model_bulletins.period_of(kind, sunday)[1:] == (first, last)
    assert model_bulletins.period_of(MONTHLY, date(2026, 12, 31)).last == date(2026, 12, 31)
    assert model_bulletins.period_of(DAILY, sunday).cutoff == datetime(2026, 11, 22, 22, tzinfo=UTC)


@given(st.integers(0, 365 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)))
def test_no_bulletin_is_due_before_what_was_under_way_at_its_cutoff_is_written(now: datetime) -> None:
    due = model_bulletins.due(now)
    assert all(period.cutoff + model_bulletins.SETTLED <= now for period in due)
    for kind, back in model_bulletins.BACK.items():
        own = [period for period in due if period.kind == kind]
        assert back - 1 <= len(own) <= back
        ends = [period.first for period in own[1:]]
        assert ends == [period.last + timedelta(days=1) for period in own[:-1]]


def test_a_correction_is_told_for_what_differs_and_only_for_that() -> None:
    told = pb.Bulletin(whole=pb.ResultRow(counters={"invited": 5, "active": 3, "good": 3}))
    found = model_bulletins.corrections(told, {"invited": 6, "active": 3, "negative": 1, "good": 2})
    assert [(one.counter, one.published, one.now) for one in found] == [
        ("invited", 5, 6),
        ("good", 3, 2),
        ("negative", 0, 1),
    ]


@given(groups)
def test_a_bulletin_reads_back_as_it_was_published(told: list[tuple[Group, int]]) -> None:
    period = model_bulletins.period_of(WEEKLY, date(2026, 11, 22))
    made = model_bulletins.made("990121", period, {"2026-11-20": told, "2026-11-22": told[:3]} if told else {})
    event = model_bulletins.issued("b1", made, datetime(2026, 11, 23, tzinfo=UTC))
    state = model_bulletins._issued(None, event, None)  # type: ignore[arg-type]
    view = model_bulletins.full(state)
    assert view == event.bulletin
    assert model_bulletins.digest(view) == state.digest == view.digest
    again = model_bulletins.made(
        "990121", period, {"2026-11-22": told[:3][::-1], "2026-11-20": told[::-1]} if told else {}
    )
    assert model_bulletins.canonical(again) == state.numbers


def test_results_know_every_breakdown_channel_and_node() -> None:
    assert set(model_splits.BREAKDOWNS) == set(pb.Breakdown.values())
    assert set(model_results.CHANNELS) == set(service_pb2.RatingChannel.values()) - {0}
    assert set(model_results.NODES) == set(service_pb2.ServiceNode.values()) - {0}
    assert set(model_bulletins.KINDS) == set(model_bulletins.BACK) == set(pb.BulletinKind.values()) - {0}


def test_the_model_of_results_asks_no_clock() -> None:
    for module in (model_results, model_splits, model_bulletins):
        assert "now()" not in inspect.getsource(module)


def test_what_nobody_counted_is_nothing() -> None:
    nothing: dict[str, Any] = {}
    assert model_results.summed([]) == nothing and model_splits.added([]) == Split({}, {})
