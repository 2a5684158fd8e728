"""Blank forms and samples of guides: one document each, by the SHA-256 of its content. Public, so not sealed.

A file fits into a document (16 MB), and one insert is whole or not at all: a file in chunks could be left half by a crash.
"""

import hashlib
import io
import zipfile
from contextlib import suppress
from typing import Any, Final, NamedTuple

import puremagic
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]
_FILES: Final = "guide_files"
MOST_BYTES: Final = 5 * 2**20
# What a zip must have in it to be taken for a document or a sheet.
_ZIPPED: Final = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TYPES: Final = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
}
_MOST_ENTRIES: Final = 5000


class File(NamedTuple):
    """A file as it was kept first: its name then, its type by content, its content."""

    name: str
    type: str
    content: bytes


def media_type(content: bytes) -> str | None:
    """PDF, PNG, JPEG, DOCX or XLSX by content; None for anything else."""
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    try:
        return _TYPES.get(puremagic.from_string(content[:65536]))
    except (puremagic.PureError, ValueError):
        return None


def _zipped(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = file.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    found = [type for name, type in _ZIPPED.items() if name in names]
    # Both or neither is no office document, nor is one without its table of contents.
    known = len(found) == 1 and "[Content_Types].xml" in names and len(names) <= _MOST_ENTRIES
    return found[0] if known else None


def put(database: Database[Document], name: str, type: str, content: bytes) -> str:
    """Keeps a file and returns its id; the same content again changes nothing."""
    id = hashlib.sha256(content).hexdigest()
    with suppress(DuplicateKeyError):
        database[_FILES].insert_one({"_id": id, "name": name, "type": type, "content": content})
    return id


def find(database: Database[Document], id: str) -> File | None:
    """The file of this id; None when there is none."""
    found = database[_FILES].find_one({"_id": id})
    return File(found["name"], found["type"], bytes(found["content"])) if found else None


def has(database: Database[Document], id: str) -> bool:
    """Whether there is a file of this id."""
    return database[_FILES].find_one({"_id": id}, {"_id": 1}) is not None
