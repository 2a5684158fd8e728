import base64
from pathlib import Path

import pytest

from deploy.local.faults import LocalFault
from deploy.local.places import Places, load_places, master_key
from deploy.local.stores import make_store, with_database


@pytest.fixture
def places(tmp_path: Path) -> Places:
    names = ("identity", "catalog", "case", "rating", "intermediary")
    addresses = {name: f"127.0.0.1:{port}" for port, name in enumerate(names, 1)}
    stores = {name: f"mongodb://127.0.0.1:9/{name}" for name in addresses}
    return Places(str(tmp_path), "amqp://a:b@127.0.0.1:5/v", stores, addresses, "127.0.0.1:8000")


def test_a_worker_is_told_its_store_broker_keys_and_heartbeat(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    monkeypatch.setenv("MONGODB_URI", "mongodb://given")
    told = places.environment("case", "worker")
    assert told["MONGODB_URI"] == "mongodb://127.0.0.1:9/case"
    assert told["AMQP_URI"] == "amqp://a:b@127.0.0.1:5/v"
    assert told["IDENTITY_ADDRESS"] == "127.0.0.1:1"
    assert told["HEARTBEAT_FILE"].endswith("heartbeats/case")
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4318"
    assert "HEARTBEAT_FILE" not in places.environment("case", "api")


def test_the_gateway_is_told_every_address_but_no_store(places: Places) -> None:
    told = places.environment("gateway")
    assert told["HTTP_LISTEN"] == "127.0.0.1:8000"
    assert told["SECURE_COOKIES"] == "false"
    assert told["REGION_NAME"] == "示范县"
    assert [told[f"{name}_ADDRESS"] for name in ("IDENTITY", "CATALOG", "CASE", "RATING", "INTERMEDIARY")] == [
        f"127.0.0.1:{port}" for port in (1, 2, 3, 4, 5)
    ]


def test_the_keys_of_a_service_stay_and_nobody_else_reads_them(tmp_path: Path) -> None:
    key = master_key(tmp_path, "case")
    assert len(base64.b64decode(key)) == 32
    assert master_key(tmp_path, "case") == key
    assert master_key(tmp_path, "rating") != key
    assert (tmp_path / "secrets" / "case").stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_never_replaced(tmp_path: Path) -> None:
    master_key(tmp_path, "case")
    (tmp_path / "secrets" / "case").write_text("nonsense")
    with pytest.raises(LocalFault, match="secrets/case is damaged"):
        master_key(tmp_path, "case")
    assert (tmp_path / "secrets" / "case").read_text() == "nonsense"


def test_places_are_found_again(places: Places, tmp_path: Path) -> None:
    with pytest.raises(LocalFault, match="no suite was started"):
        load_places(tmp_path)
    places.save()
    assert load_places(tmp_path) == places
    (tmp_path / "suite.json").write_text("{")
    with pytest.raises(LocalFault, match="no suite was started"):
        load_places(tmp_path)


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("mongodb://h:1", "mongodb://h:1/case"),
        ("mongodb://a,b,c/?replicaSet=r", "mongodb://a,b,c/case?replicaSet=r"),
        ("mongodb://u:p@h/other", "mongodb://u:p@h/case?authSource=other"),
        ("mongodb+srv://u:p@h/?w=majority", "mongodb+srv://u:p@h/case?w=majority&authSource=admin"),
        ("mongodb://u:p@h/x?authSource=y", "mongodb://u:p@h/case?authSource=y"),
    ],
)
def test_one_given_server_gets_a_database_per_service(uri: str, named: str) -> None:
    assert with_database(uri, "case") == named


@pytest.mark.parametrize("uri", ["localhost:27017", "http://h", "mongodb://"])
def test_what_is_no_connection_string_is_refused(uri: str) -> None:
    with pytest.raises(LocalFault, match="MONGODB_URI is no connection string"):
        with_database(uri, "case")


def test_a_given_server_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1:1")
    store = make_store("case", tmp_path)
    assert (store.given, store.kind, store.uri) == (True, "given", "mongodb://127.0.0.1:1/case")
