"""The beacon: a program outside that serves public randomness by source and round, as docs/integrating.md describes it.

A draw's notice names source and round before anybody can know the value; everybody can compare the value with the source's own
publication, so a beacon that is away delays a draw and one that lies is found out.
"""

import re
from typing import Any
from urllib.parse import quote

from chassis import outside
from chassis.outside import Away
from chassis.telemetry import log

# Bytes as hexadecimal digits in lower case: 32 of drand, 64 of NIST's beacon 2.0.
_VALUE = re.compile(r"(?:[0-9a-f]{2}){16,128}")
# How the program says that the round is not published yet.
NOT_YET = ("HTTP 404", "HTTP 425")


def fetch(url: str, source: str, round: int) -> str | None:
    """The value of a round, 16 to 128 bytes as lower-case hexadecimal digits; None when there is none to be had now: not published yet,
    the program is away, or its answer is wrong. What is wrong is logged without its content. At most five seconds and 64 KiB."""
    try:
        said = outside.get(url, f"/{quote(source, safe='')}/{round}")
    except Away as away:
        if str(away) not in NOT_YET:
            log("beacon").info("outside_away", error=str(away))
        return None
    if fault := _fault(said, round):
        log("beacon").error("outside_fault", source=source, round=round, fault=fault)
        return None
    return str(said["randomness"]).lower()


def _fault(said: Any, round: int) -> str:
    """What is wrong with an answer, in words that show nothing of it; empty for a right one."""
    if not isinstance(said, dict):
        return "refused, or not readable"
    if type(said.get("round")) is not int or said["round"] != round:
        return "round is not the one asked for"
    value = said.get("randomness")
    if not isinstance(value, str) or not _VALUE.fullmatch(value.lower()):
        return "randomness is not 16 to 128 bytes as hexadecimal digits"
    return ""
