"""OFD and DOCX as they are handed in: ZIP packages (GB/T 33190; ISO/IEC 29500-2), looked through before anybody unpacks them.

Everything is unpacked once, in pieces that are thrown away, so that sizes other than the directory says are found: at most 100 MB, and
no more in memory than one part. The parts that say what runs, or what is loaded from elsewhere, are read.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote
from xml.parsers import expat

from standards.content_signs import (
    ACTIVE,
    ARCHIVES,
    BOMB,
    BROKEN,
    PDF_HEADER,
    PDF_REACH,
    POLYGLOT,
    TYPE,
    ZIP_END,
    ContentRefused,
    refuse,
)

ZIP_SIGN = b"PK\x03\x04"
OFD = "application/ofd"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_ENTRIES, MOST_UNPACKED, MOST_RATIO = 1000, 100 * 1024 * 1024, 100
# Up to here no ratio is looked at: a blank preview packs a thousand to one and hurts nobody.
SMALL = 1024 * 1024
LONGEST_XML, LONGEST_PART, CHUNK = 4 * 1024 * 1024, 10 * 1024 * 1024, 64 * 1024
CONTENT_TYPES, OFD_ROOT = "[Content_Types].xml", "OFD.xml"
_DOCUMENT = "wordprocessingml.document.main+xml"
_OLE = b"\xd0\xcf\x11\xe0"
_PROGRAMS = re.compile(
    r"(?:^|/)(?:vbaproject\.bin|vbadata\.xml)$|(?:^|/)activex/"
    r"|\.(?:exe|dll|scr|com|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|lnk|msi|jar|sh)$",
    re.IGNORECASE,
)
# Embedded charts have their sheet with them.
_EMBEDDED = re.compile(r"(?:^|/)embeddings/[^/]+$", re.IGNORECASE)
# Links a reader follows when he clicks, and pictures; everything else is loaded when the document is opened.
_HARMLESS = ("/hyperlink", "/image")
_OWN_DISK = re.compile(r"(?:file:/{0,3})?[A-Za-z]:[\\/]|(?![A-Za-z][A-Za-z0-9+.-]*:|[\\/]{2})", re.IGNORECASE)


def check(content: bytes) -> str:
    """The media type; TYPE for another package, and BROKEN, POLYGLOT, BOMB or ACTIVE for one that hurts."""
    if PDF_HEADER in content[:PDF_REACH]:
        raise _second_format()
    entries, starts = _directory(content, MOST_UNPACKED)
    types = _content_types(content, entries, starts)
    kind = _kind(entries, types)
    _walk(content, entries, starts, kind, MOST_UNPACKED)
    return kind


Entries = Mapping[str, zipfile.ZipInfo]
Starts = Mapping[str, int]


def _directory(content: bytes, most: int) -> tuple[Entries, Starts]:
    """The entries by their path, and where their data begin, once sizes, places and names hold."""
    end = content.rfind(ZIP_END)
    if end < 0 or end + 22 > len(content):
        raise _broken()
    rest = content[end + 22 + int.from_bytes(content[end + 20 : end + 22], "little") :]
    if rest.strip(b"\0\t\r\n "):
        raise _second_format()
    # Before the directory is read: each entry of it becomes an object.
    if content.count(b"PK\x01\x02") > MOST_ENTRIES:
        raise _bomb()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos, directory = archive.infolist(), archive.start_dir
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, OSError, struct.error):
        raise _broken() from None
    if not infos:
        raise _broken()
    _require_bounds(infos, most)
    entries = {_path(info): info for info in infos}
    if len({path.lower() for path in entries}) < len(infos):
        raise _broken()
    return entries, _places(content, entries, directory)


def _require_bounds(infos: Iterable[zipfile.ZipInfo], most: int) -> None:
    unpacked, packed = sum(one.file_size for one in infos), sum(one.compress_size for one in infos)
    if unpacked > most or (unpacked > SMALL and unpacked > MOST_RATIO * packed):
        raise _bomb()
    if any(one.flag_bits & 0x2041 for one in infos):  # encrypted: the old way, strongly, or with its directory
        raise refuse(BROKEN, "文件已加密，请去除密码后上传")
    if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in infos):
        raise _broken()


def _path(info: zipfile.ZipInfo) -> str:
    """The path inside the package. Some tools write it with backslashes, or with a slash before it."""
    path = info.orig_filename.replace("\\", "/").removeprefix("/")
    if ".." in PurePosixPath(path).parts or path.startswith("/") or re.search(r"[\x00-\x1f]|^[A-Za-z]:", path):
        raise refuse(BROKEN, "文件包内的路径不合规，请重新导出后上传")
    return path


def _places(content: bytes, entries: Entries, directory: int) -> Starts:
    """Where the data of each entry begin. Entries lie one after the other, from the first byte on; what shares bytes is a bomb."""
    starts: dict[str, int] = {}
    before = 0
    for path, info in sorted(entries.items(), key=lambda one: one[1].header_offset):
        header = content[info.header_offset : info.header_offset + 30]
        if len(header) < 30 or not header.startswith(ZIP_SIGN):
            raise _broken()
        if not starts and info.header_offset:
            raise _second_format()
        if info.header_offset < before:
            raise _bomb()
        length, extra = struct.unpack_from("<HH", header, 26)
        name = content[info.header_offset + 30 : info.header_offset + 30 + length]
        coding = "utf-8" if info.flag_bits & 0x800 else "cp437"
        if name.decode(coding, errors="replace") != info.orig_filename:
            raise _broken()
        starts[path] = info.header_offset + 30 + length + extra
        before = starts[path] + info.compress_size
        if before > directory:
            raise _broken()
    return starts


def _content_types(content: bytes, entries: Entries, starts: Starts) -> list[str]:
    """The content types an Office package states; none for another package."""
    if CONTENT_TYPES not in entries:
        return []
    told: list[str] = []
    _parse(
        _unpack(content, entries[CONTENT_TYPES], starts[CONTENT_TYPES], LONGEST_XML),
        lambda _, attributes: told.append(attributes.get("ContentType", "")),
    )
    if any("macroenabled" in one.lower() or "vbaproject" in one.lower() for one in told):
        raise _active()
    return told


def _kind(entries: Entries, types: Iterable[str]) -> str:
    word, ofd = any(_DOCUMENT in one for one in types), OFD_ROOT in entries
    if word and ofd:
        raise _second_format()
    if not word and not ofd:
        raise refuse(TYPE, "只接受PDF、JPG、PNG、OFD、DOCX文件")
    return DOCX if word else OFD


def _walk(content: bytes, entries: Entries, starts: Starts, kind: str, left: int, depth: int = 0) -> int:
    """Unpacks every entry once and looks at it; how many of the bytes that may be unpacked are left."""
    for path, info in entries.items():
        if _PROGRAMS.search(path):
            raise _active()
        relations = path.lower().endswith(".rels")
        part = _unpack(content, info, starts[path], LONGEST_XML if relations else 0)
        left -= info.file_size
        if left < 0 or part.startswith(ARCHIVES):
            raise _bomb()
        if part.startswith(ZIP_SIGN):
            if depth or kind != DOCX or not _EMBEDDED.search(path) or info.file_size > LONGEST_PART:
                raise _bomb()
            left = _walk_inside(_unpack(content, info, starts[path], LONGEST_PART), kind, left)
        elif part.startswith(_OLE):
            if info.file_size > LONGEST_PART:
                raise _bomb()
            _require_quiet(_unpack(content, info, starts[path], LONGEST_PART))
        elif relations:
            _parse(part, _refuse_loading)
    return left


def _walk_inside(content: bytes, kind: str, left: int) -> int:
    """The same for an archive inside the package, which has none inside of it."""
    entries, starts = _directory(content, left)
    _content_types(content, entries, starts)
    return _walk(content, entries, starts, kind, left, depth=1)


def _unpack(content: bytes, info: zipfile.ZipInfo, start: int, most: int) -> bytes:
    """Unpacks an entry and compares it with what the directory says. The whole for `most` bytes, or the first ones when that is 0."""
    if most and info.file_size > most:
        raise _broken()
    kept, length, checksum = [], 0, 0
    for part in _parts(memoryview(content)[start : start + info.compress_size], info.compress_type):
        if not length or most:
            kept.append(part if most else part[:64])
        length += len(part)
        checksum = zlib.crc32(part, checksum)
        if length > info.file_size:
            raise _bomb()
    if length != info.file_size or checksum != info.CRC:
        raise _broken()
    return b"".join(kept)


def _parts(packed: memoryview, method: int) -> Iterator[bytes]:
    """The unpacked content in pieces."""
    if method == zipfile.ZIP_STORED:
        for at in range(0, len(packed), CHUNK):
            yield bytes(packed[at : at + CHUNK])
        return
    unpacking, at = zlib.decompressobj(-15), 0
    while not unpacking.eof:
        fed = packed[at : at + CHUNK]
        try:
            part = unpacking.decompress(fed, CHUNK)
        except zlib.error:
            raise _broken() from None
        if not part and not fed and not unpacking.eof:
            raise _broken()
        at += len(fed) - len(unpacking.unconsumed_tail)
        if part:
            yield part


def _parse(content: bytes, element: Callable[[str, dict[str, str]], object]) -> None:
    """Elements with their attributes. A document type is refused: entities are how XML unpacks."""

    def no_doctype(*_: object) -> None:
        raise _broken()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = no_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise _broken() from None


def _refuse_loading(_: str, attributes: Mapping[str, str]) -> None:
    """A relation that loads something from elsewhere when the document is opened (ISO/IEC 29500-2, 9.3)."""
    if attributes.get("TargetMode", "").lower() != "external" or attributes.get("Type", "").endswith(_HARMLESS):
        return
    # Word notes the author's own template with its path on his disk; nothing comes from there.
    if not _OWN_DISK.match(unquote(attributes.get("Target", "")).strip()):
        raise _active()


def _require_quiet(ole: bytes) -> None:
    """An OLE object with a file packed into it, or with macros; formulas and drawings have neither."""
    packed_file = "\x01Ole10Native".encode("utf-16-le") in ole and b"Package\0" in ole
    if packed_file or "_VBA_PROJECT".encode("utf-16-le") in ole:
        raise _active()


def _second_format() -> ContentRefused:
    return refuse(POLYGLOT, "文件中夹带了另一种格式的内容，请重新导出后上传")


def _bomb() -> ContentRefused:
    return refuse(BOMB, "文件解压后过大、文件过多或层层嵌套，不能接收")


def _broken() -> ContentRefused:
    return refuse(BROKEN, "文件不完整或已损坏，请重新导出后上传")


def _active() -> ContentRefused:
    return refuse(ACTIVE, "文件含有宏、程序或外部模板，不能接收，请另存为普通文档后上传")
