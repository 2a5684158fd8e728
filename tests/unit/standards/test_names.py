"""Names: what is written as documents write it is clear, what hides or imitates something is not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.identifiers import name_mask
from standards.names import name_unclear

CLEAR = (
    *("张三", "诸葛试真名", "欧阳娜娜", "阿不都·热合曼", "买买提·吐尔逊·艾力", "\U00020bb7田", "〇一", "㐂三"),
    *("John Smith", "JOHN SMITH", "José O’Brien-Łukasz", "J. R. R. Tolkien", "Smith, John", "Nguyễn Văn An"),
    *("Yıldız Ğüneş", "Sammy Davis Jr.", "  张三  ", "\u3000张三"),
)
UNCLEAR = {
    "zero-width space": "张\u200b三",
    "zero-width joiner": "张\u200d三",
    "byte order mark": "\ufeff张三",
    "soft hyphen": "Jo\u00adhn",
    "right-to-left override": "\u202e三张",
    "isolate": "\u2067张三\u2069",
    "variation selector": "张\ufe0f三",
    "ideographic variation": "葛\U000e0100",
    "tag characters": "张三\U000e0041",
    "private use": "张\ue000",
    "unassigned": "张\u0378",
    "combining mark alone": "\u0301",
    "letter and combining mark": "e\u0301lan",
    "stacked marks": "Z\u0334\u0335a",
    "Cyrillic among Latin": "\u0410nna",
    "Greek among Latin": "J\u03bfhn",
    "Cyrillic whole": "\u0410\u043d\u043d\u0430",
    "Latin among Chinese": "张San",
    "full-width letters": "ｊｏｈｎ",
    "mathematical letters": "\U0001d5dd\U0001d5fc",
    "small capitals": "ᴊohn",
    "a ligature": "ﬁona",
    "a click letter": "Aǀi",
    "a radical": "\u2f00二",
    "a radical of the supplement": "\u2ee2二",
    "a compatibility ideograph": "\uf900",
    "katakana dot": "阿・买",
    "bullet": "阿•买",
    "two dots": "阿··买",
    "a dot before": "·张三",
    "a dot after": "张三·",
    "a blank inside": "张 三",
    "two blanks": "John  Smith",
    "a line end": "张\n三",
    "digits": "张三1",
    "a circle": "○一",
    "emoji": "张三😀",
    "an operator": '{"$gt": ""}',
    "markup": "<b>张三</b>",
    "a lone hyphen": "-",
}


@pytest.mark.parametrize("name", CLEAR)
def test_a_name_as_documents_write_it_is_clear(name: str) -> None:
    assert not name_unclear(name)


@pytest.mark.parametrize("fault", UNCLEAR)
def test_a_name_that_hides_or_imitates_is_not(fault: str) -> None:
    assert name_unclear(UNCLEAR[fault])


def test_an_empty_name_is_missing_and_not_unclear() -> None:
    assert not name_unclear("") and not name_unclear("  ")


@given(st.text(st.sampled_from("张三·欧a Aé-’.,"), max_size=12))
def test_no_clear_name_mixes_scripts(name: str) -> None:
    if not name_unclear(name):
        scripts = {unicodedata.name(letter).split()[0] for letter in name if unicodedata.category(letter)[0] == "L"}
        assert len(scripts) <= 1


@given(st.text(max_size=8))
def test_no_clear_name_holds_what_is_not_seen(name: str) -> None:
    if not name_unclear(name):
        assert not [one for one in name.strip() if unicodedata.category(one)[0] in "CM"]


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        *(("张三", "张*"), ("张三丰", "张**"), ("欧阳娜娜", "欧阳**"), ("诸葛亮", "诸葛*"), ("欧阳", "欧*")),
        *(("阿不都·热合曼", "阿******"), ("John Smith", "J*********"), ("李", "*"), ("", ""), (" 张三 ", "张*")),
    ],
)
def test_of_a_name_the_family_name_stays(name: str, masked: str) -> None:
    assert name_mask(name) == masked
