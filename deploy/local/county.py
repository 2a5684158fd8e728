"""The demonstration county, loaded once into a running suite and again when its files change; and its accounts."""

import hashlib
import json
import os
import subprocess  # nosec B404
import sys
from pathlib import Path
from typing import Any

from .daemon import ROOT, Progress
from .places import Places

SAMPLE = ROOT / "services" / "catalog" / "sample"
POLICIES = ROOT / "services" / "policy" / "sample"
# Real items that lie beside the checkout on the project's own machines.
NEIGHBOURS = ROOT.parent / "shared" / "data" / "items"
NEIGHBOUR_FILES = ("guangan_items.csv", "hunan_guides.json")
# Loaded with the sample's items, before them: what they stand on, and what stands on them by code alone.
BESIDE = ("directory.json", "themes.json", "vocabulary.json")
# Enterprises beside those of the file.
MADE_UP = ("--enterprises", "40")
ROLES = {
    "receive": "收件人员",
    "decide": "审批人员",
    "administer": "管理员",
    "catalog": "事项人员",
    "supervise": "监督人员",
    "market": "中介超市人员",
    "procure": "采购人员",
    "policy": "惠企政策人员",
    "payout": "兑付审核人员",
    "finance": "财政人员",
}
# One proposes or writes, another approves.
IN_PAIRS = ("administer", "catalog", "policy", "payout", "finance")
# People who represent an organisation: an agency, and an owner of projects.
REPRESENTS = ("中介机构", "项目业主")
KINDS = {"helper": "帮办人员", "bank": "银行柜员"}


def sources() -> list[tuple[str, Path, list[str]]]:
    """(service, file, command) of everything to load; SAMPLE=own leaves the neighbours out.

    What belongs to a file and is loaded with it (forms, the directory, themes, words) stands in the command.
    """
    beside = [*sorted((SAMPLE / "files").glob("*.pdf")), *(SAMPLE / name for name in BESIDE)]
    found = [
        ("identity", SAMPLE / "people.json", ["services.identity", "load"]),
        ("catalog", SAMPLE / "items.json", ["services.catalog", "import", *map(str, beside)]),
        ("policy", POLICIES / "county.json", ["services.policy", "load", *MADE_UP, str(POLICIES / "hangzhou.json")]),
    ]
    if os.environ.get("SAMPLE") != "own":
        real = [NEIGHBOURS / name for name in NEIGHBOUR_FILES if (NEIGHBOURS / name).exists()]
        found += [("catalog", file, ["services.catalog", "import"]) for file in real]
    return found


def load(places: Places, target: str, progress: Progress) -> list[str]:
    """Loads what is new or changed since the last time; returns the files that could not be loaded wholly.

    `target` names the stores: other stores have heard nothing yet, whatever was loaded into these.
    """
    marker = Path(places.folder) / "loaded.json"
    loaded = _loaded(marker, target)
    faults = []
    for service, file, command in sources():
        name = file.name
        digest = _digest([file, *map(Path, command)]) if file.exists() else ""
        if digest and loaded.get(name) == digest:
            continue
        progress(name, "loading")
        done = subprocess.run(  # nosec B603
            [sys.executable, "-m", *command, str(file)],
            env=places.environment(service),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            faults.append(name)
            progress(name, f"not loaded wholly (code {done.returncode})")
            continue
        loaded[name] = digest
        marker.write_text(json.dumps({"target": target, "files": loaded}, indent=1))
        progress(name, "loaded")
    return faults


def accounts(people: Path = SAMPLE / "people.json") -> list[tuple[str, str, str]]:
    """(what it is, sign-in name, password): the first person, the first officer of each role (two of a region where one approves what
    the other does), who represents the first organisation and the last (an agency, an owner), and the first agent of each kind of
    organisation."""
    try:
        content: dict[str, list[dict[str, Any]]] = json.loads(people.read_text())
        chosen = [("群众", entry, "phone") for entry in content["people"][:1]]
        for role, title in ROLES.items():
            chosen += [(title, entry, "staffNumber") for entry in _first(content["officers"], role)]
        persons = {one["idNumber"]: one for one in content["people"]}
        represented = [one["representative"] for one in (content["organizations"][0], content["organizations"][-1])]
        chosen += [(title, persons[one], "phone") for title, one in zip(REPRESENTS, represented, strict=True)]
        kinds = {one["code"]: one["kind"] for one in content["agentOrganizations"]}
        for kind, title in KINDS.items():
            agents = [entry for entry in content["agents"] if kinds[entry["organization"]] == kind]
            chosen += [(title, entry, "agentNumber") for entry in agents][:1]
        return [(f"{title} {entry['name']}", entry[login], entry["password"]) for title, entry, login in chosen]
    except (OSError, ValueError, KeyError, TypeError):
        # The list is a help on the screen; a file that cannot be read was already complained of by the loading.
        return []


def _first(officers: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    found = [one for one in officers if role in one["roles"]]
    if role not in IN_PAIRS:
        return found[:1]
    regions = dict.fromkeys(one["region"] for one in found)
    return [one for region in regions for one in [each for each in found if each["region"] == region][:2]]


def _digest(files: list[Path]) -> str:
    """Of all that are files: a command's words are not."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if file.is_file())).hexdigest()


def _loaded(marker: Path, target: str) -> dict[str, str]:
    try:
        content = json.loads(marker.read_text())
        return dict(content["files"]) if content["target"] == target else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
