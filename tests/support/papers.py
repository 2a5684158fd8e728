"""What a PDF of ours says, read from its drawing commands: fonts must be the stand-in, whose strings are UTF-16."""

import base64
import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)
_STRING = re.compile(rb"\(((?:\\.|[^\\()])*)\) Tj", re.S)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.S)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(content: bytes) -> str:
    """All texts of the pages, lines joined."""
    return "".join(_read(one) for stream in _streams(content) for one in _STRING.findall(stream))


def _streams(content: bytes) -> list[bytes]:
    found = []
    for stream in _STREAM.findall(content):
        packed = stream.strip()
        try:
            found.append(zlib.decompress(base64.a85decode(b"<~" + packed, adobe=True)))
        except (ValueError, zlib.error):
            continue  # no page
    return found


def _read(literal: bytes) -> str:
    plain = _ESCAPE.sub(_unescaped, literal)
    # Chinese text begins every character with a byte of its own; Courier's strings are ASCII.
    ascii = plain.isascii() and b"\0" not in plain and all(32 <= one < 127 for one in plain)
    return plain.decode() if ascii and not _wide(plain) else plain.decode("utf-16-be")


def _wide(plain: bytes) -> bool:
    """Whether ASCII bytes are two-byte characters all the same: 中 is 4E 2D."""
    return False if len(plain) % 2 else all(0x4E <= one <= 0x9F for one in plain[::2])


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8)]) if code.isdigit() else _LETTERS.get(code, code)
