"""What a file's content is refused with, and the signs of another format hidden in it."""

TYPE, POLYGLOT, BOMB = "TYPE", "POLYGLOT", "BOMB"
ACTIVE, BROKEN, EMPTY, SIZE = "ACTIVE", "BROKEN", "EMPTY", "SIZE"
# A ZIP is found by its end record, which lies within so many bytes of the end (22, and a comment of at most 65,535).
ZIP_END, ZIP_REACH = b"PK\x05\x06", 65_557
# Readers take a PDF whose header is within so many bytes of the start (ISO 32000-1, H.3.4.1).
PDF_HEADER, PDF_REACH = b"%PDF-", 1024
# Archives that are opened wherever they begin.
ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
SCRIPTS = (b"<script", b"<html", b"<!doctype", b"<?php", b"<svg")
# What a program begins with, and a ZIP.
PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"PK\x03\x04")


class ContentRefused(ValueError):
    """Why a file is refused: a reason of this module, and the message for who brought it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason)
        self.reason, self.message = reason, message


def refuse(reason: str, message: str) -> ContentRefused:
    """What is raised for a content."""
    return ContentRefused(reason, message)


def refuse_second_format(content: bytes, pictures: bool = False) -> None:
    """POLYGLOT for a file some programs would take for an archive, and a picture some would take for a page.

    Pages are looked for in pictures only: the text of a document may well speak of them.
    """
    found = ZIP_END in content[-ZIP_REACH:] or any(sign in content for sign in ARCHIVES)
    if pictures and not found:
        small = content.lower()
        found = PDF_HEADER in content[:PDF_REACH] or any(sign in small for sign in SCRIPTS)
    if found:
        raise refuse(POLYGLOT, "文件中夹带了另一种格式的内容，请重新导出后上传")


def refuse_appended(rest: bytes) -> None:
    """POLYGLOT for what follows the end of a file, where it is a format of its own."""
    start = rest[:PDF_REACH].lstrip(b"\0\t\r\n\f ")
    if start.startswith(PROGRAMS) or PDF_HEADER in start or any(sign in start.lower() for sign in SCRIPTS):
        raise refuse(POLYGLOT, "文件末尾附加了另一种格式的内容，请重新导出后上传")
