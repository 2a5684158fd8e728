"""Names of natural persons: which are written so that everybody reads the same characters a program compares.

A name on an identity document of the People's Republic is written in Chinese characters, with the middle dot U+00B7 between the parts
of a transliterated one (户口登记条例; 通用规范汉字表, GB 18030-2022), or, of a foreigner, in Latin letters (ICAO Doc 9303).
Anything else in a name hides something or looks like what it is not (Unicode TR 36 and 39).
"""

import re
import unicodedata

DOT = "·"
"""MIDDLE DOT (U+00B7), between the parts of a transliterated name; look-alikes of it are not it."""

# The blocks of ideographs with their extensions, and 〇. Radicals and compatibility ideographs look the same and are not in them.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df\U0002a700-\U0002ebe0\U00030000-\U000323af"
_CHINESE = re.compile(f"[{_HAN}]+(?:{DOT}[{_HAN}]+)*")
# Latin letters that no base letter of ASCII is under.
_LATIN_ALONE = frozenset("ÆæŒœØøÐðÞþŁłĐđĦħŊŋßẞı")
_BETWEEN = re.compile(r"(?:, |\. ?|[ \-'’])")


def name_unclear(name: str) -> bool:
    """Whether a person's name mixes scripts, hides characters or uses look-alikes; blanks around it are not asked.

    Clear is: Chinese characters, parts joined by one `·` each; or Latin letters (precomposed, with their usual accents), words joined
    by one blank, hyphen, apostrophe, full stop or comma. An empty name is not unclear: that it is missing is another fault.
    """
    name = name.strip()
    if not name:
        return False
    if _CHINESE.fullmatch(name):
        return any(unicodedata.category(letter) == "Cn" for letter in name)  # a place of a block that is empty
    if unicodedata.normalize("NFKC", name) != name:
        return True
    words = _BETWEEN.split(name.removesuffix("."))
    return not all(word and all(_latin(letter) for letter in word) for word in words)


def _latin(letter: str) -> bool:
    base = unicodedata.normalize("NFD", letter)[0]
    return letter in _LATIN_ALONE or base in _LATIN_ALONE or (base.isascii() and base.isalpha())
