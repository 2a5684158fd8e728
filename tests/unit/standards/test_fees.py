"""How published guides say that a fee is none."""

import pytest

from standards import fees


@pytest.mark.parametrize(
    "standard",
    [
        "",
        " ",
        "0",
        "0元",
        "0.00 元",
        "免费",
        "不收费",
        "零费用",
        "无",
        "0元/件，已停征",
        "0元/套，由财政承担",
        "免费（小微企业）",
        "0 元/本。",
    ],
)
def test_words_that_say_nothing_is_charged(standard: str):
    assert fees.is_none(standard)


@pytest.mark.parametrize(
    "standard", ["0.5元/页", "0元起", "00元", "按面积计收", "首件免费", "10元", "无偿部分另计", "以通知为准"]
)
def test_words_that_leave_an_amount_open(standard: str):
    assert not fees.is_none(standard)
