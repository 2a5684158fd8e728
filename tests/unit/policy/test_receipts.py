"""The receipt of a payment: exactly what was paid, by the order that stayed paid, and no account in full."""

from dataclasses import replace
from datetime import UTC, datetime

from services.policy import model, receipts
from services.policy.model import Claim, Order, Share, Terms

AT = datetime(2026, 7, 1, 17, 30, tzinfo=UTC)
BACK = Order("order-0", 0, 5_000_000, model.RETURNED, AT, "0000", AT, AT, "ref-0", "CLOSED")
PAID = Order("order-1", 1, 101_000_056, model.SETTLED, AT, "1234", AT, AT, "ref-1")
CLAIM = Claim(
    id="claim-1",
    number="DF2026070001",
    status=model.PAID,
    attempt=1,
    item_id="item-1",
    edition=1,
    item_title="规模以上工业企业培育奖励",
    period="2026",
    mode=model.PROACTIVE,
    uscc="91990121MA0000000A",
    name="示范（云川）科技有限公司",
    region="990121000000",
    county="990121",
    department="11990121000000000A",
    department_name="云川县经信局",
    submitted_at=AT,
    terms=Terms(shares=[Share("省级", 3333), Share("县级", 6667)]),
    account_tail="1234",
    account_bank="示范银行云川支行",
    orders=[BACK, PAID],
    paid_at=AT,
)


def test_a_receipt_says_what_was_paid_to_the_fen_in_figures_and_in_words() -> None:
    said = dict(receipts.lines(CLAIM))
    assert said["金额（小写）"] == "￥1,010,000.56"
    assert said["金额（大写）"] == "壹佰零壹万元零伍角陆分"
    assert said["资金分担"] == "省级 33.33%；县级 66.67%"
    assert (said["收款单位"], said["统一社会信用代码"]) == (CLAIM.name, CLAIM.uscc)
    assert said["拨付时间"] == "2026年07月02日 01:30:00"


def test_a_receipt_is_of_the_order_that_stayed_paid() -> None:
    for orders in ([BACK, PAID], [PAID, BACK]):
        said = dict(receipts.lines(replace(CLAIM, orders=orders)))
        assert (said["支付指令"], said["银行流水号"], said["收款账户"]) == (
            "order-1",
            "ref-1",
            "****1234  示范银行云川支行",
        )


def test_a_receipt_is_a_pdf_of_one_page_whatever_is_long() -> None:
    for claim in (CLAIM, replace(CLAIM, item_title="奖励" * 200, name="企" * 120, account_bank="行" * 100)):
        made = receipts.of(claim)
        assert made.startswith(b"%PDF-")
        assert made.count(b"/Type /Page\n") == 1
