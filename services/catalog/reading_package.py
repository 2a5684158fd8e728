"""The archive of an XLSX: entries that are bounded whatever they declare, and XML without document types or entities."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from services.catalog.reading import Unreadable

MOST_ENTRIES: Final = 2_000
MOST_TIMES: Final = 8
"""All entries unpacked, in times of the largest file."""
MOST_RATIO, RATIO_FROM = 200, 10 * 2**20
"""No entry above that size unpacks to more than so many times its packed size."""
BOOK: Final = "xl/workbook.xml"
_CHUNK: Final = 2**18
_END: Final = 22
_DTD: Final = "XLSX 中的 XML 含有 DTD 或实体定义，不予读取"

Entries = dict[str, zipfile.ZipInfo]


class Sheet(NamedTuple):
    """A worksheet: its name, whether it is visible, and the entry that holds it."""

    name: str
    visible: bool
    part: str


def entries_of(file: Any, most: int) -> Entries:
    """The entries by name. Raises Unreadable for an archive that declares too much, or that others could read otherwise than we do."""
    archive = zipfile.ZipFile(file)
    entries = archive.infolist()
    file.seek(-_END, 2)
    if file.read(4) != b"PK\x05\x06":
        raise Unreadable(0, "", "压缩包之后还有别的内容")
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(0, "", f"压缩包中有 {len(entries)} 个文件，超过上限 {MOST_ENTRIES}")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable(0, "", "XLSX 文件加了密码，请取消密码后再用")
    total = sum(entry.file_size for entry in entries)
    if total > MOST_TIMES * most:
        raise Unreadable(0, "", f"解压后有 {total / 2**20:.0f} MiB，超过上限 {MOST_TIMES * most / 2**20:g} MiB")
    for entry in entries:
        if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            raise Unreadable(0, "", f"压缩包中的 {entry.filename[:60]} 压缩比超过 {MOST_RATIO}，疑为压缩炸弹")
    if BOOK not in archive.NameToInfo:
        raise Unreadable(0, "", f"是压缩包，但不是 XLSX 文件（没有 {BOOK}）")
    # Readers find entries whatever their case.
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise Unreadable(0, "", "压缩包中有同名文件")
    return dict(archive.NameToInfo)


def unpacked(file: Any, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry's content in pieces, counted: more than it declares is refused, whatever its checksum says."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("no local header")
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    if inflate is None and entry.compress_type != zipfile.ZIP_STORED:
        raise NotImplementedError(entry.compress_type)
    left, told = entry.compress_size, entry.file_size
    while left > 0 and (packed := file.read(min(_CHUNK, left))):
        left -= len(packed)
        while packed:
            piece = inflate.decompress(packed, _CHUNK) if inflate else packed
            packed = inflate.unconsumed_tail if inflate else b""
            told -= len(piece)
            if told < 0:
                raise Unreadable(0, "", f"压缩包中的 {entry.filename[:60]} 解压后比声明的大，疑为压缩炸弹")
            yield piece


def drain(file: Any, entry: zipfile.ZipInfo) -> None:
    """Unpacks an entry nobody reads, to know that it is bounded and has no document type."""
    tail = b""
    for piece in unpacked(file, entry):
        if entry.filename.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in tail + piece or b"<!ENTITY" in tail + piece):
            raise Unreadable(0, "", _DTD)
        tail = piece[-10:]


def parse(
    file: Any,
    entry: zipfile.ZipInfo,
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None] | None = None,
) -> None:
    """Runs an XML entry through expat: no document type, no entities, so nothing grows and nothing outside is read."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: Any) -> None:
        raise Unreadable(0, "", _DTD)

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    if text:
        parser.buffer_text, parser.CharacterDataHandler = True, text
    for piece in unpacked(file, entry):
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def sheets_of(file: Any, entries: Entries) -> tuple[list[Sheet], str]:
    """Worksheets in their order, and the entry with the shared texts (empty without one).

    Raises Unreadable where two readers could differ on what is the workbook, a sheet, or its texts: what was looked at here would not
    be what is read afterwards.
    """
    books = [part for part in _targets(file, entries, "_rels/.rels", "").values() if part.kind == "officeDocument"]
    if [book.part for book in books] != [BOOK]:
        raise Unreadable(0, "", f"不是 XLSX 文件（工作簿不是 {BOOK}）")
    targets = _targets(file, entries, "xl/_rels/workbook.xml.rels", "xl")
    found: list[Sheet] = []

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.endswith(" sheet"):
            relation = next((value for name, value in attributes.items() if name.endswith(" id")), "")
            target = targets.get(relation)
            if target and target.kind == "worksheet":
                visible = attributes.get("state", "visible") == "visible"
                found.append(Sheet(attributes.get("name", ""), visible, target.part))

    parse(file, entries[BOOK], sheet)
    if len({one.name for one in found}) < len(found):
        raise Unreadable(0, "", "有同名的工作表")
    texts = {target.part for target in targets.values() if target.kind == "sharedStrings"}
    texts |= {name for name in entries if name.lower() == "xl/sharedstrings.xml"}
    if len(texts) > 1 or ".." in "".join(texts):
        raise Unreadable(0, "", "共享字符串的位置有误")
    return found, next(iter(texts & entries.keys()), "")


class _Target(NamedTuple):
    kind: str
    part: str


def _targets(file: Any, entries: Entries, name: str, folder: str) -> dict[str, _Target]:
    """What a file of relationships points to, by id."""
    found: dict[str, _Target] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if not tag.endswith(" Relationship"):
            return
        id, target = attributes.get("Id", ""), attributes.get("Target", "")
        if id in found:
            raise Unreadable(0, "", f"{name} 中的关系 {id[:20]} 重复")
        part = target.lstrip("/") if target.startswith("/") else str(PurePosixPath(folder) / target)
        found[id] = _Target(attributes.get("Type", "").rpartition("/")[2], part)

    if name in entries:
        parse(file, entries[name], relation)
    return found
