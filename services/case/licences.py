"""The licence source (电子证照), as docs/integrating.md describes it: what a licence says that a material would have proved (免证办).

A licence stands for a material only while it is signed, in force and not expired; a source that is away or answers wrongly never
lets anybody pass: the officer looks for himself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis import outside as http
from chassis.answers import Fault, day, fields, text
from standards.identifiers import mod37_36_valid

LONGEST_PURPOSE = 200
MOST_LICENCES = 50
# Kinds of holders (GA/T 2000.156; 001 in calls for licences): whose number it is.
ID_CARD, ORGANISATION = "111", "001"
# States of a licence as registers tell them; only the first is in force.
IN_FORCE = "01"
STATES: Mapping[str, str] = {
    IN_FORCE: "有效",
    "02": "暂扣",
    "03": "撤销",
    "04": "注销",
    "05": "失效",
    "06": "办理转出",
    "07": "吊销",
    "99": "其他",
}
# GB/T 36904: the kind (its issuer's USCC and three characters), who issued it (USCC, or the region), its number, its version, a check.
_IDENTIFIER = re.compile(
    r"1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{18}|\d{6})\.([0-9A-Z]{1,64})\.(\d{3})\.([0-9A-Z])"
)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as its source tells it."""

    # GB/T 36904; empty where the source has none.
    identifier: str
    name: str
    number: str
    holder_name: str
    issuer: str
    issued_on: date | None
    # Its last day; None = for ever.
    expires_on: date | None
    # A key of STATES.
    state: str
    # The source looked at the issuer's seal, and it holds.
    signed: bool


def look_up(
    url: str,
    id: str,
    holder_kind: str,
    holder_number: str,
    type_code: str,
    purpose: str,
    case_number: str,
    item_code: str = "",
) -> Licence | None:
    """The holder's licence of this kind, the one that serves best where he has several; None when he has none.

    `holder_kind` is ID_CARD or ORGANISATION, `type_code` what the item names; `purpose` (申请事由) is kept by the source and shown to the
    holder, 1 to 200 characters (ValueError). The same `id` is the same question. Whether it stands for a material says `unfit`.
    Raises chassis.outside.Away for no answer, Fault for a wrong one.
    """
    if not 0 < len(purpose.strip()) <= LONGEST_PURPOSE:
        raise ValueError(f"a purpose has 1 to {LONGEST_PURPOSE} characters")
    asked = {
        "id": id,
        "holder_type": holder_kind,
        "holder_code": holder_number,
        "licence_type": type_code,
        "purpose": purpose,
        "item_code": item_code,
        "case_number": case_number,
    }
    said = fields(http.post(url, "/licences", asked))
    if said.get("result") == "none":
        return None
    told = said.get("licences")
    if said.get("result") != "found" or not isinstance(told, list) or not 0 < len(told) <= MOST_LICENCES:
        raise Fault("result is not readable")
    licences = [_licence(fields(one), type_code) for one in told]
    return max(licences, key=lambda one: (one.signed, one.state == IN_FORCE, one.expires_on or date.max))


def unfit(licence: Licence, today: date) -> str:
    """Why a licence cannot stand for a material on this day: NOT_SIGNED, NOT_IN_FORCE, EXPIRED; empty when it can."""
    if not licence.signed:
        return "NOT_SIGNED"
    if licence.state != IN_FORCE or (licence.issued_on is not None and licence.issued_on > today):
        return "NOT_IN_FORCE"
    if licence.expires_on is not None and licence.expires_on < today:
        return "EXPIRED"
    return ""


def _licence(told: Mapping[str, Any], type_code: str) -> Licence:
    state = text(told, "state", 2)
    if state not in STATES:
        raise Fault("state is unknown")
    return Licence(
        identifier=_identifier(told, type_code),
        name=text(told, "name", 200),
        number=text(told, "number", 100),
        holder_name=text(told, "holder_name", 200),
        issuer=text(told, "issuer", 200),
        issued_on=day(told, "issued_on"),
        expires_on=day(told, "expires_on"),
        state=state,
        signed=told.get("signed") is True,
    )


def _identifier(told: Mapping[str, Any], type_code: str) -> str:
    """The identifier, whose check holds, and whose kind is the one that was asked for where that is written in the same way."""
    identifier = text(told, "identifier", 128, least=0)
    if not identifier:
        return ""
    found = _IDENTIFIER.fullmatch(identifier)
    if found is None or not mod37_36_valid("".join(found.groups())):
        raise Fault("identifier is malformed")
    if len(type_code) == len(found[1]) and type_code != found[1]:
        raise Fault("identifier is of another kind than asked for")
    return identifier
