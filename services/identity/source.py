"""The verification source, as docs/integrating.md describes it: a program outside of the suite that is asked over HTTP.

Only `passed`, `failed` and `challenged` mean anything. A source that is away, overloaded or set up wrongly raises `Away`: the question is
asked again later, under the same id. An answer nobody can read is a refusal of the source.
"""

import base64
import http.client
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import orjson

from services.identity.model_verifications import CHALLENGED, FAILED, MISMATCH, PASSED, SOURCE_REFUSED, Answer
from yiwang.identity.v1 import verifications_pb2 as pb

SECONDS = 5.0
LONGEST_ANSWER = 64 * 1024
LONGEST_PROMPT = 200
# The source has the question and will never answer it otherwise.
REFUSES = (400, 422)
_REFERENCE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
METHODS: Mapping[int, str] = {
    pb.VERIFICATION_METHOD_PHONE: "PHONE",
    pb.VERIFICATION_METHOD_NAME_NUMBER: "NAME_NUMBER",
    pb.VERIFICATION_METHOD_FACE: "FACE",
    pb.VERIFICATION_METHOD_BANK_CARD: "BANK_CARD",
}
NOT_REPRESENTATIVE, NAME_MISMATCH = "NOT_REPRESENTATIVE", "NAME_MISMATCH"


class Away(Exception):
    """The source gave no answer; the text says what happened and nothing of anybody."""


def verify(url: str, id: str, method: int, told: Mapping[str, str]) -> Answer:
    """Asks whether what a person states holds. The same id is the same question."""
    said = _post(url, "/verifications", {"id": id, "method": METHODS[method], **told})
    return _read(said, told, (MISMATCH,))


def answer(url: str, id: str, answer_id: str, text: str) -> Answer:
    """Hands on what the person answered. The same answer id is the same answer."""
    content = {"answer_id": answer_id, "answer": text}
    return _read(_post(url, f"/verifications/{id}/answers", content), content, (MISMATCH,))


def represents(url: str, id: str, uscc: str, name: str, person: Mapping[str, str]) -> Answer:
    """Asks whether a person is the legal representative of the organisation of this code and name."""
    representative = {"name": person["name"], "id_number": person["id_number"]}
    content = {"id": id, "uscc": uscc, "name": name, "representative": representative}
    said = _read(_post(url, "/representatives", content), representative, (NOT_REPRESENTATIVE, NAME_MISMATCH))
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


def _post(url: str, path: str, content: Mapping[str, Any]) -> Any:
    """The parsed JSON of the answer, None for one that is no JSON or a refusal; Away for no answer."""
    base = urlsplit(url)
    headers = {"Content-Type": "application/json", "Accept": "application/json", **_credentials(base)}
    until = time.monotonic() + SECONDS
    connection = _connection(base)
    try:
        connection.request("POST", base.path.rstrip("/") + path, orjson.dumps(content), headers)
        response = connection.getresponse()
        body = _body(connection, response, until)
    except (OSError, http.client.HTTPException) as error:
        raise Away(type(error).__name__) from None
    finally:
        connection.close()
    if response.status in REFUSES:
        return None
    if response.status != 200:
        raise Away(f"HTTP {response.status}")
    try:
        return orjson.loads(body)
    except ValueError:
        return None


def _connection(base: SplitResult) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    return kind(base.hostname or "", base.port, timeout=SECONDS)


def _credentials(base: SplitResult) -> dict[str, str]:
    """Basic credentials (RFC 7617), where the address has some: https://user:secret@host."""
    if base.username is None:
        return {}
    pair = f"{unquote(base.username)}:{unquote(base.password or '')}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _body(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, until: float) -> bytes:
    """The body, of a source that neither dribbles nor floods."""
    parts, length = [], 0
    while length <= LONGEST_ANSWER:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:  # closed already when the whole answer is in the buffer
            connection.sock.settimeout(left)
        part = response.read1(LONGEST_ANSWER)
        if not part:
            break
        parts.append(part)
        length += len(part)
    return b"".join(parts) if length <= LONGEST_ANSWER else b""
