"""Short codes of items: ten letters and digits without I, L, O and U (Crockford's base 32), printed in addresses and QR codes."""

import uuid
from typing import Final

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 10


def short_code(id: str) -> str:
    """The short code of the item with this id (a UUID): its first 50 bits. It never changes, because the id does not.

    Of 100,000 items two share one with a probability of one in 200,000.
    """
    bits = uuid.UUID(id).int >> 78
    return "".join(_LETTERS[bits >> 5 * place & 31] for place in reversed(range(LENGTH)))


def read_short_code(typed: str) -> str:
    """What people may type for it: small letters, O for 0, I and L for 1."""
    return typed.upper().translate(str.maketrans("OIL", "011"))
