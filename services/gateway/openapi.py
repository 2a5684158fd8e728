"""The OpenAPI 3.1 document of the JSON API, generated from the descriptors; nothing in it is written by hand."""

from functools import cache
from typing import Any

import orjson
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.api_json import METHODS, PROBLEM, VERSION, Method
from services.gateway.openapi_rules import FREE, comments, needed, rules_of
from services.gateway.packing import packed, taken
from yiwang.access.v1 import access_pb2 as access

Schema = dict[str, Any]
# What the name of a message ends with where it is an answer and free of the rules it is sent under; no message of a contract is called so.
ANSWERED = "_answered"

_SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    # JSON numbers lose 64-bit integers; proto3 JSON writes them as text.
    FieldDescriptor.TYPE_INT64: {"type": "string", "pattern": "^-?[0-9]+$"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "pattern": "^[0-9]+$"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number"},
}

_PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "description": "RFC 9457. `code` is for programs, `detail` and each field's `reason` are Chinese for people.",
    "required": ["type", "title", "status", "detail", "code", "errors", "traceId"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {key: {"type": "string"} for key in ("field", "reason", "code")},
            },
        },
        "traceId": {"type": "string"},
    },
}

_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Fills `requestId` when the body leaves it empty: the same key again is the same act.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[A-Za-z0-9_.:-]+$"},
}

_API_VERSION: Schema = {
    "name": "API-Version",
    "in": "header",
    "description": "The version the caller was written for; another one than the answer's header tells is refused.",
    "schema": {"type": "string", "enum": [VERSION["API-Version"]]},
}


@cache
def document() -> Schema:
    """The whole document."""
    schemas: Schema = {"Problem": _PROBLEM_SCHEMA}
    paths = {f"/api{path}": {"post": _operation(method, schemas)} for path, method in METHODS.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "一网 yiwang",
            "version": "v1",
            "description": "JSON over HTTP for every method of the suite a person or an officer may call. Bodies are "
            "proto3 JSON; errors are problem+json.",
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(method: Method, schemas: Schema) -> Schema:
    """One method."""
    descriptor = method.descriptor
    operation: Schema = {
        "operationId": f"{descriptor.containing_service.name}_{descriptor.name}",
        "tags": [descriptor.containing_service.full_name],
        "security": [] if method.rule.public else [{"bearer": []}],
        "x-access": _access(method.rule),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _message(descriptor.input_type, schemas, asked=True)}},
        },
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {"application/json": {"schema": _message(descriptor.output_type, schemas, asked=False)}},
            },
            "default": {
                "description": "Refused, or not possible now.",
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    operation["parameters"] = [_API_VERSION]
    if "request_id" in descriptor.input_type.fields_by_name:
        operation["parameters"].append(_IDEMPOTENCY_KEY)
    if text := comments().get(descriptor.full_name):
        operation |= {"summary": text.partition(". ")[0].rstrip("."), "description": text}
    return operation


def _access(rule: access.Access) -> Schema:
    """Who may call, in the words of the contract without their prefixes."""
    if rule.public:
        return {"public": True}
    return {"grants": [_grant(grant) for grant in rule.grants]}


def _grant(grant: access.Grant) -> Schema:
    found: Schema = {
        "realm": access.Realm.Name(grant.realm).removeprefix("REALM_").lower(),
        "scope": access.Scope.Name(grant.scope).removeprefix("SCOPE_").lower(),
    }
    if grant.roles:
        found["roles"] = list(grant.roles)
    if grant.level:
        found["level"] = access.IdentityLevel.Name(grant.level).removeprefix("IDENTITY_LEVEL_").lower()
    return found


def _ruled(descriptor: Descriptor, within: frozenset[str] = frozenset()) -> bool:
    """Whether a message, or one in it, has rules: they bind who sends it, and no answer."""
    if descriptor.full_name in within:
        return False
    within |= {descriptor.full_name}
    return any(
        rules_of(field) != FREE or needed(field) or (field.message_type and _ruled(field.message_type, within))
        for field in descriptor.fields
    )


def _message(descriptor: Descriptor, schemas: Schema, asked: bool) -> Schema:
    """A reference to a message's schema, which is written on first sight; one with rules has another schema in answers, without them."""
    name = descriptor.full_name + ("" if asked or not _ruled(descriptor) else ANSWERED)
    if name not in schemas:
        schema: Schema = {"type": "object"}
        schemas[name] = schema
        schema["properties"] = {field.json_name: _field(field, schemas, asked) for field in descriptor.fields}
        if required := [field.json_name for field in descriptor.fields if asked and needed(field)]:
            schema["required"] = required
        if text := comments().get(descriptor.full_name):
            schema["description"] = text
    return {"$ref": f"#/components/schemas/{name}"}


def _enum(descriptor: EnumDescriptor, schemas: Schema) -> Schema:
    """A reference to an enum's schema: proto3 JSON writes the names."""
    schemas.setdefault(descriptor.full_name, {"type": "string", "enum": [value.name for value in descriptor.values]})
    return {"$ref": f"#/components/schemas/{descriptor.full_name}"}


def _field(field: FieldDescriptor, schemas: Schema, asked: bool) -> Schema:
    """One field with its comment, and where it is asked for with its rules."""
    rules = rules_of(field) if asked else FREE
    if field.message_type and field.message_type.GetOptions().map_entry:
        value = field.message_type.fields_by_name["value"]
        schema = {"type": "object", "additionalProperties": _one(value, schemas, asked) | rules.items} | rules.own
    elif field.is_repeated:
        schema = {"type": "array", "items": _one(field, schemas, asked) | rules.items} | rules.own
    else:
        schema = _one(field, schemas, asked) | rules.own
    text = comments().get(field.full_name)
    return schema | {"description": text} if text else schema


def _one(field: FieldDescriptor, schemas: Schema, asked: bool) -> Schema:
    """The schema of one value."""
    if field.message_type:
        return _message(field.message_type, schemas, asked)
    if field.enum_type:
        return _enum(field.enum_type, schemas)
    return dict(_SCALARS[field.type])


async def serve(request: Request) -> Response:
    """The document as JSON."""
    headers = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"}
    if taken(request.scope):
        return Response(_packed(), 200, headers | {"Content-Encoding": "gzip"}, "application/json")
    return Response(_bytes(), 200, headers, "application/json")


@cache
def _bytes() -> bytes:
    return orjson.dumps(document())


@cache
def _packed() -> bytes:
    return packed(_bytes())


ROUTES = [Route("/api/openapi.json", serve)]
