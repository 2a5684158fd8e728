"""Applying: what stands for a file, what stays once it is uploaded, promises, delivery; and what a page says when any of it is refused."""

import hashlib
from typing import Any

import pytest

from services.gateway import applying
from tests.unit.gateway.told import CASE, FILE, ITEM, Services, Site, a_case, an_item, hidden, refuse
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

APPLY = f"/items/{ITEM}/apply"
PDF = ("申请书.pdf", b"%PDF-1.4", "application/pdf")
PROOF = "7b0f3c1e-0000-4000-8000-0000000000aa"
PROMISE = "本人承诺：\n一、所填内容属实。"
DIGEST = hashlib.sha256(PROMISE.encode()).hexdigest()


def an_item_of_every_way() -> catalog.Item:
    """An item that offers pre-review, a licence instead of one file, a promise instead of another, and a third that may follow."""
    item = an_item()
    d = item.definition
    d.handling.pre_review, d.handling.commitment_text, d.handling.deferral_days = True, PROMISE, 7
    d.result_name, d.region = "许可证", "990121"
    required = catalog.NECESSITY_REQUIRED
    d.materials.add(
        key="m2",
        name="营业执照",
        necessity=required,
        waiver=catalog.WAIVER_LICENCE,
        licence_code="L1",
        licence_name="营业执照",
    )
    d.materials.add(key="m3", name="场所文件", necessity=required, waiver=catalog.WAIVER_COMMITMENT)
    d.materials.add(key="m4", name="检验报告", necessity=catalog.NECESSITY_DEFERRABLE)
    d.fees.add(name="工本费", standard="0元/件，已停征")
    d.fees.add(name="登记费", least=8000, most=8000, unit="件")
    return item


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    services.on("GetItem", an_item_of_every_way())
    services.on("UploadAttachment", lambda asked: cases.Attachment(id=FILE, filename=asked.filename))
    services.on("SubmitCase", a_case())
    services.on("ListPromiseBlocks", promises.ListPromiseBlocksResponse())


def send(site: Site, files: Any = (), **typed: Any) -> Any:
    """Opens the form and sends it with what is typed; `__` stands for a dot."""
    page = site.get(APPLY).text
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition", "look_id")}
    named = {name.replace("__", "."): value for name, value in typed.items()}
    return site.post(APPLY, form | named, files=list(files) or None)


def test_every_way_the_item_offers_is_on_the_form(site: Site):
    site.sign_in()
    page = site.get(APPLY).text
    for part in (
        "预审不是受理", "用电子证照代替", 'name="waive.m3"', PROMISE.splitlines()[1], f'value="{DIGEST}"',
        "7 个工作日内补交", "￥0.00", "￥80.00/件", "DELIVERY_WAY_EXPRESS",
    ):  # fmt: skip
        assert part in page, part


def test_an_item_without_them_offers_none(site: Site, services: Services):
    services.on("GetItem", an_item())
    site.sign_in()
    page = site.get(APPLY).text
    for part in ("网上预审", "电子证照代替", "告知承诺", "DELIVERY_WAY", "renews_until", "project_code"):
        assert part not in page, part
    assert not services.requests("ListPromiseBlocks")


def test_what_was_chosen_is_what_is_submitted(site: Site, services: Services):
    site.sign_in()
    express = {
        "delivery__way": "DELIVERY_WAY_EXPRESS",
        "delivery__name": "甲",
        "delivery__phone": "1",
        "delivery__address": "路",
    }
    proof = applying.Proof(PROOF, promises.LOOK_UP_OUTCOME_FOUND).value
    answer = send(
        site,
        [("materials.m1", PDF)],
        pre_review="yes",
        waive__m3="yes",
        promise_digest=DIGEST,
        proof__m2=proof,
        **express,
    )
    assert answer.status_code == 303
    (request,) = services.requests("SubmitCase")
    stated = [(one.material, one.waiver, one.proof_id) for one in request.stand_ins]
    assert stated == [("m2", catalog.WAIVER_LICENCE, PROOF), ("m3", catalog.WAIVER_COMMITMENT, "")]
    assert request.pre_review and request.promise_digest == DIGEST
    assert (request.delivery.way, request.delivery.address) == (cases.DELIVERY_WAY_EXPRESS, "路")
    assert [one.material for one in request.materials] == ["m1"]


def test_a_licence_is_looked_up_without_losing_what_was_typed_or_uploaded(site: Site, services: Services):
    site.sign_in()
    found = promises.LicenceLookUp(id=PROOF, outcome=promises.LOOK_UP_OUTCOME_FOUND)
    found.licence.name, found.licence.number = "营业执照", "9199**********00"
    services.on("LookUpLicence", found)
    answer = send(
        site,
        [("materials.m1", PDF)],
        do="look:m2",
        holder__m2="990101",
        purpose__m2="办理甲",
        form__contact_phone="139",
    )
    assert answer.status_code == 200 and "已查到，不再提交文件" in answer.text and "9199**********00" in answer.text
    assert f'value="{FILE} 申请书.pdf" checked' in answer.text and 'value="139"' in answer.text
    (asked,) = services.requests("LookUpLicence")
    assert (asked.material, asked.holder_number, asked.purpose) == ("m2", "990101", "办理甲")
    assert not services.requests("SubmitCase")


@pytest.mark.parametrize(
    ("outcome", "words", "stands"),
    [
        (promises.LOOK_UP_OUTCOME_AWAY, "证照库暂时没有应答", True),
        (promises.LOOK_UP_OUTCOME_NONE, "没有查到，请上传文件", False),
        (promises.LOOK_UP_OUTCOME_VOID, "证照已过有效期", False),
    ],
)
def test_a_look_up_without_a_licence_says_what_to_do(
    site: Site, services: Services, outcome: Any, words: str, stands: bool
):
    site.sign_in()
    services.on("LookUpLicence", promises.LicenceLookUp(id=PROOF, outcome=outcome, unfit="EXPIRED"))
    answer = send(site, do="look:m2", holder__m2="1", purpose__m2="办理甲")
    assert answer.status_code == 200 and words in answer.text
    send(site, proof__m2=applying.Proof(PROOF, outcome).value)
    assert bool(services.requests("SubmitCase")[-1].stand_ins) == stands


def test_a_refused_look_up_is_told_at_its_material(site: Site, services: Services):
    site.sign_in()
    services.on("LookUpLicence", refuse("INVALID_ARGUMENT", "X", "有误", holder_number="只能查询本人的证照"))
    answer = send(site, do="look:m2", holder__m2="1", purpose__m2="办理甲")
    assert answer.status_code == 400 and '<a href="#stand_ins-m2">营业执照：只能查询本人的证照</a>' in answer.text
    services.on("LookUpLicence", refuse("FAILED_PRECONDITION", "LICENCE_SOURCE_MISSING", "本地暂未接入电子证照"))
    answer = send(site, do="look:m2", holder__m2="1", purpose__m2="办理甲")
    assert answer.status_code == 409 and "本地暂未接入电子证照" in answer.text


def test_a_file_wins_over_a_licence_that_was_looked_up(site: Site, services: Services):
    site.sign_in()
    send(site, kept__m2=f"{FILE} a.pdf", proof__m2=applying.Proof(PROOF, promises.LOOK_UP_OUTCOME_NONE).value)
    (request,) = services.requests("SubmitCase")
    assert [one.material for one in request.materials] == ["m2"] and not request.stand_ins


def test_files_stay_when_something_is_refused_and_go_when_unticked(site: Site, services: Services):
    site.sign_in()
    services.on("SubmitCase", refuse("INVALID_ARGUMENT", "FORM_INVALID", "有误", materials__m4="缺少必要材料"))
    page = send(site, [("materials.m1", PDF)]).text
    assert "已经上传的文件为您保留着" in page and f'name="kept.m1" value="{FILE} 申请书.pdf" checked' in page
    services.on("SubmitCase", a_case())
    services.heard.clear()
    send(site, kept__m1=f"{FILE} 申请书.pdf")
    assert [list(one.attachments) for one in services.requests("SubmitCase")[0].materials] == [[FILE]]
    assert not services.requests("UploadAttachment")


@pytest.mark.parametrize("value", ["", "no-id name", f"{FILE}", "../etc passwd", f"{FILE.upper()} x"])
def test_a_spoilt_file_is_none(site: Site, services: Services, value: str):
    site.sign_in()
    send(site, kept__m1=value)
    assert not services.requests("SubmitCase")[0].materials


@pytest.mark.parametrize(
    "value", ["", "{}", "[]", '{"id": 1, "outcome": 1}', '{"id": "x", "outcome": "1"}', '{"a": 1}', "null"]
)
def test_a_spoilt_proof_is_none(site: Site, services: Services, value: str):
    site.sign_in()
    assert send(site, proof__m2=value).status_code == 303
    assert not services.requests("SubmitCase")[0].stand_ins


def test_who_broke_a_promise_is_told_so_and_may_hand_files_in(site: Site, services: Services):
    services.on(
        "ListPromiseBlocks",
        promises.ListPromiseBlocksResponse(blocks=[promises.PromiseBlock(blocked=True, county="990121")]),
    )
    site.sign_in()
    page = site.get(APPLY).text
    assert "您有未履行的承诺" in page and 'name="promise_digest"' not in page and 'name="waive.m3"' not in page


def test_refusals_stand_at_promise_delivery_and_dates(site: Site, services: Services):
    site.sign_in()
    told = {
        "promise_digest": "承诺书内容已更新",
        "delivery.address": "快递送达请填写详细地址",
        "stand_ins__m3": "不能以此方式免提交",
    }
    services.on("SubmitCase", refuse("INVALID_ARGUMENT", "FORM_INVALID", "有误", **told))
    page = send(site, promise_digest=DIGEST, waive__m3="yes").text
    for anchor in ("promise_digest", "delivery-address", "stand_ins-m3"):
        assert f'<a href="#{anchor}">' in page and f'id="{anchor}"' in page, anchor
    services.on("SubmitCase", refuse("FAILED_PRECONDITION", "ITEM_CHANGED", "办事指南已更新，请重新查看后提交"))
    changed = send(site)
    assert changed.status_code == 409 and "办事指南已更新" in changed.text


@pytest.mark.parametrize(
    ("case", "done"),
    [
        (a_case(cases.CASE_STATUS_PRE_REVIEW), "person-pre-review"),
        (cases.Case(id=CASE, version=4, status=cases.CASE_STATUS_CLOSED, decision_kind=2), "person-decided"),
        (a_case(), "submitted"),
    ],
    ids=["pre-review", "decided", "submitted"],
)
def test_what_was_done_is_said_as_it_is(site: Site, services: Services, case: cases.Case, done: str):
    site.sign_in()
    services.on("SubmitCase", case)
    assert send(site).headers["location"] == f"/cases/{CASE}?done={done}&at=4"


@pytest.mark.parametrize(
    ("fee", "amount"),
    [
        (catalog.Fee(name="a", standard="0元/件，已停征"), "￥0.00"),
        (catalog.Fee(name="a", standard="免费"), "￥0.00"),
        (catalog.Fee(name="a"), "￥0.00"),
        (catalog.Fee(name="a", standard="按面积计"), "以缴费通知为准"),
        (catalog.Fee(name="a", standard="0.5元/页"), "以缴费通知为准"),
        (catalog.Fee(name="a", least=100, most=123456, unit="件"), "￥1.00 至 ￥1,234.56/件"),
    ],
)
def test_amounts_of_fees_are_told_zero_as_zero(fee: catalog.Fee, amount: str):
    assert applying.fee_lines([fee]) == [("a", amount, fee.standard)]
