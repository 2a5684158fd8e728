"""What somebody enters to apply, for one item or for one thing at once: answers, files that stay once they are uploaded, licences that
were looked up, promises, delivery.

The page keeps nothing: what is known already travels in the form itself, and the services judge it again.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from services.gateway.calls import CallError
from services.gateway.case_acts import delivery_of
from services.gateway.forms import answers, at_input, stored, text, to_case
from standards import fees
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

_KEPT: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (.{1,200})", re.DOTALL)
_KEYED: Final = re.compile(r"(kept|proof|waive|holder|purpose)\.([a-z0-9_]{1,40})")
# Inputs beside the item's own, shown again as they were typed.
PLAIN: Final = (
    "delivery.way", "delivery.name", "delivery.phone", "delivery.address", "pre_review", "promise_digest", "renews_until",
    "project_code",
)  # fmt: skip
# As the contract bounds them.
MOST_FILES, LONGEST_PROOF, LONGEST_TEXT = 20, 2000, 400
# Material is not handed in, since a promise stands for it.
BY_PROMISE: Final = "yes"


class Kept(NamedTuple):
    """A file that is uploaded already, for a material."""

    id: str
    name: str

    @property
    def value(self) -> str:
        """As its input holds it."""
        return f"{self.id} {self.name}"


class Proof(NamedTuple):
    """What a look-up of a licence said, as far as the page shows it."""

    id: str
    outcome: int
    name: str = ""
    number: str = ""
    issuer: str = ""
    valid_until: str = ""
    unfit: str = ""

    @property
    def value(self) -> str:
        """As its input holds it."""
        return orjson.dumps(self._asdict()).decode()

    @property
    def stands(self) -> bool:
        """Whether it stands for the material: the licence is there, or an officer will look."""
        return self.outcome in (promises.LOOK_UP_OUTCOME_FOUND, promises.LOOK_UP_OUTCOME_AWAY)


@dataclass(frozen=True)
class Entered:
    """Everything in the form so far."""

    form: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, Sequence[Kept]] = field(default_factory=dict)
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    # Materials a promise stands for.
    waived: frozenset[str] = frozenset()
    # What was typed into the inputs `holder.<key>` and `purpose.<key>`, and into those of PLAIN.
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def materials(self) -> list[cases.HandedIn]:
        """The files as services take them; none for a material something stands for."""
        handed_in = {key: files for key, files in self.kept.items() if files and not self.needs_no_file(key)}
        return [cases.HandedIn(material=key, attachments=[one.id for one in files]) for key, files in handed_in.items()]

    def needs_no_file(self, material: str) -> bool:
        """Whether a licence or a promise stands for the material."""
        proof = self.proofs.get(material)
        return material in self.waived or (proof is not None and proof.stands)


def entered(form: FormData) -> Entered:
    """What stands in the form, files chosen just now apart."""
    kept: dict[str, list[Kept]] = {}
    proofs, waived, more = dict[str, Proof](), set[str](), {name: text(form, name)[:LONGEST_TEXT] for name in PLAIN}
    for name, value in form.multi_items():
        if (keyed := _KEYED.fullmatch(name)) is None or not isinstance(value, str):
            continue
        kind, key = keyed[1], keyed[2]
        if kind == "kept" and (file := _KEPT.fullmatch(value)) and len(kept.setdefault(key, [])) < MOST_FILES:
            kept[key].append(Kept(file[1], file[2]))
        elif kind == "proof" and (proof := _proof(value)):
            proofs[key] = proof
        elif kind == "waive" and value == BY_PROMISE:
            waived.add(key)
        elif kind in ("holder", "purpose"):
            more[name] = value.strip()[:LONGEST_TEXT]
    return Entered(answers(form), kept, proofs, frozenset(waived), more)


def _proof(value: str) -> Proof | None:
    """A look-up as its input holds it; None when somebody spoilt it. What it is worth is judged by the service, by its id."""
    try:
        told = orjson.loads(value[:LONGEST_PROOF])
        proof = Proof(**told)
    except (orjson.JSONDecodeError, TypeError):
        return None
    return proof if isinstance(proof.outcome, int) and isinstance(proof.id, str) else None


def proof_of(found: promises.LicenceLookUp) -> Proof:
    """What the page keeps of an answer of LookUpLicence."""
    licence = found.licence
    return Proof(
        found.id, found.outcome, licence.name, licence.number, licence.issuer, licence.valid_until, found.unfit
    )


async def keep_files(
    request: Request, form: FormData, act: str, kept: Mapping[str, Sequence[Kept]], **whose: str
) -> tuple[dict[str, list[Kept]], CallError | None]:
    """The files kept so far with those chosen just now, uploaded; and the first refusal, told at its material. What was uploaded before it
    is kept all the same. `whose` names the applicant where he is not the visitor."""
    found = {key: list(files) for key, files in kept.items()}
    chosen = [(name[10:], file) for name, file in form.multi_items() if name.startswith("materials.")]
    for index, (material, file) in enumerate(chosen):
        if not isinstance(file, UploadFile) or not file.filename:
            continue
        try:
            kept_now = await stored(file, f"{act[:36]}.{index}", to_case(request, whose))
        except CallError as error:
            return found, at_input(error, f"materials[{material}]", file.filename)
        files = found.setdefault(material, [])
        if kept_now.id not in [one.id for one in files]:
            files.append(Kept(kept_now.id, kept_now.filename or file.filename[-200:]))
    return found, None


def stand_ins(definition: catalog.ItemDefinition, got: Entered) -> list[cases.StandIn]:
    """What stands for materials, as SubmitCase takes it."""
    ways = {one.key: one.waiver for one in definition.materials}
    found = [
        cases.StandIn(material=key, waiver=ways[key], proof_id=proof.id)
        for key, proof in got.proofs.items()
        if proof.stands and key in ways and not got.kept.get(key)
    ]
    return found + [
        cases.StandIn(material=key, waiver=catalog.WAIVER_COMMITMENT) for key in sorted(got.waived) if key in ways
    ]


def chosen_delivery(form: FormData) -> dict[str, Any]:
    """The field `delivery` of a request; none when nothing was chosen."""
    choice = delivery_of(form)
    return {"delivery": choice} if choice else {}


def text_digest(words: str) -> str:
    """The digest a promise names its text by."""
    return hashlib.sha256(words.encode()).hexdigest()


def fee_lines(listed: Iterable[catalog.Fee]) -> list[tuple[str, str, str]]:
    """Name, amount and standard of each fee; zero is an amount, too."""
    return [(fee.name, _amount(fee), fee.standard) for fee in listed]


def _amount(fee: catalog.Fee) -> str:
    if not fee.most:
        return "￥0.00" if fees.is_none(fee.standard) else "以缴费通知为准"
    low, high = (f"￥{fen / 100:,.2f}" for fen in (fee.least, fee.most))
    return (low if low == high else f"{low} 至 {high}") + (f"/{fee.unit}" if fee.unit else "")
