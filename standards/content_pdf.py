"""PDF as it is handed in: whole, alone, and without anything that acts by itself when it is opened.

Names are looked for in the bytes and in object streams (ISO 32000-1, 7.5.7), not by a parser: parsers differ, and what is looked for
must be found in what any reader would find. What an object stream hides from us (other filters, encryption) is refused, not guessed.
"""

import re
import zlib

from standards.content_signs import (
    ACTIVE,
    BOMB,
    BROKEN,
    PDF_REACH,
    ContentRefused,
    refuse,
    refuse_appended,
    refuse_second_format,
)

END = b"%%EOF"
BLANK = b"\0\t\r\n\f "
# Actions and parts that run something or carry a file (ISO 32000-1, 12.6.4, 7.11.4, 13.2; XFA forms have scripts).
NAMES = ("JavaScript", "Rendition", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "GoToE", "XFA")
MOST_OBJECT_STREAMS, MOST_UNPACKED, CHUNK = 20_000, 32 * 1024 * 1024, 64 * 1024
# A dictionary reaches its `stream` within so many bytes.
LONGEST_DICTIONARY = 4096
_CHECK_HINT = "请打印为PDF或另存为普通PDF后上传"


def _name(word: str) -> bytes:
    """A name as a pattern: every letter may be written as #xx (ISO 32000-1, 7.3.5)."""
    return b"".join(rb"(?:%c|#%02x|#%02X)" % (byte, byte, byte) for byte in word.encode())


_END_OF_NAME = rb"(?![A-Za-z0-9#_.-])"
# A second filter after Flate would show only to readers what an object stream has; nobody writes it but to hide something.
_HIDING = ("FlateDecode", "LZWDecode", "ASCIIHexDecode", "ASCII85Decode", "RunLengthDecode", "Crypt")
_CHAIN = (
    _name("FlateDecode")
    + rb"(?:\s|%[^\r\n]*[\r\n])*(?:/(?:"
    + rb"|".join(map(_name, _HIDING))
    + rb")|[0-9]+\s+[0-9]+\s+R)"
)
# The look at one letter first: a file of slashes would take half a second else.
_ACTIVE = re.compile(
    rb"/(?=[JRLEGXF#])(?:(?:" + rb"|".join(map(_name, NAMES)) + rb")" + _END_OF_NAME + rb"|" + _CHAIN + rb")"
)
_OBJECT_STREAM = re.compile(rb"/" + _name("ObjStm") + _END_OF_NAME)
_DATA = re.compile(rb"stream[ \t]*(?:\r\n|\n|\r)")
# An object stream begins with pairs of numbers: of an object, and where it is.
_PAIRS = re.compile(rb"\s*\d+\s+\d+\s")


def check(content: bytes) -> None:
    """Refuses a PDF with BROKEN, POLYGLOT, ACTIVE or BOMB."""
    refuse_second_format(content)
    # Padding at the end is common: transfers in blocks, a line too many.
    body = content.rstrip(BLANK)
    end = body.rfind(END)
    if end < 0 or len(body) - end > PDF_REACH:
        raise refuse(BROKEN, "PDF文件不完整，请重新导出后上传")
    refuse_appended(body[end + len(END) :])
    if _ACTIVE.search(content) or _acts_inside(content):
        raise refuse(ACTIVE, f"PDF含有脚本、启动动作或附件，不能接收，{_CHECK_HINT}")


def _acts_inside(content: bytes) -> bool:
    """Whether an object stream has a name that acts; what is read of all of them together is bounded."""
    left = MOST_UNPACKED
    for number, found in enumerate(_OBJECT_STREAM.finditer(content)):
        data = _DATA.search(content, found.end(), found.end() + LONGEST_DICTIONARY)
        if data is None or number >= MOST_OBJECT_STREAMS:
            raise _unreadable()
        acts, length = _scan(content, data.end(), left)
        if acts:
            return True
        left -= length
    return False


def _scan(content: bytes, start: int, left: int) -> tuple[bool, int]:
    """Whether the object stream that begins here has such a name, and its length unpacked."""
    unpacking, before, length = zlib.decompressobj(), b"", 0
    packed = memoryview(content)[start : start + CHUNK]
    while not unpacking.eof:
        try:
            part = unpacking.decompress(packed, CHUNK)
        except zlib.error:
            raise _unreadable() from None
        if not part and not unpacking.eof and not unpacking.unconsumed_tail and start >= len(content):
            raise _unreadable()
        if not length and part and not _PAIRS.match(part):
            raise _unreadable()
        length += len(part)
        if length > left:
            raise refuse(BOMB, f"PDF解压后过大，不能接收，{_CHECK_HINT}")
        if _ACTIVE.search(before + part):
            return True, length
        before = part[-64:]
        packed, start = _next(content, unpacking.unconsumed_tail, start, len(packed))
    return False, length


def _next(content: bytes, unconsumed: bytes, start: int, fed: int) -> tuple[memoryview, int]:
    """What is fed next, and where that begins in the content."""
    start += fed - len(unconsumed)
    return memoryview(content)[start : start + CHUNK], start


def _unreadable() -> ContentRefused:
    return refuse(BROKEN, f"PDF已加密或无法检查其内容，请去除密码和权限限制后上传，或{_CHECK_HINT}")
