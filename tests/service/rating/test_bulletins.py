"""Bulletins: the numbers of a past period stay what they were, and whoever reads them sees what came late."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import grpc
import orjson
import pytest

from chassis import records
from services.rating import model_bulletins, recount, store
from services.rating.bulletins import Bulletins
from services.rating.model_bulletins import DAILY, MONTHLY, WEEKLY
from tests.support.actors import person
from tests.support.calling import As, refused
from tests.support.papers import text_of
from tests.support.rating_numbers import move
from tests.support.rating_service import COUNTY, RatingHere, closed
from yiwang.rating.v1 import results_pb2 as pb

# Sunday; the daily, the weekly bulletin have what was recorded by Monday, six o'clock in China.
DAY = date(2026, 11, 22)
OTHER = "11990121MB0000002H"
CUTOFF = datetime(2026, 11, 22, 22, tzinfo=UTC)


class Clock:
    """The clock by which journals are written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = CUTOFF - timedelta(hours=10)
        monkeypatch.setattr(records, "now", lambda: self.at)


@pytest.fixture
def clock(rating: RatingHere, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def ended(rating: RatingHere, *happens: str, day: date = DAY, **case: Any) -> str:
    id = rating.close(closed(person().id, **case), f"{day}T04:00:00Z")
    move(rating.ratings, id, *happens)
    return id


def everyone(rating: RatingHere) -> As:
    rating.worker.count_ratings()
    return rating.by(None, service="ResultService")


def issued(rating: RatingHere, now: datetime = CUTOFF + timedelta(minutes=6)) -> int:
    """As if the worker's timer had fired then, in a new process."""
    return Bulletins(rating.parts).issue_due([COUNTY], now)


def the(rating: RatingHere, kind: int) -> pb.Bulletin:
    """The newest bulletin of a kind, in full."""
    service = everyone(rating)
    found: pb.Bulletin = service.GetBulletin(
        bulletin_id=service.ListBulletins(county=COUNTY, kind=kind).bulletins[0].id
    )
    return found


def test_a_bulletin_is_issued_once_after_its_cutoff_with_what_was_recorded_by_then(
    rating: RatingHere, clock: Clock
) -> None:
    ended(rating, "give 5")
    negative = ended(rating, "give 1", "assign")
    clock.at = CUTOFF - timedelta(days=4)
    ended(rating, day=DAY - timedelta(days=3))
    assert issued(rating, CUTOFF + timedelta(minutes=4)) == 1  # that of three days ago
    clock.at = CUTOFF + timedelta(seconds=1)
    move(rating.ratings, negative, "verify 3", "review 3")
    assert issued(rating) == 2
    assert issued(rating) == 0
    daily, weekly = the(rating, DAILY), the(rating, WEEKLY)
    assert (daily.from_day, daily.to_day, daily.whole.counters["negative"]) == ("2026-11-22", "2026-11-22", 1)
    assert (weekly.from_day, weekly.to_day, weekly.whole.counters["invited"]) == ("2026-11-16", "2026-11-22", 3)
    assert [row.id for row in weekly.days] == ["2026-11-19", "2026-11-22"]
    assert datetime.fromisoformat(daily.cutoff) == CUTOFF
    assert [row.name for row in daily.channels] == ["移动端", "二维码"]
    assert daily.departments[0].score > 0


def test_what_comes_late_is_a_correction_and_what_was_published_stays(rating: RatingHere, clock: Clock) -> None:
    negative = ended(rating, "give 1", "assign")
    ended(rating)
    issued(rating)
    before = the(rating, DAILY)
    assert not before.corrections
    clock.at = CUTOFF + timedelta(days=1)
    move(rating.ratings, negative, "verify 3", "review 3")
    ended(rating, "give 4")
    after = the(rating, DAILY)
    assert {one.counter: (one.published, one.now) for one in after.corrections} == {
        "invited": (2, 3),
        "very_dissatisfied": (1, 0),
        "satisfied": (0, 1),
        "good": (0, 1),
        "contented": (0, 1),
        "negative": (1, 0),
        "negative_named": (1, 0),
        "apart": (0, 1),
        "malicious": (0, 1),
    }
    after.ClearField("corrections")
    assert after == before


def test_running_a_past_period_again_gives_the_same_bytes(rating: RatingHere, clock: Clock) -> None:
    ids = [ended(rating, "give 5"), ended(rating, "give 2", "assign", "verify 1"), ended(rating)]
    issued(rating)
    published = {kind: the(rating, kind) for kind in (DAILY, WEEKLY)}
    clock.at = CUTOFF + timedelta(days=2)
    move(rating.ratings, ids[1], "rectify", "call 1", "publish")
    move(rating.ratings, ids[2], "give 1")
    ended(rating, "give 1")
    for kind, told in published.items():
        again = Bulletins(rating.parts).made(COUNTY, model_bulletins.period_of(kind, DAY))
        numbers = model_bulletins.canonical(again)
        assert hashlib.sha256(numbers.encode()).hexdigest() == told.digest
        assert orjson.dumps(orjson.loads(numbers), option=orjson.OPT_SORT_KEYS).decode() == numbers
        assert again.whole == told.whole and list(again.departments) == list(told.departments)


def test_a_worker_that_was_away_issues_what_it_missed(rating: RatingHere, clock: Clock) -> None:
    last = date(2026, 10, 25)
    for days in range(10):
        clock.at = CUTOFF - timedelta(days=28 + days, hours=10)
        ended(rating, "give 5", day=last - timedelta(days=days))
    back = datetime(2026, 11, 1, 8, tzinfo=UTC)
    # Eight days of the last fortnight, two weeks and the month.
    assert issued(rating, back) == 8 + 2 + 1
    assert issued(rating, back + timedelta(minutes=1)) == 0
    monthly = the(rating, MONTHLY)
    assert (monthly.from_day, monthly.to_day, len(monthly.days)) == ("2026-10-01", "2026-10-31", 10)
    service, found, token = everyone(rating), list[pb.Bulletin](), ""
    while True:
        page = service.ListBulletins(county=COUNTY, page_size=2, page_token=token)
        found += list(page.bulletins)
        if not (token := page.next_page_token):
            break
    assert len({one.id for one in found}) == len(found) == 11
    assert [one.cutoff for one in found] == sorted((one.cutoff for one in found), reverse=True)
    assert not any(one.HasField("whole") for one in found)


def test_the_pdf_is_the_same_bytes_each_time_and_reads_as_the_page(rating: RatingHere, clock: Clock) -> None:
    ended(rating, "give 5")
    negative = ended(
        rating, "give 1", "assign", "verify 1", "rectify", department=OTHER, department_name="县<水>务局 & 一队"
    )
    issued(rating)
    service, weekly = everyone(rating), the(rating, WEEKLY)
    once = service.GetBulletinPdf(bulletin_id=weekly.id)
    clock.at = CUTOFF + timedelta(days=1)
    move(rating.ratings, negative, "call 1")
    rating.worker.count_ratings()
    again = service.GetBulletinPdf(bulletin_id=weekly.id)
    assert once == again and once.filename == "rating-weekly-990121-2026-11-16.pdf"
    text = text_of(once.content)
    for told in ("好差评", "周报", "主动评价率", "100.00%", "县<水>务局 & 一队", "二维码", weekly.digest[:20], "11-22"):
        assert told in text, told


def test_a_bulletin_that_is_none_is_not_found(rating: RatingHere) -> None:
    service = rating.by(None, service="ResultService")
    for call in (service.GetBulletin, service.GetBulletinPdf):
        with refused(grpc.StatusCode.NOT_FOUND):
            call(bulletin_id=store.rules_id(COUNTY))


def test_the_recount_agrees_and_finds_what_was_tampered_with(
    rating: RatingHere, clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recount, "PAUSE", 0.0)
    id = ended(rating, "give 5")
    ended(rating, "give 2", "assign", "verify 1")
    issued(rating)
    clock.at = CUTOFF + timedelta(days=1)
    ended(rating, "give 1")
    rating.worker.count_ratings()
    recount.main(rating.parts, [])
    assert "3 ratings recounted from their journals, 0 faults" in capsys.readouterr().out
    database = rating.parts.database
    whole = {"_id": f"{COUNTY}:whole:d:2026-11-22"}
    database["rating_counts"].update_one(whole, {"$set": {"rows.%.active": 9}})
    database["rating_bulletins"].update_one({"state.kind": DAILY}, {"$set": {"state.digest": "0"}})
    # As an older program may have left it.
    database["ratings"].update_one({"_id": id}, {"$set": {"state.kind": "2|5|1|1|1|plain|none||0|0"}})
    with pytest.raises(SystemExit) as ended_with:
        recount.main(rating.parts, ["--county", COUNTY, "--from", "2026-11-22", "--to", "2026-11-22"])
    told = capsys.readouterr().out
    assert ended_with.value.code == 1
    for fault in ("state of", "kind", "counts of 2026-11-22: whole", "counts of 2026-11: whole", "bulletin"):
        assert fault in told, told
    recount.main(rating.parts, ["--from", "2026-11-23"])
