"""Rating on the phone: two taps, what may be said beside, the second rating, and what became of a negative one."""

import re

import pytest

from services.gateway import rating_forms
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_rating import RATING, SCRIPT, TAGS, TICKET, a_negative, a_rating
from yiwang.rating.v1 import service_pb2 as rating

PAGE = f"/rate/{RATING}"
PNG = ("photo.png", b"\x89PNG\r\n\x1a\n0", "image/png")
PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari"}


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListTags", TAGS)
    services.on("GetRating", a_rating())
    services.on("GiveRating", a_rating(status=rating.RATING_STATUS_RATED, grade=rating.GRADE_SATISFIED))


def test_five_buttons_are_offered_and_the_one_tapped_before_is_chosen(site: Site):
    site.sign_in()
    page = site.get(f"{PAGE}?grade=2").text
    assert len(re.findall(r'<input type="radio" name="grade"', page)) == 5
    assert re.findall(r'value="(\d)" required checked', page) == ["2"]
    assert "checked" not in site.get(f"{PAGE}?grade=9").text


def test_two_taps_are_enough(site: Site, services: Services):
    site.sign_in()
    answer = site.send(PAGE, {"grade": "4"}, headers=PHONE)
    assert answer.status_code == 303 and answer.headers["location"] == f"{PAGE}?done=rating-given"
    (given,) = services.requests("GiveRating")
    assert (given.rating_id, given.grade, given.anonymous) == (RATING, rating.GRADE_SATISFIED, False)
    assert given.channel == rating.RATING_CHANNEL_MOBILE
    assert "感谢您的评价" in site.get(answer.headers["location"]).text


def test_the_device_is_marked_once_and_told_as_a_digest(site: Site, services: Services):
    site.sign_in()
    assert "__Host-yiwang-device" not in site.client.cookies, "nobody is marked who has not rated"
    for _ in range(2):
        site.send(PAGE, {"grade": "4"})
    mark = site.client.cookies["__Host-yiwang-device"]
    first, second = (one.source for one in services.requests("GiveRating"))
    assert first == second and len(first.device) == 64 and mark not in first.device and first.address


def test_a_mark_somebody_made_up_is_not_taken(site: Site, services: Services):
    site.sign_in()
    site.client.cookies.set("__Host-yiwang-device", "mine", domain="county.test")
    answer = site.send(PAGE, {"grade": "4"})
    assert "__Host-yiwang-device=" in answer.headers["set-cookie"]


def test_only_tags_of_the_grade_that_was_given_are_sent(site: Site, services: Services):
    site.sign_in()
    page = site.get(PAGE).text
    assert 'name="tags-5" value="101"' in page and 'name="tags-1" value="501"' in page and "大厅找不到人" not in page
    site.send(PAGE, {"grade": "1", "tags-5": "101", "tags-1": "501", "anonymous": "1", "contact": "0990-0000123"})
    (given,) = services.requests("GiveRating")
    assert list(given.tags) == ["501"] and given.anonymous and given.contact == "0990-0000123"


def test_files_go_along_and_a_file_that_is_refused_is_named_at_its_input(site: Site, services: Services):
    site.sign_in()
    services.on("UploadRatingFile", rating.RatingFile(file_id=TICKET))
    site.send(PAGE, {"grade": "1"}, files={"files": PNG})
    assert list(services.requests("GiveRating")[0].file_ids) == [TICKET]
    services.on("UploadRatingFile", refuse("INVALID_ARGUMENT", "FILE_TYPE", content="只接受图片和 PDF"))
    answer = site.send(PAGE, {"grade": "1"}, files={"files": PNG})
    assert answer.status_code == 400 and "photo.png：只接受图片和 PDF" in answer.text
    assert len(services.requests("GiveRating")) == 1, "nothing is given when a file of it is refused"


def test_a_refusal_is_shown_at_its_field_and_what_was_typed_stays(site: Site, services: Services):
    site.sign_in()
    services.on("GiveRating", refuse("INVALID_ARGUMENT", "REQUIRED", grade="请选择满意程度", contact="电话有误"))
    answer = site.send(PAGE, {"comment": SCRIPT, "contact": "x"})
    assert answer.status_code == 400 and 'id="give-grade-error"' in answer.text and "电话有误" in answer.text
    assert SCRIPT not in answer.text and "&lt;script&gt;alert(1)" in answer.text


@pytest.mark.parametrize("reason", ["RATED_ALREADY", "RATING_LAPSED"])
def test_rating_twice_or_too_late_is_said_on_the_page(site: Site, services: Services, reason: str):
    site.sign_in()
    services.on("GiveRating", refuse("FAILED_PRECONDITION", reason, "已经评价过"))
    answer = site.send(PAGE, {"grade": "4"})
    assert answer.status_code == 409 and "已经评价过" in answer.text


def test_anothers_rating_is_not_found_and_nobody_rates_without_signing_in(site: Site, services: Services):
    services.on("GetRating", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get(PAGE).headers["location"].startswith("/sign-in?next=")
    site.sign_in()
    assert site.get(PAGE).status_code == 404
    assert site.post(PAGE, {"grade": "4"}).status_code == 403, "without the form's token"


def test_the_rater_sees_what_became_of_it_and_may_appeal_or_ask_again(site: Site, services: Services):
    site.sign_in()
    services.on("GetRating", a_negative(rating.LOOP_STATUS_REVIEWED, "AppealRating", "ReopenRating"))
    page = site.get(PAGE).text
    for part in ("您的评价", "态度差", "误评", "已超期", "提交差评", "我要申诉", "要求再次整改", ".png"):
        assert part in page, part
    assert SCRIPT not in page
    for move, rpc in (("appeal", "AppealRating"), ("reopen", "ReopenRating")):
        services.on(rpc, a_negative())
        assert site.send(f"{PAGE}/{move}", {"reason": "理由充分"}).status_code == 303
        assert services.requests(rpc)[0].reason == "理由充分" and services.requests(rpc)[0].rating_id == RATING
    services.on("AppealRating", refuse("INVALID_ARGUMENT", "TOO_SHORT", reason="请写明理由"))
    answer = site.send(f"{PAGE}/appeal", {"reason": "短"})
    assert answer.status_code == 400 and 'id="appeal-reason-error"' in answer.text


def test_the_second_rating_is_offered_once_within_its_time(site: Site, services: Services):
    site.sign_in()
    services.on("GetRating", a_negative(rated_at="2020-01-01T00:00:00Z"))
    assert "追加评价" not in site.get(PAGE).text
    services.on("GetRating", a_negative(rated_at="2999-01-01T00:00:00Z", again_grade=0))
    assert "追加评价" in site.get(PAGE).text
    services.on("RateAgain", a_negative())
    assert site.send(f"{PAGE}/again", {"grade": "5", "comment": "好多了"}).status_code == 303
    assert services.requests("RateAgain")[0].grade == rating.GRADE_VERY_SATISFIED
    services.on("GetRating", a_negative(rated_at="2999-01-01T00:00:00Z", again_grade=4, again_comment=SCRIPT))
    page = site.get(PAGE).text
    assert "追加评价" not in page and "追评" in page and SCRIPT not in page


def test_a_default_rating_is_told_as_one(site: Site, services: Services):
    site.sign_in()
    services.on("GetRating", a_rating(status=rating.RATING_STATUS_DEFAULTED))
    page = site.get(PAGE).text
    assert "默认评价" in page and "不计入满意率" in page and 'type="radio"' not in page


def test_my_ratings_are_listed_and_those_that_wait_lead_to_the_form(site: Site, services: Services):
    site.sign_in()
    both = [a_rating(), a_negative(id=TICKET)]
    services.on("ListRatings", rating.ListRatingsResponse(ratings=both, next_page_token="p2"))
    page = site.get("/rate").text
    assert f'href="{PAGE}"' in page and "待转办" in page and "/rate?page=p2" in page and SCRIPT not in page
    site.get("/rate?open")
    assert services.requests("ListRatings")[-1].open_only


def test_a_file_is_saved_and_never_shown_as_a_page(site: Site, services: Services):
    site.sign_in()
    kept = rating.RatingFile(file_id=TICKET, filename="图 1.html", media_type="text/html")
    services.on("DownloadRatingFile", rating.DownloadRatingFileResponse(file=kept, content=b"<script>"))
    answer = site.get(f"/rating-files/{RATING}/{TICKET}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert services.requests("DownloadRatingFile")[0].record_id == RATING


@pytest.mark.parametrize("typed", ["", "0", "6", "44", "x", "４"])
def test_what_is_no_grade_is_none(typed: str):
    assert rating_forms.grade_of(typed) == 0
