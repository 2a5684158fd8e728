"""What is made public of ratings has no personal data: everything everybody may ask for, and every event, is scanned."""

from collections.abc import Iterator
from datetime import date, timedelta

import grpc
import pytest
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from chassis.acts import now
from services.rating import model_results, store_bulletins
from services.rating.bulletins import Bulletins
from services.rating.model_bulletins import Period
from standards import personal_data
from tests.support.actors import DEPARTMENT, handler, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.rating_service import COUNTY, ITEM, RatingHere
from tests.support.rating_texts import MARKED, ORDINARY
from yiwang.rating.v1 import loop_pb2 as loops
from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import service_pb2 as pb

Code = grpc.StatusCode
DAY = date(2026, 11, 22)
PERIOD = {"county": COUNTY, "from_day": str(DAY), "to_day": str(DAY)}
PHONE, HANDLER, CLERK = "13800138111", "李经办", "窗口的赵敏女士"
# One text of each kind, and some that are clean.
TEXTS = (*dict(MARKED).items(), *(("", text) for text in ORDINARY[:3]))
# What stands in events and is no text: ids, ciphertext, digests. A case's number is known to whom the event goes.
NO_TEXT = ("_id", "_ids", "_mark", "_number", "sha256", "digest", "reference", "_code")


@pytest.fixture
def published(rating: RatingHere) -> RatingHere:
    """Negative ratings full of personal data, each led to its publication."""
    boss, desk = (rating.by(one, service="LoopService") for one in (supervisor(), officer("review", "decide")))
    for number, (_, text) in enumerate(TEXTS):
        rater = person() if number % 3 else handler(person(), name=HANDLER)
        given = rating.given(
            rater, pb.GRADE_DISSATISFIED, comment=f"{text}。{CLERK}", contact=PHONE, anonymous=number % 4 == 3
        )
        rectified(boss, desk, given)
        boss.PublishRating(rating_id=given.id, public_comment="等候时间长", public_reply="已增开窗口，感谢监督")
    rating.worker.count_ratings()
    return rating


def rectified(boss: As, desk: As, given: pb.Rating) -> None:
    """Through the loop up to its publication, with words that name people."""
    told = f"已向{CLERK}核实，评价人电话{PHONE}"
    boss.AssignRating(rating_id=given.id, note=told)
    desk.VerifyRating(rating_id=given.id, verdict=pb.VERDICT_VALID, finding=told)
    desk.RectifyRating(rating_id=given.id, measures=told)
    if not given.anonymous:
        desk.CallBackRating(rating_id=given.id, outcome=pb.CALL_BACK_OUTCOME_SATISFIED, note=told)


def public_answers(rating: RatingHere) -> Iterator[Message]:
    """All that everybody may ask of the results."""
    anybody = rating.by(None, service="ResultService")
    yield anybody.ListFormulas()
    listed = anybody.ListPublished(county=COUNTY, page_size=100)
    assert len(listed.ratings) == len(TEXTS)
    yield listed
    for by in results.Breakdown.values():
        yield anybody.GetResults(by=by, **PERIOD)
    yield anybody.GetCoverage(**PERIOD)
    behind = [anybody.ListBehind(counter=key, page_size=200, **PERIOD) for key in model_results.COUNTERS]
    assert any(one.rows for one in behind)
    yield from behind
    bulletins = Bulletins(rating.parts)
    cut = Period(results.BULLETIN_KIND_DAILY, DAY, DAY + timedelta(days=3))
    assert bulletins.issue(COUNTY, cut, now())
    # The PDF is drawn from the same.
    bulletin = anybody.GetBulletin(bulletin_id=store_bulletins.bulletin_id(COUNTY, cut))
    assert bulletin.HasField("whole")
    yield bulletin
    for scope, id in ((pb.TOTAL_SCOPE_ITEM, ITEM), (pb.TOTAL_SCOPE_DEPARTMENT, DEPARTMENT)):
        yield rating.by(None).GetTotals(scope=scope, id=id)


def texts_of(message: Message) -> Iterator[tuple[str, str]]:
    """Every text of a message by the name of its field, that of the messages in it too."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        for one in values:
            if field.type == field.TYPE_MESSAGE and isinstance(one, Message):
                yield from texts_of(one)
            elif field.type == field.TYPE_STRING and not field.name.startswith("sealed"):
                yield field.name, one


def secrets() -> list[str]:
    return [PHONE, HANDLER, CLERK, "赵敏", *(text for kind, text in TEXTS if kind)]


def test_no_public_answer_has_personal_data(published: RatingHere) -> None:
    for answer in public_answers(published):
        plain = MessageToJson(answer, ensure_ascii=False)
        assert [secret for secret in secrets() if secret in plain] == [], answer.DESCRIPTOR.name
        for field, text in texts_of(answer):
            if not field.endswith(NO_TEXT) and field != "id":
                assert personal_data.found(text) == [], (answer.DESCRIPTOR.name, field)


def test_no_event_has_personal_data_in_clear(published: RatingHere) -> None:
    records, seen = published.ratings, set()
    for document in records.collection.find({}):
        for entry in document["journal"]:
            event = records.event(entry)
            seen.add(entry["type"])
            plain = MessageToJson(event, ensure_ascii=False)
            assert [secret for secret in secrets() if secret in plain] == [], entry["type"]
            for field, text in texts_of(event):
                if not field.endswith(NO_TEXT):
                    assert personal_data.found(text) == [], (entry["type"], field)
    assert {"RatingGiven", "RatingVerified", "RatingRectified", "RaterCalledBack", "RatingPublished"} <= seen


def test_what_is_published_with_a_rating_is_scanned_and_nothing_is_written_otherwise(rating: RatingHere) -> None:
    boss, desk = (rating.by(one, service="LoopService") for one in (supervisor(), officer("review", "decide")))
    given = rating.given(person(), pb.GRADE_DISSATISFIED, comment="等了很久", contact=PHONE)
    rectified(boss, desk, given)
    version = rating.ratings.get(given.id).version
    for kind, text in MARKED:
        for told in ({"public_comment": text, "public_reply": "已经整改"}, {"public_reply": f"回复：{text}"}):
            with refused(Code.INVALID_ARGUMENT, "PERSONAL_DATA") as refusal:
                boss.PublishRating(rating_id=given.id, **told)
            assert kind in refusal.message or kind in str(refusal.messages)
            assert text not in str(refusal.messages)
    assert rating.ratings.get(given.id).version == version
    ordinary = next(text for text in ORDINARY if len(text) > 8)
    told = loops.PublishRatingRequest(
        request_id="publish-clean-1", rating_id=given.id, public_comment=ordinary, public_reply="已整改，感谢监督"
    )
    boss.PublishRating(told)
    (one,) = rating.by(None, service="ResultService").ListPublished(county=COUNTY).ratings
    assert (one.comment, one.reply) == (ordinary, "已整改，感谢监督")


def test_every_ordinary_text_may_be_published(rating: RatingHere) -> None:
    """Whoever publishes is not kept from it by false alarms."""
    for text in ORDINARY:
        assert personal_data.found(f"评价：{text}") == []
