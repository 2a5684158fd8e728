"""Files as people hand them in, and as somebody who means harm would: built byte by byte."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="{main}"/>{more}</Types>'
)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(*objects: bytes, header: bytes = b"%PDF-1.7\n", end: bytes = b"startxref\n0\n%%EOF\n") -> bytes:
    """A PDF of these objects."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return header + body + b"trailer<</Root 1 0 R>>\n" + end


def stream(dictionary: bytes, data: bytes, packed: bool = True) -> bytes:
    """A stream object."""
    data = zlib.compress(data, 9) if packed else data
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (dictionary, len(data), data)


def zipped(entries: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def docx(
    more: Mapping[str, str | bytes] | None = None, main: str = f"{WORD}document.main+xml", types: str = ""
) -> bytes:
    """A DOCX as a word processor writes it, with further parts."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES.format(main=main, more=types),
        "_rels/.rels": RELATIONS.format(
            f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
        ),
        "docProps/app.xml": "<Properties><Application>WPS Office</Application></Properties>",
        "docProps/core.xml": "<coreProperties/>",
        "docProps/custom.xml": "<Properties/>",
        "docProps/thumbnail.jpeg": jpeg(),
        "word/document.xml": "<w:document/>" + "<w:p>申请书</w:p>" * 400,
        "word/styles.xml": "<w:styles/>",
    }
    return zipped({**parts, **(more or {})})


def linked(kind: str, target: str, mode: str = "External") -> dict[str, str]:
    """The relations of a document's settings with one of this kind."""
    one = f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return {"word/_rels/settings.xml.rels": RELATIONS.format(one)}


def ofd(more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An OFD as tools write it: a document, a page, a resource, a signature with its seal, an attached XML."""
    parts: dict[str, str | bytes] = {
        "OFD.xml": '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" DocType="OFD" Version="1.1"/>',
        "Doc_0/Document.xml": "<ofd:Document/>",
        "Doc_0/Pages/Page_0/Content.xml": "<ofd:Page/>" + "<ofd:TextObject/>" * 200,
        "Doc_0/Res/image_1.png": png(),
        "Doc_0/Signs/Signatures.xml": "<ofd:Signatures/>",
        "Doc_0/Signs/Sign_0/Seal.esl": b"\x30\x82\x01\x00" + bytes(range(256)),
        "Doc_0/Signs/Sign_0/SignedValue.dat": b"\x30\x82\x02\x00" + bytes(range(256)),
        "Doc_0/Attachs/Attachments.xml": "<ofd:Attachments/>",
        "Doc_0/Attachs/original_invoice.xml": "<eInvoice/>",
    }
    return zipped({**parts, **(more or {})})


def png(width: int = 1, height: int = 1) -> bytes:
    """A PNG of this size, as its header says."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )


def jpeg(width: int = 1, height: int = 1, comment: bytes = b"") -> bytes:
    """A JPEG of this size, as its frame says."""
    app = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    said = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\xd2\xcf\x20"
    return b"\xff\xd8" + app + said + frame + scan + b"\xff\xd9"
