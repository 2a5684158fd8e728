"""`python -m services.gateway qr --out FOLDER [--region CODE] [--department CODE] [--base-url URL]`: the codes of all items of a
region as files: label sheets (PDF) and pictures (ZIP), in parts. It asks the catalogue as every visitor does."""

import argparse
import asyncio
import sys
from pathlib import Path

from services.gateway import qr
from services.gateway.calls import Backends, CallError
from services.gateway.pages_qr import PART, labels
from services.gateway.qr import Label
from services.gateway.settings import Settings


def main(arguments: list[str]) -> int:
    """Writes the files and says which; 1 when there is nothing to write, or the catalogue does not answer."""
    settings = Settings.from_environment()
    parser = argparse.ArgumentParser(
        prog="python -m services.gateway qr", description="QR codes of all items as files."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder the files go to; made when missing")
    parser.add_argument("--region", default=settings.region, help="GB/T 2260 prefix (default: %(default)s)")
    parser.add_argument("--department", default="", help="code of a department (default: all)")
    parser.add_argument(
        "--base-url", default=settings.public_url, help="where browsers reach the site (default: PUBLIC_URL)"
    )
    options = parser.parse_args(arguments)
    if not options.base_url.startswith(("http://", "https://")):
        parser.error("say where browsers reach the site: --base-url https://… or PUBLIC_URL")
    try:
        found = asyncio.run(_labels(settings, options.region, options.department))
    except CallError as error:
        print(f"catalog: {error.message}", file=sys.stderr)
        return 1
    for file in write(found, options.base_url.rstrip("/"), options.out):
        print(file)
    print(f"{len(found)} 项", file=sys.stderr)
    return 0 if found else 1


async def _labels(settings: Settings, region: str, department: str) -> list[Label]:
    services = Backends(settings)
    try:
        return await labels(services, region, department)
    finally:
        await services.close()


def write(found: list[Label], base: str, folder: Path) -> list[Path]:
    """The files of all labels, in parts; the same labels again write the same names."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, start in enumerate(range(0, len(found), PART), 1):
        part = found[start : start + PART]
        for kind, make in (("pdf", qr.sheets), ("zip", qr.archive)):
            file = folder / f"labels-{number}.{kind}"
            file.write_bytes(make(part, base))
            written.append(file)
    return written
