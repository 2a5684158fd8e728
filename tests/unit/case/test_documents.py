"""The documents of a case: made from one entry each, numbered and coded, and printed the same every time."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import reportlab
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as some

from chassis import paper
from chassis.acts import Moment
from chassis.plain import plain
from services.case import documents, documents_pdf, documents_texts
from services.case.documents import Made
from services.case.documents_words import GONE, Facts, Quote, Rows, Sheet, Table, is_licence
from services.case.model_evolve import EVOLVE
from standards.identifiers import CROCKFORD
from tests.support import papers
from tests.support.items import definition
from yiwang.case.v1 import documents_pb2 as pb
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.catalog.v1 import service_pb2 as catalog

NUMBER = "990121260928ABCDEF8"
START = datetime(2026, 9, 28, 1, 5, tzinfo=UTC)
BASE, CODE = "https://county.test", "7QK3M9XW2A7QK3M9XW2A"
FILE = events.HandedInFile(attachment_id="f", material="application", size=1234, sha256="ab" * 32)
DUES = {"promised_due": "2026-10-13T15:59:59+00:00", "statutory_due": "2026-11-03T15:59:59+00:00"}
LATER = events.Dues(promised_due="2026-10-27T15:59:59+00:00", statutory_due="2026-11-17T15:59:59+00:00")
ACCEPTED = events.CaseAccepted(officer_id="o", **DUES)
GRANTED = events.CaseDecided(officer_id="o", granted=True, deliver_due="2026-10-27T15:59:59+00:00")
DENIED = events.CaseDecided(officer_id="o", granted=False, sealed_reason="面积不足")
REVOKED = events.DecisionRevoked(officer_id="o", sealed_reason="隐瞒情况取得")


def submitted(**more: Any) -> events.CaseSubmitted:
    """An application of the item of the tests; what is sealed stands here in clear."""
    fields: dict[str, Any] = {
        "number": NUMBER,
        "item_name": "公共场所卫生许可",
        "department_name": "示范县卫生健康局",
        "result_name": "卫生许可证",
        "region": "990121",
        "sealed_form": "form",
        "files": [FILE],
        "receipt_digest": "cd" * 32,
        "accept_due": "2026-10-09T15:59:59+00:00",
        "promised_limit": catalog.Limit(amount=5, unit=catalog.TIME_UNIT_WORKING_DAY),
        "statutory_limit": catalog.Limit(amount=20, unit=catalog.TIME_UNIT_WORKING_DAY),
    }
    return events.CaseSubmitted(**(fields | more))


def item(**more: Any) -> catalog.ItemDefinition:
    """The item of the tests; its form tells who applies."""
    found = definition(type_code="01", **more)
    found.form_fields[0].fact = "applicant.name"
    return found


class Way:
    """A case that went the way of these events, a day apart."""

    def __init__(self, *told: Message, of: catalog.ItemDefinition | None = None, erased: bool = False) -> None:
        self.item, self.erased = of or item(), erased
        self.events = list(told) if isinstance(told[0], events.CaseSubmitted) else [submitted(), *told]
        self.journal = [
            {
                "seq": seq,
                "type": type(one).__name__,
                "at": START + timedelta(days=seq - 1),
                "by": "",
                "data": plain(one),
            }
            for seq, one in enumerate(self.events, 1)
        ]

    def all(self) -> list[Made]:
        def read(entry: Any) -> Message:
            return self.events[entry["seq"] - 1]

        return documents.documents(NUMBER, self.journal, read, is_licence(self.item))

    def titles(self) -> list[str]:
        return [made.title for made in self.all()]

    def sheet(self, title: str) -> Sheet:
        """The document of this title, as it would be printed."""
        made = next(one for one in self.all() if one.title == title)
        state: Any = None
        for event, entry in list(zip(self.events, self.journal, strict=True))[: made.seq]:
            state = EVOLVE[type(event)](state, event, Moment(entry["at"], ""))  # type: ignore[arg-type]
        form = None if self.erased else {"name": "张三丰", "phone": "13912345678"}
        earlier = [one for one in self.all() if one.seq < made.seq]

        def opened(sealed: str) -> str:
            return "" if self.erased else sealed

        return documents_texts.sheet(Facts(made, state, self.item, form, opened, earlier))


def words(sheet: Sheet) -> str:
    """All a document says."""
    told = [sheet.authority, sheet.title, sheet.number, sheet.addressee]
    for block in sheet.body:
        told += _words(block)
    return "\n".join([*told, sheet.signed_by, sheet.day])


def _words(block: Any) -> Sequence[str]:
    if isinstance(block, str):
        return [block]
    if isinstance(block, Quote):
        return [block.label, block.text]
    return [part for row in block.rows for part in row]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    """No font of the machine: its strings are read by `papers`."""
    monkeypatch.setattr(paper, "FONTS", ())
    paper.font_name.cache_clear()
    yield
    paper.font_name.cache_clear()


PROMISE = events.Promise(text_digest="ef" * 32)
PROCEDURE = events.SpecialProcedureStarted(
    procedure=1,
    kind=catalog.PROCEDURE_KIND_HEARING,
    expected_until="2026-10-20T15:59:59+00:00",
    pauses=True,
    sealed_notice="举行听证会",
)
EXTENDED = events.LimitExtended(days=10, sealed_reason="案情复杂", dues=LATER)


@pytest.mark.parametrize(
    ("way", "titles"),
    [
        ([submitted()], ["收件凭证"]),
        ([submitted(pre_review=True)], []),
        ([submitted(pre_review=True), events.PreReviewPassed(), events.CaseHandedIn()], ["收件凭证"]),
        ([submitted(promise=PROMISE)], ["收件凭证", "告知承诺书"]),
        ([events.CorrectionRequested(), events.CaseCorrected()], ["收件凭证", "补正告知书", "补正材料收件凭证"]),
        ([ACCEPTED, PROCEDURE, EXTENDED], ["收件凭证", "受理通知书", "特别程序告知书", "延期通知书"]),
        ([events.CaseRefused()], ["收件凭证", "不予受理通知书"]),
        ([events.CaseNotAccepted(not_needed=False)], ["收件凭证", "不予受理通知书"]),
        ([events.CaseNotAccepted(not_needed=True)], ["收件凭证", "不受理告知书"]),
        ([ACCEPTED, GRANTED, REVOKED], ["收件凭证", "受理通知书", "准予行政许可决定书", "撤销决定书"]),
        ([ACCEPTED, DENIED], ["收件凭证", "受理通知书", "不予行政许可决定书"]),
        ([ACCEPTED, events.ResultPushed(granted=True)], ["收件凭证", "受理通知书", "准予行政许可决定书"]),
        ([events.DeferredSupplied(), events.ResultDelivered()], ["收件凭证", "容缺材料收件凭证", "送达回证"]),
    ],
)
def test_each_entry_that_makes_a_document_makes_its_own(way: list[Message], titles: list[str]) -> None:
    assert Way(*way).titles() == titles


def test_every_kind_of_document_of_the_contract_is_made_of_some_event() -> None:
    assert {kind.kind for kind in documents.KINDS} == set(pb.DocumentKind.values()) - {0}
    assert {kind.event for kind in documents.KINDS} <= set(events.DESCRIPTOR.message_types_by_name)
    letters = {(kind.kind, kind.letter) for kind in documents.KINDS}
    assert len({letter for _, letter in letters}) == len(letters), "a letter tells the kind"


def test_a_receipt_lists_what_was_handed_in_with_its_digest() -> None:
    sheet = Way(submitted()).sheet("收件凭证")
    told = words(sheet)
    assert sheet.addressee == "张三丰" and sheet.number == f"{NUMBER}-R1"
    assert [one.rows for one in sheet.body if isinstance(one, Table)] == [[("1", "申请书", "1,234", "ab" * 32)]]
    assert "2026年9月28日9时05分收到" in told and "2026年10月9日（含当日）前告知是否受理" in told and "cd" * 32 in told
    assert "13912345678" not in told


def test_a_document_says_nothing_of_what_came_after_it() -> None:
    more = events.HandedInFile(attachment_id="g", material="plan", size=1, sha256="12" * 32)
    way = Way(events.CorrectionRequested(), events.CaseCorrected(files=[more]), ACCEPTED, EXTENDED)
    assert words(way.sheet("收件凭证")) == words(Way(submitted()).sheet("收件凭证"))
    assert "2026年10月13日" in words(way.sheet("受理通知书")) and "2026年10月27日" in words(way.sheet("延期通知书"))
    assert "12" * 32 in words(way.sheet("补正材料收件凭证"))


def test_a_correction_notice_names_all_that_is_missing_once_and_until_when() -> None:
    asked = events.CorrectionRequested(
        materials=["application", "plan"], sealed_notice="请补平面图", answer_due="2026-10-15T15:59:59+00:00"
    )
    told = words(Way(asked).sheet("补正告知书"))
    for part in ("第三十二条第一款第四项", "1．申请书", "2．平面图", "请补平面图", "2026年10月15日（含当日）前补正"):
        assert part in told


def test_an_acceptance_tells_both_limits_and_where_they_end() -> None:
    told = words(Way(ACCEPTED).sheet("受理通知书"))
    for part in ("第三十二条第一款第五项", "5个工作日", "2026年10月13日", "20个工作日", "2026年11月3日"):
        assert part in told
    assert "尚未公布节假日" not in told
    provisional = events.CaseAccepted(provisional=True, **DUES)
    assert "尚未公布节假日" in words(Way(provisional).sheet("受理通知书"))


def test_a_deemed_acceptance_is_dated_back_to_the_receipt() -> None:
    deemed = events.CaseAccepted(deemed=True, **{"from": START.isoformat()}, **DUES)
    told = words(Way(deemed).sheet("受理通知书"))
    assert "自2026年9月28日起即为受理" in told and "予以受理" not in told
    asked, mended = events.CorrectionRequested(materials=["plan"]), events.CaseCorrected(accept_due=START.isoformat())
    since = {"from": (START + timedelta(days=2)).isoformat()}
    told = words(Way(asked, mended, events.CaseAccepted(deemed=True, **since, **DUES)).sheet("受理通知书"))
    assert "自收到补正材料之日起" in told and "自2026年9月30日起即为受理" in told, "told in time, and silent afterwards"


@pytest.mark.parametrize(
    ("event", "article"),
    [
        (events.CaseRefused(sealed_reason="不符合法定形式"), "第三十二条的规定，本机关决定不予受理"),
        (events.CaseNotAccepted(not_needed=True, sealed_reason="为什么"), "第三十二条第一款第一项"),
        (events.CaseNotAccepted(not_needed=False, sealed_reason="为什么"), "第三十二条第一款第二项"),
    ],
)
def test_what_is_not_accepted_tells_why_and_how_to_object(event: Any, article: str) -> None:
    way = Way(event)
    told = words(way.sheet(way.titles()[-1]))
    assert article in told and event.sealed_reason in told and "六十日内" in told and "六个月内" in told


def test_a_procedure_and_an_extension_tell_how_long_and_why() -> None:
    way = Way(ACCEPTED, PROCEDURE, EXTENDED)
    told = words(way.sheet("特别程序告知书"))
    for part in ("听证", "第四十五条", "2026年10月20日", "举行听证会", "不计算在办理期限内"):
        assert part in told
    told = words(way.sheet("延期通知书"))
    for part in ("第四十二条", "延长10个工作日", "案情复杂", "2026年10月27日", "2026年11月17日"):
        assert part in told


def test_a_denial_gives_its_reason_and_both_remedies_and_a_grant_its_result() -> None:
    told = words(Way(ACCEPTED, DENIED).sheet("不予行政许可决定书"))
    for part in ("第三十八条第二款", "面积不足", "行政复议法》第二十条", "行政诉讼法》第四十六条"):
        assert part in told
    told = words(Way(ACCEPTED, GRANTED).sheet("准予行政许可决定书"))
    assert "第三十八条第一款" in told and "卫生许可证" in told and "2026年10月27日" in told


def test_a_renewal_nobody_decided_is_deemed_granted_and_not_called_reviewed() -> None:
    deemed = events.CaseDecided(granted=True, kind=case_pb.DECISION_KIND_DEEMED)
    told = words(Way(deemed).sheet("准予行政许可决定书"))
    assert "第五十条第二款" in told and "视为准予延续" in told and "经审查" not in told and "受理。" not in told


def test_a_revocation_names_the_decision_it_takes_back() -> None:
    told = words(Way(ACCEPTED, GRANTED, REVOKED).sheet("撤销决定书"))
    assert f"{NUMBER}-D3" in told and "第六十九条" in told and "隐瞒情况取得" in told


def test_a_delivery_receipt_names_what_was_delivered_how_and_to_whom() -> None:
    delivered = events.ResultDelivered(way=case_pb.DELIVERY_WAY_PICK_UP, sealed_taker="李四")
    issued = events.ResultIssued(officer_id="o", result_number="卫证字1号")
    sheet = Way(ACCEPTED, GRANTED, issued, delivered).sheet("送达回证")
    told = words(sheet)
    assert sheet.by_hand and not sheet.by_applicant
    for part in (f"{NUMBER}-D3", "卫证字1号", "窗口领取", "李四", "2026年10月2日9时05分"):
        assert part in told


def test_a_promise_is_the_applicants_word_for_word() -> None:
    of = item()
    of.handling.commitment_text = "本人承诺符合条件。"
    sheet = Way(submitted(promise=PROMISE), of=of).sheet("告知承诺书")
    assert (sheet.by_applicant, sheet.signed_by, sheet.addressee) == (True, "张三丰", "示范县卫生健康局")
    assert "本人承诺符合条件。" in words(sheet) and "ef" * 32 in words(sheet)


def test_what_is_no_licence_is_not_called_one() -> None:
    service = item()
    service.type_code = "20"
    way = Way(ACCEPTED, GRANTED, of=service)
    told = words(way.sheet("准予办理决定书"))
    assert "参照《中华人民共和国行政许可法》" in told and "准予许可" not in told


def test_after_erasure_nothing_personal_is_left_and_the_document_says_so() -> None:
    sheet = Way(ACCEPTED, DENIED, erased=True).sheet("不予行政许可决定书")
    told = words(sheet)
    assert sheet.erased and sheet.addressee == "" and GONE in told
    assert "张三丰" not in told and "面积不足" not in told and "第三十八条第二款" in told
    assert GONE in papers.text_of(documents_pdf.pdf(sheet, BASE, CODE))


# -- whether it holds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "title", "state", "by"),
    [
        ([ACCEPTED, GRANTED], "准予行政许可决定书", "VALID", ""),
        ([ACCEPTED, GRANTED, REVOKED], "准予行政许可决定书", "REVOKED", "撤销决定"),
        ([ACCEPTED, GRANTED, events.ResultCancelled()], "准予行政许可决定书", "CANCELLED", "注销结果"),
        ([ACCEPTED, EXTENDED], "受理通知书", "REPLACED", "审批时限延长：10个工作日"),
        ([ACCEPTED, EXTENDED], "延期通知书", "VALID", ""),
        ([ACCEPTED, events.DeadlinesRecalculated(dues=events.Dues(**DUES))], "受理通知书", "VALID", ""),
        ([ACCEPTED, GRANTED, REVOKED], "撤销决定书", "VALID", ""),
        ([ACCEPTED, GRANTED, REVOKED], "收件凭证", "VALID", ""),
    ],
)
def test_a_document_holds_until_what_it_says_is_taken_back_or_moved(
    way: list[Message], title: str, state: str, by: str
) -> None:
    made = next(one for one in Way(*way).all() if one.title == title)
    assert (pb.DocumentState.Name(made.state), made.ended_title) == (f"DOCUMENT_STATE_{state}", by)  # type: ignore[arg-type]


# -- numbers and codes -------------------------------------------------------------------------------------------------


@given(some.binary(min_size=32, max_size=32))
def test_a_code_is_read_as_people_type_it_and_one_wrong_letter_is_noticed(random: bytes) -> None:
    code = documents.code_of(random.hex())
    assert len(code) == documents.CODE_LENGTH and set(code[:-1]) <= set(CROCKFORD)
    assert documents.read_code(documents.grouped(code).lower()) == code
    assert documents.read_code(f" {code[:-1].replace('0', 'o').replace('1', 'l')}{code[-1]} ") == code
    for place in range(len(code) - 1):
        other = CROCKFORD[(CROCKFORD.index(code[place]) + 1) % 32]
        assert documents.read_code(code[:place] + other + code[place + 1 :]) == ""


def test_codes_of_two_documents_differ_in_more_than_their_end() -> None:
    codes = {documents.code_of(hashlib.sha256(str(n).encode()).hexdigest()) for n in range(500)}
    assert len({code[:8] for code in codes}) == 500


def test_numbers_are_read_as_typed_and_masked_as_told() -> None:
    number = f"{_case_number()}-D7"
    assert documents.read_number(f" {number.lower()} ") == number
    assert documents.case_of(number) == _case_number()
    masked = documents.masked_number(number)
    assert masked.startswith("990121*********") and masked.endswith(f"{number[15:19]}-D7")
    assert number[6:12] not in masked and len(masked) == len(number)


@pytest.mark.parametrize(
    "typed", ["", "x", "990121260928ABCDEF0-D7", "D7", "../etc/passwd", "-".join(["9" * 19, "D0"])]
)
def test_what_can_be_no_number_is_none(typed: str) -> None:
    assert documents.read_number(typed) == ""


def _case_number() -> str:
    from standards.identifiers import case_number

    return case_number("990121", START.date(), b"\x12\x34\x56\x78")


# -- on paper ----------------------------------------------------------------------------------------------------------


def test_the_same_words_give_the_same_bytes_and_other_words_others() -> None:
    sheet = Way(ACCEPTED).sheet("受理通知书")
    first, again = documents_pdf.pdf(sheet, BASE, CODE), documents_pdf.pdf(sheet, BASE, CODE)
    assert first == again
    assert documents_pdf.pdf(Way(submitted()).sheet("收件凭证"), BASE, CODE) != first


def test_with_a_font_of_the_machine_the_same_words_give_the_same_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "FONTS", (str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"),))
    paper.font_name.cache_clear()
    sheet = Way(ACCEPTED).sheet("受理通知书")
    first = documents_pdf.pdf(sheet, BASE, CODE)
    assert b"/FontFile2" in first and documents_pdf.pdf(sheet, BASE, CODE) == first


def test_documents_printed_at_the_same_time_do_not_mix() -> None:
    sheets = [Way(ACCEPTED).sheet("受理通知书"), Way(submitted()).sheet("收件凭证")] * 4
    with ThreadPoolExecutor(4) as pool:
        printed = list(pool.map(lambda sheet: documents_pdf.pdf(sheet, BASE, CODE), sheets))
    assert len(set(printed)) == 2 and printed[:2] * 4 == printed


def test_each_page_says_which_document_it_is_and_how_it_is_verified() -> None:
    files = [
        events.HandedInFile(attachment_id=str(n), material="application", size=n, sha256=f"{n:064}") for n in range(40)
    ]
    content = documents_pdf.pdf(Way(submitted(files=files)).sheet("收件凭证"), BASE, CODE)
    text = papers.text_of(content)
    pages = text.count("共 3 页")
    assert pages == 3 and text.count(f"{BASE}/verify") == pages and text.count(documents.grouped(CODE)) == pages
    assert "张三丰：" in text and f"{39:064}" in text


def test_what_people_write_is_no_markup(tmp_path: Any) -> None:
    secret = tmp_path / "secret.png"
    evil = f"<b>粗</b><img src='{secret}'/> & <para>\x00\x1b\n第二行 𠮷 😀"
    denied = events.CaseDecided(granted=False, sealed_reason=evil)
    text = papers.text_of(documents_pdf.pdf(Way(ACCEPTED, denied).sheet("不予行政许可决定书"), BASE, CODE))
    assert "<b>粗</b><img src=" in text and "第二行" in text


def test_a_blank_form_leaves_the_addressee_open() -> None:
    sheet = Way(submitted(), of=definition(type_code="01")).sheet("收件凭证")
    assert sheet.addressee == "" and not sheet.erased
    assert GONE not in papers.text_of(documents_pdf.pdf(sheet, BASE, CODE))


def test_labels_stand_beside_their_values() -> None:
    sheet = Way(ACCEPTED).sheet("受理通知书")
    rows = dict(row for one in sheet.body if isinstance(one, Rows) for row in one.rows)
    assert rows["承诺办结日期"] == "2026年10月13日" and rows["法定届满日期"] == "2026年11月3日"
