"""What a file is that people hand in, told by its content, and why one is refused. Pure.

Nothing is decoded or shown: a format is looked at as far as it says what it is, whether it is whole, and whether it would hurt who opens
it. Lenient where real tools are: blanks or a byte order mark before a PDF and padding behind it; what phones append to a JPEG; previews,
embedded sheets and formulas in a DOCX; attachments and signatures in an OFD.
"""

import re
import unicodedata

from standards import content_package, content_pdf, content_picture
from standards.content_signs import EMPTY, PDF_HEADER, PDF_REACH, POLYGLOT, SIZE, TYPE, refuse

LONGEST_NAME = 200
# Some systems write a byte order mark or an empty line before a PDF.
MOST_BEFORE_PDF = 64
_BEFORE_PDF = b"\xef\xbb\xbf\0\t\r\n\f "
# Signs that turn the direction of writing: `gpj.exe` would be read as `exe.jpg` (Unicode TR 36, 2.5).
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Names of devices, whatever follows the first dot (Windows).
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE)


def media_type(content: bytes, most: int) -> str:
    """The media type of a file of at most so many bytes: PDF, JPEG, PNG, OFD or DOCX.

    Raises ContentRefused: EMPTY, SIZE, TYPE, POLYGLOT (two formats in one), BOMB (far larger when unpacked or shown), ACTIVE (does
    something when it is opened), BROKEN (not whole, or encrypted, so that nobody can look into it).
    """
    if not content:
        raise refuse(EMPTY, "文件是空的，请重新选择")
    if len(content) > most:
        raise refuse(SIZE, f"文件超过{most // (1024 * 1024)}MB")
    if content.startswith(content_package.ZIP_SIGN):
        return content_package.check(content)
    if content.startswith(content_picture.PNG_SIGN):
        content_picture.check_png(content)
        return "image/png"
    if content.startswith(content_picture.JPEG_SIGN):
        content_picture.check_jpeg(content)
        return "image/jpeg"
    at = content.find(PDF_HEADER, 0, PDF_REACH)
    if at < 0:
        raise refuse(TYPE, "只接受PDF、JPG、PNG、OFD、DOCX文件")
    if at > MOST_BEFORE_PDF or content[:at].strip(_BEFORE_PDF):
        raise refuse(POLYGLOT, "PDF之前有其他内容，请重新导出后上传")
    content_pdf.check(content)
    return "application/pdf"


def name_fault(filename: str) -> str:
    """What is wrong with a file's name, empty when nothing is. A name is taken as it is or refused: to take a part of it in silence would
    be another name than the person saw."""
    name = filename.strip()
    if not name or not name.strip(". "):
        return "文件名不能为空"
    if len(filename) > LONGEST_NAME:
        return f"文件名超过{LONGEST_NAME}个字符"
    if re.search(r"[/\\]|^[A-Za-z]:", name):
        return "文件名不能含有路径"
    if any(sign in _TURNING or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in filename):
        return "文件名含有不可见的控制字符"
    return "文件名是系统保留的名称" if _DEVICE.fullmatch(name) else ""
