"""Policies: written by one officer, published by another, readable in every edition, over by their own words or before."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import grpc
import pytest

from services.policy import model_policies, store_policies
from tests.support.actors import officer, person
from tests.support.calling import at_once, refused
from tests.support.policy_items import CITY, ELSEWHERE, REGION, Db, ItemsHere, another, items_here, text
from yiwang.policy.v1 import service_pb2 as pb


@pytest.fixture
def here(database: Db) -> Iterator[ItemsHere]:
    with items_here(database) as one:
        yield one


def ids(answer: pb.ListPoliciesResponse) -> list[str]:
    return [one.policy_id for one in answer.policies]


def test_a_policy_is_published_by_somebody_who_wrote_none_of_it(here: ItemsHere) -> None:
    saved = here.save()
    assert (saved.status, saved.edition, saved.department_name) == (pb.POLICY_STATUS_DRAFT, 0, "某市经济和信息化局")
    assert saved.working == text() and not saved.HasField("text")
    assert list(saved.writers) == [here.writer.by]
    again = here.save(here.opener, saved.policy_id, saved.version, summary="再改一处")
    for writer in (here.writer, here.opener):
        with refused(grpc.StatusCode.FAILED_PRECONDITION, "WRITER_MAY_NOT_PUBLISH"):
            here.policies(writer).PublishPolicy(policy_id=saved.policy_id, version=again.version)
    third = officer("policy")
    told = here.policies(third).PublishPolicy(policy_id=saved.policy_id, version=again.version)
    assert (told.status, told.edition, told.text.summary) == (pb.POLICY_STATUS_PUBLISHED, 1, "再改一处")
    assert not told.HasField("working") and not told.writers and told.published_at
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_TO_PUBLISH"):
        here.policies(third).PublishPolicy(policy_id=saved.policy_id, version=told.version)


def test_what_is_published_is_what_was_looked_at(here: ItemsHere) -> None:
    saved = here.save()
    here.save(id=saved.policy_id, title="换了标题的政策")
    with refused(grpc.StatusCode.ABORTED, "VERSION_MOVED"):
        here.policies(here.opener).PublishPolicy(policy_id=saved.policy_id, version=saved.version)
    with refused(grpc.StatusCode.ABORTED, "VERSION_MOVED"):
        here.save(id=saved.policy_id, version=saved.version, title="又换了标题")
    with refused(grpc.StatusCode.INVALID_ARGUMENT):
        here.policies(here.opener).PublishPolicy(policy_id=saved.policy_id)


def test_a_request_that_comes_again_changes_nothing(here: ItemsHere) -> None:
    key = uuid.uuid4().hex
    first = here.policies(here.writer).SavePolicy(request_id=key, text=text())
    assert here.policies(here.writer).SavePolicy(request_id=key, text=text()) == first
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        here.policies(here.writer).SavePolicy(request_id=key, text=text(title="另一项政策"))
    # The same text again is no change, and nobody becomes a writer by it.
    same = here.save(here.opener, first.policy_id)
    assert (same.version, list(same.writers)) == (first.version, [here.writer.by])
    once = here.policies(here.opener).PublishPolicy(request_id=key, policy_id=first.policy_id, version=first.version)
    twice = here.policies(here.opener).PublishPolicy(request_id=key, policy_id=first.policy_id, version=first.version)
    assert once == twice and twice.edition == 1


def test_of_many_who_publish_at_once_one_makes_the_edition(here: ItemsHere) -> None:
    saved = here.save()

    def publish(_: int) -> None:
        here.policies(here.opener).PublishPolicy(policy_id=saved.policy_id, version=saved.version)

    told = at_once(4, publish)
    assert told["done"] == 1
    assert here.policies(None).GetPolicy(policy_id=saved.policy_id).edition == 1


def test_what_goes_back_is_saved_again_before_it_is_published(here: ItemsHere) -> None:
    saved = here.save()
    told = here.policies(here.opener).ReturnPolicy(policy_id=saved.policy_id, reason="请补充依据")
    assert told.return_reason == "请补充依据"
    for act in ("PublishPolicy", "ReturnPolicy"):
        said = {"version": told.version} if act == "PublishPolicy" else {"reason": "再退"}
        with refused(grpc.StatusCode.FAILED_PRECONDITION):
            getattr(here.policies(here.opener), act)(policy_id=saved.policy_id, **said)
    again = here.save(id=saved.policy_id)
    assert not again.return_reason
    assert here.policies(here.opener).PublishPolicy(policy_id=saved.policy_id, version=again.version).edition == 1


def test_every_edition_stays_readable(here: ItemsHere) -> None:
    first = here.publish()
    second = here.publish(id=first.policy_id, title="修订后的若干措施")
    here.save(id=first.policy_id, title="还在写")
    public = here.policies(None)
    told = public.ListPolicyEditions(policy_id=first.policy_id).editions
    assert [(one.edition, one.text.title) for one in told] == [(2, "修订后的若干措施"), (1, text().title)]
    assert all(not one.text.body and not one.text.clauses for one in told)
    for number, wanted in ((1, text()), (2, text(title="修订后的若干措施"))):
        edition = public.GetPolicyEdition(policy_id=first.policy_id, edition=number)
        assert edition.text == wanted and edition.published_at
    with refused(grpc.StatusCode.NOT_FOUND):
        public.GetPolicyEdition(policy_id=first.policy_id, edition=3)
    assert second.edition == 2 and public.GetPolicy(policy_id=first.policy_id).text.title == "修订后的若干措施"


def test_what_was_never_published_is_there_for_its_department_alone(here: ItemsHere) -> None:
    draft = here.save()
    for reader in (None, person(), here.reviewer, here.stranger, here.elsewhere, here.boss, here.finance):
        desk = here.policies(reader)
        for read in (
            lambda desk=desk: desk.GetPolicy(policy_id=draft.policy_id),
            lambda desk=desk: desk.ListPolicyEditions(policy_id=draft.policy_id),
            lambda desk=desk: desk.GetPolicyEdition(policy_id=draft.policy_id, edition=1),
        ):
            with refused(grpc.StatusCode.NOT_FOUND):
                read()
        assert ids(desk.ListPolicies()) == []
    assert here.policies(here.opener).GetPolicy(policy_id=draft.policy_id).working == text()
    assert ids(here.policies(here.opener).ListPolicyDesk()) == [draft.policy_id]
    for other in (here.stranger, here.elsewhere):
        assert ids(here.policies(other).ListPolicyDesk()) == []
    with refused(grpc.StatusCode.NOT_FOUND):
        here.policies(None).GetPolicy(policy_id=another())


def test_what_is_being_written_is_shown_to_its_writers_alone(here: ItemsHere) -> None:
    one = here.publish()
    here.save(id=one.policy_id, summary="内部还在讨论")
    for reader in (None, person(), here.reviewer, here.stranger, here.elsewhere, here.boss):
        told = here.policies(reader).GetPolicy(policy_id=one.policy_id)
        assert told.text == text() and not told.HasField("working") and not told.writers
        (listed,) = here.policies(reader).ListPolicies().policies
        assert not listed.HasField("working")
    assert here.policies(here.opener).GetPolicy(policy_id=one.policy_id).working.summary == "内部还在讨论"
    (line,) = here.policies(here.opener).ListPolicyDesk(waiting=True).policies
    assert line.working.summary == "内部还在讨论" and not line.working.body


ACTS = {
    "SavePolicy": {"text": text(), "version": 0},
    "PublishPolicy": {"version": 1},
    "ReturnPolicy": {"reason": "退回"},
    "WithdrawPolicy": {"reason": "废止"},
}


@pytest.mark.parametrize("act", ACTS)
def test_nobody_else_writes_a_departments_policy(here: ItemsHere, act: str) -> None:
    saved = here.save()
    for other in (here.stranger, here.elsewhere):
        with refused(grpc.StatusCode.NOT_FOUND):
            getattr(here.policies(other), act)(policy_id=saved.policy_id, **ACTS[act])
    for other in (None, person(), here.reviewer, here.finance, here.boss):
        with refused() as refusal:
            getattr(here.policies(other), act)(policy_id=saved.policy_id, **ACTS[act])
        assert refusal.code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
    assert here.policies(here.opener).GetPolicy(policy_id=saved.policy_id).version == saved.version


@pytest.mark.parametrize(
    ("told", "field", "reason"),
    [
        ({"region": "990122"}, "text.region", "REGION_NOT_COVERED"),
        ({"region": "000000"}, "text.region", "REGION_UNKNOWN"),
        ({"effective_on": "2026-02-30"}, "text.effective_on", "MALFORMED"),
        ({"effective_on": "2026-02-01", "expires_on": "2026-01-01"}, "text.expires_on", "BEFORE_EFFECTIVE"),
        ({"summary": "咨询李某某，手机13812345678"}, "text.summary", "PERSONAL_DATA"),
        ({"clauses": [pb.Clause(id="c", number="一", text="手机13812345678")]}, "text.clauses[0].text", "PERSONAL_DATA"),
        ({"clauses": [pb.Clause(id="c", number="一", text="甲"), pb.Clause(id="c", number="二", text="乙")]},
         "text.clauses[1].id", "TWICE"),
        ({"issuer": "12345678901234567A"}, "text.issuer", "USCC"),
        ({"title": "　 "}, "text.title", "REQUIRED"),
        ({"kind": 0}, "text.kind", "ENUM_NOT_IN"),
        ({"body": "甲" * 40_000, "clauses": [pb.Clause(id=f"c{n}", number="条", text="乙" * 2_000) for n in range(20)]},
         "text", "TOO_LARGE"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_is_told_by_its_field(
    here: ItemsHere, told: dict[str, object], field: str, reason: str
) -> None:
    with refused(grpc.StatusCode.INVALID_ARGUMENT, reason) as refusal:
        here.save(**told)
    assert refusal.fields == {field: reason}
    assert ids(here.policies(here.writer).ListPolicyDesk()) == []


def test_a_policy_whose_last_day_is_over_is_shown_as_expired(here: ItemsHere) -> None:
    one = here.publish(expires_on="2099-12-31")
    state = here.policy_comes_due(one.policy_id)
    assert state.status == model_policies.EXPIRED and state.due is None
    public = here.policies(None)
    assert public.GetPolicy(policy_id=one.policy_id).status == pb.POLICY_STATUS_EXPIRED
    assert ids(public.ListPolicies()) == [] and ids(public.ListPolicies(past=True)) == [one.policy_id]
    # A new edition that goes on brings it back.
    assert here.publish(id=one.policy_id, expires_on="2100-12-31").status == pb.POLICY_STATUS_PUBLISHED
    assert ids(public.ListPolicies()) == [one.policy_id]


def test_what_is_over_by_its_own_words_is_not_published(here: ItemsHere) -> None:
    saved = here.save(expires_on="2026-01-02")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "EXPIRED"):
        here.policies(here.opener).PublishPolicy(policy_id=saved.policy_id, version=saved.version)


def test_a_policy_is_not_withdrawn_while_an_item_of_it_is_open(here: ItemsHere) -> None:
    item = here.open()
    policy = item.definition.policy_id
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "ITEMS_OPEN"):
        here.policies(here.writer).WithdrawPolicy(policy_id=policy, reason="上级已出台新政策")
    here.items(here.opener).PausePayoutItem(item_id=item.item_id, reason="政策即将废止")
    told = here.policies(here.writer).WithdrawPolicy(policy_id=policy, reason="上级已出台新政策")
    assert (told.status, told.status_reason) == (pb.POLICY_STATUS_WITHDRAWN, "上级已出台新政策")
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "POLICY_NOT_PUBLISHED"):
        here.items(here.opener).ResumePayoutItem(item_id=item.item_id)
    for act, said in (ACTS | {"PublishPolicy": {"version": told.version}}).items():
        with refused(grpc.StatusCode.FAILED_PRECONDITION):
            getattr(here.policies(here.opener), act)(policy_id=policy, **said)
    assert here.policies(None).GetPolicy(policy_id=policy).text == text()


def test_policies_are_found_by_region_kind_words_and_whether_they_pay(here: ItemsHere) -> None:
    county = here.publish().policy_id
    city = _published_in(here, CITY, title="全市贷款贴息办法", kind=pb.POLICY_KIND_FINANCING, tags=["贷款"])
    other = _published_in(here, ELSEWHERE, title="邻县人才政策", kind=pb.POLICY_KIND_TALENT)
    paid = here.open().definition.policy_id
    find = here.policies(None).ListPolicies
    assert set(ids(find())) == {county, city, other, paid}
    assert set(ids(find(region=REGION))) == {county, city, paid}
    assert set(ids(find(region="990121101"))) == {county, city, paid}
    assert set(ids(find(region=CITY))) == {county, city, other, paid}
    assert ids(find(kind=pb.POLICY_KIND_FINANCING)) == [city]
    assert ids(find(words="贴息 贷款")) == [city] and ids(find(words="贴息 人才")) == []
    (told,) = find(payable=True).policies
    assert (told.policy_id, told.payable_items) == (paid, 1)
    assert {one.policy_id: one.payable_items for one in find().policies}[county] == 0


def test_lists_have_pages(here: ItemsHere) -> None:
    published = [here.publish(title=f"第{number}项政策").policy_id for number in range(5)]
    for actor, read in ((None, "ListPolicies"), (here.writer, "ListPolicyDesk")):
        seen, token = list[str](), ""
        for _ in range(3):
            answer = getattr(here.policies(actor), read)(page_size=2, page_token=token)
            seen += ids(answer)
            token = answer.next_page_token
        assert seen == published[::-1] and not token


def _published_in(here: ItemsHere, region: str, **told: object) -> str:
    writer, opener = (replace(one, region=region) for one in (here.writer, here.opener))
    saved = here.save(writer, region=region, **told)
    here.policies(opener).PublishPolicy(policy_id=saved.policy_id, version=saved.version)
    return saved.policy_id


def test_the_journal_gives_the_state(here: ItemsHere) -> None:
    one = here.publish(expires_on="2099-12-31")
    here.save(id=one.policy_id, title="再改")
    here.policies(here.opener).ReturnPolicy(policy_id=one.policy_id, reason="退回")
    here.policy_comes_due(one.policy_id)
    here.policies(here.opener).WithdrawPolicy(policy_id=one.policy_id, reason="废止")
    all = store_policies.policies(here.database)
    document = all.collection.find_one({"_id": one.policy_id})
    assert document is not None and all.drift(document) == []
