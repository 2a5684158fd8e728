"""JPEG and PNG as they are handed in: whole, of a size that can be shown, and nothing else appended.

Neither is decoded: what is looked at are the markers of JPEG (ITU-T T.81, B) and the chunks of PNG (ISO/IEC 15948, 5).
"""

import struct

from standards.content_signs import (
    BOMB,
    BROKEN,
    POLYGLOT,
    ContentRefused,
    refuse,
    refuse_appended,
    refuse_second_format,
)

PNG_SIGN, JPEG_SIGN = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
MOST_PIXELS = 100_000_000
# Padding some tools leave behind the end of a PNG.
PNG_SLACK = 1024
MOST_CHUNKS, MOST_SEGMENTS = 50_000, 20_000
# Frames (SOF0 to SOF15) but for DHT, JPG and DAC; markers without a length; a fill byte, start of scan, end of image.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset((0x01, 0xFF, *range(0xD0, 0xD8)))
_FILL, _SCAN, _END = 0xFF, 0xDA, 0xD9


def check_png(content: bytes) -> None:
    """Refuses a PNG with BROKEN, POLYGLOT or BOMB."""
    refuse_second_format(content, pictures=True)
    if content[8:16] != b"\0\0\0\rIHDR" or len(content) < 33:
        raise _broken()
    _require_size(*struct.unpack_from(">II", content, 16))
    at, chunks = 8, 0
    while content[at + 4 : at + 8] != b"IEND":
        chunks += 1
        if at + 12 > len(content) or chunks > MOST_CHUNKS:
            raise _broken()
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    at += 12
    if at > len(content):
        raise _broken()
    if len(content) - at > PNG_SLACK:
        raise refuse(POLYGLOT, "图片末尾附加了其他内容，请重新截图或另存后上传")
    refuse_appended(content[at:])


def check_jpeg(content: bytes) -> None:
    """Refuses a JPEG with BROKEN, POLYGLOT or BOMB.

    What phones append (a second picture, a short film, the maker's notes) stays allowed; archives, pages and programs do not.
    """
    refuse_second_format(content, pictures=True)
    scan = _headers(content)
    end = content.find(b"\xff\xd9", scan)
    if end < 0:
        raise _broken()
    refuse_appended(content[end + 2 :])


def _headers(content: bytes) -> int:
    """Looks at the segments before the first scan; where its data begin."""
    at, size = 2, (0, 0)
    for _ in range(MOST_SEGMENTS):
        if at + 4 > len(content) or content[at] != 0xFF or content[at + 1] == _END:
            break
        marker = content[at + 1]
        if marker in _BARE:
            at += 1 if marker == _FILL else 2
            continue
        if marker in _FRAMES and at + 9 <= len(content):
            height, width = struct.unpack_from(">HH", content, at + 5)
            size = max(size, (width, height), key=lambda one: one[0] * one[1])
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2:
            break
        at += 2 + length
        if marker == _SCAN:
            _require_size(*size)
            return at
    raise _broken()


def _require_size(width: int, height: int) -> None:
    if not width or not height:
        raise _broken()
    if width * height > MOST_PIXELS:
        raise refuse(BOMB, "图片尺寸过大（超过1亿像素），请缩小后上传")


def _broken() -> ContentRefused:
    return refuse(BROKEN, "图片不完整或已损坏，请重新拍摄或另存后上传")
