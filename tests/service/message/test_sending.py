"""How notices go out: channels, providers, nights, quotas, digests, expiry; and what people opt out of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.acts import now
from services.message import job_send, model, model_sending, sending
from services.message.model_texts import SMS
from tests.support.actors import REGION, officer
from tests.support.messages import MessageHere, awake, message_here, somebody
from yiwang.message.v1 import service_pb2 as pb
from yiwang.policy.v1 import events_pb2 as policy
from yiwang.rating.v1 import events_pb2 as rating


def test_a_notice_is_raised_once_and_arrives(here: MessageHere) -> None:
    one, _ = somebody(here)
    notice = here.correction(one.id)
    assert notice.state.status == model.WAITING and notice.state.must
    here.send()
    state = here.state(notice.id)
    assert [sending.provider for sending in state.sendings] == ["first"]
    assert here.first.messages[f"{notice.id}.1"]["to"] == one.phone
    here.finish()
    state = here.state(notice.id)
    assert (state.status, state.told_by, here.arrivals([notice.id])) == (model.TOLD, SMS, [1])


def test_a_text_that_goes_out_names_nobody_and_is_signed(here: MessageHere) -> None:
    one, _ = somebody(here)
    notice = here.correction(one.id)
    here.send()
    text = here.first.messages[f"{notice.id}.1"]["text"]
    assert text.startswith("【一网通办】") and "2026年12月3日" in text and notice.state.subject_number in text
    assert one.name not in text and one.number not in text


def test_nothing_kept_knows_an_address(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.correction(one.id)
    here.finish()
    kept = [str(row) for name in here.database.list_collection_names() for row in here.database[name].find({})]
    assert not [row for row in kept if one.phone in row or one.name in row]


def test_a_sending_stands_in_the_access_record_of_who_was_told_once(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.first.answers = "lose"
    here.correction(one.id)
    here.send()
    here.first.answers = ""
    here.finish()
    lines = one.at("PrivacyService").ListAccesses().accesses
    told = [line for line in lines if line.what == "发送通知"]
    assert [(line.by, line.by_name, line.purpose, list(line.fields)) for line in told] == [
        ("service:message", "消息服务", "发送通知：一次性告知补正", ["手机号码"])
    ]
    assert told[0].case_number


def test_an_address_that_is_none_leads_to_the_next_channel_and_at_last_to_nobody(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.first.bad.add(one.phone)
    here.second.bad.add(one.phone)
    notice = here.correction(one.id)
    here.finish()
    state = here.state(notice.id)
    # No provider of e-mail or letters is configured here.
    assert (state.status, [one.code for one in state.sendings]) == (model.FAILED, ["BAD_ADDRESS"])
    assert [entry["type"] for entry in here.notices.get(notice.id).journal][-1] == "NoticeUntold"


def test_what_cannot_be_delivered_is_tried_three_times_by_two_providers(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.first.dead.add(one.phone)
    here.second.dead.add(one.phone)
    notice = here.correction(one.id)
    here.finish()
    state = here.state(notice.id)
    assert [one.provider for one in state.sendings] == ["first", "second", "first"]
    assert {one.outcome for one in state.sendings} == {model_sending.UNDELIVERED}


def test_a_retry_waits_longer_each_time(here: MessageHere) -> None:
    one, _ = somebody(here)
    here.first.dead.add(one.phone)
    here.second.dead.add(one.phone)
    notice, waits = here.correction(one.id), []
    for _ in range(8):
        here.hurry()
        here.send()
        state = here.state(notice.id)
        if state.status != model.WAITING:
            break
        if state.sendings and state.sendings[-1].ended_at and state.due:
            waits.append(state.due - now())
    assert timedelta(seconds=50) < waits[0] < timedelta(minutes=2) < timedelta(minutes=9) < waits[1]


def test_who_has_no_address_keeps_what_need_not_be_told_in_the_message_centre(here: MessageHere) -> None:
    one, _ = somebody(here)
    case = here.case(one.id)
    told = here.hear("tell_case", dispatched(case), case, 2)
    here.finish()
    (notice,) = here.of_event(told)
    assert notice.state.status == model.KEPT and not notice.state.sendings


def dispatched(case: str) -> Any:
    from yiwang.case.v1 import events_pb2

    return events_pb2.ResultDispatched(case_id=case)


def test_who_is_erased_is_told_nothing_more(here: MessageHere) -> None:
    one, _ = somebody(here)
    notice = here.correction(one.id)
    one.at("IdentityService").ErasePerson()
    here.finish()
    assert here.state(notice.id).status == model.GONE and not here.first.messages


def test_what_its_recipient_has_read_is_not_sent(here: MessageHere) -> None:
    one, actor = somebody(here)
    notice = here.correction(one.id)
    here.told(actor).ReadNotice(notice_id=notice.id)
    here.hurry()
    here.send()
    assert here.state(notice.id).status == model.TOLD and not here.first.messages


def test_a_county_without_providers_fails_what_must_be_told(database: Any, beside: Any) -> None:
    with message_here(database, beside, sms_providers="") as here:
        one, _ = somebody(here)
        notice = here.correction(one.id)
        here.finish()
        assert here.state(notice.id).status == model.FAILED


# -- nights, quotas, digests -----------------------------------------------------------------------------------------------


def rules(here: MessageHere, **told: Any) -> None:
    """The county sets this."""
    desk = here.told(officer("administer"), "RuleService")
    own = desk.GetMessageRules(region=REGION)
    for name, value in told.items():
        setattr(own, name, value)
    desk.SaveMessageRules(rules=own)


def minute_of(at: datetime) -> int:
    """The minute of the day in China."""
    return (at.astimezone(UTC).hour * 60 + at.minute + 480) % 1440


def test_nothing_makes_a_noise_at_night_but_what_is_urgent(here: MessageHere) -> None:
    instant = now()
    rules(here, quiet_from=minute_of(instant - timedelta(hours=1)), quiet_until=minute_of(instant + timedelta(hours=2)))
    here.worker = type(here.worker)()
    here.worker.telling._settled._fresh._known.clear()
    one, _ = somebody(here)
    notice = here.correction(one.id)
    here.send()
    assert not here.first.messages
    assert timedelta(hours=1, minutes=58) < here.state(notice.id).due - instant <= timedelta(hours=2)  # type: ignore[operator]
    # As if it were due all the same: the night is looked at again.
    here.hurry()
    here.send()
    assert not here.first.messages and here.state(notice.id).due > now() + timedelta(hours=1)  # type: ignore[operator]
    changed = changed_password(here, one.id)
    here.send()
    assert [*here.first.messages] == [f"{changed}.1"]


def changed_password(here: MessageHere, person: str) -> str:
    """Somebody's password was changed; his notice."""
    from yiwang.identity.v1 import events_pb2

    told = here.hear("tell_account", events_pb2.PasswordChanged(principal=f"person:{person}"), f"password-{person}", 1)
    return here.of_event(told)[0].id


def test_a_county_sends_no_more_a_day_than_it_pays_for_but_what_must_be_told(here: MessageHere) -> None:
    rules(here, sms_a_day=2)
    people = [somebody(here)[0].id for _ in range(3)]
    claims = [approved(here, one) for one in people]
    must = here.correction(people[0])
    here.send()
    assert sum(bool(here.state(one).sendings) for one in claims) == 1
    assert here.state(must.id).sendings, "it counts, and goes out whatever the count is"
    late = next(here.state(one) for one in claims if not here.state(one).sendings)
    assert late.status == model.WAITING and late.due and late.due > now()
    figures = here.told(officer("administer"), "RuleService").GetMessageFigures(
        region=REGION, first="2026-11-01", last="2026-11-30"
    )
    assert (figures.sms_today, figures.sms_a_day) == (2, 2)


def approved(here: MessageHere, organization: str) -> str:
    """A claim is approved; the notice of it."""
    claim = f"c-{organization}"
    submitted = policy.ClaimSubmitted(
        claim_id=claim, number="DF1", item_title="研发补助", organization_id=organization, region=REGION
    )
    here.hear("know", submitted, claim, 1)
    told = here.hear("tell_policy", policy.ClaimApproved(claim_id=claim, fen=100), claim, 2)
    return here.of_event(told)[0].id


def matched(here: MessageHere, organization: str, item: str) -> str:
    """An enterprise matches an item; the notice of it."""
    event = policy.EnterpriseMatched(organization_id=organization, item_id=item, item_title=f"补助{item}")
    return here.of_event(here.hear("tell_policy", event, f"e-{organization}-{item}", 1))[0].id


def test_what_is_not_urgent_comes_once_a_day_together(database: Any, beside: Any) -> None:
    with message_here(database, beside, push_providers="pushing=http://127.0.0.1:9") as here:
        one, _ = somebody(here)
        many = [matched(here, one.id, str(place)) for place in range(3)]
        assert {here.state(id).digest for id in many} == {f"person:{one.id}|{pb.CHANNEL_PUSH}"}
        assert all(here.state(id).due > now() for id in many)  # type: ignore[operator]
        here.hurry()
        here.send()
        assert {here.state(id).status for id in many} == {model.KEPT}
        (digest,) = {here.state(id).digest_id for id in many}
        made = here.notices.get(digest)
        assert sorted(made.state.member_ids) == sorted(many) and made.state.fields == {"count": "3"}
        listed = here.told(_person(one.id)).ListNotices().notices
        assert {notice.id for notice in listed} == set(many), "the digest itself is no news"


def _person(id: str) -> Any:
    from tests.support.actors import person

    return person(id)


def test_a_digest_takes_what_came_before_it_once_though_its_maker_dies(
    here: MessageHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = somebody(here)
    many = [matched(here, one.id, str(place)) for place in range(4)]
    here.hurry()
    job = here.job()
    kept = here.notices.change
    calls = iter(range(100))

    def change(*told: Any, **more: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return kept(*told, **more)

    monkeypatch.setattr(job._digesting._notices, "change", change)
    job.giving.known = {**job.giving.known, pb.CHANNEL_PUSH: ("first",)}
    with pytest.raises(KeyboardInterrupt):
        job_send.drain(job)
    again = here.job()
    again.giving.known = {**again.giving.known, pb.CHANNEL_PUSH: ("first",)}
    job_send.drain(again)
    digests = here.notices.collection.count_documents({"state.template": "digest.day"})
    assert digests == 1 and {here.state(id).status for id in many} == {model.KEPT}


def test_what_is_too_late_is_not_sent(here: MessageHere) -> None:
    one, _ = somebody(here)
    changed = changed_password(here, one.id)
    past = {"$set": {"state.expires_at": now() - timedelta(minutes=1)}}
    here.notices.collection.update_one({"_id": changed}, past)
    here.send()
    assert here.state(changed).status == model.EXPIRED and not here.first.messages


def test_who_opted_out_is_sent_nothing_but_what_the_law_has_told(here: MessageHere) -> None:
    one, actor = somebody(here)
    here.told(actor).SavePreferences(
        preferences=pb.Preferences(off=[pb.NOTICE_KIND_RATING, pb.NOTICE_KIND_PROGRESS], channels_off=[pb.CHANNEL_SMS])
    )
    opened = rating.InvitationOpened(
        rating_id="r", applicant_id=one.id, served=rating.ServiceServed(subject="事项", region=REGION)
    )
    opened.closes_at = "2026-12-03T15:59:59+00:00"
    invited = here.of_event(here.hear("tell_rating", opened, "r", 1))[0]
    assert (invited.state.status, invited.state.channels) == (model.KEPT, [])
    assert here.correction(one.id).state.channels[0] == SMS


# -- fairness ----------------------------------------------------------------------------------------------------------------


def test_a_county_that_floods_keeps_no_other_waiting(here: MessageHere) -> None:
    awake(here, "990122")
    one, _ = somebody(here)
    for _ in range(sending.BATCH * 2 + 5):
        here.correction(one.id, "990122")
    mine = here.correction(one.id)
    job = here.job()
    job.round(SMS)
    assert here.state(mine.id).sendings, "one round has a batch of every county"
    assert sum(bool(here.notices.get(row["_id"]).state.sendings) for row in flood(here)) == sending.BATCH


def flood(here: MessageHere) -> Any:
    return here.notices.collection.find({"state.county": "990122"}, {"_id": 1})


def test_one_that_cannot_be_sent_keeps_no_other_waiting(here: MessageHere) -> None:
    one, _ = somebody(here)
    bad, good = here.correction(one.id), here.correction(one.id)
    here.notices.collection.update_one({"_id": bad.id}, {"$set": {"state.template": "case.nothing"}})
    job = here.job()
    job_send.drain(job)
    assert here.state(bad.id).status == model.WAITING
    assert here.state(good.id).sendings, "they were in one batch"
