"""What may be registered as a client: every field by the client's kind and by how it proves itself. Pure."""

import ipaddress
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from chassis.errors import Violation, invalid
from services.identity.model_clients import CERTIFICATE, KEY, MACHINE, OPEN, SECRET, SIGN_ON, Client
from standards.codes import region_valid
from yiwang.identity.v1 import clients_pb2 as pb

PROOFS = {SIGN_ON: (KEY, SECRET, OPEN), MACHINE: (KEY, CERTIFICATE)}
# What each kind of client has nothing to say about.
NOT_FOR = {
    SIGN_ON: ("rpcs", "quota_per_minute", "certificate_sha256"),
    MACHINE: ("redirect_uris", "post_logout_redirect_uris", "scopes", "id_token_alg", "new_secret"),
}
LOOPBACK_NAMES = ("localhost",)
MOST_KEYS = 10
# Shorter ones are weak (SP 800-131A), longer ones slow for us.
RSA_BITS = range(2048, 4097)
CURVES = ("P-256", "P-384", "Ed25519")
MEMBERS = ("kty", "crv", "x", "y", "n", "e", "kid")
# All names of a machine's RPCs must fit into its token, whose 4,096 characters are base64.
MOST_RPC_CHARACTERS = 2000


def check(
    client: Client | None, wanted: pb.SaveClientRequest, department_known: bool, rpcs: Collection[str], most: int
) -> None:
    """INVALID_ARGUMENT for every field at fault. `rpcs` are those open to machines, `most` the county's calls a minute."""
    found = [
        *_common(client, wanted, department_known),
        *(_sign_on(wanted) if wanted.kind == SIGN_ON else _machine(wanted, rpcs, most)),
        *_proof(wanted),
    ]
    if found:
        raise invalid(*found)


def _common(client: Client | None, wanted: pb.SaveClientRequest, department_known: bool) -> Iterator[Violation]:
    if len(wanted.name.strip()) < 2:
        yield Violation("name", "REQUIRED", "请填写系统名称")
    if not region_valid(wanted.region):
        yield Violation("region", "REGION_UNKNOWN", "行政区划代码不正确")
    if not department_known:
        yield Violation("department", "DEPARTMENT_UNKNOWN", "该部门尚未入驻")
    if client is not None and client.kind != wanted.kind:
        yield Violation("kind", "KIND_FIXED", "系统的类型不得变更，请另行登记")
    for name in NOT_FOR[wanted.kind]:
        if getattr(wanted, name):
            yield Violation(name, "NOT_FOR_KIND", "该类系统无此项")


def _proof(wanted: pb.SaveClientRequest) -> Iterator[Violation]:
    if wanted.proof not in PROOFS[wanted.kind]:
        yield Violation("proof", "PROOF_NOT_FOR_KIND", "该类系统不支持此认证方式")
    if wanted.proof != KEY and wanted.jwks_json:
        yield Violation("jwks_json", "NOT_FOR_PROOF", "此认证方式不使用公钥")
    if wanted.proof == KEY:
        yield from _keys(wanted.jwks_json)
    if wanted.proof == CERTIFICATE and not wanted.certificate_sha256:
        yield Violation("certificate_sha256", "REQUIRED", "请填写证书指纹")
    if wanted.proof != SECRET and wanted.new_secret:
        yield Violation("new_secret", "NOT_FOR_PROOF", "此认证方式不使用密钥")


def _sign_on(wanted: pb.SaveClientRequest) -> Iterator[Violation]:
    if not wanted.redirect_uris:
        yield Violation("redirect_uris", "REQUIRED", "请填写回调地址")
    if "openid" not in wanted.scopes:
        yield Violation("scopes", "OPENID_NEEDED", "须包含 openid")
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        for place, uri in enumerate(getattr(wanted, name)):
            if not redirectable(uri):
                yield Violation(
                    f"{name}[{place}]", "REDIRECT_URI_REFUSED", "回调地址须为完整的 https 地址，不得含 # 与 *"
                )


def _machine(wanted: pb.SaveClientRequest, rpcs: Collection[str], most: int) -> Iterator[Violation]:
    if not wanted.rpcs:
        yield Violation("rpcs", "REQUIRED", "请选择接口")
    for place, rpc in enumerate(wanted.rpcs):
        if rpc not in rpcs:
            yield Violation(f"rpcs[{place}]", "RPC_NOT_FOR_MACHINES", "该接口不对系统开放")
    if sum(map(len, wanted.rpcs)) > MOST_RPC_CHARACTERS:
        yield Violation("rpcs", "RPCS_TOO_MANY", "接口过多，请分为多个系统登记")
    if not 1 <= wanted.quota_per_minute <= most:
        yield Violation("quota_per_minute", "QUOTA_OVER_COUNTY", f"每分钟调用次数须为 1 至 {most}")


def redirectable(uri: str) -> bool:
    """Whether people may be sent there: https, or http to this very machine (RFC 8252, 7.3); no fragment, no wildcard, no user."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and not set(uri) & set(' "<>\\^`{|}#*')
    safe = parts.scheme == "https" or (parts.scheme == "http" and _loopback(host))
    return plain and safe and bool(host) and "@" not in parts.netloc


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def _keys(jwks_json: str) -> Iterator[Violation]:
    try:
        public_keys(jwks_json)
    except (ValueError, TypeError, KeyError, JoseError):
        yield Violation(
            "jwks_json",
            "JWKS_REFUSED",
            "须为仅含公钥的 JWK Set，密钥为 Ed25519、P-256、P-384 或2048 至 4096 位的 RSA，各有不同的 kid",
        )


def public_keys(jwks_json: str) -> list[Any]:
    """The public keys of a JWK set (RFC 7517). ValueError, TypeError, KeyError or JoseError when it is none, or has a private part,
    a key of another kind, or two of one `kid`."""
    rows = orjson.loads(jwks_json)["keys"]
    keys = [_public_key(row) for row in rows]
    if not 0 < len(keys) <= MOST_KEYS or len({key.kid for key in keys}) != len(keys):
        raise ValueError("keys")
    return keys


def _public_key(row: dict[str, Any]) -> Any:
    if row["kty"] not in ("OKP", "EC", "RSA") or not isinstance(row["kid"], str) or not 0 < len(row["kid"]) <= 100:
        raise ValueError("key")
    key = import_key(row)
    if key.is_private:
        raise ValueError("a private key")
    if isinstance(key, RSAKey) and key.raw_value.key_size not in RSA_BITS:
        raise ValueError("a key too short or too long")
    if isinstance(key, ECKey | OKPKey) and row["crv"] not in CURVES:
        raise ValueError("a curve of no signature")
    return key


def canonical_keys(jwks_json: str) -> str:
    """The set as it is kept: public members only, in one order, so that the same keys are the same text."""
    if not jwks_json:
        return ""
    public_keys(jwks_json)
    rows = [{name: row[name] for name in MEMBERS if name in row} for row in orjson.loads(jwks_json)["keys"]]
    return orjson.dumps({"keys": sorted(rows, key=lambda row: str(row["kid"]))}, option=orjson.OPT_SORT_KEYS).decode()
