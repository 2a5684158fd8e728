"""The second port of an api, with mutual TLS: only who shows a certificate of the authority we trust is heard at all."""

import datetime
import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from google.protobuf.message import Message

from chassis import rpc
from chassis.rpc import Call, Guard, Tls
from chassis.tokens import Verifier
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import service_pb2_grpc

SERVICE = catalog.DESCRIPTOR.services_by_name["CatalogService"]


class Pair(NamedTuple):
    """A certificate with its key, as PEM."""

    key: bytes
    certificate: bytes


def made(name: str, issuer: "Pair | None" = None) -> Pair:
    """A certificate for 127.0.0.1; self-signed without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above = x509.load_pem_x509_certificate(issuer.certificate) if issuer else None
    instant = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(instant - datetime.timedelta(hours=1))
        .not_valid_after(instant + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    signer = _private(issuer) if issuer else key
    certificate = builder.sign(signer, hashes.SHA256())
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(plain, certificate.public_bytes(Encoding.PEM))


def _private(pair: Pair) -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = load_pem_private_key(pair.key, None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


AUTHORITY, OTHER_AUTHORITY = made("authority"), made("another")
SERVER, CLIENT, STRANGER = made("server", AUTHORITY), made("client", AUTHORITY), made("stranger", OTHER_AUTHORITY)


class Catalog:
    """Answers with the fingerprint of the caller's certificate."""

    def SearchItems(self, request: Message, call: Call) -> Message:
        return catalog.SearchItemsResponse(next_page_token=call.certificate)

    def __getattr__(self, name: str) -> object:
        return self.SearchItems


def files_of(folder: Path, authority: Pair = AUTHORITY) -> tuple[str, str, str]:
    contents = {"key": SERVER.key, "certificate": SERVER.certificate, "ca": authority.certificate}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    key, certificate, ca = (str(folder / name) for name in contents)
    return key, certificate, ca


class Ports(NamedTuple):
    """Where the server listens: in clear inside, with TLS outside."""

    clear: int
    tls: int


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    ports = Ports(free_port(), free_port())
    tls = Tls(f"127.0.0.1:{ports.tls}", *files_of(tmp_path_factory.mktemp("tls")))
    server = rpc.Server(f"127.0.0.1:{ports.clear}", tls)
    guard = Guard(Verifier(lambda _: None), lambda _: "", lambda _: None)
    server.add(SERVICE, Catalog(), guard)
    server.start()
    yield ports
    server._server.stop(0).wait()


def asked(channel: grpc.Channel) -> str:
    """The fingerprint the server saw."""
    with channel:
        stub = service_pb2_grpc.CatalogServiceStub(channel)
        return str(stub.SearchItems(catalog.SearchItemsRequest(query="x"), timeout=5).next_page_token)


def secure(port: int, shown: Pair | None, authority: Pair = AUTHORITY) -> grpc.Channel:
    own = (shown.key, shown.certificate) if shown else (None, None)
    return grpc.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials(authority.certificate, *own))


def test_who_shows_a_certificate_is_known_by_its_fingerprint(ports: Ports) -> None:
    der = x509.load_pem_x509_certificate(CLIENT.certificate).public_bytes(Encoding.DER)
    assert asked(secure(ports.tls, CLIENT)) == hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize("shown", [None, STRANGER, made("client")], ids=["none", "of another authority", "self-signed"])
def test_who_shows_none_of_our_authority_is_not_heard(ports: Ports, shown: Pair | None) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        asked(secure(ports.tls, shown))
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def test_the_second_port_speaks_no_clear_text_and_the_first_knows_no_certificate(ports: Ports) -> None:
    with pytest.raises(grpc.RpcError):
        asked(grpc.insecure_channel(f"localhost:{ports.tls}"))
    assert asked(grpc.insecure_channel(f"localhost:{ports.clear}")) == ""


def test_a_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    key, certificate, _ = files_of(tmp_path)
    with pytest.raises(OSError):
        rpc.Server(f"127.0.0.1:{free_port()}", Tls("127.0.0.1:0", key, certificate, str(tmp_path / "none")))
