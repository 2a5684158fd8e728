"""Workbooks made by hand, so that tests can put anything into them."""

import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

Cell = str | int | float | bool


def letters(number: int) -> str:
    """A column's letters: 1 is A, 27 is AA."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def cell(place: str, value: Cell) -> str:
    """A cell; a text that begins with = is a formula, one with # an error."""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if value.startswith("="):
        return f'<c r="{place}"><f>{escape(value[1:])}</f><v>2</v></c>'
    if value.startswith("#"):
        return f'<c r="{place}" t="e"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet(rows: Sequence[Sequence[Cell | None]], merged: Sequence[str] = (), more: str = "") -> str:
    """The XML of a sheet."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = (cell(f"{letters(at)}{number}", value) for at, value in enumerate(row, 1) if value is not None)
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    ranges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    merges = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
    return f"{HEAD}<worksheet {_MAIN}><sheetData>{''.join(lines)}{more}</sheetData>{merges}</worksheet>"


def workbook(
    path: Path, sheets: Mapping[str, str], hidden: Sequence[str] = (), others: Mapping[str, str | bytes] | None = None
) -> Path:
    """Writes a workbook of these sheets; `others` are entries beside it, or in place of its own."""
    names = list(sheets)
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" {"state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""} r:id="rId{n}"/>'
        for n, name in enumerate(names, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in range(1, len(names) + 1)
    )
    entries: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{parts}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_LINKS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook {_MAIN} xmlns:r="{_LINKS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
    }
    entries |= {f"xl/worksheets/sheet{n}.xml": content for n, content in enumerate(sheets.values(), 1)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (entries | dict(others or {})).items():
            archive.writestr(name, content)
    return path
