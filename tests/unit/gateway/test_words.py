"""Words and looks: every code has its Chinese word, times are China's, colours can be read."""

import re

import pytest

from services.gateway import catalog_terms, desk_words, documents_words, message_words, rating_words, searching, words
from services.gateway.progress import stages
from services.gateway.render import STATIC
from yiwang.case.v1 import documents_pb2 as documents
from yiwang.case.v1 import exchange_pb2 as exchange
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import supervision_pb2 as supervision
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import lists_pb2 as lists
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.message.v1 import service_pb2 as messages
from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import service_pb2 as rating
from yiwang.rating.v1 import tickets_pb2 as tickets

TABLES = [
    (cases.CaseStatus, words.STATUS),
    (cases.CaseStatus, words.OUTLOOK),
    (cases.Light, words.LIGHT),
    (cases.Channel, words.CHANNEL),
    (catalog.Necessity, words.NECESSITY),
    (catalog.StepKind, words.STEP_KIND),
    (catalog.Trait, catalog_terms.TRAIT),
    (catalog.HandlingForm, catalog_terms.FORM),
    (catalog.Reach, catalog_terms.REACH),
    (catalog.CaseKind, catalog_terms.CASE_KIND),
    (catalog.ReviewKind, catalog_terms.REVIEW_KIND),
    (catalog.ResultKind, catalog_terms.RESULT),
    (catalog.ProcedureKind, catalog_terms.PROCEDURE),
    (catalog.VisitNeed, catalog_terms.VISIT),
    (themes.FailurePolicy, catalog_terms.FAILURE),
    (catalog.MaterialForm, catalog_terms.MEDIUM),
    (catalog.MaterialKind, catalog_terms.MATERIAL),
    (catalog.Maker, catalog_terms.MAKER),
    (catalog.FacetKind, searching.KINDS),
    (directory.PowerSource, catalog_terms.POWER),
    (directory.BodyKind, catalog_terms.BODY),
    (lists.ListKind, catalog_terms.LIST),
    (lists.RateKind, catalog_terms.RATE),
    (lists.RatePart, catalog_terms.PART),
    (cases.DecisionKind, desk_words.DECISION),
    (cases.DeliveryWay, desk_words.DELIVERY),
    (supervision.FindingStatus, desk_words.FINDING),
    (supervision.WarningKind, desk_words.WARNING),
    (exchange.ReportedStatus, desk_words.REPORTED),
    (documents.DocumentState, documents_words.STATE),
    (documents.DocumentState, documents_words.MEANING),
    (documents.FileMatch, documents_words.FILE),
    (rating.Grade, rating_words.GRADE),
    (rating.Grade, dict(rating_words.FACES)),
    (rating.ServiceNode, rating_words.NODE),
    (rating.RatingChannel, rating_words.CHANNEL),
    (rating.RatingStatus, rating_words.STATUS),
    (rating.LoopStatus, rating_words.LOOP),
    (rating.LoopStatus, {status: key for key, status in rating_words.LOOPS.items()}),
    (rating.LoopStatus, rating_words.OUTLOOK),
    (rating.Verdict, rating_words.VERDICT),
    (rating.CallBackOutcome, rating_words.OUTCOME),
    (rating.FlagKind, rating_words.FLAG),
    (tickets.TicketKind, rating_words.TICKET_KIND),
    (tickets.TicketStatus, rating_words.TICKET),
    (results.BulletinKind, rating_words.BULLETIN),
    (results.Breakdown, dict(rating_words.BY.values())),
    (messages.NoticeKind, message_words.KIND),
    (messages.NoticeKind, message_words.MEANS),
    (messages.NoticeStatus, message_words.STATUS),
    (messages.Channel, message_words.CHANNEL),
    (messages.SendingOutcome, message_words.OUTCOME),
]


@pytest.mark.parametrize(("enum", "table"), TABLES)
def test_every_value_has_a_word(enum, table):
    assert set(table) == {value for value in enum.values() if value}


def test_every_status_has_a_place_among_the_stages():
    for status in words.STATUS:
        shown = stages(cases.Case(status=status, submitted_at="2026-03-05T06:07:00Z"))
        assert [stage.name for stage in shown] == ["提交", "受理", "审查", "决定", "办结"]
        before = status in (
            cases.CASE_STATUS_PRE_REVIEW,
            cases.CASE_STATUS_PRE_PASSED,
            cases.CASE_STATUS_PRE_REJECTED,
        )
        assert (shown[0].state == "done") != before, "a pre-review is no application yet"
        assert sum(s.state in ("current", "attention", "stopped") for s in shown) <= 1


def test_a_withdrawal_after_acceptance_stops_at_the_review():
    case = cases.Case(status=cases.CASE_STATUS_WITHDRAWN, accepted_at="2026-03-05T06:07:00Z")
    assert [s.state for s in stages(case)] == ["done", "done", "stopped", "ahead", "ahead"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-05T16:30:00Z", "2026年3月6日 00:30"),
        ("2026-03-05T06:07:08.123456+00:00", "2026年3月5日 14:07"),
        ("", ""),
        ("x", ""),
    ],
)
def test_times_are_chinas(text: str, shown: str):
    assert words.time_text(text) == shown


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        ((5, 1), "5 个工作日"),
        ((3, 4), "3 个月"),
        ((0, 5), "当场办结"),
        ((1, 6), "半个工作日"),
        ((3, 6), "1.5个工作日"),
        ((0, 1), ""),
        ((9, 0), ""),
    ],
)
def test_limits_are_read_with_their_unit(limit: tuple[int, int], shown: str):
    amount, unit = limit
    assert words.limit_text(catalog.Limit(amount=amount, unit=catalog.TimeUnit.Name(unit))) == shown


def palette(dark: bool) -> dict[str, str]:
    light, _, night = (STATIC / "tokens.css").read_text().partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", night)) if dark else {})


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [
    *((ink, ground) for ink in ("ink", "ink-2", "link") for ground in ("ground", "surface", "surface-2", "brand-soft")),
    ("on-brand", "button"), ("on-brand", "button-hover"), ("on-brand", "brand-deep"), ("on-gold", "gold"), ("gold-deep", "ground"),
    ("good", "good-soft"), ("warn", "warn-soft"), ("ink", "warn-soft"), ("bad", "bad-soft"), ("bad", "surface"), ("go", "go-soft"),
    ("quiet", "quiet-soft"), ("surface", "good"), ("link", "quiet-soft"),
]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read_in_every_colour_it_is_shown_in(dark: bool):
    colours = palette(dark)
    too_weak = {(a, b): contrast(colours[a], colours[b]) for a, b in TEXT_ON if contrast(colours[a], colours[b]) < 4.5}
    assert not too_weak
    shapes = {line: contrast(colours[line], colours["surface"]) for line in ("line-strong", "green", "red")}
    assert min(shapes.values()) >= 3, shapes


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"form": "原件或电子件", "copies": "1", "originals": 1}, "原件或电子件，1 份"),
        ({"form": "原件", "originals": 2}, "原件 2 份"),
        ({"duplicates": 2, "originals": 1}, "原件 1 份，复印件 2 份"),
        ({"medium": catalog.MATERIAL_FORM_ELECTRONIC}, "电子"),
        ({"copies": "一式两份"}, "一式两份"),
        ({}, "不限"),
    ],
)
def test_copies_are_said_once(fields, shown: str):
    assert catalog_terms.copies_text(catalog.Material(**fields)) == shown


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"least": 8000, "most": 8000, "unit": "件"}, "80 元/件"),
        ({"least": 10000, "most": 55050}, "100 至 550.50 元"),
        ({"least": 0, "most": 123456700}, "0 至 1,234,567 元"),
        ({"standard": "按面积"}, "按面积"),
        ({}, "以缴费通知为准"),
    ],
)
def test_fees_are_read_in_yuan(fields, shown: str):
    assert catalog_terms.money_text(catalog.Fee(**fields)) == shown
