"""The desk of messages: templates worded, tried and published by two; what a county sets; figures."""

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.calls import FieldError
from standards.workdays import local_day
from tests.unit.gateway.told import Services, Site, hidden, refuse, session
from tests.unit.gateway.told_messages import CODE, EMAIL, LETTER, NEW, SMS, TEXT, a_preview, a_template
from tests.unit.gateway.told_policy_portal import officer
from yiwang.message.v1 import desk_pb2 as desk
from yiwang.message.v1 import service_pb2 as messages

HOME = "/admin/messages"
ONE = f"{HOME}/templates/{CODE}"
TYPED = {"title": NEW.title, "body": NEW.body.replace("\n", "\r\n"), "short": NEW.short, "region": "990121"}
RULES = messages.MessageRules(
    region="990121", version=2, quiet_from=1260, quiet_until=480, digest_at=1080, sms_a_day=100_000, letters_a_day=1_000,
    templates=[messages.TemplateChannels(code=CODE, channels=[LETTER, SMS])],
)  # fmt: skip
HOURS = {"quiet_from": "22:30", "quiet_until": "07:00", "digest_at": "18:05", "region": "990121", "version": "2"}


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    services.on("ListTemplates", desk.ListTemplatesResponse(templates=[a_template()]))
    services.on("GetTemplate", a_template())
    services.on("PreviewTemplate", a_preview())
    services.on("GetMessageRules", RULES)
    services.on("GetMessageFigures", figures())


def figures(**change: object) -> desk.GetMessageFiguresResponse:
    row = desk.MessageFigures(
        template=CODE, title="一次性告知补正", raised=9, told=7, waiting=1, failed=1, delays=[4, 1, 1, 1, 0, 0],
        channels=[desk.ChannelFigures(channel=SMS, sent=9, told=5)],
    )  # fmt: skip
    fields = {"templates": [row], "all": row, "sms_today": 12, "sms_a_day": 100_000, "letters_a_day": 1_000}
    return desk.GetMessageFiguresResponse(**fields | change)


def of_a_city(site: Site, services: Services) -> None:
    reply = session(True)
    reply.me.officer.region = "990100"
    services.on("SignIn", reply)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})


# -- templates -----------------------------------------------------------------------------------------------------------


def test_templates_stand_by_kind_with_their_ways_and_editions(site: Site, services: Services):
    site.sign_in(as_officer=True)
    page = site.get(HOME).text
    assert "法定通知" in page and "短信、电子邮件、信函" in page and "通用第 1 版" in page and f'href="{ONE}"' in page
    assert services.requests("ListTemplates")[0].region == "990121" and "县（市、区）代码" not in page
    own = a_template(own=True, edition=3, working=NEW, channels=[messages.CHANNEL_CENTRE])
    services.on("ListTemplates", desk.ListTemplatesResponse(templates=[own]))
    page = site.get(HOME).text
    assert "本县第 3 版" in page and "待发布" in page and "只在消息中心" in page


@pytest.mark.parametrize(("asked", "county"), [("", "990121"), ("?county=990122", "990122"), ("?county=x", "990121")])
def test_officers_of_a_larger_region_say_which_county(site: Site, services: Services, asked: str, county: str):
    of_a_city(site, services)
    page = site.get(f"{HOME}{asked}").text
    assert services.requests("ListTemplates")[-1].region == county and "县（市、区）代码" in page
    carried = "?county=990122" if county == "990122" else ""
    assert f'href="{ONE}{carried}"' in page and f'href="{HOME}/figures{carried}"' in page
    services.on("SaveTemplate", a_template(working=NEW))
    where = site.send(f"{ONE}/text", TYPED | {"region": county}).headers["location"]
    assert where == f"{ONE}?done=template-saved" + ("&county=990122" if carried else "")
    services.on("SaveTemplate", refuse("ABORTED", "VERSION_MOVED"))
    site.send(f"{ONE}/text", TYPED | {"region": county})
    assert services.requests("GetTemplate")[-1].region == county


def test_one_template_shows_what_is_in_force_and_how_it_is_read(site: Site, services: Services):
    site.sign_in(as_officer=True)
    page = site.get(ONE).text
    assert "现行文字" in page and "按 2 条短信计费" in page and "没有发现问题" in page and "待发布的文字" not in page
    assert "{item}" in page and "食品经营许可" in page and TEXT.short in page and 'name="title"' in page
    (asked,) = services.requests("PreviewTemplate")
    assert asked.text == TEXT and asked.region == "990121"
    assert hidden(page, "version") == "0"


def test_supervisors_read_and_write_nothing(site: Site, services: Services):
    services.on("GetTemplate", a_template(working=NEW, version=3))
    officer(site, services, ["supervise"])
    page = site.get(ONE).text
    assert "等待管理人员发布" in page and 'name="title"' not in page and "/publish" not in page
    assert f"{HOME}/rules" not in page and site.get(f"{HOME}/rules").status_code == 403
    assert site.send(f"{ONE}/text", TYPED).status_code == 403 and not services.requests("SaveTemplate")


def test_a_text_is_tried_and_what_is_wrong_stands_at_its_input(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on(
        "PreviewTemplate", a_preview(("short", "一句话不超过40个字", True), ("body", "最好直接称呼“您”", False))
    )
    answer = site.send(f"{ONE}/text", TYPED | {"do": "try", "version": "0"})
    page = answer.text
    assert answer.status_code == 200 and not services.requests("SaveTemplate")
    assert services.requests("PreviewTemplate")[0].text == NEW
    assert 'id="text-short-error"' in page and "一句话不超过40个字" in page and "最好直接称呼“您”" in page
    assert NEW.title in page and "正在编写的文字" in page and "按 2 条短信计费" in page
    assert hidden(page.partition('id="text-title"')[0].rpartition("<form")[2], "request_id") == "act-00000001"


def test_a_text_nothing_can_be_made_of_is_told_at_its_input(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("PreviewTemplate", _refusal("text.title", "标题应为2至30个字"))
    page = site.send(f"{ONE}/text", TYPED | {"do": "try", "title": "x"}).text
    assert 'id="text-title-error"' in page and "标题应为2至30个字" in page and "改正后才能预览" in page


def _refusal(field: str, text: str, reason: str = "FIELD") -> object:
    error = refuse("INVALID_ARGUMENT", reason)
    error.fields = (FieldError(field, text, reason),)
    return error


def test_a_text_is_saved_with_the_version_its_writer_saw(site: Site, services: Services):
    services.on("SaveTemplate", a_template(working=NEW))
    site.sign_in(as_officer=True)
    assert site.send(f"{ONE}/text", TYPED | {"version": "7"}).headers["location"] == f"{ONE}?done=template-saved"
    (asked,) = services.requests("SaveTemplate")
    assert (asked.code, asked.region, asked.version, asked.request_id) == (CODE, "990121", 7, "act-00000001")
    assert asked.text == NEW


def test_a_text_that_is_refused_comes_back_as_it_was_typed(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("SaveTemplate", _refusal("text.body", "本模板没有字段“who”", "UNKNOWN_FIELD"))
    answer = site.send(f"{ONE}/text", TYPED | {"body": "{who}，您好，请补材料。"})
    assert answer.status_code == 400 and 'id="text-body-error"' in answer.text and "{who}，您好" in answer.text
    services.on("SaveTemplate", refuse("ABORTED", "VERSION_MOVED", "内容已被他人修改"))
    services.on("GetTemplate", a_template(working=NEW, version=8))
    answer = site.send(f"{ONE}/text", TYPED | {"title": "我的标题", "version": "7"})
    assert answer.status_code == 409 and "刚刚被别处改过" in answer.text and 'value="我的标题"' in answer.text
    assert NEW.short in answer.text and 'name="version" value="8"' in answer.text


def test_another_administrator_publishes_what_he_read(site: Site, services: Services):
    services.on("GetTemplate", a_template(working=NEW, version=8))
    services.on("PublishTemplate", a_template(own=True))
    site.sign_in(as_officer=True)
    assert f'action="{ONE}/publish"' in site.get(ONE).text
    seen = {"version": "8", "region": "990121"}
    assert site.send(f"{ONE}/publish", seen).headers["location"] == f"{ONE}?done=template-published"
    (asked,) = services.requests("PublishTemplate")
    assert (asked.code, asked.region, asked.version) == (CODE, "990121", 8)
    services.on("PublishTemplate", refuse("FAILED_PRECONDITION", "NOT_PLAIN", "文字检查未通过"))
    answer = site.send(f"{ONE}/publish", seen)
    assert answer.status_code == 409 and "文字检查未通过" in answer.text
    assert site.get(f"{ONE}/publish").headers["location"] == ONE


WRONG = desk.TextFinding(field="body", rule="T03", message="一句话不超过40个字", error=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"written_by_me": True}, "您编写了这段文字，请由其他管理人员核对后发布"),
        ({"findings": [WRONG]}, "文字检查还有必须修改的地方，不能发布"),
        ({"returned_reason": "日期写错了"}, "已退回：日期写错了"),
    ],
)
def test_why_something_cannot_be_published_is_said(site: Site, services: Services, change: dict, said: str):
    services.on("GetTemplate", a_template(working=NEW, version=8, **change))
    site.sign_in(as_officer=True)
    page = site.get(ONE).text
    assert said in page and f'action="{ONE}/publish"' not in page
    assert (f'action="{ONE}/return"' in page) == ("returned_reason" not in change)


def test_a_text_is_sent_back_with_a_reason(site: Site, services: Services):
    services.on("GetTemplate", a_template(working=NEW, version=8))
    services.on("ReturnTemplate", a_template(working=NEW, returned_reason="日期写错了"))
    site.sign_in(as_officer=True)
    typed = {"reason": "日期写错了", "region": "990121"}
    assert site.send(f"{ONE}/return", typed).headers["location"] == f"{ONE}?done=template-returned"
    assert services.requests("ReturnTemplate")[0].reason == "日期写错了"
    services.on("ReturnTemplate", refuse("INVALID_ARGUMENT", "FIELD", reason="至少4个字"))
    assert 'id="return-reason-error"' in site.send(f"{ONE}/return", typed | {"reason": "x"}).text


def test_a_template_that_is_none_is_not_found(site: Site, services: Services):
    services.on("GetTemplate", refuse("NOT_FOUND", "NOT_FOUND"))
    site.sign_in(as_officer=True)
    assert site.get(f"{HOME}/templates/case.nothing").status_code == 404


# -- rules ---------------------------------------------------------------------------------------------------------------


def test_rules_are_shown_as_clocks_and_places(site: Site):
    site.sign_in(as_officer=True)
    page = site.get(f"{HOME}/rules").text
    assert 'value="21:00"' in page and 'value="08:00"' in page and 'value="18:00"' in page and 'value="100000"' in page
    first = page.partition('id="rules-way_0_1"')[2].partition("</select>")[0]
    assert f'<option value="{LETTER}" selected>' in first and f'<option value="{CODE}" selected>' in page
    assert 'id="rules-code_3"' in page and 'id="rules-code_4"' not in page and hidden(page, "version") == "2"


def test_rules_are_saved_in_minutes_and_in_the_order_of_places(site: Site, services: Services):
    services.on("SaveMessageRules", RULES)
    site.sign_in(as_officer=True)
    rows = {
        "code_0": CODE,
        "way_0_1": str(LETTER),
        "way_0_3": str(SMS),
        "way_0_4": str(LETTER),
        "code_2": "work.due",
        "code_1": "",
    }
    typed = HOURS | rows | {"sms_a_day": "50,000", "letters_a_day": ""}
    assert site.send(f"{HOME}/rules", typed).headers["location"] == f"{HOME}/rules?done=message-rules-saved"
    told = services.requests("SaveMessageRules")[0].rules
    assert (told.region, told.version, told.sms_a_day, told.letters_a_day) == ("990121", 2, 50_000, 0)
    assert (told.quiet_from, told.quiet_until, told.digest_at) == (1350, 420, 1085)
    assert [(one.code, list(one.channels)) for one in told.templates] == [(CODE, [LETTER, SMS]), ("work.due", [])]


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"quiet_from": "24:00"}, "quiet_from"),
        ({"quiet_until": "8"}, "quiet_until"),
        ({"digest_at": "１8:00"}, "digest_at"),
        ({"sms_a_day": "many"}, "sms_a_day"),
        ({"letters_a_day": "-1"}, "letters_a_day"),
        ({"way_1_1": str(EMAIL)}, "code_1"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_input(site: Site, services: Services, typed: dict[str, str], at: str):
    site.sign_in(as_officer=True)
    answer = site.send(f"{HOME}/rules", HOURS | typed)
    assert answer.status_code == 400 and f'id="rules-{at}-error"' in answer.text
    assert not services.requests("SaveMessageRules")


def test_a_refusal_of_a_row_stands_at_that_row_with_everything_typed(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("SaveMessageRules", _refusal("rules.templates[1].channels", "至少保留一个渠道", "MUST_BE_SENT"))
    typed = HOURS | {"code_0": "work.due", "way_0_1": str(SMS), "code_5": CODE}
    answer = site.send(f"{HOME}/rules", typed)
    page = answer.text
    assert answer.status_code == 400 and 'id="rules-way_5_1-error"' in page and "至少保留一个渠道" in page
    assert 'value="22:30"' in page and 'id="rules-code_8"' in page and 'id="rules-code_9"' not in page
    services.on("SaveMessageRules", _refusal("rules.templates[0].code", "没有这个模板", "UNKNOWN"))
    assert 'id="rules-code_0-error"' in site.send(f"{HOME}/rules", typed).text
    services.on("SaveMessageRules", _refusal("rules.sms_a_day", "数量过大"))
    assert 'id="rules-sms_a_day-error"' in site.send(f"{HOME}/rules", typed).text
    services.on("SaveMessageRules", refuse("ABORTED", "VERSION_MOVED"))
    assert "刚刚被别处改过" in site.send(f"{HOME}/rules", typed).text


# -- figures -------------------------------------------------------------------------------------------------------------


def test_figures_are_of_the_last_week_unless_days_are_asked_for(site: Site, services: Services):
    officer(site, services, ["supervise"])
    page = site.get(f"{HOME}/figures").text
    today = local_day(datetime.now(UTC))
    (asked,) = services.requests("GetMessageFigures")
    assert (asked.first, asked.last) == ((today - timedelta(days=6)).isoformat(), today.isoformat())
    assert "一次性告知补正" in page and "短信 12 条（上限 100,000）" in page and "10 秒内" in page and "<svg" in page
    site.get(f"{HOME}/figures?first=2026-03-01&last=2026-03-31")
    asked = services.requests("GetMessageFigures")[-1]
    assert (asked.region, asked.first, asked.last) == ("990121", "2026-03-01", "2026-03-31")


def test_days_that_cannot_be_counted_are_told_at_their_inputs(site: Site, services: Services):
    site.sign_in(as_officer=True)
    services.on("GetMessageFigures", refuse("INVALID_ARGUMENT", "TOO_LONG", last="一次最多统计92天"))
    answer = site.get(f"{HOME}/figures?first=2026-01-01&last=2026-12-31")
    assert answer.status_code == 400 and 'id="last-error"' in answer.text and "一次最多统计92天" in answer.text
    services.on("GetMessageFigures", figures(templates=[], all=desk.MessageFigures(delays=[0] * 6)))
    assert "这段时间没有通知" in site.get(f"{HOME}/figures").text
