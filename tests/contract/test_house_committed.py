"""What is committed names no machine and no registry."""

import re
import subprocess
from pathlib import Path

from tests.support.sources import ROOT, where

# Spelled so that this file does not find itself.
MACHINE_PATHS = r"(?<![\w.])/(wor[k]|hom[e]|roo[t]|User[s])/|/opt/pyp[i]|[A-Z]:\\User[s]"
REGISTRIES = (
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|deb[.]debian[.]org|crates[.]io|proxy[.]golang[.]org"
    r"|docker[.]io|ghcr[.]io|gcr[.]io|quay[.]io"
)


def committed() -> list[Path]:
    """Files git tracks, or would: everything that is not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_nothing_names_a_machine_or_a_registry() -> None:
    pattern = re.compile(f"{MACHINE_PATHS}|{REGISTRIES}")
    found = []
    for path in committed():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue  # a picture or the like
        found += [
            f"{where(path, number)} {match[0]}"
            for number, line in enumerate(lines, 1)
            for match in pattern.finditer(line)
        ]
    assert found == []


def test_the_pattern_finds_what_it_is_for() -> None:
    pattern = re.compile(f"{MACHINE_PATHS}|{REGISTRIES}")
    home, host = "/" + "home/me/x", "https://" + "pypi" + ".org/simple"
    assert pattern.search(home) and pattern.search(host)
    assert not pattern.search("deploy/" + "work/x")
