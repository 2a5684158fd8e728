"""How published guides say that a fee is none."""

import re
from typing import Final

# 0元/件，已停征; 免费; 不收费（小微企业）. What follows the amount explains it, and is no part of it.
_NOTHING: Final = re.compile(
    r"(0(\.0+)?\s*元?(\s*/\s*[^\s，,；;（(。]+)?|免费|免收|不收费|零费用|无)([，,；;（(。].*)?", re.DOTALL
)


def is_none(standard: str) -> bool:
    """Whether the words of a fee without an amount say that nothing is charged; none at all say so, too."""
    words = standard.strip()
    return not words or _NOTHING.fullmatch(words) is not None
