"""The JSON API for people to read: every service with its methods, what each takes and gives, and a page to try one. Made from the document
programs read (`openapi.py`), so it cannot say anything else."""

from functools import cache
from typing import Any, Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import terms, words
from services.gateway.openapi import Schema, document
from services.gateway.pages import Page
from services.gateway.render import show
from yiwang.access.v1 import access_pb2 as access

REALMS: Final = {
    "person": "个人和企业",
    "officer": "工作人员",
    "agent": "代办人员",
    "machine": "部门系统",
    "device": "设备",
}
SCOPES: Final = {"own": "本人的", "department": "本部门的", "region": "本辖区的", "any": "全部"}
LEVELS: Final = {
    access.IdentityLevel.Name(level).removeprefix("IDENTITY_LEVEL_").lower(): word.text
    for level, word in terms.LEVEL.items()
}
_REF: Final = "#/components/schemas/"
# What of a schema is told beside its kind.
_BOUNDS: Final = {
    "minLength": "至少 {} 字", "maxLength": "最多 {} 字", "minItems": "至少 {} 项", "maxItems": "最多 {} 项",
    "minimum": "≥ {}", "maximum": "≤ {}", "pattern": "形如 {}", "format": "{}",
}  # fmt: skip
_KINDS: Final = {"string": "文字", "integer": "整数", "number": "数", "boolean": "是或否", "object": "对象"}


class Field(NamedTuple):
    """One field of a message: its name, what it holds, the message or enum it is described by, and what is said of it."""

    name: str
    kind: str
    of: str
    needed: bool
    bounds: str
    text: str


class Method(NamedTuple):
    """One method: its address, who may call it in words, and the messages it takes and gives."""

    name: str
    path: str
    text: str
    who: str
    takes: str
    gives: str


@cache
def services() -> dict[str, list[Method]]:
    """The methods by service, in the order of the contracts."""
    found: dict[str, list[Method]] = {}
    for path, operations in document()["paths"].items():
        operation = operations["post"]
        found.setdefault(operation["tags"][0], []).append(_method(path, operation))
    return found


def _method(path: str, operation: Schema) -> Method:
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    asked = operation["requestBody"]["content"]["application/json"]["schema"]
    return Method(
        path.rpartition("/")[2],
        path,
        operation.get("description", ""),
        _who(operation["x-access"]),
        asked["$ref"].removeprefix(_REF),
        answer["$ref"].removeprefix(_REF),
    )


def _who(access: Schema) -> str:
    if access.get("public"):
        return "任何人"
    return "；".join(_grant(one) for one in access["grants"])


def _grant(one: Schema) -> str:
    roles = f"（岗位：{'、'.join(words.ROLE[role] for role in one['roles'])}）" if "roles" in one else ""
    level = f"，{LEVELS[one['level']]}" if "level" in one else ""
    return f"{REALMS[one['realm']]}{roles}：{SCOPES[one['scope']]}{level}"


@cache
def fields(message: str) -> list[Field]:
    """The fields of a message; of an enum none."""
    schema = document()["components"]["schemas"][message]
    needed = set(schema.get("required", ()))
    return [_field(name, one, name in needed) for name, one in schema.get("properties", {}).items()]


def _field(name: str, schema: Schema, needed: bool) -> Field:
    inner = schema.get("items") or schema.get("additionalProperties") or schema
    of = inner.get("$ref", "").removeprefix(_REF)
    kind = of.rpartition(".")[2] or ("文件内容（Base64）" if inner.get("contentEncoding") else _KINDS[inner["type"]])
    many = "（多项）" if "items" in schema else "（按名称）" if "additionalProperties" in schema else ""
    bounds = [text.format(one[key]) for one in (schema, inner) for key, text in _BOUNDS.items() if key in one]
    return Field(name, kind + many, of, needed, "，".join(dict.fromkeys(bounds)), schema.get("description", ""))


def values(message: str) -> list[str]:
    """The values of an enum; of a message none."""
    found: list[str] = document()["components"]["schemas"][message].get("enum", [])
    return found


def reached(message: str) -> list[str]:
    """The messages and enums within one, itself first, each once."""
    found = [message]
    for one in found:
        found += [field.of for field in fields(one) if field.of and field.of not in found]
    return list(dict.fromkeys(found))


async def index(request: Request) -> Response:
    """Every service, and how to begin."""
    counted = [(name, len(methods)) for name, methods in services().items()]
    return show(request, "api_index.html", services=counted, methods=sum(count for _, count in counted))


async def service(request: Request) -> Response:
    """One service with its methods."""
    name = str(request.path_params["service"])
    return show(request, "api_service.html", name=name, methods=_of(name))


async def method(request: Request) -> Response:
    """One method: what it takes, what it gives, and a form to try it with."""
    name = str(request.path_params["service"])
    found = next((one for one in _of(name) if one.name == request.path_params["method"]), None)
    if found is None:
        raise HTTPException(404)
    messages = {"请求": reached(found.takes), "回答": reached(found.gives)}
    context: dict[str, Any] = {"name": name, "one": found, "messages": messages, "fields": fields, "values": values}
    return show(request, "api_method.html", **context)


def _of(name: str) -> list[Method]:
    found = services().get(name)
    if found is None:
        raise HTTPException(404)
    return found


PAGES = (
    Page("/open", index),
    Page("/open/{service}", service),
    Page("/open/{service}/{method}", method),
)
