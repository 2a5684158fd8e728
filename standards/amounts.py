"""Amounts of money in Chinese capital numerals (人民币大写), as payment vouchers carry them. Pure.

After 支付结算办法 appendix 1 (正确填写票据和结算凭证的基本规定): 整 after 元 and 角, 零 where digits are left out.
"""

from typing import Final

DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
PLACES: Final = ("", "拾", "佰", "仟")
GROUPS: Final = ("", "万", "亿", "万")
MOST: Final = 10**18


def capital(fen: int) -> str:
    """An amount of fen in capital numerals: 120050 is 壹仟贰佰元零伍角整. ValueError below zero and from 10^18 fen on."""
    if not 0 <= fen < MOST:
        raise ValueError("no amount that is written")
    yuan, rest = divmod(fen, 100)
    jiao, cent = divmod(rest, 10)
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        return f"{whole or '零元'}整"
    gap = "零" if whole and (not jiao or yuan % 10 == 0) else ""
    told = f"{DIGITS[jiao]}角" if jiao else ""
    return whole + gap + told + (f"{DIGITS[cent]}分" if cent else "整")


def _whole(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    found = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            continue
        # A zero is spoken where thousands or a whole group are left out; of 107000.53 the regulation writes 壹拾万柒仟元零伍角叁分.
        if found and (group < 1000 or not groups[place + 1]):
            found += "零"
        found += _group(group) + GROUPS[place]
        # Ten thousands of 亿 share one 亿 with what follows them.
        if place == 3 and not groups[2]:
            found += GROUPS[2]
    return found


def _group(group: int) -> str:
    found, zero = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            found += ("零" if zero and found else "") + DIGITS[digit] + PLACES[place]
            zero = False
        else:
            zero = True
    return found
