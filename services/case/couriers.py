"""The courier (寄递), as docs/integrating.md describes it: results sent to people, and where they are (GB/T 39046 table 15).

Name, phone and address leave the suite in the call that orders the parcel, and nowhere else.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from chassis import outside as http
from chassis.answers import Fault, fields, instant, same, text

COLLECTED, IN_TRANSIT, DELIVERED, RETURNED = "COLLECTED", "IN_TRANSIT", "DELIVERED", "RETURNED"
STATUSES = (COLLECTED, IN_TRANSIT, DELIVERED, RETURNED)
MOST_SCANS, LONGEST_PLACE = 200, 100
_NUMBER = re.compile(r"[A-Za-z0-9-]{4,40}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the parcel, in clear; shown nowhere, not even by a fault."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scan:
    """When the parcel was seen, as one of STATUSES, and where (the courier's words, at most 100 characters)."""

    at: datetime
    status: str
    place: str


def dispatch(url: str, parcel_id: str, case_number: str, sender: str, recipient: Recipient) -> str:
    """Orders a parcel from a department; its tracking number. The same parcel again is the same number, and is fetched once.

    Raises chassis.outside.Away for no answer, Fault for a wrong one.
    """
    to = {"name": recipient.name, "phone": recipient.phone, "address": recipient.address}
    asked = {"id": parcel_id, "case_number": case_number, "sender": sender, "recipient": to}
    said = fields(http.post(url, "/parcels", asked))
    same(said, "id", parcel_id)
    number = text(said, "number", 40)
    # The number stands in events: nothing of the person may be in it.
    if not _NUMBER.fullmatch(number) or (recipient.phone and recipient.phone in number):
        raise Fault("number is malformed")
    return number


def track(url: str, parcel_id: str, number: str) -> list[Scan]:
    """What happened to a parcel so far, oldest first; empty before it is collected. Away for no answer, Fault for a wrong one."""
    said = fields(http.get(url, f"/parcels/{quote(parcel_id, safe='')}?number={quote(number, safe='')}"))
    same(said, "id", parcel_id)
    same(said, "number", number)
    scans = said.get("scans")
    if not isinstance(scans, list) or len(scans) > MOST_SCANS:
        raise Fault("scans is not readable")
    return sorted((_scan(one) for one in scans), key=lambda scan: scan.at)


def _scan(told: object) -> Scan:
    content = fields(told)
    status = text(content, "status", 20)
    if status not in STATUSES:
        raise Fault("status is unknown")
    return Scan(instant(content, "at"), status, text(content, "place", LONGEST_PLACE, least=0))
