"""Thousands of generated requests to the JSON API, from everybody who may ask it: none is a fault of ours, every answer is what the
document says, every refusal is a problem (RFC 9457), and nobody reads what is personal of somebody else."""

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import requests
from schemathesis.core.failures import FailureGroup

from services.gateway.api_json import METHODS, PROBLEM
from services.gateway.openapi import document
from tests.service.gateway.generated import CHECKS, Generated, Real, operations, requests_of
from tests.service.gateway.outside import Outside, Sender
from tests.support import left_behind

LEAST = 5_000
TABLE = Path(__file__).resolve().parents[3] / "build" / "api-generated.txt"
SECONDS = 30
# What an officer may see of others, for a reason that stands in their access records.
UNMASKS = ("/UnmaskPerson", "/UnmaskCase")


class Round:
    """One round of requests: what was sent, what was answered, and what was wrong with it."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.connection = requests.Session()
        self.connection.trust_env = False
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.known = 0
        self.wrong: list[str] = []
        schemas = document()["components"]["schemas"]
        self._problem = jsonschema_rs.validator_for(schemas["Problem"])

    def send(self, request: Generated, sender: Sender) -> None:
        """Sends one request and judges the answer."""
        wire = request.wire
        headers = {
            name: value for name, value in wire["headers"].items() if name != "Authorization" or not sender.token
        }
        if sender.token:
            headers["Authorization"] = f"Bearer {sender.token}"
        sent = {"params": wire.get("params"), "json": wire.get("json"), "data": wire.get("data")}
        answer = self.connection.post(self.outside.url + request.path, headers=headers, timeout=SECONDS, **sent)
        self.statuses[sender.name, answer.status_code] += 1
        self.known += request.known
        said = f"{request.path} by {sender.name}: {answer.status_code}"
        self.wrong += [f"{said}: {fault}"[:600] for fault in self._faults(request, sender, answer)]

    def _faults(self, request: Generated, sender: Sender, answer: requests.Response) -> Iterator[str]:
        try:
            request.case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            yield from (f"{one.title}: {one.message}" for one in group.exceptions)
        if answer.status_code >= 400:
            if answer.headers["content-type"] != PROBLEM or not self._problem.is_valid(answer.json()):
                yield f"no problem: {answer.text[:200]}"
            elif answer.json()["status"] != answer.status_code:
                yield "says another status"
        elif not sender.realm and not METHODS[request.path.removeprefix("/api")].rule.public:
            yield "nobody is let in"
        if (answer.headers["cache-control"], answer.headers["x-content-type-options"]) != ("no-store", "nosniff"):
            yield "may be kept, or taken for something else"
        if not request.path.endswith(UNMASKS) and (
            personal := read_of_others(answer.content, sender, self.outside, answer.request.body or b"")
        ):
            yield f"personal: {personal}"


def read_of_others(content: bytes, sender: Sender, outside: Outside, sent: bytes | str) -> list[str]:
    """What is personal in an answer and neither the sender's own nor what he has just sent."""
    known = sent.encode() if isinstance(sent, str) else sent
    own = outside.own_of(sender)
    return [one for one in left_behind.found_in(content) if one not in own and one.encode() not in known]


@pytest.fixture(scope="module")
def sent(outside: Outside) -> Round:
    """All requests, each method's by everybody in turn; those that know the record by somebody whose realm is let in."""
    everybody, real, the_round = itertools.cycle(outside.senders), Real(outside.world), Round(outside)
    for path, operation in operations().items():
        realms = {grant["realm"] for grant in operation.definition.raw["x-access"].get("grants", [])}
        let_in = itertools.cycle([one for one in outside.senders if not realms or one.realm_name in realms])
        for request in requests_of(path, operation, real):
            the_round.send(request, next(let_in if request.known else everybody))
    show(the_round)
    return the_round


def show(one: Round) -> None:
    """Prints what was sent and answered, and keeps it in build/."""
    senders, codes = ({key[at] for key in one.statuses} for at in (0, 1))
    columns = sorted(codes)
    lines = [f"{'':24}" + "".join(f"{code:>7}" for code in (*columns, "all"))]
    for sender in sorted(senders, key=[each.name for each in one.outside.senders].index):
        counts = [one.statuses[sender, code] for code in columns]
        lines.append(f"{sender:24}" + "".join(f"{count:7}" for count in (*counts, sum(counts))))
    totals = [sum(one.statuses[sender, code] for sender in senders) for code in columns]
    lines.append(f"{'all':24}" + "".join(f"{count:7}" for count in (*totals, sum(totals))))
    lines.append(
        f"{len(METHODS)} methods; {one.known} requests name records that are there; {len(one.wrong)} answers are wrong"
    )
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("\n".join([*lines, *one.wrong]) + "\n")
    print("\n" + "\n".join(lines))


def test_whatever_is_sent_the_answer_is_what_the_document_says_and_tells_nothing_of_others(sent: Round) -> None:
    assert sent.wrong == []


def test_thousands_were_sent_and_everybody_was_let_in_somewhere(sent: Round) -> None:
    """Without which the test above would hold for a gateway that refuses everything."""
    assert sum(sent.statuses.values()) >= LEAST
    answered = {sender: count for (sender, status), count in sent.statuses.items() if status == 200}
    assert set(answered) == {one.name for one in sent.outside.senders} and min(answered.values()) >= 5
