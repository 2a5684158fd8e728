"""What the pages use of npm, put beside the site's own files: ECharts and htmx, in the versions of services/gateway/package-lock.json.

    python -m deploy.local.assets

Without npm, and where it cannot be installed, charts stay as they are drawn by the server and lists are loaded with their pages; nothing
else of the site is from there.
Only the standard library is used here, since the Makefile runs it before anything is installed.
"""

import shutil
import subprocess  # nosec B404
import sys
import tempfile
from pathlib import Path

from .faults import LocalFault
from .install import need_npm

GATEWAY = Path(__file__).resolve().parents[2] / "services" / "gateway"
FILES = (Path("echarts") / "dist" / "echarts.simple.min.js", Path("htmx.org") / "dist" / "htmx.min.js")


def fetch(target: Path) -> None:
    """Fetches the locked packages and puts the files into the folder `target`. LocalFault when npm fails."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(GATEWAY / name, folder)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(npm, cwd=folder, capture_output=True, text=True, check=False)  # nosec B603 B607
        if done.returncode:
            raise LocalFault(f"npm could not fetch what services/gateway/package-lock.json names: {done.stderr[-400:]}")
        for file in FILES:
            shutil.copyfile(Path(folder) / "node_modules" / file, target / file.name)


def main() -> int:
    """Fetches it where it is missing."""
    try:
        need_npm(print)
        fetch(GATEWAY / "static")
    except LocalFault as fault:
        print(f"{fault}\npages are served without ECharts and htmx", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
