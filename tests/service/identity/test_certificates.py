"""Signed delegation certificates (委托书): anybody checks them offline, with a program that is not ours."""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
import rfc8785
from pymongo.database import Database

from chassis.acts import now
from services.identity import certificates
from services.identity.certificates import DocumentKeys
from standards.identifiers import id_number_mask
from tests.fakes.verification_source import Source
from tests.support.calling import refused
from tests.support.delegating import ITEMS, accesses, grant_to, grant_until, scope, story
from tests.support.identity_here import IdentityHere, identity_here
from tests.support.identity_service import NAME, Identity
from yiwang.identity.v1 import delegations_pb2 as pb

Status = grpc.StatusCode
# SubjectPublicKeyInfo before the raw key: RFC 8410; GM/T 0010 with the curve of GB/T 32918.5.
SPKI = {
    "Ed25519": bytes.fromhex("302a300506032b6570032100"),
    "SM2-SM3": bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"),
}
OPTIONS = {
    "Ed25519": [],
    "SM2-SM3": ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"],
}


Serve = Callable[[str], IdentityHere]


@pytest.fixture
def serve(database: Database[dict[str, Any]]) -> Iterator[Serve]:
    """identity under a cipher profile."""
    with ExitStack() as stack:
        yield lambda profile: stack.enter_context(identity_here(database, Source(), cipher_profile=profile))


@pytest.fixture
def here(serve: Serve) -> IdentityHere:
    return serve("international")


def certificate(who: Any, id: str) -> pb.DelegationCertificate:
    found: pb.DelegationCertificate = who.at("DelegationService").GetDelegationCertificate(delegation_id=id)
    return found


def public_keys(here: IdentityHere) -> dict[str, pb.DocumentKey]:
    """The published keys by id, as anybody gets them."""
    return {key.key_id: key for key in here.by(None, service="DelegationService").GetDocumentKeys().keys}


def openssl_verifies(key: pb.DocumentKey, document: str, signature: str, folder: Path) -> bool:
    """Whether the command-line program of OpenSSL takes the signature."""
    spki = base64.b64encode(SPKI[key.algorithm] + key.public_key).decode()
    (folder / "key").write_text(f"-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n")
    (folder / "document.json").write_text(document)
    (folder / "signature").write_bytes(base64.b64decode(signature))
    files = ["-inkey", "key", "-in", "document.json", "-sigfile", "signature"]
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", *files, *OPTIONS[key.algorithm]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert "Verified Successfully" in done.stdout or "Verification Failure" in done.stdout, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize(("profile", "algorithm", "length"), [("international", "Ed25519", 32), ("gm", "SM2-SM3", 64)])
def test_a_certificate_is_checked_offline_by_another_program(
    serve: Serve, tmp_path: Path, profile: str, algorithm: str, length: int
) -> None:
    told = story(serve(profile))
    signed = certificate(told.person, told.delegation.id)
    key = public_keys(told.here)[signed.key_id]
    assert (signed.algorithm, key.algorithm, len(key.public_key)) == (algorithm, algorithm, length)
    assert openssl_verifies(key, signed.document_json, signed.signature, tmp_path)
    changed = signed.document_json.replace(ITEMS[0], ITEMS[1])
    assert changed != signed.document_json
    assert not openssl_verifies(key, changed, signed.signature, tmp_path)


def test_a_certificate_is_canonical_and_says_who_to_whom_for_what_until_when(here: IdentityHere) -> None:
    told = story(here, scope=scope(*ITEMS))
    signed = certificate(told.person, told.delegation.id)
    said = json.loads(signed.document_json)
    assert rfc8785.dumps(said) == signed.document_json.encode()
    assert said["principal"] == {"name": NAME, "id_number": id_number_mask(told.person.number)}
    point = told.agent.organization
    assert said["holder"] == {"code": point.code, "name": point.name, "region": point.region}
    assert (said["scope"], said["until"]) == ({"item_codes": sorted(ITEMS)}, told.delegation.until)
    assert said["delegation_id"] == told.delegation.id and said["issuer"] == "http://127.0.0.1:8000"
    assert abs(datetime.fromisoformat(said["as_of"]) - now()).total_seconds() < 60
    assert told.person.number not in signed.document_json and told.person.phone not in signed.document_json


def test_of_two_persons_both_stand_in_it_with_masked_numbers(here: IdentityHere) -> None:
    mother, son = here.person(), here.person()
    given = grant_to(mother, son)
    said = json.loads(certificate(son, given.id).document_json)
    assert said["holder"] == {"name": NAME, "id_number": id_number_mask(son.number)}


def test_that_the_holder_read_the_name_stands_in_the_persons_record_once_a_day(here: IdentityHere) -> None:
    told = story(here)
    certificate(told.person, told.delegation.id)
    assert accesses(told.person) == []
    for _ in range(3):
        certificate(told.agent, told.delegation.id)
    [(what, by, purpose)] = accesses(told.person)
    assert (what, by, purpose) == ("查看明文", f"agent:{told.agent.id}", "出具委托书")


def test_there_is_no_certificate_of_what_does_not_hold(here: IdentityHere) -> None:
    told = story(here)
    expired = grant_until(here, told.person.id, told.agent.organization.id, now())
    told.agent.at().RevokeDelegation(delegation_id=told.delegation.id)
    for id in (expired, told.delegation.id):
        for who in (told.person, told.agent):
            with refused(Status.FAILED_PRECONDITION, "DELEGATION_VOID"):
                certificate(who, id)


# -- keys --------------------------------------------------------------------------------------------------------------


def test_all_processes_that_need_the_first_key_at_once_make_one(here: IdentityHere) -> None:
    instant = now()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: DocumentKeys(here.parts).current(instant), range(8)))
    assert len(set(made)) == 1
    [document] = here.parts.database[certificates.COLLECTION].find({})
    assert made[0].private not in document["wrapped"] and made[0].private not in document.values()


def test_each_year_has_a_key_and_old_documents_are_checked_for_ever(here: IdentityHere, tmp_path: Path) -> None:
    told = story(here)
    old = certificate(told.person, told.delegation.id)
    keys = DocumentKeys(here.parts)
    new_year = datetime(now().year, 12, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    this, next = keys.current(now()), keys.current(new_year)
    assert this.id == old.key_id != next.id
    assert keys.current(new_year.replace(hour=15)).id == this.id
    assert list(public_keys(here)) == [this.id, next.id]
    assert openssl_verifies(public_keys(here)[old.key_id], old.document_json, old.signature, tmp_path)


def test_after_a_change_of_profile_both_kinds_of_key_are_published(serve: Serve, tmp_path: Path) -> None:
    told = story(serve("international"))
    old = certificate(told.person, told.delegation.id)
    gm = serve("gm")
    new = gm.by(None, told.person.session.access_token, "DelegationService").GetDelegationCertificate(
        delegation_id=told.delegation.id
    )
    assert {key.algorithm for key in public_keys(gm).values()} == {"Ed25519", "SM2-SM3"}
    for one in (old, new):
        assert openssl_verifies(public_keys(gm)[one.key_id], one.document_json, one.signature, tmp_path)


def test_two_processes_publish_the_same_keys(identity: Identity) -> None:
    services = [identity.by("", "DelegationService", process) for process in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda service: service.GetDocumentKeys(), services)
    assert first == second and len(first.keys) == 1
