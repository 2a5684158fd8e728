"""What catalog is told beside what every service is told."""

from dataclasses import dataclass
from typing import cast

from chassis.config import Settings as Common
from chassis.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of catalog."""

    # Folder for the search indexes of the api processes on this machine, 2 KB an item each; a restarted process takes its file up
    # again. Empty = a folder of its own that goes with the process.
    index_dir: str = ""
    # Whose copies of the items `drift` compares with the store: the apis of catalog and of case, host:port, parted by commas. A
    # name that stands for several processes (a headless service) is asked for all of them.
    catalog_address: str = "127.0.0.1:50051"
    case_address: str = "127.0.0.1:50051"
    # JSON file with the province's table from online depths to levels Ⅰ–Ⅳ (standards/depths.py); empty = the usual one.
    depths_file: str = ""

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of catalog, from its parts."""
    return cast(Settings, parts.settings)
