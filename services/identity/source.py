"""The verification source, as docs/integrating.md describes it: a program outside of the suite that is asked over HTTP.

Only `passed`, `failed` and `challenged` mean anything. A source that is away, overloaded or set up wrongly raises
`chassis.outside.Away`: the question is asked again later, under the same id. An answer nobody can read is a refusal of the source.
"""

import re
from collections.abc import Mapping
from typing import Any

from chassis import outside
from services.identity.model_verifications import CHALLENGED, FAILED, MISMATCH, PASSED, SOURCE_REFUSED, Answer
from yiwang.identity.v1 import verifications_pb2 as pb

LONGEST_PROMPT = 200
_REFERENCE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
METHODS: Mapping[int, str] = {
    pb.VERIFICATION_METHOD_PHONE: "PHONE",
    pb.VERIFICATION_METHOD_NAME_NUMBER: "NAME_NUMBER",
    pb.VERIFICATION_METHOD_FACE: "FACE",
    pb.VERIFICATION_METHOD_BANK_CARD: "BANK_CARD",
}
NOT_REPRESENTATIVE, NAME_MISMATCH = "NOT_REPRESENTATIVE", "NAME_MISMATCH"


def verify(url: str, id: str, method: int, told: Mapping[str, str]) -> Answer:
    """Asks whether what a person states holds. The same id is the same question."""
    said = outside.post(url, "/verifications", {"id": id, "method": METHODS[method], **told})
    return _read(said, told, (MISMATCH,))


def answer(url: str, id: str, answer_id: str, text: str) -> Answer:
    """Hands on what the person answered. The same answer id is the same answer."""
    content = {"answer_id": answer_id, "answer": text}
    return _read(outside.post(url, f"/verifications/{id}/answers", content), content, (MISMATCH,))


def represents(url: str, id: str, uscc: str, name: str, person: Mapping[str, str]) -> Answer:
    """Asks whether a person is the legal representative of the organisation of this code and name."""
    representative = {"name": person["name"], "id_number": person["id_number"]}
    content = {"id": id, "uscc": uscc, "name": name, "representative": representative}
    said = _read(outside.post(url, "/representatives", content), representative, (NOT_REPRESENTATIVE, NAME_MISMATCH))
    return said if said.status != CHALLENGED else Answer(FAILED, reason=SOURCE_REFUSED)


def _read(said: Any, told: Mapping[str, str], reasons: tuple[str, ...]) -> Answer:
    """The answer in our words; SOURCE_REFUSED for what is none."""
    content = said if isinstance(said, dict) else {}
    result, prompt = content.get("result"), content.get("prompt")
    if result == "passed":
        return Answer(PASSED, reference=_reference(content.get("reference"), told))
    if result == "challenged" and isinstance(prompt, str) and 0 < len(prompt.strip()) <= LONGEST_PROMPT:
        return Answer(CHALLENGED, prompt=prompt.strip())
    reason = content.get("reason") if result == "failed" else SOURCE_REFUSED
    return Answer(FAILED, reason=reason if reason in reasons else SOURCE_REFUSED)


def _reference(value: Any, told: Mapping[str, str]) -> str:
    """The source's own reference. It stands in an event, so nothing that was told may be in it."""
    text = value if isinstance(value, str) and _REFERENCE.fullmatch(value) else ""
    return "" if any(one and one in text for one in told.values()) else text
