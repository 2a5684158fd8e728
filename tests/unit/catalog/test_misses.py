"""What people look for in vain is counted, and nothing that could name anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.model_misses import kept
from services.catalog.search_words import tagged
from tests.support.left_behind import CANARIES

KNOWN = {"许可", "许可证", "补贴", "高龄", "身份证", "建设", "办理", "登记", "社保"}


def of(text: str) -> str:
    return kept(text, tagged(text), lambda asked: KNOWN & set(asked))


@pytest.mark.parametrize(
    "text", ["宠物殡葬许可", "共享单车", "房屋租赁备案", "POS机", "无人机飞行许可", "etc办理", "露营基地"]
)
def test_matters_are_kept(text: str) -> None:
    assert of(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        *CANARIES,
        *("990121199001011234", "13800138000", "138 0013 8000", "办理1380", "一三八零零一三八", "a@b.cn", "证号 99 01"),
        *(
            "王建设",
            "张伟",
            "欧阳锋身份证",
            "李明办身份证",
            "帮王小虎补贴",
            "司马相如",
            "阿依古丽·买买提",
            "zhangwei",
            "查 zhang san feng 登记",
        ),
        *("幸福路12号", "3栋2单元", "东街八号", "长街五十二号"),
        *("", "证", "x" * 31, "很" * 31, "高原", "于丹的社保", "陈独秀补贴", "abc"),
        *("陈奕迅补办身份证", "扎西多吉社保", "孩子叫林诗涵上户口", "姓名诗涵"),
    ],
)
def test_what_may_name_anybody_is_not(text: str) -> None:
    assert of(text) == ""


@given(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("0123456789ab @·"), max_size=40)
)
def test_whatever_is_kept_is_short_and_has_no_number(text: str) -> None:
    words = of(text)
    assert len(words) <= 30 and sum(character.isdigit() for character in words) < 4
