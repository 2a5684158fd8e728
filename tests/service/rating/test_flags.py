"""Ratings that are counted apart: with the reason, never deleted; found however the worker is killed or doubled."""

import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import grpc
import pytest

from chassis.acts import DEVICE, Actor, Cause, now
from chassis.records import broken_at
from services.rating import model_flags, store_flags, worker_flags
from services.rating.giving import Entered
from services.rating.model import Flag
from tests.support.actors import OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import refused
from tests.support.rating_service import DEPARTMENT, REGION, RatingHere, closed
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

Code = grpc.StatusCode
COPY = "窗口工作人员态度恶劣，办事拖拉，让人来回跑了好几趟"


def source(device: str = "", address: str = "") -> pb.Source:
    return pb.Source(device=device, address=address)


def flags_of(rating: RatingHere, id: str) -> list[Flag]:
    return rating.ratings.get(id).state.flags


def kinds_of(rating: RatingHere, id: str) -> list[int]:
    return [flag.kind for flag in flags_of(rating, id)]


def given(rating: RatingHere, count: int, device: str = "", address: str = "", **told: object) -> list[str]:
    """So many ratings of so many people from one place."""
    here = source(device, address)
    return [rating.given(person(), pb.GRADE_VERY_SATISFIED, source=here, **told).id for _ in range(count)]


def find(rating: RatingHere) -> None:
    time.sleep(0.002)  # what is stamped in the very millisecond of a look is found by the next one
    rating.worker.find_bursts()


# -- at once -----------------------------------------------------------------------------------------------------------


def test_a_grade_against_its_tags_is_flagged_in_the_same_write_and_counted_apart(rating: RatingHere) -> None:
    item = str(uuid.uuid4())
    plain = rating.given(person(), pb.GRADE_SATISFIED, tags=["201", "221"], case={"item": item})
    odd = rating.given(person(), pb.GRADE_VERY_SATISFIED, tags=["501"], case={"item": item})
    assert kinds_of(rating, plain.id) == []
    (flag,) = flags_of(rating, odd.id)
    assert flag.kind == pb.FLAG_KIND_CONTRADICTION
    assert flag.reason == "评价等级为“非常满意”，所选1项指标中有1项属于“非常不满意”"
    record = rating.ratings.get(odd.id)
    assert [entry["type"] for entry in record.journal] == ["InvitationOpened", "RatingGiven"]
    totals = rating.totals(pb.TOTAL_SCOPE_ITEM, item)
    assert (totals.invited, totals.rated, totals.satisfied, totals.very_satisfied, totals.apart) == (2, 1, 1, 0, 1)
    assert not odd.flags, "the rater is not told"


def test_a_lifted_flag_counts_again_and_is_not_raised_anew(rating: RatingHere) -> None:
    item = str(uuid.uuid4())
    odd = rating.given(person(), pb.GRADE_VERY_SATISFIED, tags=["501"], case={"item": item})
    lifted = events.FlagLifted(rating_id=odd.id, officer_id="x", kind=pb.FLAG_KIND_CONTRADICTION)
    rating.ratings.change(odd.id, Cause(key="lift", by="officer:x"), lambda _: lifted)
    totals = rating.totals(pb.TOTAL_SCOPE_ITEM, item)
    assert (totals.rated, totals.very_satisfied, totals.apart) == (1, 1, 0)
    (flag,) = flags_of(rating, odd.id)
    assert flag.lifted, "it stays, with its reason"
    assert flag.reason


def test_a_tag_nobody_listed_is_refused_and_nothing_is_written(rating: RatingHere) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    with refused(Code.INVALID_ARGUMENT, "TAG_UNKNOWN"):
        rating.by(ann).GiveRating(rating_id=id, grade=pb.GRADE_SATISFIED, tags=["299"])
    assert rating.ratings.get(id).version == 1


def test_the_words_of_others_about_the_department_are_flagged(rating: RatingHere) -> None:
    first = rating.given(person(), pb.GRADE_DISSATISFIED, comment=COPY)
    second = rating.given(person(), pb.GRADE_DISSATISFIED, comment=f"  {COPY.replace('，', ' ')}！！")
    elsewhere = rating.given(person(), pb.GRADE_DISSATISFIED, comment=COPY, case={"department": "11990121MB0000009X"})
    other = rating.given(person(), pb.GRADE_DISSATISFIED, comment=COPY + "，真累")
    short = [rating.given(person(), pb.GRADE_SATISFIED, comment="非常好！") for _ in range(2)]
    assert kinds_of(rating, first.id) == [], "whoever wrote it first copied nothing"
    (flag,) = flags_of(rating, second.id)
    assert flag.kind == pb.FLAG_KIND_COPIED
    assert "1条" in flag.reason and COPY[:4] not in flag.reason
    for one in (elsewhere, other, *short):
        assert kinds_of(rating, one.id) == []
    find(rating)
    assert kinds_of(rating, first.id) == []
    assert "态度恶劣" not in str(list(rating.ratings.collection.find({})))


def test_who_repeats_his_own_words_copies_nobody(rating: RatingHere) -> None:
    ann = person()
    told = [rating.given(ann, pb.GRADE_DISSATISFIED, comment=COPY) for _ in range(2)]
    find(rating)
    assert [kinds_of(rating, one.id) for one in told] == [[], []]


def test_words_of_a_month_ago_are_not_compared(rating: RatingHere, monkeypatch: pytest.MonkeyPatch) -> None:
    rating.given(person(), pb.GRADE_DISSATISFIED, comment=COPY)
    monkeypatch.setattr(model_flags, "COPIED_WITHIN", timedelta(0))
    late = rating.given(person(), pb.GRADE_DISSATISFIED, comment=COPY)
    assert kinds_of(rating, late.id) == []


def test_the_own_device_of_an_officer_of_the_department_is_flagged_and_names_nobody(rating: RatingHere) -> None:
    clerk, colleague = officer("receive"), officer("review")
    for one in (clerk, clerk, colleague):
        rating.by(one).NoteOfficerDevice(source=source("desk"))
    rating.by(officer("receive", department=OTHER_DEPARTMENT)).NoteOfficerDevice(source=source("other-desk"))
    (own,) = given(rating, 1, "desk")
    strangers = given(rating, 1, "other-desk") + given(rating, 1, "phone") + given(rating, 1)
    (flag,) = flags_of(rating, own)
    assert (flag.kind, flag.reason) == (
        pb.FLAG_KIND_SELF,
        "评价所用设备在30日内有2名被评部门工作人员登录使用",
    )
    assert [kinds_of(rating, id) for id in strangers] == [[], [], []]
    kept = str(list(rating.database["officer_devices"].find({})))
    assert clerk.id not in kept
    assert "'desk'" not in kept


def test_a_device_an_officer_used_long_ago_says_nothing(rating: RatingHere) -> None:
    mark = rating.keyring.blind("device", "desk")
    store_flags.note_device(rating.database, mark, "x", DEPARTMENT, now() - timedelta(days=31))
    (id,) = given(rating, 1, "desk")
    assert kinds_of(rating, id) == []


def test_no_citizen_notes_a_device_and_a_call_without_one_keeps_nothing(rating: RatingHere) -> None:
    with refused(Code.PERMISSION_DENIED):
        rating.by(person()).NoteOfficerDevice(source=source("desk"))
    rating.by(officer("receive")).NoteOfficerDevice(source=source(address="net"))
    assert list(rating.database["officer_devices"].find({})) == []


def test_who_rates_while_he_is_signed_in_as_an_officer_of_the_department_rates_himself(rating: RatingHere) -> None:
    served = events.ServiceServed(node=pb.SERVICE_NODE_WINDOW, department=DEPARTMENT, region=REGION, day="2026-11-23")
    entered = Entered(grade=pb.GRADE_VERY_SATISFIED, channel=pb.RATING_CHANNEL_QR)
    raters = (officer("receive"), officer("receive", department=OTHER_DEPARTMENT), person())
    own, other, citizen = (
        rating.servicer.giving.begin(served, entered, Cause(key=uuid.uuid4().hex, by=one.by), actor=one).id
        for one in raters
    )
    assert kinds_of(rating, own) == [pb.FLAG_KIND_SELF]
    assert [kinds_of(rating, id) for id in (other, citizen)] == [[], []]


# -- bursts ------------------------------------------------------------------------------------------------------------


def test_three_ratings_of_a_device_are_none_and_the_fourth_flags_all_four_apart(rating: RatingHere) -> None:
    item = str(uuid.uuid4())
    ids = given(rating, 3, "phone", case={"item": item})
    find(rating)
    assert [kinds_of(rating, id) for id in ids] == [[], [], []]
    ids += given(rating, 1, "phone", case={"item": item})
    calm = given(rating, 1, "another", case={"item": item})
    find(rating)
    for id in ids:
        (flag,) = flags_of(rating, id)
        assert (flag.kind, flag.reason) == (pb.FLAG_KIND_BURST, "同一设备10分钟内评价4次（超过3次）")
    assert kinds_of(rating, calm[0]) == []
    totals = rating.totals(pb.TOTAL_SCOPE_ITEM, item)
    assert (totals.invited, totals.rated, totals.apart) == (5, 1, 4)
    assert rating.ratings.collection.count_documents({}) == 5, "none is deleted"


def test_twenty_one_ratings_from_one_address_are_a_burst(rating: RatingHere) -> None:
    ids = given(rating, 20, address="net")
    find(rating)
    assert not any(kinds_of(rating, id) for id in ids)
    ids += given(rating, 1, address="net")
    find(rating)
    assert all(flags_of(rating, id)[0].reason == "同一网络地址10分钟内评价21次（超过20次）" for id in ids)


def on_tablet(rating: RatingHere, count: int, tablet: Actor) -> list[str]:
    """So many ratings at the tablet of a window, one after the other."""
    served = events.ServiceServed(node=pb.SERVICE_NODE_WINDOW, department=DEPARTMENT, region=REGION, day="2026-11-23")
    entered = Entered(grade=pb.GRADE_SATISFIED, channel=pb.RATING_CHANNEL_TABLET)
    giving = rating.servicer.giving
    return [
        giving.begin(served, entered, Cause(key=uuid.uuid4().hex, by="device:x"), actor=tablet).id for _ in range(count)
    ]


def test_a_tablet_rates_for_one_visitor_after_the_other_but_not_for_six_in_two_minutes(rating: RatingHere) -> None:
    tablet, next_door = (Actor(id=str(uuid.uuid4()), realm=DEVICE) for _ in range(2))
    ids, others = on_tablet(rating, 5, tablet), on_tablet(rating, 5, next_door)
    find(rating)
    assert not any(kinds_of(rating, id) for id in ids + others)
    ids += on_tablet(rating, 1, tablet)
    find(rating)
    assert all(flags_of(rating, id)[0].reason == "同一窗口终端2分钟内评价6次（超过5次）" for id in ids)
    assert not any(kinds_of(rating, id) for id in others)


def events_of(rating: RatingHere, ids: Sequence[str]) -> list[list[str]]:
    return [[entry["type"] for entry in rating.ratings.get(id).journal] for id in ids]


def test_looking_again_and_two_workers_at_once_flag_each_rating_once(rating: RatingHere) -> None:
    ids = given(rating, 6, "phone", "net")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: find(rating), range(4)))
    rating.database["flag_places"].delete_many({})
    find(rating)
    assert events_of(rating, ids) == [["InvitationOpened", "RatingGiven", "RatingFlagged"]] * 6
    for id in ids:
        document = rating.ratings.collection.find_one({"_id": id})
        assert document is not None and broken_at(document["journal"]) is None
        assert rating.ratings.drift(document) == []


@pytest.mark.parametrize("flagged", [0, 1, 3])
def test_a_worker_killed_half_way_through_a_burst_is_followed_by_who_ends_it(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch, flagged: int
) -> None:
    ids, real, left = given(rating, 5, "phone"), worker_flags._flag, [flagged]

    def flag(*told: object) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(worker_flags, "_flag", flag)
    with pytest.raises(KeyboardInterrupt):
        find(rating)
    assert sum(bool(kinds_of(rating, id)) for id in ids) == flagged
    monkeypatch.setattr(worker_flags, "_flag", real)
    find(rating)
    assert [kinds_of(rating, id) for id in ids] == [[pb.FLAG_KIND_BURST]] * 5


def test_a_rating_that_landed_behind_the_place_is_found_by_the_second_look(rating: RatingHere) -> None:
    ids = given(rating, 4, "phone")
    store_flags.go_on(rating.database, "bursts", now() + timedelta(minutes=1))
    worker_flags.look(rating.ratings, "bursts", now())
    assert not any(kinds_of(rating, id) for id in ids)
    worker_flags.look(rating.ratings, "bursts_again", now() + timedelta(seconds=1))
    assert all(kinds_of(rating, id) for id in ids)


def test_texts_copied_at_one_moment_are_found_afterwards(rating: RatingHere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_flags, "same_text", lambda *_: 0)  # neither sees the other yet
    first, second = (rating.given(person(), pb.GRADE_DISSATISFIED, comment=COPY) for _ in range(2))
    monkeypatch.undo()
    find(rating)
    assert (kinds_of(rating, first.id), kinds_of(rating, second.id)) == ([], [pb.FLAG_KIND_COPIED])


def test_a_lifted_burst_is_not_flagged_anew(rating: RatingHere) -> None:
    ids = given(rating, 4, "phone")
    find(rating)
    lifted = events.FlagLifted(rating_id=ids[0], officer_id="x", kind=pb.FLAG_KIND_BURST)
    rating.ratings.change(ids[0], Cause(key="lift", by="officer:x"), lambda _: lifted)
    given(rating, 1, "phone")
    find(rating)
    assert [(flag.kind, flag.lifted) for flag in flags_of(rating, ids[0])] == [(pb.FLAG_KIND_BURST, True)]


def test_a_night_without_ratings_is_passed_in_few_looks(rating: RatingHere, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = store_flags.noted
    monkeypatch.setattr(store_flags, "noted", lambda *told: asked.append(told) or real(*told))
    monkeypatch.setattr(worker_flags, "LOOK_SECONDS", 60)
    end = now()
    store_flags.go_on(rating.database, "bursts", end - timedelta(days=20))
    worker_flags.look(rating.ratings, "bursts", end)
    assert end - store_flags.place(rating.database, "bursts", now()) < worker_flags.QUIET
    assert len(asked) < 40


def test_the_place_is_not_written_all_the_time_while_nobody_rates(rating: RatingHere) -> None:
    begun = now()
    store_flags.go_on(rating.database, "bursts", begun)
    worker_flags.look(rating.ratings, "bursts", begun + timedelta(seconds=50))
    assert store_flags.place(rating.database, "bursts", begun) == begun
    ids = given(rating, 4, "phone")
    worker_flags.look(rating.ratings, "bursts", begun + timedelta(seconds=55))
    assert store_flags.place(rating.database, "bursts", begun) > begun
    assert all(kinds_of(rating, id) for id in ids)


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_a_text_of_a_megabyte_is_refused_and_script_stays_text(rating: RatingHere) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    with refused(Code.INVALID_ARGUMENT):
        rating.by(ann).GiveRating(rating_id=id, grade=pb.GRADE_SATISFIED, comment="长" * 350_000)
    assert rating.ratings.get(id).version == 1
    script = "<script>alert('x')</script>&lt;b&gt;"
    told = rating.by(ann).GiveRating(rating_id=id, grade=pb.GRADE_SATISFIED, comment=script)
    assert told.comment == script


# -- who looks at it ---------------------------------------------------------------------------------------------------


def test_a_supervisor_reads_the_reason_and_lifts_it_and_nobody_else_sees_any(rating: RatingHere) -> None:
    ann, item = person(), str(uuid.uuid4())
    boss, desk = (rating.by(one, service="LoopService") for one in (supervisor(), officer("review", "decide")))
    odd = rating.given(ann, pb.GRADE_DISSATISFIED, tags=["101"], case={"item": item})
    boss.AssignRating(rating_id=odd.id)
    (flag,) = boss.GetNegative(rating_id=odd.id).flags
    assert (flag.kind, flag.lifted) == (pb.FLAG_KIND_CONTRADICTION, False)
    assert "“不满意”" in flag.reason
    assert [one.id for one in boss.ListNegative(flagged=True).ratings] == [odd.id]
    assert not desk.GetNegative(rating_id=odd.id).flags
    assert not rating.by(ann).GetRating(rating_id=odd.id).flags
    assert rating.totals(pb.TOTAL_SCOPE_ITEM, item).apart == 1
    (lifted,) = boss.LiftFlag(rating_id=odd.id, kind=flag.kind, reason="经核实系误选指标").flags
    assert (lifted.kind, lifted.reason, lifted.lifted) == (flag.kind, flag.reason, True)
    totals = rating.totals(pb.TOTAL_SCOPE_ITEM, item)
    assert (totals.rated, totals.dissatisfied, totals.apart) == (1, 1, 0)
