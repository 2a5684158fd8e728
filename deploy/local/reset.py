"""`make reset`: empties .local/, the data of every service and the queues with it. Refuses while the suite runs.

python -m deploy.local.reset [FOLDER]
"""

import json
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from .claim import Claim
from .daemon import end_leftover
from .faults import LocalFault
from .places import FOLDER

# Only a folder in which a suite was started is emptied: it has this file.
LOCK = "run.lock"


def reset(folder: Path) -> None:
    """Removes a suite's folder with everything in it."""
    if not folder.exists():
        return
    if not (folder / LOCK).exists():
        raise LocalFault(f"{folder} is not the folder of a suite: nothing removed")
    claim = Claim(folder / LOCK)
    claim.take("the suite")
    # A run that was killed may have left programs behind; they would go on writing into removed files.
    for record in [*folder.glob("pids/*"), *folder.glob("stores/*.pid"), *folder.glob("broker/*.pid")]:
        with suppress(OSError, ValueError):
            content = json.loads(record.read_text())
            end_leftover(content if isinstance(content, dict) else {})
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise LocalFault(f"cannot empty {folder}: {error.filename}: {error.strerror}") from error


def main(arguments: list[str]) -> int:
    """Empties the folder and says so."""
    folder = Path(arguments[0]) if arguments else FOLDER
    try:
        reset(folder.resolve())
    except LocalFault as fault:
        print(fault, file=sys.stderr)
        return 1
    print(f"{folder} is empty")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
